/* A file of comma separated values (RFC 4180), as stations make them.
 *
 * UTF-8 (with or without a mark at its start) or GB18030; lines end in LF or
 * CRLF; the last may lack its end. A quoted field may hold commas, line ends
 * and doubled quotes. Errors are BUS_EPARSE and name line and column; no text
 * of the file is repeated in them. */
#ifndef BUS_WORKBOOK_CSV_READ_H
#define BUS_WORKBOOK_CSV_READ_H

#include <stddef.h>
#include <stdio.h>

#include "bus/base/arena.h"
#include "bus/base/buf.h"
#include "bus/base/err.h"

#define CSV_FILE_MAX    (64u << 20) /* bytes, as it comes */
#define CSV_COLUMNS_MAX 256
#define CSV_FIELD_MAX   4096 /* bytes */

/* All of the file as UTF-8 without a mark. BUS_ETOOBIG over CSV_FILE_MAX;
 * BUS_EPARSE for UTF-16, NUL bytes, or what is neither UTF-8 nor GB18030. */
int bus_workbook_csv_load(FILE *file,
                          struct bus_buf *ret,
                          const char **ret_encoding, /* "UTF-8" */
                          struct bus_err *err) BUS_MUSTCHECK;

struct csv_wrong
{
    size_t line, column; /* from 1 */
    const char *zh, *en;
};
struct csv
{
    struct bus_strv text;
    size_t at;
    size_t line;            /* of `at`, from 1 */
    struct csv_wrong wrong; /* of the last row that was none */
};
struct csv_row
{
    size_t line, last_line; /* a quoted field may span some */
    size_t n;
    struct bus_strv field[CSV_COLUMNS_MAX]; /* views, or copies in mem */
};
/* The next row that is not empty; BUS_EAGAIN at the end. BUS_EPARSE: this row
 * is none (see wrong); ret has the fields in front of the fault, and the next
 * call goes on at the line behind the one it began on. */
int bus_workbook_csv_next(struct csv *c,
                          struct bus_arena *mem,
                          struct csv_row *ret,
                          struct bus_err *err) BUS_MUSTCHECK;

#endif
