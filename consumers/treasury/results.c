/* A bank's answer into its line, its batch and the books: by the table of
 * answers.c, once. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/ledger/sql/outbox_put.h"
#include "bus/wire/framing.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/batches.h"
#include "consumers/treasury/results.h"
#include "consumers/treasury/sql/answer_put.h"
#include "consumers/treasury/sql/batch_left.h"
#include "consumers/treasury/sql/elsewhere_ask.h"
#include "consumers/treasury/sql/line_move.h"
#include "consumers/treasury/sql/order_event.h"
#include "consumers/treasury/sql/order_find.h"
#include "consumers/treasury/sql/order_move.h"
#include "schemas/payment_result.h"

struct result_order
{
    const char *order, *batch, *line, *bank, *fund, *award, *reference;
    enum treasury_line_state state, line_state;
    int64_t amount_fen;
    bool newest; /* the line's newest order: it moves the line */
    bool owed;
};

static int order_read(struct treasury_books *b,
                      const struct treasury_result *r,
                      struct result_order *ret,
                      bool *ret_there,
                      struct bus_err *err)
{
    struct bus_pg_rows *rows = NULL;
    *ret = (struct result_order){.order = treasury_books_id(b, &r->order_id)};
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_order_find,
                               TREASURY_PARAMS(ret->order), &rows, err));
    *ret_there = bus_pg_count(rows) > 0;
    if (*ret_there) {
        const char **texts[] = {NULL,        NULL,       &ret->reference,
                                &ret->batch, &ret->line, &ret->bank,
                                &ret->fund,  NULL,       NULL,
                                NULL,        &ret->award};
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
            if (texts[i] != NULL) {
                *texts[i] =
                    treasury_books_text(b, bus_strv(bus_pg_value(rows, 0, i)));
            }
        }
        bool known =
            treasury_line_of(bus_strv(bus_pg_value(rows, 0, 0)), &ret->state);
        known &= treasury_line_of(bus_strv(bus_pg_value(rows, 0, 8)),
                                  &ret->line_state);
        BUS_CHECK(known); /* the tables hold it */
        ret->amount_fen = bus_pg_i64(rows, 0, 1);
        ret->newest = strcmp(bus_pg_value(rows, 0, 9), "t") == 0;
        ret->owed = bus_pg_i64(rows, 0, 11) > 0;
    }
    bus_pg_rows_free(rows);
    return BUS_OK;
}

/* Dispatch's: what is paid once. */
static int order_elsewhere(struct treasury_books *b,
                           const char *order,
                           bool *ret,
                           struct bus_err *err)
{
    struct bus_pg_rows *rows = NULL;
    BUS_CHECK(order != NULL);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_elsewhere_ask,
                               TREASURY_PARAMS(order), &rows, err));
    *ret = bus_pg_count(rows) > 0;
    bus_pg_rows_free(rows);
    return BUS_OK;
}

static int result_put(struct treasury_books *b,
                      const struct treasury_result *r,
                      const char *fund,
                      enum treasury_answer_end end,
                      bool *ret_new,
                      struct bus_err *err)
{
    static const char *const outcomes[TREASURY_OUTCOMES] = {
        [TREASURY_SETTLED] = "SETTLED",
        [TREASURY_REJECTED] = "REJECTED",
        [TREASURY_RETURNED] = "RETURNED"};
    struct bus_pg_rows *rows = NULL;
    BUS_CHECK((unsigned)r->outcome < TREASURY_OUTCOMES);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_answer_put,
        TREASURY_PARAMS(treasury_books_id(b, &r->event_id),
                        treasury_books_id(b, &r->order_id),
                        treasury_books_text(b, r->bank), outcomes[r->outcome],
                        treasury_books_number(b, r->amount_fen),
                        treasury_books_text(b, r->reason),
                        treasury_books_day(b, r->value_day),
                        treasury_books_text(b, r->reference),
                        treasury_answer_words[end], fund),
        &rows, err));
    *ret_new = bus_pg_count(rows) > 0;
    bus_pg_rows_free(rows);
    return BUS_OK;
}

/* --- money --- */

static int result_book(struct treasury_books *b,
                       const struct result_order *o,
                       const char *kind,
                       const char *from,
                       const char *to,
                       struct bus_err *err)
{
    BUS_CHECK(o->amount_fen > 0);
    return treasury_books_move(
        b,
        &(struct treasury_move){.kind = kind,
                                .about = o->order,
                                .fund = o->fund,
                                .from = from,
                                .to = to,
                                .batch = o->batch,
                                .line = o->line,
                                .amount_fen = o->amount_fen},
        err);
}

static int result_books(struct treasury_books *b,
                        const struct result_order *o,
                        const struct treasury_answer_effect *e,
                        struct bus_err *err)
{
    BUS_CHECK(e->moves);
    if (e->event == TREASURY_LINE_SETTLE || e->books_settlement) {
        BUS_TRY(result_book(b, o, "settle", "transit", "paid", err));
    }
    if (e->event == TREASURY_LINE_REJECT) {
        BUS_TRY(result_book(b, o, "reject", "transit", "free", err));
    }
    return e->event == TREASURY_LINE_RETURN
               ? result_book(b, o, "return", "paid", "free", err)
               : BUS_OK;
}

/* --- where it stands --- */

static int result_move(struct treasury_books *b,
                       const struct treasury_result *r,
                       const struct result_order *o,
                       const struct treasury_answer_effect *e,
                       struct bus_err *err)
{
    enum treasury_line_state to = o->state;
    struct bus_pg_rows *rows = NULL;
    bus_fsm_move(&treasury_line_fsm, &to, e->event, o->order);
    const char *word = bus_fsm_word(&treasury_line_fsm, to);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_order_move,
        TREASURY_PARAMS(o->order, word, treasury_books_text(b, r->reference)),
        NULL, err));
    if (o->newest && bus_fsm_can(&treasury_line_fsm, o->line_state, e->event)) {
        BUS_TRY(treasury_books_ask(
            b, consumers_treasury_sql_line_move,
            TREASURY_PARAMS(o->line, word, treasury_books_text(b, r->reason)),
            NULL, err));
    }
    BUS_TRY(result_books(b, o, e, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_batch_left,
                               TREASURY_PARAMS(o->batch), &rows, err));
    bool all = bus_pg_i64(rows, 0, 0) == 0;
    bus_pg_rows_free(rows);
    return treasury_batch_answered(b, o->batch, all, err);
}

/* MD07: the payee is said to be dead. Nothing more leaves until people have
 * looked; what the bank says is no death certificate. */
static int result_reason(struct treasury_books *b,
                         const struct treasury_result *r,
                         const struct result_order *o,
                         struct bus_err *err)
{
    BUS_CHECK(o->award != NULL);
    const struct treasury_reason *why = treasury_reason_of(r->reason);
    if (r->reason.n == 0 || why->next != TREASURY_NEXT_DEATH) {
        return BUS_OK;
    }
    return treasury_award_stop(b,
                               &(struct treasury_stop){.award = o->award,
                                                       .state = "waiting",
                                                       .reason = why->code,
                                                       .last_day = r->value_day,
                                                       .all = true},
                               err);
}

/* A number that was not named contradicts nobody: a file of statuses names
 * none, the notice of the booking that follows does. */
static bool result_same(struct bus_strv said, const char *before)
{
    BUS_CHECK(before != NULL);
    return said.n == 0 || before[0] == '\0' || bus_strv_is(said, before);
}

int treasury_result_take(struct treasury_books *b,
                         const struct treasury_result *r,
                         const char **ret,
                         struct bus_err *err)
{
    struct result_order o;
    bool there = false, is_new = false;
    struct treasury_answer_effect e = {.end = TREASURY_UNKNOWN_ORDER};
    *ret = "";
    BUS_TRY(order_read(b, r, &o, &there, err));
    if (!there) {
        bool elsewhere = false;
        BUS_TRY(order_elsewhere(b, o.order, &elsewhere, err));
        if (elsewhere) {
            return BUS_OK;
        }
    }
    if (there) {
        e = treasury_answer_judge(&(struct treasury_answer){
            .order = o.state,
            .outcome = (enum treasury_answer_outcome)r->outcome,
            .same_bank = bus_strv_is(r->bank, o.bank),
            .same_reference = result_same(r->reference, o.reference),
            .ordered_fen = o.amount_fen,
            .amount_fen = r->amount_fen});
    }
    BUS_TRY(result_put(b, r, there ? o.fund : NULL, e.end, &is_new, err));
    if (!is_new) {
        return BUS_OK;
    }
    *ret = treasury_answer_words[e.end];
    if (!e.moves) {
        return BUS_OK;
    }
    BUS_TRY(result_move(b, r, &o, &e, err));
    return result_reason(b, r, &o, err);
}

/* --- the matcher hears --- */

static enum sa_payment_outcome told_outcome(int outcome)
{
    return outcome == TREASURY_SETTLED    ? SA_PAYMENT_OUTCOME_SETTLED
           : outcome == TREASURY_REJECTED ? SA_PAYMENT_OUTCOME_REJECTED
                                          : SA_PAYMENT_OUTCOME_RETURNED;
}

int treasury_result_say(const struct bus_config *c,
                        struct treasury_books *b,
                        const struct treasury_result *r,
                        const struct treasury_result_of *of,
                        struct bus_arena *mem,
                        struct bus_err *err)
{
    struct bus_strv framed;
    struct sa_payment_result p = {.event_id = r->event_id,
                                  .household_id = of->household,
                                  .case_id = of->case_id,
                                  .occurred_at = bus_clock_system.wall_ms(NULL),
                                  .order_id = r->order_id,
                                  .outcome = told_outcome(r->outcome),
                                  .amount_fen = r->amount_fen,
                                  .has_reason_code = r->reason.n > 0,
                                  .reason_code = r->reason,
                                  .value_date = r->value_day,
                                  .bank_reference = r->reference};
    BUS_CHECK(r->bank.n > 0 && !bus_id_is_nil(&of->household));
    BUS_TRY(
        bus_wire_encode_framed(&sa_payment_result_type, &p, mem, &framed, err));
    const char *topic = bus_conf_topic(c, mem, "payment-results",
                                       treasury_books_text(b, r->bank));
    if (topic == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a result of the treasury");
    }
    const char *household = treasury_books_id(b, &of->household);
    return treasury_books_ask(
        b, bus_ledger_sql_outbox_put,
        TREASURY_PARAMS(
            topic, household, treasury_books_bytes(b, framed),
            treasury_books_id(b, &r->event_id), "sa.payment_result.v1",
            household, treasury_books_id(b, &of->case_id),
            treasury_books_id(b, &of->cause), TREASURY_ITSELF, NULL),
        NULL, err);
}

int treasury_result_tell(const struct bus_config *c,
                         struct treasury_books *b,
                         const struct treasury_result *r,
                         struct bus_arena *mem,
                         struct bus_err *err)
{
    struct bus_pg_rows *rows = NULL;
    struct treasury_result_of of;
    bus_arena_reset(mem);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_order_event,
        TREASURY_PARAMS(treasury_books_id(b, &r->order_id)), &rows, err));
    bool well =
        bus_pg_count(rows) > 0 &&
        bus_id_parse(bus_strv(bus_pg_value(rows, 0, 0)), &of.household) &&
        bus_id_parse(bus_strv(bus_pg_value(rows, 0, 1)), &of.case_id) &&
        bus_id_parse(bus_strv(bus_pg_value(rows, 0, 2)), &of.cause);
    bus_pg_rows_free(rows);
    BUS_CHECK(well); /* it has moved a line */
    return treasury_result_say(c, b, r, &of, mem, err);
}

int treasury_order_amount(struct treasury_books *b,
                          const struct bus_id *order,
                          int64_t *ret_fen,
                          struct bus_err *err)
{
    struct result_order o;
    bool there = false;
    BUS_TRY(order_read(b, &(struct treasury_result){.order_id = *order}, &o,
                       &there, err));
    BUS_CHECK(!there || o.amount_fen > 0);
    *ret_fen = there ? o.amount_fen : 0;
    return BUS_OK;
}
