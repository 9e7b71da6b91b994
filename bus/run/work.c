/* Blocking work: uv_queue_work with the loop held until done() has run. */
#include "bus/run/work.h"

#include <uv.h>

#include "bus/base/heap.h"

struct work
{
    uv_work_t uv;
    struct bus_run_loop *loop;
    void (*run)(void *data);
    void (*done)(void *data);
    void *data;
};

static void on_run(uv_work_t *uv)
{
    struct work *w = uv->data;
    w->run(w->data);
}

static void on_done(uv_work_t *uv, int status)
{
    (void)status; /* never cancelled */
    struct work *w = uv->data;
    struct bus_run_loop *loop = w->loop;
    w->done(w->data);
    bus_free(w);
    bus_run_loop_release(loop);
}

int bus_run_work(struct bus_run_loop *loop,
                 void (*run)(void *data),
                 void (*done)(void *data),
                 void *data,
                 struct bus_err *err)
{
    struct work *w = bus_calloc(1, sizeof(*w));
    if (w == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a piece of work");
    }
    w->loop = loop;
    w->run = run;
    w->done = done;
    w->data = data;
    w->uv.data = w;
    int rc = uv_queue_work(bus_run_loop_uv(loop), &w->uv, on_run, on_done);
    if (rc != 0) {
        bus_free(w);
        return bus_fail(err, BUS_EAGAIN, "a piece of work: %s",
                        uv_strerror(rc));
    }
    bus_run_loop_hold(loop);
    return 0;
}
