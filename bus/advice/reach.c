#include "bus/advice/reach.h"

#include "bus/base/check.h"
#include "bus/policy/probe.h"
#include "bus/policy/view.h"

void advice_reach_open(struct advice_reach *to,
                       const struct bus_policy_catalogue *c,
                       int item,
                       int32_t day)
{
    BUS_CHECK(item >= 0 && (size_t)item < c->item_count);
    const struct version_def *v =
        policy_catalogue_version_at(&c->items[item], day);
    *to = (struct advice_reach){.c = c, .item = &c->items[item]};
    if (v == NULL || !v->clauses_whole) {
        return;
    }
    to->version = v;
    for (size_t p = 0; p < v->part_count; p++) {
        for (size_t i = 0; i < v->clause_count; i++) {
            if (v->parts[p].kind == BUS_POLICY_NEED_CLAUSE &&
                bus_strv_eq(v->parts[p].key, v->clause_keys[i])) {
                to->reads[i] = &v->parts[p].reads;
            }
        }
    }
}

uint32_t advice_reach_in_way(const struct advice_reach *r,
                             const struct bus_policy_verdict_of *v)
{
    uint32_t set = 0;
    if (r->version == NULL || (v->verdict != BUS_POLICY_NOT_ELIGIBLE &&
                               v->verdict != BUS_POLICY_UNDETERMINED)) {
        return 0;
    }
    for (size_t k = 0; k < v->reason_count; k++) {
        for (size_t i = 0; i < r->version->clause_count; i++) {
            if (bus_strv_eq(v->reasons[k], r->version->clause_keys[i])) {
                set |= UINT32_C(1) << i;
            }
        }
    }
    return set;
}

uint32_t advice_reach_by(const struct advice_reach *r, int fact)
{
    uint32_t set = 0;
    for (size_t i = 0; i < CATALOGUE_CLAUSES_MAX; i++) {
        if (r->reads[i] != NULL && bus_policy_facts_has(r->reads[i], fact)) {
            set |= UINT32_C(1) << i;
        }
    }
    return set;
}

bool advice_reach_could(uint32_t in_way,
                        const struct advice_candidate *all,
                        size_t count,
                        const struct advice_candidate *one)
{
    uint32_t rest = in_way & ~one->by;
    bool could = rest == 0;
    for (size_t i = 0; i < count && !could && rest != in_way; i++) {
        could = (rest & ~all[i].by) == 0;
    }
    return could;
}

static bool reach_dated(const struct advice_reach *r, size_t clause)
{
    bool dated = (r->version->dated >> clause & 1) != 0;
    for (size_t f = 0;
         r->reads[clause] != NULL && !dated && f < r->c->fact_count; f++) {
        dated = r->c->facts[f].dated &&
                bus_policy_facts_has(r->reads[clause], (int)f);
    }
    return dated;
}

bool advice_reach_by_time(const struct advice_reach *r,
                          uint32_t in_way,
                          int32_t day,
                          int32_t days)
{
    if (r->version == NULL || policy_turns(r->c, r->item, day, days)) {
        return true;
    }
    for (size_t i = 0; i < CATALOGUE_CLAUSES_MAX; i++) {
        if ((in_way >> i & 1) != 0 && !reach_dated(r, i)) {
            return false;
        }
    }
    return true;
}

int advice_reach_days(const struct bus_policy_catalogue *c,
                      const struct bus_policy_household *h,
                      int32_t day,
                      int item,
                      struct bus_arena *mem,
                      struct bus_advice_days *ret,
                      struct bus_err *err)
{
    size_t n = c->item_count;
    int32_t *yes = bus_arena_calloc(mem, n + 1, sizeof(*yes));
    int32_t *no = bus_arena_calloc(mem, n + 1, sizeof(*no));
    uint64_t *items = bus_arena_calloc(mem, n / 64 + 1, sizeof(*items));
    if (yes == NULL || no == NULL || items == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for the search");
    }
    for (size_t i = 0; i < n; i++) {
        if (item < 0 || i == (size_t)item) {
            items[i / 64] |= UINT64_C(1) << (i % 64);
        }
    }
    *ret = (struct bus_advice_days){yes, no};
    return bus_policy_probe_days(c, h, day, ADVICE_DAYS_STEP, ADVICE_DAYS_AHEAD,
                                 items, mem, yes, no, err);
}

int bus_advice_days_of(const struct bus_policy_catalogue *c,
                       const struct bus_policy_household *h,
                       int32_t rule_date,
                       struct bus_arena *mem,
                       struct bus_advice_days *ret,
                       struct bus_err *err)
{
    return advice_reach_days(c, h, rule_date, -1, mem, ret, err);
}
