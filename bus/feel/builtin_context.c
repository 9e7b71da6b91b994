/* Contexts (10.3.4.10). */
#include <string.h>

#include "bus/feel/tree.h"

#define ARGS struct feel_env *env, const struct feel_value *a

static struct feel_value get_value(ARGS)
{
    (void)env;
    const struct feel_value *v = feel_entry_get(&a[0].context, a[1].string);
    return v ? *v : feel_wrong("no such entry");
}

static struct feel_value builtin_context_pair(struct feel_env *env,
                                              const struct feel_entry *e)
{
    struct feel_value *key = feel_keep(env, feel_string(e->key));
    struct feel_entry two[] = {{BUS_STRV("key"), key},
                               {BUS_STRV("value"), e->value}};
    struct feel_entry *kept = bus_arena_dup(env->mem, two, sizeof(two));
    return key && kept
               ? (struct feel_value){.kind = FEEL_CONTEXT, .context = {kept, 2}}
               : feel_wrong(feel_no_memory);
}

static struct feel_value get_entries(ARGS)
{
    size_t n = a[0].context.n;
    struct feel_value *v = bus_arena_alloc(env->mem, (n + 1) * sizeof(*v));
    for (size_t i = 0; v != NULL && i < n; i++) {
        v[i] = builtin_context_pair(env, &a[0].context.v[i]);
    }
    return v ? feel_list_of(v, n) : feel_wrong(feel_no_memory);
}

/* c with key set to value: replaced in its place, or added behind. */
static struct feel_value builtin_context_with(struct feel_env *env,
                                              const struct feel_context *c,
                                              struct bus_strv key,
                                              const struct feel_value *value)
{
    struct feel_entry *e = bus_arena_alloc(env->mem, (c->n + 1) * sizeof(*e));
    const struct feel_value *kept = feel_keep(env, *value);
    size_t i = 0;
    if (e == NULL || kept == NULL) {
        return feel_wrong(feel_no_memory);
    }
    if (c->n > 0) {
        memcpy(e, c->v, c->n * sizeof(*e));
    }
    while (i < c->n && !bus_strv_eq(e[i].key, key)) {
        i++;
    }
    e[i] = (struct feel_entry){key, kept};
    return (struct feel_value){.kind = FEEL_CONTEXT,
                               .context = {e, i == c->n ? c->n + 1 : c->n}};
}

static struct feel_value builtin_context_put(ARGS)
{
    return builtin_context_with(env, &a[0].context, a[1].string, &a[2]);
}

static struct feel_value put_path(struct feel_env *env,
                                  const struct feel_value *c,
                                  const struct feel_list *keys,
                                  size_t at,
                                  const struct feel_value *value)
{
    if (keys->v[at].kind != FEEL_STRING || c->kind != FEEL_CONTEXT) {
        return feel_wrong("a path is of strings, through contexts");
    }
    if (at + 1 == keys->n) {
        return builtin_context_with(env, &c->context, keys->v[at].string,
                                    value);
    }
    static const struct feel_value empty = {.kind = FEEL_CONTEXT};
    const struct feel_value *in =
        feel_entry_get(&c->context, keys->v[at].string);
    struct feel_value inner =
        put_path(env, in ? in : &empty, keys, at + 1, value);
    return inner.kind == FEEL_CONTEXT
               ? builtin_context_with(env, &c->context, keys->v[at].string,
                                      &inner)
               : inner;
}

static struct feel_value put_keys(ARGS)
{
    if (a[1].list.n == 0 || a[1].list.n > FEEL_DEPTH_MAX) {
        return feel_wrong("a path without keys");
    }
    return put_path(env, &a[0], &a[1].list, 0, &a[2]);
}

static struct feel_value builtin_context_merge(ARGS)
{
    struct feel_value r = {.kind = FEEL_CONTEXT};
    for (size_t i = 0; i < a[0].list.n; i++) {
        const struct feel_value *c = &a[0].list.v[i];
        if (c->kind != FEEL_CONTEXT) {
            return feel_wrong("context merge() of something else");
        }
        for (size_t k = 0; k < c->context.n && r.kind == FEEL_CONTEXT; k++) {
            r = builtin_context_with(env, &r.context, c->context.v[k].key,
                                     c->context.v[k].value);
        }
    }
    return r;
}

static struct feel_value of_entries(ARGS)
{
    struct feel_value r = {.kind = FEEL_CONTEXT};
    for (size_t i = 0; i < a[0].list.n && r.kind == FEEL_CONTEXT; i++) {
        const struct feel_value *e = &a[0].list.v[i], *key, *value;
        if (e->kind != FEEL_CONTEXT) {
            return feel_wrong("an entry has key and value");
        }
        key = feel_entry_get(&e->context, BUS_STRV("key"));
        value = feel_entry_get(&e->context, BUS_STRV("value"));
        if (key == NULL || value == NULL || key->kind != FEEL_STRING ||
            feel_entry_get(&r.context, key->string) != NULL) {
            return feel_wrong("an entry has a key, once, and a value");
        }
        r = builtin_context_with(env, &r.context, key->string, value);
    }
    return r;
}

const struct feel_builtin feel_builtins_context[] = {
    {"get value", "m:c,key:s", get_value, false},
    {"get entries", "m:c", get_entries, false},
    {"context put", "context:c,key:s,value:a", builtin_context_put, false},
    {"context put", "context:c,keys:l,value:a", put_keys, false},
    {"context merge", "contexts:l", builtin_context_merge, false},
    {"context", "entries:l", of_entries, false},
    {NULL, NULL, NULL, false},
};
