#include "consumers/treasury/orders.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/ledger/sql/outbox_put_many.h"
#include "bus/role/payee.h"
#include "bus/wire/framing.h"
#include "bus/wire/ids.h"
#include "consumers/treasury/results.h"
#include "consumers/treasury/sql/lines_stop.h"
#include "consumers/treasury/sql/orders_unwritten.h"
#include "consumers/treasury/sql/orders_written.h"
#include "consumers/treasury/states.h"
#include "schemas/payment_order.h"

#define MONTH_TEXT 7 /* yyyy-mm */

#define OUTBOX_COLUMNS 10

/* A row of orders_unwritten.sql. */
struct order_row
{
    const char *order, *line, *first_day, *bank, *fund, *item, *period, *batch;
    int64_t amount_fen;
    int32_t pay_day;
    struct bus_id order_id, assignment, decision, household, case_id, event_id;
    struct bus_strv payee_hash, personal;
    bool stopped; /* after it was sent, before it was written */
};

static int order_row(struct treasury_writer *w,
                     const struct bus_pg_rows *r,
                     size_t i,
                     struct order_row *ret,
                     struct bus_err *err)
{
    *ret =
        (struct order_row){.order = bus_pg_value(r, i, 0),
                           .amount_fen = bus_pg_i64(r, i, 1),
                           .line = bus_pg_value(r, i, 2),
                           .pay_day = (int32_t)bus_pg_i64(r, i, 4),
                           .first_day = bus_pg_value(r, i, 5),
                           .bank = bus_pg_value(r, i, 6),
                           .fund = bus_pg_value(r, i, 7),
                           .item = bus_pg_value(r, i, 13),
                           .period = bus_pg_value(r, i, 14),
                           .batch = bus_pg_value(r, i, 17),
                           .stopped = strcmp(bus_pg_value(r, i, 18), "t") == 0};
    ret->payee_hash = treasury_bytes(bus_pg_value(r, i, 15), w->mem);
    ret->personal = treasury_bytes(bus_pg_value(r, i, 16), w->mem);
    const struct
    {
        size_t column;
        struct bus_id *to;
    } ids[] = {{0, &ret->order_id}, {8, &ret->assignment},
               {9, &ret->decision}, {10, &ret->household},
               {11, &ret->case_id}, {12, &ret->event_id}};
    bool well = true;
    for (size_t k = 0; k < sizeof(ids) / sizeof(ids[0]); k++) {
        well &= bus_id_parse(bus_strv(bus_pg_value(r, i, ids[k].column)),
                             ids[k].to);
    }
    BUS_CHECK(well && ret->amount_fen > 0);
    return ret->personal.p != NULL && ret->payee_hash.p != NULL
               ? BUS_OK
               : bus_fail(err, BUS_ETOOBIG, "an order of the treasury");
}

int treasury_order_open(struct treasury_writer *w,
                        const struct treasury_order_payee *o,
                        const struct sa_personal **ret,
                        struct bus_strv *ret_plain,
                        const char **ret_fault,
                        struct bus_err *err)
{
    struct bus_wire_binding was = {"case_event", "personal", &o->event_id};
    struct bus_strv body;
    uint32_t id = 0;
    void *record = NULL;
    *ret_fault = "ACCOUNT_UNREADABLE";
    int rc = bus_wire_open(w->keys, &was, o->personal, w->mem, ret_plain, err);
    if (rc == BUS_ECRYPT) {
        return BUS_OK;
    }
    BUS_TRY(rc);
    BUS_TRY(bus_wire_unframe(*ret_plain, &id, &body, err));
    BUS_TRY(bus_wire_decode_own(&sa_personal_type, body, w->mem, &record, err));
    enum bus_role_payee_is payee = bus_role_payee_is(
        w->keys, &o->household, &o->assignment, record, o->payee_hash);
    bool above = o->amount_fen > w->config->money.order_max_fen;
    *ret_fault = above                             ? "ABOVE_ORDER_MAX"
                 : payee == BUS_ROLE_PAYEE_UNKNOWN ? "ACCOUNT_MISSING"
                 : payee == BUS_ROLE_PAYEE_OTHER   ? "PAYEE_DIFFERS"
                                                   : "";
    BUS_CHECK(*ret_fault != NULL);
    *ret = record;
    return BUS_OK;
}

/* Opened, and sealed for the bank. "": it may leave. */
static int order_payee(struct treasury_writer *w,
                       const struct order_row *o,
                       const struct bus_id *event_id,
                       const char **ret_fault,
                       struct bus_strv *ret_sealed,
                       struct bus_err *err)
{
    struct bus_wire_binding is = {"payment_order", "personal", event_id};
    const struct sa_personal *who = NULL;
    struct bus_strv plain = {0};
    if (o->stopped) {
        *ret_fault = TREASURY_AWARD_STOPPED;
        return BUS_OK;
    }
    BUS_TRY(treasury_order_open(
        w,
        &(struct treasury_order_payee){.household = o->household,
                                       .assignment = o->assignment,
                                       .event_id = o->event_id,
                                       .payee_hash = o->payee_hash,
                                       .personal = o->personal,
                                       .amount_fen = o->amount_fen},
        &who, &plain, ret_fault, err));
    return (*ret_fault)[0] == '\0'
               ? bus_wire_seal(w->keys, bus_strv(o->bank), &is, plain, w->mem,
                               ret_sealed, err)
               : BUS_OK;
}

static enum sa_period order_period(const char *word)
{
    return strcmp(word, "month") == 0     ? SA_PERIOD_MONTHLY
           : strcmp(word, "quarter") == 0 ? SA_PERIOD_QUARTERLY
           : strcmp(word, "once") == 0    ? SA_PERIOD_ONCE
                                          : SA_PERIOD_YEARLY;
}

/* Orders that leave together: what goes into the outbox, and which they are. */
struct orders_rows
{
    struct bus_pg_columns outbox, written;
};

static int order_put_row(struct treasury_writer *w,
                         struct orders_rows *rows,
                         const struct sa_payment_order *p,
                         const struct order_row *o,
                         struct bus_strv framed,
                         struct bus_err *err)
{
    char event[BUS_PG_TEXT_BYTES], household[BUS_PG_TEXT_BYTES],
        case_id[BUS_PG_TEXT_BYTES], cause[BUS_PG_TEXT_BYTES];
    const char *topic =
        bus_conf_topic(w->config, w->mem, "payment-orders", o->bank);
    const char *value = bus_pg_bytea(w->mem, framed);
    if (topic == NULL || value == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "an order of the treasury");
    }
    struct bus_strv of = bus_pg_text_id(&o->household, household);
    BUS_CHECK(framed.n > 0 && !bus_id_is_nil(&o->order_id));
    bus_pg_columns_add(&rows->outbox,
                       BUS_PG_ROW(bus_strv(topic), of, bus_strv(value),
                                  bus_pg_text_id(&p->event_id, event),
                                  BUS_STRV("sa.payment_order.v1"), of,
                                  bus_pg_text_id(&o->case_id, case_id),
                                  bus_pg_text_id(&o->event_id, cause),
                                  BUS_STRV(TREASURY_ITSELF),
                                  (struct bus_strv){0}));
    bus_pg_columns_add(&rows->written, BUS_PG_ROW(bus_strv(o->order)));
    return BUS_OK;
}

static int order_put(struct treasury_writer *w,
                     struct orders_rows *rows,
                     const struct order_row *o,
                     const struct bus_id *event_id,
                     struct bus_strv sealed,
                     struct bus_err *err)
{
    struct sa_payment_order p = {.event_id = *event_id,
                                 .household_id = o->household,
                                 .occurred_at = bus_clock_system.wall_ms(NULL),
                                 .case_id = o->case_id,
                                 .order_id = o->order_id,
                                 .assignment_id = o->assignment,
                                 .decision_id = o->decision,
                                 .item = bus_strv(o->item),
                                 .fund = bus_strv(o->fund),
                                 .amount_fen = o->amount_fen,
                                 .period = order_period(o->period),
                                 .has_from_month = true,
                                 .from_month = {o->first_day, MONTH_TEXT},
                                 .due = o->pay_day,
                                 .has_personal = true,
                                 .personal = sealed};
    struct bus_strv framed;
    BUS_CHECK(strlen(o->first_day) > MONTH_TEXT && sealed.n > 0);
    BUS_TRY(bus_wire_encode_framed(&sa_payment_order_type, &p, w->mem, &framed,
                                   err));
    return order_put_row(w, rows, &p, o, framed, err);
}

int treasury_order_refuse(struct treasury_writer *w,
                          struct treasury_books *b,
                          const struct treasury_order_refused *o,
                          struct bus_err *err)
{
    struct treasury_result_end end;
    BUS_CHECK(o->fault[0] != '\0');
    const struct treasury_result r = {
        .event_id = bus_wire_dispatch_event_id("payment_result", &o->order_id,
                                               bus_strv(o->bank), &o->cause),
        .order_id = o->order_id,
        .bank = bus_strv(o->bank),
        .reason = bus_strv(o->fault),
        .reference = BUS_STRV(TREASURY_ITSELF),
        .outcome = TREASURY_REJECTED,
        .value_day = b->day};
    BUS_TRY(
        treasury_books_act(b,
                           &(struct treasury_act){.act = "refuse",
                                                  .batch = o->batch,
                                                  .line = o->line,
                                                  .fund = o->fund,
                                                  .amount_fen = o->amount_fen,
                                                  .note = o->fault},
                           err));
    BUS_TRY(treasury_result_take(b, &r, &end, err));
    return strcmp(o->fault, TREASURY_AWARD_STOPPED) != 0
               ? treasury_results_tell(w->config, b, &r, &end, 1, w->mem, err)
               : BUS_OK;
}

/* What has stopped since is not paid once more: it stops as the others did. */
static int order_refuse(struct treasury_writer *w,
                        struct treasury_books *b,
                        const struct order_row *o,
                        const char *fault,
                        struct bus_err *err)
{
    BUS_TRY(treasury_order_refuse(
        w, b,
        &(struct treasury_order_refused){.line = o->line,
                                         .batch = o->batch,
                                         .fund = o->fund,
                                         .bank = o->bank,
                                         .fault = fault,
                                         .order_id = o->order_id,
                                         .cause = o->event_id,
                                         .amount_fen = o->amount_fen},
        err));
    const char *lines = bus_arena_printf(b->mem, "{%s}", o->line);
    b->no_memory |= lines == NULL;
    BUS_CHECK(o->line != NULL);
    return strcmp(fault, TREASURY_AWARD_STOPPED) == 0
               ? treasury_books_ask(b, consumers_treasury_sql_lines_stop,
                                    TREASURY_PARAMS(lines, fault), NULL, err)
               : BUS_OK;
}

static int order_write(struct treasury_writer *w,
                       struct treasury_books *b,
                       struct orders_rows *rows,
                       const struct order_row *o,
                       struct bus_err *err)
{
    struct bus_id event_id = bus_wire_dispatch_event_id(
        "payment_order", &o->order_id, bus_strv(o->bank), &o->event_id);
    const char *fault = "";
    struct bus_strv sealed = {0};
    BUS_CHECK(w->keys != NULL);
    BUS_TRY(order_payee(w, o, &event_id, &fault, &sealed, err));
    if (fault[0] != '\0') {
        return order_refuse(w, b, o, fault, err);
    }
    return order_put(w, rows, o, &event_id, sealed, err);
}

static int orders_leave(struct treasury_books *b,
                        struct orders_rows *rows,
                        struct bus_err *err)
{
    BUS_CHECK(rows->outbox.rows == rows->written.rows);
    BUS_TRY(treasury_books_ask_rows(b, bus_ledger_sql_outbox_put_many,
                                    &rows->outbox, OUTBOX_COLUMNS, NULL, err));
    return treasury_books_ask_rows(b, consumers_treasury_sql_orders_written,
                                   &rows->written, 1, NULL, err);
}

int treasury_orders_write(struct treasury_writer *w,
                          struct treasury_books *b,
                          size_t *ret,
                          struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    struct order_row o;
    struct orders_rows rows = {0};
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_orders_unwritten,
        TREASURY_PARAMS(treasury_books_number(b, TREASURY_ORDERS_PAGE)), &r,
        err));
    *ret = bus_pg_count(r);
    int rc = BUS_OK;
    for (size_t i = 0; i < *ret; i++) {
        bus_arena_reset(w->mem);
        BUS_TRY_GOTO(rc, order_row(w, r, i, &o, err), done);
        BUS_TRY_GOTO(rc, order_write(w, b, &rows, &o, err), done);
    }
    rc = orders_leave(b, &rows, err);
done:
    bus_pg_columns_fini(&rows.outbox);
    bus_pg_columns_fini(&rows.written);
    bus_pg_rows_free(r);
    bus_wire_keyring_forget(w->keys);
    return rc;
}
