/* life: somebody no longer lives in a household. Said on one topic, held by the
 * matcher against who may say it on another, in whatever order they come: it
 * has its effect when both are known, once.
 *
 * - the head left (whose account it mostly is): every award of the household
 *   waits, nothing that was not sent leaves, until people have looked
 * - an award was of those who left alone: it ended on that day */
#ifndef CONSUMERS_TREASURY_LIFE_H
#define CONSUMERS_TREASURY_LIFE_H

#include "consumers/treasury/books.h"

struct treasury_life
{
    struct bus_id change; /* the membership_change's event */
    struct bus_id household;
    bool of_head;
    const struct bus_id *ended; /* the assignment of an award; NULL: none */
};
int treasury_life_said(struct treasury_books *b,
                       const struct bus_id *change,
                       const struct bus_id *household,
                       const char *kind,
                       int32_t from_day,
                       struct bus_err *err) BUS_MUSTCHECK;
int treasury_life_accepted(struct treasury_books *b,
                           const struct treasury_life *life,
                           struct bus_err *err) BUS_MUSTCHECK;

#endif
