#include "consumers/matcher/keys/table.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"

#define FIRST 64

static size_t key_home(const struct matcher_key_table *t,
                       const struct bus_id *household)
{
    BUS_CHECK(t->places > 0);
    return bus_hash64(household->b, sizeof(household->b), 0) & (t->places - 1);
}

/* Where it is, or the free place where it would be. */
static size_t key_place(const struct matcher_key_table *t,
                        const struct bus_id *household)
{
    BUS_CHECK(t->n < t->places);
    size_t i = key_home(t, household);
    while (t->at[i] != 0 &&
           !bus_id_eq(&t->v[t->at[i] - 1].household, household)) {
        i = (i + 1) & (t->places - 1);
    }
    return i;
}

void matcher_key_table_fini(struct matcher_key_table *t)
{
    if (t->v != NULL) {
        explicit_bzero(t->v, t->cap * sizeof(*t->v));
    }
    bus_free(t->v);
    bus_free(t->at);
    *t = (struct matcher_key_table){0};
}

const uint8_t *matcher_key_table_find(const struct matcher_key_table *t,
                                      const struct bus_id *household)
{
    if (t->n == 0) {
        return NULL;
    }
    uint32_t at = t->at[key_place(t, household)];
    BUS_CHECK(at <= t->n);
    return at == 0 ? NULL : t->v[at - 1].wrapped;
}

static int table_grow(struct matcher_key_table *t, struct bus_err *err)
{
    struct matcher_key_table next = {.n = t->n,
                                     .cap = t->cap > 0 ? t->cap * 2 : FIRST};
    next.places = next.cap * 2;
    next.v = bus_calloc(next.cap, sizeof(*next.v));
    next.at = bus_calloc(next.places, sizeof(*next.at));
    if (next.v == NULL || next.at == NULL || next.cap > UINT32_MAX) {
        bus_free(next.v);
        bus_free(next.at);
        return bus_fail(err, BUS_ENOMEM, "the keys of %zu households", t->n);
    }
    for (size_t i = 0; i < t->n; i++) {
        next.v[i] = t->v[i];
        next.at[key_place(&next, &t->v[i].household)] = (uint32_t)i + 1;
    }
    matcher_key_table_fini(t);
    *t = next;
    return BUS_OK;
}

int matcher_key_table_put(struct matcher_key_table *t,
                          const struct bus_id *household,
                          const uint8_t wrapped[MATCHER_WRAPPED_BYTES],
                          struct bus_err *err)
{
    if (t->n == t->cap) {
        BUS_TRY(table_grow(t, err));
    }
    size_t place = key_place(t, household);
    if (t->at[place] == 0) {
        t->v[t->n].household = *household;
        t->at[place] = (uint32_t)++t->n;
    }
    memcpy(t->v[t->at[place] - 1].wrapped, wrapped, MATCHER_WRAPPED_BYTES);
    return BUS_OK;
}

/* Those behind it that would be where it was move up. */
static void free_place(struct matcher_key_table *t, size_t hole)
{
    size_t mask = t->places - 1;
    BUS_CHECK(t->at[hole] != 0);
    for (size_t i = (hole + 1) & mask; t->at[i] != 0; i = (i + 1) & mask) {
        size_t home = key_home(t, &t->v[t->at[i] - 1].household);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            t->at[hole] = t->at[i];
            hole = i;
        }
    }
    t->at[hole] = 0;
}

void matcher_key_table_drop(struct matcher_key_table *t,
                            const struct bus_id *household)
{
    size_t place = t->n == 0 ? 0 : key_place(t, household);
    if (t->n == 0 || t->at[place] == 0) {
        return;
    }
    size_t gone = t->at[place] - 1, last = t->n - 1;
    BUS_CHECK(gone <= last);
    free_place(t, place);
    if (gone != last) {
        t->at[key_place(t, &t->v[last].household)] = (uint32_t)gone + 1;
        t->v[gone] = t->v[last];
    }
    explicit_bzero(&t->v[last], sizeof(t->v[last]));
    t->n--;
}
