#include "consumers/matcher/state_names.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"
#include "bus/wire/framing.h"
#include "schemas/household_names.h"

void matcher_names_init(struct matcher_names *to)
{
    *to = (struct matcher_names){0};
    bus_arena_init(&to->mem, 16u << 10, 0);
}

void matcher_names_fini(struct matcher_names *of)
{
    bus_free(of->v);
    bus_free(of->slots);
    bus_arena_fini(&of->mem);
    *of = (struct matcher_names){0};
}

static uint32_t *slot_of(const struct matcher_names *in, struct bus_strv word)
{
    BUS_CHECK(in->n < in->slot_count);
    size_t mask = in->slot_count - 1;
    size_t i = bus_hash64(word.p, word.n, 0) & mask;
    while (in->slots[i] != 0 && !bus_strv_eq(in->v[in->slots[i] - 1], word)) {
        i = (i + 1) & mask;
    }
    return &in->slots[i];
}

int32_t matcher_names_find(const struct matcher_names *in, struct bus_strv word)
{
    return in->slot_count == 0 ? -1 : (int32_t)*slot_of(in, word) - 1;
}

static int names_grow(struct matcher_names *in, struct bus_err *err)
{
    BUS_CHECK(in->n == in->cap);
    size_t cap = in->cap ? in->cap * 2 : 512;
    struct bus_strv *v = bus_realloc(in->v, cap * sizeof(*v));
    if (v == NULL) {
        return bus_fail(err, BUS_ENOMEM, "words of households");
    }
    in->v = v;
    uint32_t *slots = bus_calloc(cap * 2, sizeof(*slots));
    if (slots == NULL) {
        return bus_fail(err, BUS_ENOMEM, "words of households");
    }
    bus_free(in->slots);
    in->slots = slots;
    in->slot_count = cap * 2;
    in->cap = cap;
    for (size_t i = 0; i < in->n; i++) {
        *slot_of(in, in->v[i]) = (uint32_t)i + 1;
    }
    return BUS_OK;
}

static int
names_add(struct matcher_names *in, struct bus_strv word, struct bus_err *err)
{
    if (in->n == in->cap) {
        BUS_TRY(names_grow(in, err));
    }
    BUS_CHECK(in->n < in->cap);
    char *own = bus_arena_strndup(&in->mem, word.p, word.n);
    if (own == NULL) {
        return bus_fail(err, BUS_ENOMEM, "words of households");
    }
    in->v[in->n] = (struct bus_strv){own, word.n};
    uint32_t *slot = slot_of(in, in->v[in->n]);
    BUS_CHECK(*slot == 0);
    *slot = (uint32_t)++in->n;
    return BUS_OK;
}

int matcher_names_number(struct matcher_names *in,
                         struct bus_strv word,
                         bool ours,
                         int32_t *ret,
                         struct bus_err *err)
{
    BUS_CHECK(in->written <= in->n);
    *ret = matcher_names_find(in, word);
    if (*ret >= 0) {
        return BUS_OK;
    }
    bool free = word.n <= MATCHER_NAME_BYTES && in->n < MATCHER_NAMES_FREE;
    if (!ours && !free) {
        return BUS_OK;
    }
    if (in->n == MATCHER_NAMES_MAX) {
        return bus_fail(err, BUS_EFULL, "more than %d words of households",
                        MATCHER_NAMES_MAX);
    }
    BUS_TRY(names_add(in, word, err));
    *ret = (int32_t)in->n - 1;
    return BUS_OK;
}

int matcher_names_word(const struct matcher_names *in,
                       int32_t number,
                       struct bus_strv *ret,
                       struct bus_err *err)
{
    BUS_CHECK(in->n <= in->cap);
    *ret = (struct bus_strv){"", 0};
    if (number == -1) {
        return BUS_OK;
    }
    if (number < 0 || (size_t)number >= in->n) {
        return bus_fail(err, BUS_EBUG,
                        "a household's word %d of %zu; the topic's record "
                        "`names` is not the one it was written with",
                        number, in->n);
    }
    *ret = in->v[number];
    return BUS_OK;
}

int matcher_names_encode(const struct matcher_names *of,
                         struct bus_arena *mem,
                         struct bus_strv *ret,
                         struct bus_err *err)
{
    BUS_CHECK(of->written <= of->n);
    struct sa_household_names r = {0};
    r.names.v = of->v;
    r.names.n = of->n;
    return bus_wire_encode_framed(&sa_household_names_type, &r, mem, ret, err);
}

int matcher_names_decode(struct matcher_names *to,
                         struct bus_strv framed,
                         struct bus_arena *mem,
                         struct bus_err *err)
{
    struct bus_strv body;
    uint32_t id = 0;
    void *record = NULL;
    BUS_TRY(bus_wire_unframe(framed, &id, &body, err));
    if (id != sa_household_names_type.id) {
        return bus_fail(err, BUS_EBUG, "words of households of schema %u", id);
    }
    BUS_TRY(
        bus_wire_decode_own(&sa_household_names_type, body, mem, &record, err));
    const struct sa_household_names *r = record;
    for (size_t i = 0; i < r->names.n; i++) {
        if (i < to->n && !bus_strv_eq(to->v[i], r->names.v[i])) {
            return bus_fail(err, BUS_EBUG,
                            "the households' word %zu has changed", i);
        }
        if (i >= to->n) {
            if (matcher_names_find(to, r->names.v[i]) >= 0) {
                return bus_fail(err, BUS_EBUG,
                                "the households' word %zu stands twice", i);
            }
            BUS_TRY(names_add(to, r->names.v[i], err));
        }
    }
    to->written = r->names.n > to->written ? r->names.n : to->written;
    BUS_CHECK(to->written <= to->n);
    return BUS_OK;
}
