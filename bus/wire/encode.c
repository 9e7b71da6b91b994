/* Encoding a generated struct by its own schema. The same walk counts and
 * writes; it is compiled twice, so that neither asks which it is. */
#include <string.h>

#include "bus/wire/plan_parts.h"

#include "bus/base/check.h"

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

/* False here and below: no room. */
static bool encode_compile(const struct bus_wire_schema *s,
                           const struct bus_wire_slot *slot,
                           uint32_t base,
                           struct bus_arena *mem,
                           struct part *to);

static bool compile_parts(const struct bus_wire_schema *s,
                          const struct bus_wire_slot *slot,
                          struct bus_arena *mem,
                          struct part *to)
{
    bool items = s->kind == BUS_WIRE_ARRAY || s->kind == BUS_WIRE_MAP;
    struct part *v = bus_arena_calloc(mem, s->count + 1, sizeof(*v));
    if (v == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct bus_wire_schema *t =
            s->kind == BUS_WIRE_RECORD ? s->fields[i].type : s->branches[i];
        if (!encode_compile(t, &slot->sub[i], items ? 0 : to->at, mem, &v[i])) {
            return false;
        }
    }
    to->part = v;
    return true;
}

static bool encode_compile(const struct bus_wire_schema *s,
                           const struct bus_wire_slot *slot,
                           uint32_t base,
                           struct bus_arena *mem,
                           struct part *to)
{
    const struct bus_wire_schema *some = bus_wire_nullable(s);
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
        return true;
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
    if (c == NULL || !encode_compile(schema, &top, 0, mem, &c->top)) {
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

/* COUNT: `p` counts from NULL, no byte is touched. WRITE: there is room for
 * what was counted. FIT: written if it fits before `end`, else the result is
 * FULL. */
enum walk { COUNT, WRITE, FIT };
#define FULL           UINTPTR_MAX
#define WALK           inline __attribute__((always_inline))
#define LONG_MAX_BYTES 10
#define ITEM_BYTES     96 /* a fact, a verdict: mostly less */

static WALK uintptr_t encode_put_long(enum walk w,
                                      int64_t v,
                                      uintptr_t p,
                                      uintptr_t end)
{
    if (w == FIT && (p > end || end - p < LONG_MAX_BYTES)) {
        return FULL;
    }
    return w == COUNT ? p + long_size(v) : (uintptr_t)long_put(v, (uint8_t *)p);
}

static WALK uintptr_t
put_raw(enum walk w, const void *v, size_t n, uintptr_t p, uintptr_t end)
{
    if (w == FIT && (p > end || end - p < n)) {
        return FULL;
    }
    if (w != COUNT && n > 0) {
        memcpy((uint8_t *)p, v, n);
    }
    return p + n;
}

/* Parts with parts of their own, without the branch of a nullable one. */
static uintptr_t
count_whole(const struct part *t, const uint8_t *base, uintptr_t p);
static uintptr_t
write_whole(const struct part *t, const uint8_t *base, uintptr_t p);
static uintptr_t fit_whole(const struct part *t,
                           const uint8_t *base,
                           uintptr_t p,
                           uintptr_t end);

static WALK uintptr_t encode_whole(enum walk w,
                                   const struct part *t,
                                   const uint8_t *base,
                                   uintptr_t p,
                                   uintptr_t end)
{
    return w == COUNT   ? count_whole(t, base, p)
           : w == WRITE ? write_whole(t, base, p)
                        : fit_whole(t, base, p, end);
}

static WALK uintptr_t encode_put_number(enum walk w,
                                        const struct part *t,
                                        const uint8_t *at,
                                        uintptr_t p,
                                        uintptr_t end)
{
    int64_t l;
    int32_t i;
    bool b;
    uint8_t byte;
    switch (t->kind) {
    case BUS_WIRE_BOOLEAN:
        memcpy(&b, at, sizeof(b));
        byte = b;
        return put_raw(w, &byte, 1, p, end);
    case BUS_WIRE_LONG:
        memcpy(&l, at, sizeof(l));
        return encode_put_long(w, l, p, end);
    case BUS_WIRE_FLOAT:
        return put_raw(w, at, sizeof(float), p, end);
    case BUS_WIRE_DOUBLE:
        return put_raw(w, at, sizeof(double), p, end);
    default: /* int, enum */
        memcpy(&i, at, sizeof(i));
        BUS_CHECK(t->kind != BUS_WIRE_ENUM || (uint32_t)i < t->count);
        return encode_put_long(w, i, p, end);
    }
}

/* Leaves right here; only parts of parts are calls. */
static WALK uintptr_t put_part(enum walk w,
                               const struct part *t,
                               const uint8_t *base,
                               uintptr_t p,
                               uintptr_t end)
{
    if (t->nullable) {
        bool has;
        memcpy(&has, base + t->has_at, sizeof(has));
        p = encode_put_long(w, has ? t->null_first : !t->null_first, p, end);
        if (!has) {
            return p;
        }
    }
    struct bus_strv s;
    switch (t->kind) {
    case BUS_WIRE_NULL:
        return p;
    case BUS_WIRE_BYTES:
    case BUS_WIRE_STRING:
        memcpy(&s, base + t->at, sizeof(s));
        p = encode_put_long(w, (int64_t)s.n, p, end);
        return put_raw(w, s.p, s.n, p, end);
    case BUS_WIRE_FIXED:
        return t->count == 16 ? put_raw(w, base + t->at, 16, p, end)
                              : put_raw(w, base + t->at, t->count, p, end);
    case BUS_WIRE_RECORD:
    case BUS_WIRE_ARRAY:
    case BUS_WIRE_MAP:
    case BUS_WIRE_UNION:
        return encode_whole(w, t, base, p, end);
    default:
        return encode_put_number(w, t, base + t->at, p, end);
    }
}

static WALK uintptr_t put_items(enum walk w,
                                const struct part *t,
                                const uint8_t *base,
                                uintptr_t p,
                                uintptr_t end)
{
    struct items list;
    memcpy(&list, base + t->at, sizeof(list));
    if (list.n == BUS_WIRE_ENCODED) {
        const struct bus_strv *done = (const void *)list.v;
        return put_raw(w, done->p, done->n, p, end);
    }
    if (list.n > 0) {
        p = encode_put_long(w, (int64_t)list.n, p, end);
    }
    for (size_t i = 0; i < list.n; i++) {
        const uint8_t *item = list.v + i * t->size;
        if (t->kind == BUS_WIRE_MAP) {
            struct bus_strv key;
            memcpy(&key, item, sizeof(key));
            p = encode_put_long(w, (int64_t)key.n, p, end);
            p = put_raw(w, key.p, key.n, p, end);
        }
        p = put_part(w, t->part, item, p, end);
    }
    return encode_put_long(w, 0, p, end);
}

static WALK uintptr_t put_whole(enum walk w,
                                const struct part *t,
                                const uint8_t *base,
                                uintptr_t p,
                                uintptr_t end)
{
    int branch;
    switch (t->kind) {
    case BUS_WIRE_RECORD:
        for (uint32_t i = 0; i < t->count; i++) {
            p = put_part(w, &t->part[i], base, p, end);
        }
        return p;
    case BUS_WIRE_UNION:
        memcpy(&branch, base + t->at, sizeof(branch));
        BUS_CHECK((uint32_t)branch < t->count);
        p = encode_put_long(w, branch, p, end);
        return put_part(w, &t->part[branch], base, p, end);
    default: /* array, map */
        return put_items(w, t, base, p, end);
    }
}

static uintptr_t
count_whole(const struct part *t, const uint8_t *base, uintptr_t p)
{
    return put_whole(COUNT, t, base, p, 0);
}

static uintptr_t
write_whole(const struct part *t, const uint8_t *base, uintptr_t p)
{
    return put_whole(WRITE, t, base, p, 0);
}

static uintptr_t
fit_whole(const struct part *t, const uint8_t *base, uintptr_t p, uintptr_t end)
{
    return put_whole(FIT, t, base, p, end);
}

size_t wire_coder_size(const struct coder *c, const void *record)
{
    return (size_t)put_part(COUNT, &c->top, record, 0, 0);
}

uint8_t *
wire_coder_write(const struct coder *c, const void *record, uint8_t *to)
{
    return (uint8_t *)put_part(WRITE, &c->top, record, (uintptr_t)to, 0);
}

uint8_t *wire_coder_put(const struct coder *c,
                        const void *record,
                        size_t head,
                        struct bus_arena *mem,
                        size_t *ret_bytes)
{
    size_t room = 0;
    uint8_t *to = bus_arena_rest(mem, &room);
    uintptr_t from = (uintptr_t)to + head;
    uintptr_t end =
        room > head ? put_part(FIT, &c->top, record, from, (uintptr_t)to + room)
                    : FULL;
    if (end != FULL) {
        *ret_bytes = (size_t)(end - (uintptr_t)to);
        uint8_t *kept = bus_arena_alloc(mem, *ret_bytes);
        BUS_CHECK(kept == NULL || kept == to);
        return kept;
    }
    *ret_bytes = head + wire_coder_size(c, record);
    to = bus_arena_alloc(mem, *ret_bytes);
    if (to != NULL) {
        (void)wire_coder_write(c, record, to + head);
    }
    return to;
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

/* Into p..end if it fits, else FULL. */
static uintptr_t fit_items(const struct part *t,
                           const struct items *list,
                           uint32_t *ends,
                           uintptr_t p,
                           uintptr_t end)
{
    uintptr_t from = p;
    if (list->n > 0) {
        p = encode_put_long(FIT, (int64_t)list->n, p, end);
    }
    for (size_t i = 0; i < list->n && p != FULL; i++) {
        p = put_part(FIT, t->part, list->v + i * t->size, p, end);
        if (ends != NULL) {
            ends[i] = (uint32_t)(p - from);
        }
    }
    return p == FULL ? p : encode_put_long(FIT, 0, p, end);
}

/* Items are written into a guess of their size; only what is larger is counted
 * first. */
bool wire_coder_field(const struct coder *c,
                      const void *record,
                      size_t field,
                      struct bus_arena *mem,
                      uint32_t *ends,
                      struct bus_strv *ret)
{
    const struct part *t = array_at(&c->top, field);
    struct items list;
    BUS_CHECK(t != NULL);
    memcpy(&list, (const uint8_t *)record + t->at, sizeof(list));
    struct bus_arena_mark mark = bus_arena_mark(mem);
    size_t room = list.n * ITEM_BYTES + 2 * LONG_MAX_BYTES;
    for (;;) {
        uint8_t *to = bus_arena_alloc(mem, room);
        if (to == NULL) {
            return false;
        }
        uintptr_t from = (uintptr_t)to;
        uintptr_t end = fit_items(t, &list, ends, from, from + room);
        bus_arena_release(mem, mark);
        if (end != FULL) {
            /* Mostly the same place again; what is left of an earlier block
             * may be enough now. */
            void *kept = bus_arena_alloc(mem, end - from);
            if (kept != NULL && kept != to) {
                memcpy(kept, to, end - from);
            }
            *ret = (struct bus_strv){kept, (size_t)(end - from)};
            return kept != NULL;
        }
        room = (size_t)count_whole(t, record, 0) + LONG_MAX_BYTES;
    }
}
