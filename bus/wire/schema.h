/* Avro schemas (specification 1.11) as a tree that keeps every attribute.
 *
 * A set holds named types; several files may refer to each other by full name.
 * Strict: a bad name, a duplicate field, symbol, branch or name, a default that
 * does not fit, a size out of range are faults (BUS_ESCHEMA). The set owns all
 * of its schemas. */
#ifndef BUS_WIRE_SCHEMA_H
#define BUS_WIRE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/buf.h"
#include "bus/base/err.h"
#include "bus/base/hash.h"
#include "bus/base/strv.h"

#define BUS_WIRE_SCHEMA_DEPTH 64      /* nesting of one schema */
#define BUS_WIRE_SCHEMA_BYTES 1048576 /* of one text */
#define BUS_WIRE_FIELDS_MAX   1024    /* also symbols, branches, aliases */
#define BUS_WIRE_FIXED_MAX    65536

enum bus_wire_kind {
    BUS_WIRE_NULL,
    BUS_WIRE_BOOLEAN,
    BUS_WIRE_INT,
    BUS_WIRE_LONG,
    BUS_WIRE_FLOAT,
    BUS_WIRE_DOUBLE,
    BUS_WIRE_BYTES,
    BUS_WIRE_STRING,
    BUS_WIRE_RECORD,
    BUS_WIRE_ENUM,
    BUS_WIRE_ARRAY,
    BUS_WIRE_MAP,
    BUS_WIRE_UNION,
    BUS_WIRE_FIXED
};

struct json_t; /* jansson's, for the attributes */
struct bus_wire_schema;
struct bus_wire_field
{
    const char *name;
    const char *const *aliases;
    size_t alias_count;
    const struct bus_wire_schema *type;
    /* Avro binary of the default by the field's own type; p == NULL: none. */
    struct bus_strv default_bytes;
    const char *pii;           /* "lianou.pii", NULL for none */
    const struct json_t *json; /* the field as written: every attribute */
};
struct bus_wire_schema
{
    enum bus_wire_kind kind;
    const char *name;           /* full name of a named type, else NULL */
    const char *logical;        /* logicalType, NULL */
    const char *const *aliases; /* full names */
    size_t alias_count;
    size_t count;       /* fields, symbols, branches; a fixed's size */
    uint32_t min_bytes; /* the fewest bytes a value takes, or less */
    const struct bus_wire_field *fields;
    const char *const *symbols;
    int enum_default; /* symbol index, -1 */
    const struct bus_wire_schema *
        *branches;             /* union; [0] array's, map's item */
    const struct json_t *json; /* as written; NULL for a bare primitive */
};

struct bus_wire_set;
struct bus_wire_set *bus_wire_set_new(void); /* NULL: no memory */
void bus_wire_set_free(struct bus_wire_set *set);
/* Announces a text by the full name it defines, so that others may refer to it
 * before it is parsed. Copies. */
int bus_wire_set_announce(struct bus_wire_set *set,
                          const char *full_name,
                          struct bus_strv text,
                          struct bus_err *err) BUS_MUSTCHECK;
/* Parses one schema text. The schema lives as long as the set. */
int bus_wire_set_parse(struct bus_wire_set *set,
                       struct bus_strv text,
                       const struct bus_wire_schema **ret,
                       struct bus_err *err) BUS_MUSTCHECK;
/* A named type, parsed now if it was only announced; NULL if unknown. */
int bus_wire_set_named(struct bus_wire_set *set,
                       const char *full_name,
                       const struct bus_wire_schema **ret,
                       struct bus_err *err) BUS_MUSTCHECK;

/* The schema as JSON that stands alone: each named type in full where it is
 * met first, all attributes kept. */
int bus_wire_schema_json(const struct bus_wire_schema *s,
                         struct bus_buf *out,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Parsing canonical form (specification, "Transforming into Parsing Canonical
 * Form"). */
int bus_wire_schema_canonical(const struct bus_wire_schema *s,
                              struct bus_buf *out,
                              struct bus_err *err) BUS_MUSTCHECK;
/* CRC-64-AVRO of bytes (specification, "Schema Fingerprints"). */
uint64_t bus_wire_crc64(const void *p, size_t n);
/* An integer attribute ("lianou.id") of a named type or -1. */
int64_t bus_wire_schema_int(const struct bus_wire_schema *s, const char *key);

/* T of a union of null and T (which is a `has_` and a T in C), else NULL. */
const struct bus_wire_schema *
bus_wire_nullable(const struct bus_wire_schema *s);

/* Can what `writer` wrote be read as `reader`? 0, or BUS_ESCHEMA with the
 * place and the reason. The rules are the specification's schema resolution. */
int bus_wire_resolvable(const struct bus_wire_schema *writer,
                        const struct bus_wire_schema *reader,
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
