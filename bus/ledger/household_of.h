/* Whose household an application counts in: what a request of it is sent to.
 * Blocking (PostgreSQL): for pool threads. */
#ifndef BUS_LEDGER_HOUSEHOLD_OF_H
#define BUS_LEDGER_HOUSEHOLD_OF_H

#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"
#include "bus/pg/pg.h"

#define BUS_LEDGER_MEMBERS_MAX 64

struct bus_ledger_household
{
    struct bus_id household_id, case_id;
    /* As the case's document numbers them ("no"), from 1. */
    struct bus_id members[BUS_LEDGER_MEMBERS_MAX];
    size_t members_count;
};
/* The newest case that the application opened or joined; BUS_EUNKNOWN: none, or
 * the ledger has not seen it yet, or it was set aside. */
int bus_ledger_household_of(struct bus_pg *pg,
                            struct bus_strv application,
                            struct bus_ledger_household *ret,
                            struct bus_err *err) BUS_MUSTCHECK;
/* The same of a case; BUS_EUNKNOWN: none that was judged. */
int bus_ledger_household_of_case(struct bus_pg *pg,
                                 const struct bus_id *case_id,
                                 struct bus_ledger_household *ret,
                                 struct bus_err *err) BUS_MUSTCHECK;

#endif
