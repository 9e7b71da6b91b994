/* What the templates of pages/ show: texts are in the reader's language
 * already, and escaped by the templates. */
#ifndef PRODUCERS_DESK_PAGES_H
#define PRODUCERS_DESK_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/web/page.h"

enum desk_place {
    DESK_AT_NOTHING,
    DESK_AT_HOME,
    DESK_AT_CATALOGUE,
    DESK_AT_PROGRESS,
    DESK_AT_APPLY,
    DESK_AT_QUEUE,
    DESK_AT_CASES,
    DESK_AT_COUNTY,
    DESK_AT_MONEY,
    DESK_AT_ACCOUNT,
    DESK_AT_SHEETS
};
struct desk_head
{
    const char *lang, *title, *county, *name, *org;
    const char *here, *type_here; /* this page in the other language, type */
    bool signed_in, assists, decides, leads, pays, in_english, large;
    bool at_home, at_catalogue, at_progress, at_apply, at_queue, at_cases,
        at_county, at_money, at_account, at_sheets;
};

struct desk_home
{
    struct desk_head head;
    size_t items, departments;
};
struct desk_style /* all parts in every state */
{
    struct desk_head head;
    struct bus_web_markup bars;
};
struct desk_sign_in
{
    struct desk_head head;
    const char *fault, *account, *to;
};
struct desk_said
{
    struct desk_head head;
    const char *text;
};

struct desk_choice
{
    const char *code, *name;
    bool chosen;
};
struct desk_item_row
{
    const char *code, *name, *department, *summary, *limit;
};
struct desk_catalogue
{
    struct desk_head head;
    const struct desk_choice *departments;
    size_t departments_count;
    const struct desk_item_row *rows;
    size_t rows_count;
};
struct desk_line
{
    const char *text;
};
struct desk_basis
{
    const char *document, *number, *article;
};
struct desk_item
{
    struct desk_head head;
    const char *code, *name, *department, *condition, *amount, *limit,
        *delivery, *from;
    const struct desk_line *clauses, *materials, *steps;
    size_t clauses_count, materials_count, steps_count;
    const struct desk_basis *basis;
    size_t basis_count;
};

/* --- applying; a field's name is its place in the form's JSON --- */

struct desk_input
{
    const char *name, *label, *value, *type, *hint, *fault;
    bool chooses; /* one of choices; else it is written */
    const struct desk_choice *choices;
    size_t choices_count;
};
struct desk_group
{
    const char *title;
    const struct desk_input *inputs;
    size_t inputs_count;
};
struct desk_hidden
{
    const char *name, *value;
};
struct desk_answer
{
    const char *label, *value;
};
struct desk_answers
{
    const char *title, *go; /* where it is changed */
    const struct desk_answer *list;
    size_t list_count;
};
struct desk_apply
{
    struct desk_head head;
    const char *at, *step, *reference, *problem, *draft;
    bool is_first, is_members, is_check;
    const char *next, *back; /* what the buttons go to */
    const struct desk_answer *faults;
    size_t faults_count;
    const struct desk_group *groups;
    size_t groups_count;
    const struct desk_answers *answers; /* of the check */
    size_t answers_count;
    const struct desk_hidden *hidden;
    size_t hidden_count;
};
struct desk_resume
{
    struct desk_head head;
    const char *fault, *number;
};
struct desk_ask
{
    struct desk_head head;
    const char *reference, *draft, *fact; /* "household.area" */
    const char *title;
    size_t items; /* that it decides */
    bool has_before;
    const struct desk_input *inputs;
    size_t inputs_count;
    const struct desk_hidden *hidden;
    size_t hidden_count;
};
struct desk_receipt
{
    struct desk_head head;
    const char *application, *applicant, *day, *address;
    const char *until; /* it may be changed; "": it has left */
    struct bus_web_markup square;
    bool is_journaled;
};
struct desk_sent /* submitted, and what it is now */
{
    struct desk_head head;
    const char *application, *state, *until;
    bool may_change, is_over; /* it was asked for, too late */
};

/* --- a resident's progress --- */

struct desk_line_of /* an item of it */
{
    const char *item, *status, *department, *due;
    int64_t amount_fen, paid_fen;
    bool has_amount;
};
struct desk_requesting /* the form of a request */
{
    const struct desk_choice *kinds, *items;
    size_t kinds_count, items_count;
    const struct desk_group *groups; /* what is wanted, as inputs */
    size_t groups_count;
};
struct desk_progress
{
    struct desk_head head;
    const char *application, *fault;
    bool is_found;
    const char *state;
    const struct desk_line_of *got, *doing, *refused;
    size_t got_count, doing_count, refused_count;
    const struct desk_line *wanted;
    size_t wanted_count;
    int64_t paid_fen;
    struct desk_requesting asks; /* what it may say */
    const struct desk_line *faults;
    size_t faults_count;
    const char *said;  /* it was taken; "" */
    bool may_withdraw; /* as long as it has not left */
};

#endif
