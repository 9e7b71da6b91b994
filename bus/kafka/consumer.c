/* The plain consumer: batches to the loop, at least once.
 *
 * - messages of all assigned partitions come by one queue; a batch is what is
 *   there, up to batch_max, batch_wait_ms after its first message
 * - back-pressure: no batch is made while batches_max are out; the library's
 *   prefetch is bounded; there is no pause
 * - revoked: what is queued is dropped, batches that are out are waited for,
 *   offsets of the group are committed, then it goes on
 */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/flow.h"
#include "bus/kafka/parts.h"
#include "bus/run/work.h"

#define BATCH_DEFAULT   1000
#define WAIT_DEFAULT    20
#define BATCHES_DEFAULT 2
#define QUEUED_DEFAULT  (16 * 1024 * 1024)
#define COMMIT_MS       200

struct held_batch
{
    struct bus_kafka_batch batch; /* first: what is given out */
    rd_kafka_message_t **raw;
};
struct bus_kafka_consumer
{
    struct bus_kafka_env env;
    struct bus_kafka_consumer_conf conf;
    struct kafka_group *group;
    rd_kafka_queue_t *queue;
    struct kafka_seam seam;
    struct bus_timer *wait, *commit;
    rd_kafka_topic_partition_list_t *list; /* the group's, while assigned */
    struct bus_kafka_place *places;
    rd_kafka_topic_partition_list_t *done; /* offsets to commit */
    struct kafka_topic_cache cache;
    rd_kafka_message_t **raw; /* gathered, not yet given out */
    size_t raw_n;
    size_t out; /* batches */
    uint8_t *eof;
    size_t eof_count, wanted;
    struct kafka_flow flow;
    int caught_up;
    bool waiting, ripe, reading, revoking, revoked_done, failed, closing;
    bool committing; /* a pool thread uses `done` */
    bool closed_group;
    void (*closed)(void *data);
    void *closed_data;
};

static void consumer_fail(struct bus_kafka_consumer *c,
                          const struct bus_err *err)
{
    BUS_CHECK(err->code != BUS_OK);
    if (!c->failed && !c->closing) {
        c->failed = true;
        c->reading = false;
        c->conf.failed(c->conf.data, err);
    }
}

/* -- reading */

static void show_caught_up(struct bus_kafka_consumer *c)
{
    BUS_CHECK(c->eof_count <= c->wanted);
    if (c->env.health == NULL) {
        return;
    }
    if (c->reading && c->eof_count >= c->wanted) {
        bus_run_health_good(c->env.health, c->caught_up);
    } else {
        bus_run_health_bad(c->env.health, c->caught_up,
                           "%zu of %zu partitions read to their end",
                           c->eof_count, c->wanted);
    }
}

static void consumer_count_eof(struct bus_kafka_consumer *c,
                               const rd_kafka_message_t *m)
{
    const char *topic = rd_kafka_topic_name(m->rkt);
    for (int i = 0; c->list != NULL && i < c->list->cnt; i++) {
        if (c->list->elems[i].partition == m->partition && !c->eof[i] &&
            strcmp(c->list->elems[i].topic, topic) == 0) {
            c->eof[i] = 1;
            c->eof_count++;
            show_caught_up(c);
            return;
        }
    }
}

static void consumer_gather(struct bus_kafka_consumer *c)
{
    BUS_CHECK(c->queue != NULL && c->raw_n <= c->conf.batch_max);
    size_t at = c->raw_n;
    ssize_t n = rd_kafka_consume_batch_queue(c->queue, 0, c->raw + at,
                                             c->conf.batch_max - at);
    for (ssize_t i = 0; i < n; i++) {
        rd_kafka_message_t *m = c->raw[at + (size_t)i];
        struct bus_err err = {0};
        if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            c->raw[c->raw_n++] = m;
            continue;
        }
        if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            consumer_count_eof(c, m);
        } else if (kafka_msg_error(m, &err) != 0) {
            consumer_fail(c, &err);
        }
        rd_kafka_message_destroy(m);
    }
}

static void drop_gathered(struct bus_kafka_consumer *c)
{
    for (size_t i = 0; i < c->raw_n; i++) {
        rd_kafka_message_destroy(c->raw[i]);
    }
    c->raw_n = 0;
}

static bool consumer_give(struct bus_kafka_consumer *c)
{
    size_t n = c->raw_n;
    struct held_batch *b = bus_malloc(sizeof(*b) + n * sizeof(*b->raw));
    struct bus_kafka_msg *msgs = bus_malloc(n * sizeof(*msgs));
    if (b == NULL || msgs == NULL) {
        struct bus_err err;
        bus_free(b);
        bus_free(msgs);
        (void)bus_fail(&err, BUS_ENOMEM, "a batch of %zu messages", n);
        consumer_fail(c, &err);
        return false;
    }
    b->raw = (rd_kafka_message_t **)(void *)(b + 1);
    b->batch = (struct bus_kafka_batch){msgs, n};
    for (size_t i = 0; i < n; i++) {
        b->raw[i] = c->raw[i];
        kafka_msg_fill(&msgs[i], c->raw[i], &c->cache, c->conf.topics,
                       c->conf.topics_count);
    }
    c->raw_n = 0;
    c->out++;
    kafka_flow_taken(&c->flow, 0, msgs, n);
    c->conf.batch(c->conf.data, &b->batch);
    return true;
}

static void read_on(struct bus_kafka_consumer *c)
{
    while (c->reading && c->out < c->conf.batches_max) {
        consumer_gather(c);
        if (c->raw_n == 0 || !c->reading) {
            return;
        }
        if (c->raw_n < c->conf.batch_max && !c->ripe) {
            if (!c->waiting) {
                c->waiting = true;
                bus_run_timer_start(c->wait, c->conf.batch_wait_ms, 0);
            }
            return;
        }
        c->ripe = false;
        c->waiting = false;
        bus_run_timer_stop(c->wait);
        if (!consumer_give(c)) {
            return;
        }
    }
}

static void on_consumer_queue(void *data)
{
    read_on(data);
}

static void on_wait(void *data)
{
    struct bus_kafka_consumer *c = data;
    BUS_CHECK(c->waiting && c->raw_n > 0);
    c->waiting = false;
    c->ripe = c->raw_n > 0;
    read_on(c);
}

/* -- the group */

static rd_kafka_queue_t *consumer_queue_of(void *data, int32_t partition)
{
    (void)partition;
    struct bus_kafka_consumer *c = data;
    return c->queue;
}

static int32_t consumer_index_of(const struct bus_kafka_consumer *c,
                                 const char *topic)
{
    for (size_t i = 0; i < c->conf.topics_count; i++) {
        if (strcmp(c->conf.topics[i], topic) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

static void forget_assignment(struct bus_kafka_consumer *c)
{
    bus_free(c->places);
    bus_free(c->eof);
    c->places = NULL;
    c->eof = NULL;
    c->list = NULL;
    c->eof_count = 0;
    c->wanted = 0;
}

static void on_consumer_assigned(void *data,
                                 rd_kafka_topic_partition_list_t *list)
{
    struct bus_kafka_consumer *c = data;
    forget_assignment(c);
    if (c->closing) {
        return; /* the owner has let go of its handle */
    }
    size_t n = (size_t)list->cnt;
    c->list = list;
    c->wanted = n;
    c->cache = (struct kafka_topic_cache){0};
    c->places = bus_calloc(n, sizeof(*c->places));
    c->eof = bus_calloc(n, sizeof(*c->eof));
    if (c->places == NULL || c->eof == NULL) {
        struct bus_err err;
        (void)bus_fail(&err, BUS_ENOMEM, "an assignment");
        consumer_fail(c, &err);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        c->places[i] = (struct bus_kafka_place){
            list->elems[i].topic, consumer_index_of(c, list->elems[i].topic),
            list->elems[i].partition, -1};
    }
    if (c->conf.assigned != NULL) {
        c->conf.assigned(c->conf.data, c->places, n);
    }
    if (c->conf.offsets == BUS_KAFKA_OFFSETS_GROUP) {
        kafka_group_start(c->group);
    }
}

void bus_kafka_consumer_start(struct bus_kafka_consumer *c,
                              const struct bus_kafka_place *places,
                              size_t n)
{
    BUS_CHECK(c != NULL && (n == 0 || places != NULL));
    if (c->list == NULL || c->closing || c->failed) {
        return; /* taken back meanwhile */
    }
    for (size_t i = 0; i < n && i < (size_t)c->list->cnt; i++) {
        c->list->elems[i].offset = places[i].offset >= 0
                                       ? places[i].offset
                                       : RD_KAFKA_OFFSET_BEGINNING;
    }
    kafka_group_start(c->group);
}

static void on_consumer_known(void *data,
                              const rd_kafka_topic_partition_list_t *list,
                              const bool *at_end)
{
    struct bus_kafka_consumer *c = data;
    BUS_CHECK(c->closing || (size_t)list->cnt == c->wanted);
    c->eof_count = 0;
    for (int i = 0; i < list->cnt && c->eof != NULL; i++) {
        c->eof[i] = at_end[i];
        c->eof_count += at_end[i];
    }
}

static void on_consumer_started(void *data)
{
    struct bus_kafka_consumer *c = data;
    BUS_CHECK(c->list != NULL && c->queue != NULL);
    c->reading = !c->failed && !c->closing;
    show_caught_up(c);
    read_on(c);
}

static void maybe_finish_close(struct bus_kafka_consumer *c);

static void finish_revoke(void *data)
{
    struct bus_kafka_consumer *c = data;
    BUS_CHECK(c->out == 0 && c->done != NULL);
    c->committing = false;
    rd_kafka_topic_partition_list_destroy(c->done);
    c->done = rd_kafka_topic_partition_list_new(8);
    c->revoking = false;
    c->revoked_done = false;
    forget_assignment(c);
    if (!c->closing) {
        kafka_group_stop(c->group);
    }
    maybe_finish_close(c);
}

static void commit_sync(void *data)
{
    struct bus_kafka_consumer *c = data;
    BUS_CHECK(c->committing && c->done->cnt > 0);
    kafka_member_commit(kafka_group_handle(c->group), c->done);
}

static void maybe_finish_revoke(struct bus_kafka_consumer *c)
{
    if (!c->revoking || !c->revoked_done || c->out > 0 || c->closing) {
        return;
    }
    c->revoked_done = false; /* once */
    c->committing = true;
    if (c->done->cnt == 0 ||
        bus_run_work(c->env.loop, commit_sync, finish_revoke, c, NULL) != 0) {
        finish_revoke(c);
    }
}

static void on_consumer_revoked(void *data)
{
    struct bus_kafka_consumer *c = data;
    c->reading = false;
    c->revoking = true;
    c->revoked_done = c->conf.revoked == NULL;
    c->ripe = c->waiting = false;
    bus_run_timer_stop(c->wait);
    drop_gathered(c);
    show_caught_up(c);
    if (c->conf.revoked != NULL && !c->closing) {
        c->conf.revoked(c->conf.data);
    }
    maybe_finish_revoke(c);
}

void bus_kafka_consumer_revoked(struct bus_kafka_consumer *c)
{
    BUS_CHECK(c != NULL && c->conf.revoked != NULL);
    c->revoked_done = true;
    maybe_finish_revoke(c);
}

static void on_consumer_group_failed(void *data, const struct bus_err *err)
{
    consumer_fail(data, err);
}

static void consumer_close_queue(struct bus_kafka_consumer *c)
{
    if (c->queue != NULL) {
        rd_kafka_queue_io_event_enable(c->queue, -1, NULL, 0);
        kafka_seam_close(&c->seam);
        rd_kafka_queue_destroy(c->queue);
        c->queue = NULL;
    }
}

static int consumer_open_queue(struct bus_kafka_consumer *c,
                               struct bus_err *err)
{
    BUS_CHECK(c->queue == NULL);
    c->queue = rd_kafka_queue_new(kafka_group_handle(c->group));
    int rc = kafka_seam_open(&c->seam, c->env.loop, c->queue, on_consumer_queue,
                             c, err);
    if (rc != 0) {
        rd_kafka_queue_destroy(c->queue);
        c->queue = NULL;
    }
    return rc;
}

static void on_consumer_handle_goes(void *data)
{
    consumer_close_queue(data);
}

static void on_consumer_handle_new(void *data)
{
    struct bus_kafka_consumer *c = data;
    struct bus_err err;
    if (consumer_open_queue(c, &err) != 0) {
        consumer_fail(c, &err);
    }
}

/* -- offsets of the group */

static void on_commit(void *data)
{
    struct bus_kafka_consumer *c = data;
    read_on(c); /* also so that the library sees an idle member poll */
    if (c->done->cnt > 0 && !c->revoking && !c->closing) {
        (void)rd_kafka_commit(kafka_group_handle(c->group), c->done, 1);
        rd_kafka_topic_partition_list_destroy(c->done);
        c->done = rd_kafka_topic_partition_list_new(8);
    }
}

void bus_kafka_consumer_done(struct bus_kafka_consumer *c,
                             const struct bus_kafka_batch *batch)
{
    rd_kafka_topic_partition_t *at = NULL;
    BUS_CHECK(c->out > 0 && batch != NULL);
    for (size_t i = 0; i < batch->n; i++) {
        const struct bus_kafka_msg *m = &batch->msgs[i];
        if (at == NULL || at->partition != m->partition ||
            strcmp(at->topic, m->topic) != 0) {
            at = rd_kafka_topic_partition_list_find(c->done, m->topic,
                                                    m->partition);
        }
        if (at == NULL) {
            at = rd_kafka_topic_partition_list_add(c->done, m->topic,
                                                   m->partition);
        }
        at->offset = m->offset + 1;
    }
}

void bus_kafka_batch_free(struct bus_kafka_consumer *c,
                          struct bus_kafka_batch *batch)
{
    struct held_batch *b = (struct held_batch *)batch;
    BUS_CHECK(c->out > 0);
    kafka_flow_handled(&c->flow, 0, b->batch.msgs, b->batch.n);
    for (size_t i = 0; i < b->batch.n; i++) {
        rd_kafka_message_destroy(b->raw[i]);
    }
    bus_free(b->batch.msgs);
    bus_free(b);
    c->out--;
    maybe_finish_revoke(c);
    maybe_finish_close(c);
    if (c->reading && !c->closing) {
        kafka_seam_kick(&c->seam);
    }
}

bool bus_kafka_consumer_caught_up(const struct bus_kafka_consumer *c)
{
    BUS_CHECK(c != NULL);
    return c->reading && c->eof_count >= c->wanted;
}

/* -- open and close */

static void consumer_set_defaults(struct bus_kafka_consumer_conf *c)
{
    c->batch_max = c->batch_max > 0 ? c->batch_max : BATCH_DEFAULT;
    c->batches_max = c->batches_max > 0 ? c->batches_max : BATCHES_DEFAULT;
    if (c->batch_wait_ms <= 0) {
        c->batch_wait_ms = WAIT_DEFAULT;
    }
    if (c->queued_bytes <= 0) {
        c->queued_bytes = QUEUED_DEFAULT;
    }
}

static int open_parts(struct bus_kafka_consumer *c, struct bus_err *err)
{
    const struct kafka_group_conf gc = {
        .group = c->conf.group,
        .instance = c->conf.instance,
        .topics = c->conf.topics,
        .topics_count = c->conf.topics_count,
        .positions_given = c->conf.offsets == BUS_KAFKA_OFFSETS_CALLER,
        .queued_bytes = c->conf.queued_bytes,
        .data = c,
        .queue_of = consumer_queue_of,
        .assigned = on_consumer_assigned,
        .revoked = on_consumer_revoked,
        .known = on_consumer_known,
        .started = on_consumer_started,
        .handle_goes = on_consumer_handle_goes,
        .handle_new = on_consumer_handle_new,
        .failed = on_consumer_group_failed};
    if (c->raw == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a consumer");
    }
    BUS_TRY(bus_run_timer_new(c->env.loop, on_wait, c, &c->wait, err));
    BUS_TRY(bus_run_timer_new(c->env.loop, on_commit, c, &c->commit, err));
    BUS_TRY(kafka_group_open(&c->env, &gc, &c->group, err));
    return consumer_open_queue(c, err);
}

int bus_kafka_consumer_open(const struct bus_kafka_env *env,
                            const struct bus_kafka_consumer_conf *conf,
                            struct bus_kafka_consumer **ret,
                            struct bus_err *err)
{
    struct bus_kafka_consumer *c = bus_calloc(1, sizeof(*c));
    if (c == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a consumer");
    }
    c->env = *env;
    c->conf = *conf;
    consumer_set_defaults(&c->conf);
    c->raw = bus_calloc(c->conf.batch_max, sizeof(*c->raw));
    c->done = rd_kafka_topic_partition_list_new(8);
    if (env->health != NULL) {
        c->caught_up = bus_run_health_add(env->health, "caught up",
                                          "nothing assigned yet");
    }
    const struct kafka_flow_conf flow = {c->conf.topics, c->conf.topics_count,
                                         NULL, 0, 1};
    int rc = kafka_flow_open(&c->flow, env->metrics, &flow, err);
    if (rc == BUS_OK) {
        rc = open_parts(c, err);
    }
    if (rc != 0 && c->group == NULL) {
        bus_run_timer_free(c->wait);
        bus_run_timer_free(c->commit);
        rd_kafka_topic_partition_list_destroy(c->done);
        kafka_flow_close(&c->flow);
        bus_free(c->raw);
        bus_free(c);
        return rc;
    }
    if (rc != 0) {
        bus_kafka_consumer_close(c, NULL, NULL);
        return rc;
    }
    *ret = c;
    bus_run_timer_start(c->commit, COMMIT_MS, COMMIT_MS);
    kafka_group_begin(c->group);
    return BUS_OK;
}

static void consumer_group_closed(void *data)
{
    struct bus_kafka_consumer *c = data;
    BUS_CHECK(c->closing && c->out == 0);
    void (*closed)(void *) = c->closed;
    void *closed_data = c->closed_data;
    struct bus_run_loop *loop = c->env.loop;
    bus_free(c->places);
    bus_free(c->eof);
    bus_free(c->raw);
    kafka_flow_close(&c->flow);
    bus_free(c);
    if (closed != NULL) {
        closed(closed_data);
    }
    bus_run_loop_release(loop);
}

static void maybe_finish_close(struct bus_kafka_consumer *c)
{
    if (!c->closing || c->out > 0 || c->committing || c->closed_group) {
        return;
    }
    bus_run_timer_free(c->wait);
    bus_run_timer_free(c->commit);
    consumer_close_queue(c);
    c->closed_group = true;
    kafka_group_close(c->group, c->done, consumer_group_closed, c);
}

void bus_kafka_consumer_close(struct bus_kafka_consumer *c,
                              void (*closed)(void *data),
                              void *data)
{
    BUS_CHECK(!c->closing);
    c->closed = closed;
    c->closed_data = data;
    c->closing = true;
    c->reading = false;
    bus_run_loop_hold(c->env.loop);
    drop_gathered(c);
    maybe_finish_close(c);
}
