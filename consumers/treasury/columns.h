/* Columns of values for one statement about many rows: the text of an array
 * each, for unnest($1::uuid[], ...). */
#ifndef CONSUMERS_TREASURY_COLUMNS_H
#define CONSUMERS_TREASURY_COLUMNS_H

#include "bus/base/buf.h"
#include "bus/base/err.h"
#include "bus/base/id.h"

#define TREASURY_COLUMNS_MAX 12
/* Zeroed: of no rows. The memory is kept from one statement to the next. */
struct treasury_columns
{
    struct bus_buf of[TREASURY_COLUMNS_MAX];
    size_t rows;
};
void treasury_columns_clear(struct treasury_columns *c);
void treasury_columns_fini(struct treasury_columns *c);
/* A row: n values, p NULL is null; the same n each time. */
void treasury_columns_add(struct treasury_columns *c,
                          const struct bus_strv *values,
                          size_t n);
#define TREASURY_ROW(...)                                \
    (const struct bus_strv[]){__VA_ARGS__},              \
        sizeof((const struct bus_strv[]){__VA_ARGS__}) / \
            sizeof(struct bus_strv)
/* A value's text in the caller's room. */
#define TREASURY_VALUE_BYTES 48
struct bus_strv treasury_value_id(const struct bus_id *id,
                                  char room[TREASURY_VALUE_BYTES]);
struct bus_strv treasury_value_number(int64_t n,
                                      char room[TREASURY_VALUE_BYTES]);
/* A bank may name any day: beyond the years 1 to 9999 it is their first or
 * last, for the tables take no other. */
struct bus_strv treasury_value_day(int32_t day,
                                   char room[TREASURY_VALUE_BYTES]);
/* The n columns, ended, as the parameters of one question. BUS_ENOMEM: there
 * was no room for one of them. */
int treasury_columns_end(struct treasury_columns *c,
                         size_t n,
                         const char *ret[TREASURY_COLUMNS_MAX],
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
