/* What flows through a client, as metrics: events in and out, and the age of
 * the oldest event not yet handled. Inside of the Kafka room. */
#ifndef BUS_KAFKA_FLOW_H
#define BUS_KAFKA_FLOW_H

#include <stdatomic.h>
#include <stdbool.h>

#include "bus/kafka/client.h"

struct kafka_flow_conf
{
    const char *const *topics;
    size_t topics_count;
    const char *const *outputs;
    size_t outputs_count;
    size_t readers; /* at least 1 */
};
struct kafka_flow
{
    bool on; /* false: there are no metrics, everything below does nothing */
    size_t topics, readers;
    struct bus_series **in, **lag, **out; /* by index */
    _Atomic int64_t *lag_ms;              /* reader * topics + topic */
};
/* On the loop's thread; the rest by any reader. metrics may be NULL. */
int kafka_flow_open(struct kafka_flow *f,
                    struct bus_run_metrics *metrics,
                    const struct kafka_flow_conf *c,
                    struct bus_err *err) BUS_MUSTCHECK;
void kafka_flow_close(struct kafka_flow *f);
/* A batch is taken in work: how old are its topics' oldest. */
void kafka_flow_taken(struct kafka_flow *f,
                      size_t reader,
                      const struct bus_kafka_msg *msgs,
                      size_t n);
/* The batch is done with for good. */
void kafka_flow_handled(struct kafka_flow *f,
                        size_t reader,
                        const struct bus_kafka_msg *msgs,
                        size_t n);
/* counts by output, all acknowledged. */
void kafka_flow_written(struct kafka_flow *f, uint32_t *counts, size_t n);

#endif
