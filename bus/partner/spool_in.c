/* What the partner gives.
 *
 * - a look at in/: regular files that end in .json and do not begin with '.'
 * - one that is the same as at the last look is claimed: renamed to claimed/
 * - what is claimed is read; a restart reads it again
 * - settled: the note beside it first, then the file itself, so that whoever
 *   sees the file finds the note
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/disk.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"
#include "bus/partner/spool_parts.h"

#define NOTE_SUFFIX_MAX 32
#define SAME_NAME_MAX   10000 /* files of one name kept in done/ */

struct probe
{
    char name[SPOOL_NAME_MAX + 1];
    int64_t mtime_ms;
    uint64_t mark; /* of name, size, time: the same, so it is not written to */
};

static enum spool_fit spool_in_examine(const struct bus_partner_transport *t,
                                       int folder,
                                       const char *name,
                                       struct probe *ret)
{
    struct stat st;
    BUS_CHECK(ret != NULL && folder >= 0);
    enum spool_fit fit = partner_spool_fit(t, folder, name, &st);
    if (fit != SPOOL_FIT_WELL) {
        return fit;
    }
    const int64_t what[] = {st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
    (void)bus_strv_copy(ret->name, sizeof(ret->name), bus_strv(name));
    ret->mtime_ms =
        (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    ret->mark =
        bus_hash64(what, sizeof(what), bus_hash64(name, strlen(name), 0));
    return fit;
}

static int by_age(const void *a, const void *b)
{
    const struct probe *x = a, *y = b;
    return x->mtime_ms != y->mtime_ms ? (x->mtime_ms < y->mtime_ms ? -1 : 1)
                                      : strcmp(x->name, y->name);
}

static int by_mark(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* What is no document of in/ is told. */
static int spool_in_probe(struct bus_partner_transport *t,
                          int folder,
                          struct bus_arena *mem,
                          struct probe *list,
                          size_t *ret_n,
                          struct bus_err *err)
{
    DIR *d = partner_spool_list(folder);
    int rc = BUS_OK;
    *ret_n = 0;
    if (d == NULL) {
        return bus_disk_fail(err, folder == t->in ? "in" : ".bus/claimed");
    }
    for (struct dirent *e;
         rc == BUS_OK && *ret_n < SPOOL_LOOK_MAX && (e = readdir(d));) {
        enum spool_fit fit =
            spool_in_examine(t, folder, e->d_name, &list[*ret_n]);
        *ret_n += fit == SPOOL_FIT_WELL;
        if (folder == t->in &&
            (fit == SPOOL_FIT_LONG || fit == SPOOL_FIT_NO_FILE)) {
            rc = partner_spool_unfit(t, e->d_name, fit, mem, err);
        }
    }
    BUS_CHECK(*ret_n <= SPOOL_LOOK_MAX);
    (void)closedir(d);
    qsort(list, *ret_n, sizeof(*list), by_age);
    return rc;
}

static bool unchanged(const struct bus_partner_transport *t, uint64_t mark)
{
    return t->seen_count > 0 && bsearch(&mark, t->seen, t->seen_count,
                                        sizeof(mark), by_mark) != NULL;
}

static void
remember(struct bus_partner_transport *t, const struct probe *list, size_t n)
{
    BUS_CHECK(n <= SPOOL_LOOK_MAX);
    if (t->seen == NULL) {
        t->seen = bus_malloc(SPOOL_LOOK_MAX * sizeof(*t->seen));
    }
    t->seen_count = t->seen ? n : 0;
    for (size_t i = 0; i < t->seen_count; i++) {
        t->seen[i] = list[i].mark;
    }
    if (t->seen_count > 0) {
        qsort(t->seen, t->seen_count, sizeof(*t->seen), by_mark);
    }
}

static int spool_in_claim(struct bus_partner_transport *t,
                          const struct probe *list,
                          size_t n,
                          size_t max,
                          struct bus_err *err)
{
    size_t claimed = 0;
    for (size_t i = 0; i < n && claimed < max; i++) {
        if (!unchanged(t, list[i].mark) ||
            faccessat(t->claimed, list[i].name, F_OK, 0) == 0) {
            continue;
        }
        int rc =
            bus_disk_rename(t->in, list[i].name, t->claimed, list[i].name, err);
        /* Its writer may take it away again. */
        bool there = faccessat(t->in, list[i].name, F_OK, 0) == 0;
        if (rc != BUS_OK && rc != BUS_EAGAIN && there) {
            return rc;
        }
        claimed += rc == BUS_OK;
    }
    BUS_CHECK(claimed <= max);
    return claimed > 0 ? bus_disk_sync(t->claimed, err) : BUS_OK;
}

static int read_claimed(struct bus_partner_transport *t,
                        const struct probe *l,
                        struct bus_arena *mem,
                        struct bus_partner_transport_taken *ret,
                        struct bus_err *err)
{
    *ret = (struct bus_partner_transport_taken){
        .name = bus_arena_strdup(mem, l->name),
        .still_ms = bus_clock_system.wall_ms(NULL) - l->mtime_ms,
    };
    if (ret->name == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a spool file");
    }
    int rc =
        bus_disk_read(t->claimed, l->name, t->max_bytes, mem, &ret->bytes, err);
    if (rc == BUS_ETOOBIG || rc == BUS_EDENIED) {
        ret->bytes = (struct bus_strv){0};
        ret->why = (enum bus_errc)rc;
        return BUS_OK;
    }
    return rc;
}

int partner_spool_collect(struct bus_partner_transport *t,
                          struct bus_arena *mem,
                          struct bus_partner_transport_taken *ret,
                          size_t max,
                          size_t *ret_n,
                          struct bus_err *err)
{
    BUS_CHECK(max > 0);
    struct probe *list = bus_malloc(SPOOL_LOOK_MAX * sizeof(*list));
    size_t n = 0;
    *ret_n = 0;
    if (list == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a look at the spool");
    }
    int rc = spool_in_probe(t, t->in, mem, list, &n, err);
    if (rc == BUS_OK) {
        rc = spool_in_claim(t, list, n, max, err);
    }
    if (rc == BUS_OK) {
        remember(t, list, n);
        rc = spool_in_probe(t, t->claimed, mem, list, &n, err);
    }
    for (size_t i = 0; rc == BUS_OK && i < n && *ret_n < max; i++) {
        rc = read_claimed(t, &list[i], mem, &ret[*ret_n], err);
        *ret_n += rc == BUS_OK;
    }
    bus_free(list);
    return rc;
}

/* "X.json" or, if that is there, "X~2.json", ..., without its ending in stem.
 */
static int free_name(const struct bus_partner_transport *t,
                     int folder,
                     const char *name,
                     char stem[SPOOL_NAME_MAX + NOTE_SUFFIX_MAX],
                     struct bus_err *err)
{
    size_t tail = partner_spool_ending(t, name);
    int n = (int)(strlen(name) - tail);
    BUS_CHECK(tail > 0 && n > 0);
    char full[SPOOL_NAME_MAX + NOTE_SUFFIX_MAX];
    for (int i = 1; i < SAME_NAME_MAX; i++) {
        (void)snprintf(stem, SPOOL_NAME_MAX + NOTE_SUFFIX_MAX - 8,
                       i > 1 ? "%.*s~%d" : "%.*s", n, name, i);
        (void)snprintf(full, sizeof(full), "%.*s%s", SPOOL_NAME_MAX + 16, stem,
                       name + n);
        if (faccessat(folder, full, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
            return BUS_OK;
        }
    }
    return bus_fail(err, BUS_EIO, "%d files of one name; clear the folder",
                    SAME_NAME_MAX);
}

int partner_spool_settle(struct bus_partner_transport *t,
                         const char *name,
                         enum bus_partner_transport_verdict verdict,
                         struct bus_strv note,
                         struct bus_err *err)
{
    BUS_CHECK(verdict == BUS_TRANSPORT_ACCEPTED ||
              verdict == BUS_TRANSPORT_REJECTED ||
              verdict == BUS_TRANSPORT_LATER);
    bool accepted = verdict == BUS_TRANSPORT_ACCEPTED;
    int to = accepted ? t->done : t->rejected;
    char stem[SPOOL_NAME_MAX + NOTE_SUFFIX_MAX];
    char full[sizeof(stem) + 16], part[sizeof(stem) + 16];
    if (faccessat(t->claimed, name, F_OK, 0) != 0) {
        return BUS_OK; /* settled before */
    }
    if (verdict == BUS_TRANSPORT_LATER) {
        return faccessat(t->in, name, F_OK, 0) == 0
                   ? bus_disk_unlink(t->claimed, name, err) /* given anew */
                   : bus_disk_rename(t->claimed, name, t->in, name, err);
    }
    BUS_TRY(free_name(t, to, name, stem, err));
    (void)snprintf(part, sizeof(part), ".%s", stem);
    BUS_TRY(bus_disk_write(to, part, note, err));
    BUS_TRY(partner_spool_share(to, part, SPOOL_FILE_MODE, err));
    (void)snprintf(full, sizeof(full), "%s.%s%s", stem,
                   accepted ? "ack" : "reason", t->note_ending);
    BUS_TRY(bus_disk_rename(to, part, to, full, err));
    (void)snprintf(full, sizeof(full), "%s%s", stem,
                   name + strlen(name) - partner_spool_ending(t, name));
    return bus_disk_rename(t->claimed, name, to, full, err);
}

int partner_spool_settled_sync(struct bus_partner_transport *t,
                               struct bus_err *err)
{
    BUS_TRY(bus_disk_sync(t->done, err));
    BUS_TRY(bus_disk_sync(t->rejected, err));
    return bus_disk_sync(t->claimed, err);
}
