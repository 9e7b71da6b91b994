/* Tree to value. A step is a node visited; steps, depth and the arena are
 * limited, so that no rule can hold the matcher. */
#include <string.h>

#include "bus/policy/feel_parts.h"

static struct feel_value *keep(struct feel_env *env, struct feel_value v)
{
    return bus_arena_dup(env->mem, &v, sizeof(v));
}

static struct feel_value list_of(const struct feel_value *v, size_t n)
{
    return (struct feel_value){.kind = FEEL_LIST, .list = {v, n}};
}

static struct feel_value duration_property(const struct feel_value *of,
                                           struct bus_strv name)
{
    if (of->kind == FEEL_MONTHS) {
        return bus_strv_is(name, "years")    ? feel_long(of->count / 12)
               : bus_strv_is(name, "months") ? feel_long(of->count % 12)
                                             : feel_wrong("no such property");
    }
    return bus_strv_is(name, "days") ? feel_long(of->count)
                                     : feel_wrong("no such property");
}

bool feel_property(struct feel_env *env,
                   const struct feel_value *of,
                   struct bus_strv name,
                   struct feel_value *ret)
{
    switch (of->kind) {
    case FEEL_THING:
        return env->property(env->data, of, name, ret);
    case FEEL_CONTEXT:
        for (size_t i = 0; i < of->context.n; i++) {
            if (bus_strv_eq(of->context.v[i].key, name)) {
                *ret = *of->context.v[i].value;
                return true;
            }
        }
        return false;
    case FEEL_MONTHS:
    case FEEL_DAYS:
        *ret = duration_property(of, name);
        return true;
    default:
        return false;
    }
}

static struct feel_value path(struct feel_env *env, const struct feel_node *n)
{
    struct feel_value of = feel_eval(n->kids[0], env), r = feel_null;
    if (of.kind == FEEL_UNKNOWN) {
        return of;
    }
    if (of.kind == FEEL_LIST) { /* of each item (10.3.2.5) */
        struct feel_value *v =
            bus_arena_calloc(env->mem, of.list.n + 1, sizeof(*v));
        for (size_t i = 0; v != NULL && i < of.list.n; i++) {
            v[i] = feel_null;
            (void)feel_property(env, &of.list.v[i], n->name, &v[i]);
        }
        return v ? list_of(v, of.list.n) : feel_wrong("no memory");
    }
    return feel_property(env, &of, n->name, &r)
               ? r
               : feel_wrong("no such property");
}

static struct feel_value name(struct feel_env *env, const struct feel_node *n)
{
    struct feel_value r = feel_null;
    for (const struct feel_binding *b = env->bound; b != NULL; b = b->up) {
        if (b->name.n > 0 && bus_strv_eq(b->name, n->name)) {
            return *b->value;
        }
        if (b->name.n == 0) {
            if (bus_strv_is(n->name, "item")) {
                return *b->value;
            }
            if (feel_property(env, b->value, n->name, &r)) {
                return r;
            }
        }
    }
    return env->global(env->data, n->name, &r) ? r : feel_wrong("no such name");
}

/* --- membership --- */

static struct feel_value in_range(struct feel_env *env,
                                  const struct feel_value *v,
                                  const struct feel_range *r)
{
    struct feel_value low = feel_true, high = feel_true;
    if (r->low != NULL) {
        low = feel_order(env->mem, r->low_closed ? 'g' : '>', v, r->low);
    }
    if (r->high != NULL) {
        high = feel_order(env->mem, r->high_closed ? 'l' : '<', v, r->high);
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
    if (test->kind != FEEL_LIST || v->kind == FEEL_LIST) {
        return feel_equal(env->mem, v, test);
    }
    struct feel_value any = feel_false;
    for (size_t i = 0; i < test->list.n; i++) {
        struct feel_value one = feel_in(env, v, &test->list.v[i]);
        any = feel_or(env->mem, &any, &one);
    }
    return any;
}

static struct feel_value compare(struct feel_env *env,
                                 char op,
                                 const struct feel_value *a,
                                 const struct feel_value *b)
{
    if (op == '=' || op == '!') {
        struct feel_value v = feel_equal(env->mem, a, b);
        bool odd = v.kind == FEEL_NULL;
        return op == '=' || odd ? v : feel_not(&v);
    }
    return feel_order(env->mem, op, a, b);
}

static struct feel_value membership(struct feel_env *env,
                                    const struct feel_node *n)
{
    struct feel_value v = feel_eval(n->kids[0], env), any = feel_false;
    for (uint32_t i = 1; i < n->count; i++) {
        const struct feel_node *t = n->kids[i];
        bool unary = t->kind == NODE_TEST;
        struct feel_value test = feel_eval(unary ? t->kids[0] : t, env);
        struct feel_value one =
            unary ? compare(env, t->op, &v, &test) : feel_in(env, &v, &test);
        any = feel_or(env->mem, &any, &one);
        if (any.kind == FEEL_BOOLEAN && any.boolean) {
            break;
        }
    }
    return any;
}

/* --- lists --- */

static struct feel_value filter_list(struct feel_env *env,
                                     const struct feel_node *test,
                                     const struct feel_list *list)
{
    struct feel_value *v =
        bus_arena_alloc(env->mem, (list->n + 1) * sizeof(*v));
    struct feel_value open = feel_false;
    size_t n = 0;
    if (v == NULL) {
        return feel_wrong("no memory");
    }
    for (size_t i = 0; i < list->n; i++) {
        struct feel_binding item = {env->bound, {NULL, 0}, &list->v[i]};
        env->bound = &item;
        struct feel_value t = feel_eval(test, env);
        env->bound = item.up;
        if (t.kind == FEEL_UNKNOWN) {
            open = open.kind == FEEL_UNKNOWN
                       ? feel_unknown_of(env->mem, &open, &t)
                       : t;
        } else if (t.kind == FEEL_BOOLEAN && t.boolean) {
            v[n++] = list->v[i];
        }
    }
    /* Who belongs to it is not known: neither is the list. */
    return open.kind == FEEL_UNKNOWN ? open : list_of(v, n);
}

static struct feel_value at_index(const struct feel_list *list, int64_t i)
{
    int64_t n = (int64_t)list->n;
    i = i < 0 ? n + i : i - 1;
    return i >= 0 && i < n ? list->v[i] : feel_wrong("index out of the list");
}

static struct feel_value filter(struct feel_env *env, const struct feel_node *n)
{
    struct feel_value of = feel_eval(n->kids[0], env);
    if (of.kind == FEEL_UNKNOWN) {
        return of;
    }
    struct feel_value *one = keep(env, of);
    struct feel_list list = {one, of.kind == FEEL_NULL ? 0u : 1u};
    if (of.kind == FEEL_LIST) {
        list = of.list;
    }
    const struct feel_node *test = n->kids[1];
    if (test->kind == NODE_CONSTANT || test->kind == NODE_NEGATE ||
        test->kind == NODE_ARITH) {
        struct feel_value i = feel_eval(test, env);
        int64_t index = 0;
        if (i.kind == FEEL_NUMBER) {
            return feel_number_to_long(&i, &index) ? at_index(&list, index)
                                                   : feel_wrong("no index");
        }
    }
    return one ? filter_list(env, test, &list) : feel_wrong("no memory");
}

static struct feel_value range_items(struct feel_env *env,
                                     const struct feel_range *r)
{
    int64_t low = 0, high = 0;
    if (r->low == NULL || r->high == NULL || r->low->kind != FEEL_NUMBER ||
        r->high->kind != FEEL_NUMBER || !feel_number_to_long(r->low, &low) ||
        !feel_number_to_long(r->high, &high)) {
        return feel_wrong("a range of whole numbers is needed");
    }
    int64_t step = low <= high ? 1 : -1;
    uint64_t n = (uint64_t)(step > 0 ? high - low : low - high) + 1;
    if (n > FEEL_STEPS_MAX) {
        return feel_wrong("too many items");
    }
    struct feel_value *v = bus_arena_alloc(env->mem, n * sizeof(*v));
    for (uint64_t i = 0; v != NULL && i < n; i++) {
        v[i] = feel_long(low + step * (int64_t)i);
    }
    return v ? list_of(v, n) : feel_wrong("no memory");
}

struct iterating
{
    const struct feel_node *n;
    struct feel_value *out; /* FOR */
    size_t count, cap;
    struct feel_value result; /* SOME, EVERY */
};

static bool push(struct feel_env *env, struct iterating *it)
{
    if (it->count < it->cap) {
        return true;
    }
    size_t cap = it->cap ? it->cap * 2 : 8;
    struct feel_value *v = bus_arena_alloc(env->mem, cap * sizeof(*v));
    if (v == NULL) {
        it->result = feel_wrong("no memory");
        return false;
    }
    if (it->count > 0) {
        memcpy(v, it->out, it->count * sizeof(*v));
    }
    it->out = v;
    it->cap = cap;
    return true;
}

static void iterate(struct feel_env *env, struct iterating *it, uint32_t var);

static void iterate_body(struct feel_env *env, struct iterating *it)
{
    struct feel_value v = feel_eval(it->n->kids[it->n->count - 1], env);
    if (it->n->kind == NODE_FOR) {
        if (push(env, it)) {
            it->out[it->count++] = v;
        }
    } else if (it->n->kind == NODE_SOME) {
        it->result = feel_or(env->mem, &it->result, &v);
    } else {
        it->result = feel_and(env->mem, &it->result, &v);
    }
}

static void iterate(struct feel_env *env, struct iterating *it, uint32_t var)
{
    if (var + 1 == it->n->count) {
        iterate_body(env, it);
        return;
    }
    struct feel_value of = feel_eval(it->n->kids[var], env);
    if (of.kind == FEEL_RANGE) {
        of = range_items(env, &of.range);
    }
    if (of.kind == FEEL_UNKNOWN) {
        it->result = feel_unknown_of(env->mem, &of, &it->result);
        return;
    }
    if (of.kind != FEEL_LIST) {
        struct feel_value *one = keep(env, of);
        of = list_of(one, of.kind == FEEL_NULL || one == NULL ? 0 : 1);
    }
    for (size_t i = 0; i < of.list.n; i++) {
        struct feel_binding b = {env->bound, it->n->names[var], &of.list.v[i]};
        env->bound = &b;
        iterate(env, it, var + 1);
        env->bound = b.up;
    }
}

static struct feel_value iteration(struct feel_env *env,
                                   const struct feel_node *n)
{
    struct iterating it = {.n = n, .result = feel_bool(n->kind == NODE_EVERY)};
    iterate(env, &it, 0);
    bool list = n->kind == NODE_FOR && it.result.kind == FEEL_BOOLEAN;
    return list ? list_of(it.out, it.count) : it.result;
}

/* --- the rest --- */

static struct feel_value arithmetic(struct feel_env *env,
                                    const struct feel_node *n)
{
    struct feel_value a = feel_eval(n->kids[0], env);
    struct feel_value b = feel_eval(n->kids[1], env);
    if (a.kind == FEEL_UNKNOWN || b.kind == FEEL_UNKNOWN) {
        return feel_unknown_of(env->mem, &a, &b);
    }
    if (a.kind == FEEL_NULL || b.kind == FEEL_NULL) {
        return a.kind == FEEL_NULL ? a : b;
    }
    if (a.kind == FEEL_NUMBER && b.kind == FEEL_NUMBER) {
        return feel_number_op(n->op, &a, &b);
    }
    int64_t sign = n->op == '-' ? -1 : 1;
    bool add = n->op == '+' || n->op == '-';
    if (add && a.kind == FEEL_DATE && b.kind == FEEL_DAYS) {
        a.count += sign * b.count;
        return a;
    }
    if (n->op == '-' && a.kind == FEEL_DATE && b.kind == FEEL_DATE) {
        return (struct feel_value){.kind = FEEL_DAYS,
                                   .count = a.count - b.count};
    }
    if (add && a.kind == b.kind &&
        (a.kind == FEEL_DAYS || a.kind == FEEL_MONTHS)) {
        a.count += sign * b.count;
        return a;
    }
    if (n->op == '+' && a.kind == FEEL_STRING && b.kind == FEEL_STRING) {
        char *s = bus_arena_alloc(env->mem, a.string.n + b.string.n + 1);
        if (s == NULL) {
            return feel_wrong("no memory");
        }
        memcpy(s, a.string.p, a.string.n);
        memcpy(s + a.string.n, b.string.p, b.string.n);
        return feel_string((struct bus_strv){s, a.string.n + b.string.n});
    }
    return feel_wrong("arithmetic on kinds that have none");
}

static struct feel_value conditional(struct feel_env *env,
                                     const struct feel_node *n)
{
    struct feel_value c = feel_eval(n->kids[0], env);
    if (c.kind != FEEL_UNKNOWN) {
        bool yes = c.kind == FEEL_BOOLEAN && c.boolean;
        return feel_eval(n->kids[yes ? 1 : 2], env);
    }
    /* Whatever it will be, both ways may say the same. */
    struct feel_value a = feel_eval(n->kids[1], env);
    struct feel_value b = feel_eval(n->kids[2], env);
    struct feel_value same = feel_equal(env->mem, &a, &b);
    if (same.kind == FEEL_BOOLEAN && same.boolean) {
        return a;
    }
    a = a.kind == FEEL_UNKNOWN ? feel_unknown_of(env->mem, &c, &a) : c;
    return b.kind == FEEL_UNKNOWN ? feel_unknown_of(env->mem, &a, &b) : a;
}

static struct feel_value junction(struct feel_env *env,
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

static struct feel_value between(struct feel_env *env,
                                 const struct feel_node *n)
{
    struct feel_value v = feel_eval(n->kids[0], env);
    struct feel_value low = feel_eval(n->kids[1], env);
    struct feel_value high = feel_eval(n->kids[2], env);
    low = feel_order(env->mem, 'g', &v, &low);
    high = feel_order(env->mem, 'l', &v, &high);
    return feel_and(env->mem, &low, &high);
}

static struct feel_value collection(struct feel_env *env,
                                    const struct feel_node *n)
{
    struct feel_value *v =
        bus_arena_alloc(env->mem, (n->count + 1) * sizeof(*v));
    struct feel_entry *e =
        n->kind == NODE_CONTEXT
            ? bus_arena_alloc(env->mem, (n->count + 1) * sizeof(*e))
            : NULL;
    if (v == NULL || (n->kind == NODE_CONTEXT && e == NULL)) {
        return feel_wrong("no memory");
    }
    struct feel_value context = {.kind = FEEL_CONTEXT, .context = {e, 0}};
    for (uint32_t i = 0; i < n->count; i++) {
        struct feel_binding b = {env->bound, {NULL, 0}, &context};
        env->bound = e ? &b : env->bound; /* entries see those before them */
        v[i] = feel_eval(n->kids[i], env);
        env->bound = e ? b.up : env->bound;
        if (e != NULL) {
            e[i] = (struct feel_entry){n->names[i], &v[i]};
            context.context.n = i + 1;
        }
    }
    return e ? context : list_of(v, n->count);
}

static struct feel_value range(struct feel_env *env, const struct feel_node *n)
{
    struct feel_value low = feel_eval(n->kids[0], env);
    struct feel_value high = feel_eval(n->kids[1], env);
    if (low.kind == FEEL_UNKNOWN || high.kind == FEEL_UNKNOWN) {
        return feel_unknown_of(env->mem, &low, &high);
    }
    const struct feel_value *l = keep(env, low), *h = keep(env, high);
    return l && h ? (struct feel_value){.kind = FEEL_RANGE,
                                        .range = {l, h, n->low_closed,
                                                  n->high_closed}}
                  : feel_wrong("no memory");
}

static struct feel_value call(struct feel_env *env, const struct feel_node *n)
{
    struct feel_value *args =
        bus_arena_alloc(env->mem, (n->count + 1) * sizeof(*args));
    if (args == NULL) {
        return feel_wrong("no memory");
    }
    for (uint32_t i = 0; i < n->count; i++) {
        args[i] = feel_eval(n->kids[i], env);
    }
    return n->builtin->call(env, args, n->count);
}

static struct feel_value dispatch(const struct feel_node *n,
                                  struct feel_env *env)
{
    struct feel_value a, b;
    switch (n->kind) {
    case NODE_CONSTANT:
        return n->constant;
    case NODE_NAME:
        return name(env, n);
    case NODE_PATH:
        return path(env, n);
    case NODE_FILTER:
        return filter(env, n);
    case NODE_CALL:
        return call(env, n);
    case NODE_ARITH:
        return arithmetic(env, n);
    case NODE_COMPARE:
        a = feel_eval(n->kids[0], env);
        b = feel_eval(n->kids[1], env);
        return compare(env, n->op, &a, &b);
    case NODE_AND:
    case NODE_OR:
        return junction(env, n);
    case NODE_NEGATE:
        a = feel_long(0);
        b = feel_eval(n->kids[0], env);
        return b.kind == FEEL_UNKNOWN  ? b
               : b.kind == FEEL_NUMBER ? feel_number_op('-', &a, &b)
                                       : feel_wrong("minus of no number");
    case NODE_IN:
        return membership(env, n);
    case NODE_BETWEEN:
        return between(env, n);
    case NODE_IF:
        return conditional(env, n);
    case NODE_SOME:
    case NODE_EVERY:
    case NODE_FOR:
        return iteration(env, n);
    case NODE_LIST:
    case NODE_CONTEXT:
        return collection(env, n);
    case NODE_RANGE:
        return range(env, n);
    case NODE_TEST:
        break;
    }
    return feel_wrong("a test outside 'in'");
}

struct feel_value feel_eval(const struct feel_node *n, struct feel_env *env)
{
    if (++env->steps > FEEL_STEPS_MAX) {
        return feel_wrong("too many steps");
    }
    if (env->depth >= 4 * FEEL_DEPTH_MAX) {
        return feel_wrong("nested too deep");
    }
    env->depth++;
    struct feel_value v = dispatch(n, env);
    env->depth--;
    return v;
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
