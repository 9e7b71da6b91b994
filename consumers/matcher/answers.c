/* What comes back: decisions, and what dispatch made of them. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/crypt.h"
#include "consumers/matcher/asked.h"
#include "consumers/matcher/award.h"
#include "consumers/matcher/parts.h"

/* --- decisions --- */

static int check_decision(struct step *s,
                          const struct sa_decision *d,
                          const struct sa_assignment_state *a)
{
    BUS_TRY(matcher_assignment_asked(s, a, d->department, &d->decision_id));
    if (s->out->duplicate ||
        (a->has_decision_id && bus_id_eq(&a->decision_id, &d->decision_id))) {
        s->out->duplicate = true;
        return BUS_OK;
    }
    if (a->status == SA_ASSIGNMENT_STATUS_ENDED_WITHDRAWN) {
        return BUS_OK; /* it crossed our withdrawal: nobody's fault */
    }
    if (a->status != SA_ASSIGNMENT_STATUS_ASSIGNED &&
        !matcher_award_lessens(s, a, d)) {
        return matcher_step_reject(
            s, BUS_ESTATE, "ASSIGNMENT_ENDED",
            "the assignment is %s; a correction is a new "
            "decision in a new round",
            matcher_assignment_status_word(a->status));
    }
    bool less = a->status != SA_ASSIGNMENT_STATUS_ASSIGNED;
    bool money = less || d->delivery == SA_DELIVERY_BANK ||
                 d->delivery == SA_DELIVERY_POST_CASH;
    if (d->outcome == SA_DECISION_OUTCOME_CONFIRMED && money &&
        (!d->has_amount_fen || d->amount_fen <= 0)) {
        return matcher_step_reject(
            s, BUS_ERANGE, "DECISION_WITHOUT_AMOUNT",
            "a confirmed decision over money, or that cuts an award, needs "
            "amount_fen above 0");
    }
    if (d->uncovered_fen < 0 || (d->has_amount_fen && d->amount_fen < 0) ||
        d->outcome == SA_DECISION_OUTCOME_UNKNOWN) {
        return matcher_step_reject(
            s, BUS_ERANGE, "DECISION_UNREADABLE",
            "outcome must be CONFIRMED, REFUSED or RETURNED, "
            "amount_fen and uncovered_fen not negative");
    }
    return BUS_OK;
}

/* note: who has the assignment in hand from now on; "" if it has ended, or is
 * confirmed. */
static int tell_dispatch(struct step *s,
                         const struct sa_decision *d,
                         const struct sa_assignment_state *a,
                         const struct bus_policy_item *item,
                         struct bus_strv note)
{
    struct sa_case_event *e = matcher_step_case_event(
        s, SA_CASE_EVENT_KIND_DECISION_ACCEPTED, &d->decision_id);
    if (e == NULL) {
        return matcher_step_no_memory(s);
    }
    e->has_decision = e->has_assignment_id = true;
    e->decision = *d;
    e->assignment_id = a->assignment_id;
    e->has_fund = item->fund.n > 0;
    e->fund = item->fund;
    e->has_note = note.n > 0;
    e->note = note;
    bool pays = d->outcome == SA_DECISION_OUTCOME_CONFIRMED;
    if (pays && a->has_award) {
        e->beneficiaries.v = a->award.members.v;
        e->beneficiaries.n = a->award.members.n;
    }
    return matcher_step_emit(
        s, &(struct matcher_output){.topic = MATCHER_OUT_CASES,
                                    .record = e,
                                    .event_id = e->event_id,
                                    .case_id = e->case_id,
                                    .seal_for = pays ? BUS_STRV("dispatch")
                                                     : (struct bus_strv){0},
                                    .account = a});
}

/* "Not ours" ends nothing: the lead department has it from here, and what the
 * lead gives back is its owner's again. */
static int hand_on(struct step *s,
                   const struct sa_decision *d,
                   struct sa_assignment_state *a,
                   const struct bus_policy_item *item)
{
    struct bus_strv owner =
        item->department.n > 0 ? item->department : a->department;
    struct bus_strv lead = s->rules->lead;
    bool ours = lead.n == 0 || bus_strv_eq(owner, lead);
    bool back = !ours && bus_strv_eq(a->department, lead);
    a->department = ours || back ? owner : lead;
    matcher_assignment_move(a, MOVE_RETURN);
    char *note =
        bus_arena_printf(s->mem, "HELD_BY %.*s", BUS_STRV_ARG(a->department));
    if (note == NULL) {
        return matcher_step_no_memory(s);
    }
    BUS_TRY(tell_dispatch(s, d, a, item, bus_strv(note)));
    return matcher_assignment_return(s, a,
                                     ours   ? BUS_STRV("STILL_YOURS")
                                     : back ? BUS_STRV("YOURS")
                                            : BUS_STRV("NOT_OURS"));
}

/* Less of an award that stands, or none of it, of an assignment that is in
 * nobody's hands; why: it does not hold. */
static int decide_less(struct step *s,
                       const struct sa_decision *d,
                       struct sa_assignment_state *a,
                       struct bus_strv why)
{
    bool stop = d->outcome == SA_DECISION_OUTCOME_REFUSED;
    if (why.n > 0) {
        return matcher_step_reject(s, BUS_EDENIED, matcher_reason_code(why),
                                   "an award is cut or stopped by what holds: "
                                   "%.*s; nothing is changed",
                                   BUS_STRV_ARG(why));
    }
    s->out->changed = true;
    BUS_TRY(matcher_answer_note(s, a, &d->decision_id));
    BUS_TRY(matcher_award_lessen(s, a, d));
    return stop && a->award.state == SA_AWARD_STATE_ENDED
               ? matcher_match_household(s)
               : BUS_OK;
}

int matcher_on_decision(struct step *s)
{
    const struct sa_decision *d = s->event->record;
    struct sa_assignment_state *a =
        matcher_assignment_find(s->state, &d->assignment_id);
    int rc = check_decision(s, d, a);
    if (rc != BUS_OK || s->out->duplicate) {
        return rc;
    }
    if (a->status == SA_ASSIGNMENT_STATUS_ENDED_WITHDRAWN) {
        a->has_decision_id = true;
        a->decision_id = d->decision_id;
        return matcher_step_folded(s, &d->decision_id,
                                   BUS_STRV("DECISION_CROSSED_WITHDRAWAL"));
    }
    struct bus_strv why = {0};
    rc = matcher_decision_held(s, d, a, &why);
    if (rc != BUS_OK) {
        return rc;
    }
    struct bus_policy_item item = {0};
    int at = bus_policy_item_find(s->rules->catalogue, a->item);
    if (at >= 0) {
        (void)bus_policy_item_at(s->rules->catalogue, (size_t)at, s->today,
                                 &item);
    }
    bool yes = d->outcome == SA_DECISION_OUTCOME_CONFIRMED;
    bool lent =
        item.department.n > 0 && !bus_strv_eq(item.department, a->department);
    if (why.n == 0 && yes && lent) {
        why = BUS_STRV("NOT_ITS_OWNER");
    }
    if (a->status != SA_ASSIGNMENT_STATUS_ASSIGNED) {
        return decide_less(s, d, a, why);
    }
    if (why.n > 0) {
        /* Its id is not noted: whoever it was, the real one may follow. */
        return matcher_give_back(s, a, &d->decision_id, why);
    }
    a->has_decision_id = true;
    a->decision_id = d->decision_id;
    s->out->changed = true;
    BUS_TRY(matcher_answer_note(s, a, &d->decision_id));
    if (d->outcome == SA_DECISION_OUTCOME_RETURNED) {
        return hand_on(s, d, a, &item);
    }
    matcher_assignment_move(a, yes    ? MOVE_ACCEPT
                               : lent ? MOVE_END
                                      : MOVE_REFUSE);
    if (d->has_amount_fen) {
        a->has_amount_fen = true;
        a->amount_fen = d->amount_fen;
    }
    if (yes) {
        BUS_TRY(matcher_award_decide(s, a, d, &item));
    } else {
        matcher_award_end(s, a);
        matcher_award_unheard(a);
    }
    BUS_TRY(tell_dispatch(s, d, a, &item, (struct bus_strv){0}));
    return matcher_close_if_ended(s);
}

/* --- dispatch --- */

/* To whom it was offered; one need, offered to several charities. */
static int
offer_need(struct step *s, struct sa_need_state *need, struct bus_strv charity)
{
    size_t n = need->partners.n;
    for (size_t i = 0; i < n; i++) {
        if (bus_strv_eq(need->partners.v[i], charity)) {
            return BUS_OK;
        }
    }
    struct bus_strv *list = bus_arena_alloc(s->mem, (n + 1) * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    if (n > 0) {
        memcpy(list, need->partners.v, n * sizeof(*list));
    }
    list[n] = charity;
    need->partners.v = list;
    need->partners.n = n + 1;
    return BUS_OK;
}

static int note_need(struct step *s,
                     const struct sa_assignment_state *a,
                     const struct sa_dispatch_line *line,
                     const struct sa_dispatch_result *r)
{
    struct sa_household_state *st = s->state;
    size_t n = st->needs.n;
    for (size_t i = 0; i < n; i++) {
        if (bus_id_eq(&st->needs.v[i].need_id, &line->order_id)) {
            return offer_need(s, &st->needs.v[i], line->partner);
        }
    }
    struct sa_need_state *list =
        bus_arena_alloc(s->mem, (n + 1) * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    if (n > 0) {
        memcpy(list, st->needs.v, n * sizeof(*list));
    }
    list[n] = (struct sa_need_state){
        .need_id = line->order_id,
        .case_id = r->case_id,
        .gap_fen = line->amount_fen,
        .item = a->item,
    };
    st->needs.v = list;
    st->needs.n = n + 1;
    return offer_need(s, &list[n], line->partner);
}

static const struct sa_line_state *line_of(const struct sa_assignment_state *a,
                                           const struct bus_id *order_id)
{
    for (size_t i = 0; i < a->lines.n; i++) {
        if (bus_id_eq(&a->lines.v[i].order_id, order_id)) {
            return &a->lines.v[i];
        }
    }
    return NULL;
}

static bool line_came_back(const struct sa_line_state *line)
{
    return line->status == SA_LINE_STATUS_FAILED ||
           line->status == SA_LINE_STATUS_REVERSED;
}

/* Of those that came back, beyond as many as are kept. */
static size_t lines_too_many(const struct sa_assignment_state *a)
{
    size_t back = 0;
    for (size_t i = 0; i < a->lines.n; i++) {
        back += line_came_back(&a->lines.v[i]);
    }
    return back > MATCHER_LINES_KEPT ? back - MATCHER_LINES_KEPT : 0;
}

/* Beside those of earlier decisions: a bank may still reverse what was done,
 * and say again what it said of one that failed. */
static int note_lines(struct step *s,
                      struct sa_assignment_state *a,
                      const struct sa_dispatch_result *r)
{
    BUS_CHECK(a->has_decision_id &&
              bus_id_eq(&a->decision_id, &r->decision_id));
    struct sa_line_state *list =
        bus_arena_alloc(s->mem, (a->lines.n + r->lines.n + 1) * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    size_t n = 0, fresh = 0, gone = lines_too_many(a);
    for (size_t i = 0; i < a->lines.n; i++) {
        if (gone > 0 && line_came_back(&a->lines.v[i])) {
            gone--; /* the oldest first */
        } else {
            list[n++] = a->lines.v[i];
        }
    }
    for (size_t i = 0; i < r->lines.n; i++) {
        const struct sa_dispatch_line *l = &r->lines.v[i];
        if (l->kind == SA_DISPATCH_KIND_NEED) {
            BUS_TRY(note_need(s, a, l, r));
            continue;
        }
        if (line_of(a, &l->order_id) != NULL) {
            continue; /* dispatch said so before */
        }
        list[n++] = (struct sa_line_state){
            .order_id = l->order_id,
            .kind = l->kind,
            .status = SA_LINE_STATUS_OPEN,
            .partner = l->partner,
            .amount_fen = l->amount_fen,
        };
        fresh++;
    }
    if (fresh > 0) {
        a->lines.v = list;
        a->lines.n = n;
    }
    return BUS_OK;
}

static bool sends_line(const struct sa_dispatch_result *r)
{
    for (size_t i = 0; i < r->lines.n; i++) {
        if (r->lines.v[i].kind != SA_DISPATCH_KIND_NEED) {
            return true;
        }
    }
    return false;
}

int matcher_on_dispatch(struct step *s)
{
    const struct sa_dispatch_result *r = s->event->record;
    struct sa_assignment_state *a =
        matcher_assignment_find(s->state, &r->assignment_id);
    bool current = a != NULL && a->has_decision_id &&
                   bus_id_eq(&a->decision_id, &r->decision_id);
    if (a != NULL && a->has_decision_id && !current && r->lines.n == 0) {
        s->out->duplicate = true; /* another decision has followed since */
        return BUS_OK;
    }
    if (!current) {
        return matcher_step_reject(
            s, BUS_EUNKNOWN, "DECISION_UNKNOWN",
            "dispatch answers a decision this household does "
            "not have");
    }
    bool waiting = a->status == SA_ASSIGNMENT_STATUS_CONFIRMED;
    if (!waiting && !matcher_assignment_ended(a->status)) {
        s->out->duplicate = true;
        return BUS_OK;
    }
    s->out->changed = true;
    if (waiting && r->outcome == SA_DISPATCH_OUTCOME_REFUSED) {
        matcher_assignment_move(a, MOVE_REOPEN);
        matcher_award_end(s, a);
        return matcher_give_back(s, a, &r->decision_id,
                                 r->has_reason ? r->reason
                                               : BUS_STRV("ORDER_REFUSED"));
    }
    int rc = note_lines(s, a, r);
    if (rc != BUS_OK) {
        return rc;
    }
    if (waiting) {
        bool changed = false;
        matcher_assignment_move(a, sends_line(r) ? MOVE_ORDER : MOVE_SERVE);
        BUS_TRY(matcher_award_stand(s, a, &changed));
        BUS_TRY(changed ? matcher_match_household(s) : BUS_OK);
    }
    for (size_t i = 0; rc == BUS_OK && i < r->lines.n; i++) {
        rc = matcher_release_parked(s, &r->lines.v[i].order_id);
    }
    return rc == BUS_OK ? matcher_close_if_ended(s) : rc;
}
