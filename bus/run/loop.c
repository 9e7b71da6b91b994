/* The loop's life: run, stop, drain.
 *
 * - a signal or bus_run_loop_stop() starts the drain: hooks, then wait for
 * holds
 * - nothing holds: uv_stop ends bus_run_loop_run
 * - the limit passes: the loop ends too, the exit code says so
 * - a second signal: the loop ends at once
 */
#include "bus/run/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <uv.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"

#define DRAIN_MS_DEFAULT 10000
#define DRAIN_HOOKS_MAX  32
#define BEAT_MS          1000

struct drain_hook
{
    bus_run_loop_cb cb;
    void *data;
};
struct bus_run_loop
{
    uv_loop_t uv;
    uv_signal_t sigterm, sigint;
    uv_timer_t beat, limit;
    struct drain_hook hooks[DRAIN_HOOKS_MAX];
    int hooks_count;
    int64_t drain_ms;
    uint64_t beat_ms;
    size_t holds;
    bool signals, running, stopping, undrained, has_why;
    struct bus_err why;
};

static void finish_if_idle(struct bus_run_loop *loop)
{
    if (loop->stopping && loop->holds == 0) {
        uv_stop(&loop->uv);
    }
}

static void on_limit(uv_timer_t *t)
{
    struct bus_run_loop *loop = t->data;
    loop->undrained = true;
    uv_stop(&loop->uv);
}

static void on_loop_signal(uv_signal_t *s, int signum)
{
    (void)signum;
    struct bus_run_loop *loop = s->data;
    if (loop->stopping) {
        loop->undrained = loop->holds > 0;
        uv_stop(&loop->uv);
        return;
    }
    bus_run_loop_stop(loop, NULL);
}

static void on_loop_beat(uv_timer_t *t)
{
    struct bus_run_loop *loop = t->data;
    loop->beat_ms = uv_now(&loop->uv);
}

static int start_handles(struct bus_run_loop *loop)
{
    loop->beat.data = loop;
    loop->limit.data = loop;
    loop->sigterm.data = loop;
    loop->sigint.data = loop;
    loop->beat_ms = uv_now(&loop->uv);
    BUS_TRY(uv_timer_init(&loop->uv, &loop->beat));
    BUS_TRY(uv_timer_init(&loop->uv, &loop->limit));
    BUS_TRY(uv_timer_start(&loop->beat, on_loop_beat, BEAT_MS, BEAT_MS));
    if (!loop->signals) {
        return 0;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file limit: then an error, EFBIG */
    BUS_TRY(uv_signal_init(&loop->uv, &loop->sigterm));
    BUS_TRY(uv_signal_init(&loop->uv, &loop->sigint));
    BUS_TRY(uv_signal_start(&loop->sigterm, on_loop_signal, SIGTERM));
    return uv_signal_start(&loop->sigint, on_loop_signal, SIGINT);
}

int bus_run_loop_new(const struct bus_run_loop_conf *conf,
                     struct bus_run_loop **ret,
                     struct bus_err *err)
{
    struct bus_run_loop *loop = bus_calloc(1, sizeof(*loop));
    if (loop == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the loop");
    }
    loop->drain_ms =
        conf != NULL && conf->drain_ms > 0 ? conf->drain_ms : DRAIN_MS_DEFAULT;
    loop->signals = conf == NULL || !conf->no_signals;
    int rc = uv_loop_init(&loop->uv);
    if (rc != 0) {
        bus_free(loop);
        return bus_fail(err, BUS_ENOMEM, "the loop: %s", uv_strerror(rc));
    }
    rc = start_handles(loop);
    if (rc != 0) {
        bus_run_loop_free(loop);
        return bus_fail(err, BUS_ENOMEM, "the loop: %s", uv_strerror(rc));
    }
    *ret = loop;
    return 0;
}

static int exit_code(const struct bus_run_loop *loop)
{
    if (loop->has_why) {
        return loop->why.code == BUS_ECONFIG ? BUS_EXIT_CONFIG : BUS_EXIT_FAULT;
    }
    return loop->undrained ? BUS_EXIT_UNDRAINED : BUS_EXIT_OK;
}

int bus_run_loop_run(struct bus_run_loop *loop)
{
    loop->running = true;
    /* Stopped before it ran: the hooks have been called and may be done. */
    if (!loop->stopping || loop->holds > 0) {
        (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    }
    loop->running = false;
    return exit_code(loop);
}

void bus_run_loop_turn(struct bus_run_loop *loop)
{
    (void)uv_run(&loop->uv, UV_RUN_NOWAIT);
}

void bus_run_loop_stop(struct bus_run_loop *loop, const struct bus_err *why)
{
    if (why != NULL && !loop->has_why) {
        loop->why = *why;
        loop->has_why = true;
    }
    if (loop->stopping) {
        return;
    }
    loop->stopping = true;
    (void)uv_timer_start(&loop->limit, on_limit, (uint64_t)loop->drain_ms, 0);
    /* A hook may release at once: hold until all have been called. */
    loop->holds++;
    for (int i = loop->hooks_count - 1; i >= 0; i--) {
        loop->hooks[i].cb(loop->hooks[i].data);
    }
    bus_run_loop_release(loop);
}

bool bus_run_loop_stopping(const struct bus_run_loop *loop)
{
    return loop->stopping;
}

const struct bus_err *bus_run_loop_why(const struct bus_run_loop *loop)
{
    return loop->has_why ? &loop->why : NULL;
}

static void close_ours(uv_handle_t *h, void *arg)
{
    struct bus_run_loop *loop = arg;
    bool ours =
        h == (uv_handle_t *)&loop->beat || h == (uv_handle_t *)&loop->limit ||
        h == (uv_handle_t *)&loop->sigterm || h == (uv_handle_t *)&loop->sigint;
    if (ours && !uv_is_closing(h)) {
        uv_close(h, NULL);
    }
}

void bus_run_loop_free(struct bus_run_loop *loop)
{
    if (loop == NULL) {
        return;
    }
    uv_walk(&loop->uv, close_ours, loop);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&loop->uv);
    BUS_CHECK(rc == 0 && "a part of the loop was not freed");
    (void)rc;
    bus_free(loop);
}

struct uv_loop_s *bus_run_loop_uv(struct bus_run_loop *loop)
{
    return &loop->uv;
}

int64_t bus_run_loop_beat_age_ms(const struct bus_run_loop *loop)
{
    return (int64_t)(uv_hrtime() / 1000000) - (int64_t)loop->beat_ms;
}

uint64_t bus_run_loop_now_ms(const struct bus_run_loop *loop)
{
    return uv_now(&loop->uv);
}

int bus_run_loop_on_drain(struct bus_run_loop *loop,
                          bus_run_loop_cb cb,
                          void *data,
                          struct bus_err *err)
{
    if (loop->hooks_count == DRAIN_HOOKS_MAX) {
        return bus_fail(err, BUS_EBUG, "over %d drain hooks", DRAIN_HOOKS_MAX);
    }
    loop->hooks[loop->hooks_count++] = (struct drain_hook){cb, data};
    return 0;
}

void bus_run_loop_hold(struct bus_run_loop *loop)
{
    loop->holds++;
}

void bus_run_loop_release(struct bus_run_loop *loop)
{
    BUS_CHECK(loop->holds > 0);
    loop->holds--;
    finish_if_idle(loop);
}
