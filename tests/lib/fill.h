/* A generated record at random, by its schema and slots: every union branch,
 * empty and filled lists, numbers of every length, text with Chinese and a NUL.
 */
#ifndef TESTS_LIB_FILL_H
#define TESTS_LIB_FILL_H

#include <string.h>

#include "bus/wire/codec.h"

struct fill
{
    struct bus_arena *mem;
    uint64_t seed;
    int depth;
};

static inline uint64_t fill_random(struct fill *f)
{
    f->seed ^= f->seed << 13;
    f->seed ^= f->seed >> 7;
    f->seed ^= f->seed << 17;
    return (f->seed * UINT64_C(0x2545F4914F6CDD1D)) >> 11;
}

static inline struct bus_strv fill_text(struct fill *f, bool utf8)
{
    static const char *const parts[] = {"a", "莲", "藕", "é",
                                        "\xf0\x9f\x98\x80"};
    size_t n = fill_random(f) % 7;
    char *to = bus_arena_alloc(f->mem, 4 * n + 1);
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t r = fill_random(f);
        if (!utf8 || r % 7 == 6) {
            to[at++] = utf8 ? '\0' : (char)r;
            continue;
        }
        size_t len = strlen(parts[r % 5]);
        memcpy(to + at, parts[r % 5], len);
        at += len;
    }
    return (struct bus_strv){to, at};
}

static inline int64_t fill_number(struct fill *f, int bits)
{
    int64_t v = (int64_t)(fill_random(f) & ((UINT64_C(1) << (bits - 1)) - 1));
    v >>= fill_random(f) % (unsigned)bits;
    return fill_random(f) % 2 ? v : -v - 1;
}

static inline void fill_value(struct fill *f,
                              const struct bus_wire_schema *s,
                              const struct bus_wire_slot *slot,
                              uint8_t *base);

static inline void fill_items(struct fill *f,
                              const struct bus_wire_schema *s,
                              const struct bus_wire_slot *slot,
                              uint8_t *at)
{
    struct
    {
        uint8_t *v;
        size_t n;
    } list = {NULL, f->depth > 4 ? 0 : fill_random(f) % 4};
    list.v = bus_arena_calloc(f->mem, list.n + 1, slot->size);
    for (size_t i = 0; i < list.n; i++) {
        uint8_t *item = list.v + i * slot->size;
        if (s->kind == BUS_WIRE_MAP) { /* keys differ */
            char *key = bus_arena_printf(f->mem, "k%zu", i);
            struct bus_strv k = bus_strv(key);
            memcpy(item, &k, sizeof(k));
        }
        fill_value(f, s->branches[0], &slot->sub[0], item);
    }
    memcpy(at, &list, sizeof(list));
}

static inline void
fill_number_at(struct fill *f, const struct bus_wire_schema *s, uint8_t *at)
{
    int64_t l = fill_number(f, s->kind == BUS_WIRE_LONG ? 53 : 31);
    int32_t i = s->kind == BUS_WIRE_ENUM ? (int32_t)(fill_random(f) % s->count)
                                         : (int32_t)l;
    float x = (float)l / 8;
    double d = (double)l / 16;
    bool b = l & 1;
    switch (s->kind) {
    case BUS_WIRE_BOOLEAN:
        memcpy(at, &b, sizeof(b));
        return;
    case BUS_WIRE_LONG:
        memcpy(at, &l, sizeof(l));
        return;
    case BUS_WIRE_FLOAT:
        memcpy(at, &x, sizeof(x));
        return;
    case BUS_WIRE_DOUBLE:
        memcpy(at, &d, sizeof(d));
        return;
    default:
        memcpy(at, &i, sizeof(i));
        return;
    }
}

static inline void fill_value(struct fill *f,
                              const struct bus_wire_schema *s,
                              const struct bus_wire_slot *slot,
                              uint8_t *base)
{
    const struct bus_wire_schema *some = bus_wire_nullable(s);
    uint8_t *at = base + slot->offset;
    if (some != NULL) {
        bool has = fill_random(f) % 2;
        memcpy(base + slot->has_offset, &has, sizeof(has));
        if (!has) {
            return;
        }
        s = some;
    }
    f->depth++;
    if (s->kind == BUS_WIRE_RECORD) {
        for (size_t i = 0; i < s->count; i++) {
            fill_value(f, s->fields[i].type, &slot->sub[i], at);
        }
    } else if (s->kind == BUS_WIRE_ARRAY || s->kind == BUS_WIRE_MAP) {
        fill_items(f, s, slot, at);
    } else if (s->kind == BUS_WIRE_UNION) {
        int branch = (int)(fill_random(f) % s->count);
        memcpy(at, &branch, sizeof(branch));
        fill_value(f, s->branches[branch], &slot->sub[branch], at);
    } else if (s->kind == BUS_WIRE_STRING || s->kind == BUS_WIRE_BYTES) {
        struct bus_strv v = fill_text(f, s->kind == BUS_WIRE_STRING);
        memcpy(at, &v, sizeof(v));
    } else if (s->kind == BUS_WIRE_FIXED) {
        for (size_t i = 0; i < s->count; i++) {
            at[i] = (uint8_t)fill_random(f);
        }
    } else if (s->kind != BUS_WIRE_NULL) {
        fill_number_at(f, s, at);
    }
    f->depth--;
}

/* A record of a type that is ready; in f->mem. */
static inline void *fill_record(struct fill *f,
                                const struct bus_wire_type *type)
{
    uint8_t *record = bus_arena_calloc(f->mem, 1, type->size);
    const struct bus_wire_slot top = {0, BUS_WIRE_NO_HAS, 0, type->slots};
    fill_value(f, bus_wire_type_schema(type), &top, record);
    return record;
}

#endif
