/* Two catalogues over one household after the other.
 *
 * - both are evaluated with reasons, so that what items do to each other counts
 * - items are walked in order of their codes, both lists at once
 * - sums go into groups that are made when first met */
#include "bus/advice/rehearse.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/policy/catalogue_parts.h"

struct groups
{
    struct bus_map map; /* key -> group */
    struct bus_advice_verdict_change_group **list;
    size_t count, cap;
    bool sorted;
};
struct bus_policy_rehearsal
{
    const struct bus_policy_catalogue *c[2];
    int32_t day;
    struct bus_arena mem; /* groups */
    int *proposed_fact;   /* by fact of the present one; -1: it has none */
    struct bus_advice_verdict_change all;
    struct groups by[BUS_POLICY_BYS];
};

struct bus_policy_rehearsal *
bus_advice_rehearsal_new(const struct bus_policy_catalogue *present,
                         const struct bus_policy_catalogue *proposed,
                         int32_t rule_date)
{
    struct bus_policy_rehearsal *r = bus_calloc(1, sizeof(*r));
    if (r == NULL) {
        return NULL;
    }
    r->c[0] = present;
    r->c[1] = proposed;
    r->day = rule_date;
    bus_arena_init(&r->mem, 0, 0);
    r->proposed_fact =
        bus_arena_alloc(&r->mem, (present->fact_count + 1) * sizeof(int));
    if (r->proposed_fact == NULL) {
        bus_advice_rehearsal_free(r);
        return NULL;
    }
    for (size_t f = 0; f < present->fact_count; f++) {
        int to = bus_policy_fact_find(proposed, present->facts[f].name);
        bool derived = to >= 0 && proposed->facts[to].derived != NULL;
        r->proposed_fact[f] = derived ? -1 : to;
    }
    return r;
}

void bus_advice_rehearsal_free(struct bus_policy_rehearsal *r)
{
    if (r == NULL) {
        return;
    }
    for (int i = 0; i < BUS_POLICY_BYS; i++) {
        bus_map_fini(&r->by[i].map);
        bus_free(r->by[i].list);
    }
    bus_arena_fini(&r->mem);
    bus_free(r);
}

/* --- groups --- */

static struct bus_strv rehearse_copy(struct bus_policy_rehearsal *r,
                                     struct bus_strv s)
{
    char *p = bus_arena_strndup(&r->mem, s.p ? s.p : "", s.n);
    return (struct bus_strv){p, p ? s.n : 0};
}

static struct bus_advice_verdict_change_group *
group_of(struct bus_policy_rehearsal *r, struct groups *g, struct bus_strv key)
{
    struct bus_advice_verdict_change_group *one = bus_map_get(&g->map, key);
    if (one != NULL) {
        return one;
    }
    if (g->count == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 64;
        void *list = bus_realloc(g->list, cap * sizeof(*g->list));
        if (list == NULL) {
            return NULL;
        }
        g->list = list;
        g->cap = cap;
    }
    one = bus_arena_calloc(&r->mem, 1, sizeof(*one));
    if (one == NULL) {
        return NULL;
    }
    one->key = rehearse_copy(r, key);
    if (one->key.p == NULL || bus_map_put(&g->map, one->key, one) != BUS_OK) {
        return NULL;
    }
    g->list[g->count++] = one;
    g->sorted = false;
    return one;
}

static void rehearse_add(struct bus_advice_verdict_change *to,
                         enum bus_policy_effective_day turn,
                         int64_t before_fen,
                         int64_t after_fen)
{
    to->turns[turn]++;
    to->before_fen += before_fen;
    to->after_fen += after_fen;
}

static bool count_in(struct bus_policy_rehearsal *r,
                     enum bus_advice_verdict_change_by by,
                     struct bus_strv key,
                     const struct bus_advice_verdict_change_of *t)
{
    struct bus_advice_verdict_change_group *g = group_of(r, &r->by[by], key);
    if (g == NULL) {
        return false;
    }
    rehearse_add(&g->sum, t->turn, t->before_fen, t->after_fen);
    for (int i = 0; t->turn != BUS_POLICY_TURN_SAME && i < BUS_POLICY_EXAMPLES;
         i++) {
        if (g->examples[t->turn][i].p == NULL) {
            g->examples[t->turn][i] = rehearse_copy(r, t->household);
            return g->examples[t->turn][i].p != NULL;
        }
    }
    return true;
}

/* --- one household --- */

static bool rehearse_has(const struct bus_policy_verdict_of *v)
{
    return v != NULL && v->verdict == BUS_POLICY_ELIGIBLE &&
           v->left_out_by.n == 0;
}

static const struct version_def *
version_of(const struct bus_policy_rehearsal *r,
           int which,
           const struct bus_policy_verdict_of *v)
{
    return policy_catalogue_version_at(&r->c[which]->items[v->item], r->day);
}

static int64_t rehearse_year_of(const struct bus_policy_rehearsal *r,
                                int which,
                                const struct bus_policy_verdict_of *v)
{
    int64_t fen = 0;
    if (!rehearse_has(v) || !v->has_amount) {
        return 0;
    }
    return __builtin_mul_overflow(v->amount_fen,
                                  version_of(r, which, v)->per_year, &fen)
               ? INT64_MAX
               : fen;
}

static enum bus_policy_effective_day
rehearse_turn_of(const struct bus_advice_verdict_change_of *t)
{
    bool before = rehearse_has(t->before), after = rehearse_has(t->after);
    bool open_before =
        t->before != NULL && t->before->verdict == BUS_POLICY_UNDETERMINED;
    bool open_after =
        t->after != NULL && t->after->verdict == BUS_POLICY_UNDETERMINED;
    if (before != after) {
        return after ? BUS_POLICY_TURN_GAINS : BUS_POLICY_TURN_LOSES;
    }
    if (before) {
        return t->after_fen > t->before_fen   ? BUS_POLICY_TURN_MORE
               : t->after_fen < t->before_fen ? BUS_POLICY_TURN_LESS
                                              : BUS_POLICY_TURN_SAME;
    }
    return open_before == open_after ? BUS_POLICY_TURN_SAME
           : open_after              ? BUS_POLICY_TURN_OPENS
                                     : BUS_POLICY_TURN_CLOSES;
}

struct walk
{
    struct bus_policy_rehearsal *r;
    struct bus_advice_verdict_change_of whole; /* of the household */
    size_t turned, gained, lost;
    bus_advice_verdict_change_cb cb;
    void *data;
    struct bus_err *err;
};

static int rehearse_note(struct walk *w,
                         const struct bus_policy_verdict_of *before,
                         const struct bus_policy_verdict_of *after)
{
    struct bus_policy_rehearsal *r = w->r;
    struct bus_advice_verdict_change_of t = w->whole;
    const struct version_def *v =
        after ? version_of(r, 1, after) : version_of(r, 0, before);
    t.item = v->item.code;
    t.before = before;
    t.after = after;
    t.before_fen = rehearse_year_of(r, 0, before);
    t.after_fen = rehearse_year_of(r, 1, after);
    t.turn = rehearse_turn_of(&t);
    w->whole.before_fen += t.before_fen;
    w->whole.after_fen += t.after_fen;
    w->turned += t.turn != BUS_POLICY_TURN_SAME;
    w->gained += t.turn == BUS_POLICY_TURN_GAINS;
    w->lost += t.turn == BUS_POLICY_TURN_LOSES;
    struct bus_advice_verdict_change_of part = t;
    bool well = count_in(r, BUS_POLICY_BY_ITEM, t.item, &t);
    if (before != NULL && after != NULL &&
        !bus_strv_eq(version_of(r, 0, before)->item.fund, v->item.fund)) {
        part.after_fen = 0; /* it is paid from another fund now */
        well = well && count_in(r, BUS_POLICY_BY_FUND,
                                version_of(r, 0, before)->item.fund, &part);
        part = t;
        part.before_fen = 0;
    }
    well = well && count_in(r, BUS_POLICY_BY_FUND, v->item.fund, &part);
    if (!well) {
        return bus_fail(w->err, BUS_ENOMEM, "sums of a rehearsal");
    }
    return t.turn != BUS_POLICY_TURN_SAME && w->cb != NULL
               ? w->cb(w->data, &t, w->err)
               : BUS_OK;
}

static int rehearse_compare(struct walk *w, const struct bus_policy_result r[2])
{
    size_t i = 0, k = 0;
    int rc = BUS_OK;
    while (rc == BUS_OK && (i < r[0].count || k < r[1].count)) {
        const struct bus_policy_verdict_of *a =
            i < r[0].count ? &r[0].items[i] : NULL;
        const struct bus_policy_verdict_of *b =
            k < r[1].count ? &r[1].items[k] : NULL;
        int order = a == NULL   ? 1
                    : b == NULL ? -1
                                : bus_strv_cmp(w->r->c[0]->items[a->item].code,
                                               w->r->c[1]->items[b->item].code);
        rc = rehearse_note(w, order <= 0 ? a : NULL, order >= 0 ? b : NULL);
        i += order <= 0;
        k += order >= 0;
    }
    return rc;
}

static enum bus_policy_effective_day household_turn(const struct walk *w)
{
    int64_t more = w->whole.after_fen - w->whole.before_fen;
    bool both = w->gained > 0 && w->lost > 0;
    return w->turned == 0  ? BUS_POLICY_TURN_SAME
           : more > 0      ? BUS_POLICY_TURN_MORE
           : more < 0      ? BUS_POLICY_TURN_LESS
           : both          ? BUS_POLICY_TURN_SWAPS
           : w->gained > 0 ? BUS_POLICY_TURN_GAINS
           : w->lost > 0   ? BUS_POLICY_TURN_LOSES
                           : BUS_POLICY_TURN_OPENS;
}

/* The household by the numbers of the proposed catalogue. */
static const struct bus_policy_household *
renumbered(const struct bus_policy_rehearsal *r,
           const struct bus_policy_household *h,
           struct bus_arena *mem)
{
    struct bus_policy_household *to = bus_arena_alloc(mem, sizeof(*to));
    struct bus_policy_fact *list =
        bus_arena_alloc(mem, (h->fact_count + 1) * sizeof(*list));
    if (to == NULL || list == NULL) {
        return NULL;
    }
    *to = (struct bus_policy_household){.member_count = h->member_count,
                                        .facts = list};
    for (size_t i = 0; i < h->fact_count; i++) {
        int fact = r->proposed_fact[h->facts[i].fact];
        if (fact >= 0) {
            list[to->fact_count] = h->facts[i];
            list[to->fact_count++].fact = fact;
        }
    }
    return to;
}

int bus_advice_rehearse(struct bus_policy_rehearsal *r,
                        const struct bus_advice_rehearsed *who,
                        bus_advice_verdict_change_cb cb,
                        void *data,
                        struct bus_arena *mem,
                        struct bus_err *err)
{
    struct bus_arena_mark mark = bus_arena_mark(mem);
    struct bus_policy_result result[2];
    const struct bus_policy_household *h[2] = {who->present, who->proposed};
    struct walk w = {.r = r, .cb = cb, .data = data, .err = err};
    w.whole.household = who->household;
    w.whole.village = who->village;
    w.whole.kind = who->kind;
    h[1] = h[1] ? h[1] : renumbered(r, h[0], mem);
    int rc = h[1] ? BUS_OK : bus_fail(err, BUS_ETOOBIG, "no room for facts");
    for (int i = 0; rc == BUS_OK && i < 2; i++) {
        rc = bus_policy_evaluate(r->c[i], h[i], r->day, BUS_POLICY_REASONS, mem,
                                 &result[i], err);
    }
    if (rc == BUS_OK) {
        rc = rehearse_compare(&w, result);
    }
    if (rc == BUS_OK) {
        w.whole.turn = household_turn(&w);
        rehearse_add(&r->all, w.whole.turn, w.whole.before_fen,
                     w.whole.after_fen);
        if (!count_in(r, BUS_POLICY_BY_VILLAGE, who->village, &w.whole) ||
            !count_in(r, BUS_POLICY_BY_KIND, who->kind, &w.whole)) {
            rc = bus_fail(err, BUS_ENOMEM, "sums of a rehearsal");
        }
    }
    bus_arena_release(mem, mark);
    return rc;
}

/* --- sums --- */

const struct bus_advice_verdict_change *
bus_advice_rehearsal_all(const struct bus_policy_rehearsal *r)
{
    return &r->all;
}

static int by_key(const void *a, const void *b)
{
    const struct bus_advice_verdict_change_group *x =
        *(struct bus_advice_verdict_change_group *const *)a;
    const struct bus_advice_verdict_change_group *y =
        *(struct bus_advice_verdict_change_group *const *)b;
    return bus_strv_cmp(x->key, y->key);
}

void bus_advice_rehearsal_groups(
    struct bus_policy_rehearsal *r,
    enum bus_advice_verdict_change_by by,
    struct bus_advice_verdict_change_group *const **ret,
    size_t *ret_count)
{
    struct groups *g = &r->by[by];
    if (!g->sorted && g->count > 0) {
        qsort(g->list, g->count, sizeof(*g->list), by_key);
        g->sorted = true;
    }
    *ret = g->list;
    *ret_count = g->count;
}
