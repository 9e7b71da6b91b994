/* Awards become lines, period by period; what ends, stops or changes acts on
 * the lines that no order has left for. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/ids.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/batches.h"
#include "consumers/treasury/sql/award_find.h"
#include "consumers/treasury/sql/award_forget.h"
#include "consumers/treasury/sql/award_lines_fit.h"
#include "consumers/treasury/sql/award_next.h"
#include "consumers/treasury/sql/award_state.h"
#include "consumers/treasury/sql/award_until.h"
#include "consumers/treasury/sql/awards_due.h"
#include "consumers/treasury/sql/due_put.h"
#include "consumers/treasury/sql/line_find.h"
#include "consumers/treasury/sql/lines_overpaid.h"
#include "consumers/treasury/sql/lines_resume.h"
#include "consumers/treasury/sql/lines_stop.h"
#include "consumers/treasury/sql/lines_to_stop.h"

#define AWARDS_PAGE 1000 /* of awards_due.sql */

/* --- what is due --- */

bool treasury_award_row(const struct bus_pg_rows *r,
                        size_t i,
                        struct treasury_schedule *ret)
{
    const char *period = bus_pg_value(r, i, 7);
    int k = 0;
    while (k < TREASURY_PERIODS &&
           strcmp(treasury_period_words[k], period) != 0) {
        k++;
    }
    *ret = (struct treasury_schedule){
        .period = (enum treasury_period)k,
        .day_off = strcmp(bus_pg_value(r, i, 8), "before") == 0
                       ? TREASURY_DAY_BEFORE
                       : TREASURY_DAY_AFTER,
        .pay_day = (int32_t)bus_pg_i64(r, i, 9),
        .from_month = (int32_t)bus_pg_i64(r, i, 10),
        .decided = (int32_t)bus_pg_i64(r, i, 11),
        .until = (int32_t)bus_pg_i64(r, i, 12),
    };
    return k < TREASURY_PERIODS;
}

/* A period is called the same in two awards that begin in other months; its
 * first day tells them apart. */
static struct bus_id due_id(struct treasury_books *b,
                            const struct bus_pg_rows *r,
                            size_t i,
                            const struct bus_id *beneficiary,
                            const struct treasury_due *due)
{
    const char *period = bus_arena_printf(b->mem, "%s %s", due->period,
                                          treasury_books_day(b, due->first));
    b->no_memory |= period == NULL;
    return bus_wire_due_line_id(bus_strv(bus_pg_value(r, i, 1)), beneficiary,
                                bus_strv(period != NULL ? period : ""),
                                bus_strv(bus_pg_value(r, i, 3)));
}

/* Not put down: it is there already, or some of its days are paid for by
 * another line, which people have to know. */
static int due_clash(struct treasury_books *b,
                     const struct bus_pg_rows *award,
                     size_t i,
                     const char *line,
                     const struct treasury_due *due,
                     struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(due->first <= due->last);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_line_find,
                               TREASURY_PARAMS(line), &r, err));
    bool there = bus_pg_count(r) > 0;
    bus_pg_rows_free(r);
    const char *note =
        bus_arena_printf(b->mem, "DAYS_PAID_ALREADY %s", due->period);
    b->no_memory |= note == NULL;
    return there ? BUS_OK
                 : treasury_books_act(b,
                                      &(struct treasury_act){
                                          .act = "refuse",
                                          .award = bus_pg_value(award, i, 0),
                                          .note = note},
                                      err);
}

/* While its award waits for people a period is a stop on record, as those that
 * were there when it began to wait: resumed, it is due. */
static int
due_stopped(struct treasury_books *b, const char *id, struct bus_err *err)
{
    const char *lines = bus_arena_printf(b->mem, "{%s}", id);
    BUS_CHECK(id != NULL);
    b->no_memory |= lines == NULL;
    return treasury_books_ask(b, consumers_treasury_sql_lines_stop,
                              TREASURY_PARAMS(lines, "AWARD_WAITS"), NULL, err);
}

static int due_put(struct treasury_books *b,
                   const struct bus_pg_rows *r,
                   size_t i,
                   const struct treasury_due *due,
                   int64_t *made,
                   struct bus_err *err)
{
    struct bus_pg_rows *put = NULL;
    struct bus_id beneficiary;
    bool well = bus_id_parse(bus_strv(bus_pg_value(r, i, 2)), &beneficiary);
    BUS_CHECK(well);
    struct bus_id line = due_id(b, r, i, &beneficiary, due);
    const char *id = treasury_books_id(b, &line);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_due_put,
        TREASURY_PARAMS(
            id, bus_pg_value(r, i, 0), bus_pg_value(r, i, 1),
            bus_pg_value(r, i, 2), due->period, bus_pg_value(r, i, 3),
            bus_pg_value(r, i, 4), bus_pg_value(r, i, 5), bus_pg_value(r, i, 6),
            treasury_books_day(b, due->first), treasury_books_day(b, due->last),
            treasury_books_day(b, due->pay), due->back ? "true" : "false"),
        &put, err));
    bool is_new = bus_pg_count(put) > 0;
    bus_pg_rows_free(put);
    *made += is_new;
    if (!is_new) {
        return due_clash(b, r, i, id, due, err);
    }
    return strcmp(bus_pg_value(r, i, 14), "waiting") == 0
               ? due_stopped(b, id, err)
               : BUS_OK;
}

int treasury_award_fill(struct treasury_books *b,
                        const struct bus_policy_calendar *calendar,
                        const struct bus_pg_rows *r,
                        size_t i,
                        const struct treasury_award_until *until,
                        int64_t *made,
                        struct bus_err *err)
{
    struct treasury_schedule s;
    struct treasury_due due;
    bool known = treasury_award_row(r, i, &s);
    BUS_CHECK(known);
    int32_t n = (int32_t)bus_pg_i64(r, i, 13);
    bool more = treasury_schedule_line(&s, calendar, n, &due);
    while (more && due.pay <= until->pay && due.first < until->first) {
        BUS_TRY(due_put(b, r, i, &due, made, err));
        more = treasury_schedule_line(&s, calendar, ++n, &due);
    }
    return treasury_books_ask(
        b, consumers_treasury_sql_award_next,
        TREASURY_PARAMS(bus_pg_value(r, i, 0), treasury_books_number(b, n),
                        more ? treasury_books_day(b, due.pay) : NULL),
        NULL, err);
}

int treasury_due_make(struct treasury_books *b,
                      const struct bus_policy_calendar *calendar,
                      int32_t through,
                      int64_t *ret,
                      struct bus_err *err)
{
    const struct treasury_award_until until = {.pay = through,
                                               .first = INT32_MAX};
    struct bus_pg_rows *r = NULL;
    size_t n = 0;
    *ret = 0;
    do {
        bus_arena_reset(b->mem);
        BUS_TRY(treasury_books_ask(
            b, consumers_treasury_sql_awards_due,
            TREASURY_PARAMS(treasury_books_day(b, through)), &r, err));
        n = bus_pg_count(r);
        BUS_CHECK(n <= AWARDS_PAGE);
        int rc = BUS_OK;
        for (size_t i = 0; rc == BUS_OK && i < n; i++) {
            rc = treasury_award_fill(b, calendar, r, i, &until, ret, err);
        }
        bus_pg_rows_free(r);
        r = NULL;
        BUS_TRY(rc);
    } while (n > 0);
    return BUS_OK;
}

/* --- stops --- */

static int award_overpaid(struct treasury_books *b,
                          const struct treasury_stop *stop,
                          const char *day,
                          struct bus_err *err)
{
    BUS_CHECK(day != NULL && stop->reason != NULL);
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_lines_overpaid,
                               TREASURY_PARAMS(stop->award, day, stop->reason),
                               &r, err));
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        rc = treasury_books_act(
            b,
            &(struct treasury_act){.act = "claim_back",
                                   .award = stop->award,
                                   .line = bus_pg_value(r, i, 0),
                                   .amount_fen = bus_pg_i64(r, i, 1),
                                   .note = stop->reason},
            err);
    }
    bus_pg_rows_free(r);
    return rc;
}

int treasury_award_lines_stop(struct treasury_books *b,
                              const struct treasury_stop *stop,
                              struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(stop->award != NULL && stop->reason != NULL);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_lines_to_stop,
        TREASURY_PARAMS(stop->award, stop->all ? "true" : "false",
                        treasury_books_day(b, stop->last_day)),
        &r, err));
    const char *lines = treasury_books_ids(b, r);
    size_t n = bus_pg_count(r);
    bus_pg_rows_free(r);
    if (n == 0) {
        return BUS_OK;
    }
    BUS_TRY(treasury_batches_leave(b, lines, err));
    return treasury_books_ask(b, consumers_treasury_sql_lines_stop,
                              TREASURY_PARAMS(lines, stop->reason), NULL, err);
}

int treasury_award_stop(struct treasury_books *b,
                        const struct treasury_stop *stop,
                        struct bus_err *err)
{
    const char *day = treasury_books_day(b, stop->last_day);
    BUS_CHECK(stop->award != NULL && stop->reason != NULL);
    bool ends = strcmp(stop->state, "ended") == 0;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_state,
                               TREASURY_PARAMS(stop->award, stop->state,
                                               stop->reason, ends ? day : NULL),
                               NULL, err));
    BUS_TRY(treasury_award_lines_stop(b, stop, err));
    BUS_TRY(award_overpaid(b, stop, day, err));
    return treasury_books_act(
        b,
        &(struct treasury_act){.act = "stop",
                               .award = stop->award,
                               .note = stop->why != NULL ? stop->why
                                                         : stop->reason},
        err);
}

int treasury_award_until(struct treasury_books *b,
                         const char *award,
                         int32_t last_day,
                         struct bus_err *err)
{
    const struct treasury_stop stop = {
        .award = award, .reason = "AWARD_STOPPED", .last_day = last_day};
    const char *day = treasury_books_day(b, last_day);
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(award != NULL && last_day > 0);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_until,
                               TREASURY_PARAMS(award, day, stop.reason), &r,
                               err));
    bool there = bus_pg_count(r) > 0;
    bus_pg_rows_free(r);
    if (!there) {
        return BUS_OK;
    }
    BUS_TRY(treasury_award_lines_stop(b, &stop, err));
    BUS_TRY(award_overpaid(b, &stop, day, err));
    return treasury_books_act(b,
                              &(struct treasury_act){.act = "stop",
                                                     .award = award,
                                                     .note = stop.reason},
                              err);
}

/* BUS_EUNKNOWN: no such award; BUS_ESTATE, with these words: in another state.
 */
static int award_is(struct treasury_books *b,
                    const char *award,
                    const char *state,
                    const char *otherwise,
                    struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_find,
                               TREASURY_PARAMS(award), &r, err));
    bool there = bus_pg_count(r) > 0;
    bool is = there && strcmp(bus_pg_value(r, 0, 0), state) == 0;
    bus_pg_rows_free(r);
    if (!there) {
        return bus_fail(err, BUS_EUNKNOWN, "no such award / 没有此项救助");
    }
    return is ? BUS_OK : bus_fail(err, BUS_ESTATE, "%s", otherwise);
}

int treasury_award_suspend(struct treasury_books *b,
                           const char *award,
                           const char *why,
                           struct bus_err *err)
{
    BUS_CHECK(award != NULL && why != NULL);
    BUS_TRY(award_is(b, award, "live",
                     "it does not stand: it waits or has ended / "
                     "该救助已暂停或已终止",
                     err));
    return treasury_award_stop(b,
                               &(struct treasury_stop){.award = award,
                                                       .state = "waiting",
                                                       .reason = "OFFICER",
                                                       .why = why,
                                                       .last_day = b->day,
                                                       .all = true},
                               err);
}

int treasury_award_resume(struct treasury_books *b,
                          const char *award,
                          const char *why,
                          struct bus_err *err)
{
    BUS_CHECK(award != NULL && why != NULL);
    BUS_TRY(award_is(b, award, "waiting",
                     "only an award that waits is resumed; one that has "
                     "ended needs a new decision / "
                     "只能恢复暂停的救助; 已终止的须重新决定",
                     err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_state,
                               TREASURY_PARAMS(award, "live", "RESUMED", NULL),
                               NULL, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_lines_resume,
                               TREASURY_PARAMS(award), NULL, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_lines_fit,
                               TREASURY_PARAMS(award), NULL, err));
    return treasury_books_act(
        b, &(struct treasury_act){.act = "resume", .award = award, .note = why},
        err);
}

int treasury_award_forget(struct treasury_books *b,
                          const struct bus_id *household,
                          struct bus_err *err)
{
    BUS_CHECK(!bus_id_is_nil(household));
    return treasury_books_ask(b, consumers_treasury_sql_award_forget,
                              TREASURY_PARAMS(treasury_books_id(b, household)),
                              NULL, err);
}
