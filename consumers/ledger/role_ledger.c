/* `lianou run ledger`: every topic into PostgreSQL, exactly once.
 *
 * First the database and its locks, then the group: a second ledger started by
 * mistake never comes as far as to push the first one out of the group. Offsets
 * are the database's own; batches stay until their rows are committed. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/conf/limits.h"
#include "bus/role/frame.h"
#include "bus/run/exit.h"
#include "consumers/ledger/extract.h"
#include "consumers/ledger/life.h"
#include "consumers/ledger/store.h"

#define TOPICS_MAX  512
#define PARKED_MS   2000 /* between two counts of what waits */
#define BATCHES_MAX 8    /* given out by the consumer and not yet written */

struct ledger
{
    struct bus_role_frame frame;
    struct ledger_store *store;
    const char *topics[TOPICS_MAX];
    size_t topic_count;
    struct bus_kafka_consumer *consumer;
    struct bus_kafka_batch *batches[BATCHES_MAX]; /* in the store */
    struct bus_kafka_place *places; /* room for every partition there is */
    size_t place_count, place_max;
    enum ledger_state state;
    int database; /* health condition */
    struct bus_timer *parked_timer;
    struct bus_series *parked;
    uint64_t parked_notes; /* as of the last count; UINT64_MAX: none yet */
    uint64_t parked_asked; /* as of the one under way */
};

static void ledger_fail(void *data, const struct bus_err *err)
{
    BUS_CHECK(err != NULL);
    struct ledger *l = data;
    bus_run_health_bad(&l->frame.health, l->database, "%.200s", err->msg);
    bus_run_loop_stop(l->frame.loop, err);
}

static void ledger_move(struct ledger *l, enum ledger_event event)
{
    bus_fsm_move(&ledger_role_fsm, &l->state, event, NULL);
}

static void consumer_failed(void *data, const struct bus_err *err)
{
    BUS_CHECK(err != NULL);
    struct ledger *l = data;
    bus_run_loop_stop(l->frame.loop, err);
}

/* --- the group --- */

static void ledger_offsets_told(void *data)
{
    struct ledger *l = data;
    if (l->consumer != NULL) {
        bus_kafka_consumer_start(l->consumer, l->places, l->place_count);
    }
}

static void
ledger_assigned(void *data, struct bus_kafka_place *places, size_t n)
{
    struct ledger *l = data;
    BUS_CHECK(l->place_max > 0);
    if (n > l->place_max) {
        struct bus_err err;
        (void)bus_fail(&err, BUS_ECONFIG,
                       "%zu partitions; the topics have room for %zu", n,
                       l->place_max);
        bus_run_loop_stop(l->frame.loop, &err);
        return;
    }
    memcpy(l->places, places, n * sizeof(*places));
    l->place_count = n;
    ledger_store_offsets(l->store, l->places, n, ledger_offsets_told);
}

static void revoke_if_idle(struct ledger *l)
{
    if (l->state == LEDGER_REVOKING && ledger_store_idle(l->store)) {
        ledger_move(l, LEDGER_RELEASE);
        bus_kafka_consumer_revoked(l->consumer);
    }
}

static void ledger_revoked(void *data)
{
    struct ledger *l = data;
    ledger_move(l, LEDGER_REVOKE);
    revoke_if_idle(l);
}

static void on_ledger_batch(void *data, struct bus_kafka_batch *batch)
{
    BUS_CHECK(batch != NULL);
    struct ledger *l = data;
    struct bus_err err;
    size_t i = 0;
    while (i < BATCHES_MAX && l->batches[i] != NULL) {
        i++;
    }
    if (l->state == LEDGER_CLOSING || i == BATCHES_MAX) {
        bus_kafka_batch_free(l->consumer, batch); /* read again next time */
        return;
    }
    l->batches[i] = batch;
    if (ledger_store_put(l->store, batch, &err) != BUS_OK) {
        ledger_fail(l, &err);
    }
}

static void ledger_join(struct ledger *l)
{
    BUS_CHECK(l->consumer == NULL && l->topic_count > 0);
    const struct bus_config *c = &l->frame.config;
    struct bus_err err;
    struct bus_kafka_consumer_conf conf = {
        .group = bus_arena_printf(&l->frame.mem, "%sledger", c->prefix),
        .instance = "1",
        .topics = l->topics,
        .topics_count = l->topic_count,
        .offsets = BUS_KAFKA_OFFSETS_CALLER,
        .batch_max = (size_t)c->ledger.batch_rows,
        .batches_max = BATCHES_MAX,
        .data = l,
        .batch = on_ledger_batch,
        .assigned = ledger_assigned,
        .revoked = ledger_revoked,
        .failed = consumer_failed,
    };
    if (bus_kafka_consumer_open(&l->frame.kafka, &conf, &l->consumer, &err) !=
        BUS_OK) {
        bus_run_loop_stop(l->frame.loop, &err);
    }
}

/* --- the store --- */

static void ledger_ready(void *data)
{
    struct ledger *l = data;
    if (l->state == LEDGER_WAITING) {
        ledger_move(l, LEDGER_JOIN);
        ledger_join(l); /* before: the group's own conditions are not met yet */
    }
    bus_run_health_good(&l->frame.health, l->database);
}

static void ledger_away(void *data, const struct bus_err *err)
{
    struct ledger *l = data;
    bus_run_health_bad(&l->frame.health, l->database, "%.200s", err->msg);
}

static void ledger_done(void *data, struct bus_kafka_batch *batch)
{
    struct ledger *l = data;
    size_t i = 0;
    while (i < BATCHES_MAX && l->batches[i] != batch) {
        i++;
    }
    BUS_CHECK(i < BATCHES_MAX);
    l->batches[i] = NULL;
    bus_kafka_batch_free(l->consumer, batch);
    revoke_if_idle(l);
}

/* --- what waits --- */

static void ledger_parked_told(void *data, int64_t waiting)
{
    struct ledger *l = data;
    bus_run_series_set(l->parked, (double)waiting);
    l->parked_notes = l->parked_asked;
}

/* Counted in the database, so that it is right after a restart, and only after
 * something was parked or released. */
static void count_parked(void *data)
{
    struct ledger *l = data;
    BUS_CHECK(l->store != NULL);
    uint64_t notes = ledger_store_counts(l->store).parked_notes;
    if (notes != l->parked_notes) {
        /* Of what is not yet in the database there is another count. */
        l->parked_asked = ledger_store_idle(l->store) ? notes : l->parked_notes;
        ledger_store_parked(l->store, ledger_parked_told);
    }
}

/* --- life --- */

static void ledger_quiet(void *data)
{
    struct ledger *l = data;
    BUS_CHECK(l->store != NULL);
    struct ledger_store_counts n = ledger_store_counts(l->store);
    bus_log(BUS_LOG_INFO, "written", "rows=%llu units=%llu unreadable=%llu",
            (unsigned long long)n.rows, (unsigned long long)n.units,
            (unsigned long long)n.unreadable);
    ledger_move(l, LEDGER_QUIET);
    ledger_store_close(l->store);
    l->store = NULL;
    for (size_t i = 0; i < BATCHES_MAX; i++) {
        if (l->batches[i] != NULL) {
            bus_kafka_batch_free(l->consumer, l->batches[i]);
            l->batches[i] = NULL;
        }
    }
    if (l->consumer != NULL) {
        bus_kafka_consumer_close(l->consumer, NULL, NULL);
        l->consumer = NULL;
    }
    bus_run_loop_release(l->frame.loop);
}

static void ledger_drain(void *data)
{
    struct ledger *l = data;
    BUS_CHECK(l->store != NULL);
    ledger_move(l, LEDGER_DRAIN);
    bus_run_timer_stop(l->parked_timer);
    bus_run_loop_hold(l->frame.loop);
    ledger_store_quiesce(l->store, ledger_quiet);
}

static int ledger_topics(struct ledger *l, struct bus_err *err)
{
    BUS_CHECK(l->topic_count == 0 && l->places == NULL);
    const struct bus_config *c = &l->frame.config;
    struct bus_topic *list = NULL;
    size_t n = 0, prefix = strlen(c->prefix);
    BUS_TRY(bus_conf_topics(c, &l->frame.mem, &list, &n, err));
    for (size_t i = 0; i < n; i++) {
        BUS_CHECK(strlen(list[i].name) > prefix);
        if (ledger_type_of(bus_strv(list[i].name + prefix)) == NULL) {
            continue;
        }
        if (l->topic_count == TOPICS_MAX) {
            return bus_fail(err, BUS_ECONFIG, "more than %d topics",
                            TOPICS_MAX);
        }
        l->topics[l->topic_count++] = list[i].name;
    }
    BUS_CHECK(l->topic_count > 0);
    l->place_max = l->topic_count * BUS_CONF_PARTITIONS_MAX;
    l->places = bus_calloc(l->place_max, sizeof(*l->places));
    return l->places != NULL ? BUS_OK
                             : bus_fail(err, BUS_ENOMEM, "places of topics");
}

static int ledger_start(struct ledger *l, struct bus_err *err)
{
    const struct bus_config *c = &l->frame.config;
    struct ledger_store_conf conf = {
        .conninfo = c->ledger.conninfo,
        .statement_ms = c->ledger.statement_ms,
        .retry_min_ms = c->run.retry_min_ms,
        .retry_max_ms = c->run.retry_max_ms,
        .connections = (int)c->ledger.connections,
        .batch_rows = (size_t)c->ledger.batch_rows,
        .prefix = strlen(c->prefix),
        .partitions = (int32_t)c->kafka.partitions,
        .data = l,
        .ready = ledger_ready,
        .away = ledger_away,
        .failed = ledger_fail,
        .done = ledger_done,
    };
    l->database =
        bus_run_health_add(&l->frame.health, "database", "not asked yet");
    BUS_TRY(ledger_topics(l, err));
    BUS_TRY(ledger_store_open(l->frame.loop, &conf, &l->store, err));
    BUS_TRY(bus_run_timer_new(l->frame.loop, count_parked, l, &l->parked_timer,
                              err));
    const char *topic[BUS_METRIC_LABELS] = {
        bus_role_frame_topic(&l->frame, "parked", NULL)};
    l->parked = bus_run_metrics_series(l->frame.metrics, BUS_M_PARKED, topic);
    l->parked_notes = UINT64_MAX;
    bus_run_timer_start(l->parked_timer, PARKED_MS, PARKED_MS);
    return bus_run_loop_on_drain(l->frame.loop, ledger_drain, l, err);
}

static int ledger_run(const struct bus_run_role_args *args)
{
    struct ledger *l = bus_calloc(1, sizeof(*l));
    struct bus_err err;
    if (l == NULL) {
        return BUS_EXIT_FAULT;
    }
    int rc = bus_role_frame_open(&l->frame, args, "ledger");
    if (rc == BUS_EXIT_OK) {
        rc = ledger_start(l, &err) == BUS_OK ? bus_role_frame_run(&l->frame)
                                             : bus_role_frame_fail(&err);
        bus_run_timer_free(l->parked_timer);
        ledger_store_close(l->store);
        bus_free(l->places);
        bus_role_frame_close(&l->frame);
    }
    bus_free(l);
    return rc;
}

const struct bus_run_role ledger_role = {
    .name = "ledger",
    .usage = "",
    .summary = "takes every topic into PostgreSQL, exactly once",
    .run = ledger_run,
};
