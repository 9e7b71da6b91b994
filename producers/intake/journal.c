/* A record: magic, length of key, length of value, version, hash of version,
 * key and value; then key and value. */
#include "producers/intake/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/hash.h"

#define JOURNAL_MAGIC 0x4c4e4f55u
#define SCAN_BYTES    16384
#define HOLE_BYTES    65536

struct head
{
    uint32_t magic, key_bytes, value_bytes, version;
    uint64_t hash;
};

/* With the version: one flipped bit of it is damage, no other version. */
static uint64_t
journal_hash_of(uint32_t version, struct bus_strv key, struct bus_strv value)
{
    return bus_hash64(value.p, value.n,
                      bus_hash64(key.p, key.n, 1 + (uint64_t)version));
}

static int
io_error(const struct journal *j, const char *what, struct bus_err *err)
{
    enum bus_errc code = errno == ENOSPC || errno == EDQUOT || errno == EFBIG
                             ? BUS_EFULL
                             : BUS_EIO;
    return bus_fail(err, code, "%s: %s: %s", j->path, what, strerror(errno));
}

static uint64_t record_bytes(const struct head *h)
{
    return sizeof(*h) + h->key_bytes + h->value_bytes;
}

/* A whole record at `at`, in front of `limit`. BUS_EPARSE: there is none. */
static int read_record(const struct journal *j,
                       uint64_t at,
                       uint64_t limit,
                       struct bus_arena *mem,
                       struct bus_strv ret[2],
                       struct bus_err *err)
{
    struct head h;
    if (at + sizeof(h) > limit ||
        pread(j->fd, &h, sizeof(h), (off_t)at) != (ssize_t)sizeof(h) ||
        h.magic != JOURNAL_MAGIC || h.key_bytes > JOURNAL_RECORD_MAX ||
        h.value_bytes > JOURNAL_RECORD_MAX || at + record_bytes(&h) > limit) {
        return bus_fail(err, BUS_EPARSE, "%s: no record at %llu", j->path,
                        (unsigned long long)at);
    }
    size_t n = (size_t)h.key_bytes + h.value_bytes;
    char *p = bus_arena_alloc(mem, n);
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a record of %zu bytes", n);
    }
    if (pread(j->fd, p, n, (off_t)(at + sizeof(h))) != (ssize_t)n) {
        return io_error(j, "cannot be read", err);
    }
    ret[0] = (struct bus_strv){p, h.key_bytes};
    ret[1] = (struct bus_strv){p + h.key_bytes, h.value_bytes};
    if (journal_hash_of(h.version, ret[0], ret[1]) != h.hash) {
        return bus_fail(err, BUS_EPARSE, "%s: a torn record at %llu", j->path,
                        (unsigned long long)at);
    }
    return h.version == JOURNAL_VERSION
               ? BUS_OK
               : bus_fail(err, BUS_ECONFIG,
                          "%s is of version %u, this program reads %d: let the "
                          "lianou that wrote it drain it (start it until the "
                          "file is empty), or move the file away",
                          j->path, (unsigned)h.version, JOURNAL_VERSION);
}

/* The next place at or behind `at` that begins as a record does; `limit`. */
static uint64_t next_magic(const struct journal *j, uint64_t at, uint64_t limit)
{
    const uint32_t magic = JOURNAL_MAGIC;
    uint8_t part[SCAN_BYTES];
    while (at + sizeof(magic) <= limit) {
        ssize_t n = pread(j->fd, part, sizeof(part), (off_t)at);
        if (n < (ssize_t)sizeof(magic)) {
            break;
        }
        const uint8_t *hit = memmem(part, (size_t)n, &magic, sizeof(magic));
        if (hit != NULL) {
            return at + (uint64_t)(hit - part);
        }
        at += (uint64_t)n - sizeof(magic) + 1;
    }
    return limit;
}

/* Damaged bytes go where people can look at them; best effort. */
void intake_journal_set_aside(struct journal *j, uint64_t from, uint64_t to)
{
    char path[560];
    uint8_t part[SCAN_BYTES];
    j->damaged_bytes += to - from;
    (void)snprintf(path, sizeof(path), "%s.damaged", j->path);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    while (fd >= 0 && from < to) {
        size_t want =
            to - from < sizeof(part) ? (size_t)(to - from) : sizeof(part);
        ssize_t n = pread(j->fd, part, want, (off_t)from);
        if (n <= 0 || write(fd, part, (size_t)n) != n) {
            break;
        }
        from += (uint64_t)n;
    }
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

/* The next whole record from *at on; *at becomes its place. BUS_EAGAIN: none
 * in front of limit. */
static int find_record(struct journal *j,
                       uint64_t *at,
                       uint64_t limit,
                       struct bus_arena *mem,
                       struct bus_strv ret[2],
                       struct bus_err *err)
{
    uint64_t from = *at;
    struct bus_arena_mark clean = bus_arena_mark(mem);
    int rc = read_record(j, from, limit, mem, ret, err);
    while (rc == BUS_EPARSE && from < limit) {
        bus_arena_release(mem, clean);
        from = next_magic(j, from + 1, limit);
        rc = read_record(j, from, limit, mem, ret, err);
    }
    if (rc == BUS_EPARSE) {
        return bus_fail(err, BUS_EAGAIN, "the end of the journal");
    }
    if (rc == BUS_OK && from > *at) {
        intake_journal_set_aside(j, *at, from);
    }
    *at = rc == BUS_OK ? from : *at;
    return rc;
}

/* The end of the last whole record; what lies behind was never answered. */
static int find_end(struct journal *j, uint64_t size, struct bus_err *err)
{
    struct bus_arena mem;
    struct bus_strv kv[2];
    bus_arena_init(&mem, 0, 4 * (uint64_t)JOURNAL_RECORD_MAX);
    uint64_t at = j->drained;
    int rc;
    j->end = at;
    while ((rc = find_record(j, &at, size, &mem, kv, err)) == BUS_OK) {
        at += sizeof(struct head) + kv[0].n + kv[1].n;
        j->end = at;
        bus_arena_reset(&mem);
    }
    bus_arena_fini(&mem);
    if (rc != BUS_EAGAIN) {
        return rc;
    }
    if (j->end < size) {
        intake_journal_set_aside(j, j->end, size);
        if (ftruncate(j->fd, (off_t)j->end) != 0) {
            return io_error(j, "cannot cut the torn end", err);
        }
    }
    return BUS_OK;
}

static int open_files(struct journal *j, const char *dir, struct bus_err *err)
{
    char mark[560];
    (void)snprintf(j->path, sizeof(j->path), "%s/journal", dir);
    (void)snprintf(mark, sizeof(mark), "%s.mark", j->path);
    j->fd = open(j->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (j->fd >= 0 && flock(j->fd, LOCK_EX | LOCK_NB) != 0 &&
        errno == EWOULDBLOCK) {
        return bus_fail(err, BUS_ECONFIG,
                        "%s is in use by another process: one intake a "
                        "state_dir; stop the other or give this one its own",
                        j->path);
    }
    j->mark_fd =
        j->fd < 0 ? -1 : open(mark, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return j->mark_fd >= 0 ? BUS_OK : io_error(j, "cannot be opened", err);
}

/* The mark's place on the disk is taken before the first record's: on a disk
 * that is full what waits must still be marked as drained, or it would be sent
 * for ever and never make room. */
static int reserve_mark(struct journal *j, struct bus_err *err)
{
    /* Written as it is, whatever its size: a copied file may be a hole. */
    j->marked = pwrite(j->mark_fd, &j->drained, sizeof(j->drained), 0) ==
                    (ssize_t)sizeof(j->drained) &&
                fdatasync(j->mark_fd) == 0;
    return j->marked ? BUS_OK : io_error(j, "the mark cannot be written", err);
}

int intake_journal_open(struct journal *j,
                        const char *dir,
                        uint64_t max_bytes,
                        struct bus_err *err)
{
    *j = (struct journal){.fd = -1, .mark_fd = -1, .max_bytes = max_bytes};
    struct stat st;
    struct bus_err full; /* then at the first record */
    int rc;
    BUS_TRY_GOTO(rc, open_files(j, dir, err), failed);
    if (fstat(j->fd, &st) != 0) {
        rc = io_error(j, "cannot be looked at", err);
        goto failed;
    }
    uint64_t drained = 0;
    if (pread(j->mark_fd, &drained, sizeof(drained), 0) ==
            (ssize_t)sizeof(drained) &&
        drained <= (uint64_t)st.st_size) {
        j->drained = drained;
    }
    BUS_TRY_GOTO(rc, find_end(j, (uint64_t)st.st_size, err), failed);
    (void)!reserve_mark(j, &full);
    return BUS_OK;
failed:
    intake_journal_close(j);
    return rc;
}

void intake_journal_close(struct journal *j)
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

uint64_t intake_journal_waiting(const struct journal *j)
{
    BUS_CHECK(j->drained <= j->end);
    return j->end - j->drained;
}

int intake_journal_append(struct journal *j,
                          struct bus_strv key,
                          struct bus_strv value,
                          struct bus_err *err)
{
    struct head h = {
        .magic = JOURNAL_MAGIC,
        .key_bytes = (uint32_t)key.n,
        .value_bytes = (uint32_t)value.n,
        .version = JOURNAL_VERSION,
        .hash = journal_hash_of(JOURNAL_VERSION, key, value),
    };
    if (key.n > JOURNAL_RECORD_MAX || value.n > JOURNAL_RECORD_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "a record of %zu bytes", value.n);
    }
    uint64_t n = record_bytes(&h);
    uint64_t held = j->end - j->given_back;
    if (held + n > j->max_bytes) {
        return bus_fail(
            err, BUS_EFULL, "the journal holds %llu of at most %llu bytes",
            (unsigned long long)held, (unsigned long long)j->max_bytes);
    }
    int rc = j->marked ? BUS_OK : reserve_mark(j, err);
    if (rc != BUS_OK) {
        return rc;
    }
    struct iovec io[] = {{&h, sizeof(h)},
                         {(void *)(uintptr_t)key.p, key.n},
                         {(void *)(uintptr_t)value.p, value.n}};
    ssize_t wrote = pwritev(j->fd, io, 3, (off_t)j->end);
    if (wrote != (ssize_t)n) {
        errno = wrote >= 0 ? ENOSPC : errno;
        rc = io_error(j, "cannot be written", err);
        if (ftruncate(j->fd, (off_t)j->end) != 0) {
            return bus_wrap(err, "a torn record stays until the next open");
        }
        return rc;
    }
    j->end += n;
    return BUS_OK;
}

int intake_journal_sync(struct journal *j, struct bus_err *err)
{
    return fdatasync(j->fd) == 0 ? BUS_OK
                                 : io_error(j, "cannot be synced", err);
}

int intake_journal_read(struct journal *j,
                        uint64_t *at,
                        struct bus_arena *mem,
                        struct bus_strv *ret_key,
                        struct bus_strv *ret_value,
                        struct bus_err *err)
{
    struct bus_strv kv[2];
    int rc = find_record(j, at, j->end, mem, kv, err);
    if (rc == BUS_OK) {
        *ret_key = kv[0];
        *ret_value = kv[1];
        *at += sizeof(struct head) + kv[0].n + kv[1].n;
    }
    return rc;
}

/* The drained front as a hole, so that the limit is on what waits. */
static void journal_give_back(struct journal *j)
{
    uint64_t to = j->drained / HOLE_BYTES * HOLE_BYTES;
    if (j->no_holes || to <= j->given_back) {
        return;
    }
    if (fallocate(j->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  (off_t)j->given_back, (off_t)(to - j->given_back)) == 0) {
        j->given_back = to;
    } else {
        j->no_holes = true; /* then only an emptied file makes room */
    }
}

int intake_journal_mark(struct journal *j, uint64_t at, struct bus_err *err)
{
    BUS_CHECK(at >= j->drained && at <= j->end);
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
        j->end = j->drained = j->given_back = 0;
    }
    journal_give_back(j);
    return BUS_OK;
}
