/* Topics as they should be, as they are, and making them so. Blocking: for
 * commands. Against the embedded broker only reading works; its topics are
 * made by embedded.h. */
#ifndef BUS_KAFKA_ADMIN_H
#define BUS_KAFKA_ADMIN_H

#include "bus/base/arena.h"
#include "bus/conf/acls.h"
#include "bus/kafka/client.h"

struct bus_kafka_admin;
int bus_kafka_admin_open(const struct bus_kafka_env *env,
                         struct bus_kafka_admin **ret,
                         struct bus_err *err) BUS_MUSTCHECK;
void bus_kafka_admin_close(struct bus_kafka_admin *a);

enum bus_kafka_change_kind {
    BUS_KAFKA_TOPIC_CREATE,
    BUS_KAFKA_TOPIC_PARTITIONS, /* fewer than wanted; never changed by itself:
                                   households would change their partition */
    BUS_KAFKA_TOPIC_CONFIG      /* one configuration entry differs */
};
struct bus_kafka_change
{
    enum bus_kafka_change_kind kind;
    const char *topic;
    const char *what;      /* "retention.ms", "partitions" */
    const char *is, *want; /* texts; is NULL for CREATE */
};
struct bus_kafka_plan
{
    struct bus_kafka_change *list; /* in mem */
    size_t n;
};
/* What differs. Topics of the cluster that are not in the list are
 * left alone. BUS_EAWAY if no broker answers within limit_ms. */
int bus_kafka_topics_plan(struct bus_kafka_admin *a,
                          const struct bus_topic *topics,
                          size_t n,
                          struct bus_arena *mem,
                          struct bus_kafka_plan *ret,
                          struct bus_err *err) BUS_MUSTCHECK;
/* Makes CREATE and CONFIG changes, and waits until every partition's leader
 * answers, so that what comes next is not refused; BUS_ECONFIG when a
 * PARTITIONS difference is left (people must decide), BUS_EAWAY when for 30 s
 * no leader more answers. Safe to repeat. */
int bus_kafka_topics_apply(struct bus_kafka_admin *a,
                           const struct bus_topic *topics,
                           size_t n,
                           struct bus_err *err) BUS_MUSTCHECK;
/* Takes them away with all that is in them; one that is not there is well. */
int bus_kafka_topics_delete(struct bus_kafka_admin *a,
                            const struct bus_topic *topics,
                            size_t n,
                            struct bus_err *err) BUS_MUSTCHECK;
/* A setting of the brokers that is a number, as each of them tells it: the
 * greatest and who has it. At most 64 brokers are asked, one after the other.
 * BUS_EUNKNOWN: one that does not know it; BUS_EDENIED: who asks may not see
 * it. */
int bus_kafka_brokers_greatest(struct bus_kafka_admin *a,
                               const char *name,
                               int32_t *ret_broker,
                               int64_t *ret,
                               struct bus_err *err) BUS_MUSTCHECK;
struct bus_kafka_acl_change
{
    bool add; /* else: to be taken away */
    struct bus_acl acl;
};
struct bus_kafka_acl_plan
{
    struct bus_kafka_acl_change *list; /* in mem */
    size_t n;
};
/* What differs, of the principals that the list names; others are left alone.
 * BUS_EDENIED: who asks may not see or change access rules. */
int bus_kafka_acls_plan(struct bus_kafka_admin *a,
                        const struct bus_acl *acls,
                        size_t n,
                        struct bus_arena *mem,
                        struct bus_kafka_acl_plan *ret,
                        struct bus_err *err) BUS_MUSTCHECK;
int bus_kafka_acls_apply(struct bus_kafka_admin *a,
                         const struct bus_kafka_acl_plan *plan,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Number of partitions; 0 = no such topic. */
int bus_kafka_partitions(struct bus_kafka_admin *a,
                         const char *topic,
                         int32_t *ret,
                         struct bus_err *err) BUS_MUSTCHECK;
struct bus_kafka_lag
{
    const char *topic; /* borrowed from the question */
    int32_t partition;
    int64_t first, end; /* end: last stable offset */
    int64_t committed;  /* of the group; -1 = none */
};
/* One row a partition of the topics. */
struct bus_kafka_lags_of
{
    const char *group; /* NULL: committed stays -1 */
    const char *const *topics;
    size_t topics_count;
};
struct bus_kafka_lags
{
    struct bus_kafka_lag *list; /* in mem */
    size_t n;
};
int bus_kafka_lags(struct bus_kafka_admin *a,
                   const struct bus_kafka_lags_of *of,
                   struct bus_arena *mem,
                   struct bus_kafka_lags *ret,
                   struct bus_err *err) BUS_MUSTCHECK;

#endif
