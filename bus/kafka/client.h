/* Kafka clients on the loop: a plain consumer and an idempotent producer.
 *
 * The exactly-once shell is eos.h. What both share: clients are made from the
 * configuration's `kafka` part; librdkafka's own threads do the network; its
 * queues wake the loop through an eventfd; blocking calls run on the thread
 * pool. A broker that is away is no error here: the client waits with jittered
 * back-off and says so in the health condition "kafka". Callbacks come on the
 * loop's thread. */
#ifndef BUS_KAFKA_CLIENT_H
#define BUS_KAFKA_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"
#include "bus/conf/bus_config.h"
#include "bus/run/health.h"
#include "bus/run/loop.h"
#include "bus/run/metrics.h"

/* What every client is made with; all borrowed for the client's life. */
struct bus_kafka_env
{
    struct bus_run_loop *loop;
    struct bus_run_health *health; /* may be NULL */
    const struct bus_config_kafka *conf;
    const char *client_id;           /* "lianou-ledger"; shown by the broker */
    struct bus_run_metrics *metrics; /* may be NULL */
    int64_t linger_ms; /* plain producer: how long a message waits for company;
                        * 0: 2 ms. A request costs the broker the same whatever
                        * is in it. */
};

/* One message read. Views live as long as the batch it came in. */
struct bus_kafka_msg
{
    const char *topic;
    int32_t topic_index; /* in the list subscribed to */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;       /* -1 = none */
    struct bus_strv key, value; /* p == NULL: none (value: a tombstone) */
    void *raw;                  /* the library's message */
};
struct bus_kafka_header
{
    const char *name; /* NUL-terminated */
    struct bus_strv value;
};
#define BUS_KAFKA_HEADERS_MAX 32
/* The last header of that name; p == NULL if there is none. */
struct bus_strv bus_kafka_msg_header(const struct bus_kafka_msg *m,
                                     const char *name);
/* All headers into ret (at most max); returns how many there are. */
size_t bus_kafka_msg_headers(const struct bus_kafka_msg *m,
                             struct bus_kafka_header *ret,
                             size_t max);
/* The partition of a key as the Java client's default partitioner chooses it
 * (murmur2); the same household has the same number in every case topic. */
int32_t bus_kafka_partition_of(struct bus_strv key, int32_t partitions);

/* -- plain consumer: at least once, offsets kept by the caller or the group */

struct bus_kafka_batch
{
    struct bus_kafka_msg *msgs;
    size_t n;
};
struct bus_kafka_place
{
    const char *topic;
    int32_t topic_index;
    int32_t partition;
    int64_t offset; /* next to read; -1: none known -> the beginning */
};
struct bus_kafka_consumer;
enum bus_kafka_offsets {
    BUS_KAFKA_OFFSETS_GROUP, /* read from and committed to the group */
    BUS_KAFKA_OFFSETS_CALLER /* given at assignment, kept by the caller */
};
struct bus_kafka_consumer_conf
{
    const char *group;
    const char *instance; /* static member "<group>-<instance>"; NULL: none */
    const char *const *topics;
    size_t topics_count;
    enum bus_kafka_offsets offsets;
    size_t batch_max;      /* messages; 0 = 1000 */
    int64_t batch_wait_ms; /* from the first message on; 0 = 20 */
    size_t batches_max;    /* given out and not yet freed; 0 = 2 */
    int64_t queued_bytes;  /* prefetch; 0 = 16 MiB */
    void *data;
    /* A batch; the receiver owns it until bus_kafka_batch_free(). Batches come
     * in order; within a partition offsets grow, but may have gaps. */
    void (*batch)(void *data, struct bus_kafka_batch *batch);
    /* CALLER: fill in the offsets, now or later, and call
     * bus_kafka_consumer_start() with the same list. GROUP: may be NULL; the
     * list is for reading and start is not to be called. */
    void (*assigned)(void *data, struct bus_kafka_place *places, size_t n);
    /* Finish what is in flight, free all batches, then call
     * bus_kafka_consumer_revoked(). NULL: batches are waited for. */
    void (*revoked)(void *data);
    /* No way on: fenced, a topic missing, or an offset that is no longer there
     * (BUS_EGONE: "qihe.applications[3]: offset 100 is gone"). Nothing more is
     * read. */
    void (*failed)(void *data, const struct bus_err *err);
};
/* No callback comes before it has returned, none but closed() once close() was
 * called. */
int bus_kafka_consumer_open(const struct bus_kafka_env *env,
                            const struct bus_kafka_consumer_conf *conf,
                            struct bus_kafka_consumer **ret,
                            struct bus_err *err) BUS_MUSTCHECK;
void bus_kafka_consumer_start(struct bus_kafka_consumer *c,
                              const struct bus_kafka_place *places,
                              size_t n);
void bus_kafka_consumer_revoked(struct bus_kafka_consumer *c);
/* GROUP: everything up to and with this batch is done; asynchronous. Call it
 * in the order of the batches. Does not free the batch. */
void bus_kafka_consumer_done(struct bus_kafka_consumer *c,
                             const struct bus_kafka_batch *batch);
void bus_kafka_batch_free(struct bus_kafka_consumer *c,
                          struct bus_kafka_batch *batch);
/* True once every assigned partition has been read to its end. */
bool bus_kafka_consumer_caught_up(const struct bus_kafka_consumer *c);
/* Leaves the group; closed() is called when it is freed. All batches must be
 * freed by then. Commits of GROUP are finished first. closed may be NULL. */
void bus_kafka_consumer_close(struct bus_kafka_consumer *c,
                              void (*closed)(void *data),
                              void *data);

/* -- idempotent producer, acknowledged by all in-sync replicas */

struct bus_kafka_producer;
/* err NULL: written at partition/offset. Else it is not known to be written
 * (BUS_ACT_RETRY) or refused (BUS_ACT_REJECT, e.g. too big); the caller decides
 * about sending again, which may double the message. */
typedef void (*bus_kafka_acked)(void *data,
                                void *token,
                                int32_t partition,
                                int64_t offset,
                                const struct bus_err *err);
struct bus_kafka_out_msg
{
    const char *topic;
    int32_t partition; /* -1: by key */
    struct bus_strv key, value;
    const struct bus_kafka_header *headers;
    size_t headers_count;
};
int bus_kafka_producer_open(const struct bus_kafka_env *env,
                            bus_kafka_acked acked,
                            void *data,
                            struct bus_kafka_producer **ret,
                            struct bus_err *err) BUS_MUSTCHECK;
/* Copies everything. BUS_EFULL (RETRY) when 64 MiB or 100 000 messages wait;
 * else acked() is called exactly once with token. */
int bus_kafka_producer_send(struct bus_kafka_producer *p,
                            const struct bus_kafka_out_msg *m,
                            void *token,
                            struct bus_err *err) BUS_MUSTCHECK;
size_t bus_kafka_producer_waiting(const struct bus_kafka_producer *p);
/* True while a broker can be reached (best knowledge). */
bool bus_kafka_producer_connected(const struct bus_kafka_producer *p);
/* Waits up to limit_ms for what is in flight (the rest is acked with an
 * error), then frees and calls closed (may be NULL). */
void bus_kafka_producer_close(struct bus_kafka_producer *p,
                              int64_t limit_ms,
                              void (*closed)(void *data),
                              void *data);

#endif
