/* Cells of facts and standards, and the world of the tree walk over them. */
#include "bus/policy/view.h"

#include <assert.h>
#include <string.h>

#include "bus/feel/number.h"

static const struct feel_missing nothing;

struct feel_value policy_value(struct cell c)
{
    switch (c.tag) {
    case CELL_BOOL:
        return feel_bool(c.n != 0);
    case CELL_INT:
        return feel_long(c.n);
    case CELL_DATE:
        return feel_days_date(c.n);
    case CELL_TEXT:
        return feel_string(*c.text);
    case CELL_VALUE:
        return *c.value;
    case CELL_UNKNOWN:
        return (struct feel_value){.kind = FEEL_UNKNOWN, .missing = c.missing};
    case CELL_NULL:
        return feel_wrong(c.why);
    default:
        return feel_wrong("a derived fact that needs itself");
    }
}

struct cell policy_cell(struct household_view *w, struct feel_value v)
{
    struct cell c = {.tag = CELL_VALUE};
    switch (v.kind) {
    case FEEL_BOOLEAN:
        return (struct cell){.tag = CELL_BOOL, .n = v.boolean};
    case FEEL_NULL:
        return (struct cell){.tag = CELL_NULL, .why = v.why};
    case FEEL_DATE:
        return (struct cell){.tag = CELL_DATE, .n = v.when.day};
    case FEEL_UNKNOWN:
        return (struct cell){.tag = CELL_UNKNOWN, .missing = v.missing};
    case FEEL_NUMBER:
        if (feel_number_to_long(&v, &c.n)) {
            c.tag = CELL_INT;
            return c;
        }
        break;
    case FEEL_STRING:
        c.text = bus_arena_dup(w->mem, &v.string, sizeof(v.string));
        c.tag = CELL_TEXT;
        break;
    default:
        break;
    }
    if (c.tag == CELL_VALUE) {
        c.value = bus_arena_dup(w->mem, &v, sizeof(v));
    }
    return c.value ? c : (struct cell){.tag = CELL_NULL, .why = feel_no_memory};
}

struct cell
policy_unknown_of(struct household_view *w, struct cell a, struct cell b)
{
    if (a.tag != CELL_UNKNOWN || b.tag != CELL_UNKNOWN) {
        return a.tag == CELL_UNKNOWN ? a : b;
    }
    if (w->quiet || a.missing == b.missing) {
        return a;
    }
    struct feel_value x = policy_value(a), y = policy_value(b);
    return policy_cell(w, feel_unknown_of(w->mem, &x, &y));
}

static struct cell of_fact(const struct bus_policy_fact *f)
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

static struct cell view_ask(struct household_view *w, int fact, int member)
{
    if (w->quiet) {
        return (struct cell){.tag = CELL_UNKNOWN, .missing = &nothing};
    }
    return policy_cell(w, feel_unknown(w->mem, fact, member));
}

static struct cell
view_derive(struct household_view *w, const struct fact_def *f, int member)
{
    if (!w->by_tree && f->program != NULL) {
        return policy_run(w, f->program, f->member ? member : -1);
    }
    struct feel_value self = {.kind = FEEL_THING};
    self.thing.what = FEEL_MEMBER;
    self.thing.index = member;
    return policy_cell(
        w, feel_eval_in(f->derived, &w->env, f->member ? &self : NULL));
}

struct cell
policy_fact(struct household_view *w, const struct fact_def *f, int member)
{
    size_t fact = (size_t)(f - w->c->facts);
    struct cell *c = &w->cells[fact * w->width + (size_t)(member + 1)];
    if (c->tag == CELL_NONE) {
        if (f->derived == NULL) {
            *c = view_ask(w, (int)fact, member);
        } else {
            c->tag = CELL_BUSY;
            *c = view_derive(w, f, member);
        }
    }
    return c->tag == CELL_BUSY
               ? (struct cell){.tag = CELL_NULL,
                               .why = "a derived fact that needs itself"}
               : *c;
}

static const struct standard_value *in_force(const struct standard_def *s,
                                             int32_t day)
{
    const struct standard_value *best = NULL;
    for (size_t i = 0; i < s->count; i++) {
        if (s->values[i].from <= day &&
            (best == NULL || s->values[i].from >= best->from)) {
            best = &s->values[i];
        }
    }
    return best;
}

static struct cell by_word(struct household_view *w,
                           const struct standard_value *v)
{
    struct cell word = policy_fact(w, &w->c->facts[v->by], -1);
    struct cell r = {.tag = CELL_NULL, .why = "no such word"};
    char text[64];
    struct feel_value figure;
    if (word.tag == CELL_UNKNOWN) {
        return word;
    }
    const struct bus_node *n =
        word.tag == CELL_TEXT
            ? bus_node_get(v->in, bus_strv_copy(text, sizeof(text), *word.text))
            : NULL;
    return n && feel_number_parse(n->text, &figure) ? policy_cell(w, figure)
                                                    : r;
}

struct cell policy_standard(struct household_view *w,
                            const struct standard_def *s)
{
    struct cell *c = &w->standards[s - w->c->standards];
    if (c->tag != CELL_NONE) {
        return *c;
    }
    const struct standard_value *v = in_force(s, w->rule_date);
    struct cell r = {.tag = CELL_NULL,
                     .why = "no standard in force on that day"};
    c->tag = CELL_BUSY;
    if (s->derived != NULL) {
        r = !w->by_tree && s->program
                ? policy_run(w, s->program, -1)
                : policy_cell(w, feel_eval_in(s->derived, &w->env, NULL));
    } else if (v != NULL) {
        r = v->by < 0 ? policy_cell(w, v->value) : by_word(w, v);
    }
    *c = r;
    return r;
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
        assert(f->fact >= 0 && (size_t)f->fact < c->fact_count);
        if (c->facts[f->fact].derived == NULL) {
            w->cells[(size_t)f->fact * w->width + (size_t)(f->member + 1)] =
                of_fact(f);
        }
    }
    return BUS_OK;
}

struct feel_value policy_eval(struct household_view *w,
                              const struct feel_node *tree,
                              const struct program *program)
{
    w->env.steps = 0;
    w->env.bound = NULL;
    return w->by_tree || program == NULL
               ? feel_eval(tree, &w->env)
               : policy_value(policy_run(w, program, -1));
}
