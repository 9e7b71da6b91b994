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
#include "consumers/treasury/batches.h"
#include "consumers/treasury/sql/award_as_due.h"
#include "consumers/treasury/sql/award_before.h"
#include "consumers/treasury/sql/award_claims.h"
#include "consumers/treasury/sql/award_cut.h"
#include "consumers/treasury/sql/award_cut_claims.h"
#include "consumers/treasury/sql/award_lines_batched.h"
#include "consumers/treasury/sql/award_lines_free.h"
#include "consumers/treasury/sql/award_lines_set.h"
#include "consumers/treasury/sql/award_lines_take.h"
#include "consumers/treasury/sql/award_lines_void.h"
#include "consumers/treasury/sql/award_payee.h"
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
                        treasury_books_id(b, &a->beneficiary),
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
                            treasury_books_id(b, &a->beneficiary),
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
static const char *decided_lines(struct treasury_books *b,
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
                        treasury_books_text(b, a->bank),
                        treasury_books_id(b, &a->beneficiary)),
        NULL, err);
}

/* What no order has left for is the new decision's, from its first period on:
 * out of the batches that were prepared with the old amount. */
static int award_take_lines(struct treasury_books *b,
                            const struct treasury_award *a,
                            const struct treasury_schedule *s,
                            int32_t day,
                            const char *states,
                            struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    size_t kept = 0, void_count = 0;
    const char *params[] = {treasury_books_text(b, a->item),
                            treasury_books_id(b, &a->beneficiary),
                            treasury_books_text(b, a->purpose),
                            treasury_books_day(b, day),
                            treasury_books_id(b, &a->assignment_id),
                            states};
    BUS_CHECK(a->amount_fen > 0 && states[0] == '{');
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_lines_free,
                               params, 6, &r, err));
    const char *fits = decided_lines(b, r, s, true, &kept);
    const char *others = decided_lines(b, r, s, false, &void_count);
    const char *all = treasury_books_ids(b, r);
    bus_pg_rows_free(r);
    BUS_TRY(kept + void_count > 0 ? treasury_batches_leave(b, all, err)
                                  : BUS_OK);
    BUS_TRY(void_count > 0
                ? treasury_books_ask(b, consumers_treasury_sql_award_lines_void,
                                     TREASURY_PARAMS(others), NULL, err)
                : BUS_OK);
    return kept > 0 ? lines_take(b, a, fits, err) : BUS_OK;
}

static int award_claims(struct treasury_books *b,
                        const struct treasury_award *a,
                        int32_t day,
                        struct bus_err *err)
{
    BUS_CHECK(a->amount_fen > 0);
    return treasury_books_ask(
        b, consumers_treasury_sql_award_claims,
        TREASURY_PARAMS(treasury_books_text(b, a->item),
                        treasury_books_id(b, &a->beneficiary),
                        treasury_books_text(b, a->purpose),
                        treasury_books_day(b, day),
                        treasury_books_id(b, &a->assignment_id),
                        treasury_books_number(b, a->amount_fen)),
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
    BUS_TRY(award_take_lines(b, a, s, first.first,
                             "{due,rejected,returned,stopped}", err));
    BUS_TRY(award_claims(b, a, first.first, err));
    *ret_new = true;
    return treasury_books_act(
        b,
        &(struct treasury_act){.act = "award",
                               .fund = treasury_books_text(b, a->fund),
                               .award = treasury_books_id(b, &a->assignment_id),
                               .amount_fen = a->amount_fen},
        err);
}

/* --- less of it --- */

/* The award of a row, as far as its lines are made of it. */
static struct treasury_award cut_award(struct treasury_books *b,
                                       const struct bus_pg_rows *r,
                                       const struct treasury_cut *cut)
{
    struct treasury_award a = {.assignment_id = cut->assignment_id,
                               .amount_fen = cut->amount_fen};
    struct bus_strv *texts[] = {NULL,       &a.item, NULL,
                                &a.purpose, &a.fund, &a.bank};
    bool well = bus_id_parse(bus_strv(bus_pg_value(r, 0, 2)), &a.beneficiary);
    BUS_CHECK(well);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i] != NULL) {
            *texts[i] = bus_strv(
                treasury_books_text(b, bus_strv(bus_pg_value(r, 0, i))));
        }
    }
    return a;
}

static int cut_claims(struct treasury_books *b,
                      const struct treasury_award *a,
                      int32_t day,
                      struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    const char *award = treasury_books_id(b, &a->assignment_id);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_award_cut_claims,
        TREASURY_PARAMS(award, treasury_books_day(b, day),
                        treasury_books_number(b, a->amount_fen)),
        &r, err));
    int rc = BUS_OK;
    BUS_CHECK(a->amount_fen > 0);
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        rc = treasury_books_act(
            b,
            &(struct treasury_act){.act = "claim_back",
                                   .award = award,
                                   .line = bus_pg_value(r, i, 0),
                                   .amount_fen = bus_pg_i64(r, i, 1),
                                   .note = "AWARD_CUT"},
            err);
    }
    bus_pg_rows_free(r);
    return rc;
}

static int cut_write(struct treasury_books *b,
                     const struct treasury_award *a,
                     const struct treasury_schedule *s,
                     const struct treasury_cut *cut,
                     struct bus_err *err)
{
    const char *award = treasury_books_id(b, &a->assignment_id);
    BUS_CHECK(a->amount_fen > 0);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_award_cut,
        TREASURY_PARAMS(award, treasury_books_number(b, a->amount_fen),
                        treasury_period_words[s->period],
                        treasury_books_number(b, s->from_month),
                        treasury_books_day(b, s->decided)),
        NULL, err));
    return treasury_books_act(
        b,
        &(struct treasury_act){.act = "cut",
                               .fund = treasury_books_text(b, a->fund),
                               .award = award,
                               .amount_fen = a->amount_fen,
                               .note = treasury_books_id(b, &cut->decision_id)},
        err);
}

static int award_cut(struct treasury_books *b,
                     const struct bus_policy_calendar *calendar,
                     const struct bus_pg_rows *r,
                     const struct treasury_cut *cut,
                     struct bus_err *err)
{
    struct treasury_schedule s;
    struct treasury_due first;
    int64_t made = 0;
    bool known = treasury_award_row(r, 0, &s);
    BUS_CHECK(known);
    const struct treasury_award a = cut_award(b, r, cut);
    bool same = cut->period == TREASURY_ONCE || cut->period == (int)s.period;
    s.period = same ? s.period : (enum treasury_period)cut->period;
    s.from_month = cut->from_month;
    s.decided = cut->decided;
    BUS_TRY(treasury_schedule_check(&s, err));
    bool pays = treasury_schedule_first(&s, &first);
    BUS_CHECK(pays);
    if (strcmp(bus_pg_value(r, 0, 14), "live") == 0) {
        BUS_TRY(treasury_award_fill(b, calendar, r, 0,
                                    &(struct treasury_award_until){
                                        .pay = INT32_MAX, .first = first.first},
                                    &made, err));
    }
    BUS_TRY(cut_write(b, &a, &s, cut, err));
    BUS_TRY(award_take_lines(b, &a, &s, first.first, "{due}", err));
    return same ? cut_claims(b, &a, first.first, err) : BUS_OK;
}

int treasury_award_cut(struct treasury_books *b,
                       const struct bus_policy_calendar *calendar,
                       const struct treasury_cut *cut,
                       struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(cut->amount_fen > 0);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_award_as_due,
        TREASURY_PARAMS(treasury_books_id(b, &cut->assignment_id)), &r, err));
    int rc = bus_pg_count(r) > 0 ? award_cut(b, calendar, r, cut, err) : BUS_OK;
    bus_pg_rows_free(r);
    return rc;
}

/* --- another account --- */

int treasury_award_payee(struct treasury_books *b,
                         const struct treasury_payee *payee,
                         struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    const char *award = treasury_books_id(b, &payee->assignment_id);
    BUS_CHECK(payee->payee_hash.n > 0 && payee->personal.n > 0);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_award_payee,
        TREASURY_PARAMS(award, treasury_books_bytes(b, payee->payee_hash),
                        treasury_books_bytes(b, payee->personal),
                        treasury_books_id(b, &payee->event_id)),
        &r, err));
    bool there = bus_pg_count(r) > 0;
    bus_pg_rows_free(r);
    if (!there) {
        return BUS_OK; /* dispatch's, or none */
    }
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_lines_batched,
                               TREASURY_PARAMS(award), &r, err));
    const char *lines = treasury_books_ids(b, r);
    bus_pg_rows_free(r);
    BUS_TRY(treasury_batches_leave(b, lines, err));
    return treasury_books_act(
        b, &(struct treasury_act){.act = "payee", .award = award}, err);
}
