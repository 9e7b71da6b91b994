#include "consumers/treasury/states.h"

#include "bus/base/check.h"

static const struct bus_fsm_state line_states[] = {
    [TREASURY_LINE_DUE] = {"due", "is to be paid, no order has left", false},
    [TREASURY_LINE_SENT] = {"sent", "its order has left", false},
    [TREASURY_LINE_SETTLED] = {"settled", "the bank has paid it", false},
    [TREASURY_LINE_REJECTED] = {"rejected",
                                "the bank has not paid it; its account is "
                                "looked at",
                                false},
    [TREASURY_LINE_RETURNED] = {"returned", "paid, and the money came back",
                                false},
    [TREASURY_LINE_REPAID] = {"repaid", "the payee has given it back", true},
    [TREASURY_LINE_STOPPED] = {"stopped", "is not to be paid", false},
};
static const char *const line_events[] = {
    [TREASURY_LINE_SEND] = "send",     [TREASURY_LINE_SETTLE] = "settle",
    [TREASURY_LINE_REJECT] = "reject", [TREASURY_LINE_RETURN] = "return",
    [TREASURY_LINE_REPAY] = "repay",   [TREASURY_LINE_STOP] = "stop",
    [TREASURY_LINE_AGAIN] = "again",   [TREASURY_LINE_RESUME] = "resume",
};
static const struct bus_fsm_row line_rows[] = {
    {TREASURY_LINE_DUE, TREASURY_LINE_SEND, TREASURY_LINE_SENT,
     "with its batch, approved by two"},
    {TREASURY_LINE_DUE, TREASURY_LINE_STOP, TREASURY_LINE_STOPPED,
     "leaves its batch, whose approvals are void"},
    {TREASURY_LINE_SENT, TREASURY_LINE_SETTLE, TREASURY_LINE_SETTLED, NULL},
    {TREASURY_LINE_SENT, TREASURY_LINE_REJECT, TREASURY_LINE_REJECTED,
     "the money is free again"},
    {TREASURY_LINE_SENT, TREASURY_LINE_RETURN, TREASURY_LINE_RETURNED,
     "before its settlement, which is booked with it"},
    {TREASURY_LINE_SETTLED, TREASURY_LINE_RETURN, TREASURY_LINE_RETURNED,
     "booked back"},
    {TREASURY_LINE_SETTLED, TREASURY_LINE_REPAY, TREASURY_LINE_REPAID,
     "what was claimed back"},
    {TREASURY_LINE_REJECTED, TREASURY_LINE_AGAIN, TREASURY_LINE_DUE,
     "once, under a new order"},
    {TREASURY_LINE_RETURNED, TREASURY_LINE_AGAIN, TREASURY_LINE_DUE,
     "once, under a new order"},
    {TREASURY_LINE_REJECTED, TREASURY_LINE_STOP, TREASURY_LINE_STOPPED, NULL},
    {TREASURY_LINE_RETURNED, TREASURY_LINE_STOP, TREASURY_LINE_STOPPED, NULL},
    {TREASURY_LINE_STOPPED, TREASURY_LINE_RESUME, TREASURY_LINE_DUE,
     "what it was stopped for was not so"},
};
const struct bus_fsm treasury_line_fsm =
    BUS_FSM("treasury.line",
            "What one beneficiary gets of one item for one period.",
            TREASURY_LINE_DUE,
            line_states,
            line_events,
            line_rows);

static const struct bus_fsm_state batch_states[] = {
    [TREASURY_BATCH_PREPARED] = {"prepared", "waits for two who approve",
                                 false},
    [TREASURY_BATCH_APPROVED_ONCE] = {"approved_once", "by one", false},
    [TREASURY_BATCH_APPROVED_TWICE] = {"approved_twice",
                                       "by two, neither of whom prepared it",
                                       false},
    [TREASURY_BATCH_SENT] = {"sent", "its orders have left", false},
    [TREASURY_BATCH_ACKNOWLEDGED] = {"acknowledged", "the bank has it", false},
    [TREASURY_BATCH_PART_SETTLED] = {"part_settled", "some lines are answered",
                                     false},
    [TREASURY_BATCH_SETTLED] = {"settled", "every line is answered", false},
    [TREASURY_BATCH_CLOSED] = {"closed", "reconciled, for good", true},
    [TREASURY_BATCH_WITHDRAWN] = {"withdrawn",
                                  "its lines are due again, nothing left",
                                  true},
};
static const char *const batch_events[] = {
    [TREASURY_BATCH_APPROVE] = "approve",
    [TREASURY_BATCH_CHANGE] = "change",
    [TREASURY_BATCH_WITHDRAW] = "withdraw",
    [TREASURY_BATCH_SEND] = "send",
    [TREASURY_BATCH_ACKNOWLEDGE] = "acknowledge",
    [TREASURY_BATCH_SETTLE_PART] = "settle_part",
    [TREASURY_BATCH_SETTLE_ALL] = "settle_all",
    [TREASURY_BATCH_CLOSE] = "close",
};
static const struct bus_fsm_row batch_rows[] = {
    {TREASURY_BATCH_PREPARED, TREASURY_BATCH_APPROVE,
     TREASURY_BATCH_APPROVED_ONCE, "not by who prepared it"},
    {TREASURY_BATCH_APPROVED_ONCE, TREASURY_BATCH_APPROVE,
     TREASURY_BATCH_APPROVED_TWICE, "by a third person"},
    {TREASURY_BATCH_PREPARED, TREASURY_BATCH_CHANGE, TREASURY_BATCH_PREPARED,
     "a line was stopped"},
    {TREASURY_BATCH_APPROVED_ONCE, TREASURY_BATCH_CHANGE,
     TREASURY_BATCH_PREPARED, "a line was stopped, the approval is void"},
    {TREASURY_BATCH_APPROVED_TWICE, TREASURY_BATCH_CHANGE,
     TREASURY_BATCH_PREPARED, "a line was stopped, the approvals are void"},
    {TREASURY_BATCH_PREPARED, TREASURY_BATCH_WITHDRAW, TREASURY_BATCH_WITHDRAWN,
     NULL},
    {TREASURY_BATCH_APPROVED_ONCE, TREASURY_BATCH_WITHDRAW,
     TREASURY_BATCH_WITHDRAWN, NULL},
    {TREASURY_BATCH_APPROVED_TWICE, TREASURY_BATCH_WITHDRAW,
     TREASURY_BATCH_WITHDRAWN, NULL},
    {TREASURY_BATCH_APPROVED_TWICE, TREASURY_BATCH_SEND, TREASURY_BATCH_SENT,
     "if its lines are those that were approved"},
    {TREASURY_BATCH_SENT, TREASURY_BATCH_ACKNOWLEDGE,
     TREASURY_BATCH_ACKNOWLEDGED, "with the first answer at the latest"},
    {TREASURY_BATCH_ACKNOWLEDGED, TREASURY_BATCH_SETTLE_PART,
     TREASURY_BATCH_PART_SETTLED, NULL},
    {TREASURY_BATCH_ACKNOWLEDGED, TREASURY_BATCH_SETTLE_ALL,
     TREASURY_BATCH_SETTLED, NULL},
    {TREASURY_BATCH_PART_SETTLED, TREASURY_BATCH_SETTLE_PART,
     TREASURY_BATCH_PART_SETTLED, NULL},
    {TREASURY_BATCH_PART_SETTLED, TREASURY_BATCH_SETTLE_ALL,
     TREASURY_BATCH_SETTLED, NULL},
    {TREASURY_BATCH_SETTLED, TREASURY_BATCH_CLOSE, TREASURY_BATCH_CLOSED,
     "no answer of it is in dispute"},
};
const struct bus_fsm treasury_batch_fsm =
    BUS_FSM("treasury.batch",
            "Lines of one bank, fund and pay day that leave together.",
            TREASURY_BATCH_PREPARED,
            batch_states,
            batch_events,
            batch_rows);

static bool
state_find(const struct bus_fsm *machine, struct bus_strv word, unsigned *ret)
{
    BUS_CHECK(ret != NULL);
    for (unsigned i = 0; i < machine->state_count; i++) {
        if (bus_strv_is(word, bus_fsm_word(machine, i))) {
            *ret = i;
            return true;
        }
    }
    return false;
}

bool treasury_line_of(struct bus_strv word, enum treasury_line_state *ret)
{
    unsigned at = 0;
    bool found = state_find(&treasury_line_fsm, word, &at);
    *ret = found ? (enum treasury_line_state)at : *ret;
    return found;
}

bool treasury_batch_of(struct bus_strv word, enum treasury_batch_state *ret)
{
    unsigned at = 0;
    bool found = state_find(&treasury_batch_fsm, word, &at);
    *ret = found ? (enum treasury_batch_state)at : *ret;
    return found;
}
