/* A record: magic, length of key, length of value, hash of both, key, value. */
#include "producers/intake/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bus/base/hash.h"

#define JOURNAL_MAGIC 0x4c4e4f55u

struct head
{
    uint32_t magic, key_bytes, value_bytes, zero;
    uint64_t hash;
};

static uint64_t hash_of(struct bus_strv key, struct bus_strv value)
{
    return bus_hash64(value.p, value.n, bus_hash64(key.p, key.n, 1));
}

static int
io_error(const struct journal *j, const char *what, struct bus_err *err)
{
    enum bus_errc code =
        errno == ENOSPC || errno == EDQUOT ? BUS_EFULL : BUS_EIO;
    return bus_fail(err, code, "%s: %s: %s", j->path, what, strerror(errno));
}

static bool read_head(const struct journal *j, uint64_t at, struct head *ret)
{
    return pread(j->fd, ret, sizeof(*ret), (off_t)at) ==
               (ssize_t)sizeof(*ret) &&
           ret->magic == JOURNAL_MAGIC &&
           ret->key_bytes <= JOURNAL_RECORD_MAX &&
           ret->value_bytes <= JOURNAL_RECORD_MAX;
}

static uint64_t record_bytes(const struct head *h)
{
    return sizeof(*h) + h->key_bytes + h->value_bytes;
}

/* The end of the last whole record; whatever lies behind was never answered. */
static int find_end(struct journal *j, uint64_t size, struct bus_err *err)
{
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 4 * (uint64_t)JOURNAL_RECORD_MAX);
    uint64_t at = j->drained;
    j->end = size;
    for (;;) {
        struct bus_strv key, value;
        uint64_t next = at;
        bus_arena_reset(&mem);
        if (journal_read(j, &next, &mem, &key, &value, NULL) != BUS_OK) {
            break;
        }
        at = next;
    }
    bus_arena_fini(&mem);
    j->end = at;
    if (at != size && ftruncate(j->fd, (off_t)at) != 0) {
        return io_error(j, "cannot cut the torn end", err);
    }
    return BUS_OK;
}

int journal_open(struct journal *j,
                 const char *dir,
                 uint64_t max_bytes,
                 struct bus_err *err)
{
    *j = (struct journal){.fd = -1, .mark_fd = -1, .max_bytes = max_bytes};
    char mark[560];
    (void)snprintf(j->path, sizeof(j->path), "%s/journal", dir);
    (void)snprintf(mark, sizeof(mark), "%s.mark", j->path);
    j->fd = open(j->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    j->mark_fd =
        j->fd < 0 ? -1 : open(mark, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat st;
    if (j->mark_fd < 0 || fstat(j->fd, &st) != 0) {
        int rc = io_error(j, "cannot be opened", err);
        journal_close(j);
        return rc;
    }
    uint64_t drained = 0;
    if (pread(j->mark_fd, &drained, sizeof(drained), 0) ==
            (ssize_t)sizeof(drained) &&
        drained <= (uint64_t)st.st_size) {
        j->drained = drained;
    }
    int rc = find_end(j, (uint64_t)st.st_size, err);
    if (rc != BUS_OK) {
        journal_close(j);
    }
    return rc;
}

void journal_close(struct journal *j)
{
    if (j == NULL || j->path[0] == '\0') {
        return;
    }
    if (j->fd >= 0) {
        (void)close(j->fd);
    }
    if (j->mark_fd >= 0) {
        (void)close(j->mark_fd);
    }
    j->fd = j->mark_fd = -1;
}

uint64_t journal_waiting(const struct journal *j)
{
    assert(j->drained <= j->end);
    return j->end - j->drained;
}

int journal_append(struct journal *j,
                   struct bus_strv key,
                   struct bus_strv value,
                   struct bus_err *err)
{
    struct head h = {
        .magic = JOURNAL_MAGIC,
        .key_bytes = (uint32_t)key.n,
        .value_bytes = (uint32_t)value.n,
        .hash = hash_of(key, value),
    };
    if (key.n > JOURNAL_RECORD_MAX || value.n > JOURNAL_RECORD_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "a record of %zu bytes", value.n);
    }
    uint64_t n = record_bytes(&h);
    if (j->end + n > j->max_bytes) {
        return bus_fail(
            err, BUS_EFULL, "the journal holds %llu of at most %llu bytes",
            (unsigned long long)j->end, (unsigned long long)j->max_bytes);
    }
    struct iovec io[] = {{&h, sizeof(h)},
                         {(void *)(uintptr_t)key.p, key.n},
                         {(void *)(uintptr_t)value.p, value.n}};
    ssize_t wrote = pwritev(j->fd, io, 3, (off_t)j->end);
    if (wrote != (ssize_t)n) {
        errno = wrote >= 0 ? ENOSPC : errno;
        int rc = io_error(j, "cannot be written", err);
        if (ftruncate(j->fd, (off_t)j->end) != 0) {
            return bus_wrap(err, "a torn record stays until the next open");
        }
        return rc;
    }
    j->end += n;
    return BUS_OK;
}

int journal_sync(struct journal *j, struct bus_err *err)
{
    return fdatasync(j->fd) == 0 ? BUS_OK
                                 : io_error(j, "cannot be synced", err);
}

int journal_read(struct journal *j,
                 uint64_t *at,
                 struct bus_arena *mem,
                 struct bus_strv *ret_key,
                 struct bus_strv *ret_value,
                 struct bus_err *err)
{
    struct head h;
    if (*at + sizeof(h) > j->end) {
        return bus_fail(err, BUS_EAGAIN, "the end of the journal");
    }
    if (!read_head(j, *at, &h) || *at + record_bytes(&h) > j->end) {
        return bus_fail(err, BUS_EIO, "%s: no record at %llu", j->path,
                        (unsigned long long)*at);
    }
    size_t n = (size_t)h.key_bytes + h.value_bytes;
    char *p = bus_arena_alloc(mem, n);
    if (p == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a record of %zu bytes", n);
    }
    if (pread(j->fd, p, n, (off_t)(*at + sizeof(h))) != (ssize_t)n) {
        return io_error(j, "cannot be read", err);
    }
    *ret_key = (struct bus_strv){p, h.key_bytes};
    *ret_value = (struct bus_strv){p + h.key_bytes, h.value_bytes};
    if (hash_of(*ret_key, *ret_value) != h.hash) {
        return bus_fail(err, BUS_EIO, "%s: a torn record at %llu", j->path,
                        (unsigned long long)*at);
    }
    *at += record_bytes(&h);
    return BUS_OK;
}

int journal_mark(struct journal *j, uint64_t at, struct bus_err *err)
{
    assert(at >= j->drained && at <= j->end);
    uint64_t mark = at;
    if (at == j->end) {
        /* The mark goes to 0 first: a crash in between sends again, and that
         * is harmless; the other order could skip. */
        mark = 0;
    }
    if (pwrite(j->mark_fd, &mark, sizeof(mark), 0) != (ssize_t)sizeof(mark) ||
        fdatasync(j->mark_fd) != 0) {
        return io_error(j, "the mark cannot be written", err);
    }
    j->drained = at;
    if (at == j->end && at > 0) {
        if (ftruncate(j->fd, 0) != 0) {
            return io_error(j, "cannot be emptied", err);
        }
        j->end = j->drained = 0;
    }
    return BUS_OK;
}
