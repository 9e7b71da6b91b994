/* One message and its acknowledgement, for commands. */
#ifndef OPS_CLI_INSPECT_TOPIC_SEND_H
#define OPS_CLI_INSPECT_TOPIC_SEND_H

#include "bus/kafka/client.h"

/* Returns when the broker has it: all in-sync copies. Said to be late, it is
 * sent again, a few times and with a word on standard error; what it says has
 * an id, so that twice is once. BUS_EAWAY: not known. */
int cli_topic_send(const struct bus_config_kafka *conf,
                   const char *client_id,
                   const struct bus_kafka_out_msg *m,
                   struct bus_err *err) BUS_MUSTCHECK;

/* The same of many, with one producer; in the order given. All or BUS_EAWAY:
 * some may be there, and sending all again is safe. */
int cli_topic_send_all(const struct bus_config_kafka *conf,
                       const char *client_id,
                       const struct bus_kafka_out_msg *list,
                       size_t n,
                       struct bus_err *err) BUS_MUSTCHECK;

#endif
