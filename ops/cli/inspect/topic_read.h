/* Reads a topic from its beginning (or its last records) to its end, for the
 * commands that look inside. */
#ifndef OPS_CLI_INSPECT_TOPIC_READ_H
#define OPS_CLI_INSPECT_TOPIC_READ_H

#include "bus/conf/bus_config.h"
#include "bus/kafka/read.h"
#include "bus/wire/schema.h"

#define TOPIC_ALL (-1)
struct topic_read
{
    const struct bus_config *config;
    const char *topic; /* with or without the prefix */
    int64_t last;      /* of each partition at most so many; TOPIC_ALL */
    bus_kafka_read_cb cb;
    void *data;
};
/* Partition by partition, in order of offsets. BUS_EUNKNOWN: no such topic. */
int cli_topic_each(const struct topic_read *q,
                   struct bus_err *err) BUS_MUSTCHECK;
/* With the prefix; in mem. */
const char *cli_topic_full(const struct bus_config *c,
                           struct bus_arena *mem,
                           const char *topic);
/* A framed value as masked text behind what is in out; what cannot be read is
 * said in its place and is no error. facts: their values in clear, for who has
 * said what for and stands in the reading log. */
void cli_topic_show(struct bus_strv value, bool facts, struct bus_buf *out);
/* Letters, digits and ._/+:- in a row that holds no number of a person: what a
 * key's or a header's text must be to be shown. */
bool cli_topic_is_word(struct bus_strv v);
/* The schema of a framed value and its body. */
int cli_topic_schema(struct bus_strv value,
                     const struct bus_wire_schema **ret,
                     struct bus_strv *ret_body,
                     struct bus_err *err) BUS_MUSTCHECK;

#endif
