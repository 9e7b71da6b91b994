#include "consumers/treasury/officer.h"

#include <inttypes.h>
#include <string.h>

#include "bus/base/check.h"
#include "consumers/treasury/sql/answer_look.h"
#include "consumers/treasury/sql/award_lines_fit.h"
#include "consumers/treasury/sql/budget_end.h"
#include "consumers/treasury/sql/budget_find.h"
#include "consumers/treasury/sql/budget_put.h"
#include "consumers/treasury/sql/budget_say.h"
#include "consumers/treasury/sql/fund_put.h"
#include "consumers/treasury/sql/fund_state.h"
#include "consumers/treasury/sql/line_find.h"
#include "consumers/treasury/sql/line_move.h"
#include "consumers/treasury/states.h"

int treasury_budget(struct treasury_books *b,
                    const char *fund,
                    int64_t fen,
                    const char *why,
                    struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    if (fen == 0) {
        return bus_fail(err, BUS_EUSAGE, "a budget of 0.00 / 金额不得为零");
    }
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_fund_put,
                               TREASURY_PARAMS(fund), NULL, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_fund_state,
                               TREASURY_PARAMS(fund), &r, err));
    BUS_CHECK(bus_pg_count(r) == 1);
    int64_t left = bus_pg_i64(r, 0, 1);
    bus_pg_rows_free(r);
    if (fen < 0 && left < -fen) {
        return bus_fail(err, BUS_ESTATE,
                        "fund %s has %" PRId64
                        ".%02d yuan free, no more can be "
                        "taken away / 可用余额不足",
                        fund, left / 100, (int)(left % 100));
    }
    BUS_TRY(
        treasury_books_ask(b, consumers_treasury_sql_budget_put,
                           TREASURY_PARAMS(fund, treasury_books_number(b, fen),
                                           treasury_books_day(b, b->day)),
                           NULL, err));
    return treasury_books_act(
        b,
        &(struct treasury_act){
            .act = "budget", .fund = fund, .amount_fen = fen, .note = why},
        err);
}

int treasury_budget_say(struct treasury_books *b,
                        const char *fund,
                        int64_t fen,
                        const char *why,
                        struct bus_err *err)
{
    BUS_CHECK(fund != NULL && why != NULL);
    if (fen == 0) {
        return bus_fail(err, BUS_ERANGE, "a budget of 0.00 / 金额不得为零");
    }
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_budget_say,
        TREASURY_PARAMS(fund, treasury_books_number(b, fen), why, b->who), NULL,
        err));
    return treasury_books_act(
        b,
        &(struct treasury_act){
            .act = "say budget", .fund = fund, .amount_fen = fen, .note = why},
        err);
}

/* One that is open. */
struct budget_said
{
    const char *fund, *why, *by;
    int64_t fen;
};

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
            bus_pg_i64(r, 0, 1)};
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
    return treasury_budget(b, of.fund, of.fen, of.why, err);
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

struct officer_line
{
    enum treasury_line_state state;
    int64_t attempt, attempt_max, amount_fen, owed_fen;
    const char *fund, *order, *award;
};

static int officer_line_read(struct treasury_books *b,
                             const char *line,
                             struct officer_line *ret,
                             struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    struct bus_id id;
    if (!bus_id_parse(bus_strv(line), &id)) {
        return bus_fail(err, BUS_EUSAGE,
                        "a line is named by its id, 36 characters / "
                        "明细用36位编号指明");
    }
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_line_find,
                               TREASURY_PARAMS(line), &r, err));
    if (bus_pg_count(r) == 0) {
        bus_pg_rows_free(r);
        return bus_fail(err, BUS_EUNKNOWN, "no line %s / 没有此明细", line);
    }
    *ret = (struct officer_line){
        .attempt = bus_pg_i64(r, 0, 1),
        .attempt_max = bus_pg_i64(r, 0, 6),
        .amount_fen = bus_pg_i64(r, 0, 2),
        .owed_fen = bus_pg_i64(r, 0, 3),
        .fund = treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 4))),
        .order = treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 5))),
        .award = treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 7)))};
    bool known = treasury_line_of(bus_strv(bus_pg_value(r, 0, 0)), &ret->state);
    bus_pg_rows_free(r);
    BUS_CHECK(known); /* the tables hold it */
    return BUS_OK;
}

static int officer_line_move(struct treasury_books *b,
                             const char *line,
                             struct officer_line *of,
                             enum treasury_line_event event,
                             const char *reason,
                             struct bus_err *err)
{
    BUS_CHECK(bus_fsm_can(&treasury_line_fsm, of->state, event));
    bus_fsm_move(&treasury_line_fsm, &of->state, event, line);
    return treasury_books_ask(
        b, consumers_treasury_sql_line_move,
        TREASURY_PARAMS(line, bus_fsm_word(&treasury_line_fsm, of->state),
                        reason),
        NULL, err);
}

int treasury_line_again(struct treasury_books *b,
                        const char *line,
                        const char *why,
                        struct bus_err *err)
{
    struct officer_line of;
    BUS_TRY(officer_line_read(b, line, &of, err));
    if (!bus_fsm_can(&treasury_line_fsm, of.state, TREASURY_LINE_AGAIN)) {
        return bus_fail(err, BUS_ESTATE,
                        "the line is %s; only what was rejected or returned is "
                        "paid again / 只有被拒或退回的明细可以再发",
                        bus_fsm_word(&treasury_line_fsm, of.state));
    }
    if (of.attempt >= of.attempt_max) {
        return bus_fail(err, BUS_ESTATE,
                        "the line was paid once more already; it needs a new "
                        "decision / 已再发一次, 须重新决定");
    }
    BUS_TRY(officer_line_move(b, line, &of, TREASURY_LINE_AGAIN, "AGAIN", err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_lines_fit,
                               TREASURY_PARAMS(of.award), NULL, err));
    return treasury_books_act(
        b,
        &(struct treasury_act){.act = "again",
                               .fund = of.fund,
                               .line = line,
                               .amount_fen = of.amount_fen,
                               .note = why},
        err);
}

int treasury_line_repaid(struct treasury_books *b,
                         const char *line,
                         const char *why,
                         struct bus_err *err)
{
    struct officer_line of;
    BUS_TRY(officer_line_read(b, line, &of, err));
    if (!bus_fsm_can(&treasury_line_fsm, of.state, TREASURY_LINE_REPAY) ||
        of.owed_fen == 0) {
        return bus_fail(err, BUS_ESTATE,
                        "the line is %s and nothing of it is claimed back / "
                        "该明细没有应追回款项",
                        bus_fsm_word(&treasury_line_fsm, of.state));
    }
    BUS_TRY(
        officer_line_move(b, line, &of, TREASURY_LINE_REPAY, "REPAID", err));
    BUS_TRY(
        treasury_books_move(b,
                            &(struct treasury_move){.kind = "repay",
                                                    .about = of.order,
                                                    .fund = of.fund,
                                                    .from = "paid",
                                                    .to = "free",
                                                    .line = line,
                                                    .amount_fen = of.owed_fen},
                            err));
    return treasury_books_act(b,
                              &(struct treasury_act){.act = "repaid",
                                                     .fund = of.fund,
                                                     .line = line,
                                                     .amount_fen = of.owed_fen,
                                                     .note = why},
                              err);
}

int treasury_answer_looked(struct treasury_books *b,
                           const char *answer,
                           const char *why,
                           struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    struct bus_id id;
    if (!bus_id_parse(bus_strv(answer), &id)) {
        return bus_fail(err, BUS_EUSAGE,
                        "an answer is named by its id, 36 characters / "
                        "回执用36位编号指明");
    }
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_answer_look,
                               TREASURY_PARAMS(answer, b->who), &r, err));
    bool there = bus_pg_count(r) > 0;
    const char *fund =
        there ? treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 0))) : NULL;
    bus_pg_rows_free(r);
    BUS_CHECK(!there || fund != NULL);
    return there ? treasury_books_act(b,
                                      &(struct treasury_act){.act = "looked",
                                                             .fund = fund,
                                                             .note = why},
                                      err)
                 : bus_fail(err, BUS_EUNKNOWN,
                            "no answer %s that waits to be looked at / "
                            "没有待核实的此回执",
                            answer);
}
