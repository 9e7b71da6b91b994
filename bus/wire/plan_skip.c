/* Steps that pass over what only the writer has. */
#include "bus/wire/plan_parts.h"

/* A record's skip is kept, so that a type may contain itself. */
static int skip_record(struct compiling *c,
                       const struct bus_wire_schema *w,
                       struct prog *p)
{
    struct prog *sub = NULL;
    for (size_t i = 0; i < c->skip_count; i++) {
        if (c->skips[i].schema == w) {
            sub = c->skips[i].prog;
        }
    }
    int rc = BUS_OK;
    if (sub == NULL) {
        sub = bus_arena_calloc(c->mem, 1, sizeof(*sub));
        if (sub == NULL || c->skip_count == WIRE_SKIPS_MAX) {
            return wire_plan_no_room(c);
        }
        c->skips[c->skip_count++] = (struct skip_of){w, sub};
        for (size_t i = 0; rc == BUS_OK && i < w->count; i++) {
            rc = wire_plan_skip(c, w->fields[i].type, sub);
        }
        rc = wire_plan_end(c, sub, rc);
    }
    struct step *s = rc == BUS_OK ? wire_plan_add(c, p, STEP_PART) : NULL;
    if (s == NULL) {
        return rc == BUS_OK ? wire_plan_no_room(c) : rc;
    }
    s->sub = sub;
    return BUS_OK;
}

static int skip_parts(struct compiling *c,
                      const struct bus_wire_schema *w,
                      struct prog *p,
                      uint8_t code)
{
    struct prog *sub = bus_arena_calloc(c->mem, w->count, sizeof(*sub));
    bool map = w->kind == BUS_WIRE_MAP;
    if (sub == NULL ||
        (map && wire_plan_add(c, sub, STEP_SKIP_BYTES) == NULL)) {
        return wire_plan_no_room(c);
    }
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < w->count; i++) {
        rc = wire_plan_skip(c, w->branches[i], &sub[i]);
    }
    rc = code == STEP_UNION ? rc : wire_plan_end(c, sub, rc);
    struct step *s = rc == BUS_OK ? wire_plan_add(c, p, code) : NULL;
    if (s == NULL) {
        return rc == BUS_OK ? wire_plan_no_room(c) : rc;
    }
    s->sub = sub;
    s->count = (uint32_t)w->count;
    s->min = w->branches[0]->min_bytes + map;
    return BUS_OK;
}

static int
skip_kind(struct compiling *c, const struct bus_wire_schema *w, struct prog *p)
{
    struct step *s = NULL;
    switch (w->kind) {
    case BUS_WIRE_NULL:
        return BUS_OK;
    case BUS_WIRE_INT:
    case BUS_WIRE_LONG:
    case BUS_WIRE_ENUM:
        s = wire_plan_add(c, p, STEP_SKIP_VARINT);
        break;
    case BUS_WIRE_BYTES:
    case BUS_WIRE_STRING:
        s = wire_plan_add(c, p, STEP_SKIP_BYTES);
        break;
    case BUS_WIRE_BOOLEAN:
    case BUS_WIRE_FLOAT:
    case BUS_WIRE_DOUBLE:
    case BUS_WIRE_FIXED:
        s = wire_plan_add(c, p, STEP_SKIP_FIXED);
        if (s != NULL) {
            s->size = w->min_bytes;
        }
        break;
    case BUS_WIRE_RECORD:
        return skip_record(c, w, p);
    case BUS_WIRE_ARRAY:
    case BUS_WIRE_MAP:
        return skip_parts(c, w, p, STEP_SKIP_ARRAY);
    case BUS_WIRE_UNION:
        return skip_parts(c, w, p, STEP_UNION);
    }
    return s ? BUS_OK : wire_plan_no_room(c);
}

int wire_plan_skip(struct compiling *c,
                   const struct bus_wire_schema *w,
                   struct prog *p)
{
    if (c->depth >= BUS_WIRE_SCHEMA_DEPTH) {
        return bus_fail(c->err, BUS_ETOOBIG, "nested deeper than %d",
                        BUS_WIRE_SCHEMA_DEPTH);
    }
    c->depth++;
    int rc = skip_kind(c, w, p);
    c->depth--;
    return rc;
}
