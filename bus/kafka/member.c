/* A group's member: its client's settings, and who bears its name.
 *
 * A static member that starts takes the name over, and only then begins with
 * transactions. So the group is the judge whenever something looks fenced:
 * - the id it gave us bears the name: no other instance is there (a
 *   transaction timed out at the coordinator, or a request of a process that
 *   was killed came late)
 * - another id bears it: another instance took over
 * - nobody does: our session has ended; the library will say so
 */
#include <stdio.h>
#include <string.h>

#include "bus/kafka/parts.h"

#define NAME_MAX_BYTES      256
#define SESSION_MS          10000
#define HEARTBEAT_MS        3000
#define EMBEDDED_SESSION_MS 6000
#define EMBEDDED_BEAT_MS    1000
#define FETCH_MS            100 /* how soon an end of partition is seen */
#define FETCH_BYTES         (4 * 1024 * 1024) /* one answer; default is 50 MiB */
#define EMBEDDED_FETCH_MS   10

/* Empty: a member without a name. */
static void name_of(const struct kafka_group_conf *c, char ret[NAME_MAX_BYTES])
{
    ret[0] = '\0';
    if (c->instance != NULL) {
        (void)snprintf(ret, NAME_MAX_BYTES, "%s-%s", c->group, c->instance);
    }
}

int kafka_member_conf(const struct bus_kafka_env *env,
                      const struct kafka_group_conf *c,
                      rd_kafka_conf_t **ret,
                      struct bus_err *err)
{
    bool embedded = env->conf->embedded;
    rd_kafka_conf_t *conf = NULL;
    int rc = kafka_conf(env, &conf, err);
    if (rc != 0) {
        return rc;
    }
    char name[NAME_MAX_BYTES];
    name_of(c, name);
    kafka_set(conf, "group.id", c->group, &rc, err);
    if (name[0] != '\0' && !embedded) {
        kafka_set(conf, "group.instance.id", name, &rc, err);
    }
    kafka_set(conf, "enable.auto.commit", "false", &rc, err);
    kafka_set(conf, "enable.auto.offset.store", "false", &rc, err);
    kafka_set(conf, "auto.offset.reset", "error", &rc, err);
    kafka_set(conf, "isolation.level", "read_committed", &rc, err);
    kafka_set(conf, "partition.assignment.strategy", "range", &rc, err);
    kafka_set(conf, "enable.partition.eof", "true", &rc, err);
    kafka_set_int(conf, "session.timeout.ms",
                  embedded ? EMBEDDED_SESSION_MS : SESSION_MS, &rc, err);
    kafka_set_int(conf, "heartbeat.interval.ms",
                  embedded ? EMBEDDED_BEAT_MS : HEARTBEAT_MS, &rc, err);
    kafka_set_int(conf, "fetch.wait.max.ms",
                  embedded ? EMBEDDED_FETCH_MS : FETCH_MS, &rc, err);
    int64_t biggest = env->conf->message_bytes_max;
    kafka_set_int(conf, "fetch.max.bytes",
                  biggest > FETCH_BYTES ? biggest : FETCH_BYTES, &rc, err);
    kafka_set_int(conf, "queued.max.messages.kbytes", c->queued_bytes / 1024,
                  &rc, err);
    if (rc != 0) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    rd_kafka_conf_set_events(conf,
                             RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR);
    *ret = conf;
    return 0;
}

static const char *bearer(const rd_kafka_ConsumerGroupDescription_t *group,
                          const char *name)
{
    size_t n = rd_kafka_ConsumerGroupDescription_member_count(group);
    for (size_t i = 0; i < n; i++) {
        const rd_kafka_MemberDescription_t *m =
            rd_kafka_ConsumerGroupDescription_member(group, i);
        const char *its = rd_kafka_MemberDescription_group_instance_id(m);
        if (its != NULL && strcmp(its, name) == 0) {
            return rd_kafka_MemberDescription_consumer_id(m);
        }
    }
    return NULL;
}

static int read_answer(rd_kafka_event_t *ev,
                       const struct kafka_group_conf *c,
                       const char *member,
                       enum kafka_member *ret,
                       struct bus_err *err)
{
    char name[NAME_MAX_BYTES];
    size_t n = 0;
    name_of(c, name);
    const rd_kafka_ConsumerGroupDescription_t **groups =
        rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(ev), &n);
    const rd_kafka_error_t *e =
        n == 1 ? rd_kafka_ConsumerGroupDescription_error(groups[0]) : NULL;
    if (n != 1 || e != NULL) {
        return bus_fail(err, BUS_EAWAY, "members of %s: %s", c->group,
                        e != NULL ? rd_kafka_error_string(e) : "no answer");
    }
    const char *id = bearer(groups[0], name);
    *ret = id == NULL                ? KAFKA_MEMBER_NOBODY
           : strcmp(id, member) == 0 ? KAFKA_MEMBER_OURS
                                     : KAFKA_MEMBER_OTHER;
    return 0;
}

int kafka_member_ask(rd_kafka_t *rk,
                     const struct kafka_group_conf *c,
                     const char *member,
                     enum kafka_member *ret,
                     struct bus_err *err)
{
    char why[128];
    const char *group = c->group;
    rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *o =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    (void)rd_kafka_AdminOptions_set_request_timeout(o, KAFKA_CALL_MS, why,
                                                    sizeof(why));
    rd_kafka_DescribeConsumerGroups(rk, &group, 1, o, q);
    rd_kafka_event_t *ev = rd_kafka_queue_poll(q, KAFKA_CALL_MS + 1000);
    int rc = 0;
    if (ev == NULL) {
        rc =
            bus_fail(err, BUS_EAWAY, "members of %s: no broker answers", group);
    } else if (rd_kafka_event_error(ev) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rc = bus_fail(err, BUS_EAWAY, "members of %s: %s", group,
                      rd_kafka_event_error_string(ev));
    } else {
        rc = read_answer(ev, c, member, ret, err);
    }
    if (ev != NULL) {
        rd_kafka_event_destroy(ev);
    }
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_queue_destroy(q);
    return rc;
}
