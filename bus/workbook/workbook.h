/* A table of texts as people keep it in an office suite: written as an XLSX
 * workbook, read from XLSX or CSV. Pure but for scratch files of the writer,
 * which have no name. On any thread; calls may take a second: not on a loop.
 *
 * Cells are written as texts, never as formulas or links. Read are values: a
 * formula, an error and what is not kept in the cell itself read as a formula
 * (the officer writes the value). Numbers and days come as the file has them:
 * "812.5", "46206" (days since 1899-12-30).
 *
 * Whatever the file says of itself, at most BUS_WORKBOOK_BYTES_MAX are
 * unpacked; a document type (entities) is refused, nothing is fetched. */
#ifndef BUS_WORKBOOK_WORKBOOK_H
#define BUS_WORKBOOK_WORKBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/buf.h"
#include "bus/base/err.h"

#define BUS_WORKBOOK_BYTES_MAX   (32u << 20) /* of all parts, unpacked */
#define BUS_WORKBOOK_PARTS_MAX   256
#define BUS_WORKBOOK_ROWS_MAX    20000
#define BUS_WORKBOOK_COLUMNS_MAX 64   /* what stands further right is left */
#define BUS_WORKBOOK_CELL_MAX    4096 /* bytes */

/* --- writing --- */

struct bus_workbook_column
{
    const char *title;
    int width;                  /* in characters */
    bool fill;                  /* for the reader to fill in: coloured */
    const char *const *choices; /* NULL-ended, or NULL: what may be said */
};
struct bus_workbook_table
{
    const char *name; /* of the sheet: at most 31 characters */
    const struct bus_workbook_column *columns;
    size_t columns_count;     /* 1..BUS_WORKBOOK_COLUMNS_MAX */
    const char *const *cells; /* rows_count * columns_count; NULL: empty */
    size_t rows_count;        /* at most BUS_WORKBOOK_ROWS_MAX */
};
/* Appends the workbook. BUS_EIO: the scratch file failed; BUS_ETOOBIG: over
 * the buffer's limit. */
int bus_workbook_write(const struct bus_workbook_table *t,
                       struct bus_buf *out,
                       struct bus_err *err) BUS_MUSTCHECK;
/* The same as CSV (csv_write.h): titles first. */
int bus_workbook_write_csv(const struct bus_workbook_table *t,
                           struct bus_buf *out,
                           struct bus_err *err) BUS_MUSTCHECK;

/* --- reading --- */

struct bus_workbook_row
{
    size_t line; /* as the office suite numbers it; of a CSV: its line */
    size_t n;    /* cells; what stands behind is empty */
    struct bus_strv *cell;
    uint64_t formulas; /* bit i: cell i is no value */
};
struct bus_workbook_wrong
{
    size_t line, column; /* from 1; 0: the file as a whole */
    const char *code;    /* "NO_WORKBOOK", "TOO_BIG", ... */
    const char *zh, *en;
};
struct bus_workbook_rows
{
    struct bus_workbook_row *v; /* those that are not empty */
    size_t n;
    struct bus_workbook_wrong wrong; /* of BUS_EPARSE and BUS_ETOOBIG */
};
/* XLSX by its first bytes, else CSV (UTF-8 or GB18030). The first sheet is
 * read. Everything is in mem, wrong's texts too. BUS_ETRUNCATED: a workbook
 * that ends early (perhaps it is still being written); BUS_EPARSE,
 * BUS_ETOOBIG: see wrong (BUS_ETRUNCATED has one, too). BUS_ENOMEM. */
int bus_workbook_read(struct bus_strv bytes,
                      struct bus_arena *mem,
                      struct bus_workbook_rows *ret,
                      struct bus_err *err) BUS_MUSTCHECK;

#endif
