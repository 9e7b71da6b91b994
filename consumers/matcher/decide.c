/* The entry of the pure core, and the helpers its files share.
 *
 * - an event of a known kind     its handler folds it, evaluates, fans out
 * - an event seen before         out.duplicate, nothing changes
 * - an event that does not fit   BUS_ACT_REJECT with a reason code
 * - over a limit of decide.h     BUS_ETOOBIG, reason LIMIT
 */
#include "consumers/matcher/decide.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/hash.h"
#include "bus/policy/marks.h"
#include "bus/role/household.h"
#include "bus/role/keyed.h"
#include "consumers/matcher/asked.h"
#include "consumers/matcher/award.h"

struct common
{
    const struct bus_id *event_id, *household_id;
    int64_t occurred_at;
};

#define COMMON(type, r)                                         \
    ((struct common){&((const struct type *)(r))->event_id,     \
                     &((const struct type *)(r))->household_id, \
                     ((const struct type *)(r))->occurred_at})

static struct common common_of(const struct matcher_event *e)
{
    switch (e->kind) {
    case MATCHER_APPLICATION:
        return COMMON(sa_application, e->record);
    case MATCHER_FACTS:
        return COMMON(sa_facts_reported, e->record);
    case MATCHER_VERIFICATION:
        return COMMON(sa_verification_result, e->record);
    case MATCHER_DECISION:
        return COMMON(sa_decision, e->record);
    case MATCHER_DISPATCH:
        return COMMON(sa_dispatch_result, e->record);
    case MATCHER_PAYMENT:
        return COMMON(sa_payment_result, e->record);
    case MATCHER_RECEIPT:
        return COMMON(sa_delivery_receipt, e->record);
    case MATCHER_CLAIM:
        return COMMON(sa_claim, e->record);
    case MATCHER_REVIEW:
        return COMMON(sa_review, e->record);
    case MATCHER_MEMBERSHIP:
        return COMMON(sa_membership, e->record);
    case MATCHER_STEP:
        return COMMON(sa_step, e->record);
    case MATCHER_MEMBERS:
        return COMMON(sa_membership_change, e->record);
    case MATCHER_PAYEE:
        return COMMON(sa_payee_change, e->record);
    case MATCHER_REQUEST:
        return COMMON(sa_household_request, e->record);
    case MATCHER_ERASURE:
        return COMMON(sa_erasure, e->record);
    case MATCHER_EVENT_KINDS:
        break;
    }
    BUS_CHECK(!"a kind of event");
    return (struct common){0};
}

static int on_facts(struct step *s)
{
    const struct sa_facts_reported *r = s->event->record;
    bool changed = false, here = true;
    if (!s->event->handed_on && !bus_strv_eq(r->source, s->event->partner)) {
        return matcher_step_reject(s, BUS_EDENIED, "WRONG_TOPIC",
                                   "facts of another source came on that of "
                                   "%.*s",
                                   BUS_STRV_ARG(s->event->partner));
    }
    BUS_TRY(matcher_facts_check(s, r->facts.v, r->facts.n, r->source));
    if (r->has_person) {
        BUS_TRY(matcher_facts_home(s, r, &here));
    }
    if (!here) {
        return BUS_OK;
    }
    BUS_TRY(matcher_fold_facts(s, r->facts.v, r->facts.n, &changed));
    s->out->duplicate = !changed;
    return changed ? matcher_match_household(s) : BUS_OK;
}

static bool fact_asked(const struct sa_verification_state *v,
                       const struct sa_fact *f)
{
    for (size_t i = 0; i < v->facts.n; i++) {
        const struct sa_missing_fact *m = &v->facts.v[i];
        if (bus_strv_eq(m->name, f->name) && m->has_member == f->has_member &&
            (!m->has_member || bus_id_eq(&m->member, &f->member))) {
            return true;
        }
    }
    return false;
}

/* Of what an answer says, to know it again. */
static int32_t verification_said(const struct sa_verification_result *r)
{
    uint64_t h = (uint64_t)r->outcome + 1;
    for (size_t i = 0; i < r->facts.n; i++) {
        const struct sa_fact *f = &r->facts.v[i];
        struct bus_policy_fact v = {.kind = BUS_POLICY_NULL};
        bus_role_fact_value(&v, f);
        int64_t parts[] = {v.kind, v.number, f->as_of, f->has_member};
        h = bus_hash64(f->name.p, f->name.n, h);
        h = bus_hash64(f->member.b, sizeof(f->member.b), h);
        h = bus_hash64(parts, sizeof(parts), h);
        h = bus_hash64(v.text.p, v.text.n, h);
    }
    return matcher_answer_of(h);
}

/* Who was asked, for what. */
static int verification_find(struct step *s,
                             const struct sa_verification_result *r,
                             struct sa_verification_state **ret)
{
    struct sa_verification_state *v = NULL;
    for (size_t i = 0; i < s->state->verifications.n; i++) {
        if (bus_id_eq(&s->state->verifications.v[i].request_id,
                      &r->request_id)) {
            v = &s->state->verifications.v[i];
        }
    }
    if (v == NULL) {
        return matcher_step_reject(
            s, BUS_EUNKNOWN, "REQUEST_UNKNOWN",
            "no verification was asked for under this id");
    }
    if (!bus_strv_eq(v->partner, s->event->partner)) {
        return matcher_step_reject(s, BUS_EDENIED, "WRONG_TOPIC",
                                   "the request was made to %.*s",
                                   BUS_STRV_ARG(v->partner));
    }
    *ret = v;
    if (!v->open && v->facts.n == 0) {
        return BUS_OK; /* withdrawn: what crosses that counts for nothing */
    }
    for (size_t i = 0; i < r->facts.n; i++) {
        if (!fact_asked(v, &r->facts.v[i])) {
            return matcher_step_reject(s, BUS_EDENIED, "FACT_NOT_ASKED",
                                       "the answer has a fact that was not "
                                       "asked");
        }
    }
    return matcher_facts_check(s, r->facts.v, r->facts.n, BUS_STRV("insurer"));
}

static int on_verification(struct step *s)
{
    const struct sa_verification_result *r = s->event->record;
    struct sa_verification_state *v = NULL;
    bool changed = false, answered = false;
    BUS_TRY(verification_find(s, r, &v));
    int32_t said = verification_said(r);
    if (!v->open && (v->answer == 0 || v->answer == said)) {
        s->out->duplicate = true;
        return BUS_OK;
    }
    if (!v->open) {
        return matcher_step_attention(s, &r->request_id,
                                      BUS_STRV("CONTRADICTION"));
    }
    v->open = false;
    v->answer = said;
    s->out->changed = true;
    answered = r->outcome == SA_VERIFICATION_OUTCOME_ANSWERED;
    if (answered) {
        BUS_TRY(matcher_fold_facts(s, r->facts.v, r->facts.n, &changed));
    }
    struct sa_case_event *e = matcher_step_case_event(
        s, SA_CASE_EVENT_KIND_RESULT_FOLDED, &r->request_id);
    if (e == NULL) {
        return matcher_step_no_memory(s);
    }
    e->has_note = true;
    e->note = answered ? BUS_STRV("VERIFIED") : BUS_STRV("NOT_VERIFIED");
    BUS_TRY(matcher_step_emit_case(s, e, (struct bus_strv){0}));
    return changed ? matcher_match_household(s) : matcher_close_if_ended(s);
}

int32_t matcher_judged_on(const struct sa_household_state *st)
{
    return st->judged_on != 0 ? st->judged_on : bus_china_day(st->opened_at);
}

/* First what is over by the broker's time: claims of needs, and what was
 * granted, of whatever case. Then the rules.
 *
 * Idle: the case is closed, another catalogue has taken that one's place, or
 * the household is judged by it already, since the last day on which anything
 * of it began or ended. */
static int on_review(struct step *s)
{
    const struct sa_review *r = s->event->record;
    const struct bus_policy_catalogue *c = s->rules->catalogue;
    bool judged =
        bus_strv_eq(s->state->catalogue_version, r->catalogue_version) &&
        matcher_judged_on(s->state) >= bus_policy_effective_day(c, s->today);
    bool idle =
        !s->state->case_open || judged ||
        !bus_strv_is(r->catalogue_version, bus_policy_catalogue_version(c));
    BUS_TRY(matcher_claims_expire(s));
    if (matcher_awards_due(s->state, matcher_known_day(s))) {
        BUS_TRY(matcher_awards_judge(s, matcher_known_day(s)));
        return matcher_match_household(s);
    }
    s->out->duplicate = idle && !s->out->changed;
    return idle ? BUS_OK : matcher_match_household(s);
}

static int matcher_step_run(struct step *s)
{
    switch (s->event->kind) {
    case MATCHER_APPLICATION:
        return matcher_on_application(s);
    case MATCHER_FACTS:
        return on_facts(s);
    case MATCHER_VERIFICATION:
        return on_verification(s);
    case MATCHER_DECISION:
        return matcher_on_decision(s);
    case MATCHER_DISPATCH:
        return matcher_on_dispatch(s);
    case MATCHER_PAYMENT:
        return matcher_on_payment(s);
    case MATCHER_RECEIPT:
        return matcher_on_receipt(s);
    case MATCHER_CLAIM:
        return matcher_on_claim(s);
    case MATCHER_REVIEW:
        return on_review(s);
    case MATCHER_MEMBERSHIP:
        return matcher_on_membership(s);
    case MATCHER_STEP:
        return matcher_on_step(s);
    case MATCHER_MEMBERS:
        return matcher_on_members(s);
    case MATCHER_PAYEE:
        return matcher_on_payee(s);
    case MATCHER_REQUEST:
        return matcher_on_request(s);
    case MATCHER_ERASURE:
        return matcher_on_erasure(s);
    case MATCHER_EVENT_KINDS:
        break;
    }
    return bus_fail(s->err, BUS_EBUG, "an event of no kind");
}

/* --- when --- */

/* Said by others; what we say ourselves bears the time of what it follows. */
static bool said_by_others(const struct matcher_event *e)
{
    return e->kind != MATCHER_DISPATCH && e->kind != MATCHER_REVIEW &&
           e->kind != MATCHER_MEMBERSHIP && !e->handed_on;
}

/* The rules of what day it is judged by is not the sender's to choose: no day
 * to come, and none before the bound. *ret_clamped: it said an earlier one. */
static int time_held(const struct matcher_rules *rules,
                     const struct matcher_event *e,
                     int64_t said_ms,
                     struct matcher_outputs *out,
                     int64_t *ret_ms,
                     struct bus_err *err)
{
    int64_t late = e->kind == MATCHER_APPLICATION ? rules->application_late_ms
                                                  : rules->late_ms;
    BUS_CHECK(rules->ahead_ms >= 0 && late >= 0);
    *ret_ms = said_ms;
    if (e->arrived_ms <= 0 || !said_by_others(e)) {
        return BUS_OK;
    }
    if (rules->ahead_ms > 0 && said_ms > e->arrived_ms + rules->ahead_ms) {
        out->reason_code = "TIME_AHEAD";
        return bus_fail(err, BUS_ERANGE,
                        "it says that it happened %lld s after it arrived, by "
                        "the broker's clock",
                        (long long)((said_ms - e->arrived_ms) / 1000));
    }
    if (late > 0 && said_ms < e->arrived_ms - late) {
        *ret_ms = e->arrived_ms - late;
    }
    return BUS_OK;
}

static int time_told(struct step *s, int64_t said_ms)
{
    if (s->now_ms == said_ms || !s->state->has_case_id || s->out->duplicate) {
        return BUS_OK;
    }
    BUS_CHECK(s->now_ms > said_ms);
    const char *note = bus_arena_printf(
        s->mem, "TIME_CLAMPED %d",
        (int)(bus_china_day(s->event->arrived_ms) - bus_china_day(said_ms)));
    return note == NULL ? matcher_step_no_memory(s)
                        : matcher_step_attention(s, &s->cause, bus_strv(note));
}

int matcher_decide(const struct matcher_rules *rules,
                   struct sa_household_state *state,
                   const struct matcher_event *event,
                   struct bus_arena *mem,
                   struct matcher_outputs *ret,
                   struct bus_err *err)
{
    BUS_CHECK(rules->catalogue != NULL && event->record != NULL);
    struct common c = common_of(event);
    struct matcher_rules mine = *rules;
    int64_t now_ms = 0;
    *ret = (struct matcher_outputs){0};
    BUS_TRY(time_held(rules, event, c.occurred_at, ret, &now_ms, err));
    if (rules->versions != NULL) {
        mine.catalogue = matcher_catalogue_version_for(rules->versions,
                                                       state->catalogue_version,
                                                       bus_china_day(now_ms))
                             ->catalogue;
    }
    struct step s = {
        .rules = &mine,
        .state = state,
        .event = event,
        .mem = mem,
        .out = ret,
        .err = err,
        .run = matcher_step_run,
        .cause = *c.event_id,
        .now_ms = now_ms,
        .today = bus_china_day(now_ms),
    };
    bool fresh = state->sequence == 0;
    if (fresh && bus_id_is_nil(&state->household_id)) {
        state->household_id = *c.household_id;
    }
    int rc = event->of_need
                 ? BUS_OK
                 : bus_role_keyed_same(&state->household_id, c.household_id,
                                       &ret->reason_code, err);
    if (rc == BUS_OK && fresh && event->kind != MATCHER_APPLICATION &&
        event->kind != MATCHER_FACTS && event->kind != MATCHER_MEMBERSHIP) {
        rc = matcher_step_reject(
            &s, BUS_EUNKNOWN, "HOUSEHOLD_UNKNOWN",
            "nothing is known of this household; a %s cannot be "
            "the first of it",
            matcher_event_record(event->kind));
    }
    BUS_TRY(rc);
    BUS_TRY(matcher_step_run(&s));
    BUS_TRY(time_told(&s, c.occurred_at));
    if (ret->changed) {
        state->sequence++;
    }
    return BUS_OK;
}
