#include "bus/role/parking.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/disk.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"
#include "bus/run/backoff.h"

#define NAME_BYTES (20 + 1 + BUS_ID_TEXT + 1)
#define FILE_MAX   (64u << 20)

struct parked
{
    struct bus_role_parked e; /* first */
    struct bus_arena mem;
    char name[NAME_BYTES]; /* number in its order, event id */
    struct bus_id house;
    struct bus_run_backoff wait;
    struct parked *behind; /* of the same household */
};
struct house
{
    struct bus_id id; /* first: the map's key points here */
    struct parked *first, *last;
    size_t n;
};
struct bus_parking
{
    int folder;
    const struct bus_conf_partner *partner;
    struct bus_map houses;
    size_t count;
    uint64_t number; /* of the next one */
};

static struct bus_strv parking_key_of(const struct bus_id *id)
{
    return (struct bus_strv){(const char *)id->b, sizeof(id->b)};
}

static struct house *house_of(const struct bus_parking *p,
                              const struct bus_id *id)
{
    return bus_map_get(&p->houses, parking_key_of(id));
}

static void free_parked(struct parked *e)
{
    if (e != NULL) {
        bus_arena_fini(&e->mem);
        bus_free(e);
    }
}

/* Letters are kept encoded and read back from that: a deep copy. */
static int copy_of(const struct bus_parking *p,
                   struct bus_strv bytes,
                   const char *name,
                   struct parked **ret,
                   struct bus_err *err)
{
    struct parked *e = bus_calloc(1, sizeof(*e));
    void *dead_letter = NULL;
    if (e == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a parked event");
    }
    bus_arena_init(&e->mem, bytes.n + 4096, 0);
    const char *own = bus_arena_dup(&e->mem, bytes.p, bytes.n);
    int rc = own == NULL ? bus_fail(err, BUS_ENOMEM, "a parked event")
                         : bus_wire_decode_own(&sa_dead_letter_type,
                                               (struct bus_strv){own, bytes.n},
                                               &e->mem, &dead_letter, err);
    if (rc != BUS_OK) {
        free_parked(e);
        return rc == BUS_ENOMEM ? rc : bus_wrap(err, "%s", name);
    }
    memcpy(&e->e.dead_letter, dead_letter, sizeof(e->e.dead_letter));
    (void)bus_strv_copy(e->name, sizeof(e->name), bus_strv(name));
    e->house = e->e.dead_letter.has_household_id ? e->e.dead_letter.household_id
                                                 : (struct bus_id){{0}};
    e->wait = (struct bus_run_backoff){.min_ms = p->partner->retry.first_ms,
                                       .max_ms = p->partner->retry.max_ms};
    *ret = e;
    return BUS_OK;
}

static int line_up(struct bus_parking *p, struct parked *e, struct bus_err *err)
{
    struct house *h = house_of(p, &e->house);
    if (h == NULL) {
        h = bus_calloc(1, sizeof(*h));
        if (h == NULL) {
            return bus_fail(err, BUS_ENOMEM, "a household in parking");
        }
        h->id = e->house;
        if (bus_map_put(&p->houses, parking_key_of(&h->id), h) != BUS_OK) {
            bus_free(h);
            return bus_fail(err, BUS_ENOMEM, "a household in parking");
        }
    }
    BUS_CHECK((h->first == NULL) == (h->last == NULL) && e->behind == NULL);
    if (h->last != NULL) {
        h->last->behind = e;
    } else {
        h->first = e;
    }
    h->last = e;
    h->n++;
    p->count++;
    return BUS_OK;
}

static int plain_file(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static int load_one(struct bus_parking *p,
                    const char *name,
                    struct bus_arena *mem,
                    struct bus_err *err)
{
    struct bus_strv bytes;
    struct parked *e = NULL;
    bus_arena_reset(mem);
    BUS_TRY(bus_disk_read(p->folder, name, FILE_MAX, mem, &bytes, err));
    BUS_TRY(copy_of(p, bytes, name, &e, err));
    int rc = line_up(p, e, err);
    if (rc != BUS_OK) {
        free_parked(e);
        return rc;
    }
    p->number = strtoull(name, NULL, 10) + 1;
    return BUS_OK;
}

static int parking_load(struct bus_parking *p, struct bus_err *err)
{
    struct dirent **list = NULL;
    struct bus_arena mem;
    int n = scandirat(p->folder, ".", &list, plain_file, alphasort);
    int rc = n < 0 ? bus_disk_fail(err, "parking") : BUS_OK;
    bus_arena_init(&mem, 0, 0);
    for (int i = 0; i < n; i++) {
        if (rc == BUS_OK) {
            rc = load_one(p, list[i]->d_name, &mem, err);
        }
        free(list[i]);
    }
    free(list);
    bus_arena_fini(&mem);
    return rc;
}

int bus_role_parking_open(const char *path,
                          const struct bus_conf_partner *partner,
                          struct bus_parking **ret,
                          struct bus_err *err)
{
    BUS_CHECK(path != NULL && partner != NULL);
    struct bus_parking *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "parking");
    }
    p->folder = -1;
    p->partner = partner;
    int rc;
    BUS_TRY_GOTO(rc, bus_wire_type_ready(&sa_dead_letter_type, err), failed);
    BUS_TRY_GOTO(rc, bus_disk_folder(AT_FDCWD, path, &p->folder, err), failed);
    BUS_TRY_GOTO(rc, parking_load(p, err), failed);
    *ret = p;
    return BUS_OK;
failed:
    bus_role_parking_close(p);
    return rc;
}

void bus_role_parking_close(struct bus_parking *p)
{
    const struct bus_map_slot *slot;
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; (slot = bus_map_next(&p->houses, &i)) != NULL;) {
        struct house *h = slot->value;
        for (struct parked *e = h->first, *next; e != NULL; e = next) {
            next = e->behind;
            free_parked(e);
            p->count--;
        }
        bus_free(h);
    }
    BUS_CHECK(p->count == 0);
    bus_map_fini(&p->houses);
    if (p->folder >= 0) {
        (void)close(p->folder);
    }
    bus_free(p);
}

size_t bus_role_parking_count(const struct bus_parking *p)
{
    return p->count;
}

bool bus_role_parking_holds(const struct bus_parking *p,
                            const struct bus_id *house)
{
    return house_of(p, house) != NULL;
}

bool bus_role_parking_room(const struct bus_parking *p,
                           const struct bus_id *house)
{
    const struct house *h = house_of(p, house);
    BUS_CHECK(h == NULL || (h->n > 0 && h->n <= p->count));
    return p->count < (size_t)p->partner->parking.total &&
           (h == NULL || h->n < (size_t)p->partner->parking.per_household);
}

static bool parked_before(const struct bus_parking *p,
                          const struct sa_dead_letter *dead_letter)
{
    const struct bus_id nil = {{0}};
    const struct house *h = house_of(
        p, dead_letter->has_household_id ? &dead_letter->household_id : &nil);
    for (const struct parked *e = h ? h->first : NULL; e; e = e->behind) {
        if (bus_id_eq(&e->e.dead_letter.event_id, &dead_letter->event_id)) {
            return true;
        }
    }
    return false;
}

int bus_role_parking_add(struct bus_parking *p,
                         const struct sa_dead_letter *dead_letter,
                         struct bus_err *err)
{
    BUS_CHECK(p->folder >= 0);
    struct bus_buf bytes = {0};
    struct parked *e = NULL;
    char name[NAME_BYTES], part[NAME_BYTES + 1], id[BUS_ID_TEXT + 1];
    if (parked_before(p, dead_letter)) {
        return BUS_OK;
    }
    (void)snprintf(name, sizeof(name), "%020" PRIu64 "-%s", p->number,
                   bus_id_text(&dead_letter->event_id, id));
    (void)snprintf(part, sizeof(part), ".%s", name);
    int rc;
    BUS_TRY_GOTO(
        rc, bus_wire_encode_buf(&sa_dead_letter_type, dead_letter, &bytes, err),
        done);
    BUS_TRY_GOTO(rc, copy_of(p, bus_buf_view(&bytes), name, &e, err), done);
    BUS_TRY_GOTO(rc, bus_disk_write(p->folder, part, bus_buf_view(&bytes), err),
                 done);
    BUS_TRY_GOTO(rc, bus_disk_rename(p->folder, part, p->folder, name, err),
                 done);
    BUS_TRY_GOTO(rc, bus_disk_sync(p->folder, err), done);
    BUS_TRY_GOTO(rc, line_up(p, e, err), done);
    p->number++;
    e = NULL;
done:
    bus_buf_fini(&bytes);
    free_parked(e);
    return rc;
}

struct bus_role_parked *bus_role_parking_due(struct bus_parking *p,
                                             int64_t now_ms)
{
    const struct bus_map_slot *slot;
    for (size_t i = 0; (slot = bus_map_next(&p->houses, &i)) != NULL;) {
        struct parked *e = ((const struct house *)slot->value)->first;
        BUS_CHECK(e != NULL);
        if (!e->e.busy && e->e.next_ms <= now_ms) {
            return &e->e;
        }
    }
    return NULL;
}

struct bus_role_parked *bus_role_parking_gone(struct bus_parking *p)
{
    const struct bus_map_slot *slot;
    for (size_t i = 0; (slot = bus_map_next(&p->houses, &i)) != NULL;) {
        struct parked *e = ((const struct house *)slot->value)->first;
        BUS_CHECK(e != NULL);
        if (e->e.gone) {
            return &e->e;
        }
    }
    return NULL;
}

bool bus_role_parking_tried(struct bus_parking *p,
                            struct bus_role_parked *e,
                            int64_t now_ms)
{
    struct parked *it = (struct parked *)(void *)e;
    const struct house *h = house_of(p, &it->house);
    BUS_CHECK(h != NULL && h->first == it);
    e->dead_letter.tries++;
    e->dead_letter.last_at = now_ms;
    e->next_ms = now_ms + (e->dead_letter.tries >= p->partner->retry.tries
                               ? p->partner->retry.max_ms
                               : bus_run_backoff_next_ms(&it->wait));
    return now_ms - e->dead_letter.first_at >= p->partner->parking.give_up_ms;
}

int bus_role_parking_remove(struct bus_parking *p,
                            struct bus_role_parked *e,
                            struct bus_err *err)
{
    struct parked *it = (struct parked *)(void *)e;
    struct house *h = house_of(p, &it->house);
    BUS_CHECK(h != NULL && h->first == it && h->n > 0 && p->count > 0);
    BUS_TRY(bus_disk_unlink(p->folder, it->name, err));
    BUS_TRY(bus_disk_sync(p->folder, err));
    h->first = it->behind; /* only the first is ever at work */
    h->n--;
    p->count--;
    BUS_CHECK((h->first == NULL) == (h->n == 0));
    if (h->first == NULL) {
        (void)bus_map_del(&p->houses, parking_key_of(&h->id));
        bus_free(h);
    }
    free_parked(it);
    return BUS_OK;
}
