/* Lists (10.3.4.4), sort (10.3.4.8.1). */
#include <string.h>

#include "bus/feel/tree.h"

#define ARGS struct feel_env *env, const struct feel_value *a

static struct feel_value builtin_list_contains(ARGS)
{
    struct feel_value any = feel_false;
    for (size_t i = 0; i < a[0].list.n && !feel_is_true(&any); i++) {
        struct feel_value one = feel_equal(env->mem, &a[0].list.v[i], &a[1]);
        one = one.kind == FEEL_NULL ? feel_false : one;
        any = feel_or(env->mem, &any, &one);
    }
    return any;
}

static struct feel_value builtin_list_count(ARGS)
{
    (void)env;
    return a[0].kind == FEEL_UNKNOWN ? a[0] : feel_long((int64_t)a[0].list.n);
}

static struct feel_value builtin_list_extreme(ARGS, enum feel_op op)
{
    struct feel_value r = a[0].list.n > 0 ? a[0].list.v[0] : feel_null;
    for (size_t i = 0; i < a[0].list.n; i++) {
        struct feel_value b = feel_order(env->mem, op, &a[0].list.v[i], &r);
        if (b.kind != FEEL_BOOLEAN) {
            return b;
        }
        r = b.boolean ? a[0].list.v[i] : r;
    }
    return r;
}

static struct feel_value builtin_list_least(ARGS)
{
    return builtin_list_extreme(env, a, FEEL_OP_LT);
}

static struct feel_value builtin_list_most(ARGS)
{
    return builtin_list_extreme(env, a, FEEL_OP_GT);
}

static struct feel_value builtin_list_fold(ARGS, enum feel_op op)
{
    struct feel_value r = a[0].list.n > 0 ? a[0].list.v[0] : feel_null;
    bool duration = r.kind == FEEL_MONTHS || r.kind == FEEL_DAYS;
    if (r.kind != FEEL_NUMBER && !(duration && op == FEEL_OP_ADD)) {
        return feel_wrong("numbers are needed");
    }
    for (size_t i = 1; i < a[0].list.n; i++) {
        const struct feel_value *v = &a[0].list.v[i];
        r = v->kind == r.kind ? feel_arith(env, op, &r, v)
                              : feel_wrong("numbers are needed");
    }
    return r;
}

static struct feel_value builtin_list_sum(ARGS)
{
    return builtin_list_fold(env, a, FEEL_OP_ADD);
}

static struct feel_value product(ARGS)
{
    return builtin_list_fold(env, a, FEEL_OP_MUL);
}

static struct feel_value builtin_list_mean(ARGS)
{
    struct feel_value n = feel_long((int64_t)a[0].list.n);
    struct feel_value r = builtin_list_fold(env, a, FEEL_OP_ADD);
    return r.kind == FEEL_NULL ? r : feel_arith(env, FEEL_OP_DIV, &r, &n);
}

static bool all_numbers(const struct feel_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].kind != FEEL_NUMBER) {
            return false;
        }
    }
    return true;
}

/* Of a sample: n - 1. */
static struct feel_value stddev(ARGS)
{
    const struct feel_list *l = &a[0].list;
    if (l->n < 2 || !all_numbers(l)) {
        return feel_wrong("two numbers or more are needed");
    }
    struct feel_value m = builtin_list_mean(env, a), total = feel_long(0);
    for (size_t i = 0; i < l->n; i++) {
        struct feel_value d = feel_number_op(FEEL_OP_SUB, &l->v[i], &m);
        d = feel_number_op(FEEL_OP_MUL, &d, &d);
        total = feel_number_op(FEEL_OP_ADD, &total, &d);
    }
    struct feel_value n = feel_long((int64_t)l->n - 1);
    total = feel_number_op(FEEL_OP_DIV, &total, &n);
    return feel_number_fn('s', &total);
}

static struct feel_value builtin_list_all(ARGS)
{
    struct feel_value r = feel_true;
    for (size_t i = 0; i < a[0].list.n; i++) {
        r = feel_and(env->mem, &r, &a[0].list.v[i]);
    }
    return r;
}

static struct feel_value builtin_list_any(ARGS)
{
    struct feel_value r = feel_false;
    for (size_t i = 0; i < a[0].list.n; i++) {
        r = feel_or(env->mem, &r, &a[0].list.v[i]);
    }
    return r;
}

/* --- parts --- */

static struct feel_value sublist(ARGS)
{
    int64_t n = (int64_t)a[0].list.n, from, len = n;
    (void)env;
    if (!feel_number_trunc(&a[1], &from) || from == 0 || from > n ||
        -from > n) {
        return feel_wrong("a start position outside the list");
    }
    from = from > 0 ? from - 1 : n + from;
    if (a[2].kind == FEEL_NUMBER &&
        (!feel_number_trunc(&a[2], &len) || len < 1 || len > n - from)) {
        return feel_wrong("a length outside the list");
    }
    len = len > n - from ? n - from : len;
    return feel_list_of(a[0].list.v + from, (size_t)len);
}

static struct feel_value builtin_list_pushed(struct feel_env *env,
                                             struct feel_growing *g,
                                             const struct feel_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        if (!feel_push(env, g, l->v[i])) {
            return feel_wrong(feel_no_memory);
        }
    }
    return feel_list_of(g->v, g->n);
}

static struct feel_value builtin_list_append(ARGS)
{
    struct feel_growing g = {0};
    (void)builtin_list_pushed(env, &g, &a[0].list);
    return builtin_list_pushed(env, &g, &a[1].list);
}

static struct feel_value concatenate(ARGS)
{
    struct feel_growing g = {0};
    for (size_t i = 0; i < a[0].list.n; i++) {
        struct feel_value one = feel_as_list(env, a[0].list.v[i]);
        if (a[0].list.v[i].kind == FEEL_NULL) {
            return feel_wrong("concatenate() of null");
        }
        (void)builtin_list_pushed(env, &g, &one.list);
    }
    return feel_list_of(g.v, g.n);
}

/* 0-based place of a position; false outside. A fraction counts as the whole
 * number before it, as in substring("foobar", 3.8) (table 75). */
static bool builtin_list_place(const struct feel_value *list,
                               const struct feel_value *at,
                               int64_t *ret)
{
    int64_t n = (int64_t)list->list.n;
    if (!feel_number_trunc(at, ret) || *ret == 0 || *ret > n || -*ret > n) {
        return false;
    }
    *ret = *ret > 0 ? *ret - 1 : n + *ret;
    return true;
}

static struct feel_value insert(ARGS)
{
    int64_t at;
    struct feel_growing g = {0};
    if (!builtin_list_place(&a[0], &a[1], &at)) {
        return feel_wrong("a position outside the list");
    }
    struct feel_list front = {a[0].list.v, (size_t)at}, one = {&a[2], 1};
    struct feel_list back = {a[0].list.v + at, a[0].list.n - (size_t)at};
    (void)builtin_list_pushed(env, &g, &front);
    (void)builtin_list_pushed(env, &g, &one);
    return builtin_list_pushed(env, &g, &back);
}

static struct feel_value without(ARGS)
{
    int64_t at;
    struct feel_growing g = {0};
    if (!builtin_list_place(&a[0], &a[1], &at)) {
        return feel_wrong("a position outside the list");
    }
    struct feel_list front = {a[0].list.v, (size_t)at};
    struct feel_list back = {a[0].list.v + at + 1,
                             a[0].list.n - (size_t)at - 1};
    (void)builtin_list_pushed(env, &g, &front);
    return builtin_list_pushed(env, &g, &back);
}

static struct feel_value builtin_list_copied(struct feel_env *env,
                                             const struct feel_value *l)
{
    struct feel_growing g = {0};
    return builtin_list_pushed(env, &g, &l->list);
}

static struct feel_value replace_at(ARGS)
{
    int64_t at;
    if (!builtin_list_place(&a[0], &a[1], &at)) {
        return feel_wrong("a position outside the list");
    }
    struct feel_value r = builtin_list_copied(env, &a[0]);
    if (r.kind == FEEL_LIST) {
        ((struct feel_value *)(uintptr_t)r.list.v)[at] = a[2];
    }
    return r;
}

static struct feel_value replace_match(ARGS)
{
    struct feel_value r = builtin_list_copied(env, &a[0]);
    struct feel_value *v = (struct feel_value *)(uintptr_t)r.list.v;
    for (size_t i = 0; r.kind == FEEL_LIST && i < r.list.n; i++) {
        struct feel_value two[] = {v[i], a[2]};
        struct feel_value yes = feel_invoke(env, &a[1], two, NULL, 2);
        if (yes.kind != FEEL_BOOLEAN) {
            return feel_wrong("the match of list replace() is true or false");
        }
        if (yes.boolean) {
            v[i] = a[2];
        }
    }
    return r;
}

static struct feel_value reverse(ARGS)
{
    struct feel_growing g = {0};
    for (size_t i = a[0].list.n; i > 0; i--) {
        if (!feel_push(env, &g, a[0].list.v[i - 1])) {
            return feel_wrong(feel_no_memory);
        }
    }
    return feel_list_of(g.v, g.n);
}

static bool builtin_list_same(struct feel_env *env,
                              const struct feel_value *a,
                              const struct feel_value *b)
{
    struct feel_value r = feel_equal(env->mem, a, b);
    return feel_is_true(&r);
}

static struct feel_value builtin_list_index_of(ARGS)
{
    struct feel_growing g = {0};
    for (size_t i = 0; i < a[0].list.n; i++) {
        if (builtin_list_same(env, &a[0].list.v[i], &a[1]) &&
            !feel_push(env, &g, feel_long((int64_t)i + 1))) {
            return feel_wrong(feel_no_memory);
        }
    }
    return feel_list_of(g.v, g.n);
}

static struct feel_value distinct(ARGS)
{
    struct feel_growing g = {0};
    for (size_t i = 0; i < a[0].list.n; i++) {
        bool seen = false;
        for (size_t k = 0; k < g.n && !seen; k++) {
            seen = builtin_list_same(env, &a[0].list.v[i], &g.v[k]);
        }
        if (!seen && !feel_push(env, &g, a[0].list.v[i])) {
            return feel_wrong(feel_no_memory);
        }
    }
    return feel_list_of(g.v, g.n);
}

static struct feel_value builtin_list_unite(ARGS)
{
    struct feel_value all_of = concatenate(env, a);
    return all_of.kind == FEEL_LIST ? distinct(env, &all_of) : all_of;
}

static bool flatten_into(struct feel_env *env,
                         struct feel_growing *g,
                         const struct feel_list *l,
                         int depth)
{
    for (size_t i = 0; i < l->n; i++) {
        bool list = l->v[i].kind == FEEL_LIST;
        if (depth > FEEL_DEPTH_MAX ||
            !(list ? flatten_into(env, g, &l->v[i].list, depth + 1)
                   : feel_push(env, g, l->v[i]))) {
            return false;
        }
    }
    return true;
}

static struct feel_value flatten(ARGS)
{
    struct feel_growing g = {0};
    return flatten_into(env, &g, &a[0].list, 0) ? feel_list_of(g.v, g.n)
                                                : feel_wrong("nested too deep");
}

/* --- order --- */

struct sorting
{
    struct feel_env *env;
    const struct feel_value *precedes; /* NULL: by number */
    struct feel_value wrong;
    bool failed;
};

static bool builtin_list_first(struct sorting *s,
                               const struct feel_value *x,
                               const struct feel_value *y)
{
    struct feel_value two[] = {*x, *y};
    struct feel_value r = s->precedes
                              ? feel_invoke(s->env, s->precedes, two, NULL, 2)
                              : feel_order(s->env->mem, FEEL_OP_LT, x, y);
    if (r.kind != FEEL_BOOLEAN) {
        s->failed = true;
        s->wrong = r.kind == FEEL_UNKNOWN || r.kind == FEEL_NULL
                       ? r
                       : feel_wrong("an order that is no boolean");
    }
    return feel_is_true(&r);
}

/* Stable: y goes before x only if it precedes it. */
static void merge_sort(struct sorting *s,
                       struct feel_value *v,
                       struct feel_value *room,
                       size_t n)
{
    if (n < 2 || s->failed) {
        return;
    }
    size_t half = n / 2, i = 0, k = half, to = 0;
    merge_sort(s, v, room, half);
    merge_sort(s, v + half, room, n - half);
    while (i < half && k < n) {
        room[to++] = builtin_list_first(s, &v[k], &v[i]) ? v[k++] : v[i++];
    }
    while (i < half) {
        room[to++] = v[i++];
    }
    while (k < n) {
        room[to++] = v[k++];
    }
    memcpy(v, room, n * sizeof(*v));
}

static struct feel_value sorted(struct feel_env *env,
                                const struct feel_value *list,
                                const struct feel_value *precedes)
{
    struct sorting s = {env, precedes, feel_null, false};
    struct feel_value r = builtin_list_copied(env, list);
    size_t n = r.kind == FEEL_LIST ? r.list.n : 0;
    struct feel_value *room =
        bus_arena_alloc(env->mem, (n + 1) * sizeof(*room));
    if (r.kind != FEEL_LIST || room == NULL) {
        return feel_wrong(feel_no_memory);
    }
    if (n > 0) {
        merge_sort(&s, (struct feel_value *)(uintptr_t)r.list.v, room, n);
    }
    return s.failed ? s.wrong : r;
}

static struct feel_value builtin_list_sort(ARGS)
{
    return sorted(env, &a[0], &a[1]);
}

static struct feel_value median(ARGS)
{
    size_t n = a[0].list.n;
    if (n == 0 || !all_numbers(&a[0].list)) {
        return feel_wrong("numbers are needed");
    }
    struct feel_value s = sorted(env, &a[0], NULL), two = feel_long(2);
    if (s.kind != FEEL_LIST || n % 2 == 1) {
        return s.kind == FEEL_LIST ? s.list.v[n / 2] : s;
    }
    struct feel_value both =
        feel_number_op(FEEL_OP_ADD, &s.list.v[n / 2 - 1], &s.list.v[n / 2]);
    return feel_number_op(FEEL_OP_DIV, &both, &two);
}

static struct feel_value builtin_list_mode(ARGS)
{
    struct feel_growing g = {0};
    size_t best = 0, run = 0;
    if (!all_numbers(&a[0].list)) {
        return feel_wrong("numbers are needed");
    }
    struct feel_value s = sorted(env, &a[0], NULL);
    for (size_t i = 0; s.kind == FEEL_LIST && i < s.list.n; i++) {
        run = i > 0 && builtin_list_same(env, &s.list.v[i], &s.list.v[i - 1])
                  ? run + 1
                  : 1;
        if (run > best) {
            best = run;
            g.n = 0;
        }
        if (run == best && !feel_push(env, &g, s.list.v[i])) {
            return feel_wrong(feel_no_memory);
        }
    }
    return feel_list_of(g.v, g.n);
}

const struct feel_builtin feel_builtins_list[] = {
    {"list contains", "list:l,element:a", builtin_list_contains, true},
    {"count", "list:*", builtin_list_count, true},
    {"min", "list:*", builtin_list_least, false},
    {"max", "list:*", builtin_list_most, false},
    {"sum", "list:*", builtin_list_sum, false},
    {"product", "list:*", product, false},
    {"mean", "list:*", builtin_list_mean, false},
    {"median", "list:*", median, false},
    {"stddev", "list:*", stddev, false},
    {"mode", "list:*", builtin_list_mode, false},
    {"all", "list:*", builtin_list_all, true},
    {"any", "list:*", builtin_list_any, true},
    {"sublist", "list:l,start position:n,length:?n", sublist, false},
    {"append", "list:l,item:+", builtin_list_append, false},
    {"concatenate", "list:+", concatenate, false},
    {"insert before", "list:l,position:n,newItem:a", insert, false},
    {"remove", "list:l,position:n", without, false},
    {"list replace", "list:l,position:n,newItem:a", replace_at, false},
    {"list replace", "list:l,match:f,newItem:a", replace_match, false},
    {"reverse", "list:l", reverse, false},
    {"index of", "list:l,match:a", builtin_list_index_of, false},
    {"distinct values", "list:l", distinct, false},
    {"union", "list:+", builtin_list_unite, false},
    {"flatten", "list:l", flatten, false},
    {"sort", "list:l,precedes:f", builtin_list_sort, false},
    {NULL, NULL, NULL, false},
};
