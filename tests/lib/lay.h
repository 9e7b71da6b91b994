/* Lays out a C struct for any schema at run time, so that plans and coders can
 * be tried without the generator. Roots are records. A type that holds itself,
 * or is too large, has no layout. */
#ifndef TESTS_LIB_LAY_H
#define TESTS_LIB_LAY_H

#include "bus/wire/codec.h"

#define LAY_DEPTH_MAX 64
#define LAY_SLOTS_MAX 100000
#define LAY_BYTES_MAX 1048576

struct lay
{
    struct bus_arena *mem;
    size_t slots;
    int depth;
    bool failed;
};

static inline uint32_t lay_at(struct lay *l,
                              const struct bus_wire_schema *s,
                              uint32_t at,
                              struct bus_wire_slot *to);

static inline uint32_t lay_parts(struct lay *l,
                                 const struct bus_wire_schema *s,
                                 uint32_t at,
                                 struct bus_wire_slot *to)
{
    struct bus_wire_slot *sub =
        bus_arena_calloc(l->mem, s->count + 1, sizeof(*sub));
    bool record = s->kind == BUS_WIRE_RECORD;
    uint32_t start = s->kind == BUS_WIRE_UNION ? 8
                     : s->kind == BUS_WIRE_MAP ? sizeof(struct bus_strv)
                                               : 0;
    uint32_t end = start;
    l->slots += s->count;
    l->failed = l->failed || sub == NULL || l->slots > LAY_SLOTS_MAX;
    for (size_t i = 0; !l->failed && i < s->count; i++) {
        uint32_t e = lay_at(l, record ? s->fields[i].type : s->branches[i],
                            record ? end : start, &sub[i]);
        end = e > end ? e : end;
        l->failed = l->failed || end > LAY_BYTES_MAX;
    }
    to->sub = sub;
    if (s->kind == BUS_WIRE_ARRAY || s->kind == BUS_WIRE_MAP) {
        to->size = end > 0 ? end : 8;
        return at + 16;
    }
    return at + end;
}

/* Puts a value at `at`; returns the first offset behind it. */
static inline uint32_t lay_at(struct lay *l,
                              const struct bus_wire_schema *s,
                              uint32_t at,
                              struct bus_wire_slot *to)
{
    *to = (struct bus_wire_slot){at, BUS_WIRE_NO_HAS, 0, NULL};
    const struct bus_wire_schema *t = bus_wire_nullable(s);
    if (++l->depth > LAY_DEPTH_MAX) {
        l->failed = true;
        return at;
    }
    uint32_t end = at + 8;
    if (t != NULL) {
        end = lay_at(l, t, at, to);
        to->has_offset = end;
        end += 8;
    } else if (s->kind == BUS_WIRE_STRING || s->kind == BUS_WIRE_BYTES) {
        end = at + 16;
    } else if (s->kind == BUS_WIRE_FIXED) {
        end = at + ((uint32_t)s->count + 7) / 8 * 8;
    } else if (s->kind == BUS_WIRE_RECORD || s->kind == BUS_WIRE_UNION ||
               s->kind == BUS_WIRE_ARRAY || s->kind == BUS_WIRE_MAP) {
        end = lay_parts(l, s, at, to);
    }
    l->depth--;
    return end;
}

/* The type of s as bus_wire_decode_own() and the rest take it; json is s's text
 * and *runtime NULL at first. All of it lives in mem. false: no layout. */
static inline bool lay_type(const struct bus_wire_schema *s,
                            const char *json,
                            struct bus_arena *mem,
                            struct bus_wire_runtime **runtime,
                            struct bus_wire_type *ret)
{
    struct lay l = {.mem = mem};
    struct bus_wire_slot top = {0};
    *ret = (struct bus_wire_type){.runtime = runtime};
    if (s->kind != BUS_WIRE_RECORD) {
        return false;
    }
    uint32_t size = lay_at(&l, s, 0, &top);
    *ret = (struct bus_wire_type){.name = "laid",
                                  .json = json,
                                  .size = size ? size : 8,
                                  .slots = top.sub,
                                  .runtime = runtime};
    return !l.failed;
}

#endif
