/* /healthz: the loop turns (it answers). /readyz: every condition holds, or
 * 503 with what is missing. /metrics. What is missing and what is counted is
 * for who watches the role; a stranger reads whether it is ready. */
#include <stdlib.h>
#include <string.h>

#include "bus/run/http_parts.h"

static void healthz(struct bus_run_http_request *rq, void *data)
{
    (void)data;
    bus_run_http_answer(rq, 200, "text/plain", "ok\n", 3);
}

/* The role's word stands before the conditions; its ready in place of theirs.
 */
static void http_put_state(const struct bus_run_http *h,
                           struct bus_buf *out,
                           bool *ret_ready)
{
    struct bus_buf conditions;
    const char *word = h->state(h->state_data, ret_ready);
    bus_buf_init(&conditions, 64 * 1024);
    bus_run_health_print(h->health, &conditions);
    const char *rest = strchr(bus_buf_cstr(&conditions), ',');
    bus_buf_printf(out, "{\"ready\":%s,\"state\":\"%s\"%s",
                   *ret_ready ? "true" : "false", word,
                   rest != NULL ? rest : "}\n");
    bus_buf_fini(&conditions);
}

void bus_run_http_set_state(struct bus_run_http *h,
                            bus_run_http_state state,
                            void *data)
{
    h->state = state;
    h->state_data = data;
}

static bool watches(const struct bus_run_http_request *rq)
{
    return bus_run_http_loopback(rq) ||
           run_http_from_watcher(rq->http, rq->conn);
}

static void readyz(struct bus_run_http_request *rq, void *data)
{
    const struct bus_run_http *h = data;
    struct bus_buf b;
    bus_buf_init(&b, 64 * 1024);
    bool ready = bus_run_health_ready(h->health);
    if (h->state != NULL) {
        http_put_state(h, &b, &ready);
    } else {
        bus_run_health_print(h->health, &b);
    }
    if (!watches(rq)) {
        bus_buf_clear(&b);
        bus_buf_printf(&b, "{\"ready\":%s}\n", ready ? "true" : "false");
    }
    bus_run_http_answer(rq, ready ? 200 : 503, "application/json", b.data,
                        b.failed ? 0 : b.len);
    bus_buf_fini(&b);
}

static void metrics(struct bus_run_http_request *rq, void *data)
{
    const struct bus_run_http *h = data;
    if (!watches(rq)) {
        bus_run_http_problem(rq, 404, "no such path", "没有此地址");
        return;
    }
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
    BUS_TRY(bus_run_http_route(h, "GET", "/healthz", healthz, h, err));
    BUS_TRY(bus_run_http_route(h, "GET", "/readyz", readyz, h, err));
    return h->conf.metrics == NULL
               ? BUS_OK
               : bus_run_http_route(h, "GET", "/metrics", metrics, h, err);
}
