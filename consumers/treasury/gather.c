/* What may go into a batch: lines that are due, while nothing of the fund has
 * to be looked at. */
#include <inttypes.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/ids.h"
#include "consumers/treasury/batches.h"
#include "consumers/treasury/sql/batch_lines_due.h"
#include "consumers/treasury/sql/batch_number.h"
#include "consumers/treasury/sql/fund_state.h"

#define BATCH_LINES_MAX 100000 /* the rest waits for the next batch */

int treasury_fund_free(struct treasury_books *b,
                       const char *fund,
                       int64_t *ret_fen,
                       struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_fund_state,
                               TREASURY_PARAMS(fund), &r, err));
    bool there = bus_pg_count(r) > 0;
    const char *why =
        there ? treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 0))) : "";
    *ret_fen = there ? bus_pg_i64(r, 0, 1) : 0;
    int64_t disputed = there ? bus_pg_i64(r, 0, 2) : 0;
    bus_pg_rows_free(r);
    BUS_CHECK(*ret_fen >= 0); /* the tables hold it */
    if (!there) {
        return bus_fail(err, BUS_EUNKNOWN,
                        "fund %s: no award and no budget of it yet / "
                        "该资金尚无救助与预算",
                        fund);
    }
    if (why[0] != '\0') {
        return bus_fail(err, BUS_ESTATE, "fund %s is blocked: %s / 资金已锁定",
                        fund, why);
    }
    return disputed == 0
               ? BUS_OK
               : bus_fail(err, BUS_ESTATE,
                          "fund %s: %" PRId64
                          " answers of banks have to be looked at first "
                          "(lianou treasury answers) / 有银行回执待核实",
                          fund, disputed);
}

/* A line's order: the first of an award is the one that its decision is known
 * by, each later one follows from the line and the attempt. */
static struct bus_id order_of(const struct bus_pg_rows *r, size_t i)
{
    struct bus_id line, assignment, decision;
    bool well = bus_id_parse(bus_strv(bus_pg_value(r, i, 0)), &line);
    well &= bus_id_parse(bus_strv(bus_pg_value(r, i, 3)), &assignment);
    well &= bus_id_parse(bus_strv(bus_pg_value(r, i, 4)), &decision);
    BUS_CHECK(well);
    return strcmp(bus_pg_value(r, i, 5), "t") == 0
               ? bus_wire_line_id("order", &assignment, &decision)
               : bus_wire_payment_id(&line, (int32_t)bus_pg_i64(r, i, 1));
}

static const char *orders_of(struct treasury_books *b,
                             const struct bus_pg_rows *r)
{
    size_t n = bus_pg_count(r), at = 1;
    char *to = bus_arena_alloc(b->mem, n * (BUS_ID_TEXT + 1) + 3);
    if (to == NULL) {
        b->no_memory = true;
        return "{}";
    }
    to[0] = '{';
    for (size_t i = 0; i < n; i++) {
        char text[BUS_ID_TEXT + 1];
        struct bus_id order = order_of(r, i);
        to[at] = ',';
        at += i > 0;
        memcpy(to + at, bus_id_text(&order, text), BUS_ID_TEXT);
        at += BUS_ID_TEXT;
    }
    to[at] = '}';
    to[at + 1] = '\0';
    BUS_CHECK(at + 2 <= n * (BUS_ID_TEXT + 1) + 3);
    return to;
}

static int batch_named(struct treasury_books *b,
                       struct treasury_batch *of,
                       struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_batch_number,
        TREASURY_PARAMS(of->bank, of->fund, treasury_books_day(b, of->pay_day)),
        &r, err));
    of->number = bus_pg_i64(r, 0, 0);
    bus_pg_rows_free(r);
    struct bus_id id = bus_wire_batch_id(bus_strv(of->bank), bus_strv(of->fund),
                                         of->pay_day, (int32_t)of->number);
    of->batch = treasury_books_id(b, &id);
    return BUS_OK;
}

int treasury_batch_gather(struct treasury_books *b,
                          const struct treasury_prepare *p,
                          struct treasury_batch *of,
                          struct treasury_batch_lines *ret,
                          struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    const char *day = treasury_books_day(b, p->pay_day);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_batch_lines_due,
        TREASURY_PARAMS(p->bank, p->fund, day,
                        treasury_books_number(b, BATCH_LINES_MAX)),
        &r, err));
    of->lines = (int64_t)bus_pg_count(r);
    of->total_fen = 0;
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        of->total_fen += bus_pg_i64(r, i, 2);
    }
    ret->lines = treasury_books_ids(b, r);
    ret->orders = orders_of(b, r);
    bus_pg_rows_free(r);
    return of->lines > 0
               ? batch_named(b, of, err)
               : bus_fail(err, BUS_ESTATE,
                          "nothing of fund %s at %s is due by %s and in no "
                          "batch / 该资金在此日期前没有待发明细",
                          p->fund, p->bank, day);
}
