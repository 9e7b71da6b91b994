/* The lives of a line and of a batch, as tables, and what a bank's answer does
 * to a line: a row for each answer in each state. Pure.
 *
 * An order is a line's one try at one bank. An answer is of an order; it moves
 * the line while that order is the line's newest. */
#ifndef CONSUMERS_TREASURY_STATES_H
#define CONSUMERS_TREASURY_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/fsm.h"
#include "bus/base/strv.h"

enum treasury_line_state {
    TREASURY_LINE_DUE,
    TREASURY_LINE_SENT,
    TREASURY_LINE_SETTLED,
    TREASURY_LINE_REJECTED,
    TREASURY_LINE_RETURNED,
    TREASURY_LINE_REPAID,
    TREASURY_LINE_STOPPED,
    TREASURY_LINE_STATES
};
enum treasury_line_event {
    TREASURY_LINE_SEND,
    TREASURY_LINE_SETTLE,
    TREASURY_LINE_REJECT,
    TREASURY_LINE_RETURN,
    TREASURY_LINE_REPAY,
    TREASURY_LINE_STOP,
    TREASURY_LINE_AGAIN,
    TREASURY_LINE_RESUME
};
extern const struct bus_fsm treasury_line_fsm;

enum treasury_batch_state {
    TREASURY_BATCH_PREPARED,
    TREASURY_BATCH_APPROVED_ONCE,
    TREASURY_BATCH_APPROVED_TWICE,
    TREASURY_BATCH_SENT,
    TREASURY_BATCH_ACKNOWLEDGED,
    TREASURY_BATCH_PART_SETTLED,
    TREASURY_BATCH_SETTLED,
    TREASURY_BATCH_CLOSED,
    TREASURY_BATCH_WITHDRAWN,
    TREASURY_BATCH_STATES
};
enum treasury_batch_event {
    TREASURY_BATCH_APPROVE,
    TREASURY_BATCH_CHANGE,
    TREASURY_BATCH_WITHDRAW,
    TREASURY_BATCH_SEND,
    TREASURY_BATCH_ACKNOWLEDGE,
    TREASURY_BATCH_SETTLE_PART,
    TREASURY_BATCH_SETTLE_ALL,
    TREASURY_BATCH_CLOSE
};
extern const struct bus_fsm treasury_batch_fsm;

/* The state of this word; false: there is none. */
bool treasury_line_of(struct bus_strv word, enum treasury_line_state *ret);
bool treasury_batch_of(struct bus_strv word, enum treasury_batch_state *ret);

/* --- a bank's answer --- */

enum treasury_answer_outcome {
    TREASURY_SETTLED,
    TREASURY_REJECTED,
    TREASURY_RETURNED,
    TREASURY_OUTCOMES
};
enum treasury_answer_end {
    TREASURY_TAKEN,
    TREASURY_DOUBLED,        /* the same again: nothing happens */
    TREASURY_LATE,           /* overtaken by a later one and booked with it */
    TREASURY_BEFORE_ORDER,   /* there is such an order, and it was not sent */
    TREASURY_AMOUNT_DIFFERS, /* from here on people look; nothing moves */
    TREASURY_NOT_YOURS,
    TREASURY_CONTRADICTION,
    TREASURY_UNKNOWN_ORDER,
    TREASURY_ANSWER_ENDS
};
extern const char *const treasury_answer_words[TREASURY_ANSWER_ENDS];

struct treasury_answer
{
    enum treasury_line_state order; /* where the order stands */
    enum treasury_answer_outcome outcome;
    bool same_bank;
    bool same_reference; /* as of the answer that moved it */
    int64_t ordered_fen, amount_fen;
};
struct treasury_answer_effect
{
    enum treasury_answer_end end;
    bool moves;
    enum treasury_line_event event; /* if it moves */
    bool books_settlement; /* a return before the settlement: both are booked */
};
struct treasury_answer_effect
treasury_answer_judge(const struct treasury_answer *a);
/* Is it for people: does the fund's next batch wait until they have looked? */
bool treasury_answer_stops(enum treasury_answer_end end);

/* --- reason codes (ISO 20022 ExternalStatusReason) --- */

enum treasury_next {
    TREASURY_NEXT_ACCOUNT, /* the account is put right, then paid once more */
    TREASURY_NEXT_DEATH,   /* whether the payee lives; the award waits */
    TREASURY_NEXT_LOOK     /* people look */
};
struct treasury_reason
{
    const char *code, *zh, *en;
    enum treasury_next next;
};
/* Of a code nobody knows: NARR's. */
const struct treasury_reason *treasury_reason_of(struct bus_strv code);

#endif
