/* Functions: literals and their closures, calls by position and by name, the
 * fitting of values to types. */
#include <string.h>

#include "bus/feel/tree.h"

/* The chain of bindings lives on the stack of the evaluation; a closure keeps a
 * copy in the arena. */
static struct feel_binding *capture(struct feel_env *env, bool *ok)
{
    struct feel_binding *first = NULL, **to = &first;
    for (const struct feel_binding *b = env->bound; b != NULL; b = b->up) {
        struct feel_binding *copy = bus_arena_dup(env->mem, b, sizeof(*b));
        if (copy == NULL) {
            *ok = false;
            return NULL;
        }
        copy->value = bus_arena_dup(env->mem, b->value, sizeof(*b->value));
        *ok &= copy->value != NULL;
        *to = copy;
        to = &copy->up;
    }
    *to = NULL;
    return first;
}

/* A function that is an entry of a context may call itself by its key. v stays
 * where it is. */
void feel_name_itself(struct feel_env *env,
                      struct feel_value *v,
                      struct bus_strv name)
{
    struct feel_function f = *v->function;
    struct feel_binding b = {f.closure, name, v};
    if (f.body == NULL || name.n == 0) {
        return;
    }
    f.closure = bus_arena_dup(env->mem, &b, sizeof(b));
    const struct feel_function *named = bus_arena_dup(env->mem, &f, sizeof(f));
    if (f.closure != NULL && named != NULL) {
        v->function = named;
    }
}

struct feel_value feel_function_of(struct feel_env *env,
                                   const struct feel_node *n)
{
    bool ok = true;
    struct feel_function f = {.type = *n->type, .body = n->kids[0]};
    if (n->external) { /* Java and PMML: kinds we do not support (10.3.2.13.2)
                        */
        return feel_wrong("an external function of a kind not supported");
    }
    f.closure = capture(env, &ok);
    struct feel_value v = {.kind = FEEL_FUNCTION};
    v.function = ok ? bus_arena_dup(env->mem, &f, sizeof(f)) : NULL;
    return v.function ? v : feel_wrong(feel_no_memory);
}

struct feel_value feel_native_function(struct bus_arena *mem,
                                       const struct feel_field *params,
                                       size_t count,
                                       const struct feel_type *result,
                                       feel_native call,
                                       void *data)
{
    struct feel_function f = {.type = {.is = FEEL_T_FUNCTION,
                                       .kind = FEEL_FUNCTION,
                                       .of = result,
                                       .fields = params,
                                       .count = count},
                              .native = call,
                              .data = data};
    struct feel_value v = {.kind = FEEL_FUNCTION};
    v.function = bus_arena_dup(mem, &f, sizeof(f));
    return v.function ? v : feel_wrong(feel_no_memory);
}

int feel_arity(const struct feel_value *f)
{
    return f->kind != FEEL_FUNCTION || f->function->builtin != NULL
               ? -1
               : (int)f->function->type.count;
}

/* Arguments in the order of the parameters; false: a name or a number of them
 * that does not fit. */
static bool arrange(const struct feel_type *t,
                    const struct feel_value *args,
                    const struct bus_strv *names,
                    size_t n,
                    struct feel_value *to)
{
    if (n != t->count) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (size_t k = 0; names != NULL && k < n; k++) {
            if (bus_strv_eq(names[k], t->fields[i].name)) {
                at = k;
                break;
            }
            if (k + 1 == n) {
                return false;
            }
        }
        to[i] = args[at];
    }
    return true;
}

static struct feel_value call_enter(struct feel_env *env,
                                    const struct feel_function *f,
                                    const struct feel_value *args)
{
    struct feel_binding *outer = env->bound, *up = f->closure;
    struct feel_binding *bound =
        bus_arena_alloc(env->mem, (f->type.count + 1) * sizeof(*bound));
    if (bound == NULL) {
        return feel_wrong(feel_no_memory);
    }
    for (size_t i = 0; i < f->type.count; i++) {
        bound[i] = (struct feel_binding){up, f->type.fields[i].name, &args[i]};
        up = &bound[i];
    }
    env->bound = up;
    struct feel_value r = feel_eval(f->body, env);
    env->bound = outer;
    return r;
}

struct feel_value feel_invoke(struct feel_env *env,
                              const struct feel_value *fn,
                              const struct feel_value *args,
                              const struct bus_strv *names,
                              size_t n)
{
    if (fn->kind != FEEL_FUNCTION) {
        bool known = fn->kind == FEEL_UNKNOWN ||
                     (fn->kind == FEEL_NULL && fn->why != NULL);
        return known ? *fn : feel_wrong("no such function");
    }
    const struct feel_function *f = fn->function;
    if (f->builtin != NULL) {
        return feel_builtin_call(env, f->builtin, args, names, n);
    }
    struct feel_value *in_order =
        bus_arena_alloc(env->mem, (n + 1) * sizeof(*in_order));
    if (in_order == NULL || !arrange(&f->type, args, names, n, in_order)) {
        return feel_wrong("arguments that do not fit the parameters");
    }
    for (size_t i = 0; i < n; i++) {
        const struct feel_type *t = f->type.fields[i].type;
        struct feel_value v = feel_coerce(env, t, &in_order[i]);
        if (v.kind == FEEL_NULL && in_order[i].kind != FEEL_NULL) {
            return feel_wrong("an argument of another type");
        }
        in_order[i] = v;
    }
    struct feel_value r = f->native ? f->native(f->data, env, in_order)
                                    : call_enter(env, f, in_order);
    return f->type.of ? feel_coerce(env, f->type.of, &r) : r;
}

struct feel_value feel_call(struct feel_env *env, const struct feel_node *n)
{
    uint32_t first = n->builtin ? 0 : 1;
    size_t count = n->count - first;
    struct feel_value *args =
        bus_arena_alloc(env->mem, (count + 1) * sizeof(*args));
    if (args == NULL) {
        return feel_wrong(feel_no_memory);
    }
    struct feel_value fn = feel_null;
    if (n->builtin == NULL) {
        fn = feel_eval(n->kids[0], env);
    }
    for (size_t i = 0; i < count; i++) {
        args[i] = feel_eval(n->kids[first + i], env);
    }
    return n->builtin
               ? feel_builtin_call(env, n->builtin, args, n->names, count)
               : feel_invoke(env, &fn, args, n->names, count);
}

/* --- types --- */

static bool call_allowed(struct feel_env *env,
                         const struct feel_type *t,
                         const struct feel_value *v)
{
    for (; t != NULL; t = t->base) {
        if (t->allowed == NULL) {
            continue;
        }
        struct feel_value ok = feel_test(t->allowed, env, v);
        if (ok.kind != FEEL_UNKNOWN && !feel_is_true(&ok)) {
            return false;
        }
    }
    return true;
}

static bool parts_allowed(struct feel_env *env,
                          const struct feel_type *t,
                          const struct feel_value *v)
{
    if (v->kind == FEEL_NULL || v->kind == FEEL_UNKNOWN) {
        return true;
    }
    if (!call_allowed(env, t, v)) {
        return false;
    }
    if (t->is == FEEL_T_LIST && t->of != NULL && v->kind == FEEL_LIST) {
        for (size_t i = 0; i < v->list.n; i++) {
            if (!parts_allowed(env, t->of, &v->list.v[i])) {
                return false;
            }
        }
    }
    for (size_t i = 0; t->is == FEEL_T_CONTEXT && i < t->count; i++) {
        const struct feel_value *e =
            v->kind == FEEL_CONTEXT
                ? feel_entry_get(&v->context, t->fields[i].name)
                : NULL;
        if (e != NULL && !parts_allowed(env, t->fields[i].type, e)) {
            return false;
        }
    }
    return true;
}

/* What a function's body gives is often not known before it is called: its
 * parameters decide. */
static bool function_fits(const struct feel_type *t, const struct feel_value *v)
{
    struct feel_type loose = *t;
    loose.of = NULL;
    return t->is == FEEL_T_FUNCTION && v->kind == FEEL_FUNCTION &&
           v->function->type.of == NULL && feel_type_has(&loose, v);
}

static struct feel_value fitted(struct feel_env *env,
                                const struct feel_type *t,
                                const struct feel_value *v)
{
    static const struct feel_zone utc = {0, {NULL, 0}};
    if (feel_type_has(t, v) || function_fits(t, v)) {
        return *v;
    }
    if (t->is == FEEL_T_LIST && v->kind != FEEL_LIST) {
        struct feel_value *one = feel_keep(env, *v);
        struct feel_value list = feel_list_of(one, 1);
        return one && feel_type_has(t, &list) ? list
                                              : feel_wrong("of another type");
    }
    if (t->is != FEEL_T_LIST && v->kind == FEEL_LIST && v->list.n == 1 &&
        feel_type_has(t, &v->list.v[0])) {
        return v->list.v[0];
    }
    if (t->is == FEEL_T_KIND && t->kind == FEEL_DATE_TIME &&
        v->kind == FEEL_DATE) {
        struct feel_value r = *v;
        r.kind = FEEL_DATE_TIME;
        r.when.zone = &utc;
        return r;
    }
    return feel_wrong("a value of another type");
}

struct feel_value feel_coerce(struct feel_env *env,
                              const struct feel_type *t,
                              const struct feel_value *v)
{
    if (t == NULL || v->kind == FEEL_NULL || v->kind == FEEL_UNKNOWN) {
        return *v;
    }
    struct feel_value r = t->is == FEEL_T_ANY ? *v : fitted(env, t, v);
    return parts_allowed(env, t, &r) ? r
                                     : feel_wrong("none of the allowed values");
}
