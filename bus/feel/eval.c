/* Tree to value. A step is a node visited; steps, depth and the arena are
 * limited, so that no rule can hold the matcher. */
#include <string.h>

#include "bus/feel/tree.h"

bool feel_push(struct feel_env *env,
               struct feel_growing *g,
               struct feel_value v)
{
    if (g->n == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 8;
        struct feel_value *wide =
            bus_arena_alloc(env->mem, cap * sizeof(*wide));
        if (wide == NULL) {
            return false;
        }
        if (g->n > 0) {
            memcpy(wide, g->v, g->n * sizeof(*wide));
        }
        g->v = wide;
        g->cap = cap;
    }
    g->v[g->n++] = v;
    return true;
}

struct feel_value feel_as_list(struct feel_env *env, struct feel_value v)
{
    if (v.kind == FEEL_LIST || v.kind == FEEL_UNKNOWN) {
        return v;
    }
    struct feel_value *one = feel_keep(env, v);
    return one ? feel_list_of(one, v.kind == FEEL_NULL ? 0 : 1)
               : feel_wrong(feel_no_memory);
}

/* --- names and paths --- */

static bool range_property(const struct feel_range *r,
                           struct bus_strv name,
                           struct feel_value *ret)
{
    if (bus_strv_is(name, "start")) {
        *ret = r->low ? *r->low : feel_null;
    } else if (bus_strv_is(name, "end")) {
        *ret = r->high ? *r->high : feel_null;
    } else if (bus_strv_is(name, "start included")) {
        *ret = feel_bool(r->low_closed);
    } else if (bus_strv_is(name, "end included")) {
        *ret = feel_bool(r->high_closed);
    } else {
        return false;
    }
    return true;
}

bool feel_property(struct feel_env *env,
                   const struct feel_value *of,
                   struct bus_strv name,
                   struct feel_value *ret)
{
    const struct feel_value *e;
    switch (of->kind) {
    case FEEL_THING:
        return env->property(env->data, of, name, ret);
    case FEEL_CONTEXT:
        e = feel_entry_get(&of->context, name);
        if (e != NULL) {
            *ret = *e;
        }
        return e != NULL;
    case FEEL_DATE:
    case FEEL_TIME:
    case FEEL_DATE_TIME:
    case FEEL_MONTHS:
    case FEEL_DAYS:
        return feel_temporal_property(of, name, ret);
    case FEEL_RANGE:
        return range_property(&of->range, name, ret);
    default:
        return false;
    }
}

static struct feel_value eval_path(struct feel_env *env,
                                   const struct feel_node *n)
{
    struct feel_value of = feel_eval(n->kids[0], env), r = feel_null;
    if (of.kind == FEEL_UNKNOWN) {
        return of;
    }
    if (of.kind != FEEL_LIST) {
        return feel_property(env, &of, n->name, &r)
                   ? r
                   : feel_wrong("no such property");
    }
    struct feel_value *v =
        bus_arena_calloc(env->mem, of.list.n + 1, sizeof(*v));
    for (size_t i = 0; v != NULL && i < of.list.n; i++) {
        v[i] = feel_null;
        (void)feel_property(env, &of.list.v[i], n->name, &v[i]);
    }
    return v ? feel_list_of(v, of.list.n) : feel_wrong(feel_no_memory);
}

bool feel_lookup(struct feel_env *env,
                 struct bus_strv name,
                 struct feel_value *ret)
{
    for (const struct feel_binding *b = env->bound; b != NULL; b = b->up) {
        if (b->name.n > 0) {
            if (bus_strv_eq(b->name, name)) {
                *ret = *b->value;
                return true;
            }
        } else if (feel_property(env, b->value, name, ret)) {
            return true;
        } else if (b->name.p == NULL && bus_strv_is(name, "item")) {
            *ret = *b->value;
            return true;
        }
    }
    return env->global != NULL && env->global(env->data, name, ret);
}

static struct feel_value eval_name(struct feel_env *env,
                                   const struct feel_node *n)
{
    struct feel_value r = feel_null;
    if (feel_lookup(env, n->name, &r)) {
        return r;
    }
    const struct feel_builtin *b = feel_builtin_find(n->name);
    struct feel_function f = {.type = {.is = FEEL_T_FUNCTION,
                                       .kind = FEEL_FUNCTION,
                                       .any_function = true},
                              .builtin = b};
    r.kind = FEEL_FUNCTION;
    r.function = b ? bus_arena_dup(env->mem, &f, sizeof(f)) : NULL;
    return r.function ? r : feel_wrong("no such name");
}

/* --- membership --- */

static struct feel_value in_range(struct feel_env *env,
                                  const struct feel_value *v,
                                  const struct feel_range *r)
{
    struct feel_value low = feel_true, high = feel_true;
    if (r->low != NULL) {
        low = feel_order(env->mem, r->low_closed ? FEEL_OP_GE : FEEL_OP_GT, v,
                         r->low);
    }
    if (r->high != NULL) {
        high = feel_order(env->mem, r->high_closed ? FEEL_OP_LE : FEEL_OP_LT, v,
                          r->high);
    }
    return feel_and(env->mem, &low, &high);
}

struct feel_value feel_in(struct feel_env *env,
                          const struct feel_value *v,
                          const struct feel_value *test)
{
    if (test->kind == FEEL_RANGE && v->kind != FEEL_RANGE) {
        return in_range(env, v, &test->range);
    }
    if (test->kind != FEEL_LIST) {
        return feel_equal(env->mem, v, test);
    }
    struct feel_value any = feel_false;
    if (v->kind == FEEL_LIST) {
        any = feel_equal(env->mem, v, test);
    }
    for (size_t i = 0; i < test->list.n && !feel_is_true(&any); i++) {
        struct feel_value one = feel_in(env, v, &test->list.v[i]);
        one = one.kind == FEEL_NULL ? feel_false : one;
        any = feel_or(env->mem, &any, &one);
    }
    return any;
}

struct feel_value feel_compare(struct feel_env *env,
                               enum feel_op op,
                               const struct feel_value *a,
                               const struct feel_value *b)
{
    if (op == FEEL_OP_EQ || op == FEEL_OP_NE) {
        struct feel_value v = feel_equal(env->mem, a, b);
        return op == FEEL_OP_EQ || v.kind == FEEL_NULL ? v : feel_not(&v);
    }
    return feel_order(env->mem, op, a, b);
}

/* `< 5` alone is the range of all below 5; `= 5` the range of 5. */
static struct feel_value test_range(struct feel_env *env,
                                    const struct feel_node *n)
{
    struct feel_value v = feel_eval(n->kids[0], env);
    if (v.kind == FEEL_UNKNOWN || v.kind == FEEL_NULL || n->op == FEEL_OP_NE) {
        return n->op == FEEL_OP_NE ? feel_wrong("a test outside 'in'") : v;
    }
    const struct feel_value *end = feel_keep(env, v);
    bool low =
        n->op == FEEL_OP_GT || n->op == FEEL_OP_GE || n->op == FEEL_OP_EQ;
    bool high =
        n->op == FEEL_OP_LT || n->op == FEEL_OP_LE || n->op == FEEL_OP_EQ;
    bool closed = n->op != FEEL_OP_LT && n->op != FEEL_OP_GT;
    return end ? (struct feel_value){.kind = FEEL_RANGE,
                                     .range = {low ? end : NULL,
                                               high ? end : NULL, low && closed,
                                               high && closed,
                                               n->op == FEEL_OP_EQ}}
               : feel_wrong(feel_no_memory);
}

static struct feel_value one_test(struct feel_env *env,
                                  const struct feel_node *t,
                                  const struct feel_value *v)
{
    if (t->kind == NODE_TEST) {
        struct feel_value end = feel_eval(t->kids[0], env);
        return feel_compare(env, t->op, v, &end);
    }
    struct feel_value test = feel_eval(t, env);
    return feel_in(env, v, &test);
}

static bool reads_input(const struct feel_node *n)
{
    if (n->kind == NODE_NAME && bus_strv_is(n->name, "?")) {
        return true;
    }
    for (uint32_t i = 0; i < n->count; i++) {
        if (reads_input(n->kids[i])) {
            return true;
        }
    }
    return false;
}

/* An expression that is true of itself is a test passed, too. */
static struct feel_value simple_test(struct feel_env *env,
                                     const struct feel_node *t,
                                     const struct feel_value *v)
{
    if (t->kind == NODE_TEST) {
        return one_test(env, t, v);
    }
    struct feel_value said = feel_eval(t, env);
    bool own = said.kind == FEEL_BOOLEAN && t->kind != NODE_CONSTANT &&
               v->kind != FEEL_BOOLEAN && v->kind != FEEL_UNKNOWN;
    return own ? said : feel_in(env, v, &said);
}

/* What the test says of "?"; or whether the input is in it. */
static struct feel_value asks_input(struct feel_env *env,
                                    const struct feel_node *t,
                                    const struct feel_value *v)
{
    struct feel_value said = feel_eval(t, env);
    return said.kind == FEEL_BOOLEAN || said.kind == FEEL_UNKNOWN ||
                   said.kind == FEEL_NULL
               ? said
               : feel_in(env, v, &said);
}

/* 7.3.3 */
static struct feel_value eval_unary(struct feel_env *env,
                                    const struct feel_node *t,
                                    const struct feel_value *v)
{
    return t->kind == NODE_TEST || !reads_input(t) ? simple_test(env, t, v)
                                                   : asks_input(env, t, v);
}

static struct feel_value eval_membership(struct feel_env *env,
                                         const struct feel_node *n)
{
    struct feel_value v = feel_eval(n->kids[0], env), any = feel_false;
    struct feel_binding b = {env->bound, BUS_STRV("?"), &v};
    env->bound = &b;
    for (uint32_t i = 1; i < n->count && !feel_is_true(&any); i++) {
        const struct feel_node *t = n->kids[i];
        struct feel_value one = t->kind != NODE_TEST && reads_input(t)
                                    ? asks_input(env, t, &v)
                                    : one_test(env, t, &v);
        any = feel_or(env->mem, &any, &one);
    }
    env->bound = b.up;
    return any;
}

struct feel_value feel_test(const struct feel_node *tests,
                            struct feel_env *env,
                            const struct feel_value *value)
{
    struct feel_binding b = {env->bound, BUS_STRV("?"), value};
    struct feel_value any = feel_bool(tests->count == 0);
    env->bound = &b;
    for (uint32_t i = 0; i < tests->count && !feel_is_true(&any); i++) {
        struct feel_value one = eval_unary(env, tests->kids[i], value);
        any = feel_or(env->mem, &any, &one);
    }
    env->bound = b.up;
    return tests->negated ? feel_not(&any) : any;
}

/* --- operators --- */

struct feel_value feel_arith(struct feel_env *env,
                             enum feel_op op,
                             const struct feel_value *a,
                             const struct feel_value *b)
{
    if (a->kind == FEEL_UNKNOWN || b->kind == FEEL_UNKNOWN) {
        return feel_unknown_of(env->mem, a, b);
    }
    if (a->kind == FEEL_NULL || b->kind == FEEL_NULL) {
        return a->kind == FEEL_NULL ? *a : *b;
    }
    if (a->kind == FEEL_NUMBER && b->kind == FEEL_NUMBER) {
        return feel_number_op(op, a, b);
    }
    if (op == FEEL_OP_ADD && a->kind == FEEL_STRING && b->kind == FEEL_STRING) {
        char *s = bus_arena_alloc(env->mem, a->string.n + b->string.n + 1);
        if (s == NULL) {
            return feel_wrong(feel_no_memory);
        }
        memcpy(s, a->string.p, a->string.n);
        memcpy(s + a->string.n, b->string.p, b->string.n);
        return feel_string((struct bus_strv){s, a->string.n + b->string.n});
    }
    bool duration = a->kind == FEEL_MONTHS || a->kind == FEEL_DAYS ||
                    b->kind == FEEL_MONTHS || b->kind == FEEL_DAYS;
    if (duration && (op == FEEL_OP_MUL || op == FEEL_OP_DIV)) {
        return feel_duration_scale(op, a, b);
    }
    return op == FEEL_OP_ADD || op == FEEL_OP_SUB
               ? feel_temporal_op(op, a, b)
               : feel_wrong("arithmetic on kinds that have none");
}

static struct feel_value eval_conditional(struct feel_env *env,
                                          const struct feel_node *n)
{
    struct feel_value c = feel_eval(n->kids[0], env);
    if (c.kind == FEEL_BOOLEAN || c.kind == FEEL_NULL) {
        return feel_eval(n->kids[feel_is_true(&c) ? 1 : 2], env);
    }
    if (c.kind != FEEL_UNKNOWN) {
        return feel_wrong("an `if` of something that is no boolean");
    }
    /* Whatever it will be, both ways may say the same. */
    struct feel_value a = feel_eval(n->kids[1], env);
    struct feel_value b = feel_eval(n->kids[2], env);
    struct feel_value same = feel_equal(env->mem, &a, &b);
    if (feel_is_true(&same)) { /* of two nulls the one that went wrong */
        return a.kind == FEEL_NULL && a.why == NULL ? b : a;
    }
    a = a.kind == FEEL_UNKNOWN ? feel_unknown_of(env->mem, &c, &a) : c;
    return b.kind == FEEL_UNKNOWN ? feel_unknown_of(env->mem, &a, &b) : a;
}

static struct feel_value eval_junction(struct feel_env *env,
                                       const struct feel_node *n)
{
    bool is_or = n->kind == NODE_OR;
    struct feel_value a = feel_eval(n->kids[0], env);
    if (a.kind == FEEL_BOOLEAN && a.boolean == is_or) {
        return a;
    }
    struct feel_value b = feel_eval(n->kids[1], env);
    return is_or ? feel_or(env->mem, &a, &b) : feel_and(env->mem, &a, &b);
}

static struct feel_value eval_between(struct feel_env *env,
                                      const struct feel_node *n)
{
    struct feel_value v = feel_eval(n->kids[0], env);
    struct feel_value low = feel_eval(n->kids[1], env);
    struct feel_value high = feel_eval(n->kids[2], env);
    low = feel_order(env->mem, FEEL_OP_GE, &v, &low);
    high = feel_order(env->mem, FEEL_OP_LE, &v, &high);
    return feel_and(env->mem, &low, &high);
}

static struct feel_value eval_range(struct feel_env *env,
                                    const struct feel_node *n)
{
    struct feel_value low = feel_eval(n->kids[0], env);
    struct feel_value high = feel_eval(n->kids[1], env);
    if (low.kind == FEEL_UNKNOWN || high.kind == FEEL_UNKNOWN) {
        return feel_unknown_of(env->mem, &low, &high);
    }
    bool open = low.kind == FEEL_NULL || high.kind == FEEL_NULL;
    if (!open) {
        struct feel_value order = feel_order(env->mem, FEEL_OP_LE, &low, &high);
        if (order.kind == FEEL_NULL) {
            return feel_wrong("the ends of a range have one order");
        }
        if (!feel_is_true(&order) && !n->descending) { /* 10.3.2.7 */
            return feel_wrong("the ends of a range stand in their order");
        }
    }
    const struct feel_value *l = feel_keep(env, low), *h = feel_keep(env, high);
    return l && h ? (struct feel_value){.kind = FEEL_RANGE,
                                        .range = {l, h, n->low_closed,
                                                  n->high_closed, false}}
                  : feel_wrong(feel_no_memory);
}

static struct feel_value negate(struct feel_env *env, const struct feel_node *n)
{
    static const struct feel_span zero;
    struct feel_value v = feel_eval(n->kids[0], env);
    switch (v.kind) {
    case FEEL_UNKNOWN:
    case FEEL_NULL:
        return v;
    case FEEL_NUMBER:
        return feel_number_fn('-', &v);
    case FEEL_MONTHS:
        v.months = -v.months;
        return v;
    case FEEL_DAYS:
        v.span = feel_span_add(zero, v.span, -1);
        return v;
    default:
        return feel_wrong("minus of no number");
    }
}

static struct feel_value eval_dispatch(const struct feel_node *n,
                                       struct feel_env *env)
{
    struct feel_value a, b;
    switch (n->kind) {
    case NODE_CONSTANT:
        return n->constant;
    case NODE_NAME:
        return eval_name(env, n);
    case NODE_PATH:
        return eval_path(env, n);
    case NODE_FILTER:
        return feel_filter(env, n);
    case NODE_CALL:
        return feel_call(env, n);
    case NODE_ARITH:
    case NODE_COMPARE:
        a = feel_eval(n->kids[0], env);
        b = feel_eval(n->kids[1], env);
        return n->kind == NODE_ARITH ? feel_arith(env, n->op, &a, &b)
                                     : feel_compare(env, n->op, &a, &b);
    case NODE_AND:
    case NODE_OR:
        return eval_junction(env, n);
    case NODE_NEGATE:
        return negate(env, n);
    case NODE_IN:
        return eval_membership(env, n);
    case NODE_BETWEEN:
        return eval_between(env, n);
    case NODE_INSTANCE:
        a = feel_eval(n->kids[0], env);
        return a.kind == FEEL_UNKNOWN ? a
                                      : feel_bool(feel_type_has(n->type, &a));
    case NODE_IF:
        return eval_conditional(env, n);
    case NODE_SOME:
    case NODE_EVERY:
    case NODE_FOR:
        return feel_iteration(env, n);
    case NODE_LIST:
    case NODE_CONTEXT:
        return feel_collection(env, n);
    case NODE_RANGE:
        return eval_range(env, n);
    case NODE_FUNCTION:
        return feel_function_of(env, n);
    case NODE_COERCE:
        a = feel_eval(n->kids[0], env);
        return feel_coerce(env, n->type, &a);
    case NODE_EXTERN:
        return n->native(n->data, env);
    case NODE_TEST:
        return test_range(env, n);
    case NODE_TESTS:
        break;
    }
    return feel_wrong("a test outside 'in'");
}

static const char too_many[] = "too many steps";
static const char too_deep[] = "nested too deep, or a recursion without base";

bool feel_is_limit(const char *why)
{
    return why == too_many || why == too_deep || why == feel_no_memory ||
           why == feel_endless;
}

struct feel_value feel_eval(const struct feel_node *n, struct feel_env *env)
{
    if (env->depth == 0) {
        env->broken = NULL;
    }
    if (env->broken == NULL && ++env->steps > FEEL_STEPS_MAX) {
        env->broken = too_many;
    }
    if (env->broken == NULL && env->depth >= FEEL_CALLS_MAX) {
        env->broken = too_deep;
    }
    if (env->broken != NULL) {
        return feel_wrong(env->broken);
    }
    env->depth++;
    struct feel_value v = eval_dispatch(n, env);
    env->depth--;
    if (v.kind == FEEL_NULL && v.why != NULL && feel_is_limit(v.why)) {
        env->broken = v.why;
    }
    return env->broken ? feel_wrong(env->broken) : v;
}

struct feel_value feel_eval_in(const struct feel_node *n,
                               struct feel_env *env,
                               const struct feel_value *self)
{
    struct feel_binding *outer = env->bound;
    struct feel_binding b = {NULL, {NULL, 0}, self};
    env->bound = self ? &b : NULL;
    struct feel_value v = feel_eval(n, env);
    env->bound = outer;
    return v;
}

size_t feel_clauses(const struct feel_node *n,
                    const struct feel_node **ret,
                    size_t max)
{
    if (n->kind != NODE_AND) {
        if (max > 0) {
            ret[0] = n;
        }
        return 1;
    }
    size_t left = feel_clauses(n->kids[0], ret, max);
    size_t used = left < max ? left : max;
    return left + feel_clauses(n->kids[1], ret + used, max - used);
}

void feel_reads(const struct feel_node *n,
                void (*each)(void *data,
                             struct bus_strv base,
                             struct bus_strv name,
                             size_t offset),
                void *data)
{
    if (n->kind == NODE_NAME) {
        each(data, (struct bus_strv){0}, n->name, n->offset);
    } else if (n->kind == NODE_PATH) {
        const struct feel_node *of = n->kids[0];
        each(data, of->kind == NODE_NAME ? of->name : (struct bus_strv){0},
             n->name, n->offset);
    }
    for (uint32_t i = 0; i < n->count; i++) {
        feel_reads(n->kids[i], each, data);
    }
}
