/* One loop a role: signals, timers, wake-ups from other threads, drain.
 *
 * Life of a role:
 *   bus_run_loop_new, make the parts, bus_run_loop_run (blocks), free the
 * parts, bus_run_loop_free. SIGTERM or SIGINT (or bus_run_loop_stop) starts the
 * drain: every drain hook is called once, in reverse order of registration, and
 * bus_run_loop_run returns as soon as nothing holds the loop
 * (bus_run_loop_hold), at the latest after drain_ms. A second signal ends it at
 * once. SIGPIPE is ignored.
 *
 * Everything here belongs to the thread that runs the loop, but
 * bus_run_wake_send(), which any thread may call. */
#ifndef BUS_RUN_LOOP_H
#define BUS_RUN_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/run/exit.h"

struct bus_run_loop;
struct uv_loop_s;

struct bus_run_loop_conf
{
    int64_t drain_ms; /* 0 = 10 000 */
    bool no_signals;  /* tests: leave the process's signals alone */
};

int bus_run_loop_new(const struct bus_run_loop_conf *conf,
                     struct bus_run_loop **ret,
                     struct bus_err *err) BUS_MUSTCHECK;
/* Runs until stopped and drained; returns enum bus_run_exit. With an error
 * given to bus_run_loop_stop() that is BUS_EXIT_CONFIG for BUS_ECONFIG,
 * BUS_EXIT_FAULT for others. */
int bus_run_loop_run(struct bus_run_loop *loop);
/* What is ready now, and no waiting: for a command that has a loop beside what
 * it does, and never runs it. */
void bus_run_loop_turn(struct bus_run_loop *loop);
/* Starts the drain. why: NULL for a wished end; else copied, the first one is
 * kept, see bus_run_loop_why(). */
void bus_run_loop_stop(struct bus_run_loop *loop, const struct bus_err *why);
bool bus_run_loop_stopping(const struct bus_run_loop *loop);
/* The error that stopped it, for the top to log; NULL if none. */
const struct bus_err *bus_run_loop_why(const struct bus_run_loop *loop);
/* Runs what is left (closing handles) and frees. NULL is allowed. Free the
 * parts first. */
void bus_run_loop_free(struct bus_run_loop *loop);
/* For the seams only (run/, kafka/, pg/). */
struct uv_loop_s *bus_run_loop_uv(struct bus_run_loop *loop);
/* Turns of the loop since start, seen by a 1 s heartbeat: /healthz. */
int64_t bus_run_loop_beat_age_ms(const struct bus_run_loop *loop);
uint64_t
bus_run_loop_now_ms(const struct bus_run_loop *loop); /* monotonic, cached */

/* Drain. What has work in flight holds the loop until it has ended. */
typedef void (*bus_run_loop_cb)(void *data);
int bus_run_loop_on_drain(struct bus_run_loop *loop,
                          bus_run_loop_cb cb,
                          void *data,
                          struct bus_err *err) BUS_MUSTCHECK;
void bus_run_loop_hold(struct bus_run_loop *loop);
void bus_run_loop_release(struct bus_run_loop *loop);

/* Timers. The callback may free its own timer. */
struct bus_timer;
int bus_run_timer_new(struct bus_run_loop *loop,
                      bus_run_loop_cb cb,
                      void *data,
                      struct bus_timer **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
/* repeat_ms 0 = once. Starting again replaces the time. */
void bus_run_timer_start(struct bus_timer *t,
                         int64_t after_ms,
                         int64_t repeat_ms);
void bus_run_timer_stop(struct bus_timer *t);
void bus_run_timer_free(struct bus_timer *t); /* NULL is allowed */

/* A wake-up from any thread; several sends may become one callback. */
struct bus_wake;
int bus_run_wake_new(struct bus_run_loop *loop,
                     bus_run_loop_cb cb,
                     void *data,
                     struct bus_wake **ret,
                     struct bus_err *err) BUS_MUSTCHECK;
void bus_run_wake_send(struct bus_wake *w);
void bus_run_wake_free(struct bus_wake *w); /* no thread may send any more */

/* A readable file descriptor (borrowed; it must outlive the poll). */
struct bus_poll;
int bus_run_poll_new(struct bus_run_loop *loop,
                     int fd,
                     bus_run_loop_cb cb,
                     void *data,
                     struct bus_poll **ret,
                     struct bus_err *err) BUS_MUSTCHECK;
void bus_run_poll_free(struct bus_poll *p); /* then the fd may be closed */

#endif
