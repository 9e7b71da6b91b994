/* `lianou run treasury`: money that is paid every period.
 *
 * The loop decides what is next, a pool thread does it in the database, one job
 * at a time: where to read on, what was read, what is due, what leaves. What
 * failed is tried again with the same job; batches stay until their transaction
 * is committed, orders until the broker has them. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/conf/limits.h"
#include "bus/policy/calendar.h"
#include "bus/role/frame.h"
#include "bus/role/keys.h"
#include "bus/role/types.h"
#include "bus/run/backoff.h"
#include "bus/run/exit.h"
#include "bus/run/work.h"
#include "consumers/treasury/door.h"
#include "consumers/treasury/worker.h"

#define TICK_MS       1000 /* between two looks at what is due or leaves */
#define BATCHES_MAX   2
#define BATCH_MAX     500
#define LEAVE_MS      5000
#define TEXTS_BYTES   (256u << 20) /* of one transaction */
#define MESSAGE_BYTES (4u << 20)

enum treasury_job {
    TREASURY_JOB_NONE,
    TREASURY_JOB_OFFSETS,
    TREASURY_JOB_BATCH,
    TREASURY_JOB_TICK,
    TREASURY_JOB_RELAY
};
struct treasury
{
    struct bus_role_frame frame;
    struct treasury_worker worker;
    struct treasury_door *door;
    struct bus_policy_catalogue *catalogue;
    struct bus_policy_calendar *calendar;
    const char *topics[TREASURY_TOPICS_MAX];
    size_t topic_count;
    struct bus_kafka_consumer *consumer;
    struct bus_timer *tick, *retry;
    struct bus_run_backoff backoff;
    int database; /* health condition */
    struct bus_kafka_batch *batches[BATCHES_MAX];
    size_t batch_count;
    struct bus_kafka_place *places;
    size_t place_count, place_max;
    struct bus_ledger_relay relay;
    enum bus_ledger_relay_step relay_step; /* of the job */
    enum treasury_job job;                 /* under way */
    struct bus_err failure;
    int rc;
    bool joined, offsets_wanted, tick_wanted, more;
    bool revoking, draining, stuck;
};

static void treasury_next(struct treasury *t);

/* --- jobs --- */

static void job_work(void *data) /* on a pool thread */
{
    struct treasury *t = data;
    struct treasury_worker *w = &t->worker;
    struct bus_err *err = &t->failure;
    switch (t->job) {
    case TREASURY_JOB_OFFSETS:
        t->rc = treasury_worker_offsets(w, t->places, t->place_count, err);
        break;
    case TREASURY_JOB_BATCH:
        t->rc = treasury_worker_batch(w, t->batches[0], err);
        break;
    case TREASURY_JOB_TICK:
        t->rc = treasury_worker_tick(
            w, bus_china_day(bus_clock_system.wall_ms(NULL)), &t->more, err);
        break;
    case TREASURY_JOB_RELAY:
        t->rc = treasury_worker_relay(w, &t->relay, t->relay_step, err);
        break;
    case TREASURY_JOB_NONE:
        break;
    }
}

static void job_well(struct treasury *t)
{
    switch (t->job) {
    case TREASURY_JOB_OFFSETS:
        t->offsets_wanted = false;
        bus_kafka_consumer_start(t->consumer, t->places, t->place_count);
        break;
    case TREASURY_JOB_BATCH:
        BUS_CHECK(t->batch_count > 0);
        bus_kafka_batch_free(t->consumer, t->batches[0]);
        t->batches[0] = t->batches[1];
        t->batches[1] = NULL;
        t->batch_count--;
        break;
    case TREASURY_JOB_TICK:
        t->tick_wanted = t->more;
        t->relay.wanted = true;
        break;
    case TREASURY_JOB_RELAY:
        bus_ledger_relay_done(&t->relay, t->relay_step);
        break;
    case TREASURY_JOB_NONE:
        break;
    }
}

static void treasury_join(struct treasury *t);

static void job_ended(void *data)
{
    struct treasury *t = data;
    if (t->rc == BUS_OK) {
        bus_run_backoff_reset(&t->backoff);
        bus_run_health_good(&t->frame.health, t->database);
        job_well(t);
    } else if (bus_err_act((enum bus_errc)t->rc) == BUS_ACT_RETRY) {
        bus_run_health_bad(&t->frame.health, t->database, "%.200s",
                           t->failure.msg);
        t->stuck = true;
        bus_run_timer_start(t->retry, bus_run_backoff_next_ms(&t->backoff), 0);
    } else {
        t->stuck = true;
        bus_run_health_bad(&t->frame.health, t->database, "%.200s",
                           t->failure.msg);
        bus_run_loop_stop(t->frame.loop, &t->failure);
    }
    bool well = t->rc == BUS_OK;
    t->job = TREASURY_JOB_NONE;
    if (well && !t->joined && !t->draining) {
        t->joined = true; /* the database stands: now the group */
        treasury_join(t);
    }
    treasury_next(t);
}

static enum treasury_job job_wanted(const struct treasury *t)
{
    enum bus_ledger_relay_step step = bus_ledger_relay_next(&t->relay);
    return t->stuck                          ? TREASURY_JOB_NONE
           : step == BUS_LEDGER_RELAY_FORGET ? TREASURY_JOB_RELAY
           : t->draining                     ? TREASURY_JOB_NONE
           : t->offsets_wanted               ? TREASURY_JOB_OFFSETS
           : t->batch_count > 0              ? TREASURY_JOB_BATCH
           : t->tick_wanted                  ? TREASURY_JOB_TICK
           : step == BUS_LEDGER_RELAY_READ   ? TREASURY_JOB_RELAY
                                             : TREASURY_JOB_NONE;
}

/* --- life --- */

static void treasury_closed(void *data)
{
    struct treasury *t = data;
    BUS_CHECK(t->draining);
    bus_log(BUS_LOG_INFO, "left", "passed_over=%llu",
            (unsigned long long)t->worker.events.passed_over);
    bus_run_loop_release(t->frame.loop);
}

static void treasury_leave(struct treasury *t)
{
    BUS_CHECK(t->job == TREASURY_JOB_NONE);
    for (size_t i = 0; i < t->batch_count; i++) {
        bus_kafka_batch_free(t->consumer, t->batches[i]); /* read again */
    }
    t->batch_count = 0;
    if (t->consumer != NULL) {
        bus_kafka_consumer_close(t->consumer, NULL, NULL);
        t->consumer = NULL;
    }
    bus_ledger_relay_close(&t->relay, LEAVE_MS, treasury_closed);
}

static void treasury_next(struct treasury *t)
{
    struct bus_err err;
    if (t->job != TREASURY_JOB_NONE) {
        return;
    }
    if (t->revoking && t->batch_count == 0) {
        t->revoking = false;
        bus_kafka_consumer_revoked(t->consumer);
    }
    t->job = job_wanted(t);
    t->relay_step = bus_ledger_relay_next(&t->relay);
    if (t->job == TREASURY_JOB_NONE) {
        if (t->draining && (bus_ledger_relay_idle(&t->relay) || t->stuck)) {
            treasury_leave(t);
        }
        return;
    }
    if (bus_run_work(t->frame.loop, job_work, job_ended, t, &err) != BUS_OK) {
        t->job = TREASURY_JOB_NONE;
        t->stuck = true;
        bus_run_loop_stop(t->frame.loop, &err);
    }
}

static void on_treasury_tick(void *data)
{
    struct treasury *t = data;
    t->tick_wanted = true;
    treasury_next(t);
}

static void on_treasury_retry(void *data)
{
    struct treasury *t = data;
    t->stuck = false;
    treasury_next(t);
}

static void treasury_drain(void *data)
{
    struct treasury *t = data;
    BUS_CHECK(!t->draining);
    t->draining = true;
    bus_run_timer_stop(t->tick);
    bus_run_timer_stop(t->retry);
    treasury_door_drain(t->door);
    bus_run_loop_hold(t->frame.loop);
    treasury_next(t);
}

/* --- Kafka --- */

static void treasury_relayed(void *data)
{
    treasury_next(data);
}

static void
treasury_assigned(void *data, struct bus_kafka_place *places, size_t n)
{
    struct treasury *t = data;
    BUS_CHECK(t->places != NULL);
    if (n > t->place_max) {
        struct bus_err err;
        (void)bus_fail(&err, BUS_ECONFIG,
                       "%zu partitions; the topics have room for %zu", n,
                       t->place_max);
        bus_run_loop_stop(t->frame.loop, &err);
        return;
    }
    memcpy(t->places, places, n * sizeof(*places));
    t->place_count = n;
    t->offsets_wanted = true;
    treasury_next(t);
}

static void treasury_revoked(void *data)
{
    struct treasury *t = data;
    BUS_CHECK(t->consumer != NULL);
    t->revoking = true;
    t->offsets_wanted = false;
    treasury_next(t);
}

static void on_treasury_batch(void *data, struct bus_kafka_batch *batch)
{
    struct treasury *t = data;
    if (t->draining || t->batch_count == BATCHES_MAX) {
        bus_kafka_batch_free(t->consumer, batch); /* read again next time */
        return;
    }
    BUS_CHECK(batch != NULL);
    t->batches[t->batch_count++] = batch;
    treasury_next(t);
}

static void treasury_failed(void *data, const struct bus_err *err)
{
    struct treasury *t = data;
    BUS_CHECK(err != NULL);
    bus_run_loop_stop(t->frame.loop, err);
}

static void treasury_join(struct treasury *t)
{
    struct bus_err err;
    BUS_CHECK(t->consumer == NULL && t->topic_count > 0);
    struct bus_kafka_consumer_conf conf = {
        .group = bus_arena_printf(&t->frame.mem, "%streasury",
                                  t->frame.config.prefix),
        .instance = "1",
        .topics = t->topics,
        .topics_count = t->topic_count,
        .offsets = BUS_KAFKA_OFFSETS_CALLER,
        .batch_max = BATCH_MAX,
        .batches_max = BATCHES_MAX,
        .data = t,
        .batch = on_treasury_batch,
        .assigned = treasury_assigned,
        .revoked = treasury_revoked,
        .failed = treasury_failed,
    };
    if (bus_kafka_consumer_open(&t->frame.kafka, &conf, &t->consumer, &err) !=
        BUS_OK) {
        bus_run_loop_stop(t->frame.loop, &err);
    }
}

/* --- the start --- */

static int treasury_add_topic(struct treasury *t,
                              enum treasury_topic topic,
                              const char *what,
                              const char *part,
                              struct bus_err *err)
{
    if (t->topic_count == TREASURY_TOPICS_MAX) {
        return bus_fail(err, BUS_ECONFIG, "more than %d topics",
                        TREASURY_TOPICS_MAX);
    }
    const char *name = bus_role_frame_topic(&t->frame, what, part);
    size_t prefix = strlen(t->frame.config.prefix);
    BUS_CHECK(strlen(name) > prefix);
    t->worker.sources[t->topic_count] = (struct treasury_source){
        topic, bus_strv(part != NULL ? part : ""), name + prefix};
    t->topics[t->topic_count++] = name;
    return BUS_OK;
}

static int treasury_topics(struct treasury *t, struct bus_err *err)
{
    const struct bus_config *c = &t->frame.config;
    BUS_CHECK(t->topic_count == 0);
    BUS_TRY(treasury_add_topic(t, TREASURY_CASES, "cases", NULL, err));
    BUS_TRY(treasury_add_topic(t, TREASURY_MEMBERS, "membership-changes", NULL,
                               err));
    for (size_t i = 0; i < c->partners_count; i++) {
        if (c->partners[i].kind == BUS_PARTNER_BANK) {
            BUS_TRY(treasury_add_topic(t, TREASURY_RESULTS, "payment-results",
                                       c->partners[i].code, err));
        }
    }
    t->place_max = t->topic_count * BUS_CONF_PARTITIONS_MAX;
    t->places = bus_calloc(t->place_max, sizeof(*t->places));
    return t->places != NULL ? BUS_OK
                             : bus_fail(err, BUS_ENOMEM, "places of topics");
}

static struct bus_strv treasury_bank_of(void *data, struct bus_strv fund)
{
    const struct bus_config *c = data;
    char code[32];
    BUS_CHECK(c != NULL);
    const struct bus_fund *f =
        bus_conf_fund(c, bus_strv_copy(code, sizeof(code), fund));
    return bus_strv(f != NULL ? f->bank : "");
}

static int treasury_worker_new(struct treasury *t, struct bus_err *err)
{
    static const struct bus_role_key_need needs[] = {
        {"dispatch", BUS_ROLE_KEY_OPENS}, {"dispatch", BUS_ROLE_KEY_SUMS}};
    struct bus_config *c = &t->frame.config;
    struct treasury_worker *w = &t->worker;
    bus_arena_init(&w->texts, 0, TEXTS_BYTES);
    bus_arena_init(&w->message, 0, MESSAGE_BYTES);
    bus_arena_init(&w->order, 0, MESSAGE_BYTES);
    w->config = c;
    w->calendar = t->calendar;
    w->events = (struct treasury_events){
        .rules = {.config = c,
                  .catalogue = t->catalogue,
                  .calendar = t->calendar,
                  .bank_of = treasury_bank_of,
                  .data = c,
                  .partitions = (int32_t)c->kafka.partitions,
                  .order_max_fen = c->money.order_max_fen,
                  .recurring_from = c->treasury.recurring_from},
        .schemas = bus_role_types_registry(),
        .mem = &w->message};
    w->writer = (struct treasury_writer){.config = c, .mem = &w->order};
    BUS_CHECK(c->money.order_max_fen > 0);
    if (w->events.schemas == NULL) {
        return bus_fail(err, BUS_ENOMEM, "schemas");
    }
    BUS_TRY(
        bus_role_keyring_open(c, "dispatch", needs, 2, &w->writer.keys, err));
    w->events.keys = w->writer.keys;
    return BUS_OK;
}

static int treasury_start(struct treasury *t, struct bus_err *err)
{
    struct bus_config *c = &t->frame.config;
    t->database =
        bus_run_health_add(&t->frame.health, "database", "not asked yet");
    t->catalogue = bus_role_frame_catalogue(c);
    if (t->catalogue == NULL) {
        return bus_fail(err, BUS_ECONFIG, "the catalogue has faults");
    }
    BUS_TRY(bus_policy_calendar_new(c->calendars, c->calendars_count,
                                    &t->calendar, err));
    BUS_TRY(treasury_topics(t, err));
    BUS_TRY(treasury_worker_new(t, err));
    BUS_TRY(treasury_door_open(&t->frame, &t->door, err));
    t->backoff = (struct bus_run_backoff){.min_ms = c->run.retry_min_ms,
                                          .max_ms = c->run.retry_max_ms};
    BUS_TRY(
        bus_run_timer_new(t->frame.loop, on_treasury_tick, t, &t->tick, err));
    BUS_TRY(
        bus_run_timer_new(t->frame.loop, on_treasury_retry, t, &t->retry, err));
    t->relay = (struct bus_ledger_relay){.owner = TREASURY_ITSELF,
                                         .prefix = t->frame.config.prefix,
                                         .source = t->frame.source,
                                         .settled = treasury_relayed,
                                         .data = t};
    BUS_TRY(
        bus_ledger_relay_open(&t->relay, &t->frame.kafka, TEXTS_BYTES, err));
    bus_run_timer_start(t->tick, 0, TICK_MS);
    return bus_run_loop_on_drain(t->frame.loop, treasury_drain, t, err);
}

static int treasury_run(const struct bus_run_role_args *args)
{
    struct treasury *t = bus_calloc(1, sizeof(*t));
    struct bus_err err;
    if (t == NULL) {
        return BUS_EXIT_FAULT;
    }
    int rc = bus_role_frame_open(&t->frame, args, "treasury");
    if (rc == BUS_EXIT_OK) {
        rc = treasury_start(t, &err) == BUS_OK ? bus_role_frame_run(&t->frame)
                                               : bus_role_frame_fail(&err);
        bus_run_timer_free(t->tick);
        bus_run_timer_free(t->retry);
        treasury_door_close(t->door);
        treasury_worker_close(&t->worker);
        bus_ledger_relay_fini(&t->relay);
        bus_policy_catalogue_free(t->catalogue);
        bus_policy_calendar_free(t->calendar);
        bus_free(t->places);
        bus_role_frame_close(&t->frame);
    }
    bus_free(t);
    return rc;
}

const struct bus_run_role treasury_role = {
    .name = "treasury",
    .usage = "",
    .summary = "pays what is due every period, in batches that two approve",
    .run = treasury_run,
};
