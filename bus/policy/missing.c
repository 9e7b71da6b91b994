/* The missing facts of an undetermined item, no more than are needed.
 *
 * What the evaluation could not do without is enough: with all of it known the
 * item is decided. It may be too much: of `a and (a or b)` a alone decides. So
 * each is left out in turn, and stays out if the item is decided for every
 * value of the others. More that is known never opens what was decided, so what
 * is left then is such that no part of it decides.
 *
 * Flags and words have few values, and all are gone through, at most PROBES_MAX
 * evaluations a fact; beside a number, a date or a text nothing is left out. */
#include "bus/policy/missing.h"

#include <string.h>

#include "bus/base/check.h"

#define SLOTS_MAX  6
#define PROBES_MAX 64

struct slot
{
    struct bus_policy_missing which;
    size_t cell;
    const struct bus_node *words; /* NULL with no values: a flag */
    uint32_t values;              /* 0: not gone through */
};
struct probing
{
    struct household_view *w;
    const struct version_def *v;
    struct slot slots[SLOTS_MAX];
    size_t count;
    const struct cell *kept; /* what the slots are when it is over */
};

static struct slot missing_slot_of(const struct household_view *w,
                                   struct bus_policy_missing which)
{
    const struct fact_def *f = &w->c->facts[which.fact];
    const struct bus_node *type = bus_node_get(f->body, "type");
    struct slot s = {.which = which,
                     .cell = (size_t)which.fact * w->width +
                             (size_t)(which.member + 1)};
    BUS_CHECK(s.cell < w->c->fact_count * w->width);
    if (type != NULL && bus_strv_is(type->text, "boolean")) {
        s.values = 2;
    } else if (type != NULL && bus_strv_is(type->text, "enum")) {
        s.words = bus_node_get(f->body, "words");
        s.values = s.words ? s.words->count : 0;
    }
    return s;
}

/* How many ways the others can be; 0: too many, or not to be gone through. */
static size_t missing_ways(const struct probing *p, size_t out)
{
    BUS_CHECK(out < p->count);
    size_t n = 1;
    for (size_t i = 0; n > 0 && i < p->count; i++) {
        n *= i == out ? 1 : p->slots[i].values;
        n = n > PROBES_MAX ? 0 : n;
    }
    return n;
}

/* What was worked out of other values; what is asked for is the same each
 * time. */
static void missing_forget(struct household_view *w)
{
    size_t n = w->width * sizeof(*w->cells);
    for (size_t i = 0; i < w->c->fact_count; i++) {
        if (w->c->facts[i].derived != NULL) {
            memset(&w->cells[i * w->width], 0, n);
        }
    }
    memset(w->standards, 0, w->c->standard_count * sizeof(*w->standards));
}

static void missing_set(const struct probing *p, size_t out, size_t way)
{
    struct household_view *w = p->w;
    missing_forget(w);
    for (size_t i = 0; i < p->count; i++) {
        const struct slot *s = &p->slots[i];
        if (i == out) {
            w->cells[s->cell] = p->kept[s->cell];
            continue;
        }
        BUS_CHECK(s->values > 0);
        uint32_t value = (uint32_t)(way % s->values);
        way /= s->values;
        w->cells[s->cell] =
            s->words == NULL
                ? (struct cell){.tag = CELL_BOOL, .n = value}
                : (struct cell){.tag = CELL_TEXT,
                                .text = &s->words->pairs[value].key->text};
    }
}

/* Without that one, whatever the others are. */
static bool decides(const struct probing *p, size_t out)
{
    struct household_view *w = p->w;
    size_t n = missing_ways(p, out);
    bool well = n > 0;
    for (size_t i = 0; well && i < n; i++) {
        struct bus_arena_mark mark = bus_arena_mark(w->mem);
        missing_set(p, out, i);
        struct feel_value r =
            policy_eval(w, p->v->condition, p->v->condition_p);
        well = r.kind == FEEL_BOOLEAN && w->broken == NULL;
        bus_arena_release(w->mem, mark);
    }
    return well;
}

/* Cells of its own, of the facts that are given: one copy an evaluation, made
 * when the first item needs it. */
static bool probing_room(struct household_view *w)
{
    size_t cells = w->c->fact_count * w->width * sizeof(*w->cells);
    size_t standards = w->c->standard_count * sizeof(*w->standards);
    if (w->probed.cells == NULL) {
        w->probed.standards = bus_arena_alloc(w->mem, standards + 1);
        w->probed.cells = w->probed.standards != NULL
                              ? bus_arena_dup(w->mem, w->cells, cells)
                              : NULL;
    }
    return w->probed.cells != NULL;
}

/* In and out again. */
static void probing_swap(struct household_view *w)
{
    struct cell *cells = w->cells, *standards = w->standards;
    BUS_CHECK(w->probed.cells != NULL);
    w->cells = w->probed.cells;
    w->standards = w->probed.standards;
    w->probed.cells = cells;
    w->probed.standards = standards;
}

/* The slots are as they were; what is worked out is forgotten before it is
 * asked for again. */
static void probing_end(const struct probing *p)
{
    for (size_t i = 0; i < p->count; i++) {
        p->w->cells[p->slots[i].cell] = p->kept[p->slots[i].cell];
    }
    probing_swap(p->w);
}

bool policy_least_missing(struct household_view *w,
                          const struct version_def *v,
                          struct bus_policy_verdict_of *to)
{
    struct probing p = {.w = w, .v = v};
    bool any = false, quiet = w->quiet;
    if (to->missing_count < 2 || to->missing_count > SLOTS_MAX) {
        return true;
    }
    for (; p.count < to->missing_count; p.count++) {
        p.slots[p.count] = missing_slot_of(w, to->missing[p.count]);
    }
    for (size_t i = 0; i < p.count; i++) {
        any |= missing_ways(&p, i) > 0;
    }
    if (!any) {
        return true;
    }
    if (!probing_room(w)) {
        return false;
    }
    p.kept = w->cells;
    probing_swap(w);
    w->quiet = true;
    for (size_t i = p.count; i > 0; i--) {
        if (p.count > 1 && decides(&p, i - 1)) {
            memmove(&p.slots[i - 1], &p.slots[i],
                    (p.count - i) * sizeof(p.slots[0]));
            i = p.count--; /* without it others may be gone through */
        }
    }
    w->quiet = quiet;
    w->broken = NULL;
    probing_end(&p);
    struct bus_policy_missing *list =
        (struct bus_policy_missing *)(uintptr_t)to->missing;
    BUS_CHECK(p.count <= to->missing_count);
    for (size_t i = 0; i < p.count; i++) {
        list[i] = p.slots[i].which;
    }
    to->missing_count = p.count;
    return true;
}
