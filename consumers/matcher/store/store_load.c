/* The store as it is found on disk: opened, its files read from the front, up
 * to the last whole commit, or begun anew; and its ids in their order. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "consumers/matcher/store/store_parts.h"

#define AHEAD_BYTES (256u << 10)

/* --- a file, from its front --- */

struct pending
{
    struct bus_id id;
    uint64_t place;
};
struct scan
{
    struct store *s;
    uint64_t generation;
    int fd;
    int64_t size, at;
    uint8_t *buf; /* of the file from `from` on */
    size_t cap, have;
    int64_t from;
    struct pending *pending; /* since the last commit */
    size_t count, pending_cap;
    struct store_head head;
    bool swept, swept_pending;
};

/* The bytes at `at`, if the file has as many. */
static const void *scan_ahead(struct scan *k, size_t n)
{
    BUS_CHECK(k->have <= k->cap);
    BUS_CHECK(n > 0 && k->at >= 0);
    if (k->at + (int64_t)n > k->size) {
        return NULL;
    }
    int64_t skip = k->at - k->from;
    if (k->buf != NULL && skip >= 0 && (size_t)skip + n <= k->have) {
        return k->buf + skip;
    }
    size_t want = n > AHEAD_BYTES ? n : AHEAD_BYTES;
    int64_t left = k->size - k->at;
    want = (int64_t)want > left ? (size_t)left : want;
    if (want > k->cap) {
        uint8_t *p = bus_realloc(k->buf, want);
        if (p == NULL) {
            return NULL;
        }
        k->buf = p;
        k->cap = want;
    }
    k->from = k->at;
    k->have = matcher_store_pread(k->fd, k->buf, want, k->at) ? want : 0;
    return k->have >= n ? k->buf : NULL;
}

/* The whole record at `at`; NULL: here ends what can be believed. */
static const struct store_record *record(struct scan *k)
{
    BUS_CHECK(k->at % STORE_UNIT == 0);
    const struct store_record *r = scan_ahead(k, STORE_RECORD_BYTES);
    if (r == NULL ||
        matcher_store_padded(r->n) / STORE_UNIT > STORE_UNITS_MAX) {
        return NULL;
    }
    r = scan_ahead(k, matcher_store_padded(r->n));
    return r != NULL && r->sum == matcher_store_sum(r) ? r : NULL;
}

static int
scan_note(struct scan *k, const struct store_record *r, struct bus_err *err)
{
    if (k->count == k->pending_cap) {
        size_t cap = k->pending_cap ? k->pending_cap * 2 : 1024;
        struct pending *v = bus_realloc(k->pending, cap * sizeof(*v));
        if (v == NULL) {
            return bus_fail(err, BUS_ENOMEM, "a store's records");
        }
        k->pending = v;
        k->pending_cap = cap;
    }
    BUS_CHECK(k->count < k->pending_cap);
    bool gone = r->kind == STORE_DELETE;
    k->pending[k->count++] = (struct pending){
        r->id, gone ? 0
                    : matcher_store_place_of(k->generation & 1, k->at,
                                             matcher_store_padded(r->n))};
    return BUS_OK;
}

static int
scan_commit(struct scan *k, const struct store_record *r, struct bus_err *err)
{
    struct store *s = k->s;
    BUS_CHECK(r->n == sizeof(s->applied));
    memcpy(&s->applied, (const char *)r + STORE_RECORD_BYTES,
           sizeof(s->applied));
    for (size_t i = 0; i < k->count; i++) {
        BUS_TRY(matcher_store_point(s, &k->pending[i].id, k->pending[i].place,
                                    err));
    }
    k->count = 0;
    k->swept |= k->swept_pending;
    s->undo_count = 0;
    s->files[k->generation & 1].committed =
        k->at + (int64_t)matcher_store_padded(r->n);
    return BUS_OK;
}

/* False: it does not begin as a file of this generation does. */
static bool scan_first(struct scan *k, const struct store_record *r)
{
    BUS_CHECK(k->at == 0);
    if (r->kind != STORE_HEAD || r->n != sizeof(k->head)) {
        return false;
    }
    memcpy(&k->head, (const char *)r + STORE_RECORD_BYTES, sizeof(k->head));
    return k->head.format == STORE_FORMAT &&
           k->head.generation == k->generation;
}

static int read_file(struct scan *k, struct bus_err *err)
{
    BUS_CHECK(k->fd >= 0);
    for (;;) {
        const struct store_record *r = record(k);
        if (r == NULL || (k->at == 0 && !scan_first(k, r))) {
            return BUS_OK;
        }
        if (r->kind == STORE_COMMIT && r->n == sizeof(int64_t)) {
            BUS_TRY(scan_commit(k, r, err));
        } else if (r->kind == STORE_PUT || r->kind == STORE_DELETE) {
            BUS_TRY(scan_note(k, r, err));
        } else if (r->kind == STORE_SWEPT) {
            k->swept_pending = true;
        } else if (k->at > 0) {
            return BUS_OK;
        }
        k->at += (int64_t)matcher_store_padded(r->n);
    }
}

/* Afterwards the file's `committed` tells how far it could be read; 0: not at
 * all. */
static int load_file(struct store *s,
                     uint64_t generation,
                     struct store_head *ret,
                     struct bus_err *err)
{
    BUS_CHECK(s->files[generation & 1].fd < 0);
    char path[STORE_PATH_MAX];
    struct stat st;
    struct scan k = {.s = s, .generation = generation};
    matcher_store_file_path(s, generation, path);
    k.fd = open(path, O_RDWR | O_CLOEXEC);
    if (k.fd < 0 || fstat(k.fd, &st) != 0) {
        if (k.fd >= 0) {
            (void)close(k.fd);
        }
        return bus_fail(err, BUS_EIO, "%s: %s", path, strerror(errno));
    }
    struct store_file *f = &s->files[generation & 1];
    *f = (struct store_file){.fd = k.fd};
    k.size = st.st_size;
    s->generation = generation;
    s->flushed = INT64_MAX; /* nothing stands in the buffer */
    int rc = read_file(&k, err);
    BUS_CHECK(f->committed <= k.size);
    bus_free(k.buf);
    bus_free(k.pending);
    *ret = k.head;
    ret->old_bytes = k.swept ? 0 : k.head.old_bytes;
    s->cut += st.st_size - f->committed;
    return rc;
}

/* --- which files there are --- */

/* Of the file of this name; 0: it is none of ours. */
static uint64_t generation_of_name(const char *name)
{
    static const char front[] = "log.", digits[] = "0123456789abcdef";
    const char *g = name + sizeof(front) - 1;
    bool ours = strncmp(name, front, sizeof(front) - 1) == 0 &&
                strspn(g, digits) == 8 && g[8] == '\0';
    return ours ? strtoull(g, NULL, 16) : 0;
}

/* The two newest generations, 0 for none; others are removed, and the files of
 * the format before this one. */
static void find_files(const struct store *s, uint64_t ret[2])
{
    DIR *d = opendir(s->path);
    struct dirent *e;
    ret[0] = ret[1] = 0;
    while (d != NULL && (e = readdir(d)) != NULL) {
        uint64_t g = generation_of_name(e->d_name);
        if (g > ret[1]) {
            ret[0] = ret[1];
            ret[1] = g;
        } else if (g > ret[0]) {
            ret[0] = g;
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
    char path[STORE_PATH_MAX];
    static const char *const before[] = {"data.mdb", "lock.mdb"};
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", s->path, before[i]);
        (void)unlink(path);
    }
    if (ret[0] != 0 && ret[0] + 1 != ret[1]) {
        matcher_store_file_path(s, ret[0], path);
        (void)unlink(path);
        ret[0] = 0;
    }
}

static void drop_file(struct store *s, uint64_t generation)
{
    struct store_file *f = &s->files[generation & 1];
    BUS_CHECK(f->fd >= 0);
    char path[STORE_PATH_MAX];
    matcher_store_file_path(s, generation, path);
    (void)unlink(path);
    (void)close(f->fd);
    *f = (struct store_file){.fd = -1};
}

/* *ret_whole: it can be gone on with. */
static int store_find(struct store *s, bool *ret_whole, struct bus_err *err)
{
    BUS_CHECK(s->index.count == 0);
    uint64_t g[2];
    struct store_head head = {0}, newer = {0};
    *ret_whole = false;
    find_files(s, g);
    if (g[1] == 0) {
        return BUS_OK;
    }
    s->generation = g[1];
    if (g[0] != 0) {
        BUS_TRY(load_file(s, g[0], &head, err));
    }
    BUS_TRY(load_file(s, g[1], &newer, err));
    BUS_CHECK(s->generation == g[1]);
    int64_t old = g[0] ? s->files[g[0] & 1].committed : 0;
    int64_t now = s->files[g[1] & 1].committed;
    if (s->damaged || (now == 0 && old == 0) || (now > 0 && old == 0 && g[0])) {
        return BUS_OK;
    }
    if (now > 0 && newer.old_bytes != 0 && newer.old_bytes != old) {
        return BUS_OK; /* what stood in the old one is in neither */
    }
    if (now == 0) { /* it was only begun */
        drop_file(s, g[1]);
        s->generation = g[0];
        now = old;
        g[0] = 0;
    }
    s->sweeping = g[0] != 0;
    s->swept = 0;
    s->flushed = now;
    if (ftruncate(s->files[s->generation & 1].fd, now) != 0) {
        return bus_fail(err, BUS_EIO, "%s: %s", s->path, strerror(errno));
    }
    *ret_whole = true;
    return BUS_OK;
}

/* --- opening --- */

/* Another process that was fenced may still be writing what it committed. */
static int store_own(struct store *s, struct bus_err *err)
{
    BUS_CHECK(s->owner < 0);
    char name[STORE_PATH_MAX];
    (void)snprintf(name, sizeof(name), "%s/owner", s->path);
    s->owner = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->owner < 0) {
        return matcher_store_disk_error(s, name, errno, err);
    }
    if (flock(s->owner, LOCK_EX | LOCK_NB) != 0) {
        return bus_fail(err, BUS_EAGAIN,
                        "%s: another matcher has it; one process a state_dir",
                        s->path);
    }
    return BUS_OK;
}

static void close_files(struct store *s)
{
    for (size_t i = 0; i < 2; i++) {
        if (s->files[i].fd >= 0) {
            (void)close(s->files[i].fd);
        }
        s->files[i] = (struct store_file){.fd = -1};
    }
}

int matcher_store_reset(struct store *s, struct bus_err *err)
{
    BUS_CHECK(s->owner >= 0);
    char path[STORE_PATH_MAX], aside[STORE_PATH_MAX];
    (void)snprintf(aside, sizeof(aside), "%s/damaged", s->path);
    for (uint64_t g = s->generation; g + 1 >= s->generation && g > 0; g--) {
        matcher_store_file_path(s, g, path);
        (void)rename(path, aside);
    }
    close_files(s);
    matcher_store_index_fini(&s->index);
    s->undo_count = 0;
    s->live = 0;
    s->applied = -1;
    s->sweeping = false;
    s->damaged = true;          /* if it cannot begin */
    (void)mkdir(s->path, 0700); /* it may be gone, too */
    BUS_TRY(matcher_store_begin(s, s->generation + 2, err));
    s->damaged = false;
    return BUS_OK;
}

int matcher_store_open(const char *dir,
                       int32_t partition,
                       size_t max_bytes,
                       struct store **ret,
                       struct bus_err *err)
{
    BUS_CHECK(partition >= 0);
    struct store *s = bus_calloc(1, sizeof(*s));
    if (s == NULL) {
        return bus_fail(err, BUS_ENOMEM, "state of partition %d", partition);
    }
    s->partition = partition;
    s->max_bytes = max_bytes;
    s->owner = s->files[0].fd = s->files[1].fd = -1;
    s->applied = -1;
    int rc = BUS_OK;
    int n = snprintf(s->path, sizeof(s->path), "%s/p%d", dir, partition);
    if (n >= (int)sizeof(s->path)) {
        BUS_TRY_GOTO(rc, bus_fail(err, BUS_ECONFIG, "%s: too long", dir), out);
    }
    if (mkdir(s->path, 0700) != 0 && errno != EEXIST) {
        BUS_TRY_GOTO(rc, matcher_store_disk_error(s, s->path, errno, err), out);
    }
    BUS_TRY_GOTO(rc, store_own(s, err), out);
    bool whole = false;
    BUS_TRY_GOTO(rc, store_find(s, &whole, err), out);
    if (!whole) {
        BUS_TRY_GOTO(rc, matcher_store_reset(s, err), out);
    }
    *ret = s;
    return BUS_OK;
out:
    matcher_store_close(s);
    return rc;
}

void matcher_store_close(struct store *s)
{
    if (s == NULL) {
        return;
    }
    close_files(s);
    if (s->owner >= 0) {
        (void)close(s->owner);
    }
    matcher_store_index_fini(&s->index);
    bus_buf_fini(&s->out);
    bus_free(s->undo);
    bus_free(s);
}

/* --- ids in their order --- */

struct nearest /* a heap, the greatest on top */
{
    struct store *s;
    struct bus_id *ids;
    size_t count, max;
};

static void sift_down(struct nearest *h, size_t i)
{
    BUS_CHECK(i < h->count);
    for (;;) {
        size_t big = i;
        for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < h->count; c++) {
            big = bus_id_cmp(&h->ids[c], &h->ids[big]) > 0 ? c : big;
        }
        if (big == i) {
            return;
        }
        struct bus_id t = h->ids[i];
        h->ids[i] = h->ids[big];
        h->ids[big] = t;
        i = big;
    }
}

static void nearest_offer(struct nearest *h, const struct bus_id *id)
{
    BUS_CHECK(h->count <= h->max);
    if (h->count < h->max) {
        size_t i = h->count++;
        h->ids[i] = *id;
        while (i > 0 && bus_id_cmp(&h->ids[(i - 1) / 2], &h->ids[i]) < 0) {
            struct bus_id t = h->ids[i];
            h->ids[i] = h->ids[(i - 1) / 2];
            h->ids[(i - 1) / 2] = t;
            i = (i - 1) / 2;
        }
    } else if (bus_id_cmp(id, &h->ids[0]) < 0) {
        h->ids[0] = *id;
        sift_down(h, 0);
    }
}

int matcher_store_ids(struct store *s,
                      const struct bus_id *after,
                      size_t max,
                      struct bus_id *ret,
                      size_t *ret_count,
                      struct bus_err *err)
{
    struct nearest h = {.s = s, .ids = ret, .max = max};
    uint64_t from = after ? matcher_store_tag(after) : 0;
    BUS_CHECK(max > 0);
    for (size_t i = 0; i < s->index.cap; i++) {
        const struct store_slot *slot = &s->index.slots[i];
        struct store_record r;
        bool far = h.count == max && slot->tag > matcher_store_tag(&h.ids[0]);
        if (!matcher_store_slot_taken(slot) || slot->tag < from || far) {
            continue;
        }
        if (!matcher_store_front(s, slot->place, &r)) {
            s->damaged = true;
            return bus_fail(err, BUS_EIO,
                            "state of partition %d: its file is shorter than "
                            "what was written",
                            s->partition);
        }
        if (after == NULL || bus_id_cmp(&r.id, after) > 0) {
            nearest_offer(&h, &r.id);
        }
    }
    BUS_CHECK(h.count <= max);
    *ret_count = h.count;
    for (size_t n = h.count; n > 1; n--) {
        struct bus_id t = ret[0];
        ret[0] = ret[n - 1];
        ret[n - 1] = t;
        h.count = n - 1;
        sift_down(&h, 0);
    }
    return BUS_OK;
}
