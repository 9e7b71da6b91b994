#include "bus/policy/probe.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/view.h"

struct bus_policy_probe
{
    struct household_view view;
    const struct cell *kept; /* the view's cells before anything was asked */
    size_t told;             /* facts that stay */
    bool unconfirmed;        /* by them */
};

static size_t probe_bytes(const struct household_view *w)
{
    return w->c->fact_count * w->width * sizeof(*w->cells);
}

int bus_policy_probe_open(const struct bus_policy_catalogue *c,
                          const struct bus_policy_household *h,
                          int32_t rule_date,
                          struct bus_arena *mem,
                          struct bus_policy_probe **ret,
                          struct bus_err *err)
{
    struct bus_policy_probe *p = bus_arena_calloc(mem, 1, sizeof(*p));
    if (p == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for a household");
    }
    BUS_TRY(policy_view_open(&p->view, c, h, rule_date, mem, err));
    p->kept = bus_arena_dup(mem, p->view.cells, probe_bytes(&p->view));
    if (p->kept == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for a household");
    }
    p->view.quiet = true;
    p->told = h->fact_count;
    p->unconfirmed = p->view.unconfirmed;
    *ret = p;
    return BUS_OK;
}

/* What the try before worked out, in memory that was given back, is forgotten.
 */
static void probe_answers(struct bus_policy_probe *p)
{
    struct household_view *w = &p->view;
    memcpy(w->cells, p->kept, probe_bytes(w));
    memset(w->standards, 0, w->c->standard_count * sizeof(*w->standards));
    w->confirmed = NULL;
    w->broken = NULL;
    w->unconfirmed = p->unconfirmed;
    for (size_t i = p->told; i < w->h->fact_count; i++) {
        const struct bus_policy_fact *f = &w->h->facts[i];
        size_t at = (size_t)f->fact * w->width + (size_t)(f->member + 1);
        BUS_CHECK(f->member >= -1 && f->member < (int)w->h->member_count);
        BUS_CHECK(f->fact >= 0 && (size_t)f->fact < w->c->fact_count);
        w->unconfirmed |= w->c->facts[f->fact].confirmed && !f->verified;
        if (w->c->facts[f->fact].derived == NULL) {
            w->cells[at] = policy_cell_of_fact(f);
        }
    }
}

int bus_policy_probe_try(struct bus_policy_probe *p,
                         int item,
                         struct bus_policy_verdict_of *ret,
                         struct bus_err *err)
{
    struct household_view *w = &p->view, *by = w;
    BUS_CHECK(item >= 0 && (size_t)item < w->c->item_count);
    BUS_CHECK(w->h->fact_count >= p->told);
    const struct item_def *it = &w->c->items[item];
    const struct version_def *v = policy_catalogue_version_at(it, w->rule_date);
    if (v == NULL) {
        return bus_fail(err, BUS_EUNKNOWN, "no version of %.*s on that day",
                        BUS_STRV_ARG(it->code));
    }
    struct bus_arena_mark mark = bus_arena_mark(w->mem);
    probe_answers(p);
    *ret = (struct bus_policy_verdict_of){.item = item};
    bool well = policy_evaluate_one(w, it, v, BUS_POLICY_VERDICTS, ret, &by) &&
                w->mem->refused == BUS_ARENA_GAVE;
    bus_arena_release(w->mem, mark);
    return well ? BUS_OK : bus_fail(err, BUS_ETOOBIG, "no room for a verdict");
}

/* --- from day to day --- */

struct passing
{
    struct bus_policy_probe *p;
    const uint64_t *items;
    int32_t *yes, *no;
    struct cell *before; /* what time changes, of each member */
    bool same;           /* nothing else does */
};

static bool probe_asks(const struct passing *t, size_t item)
{
    return (t->items[item / 64] >> (item % 64) & 1) != 0 &&
           (t->yes[item] == 0 || t->no[item] == 0);
}

/* False: what the days work out is as it was on the day before. */
static bool probe_day_differs(struct passing *t)
{
    struct household_view *w = &t->p->view;
    size_t n = 0;
    bool differs = !t->same;
    for (size_t f = 0; f < w->c->fact_count && t->same; f++) {
        const struct fact_def *d = &w->c->facts[f];
        if (!d->dated) {
            continue;
        }
        int end = d->member ? (int)w->h->member_count : 0;
        for (int m = d->member ? 0 : -1; m < end; m++) {
            struct cell c = policy_fact(w, d, m), *b = &t->before[n++];
            bool plain = c.tag == CELL_BOOL || c.tag == CELL_INT;
            differs |= c.tag != b->tag || (plain && c.n != b->n) ||
                       c.tag == CELL_VALUE || c.tag == CELL_DATE ||
                       c.tag == CELL_TEXT;
            *b = c;
        }
    }
    return differs;
}

static bool probe_on_day(struct passing *t)
{
    struct household_view *w = &t->p->view, *by;
    if (!probe_day_differs(t)) {
        return true;
    }
    for (size_t i = 0; i < w->c->item_count; i++) {
        const struct version_def *v =
            policy_catalogue_version_at(&w->c->items[i], w->rule_date);
        struct bus_policy_verdict_of r = {.item = (int)i};
        if (v == NULL || !probe_asks(t, i)) {
            continue;
        }
        if (!policy_evaluate_one(w, &w->c->items[i], v, BUS_POLICY_VERDICTS, &r,
                                 &by)) {
            return false;
        }
        if (r.verdict == BUS_POLICY_ELIGIBLE && t->yes[i] == 0) {
            t->yes[i] = w->rule_date;
        } else if (r.verdict == BUS_POLICY_NOT_ELIGIBLE && t->no[i] == 0) {
            t->no[i] = w->rule_date;
        }
    }
    return true;
}

/* Is it what the days work out that changes, and nothing besides? */
static bool probe_same_rules(const struct bus_policy_catalogue *c,
                             const uint64_t *items,
                             int32_t from,
                             int32_t days)
{
    bool same = true;
    for (size_t i = 0; i < c->item_count && same; i++) {
        const struct version_def *v =
            policy_catalogue_version_at(&c->items[i], from);
        if ((items[i / 64] >> (i % 64) & 1) != 0) {
            same = v != NULL && v->dated == 0 &&
                   !policy_turns(c, &c->items[i], from, days);
        }
    }
    return same;
}

int bus_policy_probe_days(const struct bus_policy_catalogue *c,
                          const struct bus_policy_household *h,
                          int32_t from,
                          int32_t step,
                          int32_t days,
                          const uint64_t *items,
                          struct bus_arena *mem,
                          int32_t *ret_yes,
                          int32_t *ret_no,
                          struct bus_err *err)
{
    struct bus_arena_mark mark = bus_arena_mark(mem);
    struct passing t = {.items = items, .yes = ret_yes, .no = ret_no};
    BUS_CHECK(step > 0);
    memset(ret_yes, 0, c->item_count * sizeof(*ret_yes));
    memset(ret_no, 0, c->item_count * sizeof(*ret_no));
    t.same = probe_same_rules(c, items, from, days);
    t.before = bus_arena_calloc(mem, c->fact_count * (h->member_count + 1),
                                sizeof(*t.before));
    int rc = t.before == NULL
                 ? bus_fail(err, BUS_ETOOBIG, "no room for a household")
                 : bus_policy_probe_open(c, h, from, mem, &t.p, err);
    for (int32_t d = step; rc == BUS_OK && d <= days; d += step) {
        struct bus_arena_mark one = bus_arena_mark(mem);
        t.p->view.rule_date = from + d;
        probe_answers(t.p);
        bool well = probe_on_day(&t) && mem->refused == BUS_ARENA_GAVE;
        bus_arena_release(mem, one);
        rc =
            well ? BUS_OK : bus_fail(err, BUS_ETOOBIG, "no room for a verdict");
    }
    bus_arena_release(mem, mark);
    return rc;
}
