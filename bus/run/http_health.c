/* /healthz: the loop turns (it answers). /readyz: every condition holds, or
 * 503 with what is missing. /metrics. */
#include <stdlib.h>

#include "bus/run/http_parts.h"

static void healthz(struct bus_run_http_request *rq, void *data)
{
    (void)data;
    bus_run_http_answer(rq, 200, "text/plain", "ok\n", 3);
}

static void readyz(struct bus_run_http_request *rq, void *data)
{
    const struct bus_run_http *h = data;
    struct bus_buf b;
    bus_buf_init(&b, 64 * 1024);
    bus_run_health_print(h->health, &b);
    bus_run_http_answer(rq, bus_run_health_ready(h->health) ? 200 : 503,
                        "application/json", b.data, b.failed ? 0 : b.len);
    bus_buf_fini(&b);
}

static void metrics(struct bus_run_http_request *rq, void *data)
{
    const struct bus_run_http *h = data;
    for (int i = 0; i < h->health->count; i++) {
        const struct bus_run_health_condition *c = &h->health->list[i];
        const char *const values[BUS_METRIC_LABELS] = {c->name};
        bus_run_series_set(
            bus_run_metrics_series(h->conf.metrics, BUS_M_READY, values),
            c->holds ? 1 : 0);
    }
    struct bus_buf b;
    bus_buf_init(&b, 16 * 1024 * 1024);
    bus_run_metrics_print(h->conf.metrics, &b);
    bus_run_http_answer(rq, b.failed ? 500 : 200,
                        "text/plain; version=0.0.4; charset=utf-8", b.data,
                        b.failed ? 0 : b.len);
    bus_buf_fini(&b);
}

int bus_run_http_route_health(struct bus_run_http *h,
                              struct bus_run_health *health,
                              struct bus_err *err)
{
    h->health = health;
    int rc = bus_run_http_route(h, "GET", "/healthz", healthz, h, err);
    rc = rc != 0 ? rc : bus_run_http_route(h, "GET", "/readyz", readyz, h, err);
    if (rc == 0 && h->conf.metrics != NULL) {
        rc = bus_run_http_route(h, "GET", "/metrics", metrics, h, err);
    }
    return rc;
}
