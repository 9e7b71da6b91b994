/* Topics as they are against topics as they should be.
 *
 * - plan: metadata (there? how many partitions?), then the configuration of
 *   those that are there, entry by entry
 * - a broker that does not answer within the limit: BUS_EAWAY
 */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/admin_parts.h"
#include "bus/kafka/tls.h"

int bus_kafka_admin_open(const struct bus_kafka_env *env,
                         struct bus_kafka_admin **ret,
                         struct bus_err *err)
{
    struct bus_kafka_admin *a = bus_calloc(1, sizeof(*a));
    if (a == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the administration");
    }
    a->env = *env;
    rd_kafka_conf_t *conf = NULL;
    int rc;
    BUS_TRY_GOTO(rc, kafka_conf(env, &conf, err), failed);
    kafka_set(conf, "group.id", "lianou-admin", &rc, err);
    kafka_set(conf, "enable.auto.commit", "false", &rc, err);
    if (rc != 0) {
        rd_kafka_conf_destroy(conf);
        goto failed;
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR);
    BUS_TRY_GOTO(rc, kafka_make(RD_KAFKA_CONSUMER, conf, &a->rk, err), failed);
    a->queue = rd_kafka_queue_new(a->rk);
    *ret = a;
    return BUS_OK;
failed:
    bus_free(a);
    return rc;
}

void bus_kafka_admin_close(struct bus_kafka_admin *a)
{
    if (a != NULL) {
        rd_kafka_queue_destroy(a->queue);
        rd_kafka_destroy(a->rk);
        bus_free(a);
    }
}

size_t kafka_admin_entries(const struct bus_kafka_admin *a,
                           const struct bus_topic *topic,
                           struct admin_entry ret[ADMIN_ENTRY_MAX])
{
    const struct bus_config_kafka *k = a->env.conf;
    bool compact = topic->cleanup == BUS_TOPIC_COMPACT;
    size_t n = 0;
    ret[n].name = "cleanup.policy";
    (void)snprintf(ret[n++].value, sizeof(ret[0].value), "%s",
                   compact ? "compact" : "delete");
    /* The broker's own: it refuses records an hour ahead of its clock, and by a
     * clock of ours that stepped back it would drop records too early. */
    ret[n].name = "message.timestamp.type";
    (void)snprintf(ret[n++].value, sizeof(ret[0].value), "LogAppendTime");
    if (!compact) {
        ret[n].name = "retention.ms";
        (void)snprintf(ret[n++].value, sizeof(ret[0].value), "%lld",
                       (long long)topic->retention_ms);
    }
    /* A deletion is one when the bytes are gone: the segment is rolled, cleaned
     * however little of it is outdated, and the tombstone goes with the next
     * cleaning. */
    static const char *const bounds[] = {"segment.ms", "max.compaction.lag.ms",
                                         "delete.retention.ms"};
    for (size_t i = 0; topic->forget_ms > 0 && i < 3; i++) {
        ret[n].name = bounds[i];
        (void)snprintf(ret[n++].value, sizeof(ret[0].value), "%lld",
                       (long long)topic->forget_ms);
    }
    if (k->min_insync > 0) {
        ret[n].name = "min.insync.replicas";
        (void)snprintf(ret[n++].value, sizeof(ret[0].value), "%lld",
                       (long long)k->min_insync);
    }
    if (k->message_bytes_max > 0) {
        ret[n].name = "max.message.bytes";
        (void)snprintf(ret[n++].value, sizeof(ret[0].value), "%lld",
                       (long long)k->message_bytes_max);
    }
    return n;
}

/* What the brokers said of us since, told apart from their not being there: a
 * wrong password is none of "no broker answers". */
static int admin_refused(struct bus_kafka_admin *a, int rc, struct bus_err *err)
{
    rd_kafka_queue_t *said = rd_kafka_queue_get_main(a->rk);
    rd_kafka_event_t *ev;
    while ((ev = rd_kafka_queue_poll(said, 0)) != NULL) {
        rd_kafka_resp_err_t e = rd_kafka_event_error(ev);
        if (e == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
            rc = bus_fail(err, kafka_errc(e),
                          "the brokers do not take user '%s' with this "
                          "password / 用户名或口令不对: %s",
                          a->env.conf->username ? a->env.conf->username : "",
                          rd_kafka_event_error_string(ev));
        } else if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
            const char *text = rd_kafka_event_error_string(ev);
            const char *cause = kafka_tls_cause(text);
            if (cause[0] != '\0' || e == RD_KAFKA_RESP_ERR__SSL) {
                rc = bus_fail(
                    err, kafka_errc(e), "%s%s",
                    cause[0] != '\0' ? cause : "TLS / 证书不对: ", text);
            }
        }
        rd_kafka_event_destroy(ev);
    }
    rd_kafka_queue_destroy(said);
    return rc;
}

bool kafka_admin_again(int rc, int *tries)
{
    BUS_CHECK(*tries < ADMIN_TRIES);
    return rc != BUS_OK && bus_err_act((enum bus_errc)rc) == BUS_ACT_RETRY &&
           ++*tries < ADMIN_TRIES;
}

int kafka_admin_wait(struct bus_kafka_admin *a,
                     rd_kafka_event_type_t type,
                     const char *what,
                     rd_kafka_event_t **ret,
                     struct bus_err *err)
{
    BUS_CHECK(a->queue != NULL && ret != NULL);
    for (;;) {
        rd_kafka_event_t *ev = rd_kafka_queue_poll(a->queue, ADMIN_MS + 1000);
        if (ev == NULL) {
            return admin_refused(
                a, bus_fail(err, BUS_EAWAY, "%s: no broker answers", what),
                err);
        }
        if (rd_kafka_event_type(ev) != type) {
            rd_kafka_event_destroy(ev);
            continue;
        }
        if (rd_kafka_event_error(ev) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            int rc = bus_fail(err, kafka_errc(rd_kafka_event_error(ev)),
                              "%s: %s", what, rd_kafka_event_error_string(ev));
            rd_kafka_event_destroy(ev);
            return admin_refused(a, rc, err);
        }
        *ret = ev;
        return 0;
    }
}

static int admin_describe_once(struct bus_kafka_admin *a,
                               const char *const *topics,
                               size_t n,
                               rd_kafka_event_t **ret,
                               struct bus_err *err)
{
    BUS_CHECK(n > 0 && topics != NULL);
    rd_kafka_ConfigResource_t **ask = bus_calloc(n, sizeof(*ask));
    if (ask == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the topics' configuration");
    }
    for (size_t i = 0; i < n; i++) {
        ask[i] =
            rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topics[i]);
    }
    rd_kafka_AdminOptions_t *o =
        rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    (void)rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, NULL, 0);
    rd_kafka_DescribeConfigs(a->rk, ask, n, o, a->queue);
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_ConfigResource_destroy_array(ask, n);
    bus_free(ask);
    return kafka_admin_wait(a, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT,
                            "describe topics", ret, err);
}

int kafka_admin_describe(struct bus_kafka_admin *a,
                         const char *const *topics,
                         size_t n,
                         rd_kafka_event_t **ret,
                         struct bus_err *err)
{
    int rc, tries = 0;
    do {
        rc = admin_describe_once(a, topics, n, ret, err);
    } while (kafka_admin_again(rc, &tries));
    return rc;
}

/* -- plan */

struct plan
{
    struct bus_kafka_admin *a;
    struct bus_arena *mem;
    struct bus_kafka_change *list;
    size_t n, cap;
};

static int
admin_add(struct plan *p, const struct bus_kafka_change *c, struct bus_err *err)
{
    BUS_CHECK(p->n <= p->cap);
    char *is = c->is != NULL ? bus_arena_strdup(p->mem, c->is) : NULL;
    char *want = bus_arena_strdup(p->mem, c->want);
    if (p->n == p->cap || want == NULL || (c->is != NULL && is == NULL)) {
        return bus_fail(err, BUS_ENOMEM, "the plan of topics");
    }
    p->list[p->n] = *c;
    p->list[p->n].is = is;
    p->list[p->n++].want = want;
    return 0;
}

static const rd_kafka_metadata_topic_t *
admin_find(const rd_kafka_metadata_t *md, const char *topic)
{
    for (int i = 0; i < md->topic_cnt; i++) {
        if (strcmp(md->topics[i].topic, topic) == 0) {
            return md->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR
                       ? &md->topics[i]
                       : NULL;
        }
    }
    return NULL;
}

static int plan_partitions(struct plan *p,
                           const rd_kafka_metadata_t *md,
                           const struct bus_topic *t,
                           bool *ret_there,
                           struct bus_err *err)
{
    BUS_CHECK(t->partitions > 0);
    char is[16], want[16];
    const rd_kafka_metadata_topic_t *have = admin_find(md, t->name);
    *ret_there = have != NULL;
    (void)snprintf(want, sizeof(want), "%d", (int)t->partitions);
    if (have == NULL) {
        return admin_add(p,
                         &(struct bus_kafka_change){BUS_KAFKA_TOPIC_CREATE,
                                                    t->name, "partitions", NULL,
                                                    want},
                         err);
    }
    if (have->partition_cnt == t->partitions) {
        return 0;
    }
    (void)snprintf(is, sizeof(is), "%d", have->partition_cnt);
    return admin_add(p,
                     &(struct bus_kafka_change){BUS_KAFKA_TOPIC_PARTITIONS,
                                                t->name, "partitions", is,
                                                want},
                     err);
}

const char *kafka_admin_value(const rd_kafka_ConfigResource_t *r,
                              const char *name)
{
    size_t n = 0;
    const rd_kafka_ConfigEntry_t **e = rd_kafka_ConfigResource_configs(r, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rd_kafka_ConfigEntry_name(e[i]), name) == 0) {
            return rd_kafka_ConfigEntry_value(e[i]);
        }
    }
    return NULL;
}

static int plan_entries(struct plan *p,
                        const struct bus_topic *t,
                        const rd_kafka_ConfigResource_t *r,
                        struct bus_err *err)
{
    struct admin_entry want[ADMIN_ENTRY_MAX];
    size_t n = kafka_admin_entries(p->a, t, want);
    for (size_t i = 0; i < n; i++) {
        const char *is = kafka_admin_value(r, want[i].name);
        if (is != NULL && strcmp(is, want[i].value) == 0) {
            continue;
        }
        const struct bus_kafka_change c = {BUS_KAFKA_TOPIC_CONFIG, t->name,
                                           want[i].name, is != NULL ? is : "",
                                           want[i].value};
        int rc = admin_add(p, &c, err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int plan_configs(struct plan *p,
                        const struct bus_topic *const *there,
                        size_t n,
                        struct bus_err *err)
{
    BUS_CHECK(n > 0);
    const char **names = bus_arena_calloc(p->mem, n + 1, sizeof(*names));
    if (names == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the plan of topics");
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = there[i]->name;
    }
    rd_kafka_event_t *ev = NULL;
    int rc = kafka_admin_describe(p->a, names, n, &ev, err);
    if (rc != 0) {
        return rc;
    }
    size_t count = 0;
    const rd_kafka_ConfigResource_t **r =
        rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(ev), &count);
    for (size_t i = 0; i < count && rc == 0; i++) {
        for (size_t k = 0; k < n && rc == 0; k++) {
            if (strcmp(rd_kafka_ConfigResource_name(r[i]), names[k]) == 0) {
                rc = plan_entries(p, there[k], r[i], err);
            }
        }
    }
    rd_kafka_event_destroy(ev);
    return rc;
}

int bus_kafka_topics_plan(struct bus_kafka_admin *a,
                          const struct bus_topic *topics,
                          size_t n,
                          struct bus_arena *mem,
                          struct bus_kafka_plan *ret,
                          struct bus_err *err)
{
    struct plan p = {.a = a, .mem = mem, .cap = n * (ADMIN_ENTRY_MAX + 1)};
    const struct bus_topic **there =
        bus_arena_calloc(mem, n + 1, sizeof(*there));
    p.list = bus_arena_calloc(mem, p.cap + 1, sizeof(*p.list));
    if (p.list == NULL || there == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the plan of topics");
    }
    const rd_kafka_metadata_t *md = NULL;
    rd_kafka_resp_err_t e = rd_kafka_metadata(a->rk, 1, NULL, &md, ADMIN_MS);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return admin_refused(a,
                             bus_fail(err, BUS_EAWAY, "no broker answers: %s",
                                      rd_kafka_err2str(e)),
                             err);
    }
    size_t there_n = 0;
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        bool is_there = false;
        rc = plan_partitions(&p, md, &topics[i], &is_there, err);
        if (is_there) {
            there[there_n++] = &topics[i];
        }
    }
    rd_kafka_metadata_destroy(md);
    if (rc == 0 && there_n > 0 && !a->env.conf->embedded) {
        rc = plan_configs(&p, there, there_n, err);
    }
    if (rc == 0) {
        ret->list = p.list;
        ret->n = p.n;
    }
    return rc;
}
