/* Facts: who may say them, and the fold: one value per (name, member).
 *
 * - a name never seen             added
 * - verified against declared     verified wins, whatever the days
 * - declared later than verified, and otherwise: disputed, it counts for nobody
 *                                 until it is verified again or taken back; of
 *                                 what we decided ourselves nobody disputes
 * - the better source             wins while what it said is fresh (facts.yaml)
 * - else the later as-of          wins; late facts do not undo newer ones
 *
 * So two facts come to the same in either order. Only a new value or a new
 * verification counts as a change: a later as-of of the same value is kept but
 * makes no new evaluation. */
#include <limits.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/hash.h"
#include "bus/policy/source.h"
#include "bus/role/household.h"
#include "consumers/matcher/parts.h"

/* --- who may say what --- */

struct birth
{
    struct bus_id person;
    int32_t day;
};
struct births
{
    struct birth v[MATCHER_MEMBERS_MAX];
    size_t n;
};

static void births_note(struct births *to, const struct sa_fact *list, size_t n)
{
    for (size_t i = 0; i < n && to->n < MATCHER_MEMBERS_MAX; i++) {
        if (list[i].has_member && list[i].value.branch == SA_FACT_VALUE_INT &&
            bus_strv_is(list[i].name, "member.birth_date")) {
            to->v[to->n++] =
                (struct birth){list[i].member, list[i].value.u.int_value};
        }
    }
}

static bool before_birth(const struct births *in, const struct sa_fact *f)
{
    for (size_t i = 0; f->has_member && i < in->n; i++) {
        if (bus_id_eq(&in->v[i].person, &f->member) &&
            f->as_of < in->v[i].day) {
            return true;
        }
    }
    return false;
}

/* The last day that a fact of this event can be of: the sender's today, and at
 * most a day ahead of the broker's clock. */
static int32_t last_day(const struct step *s)
{
    int64_t arrived = s->event->arrived_ms;
    int32_t day = arrived > 0 ? bus_china_day(arrived) + 1 : s->today;
    return day < s->today ? day : s->today;
}

/* today: no day that must not be to come is after it. */
static int
fact_within(struct step *s, const struct sa_fact *f, int id, int32_t today)
{
    const struct bus_policy_catalogue *c = s->rules->catalogue;
    struct bus_policy_fact value = {.fact = id};
    struct bus_strv name = bus_policy_fact_name(c, id);
    char says[BUS_BOUNDS_SAYS];
    bus_role_fact_value(&value, f);
    if (f->has_member != (memcmp(name.p, "member.", 7) == 0)) {
        return matcher_step_reject(
            s, BUS_ERANGE, "FACT_BOUNDS", "%.*s is about %s member",
            BUS_STRV_ARG(name), f->has_member ? "no" : "one");
    }
    if (!bus_policy_fact_fits(c, &value, today)) {
        return matcher_step_reject(
            s, BUS_ERANGE, "FACT_BOUNDS", "%.*s must be %s", BUS_STRV_ARG(name),
            bus_bounds_says(bus_policy_fact_bounds(c, id), false, says));
    }
    return BUS_OK;
}

static int
fact_days(struct step *s, const struct sa_fact *f, const struct births *births)
{
    if (f->as_of < BUS_BOUNDS_AS_OF_FIRST || f->as_of > last_day(s)) {
        return matcher_step_reject(
            s, BUS_ERANGE, "FACT_BOUNDS",
            "%.*s is as of a day to come, or of one before 1949-10-01",
            BUS_STRV_ARG(f->name));
    }
    if (before_birth(births, f)) {
        return matcher_step_reject(
            s, BUS_ERANGE, "FACT_BOUNDS",
            "%.*s is as of a day before the person was born",
            BUS_STRV_ARG(f->name));
    }
    return BUS_OK;
}

/* What the form has let in; a name that only a later dictionary has, and a text
 * that names a person, judge nobody. */
static int declared_check(struct step *s, const struct sa_fact *f, int id)
{
    if (id < 0 || bus_policy_fact_personal(s->rules->catalogue, id)) {
        return BUS_OK;
    }
    if (f->verified || !bus_strv_is(f->source, "declared") ||
        bus_policy_fact_derived(s->rules->catalogue, id)) {
        return matcher_step_reject(
            s, BUS_EDENIED, "FACT_NOT_YOURS",
            "an application declares; %.*s is verified, or worked out",
            BUS_STRV_ARG(f->name));
    }
    /* Typed in later than it was applied for: the form knows the day. */
    return fact_within(s, f, id, INT32_MAX);
}

static int source_check(struct step *s,
                        const struct sa_fact *f,
                        int id,
                        struct bus_strv source,
                        const struct births *births)
{
    const struct bus_policy_catalogue *c = s->rules->catalogue;
    if (id < 0) {
        return matcher_step_reject(s, BUS_EUNKNOWN, "FACT_UNKNOWN",
                                   "the dictionary has no fact of this name");
    }
    if (bus_policy_fact_derived(c, id) || bus_policy_fact_personal(c, id) ||
        !bus_strv_eq(f->source, source) ||
        bus_policy_fact_rank(c, id, source) < 0) {
        return matcher_step_reject(
            s, BUS_EDENIED, "FACT_NOT_YOURS",
            "facts.yaml does not name %.*s as a source of %.*s",
            BUS_STRV_ARG(source), BUS_STRV_ARG(f->name));
    }
    BUS_TRY(fact_within(s, f, id, last_day(s)));
    return fact_days(s, f, births);
}

int matcher_facts_check(struct step *s,
                        const struct sa_fact *facts,
                        size_t n,
                        struct bus_strv source)
{
    bool declared = bus_strv_is(source, "declared");
    struct births births = {.n = 0};
    BUS_TRY(matcher_number_list(s, &s->said, facts, n));
    if (!declared) {
        BUS_TRY(matcher_step_whole(s));
        births_note(&births, s->state->facts.v, s->state->facts.n);
        births_note(&births, facts, n);
    }
    for (size_t i = 0; i < n; i++) {
        int id = s->said.ids[i];
        BUS_TRY(declared ? declared_check(s, &facts[i], id)
                         : source_check(s, &facts[i], id, source, &births));
    }
    return BUS_OK;
}

/* --- the fold --- */

struct fold
{
    uint32_t *slots; /* by subject: position + 1, 0 = free */
    size_t mask;
    struct sa_fact *list;
    int32_t *ids; /* of the list */
    bool *gone;   /* of the list; NULL: none */
    size_t room;
    bool *changed;
};

static uint64_t fact_hash(const struct sa_fact *f)
{
    uint64_t seed = 0;
    if (f->has_member) {
        memcpy(&seed, f->member.b, sizeof(seed));
    }
    return bus_hash64(f->name.p, f->name.n, seed);
}

static bool same_member(const struct sa_fact *a, const struct sa_fact *b)
{
    return a->has_member == b->has_member &&
           (!a->has_member || bus_id_eq(&a->member, &b->member));
}

static bool same_subject(const struct sa_fact *a, const struct sa_fact *b)
{
    return bus_strv_eq(a->name, b->name) && same_member(a, b);
}

/* By the fact's number, which says as much as its name; without one by that. */
static size_t subject_hash(const struct sa_fact *f, int32_t id)
{
    uint64_t h = 0;
    if (id < 0) {
        return (size_t)fact_hash(f);
    }
    if (f->has_member) { /* its end is random, its begin a time */
        memcpy(&h, f->member.b + sizeof(f->member.b) - sizeof(h), sizeof(h));
    }
    h = (h + (uint64_t)id) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(h >> 32);
}

static uint32_t *
facts_slot_of(const struct fold *in, const struct sa_fact *f, int32_t id)
{
    for (size_t i = subject_hash(f, id) & in->mask;; i = (i + 1) & in->mask) {
        size_t at = in->slots[i];
        if (at == 0 || (in->ids[at - 1] == id &&
                        (id >= 0 ? same_member(&in->list[at - 1], f)
                                 : same_subject(&in->list[at - 1], f)))) {
            return &in->slots[i];
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

/* The place among its sources; what we decided is as good as the best. */
static int rank_of(const struct step *s, const struct sa_fact *f)
{
    int id = bus_policy_fact_find(s->rules->catalogue, f->name);
    int rank = bus_strv_eq(f->source, MATCHER_DECIDED) ? 0
               : id < 0
                   ? -1
                   : bus_policy_fact_rank(s->rules->catalogue, id, f->source);
    return rank < 0 ? INT_MAX : rank;
}

/* Of two that are both verified, or both declared. */
static bool outdoes(const struct step *s,
                    const struct sa_fact *old,
                    const struct sa_fact *new)
{
    if (bus_strv_eq(old->source, new->source)) {
        return new->as_of >= old->as_of;
    }
    int was = rank_of(s, old), is = rank_of(s, new);
    if (was == is) {
        return new->as_of >= old->as_of;
    }
    const struct sa_fact *better = is < was ? new : old;
    const struct sa_fact *other = is < was ? old : new;
    int32_t fresh =
        bus_policy_source_fresh(s->rules->catalogue, better->source);
    bool stale = fresh > 0 && other->as_of - better->as_of > fresh;
    return stale == (better == old);
}

/* Says whether the new one takes the old one's place, and whether it matters
 * to an evaluation. */
static bool replaces(const struct step *s,
                     const struct sa_fact *old,
                     const struct sa_fact *new,
                     bool *ret_matters)
{
    *ret_matters = false;
    if (old->verified != new->verified ? old->verified
                                       : !outdoes(s, old, new)) {
        return false;
    }
    *ret_matters = !same_value(old, new) || old->verified != new->verified;
    return *ret_matters || new->as_of != old->as_of ||
           !bus_strv_eq(old->source, new->source);
}

static bool disputes(const struct sa_fact *old, const struct sa_fact *new)
{
    return old->verified &&
           !new->verified &&new->as_of > old->as_of &&new->value.branch !=
               SA_FACT_VALUE_NULL &&
           !same_value(old, new) && !bus_strv_eq(old->source, MATCHER_DECIDED);
}

/* People are told of what; no value. */
static int tell_dispute(struct step *s, const struct sa_fact *f)
{
    struct bus_id about = {{0}};
    uint64_t h = fact_hash(f), k = bus_hash64(f->name.p, f->name.n, h);
    memcpy(about.b, &h, sizeof(h));
    memcpy(about.b + sizeof(h), &k, sizeof(k));
    const char *note =
        bus_arena_printf(s->mem, "FACT_DISPUTED %.*s", BUS_STRV_ARG(f->name));
    return note == NULL ? matcher_step_no_memory(s)
                        : matcher_step_attention(s, &about, bus_strv(note));
}

/* Out of the facts that count, among the disputed. */
static int facts_dispute(struct step *s,
                         struct fold *f,
                         size_t at,
                         const struct sa_fact *new)
{
    struct sa_household_state *st = s->state;
    size_t n = st->disputed.n;
    struct sa_disputed_fact *list =
        bus_arena_alloc(s->mem, (n + 1) * sizeof(*list));
    f->gone =
        f->gone ? f->gone : bus_arena_calloc(s->mem, f->room, sizeof(*f->gone));
    if (list == NULL || f->gone == NULL) {
        return matcher_step_no_memory(s);
    }
    if (n > 0) {
        memcpy(list, st->disputed.v, n * sizeof(*list));
    }
    list[n] = (struct sa_disputed_fact){f->list[at], new->as_of};
    st->disputed.v = list;
    st->disputed.n = n + 1;
    f->gone[at] = true;
    s->out->changed = *f->changed = true;
    return tell_dispute(s, new);
}

/* Of a fact in dispute: settled by who looks at it on that day or later, or by
 * a declaration that says as it was verified. *ret_left: what counts again;
 * unchanged: nothing does. */
static bool facts_agree(const struct step *s,
                        struct sa_disputed_fact *d,
                        const struct sa_fact *new,
                        const struct sa_fact **ret_left)
{
    bool matters;
    if (new->verified &&new->as_of >= d->declared_on) {
        *ret_left = new;
        return true;
    }
    if (!new->verified &&new->as_of >= d->declared_on &&
        same_value(&d->fact, new)) {
        *ret_left = &d->fact;
        return true;
    }
    if (new->verified && replaces(s, &d->fact, new, &matters)) {
        d->fact = *new;
    }
    return false;
}

/* False: it is in dispute still. Else *new is what counts. */
static bool facts_settle(struct step *s, const struct sa_fact **new)
{
    struct sa_household_state *st = s->state;
    for (size_t i = 0; i < st->disputed.n; i++) {
        struct sa_disputed_fact *d = &st->disputed.v[i];
        if (!same_subject(&d->fact, *new)) {
            continue;
        }
        s->out->changed = true;
        if (!facts_agree(s, d, *new, new)) {
            return false;
        }
        struct sa_fact *kept = bus_arena_dup(s->mem, *new, sizeof(**new));
        if (kept == NULL) {
            return false; /* stays in dispute */
        }
        *new = kept;
        st->disputed.v[i] = st->disputed.v[--st->disputed.n];
        return true;
    }
    return true;
}

/* It takes the place of what was declared as something else. */
static void facts_note_anew(struct step *s,
                            const struct sa_fact *old,
                            const struct sa_fact *new)
{
    if (s->event->kind != MATCHER_APPLICATION || old->verified ||
        same_value(old, new)) {
        return;
    }
    for (size_t i = 0; i < s->anew.n; i++) {
        if (bus_strv_eq(s->anew.names[i], new->name)) {
            return;
        }
    }
    if (s->anew.n < STEP_ANEW_MAX) {
        s->anew.names[s->anew.n++] = new->name;
    }
}

static int facts_fold_one(struct step *s,
                          struct fold *f,
                          const struct sa_fact *new,
                          int32_t id)
{
    struct sa_household_state *st = s->state;
    bool matters = true;
    if (st->disputed.n > 0 && !facts_settle(s, &new)) {
        return BUS_OK;
    }
    uint32_t *slot = facts_slot_of(f, new, id);
    if (*slot == 0) {
        f->ids[st->facts.n] = id;
        f->list[st->facts.n++] = *new;
        *slot = (uint32_t)st->facts.n;
    } else if (f->gone != NULL && f->gone[*slot - 1]) {
        f->list[*slot - 1] = *new; /* disputed and settled in one event */
        f->gone[*slot - 1] = false;
    } else if (replaces(s, &f->list[*slot - 1], new, &matters)) {
        facts_note_anew(s, &f->list[*slot - 1], new);
        f->list[*slot - 1] = *new;
    } else if (disputes(&f->list[*slot - 1], new)) {
        return facts_dispute(s, f, *slot - 1, new);
    } else {
        return BUS_OK;
    }
    s->out->changed = true;
    *f->changed |= matters;
    return BUS_OK;
}

static void drop_gone(struct step *s, const struct fold *f)
{
    size_t n = 0;
    for (size_t i = 0; f->gone != NULL && i < s->state->facts.n; i++) {
        if (!f->gone[i]) {
            f->ids[n] = f->ids[i];
            f->list[n++] = f->list[i];
        }
    }
    s->state->facts.n = f->gone != NULL ? n : s->state->facts.n;
}

/* The state's list becomes a copy with room for what may come, indexed. */
static int open_fold(struct step *s, struct fold *f)
{
    struct sa_household_state *st = s->state;
    size_t n = st->facts.n, cap = 16;
    while (cap < f->room * 2) {
        cap *= 2;
    }
    BUS_TRY(matcher_number_list(s, &s->facts, st->facts.v, n));
    f->mask = cap - 1;
    f->slots = bus_arena_calloc(s->mem, cap, sizeof(*f->slots));
    f->ids = bus_arena_alloc(s->mem, (f->room + 1) * sizeof(*f->ids));
    f->list = bus_arena_alloc(s->mem, (f->room + 1) * sizeof(*f->list));
    if (f->slots == NULL || f->ids == NULL || f->list == NULL) {
        return matcher_step_no_memory(s);
    }
    if (n > 0) {
        memcpy(f->ids, s->facts.ids, n * sizeof(*f->ids));
        memcpy(f->list, st->facts.v, n * sizeof(*f->list));
    }
    st->facts.v = f->list;
    for (size_t i = 0; i < n; i++) {
        *facts_slot_of(f, &f->list[i], f->ids[i]) = (uint32_t)(i + 1);
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
    struct fold f = {.room = st->facts.n + n, .changed = ret_changed};
    if (f.room > 2 * MATCHER_FACTS_MAX) {
        return matcher_step_reject(s, BUS_ETOOBIG, "LIMIT",
                                   "%zu facts in one event; at most %d", n,
                                   MATCHER_FACTS_MAX);
    }
    BUS_TRY(matcher_number_list(s, &s->said, facts, n));
    BUS_TRY(open_fold(s, &f));
    for (size_t i = 0; i < n; i++) {
        BUS_TRY(facts_fold_one(s, &f, &facts[i], s->said.ids[i]));
    }
    drop_gone(s, &f);
    if (st->facts.n > MATCHER_FACTS_MAX) {
        return matcher_step_reject(
            s, BUS_ETOOBIG, "LIMIT",
            "the household would have %zu facts; at most %d", st->facts.n,
            MATCHER_FACTS_MAX);
    }
    s->facts =
        (struct step_facts){.of = st->facts.v, .n = st->facts.n, .ids = f.ids};
    return BUS_OK;
}
