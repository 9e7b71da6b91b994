/* Between the files that make awards, their lines and their stops. */
#ifndef CONSUMERS_TREASURY_AWARDS_H
#define CONSUMERS_TREASURY_AWARDS_H

#include "consumers/treasury/books.h"
#include "consumers/treasury/schedule.h"

/* A row of awards_due.sql and its like. */
bool treasury_award_row(const struct bus_pg_rows *r,
                        size_t i,
                        struct treasury_schedule *ret);

/* Lines up to a pay day, and whose period begins before a day. */
struct treasury_award_until
{
    int32_t pay, first;
};
/* Makes them, of the award of a row; *made grows by what is new. */
int treasury_award_fill(struct treasury_books *b,
                        const struct bus_policy_calendar *calendar,
                        const struct bus_pg_rows *r,
                        size_t i,
                        const struct treasury_award_until *until,
                        int64_t *made,
                        struct bus_err *err) BUS_MUSTCHECK;

/* The lines alone: what was not sent. The award stays as it is. */
int treasury_award_lines_stop(struct treasury_books *b,
                              const struct treasury_stop *stop,
                              struct bus_err *err) BUS_MUSTCHECK;

#endif
