#include "consumers/matcher/batch_state.h"

#include <assert.h>
#include <string.h>

#include "bus/base/hash.h"
#include "bus/base/heap.h"

int matcher_batch_state_init(struct batch_state *o,
                             size_t households,
                             struct bus_err *err)
{
    size_t cap = 64;
    while (cap < households * 2) {
        cap *= 2;
    }
    *o = (struct batch_state){.cap = cap, .epoch = 1};
    o->slots = bus_calloc(cap, sizeof(*o->slots));
    o->used = bus_calloc(cap, sizeof(*o->used));
    if (o->slots == NULL || o->used == NULL) {
        matcher_batch_state_fini(o);
        return bus_fail(err, BUS_ENOMEM, "an overlay of %zu households",
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
    o->epoch++;
    o->count = 0;
}

struct batch_state_slot *matcher_batch_state_get(struct batch_state *o,
                                                 const struct bus_id *id,
                                                 int32_t partition)
{
    size_t mask = o->cap - 1;
    size_t at = bus_hash64(id->b, sizeof(id->b), 0) & mask;
    while (o->slots[at].epoch == o->epoch && !bus_id_eq(&o->slots[at].id, id)) {
        at = (at + 1) & mask;
    }
    struct batch_state_slot *s = &o->slots[at];
    if (s->epoch != o->epoch) {
        assert(o->count < o->cap / 2 + 1);
        *s = (struct batch_state_slot){
            .id = *id, .partition = partition, .epoch = o->epoch};
        o->used[o->count++] = (uint32_t)at;
    }
    return s;
}
