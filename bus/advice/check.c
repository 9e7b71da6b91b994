/* The rules in force on one day, tried on made-up households. A search climbs
 * from a random household towards an eligible one: it changes a fact or two
 * and keeps what leaves no more clauses false. */
#include "bus/advice/check.h"

#include <string.h>

#include "bus/advice/sample.h"
#include "bus/policy/catalogue_parts.h"
#include "bus/policy/clause.h"
#include "bus/policy/interact.h"
#include "bus/policy/source.h"

#define STARTS   24  /* households begun anew */
#define AT_MOST  240 /* of them, while nobody was found eligible */
#define STEPS    150 /* changes of one */
#define ELIGIBLE 60  /* eligible households looked at */

struct trial
{
    const struct bus_policy_catalogue *c;
    int32_t day;
    struct bus_arena *mem;
    struct bus_faults *faults;
    struct bus_err *err;
    struct bus_advice_sampler dice;
    struct bus_policy_household household;
    struct bus_policy_fact *facts; /* of home, to be changed */
};

static struct bus_place check_place_of(const struct trial *t, int item)
{
    const struct bus_node *v =
        bus_policy_version_node(t->c, (size_t)item, t->day);
    const struct bus_node *feel =
        bus_node_get(bus_node_get(v, "condition"), "feel");
    return feel ? feel->at : v ? v->at : t->c->items[item].node->at;
}

static const char *code_of(const struct trial *t, int item)
{
    return t->c->items[item].code.p;
}

static int
check_judge(struct trial *t, int item, struct bus_policy_verdict_of *ret)
{
    struct bus_arena_mark mark = bus_arena_mark(t->mem);
    int rc = bus_policy_evaluate_item(t->c, &t->household, t->day, item,
                                      BUS_POLICY_REASONS, t->mem, ret, t->err);
    bus_arena_release(t->mem, mark);
    if (rc == BUS_OK && (ret->amount == BUS_POLICY_AMOUNT_NEGATIVE ||
                         ret->amount == BUS_POLICY_AMOUNT_BEYOND)) {
        ret->verdict = BUS_POLICY_ELIGIBLE; /* as its condition says */
        ret->failure = NULL;
    }
    return rc;
}

/* Clauses still false; -1 for eligible. */
static int check_distance(const struct bus_policy_verdict_of *v)
{
    return v->verdict == BUS_POLICY_ELIGIBLE       ? -1
           : v->verdict == BUS_POLICY_NOT_ELIGIBLE ? (int)v->reason_count
                                                   : CATALOGUE_CLAUSES_MAX;
}

static int
check_begin(struct trial *t, const int *items, size_t count, size_t members)
{
    int rc = bus_advice_sample_household(&t->dice, items, count, members,
                                         t->mem, &t->household, t->err);
    t->facts = (struct bus_policy_fact *)(uintptr_t)t->household.facts;
    return rc;
}

/* One step: changes one or two facts; `keep` says whether it stays. */
static int
check_step(struct trial *t, int item, int *far, const char **ret_failure)
{
    struct bus_policy_verdict_of v;
    size_t n = t->household.fact_count;
    size_t a = bus_advice_sampler_upto(&t->dice, n);
    size_t b = bus_advice_sampler_upto(&t->dice, n);
    if (n == 0) {
        return BUS_OK;
    }
    struct bus_policy_fact before[2] = {t->facts[a], t->facts[b]};
    bus_advice_sample_value(&t->dice, t->household.member_count, &t->facts[a]);
    if (bus_advice_sampler_upto(&t->dice, 2) == 0) {
        bus_advice_sample_value(&t->dice, t->household.member_count,
                                &t->facts[b]);
    }
    int rc = check_judge(t, item, &v);
    if (rc != BUS_OK) {
        return rc;
    }
    if (v.verdict == BUS_POLICY_FAILED) {
        *ret_failure = v.failure;
    }
    if (check_distance(&v) <= *far) {
        *far = check_distance(&v);
    } else {
        t->facts[a] = before[0];
        t->facts[b] = before[1];
    }
    return rc;
}

struct found /* of one item */
{
    size_t eligible;
    const char *failure; /* what the rule said instead of yes or no */
    bool negative, capped, broken, beyond;
    bool signless; /* one was eligible, and nothing would have spoken for it */
};

static void examine_amount(const struct bus_policy_verdict_of *v,
                           struct found *f)
{
    f->negative |= v->amount == BUS_POLICY_AMOUNT_NEGATIVE;
    f->capped |= v->amount == BUS_POLICY_AMOUNT_CAPPED;
    f->broken |= v->amount == BUS_POLICY_AMOUNT_BROKEN;
    f->beyond |= v->amount == BUS_POLICY_AMOUNT_BEYOND;
}

static int examine_sign(struct trial *t, int item, struct found *f)
{
    struct bus_arena_mark mark = bus_arena_mark(t->mem);
    bool there = true, derived;
    int rc = BUS_OK;
    if (bus_policy_signs_of(t->c, (size_t)item, t->day, &derived).n > 0) {
        rc = bus_policy_has_sign(t->c, &t->household, t->day, item, t->mem,
                                 &there, t->err);
    }
    f->signless |= !there;
    bus_arena_release(t->mem, mark);
    return rc;
}

static int try_item(struct trial *t, int item, struct found *f)
{
    for (int s = 0; s < (f->eligible == 0 ? AT_MOST : STARTS) &&
                    f->eligible < ELIGIBLE && f->failure == NULL;
         s++) {
        struct bus_arena_mark mark = bus_arena_mark(t->mem);
        int far = CATALOGUE_CLAUSES_MAX;
        int rc = check_begin(t, &item, 1, (size_t)(1 + s % 4));
        for (int i = 0; rc == BUS_OK && i < STEPS && f->eligible < ELIGIBLE &&
                        f->failure == NULL;
             i++) {
            struct bus_policy_verdict_of v;
            rc = check_step(t, item, &far, &f->failure);
            if (rc == BUS_OK && far < 0 &&
                (rc = check_judge(t, item, &v)) == BUS_OK) {
                f->eligible++;
                examine_amount(&v, f);
                rc = examine_sign(t, item, f);
            }
        }
        bus_arena_release(t->mem, mark);
        if (rc != BUS_OK) {
            return rc;
        }
    }
    return BUS_OK;
}

/* Is it a clause on figures alone that closes the item now? */
static struct bus_strv idle_clause(const struct trial *t,
                                   const struct bus_policy_verdict_of *v)
{
    for (size_t i = 0; i < v->reason_count; i++) {
        struct bus_strv k = bus_policy_clause_of(t->c, v->reasons[i], t->day);
        bool figures = k.n > 0 && (memmem(k.p, k.n, "standard.", 9) != NULL ||
                                   memmem(k.p, k.n, "标准.", 7) != NULL);
        if (figures && memmem(k.p, k.n, "household", 9) == NULL &&
            memmem(k.p, k.n, "member", 6) == NULL &&
            memmem(k.p, k.n, "家庭", strlen("家庭")) == NULL &&
            memmem(k.p, k.n, "成员", strlen("成员")) == NULL) {
            return k;
        }
    }
    return (struct bus_strv){0};
}

static void report_failure(struct trial *t, int item, const char *failure)
{
    bus_faults_add(
        t->faults, check_place_of(t, item), code_of(t, item),
        "the condition gives neither true nor false for some "
        "household (by sampling): %s / 对某些家庭,条件既不为真也不为假"
        "(抽样试算)",
        failure);
}

/* Nobody was found eligible: proved if it is a no already while nothing is
 * known of a household, else seen by sampling. */
static int report_unreachable(struct trial *t, int item)
{
    struct bus_policy_household nobody = {.member_count = 1};
    struct bus_policy_verdict_of v;
    int rc = bus_policy_evaluate_item(t->c, &nobody, t->day, item,
                                      BUS_POLICY_REASONS, t->mem, &v, t->err);
    if (rc != BUS_OK) {
        return rc;
    }
    struct bus_strv idle = idle_clause(t, &v);
    if (v.verdict == BUS_POLICY_FAILED) { /* it reads no fact at all */
        report_failure(t, item, v.failure);
    } else if (v.verdict == BUS_POLICY_NOT_ELIGIBLE && idle.n > 0) {
        bus_faults_warn(t->faults, check_place_of(t, item), code_of(t, item),
                        "closed to everybody by a standard of that day: %.*s / "
                        "当日标准使所有家庭都不符合",
                        BUS_STRV_ARG(idle));
    } else if (v.verdict == BUS_POLICY_NOT_ELIGIBLE) {
        bus_faults_add(t->faults, check_place_of(t, item), code_of(t, item),
                       "nobody can get it: the condition is never true / "
                       "条件永不成立,无人符合");
    } else {
        bus_faults_add(t->faults, check_place_of(t, item), code_of(t, item),
                       "nobody got it in %d households (by sampling): can "
                       "its clauses be true together? / 抽样试算中没有家庭符合,"
                       "各条件能同时成立吗?",
                       AT_MOST * STEPS);
    }
    return rc;
}

/* Money needs an end: a rule for its amount, and a cap of its own or the
 * county's for all items; else an officer's word is the only bound. */
static void
report_unbounded(struct trial *t, int item, const struct bus_node *version)
{
    const struct bus_node *delivery = bus_node_get(version, "delivery");
    if (delivery == NULL) {
        delivery =
            bus_node_get(bus_policy_item_node(t->c, (size_t)item), "delivery");
    }
    const struct bus_node *channel = bus_node_get(delivery, "channel");
    const struct bus_node *amount = bus_node_get(version, "amount");
    bool money = channel != NULL && (bus_strv_is(channel->text, "bank") ||
                                     bus_strv_is(channel->text, "post_cash"));
    bool ruled = bus_node_get(amount, "feel") != NULL ||
                 bus_node_get(amount, "dmn") != NULL;
    bool ends = bus_node_get(amount, "cap") != NULL ||
                bus_policy_item_max_fen(t->c) > 0;
    if (version != NULL && money && (!ruled || !ends)) {
        bus_faults_add(t->faults, version->at, code_of(t, item),
                       "money without a bound: a version that is paid needs "
                       "amount: {feel: ...}, and amount.cap or "
                       "money.item_max_fen of facts.yaml / 资金没有上限:"
                       "发放资金的版本须有 amount,并有 amount.cap 或 "
                       "facts.yaml 的 money.item_max_fen");
    }
}

static int advice_check_item(struct trial *t, int item)
{
    struct found f = {0};
    int rc = try_item(t, item, &f);
    if (rc == BUS_OK && f.failure != NULL) {
        report_failure(t, item, f.failure);
    } else if (rc == BUS_OK && f.eligible == 0) {
        rc = report_unreachable(t, item);
    }
    const struct bus_node *v =
        bus_policy_version_node(t->c, (size_t)item, t->day);
    const struct bus_node *amount = bus_node_get(v, "amount");
    const struct bus_node *feel = bus_node_get(amount, "feel");
    struct bus_place at = feel ? feel->at : check_place_of(t, item);
    report_unbounded(t, item, v);
    if (f.negative) {
        bus_faults_add(t->faults, at, code_of(t, item),
                       "the amount can be below zero (by sampling) / "
                       "金额可能为负(抽样试算)");
    }
    if (f.capped) {
        bus_faults_add(
            t->faults, at, code_of(t, item),
            "the amount can exceed its cap (by sampling): let the "
            "rule itself keep within it / 金额可能超过上限(抽样试算)");
    }
    if (f.beyond) {
        int64_t most = bus_policy_item_max_fen(t->c);
        bus_faults_add(t->faults, at, code_of(t, item),
                       "the amount is beyond its bounds, money.item_max_fen of "
                       "facts.yaml, %lld fen (by sampling) / 金额超出 "
                       "facts.yaml 的 money.item_max_fen, %lld 分(抽样试算)",
                       (long long)most, (long long)most);
    }
    if (f.signless) {
        bus_faults_add(t->faults, at, code_of(t, item),
                       "signs: a household gets it without any of them (by "
                       "sampling): nobody would have begun / "
                       "有家庭符合条件却没有任何表征(抽样试算)");
    }
    if (f.broken) {
        bus_faults_add(t->faults, at, code_of(t, item),
                       "the amount is no whole number of fen for some "
                       "household (by sampling): round it once, at the end / "
                       "金额可能不是整数分(抽样试算):请在最后取整一次");
    }
    return rc;
}

/* Is there a household that gets b and not a? */
static int check_apart(struct trial *t, int a, int b, bool *ret)
{
    int both[2] = {a, b};
    const char *failure = NULL;
    bool any = false;
    *ret = false;
    for (int s = 0; s < STARTS && !*ret && failure == NULL; s++) {
        struct bus_arena_mark mark = bus_arena_mark(t->mem);
        int far = CATALOGUE_CLAUSES_MAX;
        int rc = check_begin(t, both, 2, (size_t)(1 + s % 4));
        for (int i = 0; rc == BUS_OK && i < STEPS && !*ret && failure == NULL;
             i++) {
            struct bus_policy_verdict_of v;
            rc = check_step(t, b, &far, &failure);
            any |= far < 0;
            if (rc == BUS_OK && far < 0 &&
                (rc = check_judge(t, a, &v)) == BUS_OK) {
                *ret = v.verdict != BUS_POLICY_ELIGIBLE;
            }
        }
        bus_arena_release(t->mem, mark);
        if (rc != BUS_OK) {
            return rc;
        }
    }
    /* b was never seen eligible, or fails: said already */
    *ret |= !any || failure != NULL;
    return BUS_OK;
}

static int check_pair(struct trial *t, int a, int b)
{
    struct bus_strv by = bus_policy_beats(t->c, a, b);
    if (by.n == 0) {
        return BUS_OK;
    }
    struct bus_strv back = bus_policy_beats(t->c, b, a);
    if (back.n > 0) {
        if (a < b) {
            bus_faults_add(
                t->faults, check_place_of(t, a), code_of(t, a),
                "%s and %s shut each other out (%.*s, %.*s): "
                "whoever may have both gets neither / 两个事项互相排斥",
                code_of(t, a), code_of(t, b), BUS_STRV_ARG(by),
                BUS_STRV_ARG(back));
        }
        return BUS_OK;
    }
    bool well = false;
    int rc = check_apart(t, a, b, &well);
    if (rc == BUS_OK && !well) {
        bus_faults_add(
            t->faults, check_place_of(t, b), code_of(t, b),
            "never given: whoever may have it may have %s, which "
            "excludes it (%.*s; by sampling) / 从不发放:符合者都被另一事项"
            "排斥",
            code_of(t, a), BUS_STRV_ARG(by));
    }
    return rc;
}

static void advice_check_facts(struct trial *t)
{
    for (size_t f = 0; f < t->c->fact_count; f++) {
        const struct fact_def *d = &t->c->facts[f];
        bool none = d->sources == NULL || d->sources->kind != BUS_NODE_LIST ||
                    d->sources->count == 0;
        for (size_t i = 0; d->derived == NULL && none && i < t->c->item_count;
             i++) {
            if (bus_policy_item_reads(t->c, i, (int)f)) {
                bus_faults_add(t->faults, d->body->at, d->name.p,
                               "%s reads it and no source supplies it / "
                               "有规则使用它,却没有来源提供",
                               code_of(t, (int)i));
                break;
            }
        }
    }
}

static void set_day(struct trial *t, int32_t day)
{
    t->day = day;
    bus_advice_sampler_init(&t->dice, t->c, day, 1);
}

/* Each version on the day at hand or, when it is not in force then, on its own
 * first day. */
static int check_item_versions(struct trial *t, int item, int32_t day)
{
    const struct item_def *it = &t->c->items[item];
    for (size_t k = 0; k < it->count; k++) {
        const struct version_def *v = &it->versions[k];
        bool now = v->from <= day && day <= v->to;
        set_day(t, now ? day : v->from);
        BUS_TRY(advice_check_item(t, item));
    }
    return BUS_OK;
}

static int check_pairs(struct trial *t)
{
    int n = (int)t->c->item_count;
    for (int a = 0; a < n; a++) {
        for (int b = 0; b < n; b++) {
            if (a != b &&
                policy_catalogue_version_at(&t->c->items[a], t->day) &&
                policy_catalogue_version_at(&t->c->items[b], t->day)) {
                BUS_TRY(check_pair(t, a, b));
            }
        }
    }
    return BUS_OK;
}

#define DAYS_MAX 16 /* first days to come on which pairs are looked at */

/* The day itself, then those on which some version begins. */
static size_t
days_to_come(const struct bus_policy_catalogue *c, int32_t day, int32_t *to)
{
    size_t n = 0;
    to[n++] = day;
    for (size_t i = 0; i < c->item_count; i++) {
        for (size_t k = 0; k < c->items[i].count; k++) {
            int32_t from = c->items[i].versions[k].from;
            size_t d = 0;
            while (d < n && to[d] != from) {
                d++;
            }
            if (from > day && d == n && n < DAYS_MAX) {
                to[n++] = from;
            }
        }
    }
    return n;
}

int bus_advice_check(const struct bus_policy_catalogue *c,
                     int32_t day,
                     struct bus_arena *mem,
                     struct bus_faults *faults,
                     struct bus_err *err)
{
    struct trial t = {.c = c, .mem = mem, .faults = faults, .err = err};
    int32_t days[DAYS_MAX];
    set_day(&t, day);
    advice_check_facts(&t);
    for (size_t i = 0; i < c->standard_count; i++) {
        if (!c->standards[i].read) {
            bus_faults_add(
                faults, c->standards[i].body->at, c->standards[i].name.p,
                "a standard that no rule reads / 没有规则使用的标准");
        }
    }
    for (int i = 0; i < (int)c->item_count; i++) {
        BUS_TRY(check_item_versions(&t, i, day));
    }
    size_t n = days_to_come(c, day, days);
    for (size_t d = 0; d < n; d++) {
        set_day(&t, days[d]);
        BUS_TRY(check_pairs(&t));
    }
    return BUS_OK;
}
