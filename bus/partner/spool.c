#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/disk.h"
#include "bus/base/heap.h"
#include "bus/partner/spool_parts.h"

static const struct
{
    const char *path;
    size_t offset;
} folders[] = {
    {"out", offsetof(struct bus_partner_transport, out)},
    {"in", offsetof(struct bus_partner_transport, in)},
    {"done", offsetof(struct bus_partner_transport, done)},
    {"rejected", offsetof(struct bus_partner_transport, rejected)},
    {".bus", offsetof(struct bus_partner_transport, ours)},
    {".bus/staged", offsetof(struct bus_partner_transport, staged)},
    {".bus/claimed", offsetof(struct bus_partner_transport, claimed)},
};
#define FOLDERS (sizeof(folders) / sizeof(folders[0]))

static int *folder_at(struct bus_partner_transport *t, size_t i)
{
    BUS_CHECK(i < FOLDERS);
    return (int *)(void *)((char *)t + folders[i].offset);
}

static void close_fd(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void spool_close(struct bus_partner_transport *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < FOLDERS; i++) {
        close_fd(*folder_at(t, i));
    }
    close_fd(t->lock);
    close_fd(t->root);
    BUS_CHECK((t->seen_count == 0) || t->seen != NULL);
    bus_free(t->seen);
    bus_free(t);
}

static int spool_lock(struct bus_partner_transport *t, struct bus_err *err)
{
    t->lock = openat(t->ours, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (t->lock < 0) {
        return bus_disk_fail(err, ".bus/lock");
    }
    return flock(t->lock, LOCK_EX | LOCK_NB) == 0
               ? BUS_OK
               : bus_fail(err, BUS_EFENCED, "another adapter has this spool");
}

static int spool_open(const struct bus_partner_transport_env *env,
                      struct bus_partner_transport **ret,
                      struct bus_err *err)
{
    struct bus_partner_transport *t = bus_calloc(1, sizeof(*t));
    const struct bus_conf_partner *partner = env->partner;
    if (t == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a spool");
    }
    static const char *const endings[] = {SPOOL_ENDING, NULL};
    t->endings = endings;
    t->note_ending = SPOOL_ENDING;
    t->root = t->lock = -1;
    t->max_bytes = (size_t)partner->limits.message_bytes_max;
    BUS_CHECK(t->max_bytes > 0);
    for (size_t i = 0; i < FOLDERS; i++) {
        *folder_at(t, i) = -1;
    }
    int rc;
    BUS_TRY_GOTO(rc,
                 bus_disk_folder(AT_FDCWD, partner->spool_dir, &t->root, err),
                 failed);
    for (size_t i = 0; i < FOLDERS; i++) {
        BUS_TRY_GOTO(
            rc, bus_disk_folder(t->root, folders[i].path, folder_at(t, i), err),
            failed);
        BUS_TRY_GOTO(rc,
                     partner_spool_share_folder(*folder_at(t, i),
                                                SPOOL_FOLDER_MODE, err),
                     failed);
    }
    BUS_TRY_GOTO(rc, spool_lock(t, err), failed);
    BUS_TRY_GOTO(rc, bus_disk_sync(t->root, err), failed);
    *ret = t;
    return BUS_OK;
failed:
    spool_close(t);
    return rc;
}

int partner_spool_household(const struct bus_partner_transport *t)
{
    BUS_CHECK(t->ours >= 0);
    return t->ours;
}

/* --- giving --- */

const char *partner_spool_name(const struct bus_id *id,
                               char to[SPOOL_NAME_BYTES])
{
    (void)bus_id_text(id, to);
    memcpy(to + BUS_ID_TEXT, SPOOL_ENDING, sizeof(SPOOL_ENDING));
    return to;
}

int partner_spool_stage(struct bus_partner_transport *t,
                        const struct bus_id *id,
                        struct bus_strv bytes,
                        struct bus_err *err)
{
    BUS_CHECK(bytes.p != NULL && bytes.n > 0);
    char name[SPOOL_NAME_BYTES];
    BUS_TRY(
        bus_disk_write(t->staged, partner_spool_name(id, name), bytes, err));
    return partner_spool_share(t->staged, name, SPOOL_FILE_MODE, err);
}

bool partner_spool_staged(struct bus_partner_transport *t,
                          const struct bus_id *id)
{
    char name[SPOOL_NAME_BYTES];
    return faccessat(t->staged, partner_spool_name(id, name), F_OK, 0) == 0;
}

int partner_spool_staged_sync(struct bus_partner_transport *t,
                              struct bus_err *err)
{
    return bus_disk_sync(t->staged, err);
}

static int spool_publish(struct bus_partner_transport *t,
                         const struct bus_id *id,
                         struct bus_err *err)
{
    char name[SPOOL_NAME_BYTES];
    (void)partner_spool_name(id, name);
    return bus_disk_rename(t->staged, name, t->out, name, err);
}

static int spool_published_sync(struct bus_partner_transport *t,
                                struct bus_err *err)
{
    BUS_TRY(bus_disk_sync(t->out, err));
    return bus_disk_sync(t->staged, err);
}

int partner_spool_discard(struct bus_partner_transport *t,
                          const struct bus_id *id,
                          struct bus_err *err)
{
    char name[SPOOL_NAME_BYTES];
    return bus_disk_unlink(t->staged, partner_spool_name(id, name), err);
}

int partner_spool_each_staged(struct bus_partner_transport *t,
                              struct bus_id *ret,
                              size_t max,
                              size_t *ret_n,
                              struct bus_err *err)
{
    BUS_CHECK(max > 0);
    DIR *d = partner_spool_list(t->staged);
    *ret_n = 0;
    if (d == NULL) {
        return bus_disk_fail(err, ".bus/staged");
    }
    for (struct dirent *e; *ret_n < max && (e = readdir(d)) != NULL;) {
        struct bus_strv id = {e->d_name, BUS_ID_TEXT};
        if (strlen(e->d_name) == SPOOL_NAME_BYTES - 1 &&
            bus_id_parse(id, &ret[*ret_n])) {
            (*ret_n)++;
        }
    }
    (void)closedir(d);
    return BUS_OK;
}

int partner_spool_waiting(struct bus_partner_transport *t,
                          size_t *ret_n,
                          int64_t *ret_oldest_ms,
                          struct bus_err *err)
{
    DIR *d = partner_spool_list(t->out);
    int64_t now = bus_clock_system.wall_ms(NULL);
    *ret_n = 0;
    *ret_oldest_ms = 0;
    if (d == NULL) {
        return bus_disk_fail(err, "out");
    }
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        struct stat st;
        if (e->d_name[0] == '.' ||
            fstatat(t->out, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        int64_t age = now - (int64_t)st.st_mtim.tv_sec * 1000;
        *ret_oldest_ms = age > *ret_oldest_ms ? age : *ret_oldest_ms;
        (*ret_n)++;
    }
    (void)closedir(d);
    return BUS_OK;
}

int partner_spool_none_waits(struct bus_partner_transport *t,
                             struct bus_err *err)
{
    size_t n = 0;
    int64_t oldest_ms = 0;
    BUS_CHECK(t->out >= 0);
    BUS_TRY(partner_spool_waiting(t, &n, &oldest_ms, err));
    return n == 0
               ? BUS_OK
               : bus_fail(err, BUS_ECONFIG,
                          "%zu events wait in the folder out of the transport "
                          "before this one (spool, or http fetched): let the "
                          "partner take them first",
                          n);
}

const struct bus_partner_transport_ops bus_partner_transport_spool = {
    .word = "spool",
    .open = spool_open,
    .close = spool_close,
    .household = partner_spool_household,
    .stage = partner_spool_stage,
    .staged = partner_spool_staged,
    .staged_sync = partner_spool_staged_sync,
    .publish = spool_publish,
    .published_sync = spool_published_sync,
    .discard = partner_spool_discard,
    .each_staged = partner_spool_each_staged,
    .waiting = partner_spool_waiting,
    .take = partner_spool_collect,
    .settle = partner_spool_settle,
    .settled_sync = partner_spool_settled_sync,
};
