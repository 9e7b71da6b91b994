/* Inside of the Kafka room: shared by its .c files only. */
#ifndef BUS_KAFKA_PARTS_H
#define BUS_KAFKA_PARTS_H

#include <librdkafka/rdkafka.h>

#include "bus/kafka/client.h"
#include "bus/kafka/waits.h"
#include "bus/run/backoff.h"

/* -- conf.c: clients from the configuration */

int kafka_conf(const struct bus_kafka_env *env,
               rd_kafka_conf_t **ret,
               struct bus_err *err) BUS_MUSTCHECK;
/* Collects the first failure in *rc, so that a list of settings needs one
 * check. */
void kafka_set(rd_kafka_conf_t *conf,
               const char *key,
               const char *value,
               int *rc,
               struct bus_err *err);
void kafka_set_int(rd_kafka_conf_t *conf,
                   const char *key,
                   int64_t value,
                   int *rc,
                   struct bus_err *err);
/* Takes conf in any case. */
int kafka_make(rd_kafka_type_t type,
               rd_kafka_conf_t *conf,
               rd_kafka_t **ret,
               struct bus_err *err) BUS_MUSTCHECK;

/* -- fail.c: the library's errors as ours */

enum bus_errc kafka_errc(rd_kafka_resp_err_t e);
int kafka_fail(struct bus_err *err, rd_kafka_resp_err_t e, const char *what);
/* Destroys e. */
int kafka_fail_error(struct bus_err *err,
                     rd_kafka_error_t *e,
                     const char *what);
/* All topics are there; BUS_EAWAY says which one is not, or that no broker
 * answers. Blocking. */
int kafka_topics_there(rd_kafka_t *rk,
                       const char *const *topics,
                       size_t n,
                       bool same_partitions, /* else BUS_ECONFIG */
                       struct bus_err *err) BUS_MUSTCHECK;

/* -- seam.c: a queue of the library wakes the loop */

struct kafka_seam
{
    int fd;
    struct bus_poll *poll;
    bus_run_loop_cb cb;
    void *data;
};
int kafka_seam_open(struct kafka_seam *s,
                    struct bus_run_loop *loop,
                    rd_kafka_queue_t *queue,
                    bus_run_loop_cb cb,
                    void *data,
                    struct bus_err *err) BUS_MUSTCHECK;
void kafka_seam_kick(struct kafka_seam *s); /* cb once more */
void kafka_seam_close(struct kafka_seam *s);

/* -- watch.c: is there a broker? The health condition "kafka". */

struct kafka_watch
{
    struct bus_run_loop *loop;
    struct bus_run_health *health;
    int condition, probe_ms; /* how long the next probe waits */
    rd_kafka_t *rk;          /* borrowed; what is probed with */
    struct bus_timer *timer;
    struct bus_run_backoff backoff;
    bool up, probing, found, closed, doubted;
    char why[240], doubt[240];
    void (*closed_cb)(void *data);
    void *closed_data;
};
int kafka_watch_open(struct kafka_watch *w,
                     const struct bus_kafka_env *env,
                     rd_kafka_t *rk,
                     const char *condition,
                     struct bus_err *err) BUS_MUSTCHECK;
void kafka_watch_down(struct kafka_watch *w, const char *why);
void kafka_watch_up(struct kafka_watch *w);
/* An error event. */
void kafka_watch_error(struct kafka_watch *w,
                       rd_kafka_resp_err_t e,
                       const char *text);
/* cb when no probe uses rk any more, perhaps at once. */
void kafka_watch_close(struct kafka_watch *w,
                       void (*cb)(void *data),
                       void *data);

/* -- group.c: a member of a consumer group */

struct kafka_group;
struct kafka_group_conf
{
    const char *group, *instance;
    const char *const *topics;
    size_t topics_count;
    const char *const *also; /* topics that must be there too (outputs) */
    size_t also_count;
    bool same_partitions; /* all topics must have one partition count */
    bool positions_given; /* the owner's answer says where to begin */
    int64_t queued_bytes;
    void *data;
    /* Where the messages of a partition go. */
    rd_kafka_queue_t *(*queue_of)(void *data, int32_t partition);
    /* Answer with kafka_group_start(), now or later. The list is the group's,
     * until the next one; with positions_given its offsets may be filled in
     * (RD_KAFKA_OFFSET_INVALID: the committed one, or the beginning). */
    void (*assigned)(void *data, rd_kafka_topic_partition_list_t *list);
    /* Answer with kafka_group_stop(), now or later. */
    void (*revoked)(void *data);
    /* Which places of the list have nothing to be read now; for the others
     * the library will say when they are read to their end. Just before
     * reading begins; may come again for the same list. */
    void (*known)(void *data,
                  const rd_kafka_topic_partition_list_t *list,
                  const bool *at_end);
    /* Reading has begun. May be NULL. */
    void (*started)(void *data);
    /* The handle is about to go (only while nothing is assigned): destroy the
     * queues made from it; then there is a new one: make them again. */
    void (*handle_goes)(void *data);
    void (*handle_new)(void *data);
    void (*failed)(void *data, const struct bus_err *err);
};
int kafka_group_open(const struct bus_kafka_env *env,
                     const struct kafka_group_conf *conf,
                     struct kafka_group **ret,
                     struct bus_err *err) BUS_MUSTCHECK;
/* Once the owner is whole: no callback comes before. */
void kafka_group_begin(struct kafka_group *g);
rd_kafka_t *kafka_group_handle(struct kafka_group *g);
struct kafka_watch *kafka_group_watch(struct kafka_group *g);
void kafka_group_start(struct kafka_group *g);
void kafka_group_stop(struct kafka_group *g);
/* Leaves and frees; nothing that came from it may be in use any more. commit:
 * offsets to commit before leaving (taken), may be NULL. */
void kafka_group_close(struct kafka_group *g,
                       rd_kafka_topic_partition_list_t *commit,
                       void (*closed)(void *data),
                       void *data);

/* Is it still we who bear the name the group knows us by? Only to be called
 * while something is assigned; blocking. BUS_EFENCED: another instance does.
 * BUS_EAGAIN: nobody does (a revocation is on its way). BUS_EAWAY: no broker
 * answers. */
int kafka_group_check(struct kafka_group *g, struct bus_err *err) BUS_MUSTCHECK;

/* -- member.c: a member's settings, and who bears its name */

int kafka_member_conf(const struct bus_kafka_env *env,
                      const struct kafka_group_conf *c,
                      rd_kafka_conf_t **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
/* Is `member` the id that bears the name? As kafka_group_check(). */
int kafka_member_check(const struct bus_kafka_env *env,
                       rd_kafka_t *rk,
                       const struct kafka_group_conf *c,
                       const char *member,
                       struct bus_err *err) BUS_MUSTCHECK;

/* Blocking, for KAFKA_CALL_MS: an offset that is not taken by then is read from
 * again. */
void kafka_member_commit(rd_kafka_t *rk,
                         const rd_kafka_topic_partition_list_t *offsets);

/* -- read.c: a client that reads without a group */

int kafka_reader_make(const struct bus_kafka_env *env,
                      const char *isolation,
                      rd_kafka_t **ret,
                      struct bus_err *err) BUS_MUSTCHECK;

/* -- msg.c */

struct kafka_topic_cache
{
    rd_kafka_topic_t *last;
    const char *name;
    int32_t index;
};
void kafka_msg_fill(struct bus_kafka_msg *m,
                    rd_kafka_message_t *raw,
                    struct kafka_topic_cache *cache,
                    const char *const *topics,
                    size_t topics_count);
/* The error of a message that is no message: BUS_OK for an end of partition
 * and what passes by itself. */
int kafka_msg_error(const rd_kafka_message_t *raw, struct bus_err *err);

#endif
