/* A household as rules see it: the world of the tree walk, and one rule. */
#include "bus/policy/view.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/feel/number.h"

struct cell policy_cell_of_fact(const struct bus_policy_fact *f)
{
    switch (f->kind) {
    case BUS_POLICY_BOOL:
        return (struct cell){.tag = CELL_BOOL, .n = f->number != 0};
    case BUS_POLICY_LONG:
        return (struct cell){.tag = CELL_INT, .n = f->number};
    case BUS_POLICY_DATE:
        return (struct cell){.tag = CELL_DATE, .n = f->number};
    case BUS_POLICY_TEXT:
        return (struct cell){.tag = CELL_TEXT, .text = &f->text};
    case BUS_POLICY_NULL:
        break;
    }
    return (struct cell){.tag = CELL_NULL};
}

/* --- for the tree walk --- */

static bool property(void *data,
                     const struct feel_value *thing,
                     struct bus_strv name,
                     struct feel_value *ret)
{
    struct household_view *w = data;
    if (thing->thing.what == FEEL_STANDARDS) {
        const struct standard_def *s = bus_map_get(&w->c->standard_names, name);
        if (s != NULL) {
            *ret = policy_value(policy_standard(w, s));
        }
        return s != NULL;
    }
    bool member = thing->thing.what == FEEL_MEMBER;
    BUS_CHECK(!member || (thing->thing.index >= 0 &&
                          (size_t)thing->thing.index < w->h->member_count));
    const struct fact_def *f = bus_map_get(
        member ? &w->c->member_names : &w->c->household_names, name);
    if (f != NULL) {
        *ret =
            policy_value(policy_fact(w, f, member ? thing->thing.index : -1));
    }
    return f != NULL;
}

static bool
view_global(void *data, struct bus_strv name, struct feel_value *ret)
{
    struct household_view *w = data;
    *ret = (struct feel_value){.kind = FEEL_THING};
    if (bus_strv_is(name, "household") || bus_strv_is(name, "家庭")) {
        ret->thing.what = FEEL_HOUSEHOLD;
    } else if (bus_strv_is(name, "standard") || bus_strv_is(name, "标准")) {
        ret->thing.what = FEEL_STANDARDS;
    } else if (bus_strv_is(name, "members") || bus_strv_is(name, "成员")) {
        *ret = w->members;
    } else if (bus_strv_is(name, "rule_date") ||
               bus_strv_is(name, "适用日期")) {
        *ret = feel_days_date(w->rule_date);
    } else if (w->has_beneficiaries && (bus_strv_is(name, "beneficiaries") ||
                                        bus_strv_is(name, "受益人"))) {
        *ret = w->beneficiaries;
    } else {
        return false;
    }
    return true;
}

int policy_view_open(struct household_view *w,
                     const struct bus_policy_catalogue *c,
                     const struct bus_policy_household *h,
                     int32_t rule_date,
                     struct bus_arena *mem,
                     struct bus_err *err)
{
    BUS_CHECK(h->fact_count == 0 || h->facts != NULL);
    *w = (struct household_view){
        .c = c, .h = h, .mem = mem, .rule_date = rule_date};
    if (h->member_count > POLICY_MEMBERS_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "%zu members; at most %d",
                        h->member_count, POLICY_MEMBERS_MAX);
    }
    w->env = (struct feel_env){
        .mem = mem, .data = w, .global = view_global, .property = property};
    w->width = h->member_count + 1;
    struct feel_value *members =
        bus_arena_calloc(mem, h->member_count + 1, sizeof(*members));
    w->cells =
        bus_arena_calloc(mem, c->fact_count * w->width + 1, sizeof(*w->cells));
    w->standards =
        bus_arena_calloc(mem, c->standard_count + 1, sizeof(*w->standards));
    if (members == NULL || w->cells == NULL || w->standards == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for a household");
    }
    for (size_t i = 0; i < h->member_count; i++) {
        members[i].kind = FEEL_THING;
        members[i].thing.what = FEEL_MEMBER;
        members[i].thing.index = (int)i;
    }
    w->members = feel_list_of(members, h->member_count);
    for (size_t i = 0; i < h->fact_count; i++) {
        const struct bus_policy_fact *f = &h->facts[i];
        BUS_CHECK(f->member >= -1 && f->member < (int)h->member_count);
        BUS_CHECK(f->fact >= 0 && (size_t)f->fact < c->fact_count);
        w->unconfirmed |= c->facts[f->fact].confirmed && !f->verified;
        bool unsaid =
            c->facts[f->fact].claim != CLAIM_NONE && f->kind == BUS_POLICY_NULL;
        if (c->facts[f->fact].derived == NULL && !unsaid) {
            w->cells[(size_t)f->fact * w->width + (size_t)(f->member + 1)] =
                policy_cell_of_fact(f);
        }
    }
    return BUS_OK;
}

struct household_view *policy_view_confirmed(struct household_view *w)
{
    if (!w->unconfirmed || w->confirmed != NULL) {
        return w->unconfirmed ? w->confirmed : w;
    }
    struct household_view *to = bus_arena_alloc(w->mem, sizeof(*to));
    struct bus_policy_household *h = bus_arena_dup(w->mem, w->h, sizeof(*h));
    struct bus_policy_fact *facts =
        bus_arena_alloc(w->mem, (w->h->fact_count + 1) * sizeof(*facts));
    if (to == NULL || h == NULL || facts == NULL) {
        return NULL;
    }
    h->facts = facts;
    h->fact_count = 0;
    for (size_t i = 0; i < w->h->fact_count; i++) {
        const struct bus_policy_fact *f = &w->h->facts[i];
        if (f->verified || !w->c->facts[f->fact].confirmed) {
            facts[h->fact_count++] = *f;
        }
    }
    BUS_CHECK(h->fact_count < w->h->fact_count);
    if (policy_view_open(to, w->c, h, w->rule_date, w->mem, NULL) != BUS_OK) {
        return NULL;
    }
    to->quiet = w->quiet;
    to->by_tree = w->by_tree;
    return w->confirmed = to;
}

/* Every evaluation begins anew. By the tree: where there is no program, or the
 * two are compared. */
static bool view_begin(struct household_view *w,
                       const struct feel_node *tree,
                       const struct program *program)
{
    BUS_CHECK(tree != NULL || program != NULL);
    w->env.steps = 0;
    w->env.bound = NULL;
    return w->by_tree || program == NULL;
}

struct feel_value policy_eval(struct household_view *w,
                              const struct feel_node *tree,
                              const struct program *program)
{
    return view_begin(w, tree, program)
               ? feel_eval(tree, &w->env)
               : policy_value(policy_run(w, program, -1));
}

struct cell policy_eval_cell(struct household_view *w,
                             const struct feel_node *tree,
                             const struct program *program)
{
    return view_begin(w, tree, program)
               ? policy_cell(w, feel_eval(tree, &w->env))
               : policy_run(w, program, -1);
}

static bool view_within(int32_t when, int32_t day, int32_t days)
{
    return when > day && when - day <= days;
}

bool policy_turns(const struct bus_policy_catalogue *c,
                  const struct item_def *it,
                  int32_t day,
                  int32_t days)
{
    bool turns = false;
    for (size_t i = 0; i < it->count; i++) {
        const struct version_def *v = &it->versions[i];
        turns |= view_within(v->from, day, days) ||
                 (v->to < INT32_MAX && view_within(v->to + 1, day, days));
    }
    for (size_t i = 0; i < c->standard_count && !turns; i++) {
        for (size_t k = 0; k < c->standards[i].count; k++) {
            turns |= view_within(c->standards[i].values[k].from, day, days);
        }
    }
    return turns;
}
