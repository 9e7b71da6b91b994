/* worker: what the role does in the database, on a pool thread, one job at a
 * time. A job is one transaction; one that fails did not happen, and may be
 * asked for again. BUS_ACT_RETRY: the connection was given up, and the next job
 * makes it anew. */
#ifndef CONSUMERS_TREASURY_WORKER_H
#define CONSUMERS_TREASURY_WORKER_H

#include "bus/kafka/client.h"
#include "bus/ledger/relay.h"
#include "consumers/treasury/events.h"
#include "consumers/treasury/orders.h"

#define TREASURY_TOPICS_MAX 64

struct treasury_source
{
    enum treasury_topic topic;
    struct bus_strv bank; /* of results */
    const char *name;     /* without the prefix */
};
struct treasury_worker
{
    const struct bus_config *config;
    const struct bus_policy_calendar *calendar;
    struct treasury_source sources[TREASURY_TOPICS_MAX]; /* by topic index */
    struct bus_pg *pg; /* NULL: to be opened */
    struct bus_arena texts, message, order;
    struct treasury_events events;
    struct treasury_writer writer;
};

/* Next offsets of places; -1: nothing read yet. */
int treasury_worker_offsets(struct treasury_worker *w,
                            struct bus_kafka_place *places,
                            size_t n,
                            struct bus_err *err) BUS_MUSTCHECK;
/* What the batch says, and that it was read, in one transaction. What was read
 * before is passed over. */
int treasury_worker_batch(struct treasury_worker *w,
                          const struct bus_kafka_batch *batch,
                          struct bus_err *err) BUS_MUSTCHECK;
/* What is due by today and the lead becomes lines; what was sent becomes
 * orders. *ret_more: there are more of them. */
int treasury_worker_tick(struct treasury_worker *w,
                         int32_t today,
                         bool *ret_more,
                         struct bus_err *err) BUS_MUSTCHECK;
/* A step of the outbox, in a transaction. */
int treasury_worker_relay(struct treasury_worker *w,
                          struct bus_ledger_relay *relay,
                          enum bus_ledger_relay_step step,
                          struct bus_err *err) BUS_MUSTCHECK;
void treasury_worker_close(struct treasury_worker *w);

#endif
