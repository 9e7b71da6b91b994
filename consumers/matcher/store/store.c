#include "consumers/matcher/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"
#include "consumers/matcher/store/store_parts.h"

/* --- files --- */

int matcher_store_disk_error(const struct store *s,
                             const char *what,
                             int code,
                             struct bus_err *err)
{
    BUS_CHECK(code > 0);
    bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
    return bus_fail(err, full ? BUS_EFULL : BUS_EIO,
                    "state of partition %d: %s: %s%s", s->partition, what,
                    strerror(code), full ? "; make room in state_dir" : "");
}

static int damage(struct store *s, int64_t offset, struct bus_err *err)
{
    BUS_CHECK(offset >= 0);
    s->damaged = true;
    return bus_fail(err, BUS_EIO,
                    "state of partition %d: byte %" PRId64
                    " of its file is not what was written",
                    s->partition, offset);
}

void matcher_store_file_path(const struct store *s,
                             uint64_t generation,
                             char ret[STORE_PATH_MAX])
{
    BUS_CHECK(generation > 0);
    (void)snprintf(ret, STORE_PATH_MAX, "%s/log.%08" PRIx64, s->path,
                   generation);
}

bool matcher_store_pread(int fd, void *to, size_t n, int64_t offset)
{
    BUS_CHECK(offset >= 0);
    char *p = to;
    while (n > 0) {
        ssize_t got = pread(fd, p, n, offset);
        if (got <= 0) {
            if (got < 0 && errno == EINTR) {
                continue;
            }
            return false;
        }
        p += got;
        n -= (size_t)got;
        offset += got;
    }
    return true;
}

static int pwrite_all(int fd, const char *p, size_t n, int64_t offset)
{
    BUS_CHECK(offset >= 0);
    while (n > 0) {
        ssize_t put = pwrite(fd, p, n, offset);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return put < 0 ? errno : ENOSPC;
        }
        p += put;
        n -= (size_t)put;
        offset += put;
    }
    return 0;
}

uint64_t matcher_store_sum(const struct store_record *r)
{
    const char *p = (const char *)r + sizeof(r->sum);
    return bus_hash64(p, STORE_RECORD_BYTES - sizeof(r->sum) + r->n,
                      STORE_FORMAT);
}

static struct store_file *store_now(struct store *s)
{
    return &s->files[s->generation & 1];
}

/* --- writing --- */

static int store_flush(struct store *s, struct bus_err *err)
{
    BUS_CHECK(s->flushed < INT64_MAX);
    int e = pwrite_all(store_now(s)->fd, (const char *)s->out.data, s->out.len,
                       s->flushed);
    if (e != 0) {
        return matcher_store_disk_error(s, "cannot be written", e, err);
    }
    s->flushed += (int64_t)s->out.len;
    s->out.len = 0;
    return BUS_OK;
}

/* Appends one record; *ret_place is where. */
static int append(struct store *s,
                  uint32_t kind,
                  const struct bus_id *id,
                  struct bus_strv value,
                  uint64_t *ret_place,
                  struct bus_err *err)
{
    BUS_CHECK((id != NULL) == (kind == STORE_PUT || kind == STORE_DELETE));
    BUS_CHECK(kind >= STORE_PUT && kind <= STORE_SWEPT);
    struct store_record r = {.n = (uint32_t)value.n, .kind = kind};
    size_t bytes = matcher_store_padded(value.n);
    int64_t at = s->flushed + (int64_t)s->out.len;
    BUS_CHECK(at % STORE_UNIT == 0);
    if (bytes / STORE_UNIT > STORE_UNITS_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "a household of %zu bytes", value.n);
    }
    if (s->max_bytes > 0 && (size_t)at + bytes > s->max_bytes) {
        return bus_fail(err, BUS_EFULL,
                        "state of partition %d: over %zu bytes; raise "
                        "matcher.map_size",
                        s->partition, s->max_bytes);
    }
    if (id != NULL) {
        r.id = *id;
    }
    static const char zeros[STORE_UNIT];
    size_t from = s->out.len;
    bus_buf_put(&s->out, &r, STORE_RECORD_BYTES);
    bus_buf_put(&s->out, value.p, value.n);
    bus_buf_put(&s->out, zeros, bytes - STORE_RECORD_BYTES - value.n);
    if (s->out.failed) {
        return bus_fail(err, BUS_ENOMEM, "a household's record");
    }
    BUS_CHECK(s->out.len == from + bytes);
    struct store_record *put = (void *)(s->out.data + from);
    put->sum = matcher_store_sum(put);
    *ret_place =
        at == 0 ? 0 : matcher_store_place_of(s->generation & 1, at, bytes);
    return s->out.len > STORE_FLUSH_BYTES ? store_flush(s, err) : BUS_OK;
}

/* --- reading --- */

static bool read_at(struct store *s, uint64_t place, void *to, size_t n)
{
    int64_t at = matcher_store_place_offset(place);
    unsigned file = matcher_store_place_file(place);
    if (file == (s->generation & 1) && at >= s->flushed) {
        BUS_CHECK((size_t)(at - s->flushed) + n <= s->out.len);
        memcpy(to, s->out.data + (at - s->flushed), n);
        return true;
    }
    return matcher_store_pread(s->files[file].fd, to, n, at);
}

bool matcher_store_front(struct store *s,
                         uint64_t place,
                         struct store_record *ret)
{
    BUS_CHECK(place != 0);
    return read_at(s, place, ret, STORE_RECORD_BYTES);
}

/* The whole record at this place, checked, in mem. */
static int store_read_record(struct store *s,
                             uint64_t place,
                             struct bus_arena *mem,
                             struct store_record **ret,
                             struct bus_err *err)
{
    size_t bytes = matcher_store_place_bytes(place);
    BUS_CHECK(bytes >= STORE_RECORD_BYTES);
    struct store_record *r = bus_arena_alloc(mem, bytes);
    if (r == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a household's record");
    }
    if (!read_at(s, place, r, bytes) || matcher_store_padded(r->n) != bytes ||
        r->kind != STORE_PUT || r->sum != matcher_store_sum(r)) {
        return damage(s, matcher_store_place_offset(place), err);
    }
    *ret = r;
    return BUS_OK;
}

/* The slot of the id; NULL if there is none. Only the front is read: enough to
 * tell ids apart, get() looks at the rest. */
static struct store_slot *store_slot_of(struct store *s,
                                        const struct bus_id *id)
{
    size_t at = SIZE_MAX;
    uint64_t tag = matcher_store_tag(id);
    struct store_slot *slot = matcher_store_index_next(&s->index, tag, &at);
    while (slot != NULL) {
        struct store_record r;
        if (!read_at(s, slot->place, &r, STORE_RECORD_BYTES)) {
            s->damaged = true;
            return NULL;
        }
        if (bus_id_eq(&r.id, id)) {
            return slot;
        }
        slot = matcher_store_index_next(&s->index, tag, &at);
    }
    return NULL;
}

int matcher_store_get(struct store *s,
                      const struct bus_id *id,
                      struct bus_arena *mem,
                      struct bus_strv *ret,
                      struct bus_err *err)
{
    size_t at = SIZE_MAX;
    uint64_t tag = matcher_store_tag(id);
    *ret = (struct bus_strv){0};
    for (;;) {
        struct store_slot *slot = matcher_store_index_next(&s->index, tag, &at);
        struct store_record *r = NULL;
        if (slot == NULL) {
            return BUS_OK;
        }
        BUS_TRY(store_read_record(s, slot->place, mem, &r, err));
        if (bus_id_eq(&r->id, id)) {
            *ret =
                (struct bus_strv){(const char *)r + STORE_RECORD_BYTES, r->n};
            return BUS_OK;
        }
    }
}

/* --- transactions --- */

/* What stands at `to` counts now, what stood at `from` no more; 0: nothing. */
static void store_weigh(struct store *s, uint64_t from, uint64_t to)
{
    if (to != 0) {
        int64_t n = (int64_t)matcher_store_place_bytes(to);
        s->files[matcher_store_place_file(to)].live += n;
        s->live += n;
    }
    if (from != 0) {
        int64_t n = (int64_t)matcher_store_place_bytes(from);
        s->files[matcher_store_place_file(from)].live -= n;
        s->live -= n;
    }
    BUS_CHECK(s->live == s->files[0].live + s->files[1].live);
    BUS_CHECK(s->files[0].live >= 0 && s->files[1].live >= 0);
}

int matcher_store_point(struct store *s,
                        const struct bus_id *id,
                        uint64_t place,
                        struct bus_err *err)
{
    struct store_slot *slot = store_slot_of(s, id);
    if (s->damaged) {
        return damage(s, 0, err);
    }
    uint64_t old = slot ? slot->place : 0;
    if (s->undo_count == s->undo_cap) {
        size_t cap = s->undo_cap ? s->undo_cap * 2 : 256;
        struct store_undo *v = bus_realloc(s->undo, cap * sizeof(*v));
        if (v == NULL) {
            return bus_fail(err, BUS_ENOMEM, "a household's record");
        }
        s->undo = v;
        s->undo_cap = cap;
    }
    BUS_CHECK(s->undo_count < s->undo_cap);
    if (slot != NULL && place == 0) {
        matcher_store_index_drop(&s->index, slot);
    } else if (slot != NULL) {
        slot->place = place;
    } else if (place != 0) {
        BUS_TRY(matcher_store_index_add(&s->index, matcher_store_tag(id), place,
                                        err));
    }
    s->undo[s->undo_count++] =
        (struct store_undo){matcher_store_tag(id), place, old};
    store_weigh(s, old, place);
    return BUS_OK;
}

int matcher_store_put(struct store *s,
                      const struct bus_id *id,
                      struct bus_strv value,
                      struct bus_err *err)
{
    BUS_CHECK(value.p != NULL || value.n == 0);
    uint64_t place = 0;
    bool gone = value.p == NULL;
    BUS_TRY(append(s, gone ? STORE_DELETE : STORE_PUT, id, value, &place, err));
    return matcher_store_point(s, id, gone ? 0 : place, err);
}

void matcher_store_abort(struct store *s)
{
    BUS_CHECK(s->undo_count <= s->undo_cap);
    while (s->undo_count > 0) {
        const struct store_undo *u = &s->undo[--s->undo_count];
        struct store_slot *slot =
            u->place ? matcher_store_index_at(&s->index, u->tag, u->place)
                     : NULL;
        store_weigh(s, u->place, u->old);
        if (slot != NULL && u->old != 0) {
            slot->place = u->old;
        } else if (slot != NULL) {
            matcher_store_index_drop(&s->index, slot);
        } else if (u->old != 0) {
            struct bus_err err; /* there was room for it before */
            int rc = matcher_store_index_add(&s->index, u->tag, u->old, &err);
            BUS_CHECK(rc == BUS_OK);
        }
    }
    bus_buf_clear(&s->out);
    s->flushed = store_now(s)->committed;
    (void)!ftruncate(store_now(s)->fd, s->flushed);
}

static int store_mark(struct store *s, int64_t applied, struct bus_err *err)
{
    BUS_CHECK(applied >= -1);
    uint64_t place = 0;
    struct bus_strv value = {(const char *)&applied, sizeof(applied)};
    BUS_TRY(append(s, STORE_COMMIT, NULL, value, &place, err));
    BUS_TRY(store_flush(s, err));
    store_now(s)->committed = s->flushed;
    s->applied = applied;
    s->undo_count = 0;
    return BUS_OK;
}

/* --- what counts moves to a second file --- */

int matcher_store_begin(struct store *s,
                        uint64_t generation,
                        struct bus_err *err)
{
    BUS_CHECK(s->files[generation & 1].fd < 0);
    BUS_CHECK(generation > s->generation);
    char path[STORE_PATH_MAX];
    matcher_store_file_path(s, generation, path);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return matcher_store_disk_error(s, path, errno, err);
    }
    const struct store_file *old = store_now(s);
    struct store_head h = {.format = STORE_FORMAT,
                           .generation = generation,
                           .old_bytes = old->fd >= 0 ? old->committed : 0};
    s->files[generation & 1] = (struct store_file){.fd = fd};
    s->generation = generation;
    s->flushed = 0;
    s->out.len = 0;
    uint64_t place = 0;
    struct bus_strv value = {(const char *)&h, sizeof(h)};
    int rc = append(s, STORE_HEAD, NULL, value, &place, err);
    return rc == BUS_OK ? store_mark(s, s->applied, err) : rc;
}

/* As if matcher_store_begin() had not been tried. */
static void no_new_file(struct store *s, uint64_t generation)
{
    BUS_CHECK(s->generation - generation <= 1);
    char path[STORE_PATH_MAX];
    struct store_file *f = &s->files[(generation + 1) & 1];
    if (s->generation != generation) {
        matcher_store_file_path(s, s->generation, path);
        (void)unlink(path);
        (void)close(f->fd);
        *f = (struct store_file){.fd = -1};
    }
    s->generation = generation;
    s->flushed = store_now(s)->committed;
    bus_buf_clear(&s->out);
}

/* Moves on by one record of the old file. */
static int
sweep_one(struct store *s, struct bus_arena *mem, struct bus_err *err)
{
    BUS_CHECK(s->sweeping && s->swept % STORE_UNIT == 0);
    struct store_file *old = &s->files[~s->generation & 1];
    struct store_record r;
    if (!matcher_store_pread(old->fd, &r, STORE_RECORD_BYTES, s->swept) ||
        matcher_store_padded(r.n) / STORE_UNIT > STORE_UNITS_MAX) {
        return damage(s, s->swept, err);
    }
    if ((s->swept == 0) != (r.kind == STORE_HEAD)) {
        return damage(s, s->swept, err); /* a file begins with it, only */
    }
    size_t bytes = matcher_store_padded(r.n);
    if (r.kind == STORE_PUT) {
        uint64_t place = matcher_store_place_of(~s->generation & 1, s->swept,
                                                bytes),
                 to = 0;
        struct store_slot *slot =
            matcher_store_index_at(&s->index, matcher_store_tag(&r.id), place);
        struct store_record *whole = NULL;
        if (slot != NULL) {
            BUS_TRY(store_read_record(s, place, mem, &whole, err));
            struct bus_strv value = {(const char *)whole + STORE_RECORD_BYTES,
                                     whole->n};
            BUS_TRY(append(s, STORE_PUT, &r.id, value, &to, err));
            BUS_TRY(matcher_store_point(s, &r.id, to, err));
        }
    }
    s->swept += (int64_t)bytes;
    return BUS_OK;
}

static void end_sweep(struct store *s)
{
    BUS_CHECK(s->sweeping && s->generation > 1);
    struct store_file *old = &s->files[~s->generation & 1];
    BUS_CHECK(old->live == 0);
    char path[STORE_PATH_MAX];
    (void)close(old->fd);
    *old = (struct store_file){.fd = -1};
    matcher_store_file_path(s, s->generation - 1, path);
    (void)unlink(path);
    s->sweeping = false;
}

/* A trouble here waits for the next commit: nothing is lost by it. */
static void store_sweep(struct store *s, int64_t written)
{
    BUS_CHECK(written > 0);
    struct bus_arena mem;
    struct bus_err err;
    int64_t size = store_now(s)->committed;
    if (!s->sweeping && size > 2 * s->live + STORE_SWEEP_BYTES) {
        uint64_t generation = s->generation;
        if (matcher_store_begin(s, generation + 1, &err) != BUS_OK) {
            no_new_file(s, generation);
            return;
        }
        s->sweeping = true;
        s->swept = 0;
    }
    if (!s->sweeping) {
        return;
    }
    bus_arena_init(&mem, 0, 0);
    int64_t from = s->swept, until = s->swept + STORE_SWEEP_STEP + 4 * written;
    int64_t end = s->files[~s->generation & 1].committed;
    int rc = BUS_OK;
    while (rc == BUS_OK && s->swept < until && s->swept < end) {
        bus_arena_reset(&mem);
        rc = sweep_one(s, &mem, &err);
    }
    if (rc == BUS_OK && s->swept >= end &&
        s->files[~s->generation & 1].live != 0) {
        rc = damage(s, s->swept, &err); /* passed over what counts */
    }
    if (rc == BUS_OK && s->swept >= end) {
        uint64_t place = 0;
        rc = append(s, STORE_SWEPT, NULL, BUS_STRV(""), &place, &err);
    }
    if (rc == BUS_OK) {
        rc = store_mark(s, s->applied, &err);
    }
    bus_arena_fini(&mem);
    if (rc != BUS_OK) {
        matcher_store_abort(s);
        s->swept = from;
    } else if (s->swept >= end) {
        end_sweep(s);
    }
}

int matcher_store_commit(struct store *s, int64_t applied, struct bus_err *err)
{
    int64_t before = store_now(s)->committed;
    int rc = store_mark(s, applied, err);
    if (rc != BUS_OK) {
        matcher_store_abort(s);
        return rc;
    }
    store_sweep(s, store_now(s)->committed - before);
    return BUS_OK;
}

int64_t matcher_store_applied(const struct store *s)
{
    BUS_CHECK(s->applied >= -1);
    return s->applied;
}

size_t matcher_store_count(const struct store *s)
{
    BUS_CHECK(s->index.live <= s->index.count);
    return s->index.live;
}

bool matcher_store_damaged(const struct store *s)
{
    return s->damaged;
}

int64_t matcher_store_cut(const struct store *s)
{
    return s->cut;
}
