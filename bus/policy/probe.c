#include "bus/policy/probe.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/view.h"

struct bus_policy_probe
{
    struct household_view view;
    const struct cell *kept; /* the view's cells before anything was asked */
    size_t told;             /* facts that stay */
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
    for (size_t i = p->told; i < w->h->fact_count; i++) {
        const struct bus_policy_fact *f = &w->h->facts[i];
        size_t at = (size_t)f->fact * w->width + (size_t)(f->member + 1);
        BUS_CHECK(f->member >= -1 && f->member < (int)w->h->member_count);
        BUS_CHECK(f->fact >= 0 && (size_t)f->fact < w->c->fact_count);
        BUS_CHECK(f->verified);
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
