/* The life of an assignment as a table; see parts.h. Delivered is no end for
 * good: a payment may come back days later (ISO 20022 pacs.004). */
#include "consumers/matcher/assignment_fsm.h"

#include "bus/base/check.h"
#include "consumers/matcher/parts.h"

#define AT(s) SA_ASSIGNMENT_STATUS_##s

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
    return count > 0 || st->undetermined == 0 || st->withdrawn;
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
        e->note = s->state->withdrawn ? BUS_STRV("WITHDRAWN_BY_HOUSEHOLD")
                                      : BUS_STRV("NOTHING_TO_ASSIGN");
    }
    BUS_TRY(fill_outcomes(s, e, count));
    BUS_TRY(matcher_step_emit_case(s, e, (struct bus_strv){0}));
    s->state->case_open = false;
    s->out->changed = true;
    return BUS_OK;
}
