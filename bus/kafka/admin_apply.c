/* Making the topics so.
 *
 * - create what is missing, with its configuration; "exists already" is fine
 * - set entries that differ; the request replaces a topic's whole
 *   configuration, so what people set there by hand is sent along
 * - a different partition count is left to people: it is an error
 * - a broker tells of a topic before it leads it, and answers "not leader" to
 *   whoever comes then: applied is what every leader answers for
 */
#include <string.h>
#include <time.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/kafka/admin_parts.h"

#define SEEN_TRIES    100
#define SEEN_PAUSE_MS 100
#define LED_LIMIT_MS  30000 /* without a leader more that answers */

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
    size_t n = kafka_admin_entries(a, t, want);
    for (size_t i = 0; i < n; i++) {
        (void)rd_kafka_NewTopic_set_config(nt, want[i].name, want[i].value);
    }
    return nt;
}

static int created(struct bus_kafka_admin *a, struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    int rc = kafka_admin_wait(a, RD_KAFKA_EVENT_CREATETOPICS_RESULT,
                              "create topics", &ev, err);
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

static int admin_apply_create(struct bus_kafka_admin *a,
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
    int tries = 0;
    bool again = rc == BUS_OK;
    while (again) {
        rd_kafka_AdminOptions_t *o =
            rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
        (void)rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, NULL, 0);
        (void)rd_kafka_AdminOptions_set_operation_timeout(o, ADMIN_MS, NULL, 0);
        rd_kafka_CreateTopics(a->rk, list, n, o, a->queue);
        rd_kafka_AdminOptions_destroy(o);
        rc = created(a, err);
        again = kafka_admin_again(rc, &tries);
    }
    for (size_t i = 0; i < made; i++) {
        rd_kafka_NewTopic_destroy(list[i]);
    }
    bus_free(list);
    return rc;
}

static bool is_ours(const struct admin_entry *want, size_t n, const char *name)
{
    BUS_CHECK(n <= ADMIN_ENTRY_MAX);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(want[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Our entries, and what the topic has of its own besides. */
static rd_kafka_ConfigResource_t *
admin_apply_wanted(const struct bus_kafka_admin *a,
                   const struct bus_topic *t,
                   const rd_kafka_ConfigResource_t *is)
{
    rd_kafka_ConfigResource_t *r =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, t->name);
    struct admin_entry want[ADMIN_ENTRY_MAX];
    size_t want_n = kafka_admin_entries(a, t, want);
    for (size_t i = 0; i < want_n; i++) {
        (void)rd_kafka_ConfigResource_set_config(r, want[i].name,
                                                 want[i].value);
    }
    size_t n = 0;
    const rd_kafka_ConfigEntry_t **e = rd_kafka_ConfigResource_configs(is, &n);
    for (size_t i = 0; i < n; i++) {
        const char *name = rd_kafka_ConfigEntry_name(e[i]);
        const char *value = rd_kafka_ConfigEntry_value(e[i]);
        if (rd_kafka_ConfigEntry_source(e[i]) ==
                RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG &&
            value != NULL && !is_ours(want, want_n, name)) {
            (void)rd_kafka_ConfigResource_set_config(r, name, value);
        }
    }
    return r;
}

static int altered(struct bus_kafka_admin *a, struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    int rc = kafka_admin_wait(a, RD_KAFKA_EVENT_ALTERCONFIGS_RESULT,
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

static int admin_apply_alter(struct bus_kafka_admin *a,
                             const struct bus_topic *topic,
                             struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    int rc = kafka_admin_describe(a, &topic->name, 1, &ev, err);
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
    rd_kafka_ConfigResource_t *r = admin_apply_wanted(a, topic, is[0]);
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

static int admin_apply_change(struct bus_kafka_admin *a,
                              const struct bus_topic *topics,
                              size_t n,
                              const struct bus_kafka_plan *plan,
                              struct bus_err *err)
{
    BUS_CHECK(plan->n > 0);
    const struct bus_topic **missing = bus_calloc(n + 1, sizeof(*missing));
    size_t missing_n = 0;
    int rc = missing == NULL ? bus_fail(err, BUS_ENOMEM, "new topics") : 0;
    for (size_t i = 0; i < plan->n && rc == 0; i++) {
        if (plan->list[i].kind == BUS_KAFKA_TOPIC_CREATE) {
            missing[missing_n++] = topic_of(topics, n, plan->list[i].topic);
        }
    }
    if (missing_n > 0 && rc == 0) {
        rc = admin_apply_create(a, missing, missing_n, err);
    }
    const char *last = "";
    for (size_t i = 0; i < plan->n && rc == 0; i++) {
        /* One topic's entries stand side by side and are set together. */
        if (plan->list[i].kind == BUS_KAFKA_TOPIC_CONFIG &&
            strcmp(plan->list[i].topic, last) != 0) {
            last = plan->list[i].topic;
            rc = admin_apply_alter(a, topic_of(topics, n, last), err);
        }
    }
    bus_free(missing);
    return rc;
}

/* -- every partition has a leader that answers */
static void admin_ask_ends(struct bus_kafka_admin *a,
                           const struct bus_topic *topics,
                           size_t n)
{
    rd_kafka_topic_partition_list_t *asked =
        rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++) {
        for (int32_t p = 0; p < topics[i].partitions; p++) {
            rd_kafka_topic_partition_list_add(asked, topics[i].name, p)
                ->offset = RD_KAFKA_OFFSET_SPEC_LATEST;
        }
    }
    rd_kafka_AdminOptions_t *o =
        rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_LISTOFFSETS);
    (void)rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, NULL, 0);
    rd_kafka_ListOffsets(a->rk, asked, o, a->queue);
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_topic_partition_list_destroy(asked);
}

/* BUS_EAWAY: a leader does not answer for its partition yet. */
static int admin_hear_ends(const rd_kafka_event_t *ev,
                           size_t *ret_led,
                           struct bus_err *err)
{
    size_t n = 0;
    const rd_kafka_ListOffsetsResultInfo_t **info =
        rd_kafka_ListOffsets_result_infos(
            rd_kafka_event_ListOffsets_result((rd_kafka_event_t *)ev), &n);
    int rc = BUS_OK;
    *ret_led = 0;
    for (size_t i = 0; i < n; i++) {
        const rd_kafka_topic_partition_t *p =
            rd_kafka_ListOffsetsResultInfo_topic_partition(info[i]);
        *ret_led += p->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (p->err != RD_KAFKA_RESP_ERR_NO_ERROR && rc == BUS_OK) {
            rc = bus_fail(err, kafka_errc(p->err), "%s[%d]: %s", p->topic,
                          (int)p->partition, rd_kafka_err2str(p->err));
        }
    }
    return rc;
}

static int admin_all_led(struct bus_kafka_admin *a,
                         const struct bus_topic *topics,
                         size_t n,
                         size_t *ret_led,
                         struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    admin_ask_ends(a, topics, n);
    BUS_TRY(kafka_admin_wait(a, RD_KAFKA_EVENT_LISTOFFSETS_RESULT,
                             "leaders of topics", &ev, err));
    int rc = admin_hear_ends(ev, ret_led, err);
    rd_kafka_event_destroy(ev);
    return rc;
}

/* As long as there are more of them each time; a broker makes thousands. */
static int admin_wait_led(struct bus_kafka_admin *a,
                          const struct bus_topic *topics,
                          size_t n,
                          struct bus_err *err)
{
    size_t most = 0, led = 0;
    uint64_t moved = bus_clock_system.monotonic_ns(bus_clock_system.data);
    int rc;
    while ((rc = admin_all_led(a, topics, n, &led, err)) != BUS_OK &&
           bus_err_act((enum bus_errc)rc) == BUS_ACT_RETRY) {
        uint64_t now = bus_clock_system.monotonic_ns(bus_clock_system.data);
        moved = led > most ? now : moved;
        most = led > most ? led : most;
        if (now - moved > LED_LIMIT_MS * UINT64_C(1000000)) {
            return rc;
        }
        const struct timespec pause = {0, SEEN_PAUSE_MS * 1000000L};
        (void)nanosleep(&pause, NULL);
    }
    return rc;
}

static bool admin_apply_has(const struct bus_kafka_plan *plan, bool partitions)
{
    for (size_t i = 0; i < plan->n; i++) {
        bool is = plan->list[i].kind == BUS_KAFKA_TOPIC_PARTITIONS;
        if (is == partitions) {
            return true;
        }
    }
    return false;
}

static int complain(const struct bus_kafka_plan *plan, struct bus_err *err)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct bus_kafka_change *c = &plan->list[i];
        if (c->kind == BUS_KAFKA_TOPIC_PARTITIONS) {
            return bus_fail(err, BUS_ECONFIG,
                            "topic %s has %s partitions, %s are configured; "
                            "people must decide, households would move",
                            c->topic, c->is, c->want);
        }
    }
    return 0;
}

static int admin_apply_changes(struct bus_kafka_admin *a,
                               const struct bus_topic *topics,
                               size_t n,
                               struct bus_arena *mem,
                               struct bus_err *err)
{
    struct bus_kafka_plan plan = {0};
    int rc = bus_kafka_topics_plan(a, topics, n, mem, &plan, err);
    if (rc == 0 && admin_apply_has(&plan, false)) {
        rc = admin_apply_change(a, topics, n, &plan, err);
    }
    /* A broker shows a change a little after the controller has made it. */
    for (int i = 0; rc == 0 && admin_apply_has(&plan, false); i++) {
        if (i == SEEN_TRIES) {
            return bus_fail(err, BUS_ETIMEOUT,
                            "topic %s: its change does not show yet",
                            plan.list[0].topic);
        }
        const struct timespec pause = {0, SEEN_PAUSE_MS * 1000000L};
        (void)nanosleep(&pause, NULL);
        bus_arena_reset(mem);
        rc = bus_kafka_topics_plan(a, topics, n, mem, &plan, err);
    }
    BUS_TRY(rc);
    BUS_TRY(complain(&plan, err));
    return n > 0 ? admin_wait_led(a, topics, n, err) : BUS_OK;
}

int bus_kafka_topics_apply(struct bus_kafka_admin *a,
                           const struct bus_topic *topics,
                           size_t n,
                           struct bus_err *err)
{
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    int rc = admin_apply_changes(a, topics, n, &mem, err);
    bus_arena_fini(&mem);
    return rc;
}

/* -- taking topics away: for what was made for a show or a test */
static int admin_deleted(struct bus_kafka_admin *a, struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    int rc = kafka_admin_wait(a, RD_KAFKA_EVENT_DELETETOPICS_RESULT,
                              "delete topics", &ev, err);
    if (rc != BUS_OK) {
        return rc;
    }
    BUS_CHECK(ev != NULL);
    size_t n = 0;
    const rd_kafka_topic_result_t **r = rd_kafka_DeleteTopics_result_topics(
        rd_kafka_event_DeleteTopics_result(ev), &n);
    for (size_t i = 0; i < n && rc == BUS_OK; i++) {
        rd_kafka_resp_err_t e = rd_kafka_topic_result_error(r[i]);
        if (e != RD_KAFKA_RESP_ERR_NO_ERROR &&
            e != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
            rc = bus_fail(err, kafka_errc(e), "delete topic %s: %s",
                          rd_kafka_topic_result_name(r[i]),
                          rd_kafka_topic_result_error_string(r[i]));
        }
    }
    rd_kafka_event_destroy(ev);
    return rc;
}

int bus_kafka_topics_delete(struct bus_kafka_admin *a,
                            const struct bus_topic *topics,
                            size_t n,
                            struct bus_err *err)
{
    BUS_CHECK(a->rk != NULL && (topics != NULL || n == 0));
    rd_kafka_DeleteTopic_t **list =
        bus_calloc(n + 1, sizeof(rd_kafka_DeleteTopic_t *));
    if (list == NULL) {
        return bus_fail(err, BUS_ENOMEM, "topics to delete");
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = rd_kafka_DeleteTopic_new(topics[i].name);
    }
    rd_kafka_AdminOptions_t *o =
        rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_DELETETOPICS);
    (void)rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, NULL, 0);
    (void)rd_kafka_AdminOptions_set_operation_timeout(o, ADMIN_MS, NULL, 0);
    rd_kafka_DeleteTopics(a->rk, list, n, o, a->queue);
    rd_kafka_AdminOptions_destroy(o);
    int rc = admin_deleted(a, err);
    rd_kafka_DeleteTopic_destroy_array(list, n);
    bus_free(list);
    return rc;
}
