/* Inside the sheet: a spool whose tasks stand in one table and whose answers
 * are rows of it. */
#ifndef BUS_PARTNER_SHEET_PARTS_H
#define BUS_PARTNER_SHEET_PARTS_H

#include <jansson.h>

#include "bus/base/buf.h"
#include "bus/conf/bus_config.h"
#include "bus/partner/dedup_log.h"
#include "bus/partner/spool_parts.h"
#include "bus/workbook/workbook.h"

#define SHEET_FILE_MAX  (16u << 20) /* bytes of a file that comes */
#define SHEET_TOLD_MAX  1000        /* what is to be read: the newest */
#define SHEET_LINES_MAX 20000       /* of a report */
#define SHEET_PERIOD_MS 2000        /* between two worklists */
#define SHEET_ROW_NAME  "row-"      /* of an answer: and which one */
#define SHEET_ANSWERS   2

/* --- sheet_forms.c: what stands in the table of a kind --- */

enum sheet_cell {
    SHEET_TEXT,
    SHEET_MONEY, /* fen, shown in yuan: "812.00" */
    SHEET_COUNT, /* a whole number */
    SHEET_WORD,  /* of words */
    SHEET_FACTS, /* a list of facts, in the dictionary's words */
    SHEET_NAMES  /* a list of what is missing, likewise */
};
struct sheet_word
{
    const char *word, *zh; /* word NULL: the end */
    int answer;            /* of the outcome: which answer it makes */
    bool stays;            /* the task waits for more */
};
struct sheet_column
{
    const char *title;
    int width;
    enum sheet_cell cell;
    const char *shown;                 /* place in the task, or NULL */
    bool kept;                         /* must come back as it was shown */
    const char *filled[SHEET_ANSWERS]; /* places in the answers, or NULL */
    const char *usual[SHEET_ANSWERS];  /* where it is empty; "@": the partner */
    const struct sheet_word *words;
};
struct sheet_answer
{
    const char *document;
    const char *times[2]; /* places of when it was */
    const char *copied;   /* out of the task, with word `with`; or NULL */
    const char *with;
};
struct sheet_form
{
    int kind; /* enum bus_conf_partner_kind */
    const char *task, *about;
    const char *ends, *ends_with; /* another document that ends the task */
    struct sheet_answer answers[SHEET_ANSWERS];
    /* The first column is the row's number, and one is the outcome: both are
     * looked for in every file. */
    const struct sheet_column *columns;
    size_t count, outcome;
};
/* NULL: none; the configuration allows no other. */
const struct sheet_form *partner_sheet_form(int kind);

struct sheet;
/* --- sheet_cell.c --- */

/* What is remembered of a row: "" that it is answered for good, a word that
 * this was said, a word and its values that just this was. */
struct bus_id partner_sheet_note(const struct sheet *s,
                                 const struct bus_id *event,
                                 struct bus_strv what);

/* NULL where there is nothing. place: "/reply_to/item". */
json_t *partner_sheet_at(json_t *doc, const char *place);
/* Makes what is between; value is taken over. False: no memory. */
bool partner_sheet_put(json_t *doc, const char *place, json_t *value);
const char *partner_sheet_text_at(json_t *doc, const char *place); /* or "" */
/* As it is shown; "" where there is nothing. */
const char *partner_sheet_shown(const struct sheet_column *c,
                                json_t *task,
                                const struct bus_config *config,
                                struct bus_arena *mem);
const struct sheet_word *partner_sheet_word(const struct sheet_word *words,
                                            struct bus_strv said);
struct bus_strv partner_sheet_trim(struct bus_strv s);
/* "1,234.5" or "1234.50" -> 123450; false: no such amount. */
bool partner_sheet_money(struct bus_strv s, int64_t *ret_fen);

/* --- sheet_list.c: the tasks that wait, and the table of them --- */

/* Every open task by its event's id, lower case. */
int partner_sheet_tasks(struct bus_partner_transport *t,
                        json_t **ret,
                        struct bus_err *err);
/* Writes what out/ shows. */
int partner_sheet_list(struct bus_partner_transport *t, struct bus_err *err);
/* A staged document becomes a row, ends one, or is to be read. */
int partner_sheet_publish(struct bus_partner_transport *t,
                          const struct bus_id *id,
                          struct bus_err *err);

/* --- sheet_file.c: the file in work --- */

enum sheet_row_state { SHEET_ROW_NEW, SHEET_ROW_OUT, SHEET_ROW_DONE };
struct sheet_row
{
    enum sheet_row_state state;
    struct bus_id event, said, values; /* the last two: notes */
    const char *task;                  /* its file in .bus/open/ */
    int answer;
    bool stays;
};
struct sheet_line
{
    size_t line;
    const char *column, *code, *zh, *en;
};
struct sheet_file
{
    struct bus_arena mem; /* lives as long as the file is in work */
    const char *name;     /* NULL: none is */
    int64_t at_ms;        /* when it was last written, not in the future */
    struct bus_workbook_rows rows;
    struct sheet_row *row;            /* of rows.v */
    size_t head;                      /* which row has the titles */
    int at[BUS_WORKBOOK_COLUMNS_MAX]; /* form's column -> file's, or -1 */
    size_t next, out;                 /* row to look at; rows given and open */
    size_t taken, again, empty, wrong;
    struct sheet_line *lines; /* of the report */
    size_t lines_n, lines_more;
    json_t *tasks;
    json_t *numbers; /* of the rows that say something */
};
/* Begins with what was claimed; a file that is no table has its fault then.
 * BUS_ETRUNCATED: it seems to end early. */
int partner_sheet_begin(struct bus_partner_transport *t,
                        const struct bus_partner_transport_taken *taken,
                        struct bus_err *err);
/* Into its report. Texts are borrowed for as long as the file is in work. */
void partner_sheet_line(struct sheet_file *f,
                        size_t line,
                        const char *column,
                        const char *code,
                        const char *zh,
                        const char *en);
/* sheet_row.c: answers of the rows that follow, as documents named by their
 * row. */
int partner_sheet_answers(struct bus_partner_transport *t,
                          struct bus_arena *mem,
                          struct bus_partner_transport_taken *ret,
                          size_t max,
                          size_t *ret_n,
                          struct bus_err *err);
int partner_sheet_row_settle(struct bus_partner_transport *t,
                             const char *name,
                             enum bus_partner_transport_verdict verdict,
                             struct bus_strv note,
                             struct bus_err *err);
bool partner_sheet_whole(const struct sheet_file *f); /* every row is settled */
/* Its report, and the file to done/ or rejected/. */
int partner_sheet_end(struct bus_partner_transport *t, struct bus_err *err);
void partner_sheet_drop(struct sheet_file *f);

struct sheet
{
    const struct bus_config *config;
    const struct bus_conf_partner *partner;
    const struct sheet_form *form;
    struct bus_seen *notes; /* what rows have said */
    int open, told;         /* folders */
    bool dirty;             /* out/ shows what was */
    int64_t written_ms;     /* monotonic */
    struct sheet_file file;
};

#endif
