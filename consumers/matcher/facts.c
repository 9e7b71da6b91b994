/* Folding facts: one value per (name, member).
 *
 * - a name never seen             added
 * - a later as-of                 replaces
 * - the same day                  verified replaces declared, never the reverse
 * - an earlier as-of              ignored: late facts do not undo newer ones
 *
 * Only a new value or a new verification counts as a change: a later as-of of
 * the same value is kept but makes no new evaluation. */
#include <string.h>

#include "bus/base/hash.h"
#include "consumers/matcher/parts.h"

struct index
{
    uint32_t *slots; /* position + 1, 0 = free */
    size_t mask;
};

static uint64_t fact_hash(const struct sa_fact *f)
{
    uint64_t seed = 0;
    if (f->has_member) {
        memcpy(&seed, f->member.b, sizeof(seed));
    }
    return bus_hash64(f->name.p, f->name.n, seed);
}

static bool same_subject(const struct sa_fact *a, const struct sa_fact *b)
{
    return bus_strv_eq(a->name, b->name) && a->has_member == b->has_member &&
           (!a->has_member || bus_id_eq(&a->member, &b->member));
}

static uint32_t *facts_slot_of(const struct index *ix,
                               const struct sa_fact *list,
                               const struct sa_fact *f)
{
    for (size_t i = fact_hash(f) & ix->mask;; i = (i + 1) & ix->mask) {
        if (ix->slots[i] == 0 || same_subject(&list[ix->slots[i] - 1], f)) {
            return &ix->slots[i];
        }
    }
}

static bool same_value(const struct sa_fact *a, const struct sa_fact *b)
{
    if (a->value.branch != b->value.branch) {
        return false;
    }
    switch (a->value.branch) {
    case SA_FACT_VALUE_BOOLEAN:
        return a->value.u.boolean_value == b->value.u.boolean_value;
    case SA_FACT_VALUE_LONG:
        return a->value.u.long_value == b->value.u.long_value;
    case SA_FACT_VALUE_INT:
        return a->value.u.int_value == b->value.u.int_value;
    case SA_FACT_VALUE_STRING:
        return bus_strv_eq(a->value.u.string_value, b->value.u.string_value);
    default:
        return true;
    }
}

/* Says whether the new one takes the old one's place, and whether it matters
 * to an evaluation. */
static bool replaces(const struct sa_fact *old,
                     const struct sa_fact *new,
                     bool *ret_matters)
{
    *ret_matters = false;
    if (new->as_of < old->as_of ||
        (new->as_of == old->as_of && old->verified && !new->verified)) {
        return false;
    }
    *ret_matters = !same_value(old, new) || old->verified != new->verified;
    return *ret_matters || new->as_of > old->as_of;
}

static int make_index(struct step *s, size_t room, struct index *ret)
{
    size_t cap = 16;
    while (cap < room * 2) {
        cap *= 2;
    }
    ret->mask = cap - 1;
    ret->slots = bus_arena_calloc(s->mem, cap, sizeof(*ret->slots));
    if (ret->slots == NULL) {
        return matcher_step_no_memory(s);
    }
    const struct sa_fact *list = s->state->facts.v;
    for (size_t i = 0; i < s->state->facts.n; i++) {
        *facts_slot_of(ret, list, &list[i]) = (uint32_t)(i + 1);
    }
    return BUS_OK;
}

int matcher_fold_facts(struct step *s,
                       const struct sa_fact *facts,
                       size_t n,
                       bool *ret_changed)
{
    struct sa_household_state *st = s->state;
    BUS_TRY(matcher_step_whole(s));
    size_t room = st->facts.n + n;
    if (room > 2 * MATCHER_FACTS_MAX) {
        return matcher_step_reject(s, BUS_ETOOBIG, "LIMIT",
                                   "%zu facts in one event; at most %d", n,
                                   MATCHER_FACTS_MAX);
    }
    struct sa_fact *list = bus_arena_alloc(s->mem, room * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    if (st->facts.n > 0) {
        memcpy(list, st->facts.v, st->facts.n * sizeof(*list));
    }
    st->facts.v = list;
    struct index ix;
    int rc = make_index(s, room, &ix);
    if (rc != BUS_OK) {
        return rc;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t *slot = facts_slot_of(&ix, list, &facts[i]);
        bool matters = true;
        if (*slot == 0) {
            list[st->facts.n++] = facts[i];
            *slot = (uint32_t)st->facts.n;
        } else if (replaces(&list[*slot - 1], &facts[i], &matters)) {
            list[*slot - 1] = facts[i];
        } else {
            continue;
        }
        s->out->changed = true;
        *ret_changed |= matters;
    }
    if (st->facts.n > MATCHER_FACTS_MAX) {
        return matcher_step_reject(
            s, BUS_ETOOBIG, "LIMIT",
            "the household would have %zu facts; at most %d", st->facts.n,
            MATCHER_FACTS_MAX);
    }
    return BUS_OK;
}

static struct sa_fact grant_fact(const struct step *s,
                                 const struct bus_policy_item *item)
{
    struct sa_fact f = {
        .name = item->grants_fact,
        .as_of = s->today,
        .source = BUS_STRV("decision"),
        .verified = true,
    };
    int64_t number = 0;
    if (bus_strv_is(item->grants_value, "true") ||
        bus_strv_is(item->grants_value, "false")) {
        f.value.branch = SA_FACT_VALUE_BOOLEAN;
        f.value.u.boolean_value = item->grants_value.n == 4;
    } else if (bus_strv_to_i64(item->grants_value, &number)) {
        f.value.branch = SA_FACT_VALUE_LONG;
        f.value.u.long_value = number;
    } else {
        f.value.branch = SA_FACT_VALUE_STRING;
        f.value.u.string_value = item->grants_value;
    }
    return f;
}

int matcher_fold_grant(struct step *s,
                       const struct bus_policy_item *item,
                       bool *ret_changed)
{
    if (item->grants_fact.n == 0) {
        return BUS_OK;
    }
    struct sa_fact f = grant_fact(s, item);
    return matcher_fold_facts(s, &f, 1, ret_changed);
}
