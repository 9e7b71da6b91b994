/* What the files of the schema parser share. */
#ifndef BUS_WIRE_SCHEMA_PARTS_H
#define BUS_WIRE_SCHEMA_PARTS_H

#include <jansson.h>

#include "bus/wire/schema.h"

struct announced
{
    const char *name;
    struct bus_strv text;
    bool busy; /* being parsed: a text that needs itself first */
};
struct bus_wire_set
{
    struct bus_arena mem;
    struct bus_map named;     /* full name -> struct bus_wire_schema */
    struct bus_map announced; /* full name -> struct announced */
    json_t *texts;            /* keeps every parsed document alive */
};

struct parsing
{
    struct bus_wire_set *set;
    struct bus_err *err;
    int depth;
    /* A type within a type: what a record's fields come back through. */
    int (*node)(struct parsing *p,
                const json_t *j,
                const char *ns,
                const struct bus_wire_schema **ret);
};

int wire_parse_record(struct parsing *p,
                      const json_t *j,
                      const char *ns,
                      struct bus_wire_schema *s);
/* default.c: JSON -> Avro binary of the type (specification, "Complex Types",
 * default). */
int wire_default_bytes(const struct bus_wire_schema *type,
                       const json_t *j,
                       struct bus_buf *out,
                       struct bus_err *err);
/* "a.b" and namespace -> full name in the set's memory. */
const char *wire_full_name(struct parsing *p, const char *name, const char *ns);
bool wire_name_valid(const char *s, bool dotted);
void wire_put_long(struct bus_buf *out, int64_t v);
const char *wire_kind_name(enum bus_wire_kind kind);

#endif
