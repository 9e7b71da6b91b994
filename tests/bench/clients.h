/* Plain librdkafka clients of benches, on the broker LIANOU_KAFKA names. They
 * end the program when something is wrong. */
#ifndef TESTS_BENCH_CLIENTS_H
#define TESTS_BENCH_CLIENTS_H

#include <librdkafka/rdkafka.h>

void die(const char *what);
rd_kafka_t *producer(void); /* idempotent, lz4, as the matcher's but for that */
rd_kafka_t *consumer(const char *group); /* committed records, ends told */
int partitions_of(rd_kafka_t *rk, const char *topic);

#endif
