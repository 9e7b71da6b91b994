/* Another account for what an assignment, or the award it has come to, pays
 * from now on. Where money goes is part of what is decided, so a change of it
 * is held as a decision is:
 *
 * - what: the assignment's own item and case; not ended, or with a live award
 * - who: two people by the register, one who has checked the name and another
 *   who may decide the item, within his limit
 * - the name: the account is the beneficiary's or his guardian's
 * - seal: of that office (or of who approves), over the message's bytes; signed
 *   after the last change that stands
 *
 * What does not hold is a dead letter, and its sender is told. What holds is
 * shown with the assignment (UPDATED) while that is in hand; the next decision
 * repeats the new sum; whoever pays an award that stands period by period gets
 * it with the event. What is ordered already is paid where it was ordered. */
#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "consumers/matcher/asked.h"

static struct bus_strv payee_officer(const struct step *s,
                                     const struct sa_payee_change *c,
                                     const struct sa_assignment_state *a,
                                     const struct sa_actor *who,
                                     enum bus_register_act act)
{
    const struct bus_register_claim claim = {
        .operator_id = who->operator_id,
        .org = who->org_code,
        .act = act,
        .owner = c->department,
        .item = c->item,
        .town = matcher_asked_town(s),
        .amount_fen = a->has_amount_fen ? a->amount_fen : 0,
        .day = bus_china_day(c->signed_at),
    };
    return matcher_register_held(s, &claim);
}

static struct bus_strv payee_people(const struct step *s,
                                    const struct sa_payee_change *c,
                                    const struct sa_assignment_state *a)
{
    BUS_CHECK(s->event->kind == MATCHER_PAYEE);
    if (!c->has_second) {
        return BUS_STRV("SECOND_MISSING");
    }
    if (bus_strv_eq(c->done_by.operator_id, c->second.operator_id)) {
        return BUS_STRV("SAME_PERSON");
    }
    struct bus_strv why =
        payee_officer(s, c, a, &c->done_by, BUS_REGISTER_OPINION);
    return why.n > 0 ? why
                     : payee_officer(s, c, a, &c->second, BUS_REGISTER_DECIDE);
}

static struct bus_strv payee_seal(const struct step *s,
                                  const struct sa_payee_change *c,
                                  const struct sa_assignment_state *a)
{
    const struct matcher_sealing sealing = {
        .department = c->department,
        .operator_id = c->second.operator_id,
        .org = c->second.org_code,
        .item = c->item,
        .signed_at = c->signed_at,
        .has_seal_id = c->has_seal_id,
        .has_seal = c->has_seal,
        .seal_id = c->seal_id,
        .seal = c->seal,
    };
    return matcher_seal_held(s, &sealing, a);
}

static struct bus_strv payee_held(const struct step *s,
                                  const struct sa_payee_change *c,
                                  const struct sa_assignment_state *a)
{
    BUS_CHECK(c != NULL && a != NULL);
    struct bus_strv why = matcher_asked_about(s, c->item, &c->case_id, a);
    if (why.n == 0) {
        why = payee_people(s, c, a);
    }
    if (why.n == 0 && (c->asked_by == SA_PAYEE_ASKER_UNKNOWN ||
                       c->name_check == SA_PAYEE_NAME_CHECK_UNKNOWN)) {
        why = BUS_STRV("PAYEE_UNREADABLE");
    }
    if (why.n == 0 && c->name_check == SA_PAYEE_NAME_CHECK_DIFFERS) {
        why = BUS_STRV("NAME_DIFFERS");
    }
    if (why.n == 0 && (!c->has_personal || c->personal.n == 0)) {
        why = BUS_STRV("PAYEE_MISSING");
    }
    if (why.n == 0) {
        why = payee_seal(s, c, a);
    }
    if (why.n == 0 && c->signed_at <= a->payee_signed_at) {
        why = BUS_STRV("PAYEE_OLDER");
    }
    return why;
}

/* Is anything of it still to be paid, ever? */
static bool payee_open(const struct step *s,
                       const struct sa_assignment_state *a)
{
    bool live = a->has_award && a->award.state != SA_AWARD_STATE_ENDED &&
                (a->award.until == 0 || s->today <= a->award.until);
    return !matcher_assignment_ended(a->status) || live;
}

int matcher_on_payee(struct step *s)
{
    BUS_CHECK(s->event->kind == MATCHER_PAYEE);
    const struct sa_payee_change *c = s->event->record;
    struct sa_assignment_state *a =
        matcher_assignment_find(s->state, &c->assignment_id);
    BUS_TRY(matcher_assignment_asked(s, a, c->department, &c->event_id));
    if (s->out->duplicate) {
        return BUS_OK;
    }
    if (!payee_open(s, a)) {
        return matcher_step_reject(
            s, BUS_ESTATE, "ASSIGNMENT_ENDED",
            "the assignment is %s, and no award of it stands",
            matcher_assignment_status_word(a->status));
    }
    struct bus_strv why = payee_held(s, c, a);
    if (why.n > 0) { /* a word that outlives the event, as all of these */
        return matcher_step_reject(s, BUS_EDENIED, why.p,
                                   "the change of the payee does not hold; "
                                   "nothing is changed, a correction is a new "
                                   "one");
    }
    a->has_payee = a->has_payee_event = true;
    a->payee = c->personal;
    a->payee_event = c->event_id;
    a->payee_signed_at = c->signed_at;
    s->out->changed = true;
    BUS_TRY(matcher_answer_note(s, a, &c->event_id));
    char *note =
        bus_arena_printf(s->mem, "PAYEE_CHANGED %.*s", BUS_STRV_ARG(a->item));
    if (note == NULL) {
        return matcher_step_no_memory(s);
    }
    struct sa_case_event *e =
        matcher_step_attention_event(s, &c->event_id, bus_strv(note));
    if (e == NULL) {
        return matcher_step_no_memory(s);
    }
    e->has_assignment_id = true;
    e->assignment_id = a->assignment_id;
    BUS_TRY(matcher_step_emit(
        s, &(struct matcher_output){.topic = MATCHER_OUT_CASES,
                                    .record = e,
                                    .event_id = e->event_id,
                                    .case_id = e->case_id,
                                    .seal_for = BUS_STRV("dispatch"),
                                    .account = a}));
    return a->status == SA_ASSIGNMENT_STATUS_ASSIGNED
               ? matcher_assignment_show(s, a)
               : BUS_OK;
}
