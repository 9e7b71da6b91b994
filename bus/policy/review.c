#include "bus/policy/review.h"

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/feel/number.h"
#include "bus/feel/tree.h"
#include "bus/policy/source.h"
#include "bus/policy/view.h"

static bool review_fen_of(const struct feel_value *v, int64_t *ret)
{
    return v->kind == FEEL_NUMBER && feel_number_to_long(v, ret);
}

int bus_policy_request(const struct bus_policy_catalogue *c,
                       const struct bus_policy_household *h,
                       int32_t rule_date,
                       int item,
                       int64_t fen,
                       struct bus_arena *mem,
                       struct bus_policy_request_of *ret,
                       struct bus_err *err)
{
    BUS_CHECK(item >= 0 && (size_t)item < c->item_count);
    struct household_view w;
    const struct item_def *it = &c->items[item];
    const struct version_def *v = policy_catalogue_version_at(it, rule_date);
    if (v == NULL) {
        return bus_fail(err, BUS_EUNKNOWN, "no version of %.*s on that day",
                        BUS_STRV_ARG(it->code));
    }
    struct bus_policy_request_of r = {0};
    if (v->cap != NULL) {
        int rc = policy_view_open(&w, c, h, rule_date, mem, err);
        if (rc != BUS_OK) {
            return rc;
        }
        struct feel_value cap = policy_eval(&w, v->cap, v->cap_p);
        r.has_cap = review_fen_of(&cap, &r.cap_fen);
        r.outcome = !r.has_cap        ? BUS_POLICY_REQUEST_OPEN
                    : fen > r.cap_fen ? BUS_POLICY_REQUEST_ABOVE_CAP
                                      : BUS_POLICY_REQUEST_ALLOWED;
    }
    const struct bus_node *other = bus_node_get(it->node, "above_cap");
    if (other != NULL && r.outcome == BUS_POLICY_REQUEST_ABOVE_CAP) {
        r.instead = other->text;
    }
    *ret = r;
    return BUS_OK;
}

bool bus_policy_item_is_members(const struct bus_policy_catalogue *c,
                                size_t item,
                                int32_t rule_date)
{
    BUS_CHECK(item < c->item_count);
    const struct version_def *v =
        policy_catalogue_version_at(&c->items[item], rule_date);
    return v != NULL && v->beneficiaries != NULL;
}

int bus_policy_beneficiaries(const struct bus_policy_catalogue *c,
                             const struct bus_policy_household *h,
                             int32_t rule_date,
                             int item,
                             struct bus_arena *mem,
                             uint64_t *ret,
                             struct bus_err *err)
{
    BUS_CHECK(item >= 0 && (size_t)item < c->item_count);
    struct household_view w;
    const struct item_def *it = &c->items[item];
    const struct version_def *v = policy_catalogue_version_at(it, rule_date);
    *ret = 0;
    if (v == NULL) {
        return bus_fail(err, BUS_EUNKNOWN, "no version of %.*s on that day",
                        BUS_STRV_ARG(it->code));
    }
    if (v->beneficiaries == NULL) {
        return BUS_OK;
    }
    BUS_TRY(policy_view_open(&w, c, h, rule_date, mem, err));
    struct feel_value list = policy_eval(&w, v->beneficiaries, NULL);
    if (list.kind == FEEL_UNKNOWN) {
        list = feel_filter_sure(&w.env, v->beneficiaries);
    }
    for (size_t i = 0; list.kind == FEEL_LIST && i < list.list.n; i++) {
        const struct feel_value *one = &list.list.v[i];
        if (one->kind == FEEL_THING && one->thing.what == FEEL_MEMBER &&
            one->thing.index < 64) {
            *ret |= UINT64_C(1) << one->thing.index;
        }
    }
    return BUS_OK;
}

int bus_policy_cut(const struct bus_policy_catalogue *c,
                   const struct bus_policy_household *h,
                   int32_t rule_date,
                   int item,
                   int64_t full_fen,
                   struct bus_arena *mem,
                   struct bus_policy_cut *ret,
                   struct bus_err *err)
{
    BUS_CHECK(item >= 0 && (size_t)item < c->item_count);
    struct household_view w;
    struct bus_policy_cut r = {.pay_fen = full_fen};
    int rc = policy_view_open(&w, c, h, rule_date, mem, err);
    for (size_t i = 0; rc == BUS_OK && i < c->rule_count; i++) {
        const struct rule_def *rule = &c->rules[i];
        int64_t from = 0, n = 0;
        if (!bus_strv_is(rule->kind, "cut") || rule->item != item ||
            rule->fact < 0 || !c->facts[rule->fact].member ||
            !bus_node_to_i64(bus_node_get(rule->node, "at_least"), &from)) {
            continue;
        }
        BUS_CHECK((size_t)rule->fact < c->fact_count);
        for (size_t m = 0; m < h->member_count; m++) {
            struct feel_value v =
                policy_value(policy_fact(&w, &c->facts[rule->fact], (int)m));
            bool cut = review_fen_of(&v, &n) && n >= from;
            r.members |= cut ? UINT64_C(1) << m : 0;
            r.open |= v.kind == FEEL_UNKNOWN ? UINT64_C(1) << m : 0;
            r.rule = cut ? rule->id : r.rule;
        }
    }
    if (rc != BUS_OK) {
        return rc;
    }
    int64_t people = h->member_count > 0 ? (int64_t)h->member_count : 1;
    int64_t left = people - __builtin_popcountll(r.members);
    __int128 pay = (__int128)full_fen * left;
    r.pay_fen = (int64_t)((pay + people - 1) / people);
    r.cut_fen = full_fen - r.pay_fen;
    *ret = r;
    return BUS_OK;
}

/* --- a status --- */

static int32_t months_later(int32_t day, int months)
{
    int64_t y;
    unsigned m, d;
    bus_civil_from_days(day, &y, &m, &d);
    int64_t at = y * 12 + (int64_t)m - 1 + months;
    unsigned month = (unsigned)(at % 12) + 1;
    while (!bus_civil_valid(at / 12, month, d)) {
        d--;
    }
    return (int32_t)bus_days_from_civil(at / 12, month, d);
}

static const struct rule_def *
rule_of(const struct bus_policy_catalogue *c, const char *kind, const char *key)
{
    for (size_t i = 0; i < c->rule_count; i++) {
        if (bus_strv_is(c->rules[i].kind, kind) &&
            bus_node_get(c->rules[i].node, key) != NULL) {
            return &c->rules[i];
        }
    }
    return NULL;
}

/* The last day that new work lets a status go on; INT32_MIN for none.
 * *ret_open: of a member nobody knows when work began. */
static int32_t
review_grace(struct household_view *w, struct bus_strv status, bool *ret_open)
{
    const struct bus_policy_catalogue *c = w->c;
    const struct rule_def *r = rule_of(c, "recheck", "work");
    const struct bus_node *of = r ? bus_node_get(r->node, "status") : NULL;
    int32_t last = INT32_MIN;
    int64_t months = 0;
    if (of == NULL || !bus_strv_eq(of->text, status)) {
        return last;
    }
    int fact =
        bus_policy_fact_named(c, true, bus_node_get(r->node, "work")->text);
    if (fact < 0 ||
        !bus_node_to_i64(bus_node_get(r->node, "grace_months"), &months)) {
        return last;
    }
    BUS_CHECK((size_t)fact < c->fact_count);
    for (size_t m = 0; m < w->h->member_count; m++) {
        struct feel_value v =
            policy_value(policy_fact(w, &c->facts[fact], (int)m));
        *ret_open |= v.kind == FEEL_UNKNOWN;
        if (v.kind == FEEL_DATE && v.when.day <= w->rule_date) {
            int32_t to = months_later((int32_t)v.when.day, (int)months) - 1;
            last = to > last ? to : last;
        }
    }
    return last;
}

/* The first status of the ladder whose rule is met; words->count for none. */
static int review_met(struct household_view *w,
                      const struct rule_def *ladder,
                      uint32_t *ret_at,
                      bool *ret_open,
                      struct bus_err *err)
{
    const struct bus_node *items = bus_node_get(ladder->node, "items");
    const struct bus_node *words = bus_node_get(ladder->node, "statuses");
    uint32_t i = 0;
    for (; i < words->count && i < items->count; i++) {
        struct bus_policy_verdict_of v;
        int item = bus_policy_item_find(w->c, items->items[i]->text);
        if (item < 0 || policy_catalogue_version_at(&w->c->items[item],
                                                    w->rule_date) == NULL) {
            continue;
        }
        int rc = bus_policy_evaluate_item(w->c, w->h, w->rule_date, item,
                                          BUS_POLICY_VERDICTS, w->mem, &v, err);
        if (rc != BUS_OK) {
            return rc;
        }
        *ret_open |= v.verdict == BUS_POLICY_UNDETERMINED ||
                     v.verdict == BUS_POLICY_FAILED;
        if (v.verdict == BUS_POLICY_ELIGIBLE) {
            break;
        }
    }
    *ret_at = i;
    return BUS_OK;
}

static int review_weigh(struct household_view *w,
                        const struct rule_def *ladder,
                        struct bus_policy_review_of *r,
                        struct bus_err *err)
{
    const struct bus_node *words = bus_node_get(ladder->node, "statuses");
    uint32_t then = 0, now = 0;
    bool open = false, unsaid = false;
    int rc = review_met(w, ladder, &then, &open, err);
    if (rc != BUS_OK) {
        return rc;
    }
    BUS_CHECK(then <= words->count);
    while (now < words->count &&
           !bus_strv_eq(words->items[now]->text, r->now)) {
        now++;
    }
    r->then = then < words->count ? words->items[then]->text : BUS_STRV("none");
    int32_t last = then > now ? review_grace(w, r->now, &unsaid) : INT32_MIN;
    r->outcome = open                   ? BUS_POLICY_REVIEW_OPEN
                 : then == now          ? BUS_POLICY_REVIEW_KEEPS
                 : w->rule_date <= last ? BUS_POLICY_REVIEW_GRACE
                 : unsaid               ? BUS_POLICY_REVIEW_OPEN
                                        : BUS_POLICY_REVIEW_CHANGES;
    r->until = r->outcome == BUS_POLICY_REVIEW_GRACE ? last : 0;
    return BUS_OK;
}

int bus_policy_review(const struct bus_policy_catalogue *c,
                      const struct bus_policy_household *h,
                      int32_t rule_date,
                      struct bus_arena *mem,
                      struct bus_policy_review_of *ret,
                      struct bus_err *err)
{
    struct household_view w;
    struct bus_policy_review_of r = {.outcome = BUS_POLICY_REVIEW_NONE};
    const struct rule_def *ladder = rule_of(c, "precedence", "statuses");
    int fact = bus_policy_fact_find(c, BUS_STRV("household.status"));
    if (ladder == NULL || fact < 0) {
        return bus_fail(err, BUS_EUNKNOWN, "no rule of precedence of statuses");
    }
    int rc = policy_view_open(&w, c, h, rule_date, mem, err);
    if (rc != BUS_OK) {
        return rc;
    }
    BUS_CHECK((size_t)fact < c->fact_count);
    struct feel_value now = policy_value(policy_fact(&w, &c->facts[fact], -1));
    if (now.kind == FEEL_STRING && !bus_strv_is(now.string, "none")) {
        r.now = now.string;
        rc = review_weigh(&w, ladder, &r, err);
    }
    if (rc == BUS_OK) {
        *ret = r;
    }
    return rc;
}

bool bus_policy_seal_valid(const struct bus_policy_seal *seal,
                           int64_t signed_ms)
{
    return signed_ms >= seal->from_ms && signed_ms < seal->expires_ms &&
           signed_ms < seal->suspended_ms && signed_ms < seal->revoked_ms;
}
