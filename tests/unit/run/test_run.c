/* Loop, timers, wake-ups, work, back-off, health, metrics. */
#include "tests/lib/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/heap.h"
#include "bus/run/backoff.h"
#include "bus/run/health.h"
#include "bus/run/loop.h"
#include "bus/run/metrics.h"
#include "bus/run/work.h"

struct scene
{
    struct bus_run_loop *loop;
    struct bus_timer *timer;
    struct bus_wake *wake;
    int ticks, drained, woken;
    int ran, done;
};

static struct bus_run_loop *new_loop(int64_t drain_ms, bool signals)
{
    struct bus_run_loop_conf conf = {.drain_ms = drain_ms,
                                     .no_signals = !signals};
    struct bus_run_loop *loop = NULL;
    struct bus_err err;
    assert_int_equal(bus_run_loop_new(&conf, &loop, &err), 0);
    return loop;
}

static void tick_and_stop(void *data)
{
    struct scene *s = data;
    if (++s->ticks == 3) {
        bus_run_loop_stop(s->loop, NULL);
    }
}

static void test_timer_and_stop(void **state)
{
    (void)state;
    struct scene s = {.loop = new_loop(1000, false)};
    assert_int_equal(
        bus_run_timer_new(s.loop, tick_and_stop, &s, &s.timer, NULL), 0);
    bus_run_timer_start(s.timer, 1, 1);
    assert_int_equal(bus_run_loop_run(s.loop), BUS_EXIT_OK);
    assert_int_equal(s.ticks, 3);
    bus_run_timer_free(s.timer);
    bus_run_loop_free(s.loop);
}

/* By hand: what is ready, and no waiting for what is not. */
static void test_turned_it_does_not_wait(void **state)
{
    (void)state;
    struct scene s = {.loop = new_loop(1000, false)};
    assert_int_equal(
        bus_run_timer_new(s.loop, tick_and_stop, &s, &s.timer, NULL), 0);
    bus_run_timer_start(s.timer, 3600000, 0);
    bus_run_loop_turn(s.loop);
    assert_int_equal(s.ticks, 0);
    bus_run_timer_start(s.timer, 0, 0);
    bus_run_loop_turn(s.loop);
    assert_int_equal(s.ticks, 1);
    bus_run_timer_free(s.timer);
    bus_run_loop_free(s.loop);
}

static void release(void *data)
{
    struct scene *s = data;
    bus_run_loop_release(s->loop);
}

static void drain(void *data)
{
    struct scene *s = data;
    s->drained++;
    bus_run_loop_hold(s->loop);
    bus_run_timer_start(s->timer, 20, 0);
}

static void raise_term(void *data)
{
    (void)data;
    (void)raise(SIGTERM);
}

static void test_signal_drains(void **state)
{
    (void)state;
    struct scene s = {.loop = new_loop(5000, true)};
    struct bus_timer *kick = NULL;
    assert_int_equal(bus_run_timer_new(s.loop, release, &s, &s.timer, NULL), 0);
    assert_int_equal(bus_run_timer_new(s.loop, raise_term, &s, &kick, NULL), 0);
    assert_int_equal(bus_run_loop_on_drain(s.loop, drain, &s, NULL), 0);
    bus_run_timer_start(kick, 1, 0);
    assert_int_equal(bus_run_loop_run(s.loop), BUS_EXIT_OK);
    assert_int_equal(s.drained, 1);
    assert_true(bus_run_loop_stopping(s.loop));
    bus_run_timer_free(s.timer);
    bus_run_timer_free(kick);
    bus_run_loop_free(s.loop);
}

static void stop_now(void *data)
{
    struct scene *s = data;
    bus_run_loop_stop(s->loop, NULL);
}

static void hold_for_ever(void *data)
{
    struct scene *s = data;
    bus_run_loop_hold(s->loop);
}

static void test_drain_limit(void **state)
{
    (void)state;
    struct scene s = {.loop = new_loop(30, false)};
    assert_int_equal(bus_run_timer_new(s.loop, stop_now, &s, &s.timer, NULL),
                     0);
    assert_int_equal(bus_run_loop_on_drain(s.loop, hold_for_ever, &s, NULL), 0);
    bus_run_timer_start(s.timer, 1, 0);
    assert_int_equal(bus_run_loop_run(s.loop), BUS_EXIT_UNDRAINED);
    bus_run_timer_free(s.timer);
    bus_run_loop_free(s.loop);
}

static void stop_with_error(void *data)
{
    struct scene *s = data;
    struct bus_err err;
    (void)bus_fail(&err, BUS_ECONFIG, "first");
    bus_run_loop_stop(s->loop, &err);
    (void)bus_fail(&err, BUS_EIO, "second");
    bus_run_loop_stop(s->loop, &err);
}

static void test_error_gives_the_exit_code(void **state)
{
    (void)state;
    struct scene s = {.loop = new_loop(30, false)};
    assert_int_equal(
        bus_run_timer_new(s.loop, stop_with_error, &s, &s.timer, NULL), 0);
    bus_run_timer_start(s.timer, 1, 0);
    assert_int_equal(bus_run_loop_run(s.loop), BUS_EXIT_CONFIG);
    assert_string_equal(bus_run_loop_why(s.loop)->msg, "first");
    bus_run_timer_free(s.timer);
    bus_run_loop_free(s.loop);
}

static void *send_wake(void *data)
{
    struct scene *s = data;
    bus_run_wake_send(s->wake);
    return NULL;
}

static void on_wake(void *data)
{
    struct scene *s = data;
    s->woken++;
    bus_run_loop_stop(s->loop, NULL);
}

static void test_wake_from_a_thread(void **state)
{
    (void)state;
    struct scene s = {.loop = new_loop(1000, false)};
    assert_int_equal(bus_run_wake_new(s.loop, on_wake, &s, &s.wake, NULL), 0);
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, send_wake, &s), 0);
    assert_int_equal(bus_run_loop_run(s.loop), BUS_EXIT_OK);
    assert_int_equal(s.woken, 1);
    (void)pthread_join(t, NULL);
    bus_run_wake_free(s.wake);
    bus_run_loop_free(s.loop);
}

static void work_run(void *data)
{
    struct scene *s = data;
    (void)usleep(10000);
    s->ran++;
}

static void work_done(void *data)
{
    struct scene *s = data;
    s->done++;
}

/* Stopping at once must still wait for the work in flight. */
static void test_work_holds_the_drain(void **state)
{
    (void)state;
    struct scene s = {.loop = new_loop(5000, false)};
    assert_int_equal(bus_run_work(s.loop, work_run, work_done, &s, NULL), 0);
    bus_run_loop_stop(s.loop, NULL);
    assert_int_equal(bus_run_loop_run(s.loop), BUS_EXIT_OK);
    assert_int_equal(s.ran, 1);
    assert_int_equal(s.done, 1);
    bus_run_loop_free(s.loop);
}

static void test_backoff_grows_with_jitter(void **state)
{
    (void)state;
    struct bus_run_backoff b = {.min_ms = 100, .max_ms = 5000};
    int64_t d = 100;
    bool differs = false;
    for (int i = 0; i < 40; i++) {
        int64_t ms = bus_run_backoff_next_ms(&b);
        assert_in_range(ms, d / 2, d);
        differs = differs || ms != d;
        d = d * 2 < 5000 ? d * 2 : 5000;
    }
    assert_true(differs);
    bus_run_backoff_reset(&b);
    assert_in_range(bus_run_backoff_next_ms(&b), 50, 100);
}

static void on_change(void *data, const struct bus_run_health_condition *c)
{
    int *n = data;
    (void)c;
    ++*n;
}

static void test_health_tells_a_change_once(void **state)
{
    (void)state;
    int changes = 0;
    struct bus_run_health h;
    bus_run_health_init(&h, on_change, &changes);
    int kafka = bus_run_health_add(&h, "kafka", "not tried yet");
    assert_int_equal(bus_run_health_add(&h, "kafka", ""), kafka);
    assert_false(bus_run_health_ready(&h));
    bus_run_health_bad(&h, kafka, "no broker at %s", "\"x\"");
    assert_int_equal(changes, 0);
    bus_run_health_remind(&h); /* who waits long is told of what never held */
    assert_int_equal(changes, 1);
    assert_false(h.list[kafka].held);
    changes = 0;
    bus_run_health_good(&h, kafka);
    bus_run_health_good(&h, kafka);
    bus_run_health_remind(&h);
    assert_int_equal(changes, 1);
    assert_true(bus_run_health_ready(&h) && h.list[kafka].held);
    bus_run_health_bad(&h, kafka, "away");
    bus_run_health_remind(&h); /* told already */
    bus_run_health_bad(&h, kafka, "still \"away\"");
    assert_int_equal(changes, 2);
    struct bus_buf b = {0};
    bus_run_health_print(&h, &b);
    assert_non_null(strstr(bus_buf_cstr(&b), "still \\\"away\\\""));
    bus_buf_fini(&b);
}

static void test_metrics_text(void **state)
{
    (void)state;
    struct bus_run_metrics *m = bus_run_metrics_new();
    const char *const a[BUS_METRIC_LABELS] = {"qihe.cases"};
    const char *const quoted[BUS_METRIC_LABELS] = {"a\"b\\c\nd"};
    struct bus_series *s = bus_run_metrics_series(m, BUS_M_EVENTS_IN, a);
    bus_run_series_add(s, 41);
    bus_run_series_add(bus_run_metrics_series(m, BUS_M_EVENTS_IN, a), 1);
    bus_run_series_add(bus_run_metrics_series(m, BUS_M_EVENTS_IN, quoted), 1);
    bus_run_series_set(bus_run_metrics_series(m, BUS_M_LAG_SECONDS, a), 1.5);
    const char *const lane[BUS_METRIC_LABELS] = {"0"};
    struct bus_series *hist =
        bus_run_metrics_series(m, BUS_M_KAFKA_COMMIT_SECONDS, lane);
    bus_run_series_observe(hist, 0.0005);
    bus_run_series_observe(hist, 0.03);
    bus_run_series_observe(hist, 600);
    struct bus_buf b = {0};
    bus_run_metrics_print(m, &b);
    const char *t = bus_buf_cstr(&b);
    assert_non_null(strstr(t, "# TYPE lianou_events_in_total counter\n"
                              "lianou_events_in_total{topic=\"qihe.cases\"} "
                              "42\n"
                              "lianou_events_in_total{topic=\"a\\\"b\\\\c\\nd"
                              "\"} 1\n"));
    assert_non_null(strstr(t, "lianou_lag_seconds{topic=\"qihe.cases\"} 1.5"));
    assert_non_null(strstr(t, "_bucket{lane=\"0\",le=\"0.05\"} 2\n"));
    assert_non_null(strstr(t, "_bucket{lane=\"0\",le=\"+Inf\"} 3\n"));
    assert_non_null(strstr(t, "commit_seconds_sum{lane=\"0\"} 600.030500\n"));
    bus_buf_fini(&b);
    bus_run_metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timer_and_stop),
        cmocka_unit_test(test_turned_it_does_not_wait),
        cmocka_unit_test(test_signal_drains),
        cmocka_unit_test(test_drain_limit),
        cmocka_unit_test(test_error_gives_the_exit_code),
        cmocka_unit_test(test_wake_from_a_thread),
        cmocka_unit_test(test_work_holds_the_drain),
        cmocka_unit_test(test_backoff_grows_with_jitter),
        cmocka_unit_test(test_health_tells_a_change_once),
        cmocka_unit_test(test_metrics_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
