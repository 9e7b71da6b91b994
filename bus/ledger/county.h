/* The county on a day, as the tables that follow from the ledger have it
 * (life_*, fund_board): counts, and the list behind each count. Nobody is named
 * in it. Nothing here says who may see it: bus/web/may.h does.
 *
 * Blocking (PostgreSQL): for pool threads. All texts and lists in `mem`. */
#ifndef BUS_LEDGER_COUNTY_H
#define BUS_LEDGER_COUNTY_H

#include "bus/base/arena.h"
#include "bus/pg/pg.h"

#define BUS_LEDGER_STUCK_DAYS 15 /* without anything done: stuck */

struct bus_ledger_office /* a department, or a town by its 9 digits */
{
    const char *code;
    int64_t waiting, late, stuck;
};
struct bus_ledger_owner /* of dead letters */
{
    const char *code, *since; /* "2026-07-01" */
    int64_t letters;
};
struct bus_ledger_fund
{
    const char *code, *blocked_by; /* "" for nobody */
    int64_t budget_fen, free_fen, committed_fen, paid_fen, returned_fen;
    int64_t disputes;    /* answers of banks that people have to look at */
    int64_t differences; /* of the books and a bank's statements */
};
struct bus_ledger_sheets /* of a month */
{
    const char *month; /* "2026-07" */
    int64_t boards, unposted;
};
struct bus_ledger_county
{
    int64_t came, ended, open; /* cases: on the day, on the day, at its end */
    int64_t waiting, late, stuck; /* assignments */
    int64_t untold;               /* events that the tables do not tell yet */
    struct bus_ledger_office *departments, *towns; /* the most overdue first */
    struct bus_ledger_owner *owners;
    struct bus_ledger_fund *funds;
    struct bus_ledger_sheets *sheets;
    size_t departments_count, towns_count, owners_count, funds_count,
        sheets_count;
};
/* In a transaction of its own: all counts are of one instant. */
int bus_ledger_county(struct bus_pg *pg,
                      int32_t day,
                      struct bus_arena *mem,
                      struct bus_ledger_county *ret,
                      struct bus_err *err) BUS_MUSTCHECK;

struct bus_ledger_waiting
{
    const char *case_id, *case_no, *item, *department, *division;
    const char *assigned_on, *due, *heard_on; /* days; due "" for none */
    bool late, opens; /* opens: the reader may see the case */
};
struct bus_ledger_waiting_wish
{
    const char *department, *town; /* "": all */
    const char *which;             /* "", "late" or "stuck" */
    const char *opens_for; /* a department's code; "": every case opens */
    int32_t day;
    int64_t limit;
};
/* *ret_count of *ret_all. */
int bus_ledger_waiting(struct bus_pg *pg,
                       const struct bus_ledger_waiting_wish *wish,
                       struct bus_arena *mem,
                       struct bus_ledger_waiting **ret,
                       size_t *ret_count,
                       int64_t *ret_all,
                       struct bus_err *err) BUS_MUSTCHECK;

#endif
