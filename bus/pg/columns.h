/* Columns of values for one statement about many rows: the text of an array
 * each, for unnest($1::uuid[], ...). */
#ifndef BUS_PG_COLUMNS_H
#define BUS_PG_COLUMNS_H

#include "bus/base/buf.h"
#include "bus/base/err.h"
#include "bus/base/id.h"

#define BUS_PG_COLUMNS_MAX 12
/* Zeroed: of no rows. The memory is kept from one statement to the next. */
struct bus_pg_columns
{
    struct bus_buf of[BUS_PG_COLUMNS_MAX];
    size_t rows;
};
void bus_pg_columns_clear(struct bus_pg_columns *c);
void bus_pg_columns_fini(struct bus_pg_columns *c);
/* A row: n values, p NULL is null; the same n each time. */
void bus_pg_columns_add(struct bus_pg_columns *c,
                        const struct bus_strv *values,
                        size_t n);
#define BUS_PG_ROW(...)                                  \
    (const struct bus_strv[]){__VA_ARGS__},              \
        sizeof((const struct bus_strv[]){__VA_ARGS__}) / \
            sizeof(struct bus_strv)
/* A value's text in the caller's room. */
#define BUS_PG_TEXT_BYTES 48
struct bus_strv bus_pg_text_id(const struct bus_id *id,
                               char room[BUS_PG_TEXT_BYTES]);
struct bus_strv bus_pg_text_number(int64_t n, char room[BUS_PG_TEXT_BYTES]);
/* A bank may name any day: beyond the years 1 to 9999 it is their first or
 * last, for the tables take no other. */
struct bus_strv bus_pg_text_day(int32_t day, char room[BUS_PG_TEXT_BYTES]);
/* The n columns, ended, as the parameters of one question. BUS_ENOMEM: there
 * was no room for one of them. */
int bus_pg_columns_end(struct bus_pg_columns *c,
                       size_t n,
                       const char *ret[BUS_PG_COLUMNS_MAX],
                       struct bus_err *err) BUS_MUSTCHECK;

#endif
