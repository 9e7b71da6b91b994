/* Masking a record in its C struct: walks schema and slots together. */
#include <string.h>

#include "bus/wire/codec.h"

static const struct bus_strv text_mask = BUS_STRV("***");

struct masking
{
    struct bus_arena *mem;
    bool facts; /* their values stay */
    bool failed;
};

static void mask_value(struct masking *m,
                       const struct bus_wire_schema *s,
                       const struct bus_wire_slot *slot,
                       uint8_t *base,
                       bool hide);

static void mask_record(struct masking *m,
                        const struct bus_wire_schema *s,
                        const struct bus_wire_slot *slots,
                        uint8_t *base,
                        bool hide)
{
    for (size_t i = 0; i < s->count; i++) {
        const char *pii = s->fields[i].pii;
        bool marked = pii != NULL && !(m->facts && strcmp(pii, "fact") == 0);
        mask_value(m, s->fields[i].type, &slots[i], base, hide || marked);
    }
}

static void mask_items(struct masking *m,
                       const struct bus_wire_schema *s,
                       const struct bus_wire_slot *slot,
                       uint8_t *at,
                       bool hide)
{
    struct
    {
        uint8_t *v;
        size_t n;
    } list;
    memcpy(&list, at, sizeof(list));
    list.n = hide ? 0 : list.n;
    for (size_t i = 0; i < list.n; i++) {
        mask_value(m, s->branches[0], &slot->sub[0], list.v + i * slot->size,
                   false);
    }
    memcpy(at, &list, sizeof(list));
}

/* Other long bytes are hidden, too: what is inside them is not known. */
static void mask_bytes(struct masking *m, uint8_t *at, bool hide)
{
    struct bus_strv v;
    memcpy(&v, at, sizeof(v));
    if (hide) {
        v = (struct bus_strv){NULL, 0};
    } else if (v.n > BUS_WIRE_SHOWN_MAX) {
        v = bus_strv(bus_arena_printf(m->mem, "(%zu bytes)", v.n));
        m->failed = m->failed || v.n == 0;
    }
    memcpy(at, &v, sizeof(v));
}

static void mask_union(struct masking *m,
                       const struct bus_wire_schema *s,
                       const struct bus_wire_slot *slot,
                       uint8_t *at,
                       bool hide)
{
    int branch;
    memcpy(&branch, at, sizeof(branch));
    enum bus_wire_kind to = BUS_WIRE_NULL; /* of many kinds: its text */
    for (size_t i = 0; i < s->count; i++) {
        to = s->branches[i]->kind == BUS_WIRE_STRING ? BUS_WIRE_STRING : to;
    }
    for (int i = 0; hide && (size_t)i < s->count; i++) {
        if (s->branches[i]->kind == to) {
            memcpy(at, &i, sizeof(i));
            mask_value(m, s->branches[i], &slot->sub[i], at, true);
            return;
        }
    }
    mask_value(m, s->branches[branch], &slot->sub[branch], at, hide);
}

static void mask_simple(const struct bus_wire_schema *s, uint8_t *at)
{
    static const size_t sizes[] = {
        [BUS_WIRE_BOOLEAN] = sizeof(bool),
        [BUS_WIRE_INT] = sizeof(int32_t),
        [BUS_WIRE_LONG] = sizeof(int64_t),
        [BUS_WIRE_FLOAT] = sizeof(float),
        [BUS_WIRE_DOUBLE] = sizeof(double),
        [BUS_WIRE_ENUM] = sizeof(int32_t),
        [BUS_WIRE_FIXED] = 0,
    };
    memset(at, 0, s->kind == BUS_WIRE_FIXED ? s->count : sizes[s->kind]);
}

static void mask_value(struct masking *m,
                       const struct bus_wire_schema *s,
                       const struct bus_wire_slot *slot,
                       uint8_t *base,
                       bool hide)
{
    const struct bus_wire_schema *some = bus_wire_nullable(s);
    uint8_t *at = base + slot->offset;
    bool has;
    if (some != NULL) {
        memcpy(&has, base + slot->has_offset, sizeof(has));
        has = has && !hide;
        memcpy(base + slot->has_offset, &has, sizeof(has));
        if (!has) {
            return;
        }
        s = some;
    }
    switch (s->kind) {
    case BUS_WIRE_NULL:
        return;
    case BUS_WIRE_RECORD:
        mask_record(m, s, slot->sub, at, hide);
        return;
    case BUS_WIRE_ARRAY:
    case BUS_WIRE_MAP:
        mask_items(m, s, slot, at, hide);
        return;
    case BUS_WIRE_UNION:
        mask_union(m, s, slot, at, hide);
        return;
    case BUS_WIRE_BYTES:
        mask_bytes(m, at, hide);
        return;
    case BUS_WIRE_STRING:
        if (hide) {
            memcpy(at, &text_mask, sizeof(text_mask));
        }
        return;
    default:
        if (hide) {
            mask_simple(s, at);
        }
        return;
    }
}

static int mask_whole(struct masking *m,
                      const struct bus_wire_type *type,
                      void *record,
                      struct bus_err *err)
{
    BUS_TRY(bus_wire_type_ready(type, err));
    mask_record(m, bus_wire_type_schema(type), type->slots, record, false);
    return m->failed ? bus_fail(err, BUS_ENOMEM, "a masked record") : BUS_OK;
}

int bus_wire_mask(const struct bus_wire_type *type,
                  void *record,
                  struct bus_arena *mem,
                  struct bus_err *err)
{
    struct masking m = {.mem = mem};
    return mask_whole(&m, type, record, err);
}

int bus_wire_mask_but_facts(const struct bus_wire_type *type,
                            void *record,
                            struct bus_arena *mem,
                            struct bus_err *err)
{
    struct masking m = {.mem = mem, .facts = true};
    return mask_whole(&m, type, record, err);
}
