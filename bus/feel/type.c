#include "bus/feel/type.h"

#include "bus/feel/tree.h"

#define OWN(k)                         \
    {                                  \
        .is = FEEL_T_KIND, .kind = (k) \
    }
#define TYPE_MAX 32 /* nesting of a type */

const struct feel_type feel_type_any = {.is = FEEL_T_ANY};

const struct feel_type *feel_type_named(struct bus_strv name)
{
    static const struct
    {
        const char *name;
        struct feel_type type;
    } own[] = {
        {"Any", {.is = FEEL_T_ANY}},
        {"Null", OWN(FEEL_NULL)},
        {"boolean", OWN(FEEL_BOOLEAN)},
        {"number", OWN(FEEL_NUMBER)},
        {"string", OWN(FEEL_STRING)},
        {"date", OWN(FEEL_DATE)},
        {"time", OWN(FEEL_TIME)},
        {"date and time", OWN(FEEL_DATE_TIME)},
        {"dateTime", OWN(FEEL_DATE_TIME)},
        {"years and months duration", OWN(FEEL_MONTHS)},
        {"yearMonthDuration", OWN(FEEL_MONTHS)},
        {"days and time duration", OWN(FEEL_DAYS)},
        {"dayTimeDuration", OWN(FEEL_DAYS)},
        {"list", {.is = FEEL_T_LIST, .kind = FEEL_LIST}},
        {"range", {.is = FEEL_T_RANGE, .kind = FEEL_RANGE}},
        {"context", {.is = FEEL_T_CONTEXT, .kind = FEEL_CONTEXT}},
        {"function",
         {.is = FEEL_T_FUNCTION, .kind = FEEL_FUNCTION, .any_function = true}},
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (bus_strv_is(name, own[i].name)) {
            return &own[i].type;
        }
    }
    return NULL;
}

static const struct feel_type *type_field(const struct feel_type *t,
                                          struct bus_strv name)
{
    for (size_t i = 0; i < t->count; i++) {
        if (bus_strv_eq(t->fields[i].name, name)) {
            return t->fields[i].type;
        }
    }
    return NULL;
}

static bool
conforms(const struct feel_type *a, const struct feel_type *b, int depth);

static bool function_conforms(const struct feel_type *a,
                              const struct feel_type *b,
                              int depth)
{
    if (b->any_function || a->any_function) {
        return b->any_function;
    }
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) { /* parameters the other way round */
        if (!conforms(b->fields[i].type, a->fields[i].type, depth + 1)) {
            return false;
        }
    }
    const struct feel_type *result = a->of ? a->of : &feel_type_any;
    return b->of == NULL || conforms(result, b->of, depth + 1);
}

static bool
conforms(const struct feel_type *a, const struct feel_type *b, int depth)
{
    if (depth > TYPE_MAX || b->is == FEEL_T_ANY || a == b) {
        return true;
    }
    if (a->is != b->is) {
        return a->is == FEEL_T_KIND && a->kind == FEEL_NULL;
    }
    switch (b->is) {
    case FEEL_T_ANY:
        return true;
    case FEEL_T_KIND:
        return a->kind == b->kind || a->kind == FEEL_NULL;
    case FEEL_T_LIST:
    case FEEL_T_RANGE:
        return b->of == NULL ||
               conforms(a->of ? a->of : &feel_type_any, b->of, depth + 1);
    case FEEL_T_CONTEXT:
        for (size_t i = 0; i < b->count; i++) {
            const struct feel_type *f = type_field(a, b->fields[i].name);
            if (f == NULL || !conforms(f, b->fields[i].type, depth + 1)) {
                return false;
            }
        }
        return true;
    case FEEL_T_FUNCTION:
        break;
    }
    return function_conforms(a, b, depth);
}

bool feel_type_conforms(const struct feel_type *a, const struct feel_type *b)
{
    return conforms(a, b, 0);
}

static bool
type_has(const struct feel_type *t, const struct feel_value *v, int depth);

static bool
type_part(const struct feel_type *t, const struct feel_value *v, int depth)
{
    return v == NULL || v->kind == FEEL_NULL || type_has(t, v, depth + 1);
}

static bool
has_entries(const struct feel_type *t, const struct feel_value *v, int depth)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct feel_value *e =
            feel_entry_get(&v->context, t->fields[i].name);
        if (e == NULL || !type_part(t->fields[i].type, e, depth)) {
            return false;
        }
    }
    return true;
}

/* A function carries its own type as its first member (feel_parts.h). */
static const struct feel_type *type_of_function(const struct feel_value *v)
{
    return (const struct feel_type *)(const void *)v->function;
}

static bool
type_has(const struct feel_type *t, const struct feel_value *v, int depth)
{
    if (depth > TYPE_MAX || v->kind == FEEL_UNKNOWN) {
        return true;
    }
    if (t->is == FEEL_T_ANY) {
        return v->kind != FEEL_NULL;
    }
    if (t->is == FEEL_T_CONTEXT && t->count == 0 && v->kind == FEEL_THING) {
        return true;
    }
    if (v->kind != t->kind) {
        return false;
    }
    switch (t->is) {
    case FEEL_T_LIST:
        for (size_t i = 0; t->of != NULL && i < v->list.n; i++) {
            if (!type_part(t->of, &v->list.v[i], depth)) {
                return false;
            }
        }
        return true;
    case FEEL_T_RANGE:
        return t->of == NULL || (type_part(t->of, v->range.low, depth) &&
                                 type_part(t->of, v->range.high, depth));
    case FEEL_T_CONTEXT:
        return has_entries(t, v, depth);
    case FEEL_T_FUNCTION:
        if (v->function->builtin != NULL) {
            return feel_builtin_conforms(v->function->builtin, t);
        }
        return conforms(type_of_function(v), t, depth + 1);
    default:
        return true;
    }
}

bool feel_type_has(const struct feel_type *t, const struct feel_value *v)
{
    return type_has(t, v, 0);
}
