/* A group's member: its client's settings, and who bears its name.
 *
 * A static member that starts takes the name over, and only then begins with
 * transactions. So the group is the judge whenever something looks fenced:
 * - the id it gave us bears the name: no other instance is there (a
 *   transaction timed out at the coordinator, or a request of a process that
 *   was killed came late)
 * - another id bears it: another instance took over
 * - nobody does: our session has ended; the library will say so
 * The handle knows brokers that have gone since, and its question fails while
 * one of them is away: then it is asked once more by a client of its own.
 */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/kafka/parts.h"

#define NAME_MAX_BYTES 256
#define UUID_TEXT      36
/* Longer than a cluster needs to notice that a broker has gone (Kafka's own
 * limit is 9 s) and to elect another coordinator: who loses its session with
 * its coordinator takes everything up anew. A named member that comes back
 * waits for nobody's session. */
#define SESSION_MS          20000
#define SESSION_NAMELESS_MS 10000
#define HEARTBEAT_MS        3000
#define EMBEDDED_SESSION_MS 6000
#define EMBEDDED_BEAT_MS    1000
#define FETCH_MS            100 /* how soon an end of partition is seen */
#define FETCH_BYTES         (1 * 1024 * 1024) /* one answer; default is 50 MiB */
#define QUEUED_MESSAGES     4000 /* small ones cost more than their bytes */
#define QUEUE_FULL_MS       10   /* how soon a full queue is looked at again */
#define EMBEDDED_FETCH_MS   10
#define MEMBER_MS           1000 /* brokers that are well answer at once */
#define MEMBER_AFRESH_MS    3000 /* twice: to find brokers, and to ask */

/* Empty: a member without a name. */
static void member_name_of(const struct kafka_group_conf *c,
                           char ret[NAME_MAX_BYTES])
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
    BUS_CHECK(c->group != NULL && c->queued_bytes > 0);
    bool embedded = env->conf->embedded;
    rd_kafka_conf_t *conf = NULL;
    int rc = BUS_OK;
    BUS_TRY(kafka_conf(env, &conf, err));
    char name[NAME_MAX_BYTES];
    member_name_of(c, name);
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
    int session_ms = name[0] != '\0' ? SESSION_MS : SESSION_NAMELESS_MS;
    kafka_set_int(conf, "session.timeout.ms",
                  embedded ? EMBEDDED_SESSION_MS : session_ms, &rc, err);
    kafka_set_int(conf, "heartbeat.interval.ms",
                  embedded ? EMBEDDED_BEAT_MS : HEARTBEAT_MS, &rc, err);
    kafka_set_int(conf, "connections.max.idle.ms", KAFKA_QUIET_MS, &rc, err);
    kafka_set_int(conf, "coordinator.query.interval.ms", KAFKA_LEADER_MS, &rc,
                  err);
    kafka_set_int(conf, "fetch.wait.max.ms",
                  embedded ? EMBEDDED_FETCH_MS : FETCH_MS, &rc, err);
    int64_t biggest = env->conf->message_bytes_max;
    kafka_set_int(conf, "fetch.min.bytes", embedded ? 1 : 16384, &rc, err);
    kafka_set_int(conf, "fetch.max.bytes",
                  biggest > FETCH_BYTES ? biggest : FETCH_BYTES, &rc, err);
    kafka_set_int(conf, "fetch.queue.backoff.ms", QUEUE_FULL_MS, &rc, err);
    kafka_set_int(conf, "queued.min.messages", QUEUED_MESSAGES, &rc, err);
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

/* The library's own blocking commit waits for a coordinator as long as for a
 * session to end. */
void kafka_member_commit(rd_kafka_t *rk,
                         const rd_kafka_topic_partition_list_t *offsets)
{
    BUS_CHECK(rk != NULL && offsets->cnt > 0);
    rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
    if (rd_kafka_commit_queue(rk, offsets, q, NULL, NULL) ==
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_event_t *ev = rd_kafka_queue_poll(q, KAFKA_CALL_MS);
        if (ev != NULL) {
            rd_kafka_event_destroy(ev);
        }
    }
    rd_kafka_queue_destroy(q);
}

/* The id of a static member is its name, a dash and a UUID. */
static const char *bearer(const struct rd_kafka_group_info *g, const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < g->member_cnt; i++) {
        const char *id = g->members[i].member_id;
        if (strlen(id) == n + 1 + UUID_TEXT && id[n] == '-' &&
            strncmp(id, name, n) == 0) {
            return id;
        }
    }
    return NULL;
}

/* By the older call: the one of the administration (DescribeConsumerGroups)
 * ends the process with an assertion when the broker goes away meanwhile
 * (librdkafka 2.0.2). It asks every broker the handle has ever heard of. */
static int ask_bearer(rd_kafka_t *rk,
                      const struct kafka_group_conf *c,
                      const char *member,
                      int limit_ms,
                      struct bus_err *err)
{
    char name[NAME_MAX_BYTES];
    const struct rd_kafka_group_list *list = NULL;
    member_name_of(c, name);
    BUS_CHECK(name[0] != '\0');
    rd_kafka_resp_err_t e = rd_kafka_list_groups(rk, c->group, &list, limit_ms);
    if (list == NULL) {
        return bus_fail(err, BUS_EAWAY, "members of %s: %s", c->group,
                        rd_kafka_err2str(e));
    }
    const char *id = NULL;
    for (int i = 0; i < list->group_cnt && id == NULL; i++) {
        if (e == RD_KAFKA_RESP_ERR_NO_ERROR) {
            e = list->groups[i].err;
        }
        id = bearer(&list->groups[i], name);
    }
    bool ours = id != NULL && strcmp(id, member) == 0;
    bool nobody = id == NULL;
    rd_kafka_group_list_destroy(list);
    if (nobody && e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return bus_fail(err, BUS_EAWAY, "members of %s: %s", c->group,
                        rd_kafka_err2str(e));
    }
    if (nobody) {
        return bus_fail(err, BUS_EAGAIN, "group %s: the session has ended",
                        c->group);
    }
    return ours ? BUS_OK
                : bus_fail(err, BUS_EFENCED,
                           "group %s: another instance bears the name %s",
                           c->group, c->instance);
}

/* By a client that has never heard of a broker that is away: the cluster's
 * answer to its first question names those that are there. */
static int ask_afresh(const struct bus_kafka_env *env,
                      const struct kafka_group_conf *c,
                      const char *member,
                      struct bus_err *err)
{
    rd_kafka_t *rk = NULL;
    const rd_kafka_metadata_t *md = NULL;
    BUS_TRY(kafka_reader_make(env, "read_committed", &rk, err));
    rd_kafka_resp_err_t e =
        rd_kafka_metadata(rk, 0, NULL, &md, MEMBER_AFRESH_MS);
    int rc = BUS_OK;
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rc = bus_fail(err, BUS_EAWAY, "members of %s: no broker answers: %s",
                      c->group, rd_kafka_err2str(e));
    } else {
        rd_kafka_metadata_destroy(md);
        rc = ask_bearer(rk, c, member, MEMBER_AFRESH_MS, err);
    }
    rd_kafka_destroy(rk);
    return rc;
}

int kafka_member_check(const struct bus_kafka_env *env,
                       rd_kafka_t *rk,
                       const struct kafka_group_conf *c,
                       const char *member,
                       struct bus_err *err)
{
    BUS_CHECK(rk != NULL && member != NULL);
    int rc = ask_bearer(rk, c, member, MEMBER_MS, err);
    return rc == BUS_EAWAY ? ask_afresh(env, c, member, err) : rc;
}
