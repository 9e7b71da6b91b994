/* What the templates for officers show; beside pages.h. */
#ifndef PRODUCERS_DESK_OFFICER_PAGES_H
#define PRODUCERS_DESK_OFFICER_PAGES_H

#include "producers/desk/pages.h"

/* --- his own account --- */

struct desk_session /* where he is signed in */
{
    int64_t n;
    const char *since, *seen, *until, *address, *program;
    bool here; /* this one */
};
struct desk_account
{
    struct desk_head head;
    const char *account, *fault, *told;
    const char *since; /* of his second factor */
    int64_t recoveries;
    const struct desk_session *sessions;
    size_t sessions_count;
    bool others;         /* there are some beside this one */
    int64_t least, most; /* of a password: characters, bytes */
};
struct desk_factor /* shown, to be confirmed */
{
    struct desk_head head;
    const char *fault, *secret;
    struct bus_web_markup square;
};
struct desk_recovery
{
    struct desk_head head;
    const struct desk_line *codes;
    size_t codes_count;
};

struct desk_queue_row
{
    const char *case_id, *case_no, *item, *village, *verdict, *assigned_on,
        *due, *step, *reason;
    int64_t amount_fen;
    bool has_amount, overdue;
};
struct desk_queue
{
    struct desk_head head;
    const char *item, *due, *by;       /* as filtered */
    const char *receipt, *why, *fault; /* as looked for */
    const struct desk_choice *items, *dues, *orders;
    size_t items_count, dues_count, orders_count;
    const struct desk_queue_row *rows;
    size_t rows_count;
};

struct desk_place_row
{
    const char *case_id, *case_no, *village, *state, *opened_at;
};
struct desk_held_row /* submitted by his office, and still here */
{
    const char *application, *state, *until;
};
struct desk_cases /* of an area */
{
    struct desk_head head;
    const char *state;
    const struct desk_choice *states;
    size_t states_count;
    const struct desk_place_row *rows;
    size_t rows_count;
    const struct desk_held_row *held;
    size_t held_count;
};

struct desk_judged /* what the rules found of an item */
{
    const char *item, *verdict;
    int64_t amount_fen;
    bool has_amount;
    const struct desk_line *reasons, *missing;
    size_t reasons_count, missing_count;
};
struct desk_assigned
{
    const char *case_id, *assignment_id, *item, *status, *verdict, *due,
        *reason, *stopped, *once;
    int64_t amount_fen;
    bool has_amount, may_step, may_decide, may_end, may_payee;
    const struct desk_choice *kinds;
    size_t kinds_count;
    const struct desk_group *found; /* what a survey may say, as inputs */
    size_t found_count;
};
struct desk_decided
{
    const char *at, *item, *outcome, *by, *reason, *delivery;
    int64_t amount_fen;
    bool has_amount, is_accepted;
};
struct desk_paid
{
    const char *at, *item, *partner, *outcome;
    int64_t amount_fen;
};
struct desk_happened
{
    const char *at, *record, *word, *item, *partner, *note;
};
struct desk_requested /* by the household */
{
    const char *at, *kind, *item, *state, *reason, *by;
};
struct desk_case
{
    struct desk_head head;
    const char *case_id, *case_no, *village, *state, *opened_at, *closed_at,
        *hidden, *told, *purpose;
    const struct desk_assigned *assigned;
    size_t assigned_count;
    const struct desk_judged *judged;
    size_t judged_count;
    const struct desk_decided *decided;
    size_t decided_count;
    const struct desk_paid *paid;
    size_t paid_count;
    const struct desk_happened *happened;
    size_t happened_count;
    const struct desk_requested *requested;
    size_t requested_count;
    bool may_request; /* for the household, with these */
    struct desk_requesting asks;
};
struct desk_request_faults
{
    struct desk_head head;
    const char *case_id, *fault;
    const struct desk_line *faults;
    size_t faults_count;
};
struct desk_decide
{
    struct desk_head head;
    const char *case_id, *assignment_id, *item, *once, *fault, *payee, *amount,
        *reason, *deviation, *from_month, *goods, *uncovered, *authority;
    int64_t proposed_fen;
    bool has_proposed;
    const struct desk_choice *outcomes, *deliveries, *periods;
    size_t outcomes_count, deliveries_count, periods_count;
};

struct desk_award_end
{
    struct desk_head head;
    const char *case_id, *assignment_id, *item, *once, *fault, *authority,
        *reason, *from_month;
};

struct desk_payee /* another account, and what waits for a second person */
{
    struct desk_head head;
    const char *case_id, *assignment_id, *item, *fault, *payee, *change;
    bool waits, his; /* his: who looks has said it */
    const char *masked, *asked_by, *name_check, *said_by, *said_at;
    const char *holder;
    const struct desk_choice *askers, *checks, *banks;
    size_t askers_count, checks_count, banks_count;
};

#endif
