/* JSON, in the form `lianou tap` prints, as Avro bytes by a schema: for sample
 * events that people can read. In a union a bare value is the first branch that
 * takes it; {"int": 3} names the branch. */
#ifndef TESTS_LIB_AVRO_JSON_H
#define TESTS_LIB_AVRO_JSON_H

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "bus/base/buf.h"
#include "bus/base/id.h"
#include "bus/wire/schema.h"

static inline void avro_long(struct bus_buf *b, int64_t n)
{
    uint64_t z = (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0);
    for (; z > 0x7f; z >>= 7) {
        bus_buf_putc(b, (uint8_t)(z | 0x80));
    }
    bus_buf_putc(b, (uint8_t)z);
}

static inline bool
avro_json(const struct bus_wire_schema *s, const json_t *j, struct bus_buf *b);

static inline bool avro_fits(const struct bus_wire_schema *s, const json_t *j)
{
    switch (s->kind) {
    case BUS_WIRE_NULL:
        return json_is_null(j);
    case BUS_WIRE_BOOLEAN:
        return json_is_boolean(j);
    case BUS_WIRE_INT:
    case BUS_WIRE_LONG:
        return json_is_integer(j);
    case BUS_WIRE_RECORD:
    case BUS_WIRE_MAP:
        return json_is_object(j);
    case BUS_WIRE_ARRAY:
        return json_is_array(j);
    default:
        return json_is_string(j);
    }
}

static inline bool
avro_union(const struct bus_wire_schema *s, const json_t *j, struct bus_buf *b)
{
    const json_t *named = json_object_get(j, "int");
    for (size_t i = 0; i < s->count; i++) {
        const struct bus_wire_schema *branch = s->branches[i];
        if (named != NULL ? branch->kind == BUS_WIRE_INT
                          : avro_fits(branch, j)) {
            avro_long(b, (int64_t)i);
            return avro_json(branch, named ? named : j, b);
        }
    }
    return false;
}

static inline bool
avro_text(const struct bus_wire_schema *s, const json_t *j, struct bus_buf *b)
{
    const char *text = json_string_value(j);
    struct bus_id id;
    if (text == NULL) {
        return false;
    }
    if (s->kind == BUS_WIRE_FIXED) { /* ids only */
        bool fine = bus_id_parse(bus_strv(text), &id);
        bus_buf_put(b, id.b, sizeof(id.b));
        return fine && s->count == sizeof(id.b);
    }
    if (s->kind == BUS_WIRE_ENUM) {
        for (size_t i = 0; i < s->count; i++) {
            if (strcmp(s->symbols[i], text) == 0) {
                avro_long(b, (int64_t)i);
                return true;
            }
        }
        return false;
    }
    if (s->kind == BUS_WIRE_BYTES) { /* in hex */
        avro_long(b, (int64_t)strlen(text) / 2);
        for (unsigned byte; sscanf(text, "%2x", &byte) == 1; text += 2) {
            bus_buf_putc(b, (uint8_t)byte);
        }
        return *text == '\0';
    }
    avro_long(b, (int64_t)strlen(text));
    bus_buf_puts(b, text);
    return s->kind == BUS_WIRE_STRING;
}

static inline bool
avro_record(const struct bus_wire_schema *s, const json_t *j, struct bus_buf *b)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct bus_wire_field *f = &s->fields[i];
        const json_t *v = json_object_get(j, f->name);
        if (v == NULL && f->default_bytes.p != NULL) {
            bus_buf_put(b, f->default_bytes.p, f->default_bytes.n);
        } else if (v == NULL || !avro_json(f->type, v, b)) {
            (void)fprintf(stderr, "%s: missing or unfit\n", f->name);
            return false;
        }
    }
    return true;
}

static inline bool
avro_json(const struct bus_wire_schema *s, const json_t *j, struct bus_buf *b)
{
    switch (s->kind) {
    case BUS_WIRE_NULL:
        return json_is_null(j);
    case BUS_WIRE_BOOLEAN:
        bus_buf_putc(b, json_is_true(j));
        return json_is_boolean(j);
    case BUS_WIRE_INT:
    case BUS_WIRE_LONG:
        avro_long(b, json_integer_value(j));
        return json_is_integer(j);
    case BUS_WIRE_RECORD:
        return avro_record(s, j, b);
    case BUS_WIRE_UNION:
        return avro_union(s, j, b);
    case BUS_WIRE_ARRAY:
        if (!json_is_array(j)) {
            return false;
        }
        if (json_array_size(j) > 0) {
            avro_long(b, (int64_t)json_array_size(j));
        }
        for (size_t i = 0; i < json_array_size(j); i++) {
            if (!avro_json(s->branches[0], json_array_get(j, i), b)) {
                return false;
            }
        }
        avro_long(b, 0);
        return true;
    default:
        return avro_text(s, j, b);
    }
}

#endif
