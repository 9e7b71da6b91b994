/* Compiles a (writer, reader) pair: Avro's schema resolution, once.
 *
 * - both unions or one: branch by branch; a branch that fits nothing becomes a
 *   step that fails when it is met
 * - records: by field name, then by the reader's aliases; what only the writer
 *   has is skipped, what only the reader has comes from its default
 * - enums by symbol, then the reader's default symbol
 * - the rest by kind, with the specification's promotions
 */
#include <assert.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/wire/plan_parts.h"
#include "bus/wire/schema_parts.h"

#define PLAN_BYTES_MAX (16u << 20)
#define WORK_MAX       50000000 /* names compared with names */

/* Counts n names compared with m; false when that has been too many. */
static bool plan_compile_worth(struct compiling *c, size_t n, size_t m)
{
    c->work += n * m;
    return c->work <= WORK_MAX;
}

/* Where a value goes: a slot and the start of its struct. */
struct place
{
    const struct bus_wire_slot *slot;
    uint32_t base;
};

static int plan_compile_resolve(struct compiling *c,
                                const struct bus_wire_schema *w,
                                const struct bus_wire_schema *r,
                                struct place to,
                                struct prog *p);

static const struct bus_wire_slot no_slot = {0, BUS_WIRE_NO_HAS, 0, NULL};

static struct place plan_compile_inner(struct place to,
                                       const struct bus_wire_slot *slot)
{
    return (struct place){slot ? slot : &no_slot, to.base + to.slot->offset};
}

static const struct bus_wire_slot *sub_slot(struct place to, size_t i)
{
    return to.slot->sub ? &to.slot->sub[i] : NULL;
}

static int plan_compile_misfit(struct compiling *c,
                               const struct bus_wire_schema *w,
                               const struct bus_wire_schema *r)
{
    return bus_fail(c->err, BUS_ESCHEMA, "a %s%s%s cannot be read as %s%s%s",
                    wire_kind_name(w->kind), w->name ? " " : "",
                    w->name ? w->name : "", wire_kind_name(r->kind),
                    r->name ? " " : "", r->name ? r->name : "");
}

static const char *plan_compile_bare(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static bool names_match(const struct bus_wire_schema *w,
                        const struct bus_wire_schema *r)
{
    if (strcmp(plan_compile_bare(w->name), plan_compile_bare(r->name)) == 0) {
        return true;
    }
    for (size_t i = 0; i < r->alias_count; i++) {
        if (strcmp(r->aliases[i], w->name) == 0) {
            return true;
        }
    }
    return false;
}

static int from_default(struct compiling *c,
                        const struct bus_wire_field *f,
                        struct place to,
                        struct prog *p)
{
    if (f->default_bytes.p == NULL) {
        return bus_fail(c->err, BUS_ESCHEMA,
                        "%s: the writer does not have it and the reader has no "
                        "default",
                        f->name);
    }
    struct prog *sub = bus_arena_calloc(c->mem, 1, sizeof(*sub));
    int rc = sub ? plan_compile_resolve(c, f->type, f->type, to, sub)
                 : wire_plan_no_room(c);
    rc = wire_plan_end(c, sub, rc);
    struct step *s = rc == BUS_OK ? wire_plan_add(c, p, STEP_DEFAULT) : NULL;
    if (s == NULL) {
        return rc == BUS_OK ? wire_plan_no_room(c) : rc;
    }
    s->sub = sub;
    s->bytes = f->default_bytes;
    return BUS_OK;
}

static int find_field(const struct bus_wire_schema *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->fields[i].name, name) == 0) {
            return (int)i;
        }
    }
    for (size_t i = 0; i < r->count; i++) {
        for (size_t k = 0; k < r->fields[i].alias_count; k++) {
            if (strcmp(r->fields[i].aliases[k], name) == 0) {
                return (int)i;
            }
        }
    }
    return -1;
}

static int record_fields(struct compiling *c,
                         const struct bus_wire_schema *w,
                         const struct bus_wire_schema *r,
                         struct place to,
                         struct prog *p)
{
    uint8_t *have = bus_arena_calloc(c->mem, r->count + 1, 1);
    if (have == NULL || !plan_compile_worth(c, w->count, r->count)) {
        return wire_plan_no_room(c);
    }
    for (size_t i = 0; i < w->count; i++) {
        const struct bus_wire_field *f = &w->fields[i];
        int k = find_field(r, f->name);
        int rc;
        if (k < 0 || have[k]) {
            rc = wire_plan_skip(c, f->type, p);
        } else {
            have[k] = 1;
            rc = plan_compile_resolve(
                c, f->type, r->fields[k].type,
                plan_compile_inner(to, sub_slot(to, (size_t)k)), p);
        }
        if (rc != BUS_OK) {
            return bus_wrap(c->err, "%s", f->name);
        }
    }
    for (size_t k = 0; k < r->count; k++) {
        int rc = have[k]
                     ? BUS_OK
                     : from_default(c, &r->fields[k],
                                    plan_compile_inner(to, sub_slot(to, k)), p);
        if (rc != BUS_OK) {
            return rc;
        }
    }
    return BUS_OK;
}

static int plan_compile_record(struct compiling *c,
                               const struct bus_wire_schema *w,
                               const struct bus_wire_schema *r,
                               struct place to,
                               struct prog *p)
{
    if (!names_match(w, r)) {
        return plan_compile_misfit(c, w, r);
    }
    if (c->check_only) {
        for (size_t i = 0; i < c->pair_count; i++) {
            if (c->pairs[i].w == w && c->pairs[i].r == r) {
                return BUS_OK;
            }
        }
        if (c->pair_count == WIRE_PAIRS_MAX) {
            return wire_plan_no_room(c);
        }
        c->pairs[c->pair_count].w = w;
        c->pairs[c->pair_count++].r = r;
    }
    return record_fields(c, w, r, to, p);
}

static int enumeration(struct compiling *c,
                       const struct bus_wire_schema *w,
                       const struct bus_wire_schema *r,
                       struct place to,
                       struct prog *p)
{
    int32_t *map = bus_arena_calloc(c->mem, w->count, sizeof(*map));
    struct step *s = wire_plan_add(c, p, STEP_ENUM);
    if (map == NULL || s == NULL ||
        !plan_compile_worth(c, w->count, r->count)) {
        return wire_plan_no_room(c);
    }
    if (!names_match(w, r)) {
        return plan_compile_misfit(c, w, r);
    }
    for (size_t i = 0; i < w->count; i++) {
        map[i] = r->enum_default;
        for (size_t k = 0; k < r->count; k++) {
            if (strcmp(w->symbols[i], r->symbols[k]) == 0) {
                map[i] = (int32_t)k;
            }
        }
    }
    s->at = to.base + to.slot->offset;
    s->symbols = map;
    s->count = (uint32_t)w->count;
    return BUS_OK;
}

static int plan_compile_items(struct compiling *c,
                              const struct bus_wire_schema *w,
                              const struct bus_wire_schema *r,
                              struct place to,
                              struct prog *p)
{
    struct prog *sub = bus_arena_calloc(c->mem, 1, sizeof(*sub));
    const struct bus_wire_slot *item = sub_slot(to, 0);
    struct place at = {item ? item : &no_slot, 0};
    bool map = w->kind == BUS_WIRE_MAP;
    if (sub == NULL || (map && wire_plan_add(c, sub, STEP_STRING) == NULL)) {
        return wire_plan_no_room(c);
    }
    int rc = plan_compile_resolve(c, w->branches[0], r->branches[0], at, sub);
    rc = wire_plan_end(c, sub, rc);
    struct step *s = rc == BUS_OK ? wire_plan_add(c, p, STEP_ARRAY) : NULL;
    if (s == NULL) {
        return rc == BUS_OK ? wire_plan_no_room(c) : rc;
    }
    s->at = to.base + to.slot->offset;
    s->size = to.slot->size;
    s->sub = sub;
    s->min = w->branches[0]->min_bytes + map;
    return BUS_OK;
}

/* The step of a primitive pair, or -1. */
static int primitive(enum bus_wire_kind w, enum bus_wire_kind r)
{
    static const struct
    {
        enum bus_wire_kind w, r;
        enum step_code code;
    } pairs[] = {
        {BUS_WIRE_NULL, BUS_WIRE_NULL, STEP_NULL},
        {BUS_WIRE_BOOLEAN, BUS_WIRE_BOOLEAN, STEP_BOOLEAN},
        {BUS_WIRE_INT, BUS_WIRE_INT, STEP_INT},
        {BUS_WIRE_INT, BUS_WIRE_LONG, STEP_LONG},
        {BUS_WIRE_INT, BUS_WIRE_FLOAT, STEP_LONG_TO_FLOAT},
        {BUS_WIRE_INT, BUS_WIRE_DOUBLE, STEP_LONG_TO_DOUBLE},
        {BUS_WIRE_LONG, BUS_WIRE_LONG, STEP_LONG},
        {BUS_WIRE_LONG, BUS_WIRE_FLOAT, STEP_LONG_TO_FLOAT},
        {BUS_WIRE_LONG, BUS_WIRE_DOUBLE, STEP_LONG_TO_DOUBLE},
        {BUS_WIRE_FLOAT, BUS_WIRE_FLOAT, STEP_FLOAT},
        {BUS_WIRE_FLOAT, BUS_WIRE_DOUBLE, STEP_FLOAT_TO_DOUBLE},
        {BUS_WIRE_DOUBLE, BUS_WIRE_DOUBLE, STEP_DOUBLE},
        {BUS_WIRE_STRING, BUS_WIRE_STRING, STEP_STRING},
        {BUS_WIRE_BYTES, BUS_WIRE_BYTES, STEP_BYTES},
        {BUS_WIRE_STRING, BUS_WIRE_BYTES, STEP_STRING},
        {BUS_WIRE_BYTES, BUS_WIRE_STRING, STEP_STRING},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i].w == w && pairs[i].r == r) {
            return (int)pairs[i].code;
        }
    }
    return -1;
}

static int plan_compile_simple(struct compiling *c,
                               const struct bus_wire_schema *w,
                               const struct bus_wire_schema *r,
                               struct place to,
                               struct prog *p)
{
    if (w->kind == r->kind) {
        switch (w->kind) {
        case BUS_WIRE_RECORD:
            return plan_compile_record(c, w, r, to, p);
        case BUS_WIRE_ENUM:
            return enumeration(c, w, r, to, p);
        case BUS_WIRE_ARRAY:
        case BUS_WIRE_MAP:
            return plan_compile_items(c, w, r, to, p);
        case BUS_WIRE_FIXED:
            if (w->count != r->count || !names_match(w, r)) {
                return plan_compile_misfit(c, w, r);
            }
            break;
        default:
            break;
        }
    }
    int code = w->kind == BUS_WIRE_FIXED && r->kind == BUS_WIRE_FIXED
                   ? STEP_FIXED
                   : primitive(w->kind, r->kind);
    if (code < 0) {
        return plan_compile_misfit(c, w, r);
    }
    struct step *s = wire_plan_add(c, p, (uint8_t)code);
    if (s == NULL) {
        return wire_plan_no_room(c);
    }
    s->at = to.base + to.slot->offset;
    s->size = w->kind == BUS_WIRE_FIXED ? (uint32_t)w->count : 0;
    return BUS_OK;
}

static int into_branch(struct compiling *c,
                       const struct bus_wire_schema *w,
                       const struct bus_wire_schema *r,
                       size_t branch,
                       struct place to,
                       struct prog *p)
{
    const struct bus_wire_schema *b = r->branches[branch];
    if (bus_wire_nullable(r) != NULL) {
        if (b->kind != BUS_WIRE_NULL &&
            to.slot->has_offset != BUS_WIRE_NO_HAS) {
            struct step *s = wire_plan_add(c, p, STEP_SET_HAS);
            if (s == NULL) {
                return wire_plan_no_room(c);
            }
            s->at = to.base + to.slot->has_offset;
        }
        return plan_compile_simple(c, w, b, to, p);
    }
    struct step *s = wire_plan_add(c, p, STEP_SET_BRANCH);
    if (s == NULL) {
        return wire_plan_no_room(c);
    }
    s->at = to.base + to.slot->offset;
    s->size = (uint32_t)branch;
    return plan_compile_simple(c, w, b,
                               plan_compile_inner(to, sub_slot(to, branch)), p);
}

/* Into the reader's union: the branch of the same kind and name, else the
 * first that the writer's can be promoted to. */
static int into_union(struct compiling *c,
                      const struct bus_wire_schema *w,
                      const struct bus_wire_schema *r,
                      struct place to,
                      struct prog *p)
{
    for (int exact = 1; exact >= 0; exact--) {
        for (size_t i = 0; i < r->count; i++) {
            const struct bus_wire_schema *b = r->branches[i];
            bool same = b->kind == w->kind &&
                        (b->name == NULL || strcmp(b->name, w->name) == 0);
            if (exact && !same) {
                continue;
            }
            struct prog trial = *p;
            size_t pairs = c->pair_count;
            if (into_branch(c, w, r, i, to, &trial) == BUS_OK) {
                *p = trial;
                return BUS_OK;
            }
            c->pair_count = pairs;
            if (c->err->code == BUS_ETOOBIG) {
                return (int)c->err->code;
            }
        }
    }
    return plan_compile_misfit(c, w, r);
}

static int from_union(struct compiling *c,
                      const struct bus_wire_schema *w,
                      const struct bus_wire_schema *r,
                      struct place to,
                      struct prog *p)
{
    struct prog *subs = bus_arena_calloc(c->mem, w->count, sizeof(*subs));
    size_t fits = 0;
    if (subs == NULL) {
        return wire_plan_no_room(c);
    }
    for (size_t i = 0; i < w->count; i++) {
        int rc = plan_compile_resolve(c, w->branches[i], r, to, &subs[i]);
        if (rc == BUS_ETOOBIG) {
            return rc;
        }
        fits += rc == BUS_OK;
        if (rc != BUS_OK) {
            subs[i] = (struct prog){0};
            if (wire_plan_add(c, &subs[i], STEP_NO) == NULL) {
                return wire_plan_no_room(c);
            }
        }
    }
    /* For a check each branch must fit; for reading, what never comes may
     * not. */
    if (fits == 0 || (c->check_only && fits < w->count)) {
        return plan_compile_misfit(c, w, r);
    }
    struct step *s = wire_plan_add(c, p, STEP_UNION);
    if (s == NULL) {
        return wire_plan_no_room(c);
    }
    s->sub = subs;
    s->count = (uint32_t)w->count;
    return BUS_OK;
}

static int plan_compile_resolve(struct compiling *c,
                                const struct bus_wire_schema *w,
                                const struct bus_wire_schema *r,
                                struct place to,
                                struct prog *p)
{
    if (c->depth >= BUS_WIRE_SCHEMA_DEPTH) {
        return bus_fail(c->err, BUS_ETOOBIG, "nested deeper than %d",
                        BUS_WIRE_SCHEMA_DEPTH);
    }
    c->depth++;
    int rc = w->kind == BUS_WIRE_UNION   ? from_union(c, w, r, to, p)
             : r->kind == BUS_WIRE_UNION ? into_union(c, w, r, to, p)
                                         : plan_compile_simple(c, w, r, to, p);
    c->depth--;
    return rc;
}

int wire_plan_compile(struct bus_wire_plan *plan,
                      const struct bus_wire_schema *writer,
                      const struct bus_wire_schema *reader,
                      const struct bus_wire_slot *slots,
                      struct bus_err *err)
{
    struct compiling *c = bus_calloc(1, sizeof(*c));
    struct bus_err own;
    if (c == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a plan");
    }
    bus_arena_init(&plan->mem, 16384, PLAN_BYTES_MAX);
    c->mem = &plan->mem;
    c->err = err ? err : &own;
    c->check_only = slots == NULL;
    struct bus_wire_slot top = {0, BUS_WIRE_NO_HAS, 0, slots};
    int rc = plan_compile_resolve(c, writer, reader, (struct place){&top, 0},
                                  &plan->top);
    rc = wire_plan_end(c, &plan->top, rc);
    bus_free(c);
    return bus_arena_cause(&plan->mem, rc, err);
}

int bus_wire_resolvable(const struct bus_wire_schema *writer,
                        const struct bus_wire_schema *reader,
                        struct bus_err *err)
{
    struct bus_wire_plan plan = {0};
    int rc = wire_plan_compile(&plan, writer, reader, NULL, err);
    bus_arena_fini(&plan.mem);
    return rc;
}
