/* sheet: a service station's list (CSV) as applications.
 *
 * The first row names the columns, in Chinese or English (README.md has them
 * all; any fact of the dictionary may be one). A row is a person; rows that
 * follow each other with the same reference, or with none, are one household.
 * What concerns the household stands in its first row; a later row may repeat
 * it, not change it. Each household becomes the JSON that openapi.json
 * describes, so that one set of checks holds for every way in; a value that
 * does not fit is left as it stands, for those checks to find. */
#ifndef PRODUCERS_INTAKE_CSV_IMPORT_H
#define PRODUCERS_INTAKE_CSV_IMPORT_H

#include "bus/workbook/csv_read.h"
#include "producers/intake/form.h"
#include "producers/intake/form_table.h"

#define SHEET_ROWS_MAX   100000 /* of a file */
#define SHEET_FAULTS_MAX 64
#define SHEET_UNIT_ROWS  64 /* of one household */
#define SHEET_HEADS_MIN  3  /* known names that make a row the header */

struct csv_import_column
{
    const char *en, *zh; /* of the documented columns */
    const char *base;    /* "", "/operator", "/facts"; "." = of the member */
    const char *key;     /* "division_code" */
    enum form_cell type;
    bool needed, personal;
    const struct bus_fact *fact;
    bool yuan; /* money written in yuan: two decimals */
};
/* The documented columns, but for facts, out of the form's table; ends with
 * en == NULL. The first is the reference. */
const struct csv_import_column *intake_csv_import_columns(void);

struct csv_import_fault
{
    size_t line, column; /* from 1; column 0: the row as a whole */
    const char *header;  /* as in the file; "" */
    const char *found;   /* cut; "***" for a personal one */
    const char *code, *zh, *en;
};
struct csv_import_faults
{
    struct csv_import_fault v[SHEET_FAULTS_MAX];
    size_t n; /* more than kept are counted */
};
struct csv_import
{
    const struct bus_config *config;
    const struct form_index *index;
    struct csv csv;
    size_t n;
    struct csv_import_column column[CSV_COLUMNS_MAX];
    const char *header[CSV_COLUMNS_MAX]; /* as in the file, in mem */
    struct bus_arena mem;                /* headers */
    struct csv_row row;                  /* read ahead */
    bool row_broken;                     /* csv.wrong says how */
    bool has_row, ended;
    size_t rows;
};
/* text is borrowed and must outlive the sheet. Faults of the header are all in
 * ret_faults, with texts in the sheet's memory: then nothing is to be read from
 * it. BUS_EPARSE when there is no header. */
int intake_csv_import_open(struct csv_import *s,
                           struct bus_strv text,
                           const struct bus_config *config,
                           const struct form_index *index,
                           struct csv_import_faults *ret_faults,
                           struct bus_err *err) BUS_MUSTCHECK;
void intake_csv_import_close(
    struct csv_import *s); /* NULL or zeroed is allowed */

struct csv_import_unit
{
    json_t *json; /* json_decref() it */
    const char *reference;
    size_t first_line, last_line, rows;
    size_t line[SHEET_UNIT_ROWS];                           /* of each member */
    struct bus_strv cell[SHEET_UNIT_ROWS][CSV_COLUMNS_MAX]; /* as read */
    struct csv_import_faults faults; /* of the rows themselves */
    /* No household at all (a total, a note), or one with a row that cannot be
     * read: told, and not kept as a draft. */
    bool unreadable;
};
/* The next household; texts in mem. BUS_EAGAIN at the end, BUS_EPARSE where the
 * file cannot be read on: line and column. A row that is none makes its own
 * household unreadable; the others are read. */
int intake_csv_import_next(struct csv_import *s,
                           struct bus_arena *mem,
                           struct csv_import_unit *ret,
                           struct bus_err *err) BUS_MUSTCHECK;
/* csv_columns.c: does the cell name a column? */
bool intake_csv_import_names_column(const struct csv_import *s,
                                    struct bus_strv cell);
/* csv_columns.c: each column of the header read, and all faults of it. */
void intake_csv_import_name_columns(struct csv_import *s,
                                    struct csv_import_faults *faults);
/* Looks at the whole list before anything of it is used: rows of one reference
 * that do not stand together. BUS_EPARSE: err says which lines. ret_rows may be
 * NULL. */
int intake_csv_import_check_whole(struct bus_strv text,
                                  const struct bus_config *config,
                                  const struct form_index *index,
                                  size_t *ret_rows,
                                  struct bus_err *err) BUS_MUSTCHECK;
/* Where a fault of the form stands in the file. */
void intake_csv_import_place(const struct csv_import *s,
                             const struct csv_import_unit *u,
                             const struct intake_form_fault *fault,
                             struct bus_arena *mem,
                             struct csv_import_fault *ret);

/* intake_csv_import_value.c: a cell as JSON; NULL: the cell is empty. */
json_t *intake_csv_import_value(const struct csv_import_column *c,
                                struct bus_strv cell,
                                struct bus_arena *mem);
struct bus_strv intake_csv_import_trim(struct bus_strv s);
/* What a spreadsheet or a habit has done to a cell so that it cannot be what
 * was meant: a year of two digits, an account rounded to 15. NULL: nothing. */
struct csv_import_spoilt
{
    const char *code, *zh, *en;
};
const struct csv_import_spoilt *
intake_csv_import_spoilt(const struct csv_import_column *c,
                         struct bus_strv cell);

#endif
