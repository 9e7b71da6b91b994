/* A decision becomes an award, or takes the place of the one before.
 *
 * - what the one before granted until the new one begins stays granted: its
 *   lines are made, and paid
 * - from there on, what no order has left for is the new one's: a line for the
 *   same days is paid with its amount, others stop; also what was stopped
 * - what was sent stays as it is; what was claimed back of it is claimed only
 *   as far as it is more than the new one grants */
#include <string.h>

#include "bus/base/check.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/sql/award_before.h"
#include "consumers/treasury/sql/award_claims.h"
#include "consumers/treasury/sql/award_lines_free.h"
#include "consumers/treasury/sql/award_lines_set.h"
#include "consumers/treasury/sql/award_lines_take.h"
#include "consumers/treasury/sql/award_lines_void.h"
#include "consumers/treasury/sql/award_put.h"
#include "consumers/treasury/sql/award_there.h"
#include "consumers/treasury/sql/awards_same.h"
#include "consumers/treasury/sql/fund_put.h"

static int award_known(struct treasury_books *b,
                       const struct treasury_award *a,
                       bool *ret,
                       struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    const char *decision = treasury_books_id(b, &a->decision_id);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_award_there,
        TREASURY_PARAMS(treasury_books_id(b, &a->assignment_id)), &r, err));
    *ret = bus_pg_count(r) > 0 && strcmp(bus_pg_value(r, 0, 0), decision) == 0;
    bus_pg_rows_free(r);
    return BUS_OK;
}

static int award_write(struct treasury_books *b,
                       const struct treasury_award *a,
                       const struct treasury_schedule *s,
                       struct bus_err *err)
{
    BUS_CHECK(a->amount_fen > 0 && a->payee_hash.n > 0);
    const char *fund = treasury_books_text(b, a->fund);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_fund_put,
                               TREASURY_PARAMS(fund), NULL, err));
    return treasury_books_ask(
        b, consumers_treasury_sql_award_put,
        TREASURY_PARAMS(treasury_books_id(b, &a->assignment_id),
                        treasury_books_id(b, &a->decision_id),
                        treasury_books_id(b, &a->household_id),
                        treasury_books_id(b, &a->case_id),
                        treasury_books_id(b, &a->event_id),
                        treasury_books_text(b, a->item),
                        treasury_books_id(b, &a->household_id),
                        treasury_books_text(b, a->purpose), fund,
                        treasury_books_text(b, a->bank),
                        treasury_books_number(b, a->amount_fen),
                        treasury_period_words[s->period],
                        s->day_off == TREASURY_DAY_BEFORE ? "before" : "after",
                        treasury_books_number(b, s->pay_day),
                        treasury_books_number(b, s->from_month),
                        treasury_books_day(b, s->decided),
                        s->until != 0 ? treasury_books_day(b, s->until) : NULL,
                        treasury_books_bytes(b, a->payee_hash),
                        treasury_books_bytes(b, a->personal)),
        NULL, err);
}

/* --- what was before it --- */

/* What it grants until that day is made; of one that waits for people nothing
 * is, and what waits with it stops. */
static int before_ends(struct treasury_books *b,
                       const struct bus_policy_calendar *calendar,
                       const struct bus_pg_rows *r,
                       size_t i,
                       int32_t day,
                       struct bus_err *err)
{
    int64_t made = 0;
    bool waits = strcmp(bus_pg_value(r, i, 14), "waiting") == 0;
    BUS_CHECK(day > 0);
    return waits ? treasury_award_lines_stop(
                       b,
                       &(struct treasury_stop){.award = bus_pg_value(r, i, 0),
                                               .reason = "SUPERSEDED",
                                               .last_day = day - 1,
                                               .all = true},
                       err)
                 : treasury_award_fill(b, calendar, r, i,
                                       &(struct treasury_award_until){
                                           .pay = INT32_MAX, .first = day},
                                       &made, err);
}

static int awards_before(struct treasury_books *b,
                         const struct bus_policy_calendar *calendar,
                         const struct treasury_award *a,
                         int32_t day,
                         struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    const char *params[] = {treasury_books_text(b, a->item),
                            treasury_books_id(b, &a->household_id),
                            treasury_books_text(b, a->purpose),
                            treasury_books_id(b, &a->assignment_id),
                            treasury_books_day(b, day - 1)};
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_awards_same, params, 4,
                               &r, err));
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        rc = before_ends(b, calendar, r, i, day, err);
    }
    bus_pg_rows_free(r);
    BUS_TRY(rc);
    return treasury_books_ask(b, consumers_treasury_sql_award_before, params, 5,
                              NULL, err);
}

/* --- its lines --- */

/* Those of award_lines_free.sql that are (or are not) a period of it. */
static const char *lines_of(struct treasury_books *b,
                            const struct bus_pg_rows *r,
                            const struct treasury_schedule *s,
                            bool fit,
                            size_t *ret_count)
{
    size_t rows = bus_pg_count(r), at = 1;
    char *to = bus_arena_alloc(b->mem, rows * (BUS_ID_TEXT + 1) + 3);
    *ret_count = 0;
    if (to == NULL) {
        b->no_memory = true;
        return "{}";
    }
    to[0] = '{';
    for (size_t i = 0; i < rows; i++) {
        const char *id = bus_pg_value(r, i, 0);
        BUS_CHECK(strlen(id) == BUS_ID_TEXT);
        if (treasury_schedule_has(s, (int32_t)bus_pg_i64(r, i, 1),
                                  (int32_t)bus_pg_i64(r, i, 2)) != fit) {
            continue;
        }
        to[at] = ',';
        at += *ret_count > 0;
        memcpy(to + at, id, BUS_ID_TEXT);
        at += BUS_ID_TEXT;
        ++*ret_count;
    }
    to[at] = '}';
    to[at + 1] = '\0';
    return to;
}

static int lines_take(struct treasury_books *b,
                      const struct treasury_award *a,
                      const char *lines,
                      struct bus_err *err)
{
    BUS_CHECK(a->amount_fen > 0 && lines[0] == '{');
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_lines_take,
                               TREASURY_PARAMS(lines), NULL, err));
    return treasury_books_ask(
        b, consumers_treasury_sql_award_lines_set,
        TREASURY_PARAMS(lines, treasury_books_id(b, &a->assignment_id),
                        treasury_books_number(b, a->amount_fen),
                        treasury_books_text(b, a->fund),
                        treasury_books_text(b, a->bank)),
        NULL, err);
}

/* What no order has left for is the new decision's, from its first period on:
 * out of the batches that were prepared with the old amount. */
static int award_take_lines(struct treasury_books *b,
                            const struct treasury_award *a,
                            const struct treasury_schedule *s,
                            int32_t day,
                            struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    size_t kept = 0, void_count = 0;
    const char *params[] = {treasury_books_text(b, a->item),
                            treasury_books_id(b, &a->household_id),
                            treasury_books_text(b, a->purpose),
                            treasury_books_day(b, day),
                            treasury_books_id(b, &a->assignment_id),
                            treasury_books_number(b, a->amount_fen)};
    BUS_CHECK(a->amount_fen > 0);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_lines_free,
                               params, 5, &r, err));
    const char *fits = lines_of(b, r, s, true, &kept);
    const char *others = lines_of(b, r, s, false, &void_count);
    const char *all = treasury_books_ids(b, r);
    bus_pg_rows_free(r);
    BUS_TRY(kept + void_count > 0 ? treasury_batches_leave(b, all, err)
                                  : BUS_OK);
    BUS_TRY(void_count > 0
                ? treasury_books_ask(b, consumers_treasury_sql_award_lines_void,
                                     TREASURY_PARAMS(others), NULL, err)
                : BUS_OK);
    BUS_TRY(kept > 0 ? lines_take(b, a, fits, err) : BUS_OK);
    return treasury_books_ask(b, consumers_treasury_sql_award_claims, params, 6,
                              NULL, err);
}

int treasury_award_take(struct treasury_books *b,
                        const struct bus_policy_calendar *calendar,
                        const struct treasury_award *a,
                        const struct treasury_schedule *s,
                        bool *ret_new,
                        struct bus_err *err)
{
    struct treasury_due first;
    bool known = false;
    *ret_new = false;
    BUS_TRY(treasury_schedule_check(s, err));
    BUS_TRY(award_known(b, a, &known, err));
    if (known) {
        return BUS_OK;
    }
    bool pays = treasury_schedule_first(s, &first);
    BUS_CHECK(pays); /* a schedule that was checked has a first period */
    BUS_TRY(awards_before(b, calendar, a, first.first, err));
    BUS_TRY(award_write(b, a, s, err));
    BUS_TRY(award_take_lines(b, a, s, first.first, err));
    *ret_new = true;
    return treasury_books_act(
        b,
        &(struct treasury_act){.act = "award",
                               .fund = treasury_books_text(b, a->fund),
                               .award = treasury_books_id(b, &a->assignment_id),
                               .amount_fen = a->amount_fen},
        err);
}
