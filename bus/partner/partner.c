/* The runner: what stands ready, one job after the other.
 *
 * - open: the transport, the notes, the parking; what was staged and not
 *   published is forgotten: it comes again
 * - give, take, settle, remove in turn, so that neither direction starves
 * - a job that fails as a whole is done again after a wait
 */
#include "bus/partner/partner.h"
#include "bus/role/keys.h"
#include "bus/role/types.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/partner/parts.h"
#include "bus/run/exit.h"

#define RECOVER_MAX 256
#define NOTES_NAME  "ids"
#define LINGER_MS   20 /* answers come in files and lists */

/* --- opening --- */

/* What was staged and not published when the last one ended: its batch was not
 * committed, so the event comes again, in its order. */
static int recover(struct runner *r, struct bus_err *err)
{
    static struct bus_id ids[RECOVER_MAX]; /* one runner a process */
    size_t n = 0;
    do {
        BUS_TRY(r->via->each_staged(r->transport, ids, RECOVER_MAX, &n, err));
        BUS_CHECK(n <= RECOVER_MAX);
        for (size_t i = 0; i < n; i++) {
            struct bus_partner_dedup_note note = {BUS_SEEN_FORGOTTEN, ids[i],
                                                  0};
            BUS_TRY(bus_partner_dedup_add(r->seen, &note, 1, err));
            BUS_TRY(r->via->discard(r->transport, &ids[i], err));
        }
    } while (n > 0);
    return BUS_OK;
}

void partner_runner_close_parts(struct runner *r)
{
    bus_role_parking_close(r->parking);
    bus_partner_dedup_close(r->seen);
    r->via->close(r->transport);
    r->parking = NULL;
    r->seen = NULL;
    r->transport = NULL;
}

void partner_open_run(void *data)
{
    struct runner *r = data;
    char path[1024];
    BUS_CHECK(r->transport == NULL && r->seen == NULL && r->parking == NULL);
    struct bus_strv dir = bus_strv(r->frame.state_dir);
    (void)bus_strv_copy(path, sizeof(path) - 16, dir);
    memcpy(path + strlen(path), "/parking", sizeof("/parking"));
    const struct bus_partner_transport_env env = {
        .config = &r->frame.config, .partner = r->partner, .door = r->door};
    BUS_TRY_GOTO(r->rc, r->via->open(&env, &r->transport, &r->err), failed);
    BUS_TRY_GOTO(r->rc,
                 bus_partner_dedup_open(r->via->household(r->transport),
                                        NOTES_NAME, 0, &r->seen, &r->err),
                 failed);
    BUS_TRY_GOTO(r->rc,
                 bus_role_parking_open(path, r->partner, &r->parking, &r->err),
                 failed);
    BUS_TRY_GOTO(r->rc, recover(r, &r->err), failed);
    return;
failed:
    partner_runner_close_parts(r);
}

static void on_partner_batch(void *data, struct bus_kafka_batch *batch)
{
    partner_deliver_batch(data, batch);
    partner_runner_pump(data);
}

static void on_partner_revoked(void *data)
{
    struct runner *r = data;
    partner_runner_move(r, RUNNER_REVOKE);
    partner_runner_pump(r);
}

static void on_failed(void *data, const struct bus_err *err)
{
    partner_runner_stop(data, err);
}

static void open_done(struct runner *r)
{
    BUS_CHECK(r->consumer == NULL);
    struct bus_kafka_consumer_conf conf = {
        .group = bus_arena_printf(&r->frame.mem, "%spartner-%s",
                                  r->frame.config.prefix, r->partner->code),
        .instance = "1",
        .topics = r->topics,
        .topics_count = r->topic_count,
        .offsets = BUS_KAFKA_OFFSETS_GROUP,
        .batch_max = PARTNER_BATCH,
        .data = r,
        .batch = on_partner_batch,
        .revoked = on_partner_revoked,
        .failed = on_failed,
    };
    if (r->rc == BUS_OK &&
        bus_kafka_consumer_open(&r->frame.kafka, &conf, &r->consumer,
                                &r->err) != BUS_OK) {
        partner_runner_stop(r, &r->err);
    }
}

/* --- jobs --- */

static const struct
{
    void (*run)(void *data);
    void (*done)(struct runner *r);
} jobs[] = {
    [JOB_OPEN] = {partner_open_run, open_done},
    [JOB_GIVE] = {partner_deliver_run, partner_deliver_done},
    [JOB_REMOVE] = {partner_remove_run, NULL},
    [JOB_TAKE] = {partner_collect_run, partner_collect_done},
    [JOB_SETTLE] = {partner_settle_run, partner_settle_done},
};

static void partner_finish_close(struct runner *r)
{
    BUS_CHECK(r->job == JOB_NONE);
    partner_runner_move(r, RUNNER_CLOSE);
    partner_deliver_drop(r);
    if (r->consumer != NULL) {
        bus_kafka_consumer_close(r->consumer, NULL, NULL);
    }
    bus_kafka_producer_close(r->producer, PARTNER_CLOSE_MS, NULL, NULL);
    r->consumer = NULL;
    r->producer = NULL;
}

static void measure(struct runner *r)
{
    if (r->seen != NULL) {
        BUS_CHECK(r->parking != NULL);
        bus_run_series_set(r->m_open,
                           (double)bus_partner_dedup_open_tasks(r->seen));
        bus_run_series_set(r->m_parked,
                           (double)bus_role_parking_count(r->parking));
    }
}

static void note_failure(struct runner *r, enum job job)
{
    BUS_CHECK(r->rc != BUS_OK && job > JOB_NONE && job <= JOB_SETTLE);
    struct job_wait *w = &r->waits[job];
    if (job == JOB_OPEN && !w->failing) {
        bus_log(BUS_LOG_WARN, "waiting for the transport",
                "transport=%s why=\"%s\"", r->via->word, r->err.msg);
    }
    bus_run_health_bad(&r->frame.health, r->c_transport, "%.200s", r->err.msg);
    if (bus_err_act((enum bus_errc)r->rc) != BUS_ACT_RETRY) {
        partner_runner_stop(r, &r->err);
    }
    w->failing = true;
    w->not_before = bus_run_loop_now_ms(r->frame.loop) +
                    (uint64_t)bus_run_backoff_next_ms(&w->backoff);
}

static void note_success(struct runner *r, enum job job)
{
    BUS_CHECK(job > JOB_NONE && job <= JOB_SETTLE);
    r->waits[job].failing = false;
    bus_run_backoff_reset(&r->waits[job].backoff);
    for (int i = 0; i <= JOB_SETTLE; i++) {
        if (r->waits[i].failing) {
            return;
        }
    }
    bus_run_health_good(&r->frame.health, r->c_transport);
}

static void job_done(void *data)
{
    struct runner *r = data;
    enum job job = r->job;
    BUS_CHECK(job != JOB_NONE && partner_runner_works(r));
    r->last = job;
    r->job = JOB_NONE;
    partner_runner_move(r, r->rc == BUS_OK ? RUNNER_DONE : RUNNER_FAIL);
    if (r->rc != BUS_OK) {
        note_failure(r, job);
    } else if (job != JOB_GIVE || r->give.phase != DELIVER_POSTS) {
        note_success(r, job); /* what is staged and not posted is half of it */
    }
    if (r->rc == BUS_OK && !partner_runner_ends(r) && jobs[job].done != NULL) {
        jobs[job].done(r);
    }
    measure(r);
    if (r->door != NULL) {
        partner_door_tick(r->door);
    }
    partner_runner_pump(r);
}

/* What was asked whether it is ready may have stopped the role. */
static void start_job(struct runner *r, enum job job)
{
    BUS_CHECK(r->job == JOB_NONE && !partner_runner_works(r));
    if (partner_runner_ends(r)) {
        return;
    }
    r->job = job;
    r->rc = BUS_OK;
    partner_runner_move(r, RUNNER_START);
    if (bus_run_work(r->frame.loop, jobs[job].run, job_done, r, &r->err) !=
        BUS_OK) {
        r->job = JOB_NONE;
        partner_runner_move(r, RUNNER_FAIL);
        partner_runner_stop(r, &r->err);
    }
}

static bool ready_for(struct runner *r, enum job job)
{
    BUS_CHECK(job > JOB_NONE && job <= JOB_SETTLE);
    if (bus_run_loop_now_ms(r->frame.loop) < r->waits[job].not_before) {
        return false;
    }
    switch (job) {
    case JOB_GIVE:
        return partner_deliver_prepare(r);
    case JOB_REMOVE:
        return bus_role_parking_gone(r->parking) != NULL;
    case JOB_TAKE:
        return r->taking.n == 0 &&
               bus_run_loop_now_ms(r->frame.loop) >= r->examine;
    case JOB_SETTLE:
        return partner_answers_ready(r);
    case JOB_OPEN:
        return r->transport == NULL;
    default:
        return false;
    }
}

static void partner_pump(struct runner *r)
{
    if (r->state == RUNNER_CLOSING) {
        partner_finish_close(r);
    }
    if (r->state == RUNNER_RELEASING) {
        partner_runner_move(r, RUNNER_RELEASE);
        partner_deliver_drop(r);
        bus_kafka_consumer_revoked(r->consumer);
    }
    if (partner_runner_ends(r) || bus_run_loop_stopping(r->frame.loop)) {
        return;
    }
    if (r->state == RUNNER_SHUT) {
        if (ready_for(r, JOB_OPEN)) {
            start_job(r, JOB_OPEN);
        }
        return;
    }
    for (int i = 0; i < JOB_SETTLE && r->state == RUNNER_READY; i++) {
        r->last = (enum job)(r->last % JOB_SETTLE + 1);
        if (ready_for(r, r->last)) {
            start_job(r, r->last);
            return;
        }
    }
}

/* What is called from in here may call it again: that comes afterwards. */
void partner_runner_pump(struct runner *r)
{
    if (r->pump != PUMP_RESTS) {
        r->pump = PUMP_AGAIN;
        return;
    }
    r->pump = PUMP_AGAIN;
    while (r->pump == PUMP_AGAIN && !partner_runner_works(r)) {
        r->pump = PUMP_RUNS;
        partner_pump(r);
    }
    r->pump = PUMP_RESTS;
}

static void partner_count(struct runner *r)
{
    if (r->seen == NULL || r->job != JOB_NONE ||
        bus_run_loop_now_ms(r->frame.loop) < r->count_at) {
        return;
    }
    int64_t late =
        bus_clock_system.wall_ms(NULL) - r->partner->answers.answer_ms;
    r->count_at = bus_run_loop_now_ms(r->frame.loop) + PARTNER_COUNT_MS;
    r->count_wanted = true;
    bus_run_series_set(r->m_overdue[0],
                       r->out_oldest_ms > r->partner->answers.acknowledge_ms
                           ? (double)r->out_waiting
                           : 0);
    bus_run_series_set(r->m_overdue[1],
                       (double)bus_partner_dedup_open_before(r->seen, late));
}

static void on_tick(void *data)
{
    struct runner *r = data;
    if (!partner_runner_ends(r)) {
        partner_dead_letters_send(r);
        partner_answers_send(r);
        partner_count(r);
    }
    if (r->door != NULL) {
        partner_door_tick(r->door);
    }
    partner_runner_pump(r);
}

static void on_acked(void *data,
                     void *token,
                     int32_t partition,
                     int64_t offset,
                     const struct bus_err *err)
{
    struct runner *r = data;
    (void)partition;
    (void)offset;
    if (((struct token *)token)->kind == TOKEN_LETTER) {
        partner_dead_letter_acked(r, token, err);
    } else {
        partner_answer_acked(r, token, err);
    }
    if (!partner_runner_ends(r)) {
        partner_runner_pump(r);
    }
}

static void partner_drain(void *data)
{
    struct runner *r = data;
    BUS_CHECK(r->tick != NULL);
    partner_runner_move(r, RUNNER_DRAIN);
    if (r->door != NULL) {
        partner_door_stop(r->door);
    }
    partner_push_stop(r->push);
    bus_run_timer_free(r->tick);
    r->tick = NULL;
    partner_runner_pump(r);
}

/* --- the role --- */

static struct bus_series *documents(struct runner *r, const char *result)
{
    return bus_run_metrics_series(
        r->frame.metrics, BUS_M_PARTNER_DOCUMENTS,
        (const char *const[]){r->partner->code, result, NULL});
}

static void series(struct runner *r)
{
    struct bus_run_metrics *m = r->frame.metrics;
    const char *const out[] = {r->topics[0], NULL, NULL};
    const char *const in[] = {r->topic_in, NULL, NULL};
    const char *const own[] = {r->partner->code, NULL, NULL};
    r->m_in = bus_run_metrics_series(m, BUS_M_EVENTS_IN, out);
    r->m_out = bus_run_metrics_series(m, BUS_M_EVENTS_OUT, in);
    r->m_parked = bus_run_metrics_series(m, BUS_M_PARKED, out);
    r->m_open = bus_run_metrics_series(m, BUS_M_PARTNER_OPEN, own);
    r->m_given = documents(r, "given");
    r->m_accepted = documents(r, "accepted");
    r->m_again = documents(r, "again");
    r->m_rejected = documents(r, "rejected");
    for (int i = 0; i < 2; i++) {
        r->m_overdue[i] = bus_run_metrics_series(
            m, BUS_M_PARTNER_OVERDUE,
            (const char *const[]){r->partner->code,
                                  i ? "answer" : "acknowledge", NULL});
    }
}

static int partner_choose(struct runner *r,
                          const char *name,
                          const struct bus_partner_kind *kinds,
                          struct bus_err *err)
{
    BUS_CHECK(r->partner == NULL && kinds != NULL);
    const struct bus_config *c = &r->frame.config;
    r->partner = bus_conf_partner(c, name);
    if (r->partner == NULL) {
        return bus_fail(err, BUS_ECONFIG, "no partner '%s' in partners.d/",
                        name);
    }
    r->via = bus_partner_transport_of(r->partner);
    if (r->via == NULL) {
        return bus_fail(err, BUS_ECONFIG,
                        "%s has transport kafka: its own client reads and "
                        "writes its topics, there is nothing to run",
                        name);
    }
    r->kind = bus_partner_kind_find(kinds, bus_partner_kind_word(r->partner));
    if (r->kind == NULL) {
        return bus_fail(err, BUS_ECONFIG, "%s: no adapter of kind %s", name,
                        bus_partner_kind_word(r->partner));
    }
    r->topics[0] = bus_role_frame_topic(&r->frame, r->kind->out->topic, name);
    r->topic_count = 1;
    if (strcmp(r->kind->out->topic, partner_notice_out.topic) != 0) {
        r->topics[r->topic_count++] =
            bus_role_frame_topic(&r->frame, partner_notice_out.topic, name);
    }
    if (r->kind->out->more != NULL) {
        r->topics[r->topic_count++] =
            bus_role_frame_topic(&r->frame, r->kind->out->more->topic, name);
    }
    r->topic_in = bus_role_frame_topic(&r->frame, r->kind->in->topic, name);
    r->topic_dead = bus_role_frame_topic(&r->frame, "dead-letters", NULL);
    return BUS_OK;
}

/* An answer has come in at the door. */
static void on_knock(void *data)
{
    struct runner *r = data;
    r->examine = 0;
    partner_runner_pump(r);
}

static int partner_start(struct runner *r, struct bus_err *err)
{
    BUS_CHECK(r->via != NULL && r->kind != NULL && r->partner != NULL);
    r->end = &r->first;
    for (int i = 0; i <= JOB_SETTLE; i++) {
        r->waits[i].backoff = (struct bus_run_backoff){
            .min_ms = PARTNER_WAIT_MIN, .max_ms = PARTNER_WAIT_MAX};
    }
    bus_arena_init(&r->give.mem, 256u << 10, 0);
    bus_arena_init(&r->taking.mem, 256u << 10, 0);
    r->c_transport =
        bus_run_health_add(&r->frame.health, r->via->word, "not opened yet");
    r->c_room = bus_run_health_add(&r->frame.health, "room", "not asked yet");
    bus_run_health_good(&r->frame.health, r->c_room);
    series(r);
    bool runs = r->partner->transport == BUS_TRANSPORT_EXEC;
    if (r->partner->transport == BUS_TRANSPORT_HTTP || runs) {
        BUS_TRY(partner_door_open(&r->frame, r->partner, on_knock, r, &r->door,
                                  err));
    }
    if (r->partner->push.url != NULL || runs) {
        BUS_TRY(partner_push_open(r, partner_runner_pump, &r->push, err));
    }
    r->schemas = bus_role_types_registry();
    if (r->schemas == NULL) {
        return bus_fail(err, BUS_ENOMEM, "schemas");
    }
    const struct bus_role_key_need own[] = {
        {r->partner->code, BUS_ROLE_KEY_OPENS}};
    const struct bus_partner_kind_out *out = r->kind->out;
    bool sealed = out->sealed_offset != 0 ||
                  (out->more != NULL && out->more->sealed_offset != 0);
    BUS_TRY(bus_role_keyring_open(&r->frame.config, r->partner->code, own,
                                  sealed ? 1 : 0, &r->keys, err));
    if (r->partner->seal.key != NULL) {
        BUS_TRY(bus_wire_sealer_open(r->partner->seal.key, &r->sealer, err));
    }
    r->env = (struct bus_partner_kind_env){.config = &r->frame.config,
                                           .partner = r->partner,
                                           .keys = r->keys,
                                           .sealer = r->sealer};
    if (r->kind->in->who != NULL) {
        BUS_TRY(bus_wire_key_file(r->frame.config.keys.person_key,
                                  r->person_key, err));
        r->env.person_key = (struct bus_strv){(const char *)r->person_key,
                                              sizeof(r->person_key)};
    }
    for (const struct bus_partner_kind_in *in = r->kind->in; in != NULL;
         in = in->also) {
        BUS_TRY(bus_wire_type_ready(in->type, err));
    }
    r->frame.kafka.linger_ms = LINGER_MS;
    BUS_TRY(bus_kafka_producer_open(&r->frame.kafka, on_acked, r, &r->producer,
                                    err));
    BUS_TRY(bus_run_timer_new(r->frame.loop, on_tick, r, &r->tick, err));
    BUS_TRY(bus_run_loop_on_drain(r->frame.loop, partner_drain, r, err));
    bus_run_timer_start(r->tick, 0, PARTNER_TICK_MS);
    return BUS_OK;
}

int bus_partner_run(const struct bus_run_role_args *args,
                    const struct bus_partner_kind *kinds)
{
    struct runner *r = bus_calloc(1, sizeof(*r));
    struct bus_err err;
    if (r == NULL) {
        return BUS_EXIT_FAULT;
    }
    int rc = bus_role_frame_open(&r->frame, args, "partner");
    if (rc == BUS_EXIT_OK) {
        rc = partner_choose(r, args->name, kinds, &err) == BUS_OK &&
                     partner_start(r, &err) == BUS_OK
                 ? bus_role_frame_run(&r->frame)
                 : bus_role_frame_fail(&err);
        if (r->via != NULL) {
            partner_runner_close_parts(r);
        }
        partner_push_close(r->push);
        partner_door_close(r->door);
        partner_dead_letters_drop(r);
        bus_arena_fini(&r->give.mem);
        bus_arena_fini(&r->taking.mem);
        bus_wire_keyring_free(r->keys);
        bus_wire_sealer_free(r->sealer);
        explicit_bzero(r->person_key, sizeof(r->person_key));
        bus_wire_registry_free(r->schemas);
        bus_role_frame_close(&r->frame);
    }
    bus_free(r);
    return rc;
}
