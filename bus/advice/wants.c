#include "bus/advice/wants.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/catalogue_parts.h"
#include "bus/policy/probe.h"
#include "bus/policy/source.h"

#define TRIES_MAX  48 /* answers tried for an item's worth */
#define VALUES_MAX 16 /* tried of one fact */
#define SLOTS_MAX  24 /* of one item */
#define WANTED_MAX 128

struct wanting
{
    const struct bus_policy_catalogue *c;
    struct bus_policy_household household; /* with room for SLOTS_MAX more */
    struct bus_policy_fact *facts;
    size_t told; /* facts of the household itself */
    struct bus_policy_probe *probe;
    int32_t day;
    bool unbegun; /* of items that were not begun, too */
    struct bus_arena *mem;
    struct bus_err *err;
    struct bus_advice_want all[WANTED_MAX];
    size_t count;
};

static const int64_t figures[] = {0,       1,       100000,  500000,
                                  1000000, 2000000, 5000000, INT64_MAX};
static const int32_t ages[] = {3, 10, 17, 30, 50, 65, 85};

/* A fact's answers that are tried: every flag and word, the ends of a number
 * and figures between, a birth in each stage of life. Returns how many. */
static size_t wants_values(const struct wanting *w,
                           struct bus_policy_missing of,
                           struct bus_policy_fact *to)
{
    const struct fact_def *f = &w->c->facts[of.fact];
    const struct bus_node *type = bus_node_get(f->body, "type");
    const struct bus_node *words = bus_node_get(f->body, "words");
    struct bus_policy_fact one = {
        .fact = of.fact, .member = of.member, .verified = true};
    size_t n = 0;
    if (bus_strv_is(type->text, "boolean")) {
        for (; n < 2; n++) {
            to[n] = one;
            to[n].kind = BUS_POLICY_BOOL;
            to[n].number = (int64_t)n;
        }
    } else if (words != NULL) {
        for (; n < words->count && n < VALUES_MAX; n++) {
            to[n] = one;
            to[n].kind = BUS_POLICY_TEXT;
            to[n].text = words->pairs[n].key->text;
        }
    } else if (bus_strv_is(type->text, "date")) {
        for (; n < sizeof(ages) / sizeof(ages[0]); n++) {
            to[n] = one;
            to[n].kind = BUS_POLICY_DATE;
            to[n].number = w->day - ages[n] * 365;
        }
    } else if (!bus_strv_is(type->text, "text")) {
        int64_t min = f->bounds.min, max = f->bounds.max;
        bool few = max - min < 8;
        size_t last = few ? (size_t)(max - min) + 1
                          : sizeof(figures) / sizeof(figures[0]);
        for (; n < last; n++) {
            int64_t v = few ? min + (int64_t)n : figures[n];
            to[n] = one;
            to[n].kind = BUS_POLICY_LONG;
            to[n].number = v < min ? min : v > max ? max : v;
        }
    }
    return n;
}

/* The most the item comes to in a year, over answers to all it waits for. */
static int wants_worth(struct wanting *w,
                       const struct bus_policy_verdict_of *v,
                       int64_t *ret_fen)
{
    struct bus_policy_fact values[VALUES_MAX];
    uint64_t dice = 0x9e3779b97f4a7c15;
    const struct version_def *version =
        policy_catalogue_version_at(&w->c->items[v->item], w->day);
    size_t slots = v->missing_count < SLOTS_MAX ? v->missing_count : SLOTS_MAX;
    *ret_fen = 0;
    if (version->amount == NULL) {
        return BUS_OK;
    }
    for (int t = 0; t < TRIES_MAX; t++) {
        struct bus_policy_verdict_of r;
        w->household.fact_count = w->told;
        for (size_t i = 0; i < slots; i++) {
            size_t n = wants_values(w, v->missing[i], values);
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            if (n > 0) {
                w->facts[w->household.fact_count++] = values[(dice >> 33) % n];
            }
        }
        BUS_TRY(bus_policy_probe_try(w->probe, v->item, &r, w->err));
        int64_t fen = 0;
        if (r.verdict == BUS_POLICY_ELIGIBLE && r.has_amount &&
            !__builtin_mul_overflow(r.amount_fen, version->per_year, &fen) &&
            fen > *ret_fen) {
            *ret_fen = fen;
        }
    }
    w->household.fact_count = w->told;
    return BUS_OK;
}

/* Some answer to it alone decides the item? */
static int wants_decides(struct wanting *w,
                         int item,
                         struct bus_policy_missing of,
                         bool *ret)
{
    struct bus_policy_fact values[VALUES_MAX];
    size_t n = wants_values(w, of, values);
    *ret = false;
    w->household.fact_count = w->told + 1;
    for (size_t i = 0; i < n && !*ret; i++) {
        struct bus_policy_verdict_of r;
        w->facts[w->told] = values[i];
        BUS_TRY(bus_policy_probe_try(w->probe, item, &r, w->err));
        *ret = r.verdict == BUS_POLICY_ELIGIBLE ||
               r.verdict == BUS_POLICY_NOT_ELIGIBLE;
    }
    w->household.fact_count = w->told;
    return BUS_OK;
}

static bool wants_shared(const struct wanting *w, const struct fact_def *f)
{
    bool any = false;
    for (uint32_t i = 0; f->sources != NULL && i < f->sources->count; i++) {
        char code[64];
        bool sharing = true;
        (void)bus_strv_copy(code, sizeof(code), f->sources->items[i]->text);
        (void)bus_node_to_bool(
            bus_node_get(bus_node_get(w->c->sources, code), "sharing"),
            &sharing);
        any |= sharing;
    }
    return any;
}

static struct bus_advice_want *wants_of(struct wanting *w, int fact)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->all[i].fact == fact) {
            return &w->all[i];
        }
    }
    if (w->count == WANTED_MAX) {
        return NULL;
    }
    struct bus_advice_want *to = &w->all[w->count++];
    *to = (struct bus_advice_want){
        .fact = fact, .family = !wants_shared(w, &w->c->facts[fact])};
    return to;
}

static int wants_of_item(struct wanting *w,
                         const struct bus_policy_verdict_of *v)
{
    int64_t worth = 0;
    BUS_TRY(wants_worth(w, v, &worth));
    for (size_t i = 0; i < v->missing_count; i++) {
        struct bus_policy_missing m = v->missing[i];
        struct bus_advice_want *to = wants_of(w, m.fact);
        bool before = false;
        for (size_t k = 0; k < i; k++) {
            before |= v->missing[k].fact == m.fact;
        }
        if (to == NULL) {
            continue;
        }
        if (m.member >= 0 && m.member < 64) {
            to->members |= UINT64_C(1) << m.member;
        }
        to->value_fen += worth / (int64_t)v->missing_count;
        if (before) {
            continue;
        }
        to->items++;
        to->fen += worth;
    }
    return BUS_OK;
}

/* Of one that is shown: the items that it decides by itself. */
static int wants_of_shown(struct wanting *w,
                          const struct bus_policy_verdict_of *v,
                          struct bus_advice_want *to)
{
    for (size_t i = 0; i < v->missing_count; i++) {
        bool decides = false;
        if (v->missing[i].fact == to->fact) {
            BUS_TRY(wants_decides(w, v->item, v->missing[i], &decides));
            to->decides += decides;
            break;
        }
    }
    return BUS_OK;
}

static int wants_order(const void *a, const void *b)
{
    const struct bus_advice_want *x = a, *y = b;
    if (x->family != y->family) {
        return x->family ? -1 : 1;
    }
    if (x->value_fen != y->value_fen) {
        return x->value_fen > y->value_fen ? -1 : 1;
    }
    if (x->items != y->items) {
        return x->items > y->items ? -1 : 1;
    }
    return (x->fact > y->fact) - (x->fact < y->fact);
}

static int wants_begin(struct wanting *w, const struct bus_policy_household *h)
{
    w->facts = bus_arena_alloc(w->mem, (h->fact_count + SLOTS_MAX + 1) *
                                           sizeof(*w->facts));
    if (w->facts == NULL) {
        return bus_fail(w->err, BUS_ETOOBIG, "no room for what is missing");
    }
    if (h->fact_count > 0) {
        memcpy(w->facts, h->facts, h->fact_count * sizeof(*w->facts));
    }
    w->household = *h;
    w->household.facts = w->facts;
    w->told = h->fact_count;
    return bus_policy_probe_open(w->c, &w->household, w->day, w->mem, &w->probe,
                                 w->err);
}

/* An item that was begun, or is about to be, and waits. */
static bool wants_waits(const struct wanting *w,
                        const struct bus_policy_verdict_of *v)
{
    return v->verdict == BUS_POLICY_UNDETERMINED && (v->sign || w->unbegun) &&
           v->left_out_by.n == 0;
}

static int wants_list(struct wanting *w, const struct bus_policy_result *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (wants_waits(w, &r->items[i])) {
            BUS_TRY(wants_of_item(w, &r->items[i]));
        }
    }
    qsort(w->all, w->count, sizeof(w->all[0]), wants_order);
    for (size_t k = 0; k < w->count && k < BUS_ADVICE_WANTS_MAX; k++) {
        for (size_t i = 0; i < r->count; i++) {
            if (wants_waits(w, &r->items[i])) {
                BUS_TRY(wants_of_shown(w, &r->items[i], &w->all[k]));
            }
        }
    }
    return BUS_OK;
}

int bus_advice_wants(const struct bus_policy_catalogue *c,
                     const struct bus_policy_household *h,
                     int32_t rule_date,
                     bool all,
                     struct bus_arena *mem,
                     struct bus_advice_wants *ret,
                     struct bus_err *err)
{
    struct bus_arena_mark mark = bus_arena_mark(mem);
    struct bus_policy_result r = {0};
    struct wanting *w = bus_arena_calloc(mem, 1, sizeof(*w));
    if (w == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for what is missing");
    }
    w->c = c;
    w->day = rule_date;
    w->unbegun = all;
    w->mem = mem;
    w->err = err;
    int rc = wants_begin(w, h);
    if (rc == BUS_OK) {
        rc = bus_policy_evaluate(c, h, rule_date, BUS_POLICY_REASONS, mem, &r,
                                 err);
    }
    if (rc == BUS_OK) {
        rc = wants_list(w, &r);
    }
    if (rc == BUS_OK) {
        ret->count =
            w->count < BUS_ADVICE_WANTS_MAX ? w->count : BUS_ADVICE_WANTS_MAX;
        ret->left = w->count - ret->count;
        memcpy(ret->list, w->all, ret->count * sizeof(w->all[0]));
    }
    bus_arena_release(mem, mark);
    return rc;
}
