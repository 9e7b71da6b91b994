/* The life of an assignment as a table. `lianou fsm` draws it; a test checks
 * that every state is reached and every ended state stays ended but for a
 * payment that comes back (ISO 20022 pacs.004 may follow days later). */
#include <assert.h>

#include "consumers/matcher/parts.h"

#define AT(s) SA_ASSIGNMENT_STATUS_##s

const struct assignment_row matcher_assignment_table[] = {
    {AT(ASSIGNED), MOVE_ACCEPT, AT(CONFIRMED)},
    {AT(ASSIGNED), MOVE_REFUSE, AT(ENDED_REFUSED)},
    {AT(ASSIGNED), MOVE_RETURN, AT(ENDED_RETURNED)},
    {AT(ASSIGNED), MOVE_WITHDRAW, AT(ENDED_WITHDRAWN)},
    {AT(CONFIRMED), MOVE_ORDER, AT(DISPATCHED)},
    {AT(CONFIRMED), MOVE_SERVE, AT(ENDED_SERVICE)},
    {AT(CONFIRMED), MOVE_REOPEN, AT(ASSIGNED)},
    {AT(DISPATCHED), MOVE_DELIVER, AT(ENDED_DELIVERED)},
    {AT(DISPATCHED), MOVE_BACK, AT(ASSIGNED)},
    {AT(DISPATCHED), MOVE_FAIL, AT(ENDED_UNDELIVERED)},
    {AT(ENDED_DELIVERED), MOVE_BACK, AT(ASSIGNED)},
    {AT(ENDED_DELIVERED), MOVE_FAIL, AT(ENDED_UNDELIVERED)},
};
const size_t matcher_assignment_rows =
    sizeof(matcher_assignment_table) / sizeof(matcher_assignment_table[0]);

static const struct assignment_row *
assignment_state_row_of(enum sa_assignment_status from,
                        enum matcher_assignment_move move)
{
    for (size_t i = 0; i < matcher_assignment_rows; i++) {
        if (matcher_assignment_table[i].from == from &&
            matcher_assignment_table[i].move == move) {
            return &matcher_assignment_table[i];
        }
    }
    return NULL;
}

bool matcher_assignment_ended(enum sa_assignment_status status)
{
    return status >= AT(ENDED_DELIVERED);
}

bool matcher_assignment_can(const struct sa_assignment_state *a,
                            enum matcher_assignment_move move)
{
    return assignment_state_row_of(a->status, move) != NULL;
}

void matcher_assignment_move(struct sa_assignment_state *a,
                             enum matcher_assignment_move move)
{
    const struct assignment_row *row = assignment_state_row_of(a->status, move);
    assert(row != NULL);
    a->status = row->to;
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
    static const char *const words[] = {
        [AT(ASSIGNED)] = "ASSIGNED",
        [AT(CONFIRMED)] = "CONFIRMED",
        [AT(DISPATCHED)] = "DISPATCHED",
        [AT(ENDED_DELIVERED)] = "ENDED_DELIVERED",
        [AT(ENDED_UNDELIVERED)] = "ENDED_UNDELIVERED",
        [AT(ENDED_SERVICE)] = "ENDED_SERVICE",
        [AT(ENDED_REFUSED)] = "ENDED_REFUSED",
        [AT(ENDED_RETURNED)] = "ENDED_RETURNED",
        [AT(ENDED_WITHDRAWN)] = "ENDED_WITHDRAWN",
    };
    return words[status];
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
