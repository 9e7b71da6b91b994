/* The table of built-in functions (DMN 1.5, 10.3.4), and how arguments meet
 * parameters. A call that fits no row is null with a reason. */
#include <stdio.h>
#include <string.h>

#include "bus/feel/tree.h"

#define PARAMS_MAX 8

static const struct feel_builtin *const tables[] = {
    feel_builtins_text, feel_builtins_number, feel_builtins_list,
    feel_builtins_time, feel_builtins_range,  feel_builtins_context,
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

const struct feel_builtin *feel_builtin_next(const struct feel_builtin *b,
                                             size_t *table)
{
    b = b == NULL ? tables[ *table = 0] : b + 1;
    while (b->name == NULL) {
        if (++*table == TABLES) {
            return NULL;
        }
        b = tables[*table];
    }
    return b;
}

const struct feel_builtin *feel_builtin_find(struct bus_strv name)
{
    for (size_t t = 0; t < TABLES; t++) {
        for (const struct feel_builtin *b = tables[t]; b->name != NULL; b++) {
            if (bus_strv_is(name, b->name)) {
                return b;
            }
        }
    }
    return NULL;
}

struct param
{
    struct bus_strv name;
    bool optional;
    char kind;
};

static size_t params_of(const char *text, struct param *to)
{
    size_t n = 0;
    while (*text != '\0') {
        const char *colon = strchr(text, ':');
        to[n].name = (struct bus_strv){text, (size_t)(colon - text)};
        to[n].optional = colon[1] == '?';
        text = colon + (to[n].optional ? 2 : 1);
        to[n++].kind = *text++;
        text += *text == ',';
    }
    return n;
}

static bool of_kind(char kind, const struct feel_value *v)
{
    enum feel_kind k = v->kind;
    switch (kind) {
    case 'a':
        return true;
    case 'n':
    case 'N':
        return k == FEEL_NUMBER || (kind == 'N' && k == FEEL_NULL);
    case 's':
    case 'S':
        return k == FEEL_STRING || (kind == 'S' && k == FEEL_NULL);
    case 'u':
    case 'U':
        return k == FEEL_MONTHS || k == FEEL_DAYS ||
               (kind == 'U' && k == FEEL_NULL);
    case 'b':
        return k == FEEL_BOOLEAN;
    case 'l':
        return k == FEEL_LIST;
    case 'd':
        return k == FEEL_DATE;
    case 't':
        return k == FEEL_TIME;
    case 'D':
        return k == FEEL_DATE_TIME;
    case 'e':
        return k == FEEL_DATE || k == FEEL_DATE_TIME;
    case 'c':
        return k == FEEL_CONTEXT;
    case 'r':
        return k == FEEL_RANGE;
    case 'f':
        return k == FEEL_FUNCTION;
    case 'p':
        return k >= FEEL_NUMBER && k <= FEEL_DAYS;
    default:
        return false;
    }
}

/* Rows of a name stand one after the other. */
static bool row_conforms(const struct feel_builtin *b,
                         const struct feel_type *t)
{
    struct param p[PARAMS_MAX];
    size_t count = params_of(b->params, p);
    for (size_t i = 0; i < t->count; i++) {
        const struct feel_type *of = t->fields[i].type;
        bool rest =
            count > 0 && (p[count - 1].kind == '*' || p[count - 1].kind == '+');
        if (i >= count && !rest) {
            return false;
        }
        const struct param *to = &p[i < count ? i : count - 1];
        struct feel_value v = {.kind = of ? of->kind : FEEL_NULL};
        bool any = of == NULL || of->is == FEEL_T_ANY || to->kind == '*' ||
                   to->kind == '+' || to->kind == 'l';
        if (!any && !of_kind(to->kind, &v)) {
            return false;
        }
    }
    for (size_t i = t->count; i < count; i++) {
        if (!p[i].optional) {
            return false;
        }
    }
    return true;
}

bool feel_builtin_conforms(const struct feel_builtin *b,
                           const struct feel_type *t)
{
    const char *name = b->name;
    for (; b->name != NULL && strcmp(b->name, name) == 0; b++) {
        if (t->any_function || row_conforms(b, t)) {
            return true;
        }
    }
    return false;
}

static bool builtin_fit(struct feel_env *env, char kind, struct feel_value *v)
{
    if (v->kind == FEEL_UNKNOWN || of_kind(kind, v)) {
        return true;
    }
    if (kind == 'l' && v->kind != FEEL_NULL) {
        *v = feel_as_list(env, *v);
        return v->kind == FEEL_LIST;
    }
    if (v->kind == FEEL_LIST && v->list.n == 1 &&
        of_kind(kind, &v->list.v[0]) && v->list.v[0].kind != FEEL_NULL) {
        *v = v->list.v[0];
        return true;
    }
    return false;
}

static bool builtin_rest(struct feel_env *env,
                         const struct feel_value *args,
                         size_t n,
                         struct feel_value *to)
{
    if (n == 0) {
        return false;
    }
    if (n == 1 && (args[0].kind == FEEL_LIST || args[0].kind == FEEL_UNKNOWN)) {
        *to = args[0];
        return true;
    }
    struct feel_value *copy = bus_arena_dup(env->mem, args, n * sizeof(*args));
    *to = feel_list_of(copy, copy ? n : 0);
    return n > 1 || args[0].kind != FEEL_NULL;
}

struct call
{
    const struct feel_value *args;
    const struct bus_strv *names;
    size_t n;
};

/* By name: each argument has its parameter. Returns its index, or n. */
static size_t builtin_named(const struct call *c, struct bus_strv name)
{
    size_t i = 0;
    while (i < c->n && !bus_strv_eq(c->names[i], name)) {
        i++;
    }
    return i;
}

static bool builtin_match(struct feel_env *env,
                          const struct feel_builtin *b,
                          const struct call *c,
                          struct feel_value *to)
{
    struct param p[PARAMS_MAX];
    size_t count = params_of(b->params, p), used = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = c->names ? builtin_named(c, p[i].name) : i;
        if (p[i].kind == '+') { /* each argument is an item */
            size_t from = c->names ? at : i, n = c->names ? 1 : c->n - i;
            if (from >= c->n) {
                return false;
            }
            struct feel_value *kept =
                bus_arena_dup(env->mem, c->args + from, n * sizeof(*kept));
            to[i] = feel_list_of(kept, kept ? n : 0);
            return kept != NULL;
        }
        if (p[i].kind == '*') {
            return c->names
                       ? at < c->n && builtin_rest(env, &c->args[at], 1, &to[i])
                       : builtin_rest(env, c->args + i, c->n - i, &to[i]);
        }
        to[i] = feel_null;
        if (at >= c->n) {
            if (!p[i].optional) {
                return false;
            }
            continue;
        }
        to[i] = c->args[at];
        used++;
        if (!builtin_fit(env, p[i].kind, &to[i])) {
            return false;
        }
    }
    return used == c->n;
}

struct feel_value feel_builtin_call(struct feel_env *env,
                                    const struct feel_builtin *b,
                                    const struct feel_value *args,
                                    const struct bus_strv *names,
                                    size_t n)
{
    struct feel_value to[PARAMS_MAX], open;
    struct call c = {args, names, n};
    if (!b->open && feel_unknown_in(env->mem, args, n, &open)) {
        return open;
    }
    const char *name = b->name;
    for (; b->name != NULL && strcmp(b->name, name) == 0; b++) {
        if (builtin_match(env, b, &c, to)) {
            return b->call(env, to);
        }
    }
    const char *why =
        bus_arena_printf(env->mem, "%s() of other arguments", name);
    return feel_wrong(why ? why : name);
}
