/* Schemas out: standalone JSON, parsing canonical form, CRC-64-AVRO. */
#include <stdlib.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/wire/schema_parts.h"

struct printing
{
    struct bus_buf *out;
    struct bus_map seen; /* named types already in full */
    bool canonical;
};

static void schema_print_node(struct printing *p,
                              const struct bus_wire_schema *s);

static void schema_print_quoted(struct printing *p, const char *text)
{
    json_t *s = json_string(text);
    char *d = s ? json_dumps(s, JSON_ENCODE_ANY) : NULL;
    if (d == NULL) {
        p->out->failed = true;
    } else {
        bus_buf_puts(p->out, d);
    }
    free(d);
    json_decref(s);
}

static void
schema_print_member(struct printing *p, const char *key, const char *value)
{
    bus_buf_printf(p->out, "\"%s\":", key);
    schema_print_quoted(p, value);
}

/* Every attribute that the tree does not print itself. */
static void attributes(struct printing *p, const struct json_t *j)
{
    static const char *const ours[] = {"type",  "name",   "namespace", "fields",
                                       "items", "values", "symbols",   "size"};
    const char *key;
    json_t *v;
    if (p->canonical || !json_is_object((const json_t *)j)) {
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)j, key, v)
    {
        bool skip = false;
        for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
            skip |= strcmp(key, ours[i]) == 0;
        }
        if (!skip) {
            char *d = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
            bus_buf_putc(p->out, ',');
            schema_print_quoted(p, key);
            bus_buf_putc(p->out, ':');
            bus_buf_puts(p->out, d ? d : "");
            p->out->failed = p->out->failed || d == NULL;
            free(d);
        }
    }
}

static void fields(struct printing *p, const struct bus_wire_schema *s)
{
    bus_buf_puts(p->out, ",\"fields\":[");
    for (size_t i = 0; i < s->count; i++) {
        bus_buf_puts(p->out, i ? ",{" : "{");
        schema_print_member(p, "name", s->fields[i].name);
        bus_buf_puts(p->out, ",\"type\":");
        schema_print_node(p, s->fields[i].type);
        attributes(p, s->fields[i].json);
        bus_buf_putc(p->out, '}');
    }
    bus_buf_putc(p->out, ']');
}

static void schema_print_named(struct printing *p,
                               const struct bus_wire_schema *s)
{
    if (bus_map_get(&p->seen, bus_strv(s->name)) != NULL) {
        schema_print_quoted(p, s->name);
        return;
    }
    if (bus_map_put(&p->seen, bus_strv(s->name), (void *)(uintptr_t)s) !=
        BUS_OK) {
        p->out->failed = true;
    }
    bus_buf_putc(p->out, '{');
    schema_print_member(p, "name", s->name);
    bus_buf_putc(p->out, ',');
    schema_print_member(p, "type", wire_kind_name(s->kind));
    if (s->kind == BUS_WIRE_RECORD) {
        fields(p, s);
    } else if (s->kind == BUS_WIRE_ENUM) {
        bus_buf_puts(p->out, ",\"symbols\":[");
        for (size_t i = 0; i < s->count; i++) {
            bus_buf_puts(p->out, i ? "," : "");
            schema_print_quoted(p, s->symbols[i]);
        }
        bus_buf_putc(p->out, ']');
    } else {
        bus_buf_printf(p->out, ",\"size\":%zu", s->count);
    }
    attributes(p, s->json);
    bus_buf_putc(p->out, '}');
}

static void schema_print_node(struct printing *p,
                              const struct bus_wire_schema *s)
{
    if (s->name != NULL) {
        schema_print_named(p, s);
    } else if (s->kind == BUS_WIRE_UNION) {
        bus_buf_putc(p->out, '[');
        for (size_t i = 0; i < s->count; i++) {
            bus_buf_puts(p->out, i ? "," : "");
            schema_print_node(p, s->branches[i]);
        }
        bus_buf_putc(p->out, ']');
    } else if (s->kind == BUS_WIRE_ARRAY || s->kind == BUS_WIRE_MAP) {
        bus_buf_printf(p->out,
                       "{\"type\":\"%s\",\"%s\":", wire_kind_name(s->kind),
                       s->kind == BUS_WIRE_ARRAY ? "items" : "values");
        schema_print_node(p, s->branches[0]);
        attributes(p, s->json);
        bus_buf_putc(p->out, '}');
    } else if (s->json != NULL && !p->canonical) {
        bus_buf_printf(p->out, "{\"type\":\"%s\"", wire_kind_name(s->kind));
        attributes(p, s->json);
        bus_buf_putc(p->out, '}');
    } else {
        schema_print_quoted(p, wire_kind_name(s->kind));
    }
}

static int print_all(const struct bus_wire_schema *s,
                     bool canonical,
                     struct bus_buf *out,
                     struct bus_err *err)
{
    struct printing p = {.out = out, .canonical = canonical};
    schema_print_node(&p, s);
    bus_map_fini(&p.seen);
    return out->failed ? bus_fail(err, BUS_ETOOBIG, "a schema's text") : BUS_OK;
}

int bus_wire_schema_json(const struct bus_wire_schema *s,
                         struct bus_buf *out,
                         struct bus_err *err)
{
    return print_all(s, false, out, err);
}

int bus_wire_schema_canonical(const struct bus_wire_schema *s,
                              struct bus_buf *out,
                              struct bus_err *err)
{
    return print_all(s, true, out, err);
}

#define CRC64_EMPTY UINT64_C(0xc15d213aa4d7a795)

uint64_t bus_wire_crc64(const void *p, size_t n)
{
    const unsigned char *u = p;
    uint64_t fp = CRC64_EMPTY;
    for (size_t i = 0; i < n; i++) {
        uint64_t row = (fp ^ u[i]) & 0xff;
        for (int b = 0; b < 8; b++) {
            row = (row >> 1) ^ (CRC64_EMPTY & (0 - (row & 1)));
        }
        fp = (fp >> 8) ^ row;
    }
    return fp;
}
