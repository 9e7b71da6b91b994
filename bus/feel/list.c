/* Lists, contexts, filters and loops. */
#include <string.h>

#include "bus/feel/tree.h"

static struct feel_value tested(struct feel_env *env,
                                const struct feel_node *test,
                                const struct feel_value *item)
{
    struct feel_binding b = {env->bound, {NULL, 0}, item};
    env->bound = &b;
    struct feel_value t = feel_eval(test, env);
    env->bound = b.up;
    return t;
}

static struct feel_value at_index(const struct feel_list *list,
                                  const struct feel_value *index)
{
    int64_t n = (int64_t)list->n, i = 0;
    if (!feel_number_to_long(index, &i)) {
        return feel_wrong("an index is a whole number");
    }
    i = i < 0 ? n + i : i - 1;
    return i >= 0 && i < n ? list->v[i] : feel_wrong("index out of the list");
}

static struct feel_value filter_list(struct feel_env *env,
                                     const struct feel_node *filter,
                                     const struct feel_list *list,
                                     struct feel_value first,
                                     bool sure)
{
    const struct feel_node *test = filter->kids[1];
    struct feel_value *v =
        bus_arena_alloc(env->mem, (list->n + 1) * sizeof(*v));
    struct feel_value open = feel_false;
    size_t n = 0;
    if (v == NULL) {
        return feel_wrong(feel_no_memory);
    }
    for (size_t i = 0; i < list->n; i++) {
        struct feel_value t = i == 0 ? first : tested(env, test, &list->v[i]);
        if (t.kind == FEEL_UNKNOWN) {
            open = open.kind == FEEL_UNKNOWN
                       ? feel_unknown_of(env->mem, &open, &t)
                       : t;
        } else if (feel_is_true(&t)) {
            v[n++] = list->v[i];
        } else if (filter->boxed && t.kind != FEEL_BOOLEAN) {
            return feel_wrong("a match that is no boolean");
        }
    }
    /* Who belongs to it is not known: neither is the list. */
    return open.kind == FEEL_UNKNOWN && !sure ? open : feel_list_of(v, n);
}

static struct feel_value
filter_of(struct feel_env *env, const struct feel_node *n, bool sure)
{
    struct feel_value of = feel_eval(n->kids[0], env);
    of = feel_as_list(env, of);
    if (of.kind != FEEL_LIST) {
        return of;
    }
    const struct feel_node *test = n->kids[1];
    struct feel_value first =
        of.list.n > 0 ? tested(env, test, &of.list.v[0]) : feel_eval(test, env);
    if (first.kind == FEEL_NUMBER && !n->boxed) {
        first = feel_eval(test, env);
        return first.kind == FEEL_NUMBER ? at_index(&of.list, &first)
                                         : feel_wrong("no index");
    }
    return filter_list(env, n, &of.list, first, sure);
}

struct feel_value feel_filter(struct feel_env *env, const struct feel_node *n)
{
    return filter_of(env, n, false);
}

struct feel_value feel_filter_sure(struct feel_env *env,
                                   const struct feel_node *n)
{
    return n->kind == NODE_FILTER ? filter_of(env, n, true) : feel_eval(n, env);
}

/* --- loops --- */

struct iterating
{
    const struct feel_node *n;
    struct feel_growing out;  /* FOR */
    struct feel_value result; /* SOME, EVERY */
    struct feel_value partial;
    bool stop;
};

static struct feel_value
list_numbers(struct feel_env *env, int64_t low, int64_t high)
{
    int64_t step = low <= high ? 1 : -1;
    uint64_t n = (uint64_t)(step > 0 ? high - low : low - high) + 1;
    if (n > FEEL_STEPS_MAX) {
        return feel_wrong("too many items");
    }
    struct feel_value *v = bus_arena_alloc(env->mem, n * sizeof(*v));
    for (uint64_t i = 0; v != NULL && i < n; i++) {
        v[i] = feel_long(low + step * (int64_t)i);
    }
    return v ? feel_list_of(v, n) : feel_wrong(feel_no_memory);
}

static struct feel_value list_days(struct feel_env *env,
                                   const struct feel_value *low,
                                   const struct feel_value *high)
{
    struct feel_value list = list_numbers(env, low->when.day, high->when.day);
    struct feel_value *v = (struct feel_value *)(uintptr_t)list.list.v;
    int64_t step = low->when.day <= high->when.day ? 1 : -1;
    for (size_t i = 0; list.kind == FEEL_LIST && i < list.list.n; i++) {
        v[i] = feel_days_date(low->when.day + step * (int64_t)i);
    }
    return list;
}

/* The items of a range of whole numbers or of dates; its open ends left out. */
static struct feel_value range_items(struct feel_env *env,
                                     const struct feel_range *r)
{
    int64_t low = 0, high = 0;
    if (r->low == NULL || r->high == NULL || r->low->kind != r->high->kind) {
        return feel_wrong("a range with two ends is needed");
    }
    struct feel_value list;
    if (r->low->kind == FEEL_DATE) {
        list = list_days(env, r->low, r->high);
    } else if (r->low->kind == FEEL_NUMBER &&
               feel_number_to_long(r->low, &low) &&
               feel_number_to_long(r->high, &high)) {
        list = list_numbers(env, low, high);
    } else {
        return feel_wrong("a range of whole numbers or dates is needed");
    }
    if (list.kind == FEEL_LIST && !r->low_closed && list.list.n > 0) {
        list.list.v++;
        list.list.n--;
    }
    if (list.kind == FEEL_LIST && !r->high_closed && list.list.n > 0) {
        list.list.n--;
    }
    return list;
}

static void iterate(struct feel_env *env, struct iterating *it, uint32_t var);

static void list_body(struct feel_env *env, struct iterating *it)
{
    const struct feel_node *n = it->n;
    struct feel_binding b = {env->bound, BUS_STRV("partial"), &it->partial};
    if (n->kind == NODE_FOR) {
        it->partial = feel_list_of(it->out.v, it->out.n);
        env->bound = &b;
    }
    struct feel_value v = feel_eval(n->kids[n->count - 1], env);
    env->bound = n->kind == NODE_FOR ? b.up : env->bound;
    if (n->kind == NODE_FOR) {
        if (!feel_push(env, &it->out, v)) {
            it->result = feel_wrong(feel_no_memory);
            it->stop = true;
        }
        return;
    }
    bool some = n->kind == NODE_SOME;
    it->result = some ? feel_or(env->mem, &it->result, &v)
                      : feel_and(env->mem, &it->result, &v);
    it->stop = it->result.kind == FEEL_BOOLEAN && it->result.boolean == some;
}

static void iterate(struct feel_env *env, struct iterating *it, uint32_t var)
{
    if (var + 1 == it->n->count) {
        list_body(env, it);
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
    if (of.kind == FEEL_NULL) {
        it->result = of.why ? of : feel_wrong("a loop over null");
        it->stop = true;
        return;
    }
    of = feel_as_list(env, of);
    for (size_t i = 0; !it->stop && of.kind == FEEL_LIST && i < of.list.n;
         i++) {
        struct feel_binding b = {env->bound, it->n->names[var], &of.list.v[i]};
        env->bound = &b;
        iterate(env, it, var + 1);
        env->bound = b.up;
    }
}

struct feel_value feel_iteration(struct feel_env *env,
                                 const struct feel_node *n)
{
    struct iterating it = {.n = n, .result = feel_bool(n->kind == NODE_EVERY)};
    iterate(env, &it, 0);
    bool list = n->kind == NODE_FOR && it.result.kind == FEEL_BOOLEAN;
    return list ? feel_list_of(it.out.v, it.out.n) : it.result;
}

/* --- lists and contexts --- */

static struct feel_value list_context(struct feel_env *env,
                                      const struct feel_node *n,
                                      struct feel_value *v)
{
    struct feel_entry *e =
        bus_arena_alloc(env->mem, (n->count + 1) * sizeof(*e));
    if (e == NULL) {
        return feel_wrong(feel_no_memory);
    }
    struct feel_value c = {.kind = FEEL_CONTEXT, .context = {e, 0}};
    /* Entries see those before them; this is no item of a filter. */
    struct feel_binding b = {env->bound, {"{", 0}, &c};
    for (uint32_t i = 0; i < n->count; i++) {
        env->bound = &b;
        v[i] = feel_eval(n->kids[i], env);
        env->bound = b.up;
        if (v[i].kind == FEEL_FUNCTION) {
            feel_name_itself(env, &v[i], n->names[i]);
        }
        e[i] = (struct feel_entry){n->names[i], &v[i]};
        c.context.n = i + 1;
    }
    return n->has_result && n->count > 0 ? v[n->count - 1] : c;
}

struct feel_value feel_collection(struct feel_env *env,
                                  const struct feel_node *n)
{
    struct feel_value *v =
        bus_arena_alloc(env->mem, (n->count + 1) * sizeof(*v));
    if (v == NULL) {
        return feel_wrong(feel_no_memory);
    }
    if (n->kind == NODE_CONTEXT) {
        return list_context(env, n, v);
    }
    for (uint32_t i = 0; i < n->count; i++) {
        v[i] = feel_eval(n->kids[i], env);
    }
    return feel_list_of(v, n->count);
}
