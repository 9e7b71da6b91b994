/* What a department has in hand, and one assignment of it, as the ledger has
 * them: what an officer's page needs to list and to answer. Nothing here says
 * who may see it: bus/web/may.h does.
 *
 * Blocking (PostgreSQL): for pool threads. */
#ifndef BUS_LEDGER_QUEUE_H
#define BUS_LEDGER_QUEUE_H

#include "bus/base/arena.h"
#include "bus/base/id.h"
#include "bus/pg/pg.h"

struct bus_ledger_assigned
{
    const char *assignment_id, *case_id, *item;
    const char *word;   /* ASSIGNED, UPDATED, RETURNED */
    const char *reason; /* why it came back; "" */
    const char *amount_fen, *assigned_on, *due, *verdict, *division, *case_no;
    const char *last_step; /* of it; "" for none */
    bool overdue;
};
struct bus_ledger_queue
{
    struct bus_ledger_assigned *list;
    size_t count;
};
struct bus_ledger_queue_wish
{
    const char *item;    /* "": all */
    const char *due;     /* "", "late" or "week": overdue, due in seven days */
    const char *by;      /* "": those due first; "age": the oldest first */
    const char *receipt; /* the last hex digits of its number; "": any */
    int64_t limit;
};
/* In mem. */
int bus_ledger_queue(struct bus_pg *pg,
                     const char *department,
                     const struct bus_ledger_queue_wish *wish,
                     struct bus_arena *mem,
                     struct bus_ledger_queue *ret,
                     struct bus_err *err) BUS_MUSTCHECK;

#define BUS_LEDGER_PAYEE 16 /* bytes of a keyed sum (bus/wire/keyring.h) */
struct bus_ledger_assignment
{
    struct bus_id assignment_id, case_id, household_id;
    char item[32], department[40], division[16], payee_masked[80], word[24];
    bool has_amount;
    int64_t amount_fen;
    bool stands;    /* it was granted, and was neither stopped nor has ended */
    bool has_payee; /* false: no account is known */
    uint8_t payee_hash[BUS_LEDGER_PAYEE]; /* as it was shown */
};
/* BUS_EUNKNOWN: no such assignment of that case. */
int bus_ledger_assignment(struct bus_pg *pg,
                          const struct bus_id *case_id,
                          const struct bus_id *assignment_id,
                          struct bus_ledger_assignment *ret,
                          struct bus_err *err) BUS_MUSTCHECK;

#endif
