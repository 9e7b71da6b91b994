#include "ops/cli/policy/feel_json.h"

#include <string.h>

#include "bus/base/clock.h"
#include "bus/feel/number.h"
#include "bus/feel/temporal.h"

#define DEPTH_MAX 64

static struct feel_value
feel_json_of(struct bus_arena *mem, const json_t *j, int depth);

static struct feel_value of_text(struct bus_arena *mem, const json_t *j)
{
    size_t n = json_string_length(j);
    char *c = bus_arena_strndup(mem, json_string_value(j), n);
    struct bus_strv s = {c, c ? n : 0};
    struct feel_value v;
    if (s.n > 1 && s.p[0] == '@' &&
        feel_at_parse(mem, (struct bus_strv){s.p + 1, s.n - 1}, &v)) {
        return v;
    }
    return feel_string(s);
}

static struct feel_value
of_object(struct bus_arena *mem, const json_t *j, int depth)
{
    size_t n = json_object_size(j), i = 0;
    struct feel_entry *e = bus_arena_calloc(mem, n + 1, sizeof(*e));
    struct feel_value *v = bus_arena_calloc(mem, n + 1, sizeof(*v));
    const char *key;
    json_t *item;
    if (e == NULL || v == NULL) {
        return feel_wrong("no memory");
    }
    json_object_foreach((json_t *)(uintptr_t)j, key, item)
    {
        v[i] = feel_json_of(mem, item, depth + 1);
        e[i].key = bus_strv(bus_arena_strdup(mem, key));
        e[i].value = &v[i];
        i++;
    }
    return (struct feel_value){.kind = FEEL_CONTEXT, .context = {e, n}};
}

static struct feel_value
feel_json_of(struct bus_arena *mem, const json_t *j, int depth)
{
    struct feel_value v = feel_null;
    char number[64];
    if (depth > DEPTH_MAX) {
        return feel_wrong("JSON nested too deep");
    }
    switch (json_typeof(j)) {
    case JSON_TRUE:
    case JSON_FALSE:
        return feel_bool(json_is_true(j));
    case JSON_INTEGER:
        return feel_long(json_integer_value(j));
    case JSON_REAL:
        (void)snprintf(number, sizeof(number), "%.15g", json_real_value(j));
        (void)feel_number_parse(bus_strv(number), &v);
        return v;
    case JSON_STRING:
        return of_text(mem, j);
    case JSON_OBJECT:
        return of_object(mem, j, depth);
    case JSON_ARRAY: {
        size_t n = json_array_size(j);
        struct feel_value *list = bus_arena_calloc(mem, n + 1, sizeof(*list));
        for (size_t i = 0; list != NULL && i < n; i++) {
            list[i] = feel_json_of(mem, json_array_get(j, i), depth + 1);
        }
        return list ? feel_list_of(list, n) : feel_wrong("no memory");
    }
    default:
        return feel_null;
    }
}

struct feel_value cli_feel_of_json(struct bus_arena *mem, const json_t *j)
{
    return feel_json_of(mem, j, 0);
}

static json_t *to_text(struct bus_arena *mem, const struct feel_value *v)
{
    const char *s = feel_text(mem, v);
    return v->kind == FEEL_STRING
               ? json_stringn(v->string.p ? v->string.p : "", v->string.n)
           : s ? json_string(s)
               : json_null();
}

static json_t *to_number(struct bus_arena *mem, const struct feel_value *v)
{
    int64_t n;
    double d;
    char text[64];
    struct feel_value back;
    if (feel_number_to_long(v, &n)) {
        return json_integer(n);
    }
    d = feel_number_to_double(v);
    (void)snprintf(text, sizeof(text), "%.15g", d);
    bool exact = feel_number_parse(bus_strv(text), &back) &&
                 feel_number_cmp(&back, v) == 0;
    return exact ? json_real(d) : to_text(mem, v);
}

json_t *cli_feel_to_json(struct bus_arena *mem, const struct feel_value *v)
{
    json_t *j;
    char key[256];
    switch (v->kind) {
    case FEEL_NULL:
        return json_null();
    case FEEL_BOOLEAN:
        return json_boolean(v->boolean);
    case FEEL_NUMBER:
        return to_number(mem, v);
    case FEEL_LIST:
        j = json_array();
        for (size_t i = 0; i < v->list.n; i++) {
            (void)json_array_append_new(j,
                                        cli_feel_to_json(mem, &v->list.v[i]));
        }
        return j;
    case FEEL_CONTEXT:
        j = json_object();
        for (size_t i = 0; i < v->context.n; i++) {
            (void)json_object_set_new(
                j, bus_strv_copy(key, sizeof(key), v->context.v[i].key),
                cli_feel_to_json(mem, v->context.v[i].value));
        }
        return j;
    default:
        return to_text(mem, v);
    }
}

int cli_feel_json_file(struct bus_arena *mem,
                       const char *path,
                       struct feel_value *ret,
                       struct bus_err *err)
{
    json_error_t e;
    json_t *j = strcmp(path, "-") == 0
                    ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &e)
                    : json_load_file(path, JSON_REJECT_DUPLICATES, &e);
    if (j == NULL) {
        return bus_fail(err, BUS_EPARSE, "%s:%d:%d: %s", path, e.line, e.column,
                        e.text);
    }
    *ret = cli_feel_of_json(mem, j);
    json_decref(j);
    return ret->kind == FEEL_CONTEXT
               ? BUS_OK
               : bus_fail(err, BUS_ETYPE, "%s: a JSON object is needed", path);
}

struct feel_value cli_feel_now(void)
{
    static const struct feel_zone china = {8 * 3600, {NULL, 0}};
    int64_t ms = bus_clock_system.wall_ms(bus_clock_system.data) +
                 china.offset * INT64_C(1000);
    struct feel_value v = {.kind = FEEL_DATE_TIME};
    v.when.day = ms / 86400000;
    v.when.nanos = ms % 86400000 * 1000000;
    v.when.zone = &china;
    return v;
}
