/* Making the topics so.
 *
 * - create what is missing, with its configuration; "exists already" is fine
 * - set entries that differ; the request replaces a topic's whole
 *   configuration, so what people set there by hand is sent along
 * - a different partition count is left to people: it is an error
 */
#include <string.h>

#include "bus/base/heap.h"
#include "bus/kafka/admin_parts.h"

static rd_kafka_NewTopic_t *new_topic(const struct bus_kafka_admin *a,
                                      const struct bus_topic *t,
                                      struct bus_err *err)
{
    char why[256];
    rd_kafka_NewTopic_t *nt = rd_kafka_NewTopic_new(
        t->name, t->partitions, t->replication > 0 ? t->replication : -1, why,
        sizeof(why));
    if (nt == NULL) {
        (void)bus_fail(err, BUS_ECONFIG, "topic %s: %s", t->name, why);
        return NULL;
    }
    struct admin_entry want[ADMIN_ENTRY_MAX];
    size_t n = admin_entries(a, t, want);
    for (size_t i = 0; i < n; i++) {
        (void)rd_kafka_NewTopic_set_config(nt, want[i].name, want[i].value);
    }
    return nt;
}

static int created(struct bus_kafka_admin *a, struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    int rc = admin_wait(a, RD_KAFKA_EVENT_CREATETOPICS_RESULT, "create topics",
                        &ev, err);
    if (rc != 0) {
        return rc;
    }
    size_t n = 0;
    const rd_kafka_topic_result_t **r = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(ev), &n);
    for (size_t i = 0; i < n && rc == 0; i++) {
        rd_kafka_resp_err_t e = rd_kafka_topic_result_error(r[i]);
        if (e != RD_KAFKA_RESP_ERR_NO_ERROR &&
            e != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            rc = bus_fail(err, kafka_errc(e), "create topic %s: %s",
                          rd_kafka_topic_result_name(r[i]),
                          rd_kafka_topic_result_error_string(r[i]));
        }
    }
    rd_kafka_event_destroy(ev);
    return rc;
}

static int create(struct bus_kafka_admin *a,
                  const struct bus_topic *const *topics,
                  size_t n,
                  struct bus_err *err)
{
    rd_kafka_NewTopic_t **list = bus_calloc(n, sizeof(*list));
    int rc = list == NULL ? bus_fail(err, BUS_ENOMEM, "new topics") : 0;
    size_t made = 0;
    for (; made < n && rc == 0; made++) {
        list[made] = new_topic(a, topics[made], err);
        if (list[made] == NULL) {
            rc = BUS_ECONFIG;
            break;
        }
    }
    if (rc == 0) {
        rd_kafka_AdminOptions_t *o =
            rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
        (void)rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, NULL, 0);
        (void)rd_kafka_AdminOptions_set_operation_timeout(o, ADMIN_MS, NULL, 0);
        rd_kafka_CreateTopics(a->rk, list, n, o, a->queue);
        rd_kafka_AdminOptions_destroy(o);
        rc = created(a, err);
    }
    for (size_t i = 0; i < made; i++) {
        rd_kafka_NewTopic_destroy(list[i]);
    }
    bus_free(list);
    return rc;
}

/* What the topic has of its own now, then our entries over it. */
static rd_kafka_ConfigResource_t *wanted(const struct bus_kafka_admin *a,
                                         const struct bus_topic *t,
                                         const rd_kafka_ConfigResource_t *is)
{
    rd_kafka_ConfigResource_t *r =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, t->name);
    size_t n = 0;
    const rd_kafka_ConfigEntry_t **e = rd_kafka_ConfigResource_configs(is, &n);
    for (size_t i = 0; i < n; i++) {
        if (rd_kafka_ConfigEntry_source(e[i]) ==
                RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG &&
            rd_kafka_ConfigEntry_value(e[i]) != NULL) {
            (void)rd_kafka_ConfigResource_set_config(
                r, rd_kafka_ConfigEntry_name(e[i]),
                rd_kafka_ConfigEntry_value(e[i]));
        }
    }
    struct admin_entry want[ADMIN_ENTRY_MAX];
    n = admin_entries(a, t, want);
    for (size_t i = 0; i < n; i++) {
        (void)rd_kafka_ConfigResource_set_config(r, want[i].name,
                                                 want[i].value);
    }
    return r;
}

static int altered(struct bus_kafka_admin *a, struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    int rc = admin_wait(a, RD_KAFKA_EVENT_ALTERCONFIGS_RESULT,
                        "configure topics", &ev, err);
    if (rc != 0) {
        return rc;
    }
    size_t n = 0;
    const rd_kafka_ConfigResource_t **r =
        rd_kafka_AlterConfigs_result_resources(
            rd_kafka_event_AlterConfigs_result(ev), &n);
    for (size_t i = 0; i < n && rc == 0; i++) {
        rd_kafka_resp_err_t e = rd_kafka_ConfigResource_error(r[i]);
        if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
            rc = bus_fail(err, kafka_errc(e), "configure topic %s: %s",
                          rd_kafka_ConfigResource_name(r[i]),
                          rd_kafka_ConfigResource_error_string(r[i]));
        }
    }
    rd_kafka_event_destroy(ev);
    return rc;
}

static int alter(struct bus_kafka_admin *a,
                 const struct bus_topic *topic,
                 struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    int rc = admin_describe(a, &topic->name, 1, &ev, err);
    if (rc != 0) {
        return rc;
    }
    size_t n = 0;
    const rd_kafka_ConfigResource_t **is =
        rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(ev), &n);
    if (n == 0) {
        rd_kafka_event_destroy(ev);
        return bus_fail(err, BUS_EAWAY, "topic %s: no answer", topic->name);
    }
    rd_kafka_ConfigResource_t *r = wanted(a, topic, is[0]);
    rd_kafka_event_destroy(ev);
    rd_kafka_AdminOptions_t *o =
        rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_ALTERCONFIGS);
    (void)rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, NULL, 0);
    rd_kafka_AlterConfigs(a->rk, &r, 1, o, a->queue);
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_ConfigResource_destroy(r);
    return altered(a, err);
}

static const struct bus_topic *
topic_of(const struct bus_topic *topics, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(topics[i].name, name) == 0) {
            return &topics[i];
        }
    }
    return NULL;
}

static int apply(struct bus_kafka_admin *a,
                 const struct bus_topic *topics,
                 size_t n,
                 struct bus_arena *mem,
                 struct bus_err *err)
{
    struct bus_kafka_plan p = {0};
    int rc = bus_kafka_topics_plan(a, topics, n, mem, &p, err);
    const struct bus_kafka_change *plan = p.list;
    size_t count = p.n;
    const struct bus_topic **missing =
        bus_arena_calloc(mem, n + 1, sizeof(*missing));
    if (rc != 0 || missing == NULL) {
        return rc != 0 ? rc : bus_fail(err, BUS_ENOMEM, "the plan of topics");
    }
    size_t missing_n = 0;
    for (size_t i = 0; i < count; i++) {
        if (plan[i].kind == BUS_KAFKA_TOPIC_CREATE) {
            missing[missing_n++] = topic_of(topics, n, plan[i].topic);
        }
    }
    if (missing_n > 0) {
        rc = create(a, missing, missing_n, err);
    }
    const char *last = "";
    for (size_t i = 0; i < count && rc == 0; i++) {
        /* One topic's entries stand side by side and are set together. */
        if (plan[i].kind == BUS_KAFKA_TOPIC_CONFIG &&
            strcmp(plan[i].topic, last) != 0) {
            last = plan[i].topic;
            rc = alter(a, topic_of(topics, n, last), err);
        }
    }
    for (size_t i = 0; i < count && rc == 0; i++) {
        if (plan[i].kind == BUS_KAFKA_TOPIC_PARTITIONS) {
            rc = bus_fail(err, BUS_ECONFIG,
                          "topic %s has %s partitions, %s are configured; "
                          "people must decide, households would move",
                          plan[i].topic, plan[i].is, plan[i].want);
        }
    }
    return rc;
}

int bus_kafka_topics_apply(struct bus_kafka_admin *a,
                           const struct bus_topic *topics,
                           size_t n,
                           struct bus_err *err)
{
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    int rc = apply(a, topics, n, &mem, err);
    bus_arena_fini(&mem);
    return rc;
}
