/* The matcher's shell: decide() inside exactly-once Kafka transactions, its
 * state on disk behind the compacted `households` topic. */
#ifndef CONSUMERS_MATCHER_SHELL_H
#define CONSUMERS_MATCHER_SHELL_H

#include <stdatomic.h>

#include "bus/kafka/eos.h"
#include "bus/kafka/read.h"
#include "bus/policy/calendar.h"
#include "bus/role/emit.h"
#include "bus/role/frame.h"
#include "bus/wire/keyring.h"
#include "consumers/matcher/batch_state.h"
#include "consumers/matcher/decide.h"
#include "consumers/matcher/keys/table.h"
#include "consumers/matcher/store/store.h"
#include "schemas/payee_change.h"
#include "schemas/review.h"

#define MATCHER_TOPICS_MAX     256
#define MATCHER_PARTITIONS_MAX BUS_CONF_PARTITIONS_MAX
#define MATCHER_MESSAGE_BYTES  (32u << 20) /* arena of one event */

struct matcher_input /* a topic subscribed to */
{
    const char *topic;
    enum matcher_event_kind kind;
    struct bus_strv partner;
    const char *owner; /* who must act on its dead letters */
};
struct matcher_route /* an output topic: index in the shell's outputs */
{
    enum matcher_topic topic;
    struct bus_strv partner;
    int32_t output;
};

struct matcher_partition /* one that is assigned to us */
{
    struct store *store;
    struct matcher_names names;
    struct matcher_key_table keys;
    int64_t keys_next; /* place in their topic that was not read yet */
    bool behind;       /* the disk has less than was committed */
    bool doubtful; /* a transaction was aborted since the topic was looked at */
};

struct matcher_lane
{
    struct bus_arena event;         /* one event */
    struct bus_arena batch;         /* states written in this batch */
    struct batch_state batch_state; /* household -> state of this batch */
    struct bus_wire_keyring *keys;
    struct bus_wire_registry *schemas;
    struct bus_kafka_reader *reader;
    struct matcher_rules rules; /* of this batch; its register is held */
    uint64_t events, duplicates, rejected;
};

struct matcher_shell
{
    struct bus_role_frame frame;
    struct bus_policy_catalogue *catalogue; /* the folder's */
    /* With those published; replaced as a whole, by the loop's thread. */
    _Atomic(const struct matcher_catalogue_versions *) versions;
    struct catalogue_watch *watch;
    struct bus_policy_calendar *calendar;
    struct bus_register_watch *registers;
    struct matcher_rules rules;
    /* What seals cost, and how much of it the series have been told. */
    struct bus_series *seals, *seals_cpu;
    _Atomic uint64_t seals_told, seals_cpu_told;
    struct matcher_input inputs[MATCHER_TOPICS_MAX];
    const char *topics[MATCHER_TOPICS_MAX];
    bool calm[MATCHER_TOPICS_MAX]; /* nobody waits for what comes on it */
    size_t input_count;
    struct matcher_route routes[MATCHER_TOPICS_MAX];
    size_t route_count;
    struct bus_kafka_eos_output outputs[MATCHER_TOPICS_MAX];
    size_t output_count;
    int32_t out_households, out_keys, out_dead_letters, out_reviews;
    struct matcher_partition *partitions[MATCHER_PARTITIONS_MAX];
    struct matcher_lane lanes[BUS_KAFKA_LANES_MAX];
    int lane_count;
    struct bus_kafka_eos *eos;
};

struct matcher_work /* one message */
{
    struct matcher_shell *s;
    struct matcher_lane *lane;
    const struct bus_kafka_msg *m;
    const struct matcher_input *in;
    struct matcher_partition *part;
    struct bus_kafka_out *out;
    struct bus_id household;
    struct matcher_parted state;
    const struct batch_state_slot *slot; /* what this batch has of it so far */
    const char *reason_code;
    struct bus_strv personal; /* opened once an event */
    struct bus_id cause;
    struct bus_strv trace;
};

/* output.c */
int matcher_open_personal(struct matcher_work *w,
                          const struct sa_household_state *st,
                          struct bus_err *err) BUS_MUSTCHECK;
struct sa_application;
/* Of an application within the open case: what of its personal record is not as
 * the household's (matcher_event.differs). The state is whole. */
int matcher_open_applicant(struct matcher_work *w,
                           const struct sa_household_state *st,
                           const struct sa_application *a,
                           uint8_t *ret_differs,
                           struct bus_err *err) BUS_MUSTCHECK;
/* An account that a payee_change brings, before it counts: it opens, and says
 * bank, account and holder. */
int matcher_open_payee(struct matcher_work *w,
                       const struct sa_payee_change *c,
                       struct bus_err *err) BUS_MUSTCHECK;
int matcher_put_output(struct matcher_work *w,
                       const struct matcher_output *o,
                       struct bus_err *err) BUS_MUSTCHECK;
/* restore.c */
int matcher_assigned(void *data,
                     int lane,
                     int32_t partition,
                     struct bus_err *err);
void matcher_revoked(void *data, int lane, int32_t partition);
/* Before a batch: what is damaged, behind or doubtful of the lane's partitions
 * is put right from the topic. */
int matcher_make_sound(struct matcher_shell *s,
                       int lane,
                       struct bus_err *err) BUS_MUSTCHECK;
/* review.c */
int matcher_review_partition(struct matcher_shell *s,
                             struct matcher_lane *lane,
                             const struct bus_kafka_msg *m,
                             const struct sa_review *notice,
                             struct bus_kafka_out *out,
                             struct bus_err *err);
/* process.c */
int matcher_process(void *data,
                    int lane,
                    const struct bus_kafka_msg *msgs,
                    size_t n,
                    struct bus_kafka_out *out,
                    struct bus_err *err);
int matcher_committed(void *data,
                      int lane,
                      const struct bus_kafka_written *w,
                      size_t n,
                      struct bus_err *err);
void matcher_aborted(void *data, int lane);

#endif
