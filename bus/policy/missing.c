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
    size_t cells;
    struct cell *kept, *clean, *standards;
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

static void missing_set(const struct probing *p, size_t out, size_t way)
{
    struct household_view *w = p->w;
    memcpy(w->cells, p->clean, p->cells * sizeof(*w->cells));
    memset(w->standards, 0, w->c->standard_count * sizeof(*w->standards));
    for (size_t i = 0; i < p->count; i++) {
        const struct slot *s = &p->slots[i];
        if (i == out) {
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

static bool open_probing(struct probing *p)
{
    struct household_view *w = p->w;
    size_t standards = w->c->standard_count;
    p->cells = w->c->fact_count * w->width;
    p->kept = bus_arena_dup(w->mem, w->cells, p->cells * sizeof(*p->kept));
    p->clean = bus_arena_dup(w->mem, w->cells, p->cells * sizeof(*p->clean));
    p->standards =
        bus_arena_dup(w->mem, w->standards, standards * sizeof(*p->standards));
    for (size_t i = 0; p->clean != NULL && i < w->c->fact_count; i++) {
        if (w->c->facts[i].derived != NULL) {
            memset(&p->clean[i * w->width], 0, w->width * sizeof(*p->clean));
        }
    }
    return p->kept != NULL && p->clean != NULL && p->standards != NULL;
}

static void close_probing(const struct probing *p)
{
    BUS_CHECK(p->kept != NULL && p->standards != NULL);
    struct household_view *w = p->w;
    memcpy(w->cells, p->kept, p->cells * sizeof(*w->cells));
    memcpy(w->standards, p->standards,
           w->c->standard_count * sizeof(*w->standards));
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
    if (!open_probing(&p)) {
        return false;
    }
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
    close_probing(&p);
    struct bus_policy_missing *list =
        (struct bus_policy_missing *)(uintptr_t)to->missing;
    BUS_CHECK(p.count <= to->missing_count);
    for (size_t i = 0; i < p.count; i++) {
        list[i] = p.slots[i].which;
    }
    to->missing_count = p.count;
    return true;
}
