/* Topics, reader, plain consumer and producer on a real broker. */
#include "tests/lib/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>

#include "bus/base/buf.h"
#include "bus/kafka/client.h"
#include "tests/live/kafka/scene.h"

#define STILL_MS 60000

/* The last handle that was made: what only the library can do to itself is
 * done to it. (The linker puts this in the place of rd_kafka_new.) */
static rd_kafka_t *last_handle;
rd_kafka_t *__real_rd_kafka_new(rd_kafka_type_t type,
                                rd_kafka_conf_t *conf,
                                char *why,
                                size_t size);
rd_kafka_t *__wrap_rd_kafka_new(rd_kafka_type_t type,
                                rd_kafka_conf_t *conf,
                                char *why,
                                size_t size);
rd_kafka_t *__wrap_rd_kafka_new(rd_kafka_type_t type,
                                rd_kafka_conf_t *conf,
                                char *why,
                                size_t size)
{
    return last_handle = __real_rd_kafka_new(type, conf, why, size);
}

struct play
{
    struct scene s;
    struct bus_run_loop *loop;
    struct bus_run_health health;
    struct bus_kafka_consumer *c;
    struct bus_kafka_producer *p;
    struct bus_timer *limit;
    long before; /* what had come when the limit was last looked at */
    char group[128];
    const char *topics[1];
    int64_t next[SCENE_PARTITIONS]; /* the caller's own offsets */
    int64_t expect_from;
    long got, want, acked, sent;
    struct bus_kafka_batch *held;
    struct bus_err err;
    struct bus_timer *soon;
    bool at_once; /* caught up as soon as assigned */
};

static void look_for_progress(void *data)
{
    struct play *p = data;
    if (p->got + p->acked == p->before) {
        fail_msg("nothing came for %d s", STILL_MS / 1000);
    }
    p->before = p->got + p->acked;
}

static void stop_failed(void *data, const struct bus_err *err)
{
    struct play *p = data;
    p->err = *err;
    bus_run_loop_stop(p->loop, NULL);
}

static void on_batch(void *data, struct bus_kafka_batch *b)
{
    struct play *p = data;
    if (p->soon != NULL) { /* only asked: what came meanwhile is not read */
        bus_kafka_batch_free(p->c, b);
        return;
    }
    for (size_t i = 0; i < b->n; i++) {
        const struct bus_kafka_msg *m = &b->msgs[i];
        assert_int_equal(m->topic_index, 0);
        assert_int_equal(m->partition,
                         bus_kafka_partition_of(m->key, SCENE_PARTITIONS));
        assert_true(m->offset >= p->next[m->partition]);
        p->next[m->partition] = m->offset + 1;
    }
    p->got += (long)b->n;
    bus_kafka_consumer_done(p->c, b);
    bus_kafka_batch_free(p->c, b);
    if (p->got >= p->want) {
        bus_run_loop_stop(p->loop, NULL);
    }
}

static void on_assigned(void *data, struct bus_kafka_place *places, size_t n)
{
    struct play *p = data;
    for (size_t i = 0; i < n; i++) {
        places[i].offset = p->next[places[i].partition] + p->expect_from;
    }
    bus_kafka_consumer_start(p->c, places, n);
}

static void drain(void *data)
{
    struct play *p = data;
    if (p->soon != NULL) {
        bus_run_timer_stop(p->soon); /* it asks p->c */
    }
    if (p->c != NULL) {
        bus_kafka_consumer_close(p->c, NULL, NULL);
        p->c = NULL;
    }
    if (p->p != NULL) {
        bus_kafka_producer_close(p->p, 5000, NULL, NULL);
        p->p = NULL;
    }
}

static void begin(struct play *p)
{
    const struct bus_run_loop_conf lc = {.no_signals = true, .drain_ms = 20000};
    assert_int_equal(bus_run_loop_new(&lc, &p->loop, &p->err), 0);
    bus_run_health_init(&p->health, NULL, NULL);
    p->s.env.loop = p->loop;
    p->s.env.health = &p->health;
    assert_int_equal(
        bus_run_timer_new(p->loop, look_for_progress, p, &p->limit, &p->err),
        0);
    p->before = p->got + p->acked;
    bus_run_timer_start(p->limit, STILL_MS, STILL_MS);
    assert_int_equal(bus_run_loop_on_drain(p->loop, drain, p, &p->err), 0);
}

static void run(struct play *p)
{
    assert_int_equal(bus_run_loop_run(p->loop), BUS_EXIT_OK);
    bus_run_timer_free(p->limit);
    bus_run_loop_free(p->loop);
    p->s.env.loop = NULL;
    p->s.env.health = NULL;
}

static void
open_consumer(struct play *p, enum bus_kafka_offsets offsets, long want)
{
    (void)snprintf(p->group, sizeof(p->group), "%splain", p->s.prefix);
    p->topics[0] = p->s.names[0];
    p->got = 0;
    p->want = want;
    const struct bus_kafka_consumer_conf conf = {
        .group = p->group,
        .topics = p->topics,
        .topics_count = 1,
        .offsets = offsets,
        .batch_max = 700,
        .data = p,
        .batch = on_batch,
        .assigned = offsets == BUS_KAFKA_OFFSETS_CALLER ? on_assigned : NULL,
        .failed = stop_failed};
    assert_int_equal(bus_kafka_consumer_open(&p->s.env, &conf, &p->c, &p->err),
                     0);
}

static void consume(struct play *p, enum bus_kafka_offsets offsets, long want)
{
    begin(p);
    open_consumer(p, offsets, want);
    run(p);
}

static void test_group_offsets(void **state)
{
    (void)state;
    struct play p = {0};
    scene_open(&p.s);
    scene_feed(&p.s, 20);
    consume(&p, BUS_KAFKA_OFFSETS_GROUP, 20 * SCENE_KEYS);
    assert_int_equal(p.got, 20 * SCENE_KEYS);
    scene_feed(&p.s, 3);
    consume(&p, BUS_KAFKA_OFFSETS_GROUP, 3 * SCENE_KEYS);
    assert_int_equal(p.got, 3 * SCENE_KEYS);
    scene_close(&p.s);
}

static void test_own_offsets(void **state)
{
    (void)state;
    struct play p = {0};
    scene_open(&p.s);
    scene_feed(&p.s, 20);
    consume(&p, BUS_KAFKA_OFFSETS_CALLER, 20 * SCENE_KEYS);
    scene_feed(&p.s, 3);
    consume(&p, BUS_KAFKA_OFFSETS_CALLER, 3 * SCENE_KEYS);
    assert_int_equal(p.got, 3 * SCENE_KEYS);
    scene_close(&p.s);
}

static void examine_once(void *data)
{
    struct play *p = data;
    p->at_once = bus_kafka_consumer_caught_up(p->c);
    bus_run_loop_stop(p->loop, NULL);
}

static void when_assigned(void *data, const struct bus_run_health_condition *c)
{
    struct play *p = data;
    if (c->holds && strcmp(c->name, "assigned") == 0) {
        bus_run_timer_start(p->soon, 0, 0);
    }
}

static bool caught_up_at_once(struct play *p)
{
    begin(p);
    p->health.on_change = when_assigned;
    p->health.data = p;
    assert_int_equal(
        bus_run_timer_new(p->loop, examine_once, p, &p->soon, &p->err), 0);
    open_consumer(p, BUS_KAFKA_OFFSETS_GROUP, 1);
    assert_int_equal(bus_run_loop_run(p->loop), BUS_EXIT_OK);
    assert_int_equal(p->got, 0);
    bus_run_timer_free(p->soon);
    p->soon = NULL;
    bus_run_timer_free(p->limit);
    bus_run_loop_free(p->loop);
    return p->at_once;
}

static void pass_on(struct scene *s, int n)
{
    scene_feed(s, n);
    pid_t pid = scene_worker(s, "a", "");
    scene_wait_done(s, 30);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(scene_wait_exit(pid), BUS_EXIT_OK);
}

/* Behind the last record of a transaction there is always its mark: who has
 * read the record has read all, and need not find out by waiting. */
static void test_who_has_read_all_knows_at_once(void **state)
{
    (void)state;
    struct play p = {0};
    scene_open(&p.s);
    (void)snprintf(p.s.names[0], sizeof(p.s.names[0]), "%s", p.s.names[2]);
    struct scene in = p.s;
    (void)snprintf(in.names[0], sizeof(in.names[0]), "%sin1", in.prefix);
    pass_on(&in, 20);
    assert_false(caught_up_at_once(&p));
    consume(&p, BUS_KAFKA_OFFSETS_GROUP, 2L * 20 * SCENE_KEYS);
    assert_true(caught_up_at_once(&p));
    pass_on(&in, 1);
    assert_false(caught_up_at_once(&p));
    consume(&p, BUS_KAFKA_OFFSETS_GROUP, 2L * 1 * SCENE_KEYS);
    assert_int_equal(p.got, 2 * 1 * SCENE_KEYS);
    assert_true(caught_up_at_once(&p));
    scene_close(&p.s);
}

/* An offset that is not there is an error said clearly; nothing is read. */
static void test_an_offset_that_is_gone(void **state)
{
    (void)state;
    struct play p = {.expect_from = 1000000};
    scene_open(&p.s);
    scene_feed(&p.s, 2);
    consume(&p, BUS_KAFKA_OFFSETS_CALLER, 1);
    assert_int_equal(p.got, 0);
    assert_int_equal(p.err.code, BUS_EGONE);
    assert_non_null(strstr(p.err.msg, p.s.names[0]));
    struct bus_kafka_reader *r = NULL;
    assert_int_equal(bus_kafka_reader_open(&p.s.env, &r, &p.err), 0);
    const struct bus_kafka_range range = {
        .topic = p.s.names[0], .partition = 0, .from = 1000000};
    int64_t next = 0;
    assert_int_equal(bus_kafka_read(r, &range, NULL, NULL, &next, &p.err),
                     BUS_EGONE);
    bus_kafka_reader_close(r);
    scene_close(&p.s);
}

/* What the configuration counts and the cluster has not is said in words. */
static void test_a_partition_that_is_not_there(void **state)
{
    (void)state;
    struct play p = {0};
    struct bus_kafka_reader *r = NULL;
    int64_t ends[2];
    scene_open(&p.s);
    scene_feed(&p.s, 1);
    assert_int_equal(bus_kafka_reader_open(&p.s.env, &r, &p.err), 0);
    const char *topic = p.s.names[0];
    assert_int_equal(bus_kafka_ends(r, topic, 0, true, ends, &p.err), 0);
    assert_int_not_equal(bus_kafka_ends(r, topic, 99, true, ends, &p.err), 0);
    assert_non_null(strstr(p.err.msg, "has no partition 99"));
    assert_non_null(strstr(p.err.msg, "topics plan"));
    bus_kafka_reader_close(r);
    scene_close(&p.s);
}

static void on_acked(void *data,
                     void *token,
                     int32_t partition,
                     int64_t offset,
                     const struct bus_err *err)
{
    struct play *p = data;
    assert_null(err);
    assert_ptr_equal(token, p);
    assert_true(partition >= 0 && offset >= 0);
    if (++p->acked == p->sent) {
        bus_run_loop_stop(p->loop, NULL);
    }
}

static void test_producer_acknowledges(void **state)
{
    (void)state;
    struct play p = {.sent = 5000};
    scene_open(&p.s);
    begin(&p);
    assert_int_equal(
        bus_kafka_producer_open(&p.s.env, on_acked, &p, &p.p, &p.err), 0);
    const struct bus_kafka_header h = {"ce_type", BUS_STRV("t")};
    for (long i = 0; i < p.sent; i++) {
        char key[32];
        int n = snprintf(key, sizeof(key), "household-%ld", i);
        const struct bus_kafka_out_msg m = {.topic = p.s.names[0],
                                            .partition = -1,
                                            .key = {key, (size_t)n},
                                            .value = BUS_STRV("v"),
                                            .headers = &h,
                                            .headers_count = 1};
        assert_int_equal(bus_kafka_producer_send(p.p, &m, &p, &p.err), 0);
    }
    run(&p);
    assert_int_equal(p.acked, p.sent);
    /* The library's partitioner and ours agree (checked in on_batch). */
    consume(&p, BUS_KAFKA_OFFSETS_CALLER, p.sent);
    assert_int_equal(p.got, p.sent);
    scene_close(&p.s);
}

static void send_one(struct play *p)
{
    const struct bus_kafka_out_msg m = {.topic = p->s.names[0],
                                        .partition = -1,
                                        .key = BUS_STRV("household"),
                                        .value = BUS_STRV("v")};
    if (bus_kafka_producer_send(p->p, &m, p, &p->err) == 0) {
        p->sent++;
    }
}

static void send_after_the_end(void *data)
{
    struct play *p = data;
    send_one(p);
}

/* Before the end it may be given back; then one has to be written, by another
 * one: what the lost one had under way may be acknowledged still. */
static rd_kafka_t *lost;
static void on_acked_or_not(void *data,
                            void *token,
                            int32_t partition,
                            int64_t offset,
                            const struct bus_err *err)
{
    struct play *p = data;
    (void)token;
    (void)partition;
    (void)offset;
    if (err != NULL) {
        assert_int_equal(bus_err_act(err->code), BUS_ACT_RETRY);
        return;
    }
    p->acked++;
    if (p->expect_from == 0) {
        p->expect_from = 1;
        lost = last_handle;
        assert_int_equal(rd_kafka_test_fatal_error(
                             lost,
                             RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                             "the sequence is lost"),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    } else if (p->soon != NULL && last_handle != lost) {
        bus_run_timer_free(p->soon);
        p->soon = NULL;
        bus_run_loop_stop(p->loop, NULL);
    }
}

static void test_a_producer_that_is_lost_is_made_anew(void **state)
{
    (void)state;
    struct play p = {0};
    scene_open(&p.s);
    begin(&p);
    assert_int_equal(
        bus_kafka_producer_open(&p.s.env, on_acked_or_not, &p, &p.p, &p.err),
        0);
    assert_int_equal(
        bus_run_timer_new(p.loop, send_after_the_end, &p, &p.soon, &p.err), 0);
    bus_run_timer_start(p.soon, 1, 200);
    run(&p);
    assert_true(p.acked >= 2 && last_handle != lost);
    scene_close(&p.s);
}

static void test_topics_plan_and_apply(void **state)
{
    (void)state;
    struct scene s;
    struct bus_err err;
    struct bus_arena mem;
    struct bus_kafka_plan plan;
    scene_open(&s);
    bus_arena_init(&mem, 0, 0);
    char name[160];
    (void)snprintf(name, sizeof(name), "%snew", s.prefix);
    struct bus_topic t = {name, 3, 1, BUS_TOPIC_DELETE, 86400000, NULL, 0};
    assert_int_equal(bus_kafka_topics_plan(s.admin, &t, 1, &mem, &plan, &err),
                     0);
    assert_int_equal(plan.n, 1);
    assert_int_equal(plan.list[0].kind, BUS_KAFKA_TOPIC_CREATE);
    assert_int_equal(bus_kafka_topics_apply(s.admin, &t, 1, &err), 0);
    assert_int_equal(bus_kafka_topics_plan(s.admin, &t, 1, &mem, &plan, &err),
                     0);
    assert_int_equal(plan.n, 0);
    t.retention_ms = 90000000;
    assert_int_equal(bus_kafka_topics_plan(s.admin, &t, 1, &mem, &plan, &err),
                     0);
    assert_int_equal(plan.n, 1);
    assert_string_equal(plan.list[0].what, "retention.ms");
    assert_string_equal(plan.list[0].is, "86400000");
    assert_string_equal(plan.list[0].want, "90000000");
    if (bus_kafka_topics_apply(s.admin, &t, 1, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(bus_kafka_topics_plan(s.admin, &t, 1, &mem, &plan, &err),
                     0);
    assert_int_equal(plan.n, 0);
    t.partitions = 5;
    assert_int_equal(bus_kafka_topics_apply(s.admin, &t, 1, &err), BUS_ECONFIG);
    assert_non_null(strstr(err.msg, "people must decide"));
    int32_t n = 0;
    assert_int_equal(bus_kafka_partitions(s.admin, name, &n, &err), 0);
    assert_int_equal(n, 3);
    assert_int_equal(bus_kafka_partitions(s.admin, "no.such.topic", &n, &err),
                     0);
    assert_int_equal(n, 0);
    bus_arena_fini(&mem);
    scene_close(&s);
}

/* How many of the partitions their leader does not answer for. */
static size_t not_led(struct scene *s, const struct bus_topic *topics, size_t n)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", s->kafka.bootstrap, why,
                            sizeof(why));
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    assert_non_null(rk);
    rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
    rd_kafka_topic_partition_list_t *asked =
        rd_kafka_topic_partition_list_new(1);
    for (size_t i = 0; i < n; i++) {
        for (int32_t p = 0; p < topics[i].partitions; p++) {
            rd_kafka_topic_partition_list_add(asked, topics[i].name, p)
                ->offset = RD_KAFKA_OFFSET_SPEC_LATEST;
        }
    }
    rd_kafka_ListOffsets(rk, asked, NULL, q);
    rd_kafka_event_t *ev = rd_kafka_queue_poll(q, 60000);
    assert_non_null(ev);
    assert_int_equal(rd_kafka_event_error(ev), RD_KAFKA_RESP_ERR_NO_ERROR);
    size_t told = 0, failed = 0;
    const rd_kafka_ListOffsetsResultInfo_t **info =
        rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(ev),
                                          &told);
    for (size_t i = 0; i < told; i++) {
        failed +=
            rd_kafka_ListOffsetsResultInfo_topic_partition(info[i])->err !=
            RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    failed += (size_t)asked->cnt - told;
    rd_kafka_event_destroy(ev);
    rd_kafka_topic_partition_list_destroy(asked);
    rd_kafka_queue_destroy(q);
    rd_kafka_destroy(rk);
    return failed;
}

/* A broker tells of topics before it leads them: whoever asks then is refused
 * with "not leader". Applied means that they can be used. */
static void test_topics_applied_are_led(void **state)
{
    (void)state;
    enum { TOPICS = 60, PARTITIONS = 8 };
    static char names[TOPICS][160];
    static struct bus_topic topics[TOPICS];
    struct scene s;
    struct bus_err err;
    scene_open(&s);
    for (int i = 0; i < TOPICS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%sled%d", s.prefix, i);
        topics[i] = (struct bus_topic){
            names[i], PARTITIONS, 1, BUS_TOPIC_DELETE, 86400000, NULL, 0};
    }
    if (bus_kafka_topics_apply(s.admin, topics, TOPICS, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(not_led(&s, topics, TOPICS), 0);
    assert_int_equal(bus_kafka_topics_delete(s.admin, topics, TOPICS, &err), 0);
    scene_close(&s);
}

/* A topic that is missing is waited for, and /readyz says which. */
static void stop_soon(void *data)
{
    struct play *p = data;
    bus_run_loop_stop(p->loop, NULL);
}

static void test_a_missing_topic_is_named(void **state)
{
    (void)state;
    struct play p = {0};
    struct bus_timer *t = NULL;
    scene_open(&p.s);
    (void)snprintf(p.s.names[0], sizeof(p.s.names[0]), "no.such.topic");
    begin(&p);
    assert_int_equal(bus_run_timer_new(p.loop, stop_soon, &p, &t, &p.err), 0);
    bus_run_timer_start(t, 1500, 0);
    p.topics[0] = p.s.names[0];
    const struct bus_kafka_consumer_conf conf = {.group = "missing",
                                                 .topics = p.topics,
                                                 .topics_count = 1,
                                                 .data = &p,
                                                 .batch = on_batch,
                                                 .failed = stop_failed};
    assert_int_equal(bus_kafka_consumer_open(&p.s.env, &conf, &p.c, &p.err), 0);
    assert_int_equal(bus_run_loop_run(p.loop), BUS_EXIT_OK);
    struct bus_buf text = {0};
    bus_run_health_print(&p.health, &text);
    assert_non_null(strstr(bus_buf_cstr(&text), "no.such.topic is not there"));
    bus_buf_fini(&text);
    bus_run_timer_free(t);
    bus_run_timer_free(p.limit);
    bus_run_loop_free(p.loop);
    scene_close(&p.s);
}

int main(void)
{
    (void)scene_bootstrap();
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_group_offsets),
        SCENE_TEST(test_own_offsets),
        SCENE_TEST(test_who_has_read_all_knows_at_once),
        SCENE_TEST(test_an_offset_that_is_gone),
        SCENE_TEST(test_a_partition_that_is_not_there),
        SCENE_TEST(test_producer_acknowledges),
        SCENE_TEST(test_a_producer_that_is_lost_is_made_anew),
        SCENE_TEST(test_topics_plan_and_apply),
        SCENE_TEST(test_topics_applied_are_led),
        SCENE_TEST(test_a_missing_topic_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
