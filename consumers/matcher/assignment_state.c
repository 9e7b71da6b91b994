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
