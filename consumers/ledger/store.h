/* store: batches into PostgreSQL, exactly once, on the loop.
 *
 * Some connections (bus/pg/link.h), sharded by partition number: all events of
 * a household and all offsets of a partition belong to one connection. A shard
 * writes one unit at a time (rows and offsets, one transaction) and has the
 * next ready meanwhile; not two in flight, because a second that succeeds
 * behind a first that fails would put the offset past rows that are not there.
 *
 * Each connection holds an advisory lock of its shard for as long as it lives:
 * a second ledger on the same database is refused (BUS_EFENCED), and what a
 * connection commits, it commits while it holds the lock. A lock that a killed
 * predecessor's session still holds is waited for LEDGER_LOCK_MS.
 *
 * A database that is away, full or busy is waited for; nothing is lost or
 * written twice: a unit whose fate is not known is sent again, rows that are
 * there stay. */
#ifndef CONSUMERS_LEDGER_STORE_H
#define CONSUMERS_LEDGER_STORE_H

#include "bus/conf/limits.h"
#include "bus/kafka/client.h"
#include "bus/run/loop.h"

#define LEDGER_LOCK_MS    5000
#define LEDGER_SHARDS_MAX BUS_CONF_CONNECTIONS_MAX
#define LEDGER_LOCK_CLASS                               \
    0x4c6f7475 /* of pg_try_advisory_lock(class, shard) \
                */

struct ledger_store;
struct ledger_store_conf
{
    const char *conninfo;
    int64_t statement_ms, retry_min_ms, retry_max_ms;
    int connections;    /* 1..LEDGER_SHARDS_MAX */
    size_t batch_rows;  /* of one statement, about */
    size_t prefix;      /* bytes of a topic's prefix */
    int32_t partitions; /* of every case topic */
    void *data;
    /* All connections stand, locks and all; at the start and after away(). */
    void (*ready)(void *data);
    /* Something is waited for; may be called again with another reason. */
    void (*away)(void *data, const struct bus_err *err);
    void (*failed)(void *data, const struct bus_err *err); /* STOP */
    /* All of the batch is in the database. */
    void (*done)(void *data, struct bus_kafka_batch *batch);
};

int ledger_store_open(struct bus_run_loop *loop,
                      const struct ledger_store_conf *conf,
                      struct ledger_store **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
/* Nothing is called back any more; batches not done are the caller's again.
 * NULL is allowed. */
void ledger_store_close(struct ledger_store *s);
/* Of one partition in the order of its offsets. The batch stays the caller's
 * until done(). */
int ledger_store_put(struct ledger_store *s,
                     struct bus_kafka_batch *batch,
                     struct bus_err *err) BUS_MUSTCHECK;
/* Fills in places[].offset (-1: nothing kept) and calls told, as soon as the
 * database can be asked. One at a time; a second replaces the first. */
void ledger_store_offsets(struct ledger_store *s,
                          struct bus_kafka_place *places,
                          size_t n,
                          void (*told)(void *data));
/* How many events wait in the households' states, by the notes in the
 * database. Not told when the database cannot be asked. One at a time. */
void ledger_store_parked(struct ledger_store *s,
                         void (*told)(void *data, int64_t waiting));
bool ledger_store_idle(const struct ledger_store *s); /* nothing put waits */
/* Sends no more; quiet() once what was sent has been answered. */
void ledger_store_quiesce(struct ledger_store *s, void (*quiet)(void *data));
struct ledger_store_counts
{
    uint64_t rows, units, unreadable, parked_notes;
};
struct ledger_store_counts ledger_store_counts(const struct ledger_store *s);

#endif
