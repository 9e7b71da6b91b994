/* The exactly-once shell: consume, decide, produce, commit, each batch one
 * Kafka transaction.
 *
 * A lane owns the partition NUMBERS p with p % lanes == lane, of all topics
 * subscribed to (they are co-partitioned: one partition count, one household
 * one number), and has its own thread, queue and transactional producer
 * ("<group>-<instance>-<lane>"), so that one lane works while another commits.
 * All callbacks but failed() come on the lane's thread: what belongs to a
 * lane or to a partition needs no lock.
 *
 * For one partition number, in this order:
 *   assigned      restore its state; may block (bus_kafka_read). Nothing is
 *                 processed before it returned 0. RETRY is tried again with
 *                 back-off, other errors stop the shell.
 *   process       any number of times, each followed by exactly one of
 *     committed   the transaction is committed: keep the new state
 *     aborted     it is not: forget the new state; the same messages come again
 *   revoked       the state may be closed; nothing of it is in flight.
 *
 * Offsets: from the group; where none is committed, from the beginning. An
 * offset that is no longer there stops the shell with BUS_EGONE; nothing is
 * skipped. When the end of a transaction is in doubt the producer is destroyed
 * and made anew (which ends the old transaction one way or the other), the
 * committed offsets are read, and they tell whether it was committed.
 * A second instance of the same name takes over: this one stops with
 * BUS_EFENCED. The group decides who bears the name; a producer is only made
 * while it is we, so the one that took over is not fenced in its turn. An
 * instance that dies holds its partitions back for the session (20 s), and the
 * offsets of its open transaction for transaction_ms and up to 10 s more: the
 * same instance started again ends it at once. */
#ifndef BUS_KAFKA_EOS_H
#define BUS_KAFKA_EOS_H

#include "bus/base/arena.h"
#include "bus/conf/limits.h"
#include "bus/kafka/client.h"

#define BUS_KAFKA_LANES_MAX BUS_CONF_LANES_MAX

struct bus_kafka_eos;
struct bus_kafka_out; /* what one batch writes */

/* Everything in a tracked topic's partition before next_offset is part of the
 * state as it is committed now: restoring may begin there. */
#define BUS_KAFKA_WRITTEN_MAX 256
struct bus_kafka_written
{
    int32_t topic; /* index in outputs */
    int32_t partition;
    int64_t next_offset;
};

struct bus_kafka_eos_ops
{
    int (*assigned)(void *data,
                    int lane,
                    int32_t partition,
                    struct bus_err *err);
    void (*revoked)(void *data, int lane, int32_t partition);
    /* Pure computation over msgs; writes with bus_kafka_out_put. An error
     * aborts: RETRY comes again with back-off, others stop the shell (bad
     * input is no error: write it to the dead letters). */
    int (*process)(void *data,
                   int lane,
                   const struct bus_kafka_msg *msgs,
                   size_t n,
                   struct bus_kafka_out *out,
                   struct bus_err *err);
    /* w: places in tracked outputs, every few seconds (n is 0 else). An error
     * stops the shell (the transaction stays committed). */
    int (*committed)(void *data,
                     int lane,
                     const struct bus_kafka_written *w,
                     size_t n,
                     struct bus_err *err);
    void (*aborted)(void *data, int lane);
    /* On the loop's thread, once; the shell has stopped by itself and must
     * still be closed. */
    void (*failed)(void *data, const struct bus_err *err);
};

struct bus_kafka_eos_output
{
    const char *topic;
    bool track; /* the state's topic: written with explicit partitions */
};
struct bus_kafka_eos_conf
{
    const char *group;
    const char *instance; /* one process at a time may bear it */
    const char *const *topics;
    size_t topics_count;
    const struct bus_kafka_eos_output *outputs;
    size_t outputs_count;
    int lanes;             /* 0 = 2 */
    size_t batch_max;      /* 0 = 10 000 */
    int64_t batch_wait_ms; /* 0 = 20: how long an idle lane gathers */
    /* Of each topic, whether nobody waits for its messages (NULL: somebody does
     * for all): a batch of such alone gathers for calm_wait_ms, a transaction
     * costs the same whatever its size. */
    const bool *calm;
    int64_t calm_wait_ms;
    int64_t transaction_ms; /* transaction.timeout.ms; 0 = 30 000 */
    int64_t queued_bytes;   /* prefetch of a lane; 0 = 4 MiB / lanes */
    int64_t held_bytes;     /* of a lane's batch, read and states; 0 = 18 MiB /
                               lanes */
    const struct bus_kafka_eos_ops *ops;
    void *data;
};

/* Starts threads, joins the group; health conditions "kafka", "assigned",
 * "transactions", "caught up". Fails only for a wrong configuration or without
 * memory. */
int bus_kafka_eos_open(const struct bus_kafka_env *env,
                       const struct bus_kafka_eos_conf *conf,
                       struct bus_kafka_eos **ret,
                       struct bus_err *err) BUS_MUSTCHECK;
/* Finishes the batches in work (commits them), leaves, frees, then calls
 * closed on the loop's thread (may be NULL). Holds the loop until then. */
void bus_kafka_eos_close(struct bus_kafka_eos *eos,
                         void (*closed)(void *data),
                         void *data);

/* -- inside process()
 *
 * What one input makes goes out as a whole or not at all: put it, then done()
 * or undo(). What is put and neither when process() returns goes out. */

/* Memory for a value until done() or undo(); 16-byte aligned. NULL: none left
 * (return BUS_ENOMEM). Encode values right into it. */
void *bus_kafka_out_alloc(struct bus_kafka_out *out, size_t n);
/* Gives back the end of the latest allocation (a bound was too large). */
void bus_kafka_out_trim(struct bus_kafka_out *out, size_t unused);
struct bus_kafka_put
{
    int32_t partition;
    struct bus_strv key, value;
    const struct bus_kafka_header *headers;
    size_t headers_count;
};
/* topic: index in outputs. partition: give msgs[i].partition for case topics;
 * -1: by key. The key and headers are copied; the value is of
 * bus_kafka_out_alloc, or stays until the batch has ended; value.p == NULL
 * writes a tombstone. BUS_ETOOBIG: not put; nothing else has changed. */
int bus_kafka_out_put(struct bus_kafka_out *out,
                      int32_t topic,
                      const struct bus_kafka_put *m,
                      struct bus_err *err) BUS_MUSTCHECK;
/* The input is done with: what was put since the last goes out. */
int bus_kafka_out_done(struct bus_kafka_out *out,
                       struct bus_err *err) BUS_MUSTCHECK;
/* Forgets it, as if nothing had been put since. */
void bus_kafka_out_undo(struct bus_kafka_out *out);

#endif
