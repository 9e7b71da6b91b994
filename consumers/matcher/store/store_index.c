#include "consumers/matcher/store/store_index.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"

#define CAP_FIRST   1024
#define PLACE_GONE  UINT64_MAX /* let go of; those behind it are still found */
#define LENGTH_BITS 24
#define FILE_BIT    63

uint64_t matcher_store_place_of(unsigned file, int64_t offset, size_t bytes)
{
    BUS_CHECK(file < 2 && offset > 0 && offset % STORE_UNIT == 0);
    BUS_CHECK(bytes % STORE_UNIT == 0 && bytes / STORE_UNIT <= STORE_UNITS_MAX);
    BUS_CHECK(offset / STORE_UNIT <= STORE_OFFSET_MAX);
    return (uint64_t)file << FILE_BIT |
           (uint64_t)(offset / STORE_UNIT) << LENGTH_BITS | bytes / STORE_UNIT;
}

unsigned matcher_store_place_file(uint64_t place)
{
    BUS_CHECK(place != 0);
    return (unsigned)(place >> FILE_BIT);
}

int64_t matcher_store_place_offset(uint64_t place)
{
    BUS_CHECK(place != 0);
    return (int64_t)(place << 1 >> 1 >> LENGTH_BITS) * STORE_UNIT;
}

size_t matcher_store_place_bytes(uint64_t place)
{
    return (size_t)(place & STORE_UNITS_MAX) * STORE_UNIT;
}

uint64_t matcher_store_tag(const struct bus_id *id)
{
    uint64_t tag = 0;
    for (size_t i = 0; i < sizeof(tag); i++) {
        tag = tag << 8 | id->b[i];
    }
    return tag;
}

void matcher_store_index_fini(struct store_index *ix)
{
    bus_free(ix->slots);
    *ix = (struct store_index){0};
}

/* Fresh ids begin with the time: their low bits must count, too. */
static size_t index_start_of(const struct store_index *ix, uint64_t tag)
{
    BUS_CHECK(ix->cap > 0 && (ix->cap & (ix->cap - 1)) == 0);
    uint64_t h = (tag ^ tag >> 32) * 0x9e3779b97f4a7c15u;
    return (size_t)(h ^ h >> 29) & (ix->cap - 1);
}

struct store_slot *
matcher_store_index_next(struct store_index *ix, uint64_t tag, size_t *at)
{
    if (ix->cap == 0) {
        return NULL;
    }
    BUS_CHECK(*at == SIZE_MAX || *at < ix->cap);
    size_t i =
        *at == SIZE_MAX ? index_start_of(ix, tag) : (*at + 1) & (ix->cap - 1);
    for (; ix->slots[i].place != 0; i = (i + 1) & (ix->cap - 1)) {
        if (ix->slots[i].tag == tag && ix->slots[i].place != PLACE_GONE) {
            *at = i;
            return &ix->slots[i];
        }
    }
    return NULL;
}

static void put_free(struct store_index *ix, uint64_t tag, uint64_t place)
{
    BUS_CHECK(ix->count < ix->cap);
    size_t i = index_start_of(ix, tag);
    while (ix->slots[i].place != 0) {
        i = (i + 1) & (ix->cap - 1);
    }
    ix->slots[i] = (struct store_slot){tag, place};
    ix->count++;
    ix->live++;
}

static int index_grow(struct store_index *ix, struct bus_err *err)
{
    struct store_index old = *ix;
    size_t cap = old.cap == 0 ? CAP_FIRST : old.cap;
    while (cap < (old.live + 1) * 2) {
        cap *= 2;
    }
    BUS_CHECK(cap > old.live);
    struct store_slot *slots = bus_calloc(cap, sizeof(*slots));
    if (slots == NULL) {
        return bus_fail(err, BUS_ENOMEM, "an index of %zu households", cap);
    }
    *ix = (struct store_index){.slots = slots, .cap = cap};
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].place != 0 && old.slots[i].place != PLACE_GONE) {
            put_free(ix, old.slots[i].tag, old.slots[i].place);
        }
    }
    BUS_CHECK(ix->live == old.live);
    bus_free(old.slots);
    return BUS_OK;
}

int matcher_store_index_add(struct store_index *ix,
                            uint64_t tag,
                            uint64_t place,
                            struct bus_err *err)
{
    BUS_CHECK(place != 0 && place != PLACE_GONE);
    if ((ix->count + 1) * 4 > ix->cap * 3) {
        BUS_TRY(index_grow(ix, err));
    }
    put_free(ix, tag, place);
    return BUS_OK;
}

struct store_slot *
matcher_store_index_at(struct store_index *ix, uint64_t tag, uint64_t place)
{
    BUS_CHECK(place != 0);
    size_t at = SIZE_MAX;
    struct store_slot *s = matcher_store_index_next(ix, tag, &at);
    while (s != NULL && s->place != place) {
        s = matcher_store_index_next(ix, tag, &at);
    }
    return s;
}

bool matcher_store_slot_taken(const struct store_slot *slot)
{
    return slot->place != 0 && slot->place != PLACE_GONE;
}

void matcher_store_index_drop(struct store_index *ix, struct store_slot *slot)
{
    BUS_CHECK(slot->place != 0 && slot->place != PLACE_GONE && ix->live > 0);
    slot->place = PLACE_GONE;
    ix->live--;
}
