/* Messages of generated cases as the ledger meets them, without Kafka: for its
 * tests and its bench. Ids are made up, nobody is meant. */
#ifndef TESTS_LIB_MESSAGES_H
#define TESTS_LIB_MESSAGES_H

#include "bus/base/arena.h"
#include "bus/kafka/client.h"
#include "bus/wire/codec.h"

#define LETTERS_PREFIX     "t."
#define LETTERS_PARTITIONS 12
#define LETTERS_PER_CASE   42

struct messages
{
    struct bus_arena mem;
    struct bus_kafka_msg *msgs; /* mixed as they come from many partitions */
    size_t n, cap;
    int64_t next[32][LETTERS_PARTITIONS]; /* offsets */
};
void messages_init(struct messages *l, size_t cap);
void messages_fini(struct messages *l);
/* One case's whole life: an application, evaluations, assignments, decisions,
 * orders, results; LETTERS_PER_CASE messages. */
void messages_case(struct messages *l, uint32_t number);
/* One record to a topic (without prefix) under the next offset there. */
void messages_put(struct messages *l,
                  const char *topic,
                  uint32_t number,
                  const struct bus_wire_type *type,
                  const void *record);
struct bus_id messages_id(uint32_t number, uint32_t what);

#endif
