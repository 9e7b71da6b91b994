/* Events are posted to a server, which answers in what it says. */
#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/run/http.h"
#include "ops/cli/county/simulate_parts.h"

#define HERE "http://127.0.0.1:"

static void on_serve(struct bus_run_http_request *rq, void *data)
{
    struct simulate_side *s = data;
    struct simulate_said said[SIMULATE_ANSWERS_MAX];
    struct bus_err err;
    size_t n = 0;
    int rc =
        cli_simulate_desk_ask(&s->desk, bus_run_http_body(rq), said, &n, &err);
    if (rc != BUS_OK) {
        bool refused = bus_err_act(err.code) == BUS_ACT_REJECT;
        bus_run_http_problem(rq, refused ? 422 : 503, err.msg, NULL);
        return;
    }
    BUS_CHECK(n <= 1); /* of those whom open() lets in */
    if (n == 0) {
        bus_run_http_answer(rq, 204, NULL, NULL, 0);
    } else {
        bus_run_http_answer(rq, 200, "application/json", said[0].text.p,
                            said[0].text.n);
    }
}

static void simulate_serve_close(struct simulate_side *s)
{
    bus_run_http_free(s->own);
}

static int simulate_serve_open(struct simulate_side *s, struct bus_err *err)
{
    const struct bus_conf_partner *p = s->conf.partner;
    bool here = strncmp(p->push.url, HERE, sizeof(HERE) - 1) == 0;
    char *path = NULL;
    long port = here ? strtol(p->push.url + sizeof(HERE) - 1, &path, 10) : 0;
    bool one = p->kind == BUS_PARTNER_INSURER || p->kind == BUS_PARTNER_POST ||
               p->kind == BUS_PARTNER_CHARITY;
    if (port < 1 || port > 65535 || path[0] != '/' || !one) {
        return bus_fail(err, BUS_ECONFIG,
                        "%s: simulated where push.url is " HERE
                        "PORT/PATH, for an insurer, the post or a charity",
                        p->code);
    }
    struct bus_run_http *http = NULL;
    const struct bus_run_http_conf conf = {
        .port = (int)port, .body_bytes_max = p->limits.message_bytes_max};
    BUS_TRY(bus_run_http_new(s->conf.loop, &conf, &http, err));
    s->own = http;
    BUS_TRY(bus_run_http_route(http, "POST", path, on_serve, s, err));
    return bus_run_http_start(http, err);
}

const struct simulate_way simulate_way_serve = {.open = simulate_serve_open,
                                                .close = simulate_serve_close};
