/* One request: its route, its views, its answer.
 *
 * - dispatch: the first route whose pattern and method fit
 * - answer: a response object; queued by the caller inside the handler, or by
 *   resuming the connection
 */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/run/http_parts.h"

/* One step of a pattern against a path; false: does not fit. */
static bool take_param(struct bus_run_http_request *rq,
                       const char **pattern,
                       const char **path)
{
    const char *name = *pattern + 1;
    const char *end = strchr(name, '}');
    BUS_CHECK(end != NULL && rq->params_count < HTTP_PARAMS_MAX);
    bool rest = end > name && end[-1] == '*';
    size_t n = rest ? strlen(*path) : strcspn(*path, "/");
    if (n == 0) {
        return false;
    }
    int i = rq->params_count++;
    rq->params[i].name = name;
    rq->params[i].name_n = (size_t)(end - name) - (rest ? 1 : 0);
    rq->params[i].value = (struct bus_strv){*path, n};
    *pattern = end + 1;
    *path += n;
    return true;
}

static bool http_request_fits(struct bus_run_http_request *rq,
                              const char *pattern)
{
    const char *path = rq->path;
    rq->params_count = 0;
    while (*pattern != '\0') {
        if (*pattern == '{') {
            if (!take_param(rq, &pattern, &path)) {
                return false;
            }
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

static bool method_fits(const struct bus_run_http_request *rq,
                        const char *method)
{
    return strcmp(rq->method, method) == 0 ||
           (strcmp(rq->method, "HEAD") == 0 && strcmp(method, "GET") == 0);
}

/* What needs no route to be refused. */
static bool refused(struct bus_run_http_request *rq)
{
    if (rq->refusal != NULL) {
        bus_run_http_set(rq, "Connection", "close");
        bus_run_http_problem(rq, rq->refusal->status, rq->refusal->en,
                             rq->refusal->zh);
    } else if (rq->limited) {
        bus_run_http_set(rq, "Retry-After", "1");
        bus_run_http_problem(rq, 429,
                             "more requests than one client may send; again "
                             "in a second",
                             "请求过于频繁, 请稍后再试");
    } else if (rq->coded) {
        bus_run_http_set(rq, "Accept-Encoding", "identity");
        bus_run_http_set(rq, "Connection", "close");
        bus_run_http_problem(rq, 415, "send the body without a coding",
                             "请勿压缩请求体");
    }
    return rq->answered;
}

void run_http_dispatch(struct bus_run_http_request *rq)
{
    struct bus_run_http *h = rq->http;
    if (refused(rq)) {
        return;
    }
    char allow[128] = "";
    size_t allow_n = 0;
    for (int i = 0; i < h->routes_count; i++) {
        const struct http_route *r = &h->routes[i];
        if (!http_request_fits(rq, r->pattern)) {
            continue;
        }
        if (method_fits(rq, r->method)) {
            rq->route = r;
            break;
        }
        int n = snprintf(allow + allow_n, sizeof(allow) - allow_n, "%s%s",
                         allow_n > 0 ? ", " : "", r->method);
        allow_n += n > 0 && (size_t)n < sizeof(allow) - allow_n ? (size_t)n : 0;
    }
    if (rq->route == NULL && allow_n > 0) {
        bus_run_http_set(rq, "Allow", allow);
        bus_run_http_problem(rq, 405, "this path takes another method",
                             "该路径不接受此方法");
    } else if (rq->route == NULL) {
        bus_run_http_problem(rq, 404, "there is nothing at this path",
                             "此路径不存在");
    } else if (rq->too_big) {
        char en[64], zh[64];
        long long max = (long long)h->conf.body_bytes_max;
        (void)snprintf(en, sizeof(en), "at most %lld bytes are taken", max);
        (void)snprintf(zh, sizeof(zh), "请求体最多 %lld 字节", max);
        bus_run_http_set(rq, "Connection", "close");
        bus_run_http_problem(rq, 413, en, zh);
    } else {
        rq->route->handler(rq, rq->route->data);
    }
}

const char *bus_run_http_method(const struct bus_run_http_request *rq)
{
    return rq->method;
}

struct bus_strv bus_run_http_path(const struct bus_run_http_request *rq)
{
    return bus_strv(rq->path);
}

struct bus_strv bus_run_http_param(const struct bus_run_http_request *rq,
                                   const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < rq->params_count; i++) {
        if (rq->params[i].name_n == n &&
            memcmp(rq->params[i].name, name, n) == 0) {
            return rq->params[i].value;
        }
    }
    return (struct bus_strv){NULL, 0};
}

struct bus_strv bus_run_http_query(const struct bus_run_http_request *rq,
                                   const char *name)
{
    return bus_strv(
        MHD_lookup_connection_value(rq->conn, MHD_GET_ARGUMENT_KIND, name));
}

struct bus_strv bus_run_http_header(const struct bus_run_http_request *rq,
                                    const char *name)
{
    return bus_strv(
        MHD_lookup_connection_value(rq->conn, MHD_HEADER_KIND, name));
}

bool bus_run_http_loopback(const struct bus_run_http_request *rq)
{
    static const char *const by_proxies[] = {"Forwarded", "X-Forwarded-For",
                                             "X-Real-IP", "Via"};
    uint8_t address[16];
    for (size_t i = 0; i < sizeof(by_proxies) / sizeof(by_proxies[0]); i++) {
        if (bus_run_http_header(rq, by_proxies[i]).p != NULL) {
            return false;
        }
    }
    return run_http_guard_address(rq->conn, address);
}

struct bus_strv bus_run_http_client(const struct bus_run_http_request *rq,
                                    uint8_t ret[16])
{
    run_http_from(rq->http, rq->conn, ret);
    return (struct bus_strv){(const char *)ret, 16};
}

struct bus_strv bus_run_http_body(const struct bus_run_http_request *rq)
{
    return bus_buf_view(&rq->body);
}

struct bus_arena *bus_run_http_mem(struct bus_run_http_request *rq)
{
    return &rq->mem;
}

void bus_run_http_set(struct bus_run_http_request *rq,
                      const char *name,
                      const char *value)
{
    BUS_CHECK(rq->set_count < HTTP_HEADERS_MAX);
    char *n = bus_arena_strdup(&rq->mem, name);
    char *v = bus_arena_strdup(&rq->mem, value);
    if (n != NULL && v != NULL) {
        rq->set[rq->set_count].name = n;
        rq->set[rq->set_count++].value = v;
    }
}

static void http_request_count(struct bus_run_http_request *rq)
{
    struct bus_run_metrics *m = rq->http->conf.metrics;
    if (m == NULL) {
        return;
    }
    char status[16];
    (void)snprintf(status, sizeof(status), "%d", rq->status);
    const char *const values[BUS_METRIC_LABELS] = {
        rq->route != NULL ? rq->route->pattern : "none", status};
    bus_run_series_add(bus_run_metrics_series(m, BUS_M_HTTP_REQUESTS, values),
                       1);
    if (rq->route != NULL && rq->route->seconds != NULL) {
        uint64_t now = bus_clock_system.monotonic_ns(bus_clock_system.data);
        bus_run_series_observe(rq->route->seconds,
                               (double)(now - rq->begun_ns) / 1e9);
    }
}

void run_http_resume(struct bus_run_http_request *rq)
{
    if (rq->suspended) {
        rq->suspended = false;
        MHD_resume_connection(rq->conn);
        bus_run_timer_start(rq->http->timer, 0, 0);
    }
}

void run_http_finish(struct bus_run_http_request *rq,
                     struct MHD_Response *response)
{
    BUS_CHECK(!rq->answered && "a request is answered once");
    rq->answered = true;
    for (int i = 0; i < rq->set_count; i++) {
        (void)MHD_add_response_header(response, rq->set[i].name,
                                      rq->set[i].value);
    }
    rq->response = response;
    http_request_count(rq);
    run_http_resume(rq);
}

void bus_run_http_answer(struct bus_run_http_request *rq,
                         int status,
                         const char *content_type,
                         const void *body,
                         size_t n)
{
    static char nothing[1];
    rq->status = status;
    struct MHD_Response *r = MHD_create_response_from_buffer(
        n, n > 0 ? (void *)(uintptr_t)body : nothing,
        n > 0 ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);
    if (r == NULL) { /* out of memory: at least the status */
        rq->status = 503;
        r = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    } else if (content_type != NULL) {
        (void)MHD_add_response_header(r, "Content-Type", content_type);
    }
    BUS_CHECK(r != NULL);
    run_http_finish(rq, r);
}

static void http_request_put_json(struct bus_buf *out, const char *s)
{
    bus_buf_putc(out, '"');
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            bus_buf_putc(out, '\\');
            bus_buf_putc(out, c);
        } else if (c < 0x20) {
            bus_buf_printf(out, "\\u%04x", c);
        } else {
            bus_buf_putc(out, c);
        }
    }
    bus_buf_putc(out, '"');
}

void bus_run_http_problem(struct bus_run_http_request *rq,
                          int status,
                          const char *detail,
                          const char *detail_zh)
{
    struct bus_buf b;
    bus_buf_init(&b, 16384);
    bus_buf_printf(
        &b, "{\"type\":\"about:blank\",\"status\":%d,\"title\":", status);
    http_request_put_json(&b, MHD_get_reason_phrase_for((unsigned)status));
    if (detail != NULL) {
        bus_buf_puts(&b, ",\"detail\":");
        http_request_put_json(&b, detail);
    }
    if (detail_zh != NULL) {
        bus_buf_puts(&b, ",\"detail_zh\":");
        http_request_put_json(&b, detail_zh);
    }
    bus_buf_puts(&b, "}\n");
    bus_run_http_answer(rq, status, "application/problem+json", b.data,
                        b.failed ? 0 : b.len);
    bus_buf_fini(&b);
}
