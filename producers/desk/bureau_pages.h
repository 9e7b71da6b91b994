/* What the templates for the lead department show; beside officer_pages.h. */
#ifndef PRODUCERS_DESK_BUREAU_PAGES_H
#define PRODUCERS_DESK_BUREAU_PAGES_H

#include "producers/desk/officer_pages.h"

struct desk_office_row
{
    const char *code, *name;
    int64_t waiting, late, stuck;
};
struct desk_owner_row
{
    const char *name, *since;
    int64_t letters;
};
struct desk_fund_row
{
    const char *name, *blocked_by;
    int64_t budget_fen, free_fen, committed_fen, paid_fen, returned_fen,
        disputes, differences;
};
struct desk_funds
{
    const struct desk_fund_row *rows;
    size_t rows_count;
};
struct desk_sheet_row
{
    const char *month;
    int64_t boards, unposted;
};
struct desk_county
{
    struct desk_head head;
    const char *day;
    int64_t came, ended, open, waiting, late, stuck, untold, stuck_days;
    struct bus_web_markup bars; /* of towns */
    const struct desk_office_row *departments, *towns;
    const struct desk_owner_row *owners;
    struct desk_funds funds;
    const struct desk_sheet_row *sheets;
    size_t departments_count, towns_count, owners_count, sheets_count;
};

struct desk_waiting_row
{
    const char *case_id, *case_no, *item, *department, *village, *assigned_on,
        *due, *heard_on;
    bool late, opens;
};
struct desk_waiting
{
    struct desk_head head;
    const char *department, *town, *which; /* as filtered */
    const struct desk_choice *departments, *towns, *whichs;
    size_t departments_count, towns_count, whichs_count;
    const struct desk_waiting_row *rows;
    size_t rows_count;
    int64_t all;
};

/* --- the public sheets --- */

struct desk_sheet_of
{
    const char *board, *month, *on, *name;
    bool none, is_town; /* nothing was paid; with a way to its villages */
    int64_t total_fen;
};
struct desk_sheets
{
    struct desk_head head;
    const char *month;
    const struct desk_choice *months, *towns;
    const struct desk_sheet_of *rows;
    size_t months_count, towns_count, rows_count;
};
struct desk_sheet_line /* no: of a household; 0: a sum */
{
    int64_t no, number, fen;
    const char *item;
    bool has_number; /* else fewer than are counted out */
};
struct desk_sheet_fund
{
    const char *name;
    bool none;
    int64_t paid_fen, back_fen;
    const struct desk_sheet_line *lines;
    size_t lines_count;
};
struct desk_sheet
{
    struct desk_head head;
    const char *board, *month, *name, *on, *sm3;
    int64_t version;
    const struct desk_sheet_fund *funds;
    size_t funds_count;
};

/* --- money --- */

struct desk_due_row
{
    const char *bank, *fund, *fund_name, *pay_day;
    int64_t lines, total_fen;
};
struct desk_batch_row
{
    const char *batch, *bank, *fund, *pay_day, *state, *prepared_by, *first,
        *second;
    int64_t number, lines, total_fen;
};
struct desk_money
{
    struct desk_head head;
    const char *fault;
    const struct desk_due_row *due;
    const struct desk_batch_row *batches;
    struct desk_funds funds;
    size_t due_count, batches_count;
};
struct desk_money_line
{
    const char *line, *item, *period, *pay_day, *state, *reason;
    int64_t amount_fen, attempt, owed_fen;
};
struct desk_money_lines
{
    struct desk_head head;
    const struct desk_choice *states;
    const struct desk_money_line *rows;
    size_t states_count, rows_count;
};
struct desk_award /* paid every period */
{
    const char *award, *item, *fund, *from_month, *state, *note;
    const char *act; /* what can be done with it; "" */
    int64_t amount_fen;
    bool suspends;
};
struct desk_awards
{
    struct desk_head head;
    const char *fault, *told, *award;
    const struct desk_choice *states;
    size_t states_count;
    const struct desk_award *rows;
    size_t rows_count;
    bool is_one; /* with what can be done */
};
struct desk_budget /* said, and not agreed to yet */
{
    const char *budget, *fund, *why, *said_by, *said_at;
    int64_t amount_fen;
    bool his; /* who looks */
};
struct desk_budgets
{
    struct desk_head head;
    const char *fault, *told, *amount, *why;
    const struct desk_choice *funds;
    size_t funds_count;
    const struct desk_budget *rows;
    size_t rows_count;
};
struct desk_difference
{
    int64_t n, amount_fen; /* n: of this page */
    const char *name, *fund, *day, *reason, *line, *order, *first_by;
};
struct desk_differences
{
    struct desk_head head;
    const char *fault, *told;
    const struct desk_choice *kinds;
    const struct desk_difference *rows;
    size_t kinds_count, rows_count;
    int64_t all;
};
struct desk_money_act
{
    const char *at, *who, *act, *note;
    int64_t amount_fen;
};
struct desk_batch
{
    struct desk_head head;
    const char *batch, *fault, *told;
    const char *bank, *fund, *pay_day, *state, *sm3, *prepared_by, *first,
        *second;
    int64_t lines_number, total_fen;
    bool holds, may_approve, may_send, may_withdraw;
    const struct desk_money_line *lines;
    const struct desk_money_act *acts;
    size_t lines_count, acts_count;
};

#endif
