/* The life of an assignment as a table; see parts.h. Delivered is no end for
 * good: a payment may come back days later (ISO 20022 pacs.004). */
#include "consumers/matcher/assignment_fsm.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/policy/review.h"
#include "bus/role/household.h"
#include "consumers/matcher/award.h"
#include "consumers/matcher/parts.h"

#define AT(s)       SA_ASSIGNMENT_STATUS_##s
#define NOT_MET_FEN (-1)

static const struct bus_fsm_state assignment_states[] = {
    [AT(ASSIGNED)] = {"ASSIGNED", "its department has it, or the lead", false},
    [AT(CONFIRMED)] = {"CONFIRMED", "granted; dispatch has it", false},
    [AT(DISPATCHED)] = {"DISPATCHED", "lines are with bank or post", false},
    [AT(ENDED_DELIVERED)] = {"ENDED_DELIVERED",
                             "every line is done, unless one comes back",
                             false},
    [AT(ENDED_UNDELIVERED)] = {"ENDED_UNDELIVERED",
                               "a line came back behind the case's end", true},
    [AT(ENDED_SERVICE)] = {"ENDED_SERVICE", "granted; nothing was to send",
                           true},
    [AT(ENDED_REFUSED)] = {"ENDED_REFUSED", "decided that it is not granted",
                           true},
    [AT(ENDED_RETURNED)] = {"ENDED_RETURNED", "given back, and nobody's", true},
    [AT(ENDED_WITHDRAWN)] = {"ENDED_WITHDRAWN", "we took it back", true},
};

static const char *const assignment_moves[ASSIGNMENT_MOVES] = {
    [MOVE_ACCEPT] = "accept",     [MOVE_REFUSE] = "refuse",
    [MOVE_RETURN] = "return",     [MOVE_END] = "end",
    [MOVE_WITHDRAW] = "withdraw", [MOVE_ORDER] = "order",
    [MOVE_SERVE] = "serve",       [MOVE_REOPEN] = "reopen",
    [MOVE_DELIVER] = "deliver",   [MOVE_BACK] = "back",
    [MOVE_FAIL] = "fail",
};

static const struct bus_fsm_row assignment_rows[] = {
    {AT(ASSIGNED), MOVE_ACCEPT, AT(CONFIRMED), NULL},
    {AT(ASSIGNED), MOVE_REFUSE, AT(ENDED_REFUSED), NULL},
    {AT(ASSIGNED), MOVE_RETURN, AT(ASSIGNED),
     "to the lead department, or its owner's again"},
    {AT(ASSIGNED), MOVE_END, AT(ENDED_RETURNED), "the lead says so"},
    {AT(ASSIGNED), MOVE_WITHDRAW, AT(ENDED_WITHDRAWN), NULL},
    {AT(CONFIRMED), MOVE_ORDER, AT(DISPATCHED), NULL},
    {AT(CONFIRMED), MOVE_SERVE, AT(ENDED_SERVICE), NULL},
    {AT(CONFIRMED), MOVE_REOPEN, AT(ASSIGNED), "dispatch refused the order"},
    {AT(DISPATCHED), MOVE_DELIVER, AT(ENDED_DELIVERED), NULL},
    {AT(DISPATCHED), MOVE_BACK, AT(ASSIGNED), "its owner decides anew"},
    {AT(DISPATCHED), MOVE_FAIL, AT(ENDED_UNDELIVERED), "the case has ended"},
    {AT(ENDED_DELIVERED), MOVE_BACK, AT(ASSIGNED), "its owner decides anew"},
    {AT(ENDED_DELIVERED), MOVE_FAIL, AT(ENDED_UNDELIVERED),
     "the case has ended"},
};

const struct bus_fsm matcher_assignment_fsm =
    BUS_FSM("matcher.assignment",
            "An item in a department's hands.",
            AT(ASSIGNED),
            assignment_states,
            assignment_moves,
            assignment_rows);

bool matcher_assignment_ended(enum sa_assignment_status status)
{
    return status >= AT(ENDED_DELIVERED);
}

bool matcher_assignment_can(const struct sa_assignment_state *a,
                            enum matcher_assignment_move move)
{
    return bus_fsm_can(&matcher_assignment_fsm, a->status, move);
}

void matcher_assignment_move(struct sa_assignment_state *a,
                             enum matcher_assignment_move move)
{
    bus_fsm_move(&matcher_assignment_fsm, &a->status, move, NULL);
}

struct sa_assignment_state *
matcher_assignment_find(struct sa_household_state *state,
                        const struct bus_id *id)
{
    for (size_t i = 0; i < state->assignments.n; i++) {
        if (bus_id_eq(&state->assignments.v[i].assignment_id, id)) {
            return &state->assignments.v[i];
        }
    }
    return NULL;
}

const char *matcher_assignment_status_word(enum sa_assignment_status status)
{
    return bus_fsm_word(&matcher_assignment_fsm, status);
}

/* --- the one way out --- */

/* When every assignment of the case has ended, one joined result leaves. A case
 * with nothing assigned closes only if nothing is undetermined: a missing fact
 * never becomes a silent no. */
static bool may_close(const struct sa_household_state *st, size_t *ret_count)
{
    size_t count = 0;
    if (!st->case_open) {
        return false;
    }
    for (size_t i = 0; i < st->assignments.n; i++) {
        const struct sa_assignment_state *a = &st->assignments.v[i];
        if (a->case_no != st->case_no) {
            continue;
        }
        if (!matcher_assignment_ended(a->status)) {
            return false;
        }
        count++;
    }
    for (size_t i = 0; i < st->verifications.n; i++) {
        if (st->verifications.v[i].open) {
            return false;
        }
    }
    *ret_count = count;
    return count > 0 || st->undetermined == 0;
}

static int fill_outcomes(struct step *s, struct sa_case_event *e, size_t count)
{
    const struct sa_household_state *st = s->state;
    struct sa_case_outcome *v = bus_arena_calloc(s->mem, count + 1, sizeof(*v));
    if (v == NULL) {
        return matcher_step_no_memory(s);
    }
    size_t n = 0;
    for (size_t i = 0; i < st->assignments.n; i++) {
        const struct sa_assignment_state *a = &st->assignments.v[i];
        if (a->case_no == st->case_no) {
            v[n++] = (struct sa_case_outcome){
                .assignment_id = a->assignment_id,
                .item = a->item,
                .department = a->department,
                .status = bus_strv(matcher_assignment_status_word(a->status)),
                .has_amount_fen = a->has_amount_fen,
                .amount_fen = a->amount_fen,
            };
        }
    }
    e->outcomes.v = v;
    e->outcomes.n = n;
    return BUS_OK;
}

int matcher_close_if_ended(struct step *s)
{
    size_t count = 0;
    if (!may_close(s->state, &count)) {
        return BUS_OK;
    }
    struct sa_case_event *e = matcher_step_case_event(
        s, SA_CASE_EVENT_KIND_CLOSED, &s->state->case_id);
    if (e == NULL) {
        return matcher_step_no_memory(s);
    }
    if (count == 0) {
        e->has_note = true;
        e->note = BUS_STRV("NOTHING_TO_ASSIGN");
    }
    int rc = fill_outcomes(s, e, count);
    rc = rc == BUS_OK ? matcher_step_emit_case(s, e, (struct bus_strv){0}) : rc;
    if (rc == BUS_OK) {
        s->state->case_open = false;
        s->out->changed = true;
    }
    return rc;
}

/* --- awards --- */

/* What an assignment has come to stays in the household's state beyond its
 * case, so that nobody gets the same twice.
 *
 * - decided                  pending: of whom, how often, from when, until when
 * - dispatch has answered    live; what the item grants is a fact from now on
 * - refused by dispatch      none
 * - ended by its owner, or its last day is over    what it granted no longer is
 *
 * An item with a live award is not assigned again: people are told once a case
 * that it is there (AWARD_LIVE), that the rule comes to another amount
 * (AWARD_CHANGE) or is no longer met (AWARD_NOT_MET), and they decide. */

static int32_t months_on(int32_t day, int64_t months)
{
    int64_t year = 0;
    unsigned month = 0, dom = 0;
    bus_civil_from_days(day, &year, &month, &dom);
    BUS_CHECK(months > 0);
    int64_t m = year * 12 + month - 1 + months;
    return (int32_t)(bus_days_from_civil(m / 12, (unsigned)(m % 12) + 1, 1) +
                     dom - 1);
}

/* A term is of the two halves of a school year: from August, from February. */
static int32_t term_end(int32_t day)
{
    int64_t year = 0;
    unsigned month = 0, dom = 0;
    bus_civil_from_days(day, &year, &month, &dom);
    bool spring = month >= 2 && month < 8;
    year += month >= 8;
    return (int32_t)bus_days_from_civil(year, spring ? 8 : 2, 1) - 1;
}

/* The last day; 0: until somebody ends it. What is given once is over with the
 * day it is given. */
static int32_t award_last_day(const struct bus_policy_item *item, int32_t from)
{
    switch (item->per_year) {
    case 12:
    case 4:
        return item->grants_months > 0
                   ? months_on(from, item->grants_months) - 1
                   : 0;
    case 2:
        return term_end(from);
    case 1:
        return months_on(from, 12) - 1;
    default:
        break;
    }
    return item->grants_months > 0 ? months_on(from, item->grants_months) - 1
           : item->status          ? 0
                                   : from;
}

static bool granted(enum sa_assignment_status status)
{
    return status == SA_ASSIGNMENT_STATUS_DISPATCHED ||
           status == SA_ASSIGNMENT_STATUS_ENDED_DELIVERED ||
           status == SA_ASSIGNMENT_STATUS_ENDED_SERVICE;
}

/* Of a state from before there were awards: by what it says, counted from the
 * day on which it was to be decided at the latest. */
static void of_before(struct sa_assignment_state *a,
                      const struct bus_policy_item *item)
{
    if (a->has_award || !granted(a->status)) {
        return;
    }
    a->has_award = true;
    a->award = (struct sa_award){.state = SA_AWARD_STATE_LIVE,
                                 .from = a->due,
                                 .until = award_last_day(item, a->due)};
}

static bool award_live(const struct sa_award *w, int32_t today)
{
    return w->state == SA_AWARD_STATE_LIVE &&
           (w->until == 0 || today <= w->until);
}

/* --- of whom --- */

static int award_people(struct step *s,
                        const struct sa_assignment_state *a,
                        struct sa_award *w)
{
    const struct bus_policy_catalogue *c = s->rules->catalogue;
    const struct sa_household_state *st = s->state;
    int at = bus_policy_item_find(c, a->item);
    if (at < 0 || !bus_policy_item_is_members(c, (size_t)at, s->today)) {
        return BUS_OK;
    }
    struct bus_policy_household h;
    uint64_t mask = 0;
    BUS_TRY(matcher_number_facts(s));
    struct bus_role_household_members members = {st->members.v, st->members.n};
    BUS_TRY(bus_role_household_of(c, &members, st->facts.v, s->facts.ids,
                                  st->facts.n, s->mem, &h, s->err));
    BUS_TRY(
        bus_policy_beneficiaries(c, &h, s->today, at, s->mem, &mask, s->err));
    struct bus_id *list =
        bus_arena_calloc(s->mem, st->members.n + 1, sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    w->members.v = list;
    for (size_t i = 0; i < st->members.n && i < 64; i++) {
        if (mask & UINT64_C(1) << i) {
            list[w->members.n++] = st->members.v[i].person_id;
        }
    }
    return BUS_OK;
}

int matcher_award_decide(struct step *s,
                         struct sa_assignment_state *a,
                         const struct sa_decision *d,
                         const struct bus_policy_item *item)
{
    BUS_CHECK(a->status == SA_ASSIGNMENT_STATUS_CONFIRMED);
    struct sa_award w = {.state = SA_AWARD_STATE_PENDING,
                         .period = d->period,
                         .from = s->today,
                         .until = award_last_day(item, s->today)};
    BUS_TRY(award_people(s, a, &w));
    a->has_award = true;
    a->award = w;
    return BUS_OK;
}

/* --- what it makes true --- */

static struct sa_fact award_fact(const struct bus_policy_item *item,
                                 int32_t day)
{
    struct sa_fact f = {.name = item->grants_fact,
                        .as_of = day,
                        .source = MATCHER_DECIDED,
                        .verified = true};
    int64_t number = 0;
    if (bus_strv_is(item->grants_value, "true") ||
        bus_strv_is(item->grants_value, "false")) {
        f.value.branch = SA_FACT_VALUE_BOOLEAN;
        f.value.u.boolean_value = item->grants_value.n == 4;
    } else if (bus_strv_to_i64(item->grants_value, &number)) {
        f.value.branch = SA_FACT_VALUE_LONG;
        f.value.u.long_value = number;
    } else {
        f.value.branch = SA_FACT_VALUE_STRING;
        f.value.u.string_value = item->grants_value;
    }
    return f;
}

/* One fact of the household, or one of each of its people. */
static int make_true(struct step *s,
                     const struct sa_award *w,
                     const struct sa_fact *of,
                     bool *ret_changed)
{
    BUS_CHECK(of->name.n > 0);
    bool of_member = of->name.n > 7 && memcmp(of->name.p, "member.", 7) == 0;
    size_t n = of_member ? w->members.n : 1;
    struct sa_fact *list = bus_arena_calloc(s->mem, n + 1, sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = *of;
        list[i].has_member = of_member;
        if (of_member) {
            list[i].member = w->members.v[i];
        }
    }
    return n > 0 ? matcher_fold_facts(s, list, n, ret_changed) : BUS_OK;
}

int matcher_award_stand(struct step *s,
                        struct sa_assignment_state *a,
                        bool *ret_changed)
{
    BUS_CHECK(granted(a->status));
    struct bus_policy_item item;
    int at = bus_policy_item_find(s->rules->catalogue, a->item);
    if (a->has_award) {
        a->award.state = SA_AWARD_STATE_LIVE;
    }
    if (at < 0 || !a->has_award ||
        !bus_policy_item_at(s->rules->catalogue, (size_t)at, s->today, &item) ||
        item.grants_fact.n == 0) {
        return BUS_OK;
    }
    struct sa_fact f = award_fact(&item, s->today);
    return make_true(s, &a->award, &f, ret_changed);
}

void matcher_award_end(struct step *s, struct sa_assignment_state *a)
{
    if (a->has_award && a->award.state == SA_AWARD_STATE_LIVE) {
        a->award.until = s->today - 1;
    } else {
        a->has_award = false;
    }
}

/* --- what is over --- */

static bool said_by_it(const struct step *s,
                       const struct sa_fact *of,
                       const struct sa_award *w)
{
    for (size_t i = 0; i < s->state->facts.n; i++) {
        const struct sa_fact *f = &s->state->facts.v[i];
        if (!bus_strv_eq(f->name, of->name) ||
            !bus_strv_eq(f->source, MATCHER_DECIDED) ||
            f->value.branch != of->value.branch) {
            continue;
        }
        bool his = !f->has_member;
        for (size_t k = 0; f->has_member && k < w->members.n; k++) {
            his |= bus_id_eq(&f->member, &w->members.v[k]);
        }
        bool same =
            of->value.branch == SA_FACT_VALUE_STRING
                ? bus_strv_eq(f->value.u.string_value, of->value.u.string_value)
                : f->value.u.long_value == of->value.u.long_value;
        if (his && (same || of->value.branch == SA_FACT_VALUE_BOOLEAN)) {
            return true;
        }
    }
    return false;
}

/* Nobody has said otherwise since: it is known that it no longer is. */
static int make_over(struct step *s,
                     const struct sa_award *w,
                     const struct bus_policy_item *item)
{
    BUS_CHECK(w->until != 0);
    bool ignored = false;
    struct sa_fact f = award_fact(item, w->until + 1);
    if (item->grants_fact.n == 0) {
        return BUS_OK;
    }
    BUS_TRY(matcher_step_whole(s));
    if (!said_by_it(s, &f, w)) {
        return BUS_OK;
    }
    if (f.value.branch == SA_FACT_VALUE_BOOLEAN) {
        f.value.u.boolean_value = !f.value.u.boolean_value;
    } else if (f.value.branch == SA_FACT_VALUE_STRING) {
        f.value.u.string_value = BUS_STRV("none");
    } else {
        f.value.branch = SA_FACT_VALUE_NULL;
    }
    return make_true(s, w, &f, &ignored);
}

int matcher_awards_judge(struct step *s)
{
    struct sa_household_state *st = s->state;
    for (size_t i = 0; i < st->assignments.n; i++) {
        struct sa_assignment_state *a = &st->assignments.v[i];
        struct bus_policy_item item = {0};
        int at = granted(a->status) || a->has_award
                     ? bus_policy_item_find(s->rules->catalogue, a->item)
                     : -1;
        if (at < 0 || !bus_policy_item_at(s->rules->catalogue, (size_t)at,
                                          s->today, &item)) {
            continue;
        }
        of_before(a, &item);
        if (a->has_award && a->award.state == SA_AWARD_STATE_LIVE &&
            !award_live(&a->award, s->today)) {
            a->award.state = SA_AWARD_STATE_ENDED;
            BUS_TRY(make_over(s, &a->award, &item));
        }
    }
    return BUS_OK;
}

/* --- what is there already --- */

struct sa_assignment_state *matcher_award_of(const struct step *s,
                                             const struct bus_policy_item *item)
{
    struct sa_household_state *st = s->state;
    if (!item->status && item->per_year == 0) {
        return NULL; /* given once: the next time is another */
    }
    for (size_t i = st->assignments.n; i > 0; i--) {
        struct sa_assignment_state *a = &st->assignments.v[i - 1];
        if (bus_strv_eq(a->item, item->code) && a->has_award &&
            award_live(&a->award, s->today)) {
            return a;
        }
    }
    return NULL;
}

int matcher_award_tell(struct step *s,
                       struct sa_assignment_state *a,
                       bool met,
                       const struct sa_item_verdict *judged)
{
    BUS_CHECK(a->has_award);
    int64_t fen = met ? judged->amount_fen : NOT_MET_FEN;
    bool no = !met && judged->verdict == SA_VERDICT_NOT_ELIGIBLE;
    bool told =
        a->award.told_case == s->state->case_no && a->award.told_fen == fen;
    if (told || (!met && !no)) {
        return BUS_OK;
    }
    a->award.told_case = s->state->case_no;
    a->award.told_fen = fen;
    s->out->changed = true;
    bool other = judged->has_amount_fen && a->has_amount_fen &&
                 judged->amount_fen != a->amount_fen;
    char *note = bus_arena_printf(s->mem, "%s %.*s",
                                  no      ? "AWARD_NOT_MET"
                                  : other ? "AWARD_CHANGE"
                                          : "AWARD_LIVE",
                                  BUS_STRV_ARG(a->item));
    return note == NULL
               ? matcher_step_no_memory(s)
               : matcher_step_attention(s, &a->assignment_id, bus_strv(note));
}
