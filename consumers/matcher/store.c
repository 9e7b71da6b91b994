#include "consumers/matcher/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/heap.h"

#define BOOT_ID_LEN   36
#define STORE_VERSION "2" /* states framed, as in the topic */

struct store
{
    MDB_env *env;
    MDB_dbi households, about;
    MDB_txn *read, *write;
    int64_t applied;
    int32_t partition;
    int owner; /* the file whose lock says that the store is ours; -1 */
};

static int store_fail(const struct store *s,
                      const char *what,
                      int code,
                      struct bus_err *err)
{
    bool disk = code == ENOSPC || code == EDQUOT || code == EFBIG;
    enum bus_errc c = code == MDB_MAP_FULL || disk ? BUS_EFULL
                      : code == ENOMEM             ? BUS_ENOMEM
                                                   : BUS_EIO;
    return bus_fail(err, c, "state of partition %d: %s: %s%s", s->partition,
                    what, mdb_strerror(code),
                    code == MDB_MAP_FULL ? "; raise matcher.map_size"
                    : disk               ? "; make room in state_dir"
                                         : "");
}

static void boot_id(char ret[BOOT_ID_LEN + 2])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, ret + 1, BOOT_ID_LEN);
    if (fd >= 0) {
        (void)close(fd);
    }
    ret[0] = STORE_VERSION[0];
    ret[n > 0 ? n + 1 : 1] = '\0';
}

static MDB_val text_val(const char *s)
{
    return (MDB_val){strlen(s), (void *)(uintptr_t)s};
}

static int put_about(struct store *s, MDB_txn *t, const char *key, MDB_val v)
{
    MDB_val k = text_val(key);
    return mdb_put(t, s->about, &k, &v, 0);
}

/* Reads what the store says of itself; empties it when of another boot. */
static int store_settle(struct store *s, MDB_txn *t)
{
    char now[BOOT_ID_LEN + 2];
    boot_id(now);
    MDB_val k = text_val("boot"), v;
    s->applied = -1;
    int rc = mdb_get(t, s->about, &k, &v);
    bool ours = rc == 0 && v.mv_size == strlen(now) &&
                memcmp(v.mv_data, now, v.mv_size) == 0;
    if (!ours) {
        rc = mdb_drop(t, s->households, 0);
        rc = rc == 0 ? mdb_drop(t, s->about, 0) : rc;
        return rc == 0 ? put_about(s, t, "boot", text_val(now)) : rc;
    }
    k = text_val("applied");
    rc = mdb_get(t, s->about, &k, &v);
    if (rc == 0 && v.mv_size == sizeof(s->applied)) {
        memcpy(&s->applied, v.mv_data, sizeof(s->applied));
    }
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int open_env(struct store *s, const char *path, size_t map_bytes)
{
    int rc = mdb_env_create(&s->env);
    rc = rc == 0 ? mdb_env_set_maxdbs(s->env, 2) : rc;
    rc = rc == 0 ? mdb_env_set_mapsize(s->env, map_bytes) : rc;
    rc = rc == 0 ? mdb_env_open(s->env, path,
                                MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD, 0600)
                 : rc;
    MDB_txn *t = NULL;
    rc = rc == 0 ? mdb_txn_begin(s->env, NULL, 0, &t) : rc;
    if (rc != 0) {
        return rc;
    }
    rc = mdb_dbi_open(t, "households", MDB_CREATE, &s->households);
    rc = rc == 0 ? mdb_dbi_open(t, "about", MDB_CREATE, &s->about) : rc;
    rc = rc == 0 ? store_settle(s, t) : rc;
    if (rc != 0) {
        mdb_txn_abort(t);
        return rc;
    }
    return mdb_txn_commit(t);
}

/* Another process that was fenced may still be writing what it committed. */
static int store_own(struct store *s, const char *path, struct bus_err *err)
{
    char name[620];
    (void)snprintf(name, sizeof(name), "%s/owner", path);
    s->owner = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->owner < 0) {
        return store_fail(s, name, errno, err);
    }
    if (flock(s->owner, LOCK_EX | LOCK_NB) != 0) {
        return bus_fail(err, BUS_EAGAIN,
                        "%s: another matcher has it; one process a state_dir",
                        path);
    }
    return BUS_OK;
}

int matcher_store_open(const char *dir,
                       int32_t partition,
                       size_t map_bytes,
                       struct store **ret,
                       struct bus_err *err)
{
    struct store *s = bus_calloc(1, sizeof(*s));
    if (s == NULL) {
        return bus_fail(err, BUS_ENOMEM, "state of partition %d", partition);
    }
    s->partition = partition;
    s->owner = -1;
    char path[600];
    (void)snprintf(path, sizeof(path), "%s/p%d", dir, partition);
    int rc = mkdir(path, 0700) != 0 && errno != EEXIST ? errno : 0;
    rc = rc == 0 ? store_own(s, path, err) : store_fail(s, path, rc, err);
    if (rc == BUS_OK) {
        int e = open_env(s, path, map_bytes);
        rc = e == 0 ? BUS_OK : store_fail(s, path, e, err);
    }
    if (rc != BUS_OK) {
        matcher_store_close(s);
        return rc;
    }
    *ret = s;
    return BUS_OK;
}

void matcher_store_close(struct store *s)
{
    if (s == NULL) {
        return;
    }
    matcher_store_write_abort(s);
    if (s->read != NULL) {
        mdb_txn_abort(s->read);
    }
    if (s->env != NULL) {
        mdb_env_close(s->env);
    }
    if (s->owner >= 0) {
        (void)close(s->owner);
    }
    bus_free(s);
}

int64_t matcher_store_applied(const struct store *s)
{
    return s->applied;
}

int matcher_store_clear(struct store *s, struct bus_err *err)
{
    int rc = matcher_store_write_begin(s, err);
    if (rc != BUS_OK) {
        return rc;
    }
    int e = mdb_drop(s->write, s->households, 0);
    if (e != 0) {
        matcher_store_write_abort(s);
        return store_fail(s, "cannot be emptied", e, err);
    }
    return matcher_store_write_commit(s, -1, err);
}

int matcher_store_read_begin(struct store *s, struct bus_err *err)
{
    int rc = s->read == NULL ? mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->read)
                             : mdb_txn_renew(s->read);
    return rc == 0 ? BUS_OK : store_fail(s, "cannot be read", rc, err);
}

int matcher_store_get(struct store *s,
                      const struct bus_id *id,
                      struct bus_strv *ret,
                      struct bus_err *err)
{
    MDB_val k = {sizeof(id->b), (void *)(uintptr_t)id->b}, v;
    int rc = mdb_get(s->read, s->households, &k, &v);
    *ret = (struct bus_strv){0};
    if (rc == 0) {
        *ret = (struct bus_strv){v.mv_data, v.mv_size};
    }
    return rc == 0 || rc == MDB_NOTFOUND
               ? BUS_OK
               : store_fail(s, "cannot be read", rc, err);
}

int matcher_store_each(struct store *s,
                       const struct bus_id *after,
                       bool (*each)(void *data,
                                    const struct bus_id *id,
                                    struct bus_strv value),
                       void *data,
                       struct bus_err *err)
{
    MDB_cursor *c = NULL;
    MDB_val k = {sizeof(struct bus_id), (void *)(uintptr_t)after}, v;
    int rc = mdb_cursor_open(s->read, s->households, &c);
    if (rc == 0) {
        rc = mdb_cursor_get(c, &k, &v, after ? MDB_SET_RANGE : MDB_FIRST);
    }
    while (rc == 0) {
        struct bus_id id;
        bool go = k.mv_size == sizeof(id.b);
        if (go) {
            memcpy(id.b, k.mv_data, sizeof(id.b));
            go = (after != NULL && bus_id_eq(after, &id)) ||
                 each(data, &id, (struct bus_strv){v.mv_data, v.mv_size});
        }
        rc = go ? mdb_cursor_get(c, &k, &v, MDB_NEXT) : MDB_NOTFOUND;
    }
    if (c != NULL) {
        mdb_cursor_close(c);
    }
    return rc == MDB_NOTFOUND ? BUS_OK
                              : store_fail(s, "cannot be read", rc, err);
}

void matcher_store_read_end(struct store *s)
{
    mdb_txn_reset(s->read);
}

int matcher_store_write_begin(struct store *s, struct bus_err *err)
{
    assert(s->write == NULL);
    int rc = mdb_txn_begin(s->env, NULL, 0, &s->write);
    return rc == 0 ? BUS_OK : store_fail(s, "cannot be written", rc, err);
}

int matcher_store_put(struct store *s,
                      const struct bus_id *id,
                      struct bus_strv value,
                      struct bus_err *err)
{
    MDB_val k = {sizeof(id->b), (void *)(uintptr_t)id->b};
    MDB_val v = {value.n, (void *)(uintptr_t)value.p};
    int rc = value.p == NULL ? mdb_del(s->write, s->households, &k, NULL)
                             : mdb_put(s->write, s->households, &k, &v, 0);
    return rc == 0 || (value.p == NULL && rc == MDB_NOTFOUND)
               ? BUS_OK
               : store_fail(s, "cannot be written", rc, err);
}

int matcher_store_write_commit(struct store *s,
                               int64_t applied,
                               struct bus_err *err)
{
    int rc =
        put_about(s, s->write, "applied", (MDB_val){sizeof(applied), &applied});
    if (rc != 0) {
        matcher_store_write_abort(s);
        return store_fail(s, "cannot be written", rc, err);
    }
    rc = mdb_txn_commit(s->write);
    s->write = NULL;
    if (rc != 0) {
        return store_fail(s, "cannot be committed", rc, err);
    }
    s->applied = applied;
    return BUS_OK;
}

void matcher_store_write_abort(struct store *s)
{
    if (s->write != NULL) {
        mdb_txn_abort(s->write);
        s->write = NULL;
    }
}
