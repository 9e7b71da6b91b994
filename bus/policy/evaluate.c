/* One household at one date: every item in force, in three values.
 *
 * Facts are asked for only when an expression reads them; a derived fact is
 * worked out once. The result lives in the caller's arena. */

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/feel/number.h"
#include "bus/policy/missing.h"
#include "bus/policy/source.h"
#include "bus/policy/verdicts.h"
#include "bus/policy/view.h"

/* The condition: its clauses one by one, each kept for the reasons; without
 * anybody asking for them the first that is false ends it. */
static struct cell evaluate_condition(struct household_view *w,
                                      const struct version_def *v,
                                      bool all,
                                      struct cell *clauses)
{
    BUS_CHECK(v->clause_count <= CATALOGUE_CLAUSES_MAX);
    struct cell r = {.tag = CELL_BOOL, .n = true};
    if (!v->clauses_whole) {
        r = policy_eval_cell(w, v->condition, v->condition_p);
    }
    for (size_t i = 0; i < v->clause_count; i++) {
        clauses[i] = policy_eval_cell(w, v->clauses[i], v->clauses_p[i]);
        if (v->clauses_whole) {
            r = policy_cell_and(w, r, clauses[i]);
        }
        if (!all && policy_cell_is(r, false)) {
            break;
        }
    }
    return r;
}

/* The clauses that decided: all of a yes, the false ones of a no, the open
 * ones of a question. False here and below: no room. */
static bool evaluate_reasons(struct household_view *w,
                             const struct version_def *v,
                             const struct cell *clauses,
                             struct bus_policy_verdict_of *to)
{
    BUS_CHECK(to->reason_count == 0);
    struct bus_strv *list =
        bus_arena_alloc(w->mem, (v->clause_count + 1) * sizeof(*list));
    if (list == NULL) {
        return false;
    }
    for (size_t i = 0; i < v->clause_count; i++) {
        bool yes = policy_cell_is(clauses[i], true);
        bool open = clauses[i].tag == CELL_UNKNOWN;
        if (to->verdict == BUS_POLICY_ELIGIBLE ||
            (to->verdict == BUS_POLICY_UNDETERMINED && open) ||
            (to->verdict == BUS_POLICY_NOT_ELIGIBLE && !yes && !open)) {
            list[to->reason_count++] = v->clause_keys[i];
        }
    }
    to->reasons = list;
    return true;
}

static bool evaluate_missing(struct household_view *w,
                             struct cell r,
                             struct bus_policy_verdict_of *to)
{
    size_t n = r.tag == CELL_UNKNOWN ? r.missing->n : 0;
    if (n == 0) {
        return true;
    }
    struct bus_policy_missing *list =
        bus_arena_alloc(w->mem, n * sizeof(*list));
    if (list == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        list[i].fact = FEEL_MISSING_FACT(r.missing->v[i]);
        list[i].member = FEEL_MISSING_MEMBER(r.missing->v[i]);
    }
    to->missing = list;
    to->missing_count = n;
    return true;
}

static void amount(struct household_view *w,
                   const struct version_def *v,
                   struct bus_policy_verdict_of *to)
{
    BUS_CHECK(!w->has_beneficiaries);
    if (v->amount == NULL) {
        return;
    }
    if (v->beneficiaries != NULL) {
        w->beneficiaries = policy_eval(w, v->beneficiaries, NULL);
        w->has_beneficiaries = true;
    }
    struct feel_value a = policy_eval(w, v->amount, v->amount_p);
    to->amount = a.kind == FEEL_UNKNOWN ? BUS_POLICY_AMOUNT_UNKNOWN
                                        : BUS_POLICY_AMOUNT_BROKEN;
    bool capped = false;
    if (v->cap != NULL && a.kind == FEEL_NUMBER) {
        struct feel_value cap = policy_eval(w, v->cap, v->cap_p);
        capped = cap.kind == FEEL_NUMBER && feel_number_cmp(&a, &cap) > 0;
        a = capped ? cap : a;
    }
    w->has_beneficiaries = false;
    int64_t fen = 0;
    if (a.kind == FEEL_NUMBER && feel_number_to_long(&a, &fen)) {
        bool beyond = w->c->item_max_fen > 0 && fen > w->c->item_max_fen;
        to->amount = fen < 0  ? BUS_POLICY_AMOUNT_NEGATIVE
                     : beyond ? BUS_POLICY_AMOUNT_BEYOND
                     : capped ? BUS_POLICY_AMOUNT_CAPPED
                              : BUS_POLICY_AMOUNT_GIVEN;
        to->has_amount = fen >= 0 && !beyond;
        to->amount_fen = to->has_amount ? fen : 0;
    }
}

/* What no item may come to is a fault of the item, and nobody's money. */
static void evaluate_amount(struct household_view *w,
                            const struct version_def *v,
                            struct bus_policy_verdict_of *to)
{
    amount(w, v, to);
    if (to->amount == BUS_POLICY_AMOUNT_NEGATIVE ||
        to->amount == BUS_POLICY_AMOUNT_BEYOND) {
        to->verdict = BUS_POLICY_FAILED;
        to->failure = to->amount == BUS_POLICY_AMOUNT_NEGATIVE
                          ? "the amount is below 0"
                          : "the amount is beyond money.item_max_fen";
    }
}

static bool evaluate_fen_of(struct feel_value v, int64_t *ret)
{
    return v.kind == FEEL_NUMBER && feel_number_to_long(&v, ret) && *ret >= 0;
}

/* What each beneficiary gets of the amount; false if it cannot be taken apart
 * (then the item is the household's as one). */
static bool take_apart(struct household_view *w,
                       const struct version_def *v,
                       const struct feel_value *people,
                       struct bus_policy_share *list,
                       int64_t total)
{
    int64_t sum = 0;
    for (size_t i = 0; i < people->list.n; i++) {
        const struct feel_value *one = &people->list.v[i];
        if (one->kind != FEEL_THING || one->thing.what != FEEL_MEMBER) {
            return false;
        }
        BUS_CHECK((size_t)one->thing.index < w->h->member_count);
        list[i] = (struct bus_policy_share){.member = one->thing.index};
        if (v->amount == NULL) {
            continue;
        }
        w->beneficiaries =
            (struct feel_value){.kind = FEEL_LIST, .list = {one, 1}};
        w->has_beneficiaries = true;
        bool well = evaluate_fen_of(policy_eval(w, v->amount, v->amount_p),
                                    &list[i].full_fen);
        w->has_beneficiaries = false;
        if (!well || __builtin_add_overflow(sum, list[i].full_fen, &sum)) {
            return false;
        }
    }
    return people->list.n > 0 && sum == total;
}

static bool shares(struct household_view *w,
                   const struct item_def *it,
                   const struct version_def *v,
                   struct bus_policy_verdict_of *to)
{
    BUS_CHECK(to->share_count == 0);
    if (it->related < 0 || to->verdict != BUS_POLICY_ELIGIBLE) {
        return true;
    }
    struct feel_value people = feel_null;
    if (v->beneficiaries != NULL && !it->whole) {
        people = policy_eval(w, v->beneficiaries, NULL);
    }
    size_t n = people.kind == FEEL_LIST ? people.list.n : 0;
    struct bus_policy_share *list =
        bus_arena_calloc(w->mem, n + 1, sizeof(*list));
    if (list == NULL) {
        return false;
    }
    if (n == 0 || !take_apart(w, v, &people, list, to->amount_fen)) {
        list[0] =
            (struct bus_policy_share){.member = -1, .full_fen = to->amount_fen};
        n = 1;
    }
    to->shares = list;
    to->share_count = n;
    return true;
}

/* X6: a fact of a member that excludes the item. One that is not known yet is
 * asked for; it excludes nobody. */
static bool shut_out(struct household_view *w,
                     const struct item_def *it,
                     struct bus_policy_verdict_of *to)
{
    BUS_CHECK(it->shut_count <= CATALOGUE_SHUTS_MAX);
    size_t asked = to->share_count * it->shut_count;
    if (asked == 0) {
        return true;
    }
    struct bus_policy_missing *list =
        bus_arena_alloc(w->mem, (to->missing_count + asked) * sizeof(*list));
    if (list == NULL) {
        return false;
    }
    if (to->missing_count > 0) {
        memcpy(list, to->missing, to->missing_count * sizeof(*list));
    }
    for (size_t k = 0; k < asked; k++) {
        struct bus_policy_share *s =
            (struct bus_policy_share *)&to->shares[k / it->shut_count];
        int fact = it->shuts[k % it->shut_count].fact;
        BUS_CHECK((size_t)fact < w->c->fact_count);
        const struct fact_def *f = &w->c->facts[fact];
        if (f->member != (s->member >= 0)) {
            continue;
        }
        struct feel_value v = policy_value(policy_fact(w, f, s->member));
        if (v.kind == FEEL_BOOLEAN && v.boolean) {
            s->left_out_by = w->c->rules[it->shuts[k % it->shut_count].rule].id;
        } else if (v.kind == FEEL_UNKNOWN) {
            list[to->missing_count++] =
                (struct bus_policy_missing){fact, s->member};
        }
    }
    to->missing = list;
    return true;
}

/* As loud as the view: what is worked out here stays in its cells, and the next
 * item that reads it says what is missing by it. */
static bool has_sign(struct household_view *w, const struct version_def *v)
{
    BUS_CHECK(v->sign != NULL);
    return policy_cell_is(policy_eval_cell(w, v->sign, v->sign_p), true);
}

static bool evaluate_judge(struct household_view *w,
                           const struct version_def *v,
                           enum bus_policy_depth depth,
                           struct bus_policy_verdict_of *to)
{
    struct cell clauses[CATALOGUE_CLAUSES_MAX];
    struct cell r =
        evaluate_condition(w, v, depth == BUS_POLICY_REASONS, clauses);
    to->verdict = BUS_POLICY_FAILED;
    if (r.tag == CELL_BOOL) {
        to->verdict = r.n ? BUS_POLICY_ELIGIBLE : BUS_POLICY_NOT_ELIGIBLE;
    } else if (r.tag == CELL_UNKNOWN) {
        to->verdict = BUS_POLICY_UNDETERMINED;
    } else if (r.tag == CELL_NULL && r.why == NULL) {
        to->verdict = BUS_POLICY_NOT_ELIGIBLE; /* what is known to be absent */
    } else {
        to->failure = r.tag == CELL_NULL ? r.why : "no boolean";
    }
    bool open = to->verdict == BUS_POLICY_ELIGIBLE ||
                to->verdict == BUS_POLICY_UNDETERMINED;
    if (open) {
        evaluate_amount(w, v, to);
    }
    if (depth == BUS_POLICY_VERDICTS) {
        return true;
    }
    to->sign = to->verdict == BUS_POLICY_UNDETERMINED && v->sign != NULL &&
               has_sign(w, v);
    return evaluate_reasons(w, v, clauses, to) && evaluate_missing(w, r, to) &&
           policy_least_missing(w, v, to);
}

bool policy_evaluate_one(struct household_view *w,
                         const struct item_def *it,
                         const struct version_def *v,
                         enum bus_policy_depth depth,
                         struct bus_policy_verdict_of *to,
                         struct household_view **ret_w)
{
    *ret_w = w;
    bool well = evaluate_judge(w, v, depth, to);
    if (!well || !it->by_status || !w->unconfirmed ||
        to->verdict != BUS_POLICY_ELIGIBLE) {
        return well;
    }
    *ret_w = policy_view_confirmed(w);
    *to = (struct bus_policy_verdict_of){.item = to->item};
    return *ret_w != NULL && evaluate_judge(*ret_w, v, depth, to);
}

static int judge_all(struct household_view *w,
                     enum bus_policy_depth depth,
                     struct bus_policy_result *ret,
                     struct bus_err *err)
{
    const struct bus_policy_catalogue *c = w->c;
    struct bus_policy_verdict_of *items =
        bus_arena_calloc(w->mem, c->item_count + 1, sizeof(*items));
    size_t n = 0;
    if (items == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for the verdicts");
    }
    for (size_t i = 0; i < c->item_count; i++) {
        const struct version_def *v =
            policy_catalogue_version_at(&c->items[i], w->rule_date);
        if (v == NULL) {
            continue;
        }
        items[n].item = (int)i;
        struct household_view *by = w;
        if (!policy_evaluate_one(w, &c->items[i], v, depth, &items[n], &by) ||
            (depth == BUS_POLICY_REASONS &&
             (!shares(by, &c->items[i], v, &items[n]) ||
              !shut_out(by, &c->items[i], &items[n])))) {
            return bus_fail(err, BUS_ETOOBIG, "no room for the reasons");
        }
        n++;
    }
    BUS_CHECK(n <= c->item_count);
    *ret = (struct bus_policy_result){.items = items, .count = n};
    return depth == BUS_POLICY_REASONS
               ? policy_interact(c, items, n, w->h->member_count, w->rule_date,
                                 w->mem, err)
               : BUS_OK;
}

/* A value for which there was no memory is null, and null may decide: nothing
 * that was worked out counts then. */
static int complete(const struct bus_arena *mem, int rc, struct bus_err *err)
{
    if (rc == BUS_OK && mem->refused != BUS_ARENA_GAVE) {
        rc = bus_fail(err, BUS_ETOOBIG, "no room for the verdicts");
    }
    return rc;
}

int bus_policy_evaluate(const struct bus_policy_catalogue *c,
                        const struct bus_policy_household *h,
                        int32_t rule_date,
                        enum bus_policy_depth depth,
                        struct bus_arena *mem,
                        struct bus_policy_result *ret,
                        struct bus_err *err)
{
    struct household_view w;
    int rc = policy_view_open(&w, c, h, rule_date, mem, err);
    w.quiet = depth == BUS_POLICY_VERDICTS;
    if (rc == BUS_OK) {
        rc = judge_all(&w, depth, ret, err);
    }
    return complete(mem, rc, err);
}

int bus_policy_evaluate_by_tree(const struct bus_policy_catalogue *c,
                                const struct bus_policy_household *h,
                                int32_t rule_date,
                                enum bus_policy_depth depth,
                                struct bus_arena *mem,
                                struct bus_policy_result *ret,
                                struct bus_err *err)
{
    struct household_view w;
    int rc = policy_view_open(&w, c, h, rule_date, mem, err);
    w.by_tree = true;
    if (rc == BUS_OK) {
        rc = judge_all(&w, depth, ret, err);
    }
    return complete(mem, rc, err);
}

int bus_policy_evaluate_item(const struct bus_policy_catalogue *c,
                             const struct bus_policy_household *h,
                             int32_t rule_date,
                             int item,
                             enum bus_policy_depth depth,
                             struct bus_arena *mem,
                             struct bus_policy_verdict_of *ret,
                             struct bus_err *err)
{
    BUS_CHECK(item >= 0 && (size_t)item < c->item_count);
    struct household_view w, *by = &w;
    const struct version_def *v =
        policy_catalogue_version_at(&c->items[item], rule_date);
    struct bus_policy_verdict_of one = {.item = item};
    int rc = BUS_OK;
    if (v == NULL) {
        rc = bus_fail(err, BUS_EUNKNOWN, "no version of %.*s on that day",
                      BUS_STRV_ARG(c->items[item].code));
    } else if ((rc = policy_view_open(&w, c, h, rule_date, mem, err)) ==
                   BUS_OK &&
               !policy_evaluate_one(&w, &c->items[item], v, depth, &one, &by)) {
        rc = bus_fail(err, BUS_ETOOBIG, "no room for the reasons");
    }
    rc = complete(mem, rc, err);
    if (rc == BUS_OK) {
        *ret = one;
    }
    return rc;
}

int bus_policy_has_sign(const struct bus_policy_catalogue *c,
                        const struct bus_policy_household *h,
                        int32_t rule_date,
                        int item,
                        struct bus_arena *mem,
                        bool *ret,
                        struct bus_err *err)
{
    BUS_CHECK(item >= 0 && (size_t)item < c->item_count);
    struct household_view w;
    const struct version_def *v =
        policy_catalogue_version_at(&c->items[item], rule_date);
    BUS_TRY(policy_view_open(&w, c, h, rule_date, mem, err));
    *ret = v != NULL && v->sign != NULL && has_sign(&w, v);
    return complete(mem, BUS_OK, err);
}

/* --- single values, for who explains --- */

static struct bus_strv evaluate_text_of(const struct feel_value *v,
                                        struct bus_arena *mem)
{
    char number[64], day[16];
    const char *t = "-";
    switch (v->kind) {
    case FEEL_STRING:
        return v->string;
    case FEEL_BOOLEAN:
        t = v->boolean ? "true" : "false";
        break;
    case FEEL_NUMBER:
        t = feel_number_text(v, number, sizeof(number));
        break;
    case FEEL_DATE:
        t = bus_date_text((int32_t)v->when.day, day);
        break;
    case FEEL_UNKNOWN:
        t = "?";
        break;
    default: /* no fact is of another kind */
        break;
    }
    return bus_strv(bus_arena_strdup(mem, t));
}

int bus_policy_values_open(const struct bus_policy_catalogue *c,
                           const struct bus_policy_household *h,
                           int32_t rule_date,
                           struct bus_arena *mem,
                           struct bus_policy_values *ret,
                           struct bus_err *err)
{
    struct household_view *w = bus_arena_alloc(mem, sizeof(*w));
    if (w == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for a household");
    }
    *ret = (struct bus_policy_values){c, h, w};
    return policy_view_open(w, c, h, rule_date, mem, err);
}

struct bus_strv bus_policy_values_fact(const struct bus_policy_values *v,
                                       struct bus_policy_missing which)
{
    BUS_CHECK(which.fact >= 0 && (size_t)which.fact < v->c->fact_count);
    struct feel_value x = policy_value(
        policy_fact(v->view, &v->c->facts[which.fact], which.member));
    return evaluate_text_of(&x, v->view->mem);
}

struct bus_strv bus_policy_values_standard(const struct bus_policy_values *v,
                                           int standard)
{
    BUS_CHECK(standard >= 0 && (size_t)standard < v->c->standard_count);
    struct feel_value x =
        policy_value(policy_standard(v->view, &v->c->standards[standard]));
    return evaluate_text_of(&x, v->view->mem);
}

int bus_policy_fact_text(const struct bus_policy_catalogue *c,
                         const struct bus_policy_household *h,
                         int32_t rule_date,
                         struct bus_policy_missing which,
                         struct bus_arena *mem,
                         struct bus_strv *ret,
                         struct bus_err *err)
{
    struct bus_policy_values v;
    BUS_TRY(bus_policy_values_open(c, h, rule_date, mem, &v, err));
    *ret = bus_policy_values_fact(&v, which);
    return BUS_OK;
}

int bus_policy_standard_text(const struct bus_policy_catalogue *c,
                             const struct bus_policy_household *h,
                             int32_t rule_date,
                             int standard,
                             struct bus_arena *mem,
                             struct bus_strv *ret,
                             struct bus_err *err)
{
    struct bus_policy_values v;
    BUS_TRY(bus_policy_values_open(c, h, rule_date, mem, &v, err));
    *ret = bus_policy_values_standard(&v, standard);
    return BUS_OK;
}
