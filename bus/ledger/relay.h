/* relay: the outbox of a role, a page at a time, to the broker and out of the
 * table. The role asks what is wanted, does it in its own job on a pool thread,
 * and says so on the loop; an event leaves the table when the broker has it.
 * What may have been sent (a crash, a broker that did not answer) is looked for
 * first, where the ledger has read and in the topics behind that: it is sent
 * once. */
#ifndef BUS_LEDGER_RELAY_H
#define BUS_LEDGER_RELAY_H

#include "bus/ledger/outbox.h"

enum bus_ledger_relay_step {
    BUS_LEDGER_RELAY_NOTHING,
    BUS_LEDGER_RELAY_FORGET, /* what the broker has: before anything else */
    BUS_LEDGER_RELAY_READ    /* the next page */
};
struct bus_ledger_relay
{
    const char *owner;  /* of the outbox; borrowed */
    const char *prefix; /* of the topics; borrowed */
    struct bus_strv source;
    void (*settled)(void *data); /* the broker answered for the last of them */
    void *data;
    struct bus_kafka_producer *producer; /* NULL: not opened, or closed */
    struct bus_ledger_outbox page;
    size_t unacked, acked_count;
    int64_t acked[BUS_LEDGER_OUTBOX_PAGE];
    bool wanted; /* the caller's to set: there may be something in the table */
    bool doubt;  /* of what waits there, some may have been sent */
    const struct bus_kafka_env *kafka;
};

/* On the loop. owner, prefix, source, settled and data are set. kafka: borrowed
 * until it is finished; mem_bytes: of a page's events. To be closed and
 * finished whatever is returned. */
int bus_ledger_relay_open(struct bus_ledger_relay *r,
                          const struct bus_kafka_env *kafka,
                          size_t mem_bytes,
                          struct bus_err *err) BUS_MUSTCHECK;
/* On the loop, between two jobs. Nothing while any is on its way. */
enum bus_ledger_relay_step
bus_ledger_relay_next(const struct bus_ledger_relay *r);
/* On a pool thread; waits for the broker while there is doubt. */
int bus_ledger_relay_do(struct bus_ledger_relay *r,
                        enum bus_ledger_relay_step step,
                        struct bus_pg *pg,
                        struct bus_err *err) BUS_MUSTCHECK;
/* On the loop, when it went well: what was read goes to the broker. What the
 * producer has no room for stays in the table. */
void bus_ledger_relay_done(struct bus_ledger_relay *r,
                           enum bus_ledger_relay_step step);
bool bus_ledger_relay_idle(const struct bus_ledger_relay *r);
/* On the loop; waits up to wait_ms for what is on its way, without `settled`.
 * closed: as bus_kafka_producer_close's; not called where none was open. */
void bus_ledger_relay_close(struct bus_ledger_relay *r,
                            int64_t wait_ms,
                            void (*closed)(void *data));
void bus_ledger_relay_fini(struct bus_ledger_relay *r);

#endif
