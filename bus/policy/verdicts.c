/* Verdicts alone, of many items: a plan for each stretch of days says which
 * items ask for a certain word of a fact at their top. Items whose word the
 * household has not are "not eligible" without being looked at; a fact nobody
 * has given, or of another kind, has all its items looked at. */
#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/feel/tree.h"
#include "bus/policy/verdicts.h"
#include "bus/policy/view.h"

#define PLANS_MAX 64
#define WORDS_MAX 64 /* of one guard */

struct ids
{
    uint32_t *v;
    size_t n, cap;
};
struct guard /* of one fact: of its words, or of its being true */
{
    const struct fact_def *fact;
    bool boolean;
    struct ids all;
    struct bus_map words; /* word -> struct ids */
};
struct plan
{
    int32_t from;
    uint8_t *verdicts; /* as they stand before any item is looked at */
    const struct version_def **versions;
    struct ids always;
    struct guard *guards;
    size_t guard_count;
};

static bool add_id(struct bus_arena *mem, struct ids *l, uint32_t id)
{
    BUS_CHECK(l->n <= l->cap);
    if (l->n > 0 && l->v[l->n - 1] == id) {
        return true;
    }
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 4;
        uint32_t *v = bus_arena_alloc(mem, cap * sizeof(*v));
        if (v == NULL) {
            return false;
        }
        if (l->n > 0) {
            memcpy(v, l->v, l->n * sizeof(*v));
        }
        l->v = v;
        l->cap = cap;
    }
    l->v[l->n++] = id;
    return true;
}

/* --- what a clause asks for --- */

struct asked
{
    const struct fact_def *fact;
    struct bus_strv words[WORDS_MAX];
    size_t count;
    bool boolean; /* asked to be true; words is that one */
};

static const struct fact_def *
verdicts_read_fact(const struct bus_policy_catalogue *c,
                   const struct feel_node *n,
                   const struct bus_strv *var)
{
    if (n->kind != NODE_PATH || n->kids[0]->kind != NODE_NAME) {
        return NULL;
    }
    struct bus_strv of = n->kids[0]->name;
    bool household = bus_strv_is(of, "household") || bus_strv_is(of, "家庭");
    const struct bus_map *names = household ? &c->household_names
                                  : var && bus_strv_eq(of, *var)
                                      ? &c->member_names
                                      : NULL;
    const struct fact_def *f = names ? bus_map_get(names, n->name) : NULL;
    return f && f->derived == NULL ? f : NULL;
}

static bool add_word(struct asked *to, const struct feel_node *n)
{
    BUS_CHECK(to->count <= WORDS_MAX);
    if (n->kind != NODE_CONSTANT || n->constant.kind != FEEL_STRING ||
        to->count == WORDS_MAX) {
        return false;
    }
    to->words[to->count++] = n->constant.string;
    return true;
}

/* fact = "word", fact in ("word", ..), some m in members satisfies (.. and ..)
 */
static bool verdicts_asks(const struct bus_policy_catalogue *c,
                          const struct feel_node *n,
                          const struct bus_strv *var,
                          struct asked *to)
{
    to->count = 0;
    if (to->boolean && n->kind == NODE_PATH) {
        to->words[to->count++] = BUS_STRV("true");
        to->fact = verdicts_read_fact(c, n, var);
        return to->fact != NULL;
    }
    if (n->kind == NODE_COMPARE && n->op == FEEL_OP_EQ) {
        to->fact = verdicts_read_fact(c, n->kids[0], var);
        return to->fact != NULL && add_word(to, n->kids[1]);
    }
    if (n->kind == NODE_IN) {
        to->fact = verdicts_read_fact(c, n->kids[0], var);
        bool ok = to->fact != NULL;
        for (uint32_t i = 1; ok && i < n->count; i++) {
            ok = add_word(to, n->kids[i]);
        }
        return ok;
    }
    if (n->kind == NODE_AND) {
        return verdicts_asks(c, n->kids[0], var, to) ||
               verdicts_asks(c, n->kids[1], var, to);
    }
    bool members = n->kind == NODE_SOME && n->count == 2 && var == NULL &&
                   n->kids[0]->kind == NODE_NAME &&
                   (bus_strv_is(n->kids[0]->name, "members") ||
                    bus_strv_is(n->kids[0]->name, "成员"));
    return members && verdicts_asks(c, n->kids[1], &n->names[0], to) &&
           to->fact->member;
}

/* --- the plan --- */

static struct guard *guard_of(struct loading *l,
                              struct plan *p,
                              const struct fact_def *f,
                              bool boolean)
{
    for (size_t i = 0; i < p->guard_count; i++) {
        if (p->guards[i].fact == f && p->guards[i].boolean == boolean) {
            return &p->guards[i];
        }
    }
    if (p->guards == NULL) {
        p->guards = bus_arena_calloc(&l->c->mem, 2 * l->c->fact_count + 1,
                                     sizeof(*p->guards));
    }
    if (p->guards == NULL) {
        return NULL;
    }
    BUS_CHECK(p->guard_count < 2 * l->c->fact_count);
    struct guard *g = &p->guards[p->guard_count++];
    g->fact = f;
    g->boolean = boolean;
    return g;
}

static bool
guarded(struct loading *l, struct plan *p, uint32_t id, const struct asked *a)
{
    BUS_CHECK(a->fact != NULL && a->count > 0);
    struct bus_arena *mem = &l->c->mem;
    struct guard *g = guard_of(l, p, a->fact, a->boolean);
    bool ok = g != NULL && add_id(mem, &g->all, id);
    for (size_t i = 0; ok && i < a->count; i++) {
        struct ids *list = bus_map_get(&g->words, a->words[i]);
        if (list == NULL) {
            list = bus_arena_calloc(mem, 1, sizeof(*list));
            ok = list != NULL &&
                 bus_map_put(&g->words, a->words[i], list) == BUS_OK;
        }
        ok = ok && add_id(mem, list, id);
    }
    return ok;
}

static bool plan_item(struct loading *l, struct plan *p, uint32_t id)
{
    BUS_CHECK(id < l->c->item_count);
    const struct version_def *v =
        policy_catalogue_version_at(&l->c->items[id], p->from);
    p->versions[id] = v;
    p->verdicts[id] = v ? BUS_POLICY_NOT_ELIGIBLE : BUS_POLICY_NOT_IN_FORCE;
    struct asked a;
    for (int boolean = 0; boolean < 2; boolean++) {
        a.boolean = boolean == 1;
        for (size_t i = 0; v != NULL && i < v->clause_count; i++) {
            if (verdicts_asks(l->c, v->clauses[i], NULL, &a)) {
                return guarded(l, p, id, &a);
            }
        }
    }
    return v == NULL || add_id(&l->c->mem, &p->always, id);
}

static int by_day(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The days on which any item changes; 0 if there are too many. */
static size_t days_of(const struct bus_policy_catalogue *c, int32_t *days)
{
    size_t n = 0, unique = 0;
    days[n++] = INT32_MIN;
    for (size_t i = 0; i < c->item_count; i++) {
        for (size_t v = 0; v < c->items[i].count; v++) {
            const struct version_def *d = &c->items[i].versions[v];
            int32_t two[] = {d->from, d->to == INT32_MAX ? d->from : d->to + 1};
            for (int k = 0; k < 2; k++) {
                if (bsearch(&two[k], days, n, sizeof(*days), by_day) != NULL) {
                    continue;
                }
                if (n == PLANS_MAX) {
                    return 0;
                }
                days[n++] = two[k];
                qsort(days, n, sizeof(*days), by_day);
            }
        }
    }
    BUS_CHECK(n <= PLANS_MAX);
    unique = n;
    return unique;
}

void policy_plan(struct loading *l)
{
    struct bus_policy_catalogue *c = l->c;
    BUS_CHECK(c->plan_count == 0);
    int32_t days[PLANS_MAX + 1];
    size_t n = days_of(c, days);
    c->plans = bus_arena_calloc(&c->mem, n + 1, sizeof(*c->plans));
    for (size_t i = 0; c->plans != NULL && i < n; i++) {
        struct plan *p = &c->plans[c->plan_count++];
        p->from = days[i];
        p->verdicts = bus_arena_calloc(&c->mem, c->item_count + 1, 1);
        p->versions =
            bus_arena_calloc(&c->mem, c->item_count + 1, sizeof(*p->versions));
        bool ok = p->verdicts != NULL && p->versions != NULL;
        for (uint32_t k = 0; ok && k < c->item_count; k++) {
            ok = plan_item(l, p, k);
        }
        l->faults->out_of_memory |= !ok;
    }
    l->faults->out_of_memory |= c->plans == NULL;
}

void policy_unplan(struct bus_policy_catalogue *c)
{
    for (size_t i = 0; i < c->plan_count; i++) {
        for (size_t k = 0; k < c->plans[i].guard_count; k++) {
            bus_map_fini(&c->plans[i].guards[k].words);
        }
    }
}

/* --- one household --- */

static uint8_t verdict_of(struct household_view *w, const struct version_def *v)
{
    BUS_CHECK(v->clause_count <= CATALOGUE_CLAUSES_MAX);
    struct cell r = {.tag = CELL_BOOL, .n = 1};
    if (!v->clauses_whole) {
        r = policy_run(w, v->condition_p, -1);
    }
    w->env.steps = 0;
    for (size_t i = 0; v->clauses_whole && i < v->clause_count; i++) {
        struct cell one = policy_run(w, v->clauses_p[i], -1);
        if (one.tag == CELL_BOOL && one.n == 0) {
            return BUS_POLICY_NOT_ELIGIBLE;
        }
        if (one.tag == CELL_BOOL && r.tag == CELL_BOOL) {
            continue;
        }
        struct feel_value x = policy_value(r), y = policy_value(one);
        r = policy_cell(w, feel_and(w->mem, &x, &y));
    }
    return r.tag == CELL_BOOL
               ? (r.n != 0 ? BUS_POLICY_ELIGIBLE : BUS_POLICY_NOT_ELIGIBLE)
           : r.tag == CELL_UNKNOWN               ? BUS_POLICY_UNDETERMINED
           : r.tag == CELL_NULL && r.why == NULL ? BUS_POLICY_NOT_ELIGIBLE
                                                 : BUS_POLICY_FAILED;
}

/* As evaluate.c: what begins by itself follows no status that was only
 * declared. */
static uint8_t verdicts_one(struct household_view *w,
                            const struct item_def *it,
                            const struct version_def *v)
{
    uint8_t r = verdict_of(w, v);
    if (r != BUS_POLICY_ELIGIBLE || !it->by_status || !w->unconfirmed) {
        return r;
    }
    struct household_view *by = policy_view_confirmed(w);
    return by ? verdict_of(by, v) : (uint8_t)BUS_POLICY_UNDETERMINED;
}

static void verdicts_examine(struct household_view *w,
                             const struct plan *p,
                             const struct ids *list,
                             uint8_t *to)
{
    for (size_t i = 0; i < list->n; i++) {
        BUS_CHECK(list->v[i] < w->c->item_count &&
                  p->versions[list->v[i]] != NULL);
        to[list->v[i]] =
            verdicts_one(w, &w->c->items[list->v[i]], p->versions[list->v[i]]);
    }
}

static void guarded_items(struct household_view *w,
                          const struct plan *p,
                          const struct guard *g,
                          uint8_t *to)
{
    int from = g->fact->member ? 0 : -1;
    int end = g->fact->member ? (int)w->h->member_count : 0;
    const struct ids *last = NULL;
    enum cell_tag expected = g->boolean ? CELL_BOOL : CELL_TEXT;
    bool any = false;
    for (int m = from; m < end; m++) {
        struct cell c = policy_fact(w, g->fact, m);
        if (c.tag != expected) {
            verdicts_examine(w, p, &g->all, to);
            return;
        }
        any |= c.tag == CELL_BOOL && c.n != 0;
    }
    if (g->boolean) {
        if (any) {
            verdicts_examine(w, p, &g->all, to);
        }
        return;
    }
    for (int m = from; m < end; m++) {
        struct cell c = policy_fact(w, g->fact, m);
        BUS_CHECK(c.tag == CELL_TEXT && c.text != NULL);
        const struct ids *list = bus_map_get(&g->words, *c.text);
        if (list != NULL && list != last) {
            verdicts_examine(w, p, list, to);
            last = list;
        }
    }
}

static const struct plan *plan_at(const struct bus_policy_catalogue *c,
                                  int32_t day)
{
    const struct plan *best = NULL;
    for (size_t i = 0; i < c->plan_count && c->plans[i].from <= day; i++) {
        best = &c->plans[i];
    }
    return best;
}

int bus_policy_verdicts(const struct bus_policy_catalogue *c,
                        const struct bus_policy_household *h,
                        int32_t rule_date,
                        struct bus_arena *mem,
                        const uint8_t **ret,
                        struct bus_err *err)
{
    struct household_view w;
    int rc = policy_view_open(&w, c, h, rule_date, mem, err);
    uint8_t *to = rc == BUS_OK ? bus_arena_alloc(mem, c->item_count + 1) : NULL;
    if (to == NULL) {
        return rc == BUS_OK ? bus_fail(err, BUS_ETOOBIG, "no room for verdicts")
                            : rc;
    }
    w.quiet = true;
    const struct plan *p = plan_at(c, rule_date);
    if (p != NULL) {
        memcpy(to, p->verdicts, c->item_count);
        verdicts_examine(&w, p, &p->always, to);
    }
    for (size_t i = 0; p != NULL && i < p->guard_count; i++) {
        guarded_items(&w, p, &p->guards[i], to);
    }
    for (size_t i = 0; p == NULL && i < c->item_count; i++) {
        const struct version_def *v =
            policy_catalogue_version_at(&c->items[i], rule_date);
        to[i] = v ? verdicts_one(&w, &c->items[i], v)
                  : (uint8_t)BUS_POLICY_NOT_IN_FORCE;
    }
    *ret = to;
    return mem->refused == BUS_ARENA_GAVE /* see evaluate.c */
               ? BUS_OK
               : bus_fail(err, BUS_ETOOBIG, "no room for verdicts");
}
