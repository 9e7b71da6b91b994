/* outbox: what a role lets out through the database. It is written in one
 * transaction with what it follows from (sql/outbox_put_many.sql), under an id
 * of its own, and relayed afterwards: again after a crash, under the same id.
 * Blocking, for a role's pool thread; bus_ledger_outbox_send() on the loop's.
 */
#ifndef BUS_LEDGER_OUTBOX_H
#define BUS_LEDGER_OUTBOX_H

#include "bus/base/arena.h"
#include "bus/base/id.h"
#include "bus/kafka/client.h"
#include "bus/pg/pg.h"

#define BUS_LEDGER_OUTBOX_PAGE 500

struct bus_ledger_outgoing
{
    int64_t id;
    const char *topic;
    struct bus_strv value;
    struct bus_id event_id, household_id, case_id, cause_id;
    const char *ce_type;
    int64_t occurred_at;
};
struct bus_ledger_outbox
{
    struct bus_arena mem; /* init and fini: the caller's */
    struct bus_ledger_outgoing v[BUS_LEDGER_OUTBOX_PAGE];
    size_t n;
};
/* The oldest of this owner's that wait. */
int bus_ledger_outbox_next(struct bus_pg *pg,
                           const char *owner,
                           struct bus_ledger_outbox *ret,
                           struct bus_err *err) BUS_MUSTCHECK;
/* These the broker has. 0 < n <= a page. */
int bus_ledger_outbox_sent(struct bus_pg *pg,
                           const int64_t *ids,
                           size_t n,
                           struct bus_err *err) BUS_MUSTCHECK;
/* To the broker; token comes back with its word. */
int bus_ledger_outbox_send(struct bus_kafka_producer *p,
                           const struct bus_ledger_outgoing *o,
                           struct bus_strv source,
                           void *token,
                           struct bus_err *err) BUS_MUSTCHECK;

#endif
