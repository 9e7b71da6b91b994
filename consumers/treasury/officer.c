#include "consumers/treasury/officer.h"

#include <inttypes.h>
#include <string.h>

#include "bus/base/check.h"
#include "consumers/treasury/sql/answer_look.h"
#include "consumers/treasury/sql/award_lines_fit.h"
#include "consumers/treasury/sql/line_find.h"
#include "consumers/treasury/sql/line_move.h"
#include "consumers/treasury/states.h"

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
