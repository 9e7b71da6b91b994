/* Encoding a generated struct by its own schema. The same walk counts and
 * writes; it is compiled twice, so that neither asks which it is. */
#include <string.h>

#include "bus/wire/plan_parts.h"

#include "bus/base/check.h"
#include "bus/base/id.h"

/* In the order of what is met most. */
enum part_code {
    PART_TEXT, /* bytes, too */
    PART_INT,
    PART_NULLABLE, /* a two-branch union with null; part: the other branch */
    PART_BOOLEAN,
    PART_LONG,
    PART_UNION, /* no branch is a union */
    PART_ENUM,
    PART_ID, /* a fixed of 16 bytes */
    PART_FIXED,
    PART_FLOAT,
    PART_DOUBLE,
    PART_NULL,
    PART_RECORD, /* parts with parts of their own from here on */
    PART_ARRAY,
    PART_MAP
};

struct part
{
    uint8_t code;
    bool null_first; /* its null is branch 0 */
    uint32_t at;     /* of has_<field> for a nullable one */
    uint32_t size;   /* of an item or pair */
    uint32_t count;  /* fields, branches, symbols; a fixed's size */
    uint32_t room;   /* the most bytes it takes but for texts and items */
    const struct part *part; /* fields, item, branches */
};
struct coder
{
    struct part top;
};

#define LONG_MAX_BYTES 10

static uint8_t encode_code(const struct bus_wire_schema *s)
{
    static const uint8_t codes[] = {
        [BUS_WIRE_NULL] = PART_NULL,     [BUS_WIRE_BOOLEAN] = PART_BOOLEAN,
        [BUS_WIRE_INT] = PART_INT,       [BUS_WIRE_LONG] = PART_LONG,
        [BUS_WIRE_FLOAT] = PART_FLOAT,   [BUS_WIRE_DOUBLE] = PART_DOUBLE,
        [BUS_WIRE_BYTES] = PART_TEXT,    [BUS_WIRE_STRING] = PART_TEXT,
        [BUS_WIRE_RECORD] = PART_RECORD, [BUS_WIRE_ENUM] = PART_ENUM,
        [BUS_WIRE_ARRAY] = PART_ARRAY,   [BUS_WIRE_MAP] = PART_MAP,
        [BUS_WIRE_UNION] = PART_UNION,   [BUS_WIRE_FIXED] = PART_FIXED,
    };
    bool id = s->kind == BUS_WIRE_FIXED && s->count == sizeof(struct bus_id);
    return id ? PART_ID : codes[s->kind];
}

/* Of a record that of all its fields, of a union that of its largest branch, of
 * a list that of what stands around its items. */
static uint32_t encode_room(const struct part *t)
{
    uint32_t most = 0, sum = 0;
    switch ((enum part_code)t->code) {
    case PART_RECORD:
    case PART_UNION:
        for (uint32_t i = 0; i < t->count; i++) {
            sum += t->part[i].room;
            most = t->part[i].room > most ? t->part[i].room : most;
        }
        return t->code == PART_RECORD ? sum : LONG_MAX_BYTES + most;
    case PART_NULLABLE:
        return 1 + t->part->room;
    case PART_ID:
    case PART_FIXED:
        return t->count;
    case PART_ARRAY:
    case PART_MAP:
        return 2 * LONG_MAX_BYTES;
    default:
        return LONG_MAX_BYTES;
    }
}

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
    if (some != NULL) {
        struct part *v = bus_arena_calloc(mem, 1, sizeof(*v));
        BUS_CHECK(slot->has_offset != BUS_WIRE_NO_HAS);
        if (v == NULL || !encode_compile(some, slot, base, mem, v)) {
            return false;
        }
        *to = (struct part){.code = PART_NULLABLE,
                            .null_first = s->branches[0]->kind == BUS_WIRE_NULL,
                            .at = base + slot->has_offset,
                            .part = v};
    } else {
        *to = (struct part){.code = encode_code(s),
                            .at = base + slot->offset,
                            .size = slot->size,
                            .count = (uint32_t)s->count};
        bool parts = to->code >= PART_RECORD || to->code == PART_UNION;
        if (parts && !compile_parts(s, slot, mem, to)) {
            return false;
        }
    }
    to->room = encode_room(to);
    return true;
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
 * FULL; who calls has seen to the part's `room`, so that only what is behind a
 * text or a list is held against the end again. */
enum walk { COUNT, WRITE, FIT };
#define FULL       UINTPTR_MAX
#define WALK       inline __attribute__((always_inline))
#define ITEM_BYTES 96 /* a fact, a verdict: mostly less */

static WALK bool encode_fits(enum walk w, uintptr_t p, uintptr_t end, size_t n)
{
    return w != FIT || (p <= end && end - p >= n);
}

static WALK uintptr_t encode_put_long(enum walk w, int64_t v, uintptr_t p)
{
    return w == COUNT ? p + long_size(v) : (uintptr_t)long_put(v, (uint8_t *)p);
}

/* Names, words and ids, which are most of it, without a call. */
static inline void part_put_bytes(uint8_t *to, const char *from, size_t n)
{
    if (n >= 16 && n <= 32) {
        memcpy(to, from, 16);
        memcpy(to + n - 16, from + n - 16, 16);
    } else if (n >= 8 && n < 16) {
        memcpy(to, from, 8);
        memcpy(to + n - 8, from + n - 8, 8);
    } else if (n > 0) {
        memcpy(to, from, n);
    }
}

static WALK uintptr_t put_raw(enum walk w, const void *v, size_t n, uintptr_t p)
{
    if (w != COUNT) {
        part_put_bytes((uint8_t *)p, v, n);
    }
    return p + n;
}

/* With room for what comes behind it. */
static WALK uintptr_t part_put_text(enum walk w,
                                    struct bus_strv s,
                                    uintptr_t p,
                                    uintptr_t end,
                                    size_t room)
{
    p = encode_put_long(w, (int64_t)s.n, p);
    if (s.n > SIZE_MAX - room || !encode_fits(w, p, end, s.n + room)) {
        return FULL;
    }
    return put_raw(w, s.p, s.n, p);
}

/* Parts with parts of their own. */
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
                                   uintptr_t end,
                                   size_t room)
{
    p = w == COUNT   ? count_whole(t, base, p)
        : w == WRITE ? write_whole(t, base, p)
                     : fit_whole(t, base, p, end);
    return encode_fits(w, p, end, room) ? p : FULL;
}

/* Leaves right here; only parts of parts are calls. room: of what comes behind
 * it. */
static WALK uintptr_t put_part(enum walk w,
                               const struct part *t,
                               const uint8_t *base,
                               uintptr_t p,
                               uintptr_t end,
                               size_t room)
{
    for (;;) {
        struct bus_strv s;
        int64_t l;
        int32_t i;
        bool has;
        switch ((enum part_code)t->code) {
        case PART_NULLABLE:
            memcpy(&has, base + t->at, sizeof(has));
            p = encode_put_long(w, has ? t->null_first : !t->null_first, p);
            if (!has) {
                return p;
            }
            t = t->part;
            break;
        case PART_UNION:
            memcpy(&i, base + t->at, sizeof(i));
            BUS_CHECK((uint32_t)i < t->count);
            p = encode_put_long(w, i, p);
            t = &t->part[i];
            break;
        case PART_TEXT:
            memcpy(&s, base + t->at, sizeof(s));
            return part_put_text(w, s, p, end, room);
        case PART_ENUM:
            memcpy(&i, base + t->at, sizeof(i));
            BUS_CHECK((uint32_t)i < t->count);
            return encode_put_long(w, i, p);
        case PART_INT:
            memcpy(&i, base + t->at, sizeof(i));
            return encode_put_long(w, i, p);
        case PART_LONG:
            memcpy(&l, base + t->at, sizeof(l));
            return encode_put_long(w, l, p);
        case PART_BOOLEAN:
            return put_raw(w, base + t->at, sizeof(bool), p);
        case PART_FLOAT:
            return put_raw(w, base + t->at, sizeof(float), p);
        case PART_DOUBLE:
            return put_raw(w, base + t->at, sizeof(double), p);
        case PART_ID:
            return put_raw(w, base + t->at, sizeof(struct bus_id), p);
        case PART_FIXED:
            return put_raw(w, base + t->at, t->count, p);
        case PART_NULL:
            return p;
        default: /* record, array, map */
            return encode_whole(w, t, base, p, end, room);
        }
    }
}

static WALK uintptr_t put_fields(enum walk w,
                                 const struct part *t,
                                 const uint8_t *base,
                                 uintptr_t p,
                                 uintptr_t end)
{
    for (const struct part *f = t->part, *e = f + t->count; f < e; f++) {
        p = put_part(w, f, base, p, end, t->room);
        if (w == FIT && p == FULL) {
            break;
        }
    }
    return p;
}

/* An item as it stands in its list; a record's fields without a call. */
static WALK uintptr_t put_item(enum walk w,
                               const struct part *t,
                               const uint8_t *item,
                               uintptr_t p,
                               uintptr_t end)
{
    const struct part *of = t->part;
    if (!encode_fits(w, p, end, of->room + LONG_MAX_BYTES)) {
        return FULL;
    }
    if (t->code == PART_MAP) {
        struct bus_strv key;
        memcpy(&key, item, sizeof(key));
        p = part_put_text(w, key, p, end, of->room);
        if (p == FULL) {
            return p;
        }
    }
    return of->code == PART_RECORD ? put_fields(w, of, item, p, end)
                                   : put_part(w, of, item, p, end, 0);
}

/* ends (may be NULL): where each item ends, from p on. */
static WALK uintptr_t put_list(enum walk w,
                               const struct part *t,
                               const struct items *list,
                               uint32_t *ends,
                               uintptr_t p,
                               uintptr_t end)
{
    uintptr_t from = p;
    if (list->n > 0) {
        p = encode_put_long(w, (int64_t)list->n, p);
    }
    for (size_t i = 0; i < list->n; i++) {
        p = put_item(w, t, list->v + i * t->size, p, end);
        if (w == FIT && p == FULL) {
            return p;
        }
        if (ends != NULL) {
            ends[i] = (uint32_t)(p - from);
        }
    }
    return encode_fits(w, p, end, LONG_MAX_BYTES) ? encode_put_long(w, 0, p)
                                                  : FULL;
}

static WALK uintptr_t put_whole(enum walk w,
                                const struct part *t,
                                const uint8_t *base,
                                uintptr_t p,
                                uintptr_t end)
{
    struct items list;
    if (t->code == PART_RECORD) {
        return put_fields(w, t, base, p, end);
    }
    memcpy(&list, base + t->at, sizeof(list)); /* array, map */
    if (list.n != BUS_WIRE_ENCODED) {
        return put_list(w, t, &list, NULL, p, end);
    }
    const struct bus_strv *done = (const void *)list.v;
    return encode_fits(w, p, end, done->n) ? put_raw(w, done->p, done->n, p)
                                           : FULL;
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
    return (size_t)put_part(COUNT, &c->top, record, 0, 0, 0);
}

uint8_t *
wire_coder_write(const struct coder *c, const void *record, uint8_t *to)
{
    return (uint8_t *)put_part(WRITE, &c->top, record, (uintptr_t)to, 0, 0);
}

uint8_t *wire_coder_put(const struct coder *c,
                        const void *record,
                        size_t head,
                        struct bus_arena *mem,
                        size_t *ret_bytes)
{
    size_t room = 0;
    uint8_t *to = bus_arena_rest(mem, &room);
    uintptr_t from = (uintptr_t)to + head, end = (uintptr_t)to + room;
    end = room > head && room - head >= c->top.room
              ? put_part(FIT, &c->top, record, from, end, 0)
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
        if (top->part[i].code == PART_ARRAY && top->part[i].at == field) {
            return &top->part[i];
        }
    }
    return NULL;
}

static uintptr_t write_list(const struct part *t,
                            const struct items *list,
                            uint32_t *ends,
                            uintptr_t p)
{
    return put_list(WRITE, t, list, ends, p, 0);
}

static uintptr_t fit_list(const struct part *t,
                          const struct items *list,
                          uint32_t *ends,
                          uintptr_t p,
                          uintptr_t end)
{
    return put_list(FIT, t, list, ends, p, end);
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
    uint8_t *to = bus_arena_alloc(mem, room);
    if (to == NULL) {
        return false;
    }
    uintptr_t from = (uintptr_t)to;
    uintptr_t end = fit_list(t, &list, ends, from, from + room);
    bus_arena_release(mem, mark);
    if (end != FULL) {
        /* Mostly the same place again; what is left of an earlier block may be
         * enough now. */
        void *kept = bus_arena_alloc(mem, end - from);
        if (kept != NULL && kept != to) {
            memcpy(kept, to, end - from);
        }
        *ret = (struct bus_strv){kept, (size_t)(end - from)};
        return kept != NULL;
    }
    *ret = (struct bus_strv){NULL, (size_t)count_whole(t, record, 0)};
    to = bus_arena_alloc(mem, ret->n);
    ret->p = (const char *)to;
    if (to != NULL) {
        (void)write_list(t, &list, ends, (uintptr_t)to);
    }
    return to != NULL;
}
