/* Records and their defaults. */
#include <string.h>

#include "bus/wire/schema_parts.h"

static int
field_aliases(struct parsing *p, const json_t *j, struct bus_wire_field *f)
{
    const json_t *a = json_object_get(j, "aliases");
    size_t n = json_array_size(a);
    const char **list = bus_arena_calloc(&p->set->mem, n + 1, sizeof(char *));
    if (list == NULL || n > BUS_WIRE_FIELDS_MAX) {
        return bus_fail(p->err, BUS_ETOOBIG, "%zu aliases", n);
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = json_string_value(json_array_get(a, i));
        if (list[i] == NULL || !wire_name_valid(list[i], false)) {
            return bus_fail(p->err, BUS_ESCHEMA, "alias %zu is no name", i);
        }
    }
    f->aliases = list;
    f->alias_count = n;
    return BUS_OK;
}

static int
field_default(struct parsing *p, const json_t *j, struct bus_wire_field *f)
{
    const json_t *d = json_object_get(j, "default");
    if (d == NULL) {
        return BUS_OK;
    }
    struct bus_buf buf;
    bus_buf_init(&buf, BUS_WIRE_SCHEMA_BYTES);
    int rc = wire_default_bytes(f->type, d, &buf, p->err);
    if (rc == BUS_OK) {
        char *copy = bus_arena_dup(&p->set->mem, buf.data, buf.len);
        f->default_bytes = (struct bus_strv){copy, buf.len};
        if (copy == NULL || buf.failed) {
            rc = bus_fail(p->err, BUS_ETOOBIG, "the default");
        }
    }
    bus_buf_fini(&buf);
    return rc == BUS_OK ? rc : bus_wrap(p->err, "default");
}

static int parse_field(struct parsing *p,
                       const json_t *j,
                       const char *ns,
                       struct bus_wire_field *f)
{
    f->name = json_string_value(json_object_get(j, "name"));
    if (f->name == NULL || !wire_name_valid(f->name, false)) {
        return bus_fail(p->err, BUS_ESCHEMA, "a field without a valid name");
    }
    const json_t *type = json_object_get(j, "type");
    f->json = (const struct json_t *)j;
    f->pii = json_string_value(json_object_get(j, "lianou.pii"));
    int rc = type == NULL ? bus_fail(p->err, BUS_ESCHEMA, "no \"type\"")
                          : p->node(p, type, ns, &f->type);
    if (rc == BUS_OK) {
        rc = field_aliases(p, j, f);
    }
    if (rc == BUS_OK) {
        rc = field_default(p, j, f);
    }
    return rc == BUS_OK ? rc : bus_wrap(p->err, "%s", f->name);
}

int wire_parse_record(struct parsing *p,
                      const json_t *j,
                      const char *ns,
                      struct bus_wire_schema *s)
{
    const json_t *fields = json_object_get(j, "fields");
    size_t n = json_array_size(fields);
    struct bus_wire_field *list =
        bus_arena_calloc(&p->set->mem, n + 1, sizeof(*list));
    if (!json_is_array(fields) || n > BUS_WIRE_FIELDS_MAX || list == NULL) {
        return bus_fail(p->err, BUS_ESCHEMA,
                        "\"fields\" must be a list of at "
                        "most %d",
                        BUS_WIRE_FIELDS_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        int rc = parse_field(p, json_array_get(fields, i), ns, &list[i]);
        if (rc != BUS_OK) {
            return rc;
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(list[i].name, list[k].name) == 0) {
                return bus_fail(p->err, BUS_ESCHEMA, "field %s twice",
                                list[i].name);
            }
        }
    }
    s->fields = list;
    s->count = n;
    for (size_t i = 0; i < n && s->min_bytes < BUS_WIRE_SCHEMA_BYTES; i++) {
        s->min_bytes += list[i].type->min_bytes;
    }
    return BUS_OK;
}

void wire_put_long(struct bus_buf *out, int64_t v)
{
    uint64_t z = ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
    while (z >= 0x80) {
        bus_buf_putc(out, (uint8_t)(z | 0x80));
        z >>= 7;
    }
    bus_buf_putc(out, (uint8_t)z);
}

static int schema_record_misfit(const struct bus_wire_schema *t,
                                struct bus_err *err)
{
    return bus_fail(err, BUS_ESCHEMA, "the default does not fit %s",
                    t->name ? t->name : wire_kind_name(t->kind));
}

/* Bytes and fixed defaults are strings of code points 0 to 255. */
static int default_latin(const struct bus_wire_schema *t,
                         const json_t *j,
                         struct bus_buf *out,
                         struct bus_err *err)
{
    struct bus_buf raw;
    bus_buf_init(&raw, BUS_WIRE_FIXED_MAX);
    const unsigned char *s = (const unsigned char *)json_string_value(j);
    size_t n = json_string_length(j);
    bool ok = json_is_string(j);
    for (size_t i = 0; ok && i < n; i++) {
        unsigned c = s[i];
        if (c >= 0x80) {
            ok = (c == 0xC2 || c == 0xC3) && i + 1 < n;
            c = ok ? (c & 3u) << 6 | (s[++i] & 0x3Fu) : 0;
        }
        bus_buf_putc(&raw, (uint8_t)c);
    }
    ok =
        ok && !raw.failed && (t->kind == BUS_WIRE_BYTES || raw.len == t->count);
    if (ok && t->kind == BUS_WIRE_BYTES) {
        wire_put_long(out, (int64_t)raw.len);
    }
    bus_buf_put(out, raw.data, raw.len);
    bus_buf_fini(&raw);
    return ok ? BUS_OK : schema_record_misfit(t, err);
}

static int default_number(const struct bus_wire_schema *t,
                          const json_t *j,
                          struct bus_buf *out,
                          struct bus_err *err)
{
    double d = json_number_value(j);
    float f = (float)d;
    bool whole = json_is_integer(j);
    json_int_t i = json_integer_value(j);
    switch (t->kind) {
    case BUS_WIRE_INT:
        whole = whole && i >= INT32_MIN && i <= INT32_MAX;
        wire_put_long(out, i);
        return whole ? BUS_OK : schema_record_misfit(t, err);
    case BUS_WIRE_LONG:
        wire_put_long(out, i);
        return whole ? BUS_OK : schema_record_misfit(t, err);
    case BUS_WIRE_FLOAT:
        bus_buf_put(out, &f, sizeof(f));
        break;
    default:
        bus_buf_put(out, &d, sizeof(d));
        break;
    }
    return json_is_number(j) ? BUS_OK : schema_record_misfit(t, err);
}

static int default_list(const struct bus_wire_schema *t,
                        const json_t *j,
                        struct bus_buf *out,
                        struct bus_err *err)
{
    size_t n = json_array_size(j);
    int rc = json_is_array(j) ? BUS_OK : schema_record_misfit(t, err);
    if (rc == BUS_OK && n > 0) {
        wire_put_long(out, (int64_t)n);
    }
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        rc = wire_default_bytes(t->branches[0], json_array_get(j, i), out, err);
    }
    bus_buf_putc(out, 0);
    return rc;
}

static int default_map(const struct bus_wire_schema *t,
                       const json_t *j,
                       struct bus_buf *out,
                       struct bus_err *err)
{
    if (!json_is_object(j)) {
        return schema_record_misfit(t, err);
    }
    if (json_object_size(j) > 0) {
        wire_put_long(out, (int64_t)json_object_size(j));
    }
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)j, key, v)
    {
        wire_put_long(out, (int64_t)strlen(key));
        bus_buf_puts(out, key);
        int rc = wire_default_bytes(t->branches[0], v, out, err);
        if (rc != BUS_OK) {
            return rc;
        }
    }
    bus_buf_putc(out, 0);
    return BUS_OK;
}

static int default_record(const struct bus_wire_schema *t,
                          const json_t *j,
                          struct bus_buf *out,
                          struct bus_err *err)
{
    if (!json_is_object(j)) {
        return schema_record_misfit(t, err);
    }
    if (t->fields == NULL) {
        return bus_fail(err, BUS_ESCHEMA,
                        "the default holds a %s, which is not defined yet",
                        t->name);
    }
    for (size_t i = 0; i < t->count; i++) {
        const struct bus_wire_field *f = &t->fields[i];
        const json_t *v = json_object_get(j, f->name);
        if (v == NULL && f->default_bytes.p == NULL) {
            return schema_record_misfit(t, err);
        }
        if (v == NULL) {
            bus_buf_put(out, f->default_bytes.p, f->default_bytes.n);
            continue;
        }
        int rc = wire_default_bytes(f->type, v, out, err);
        if (rc != BUS_OK) {
            return rc;
        }
    }
    return BUS_OK;
}

static int default_enum(const struct bus_wire_schema *t,
                        const json_t *j,
                        struct bus_buf *out,
                        struct bus_err *err)
{
    for (size_t i = 0; json_is_string(j) && i < t->count; i++) {
        if (strcmp(t->symbols[i], json_string_value(j)) == 0) {
            wire_put_long(out, (int64_t)i);
            return BUS_OK;
        }
    }
    return schema_record_misfit(t, err);
}

int wire_default_bytes(const struct bus_wire_schema *t,
                       const json_t *j,
                       struct bus_buf *out,
                       struct bus_err *err)
{
    switch (t->kind) {
    case BUS_WIRE_NULL:
        return json_is_null(j) ? BUS_OK : schema_record_misfit(t, err);
    case BUS_WIRE_BOOLEAN:
        bus_buf_putc(out, json_is_true(j));
        return json_is_boolean(j) ? BUS_OK : schema_record_misfit(t, err);
    case BUS_WIRE_INT:
    case BUS_WIRE_LONG:
    case BUS_WIRE_FLOAT:
    case BUS_WIRE_DOUBLE:
        return default_number(t, j, out, err);
    case BUS_WIRE_STRING:
        wire_put_long(out, (int64_t)json_string_length(j));
        bus_buf_put(out, json_string_value(j), json_string_length(j));
        return json_is_string(j) ? BUS_OK : schema_record_misfit(t, err);
    case BUS_WIRE_BYTES:
    case BUS_WIRE_FIXED:
        return default_latin(t, j, out, err);
    case BUS_WIRE_ENUM:
        return default_enum(t, j, out, err);
    case BUS_WIRE_ARRAY:
        return default_list(t, j, out, err);
    case BUS_WIRE_MAP:
        return default_map(t, j, out, err);
    case BUS_WIRE_RECORD:
        return default_record(t, j, out, err);
    case BUS_WIRE_UNION: /* a union's default is of its first branch */
        wire_put_long(out, 0);
        return wire_default_bytes(t->branches[0], j, out, err);
    }
    return schema_record_misfit(t, err);
}
