/* Timers, wake-ups and polls: each one libuv handle with a callback of ours.
 *
 * - new: memory and handle
 * - free: uv_close; the memory goes with the close callback, so a callback may
 *   free its own handle
 */
#include <uv.h>

#include "bus/base/heap.h"
#include "bus/run/loop.h"

struct bus_timer
{
    uv_timer_t uv;
    bus_run_loop_cb cb;
    void *data;
};
struct bus_wake
{
    uv_async_t uv;
    bus_run_loop_cb cb;
    void *data;
};
struct bus_poll
{
    uv_poll_t uv;
    bus_run_loop_cb cb;
    void *data;
};

static void on_handles_closed(uv_handle_t *h)
{
    bus_free(h->data);
}

static int
handles_made(int rc, const char *what, void *memory, struct bus_err *err)
{
    if (rc != 0) {
        bus_free(memory);
        return bus_fail(err, BUS_ENOMEM, "%s: %s", what, uv_strerror(rc));
    }
    return 0;
}

static void on_handles_timer(uv_timer_t *uv)
{
    struct bus_timer *t = uv->data;
    t->cb(t->data);
}

int bus_run_timer_new(struct bus_run_loop *loop,
                      bus_run_loop_cb cb,
                      void *data,
                      struct bus_timer **ret,
                      struct bus_err *err)
{
    struct bus_timer *t = bus_calloc(1, sizeof(*t));
    if (t == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a timer");
    }
    t->cb = cb;
    t->data = data;
    int rc = uv_timer_init(bus_run_loop_uv(loop), &t->uv);
    t->uv.data = t;
    rc = handles_made(rc, "a timer", t, err);
    if (rc == 0) {
        *ret = t;
    }
    return rc;
}

void bus_run_timer_start(struct bus_timer *t,
                         int64_t after_ms,
                         int64_t repeat_ms)
{
    uv_update_time(t->uv.loop);
    (void)uv_timer_start(&t->uv, on_handles_timer,
                         after_ms > 0 ? (uint64_t)after_ms : 0,
                         repeat_ms > 0 ? (uint64_t)repeat_ms : 0);
}

void bus_run_timer_stop(struct bus_timer *t)
{
    (void)uv_timer_stop(&t->uv);
}

void bus_run_timer_free(struct bus_timer *t)
{
    if (t != NULL) {
        uv_close((uv_handle_t *)&t->uv, on_handles_closed);
    }
}

static void on_handles_wake(uv_async_t *uv)
{
    struct bus_wake *w = uv->data;
    w->cb(w->data);
}

int bus_run_wake_new(struct bus_run_loop *loop,
                     bus_run_loop_cb cb,
                     void *data,
                     struct bus_wake **ret,
                     struct bus_err *err)
{
    struct bus_wake *w = bus_calloc(1, sizeof(*w));
    if (w == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a wake-up");
    }
    w->cb = cb;
    w->data = data;
    int rc = uv_async_init(bus_run_loop_uv(loop), &w->uv, on_handles_wake);
    w->uv.data = w;
    rc = handles_made(rc, "a wake-up", w, err);
    if (rc == 0) {
        *ret = w;
    }
    return rc;
}

void bus_run_wake_send(struct bus_wake *w)
{
    (void)uv_async_send(&w->uv);
}

void bus_run_wake_free(struct bus_wake *w)
{
    if (w != NULL) {
        uv_close((uv_handle_t *)&w->uv, on_handles_closed);
    }
}

static void on_handles_poll(uv_poll_t *uv, int status, int events)
{
    (void)status; /* an error shows in the next read of the descriptor */
    (void)events;
    struct bus_poll *p = uv->data;
    p->cb(p->data);
}

int bus_run_poll_new(struct bus_run_loop *loop,
                     int fd,
                     bus_run_loop_cb cb,
                     void *data,
                     struct bus_poll **ret,
                     struct bus_err *err)
{
    struct bus_poll *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a poll");
    }
    p->cb = cb;
    p->data = data;
    int rc = uv_poll_init(bus_run_loop_uv(loop), &p->uv, fd);
    p->uv.data = p;
    rc = handles_made(rc, "a poll", p, err);
    if (rc != 0) {
        return rc;
    }
    rc = uv_poll_start(&p->uv, UV_READABLE, on_handles_poll);
    if (rc != 0) {
        bus_run_poll_free(p);
        return bus_fail(err, BUS_EIO, "a poll: %s", uv_strerror(rc));
    }
    *ret = p;
    return 0;
}

void bus_run_poll_free(struct bus_poll *p)
{
    if (p != NULL) {
        uv_close((uv_handle_t *)&p->uv, on_handles_closed);
    }
}
