/* A plan's steps: added one after the other, linked when a program ends. */
#include <string.h>

#include "bus/wire/plan_parts.h"

int wire_plan_no_room(struct compiling *c)
{
    return bus_fail(c->err, BUS_ETOOBIG, "the schemas are too large");
}

struct step *wire_plan_add(struct compiling *c, struct prog *p, uint8_t code)
{
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 8;
        struct step *v = bus_arena_calloc(c->mem, cap, sizeof(*v));
        if (v == NULL) {
            return NULL;
        }
        if (p->n > 0) {
            memcpy(v, p->v, p->n * sizeof(*v));
        }
        p->v = v;
        p->cap = cap;
    }
    p->v[p->n] = (struct step){.code = code};
    return &p->v[p->n++];
}

/* As deep as unions stand in each other: the schema's limit. */
static int
plan_steps_link(struct compiling *c, struct prog *p, const struct step *behind)
{
    for (size_t i = 0; i < p->n; i++) {
        struct step *s = &p->v[i];
        s->next = i + 1 < p->n ? s + 1 : behind;
        if (s->code != STEP_UNION) {
            continue;
        }
        s->branches = bus_arena_calloc(c->mem, s->count, sizeof(*s->branches));
        if (s->branches == NULL) {
            return wire_plan_no_room(c);
        }
        for (size_t b = 0; b < s->count; b++) {
            s->branches[b] = s->sub[b].n > 0 ? s->sub[b].v : s->next;
            int rc = plan_steps_link(c, &s->sub[b], s->next);
            if (rc != BUS_OK) {
                return rc;
            }
        }
    }
    return BUS_OK;
}

int wire_plan_end(struct compiling *c, struct prog *p, int rc)
{
    if (rc == BUS_OK && wire_plan_add(c, p, STEP_END) == NULL) {
        return wire_plan_no_room(c);
    }
    return rc == BUS_OK ? plan_steps_link(c, p, NULL) : rc;
}
