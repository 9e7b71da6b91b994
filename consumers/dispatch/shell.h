/* Dispatch's shell: plan() inside exactly-once Kafka transactions, no state. */
#ifndef CONSUMERS_DISPATCH_SHELL_H
#define CONSUMERS_DISPATCH_SHELL_H

#include "bus/kafka/eos.h"
#include "bus/role/emit.h"
#include "bus/role/frame.h"
#include "bus/wire/keyring.h"
#include "consumers/dispatch/plan.h"

#define DISPATCH_TOPICS_MAX    256
#define DISPATCH_MESSAGE_BYTES (4u << 20)

struct dispatch_route
{
    enum dispatch_topic topic;
    struct bus_strv partner;
    int32_t output;
};
struct dispatch_lane
{
    struct bus_arena event;
    struct bus_wire_keyring *keys;
    struct bus_wire_registry *schemas;
};
struct dispatch_shell
{
    struct bus_role_frame frame;
    const char *topics[2]; /* cases, dead-letters; borrowed for good */
    struct dispatch_rules rules;
    struct dispatch_route routes[DISPATCH_TOPICS_MAX];
    size_t route_count;
    struct bus_kafka_eos_output outputs[DISPATCH_TOPICS_MAX];
    size_t output_count;
    int32_t out_dead_letters;
    struct dispatch_lane lanes[BUS_KAFKA_LANES_MAX];
    int lane_count;
    struct bus_kafka_eos *eos;
};

/* notice.c: tells whom a dead letter is of, if he sent what is wrong. */
int dispatch_notice(struct dispatch_shell *s,
                    struct dispatch_lane *lane,
                    const struct bus_kafka_msg *m,
                    struct bus_kafka_out *out,
                    struct bus_err *err) BUS_MUSTCHECK;
/* process.c */
int dispatch_process(void *data,
                     int lane,
                     const struct bus_kafka_msg *msgs,
                     size_t n,
                     struct bus_kafka_out *out,
                     struct bus_err *err);

#endif
