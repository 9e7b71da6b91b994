/* A bank's answer into its line, its batch and the books: by the table of
 * answers.c, once. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/ledger/sql/outbox_put_many.h"
#include "bus/wire/framing.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/batches.h"
#include "consumers/treasury/results.h"
#include "consumers/treasury/sql/answers_put.h"
#include "consumers/treasury/sql/batch_left.h"
#include "consumers/treasury/sql/lines_move.h"
#include "consumers/treasury/sql/order_amount.h"
#include "consumers/treasury/sql/orders_answered.h"
#include "consumers/treasury/sql/orders_move.h"
#include "schemas/payment_result.h"

#define BANK_BYTES   64
#define TELL_COLUMNS 10
#define RUN_MAX      500 /* answers a question is asked about */

struct result_order
{
    const char *order, *batch, *line, *bank, *fund, *award, *reference;
    enum treasury_line_state state, line_state;
    int64_t amount_fen;
    bool there, elsewhere, known;
    bool newest; /* the line's newest order: it moves the line */
    struct treasury_answer_effect effect;
};

/* Answers of orders that differ, so that none is judged by another. */
struct result_run
{
    const struct treasury_result *list;
    size_t n;
    struct result_order *orders;
    struct treasury_result_end *ends;
    struct bus_pg_columns columns;
};

static bool
order_states(const struct bus_pg_rows *rows, size_t i, struct result_order *ret)
{
    return treasury_line_of(bus_strv(bus_pg_value(rows, i, 3)), &ret->state) &&
           treasury_line_of(bus_strv(bus_pg_value(rows, i, 10)),
                            &ret->line_state);
}

/* A row of orders_answered.sql; its texts are the rows'. */
static void order_read(const struct bus_pg_rows *rows,
                       size_t i,
                       struct result_order *ret,
                       struct treasury_result_of *ret_of)
{
    *ret = (struct result_order){
        .order = bus_pg_value(rows, i, 0),
        .known = strcmp(bus_pg_value(rows, i, 1), "t") == 0,
        .elsewhere = strcmp(bus_pg_value(rows, i, 2), "t") == 0,
        .there = bus_pg_value(rows, i, 3)[0] != '\0',
        .effect = {.end = TREASURY_UNKNOWN_ORDER}};
    if (!ret->there) {
        return;
    }
    bool well = order_states(rows, i, ret);
    ret->amount_fen = bus_pg_i64(rows, i, 4);
    ret->reference = bus_pg_value(rows, i, 5);
    ret->batch = bus_pg_value(rows, i, 6);
    ret->line = bus_pg_value(rows, i, 7);
    ret->bank = bus_pg_value(rows, i, 8);
    ret->fund = bus_pg_value(rows, i, 9);
    ret->newest = strcmp(bus_pg_value(rows, i, 11), "t") == 0;
    ret->award = bus_pg_value(rows, i, 12);
    well &=
        bus_id_parse(bus_strv(bus_pg_value(rows, i, 13)), &ret_of->household);
    well &= bus_id_parse(bus_strv(bus_pg_value(rows, i, 14)), &ret_of->case_id);
    well &= bus_id_parse(bus_strv(bus_pg_value(rows, i, 15)), &ret_of->cause);
    BUS_CHECK(well); /* the tables hold it */
}

static int run_ask(struct treasury_books *b,
                   struct result_run *run,
                   struct bus_pg_rows **ret,
                   struct bus_err *err)
{
    BUS_CHECK(run->n > 0 && run->n <= RUN_MAX);
    for (size_t i = 0; i < run->n; i++) {
        char event[BUS_PG_TEXT_BYTES], order[BUS_PG_TEXT_BYTES];
        bus_pg_columns_add(
            &run->columns,
            BUS_PG_ROW(bus_pg_text_id(&run->list[i].event_id, event),
                       bus_pg_text_id(&run->list[i].order_id, order)));
    }
    return treasury_books_ask_rows(b, consumers_treasury_sql_orders_answered,
                                   &run->columns, 2, ret, err);
}

/* A number that was not named contradicts nobody: a file of statuses names
 * none, the notice of the booking that follows does. */
static bool result_same(struct bus_strv said, const char *before)
{
    BUS_CHECK(before != NULL);
    return said.n == 0 || before[0] == '\0' || bus_strv_is(said, before);
}

/* Is it an answer of an order of ours, or of nobody's, that is new? */
static bool run_counts(const struct result_run *run, size_t i)
{
    const struct result_order *o = &run->orders[i];
    BUS_CHECK(i < run->n);
    return !o->known && (o->there || !o->elsewhere);
}

static void run_judge(struct result_run *run)
{
    for (size_t i = 0; i < run->n; i++) {
        const struct treasury_result *r = &run->list[i];
        struct result_order *o = &run->orders[i];
        if (o->there) {
            o->effect = treasury_answer_judge(&(struct treasury_answer){
                .order = o->state,
                .outcome = (enum treasury_answer_outcome)r->outcome,
                .same_bank = bus_strv_is(r->bank, o->bank),
                .same_reference = result_same(r->reference, o->reference),
                .ordered_fen = o->amount_fen,
                .amount_fen = r->amount_fen});
        }
        o->effect.moves &= run_counts(run, i);
        BUS_CHECK(!o->effect.moves || o->there);
        run->ends[i].end =
            run_counts(run, i) ? treasury_answer_words[o->effect.end] : "";
    }
}

/* Never null in the tables. */
static struct bus_strv result_said(struct bus_strv v)
{
    return v.n > 0 ? v : BUS_STRV("");
}

static int
run_put(struct treasury_books *b, struct result_run *run, struct bus_err *err)
{
    static const char *const outcomes[TREASURY_OUTCOMES] = {
        [TREASURY_SETTLED] = "SETTLED",
        [TREASURY_REJECTED] = "REJECTED",
        [TREASURY_RETURNED] = "RETURNED"};
    for (size_t i = 0; i < run->n; i++) {
        const struct treasury_result *r = &run->list[i];
        const struct result_order *o = &run->orders[i];
        char event[BUS_PG_TEXT_BYTES], amount[BUS_PG_TEXT_BYTES],
            day[BUS_PG_TEXT_BYTES];
        BUS_CHECK((unsigned)r->outcome < TREASURY_OUTCOMES);
        if (!run_counts(run, i)) {
            continue;
        }
        bus_pg_columns_add(
            &run->columns,
            BUS_PG_ROW(
                bus_pg_text_id(&r->event_id, event), bus_strv(o->order),
                r->bank, bus_strv(outcomes[r->outcome]),
                bus_pg_text_number(r->amount_fen, amount),
                result_said(r->reason), bus_pg_text_day(r->value_day, day),
                result_said(r->reference), bus_strv(run->ends[i].end),
                o->there ? bus_strv(o->fund) : (struct bus_strv){NULL, 0}));
    }
    return treasury_books_ask_rows(b, consumers_treasury_sql_answers_put,
                                   &run->columns, 10, NULL, err);
}

/* --- where it stands --- */

static const char *result_word(const struct result_order *o)
{
    enum treasury_line_state to = o->state;
    bus_fsm_move(&treasury_line_fsm, &to, o->effect.event, o->order);
    return bus_fsm_word(&treasury_line_fsm, to);
}

static int
run_move(struct treasury_books *b, struct result_run *run, struct bus_err *err)
{
    for (size_t i = 0; i < run->n; i++) {
        const struct result_order *o = &run->orders[i];
        if (o->effect.moves) {
            bus_pg_columns_add(&run->columns,
                               BUS_PG_ROW(bus_strv(o->order),
                                          bus_strv(result_word(o)),
                                          result_said(run->list[i].reference)));
        }
    }
    BUS_TRY(treasury_books_ask_rows(b, consumers_treasury_sql_orders_move,
                                    &run->columns, 3, NULL, err));
    for (size_t i = 0; i < run->n; i++) {
        const struct result_order *o = &run->orders[i];
        if (o->effect.moves && o->newest &&
            bus_fsm_can(&treasury_line_fsm, o->line_state, o->effect.event)) {
            bus_pg_columns_add(&run->columns,
                               BUS_PG_ROW(bus_strv(o->line),
                                          bus_strv(result_word(o)),
                                          result_said(run->list[i].reason)));
        }
    }
    return treasury_books_ask_rows(b, consumers_treasury_sql_lines_move,
                                   &run->columns, 3, NULL, err);
}

/* --- money --- */

static struct treasury_move result_money(const struct result_order *o,
                                         int32_t day,
                                         const char *kind,
                                         const char *from,
                                         const char *to)
{
    BUS_CHECK(o->amount_fen > 0);
    return (struct treasury_move){.kind = kind,
                                  .about = o->order,
                                  .fund = o->fund,
                                  .from = from,
                                  .to = to,
                                  .batch = o->batch,
                                  .line = o->line,
                                  .day = day,
                                  .amount_fen = o->amount_fen};
}

static int
run_book(struct treasury_books *b, struct result_run *run, struct bus_err *err)
{
    for (size_t i = 0; i < run->n; i++) {
        const struct result_order *o = &run->orders[i];
        const struct treasury_answer_effect *e = &o->effect;
        int32_t day = run->list[i].book_day;
        if (!e->moves) {
            continue;
        }
        if (e->event == TREASURY_LINE_SETTLE || e->books_settlement) {
            struct treasury_move m =
                result_money(o, day, "settle", "transit", "paid");
            treasury_books_add(b, &run->columns, &m);
        }
        if (e->event == TREASURY_LINE_REJECT) {
            struct treasury_move m =
                result_money(o, day, "reject", "transit", "free");
            treasury_books_add(b, &run->columns, &m);
        }
        if (e->event == TREASURY_LINE_RETURN) {
            struct treasury_move m =
                result_money(o, day, "return", "paid", "free");
            treasury_books_add(b, &run->columns, &m);
        }
    }
    return treasury_books_put(b, &run->columns, err);
}

/* MD07: the payee is said to be dead. Nothing more leaves until people have
 * looked; what the bank says is no death certificate. */
static bool result_of_death(const struct treasury_result *r)
{
    return r->reason.n > 0 &&
           treasury_reason_of(r->reason)->next == TREASURY_NEXT_DEATH;
}

static int result_death(struct treasury_books *b,
                        const struct treasury_result *r,
                        const struct result_order *o,
                        struct bus_err *err)
{
    BUS_CHECK(o->award != NULL);
    b->day = r->book_day > 0 ? r->book_day : b->day;
    return treasury_award_stop(
        b,
        &(struct treasury_stop){.award = o->award,
                                .state = "waiting",
                                .reason = treasury_reason_of(r->reason)->code,
                                .last_day = r->value_day,
                                .all = true},
        err);
}

/* --- batches --- */

void treasury_touched_fini(struct treasury_touched *t)
{
    bus_buf_fini(&t->batches);
}

static void touched_add(struct treasury_touched *t, const char *batch)
{
    const char *end = (const char *)t->batches.data + t->batches.len;
    for (size_t at = BUS_ID_TEXT + 1; at <= t->batches.len;
         at += BUS_ID_TEXT + 1) {
        if (strcmp(end - at, batch) == 0) { /* the newest first */
            return;
        }
    }
    BUS_CHECK(strlen(batch) == BUS_ID_TEXT);
    bus_buf_put(&t->batches, batch, BUS_ID_TEXT + 1);
}

int treasury_touched_end(struct treasury_books *b,
                         struct treasury_touched *t,
                         struct bus_err *err)
{
    BUS_CHECK(t->batches.len % (BUS_ID_TEXT + 1) == 0);
    if (t->batches.failed) {
        return bus_fail(err, BUS_ENOMEM, "batches that were answered");
    }
    for (size_t at = 0; at < t->batches.len; at += BUS_ID_TEXT + 1) {
        const char *batch = (const char *)t->batches.data + at;
        struct bus_pg_rows *rows = NULL;
        BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_batch_left,
                                   TREASURY_PARAMS(batch), &rows, err));
        bool all = strcmp(bus_pg_value(rows, 0, 0), "f") == 0;
        bus_pg_rows_free(rows);
        BUS_TRY(treasury_batch_answered(b, batch, all, err));
    }
    return BUS_OK;
}

/* --- the whole --- */

static int run_effect(struct treasury_books *b,
                      struct result_run *run,
                      struct treasury_touched *touched,
                      struct bus_err *err)
{
    BUS_CHECK(touched != NULL);
    run_judge(run);
    BUS_TRY(run_put(b, run, err));
    BUS_TRY(run_move(b, run, err));
    BUS_TRY(run_book(b, run, err));
    for (size_t i = 0; i < run->n; i++) {
        if (!run->orders[i].effect.moves) {
            continue;
        }
        touched_add(touched, run->orders[i].batch);
        if (result_of_death(&run->list[i])) {
            BUS_TRY(result_death(b, &run->list[i], &run->orders[i], err));
        }
    }
    return BUS_OK;
}

static int run_take(struct treasury_books *b,
                    struct result_run *run,
                    struct treasury_touched *touched,
                    struct bus_err *err)
{
    struct bus_pg_rows *rows = NULL;
    BUS_TRY(run_ask(b, run, &rows, err));
    BUS_CHECK(bus_pg_count(rows) == run->n);
    for (size_t i = 0; i < run->n; i++) {
        order_read(rows, i, &run->orders[i], &run->ends[i].of);
    }
    int rc = run_effect(b, run, touched, err);
    bus_pg_rows_free(rows);
    return rc;
}

/* How many can be asked about at once: of an order only one, and none behind
 * one that stops payments. */
static size_t run_length(const struct treasury_result *list, size_t n)
{
    size_t i = 0;
    while (i < n && i < RUN_MAX) {
        for (size_t k = 0; k < i; k++) {
            if (bus_id_eq(&list[k].order_id, &list[i].order_id)) {
                return i;
            }
        }
        if (result_of_death(&list[i++])) {
            break;
        }
    }
    BUS_CHECK(n == 0 || i > 0); /* it comes to an end */
    return i;
}

int treasury_results_take(struct treasury_books *b,
                          const struct treasury_result *list,
                          size_t n,
                          struct treasury_result_end *ret,
                          struct treasury_touched *touched,
                          struct bus_err *err)
{
    struct result_run run = {0};
    int rc = BUS_OK;
    BUS_CHECK(n == 0 || (list != NULL && ret != NULL));
    run.orders = bus_calloc(RUN_MAX, sizeof(*run.orders));
    if (run.orders == NULL) {
        return bus_fail(err, BUS_ENOMEM, "answers of a bank");
    }
    for (size_t at = 0; rc == BUS_OK && at < n; at += run.n) {
        run.list = list + at;
        run.n = run_length(run.list, n - at);
        run.ends = ret + at;
        rc = run_take(b, &run, touched, err);
    }
    bus_pg_columns_fini(&run.columns);
    bus_free(run.orders);
    return rc;
}

int treasury_result_take(struct treasury_books *b,
                         const struct treasury_result *r,
                         struct treasury_result_end *ret,
                         struct bus_err *err)
{
    struct treasury_touched touched = {0};
    int rc = treasury_results_take(b, r, 1, ret, &touched, err);
    if (rc == BUS_OK) {
        rc = treasury_touched_end(b, &touched, err);
    }
    treasury_touched_fini(&touched);
    return rc;
}

/* --- the matcher hears --- */

static enum sa_payment_outcome told_outcome(int outcome)
{
    return outcome == TREASURY_SETTLED    ? SA_PAYMENT_OUTCOME_SETTLED
           : outcome == TREASURY_REJECTED ? SA_PAYMENT_OUTCOME_REJECTED
                                          : SA_PAYMENT_OUTCOME_RETURNED;
}

/* What is said of it: `ret` is in mem. */
static int result_framed(const struct treasury_result *r,
                         const struct treasury_result_of *of,
                         struct bus_arena *mem,
                         struct bus_strv *ret,
                         struct bus_err *err)
{
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
    return bus_wire_encode_framed(&sa_payment_result_type, &p, mem, ret, err);
}

static int tell_add(const struct bus_config *c,
                    struct bus_pg_columns *rows,
                    const struct treasury_result *r,
                    const struct treasury_result_of *of,
                    struct bus_arena *mem,
                    struct bus_err *err)
{
    char bank[BANK_BYTES], event[BUS_PG_TEXT_BYTES],
        household[BUS_PG_TEXT_BYTES], case_id[BUS_PG_TEXT_BYTES],
        cause[BUS_PG_TEXT_BYTES];
    struct bus_strv framed;
    BUS_CHECK(r->bank.n < sizeof(bank));
    BUS_TRY(result_framed(r, of, mem, &framed, err));
    const char *topic = bus_conf_topic(
        c, mem, "payment-results", bus_strv_copy(bank, sizeof(bank), r->bank));
    const char *value = bus_pg_bytea(mem, framed);
    if (topic == NULL || value == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a result of the treasury");
    }
    struct bus_strv of_household = bus_pg_text_id(&of->household, household);
    bus_pg_columns_add(
        rows, BUS_PG_ROW(bus_strv(topic), of_household, bus_strv(value),
                         bus_pg_text_id(&r->event_id, event),
                         BUS_STRV("sa.payment_result.v1"), of_household,
                         bus_pg_text_id(&of->case_id, case_id),
                         bus_pg_text_id(&of->cause, cause),
                         BUS_STRV(TREASURY_ITSELF), (struct bus_strv){0}));
    return BUS_OK;
}

static int tell_put(struct treasury_books *b,
                    struct bus_pg_columns *rows,
                    struct bus_err *err)
{
    return treasury_books_ask_rows(b, bus_ledger_sql_outbox_put_many, rows,
                                   TELL_COLUMNS, NULL, err);
}

int treasury_results_tell(const struct bus_config *c,
                          struct treasury_books *b,
                          const struct treasury_result *list,
                          const struct treasury_result_end *ends,
                          size_t n,
                          struct bus_arena *mem,
                          struct bus_err *err)
{
    struct bus_pg_columns rows = {0};
    int rc = BUS_OK;
    BUS_CHECK(mem != NULL && mem != b->mem);
    for (size_t i = 0; i < n; i++) {
        if (treasury_result_taken(&ends[i])) {
            bus_arena_reset(mem);
            BUS_TRY_GOTO(
                rc, tell_add(c, &rows, &list[i], &ends[i].of, mem, err), done);
        }
    }
    rc = tell_put(b, &rows, err);
done:
    bus_pg_columns_fini(&rows);
    return rc;
}

int treasury_result_say(const struct bus_config *c,
                        struct treasury_books *b,
                        const struct treasury_result *r,
                        const struct treasury_result_of *of,
                        struct bus_arena *mem,
                        struct bus_err *err)
{
    struct bus_pg_columns one = {0};
    int rc = tell_add(c, &one, r, of, mem, err);
    if (rc == BUS_OK) {
        rc = tell_put(b, &one, err);
    }
    bus_pg_columns_fini(&one);
    return rc;
}

bool treasury_result_taken(const struct treasury_result_end *e)
{
    return strcmp(e->end, treasury_answer_words[TREASURY_TAKEN]) == 0;
}

int treasury_order_amount(struct treasury_books *b,
                          const struct bus_id *order,
                          int64_t *ret_fen,
                          struct bus_err *err)
{
    struct bus_pg_rows *rows = NULL;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_order_amount,
                               TREASURY_PARAMS(treasury_books_id(b, order)),
                               &rows, err));
    *ret_fen = bus_pg_count(rows) > 0 ? bus_pg_i64(rows, 0, 0) : 0;
    bus_pg_rows_free(rows);
    return BUS_OK;
}
