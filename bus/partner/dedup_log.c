#include "bus/partner/dedup_log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/disk.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"

#define NOTE_BYTES 26 /* what, id, instant, check */
#define NOTES_MAX  512
#define NEW_NAME   ".new"

enum { GIVEN = 1, TAKEN = 2, OPENED = 4 };
struct entry
{
    struct bus_id id; /* first: the map's key points here */
    uint8_t flags;
    int64_t event_ms, opened_ms;
};
struct bus_seen
{
    int folder, fd;
    char *name;
    size_t keep, notes, open;
    off_t size;
    struct bus_map map; /* id -> struct entry, each on the heap */
};

static void put_note(const struct bus_partner_dedup_note *n,
                     uint8_t to[NOTE_BYTES])
{
    uint8_t check = 0x5a;
    to[0] = (uint8_t)n->what;
    memcpy(to + 1, n->id.b, sizeof(n->id.b));
    for (int i = 0; i < 8; i++) {
        to[17 + i] = (uint8_t)((uint64_t)n->at_ms >> (8 * i));
    }
    for (int i = 0; i < NOTE_BYTES - 1; i++) {
        check = (uint8_t)((check << 1 | check >> 7) ^ to[i]);
    }
    to[NOTE_BYTES - 1] = check;
}

static bool get_note(const uint8_t *from, struct bus_partner_dedup_note *ret)
{
    uint8_t again[NOTE_BYTES];
    uint64_t at = 0;
    ret->what = (enum bus_partner_dedup_what)from[0];
    memcpy(ret->id.b, from + 1, sizeof(ret->id.b));
    for (int i = 0; i < 8; i++) {
        at |= (uint64_t)from[17 + i] << (8 * i);
    }
    ret->at_ms = (int64_t)at;
    put_note(ret, again);
    return memcmp(again, from, NOTE_BYTES) == 0 && from[0] >= BUS_SEEN_GIVEN &&
           from[0] <= BUS_SEEN_CLOSED;
}

static struct bus_strv dedup_log_key_of(const struct bus_id *id)
{
    return (struct bus_strv){(const char *)id->b, sizeof(id->b)};
}

static struct entry *dedup_log_find(const struct bus_seen *s,
                                    const struct bus_id *id)
{
    return bus_map_get(&s->map, dedup_log_key_of(id));
}

static struct entry *find_or_make(struct bus_seen *s, const struct bus_id *id)
{
    struct entry *e = dedup_log_find(s, id);
    if (e == NULL) {
        e = bus_calloc(1, sizeof(*e));
        if (e != NULL) {
            e->id = *id;
            if (bus_map_put(&s->map, dedup_log_key_of(&e->id), e) != BUS_OK) {
                bus_free(e);
                e = NULL;
            }
        }
    }
    return e;
}

/* The entry is there. */
static void dedup_log_apply(struct bus_seen *s,
                            const struct bus_partner_dedup_note *n)
{
    struct entry *e = dedup_log_find(s, &n->id);
    BUS_CHECK(e != NULL);
    bool was_open = e->flags & OPENED;
    BUS_CHECK(!was_open || s->open > 0);
    switch (n->what) {
    case BUS_SEEN_GIVEN:
        e->flags |= GIVEN;
        e->event_ms = n->at_ms;
        break;
    case BUS_SEEN_FORGOTTEN:
        e->flags &= (uint8_t)~GIVEN;
        break;
    case BUS_SEEN_TAKEN:
        e->flags |= TAKEN;
        e->event_ms = n->at_ms;
        break;
    case BUS_SEEN_OPENED:
        e->flags |= OPENED;
        e->opened_ms = n->at_ms;
        s->open += !was_open;
        break;
    case BUS_SEEN_CLOSED:
        e->flags &= (uint8_t)~OPENED;
        s->open -= was_open;
        break;
    }
    s->notes++;
}

static int
dedup_log_load(struct bus_seen *s, struct bus_strv bytes, struct bus_err *err)
{
    BUS_CHECK(s->notes == 0 && s->open == 0);
    size_t at = 0;
    struct bus_partner_dedup_note n;
    for (; bytes.n - at >= NOTE_BYTES &&
           get_note((const uint8_t *)bytes.p + at, &n);
         at += NOTE_BYTES) {
        if (find_or_make(s, &n.id) == NULL) {
            return bus_fail(err, BUS_ENOMEM, "%s", s->name);
        }
        dedup_log_apply(s, &n);
    }
    s->size = (off_t)at;
    return BUS_OK;
}

void bus_partner_dedup_close(struct bus_seen *s)
{
    if (s == NULL) {
        return;
    }
    const struct bus_map_slot *slot;
    for (size_t i = 0; (slot = bus_map_next(&s->map, &i)) != NULL;) {
        bus_free(slot->value);
    }
    bus_map_fini(&s->map);
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    if (s->folder >= 0) {
        (void)close(s->folder);
    }
    bus_free(s->name);
    bus_free(s);
}

int bus_partner_dedup_open(int folder,
                           const char *name,
                           size_t keep,
                           struct bus_seen **ret,
                           struct bus_err *err)
{
    BUS_CHECK(folder >= 0 && name[0] != '\0');
    struct bus_seen *s = bus_calloc(1, sizeof(*s));
    struct bus_arena mem;
    struct bus_strv bytes = {0};
    if (s == NULL) {
        return bus_fail(err, BUS_ENOMEM, "%s", name);
    }
    s->keep = keep ? keep : BUS_SEEN_KEEP;
    s->name = bus_strdup(name);
    s->folder = dup(folder);
    s->fd = openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    bus_arena_init(&mem, 0, 0);
    int rc = s->name == NULL ? bus_fail(err, BUS_ENOMEM, "%s", name)
             : s->folder < 0 || s->fd < 0
                 ? bus_disk_fail(err, name)
                 : bus_disk_read(folder, name, SIZE_MAX / 2, &mem, &bytes, err);
    BUS_TRY_GOTO(rc, rc, failed);
    BUS_TRY_GOTO(rc, dedup_log_load(s, bytes, err), failed);
    BUS_TRY_GOTO(rc, bus_disk_sync(folder, err), failed);
    bus_arena_fini(&mem);
    *ret = s;
    return BUS_OK;
failed:
    bus_arena_fini(&mem);
    bus_partner_dedup_close(s);
    return rc;
}

bool bus_partner_dedup_has(const struct bus_seen *s,
                           enum bus_partner_dedup_what what,
                           const struct bus_id *id)
{
    BUS_CHECK(what == BUS_SEEN_GIVEN || what == BUS_SEEN_TAKEN ||
              what == BUS_SEEN_OPENED);
    const struct entry *e = dedup_log_find(s, id);
    uint8_t flag = what == BUS_SEEN_GIVEN   ? GIVEN
                   : what == BUS_SEEN_TAKEN ? TAKEN
                                            : OPENED;
    return e != NULL && (e->flags & flag) != 0;
}

size_t bus_partner_dedup_open_tasks(const struct bus_seen *s)
{
    BUS_CHECK(s->open <= s->map.count);
    return s->open;
}

size_t bus_partner_dedup_open_before(const struct bus_seen *s,
                                     int64_t before_ms)
{
    const struct bus_map_slot *slot;
    size_t n = 0;
    for (size_t i = 0; (slot = bus_map_next(&s->map, &i)) != NULL;) {
        const struct entry *e = slot->value;
        n += (e->flags & OPENED) != 0 && e->opened_ms < before_ms;
    }
    BUS_CHECK(n <= s->open);
    return n;
}

/* --- getting shorter --- */

static int newest_first(const void *a, const void *b)
{
    const struct entry *const *x = a, *const *y = b;
    return (*x)->event_ms > (*y)->event_ms   ? -1
           : (*x)->event_ms < (*y)->event_ms ? 1
                                             : 0;
}

static struct entry **all_sorted(const struct bus_seen *s, size_t *ret_n)
{
    struct entry **list = bus_calloc(s->map.count + 1, sizeof(struct entry *));
    const struct bus_map_slot *slot;
    *ret_n = 0;
    for (size_t i = 0; list && (slot = bus_map_next(&s->map, &i)) != NULL;) {
        list[(*ret_n)++] = slot->value;
    }
    BUS_CHECK(list == NULL || *ret_n == s->map.count);
    if (*ret_n > 0) {
        qsort(list, *ret_n, sizeof(struct entry *), newest_first);
    }
    return list;
}

static size_t
dedup_log_notes_of(const struct entry *e, bool events, uint8_t *to)
{
    const struct bus_partner_dedup_note all[] = {
        {BUS_SEEN_GIVEN, e->id, e->event_ms},
        {BUS_SEEN_TAKEN, e->id, e->event_ms},
        {BUS_SEEN_OPENED, e->id, e->opened_ms},
    };
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if ((e->flags & 1u << i) != 0 && (events || i == 2)) {
            put_note(&all[i], to + NOTE_BYTES * n++);
        }
    }
    return n;
}

/* The file by what stays of it; false: everything is as it was. */
static bool write_anew(struct bus_seen *s, struct entry *const *list, size_t n)
{
    struct bus_err err;
    size_t notes = 0;
    uint8_t *bytes = bus_malloc((n + 1) * NOTE_BYTES * 3);
    if (bytes == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        notes += dedup_log_notes_of(list[i], i < s->keep,
                                    bytes + notes * NOTE_BYTES);
    }
    BUS_CHECK(notes <= 3 * n);
    struct bus_strv all = {(const char *)bytes, notes * NOTE_BYTES};
    int rc = bus_disk_write(s->folder, NEW_NAME, all, &err);
    int fd = rc ? -1 : openat(s->folder, NEW_NAME, O_RDWR | O_CLOEXEC);
    bool done = fd >= 0 && bus_disk_rename(s->folder, NEW_NAME, s->folder,
                                           s->name, &err) == BUS_OK;
    if (done) {
        (void)close(s->fd);
        s->fd = fd;
        s->size = (off_t)all.n;
        s->notes = notes;
    } else if (fd >= 0) {
        (void)close(fd);
    }
    bus_free(bytes);
    return done;
}

/* A failure does nothing: there is a next time. */
static void shorten(struct bus_seen *s)
{
    size_t n = 0;
    struct entry **list = all_sorted(s, &n);
    if (list != NULL && write_anew(s, list, n)) {
        for (size_t i = s->keep; i < n; i++) {
            list[i]->flags &= OPENED;
        }
        for (size_t i = 0; i < n; i++) {
            if (list[i]->flags == 0) {
                (void)bus_map_del(&s->map, dedup_log_key_of(&list[i]->id));
                bus_free(list[i]);
            }
        }
    }
    bus_free(list);
}

int bus_partner_dedup_add(struct bus_seen *s,
                          const struct bus_partner_dedup_note *notes,
                          size_t n,
                          struct bus_err *err)
{
    BUS_CHECK(s->fd >= 0 && s->size >= 0);
    uint8_t bytes[NOTES_MAX * NOTE_BYTES];
    if (n > NOTES_MAX) {
        return bus_fail(err, BUS_EBUG, "%zu notes at once", n);
    }
    for (size_t i = 0; i < n; i++) {
        put_note(&notes[i], bytes + i * NOTE_BYTES);
        if (find_or_make(s, &notes[i].id) == NULL) {
            return bus_fail(err, BUS_ENOMEM, "%s", s->name);
        }
    }
    if (n == 0) {
        return BUS_OK;
    }
    struct bus_strv all = {(const char *)bytes, n * NOTE_BYTES};
    int rc = bus_disk_append(s->fd, &s->size, all, err);
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        dedup_log_apply(s, &notes[i]);
    }
    if (rc == BUS_OK && s->notes > 4 * s->keep + 2 * s->open) {
        shorten(s);
    }
    return rc;
}
