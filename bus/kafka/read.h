/* Reads one partition from an offset to its end, outside any group: for
 * restoring state from a compacted topic, for audits, taps and exports.
 * Blocking: for lanes' threads, pool threads and commands. */
#ifndef BUS_KAFKA_READ_H
#define BUS_KAFKA_READ_H

#include "bus/kafka/client.h"

struct bus_kafka_reader;
/* One connection set, reused for many partitions; for one thread at a time.
 * env->loop and env->health are not used. */
int bus_kafka_reader_open(const struct bus_kafka_env *env,
                          struct bus_kafka_reader **ret,
                          struct bus_err *err) BUS_MUSTCHECK;
void bus_kafka_reader_close(struct bus_kafka_reader *r);

/* 0 goes on; anything else ends the reading and is returned. */
typedef int (*bus_kafka_read_cb)(void *data,
                                 const struct bus_kafka_msg *msg,
                                 struct bus_err *err);
struct bus_kafka_range
{
    const char *topic;
    int32_t partition;
    int64_t from; /* -1 = the beginning; an offset before the first one
                     still kept begins there if compacted, else BUS_EGONE */
    bool compacted;
    int64_t limit_ms; /* without progress: BUS_ETIMEOUT; 0 = 60 000, but a
                         failure to begin is returned at once */
};
/* Calls back for every committed record from `from` to the end as it stood at
 * the call (the high watermark, so a transaction then open is waited for).
 * ret_next: where to go on the next time. */
int bus_kafka_read(struct bus_kafka_reader *r,
                   const struct bus_kafka_range *range,
                   bus_kafka_read_cb cb,
                   void *data,
                   int64_t *ret_next,
                   struct bus_err *err) BUS_MUSTCHECK;
/* First offset kept and the one behind the last. committed_only: the last
 * stable offset instead of the high watermark. */
int bus_kafka_ends(struct bus_kafka_reader *r,
                   const char *topic,
                   int32_t partition,
                   bool committed_only,
                   int64_t ret[2],
                   struct bus_err *err) BUS_MUSTCHECK;

#endif
