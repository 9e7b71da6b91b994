/* Derived facts and standards that are worked out of themselves: a fault where
 * the circle is entered, naming its way round. */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/catalogue_parts.h"

#define WAY_MAX 200

enum colour { WHITE, GREY, BLACK };
struct walk
{
    struct loading *l;
    uint8_t *facts, *standards; /* enum colour of each */
    const char *way[CYCLE_STEPS_MAX];
    size_t depth;
};

static void cycles_visit(struct walk *w,
                         uint8_t *colour,
                         const char *name,
                         const struct feel_node *tree,
                         const struct bus_node *body);

static void cycles_one_name(void *data,
                            struct bus_strv base,
                            struct bus_strv name,
                            size_t offset)
{
    (void)offset;
    struct walk *w = data;
    const struct bus_policy_catalogue *c = w->l->c;
    if (bus_strv_is(base, "standard") || bus_strv_is(base, "标准")) {
        const struct standard_def *s = bus_map_get(&c->standard_names, name);
        if (s != NULL && s->derived != NULL) {
            cycles_visit(w, &w->standards[s - c->standards], s->name.p,
                         s->derived, s->body);
        }
        for (size_t i = 0; s != NULL && i < s->count; i++) {
            const struct fact_def *by =
                s->values[i].by >= 0 ? &c->facts[s->values[i].by] : NULL;
            if (by != NULL && by->derived != NULL) {
                cycles_visit(w, &w->facts[s->values[i].by], by->name.p,
                             by->derived, by->body);
            }
        }
        return;
    }
    bool household =
        bus_strv_is(base, "household") || bus_strv_is(base, "家庭");
    const struct fact_def *f =
        bus_map_get(household ? &c->household_names : &c->member_names, name);
    if (f != NULL && f->derived != NULL) {
        cycles_visit(w, &w->facts[f - c->facts], f->name.p, f->derived,
                     f->body);
    }
}

static void
cycles_report(struct walk *w, const char *name, const struct bus_node *body)
{
    BUS_CHECK(w->depth > 0 && w->depth <= CYCLE_STEPS_MAX);
    char way[WAY_MAX] = "";
    size_t n = 0;
    bool inside = false;
    for (size_t i = 0; i < w->depth && n < sizeof(way); i++) {
        inside |= strcmp(w->way[i], name) == 0;
        if (inside) {
            n +=
                (size_t)snprintf(way + n, sizeof(way) - n, "%s -> ", w->way[i]);
        }
    }
    const struct bus_node *at = bus_node_get(body, "derived");
    bus_faults_add(w->l->faults, at ? at->at : body->at, name,
                   "is worked out of itself: %s%s / 由自身推算", way, name);
}

/* As deep as there are derived facts and standards on one way, at most
 * CYCLE_STEPS_MAX. */
static void cycles_visit(struct walk *w,
                         uint8_t *colour,
                         const char *name,
                         const struct feel_node *tree,
                         const struct bus_node *body)
{
    BUS_CHECK(*colour <= BLACK && tree != NULL);
    if (*colour == BLACK) {
        return;
    }
    if (*colour == GREY) {
        cycles_report(w, name, body);
        return;
    }
    if (w->depth == CYCLE_STEPS_MAX) {
        bus_faults_add(w->l->faults, body->at, name,
                       "more than %d derived facts and standards one out of "
                       "another / 推算层次过多",
                       CYCLE_STEPS_MAX);
        return;
    }
    *colour = GREY;
    w->way[w->depth++] = name;
    feel_reads(tree, cycles_one_name, w);
    BUS_CHECK(w->depth > 0);
    w->depth--;
    *colour = BLACK;
}

void policy_check_cycles(struct loading *l)
{
    struct bus_policy_catalogue *c = l->c;
    struct bus_arena_mark mark = bus_arena_mark(&c->mem);
    struct walk w = {.l = l,
                     .facts = bus_arena_calloc(&c->mem, c->fact_count + 1, 1),
                     .standards =
                         bus_arena_calloc(&c->mem, c->standard_count + 1, 1)};
    if (w.facts == NULL || w.standards == NULL) {
        l->faults->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < c->fact_count; i++) {
        const struct fact_def *f = &c->facts[i];
        if (f->derived != NULL) {
            cycles_visit(&w, &w.facts[i], f->name.p, f->derived, f->body);
        }
    }
    for (size_t i = 0; i < c->standard_count; i++) {
        const struct standard_def *s = &c->standards[i];
        if (s->derived != NULL) {
            cycles_visit(&w, &w.standards[i], s->name.p, s->derived, s->body);
        }
    }
    BUS_CHECK(w.depth == 0);
    bus_arena_release(&c->mem, mark);
}
