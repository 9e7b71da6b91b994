/* Inside of the administration: shared by admin*.c only. */
#ifndef BUS_KAFKA_ADMIN_PARTS_H
#define BUS_KAFKA_ADMIN_PARTS_H

#include "bus/kafka/admin.h"
#include "bus/kafka/parts.h"

#define ADMIN_MS        15000
#define ADMIN_TRIES     4
#define ADMIN_ENTRY_MAX 7

struct bus_kafka_admin
{
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct bus_kafka_env env;
};
struct admin_entry
{
    const char *name;
    char value[32];
};
/* The configuration entries a topic should have; returns how many. */
size_t kafka_admin_entries(const struct bus_kafka_admin *a,
                           const struct bus_topic *topic,
                           struct admin_entry ret[ADMIN_ENTRY_MAX]);
/* The answer to the request just sent, or an error. The event is the
 * caller's. */
/* Is it to be asked again? What is asked here may be said twice; a cluster that
 * has just come up, or made a hundred topics, may not answer in time. */
bool kafka_admin_again(int rc, int *tries);
int kafka_admin_wait(struct bus_kafka_admin *a,
                     rd_kafka_event_type_t type,
                     const char *what,
                     rd_kafka_event_t **ret,
                     struct bus_err *err) BUS_MUSTCHECK;
/* The value of an entry, NULL if there is none; valid as long as r. */
const char *kafka_admin_value(const rd_kafka_ConfigResource_t *r,
                              const char *name);
/* Configurations of topics that are there. One resource each, in order. */
int kafka_admin_describe(struct bus_kafka_admin *a,
                         const char *const *topics,
                         size_t n,
                         rd_kafka_event_t **ret,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
