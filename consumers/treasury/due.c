/* Awards become lines, period by period: many in a question (bus/pg/columns.h).
 */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/ids.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/sql/award_next.h"
#include "consumers/treasury/sql/awards_due.h"
#include "consumers/treasury/sql/due_put.h"
#include "consumers/treasury/sql/lines_stop.h"

#define AWARDS_PAGE  1000 /* of awards_due.sql */
#define DUE_ROWS     1000 /* and the rest of an award, a question */
#define DUE_COLUMNS  7    /* of due_put.sql */
#define NEXT_COLUMNS 3    /* of award_next.sql */

/* Lines to be put down, and awards up to where they were made. */
struct due_rows
{
    struct bus_pg_columns lines, next;
};

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
static struct bus_id due_id(const struct bus_pg_rows *r,
                            size_t i,
                            const struct treasury_due *due,
                            struct bus_strv first)
{
    char period[TREASURY_PERIOD_BYTES + BUS_PG_TEXT_BYTES];
    struct bus_id beneficiary;
    bool well = bus_id_parse(bus_strv(bus_pg_value(r, i, 2)), &beneficiary);
    BUS_CHECK(well);
    (void)snprintf(period, sizeof(period), "%s %.*s", due->period,
                   BUS_STRV_ARG(first));
    return bus_wire_due_line_id(bus_strv(bus_pg_value(r, i, 1)), &beneficiary,
                                bus_strv(period),
                                bus_strv(bus_pg_value(r, i, 3)));
}

static void due_add(struct due_rows *rows,
                    const struct bus_pg_rows *r,
                    size_t i,
                    const struct treasury_due *due)
{
    char id[BUS_PG_TEXT_BYTES], first[BUS_PG_TEXT_BYTES],
        last[BUS_PG_TEXT_BYTES], pay[BUS_PG_TEXT_BYTES];
    struct bus_strv from = bus_pg_text_day(due->first, first);
    struct bus_id line = due_id(r, i, due, from);
    BUS_CHECK(due->first <= due->last);
    bus_pg_columns_add(
        &rows->lines,
        BUS_PG_ROW(bus_pg_text_id(&line, id), bus_strv(bus_pg_value(r, i, 0)),
                   bus_strv(due->period), from,
                   bus_pg_text_day(due->last, last),
                   bus_pg_text_day(due->pay, pay),
                   due->back ? BUS_STRV("true") : BUS_STRV("false")));
}

/* Of the award of a row, up to there. */
static void award_add(struct due_rows *rows,
                      const struct bus_policy_calendar *calendar,
                      const struct bus_pg_rows *r,
                      size_t i,
                      const struct treasury_award_until *until)
{
    struct treasury_schedule s;
    struct treasury_due due;
    char line[BUS_PG_TEXT_BYTES], pay[BUS_PG_TEXT_BYTES];
    bool known = treasury_award_row(r, i, &s);
    BUS_CHECK(known);
    int32_t n = (int32_t)bus_pg_i64(r, i, 13);
    bool more = treasury_schedule_line(&s, calendar, n, &due);
    while (more && due.pay <= until->pay && due.first < until->first) {
        due_add(rows, r, i, &due);
        more = treasury_schedule_line(&s, calendar, ++n, &due);
    }
    bus_pg_columns_add(&rows->next,
                       BUS_PG_ROW(bus_strv(bus_pg_value(r, i, 0)),
                                  bus_pg_text_number(n, line),
                                  more ? bus_pg_text_day(due.pay, pay)
                                       : (struct bus_strv){0}));
}

/* Some of its days are paid for by another line, which people have to know. */
static int due_clash(struct treasury_books *b,
                     const struct bus_pg_rows *put,
                     size_t i,
                     struct bus_err *err)
{
    const char *note = bus_arena_printf(b->mem, "DAYS_PAID_ALREADY %s",
                                        bus_pg_value(put, i, 2));
    b->no_memory |= note == NULL;
    BUS_CHECK(bus_pg_value(put, i, 2)[0] != '\0');
    return treasury_books_act(
        b,
        &(struct treasury_act){
            .act = "refuse", .award = bus_pg_value(put, i, 1), .note = note},
        err);
}

/* While its award waits for people a period is a stop on record, as those that
 * were there when it began to wait: resumed, it is due. */
static int due_stopped(struct treasury_books *b,
                       const struct bus_pg_rows *put,
                       struct bus_err *err)
{
    struct bus_buf list;
    bus_buf_init(&list, 0);
    for (size_t i = 0; i < bus_pg_count(put); i++) {
        if (bus_pg_value(put, i, 3)[0] == 't' &&
            bus_pg_value(put, i, 4)[0] == 't') {
            bus_buf_putc(&list, list.len == 0 ? '{' : ',');
            bus_buf_puts(&list, bus_pg_value(put, i, 0));
        }
    }
    BUS_CHECK(list.len == 0 || list.data[0] == '{');
    if (list.len > 0) {
        bus_buf_putc(&list, '}');
        b->no_memory |= list.failed;
    }
    int rc = list.len == 0
                 ? BUS_OK
                 : treasury_books_ask(
                       b, consumers_treasury_sql_lines_stop,
                       TREASURY_PARAMS(bus_buf_cstr(&list), "AWARD_WAITS"),
                       NULL, err);
    bus_buf_fini(&list);
    return rc;
}

/* *made grows by what is new. */
static int due_leave(struct treasury_books *b,
                     struct due_rows *rows,
                     int64_t *made,
                     struct bus_err *err)
{
    struct bus_pg_rows *put = NULL;
    BUS_TRY(treasury_books_ask_rows(b, consumers_treasury_sql_due_put,
                                    &rows->lines, DUE_COLUMNS, &put, err));
    int rc = BUS_OK;
    for (size_t i = 0; i < bus_pg_count(put); i++) {
        bool is_new = bus_pg_value(put, i, 3)[0] == 't';
        *made += is_new;
        BUS_TRY_GOTO(rc, is_new ? BUS_OK : due_clash(b, put, i, err), done);
    }
    rc = due_stopped(b, put, err);
done:
    bus_pg_rows_free(put);
    BUS_TRY(rc);
    return treasury_books_ask_rows(b, consumers_treasury_sql_award_next,
                                   &rows->next, NEXT_COLUMNS, NULL, err);
}

static void due_fini(struct due_rows *rows)
{
    bus_pg_columns_fini(&rows->lines);
    bus_pg_columns_fini(&rows->next);
}

int treasury_award_fill(struct treasury_books *b,
                        const struct bus_policy_calendar *calendar,
                        const struct bus_pg_rows *r,
                        size_t i,
                        const struct treasury_award_until *until,
                        int64_t *made,
                        struct bus_err *err)
{
    struct due_rows rows = {0};
    award_add(&rows, calendar, r, i, until);
    int rc = due_leave(b, &rows, made, err);
    due_fini(&rows);
    return rc;
}

static int due_page(struct treasury_books *b,
                    const struct bus_policy_calendar *calendar,
                    const struct bus_pg_rows *r,
                    int32_t through,
                    int64_t *made,
                    struct bus_err *err)
{
    const struct treasury_award_until until = {.pay = through,
                                               .first = INT32_MAX};
    struct due_rows rows = {0};
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        award_add(&rows, calendar, r, i, &until);
        if (rows.lines.rows >= DUE_ROWS || i + 1 == bus_pg_count(r)) {
            rc = due_leave(b, &rows, made, err);
        }
    }
    due_fini(&rows);
    return rc;
}

int treasury_due_make(struct treasury_books *b,
                      const struct bus_policy_calendar *calendar,
                      int32_t through,
                      int64_t *ret,
                      struct bus_err *err)
{
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
        int rc = due_page(b, calendar, r, through, ret, err);
        bus_pg_rows_free(r);
        r = NULL;
        BUS_TRY(rc);
    } while (n > 0);
    return BUS_OK;
}
