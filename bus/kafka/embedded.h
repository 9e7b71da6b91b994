/* The embedded broker: librdkafka's mock cluster in this process, for showing.
 * It keeps everything in memory (5 MiB a partition), ends with the process and
 * only pretends transactions: nothing can be proven with it. Set
 * `kafka.embedded: true` for its clients: they then use a short session
 * time-out and fetch wait, without which the mock stalls for seconds. */
#ifndef BUS_KAFKA_EMBEDDED_H
#define BUS_KAFKA_EMBEDDED_H

#include "bus/kafka/client.h"

struct bus_kafka_embedded;
/* Makes the topics (names, partitions) and, if file is not NULL, writes
 * "127.0.0.1:port\n" to it by rename. */
int bus_kafka_embedded_start(const struct bus_topic *topics,
                             size_t n,
                             const char *file,
                             struct bus_kafka_embedded **ret,
                             struct bus_err *err) BUS_MUSTCHECK;
const char *bus_kafka_embedded_bootstrap(const struct bus_kafka_embedded *e);
/* Tests: the broker goes away and comes back. */
void bus_kafka_embedded_down(struct bus_kafka_embedded *e, bool down);
void bus_kafka_embedded_stop(struct bus_kafka_embedded *e); /* NULL allowed */

#endif
