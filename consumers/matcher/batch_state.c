#include "consumers/matcher/batch_state.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"

int matcher_batch_state_init(struct batch_state *o,
                             size_t households,
                             struct bus_err *err)
{
    BUS_CHECK(households > 0);
    size_t cap = 64;
    while (cap < households * 2) {
        cap *= 2;
    }
    *o = (struct batch_state){.cap = cap, .epoch = 1};
    o->slots = bus_calloc(cap, sizeof(*o->slots));
    o->used = bus_calloc(cap, sizeof(*o->used));
    if (o->slots == NULL || o->used == NULL) {
        matcher_batch_state_fini(o);
        return bus_fail(err, BUS_ENOMEM, "the changes of %zu households",
                        households);
    }
    return BUS_OK;
}

void matcher_batch_state_fini(struct batch_state *o)
{
    bus_free(o->slots);
    bus_free(o->used);
    *o = (struct batch_state){0};
}

void matcher_batch_state_clear(struct batch_state *o)
{
    BUS_CHECK(o->epoch < UINT32_MAX);
    o->epoch++;
    o->count = 0;
}

struct batch_state_slot *matcher_batch_state_get(struct batch_state *o,
                                                 const struct bus_id *id,
                                                 int32_t partition)
{
    BUS_CHECK(partition >= 0);
    size_t mask = o->cap - 1;
    size_t at = bus_hash64(id->b, sizeof(id->b), 0) & mask;
    while (o->slots[at].epoch == o->epoch && !bus_id_eq(&o->slots[at].id, id)) {
        at = (at + 1) & mask;
    }
    struct batch_state_slot *s = &o->slots[at];
    if (s->epoch != o->epoch) {
        BUS_CHECK(o->count < o->cap / 2 + 1);
        *s = (struct batch_state_slot){
            .id = *id, .partition = partition, .epoch = o->epoch};
        o->used[o->count++] = (uint32_t)at;
    }
    BUS_CHECK(s->partition == partition);
    return s;
}

struct batch_state_slot *matcher_batch_state_at(struct batch_state *o, size_t i)
{
    BUS_CHECK(i < o->count);
    return &o->slots[o->used[i]];
}

static struct batch_state_part *
batch_state_part_of(struct batch_state_slot *slot, uint32_t part)
{
    BUS_CHECK(slot->count <= slot->cap);
    for (uint32_t i = 0; i < slot->count; i++) {
        if (slot->parts[i].part == part) {
            return &slot->parts[i];
        }
    }
    return NULL;
}

#define ROOM_MORE 48 /* a part mostly grows by a line or so */

static int make_room(struct batch_state_slot *slot,
                     uint32_t part,
                     size_t n,
                     struct bus_arena *mem,
                     struct bus_err *err)
{
    BUS_CHECK(part < MATCHER_PARTS_MAX);
    struct batch_state_part *p = batch_state_part_of(slot, part);
    if (p == NULL && slot->count == slot->cap) {
        uint32_t cap = slot->cap ? slot->cap * 2 : 4;
        struct batch_state_part *v = bus_arena_alloc(mem, cap * sizeof(*v));
        if (v == NULL) {
            return bus_fail(err, BUS_ENOMEM, "a household's changes");
        }
        if (slot->count > 0) {
            memcpy(v, slot->parts, slot->count * sizeof(*v));
        }
        slot->parts = v;
        slot->cap = cap;
    }
    if (p == NULL) {
        p = &slot->parts[slot->count++];
        *p = (struct batch_state_part){.part = part};
    }
    BUS_CHECK(p->framed.n <= p->room);
    if (p->room >= n) {
        return BUS_OK;
    }
    char *to = bus_arena_alloc(mem, n + ROOM_MORE);
    if (to == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a household's changes");
    }
    if (p->framed.n > 0) {
        memcpy(to, p->framed.p, p->framed.n);
    }
    p->framed.p = to;
    p->room = (uint32_t)(n + ROOM_MORE);
    return BUS_OK;
}

int matcher_batch_state_reserve(struct batch_state_slot *slot,
                                const struct matcher_parts *parts,
                                const bool *changed,
                                struct bus_arena *mem,
                                struct bus_err *err)
{
    BUS_CHECK(parts->n <= MATCHER_PARTS_MAX);
    for (uint32_t i = 0; i < parts->n; i++) {
        if (changed[i]) {
            BUS_TRY(make_room(slot, i, parts->v[i].n, mem, err));
        }
    }
    return BUS_OK;
}

void matcher_batch_state_keep(struct batch_state_slot *slot,
                              const struct matcher_parts *parts,
                              const bool *changed)
{
    for (uint32_t i = 0; i < parts->n; i++) {
        if (!changed[i]) {
            continue;
        }
        struct batch_state_part *p = batch_state_part_of(slot, i);
        BUS_CHECK(p != NULL && p->room >= parts->v[i].n);
        char *to = (char *)(uintptr_t)p->framed.p;
        memmove(to, parts->v[i].p, parts->v[i].n);
        p->framed.n = parts->v[i].n;
    }
}

int matcher_batch_state_over(const struct batch_state_slot *slot,
                             struct matcher_parts *on,
                             struct bus_arena *mem,
                             struct bus_err *err)
{
    BUS_CHECK(slot->count <= slot->cap);
    for (uint32_t i = 0; i < slot->count; i++) {
        const struct batch_state_part *p = &slot->parts[i];
        if (p->framed.n > 0) { /* else: only room was made */
            BUS_TRY(matcher_parts_set(on, p->part, p->framed, mem, err));
        }
    }
    return BUS_OK;
}
