#include "bus/ledger/county.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/ledger/sql/county_dead.h"
#include "bus/ledger/sql/county_funds.h"
#include "bus/ledger/sql/county_offices.h"
#include "bus/ledger/sql/county_sheets.h"
#include "bus/ledger/sql/county_totals.h"
#include "bus/ledger/sql/county_waiting.h"

struct counting
{
    struct bus_pg *pg;
    struct bus_arena *mem;
    struct bus_ledger_county *county;
    const char *params[2]; /* the day, the days of stuck */
    bool no_memory;
};

static const char *
county_text(struct counting *c, const struct bus_pg_rows *r, size_t i, size_t k)
{
    const char *text = bus_arena_strdup(c->mem, bus_pg_value(r, i, k));
    c->no_memory = c->no_memory || text == NULL;
    return text != NULL ? text : "";
}

static void *county_list(struct counting *c, size_t n, size_t bytes)
{
    void *list = bus_arena_calloc(c->mem, n + 1, bytes);
    c->no_memory = c->no_memory || list == NULL;
    return list;
}

static void county_totals(struct counting *c, const struct bus_pg_rows *r)
{
    struct bus_ledger_county *x = c->county;
    int64_t *const into[] = {&x->came, &x->ended, &x->open,  &x->waiting,
                             &x->late, &x->stuck, &x->untold};
    for (size_t k = 0; k < sizeof(into) / sizeof(into[0]); k++) {
        *into[k] = bus_pg_i64(r, 0, k);
    }
}

static void county_offices(struct counting *c, const struct bus_pg_rows *r)
{
    struct bus_ledger_county *x = c->county;
    size_t n = bus_pg_count(r);
    x->departments = county_list(c, n, sizeof(*x->departments));
    x->towns = county_list(c, n, sizeof(*x->towns));
    for (size_t i = 0; !c->no_memory && i < n; i++) {
        const struct bus_ledger_office o = {
            county_text(c, r, i, 1), bus_pg_i64(r, i, 2), bus_pg_i64(r, i, 3),
            bus_pg_i64(r, i, 4)};
        if (strcmp(bus_pg_value(r, i, 0), "town") == 0) {
            x->towns[x->towns_count++] = o;
        } else {
            x->departments[x->departments_count++] = o;
        }
    }
}

static void county_owners(struct counting *c, const struct bus_pg_rows *r)
{
    struct bus_ledger_county *x = c->county;
    size_t n = bus_pg_count(r);
    x->owners = county_list(c, n, sizeof(*x->owners));
    for (size_t i = 0; !c->no_memory && i < n; i++) {
        x->owners[x->owners_count++] =
            (struct bus_ledger_owner){.code = county_text(c, r, i, 0),
                                      .letters = bus_pg_i64(r, i, 1),
                                      .since = county_text(c, r, i, 2)};
    }
}

static void county_funds(struct counting *c, const struct bus_pg_rows *r)
{
    struct bus_ledger_county *x = c->county;
    size_t n = bus_pg_count(r);
    x->funds = county_list(c, n, sizeof(*x->funds));
    for (size_t i = 0; !c->no_memory && i < n; i++) {
        x->funds[x->funds_count++] =
            (struct bus_ledger_fund){.code = county_text(c, r, i, 0),
                                     .budget_fen = bus_pg_i64(r, i, 1),
                                     .free_fen = bus_pg_i64(r, i, 2),
                                     .committed_fen = bus_pg_i64(r, i, 3),
                                     .paid_fen = bus_pg_i64(r, i, 4),
                                     .returned_fen = bus_pg_i64(r, i, 5),
                                     .blocked_by = county_text(c, r, i, 6),
                                     .disputes = bus_pg_i64(r, i, 7),
                                     .differences = bus_pg_i64(r, i, 8)};
    }
}

static void county_sheets(struct counting *c, const struct bus_pg_rows *r)
{
    struct bus_ledger_county *x = c->county;
    size_t n = bus_pg_count(r);
    x->sheets = county_list(c, n, sizeof(*x->sheets));
    for (size_t i = 0; !c->no_memory && i < n; i++) {
        x->sheets[x->sheets_count++] =
            (struct bus_ledger_sheets){.month = county_text(c, r, i, 0),
                                       .boards = bus_pg_i64(r, i, 1),
                                       .unposted = bus_pg_i64(r, i, 2)};
    }
}

static const struct
{
    const char *sql;
    size_t params; /* the first so many */
    void (*take)(struct counting *c, const struct bus_pg_rows *r);
} questions[] = {
    {bus_ledger_sql_county_totals, 2, county_totals},
    {bus_ledger_sql_county_offices, 2, county_offices},
    {bus_ledger_sql_county_dead, 0, county_owners},
    {bus_ledger_sql_county_funds, 0, county_funds},
    {bus_ledger_sql_county_sheets, 0, county_sheets},
};

static int county_ask(struct counting *c, struct bus_err *err)
{
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        struct bus_pg_rows *r = NULL;
        BUS_TRY(bus_pg_query(c->pg, questions[i].sql, c->params,
                             questions[i].params, &r, err));
        questions[i].take(c, r);
        bus_pg_rows_free(r);
    }
    return c->no_memory ? bus_fail(err, BUS_ENOMEM, "a county's counts")
                        : BUS_OK;
}

#define COUNTY_NUMBER_OF(x) #x
#define COUNTY_NUMBER(x)    COUNTY_NUMBER_OF(x)
static const char stuck_days[] = COUNTY_NUMBER(BUS_LEDGER_STUCK_DAYS);

int bus_ledger_county(struct bus_pg *pg,
                      int32_t day,
                      struct bus_arena *mem,
                      struct bus_ledger_county *ret,
                      struct bus_err *err)
{
    char date[BUS_DATE_TEXT + 1];
    struct counting c = {.pg = pg,
                         .mem = mem,
                         .county = ret,
                         .params = {bus_date_text(day, date), stuck_days}};
    struct bus_err ignored; /* a broken connection ends it as well */
    *ret = (struct bus_ledger_county){0};
    BUS_TRY(bus_pg_exec(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                        err));
    int rc = county_ask(&c, err);
    if (rc == BUS_OK) {
        return bus_pg_exec(pg, "COMMIT", err);
    }
    int back = bus_pg_exec(pg, "ROLLBACK", &ignored);
    (void)back;
    return rc;
}

static int waiting_take(struct counting *c,
                        const struct bus_pg_rows *r,
                        struct bus_ledger_waiting **ret,
                        struct bus_err *err)
{
    size_t n = bus_pg_count(r);
    *ret = county_list(c, n, sizeof(**ret));
    for (size_t i = 0; !c->no_memory && i < n; i++) {
        (*ret)[i] = (struct bus_ledger_waiting){
            .case_id = county_text(c, r, i, 0),
            .case_no = county_text(c, r, i, 1),
            .item = county_text(c, r, i, 2),
            .department = county_text(c, r, i, 3),
            .division = county_text(c, r, i, 4),
            .assigned_on = county_text(c, r, i, 5),
            .due = county_text(c, r, i, 6),
            .heard_on = county_text(c, r, i, 7),
            .late = bus_pg_value(r, i, 8)[0] == 't',
            .opens = bus_pg_value(r, i, 9)[0] == 't'};
    }
    return c->no_memory ? bus_fail(err, BUS_ENOMEM, "a list of what waits")
                        : BUS_OK;
}

int bus_ledger_waiting(struct bus_pg *pg,
                       const struct bus_ledger_waiting_wish *wish,
                       struct bus_arena *mem,
                       struct bus_ledger_waiting **ret,
                       size_t *ret_count,
                       int64_t *ret_all,
                       struct bus_err *err)
{
    char date[BUS_DATE_TEXT + 1], most[24];
    struct counting c = {.pg = pg, .mem = mem};
    const char *const params[] = {bus_date_text(wish->day, date),
                                  wish->department,
                                  wish->town,
                                  wish->which,
                                  stuck_days,
                                  most,
                                  wish->opens_for};
    struct bus_pg_rows *r = NULL;
    (void)snprintf(most, sizeof(most), "%lld", (long long)wish->limit);
    BUS_TRY(
        bus_pg_query(pg, bus_ledger_sql_county_waiting, params, 7, &r, err));
    int rc = waiting_take(&c, r, ret, err);
    *ret_count = bus_pg_count(r);
    *ret_all = *ret_count > 0 ? bus_pg_i64(r, 0, 10) : 0;
    bus_pg_rows_free(r);
    return rc;
}
