/* The folder behind the door: a spool that the partner does not see.
 *
 *   out/<number>-<event id>.json   given, in the order of their numbers
 *   .bus/cursor                    up to where they are safe with the partner
 *   .bus/keys                      which Idempotency-Keys were used for what
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/disk.h"
#include "bus/base/heap.h"
#include "bus/partner/dedup_log.h"
#include "bus/partner/door.h"
#include "bus/partner/spool_parts.h"
#include "bus/wire/crypt.h"
#include "bus/wire/ids.h"

#define DIGITS       16
#define NAME_FORMAT  "%016" PRIu64 "-%s" SPOOL_ENDING
#define NAME_BYTES   (DIGITS + 1 + BUS_ID_TEXT + sizeof(SPOOL_ENDING))
#define CURSOR       "cursor"
#define CURSOR_PART  "cursor.part"
#define CURSOR_BYTES 32
#define POST_NAME    "post-"
#define REUSED                                                                      \
    "{\n  \"document\": \"rejection\",\n  \"version\": 1,\n"                        \
    "  \"fault_count\": 1,\n  \"faults\": [{\"pointer\": \"\", \"code\": "          \
    "\"KEY_REUSED\",\n    \"zh\": \"此 Idempotency-Key 已用于另一内容\",\n" \
    "    \"en\": \"this Idempotency-Key was used for another content\"}]\n}\n"

struct partner_http
{
    const struct bus_conf_partner *partner;
    struct partner_door *door;
    struct bus_seen *keys;
    uint64_t next, cursor; /* next: under the door's lock */
};

/* --- opening --- */

/* 0: not one of ours. */
static uint64_t out_number(const char *name)
{
    char *end = NULL;
    uint64_t n = strtoull(name, &end, 10);
    return strlen(name) == NAME_BYTES - 1 && end == name + DIGITS ? n : 0;
}

static int cursor_load(struct bus_partner_transport *t, struct bus_err *err)
{
    struct bus_arena mem;
    struct bus_strv text;
    int64_t n = 0;
    bus_arena_init(&mem, 0, 0);
    int rc = bus_disk_read(t->ours, CURSOR, CURSOR_BYTES, &mem, &text, err);
    if (rc == BUS_EUNKNOWN) {
        rc = BUS_OK;
    } else if (rc == BUS_OK && (!bus_strv_to_i64(text, &n) || n < 0)) {
        rc = bus_fail(err, BUS_EGONE, "the cursor cannot be read");
    }
    t->http->cursor = (uint64_t)n;
    bus_arena_fini(&mem);
    return rc;
}

static int next_find(struct bus_partner_transport *t, struct bus_err *err)
{
    DIR *d = partner_spool_list(t->out);
    if (d == NULL) {
        return bus_disk_fail(err, "out");
    }
    t->http->next = t->http->cursor + 1;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        uint64_t n = out_number(e->d_name);
        t->http->next = n >= t->http->next ? n + 1 : t->http->next;
    }
    (void)closedir(d);
    return BUS_OK;
}

static void door_show(struct partner_door *d, struct bus_partner_transport *t)
{
    (void)pthread_mutex_lock(&d->use);
    d->transport = t;
    (void)pthread_mutex_unlock(&d->use);
    (void)pthread_mutex_lock(&d->lock);
    d->ready = t != NULL;
    (void)pthread_mutex_unlock(&d->lock);
}

static void http_close(struct bus_partner_transport *t)
{
    if (t == NULL) {
        return;
    }
    if (t->http != NULL) {
        door_show(t->http->door, NULL);
        bus_partner_dedup_close(t->http->keys);
        bus_free(t->http);
        t->http = NULL;
    }
    bus_partner_transport_spool.close(t);
}

static int http_open(const struct bus_partner_transport_env *env,
                     struct bus_partner_transport **ret,
                     struct bus_err *err)
{
    struct bus_partner_transport *t = NULL;
    BUS_CHECK(env->door != NULL);
    BUS_TRY(bus_partner_transport_spool.open(env, &t, err));
    t->http = bus_calloc(1, sizeof(*t->http));
    int rc = t->http == NULL ? bus_fail(err, BUS_ENOMEM, "http") : BUS_OK;
    if (rc != BUS_OK) {
        goto failed;
    }
    t->http->partner = env->partner;
    t->http->door = env->door;
    BUS_TRY_GOTO(rc, cursor_load(t, err), failed);
    BUS_TRY_GOTO(rc, next_find(t, err), failed);
    BUS_TRY_GOTO(
        rc, bus_partner_dedup_open(t->ours, "keys", 0, &t->http->keys, err),
        failed);
    door_show(env->door, t);
    *ret = t;
    return BUS_OK;
failed:
    http_close(t);
    return rc;
}

/* What stands there to be fetched would never leave again. */
static int push_open(const struct bus_partner_transport_env *env,
                     struct bus_partner_transport **ret,
                     struct bus_err *err)
{
    BUS_TRY(http_open(env, ret, err));
    int rc = partner_spool_none_waits(*ret, err);
    if (rc != BUS_OK) {
        http_close(*ret);
        *ret = NULL;
    }
    return rc;
}

/* --- giving --- */

static int http_publish(struct bus_partner_transport *t,
                        const struct bus_id *id,
                        struct bus_err *err)
{
    struct partner_http *h = t->http;
    char event[BUS_ID_TEXT + 1], from[NAME_BYTES], to[NAME_BYTES];
    (void)snprintf(from, sizeof(from), "%s" SPOOL_ENDING,
                   bus_id_text(id, event));
    (void)snprintf(to, sizeof(to), NAME_FORMAT, h->next, event);
    BUS_CHECK(h->next > h->cursor);
    BUS_TRY(bus_disk_rename(t->staged, from, t->out, to, err));
    (void)pthread_mutex_lock(&h->door->lock);
    h->next++;
    h->door->published++;
    (void)pthread_mutex_unlock(&h->door->lock);
    return BUS_OK;
}

/* With push and exec it has it when it is published: nothing is kept to be
 * fetched. */
static int push_publish(struct bus_partner_transport *t,
                        const struct bus_id *id,
                        struct bus_err *err)
{
    BUS_CHECK(t->http != NULL);
    return partner_spool_discard(t, id, err);
}

static int http_published_sync(struct bus_partner_transport *t,
                               struct bus_err *err)
{
    BUS_TRY(bus_disk_sync(t->out, err));
    return bus_disk_sync(t->staged, err);
}

/* --- reading --- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of what is given and not yet safe, in order. */
static int names_list(struct bus_partner_transport *t,
                      struct bus_arena *mem,
                      const char ***ret,
                      size_t *ret_n,
                      struct bus_err *err)
{
    DIR *d = partner_spool_list(t->out);
    size_t n = 0, room = 256;
    const char **list = bus_arena_calloc(mem, room, sizeof(*list));
    if (d == NULL) {
        return bus_disk_fail(err, "out");
    }
    for (struct dirent *e; list != NULL && (e = readdir(d)) != NULL;) {
        if (out_number(e->d_name) == 0) {
            continue;
        }
        if (n == room) {
            const char **more = bus_arena_calloc(mem, 2 * room, sizeof(*more));
            if (more != NULL) {
                memcpy(more, list, n * sizeof(*list));
            }
            list = more;
            room *= 2;
        }
        if (list != NULL) {
            list[n] = bus_arena_strdup(mem, e->d_name);
            list = list[n] != NULL ? list : NULL;
            n++;
        }
    }
    (void)closedir(d);
    if (list == NULL) {
        return bus_fail(err, BUS_ENOMEM, "events");
    }
    qsort(list, n, sizeof(*list), by_name);
    *ret = list;
    *ret_n = n;
    return BUS_OK;
}

/* First the cursor is on the disk, then what is before it goes: a kill between
 * the two leaves events that are passed over. */
static int cursor_keep(struct bus_partner_transport *t,
                       uint64_t after,
                       struct bus_err *err)
{
    struct partner_http *h = t->http;
    char text[CURSOR_BYTES];
    (void)pthread_mutex_lock(&h->door->lock);
    uint64_t next = h->next;
    (void)pthread_mutex_unlock(&h->door->lock);
    if (after >= next) {
        return bus_fail(err, BUS_ESTATE, "no such cursor was given");
    }
    if (after <= h->cursor) {
        return BUS_OK;
    }
    int n = snprintf(text, sizeof(text), "%" PRIu64, after);
    BUS_TRY(bus_disk_write(t->ours, CURSOR_PART,
                           (struct bus_strv){text, (size_t)n}, err));
    BUS_TRY(bus_disk_rename(t->ours, CURSOR_PART, t->ours, CURSOR, err));
    BUS_TRY(bus_disk_sync(t->ours, err));
    h->cursor = after;
    return BUS_OK;
}

static int event_append(struct bus_partner_transport *t,
                        const char *name,
                        bool first,
                        struct bus_arena *mem,
                        struct bus_buf *out,
                        struct bus_err *err)
{
    struct bus_strv bytes;
    BUS_CHECK(out_number(name) > t->http->cursor);
    BUS_TRY(bus_disk_read(t->out, name, t->max_bytes, mem, &bytes, err));
    bus_buf_printf(out,
                   "%s{\"cursor\": \"%" PRIu64 "\", \"event_id\": "
                   "\"%.*s\", \"document\": ",
                   first ? "" : ",\n", out_number(name), BUS_ID_TEXT,
                   name + DIGITS + 1);
    bus_buf_put(out, bytes.p, bytes.n);
    bus_buf_puts(out, "}");
    return BUS_OK;
}

static int events_write(struct bus_partner_transport *t,
                        size_t max,
                        struct bus_arena *mem,
                        struct bus_buf *out,
                        size_t *ret_n,
                        struct bus_err *err)
{
    const char **names = NULL;
    size_t n = 0;
    uint64_t last = t->http->cursor;
    BUS_TRY(names_list(t, mem, &names, &n, err));
    bus_buf_puts(out, "{\"events\": [");
    for (size_t i = 0; i < n && *ret_n < max; i++) {
        uint64_t number = out_number(names[i]);
        if (number <= t->http->cursor) {
            BUS_TRY(bus_disk_unlink(t->out, names[i], err));
            continue;
        }
        if (*ret_n > 0 && out->len + t->max_bytes > DOOR_BYTES_MAX) {
            break;
        }
        BUS_TRY(event_append(t, names[i], *ret_n == 0, mem, out, err));
        last = number;
        (*ret_n)++;
    }
    bus_buf_printf(out, "],\n\"next\": \"%" PRIu64 "\"}\n", last);
    return out->failed ? bus_fail(err, BUS_ENOMEM, "events") : BUS_OK;
}

int partner_http_read(struct bus_partner_transport *t,
                      const uint64_t *after,
                      size_t max,
                      struct bus_buf *out,
                      size_t *ret_n,
                      struct bus_err *err)
{
    struct bus_arena mem;
    BUS_CHECK(t->http != NULL && max > 0);
    *ret_n = 0;
    if (after != NULL) {
        BUS_TRY(cursor_keep(t, *after, err));
    }
    bus_arena_init(&mem, 0, 0);
    int rc = events_write(t, max, &mem, out, ret_n, err);
    bus_arena_fini(&mem);
    return rc;
}

/* --- taking --- */

static void key_notes(const struct partner_http *h, struct door_post *p)
{
    static const struct bus_id nobody;
    uint8_t sum[BUS_WIRE_SHA256_BYTES];
    struct bus_strv parts[] = {p->key, {"\n", 1}, p->body};
    bus_wire_sha256_parts(parts, 3, sum);
    p->keyed = p->key.n > 0;
    p->said = bus_wire_answer_id(bus_strv(h->partner->code), "http_key",
                                 &nobody, true, p->key);
    p->values = bus_wire_answer_id(
        bus_strv(h->partner->code), "http_key", &nobody, true,
        (struct bus_strv){(const char *)sum, sizeof(sum)});
}

/* Another one with this key is under way. */
static bool key_busy(const struct partner_door *d, const struct door_post *p)
{
    for (const struct door_post *q = d->posts; p->keyed && q != p;
         q = q->next) {
        if (q->state == DOOR_POST_TAKEN && q->keyed &&
            bus_id_eq(&q->said, &p->said)) {
            return true;
        }
    }
    return false;
}

static void post_settled(struct door_post *p, int status, struct bus_strv note)
{
    BUS_CHECK(p->state != DOOR_POST_SETTLED);
    p->state = DOOR_POST_SETTLED;
    p->status = status;
    bus_buf_put(&p->note, note.p, note.n);
}

static int http_posts_take(struct bus_partner_transport *t,
                           struct bus_arena *mem,
                           struct bus_partner_transport_taken *ret,
                           size_t max,
                           size_t *ret_n,
                           struct bus_err *err)
{
    struct partner_http *h = t->http;
    bool enough = true;
    *ret_n = 0;
    BUS_CHECK(h != NULL && max > 0);
    (void)pthread_mutex_lock(&h->door->lock);
    for (struct door_post *p = h->door->posts;
         enough && p != NULL && *ret_n < max; p = p->next) {
        if (p->state != DOOR_POST_NEW) {
            continue;
        }
        key_notes(h, p);
        if (key_busy(h->door, p)) {
            continue;
        }
        if (p->keyed &&
            bus_partner_dedup_has(h->keys, BUS_SEEN_TAKEN, &p->said) &&
            !bus_partner_dedup_has(h->keys, BUS_SEEN_TAKEN, &p->values)) {
            post_settled(p, 422, BUS_STRV(REUSED));
            continue;
        }
        struct bus_partner_transport_taken *a = &ret[*ret_n];
        *a = (struct bus_partner_transport_taken){
            .name = bus_arena_printf(mem, POST_NAME "%" PRIu64, p->number),
            .bytes = {bus_arena_strndup(mem, p->body.p, p->body.n), p->body.n},
            .still_ms = INT64_MAX};
        enough = a->name != NULL && a->bytes.p != NULL;
        p->state = enough ? DOOR_POST_TAKEN : p->state;
        *ret_n += enough;
    }
    (void)pthread_mutex_unlock(&h->door->lock);
    return enough ? BUS_OK : bus_fail(err, BUS_ENOMEM, "answers");
}

static int http_settle(struct bus_partner_transport *t,
                       const char *name,
                       enum bus_partner_transport_verdict verdict,
                       struct bus_strv note,
                       struct bus_err *err)
{
    struct partner_http *h = t->http;
    uint64_t number = strtoull(name + sizeof(POST_NAME) - 1, NULL, 10);
    struct bus_partner_dedup_note notes[2] = {{0}};
    bool ok = verdict == BUS_TRANSPORT_ACCEPTED;
    BUS_CHECK(verdict != BUS_TRANSPORT_LATER);
    (void)pthread_mutex_lock(&h->door->lock);
    struct door_post *p = h->door->posts;
    while (p != NULL && p->number != number) {
        p = p->next;
    }
    BUS_CHECK(p == NULL || p->state != DOOR_POST_NEW);
    bool keyed = p != NULL && p->state == DOOR_POST_TAKEN && p->keyed && ok;
    if (keyed) { /* the value first: a kill between leaves an unused key */
        int64_t now = bus_clock_system.wall_ms(NULL);
        notes[0] =
            (struct bus_partner_dedup_note){BUS_SEEN_TAKEN, p->values, now};
        notes[1] =
            (struct bus_partner_dedup_note){BUS_SEEN_TAKEN, p->said, now};
    }
    (void)pthread_mutex_unlock(&h->door->lock);
    if (keyed) {
        BUS_TRY(bus_partner_dedup_add(h->keys, notes, 2, err));
    }
    /* Only the loop frees, and only what is settled. */
    (void)pthread_mutex_lock(&h->door->lock);
    if (p != NULL && p->state == DOOR_POST_TAKEN) {
        post_settled(p, ok ? 200 : 422, note);
    }
    (void)pthread_mutex_unlock(&h->door->lock);
    return BUS_OK;
}

static int http_settled_sync(struct bus_partner_transport *t,
                             struct bus_err *err)
{
    (void)t;
    (void)err;
    return BUS_OK;
}

const struct bus_partner_transport_ops bus_partner_transport_http = {
    .word = "http",
    .open = http_open,
    .close = http_close,
    .household = partner_spool_household,
    .stage = partner_spool_stage,
    .staged = partner_spool_staged,
    .staged_sync = partner_spool_staged_sync,
    .publish = http_publish,
    .published_sync = http_published_sync,
    .discard = partner_spool_discard,
    .each_staged = partner_spool_each_staged,
    .waiting = partner_spool_waiting,
    .take = http_posts_take,
    .settle = http_settle,
    .settled_sync = http_settled_sync,
};

/* What is pushed, by a POST or as a line to a program: staged as any, gone when
 * it was taken. */
#define PUSHED_OPS                                                            \
    .open = push_open, .close = http_close,                                   \
    .household = partner_spool_household, .stage = partner_spool_stage,       \
    .staged = partner_spool_staged, .staged_sync = partner_spool_staged_sync, \
    .publish = push_publish, .published_sync = http_published_sync,           \
    .discard = partner_spool_discard,                                         \
    .each_staged = partner_spool_each_staged,                                 \
    .waiting = partner_spool_waiting, .take = http_posts_take,                \
    .settle = http_settle, .settled_sync = http_settled_sync

const struct bus_partner_transport_ops bus_partner_transport_push = {
    .word = "http",
    PUSHED_OPS};

const struct bus_partner_transport_ops bus_partner_transport_exec = {
    .word = "exec",
    PUSHED_OPS};
