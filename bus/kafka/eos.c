/* The exactly-once shell's loop side: group, orders to the lanes, health.
 *
 * - assigned: each lane restores its partitions; when the last has finished,
 *   reading begins
 * - revoked: each lane ends its batch and lets go; then the group goes on
 * - a lane fails: failed(), once; the lanes stand still until close
 * - close: lanes stop (their batch is committed), threads joined, group left
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/eos_parts.h"
#include "bus/run/work.h"

static void order_all(struct bus_kafka_eos *eos, bool revoke, bool stop)
{
    BUS_CHECK(revoke != stop);
    pthread_mutex_lock(&eos->lock);
    if (revoke && eos->pending < 0) {
        eos->pending = 0;
    }
    for (int i = 0; i < eos->conf.lanes; i++) {
        struct eos_lane *lane = &eos->lanes[i];
        if (revoke && (lane->orders & ORDER_REVOKE) == 0) {
            lane->orders |= ORDER_REVOKE;
            eos->pending++;
        }
        lane->orders |= stop ? ORDER_STOP : 0u;
        atomic_store(&lane->interrupt, true);
    }
    pthread_mutex_unlock(&eos->lock);
    for (int i = 0; i < eos->conf.lanes; i++) {
        kafka_eos_lane_kick(&eos->lanes[i]);
    }
}

static void eos_fail(struct bus_kafka_eos *eos, const struct bus_err *err)
{
    BUS_CHECK(err->code != BUS_OK);
    pthread_mutex_lock(&eos->lock);
    if (!eos->failed) {
        eos->failed = true;
        eos->err = *err;
    }
    pthread_mutex_unlock(&eos->lock);
    bus_run_wake_send(eos->wake);
}

/* -- the group's callbacks */

static rd_kafka_queue_t *eos_queue_of(void *data, int32_t partition)
{
    struct bus_kafka_eos *eos = data;
    BUS_CHECK(partition >= 0 &&
              eos->lanes[partition % eos->conf.lanes].queue != NULL);
    return eos->lanes[partition % eos->conf.lanes].queue;
}

/* The partition numbers of a lane, each once; NULL: none or no memory. */
static int32_t *parts_of(const struct bus_kafka_eos *eos,
                         const rd_kafka_topic_partition_list_t *list,
                         int lane,
                         size_t *ret_count)
{
    BUS_CHECK(lane >= 0 && lane < eos->conf.lanes);
    int32_t *parts = bus_calloc((size_t)list->cnt + 1, sizeof(*parts));
    size_t n = 0;
    for (int i = 0; i < list->cnt && parts != NULL; i++) {
        int32_t p = list->elems[i].partition;
        bool known = p % eos->conf.lanes != lane;
        for (size_t k = 0; k < n && !known; k++) {
            known = parts[k] == p;
        }
        if (!known) {
            parts[n++] = p;
        }
    }
    *ret_count = n;
    return parts;
}

static int32_t topic_index(const struct bus_kafka_eos *eos, const char *topic)
{
    for (size_t i = 0; i < eos->conf.topics_count; i++) {
        if (strcmp(eos->conf.topics[i], topic) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

static void on_eos_assigned(void *data, rd_kafka_topic_partition_list_t *list)
{
    struct bus_kafka_eos *eos = data;
    eos->revoking = false;
    eos->wanted = (size_t)list->cnt;
    bool memory = true;
    pthread_mutex_lock(&eos->lock);
    if (eos->pending < 0) {
        eos->pending = 0;
    }
    eos->eof_count = 0;
    for (int i = 0; i < eos->conf.lanes; i++) {
        struct eos_lane *lane = &eos->lanes[i];
        size_t n = 0;
        int32_t *parts = parts_of(eos, list, i, &n);
        memory = memory && parts != NULL;
        if (parts == NULL || n == 0) {
            bus_free(parts);
            continue;
        }
        if ((lane->orders & ORDER_ASSIGN) == 0) {
            eos->pending++;
        }
        bus_free(lane->order_parts); /* of an order not obeyed yet */
        lane->order_parts = parts;
        lane->order_count = n;
        lane->orders |= ORDER_ASSIGN;
    }
    pthread_mutex_unlock(&eos->lock);
    for (int i = 0; i < eos->conf.lanes; i++) {
        kafka_eos_lane_kick(&eos->lanes[i]);
    }
    if (!memory) {
        struct bus_err err;
        (void)bus_fail(&err, BUS_ENOMEM, "partitions of the lanes");
        eos_fail(eos, &err);
    }
    bus_run_wake_send(eos->wake); /* nothing assigned: goes on at once */
}

static void on_eos_revoked(void *data)
{
    struct bus_kafka_eos *eos = data;
    eos->revoking = true;
    if (eos->health != NULL) {
        bus_run_health_bad(eos->health, eos->health_caught_up,
                           "nothing assigned");
    }
    order_all(eos, true, false);
}

/* The lanes have restored and wait for messages: what is theirs may be written
 * here. */
static void on_eos_known(void *data,
                         const rd_kafka_topic_partition_list_t *list,
                         const bool *at_end)
{
    BUS_CHECK(at_end != NULL);
    struct bus_kafka_eos *eos = data;
    size_t n = 0;
    for (int i = 0; i < list->cnt; i++) {
        int32_t p = list->elems[i].partition;
        struct eos_lane *lane = &eos->lanes[p % eos->conf.lanes];
        int32_t topic = topic_index(eos, list->elems[i].topic);
        if (topic >= 0 && lane->eof != NULL) {
            size_t at =
                (size_t)(kafka_eos_lane_place(lane, topic, p) - lane->places);
            lane->eof[at] = at_end[i];
            n += at_end[i];
        }
    }
    pthread_mutex_lock(&eos->lock);
    eos->eof_count = n;
    pthread_mutex_unlock(&eos->lock);
}

static void on_eos_started(void *data)
{
    struct bus_kafka_eos *eos = data;
    bus_run_wake_send(eos->wake);
}

static void on_eos_group_failed(void *data, const struct bus_err *err)
{
    eos_fail(data, err);
}

static void eos_open_queue(struct eos_lane *lane)
{
    BUS_CHECK(lane->queue == NULL && lane->fd >= 0);
    static const uint64_t one = 1;
    lane->queue = rd_kafka_queue_new(kafka_group_handle(lane->eos->group));
    rd_kafka_queue_io_event_enable(lane->queue, lane->fd, &one, sizeof(one));
}

static void eos_close_queue(struct eos_lane *lane)
{
    if (lane->queue != NULL) {
        rd_kafka_queue_io_event_enable(lane->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(lane->queue);
        lane->queue = NULL;
    }
}

/* Lanes without partitions do not touch their queues. */
static void on_eos_handle_goes(void *data)
{
    struct bus_kafka_eos *eos = data;
    for (int i = 0; i < eos->conf.lanes; i++) {
        eos_close_queue(&eos->lanes[i]);
    }
}

static void on_eos_handle_new(void *data)
{
    struct bus_kafka_eos *eos = data;
    for (int i = 0; i < eos->conf.lanes; i++) {
        eos_open_queue(&eos->lanes[i]);
    }
}

/* -- the lanes' news */

static void show_health(struct bus_kafka_eos *eos,
                        const char *trouble,
                        bool trouble_new,
                        size_t eof_count)
{
    if (eos->health == NULL) {
        return;
    }
    if (trouble_new && trouble[0] != '\0') {
        bus_run_health_bad(eos->health, eos->health_transactions, "%s",
                           trouble);
    } else if (trouble_new) {
        bus_run_health_good(eos->health, eos->health_transactions);
    }
    if (eos->revoking) {
        return;
    }
    if (eof_count >= eos->wanted) {
        bus_run_health_good(eos->health, eos->health_caught_up);
    } else {
        bus_run_health_bad(eos->health, eos->health_caught_up,
                           "%zu of %zu partitions read to their end", eof_count,
                           eos->wanted);
    }
}

static void on_eos_wake(void *data)
{
    struct bus_kafka_eos *eos = data;
    char trouble[sizeof(eos->trouble)];
    pthread_mutex_lock(&eos->lock);
    int pending = eos->pending;
    BUS_CHECK(pending >= -1);
    bool failed = eos->failed;
    bool trouble_new = eos->trouble_new;
    size_t eof_count = eos->eof_count;
    memcpy(trouble, eos->trouble, sizeof(trouble));
    eos->trouble_new = false;
    /* Answered once: -1 until the next orders. */
    bool answer = pending == 0;
    eos->pending = answer ? -1 : pending;
    pthread_mutex_unlock(&eos->lock);
    if (eos->closing) {
        return;
    }
    show_health(eos, trouble, trouble_new, eof_count);
    if (failed && !eos->told_failed) {
        eos->told_failed = true;
        eos->conf.ops->failed(eos->conf.data, &eos->err);
        return;
    }
    if (answer && eos->revoking) {
        kafka_group_stop(eos->group);
    } else if (answer && !failed) {
        kafka_group_start(eos->group);
    }
}

/* -- open */

static int eos_open_lane(struct bus_kafka_eos *eos, int i, struct bus_err *err)
{
    struct eos_lane *lane = &eos->lanes[i];
    BUS_CHECK(i >= 0 && i < eos->conf.lanes && !lane->threaded);
    const struct bus_kafka_eos_conf *c = &eos->conf;
    lane->raw = bus_calloc(c->batch_max, sizeof(*lane->raw));
    lane->msgs = bus_calloc(c->batch_max, sizeof(*lane->msgs));
    lane->outputs = bus_calloc(c->outputs_count + 1, sizeof(*lane->outputs));
    lane->written = bus_calloc(c->outputs_count + 1, sizeof(*lane->written));
    if (lane->raw == NULL || lane->msgs == NULL || lane->outputs == NULL ||
        lane->written == NULL) {
        return bus_fail(err, BUS_ENOMEM, "lane %d", i);
    }
    lane->batch_limit =
        c->batch_max < EOS_BATCH_FIRST ? c->batch_max : EOS_BATCH_FIRST;
    bus_arena_init(&lane->out.mem, 1024 * 1024, EOS_OUT_BYTES_MAX);
    eos_open_queue(lane);
    struct bus_run_metrics *m = eos->env.metrics;
    if (m != NULL) {
        char name[16];
        (void)snprintf(name, sizeof(name), "%d", i);
        const char *const v[BUS_METRIC_LABELS] = {name};
        lane->commits = bus_run_metrics_series(m, BUS_M_KAFKA_BATCH, v);
        lane->aborts = bus_run_metrics_series(m, BUS_M_KAFKA_ABORTS, v);
        lane->seconds =
            bus_run_metrics_series(m, BUS_M_KAFKA_COMMIT_SECONDS, v);
    }
    int rc = pthread_create(&lane->thread, NULL, kafka_eos_lane_main, lane);
    if (rc != 0) {
        return bus_fail(err, BUS_ENOMEM, "lane %d: %s", i, strerror(rc));
    }
    lane->threaded = true;
    return 0;
}

static void eos_set_defaults(struct bus_kafka_eos_conf *c)
{
    c->lanes = c->lanes > 0 ? c->lanes : EOS_LANES_DEFAULT;
    BUS_CHECK(c->lanes > 0 && c->lanes <= BUS_KAFKA_LANES_MAX);
    c->batch_max = c->batch_max > 0 ? c->batch_max : EOS_BATCH_DEFAULT;
    c->held_bytes =
        c->held_bytes > 0 ? c->held_bytes : EOS_HELD_DEFAULT / c->lanes;
    if (c->batch_wait_ms <= 0) {
        c->batch_wait_ms = EOS_WAIT_MS_DEFAULT;
    }
    if (c->transaction_ms <= 0) {
        c->transaction_ms = EOS_TXN_MS_DEFAULT;
    }
    if (c->queued_bytes <= 0) {
        c->queued_bytes = EOS_QUEUED_DEFAULT / c->lanes;
    }
}

static int open_group(struct bus_kafka_eos *eos, struct bus_err *err)
{
    BUS_CHECK(eos->group == NULL && eos->output_names != NULL);
    const struct bus_kafka_eos_conf *c = &eos->conf;
    const struct kafka_group_conf gc = {.group = c->group,
                                        .instance = c->instance,
                                        .topics = c->topics,
                                        .topics_count = c->topics_count,
                                        .also = eos->output_names,
                                        .also_count = c->outputs_count,
                                        .same_partitions = true,
                                        .queued_bytes = c->queued_bytes,
                                        .data = eos,
                                        .queue_of = eos_queue_of,
                                        .assigned = on_eos_assigned,
                                        .revoked = on_eos_revoked,
                                        .known = on_eos_known,
                                        .started = on_eos_started,
                                        .handle_goes = on_eos_handle_goes,
                                        .handle_new = on_eos_handle_new,
                                        .failed = on_eos_group_failed};
    return kafka_group_open(&eos->env, &gc, &eos->group, err);
}

static void free_eos(struct bus_kafka_eos *eos)
{
    for (int i = 0; i < eos->conf.lanes; i++) {
        struct eos_lane *lane = &eos->lanes[i];
        BUS_CHECK(lane->producer == NULL && lane->n == 0);
        if (lane->fd >= 0) {
            (void)close(lane->fd);
        }
        bus_free(lane->order_parts);
        bus_free(lane->raw);
        bus_free(lane->msgs);
        bus_free(lane->outputs);
        bus_free(lane->written);
        kafka_eos_out_fini(&lane->out);
    }
    bus_run_wake_free(eos->wake);
    (void)pthread_mutex_destroy(&eos->lock);
    kafka_flow_close(&eos->flow);
    bus_free(eos->output_names);
    bus_free(eos);
}

static int eos_prepare(struct bus_kafka_eos *eos, struct bus_err *err)
{
    BUS_CHECK(eos->wake == NULL && eos->pending == -1);
    const struct bus_kafka_eos_conf *c = &eos->conf;
    eos->output_names =
        bus_calloc(c->outputs_count + 1, sizeof(*eos->output_names));
    if (eos->output_names == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the shell's outputs");
    }
    for (size_t i = 0; i < c->outputs_count; i++) {
        eos->output_names[i] = c->outputs[i].topic;
    }
    const struct kafka_flow_conf flow = {c->topics, c->topics_count,
                                         eos->output_names, c->outputs_count,
                                         (size_t)c->lanes};
    int rc = kafka_flow_open(&eos->flow, eos->env.metrics, &flow, err);
    if (rc != BUS_OK) {
        return rc;
    }
    for (int i = 0; i < c->lanes; i++) {
        struct eos_lane *lane = &eos->lanes[i];
        lane->eos = eos;
        lane->index = i;
        (void)snprintf(lane->name, sizeof(lane->name), "lane %d", i);
        lane->out.lane = lane;
        lane->backoff = (struct bus_run_backoff){.min_ms = KAFKA_RETRY_MIN_MS,
                                                 .max_ms = KAFKA_RETRY_MAX_MS};
        lane->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (lane->fd < 0) {
            return bus_fail(err, BUS_EIO, "eventfd: %s", strerror(errno));
        }
    }
    if (eos->health != NULL) {
        eos->health_transactions =
            bus_run_health_add(eos->health, "transactions", "none begun yet");
        bus_run_health_good(eos->health, eos->health_transactions);
        eos->health_caught_up = bus_run_health_add(eos->health, "caught up",
                                                   "nothing assigned yet");
    }
    return bus_run_wake_new(eos->loop, on_eos_wake, eos, &eos->wake, err);
}

int bus_kafka_eos_open(const struct bus_kafka_env *env,
                       const struct bus_kafka_eos_conf *conf,
                       struct bus_kafka_eos **ret,
                       struct bus_err *err)
{
    BUS_CHECK(conf->ops != NULL && conf->topics_count > 0);
    struct bus_kafka_eos *eos = bus_calloc(1, sizeof(*eos));
    if (eos == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the exactly-once shell");
    }
    eos->loop = env->loop;
    eos->health = env->health;
    eos->env = *env;
    eos->conf = *conf;
    eos->pending = -1;
    eos_set_defaults(&eos->conf);
    for (int i = 0; i < eos->conf.lanes; i++) {
        eos->lanes[i].fd = -1;
    }
    (void)pthread_mutex_init(&eos->lock, NULL);
    int rc;
    BUS_TRY_GOTO(rc, eos_prepare(eos, err), no_group);
    BUS_TRY_GOTO(rc, open_group(eos, err), no_group);
    for (int i = 0; i < eos->conf.lanes; i++) {
        BUS_TRY_GOTO(rc, eos_open_lane(eos, i, err), no_lanes);
    }
    *ret = eos;
    kafka_group_begin(eos->group);
    return BUS_OK;
no_group:
    free_eos(eos);
    return rc;
no_lanes:
    bus_kafka_eos_close(eos, NULL, NULL);
    return rc;
}

/* -- close */

static void eos_group_closed(void *data)
{
    struct bus_kafka_eos *eos = data;
    BUS_CHECK(eos->closing);
    struct bus_run_loop *loop = eos->loop;
    void (*closed)(void *) = eos->closed;
    void *closed_data = eos->closed_data;
    free_eos(eos);
    if (closed != NULL) {
        closed(closed_data);
    }
    bus_run_loop_release(loop);
}

static void eos_join(void *data)
{
    struct bus_kafka_eos *eos = data;
    for (int i = 0; i < eos->conf.lanes; i++) {
        struct eos_lane *lane = &eos->lanes[i];
        if (lane->threaded) {
            (void)pthread_join(lane->thread, NULL);
            BUS_CHECK(lane->state == LANE_ENDED);
        }
        eos_close_queue(lane);
    }
}

static void eos_joined(void *data)
{
    struct bus_kafka_eos *eos = data;
    kafka_group_close(eos->group, NULL, eos_group_closed, eos);
}

void bus_kafka_eos_close(struct bus_kafka_eos *eos,
                         void (*closed)(void *data),
                         void *data)
{
    BUS_CHECK(!eos->closing);
    eos->closed = closed;
    eos->closed_data = data;
    eos->closing = true;
    bus_run_loop_hold(eos->loop);
    order_all(eos, false, true);
    if (bus_run_work(eos->loop, eos_join, eos_joined, eos, NULL) != 0) {
        eos_join(eos);
        eos_joined(eos);
    }
}
