/* A fund's money: what is given and taken, and what is carried over from year
 * to year; said by one, booked when another has agreed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "consumers/treasury/officer.h"
#include "consumers/treasury/sql/budget_end.h"
#include "consumers/treasury/sql/budget_find.h"
#include "consumers/treasury/sql/budget_put.h"
#include "consumers/treasury/sql/budget_say.h"
#include "consumers/treasury/sql/fund_put.h"
#include "consumers/treasury/sql/fund_state.h"
#include "consumers/treasury/sql/year_carry.h"
#include "consumers/treasury/sql/year_find.h"
#include "consumers/treasury/statements.h"

/* A budget, or what is carried over from a year, that somebody says; read: one
 * that is open. */
struct budget_said
{
    const char *fund, *why, *by;
    int64_t fen;
    int year; /* 0: a budget */
};

static int budget_put_down(struct treasury_books *b,
                           const struct budget_said *of,
                           const char **ret_budget,
                           struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(of->fen != 0 && of->why != NULL);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_budget_say,
        TREASURY_PARAMS(
            of->fund, treasury_books_number(b, of->fen), of->why, b->who,
            of->year != 0 ? treasury_books_number(b, of->year) : NULL),
        &r, err));
    *ret_budget = treasury_books_number(b, bus_pg_i64(r, 0, 0));
    bus_pg_rows_free(r);
    return treasury_books_act(b,
                              &(struct treasury_act){.act = of->year != 0
                                                                ? "say carry"
                                                                : "say budget",
                                                     .fund = of->fund,
                                                     .amount_fen = of->fen,
                                                     .note = of->why},
                              err);
}

int treasury_budget_say(struct treasury_books *b,
                        const char *fund,
                        int64_t fen,
                        const char *why,
                        const char **ret_budget,
                        struct bus_err *err)
{
    BUS_CHECK(fund != NULL && why != NULL);
    if (fen == 0) {
        return bus_fail(err, BUS_ERANGE, "a budget of 0.00 / 金额不得为零");
    }
    return budget_put_down(
        b, &(struct budget_said){.fund = fund, .fen = fen, .why = why},
        ret_budget, err);
}

/* --- years --- */

/* What of a year is to be carried over. */
static int year_remains(struct treasury_books *b,
                        const char *fund,
                        int year,
                        int64_t *ret,
                        struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    char lines[96];
    BUS_TRY(treasury_fund_agrees(b, fund, err));
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_year_find,
        TREASURY_PARAMS(fund, treasury_books_number(b, year)), &r, err));
    BUS_CHECK(bus_pg_count(r) == 1);
    *ret = bus_pg_i64(r, 0, 0);
    int64_t before = bus_pg_i64(r, 0, 1), asked = bus_pg_i64(r, 0, 2);
    (void)snprintf(lines, sizeof(lines), "%s", bus_pg_value(r, 0, 3));
    bus_pg_rows_free(r);
    if (before != 0) {
        return bus_fail(err, BUS_ESTATE,
                        "of fund %s something remains of %" PRId64
                        ": close that year first / 请先结转更早的年度",
                        fund, before);
    }
    return asked == 0 ? BUS_OK
                      : bus_fail(err, BUS_ESTATE,
                                 "of fund %s its bank has not answered %" PRId64
                                 " lines of that year: %s / "
                                 "该年度有银行未回执的明细",
                                 fund, asked, lines);
}

int treasury_year_close(struct treasury_books *b,
                        const char *fund,
                        int year,
                        const char *why,
                        const char **ret_budget,
                        struct bus_err *err)
{
    struct budget_said of = {.fund = fund, .year = year, .why = why};
    BUS_CHECK(fund != NULL && year > 0 && why != NULL);
    if (b->day <= (int32_t)bus_days_from_civil(year, 12, 31)) {
        return bus_fail(err, BUS_ESTATE,
                        "the year %d is not over / 年度尚未结束", year);
    }
    BUS_TRY(year_remains(b, fund, year, &of.fen, err));
    return of.fen != 0
               ? budget_put_down(b, &of, ret_budget, err)
               : bus_fail(err, BUS_ESTATE,
                          "of fund %s nothing remains of %d / 该年度无结余",
                          fund, year);
}

static int year_carry(struct treasury_books *b,
                      const char *budget,
                      const struct budget_said *of,
                      struct bus_err *err)
{
    int64_t fen = 0;
    BUS_CHECK(of->year > 0);
    BUS_TRY(year_remains(b, of->fund, of->year, &fen, err));
    if (fen != of->fen) {
        return bus_fail(err, BUS_ESTATE,
                        "what remains of %d is another sum by now: drop it "
                        "and say it anew / 结余已变动, 请作废后重新提出",
                        of->year);
    }
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_year_carry,
        TREASURY_PARAMS(of->fund, treasury_books_number(b, fen),
                        treasury_books_number(b, of->year), budget),
        NULL, err));
    return treasury_books_act(b,
                              &(struct treasury_act){.act = "carry",
                                                     .fund = of->fund,
                                                     .amount_fen = fen,
                                                     .note = of->why},
                              err);
}

/* --- what is open --- */

static int budget_read(struct treasury_books *b,
                       const char *budget,
                       struct budget_said *ret,
                       struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    int64_t n = 0;
    BUS_CHECK(budget != NULL && ret != NULL);
    if (!bus_strv_to_i64(bus_strv(budget), &n) || n <= 0) {
        return bus_fail(err, BUS_EUNKNOWN, "no such budget / 没有这笔预算");
    }
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_budget_find,
                               TREASURY_PARAMS(budget), &r, err));
    bool there = bus_pg_count(r) > 0;
    bool open = there && bus_pg_value(r, 0, 4)[0] == '\0';
    if (open) {
        *ret = (struct budget_said){
            treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 0))),
            treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 2))),
            treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 3))),
            bus_pg_i64(r, 0, 1), (int)bus_pg_i64(r, 0, 5)};
    }
    bus_pg_rows_free(r);
    return open ? BUS_OK
           : there
               ? bus_fail(err, BUS_ESTATE,
                          "it is open no more / 该笔预算已处理")
               : bus_fail(err, BUS_EUNKNOWN, "no such budget / 没有这笔预算");
}

int treasury_budget_fen(struct treasury_books *b,
                        const char *budget,
                        int64_t *ret_fen,
                        struct bus_err *err)
{
    struct budget_said of;
    BUS_TRY(budget_read(b, budget, &of, err));
    *ret_fen = of.fen;
    return BUS_OK;
}

static int budget_end(struct treasury_books *b,
                      const char *budget,
                      bool agreed,
                      struct bus_err *err)
{
    BUS_CHECK(b->who != NULL && b->who[0] != '\0');
    return treasury_books_ask(
        b, consumers_treasury_sql_budget_end,
        TREASURY_PARAMS(budget, agreed ? "true" : "false", b->who), NULL, err);
}

static int budget_book(struct treasury_books *b,
                       const struct budget_said *of,
                       struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(of->fen != 0);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_fund_put,
                               TREASURY_PARAMS(of->fund), NULL, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_fund_state,
                               TREASURY_PARAMS(of->fund), &r, err));
    BUS_CHECK(bus_pg_count(r) == 1);
    int64_t left = bus_pg_i64(r, 0, 1);
    bus_pg_rows_free(r);
    if (of->fen < 0 && left < -of->fen) {
        return bus_fail(err, BUS_ESTATE,
                        "fund %s has %" PRId64
                        ".%02d yuan free, no more can be "
                        "taken away / 可用余额不足",
                        of->fund, left / 100, (int)(left % 100));
    }
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_budget_put,
        TREASURY_PARAMS(of->fund, treasury_books_number(b, of->fen),
                        treasury_books_day(b, b->day)),
        NULL, err));
    return treasury_books_act(b,
                              &(struct treasury_act){.act = "budget",
                                                     .fund = of->fund,
                                                     .amount_fen = of->fen,
                                                     .note = of->why},
                              err);
}

int treasury_budget_agree(struct treasury_books *b,
                          const char *budget,
                          struct bus_err *err)
{
    struct budget_said of;
    BUS_TRY(budget_read(b, budget, &of, err));
    BUS_CHECK(of.fen != 0);
    if (of.by == NULL || strcmp(of.by, b->who) == 0) {
        return bus_fail(err, BUS_EDENIED,
                        "who said it does not agree to it; another has to / "
                        "提出人不得复核, 须由另一人");
    }
    BUS_TRY(budget_end(b, budget, true, err));
    return of.year != 0 ? year_carry(b, budget, &of, err)
                        : budget_book(b, &of, err);
}

int treasury_budget_drop(struct treasury_books *b,
                         const char *budget,
                         struct bus_err *err)
{
    struct budget_said of;
    BUS_TRY(budget_read(b, budget, &of, err));
    BUS_CHECK(of.fen != 0);
    BUS_TRY(budget_end(b, budget, false, err));
    return treasury_books_act(b,
                              &(struct treasury_act){.act = "drop budget",
                                                     .fund = of.fund,
                                                     .amount_fen = of.fen},
                              err);
}
