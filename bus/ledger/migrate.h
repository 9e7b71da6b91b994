/* Forward-only numbered migrations (bus/ledger/migrations/), each in its own
 * transaction, under an advisory lock; a changed old one is refused. */
#ifndef BUS_LEDGER_MIGRATE_H
#define BUS_LEDGER_MIGRATE_H

#include <stdbool.h>
#include <stdio.h>

#include "bus/pg/pg.h"

/* Says on `to` (may be NULL) what it does; dry_run does nothing. */
int bus_ledger_migrate(struct bus_pg *pg,
                       bool dry_run,
                       FILE *to,
                       struct bus_err *err) BUS_MUSTCHECK;
/* How many migrations this program has that the database has not; reads only.
 */
int bus_ledger_migrations_left(struct bus_pg *pg,
                               size_t *ret,
                               struct bus_err *err) BUS_MUSTCHECK;
/* One role a program, with what it needs and nothing else (sql/roles.sql).
 * After each migration; safe to repeat. */
int bus_ledger_roles(struct bus_pg *pg, struct bus_err *err) BUS_MUSTCHECK;

#endif
