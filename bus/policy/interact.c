/* The rules of interactions.yaml made into relations, and the solved set
 * written back into the verdicts. */
#include "bus/policy/interact.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/catalogue_parts.h"

#define WORTH_MAX (INT64_C(1) << 55) /* fen a year; more counts as that */

/* --- rules to relations --- */

static const char *const kinds[] = {"excludes", "choose",  "excludes_full",
                                    "top_up",   "highest", "fact_excludes",
                                    "income",   "whole",   "precedence",
                                    "recheck",  "cut",     "fine"};

/* The item's number among the related ones; -1 if there are too many. */
static int relate(struct loading *l, const struct rule_def *r, int item)
{
    struct bus_policy_catalogue *c = l->c;
    BUS_CHECK(item >= 0 && (size_t)item < c->item_count);
    struct item_def *it = &c->items[item];
    if (it->related < 0 && c->relations.count == BUS_POLICY_RELATED_MAX) {
        bus_faults_add(l->faults, r->node->at, r->id.p,
                       "rules of choice name more than %d items / "
                       "事项间规则涉及的事项过多",
                       BUS_POLICY_RELATED_MAX);
        return -1;
    }
    if (it->related < 0) {
        it->related = (int)c->relations.count++;
        c->related[it->related] = item;
    }
    BUS_CHECK(it->related < BUS_POLICY_RELATED_MAX);
    return it->related;
}

static void interact_beats(struct loading *l,
                           const struct rule_def *r,
                           int winner,
                           int loser)
{
    struct bus_policy_catalogue *c = l->c;
    int a = relate(l, r, winner), b = relate(l, r, loser);
    if (a >= 0 && b >= 0 && a != b) {
        c->relations.beats[a] |= (uint16_t)(1u << b);
        c->relations.beaten[b] |= (uint16_t)(1u << a);
        c->why[a][b] = (uint8_t)(r - c->rules + 1);
    }
}

static void
differ(struct loading *l, const struct rule_def *r, int one, int other)
{
    struct bus_policy_catalogue *c = l->c;
    int a = relate(l, r, one), b = relate(l, r, other);
    if (a >= 0 && b >= 0 && a != b) {
        c->relations.differs[a] |= (uint16_t)(1u << b);
        c->relations.differs[b] |= (uint16_t)(1u << a);
        c->why[a][b] = c->why[b][a] = (uint8_t)(r - c->rules + 1);
    }
}

static void tops_up(struct loading *l, const struct rule_def *r, int other)
{
    BUS_CHECK(r->item >= 0);
    struct bus_policy_catalogue *c = l->c;
    int a = relate(l, r, r->item), b = relate(l, r, other);
    if (a >= 0 && b >= 0 && a != b) {
        c->relations.tops_up[a] |= (uint16_t)(1u << b);
        if (c->why[b][a] == 0) {
            c->why[b][a] = (uint8_t)(r - c->rules + 1);
        }
    }
}

static void interact_groups(struct loading *l, const struct rule_def *r)
{
    size_t group_a = 0;
    for (size_t i = 0; i < r->group_count; i++) {
        size_t group_b = group_a;
        BUS_CHECK(r->groups[i] < (int)l->c->item_count);
        if (r->groups[i] < 0) {
            group_a++;
            continue;
        }
        for (size_t k = i + 1; k < r->group_count; k++) {
            if (r->groups[k] < 0) {
                group_b++;
            } else if (group_a != group_b) {
                differ(l, r, r->groups[i], r->groups[k]);
            }
        }
    }
}

static void interact_shut(struct loading *l, const struct rule_def *r, int item)
{
    struct item_def *it = &l->c->items[item];
    BUS_CHECK(it->shut_count <= CATALOGUE_SHUTS_MAX);
    if (it->shut_count == CATALOGUE_SHUTS_MAX) {
        bus_faults_add(l->faults, r->node->at, r->id.p,
                       "more than %d facts exclude %.*s / 排斥该事项的事实过多",
                       CATALOGUE_SHUTS_MAX, BUS_STRV_ARG(it->code));
    } else if (r->fact >= 0 && relate(l, r, item) >= 0) {
        it->shuts[it->shut_count].fact = r->fact;
        it->shuts[it->shut_count++].rule = (int)(r - l->c->rules);
    }
}

static void relate_others(struct loading *l, const struct rule_def *r)
{
    for (size_t i = 0; i < r->other_count; i++) {
        int other = r->others[i];
        bool excludes = bus_strv_is(r->kind, "excludes") ||
                        bus_strv_is(r->kind, "excludes_full") ||
                        bus_strv_is(r->kind, "whole");
        if (bus_strv_is(r->kind, "fact_excludes")) {
            interact_shut(l, r, other);
        } else if (excludes && r->item >= 0) {
            interact_beats(l, r, r->item, other);
        } else if (bus_strv_is(r->kind, "top_up") && r->item >= 0) {
            tops_up(l, r, other);
        }
        for (size_t k = i + 1;
             bus_strv_is(r->kind, "precedence") && k < r->other_count; k++) {
            interact_beats(l, r, other, r->others[k]);
        }
    }
}

/* Items that a rule on the household names are claimed for it as one; so is
 * what is for the whole household or nobody. */
static void mark_whole(struct bus_policy_catalogue *c, const struct rule_def *r)
{
    BUS_CHECK(r->item < (int)c->item_count);
    bool whole = bus_strv_is(r->kind, "whole");
    if (r->item >= 0 && (whole || !r->member)) {
        c->items[r->item].whole = true;
    }
    for (size_t i = 0; !r->member && !whole && i < r->other_count; i++) {
        c->items[r->others[i]].whole = true;
    }
    for (size_t i = 0; !r->member && i < r->group_count; i++) {
        if (r->groups[i] >= 0) {
            c->items[r->groups[i]].whole = true;
        }
    }
}

static void check_kind(struct loading *l, const struct rule_def *r)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (bus_strv_is(r->kind, kinds[i])) {
            return;
        }
    }
    bus_faults_add(l->faults, r->node->at, r->id.p,
                   "unknown kind '%.*s' (see the head of the file) / "
                   "没有这种规则(见文件开头)",
                   BUS_STRV_ARG(r->kind));
}

void policy_relate(struct loading *l)
{
    struct bus_policy_catalogue *c = l->c;
    BUS_CHECK(c->relations.count == 0);
    size_t together = 0;
    if (c->rule_count > UINT8_MAX - 1) {
        bus_faults_add(l->faults, c->rules[0].node->at, NULL,
                       "more than %d rules / 规则过多", UINT8_MAX - 1);
        return;
    }
    for (size_t i = 0; i < c->rule_count; i++) {
        check_kind(l, &c->rules[i]);
        relate_others(l, &c->rules[i]);
        interact_groups(l, &c->rules[i]);
        mark_whole(c, &c->rules[i]);
    }
    for (size_t i = 0; i < c->relations.count; i++) {
        const struct item_def *it = &c->items[c->related[i]];
        bool split = it->count > 0 && it->versions[0].beneficiaries != NULL;
        together += it->whole || !split;
    }
    if (together > BUS_POLICY_TOGETHER_MAX) {
        bus_faults_add(l->faults, c->rules[0].node->at, NULL,
                       "rules of choice name %zu items for the household as "
                       "one; at most %d",
                       together, BUS_POLICY_TOGETHER_MAX);
    }
}

/* --- verdicts to claims, and back --- */

struct solving
{
    const struct bus_policy_catalogue *c;
    int32_t day;
    struct bus_policy_claims e;
    struct bus_policy_set set;
    struct bus_policy_verdict_of *by_related[BUS_POLICY_RELATED_MAX];
};

static int64_t per_year(const struct solving *s, int item)
{
    BUS_CHECK(item >= 0 && (size_t)item < s->c->item_count);
    const struct version_def *v =
        policy_catalogue_version_at(&s->c->items[item], s->day);
    return v ? v->per_year : 1;
}

static int64_t interact_worth(int64_t fen, int64_t times)
{
    BUS_CHECK(fen >= 0 && times > 0);
    return fen > WORTH_MAX / times ? WORTH_MAX : fen * times;
}

static bool
claimed(const struct solving *s, const struct bus_policy_share *h, int related)
{
    BUS_CHECK(h->member < (int)s->e.members);
    BUS_CHECK(related >= 0 && related < BUS_POLICY_RELATED_MAX);
    uint16_t in = h->member < 0 ? s->set.household : s->set.member[h->member];
    return h->left_out_by.n == 0 && (in >> related & 1) != 0;
}

static void interact_collect(struct solving *s, struct bus_policy_verdict_of *v)
{
    int k = s->c->items[v->item].related;
    int64_t times = per_year(s, v->item);
    BUS_CHECK(k >= 0 && k < BUS_POLICY_RELATED_MAX && s->by_related[k] == NULL);
    s->by_related[k] = v;
    for (size_t i = 0; i < v->share_count; i++) {
        const struct bus_policy_share *h = &v->shares[i];
        BUS_CHECK(h->member < (int)s->e.members);
        int64_t w = interact_worth(h->full_fen, times);
        if (h->left_out_by.n > 0) {
            continue; /* a fact excludes it */
        }
        if (h->member < 0) {
            s->e.household |= (uint16_t)(1u << k);
            s->e.household_worth[k] = w;
        } else {
            s->e.member[h->member] |= (uint16_t)(1u << k);
            s->e.member_worth[h->member][k] = w;
        }
    }
}

/* The rule that keeps a claim out: who is chosen and beats it or is of another
 * group; what leaves nothing to top up; whoever else is related. */
static struct bus_strv
why_not(const struct solving *s, const struct bus_policy_share *h, int k)
{
    const struct bus_policy_relations *r = &s->c->relations;
    uint16_t in = s->set.household, may = s->e.household;
    for (size_t m = 0; m < s->e.members; m++) {
        if (h->member < 0 || (size_t)h->member == m) {
            in |= s->set.member[m];
            may |= s->e.member[m];
        }
    }
    const uint16_t by[] = {r->beaten[k] & in, r->differs[k] & in,
                           r->tops_up[k] & in, r->beaten[k] & may,
                           r->differs[k] & may};
    for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
        if (by[i] != 0) {
            uint8_t rule = s->c->why[__builtin_ctz(by[i])][k];
            BUS_CHECK(rule <= s->c->rule_count);
            return rule ? s->c->rules[rule - 1].id : BUS_STRV("?");
        }
    }
    return BUS_STRV("?");
}

/* What a chosen share pays a year, times the members. */
static __int128
interact_pays(const struct solving *s, const struct bus_policy_share *h, int k)
{
    __int128 n = (__int128)s->e.members;
    uint16_t over = s->c->relations.tops_up[k];
    if (h->member < 0) {
        __int128 pay = s->e.household_worth[k];
        for (uint16_t o = over & s->set.household; o != 0; o &= o - 1) {
            pay -= s->e.household_worth[__builtin_ctz(o)];
        }
        return pay * n;
    }
    __int128 pay = n * s->e.member_worth[h->member][k];
    for (uint16_t o = over & s->set.household; o != 0; o &= o - 1) {
        pay -= s->e.household_worth[__builtin_ctz(o)];
    }
    for (uint16_t o = over & s->set.member[h->member]; o != 0; o &= o - 1) {
        pay -= n * s->e.member_worth[h->member][__builtin_ctz(o)];
    }
    return pay;
}

static int64_t interact_up(__int128 a, __int128 b)
{
    BUS_CHECK(b > 0);
    return (int64_t)((a + b - 1) / b);
}

/* The total is rounded once, up; each share is what it adds to that. */
static void interact_settle(const struct solving *s, int k)
{
    struct bus_policy_verdict_of *v = s->by_related[k];
    BUS_CHECK(v != NULL && v->share_count > 0);
    struct bus_policy_share *list =
        (struct bus_policy_share *)(uintptr_t)v->shares;
    bool topped = s->c->relations.tops_up[k] != 0, any = false;
    __int128 sum = 0;
    __int128 unit = (__int128)s->e.members * (__int128)per_year(s, v->item);
    int64_t paid = 0;
    for (size_t i = 0; i < v->share_count; i++) {
        struct bus_policy_share *h = &list[i];
        if (!claimed(s, h, k)) {
            h->pay_fen = 0;
            if (h->left_out_by.n == 0) {
                h->left_out_by = why_not(s, h, k);
            }
            continue;
        }
        any = true;
        if (topped) {
            sum += interact_pays(s, h, k);
            h->pay_fen = interact_up(sum, unit) - paid;
        } else {
            h->pay_fen = h->full_fen;
        }
        paid += h->pay_fen;
    }
    if (any) {
        v->amount_fen = paid;
    } else if (v->share_count > 0) {
        v->left_out_by = list[0].left_out_by;
    }
}

/* An open item that a chosen one of the household beats is not asked about. */
static void leave_open_out(const struct solving *s,
                           struct bus_policy_verdict_of *v)
{
    int k = s->c->items[v->item].related;
    uint16_t by = k < 0 ? 0 : s->c->relations.beaten[k] & s->set.household;
    if (v->verdict == BUS_POLICY_UNDETERMINED && by != 0) {
        BUS_CHECK(s->c->why[__builtin_ctz(by)][k] > 0);
        v->left_out_by = s->c->rules[s->c->why[__builtin_ctz(by)][k] - 1].id;
    }
}

int policy_interact(const struct bus_policy_catalogue *c,
                    struct bus_policy_verdict_of *items,
                    size_t n,
                    size_t members,
                    int32_t rule_date,
                    struct bus_arena *mem,
                    struct bus_err *err)
{
    struct bus_arena_mark mark = bus_arena_mark(mem);
    struct solving *s = bus_arena_calloc(mem, 1, sizeof(*s));
    size_t related = 0;
    if (s == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for the interactions");
    }
    s->c = c;
    s->day = rule_date;
    s->e.members = members > 0 ? members : 1;
    BUS_CHECK(s->e.members <= BUS_POLICY_PEOPLE_MAX);
    for (size_t i = 0; i < n; i++) {
        if (items[i].share_count > 0) {
            interact_collect(s, &items[i]);
            related++;
        }
    }
    if (related > 0) {
        BUS_TRY(bus_policy_solve(&c->relations, &s->e, mem, &s->set, err));
    }
    for (int k = 0; k < BUS_POLICY_RELATED_MAX; k++) {
        if (s->by_related[k] != NULL) {
            interact_settle(s, k);
        }
    }
    for (size_t i = 0; i < n; i++) {
        leave_open_out(s, &items[i]);
    }
    bus_arena_release(mem, mark);
    return BUS_OK;
}

/* --- questions --- */

struct bus_strv
bus_policy_beats(const struct bus_policy_catalogue *c, int a, int b)
{
    BUS_CHECK(a >= 0 && (size_t)a < c->item_count && b >= 0 &&
              (size_t)b < c->item_count);
    int x = c->items[a].related, y = c->items[b].related;
    bool yes = x >= 0 && y >= 0 && (c->relations.beats[x] >> y & 1) != 0;
    BUS_CHECK(!yes || c->why[x][y] > 0);
    return yes ? c->rules[c->why[x][y] - 1].id : (struct bus_strv){0};
}

int bus_policy_recheck_months(const struct bus_policy_catalogue *c,
                              const char *when)
{
    for (size_t i = 0; i < c->rule_count; i++) {
        const struct bus_node *n = c->rules[i].node;
        const struct bus_node *w = bus_node_get(n, "when");
        int64_t months = 0;
        if (bus_strv_is(c->rules[i].kind, "recheck") && w != NULL &&
            bus_strv_is(w->text, when) &&
            (bus_node_to_i64(bus_node_get(n, "grace_months"), &months) ||
             bus_node_to_i64(bus_node_get(n, "within_months"), &months))) {
            return (int)months;
        }
    }
    return -1;
}
