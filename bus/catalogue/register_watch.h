/* Taking up registers that are published while a role runs.
 *
 * Every second the topic `register` is looked at, on a pool thread: what is new
 * is verified (publication.h), unpacked and checked there, and takes the place
 * of the one in force in one step. The folder's own is in force until then, and
 * the latest published afterwards; one that is unsigned, foreign, older or with
 * a fault changes nothing: the health condition "register" and
 * lianou_registers_total{outcome="refused"} say so until a better one comes.
 *
 * A lane holds the register that it works with for the length of a batch, so
 * that nothing changes in the middle of one. */
#ifndef BUS_CATALOGUE_REGISTER_WATCH_H
#define BUS_CATALOGUE_REGISTER_WATCH_H

#include "bus/kafka/client.h"
#include "bus/registers/registers.h"
#include "bus/wire/framing.h"

struct bus_register_watch;
struct bus_register_watch_conf
{
    const struct bus_kafka_env *kafka; /* with its loop, health and metrics */
    const struct bus_config *config;
    const char *topic;                 /* with the prefix; borrowed */
    struct bus_wire_registry *schemas; /* taken, also on a failure */
    /* On the loop's thread, for a log; text: which one, or why it is refused.
     * May be NULL. */
    void (*told)(void *data, bool taken, const char *text);
    void *data;
    /* For a door, which is open while Kafka is away and must not be shut by
     * what somebody publishes: no health condition, only the log and the
     * metric. */
    bool no_condition;
};
/* Reads the folder's register and begins to look. BUS_ECONFIG: a fault in it,
 * the first one in the message, or bureau.public_key is no key. Free what is in
 * *ret in any case. */
int bus_catalogue_register_watch_start(
    const struct bus_register_watch_conf *conf,
    struct bus_register_watch **ret,
    struct bus_err *err) BUS_MUSTCHECK;
/* Any thread: until the topic was read once. BUS_EAGAIN after a second. */
int bus_catalogue_register_watch_wait(struct bus_register_watch *w,
                                      struct bus_err *err) BUS_MUSTCHECK;
/* Any thread: was the topic read once, to its end? */
bool bus_catalogue_register_watch_read(struct bus_register_watch *w);
/* Any thread. Gives back what *held is (NULL: nothing yet) and holds the one in
 * force; equal while nothing new has come. */
void bus_catalogue_register_watch_hold(struct bus_register_watch *w,
                                       const struct bus_register **held);
/* Any thread. Gives it back; *held is NULL then. */
void bus_catalogue_register_watch_release(struct bus_register_watch *w,
                                          const struct bus_register **held);
void bus_catalogue_register_watch_drain(struct bus_register_watch *w);
/* When no lane runs any more; NULL is allowed. */
void bus_catalogue_register_watch_free(struct bus_register_watch *w);

#endif
