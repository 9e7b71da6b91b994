/* What an assignment has come to stays in the household's state beyond its
 * case, so that nobody gets the same twice.
 *
 * - decided                  pending: of whom, how often, from when, until when
 * - dispatch has answered    live; what the item grants is a fact from now on
 * - refused by dispatch      none
 * - ended by its owner, or its last day is over    what it granted no longer
 * is; people are told once (AWARD_ENDED). It is over on its day also when
 * nothing else comes of the household: a review of that day looks (review.c)
 *
 * An item with a live award is not assigned again: people are told once a case
 * that it is there (AWARD_LIVE), that the rule comes to another amount
 * (AWARD_CHANGE) or is no longer met (AWARD_NOT_MET), and they decide. Less, or
 * none of it, is decided when its people were told (a notice) and heard by two,
 * or have had their days to be; with the reason in writing (Social Assistance
 * Law 48). */
#include "consumers/matcher/award.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/policy/award_days.h"
#include "bus/policy/review.h"
#include "bus/role/household.h"

#define NOT_MET_FEN (-1)

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
    a->award =
        (struct sa_award){.state = SA_AWARD_STATE_LIVE,
                          .from = a->due,
                          .until = bus_policy_award_last_day(item, a->due)};
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
                         .until = bus_policy_award_last_day(item, s->today),
                         .amount_fen = d->has_amount_fen ? d->amount_fen : 0};
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
        !bus_policy_item_at(s->rules->catalogue, (size_t)at, s->today, &item)) {
        return BUS_OK;
    }
    if (item.grants_fact.n == 0) {
        a->award.state = bus_policy_award_lasts(&item) ? a->award.state
                                                       : SA_AWARD_STATE_ENDED;
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

bool matcher_award_due(const struct sa_assignment_state *a, int32_t day)
{
    return a->has_award && a->award.state == SA_AWARD_STATE_LIVE &&
           !award_live(&a->award, day);
}

bool matcher_awards_due(const struct sa_household_state *st, int32_t day)
{
    BUS_CHECK(st != NULL);
    for (size_t i = 0; i < st->assignments.n; i++) {
        if (matcher_award_due(&st->assignments.v[i], day)) {
            return true;
        }
    }
    return false;
}

static int award_tell_end(struct step *s, const struct sa_assignment_state *a)
{
    BUS_CHECK(a->award.state == SA_AWARD_STATE_ENDED);
    char *note =
        bus_arena_printf(s->mem, "AWARD_ENDED %.*s", BUS_STRV_ARG(a->item));
    return note == NULL
               ? matcher_step_no_memory(s)
               : matcher_step_attention(s, &a->assignment_id, bus_strv(note));
}

int matcher_awards_judge(struct step *s, int32_t day)
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
        if (matcher_award_due(a, day)) {
            a->award.state = SA_AWARD_STATE_ENDED;
            s->out->changed = true;
            BUS_TRY(make_over(s, &a->award, &item));
            BUS_TRY(bus_policy_award_lasts(&item) ? award_tell_end(s, a)
                                                  : BUS_OK);
        }
    }
    return BUS_OK;
}

/* --- what is there already --- */

struct sa_assignment_state *matcher_award_of(const struct step *s,
                                             const struct bus_policy_item *item)
{
    struct sa_household_state *st = s->state;
    if (!bus_policy_award_lasts(item)) {
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

/* --- a cut or a stop --- */

bool matcher_award_stands(const struct step *s,
                          const struct sa_assignment_state *a)
{
    struct bus_policy_item item;
    int at = a->has_award && award_live(&a->award, s->today)
                 ? bus_policy_item_find(s->rules->catalogue, a->item)
                 : -1;
    return at >= 0 &&
           bus_policy_item_at(s->rules->catalogue, (size_t)at, s->today,
                              &item) &&
           bus_policy_award_lasts(&item);
}

static int64_t award_amount(const struct sa_assignment_state *a)
{
    BUS_CHECK(a->has_award);
    return a->award.amount_fen > 0 ? a->award.amount_fen
           : a->has_amount_fen     ? a->amount_fen
                                   : 0;
}

int64_t matcher_award_times(enum sa_period period)
{
    switch (period) {
    case SA_PERIOD_MONTHLY:
        return 12;
    case SA_PERIOD_QUARTERLY:
        return 4;
    case SA_PERIOD_YEARLY: /* and by term: the item's own says which */
    case SA_PERIOD_ONCE:
        break;
    }
    return 1;
}

bool matcher_award_lessens(const struct step *s,
                           const struct sa_assignment_state *a,
                           const struct sa_decision *d)
{
    BUS_CHECK(d != NULL);
    if (!matcher_award_stands(s, a)) {
        return false;
    }
    if (d->outcome != SA_DECISION_OUTCOME_CONFIRMED) {
        return d->outcome == SA_DECISION_OUTCOME_REFUSED;
    }
    int64_t was = matcher_award_times(a->award.period); /* left out: the same */
    int64_t is =
        d->period == SA_PERIOD_ONCE ? was : matcher_award_times(d->period);
    return d->has_amount_fen &&
           (__int128)d->amount_fen * is < (__int128)award_amount(a) * was;
}

void matcher_award_hearing(const struct step *s,
                           const struct sa_assignment_state *a,
                           enum sa_step_kind kind,
                           struct bus_policy_process *ret)
{
    int32_t told = a->award.has_hearing ? a->award.hearing.posted : 0;
    BUS_CHECK(a->has_award && s->rules->deadline != NULL);
    *ret = (struct bus_policy_process){
        .steps = BUS_POLICY_STEP_BIT(BUS_POLICY_STEP_NOTICE) |
                 BUS_POLICY_STEP_BIT(BUS_POLICY_STEP_HEARING),
        .town = ~0u, /* the town is near */
    };
    if (kind == SA_STEP_KIND_NOTICE_EXPIRED && told > 0) {
        ret->notice_days = s->rules->deadline(s->rules->data, told,
                                              s->rules->hearing_days, true) -
                           told;
    }
}

/* The first day without it: today's, or of the month that the decision says,
 * which is this one or a later one that would still have been paid. */
static bool award_stop_day(const struct step *s,
                           const struct sa_award *w,
                           const struct sa_decision *d,
                           int32_t *ret)
{
    char text[BUS_DATE_TEXT + 1];
    int32_t now = 0;
    *ret = s->today;
    if (!d->has_from_month || d->from_month.n == 0) {
        return true;
    }
    (void)bus_date_text(s->today, text);
    bool known = bus_policy_month_first((struct bus_strv){text, 7}, &now);
    BUS_CHECK(known);
    return bus_policy_month_first(d->from_month, ret) && *ret >= now &&
           (w->until == 0 || *ret <= w->until);
}

struct bus_strv matcher_award_heard(const struct step *s,
                                    const struct sa_assignment_state *a,
                                    const struct sa_decision *d)
{
    int32_t day = 0;
    enum sa_process_state state = a->award.has_hearing
                                      ? a->award.hearing.state
                                      : SA_PROCESS_STATE_WAITING;
    BUS_CHECK(a->has_award);
    return state != SA_PROCESS_STATE_HEARD && state != SA_PROCESS_STATE_EXPIRED
               ? BUS_STRV("STEP_MISSING hearing")
           : d->reason.n == 0 ? BUS_STRV("REASON_MISSING")
           : d->outcome == SA_DECISION_OUTCOME_REFUSED &&
                   !award_stop_day(s, &a->award, d, &day)
               ? BUS_STRV("FROM_MONTH")
               : (struct bus_strv){0};
}

/* The next one is heard anew. */
void matcher_award_unheard(struct sa_assignment_state *a)
{
    a->award.has_hearing = false;
    a->award.hearing = (struct sa_assignment_process){0};
}

int matcher_award_lessen(struct step *s,
                         struct sa_assignment_state *a,
                         const struct sa_decision *d)
{
    bool stop = d->outcome == SA_DECISION_OUTCOME_REFUSED;
    const char *note = bus_arena_printf(s->mem, "%s %.*s",
                                        stop ? "AWARD_STOPPED" : "AWARD_CUT",
                                        BUS_STRV_ARG(a->item));
    if (note == NULL) {
        return matcher_step_no_memory(s);
    }
    struct sa_case_event *e = matcher_step_case_event(
        s, SA_CASE_EVENT_KIND_RESULT_FOLDED, &d->decision_id);
    if (e == NULL) {
        return matcher_step_no_memory(s);
    }
    e->has_note = e->has_decision = true; /* the treasury pays by it */
    e->note = bus_strv(note);
    e->decision = *d;
    matcher_award_unheard(a);
    s->out->changed = true;
    BUS_TRY(matcher_step_emit_case(s, e, (struct bus_strv){0}));
    if (!stop) {
        a->award.amount_fen = a->amount_fen = d->amount_fen;
        a->has_amount_fen = true;
        a->award.period =
            d->period == SA_PERIOD_ONCE ? a->award.period : d->period;
        return BUS_OK;
    }
    int32_t day = 0;
    bool held = award_stop_day(s, &a->award, d, &day);
    BUS_CHECK(held && a->award.state == SA_AWARD_STATE_LIVE);
    a->award.until = day - 1;
    return matcher_awards_judge(s, s->today);
}
