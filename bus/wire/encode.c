/* Encoding a generated struct by its own schema. The same walk counts and
 * writes; it is compiled twice, so that neither asks which it is. */
#include <assert.h>
#include <string.h>

#include "bus/wire/plan_parts.h"

struct part
{
    enum bus_wire_kind kind;
    bool nullable;      /* a two-branch union with null */
    uint8_t null_first; /* its null is branch 0 */
    uint32_t at, has_at, size;
    uint32_t count;          /* parts: fields, branches; a fixed's size */
    const struct part *part; /* fields, item, branches */
};
struct coder
{
    struct part top;
};

static int compile(const struct bus_wire_schema *s,
                   const struct bus_wire_slot *slot,
                   uint32_t base,
                   struct bus_arena *mem,
                   struct part *to);

static const struct bus_wire_schema *
some_branch(const struct bus_wire_schema *s)
{
    if (s->kind != BUS_WIRE_UNION || s->count != 2) {
        return NULL;
    }
    return s->branches[0]->kind == BUS_WIRE_NULL   ? s->branches[1]
           : s->branches[1]->kind == BUS_WIRE_NULL ? s->branches[0]
                                                   : NULL;
}

static int compile_parts(const struct bus_wire_schema *s,
                         const struct bus_wire_slot *slot,
                         struct bus_arena *mem,
                         struct part *to)
{
    bool items = s->kind == BUS_WIRE_ARRAY || s->kind == BUS_WIRE_MAP;
    struct part *v = bus_arena_calloc(mem, s->count + 1, sizeof(*v));
    if (v == NULL) {
        return BUS_ETOOBIG;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct bus_wire_schema *t =
            s->kind == BUS_WIRE_RECORD ? s->fields[i].type : s->branches[i];
        int rc = compile(t, &slot->sub[i], items ? 0 : to->at, mem, &v[i]);
        if (rc != BUS_OK) {
            return rc;
        }
    }
    to->part = v;
    return BUS_OK;
}

static int compile(const struct bus_wire_schema *s,
                   const struct bus_wire_slot *slot,
                   uint32_t base,
                   struct bus_arena *mem,
                   struct part *to)
{
    const struct bus_wire_schema *some = some_branch(s);
    uint32_t has = slot->has_offset;
    to->nullable = some != NULL;
    to->null_first = some != NULL && s->branches[0]->kind == BUS_WIRE_NULL;
    to->has_at = has == BUS_WIRE_NO_HAS ? has : base + has;
    s = some ? some : s;
    to->kind = s->kind;
    to->at = base + slot->offset;
    to->size = slot->size;
    to->count = (uint32_t)s->count;
    switch (s->kind) {
    case BUS_WIRE_RECORD:
    case BUS_WIRE_UNION:
    case BUS_WIRE_ARRAY:
    case BUS_WIRE_MAP:
        return compile_parts(s, slot, mem, to);
    default:
        return BUS_OK;
    }
}

int wire_coder_new(const struct bus_wire_schema *schema,
                   const struct bus_wire_slot *slots,
                   struct bus_arena *mem,
                   struct coder **ret,
                   struct bus_err *err)
{
    struct coder *c = bus_arena_calloc(mem, 1, sizeof(*c));
    struct bus_wire_slot top = {0, BUS_WIRE_NO_HAS, 0, slots};
    if (c == NULL || compile(schema, &top, 0, mem, &c->top) != BUS_OK) {
        return bus_fail(err, BUS_ENOMEM, "a coder");
    }
    *ret = c;
    return BUS_OK;
}

struct items
{
    const uint8_t *v;
    size_t n;
};

static inline size_t long_size(int64_t v)
{
    uint64_t z = ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
    return z < 0x80 ? 1 : (size_t)(70 - __builtin_clzll(z)) / 7;
}

static inline uint8_t *long_put(int64_t v, uint8_t *p)
{
    uint64_t z = ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
    while (z >= 0x80) {
        *p++ = (uint8_t)(z | 0x80);
        z >>= 7;
    }
    *p++ = (uint8_t)z;
    return p;
}

/* `p` counts from NULL when only counting: no byte is touched then. */
#define WALK inline __attribute__((always_inline))

static WALK uintptr_t put_long(bool write, int64_t v, uintptr_t p)
{
    return write ? (uintptr_t)long_put(v, (uint8_t *)p) : p + long_size(v);
}

static WALK uintptr_t put_raw(bool write, const void *v, size_t n, uintptr_t p)
{
    if (write && n > 0) {
        memcpy((uint8_t *)p, v, n);
    }
    return p + n;
}

static uintptr_t
count_part(const struct part *t, const uint8_t *base, uintptr_t p);
static uintptr_t
write_part(const struct part *t, const uint8_t *base, uintptr_t p);

static WALK uintptr_t again(bool write,
                            const struct part *t,
                            const uint8_t *base,
                            uintptr_t p)
{
    return write ? write_part(t, base, p) : count_part(t, base, p);
}

static WALK uintptr_t put_items(bool write,
                                const struct part *t,
                                const uint8_t *base,
                                uintptr_t p)
{
    struct items list;
    memcpy(&list, base + t->at, sizeof(list));
    if (list.n == BUS_WIRE_ENCODED) {
        const struct bus_strv *done = (const void *)list.v;
        return put_raw(write, done->p, done->n, p);
    }
    if (list.n > 0) {
        p = put_long(write, (int64_t)list.n, p);
    }
    for (size_t i = 0; i < list.n; i++) {
        const uint8_t *item = list.v + i * t->size;
        if (t->kind == BUS_WIRE_MAP) {
            struct bus_strv key;
            memcpy(&key, item, sizeof(key));
            p = put_long(write, (int64_t)key.n, p);
            p = put_raw(write, key.p, key.n, p);
        }
        p = again(write, t->part, item, p);
    }
    return put_long(write, 0, p);
}

static WALK uintptr_t put_number(bool write,
                                 const struct part *t,
                                 const uint8_t *at,
                                 uintptr_t p)
{
    int64_t l;
    int32_t i;
    bool b;
    uint8_t byte;
    switch (t->kind) {
    case BUS_WIRE_BOOLEAN:
        memcpy(&b, at, sizeof(b));
        byte = b;
        return put_raw(write, &byte, 1, p);
    case BUS_WIRE_LONG:
        memcpy(&l, at, sizeof(l));
        return put_long(write, l, p);
    case BUS_WIRE_FLOAT:
        return put_raw(write, at, sizeof(float), p);
    case BUS_WIRE_DOUBLE:
        return put_raw(write, at, sizeof(double), p);
    default: /* int, enum */
        memcpy(&i, at, sizeof(i));
        assert(t->kind != BUS_WIRE_ENUM || (uint32_t)i < t->count);
        return put_long(write, i, p);
    }
}

static WALK uintptr_t put_value(bool write,
                                const struct part *t,
                                const uint8_t *base,
                                uintptr_t p)
{
    struct bus_strv s;
    int branch;
    switch (t->kind) {
    case BUS_WIRE_NULL:
        return p;
    case BUS_WIRE_BYTES:
    case BUS_WIRE_STRING:
        memcpy(&s, base + t->at, sizeof(s));
        p = put_long(write, (int64_t)s.n, p);
        return put_raw(write, s.p, s.n, p);
    case BUS_WIRE_FIXED:
        return put_raw(write, base + t->at, t->count, p);
    case BUS_WIRE_RECORD:
        for (uint32_t i = 0; i < t->count; i++) {
            p = again(write, &t->part[i], base, p);
        }
        return p;
    case BUS_WIRE_ARRAY:
    case BUS_WIRE_MAP:
        return put_items(write, t, base, p);
    case BUS_WIRE_UNION:
        memcpy(&branch, base + t->at, sizeof(branch));
        assert((uint32_t)branch < t->count);
        p = put_long(write, branch, p);
        return again(write, &t->part[branch], base, p);
    default:
        return put_number(write, t, base + t->at, p);
    }
}

static WALK uintptr_t put_part(bool write,
                               const struct part *t,
                               const uint8_t *base,
                               uintptr_t p)
{
    if (t->nullable) {
        bool has;
        memcpy(&has, base + t->has_at, sizeof(has));
        p = put_long(write, has ? t->null_first : !t->null_first, p);
        if (!has) {
            return p;
        }
    }
    return put_value(write, t, base, p);
}

static uintptr_t
count_part(const struct part *t, const uint8_t *base, uintptr_t p)
{
    return put_part(false, t, base, p);
}

static uintptr_t
write_part(const struct part *t, const uint8_t *base, uintptr_t p)
{
    return put_part(true, t, base, p);
}

size_t wire_coder_size(const struct coder *c, const void *record)
{
    return (size_t)count_part(&c->top, record, 0);
}

uint8_t *
wire_coder_write(const struct coder *c, const void *record, uint8_t *to)
{
    return (uint8_t *)write_part(&c->top, record, (uintptr_t)to);
}

static const struct part *array_at(const struct part *top, size_t field)
{
    for (uint32_t i = 0; i < top->count; i++) {
        if (top->part[i].kind == BUS_WIRE_ARRAY && top->part[i].at == field) {
            return &top->part[i];
        }
    }
    return NULL;
}

int wire_coder_field(const struct coder *c,
                     const void *record,
                     size_t field,
                     struct bus_arena *mem,
                     uint32_t *ends,
                     struct bus_strv *ret)
{
    const struct part *t = array_at(&c->top, field);
    assert(t != NULL);
    size_t n = (size_t)count_part(t, record, 0);
    uint8_t *to = bus_arena_alloc(mem, n);
    if (to == NULL) {
        return BUS_ETOOBIG;
    }
    struct items list;
    memcpy(&list, (const uint8_t *)record + t->at, sizeof(list));
    uintptr_t p = (uintptr_t)to;
    if (list.n > 0) {
        p = put_long(true, (int64_t)list.n, p);
    }
    for (size_t i = 0; i < list.n; i++) {
        p = write_part(t->part, list.v + i * t->size, p);
        if (ends != NULL) {
            ends[i] = (uint32_t)(p - (uintptr_t)to);
        }
    }
    (void)put_long(true, 0, p);
    *ret = (struct bus_strv){(const char *)to, n};
    return BUS_OK;
}
