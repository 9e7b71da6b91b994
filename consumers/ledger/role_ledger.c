/* `lianou run ledger`: every topic into PostgreSQL, exactly once.
 *
 * One batch at a time goes to a pool thread; a database that is away is waited
 * for with back-off, the batch is kept meanwhile. */
#include <string.h>

#include "bus/adapter/frame.h"
#include "bus/base/heap.h"
#include "bus/run/exit.h"
#include "bus/run/work.h"
#include "consumers/ledger/extract.h"
#include "consumers/ledger/writer.h"

#define TOPICS_MAX 512
#define PLACES_MAX 16384
#define RETRY_MS   500

struct pending
{
    struct bus_kafka_batch *batch;
    struct pending *next;
};
struct ledger
{
    struct bus_frame frame;
    struct ledger_writer writer;
    const char *topics[TOPICS_MAX];
    size_t topic_count;
    struct bus_kafka_consumer *consumer;
    struct bus_timer *again;
    struct pending *first, **last;
    struct bus_kafka_place places[PLACES_MAX];
    size_t place_count;
    bool asking, working, revoking, closing;
    int rc;
    struct bus_err err;
    int database; /* health condition */
};

static void next_batch(struct ledger *l);

static void finish_close(struct ledger *l)
{
    while (l->first != NULL) {
        struct pending *p = l->first;
        l->first = p->next;
        bus_kafka_batch_free(l->consumer, p->batch);
        bus_free(p);
    }
    l->last = &l->first;
    bus_kafka_consumer_close(l->consumer, NULL, NULL);
    l->consumer = NULL;
}

static void after_work(struct ledger *l)
{
    l->working = false;
    if (l->closing) {
        finish_close(l);
        return;
    }
    if (l->rc == BUS_OK) {
        bus_health_good(&l->frame.health, l->database);
        return;
    }
    bus_health_bad(&l->frame.health, l->database, "%.200s", l->err.msg);
    if (bus_err_act(l->err.code) == BUS_ACT_STOP) {
        bus_loop_stop(l->frame.loop, &l->err);
    }
    bus_timer_start(l->again, RETRY_MS, 0);
}

/* --- offsets --- */

static void ask_run(void *data)
{
    struct ledger *l = data;
    l->rc = ledger_offsets(&l->writer, l->places, l->place_count, &l->err);
}

static void ask_done(void *data)
{
    struct ledger *l = data;
    after_work(l);
    if (l->rc == BUS_OK && l->consumer != NULL) {
        l->asking = false;
        bus_kafka_consumer_start(l->consumer, l->places, l->place_count);
        next_batch(l);
    }
}

static void work(struct ledger *l, void (*run)(void *), void (*done)(void *))
{
    l->working = true;
    if (bus_work(l->frame.loop, run, done, l, &l->err) != BUS_OK) {
        bus_loop_stop(l->frame.loop, &l->err);
    }
}

static void assigned(void *data, struct bus_kafka_place *places, size_t n)
{
    struct ledger *l = data;
    if (n > PLACES_MAX) {
        (void)bus_fail(&l->err, BUS_ECONFIG, "more than %d partitions",
                       PLACES_MAX);
        bus_loop_stop(l->frame.loop, &l->err);
        return;
    }
    memcpy(l->places, places, n * sizeof(*places));
    l->place_count = n;
    l->asking = true;
    if (!l->working) {
        work(l, ask_run, ask_done);
    }
}

/* --- batches --- */

static void write_run(void *data)
{
    struct ledger *l = data;
    const struct bus_kafka_batch *b = l->first->batch;
    l->rc = ledger_write(&l->writer, b->msgs, b->n, &l->err);
}

static void write_done(void *data)
{
    struct ledger *l = data;
    struct pending *p = l->first;
    if (l->rc == BUS_OK) {
        l->first = p->next;
        l->last = l->first ? l->last : &l->first;
        bus_kafka_batch_free(l->consumer, p->batch);
        bus_free(p);
    }
    after_work(l);
    if (l->rc == BUS_OK && !l->closing) {
        next_batch(l);
    }
}

static void next_batch(struct ledger *l)
{
    if (l->working || l->closing) {
        return;
    }
    if (l->asking) {
        work(l, ask_run, ask_done);
    } else if (l->first != NULL) {
        work(l, write_run, write_done);
    } else if (l->revoking) {
        l->revoking = false;
        bus_kafka_consumer_revoked(l->consumer);
    }
}

static void on_batch(void *data, struct bus_kafka_batch *batch)
{
    struct ledger *l = data;
    struct pending *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        (void)bus_fail(&l->err, BUS_ENOMEM, "a batch");
        bus_loop_stop(l->frame.loop, &l->err);
        bus_kafka_batch_free(l->consumer, batch);
        return;
    }
    p->batch = batch;
    *l->last = p;
    l->last = &p->next;
    next_batch(l);
}

static void revoked(void *data)
{
    struct ledger *l = data;
    l->revoking = true;
    next_batch(l);
}

static void failed(void *data, const struct bus_err *err)
{
    struct ledger *l = data;
    bus_loop_stop(l->frame.loop, err);
}

static void on_again(void *data)
{
    next_batch(data);
}

static void drain(void *data)
{
    struct ledger *l = data;
    l->closing = true;
    bus_timer_free(l->again);
    if (!l->working) {
        finish_close(l);
    }
}

static int start(struct ledger *l, struct bus_err *err)
{
    const struct bus_config *c = &l->frame.config;
    struct bus_topic *topics = NULL;
    size_t n = 0;
    l->last = &l->first;
    l->writer.conninfo = c->ledger.conninfo;
    l->writer.statement_ms = c->ledger.statement_ms;
    l->writer.prefix = strlen(c->prefix);
    l->database = bus_health_add(&l->frame.health, "database", "not asked yet");
    int rc = ledger_writer_init(&l->writer, err);
    rc = rc ? rc : bus_config_topics(c, &l->frame.mem, &topics, &n, err);
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        if (ledger_type_of(bus_strv(topics[i].name + l->writer.prefix)) !=
                NULL &&
            l->topic_count < TOPICS_MAX) {
            l->topics[l->topic_count++] = topics[i].name;
        }
    }
    struct bus_kafka_consumer_conf conf = {
        .group = bus_arena_printf(&l->frame.mem, "%sledger", c->prefix),
        .instance = "1",
        .topics = l->topics,
        .topics_count = l->topic_count,
        .offsets = BUS_KAFKA_OFFSETS_CALLER,
        .batch_max = (size_t)c->ledger.batch_rows,
        .batches_max = 4,
        .data = l,
        .batch = on_batch,
        .assigned = assigned,
        .revoked = revoked,
        .failed = failed,
    };
    rc = rc ? rc : bus_timer_new(l->frame.loop, on_again, l, &l->again, err);
    rc =
        rc ? rc
           : bus_kafka_consumer_open(&l->frame.kafka, &conf, &l->consumer, err);
    return rc ? rc : bus_loop_on_drain(l->frame.loop, drain, l, err);
}

static int run(const struct bus_role_args *args)
{
    struct ledger *l = bus_calloc(1, sizeof(*l));
    struct bus_err err;
    if (l == NULL) {
        return BUS_EXIT_FAULT;
    }
    int rc = bus_frame_open(&l->frame, args, "ledger");
    if (rc == BUS_EXIT_OK) {
        rc = start(l, &err) == BUS_OK ? bus_frame_run(&l->frame)
                                      : bus_frame_fail(&err);
        ledger_writer_fini(&l->writer);
        bus_frame_close(&l->frame);
    }
    bus_free(l);
    return rc;
}

const struct bus_role bus_role_ledger = {
    .name = "ledger",
    .usage = "",
    .summary = "takes every topic into PostgreSQL, exactly once",
    .run = run,
};
