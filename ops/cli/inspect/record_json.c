#include "ops/cli/inspect/record_json.h"

#include <string.h>

#include "bus/base/id.h"

#define DEPTH_MAX 32
#define PATH_ROOM 300

struct writing
{
    const struct record_json *how;
    struct bus_buf *out;
    struct bus_err *err;
    char path[PATH_ROOM];
    int depth;
};

static int record_json_value(struct writing *w,
                             const struct bus_wire_schema *s,
                             const json_t *j,
                             const json_t *record_json_record);

static int record_json_wrong(struct writing *w, const char *must)
{
    return bus_fail(w->err, BUS_EPARSE, "%s: must be %s",
                    w->path[0] ? w->path : "the record", must);
}

static void record_json_put_number(struct bus_buf *out, int64_t n)
{
    uint64_t z = ((uint64_t)n << 1) ^ (uint64_t)(n >> 63);
    for (; z >= 0x80; z >>= 7) {
        bus_buf_putc(out, (uint8_t)(z | 0x80));
    }
    bus_buf_putc(out, (uint8_t)z);
}

/* Steps into a part; returns where the path was cut before. */
static size_t
record_json_into(struct writing *w, const char *name, size_t index)
{
    size_t n = strlen(w->path);
    if (name != NULL) {
        (void)snprintf(w->path + n, PATH_ROOM - n, "%s%s", n > 0 ? "." : "",
                       name);
    } else {
        (void)snprintf(w->path + n, PATH_ROOM - n, "[%zu]", index);
    }
    return n;
}

/* A tap shows longer bytes as "(N bytes)": what may be absent is taken so. */
static bool not_shown(const struct bus_wire_field *f, const json_t *v)
{
    const char *text = json_string_value(v);
    return f->type->kind == BUS_WIRE_BYTES && text != NULL && text[0] == '(';
}

static int record_json_record(struct writing *w,
                              const struct bus_wire_schema *s,
                              const json_t *j)
{
    int rc = json_is_object(j) ? BUS_OK : record_json_wrong(w, "an object");
    for (size_t i = 0; rc == BUS_OK && i < s->count; i++) {
        const struct bus_wire_field *f = &s->fields[i];
        const json_t *v = json_object_get(j, f->name);
        size_t before = record_json_into(w, f->name, 0);
        if ((v == NULL || not_shown(f, v)) && f->default_bytes.p != NULL) {
            bus_buf_put(w->out, f->default_bytes.p, f->default_bytes.n);
        } else {
            rc = v ? record_json_value(w, f->type, v, j)
                   : record_json_wrong(w, "there");
        }
        w->path[before] = '\0';
    }
    return rc;
}

static int record_json_array(struct writing *w,
                             const struct bus_wire_schema *s,
                             const json_t *j)
{
    size_t n = json_array_size(j);
    int rc = json_is_array(j) ? BUS_OK : record_json_wrong(w, "a list");
    if (rc == BUS_OK && n > 0) {
        record_json_put_number(w->out, (int64_t)n);
    }
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        size_t before = record_json_into(w, NULL, i);
        rc = record_json_value(w, s->branches[0], json_array_get(j, i), NULL);
        w->path[before] = '\0';
    }
    record_json_put_number(w->out, 0);
    return rc;
}

static const char *record_json_word_of(const struct bus_wire_schema *s)
{
    static const char *const words[] = {
        [BUS_WIRE_NULL] = "null",   [BUS_WIRE_BOOLEAN] = "boolean",
        [BUS_WIRE_INT] = "int",     [BUS_WIRE_LONG] = "long",
        [BUS_WIRE_FLOAT] = "float", [BUS_WIRE_DOUBLE] = "double",
        [BUS_WIRE_BYTES] = "bytes", [BUS_WIRE_STRING] = "string",
        [BUS_WIRE_ARRAY] = "array", [BUS_WIRE_MAP] = "map"};
    const char *word = s->name                   ? s->name
                       : s->kind <= BUS_WIRE_MAP ? words[s->kind]
                                                 : NULL;
    return word ? word : "";
}

static bool record_json_fits(const struct bus_wire_schema *s, const json_t *j)
{
    switch (s->kind) {
    case BUS_WIRE_NULL:
        return json_is_null(j);
    case BUS_WIRE_BOOLEAN:
        return json_is_boolean(j);
    case BUS_WIRE_INT:
    case BUS_WIRE_LONG:
        return json_is_integer(j);
    case BUS_WIRE_FLOAT:
    case BUS_WIRE_DOUBLE:
        return json_is_number(j);
    case BUS_WIRE_STRING:
    case BUS_WIRE_BYTES:
    case BUS_WIRE_ENUM:
    case BUS_WIRE_FIXED:
        return json_is_string(j);
    case BUS_WIRE_ARRAY:
        return json_is_array(j);
    case BUS_WIRE_RECORD:
    case BUS_WIRE_MAP:
        return json_is_object(j);
    case BUS_WIRE_UNION:
        break;
    }
    return false;
}

static int record_json_choice(struct writing *w,
                              const struct bus_wire_schema *s,
                              const json_t *j,
                              const json_t *in)
{
    size_t take = s->count, also = s->count;
    const json_t *v = j;
    const char *key = json_is_object(j) && json_object_size(j) == 1
                          ? json_object_iter_key(json_object_iter((json_t *)j))
                          : NULL;
    for (size_t i = 0; i < s->count; i++) {
        if (key != NULL &&
            strcmp(key, record_json_word_of(s->branches[i])) == 0) {
            take = i;
            v = json_object_get(j, key);
            break;
        }
        if (record_json_fits(s->branches[i], j)) {
            also = take < s->count ? i : also;
            take = take < s->count ? take : i;
        }
    }
    if (take == s->count) {
        return record_json_wrong(w, "of one of the union's kinds");
    }
    if (v == j && also < s->count && in != NULL && w->how->is_int != NULL) {
        bool first = s->branches[take]->kind == BUS_WIRE_INT;
        take = w->how->is_int(w->how->data, in) == first ? take : also;
    }
    record_json_put_number(w->out, (int64_t)take);
    return record_json_value(w, s->branches[take], v, in);
}

static int
symbol(struct writing *w, const struct bus_wire_schema *s, const json_t *j)
{
    for (size_t i = 0; json_is_string(j) && i < s->count; i++) {
        if (strcmp(json_string_value(j), s->symbols[i]) == 0) {
            record_json_put_number(w->out, (int64_t)i);
            return BUS_OK;
        }
    }
    return record_json_wrong(w, "one of the symbols");
}

static int record_json_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* n: how many bytes, SIZE_MAX for any number with its length before. */
static int record_json_hex(struct writing *w, const json_t *j, size_t n)
{
    const char *t = json_string_value(j);
    size_t have = t ? strlen(t) : 0;
    if (t == NULL || have % 2 != 0 || (n != SIZE_MAX && have / 2 != n)) {
        return record_json_wrong(w, "bytes in hex");
    }
    if (n == SIZE_MAX) {
        record_json_put_number(w->out, (int64_t)(have / 2));
    }
    for (size_t i = 0; i < have; i += 2) {
        int a = record_json_digit(t[i]), b = record_json_digit(t[i + 1]);
        if (a < 0 || b < 0) {
            return record_json_wrong(w, "bytes in hex");
        }
        bus_buf_putc(w->out, (uint8_t)(a << 4 | b));
    }
    return BUS_OK;
}

static int record_json_fixed(struct writing *w,
                             const struct bus_wire_schema *s,
                             const json_t *j)
{
    struct bus_id id;
    if (s->count == sizeof(id.b) && json_is_string(j) &&
        bus_id_parse(bus_strv(json_string_value(j)), &id)) {
        bus_buf_put(w->out, id.b, sizeof(id.b));
        return BUS_OK;
    }
    return record_json_hex(w, j, s->count);
}

static int record_json_scalar(struct writing *w,
                              const struct bus_wire_schema *s,
                              const json_t *j)
{
    if (!record_json_fits(s, j)) {
        return record_json_wrong(w, record_json_word_of(s));
    }
    switch (s->kind) {
    case BUS_WIRE_NULL:
        return BUS_OK;
    case BUS_WIRE_BOOLEAN:
        bus_buf_putc(w->out, json_is_true(j));
        return BUS_OK;
    case BUS_WIRE_INT:
    case BUS_WIRE_LONG:
        if (s->kind == BUS_WIRE_INT &&
            json_integer_value(j) != (int32_t)json_integer_value(j)) {
            return record_json_wrong(w, "a number of 32 bits");
        }
        record_json_put_number(w->out, json_integer_value(j));
        return BUS_OK;
    case BUS_WIRE_STRING:
        record_json_put_number(w->out, (int64_t)json_string_length(j));
        bus_buf_put(w->out, json_string_value(j), json_string_length(j));
        return BUS_OK;
    default:
        return record_json_wrong(w, "of a kind that is read from JSON");
    }
}

static int record_json_value(struct writing *w,
                             const struct bus_wire_schema *s,
                             const json_t *j,
                             const json_t *in)
{
    if (++w->depth > DEPTH_MAX) {
        return record_json_wrong(w, "nested less deep");
    }
    int rc = s->kind == BUS_WIRE_RECORD  ? record_json_record(w, s, j)
             : s->kind == BUS_WIRE_ARRAY ? record_json_array(w, s, j)
             : s->kind == BUS_WIRE_UNION ? record_json_choice(w, s, j, in)
             : s->kind == BUS_WIRE_ENUM  ? symbol(w, s, j)
             : s->kind == BUS_WIRE_FIXED ? record_json_fixed(w, s, j)
             : s->kind == BUS_WIRE_BYTES ? record_json_hex(w, j, SIZE_MAX)
                                         : record_json_scalar(w, s, j);
    w->depth--;
    return rc;
}

int cli_record_from_json(const struct record_json *how,
                         const struct bus_wire_schema *schema,
                         const json_t *json,
                         struct bus_buf *out,
                         struct bus_err *err)
{
    struct writing w = {.how = how, .out = out, .err = err};
    int rc = record_json_value(&w, schema, json, NULL);
    return rc == BUS_OK && out->failed ? bus_fail(err, BUS_ENOMEM, "a record")
                                       : rc;
}
