/* What the embedded broker can show: names, partitions, reading, writing, a
 * broker that goes away and comes back. Transactions are proven elsewhere
 * (tests/live/kafka): this broker only pretends them. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/kafka/client.h"
#include "bus/kafka/embedded.h"
#include "bus/kafka/eos.h"

#define PARTITIONS 4
#define MESSAGES   200

struct play
{
    struct bus_kafka_embedded *broker;
    struct bus_config_kafka conf;
    struct bus_kafka_env env;
    struct bus_run_loop *loop;
    struct bus_run_health health;
    struct bus_run_metrics *metrics; /* of one begin() */
    struct bus_kafka_producer *p;
    struct bus_kafka_consumer *c;
    struct bus_kafka_eos *eos;
    struct bus_timer *step, *limit;
    struct bus_err err;
    long acked, refused, got, passed, too_big;
    long in_batch[4];
    bool was_down;
    char changes[256];
};

static const struct bus_topic topics[] = {
    {"t.in", PARTITIONS, 1, BUS_TOPIC_DELETE, -1, NULL, 0},
    {"t.out", PARTITIONS, 1, BUS_TOPIC_DELETE, -1, NULL, 0}};
static const char *const in[] = {"t.in"};
static const char *const out[] = {"t.out"};

static void too_long(void *data)
{
    struct play *p = data;
    struct bus_buf b = {0};
    bus_run_health_print(&p->health, &b);
    fail_msg("took too long: %s", bus_buf_cstr(&b));
}

static void changed(void *data, const struct bus_run_health_condition *c)
{
    struct play *p = data;
    size_t n = strlen(p->changes);
    if (strcmp(c->name, "kafka producer") == 0) {
        (void)snprintf(p->changes + n, sizeof(p->changes) - n, "%s",
                       c->holds ? "+" : "-");
    }
}

static void drain(void *data)
{
    struct play *p = data;
    if (p->p != NULL) {
        bus_kafka_producer_close(p->p, 1000, NULL, NULL);
    }
    if (p->c != NULL) {
        bus_kafka_consumer_close(p->c, NULL, NULL);
    }
    if (p->eos != NULL) {
        bus_kafka_eos_close(p->eos, NULL, NULL);
    }
    /* Closing takes a while; the next step would ask what is no more there. */
    bus_run_timer_stop(p->step);
    p->p = NULL;
    p->c = NULL;
    p->eos = NULL;
}

static void begin(struct play *p, bus_run_loop_cb step)
{
    const struct bus_run_loop_conf lc = {.no_signals = true, .drain_ms = 20000};
    if (p->broker == NULL) {
        assert_int_equal(
            bus_kafka_embedded_start(topics, 2, NULL, &p->broker, &p->err), 0);
    }
    p->conf = (struct bus_config_kafka){
        .bootstrap = bus_kafka_embedded_bootstrap(p->broker),
        .embedded = true,
        .message_bytes_max = 100000};
    assert_int_equal(bus_run_loop_new(&lc, &p->loop, &p->err), 0);
    bus_run_health_init(&p->health, changed, p);
    p->metrics = bus_run_metrics_new();
    assert_non_null(p->metrics);
    p->env = (struct bus_kafka_env){.loop = p->loop,
                                    .health = &p->health,
                                    .conf = &p->conf,
                                    .client_id = "unit-test",
                                    .metrics = p->metrics};
    assert_int_equal(
        bus_run_timer_new(p->loop, too_long, p, &p->limit, &p->err), 0);
    assert_int_equal(bus_run_timer_new(p->loop, step, p, &p->step, &p->err), 0);
    assert_int_equal(bus_run_loop_on_drain(p->loop, drain, p, &p->err), 0);
    bus_run_timer_start(p->limit, 60000, 0);
}

static void run(struct play *p)
{
    assert_int_equal(bus_run_loop_run(p->loop), BUS_EXIT_OK);
    bus_run_timer_free(p->limit);
    bus_run_timer_free(p->step);
    bus_run_loop_free(p->loop);
}

static long metric(struct play *p, enum bus_run_metric id, const char *topic)
{
    const char *const v[BUS_METRIC_LABELS] = {topic};
    return (long)bus_run_series_value(
        bus_run_metrics_series(p->metrics, id, v));
}

/* -- murmur2, values of the Java client's own test */

static int32_t hash(const char *key)
{
    /* Modulo 2^31 - 1 shows the hash without its sign. */
    return bus_kafka_partition_of(bus_strv(key), INT32_MAX);
}

static void test_partitions_as_the_java_client(void **state)
{
    (void)state;
    assert_int_equal(hash("21"), -973932308 & INT32_MAX);
    assert_int_equal(hash("foobar"), -790332482 & INT32_MAX);
    assert_int_equal(hash("a-little-bit-long-string"), -985981536 & INT32_MAX);
    assert_int_equal(hash("a-little-bit-longer-string"),
                     -1486304829 & INT32_MAX);
    assert_int_equal(hash("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"),
                     -58897971 & INT32_MAX);
    assert_int_equal(hash("abc"), 479470107);
}

static void test_bootstrap_file(void **state)
{
    (void)state;
    struct play p = {0};
    char dir[] = "/tmp/lianou-test-XXXXXX";
    char file[64], text[64] = "";
    assert_non_null(mkdtemp(dir));
    (void)snprintf(file, sizeof(file), "%s/broker", dir);
    assert_int_equal(
        bus_kafka_embedded_start(topics, 2, file, &p.broker, &p.err), 0);
    FILE *f = fopen(file, "r");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof(text), f));
    (void)fclose(f);
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, bus_kafka_embedded_bootstrap(p.broker));
    bus_kafka_embedded_stop(p.broker);
    assert_int_equal(bus_kafka_embedded_start(topics, 2, "/no/such/dir/file",
                                              &p.broker, &p.err),
                     BUS_EIO);
    (void)unlink(file);
    (void)rmdir(dir);
}

/* -- producer and consumer */

static int send_one(struct play *p, const char *topic, long i)
{
    char key[32];
    int n = snprintf(key, sizeof(key), "h%ld", i);
    const struct bus_kafka_header h = {"ce_type", BUS_STRV("x")};
    const struct bus_kafka_out_msg m = {.topic = topic,
                                        .partition = -1,
                                        .key = {key, (size_t)n},
                                        .value = {key, (size_t)n},
                                        .headers = &h,
                                        .headers_count = 1};
    return bus_kafka_producer_send(p->p, &m, p, &p->err);
}

static void on_acked(void *data,
                     void *token,
                     int32_t partition,
                     int64_t offset,
                     const struct bus_err *err)
{
    struct play *p = data;
    (void)partition;
    (void)offset;
    assert_ptr_equal(token, p);
    if (err != NULL) {
        assert_int_equal(bus_err_act(err->code), BUS_ACT_RETRY);
        p->refused++;
    } else {
        p->acked++;
    }
    if (p->acked + p->refused == MESSAGES && p->c == NULL && !p->was_down) {
        bus_run_loop_stop(p->loop, NULL);
    }
}

static void feed(struct play *p)
{
    assert_int_equal(
        bus_kafka_producer_open(&p->env, on_acked, p, &p->p, &p->err), 0);
    for (long i = 0; i < MESSAGES; i++) {
        assert_int_equal(send_one(p, "t.in", i), 0);
    }
}

static void on_batch(void *data, struct bus_kafka_batch *b)
{
    struct play *p = data;
    assert_non_null(p->c); /* never before it is ours, never after */
    for (size_t i = 0; i < b->n; i++) {
        struct bus_kafka_header h[4];
        const struct bus_kafka_msg *m = &b->msgs[i];
        assert_true(bus_strv_eq(m->key, m->value));
        assert_int_equal(m->partition,
                         bus_kafka_partition_of(m->key, PARTITIONS));
        assert_true(bus_strv_is(bus_kafka_msg_header(m, "ce_type"), "x"));
        assert_null(bus_kafka_msg_header(m, "ce_id").p);
        assert_int_equal(bus_kafka_msg_headers(m, h, 4), 1);
        assert_string_equal(h[0].name, "ce_type");
    }
    p->got += (long)b->n;
    bus_kafka_consumer_done(p->c, b);
    bus_kafka_batch_free(p->c, b);
}

static void caught_up_then_stop(void *data)
{
    struct play *p = data;
    if (p->got >= MESSAGES && bus_kafka_consumer_caught_up(p->c)) {
        bus_run_loop_stop(p->loop, NULL);
    }
}

static void caught_up_stops(void *data)
{
    struct play *p = data;
    if (bus_kafka_consumer_caught_up(p->c)) {
        bus_run_loop_stop(p->loop, NULL);
    }
}

static void failed(void *data, const struct bus_err *err)
{
    (void)data;
    fail_msg("%s", err->msg);
}

static void open_consumer(struct play *p, const char *const *names)
{
    const struct bus_kafka_consumer_conf conf = {.group = "unit",
                                                 .instance = "one",
                                                 .topics = names,
                                                 .topics_count = 1,
                                                 .batch_max = 30,
                                                 .data = p,
                                                 .batch = on_batch,
                                                 .failed = failed};
    assert_int_equal(bus_kafka_consumer_open(&p->env, &conf, &p->c, &p->err),
                     0);
}

static void test_write_and_read(void **state)
{
    (void)state;
    struct play p = {0};
    begin(&p, caught_up_then_stop);
    feed(&p);
    open_consumer(&p, in);
    bus_run_timer_start(p.step, 50, 50);
    run(&p);
    assert_int_equal(p.got, MESSAGES);
    assert_int_equal(p.acked, MESSAGES);
    assert_true(bus_run_health_ready(&p.health));
    assert_int_equal(metric(&p, BUS_M_EVENTS_OUT, "t.in"), MESSAGES);
    assert_int_equal(metric(&p, BUS_M_EVENTS_IN, "t.in"), MESSAGES);
    assert_int_equal(metric(&p, BUS_M_LAG_SECONDS, "t.in"), 0);
    bus_run_metrics_free(p.metrics);
    p.got = 0; /* what was done with is not read again */
    begin(&p, caught_up_stops);
    open_consumer(&p, in);
    bus_run_timer_start(p.step, 50, 50);
    run(&p);
    assert_int_equal(p.got, 0);
    bus_run_metrics_free(p.metrics);
    bus_kafka_embedded_stop(p.broker);
}

static void away_and_back(void *data)
{
    struct play *p = data;
    if (!p->was_down && p->acked == MESSAGES) {
        p->was_down = true;
        bus_kafka_embedded_down(p->broker, true);
    } else if (p->was_down && p->acked == MESSAGES &&
               !bus_kafka_producer_connected(p->p)) {
        assert_false(bus_run_health_ready(&p->health));
        assert_int_equal(send_one(p, "t.in", 1), 0);
        bus_kafka_embedded_down(p->broker, false);
        p->acked = -1; /* the one that waits makes it 0 */
    } else if (p->acked == 0 && bus_kafka_producer_connected(p->p)) {
        bus_run_loop_stop(p->loop, NULL);
    }
}

static void test_broker_away_and_back(void **state)
{
    (void)state;
    struct play p = {.was_down = false};
    begin(&p, away_and_back);
    p.c = NULL;
    p.was_down = true; /* acks alone do not stop the loop */
    feed(&p);
    p.was_down = false;
    bus_run_timer_start(p.step, 200, 50);
    p.refused = -MESSAGES; /* nor do these */
    run(&p);
    assert_string_equal(p.changes, "+-+"); /* told once a change */
    bus_run_metrics_free(p.metrics);
    bus_kafka_embedded_stop(p.broker);
}

/* -- the shell's mechanics */

static int
assigned(void *data, int lane, int32_t partition, struct bus_err *err)
{
    struct play *p = data;
    (void)err;
    assert_non_null(p->eos);
    assert_int_equal(partition % 2, lane);
    return 0;
}

static void revoked(void *data, int lane, int32_t partition)
{
    (void)data;
    assert_int_equal(partition % 2, lane);
}

static int pass(struct bus_kafka_out *to,
                const struct bus_kafka_msg *m,
                struct bus_err *err)
{
    const struct bus_kafka_header h = {"ce_type", BUS_STRV("x")};
    char *value = bus_kafka_out_alloc(to, 1000);
    memcpy(value, m->value.p, m->value.n);
    bus_kafka_out_trim(to, 1000 - m->value.n);
    const struct bus_kafka_put put = {.partition = m->partition,
                                      .key = m->key,
                                      .value = {value, m->value.n},
                                      .headers = &h,
                                      .headers_count = 1};
    return bus_kafka_out_put(to, 0, &put, err);
}

static int process(void *data,
                   int lane,
                   const struct bus_kafka_msg *msgs,
                   size_t n,
                   struct bus_kafka_out *to,
                   struct bus_err *err)
{
    struct play *p = data;
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        /* Too big is refused at once; what its input put before goes with it,
         * and what the others put stays. */
        rc = pass(to, &msgs[i], err);
        const size_t big = 200000;
        struct bus_err why;
        const struct bus_kafka_put put = {
            .partition = 0, .value = {bus_kafka_out_alloc(to, big), big}};
        if (rc == 0 && bus_kafka_out_put(to, 0, &put, &why) == BUS_ETOOBIG) {
            __atomic_add_fetch(&p->too_big, 1, __ATOMIC_RELAXED);
            bus_kafka_out_undo(to);
            rc = pass(to, &msgs[i], err);
        }
        if (rc == 0) {
            rc = bus_kafka_out_done(to, err);
        }
    }
    p->in_batch[lane] = (long)n;
    return rc;
}

static int committed(void *data,
                     int lane,
                     const struct bus_kafka_written *w,
                     size_t n,
                     struct bus_err *err)
{
    struct play *p = data;
    (void)w;
    (void)n;
    (void)err;
    __atomic_add_fetch(&p->passed, p->in_batch[lane], __ATOMIC_RELAXED);
    return 0;
}

static void aborted(void *data, int lane)
{
    (void)data;
    (void)lane;
}

static void passed_then_stop(void *data)
{
    struct play *p = data;
    if (__atomic_load_n(&p->passed, __ATOMIC_RELAXED) >= MESSAGES &&
        bus_run_health_ready(&p->health)) {
        bus_run_loop_stop(p->loop, NULL);
    }
}

static void open_shell(struct play *p)
{
    static const struct bus_kafka_eos_ops ops = {assigned,  revoked, process,
                                                 committed, aborted, failed};
    static const struct bus_kafka_eos_output outs[] = {{"t.out", false}};
    const struct bus_kafka_eos_conf conf = {.group = "shell",
                                            .instance = "one",
                                            .topics = in,
                                            .topics_count = 1,
                                            .outputs = outs,
                                            .outputs_count = 1,
                                            .lanes = 2,
                                            .ops = &ops,
                                            .data = p};
    assert_int_equal(bus_kafka_eos_open(&p->env, &conf, &p->eos, &p->err), 0);
}

static void test_shell_passes_on(void **state)
{
    (void)state;
    struct play p = {0};
    begin(&p, passed_then_stop);
    p.was_down = true;
    feed(&p);
    open_shell(&p);
    bus_run_timer_start(p.step, 50, 50);
    run(&p);
    assert_int_equal(p.passed, MESSAGES);
    assert_true(p.too_big >= MESSAGES);
    assert_int_equal(metric(&p, BUS_M_EVENTS_IN, "t.in"), MESSAGES);
    assert_int_equal(metric(&p, BUS_M_EVENTS_OUT, "t.out"), MESSAGES);
    bus_run_metrics_free(p.metrics);
    begin(&p, caught_up_then_stop);
    open_consumer(&p, out);
    bus_run_timer_start(p.step, 50, 50);
    run(&p);
    assert_int_equal(p.got, MESSAGES);
    bus_run_metrics_free(p.metrics);
    bus_kafka_embedded_stop(p.broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partitions_as_the_java_client),
        cmocka_unit_test(test_bootstrap_file),
        cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_broker_away_and_back),
        cmocka_unit_test(test_shell_passes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
