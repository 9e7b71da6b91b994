/* The program run: a stack of cells. Two whole numbers, two words, two days or
 * two booleans meet here; all else meets as FEEL values. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/feel/number.h"
#include "bus/policy/program_parts.h"

static struct cell program_run_code(struct household_view *w,
                                    const struct program *p,
                                    uint32_t from,
                                    uint32_t to,
                                    int member);

static const struct feel_missing nothing;

static inline struct cell a_bool(bool b)
{
    return (struct cell){.tag = CELL_BOOL, .n = b};
}

static struct cell an_int(int64_t n)
{
    return (struct cell){.tag = CELL_INT, .n = n};
}

static struct cell
no_boolean(struct household_view *w, struct cell a, struct cell b, bool is_or)
{
    struct feel_value x = policy_value(a), y = policy_value(b);
    return policy_cell(w, is_or ? feel_or(w->mem, &x, &y)
                                : feel_and(w->mem, &x, &y));
}

static inline struct cell program_run_join(struct household_view *w,
                                           struct cell a,
                                           struct cell b,
                                           bool is_or)
{
    if (a.tag == CELL_BOOL && b.tag == CELL_BOOL) {
        return a_bool(is_or ? (a.n | b.n) != 0 : (a.n & b.n) != 0);
    }
    if (policy_cell_is(a, is_or) || policy_cell_is(b, is_or)) {
        return a_bool(is_or);
    }
    if (a.tag == CELL_UNKNOWN || b.tag == CELL_UNKNOWN) {
        return policy_unknown_of(w, a, b);
    }
    return policy_cell_is(a, !is_or) && policy_cell_is(b, !is_or)
               ? a_bool(!is_or)
               : no_boolean(w, a, b, is_or);
}

struct cell
policy_cell_and(struct household_view *w, struct cell a, struct cell b)
{
    return program_run_join(w, a, b, false);
}

static struct cell program_run_compare(struct household_view *w,
                                       enum feel_op op,
                                       struct cell a,
                                       struct cell b)
{
    if (a.tag == b.tag && (a.tag == CELL_INT || a.tag == CELL_DATE)) {
        return a_bool(feel_op_holds(op, (a.n > b.n) - (a.n < b.n)));
    }
    if (a.tag == CELL_UNKNOWN || b.tag == CELL_UNKNOWN) {
        return policy_unknown_of(w, a, b);
    }
    bool equality = op == FEEL_OP_EQ || op == FEEL_OP_NE;
    if (equality && a.tag == CELL_TEXT && b.tag == CELL_TEXT) {
        return a_bool(bus_strv_eq(*a.text, *b.text) == (op == FEEL_OP_EQ));
    }
    if (equality && a.tag == CELL_BOOL && b.tag == CELL_BOOL) {
        return a_bool((a.n == b.n) == (op == FEEL_OP_EQ));
    }
    struct feel_value x = policy_value(a), y = policy_value(b);
    return policy_cell(w, feel_compare(&w->env, op, &x, &y));
}

static struct cell program_run_arith(struct household_view *w,
                                     enum feel_op op,
                                     struct cell a,
                                     struct cell b)
{
    int64_t r;
    if (a.tag == CELL_INT && b.tag == CELL_INT) {
        bool bad = op == FEEL_OP_ADD   ? __builtin_add_overflow(a.n, b.n, &r)
                   : op == FEEL_OP_SUB ? __builtin_sub_overflow(a.n, b.n, &r)
                   : op == FEEL_OP_MUL ? __builtin_mul_overflow(a.n, b.n, &r)
                                       : b.n <= 0 || a.n % b.n != 0;
        if (!bad) {
            return an_int(op == FEEL_OP_DIV ? a.n / b.n : r);
        }
    }
    if (a.tag == CELL_UNKNOWN || b.tag == CELL_UNKNOWN) {
        return policy_unknown_of(w, a, b);
    }
    struct feel_value x = policy_value(a), y = policy_value(b);
    return policy_cell(w, feel_arith(&w->env, op, &x, &y));
}

static struct cell negated(struct household_view *w, struct cell a)
{
    if (a.tag == CELL_BOOL) {
        return a_bool(a.n == 0);
    }
    struct feel_value x = policy_value(a);
    return policy_cell(
        w, x.kind == FEEL_UNKNOWN
               ? x
               : feel_wrong("not() of something that is no boolean"));
}

static struct cell program_run_in_texts(struct household_view *w,
                                        const struct op *o,
                                        struct cell a)
{
    if (a.tag == CELL_TEXT) {
        bool found = false;
        for (uint16_t i = 0; i < o->count && !found; i++) {
            found = a.text->n == o->texts[i].n &&
                    memcmp(a.text->p, o->texts[i].p, a.text->n) == 0;
        }
        return a_bool(found);
    }
    if (a.tag == CELL_UNKNOWN) {
        return a;
    }
    BUS_CHECK(o->count > 0);
    struct feel_value x = policy_value(a), s = feel_string(o->texts[0]);
    struct feel_value any = feel_equal(w->mem, &x, &s);
    return policy_cell(w, feel_or(w->mem, &feel_false, &any));
}

static struct cell
in_ints(struct household_view *w, const struct op *o, struct cell a)
{
    bool low = (o->count & PROGRAM_LOW_CLOSED) != 0;
    bool high = (o->count & PROGRAM_HIGH_CLOSED) != 0;
    if (a.tag == CELL_INT) {
        return a_bool((low ? a.n >= o->range.low : a.n > o->range.low) &&
                      (high ? a.n <= o->range.high : a.n < o->range.high));
    }
    if (a.tag == CELL_UNKNOWN) {
        return a;
    }
    struct feel_value l = feel_long(o->range.low), h = feel_long(o->range.high);
    struct feel_value r = {.kind = FEEL_RANGE,
                           .range = {&l, &h, low, high, false}};
    struct feel_value x = policy_value(a), in = feel_in(&w->env, &x, &r);
    return policy_cell(w, feel_or(w->mem, &feel_false, &in));
}

static struct cell builtin(struct household_view *w,
                           const char *name,
                           const struct cell *a,
                           size_t n)
{
    struct feel_value *v = bus_arena_alloc(w->mem, n * sizeof(*v));
    for (size_t i = 0; v != NULL && i < n; i++) {
        v[i] = policy_value(a[i]);
    }
    return policy_cell(
        w, v ? feel_builtin_call(&w->env, feel_builtin_find(bus_strv(name)), v,
                                 NULL, n)
             : feel_wrong(feel_no_memory));
}

static struct cell
program_run_rounded(struct household_view *w, const struct op *o, struct cell a)
{
    if (a.tag == CELL_INT || a.tag == CELL_UNKNOWN) {
        return a;
    }
    BUS_CHECK(o->code == OP_FLOOR || o->code == OP_CEILING);
    return builtin(w, o->code == OP_FLOOR ? "floor" : "ceiling", &a, 1);
}

static struct cell program_run_extreme(struct household_view *w,
                                       const struct op *o,
                                       const struct cell *a)
{
    BUS_CHECK(o->code == OP_LEAST || o->code == OP_MOST);
    bool least = o->code == OP_LEAST;
    if (a[0].tag == CELL_INT && a[1].tag == CELL_INT) {
        bool first = least ? a[0].n <= a[1].n : a[0].n >= a[1].n;
        return first ? a[0] : a[1];
    }
    return builtin(w, least ? "min" : "max", a, 2);
}

static struct cell
program_run_years(struct household_view *w, struct cell a, struct cell b)
{
    if (a.tag == CELL_DATE && b.tag == CELL_DATE) {
        struct feel_value x = feel_days_date(a.n), y = feel_days_date(b.n);
        return an_int(feel_months_between(&x, &y) / 12);
    }
    struct cell both[] = {a, b};
    struct cell m = builtin(w, "years and months duration", both, 2);
    struct feel_value v = policy_value(m), r;
    bool known = v.kind == FEEL_MONTHS &&
                 feel_temporal_property(&v, BUS_STRV("years"), &r);
    return known ? policy_cell(w, r)
           : m.tag == CELL_UNKNOWN
               ? m
               : policy_cell(w, feel_wrong("no such property"));
}

/* --- facts and standards, each worked out once --- */

static struct cell view_ask(struct household_view *w, int fact, int member)
{
    BUS_CHECK(fact >= 0 && (size_t)fact < w->c->fact_count);
    switch (w->c->facts[fact].claim) {
    case CLAIM_ZERO:
        return an_int(0);
    case CLAIM_NO:
        return a_bool(false);
    case CLAIM_NULL:
        return (struct cell){.tag = CELL_NULL};
    case CLAIM_NONE:
        break;
    }
    if (w->quiet) {
        return (struct cell){.tag = CELL_UNKNOWN, .missing = &nothing};
    }
    return policy_cell(w, feel_unknown(w->mem, fact, member));
}

static struct cell
view_derive(struct household_view *w, const struct fact_def *f, int member)
{
    BUS_CHECK(f->derived != NULL);
    if (!w->by_tree && f->program != NULL) {
        return policy_run(w, f->program, f->member ? member : -1);
    }
    struct feel_value self = {.kind = FEEL_THING};
    self.thing.what = FEEL_MEMBER;
    self.thing.index = member;
    return policy_cell(
        w, feel_eval_in(f->derived, &w->env, f->member ? &self : NULL));
}

/* Out of facts that are within their bounds comes one that is not. */
static bool view_beyond(const struct fact_def *f, const struct cell *c)
{
    const struct bus_bounds *b = &f->bounds;
    if (c->tag == CELL_INT) {
        return c->n < b->min || c->n > b->max;
    }
    if (c->tag != CELL_VALUE || c->value->kind != FEEL_NUMBER ||
        (b->min == INT64_MIN && b->max == INT64_MAX)) {
        return false;
    }
    struct feel_value min = feel_long(b->min), max = feel_long(b->max);
    return feel_number_cmp(c->value, &min) < 0 ||
           feel_number_cmp(c->value, &max) > 0;
}

struct cell
policy_fact(struct household_view *w, const struct fact_def *f, int member)
{
    size_t fact = (size_t)(f - w->c->facts);
    BUS_CHECK(fact < w->c->fact_count && (size_t)(member + 1) < w->width);
    struct cell *c = &w->cells[fact * w->width + (size_t)(member + 1)];
    if (c->tag == CELL_NONE) {
        if (f->derived == NULL) {
            *c = view_ask(w, (int)fact, member);
        } else {
            c->tag = CELL_BUSY;
            *c = view_derive(w, f, member);
            if (view_beyond(f, c)) {
                *c = (struct cell){.tag = CELL_NULL,
                                   .why = "a derived fact beyond its bounds"};
            }
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
    BUS_CHECK((size_t)v->by < w->c->fact_count);
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
    BUS_CHECK((size_t)(s - w->c->standards) < w->c->standard_count);
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

/* A piece of tree, with the member at hand bound as it was in the text. */
static struct cell program_run_tree(struct household_view *w,
                                    const struct feel_node *n,
                                    const struct bus_strv *var,
                                    int member)
{
    BUS_CHECK(n != NULL && member < (int)w->h->member_count);
    struct feel_value self = {.kind = FEEL_THING};
    struct feel_binding b = {NULL, {NULL, 0}, &self}, *outer = w->env.bound;
    self.thing.what = FEEL_MEMBER;
    self.thing.index = member;
    if (var != NULL) {
        b.name = *var;
    }
    w->env.bound = var != NULL ? &b : NULL;
    struct feel_value v = feel_eval(n, &w->env);
    w->env.bound = outer;
    return policy_cell(w, v);
}

static struct cell quantified(struct household_view *w,
                              const struct program *p,
                              uint32_t at,
                              const struct op *o)
{
    BUS_CHECK(o->to > at && o->to <= p->count);
    bool some = o->code == OP_SOME;
    struct cell r = a_bool(!some);
    for (size_t m = 0; m < w->h->member_count; m++) {
        r = program_run_join(
            w, r, program_run_code(w, p, at + 1, o->to, (int)m), some);
        if (policy_cell_is(r, some)) {
            break;
        }
    }
    return r;
}

static struct cell program_run_counted(struct household_view *w,
                                       const struct program *p,
                                       uint32_t at,
                                       const struct op *o)
{
    BUS_CHECK(o->to > at && o->to <= p->count);
    struct cell open = a_bool(false);
    int64_t n = 0;
    for (size_t m = 0; m < w->h->member_count; m++) {
        struct cell c = program_run_code(w, p, at + 1, o->to, (int)m);
        n += policy_cell_is(c, true);
        if (c.tag == CELL_UNKNOWN) {
            open = policy_unknown_of(w, open, c);
        }
    }
    return open.tag == CELL_UNKNOWN ? open : an_int(n);
}

/* A limit that was met is never taken for an absent fact: the whole program is
 * null with that reason. */
static struct cell program_run_noted(struct household_view *w, struct cell c)
{
    if (c.tag == CELL_NULL && c.why != NULL && feel_is_limit(c.why)) {
        w->broken = c.why;
    }
    return c;
}

/* Where an `if` goes on. */
static uint32_t branch(struct household_view *w,
                       const struct op *o,
                       uint32_t at,
                       struct cell c,
                       int member,
                       struct cell *known)
{
    BUS_CHECK(o->to > at && o->count > 0);
    known->tag = CELL_NONE;
    if (policy_cell_is(c, true)) {
        return at + 1;
    }
    if (c.tag == CELL_BOOL || c.tag == CELL_NULL) {
        return o->to;
    }
    *known = program_run_noted(
        w, program_run_tree(w, o->tree.node, o->tree.var, member));
    return at + o->count;
}

static struct cell program_run_pushed(struct household_view *w,
                                      const struct program *p,
                                      uint32_t at,
                                      int member)
{
    const struct op *o = &p->ops[at];
    switch (o->code) {
    case OP_STANDARD:
        return program_run_noted(w, policy_standard(w, o->standard));
    case OP_RULE_DATE:
        return (struct cell){.tag = CELL_DATE, .n = w->rule_date};
    case OP_MEMBERS:
        return an_int((int64_t)w->h->member_count);
    case OP_SOME:
    case OP_EVERY:
        return quantified(w, p, at, o);
    case OP_COUNT:
        return program_run_counted(w, p, at, o);
    default:
        return program_run_noted(
            w, program_run_tree(w, o->tree.node, o->tree.var, member));
    }
}

/* The less usual operations on what is on top. */
static void
operate(struct household_view *w, const struct op *o, struct cell *top)
{
    switch (o->code) {
    case OP_ARITH:
        top[-1] = program_run_arith(w, o->op, top[-1], top[0]);
        break;
    case OP_YEARS:
        top[-1] = program_run_years(w, top[-1], top[0]);
        break;
    case OP_LEAST:
    case OP_MOST:
        top[-1] = program_run_extreme(w, o, &top[-1]);
        break;
    case OP_NOT:
        top[0] = negated(w, top[0]);
        break;
    case OP_IN_INT:
        top[0] = in_ints(w, o, top[0]);
        break;
    default:
        top[0] = program_run_rounded(w, o, top[0]);
        break;
    }
}

static inline struct cell
fact_cell(struct household_view *w, const struct op *o, int member)
{
    const struct cell *c =
        &w->cells[o->fact.index * w->width + (size_t)(member + 1)];
    return c->tag > CELL_NULL
               ? *c
               : program_run_noted(w, policy_fact(w, o->fact.def, member));
}

/* What is met most, here; false: the slower way. */
static inline bool program_run_quick(struct household_view *w,
                                     const struct op *o,
                                     int member,
                                     struct cell **top)
{
    struct cell *t = *top;
    switch (o->code) {
    case OP_FACT:
        *++t = fact_cell(w, o, -1);
        break;
    case OP_MEMBER:
        *++t = fact_cell(w, o, member);
        break;
    case OP_CONST:
        *++t = o->cell;
        break;
    case OP_IN_TEXT:
        t[0] = program_run_in_texts(w, o, t[0]);
        break;
    case OP_COMPARE:
        t[-1] = program_run_compare(w, o->op, t[-1], t[0]);
        t--;
        break;
    case OP_AND:
    case OP_OR:
        t[-1] = program_run_join(w, t[-1], t[0], o->code == OP_OR);
        t--;
        break;
    default:
        return false;
    }
    *top = t;
    return true;
}

static struct cell program_run_code(struct household_view *w,
                                    const struct program *p,
                                    uint32_t from,
                                    uint32_t to,
                                    int member)
{
    BUS_CHECK(from <= to && to <= p->count);
    struct cell stack[PROGRAM_STACK + 1], known;
    struct cell *top = stack; /* stack[0] is below the first */
    for (uint32_t at = from; at < to; at++) {
        const struct op *o = &p->ops[at];
        if (program_run_quick(w, o, member, &top)) {
            continue;
        }
        switch (o->code) {
        case OP_JUMP_IF_FALSE:
        case OP_JUMP_IF_TRUE:
            at = policy_cell_is(*top, o->code == OP_JUMP_IF_TRUE) ? o->to - 1
                                                                  : at;
            break;
        case OP_JUMP:
            at = o->to - 1;
            break;
        case OP_BRANCH:
            at = branch(w, o, at, *top--, member, &known) - 1;
            if (known.tag != CELL_NONE) {
                *++top = known;
            }
            break;
        case OP_SOME:
        case OP_EVERY:
        case OP_COUNT:
            *++top = program_run_pushed(w, p, at, member);
            at = o->to - 1;
            break;
        case OP_ARITH:
        case OP_YEARS:
        case OP_LEAST:
        case OP_MOST:
            operate(w, o, top--);
            break;
        case OP_NOT:
        case OP_IN_INT:
        case OP_FLOOR:
        case OP_CEILING:
            operate(w, o, top);
            break;
        default:
            *++top = program_run_pushed(w, p, at, member);
            break;
        }
    }
    BUS_CHECK(top == stack + 1);
    return *top;
}

struct cell
policy_run(struct household_view *w, const struct program *p, int member)
{
    BUS_CHECK(p != NULL && member < (int)w->h->member_count);
    const char *outer = w->broken;
    w->broken = NULL;
    struct cell c = program_run_code(w, p, 0, p->count, member);
    if (w->broken != NULL) {
        c = (struct cell){.tag = CELL_NULL, .why = w->broken};
    }
    w->broken = outer;
    return c;
}
