/* libmicrohttpd on the loop.
 *
 * - its epoll descriptor in a poll of the loop; MHD_run() when it is readable
 *   and when its own time-outs are due
 * - a request: headers, body (up to the limit), dispatch; answered inside the
 *   handler it is queued there, else the connection is suspended and resumed
 *   by the answer
 * - the client goes away meanwhile: noticed after the answer, harmless
 * - who is connected, and how much he may ask: http_guard.c
 * - drain: the listening socket is closed, open requests hold the loop
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/run/http_parts.h"

#define BODY_BYTES_DEFAULT  (1024 * 1024)
#define CONNECTIONS_DEFAULT 256
#define IDLE_S_DEFAULT      30
/* Ended by the guard and not yet closed by the library. */
#define CONNECTIONS_ENDING 64
#define CONNECTION_MEMORY  (32 * 1024)
#define REQUEST_MEMORY_MAX (16 * 1024 * 1024)
#define IDLE_REQUESTS_MAX  256
#define IDLE_BYTES_MAX     (64 * 1024) /* of one */
#define TLS_LOOK_MS        2000
/* What a head lacks is for http_head.c to say, in our words: libmicrohttpd 1.0
 * would answer with a page of its own. */
#if MHD_VERSION >= 0x00097701
#define HTTP_DISCIPLINE MHD_OPTION_CLIENT_DISCIPLINE_LVL
#define HTTP_LENIENT    (-3) /* the same as the other's -1 */
#else
#define HTTP_DISCIPLINE MHD_OPTION_STRICT_FOR_CLIENT
#define HTTP_LENIENT    (-1)
#endif
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static void run_daemon(void *data)
{
    struct bus_run_http *h = data;
    (void)MHD_run(h->daemon);
    MHD_UNSIGNED_LONG_LONG ms;
    if (MHD_get_timeout(h->daemon, &ms) == MHD_YES) {
        bus_run_timer_start(h->timer, (int64_t)ms, 0);
    } else {
        bus_run_timer_stop(h->timer);
    }
}

/* Whoever watches the role asks as often as he likes. */
static bool is_health(const char *path)
{
    return strcmp(path, "/healthz") == 0 || strcmp(path, "/readyz") == 0 ||
           strcmp(path, "/metrics") == 0;
}

static void link_open(struct bus_run_http_request *rq)
{
    rq->next = rq->http->open;
    if (rq->next != NULL) {
        rq->next->prev = rq;
    }
    rq->http->open = rq;
}

static void unlink_open(struct bus_run_http_request *rq)
{
    if (rq->prev != NULL) {
        rq->prev->next = rq->next;
    } else {
        rq->http->open = rq->next;
    }
    if (rq->next != NULL) {
        rq->next->prev = rq->prev;
    }
}

static void free_memory(struct bus_run_http_request *rq)
{
    bus_buf_fini(&rq->body);
    bus_arena_fini(&rq->mem);
    bus_free(rq);
}

/* A request's memory goes to the next one: in the steady state none of it is
 * of the general heap. */
static struct bus_run_http_request *take_memory(struct bus_run_http *h)
{
    struct bus_run_http_request *rq = h->idle;
    if (rq == NULL) {
        rq = bus_calloc(1, sizeof(*rq));
        if (rq != NULL) {
            bus_arena_init(&rq->mem, 4096, REQUEST_MEMORY_MAX);
            bus_buf_init(&rq->body, (size_t)h->conf.body_bytes_max);
        }
        return rq;
    }
    h->idle = rq->next;
    h->idle_count--;
    struct bus_arena mem = rq->mem;
    struct bus_buf body = rq->body;
    bus_arena_reset(&mem);
    bus_buf_clear(&body);
    *rq = (struct bus_run_http_request){.mem = mem, .body = body};
    return rq;
}

static void give_memory(struct bus_run_http *h, struct bus_run_http_request *rq)
{
    if (h->idle_count >= IDLE_REQUESTS_MAX ||
        rq->mem.held_bytes + rq->body.cap > IDLE_BYTES_MAX) {
        free_memory(rq);
        return;
    }
    rq->next = h->idle;
    h->idle = rq;
    h->idle_count++;
}

/* The request target as it came, before the library decodes it; what this
 * returns is the request's state from now on. */
static void *on_uri(void *cls, const char *uri, struct MHD_Connection *conn)
{
    struct bus_run_http *h = cls;
    struct bus_run_http_request *rq = take_memory(h);
    if (rq != NULL) {
        rq->http = h;
        rq->conn = conn;
        rq->uri_bytes = strlen(uri);
        rq->uri_has_nul = strstr(uri, "%00") != NULL;
    }
    return rq;
}

/* False: there is no memory for it. */
static bool http_begin(struct bus_run_http_request *rq,
                       const char *url,
                       const char *method,
                       const char *version)
{
    struct bus_run_http *h = rq->http;
    rq->begun = true;
    rq->begun_ns = bus_clock_system.monotonic_ns(bus_clock_system.data);
    rq->method = bus_arena_strdup(&rq->mem, method);
    rq->path = bus_arena_strdup(&rq->mem, run_http_head_path(url));
    if (rq->method == NULL || rq->path == NULL) {
        return false;
    }
    const char *length = MHD_lookup_connection_value(rq->conn, MHD_HEADER_KIND,
                                                     "Content-Length");
    int64_t n = 0;
    rq->too_big = length != NULL && (!bus_strv_to_i64(bus_strv(length), &n) ||
                                     n > h->conf.body_bytes_max);
    rq->refusal = run_http_head_refused(rq, version);
    run_http_guard_heard(h->guard, rq->conn);
    rq->limited = rq->refusal == NULL && !is_health(rq->path) &&
                  !run_http_guard_admits(h->guard, rq->conn);
    return true;
}

static enum MHD_Result http_dispatch(struct bus_run_http_request *rq)
{
    rq->dispatched = true;
    run_http_guard_works(rq->http->guard, rq->conn);
    link_open(rq);
    rq->in_handler = true;
    run_http_dispatch(rq);
    rq->in_handler = false;
    if (rq->response == NULL) {
        rq->suspended = true;
        MHD_suspend_connection(rq->conn);
        return MHD_YES;
    }
    struct MHD_Response *r = rq->response;
    rq->response = NULL;
    enum MHD_Result rc = MHD_queue_response(rq->conn, (unsigned)rq->status, r);
    MHD_destroy_response(r);
    return rc;
}

static enum MHD_Result on_request(void *cls,
                                  struct MHD_Connection *conn,
                                  const char *url,
                                  const char *method,
                                  const char *version,
                                  const char *upload,
                                  size_t *upload_n,
                                  void **state)
{
    (void)cls;
    struct bus_run_http_request *rq = *state;
    if (rq == NULL) {
        return MHD_NO; /* no memory */
    }
    if (!rq->begun) {
        if (!http_begin(rq, url, method, version)) {
            return MHD_NO;
        }
        /* What is refused already has no body that is read. */
        return rq->refusal != NULL || rq->limited || rq->too_big || rq->coded
                   ? http_dispatch(rq)
                   : MHD_YES;
    }
    if (*upload_n > 0) {
        run_http_guard_heard(rq->http->guard, conn);
        if (!rq->too_big) {
            bus_buf_put(&rq->body, upload, *upload_n);
            rq->too_big = rq->body.failed;
        }
        *upload_n = 0;
        return MHD_YES;
    }
    if (!rq->dispatched) {
        return http_dispatch(rq);
    }
    if (rq->response == NULL) {
        return MHD_YES; /* resumed for another reason */
    }
    struct MHD_Response *r = rq->response;
    rq->response = NULL;
    enum MHD_Result rc = MHD_queue_response(conn, (unsigned)rq->status, r);
    MHD_destroy_response(r);
    return rc;
}

static void release_if_quiet(struct bus_run_http *h)
{
    if (h->holding && h->open == NULL) {
        h->holding = false;
        bus_run_loop_release(h->loop);
    }
}

static void on_completed(void *cls,
                         struct MHD_Connection *conn,
                         void **state,
                         enum MHD_RequestTerminationCode why)
{
    (void)why;
    struct bus_run_http *h = cls;
    struct bus_run_http_request *rq = *state;
    if (rq == NULL) {
        return;
    }
    *state = NULL;
    if (rq->dispatched) {
        unlink_open(rq);
    }
    run_http_guard_heard(h->guard, conn);
    if (rq->response != NULL) {
        MHD_destroy_response(rq->response);
    }
    give_memory(h, rq);
    release_if_quiet(h);
}

static void on_drain(void *data)
{
    bus_run_http_quiesce(data);
}

int bus_run_http_new(struct bus_run_loop *loop,
                     const struct bus_run_http_conf *conf,
                     struct bus_run_http **ret,
                     struct bus_err *err)
{
    struct bus_run_http *h = bus_calloc(1, sizeof(*h));
    if (h == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the HTTP server");
    }
    h->loop = loop;
    h->conf = *conf;
    h->port = conf->port;
    if (h->conf.host == NULL) {
        h->conf.host = "127.0.0.1";
    }
    if (h->conf.body_bytes_max <= 0) {
        h->conf.body_bytes_max = BODY_BYTES_DEFAULT;
    }
    if (h->conf.connections_max <= 0) {
        h->conf.connections_max = CONNECTIONS_DEFAULT;
    }
    if (h->conf.idle_s <= 0) {
        h->conf.idle_s = IDLE_S_DEFAULT;
    }
    h->guard = run_http_guard_new(h);
    int rc;
    BUS_TRY_GOTO(rc,
                 run_http_from_nets(conf->proxies, conf->proxies_count,
                                    &h->proxies, err),
                 failed);
    BUS_TRY_GOTO(rc,
                 run_http_from_nets(conf->watchers, conf->watchers_count,
                                    &h->watchers, err),
                 failed);
    if (h->guard == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "the HTTP server");
        goto failed;
    }
    BUS_TRY_GOTO(rc, bus_run_timer_new(loop, run_daemon, h, &h->timer, err),
                 failed);
    BUS_TRY_GOTO(rc, bus_run_loop_on_drain(loop, on_drain, h, err), failed);
    *ret = h;
    return 0;
failed:
    bus_run_http_free(h);
    return rc;
}

int bus_run_http_route(struct bus_run_http *h,
                       const char *method,
                       const char *pattern,
                       bus_run_http_handler handler,
                       void *data,
                       struct bus_err *err)
{
    if (h->routes_count == HTTP_ROUTES_MAX) {
        return bus_fail(err, BUS_EBUG, "over %d routes", HTTP_ROUTES_MAX);
    }
    struct http_route *r = &h->routes[h->routes_count++];
    *r = (struct http_route){method, pattern, handler, data, NULL};
    if (h->conf.metrics != NULL) {
        const char *const values[BUS_METRIC_LABELS] = {pattern};
        r->seconds =
            bus_run_metrics_series(h->conf.metrics, BUS_M_HTTP_SECONDS, values);
    }
    return 0;
}

/* A new certificate is taken up while connections stand. */
static void on_tls_tick(void *data)
{
    struct bus_run_http *h = data;
    struct bus_err err;
    bool read = false;
    if (run_http_tls_refresh(h->tls, &read, &err) != BUS_OK) {
        bus_run_health_bad(h->health, h->tls_condition, "%s", err.msg);
    } else if (read || !h->health->list[h->tls_condition].holds) {
        bus_run_health_good(h->health, h->tls_condition);
    }
}

static int http_tls_start(struct bus_run_http *h, struct bus_err *err)
{
    if (h->conf.cert_file == NULL) {
        return BUS_OK;
    }
    if (h->health == NULL || h->conf.key_file == NULL) {
        return bus_fail(err, BUS_ECONFIG,
                        "%s: a certificate needs its key file, and a role "
                        "that says how it is",
                        h->conf.cert_file);
    }
    BUS_TRY(
        run_http_tls_open(h->conf.cert_file, h->conf.key_file, &h->tls, err));
    h->tls_condition = bus_run_health_add(h->health, "certificate", "");
    bus_run_health_good(h->health, h->tls_condition);
    BUS_TRY(bus_run_timer_new(h->loop, on_tls_tick, h, &h->tls_timer, err));
    bus_run_timer_start(h->tls_timer, TLS_LOOK_MS, TLS_LOOK_MS);
    return BUS_OK;
}

static struct MHD_Daemon *start_daemon(struct bus_run_http *h,
                                       const struct addrinfo *at)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    const struct MHD_OptionItem plain[] = {

        {HTTP_DISCIPLINE, HTTP_LENIENT, NULL}, {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem tls[] = {
        {HTTP_DISCIPLINE, HTTP_LENIENT, NULL},
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
         h->tls != NULL ? run_http_tls_callback(h->tls) : NULL},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL}};
    flags |= h->tls != NULL ? MHD_USE_TLS : 0;
    if (at->ai_family == AF_INET6) {
        flags |= MHD_USE_IPv6;
    }
    return MHD_start_daemon(
        flags, (uint16_t)h->port, NULL, NULL, on_request, h,
        MHD_OPTION_SOCK_ADDR, at->ai_addr, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, h, MHD_OPTION_NOTIFY_CONNECTION,
        run_http_guard_connection, h->guard, MHD_OPTION_URI_LOG_CALLBACK,
        on_uri, h, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)h->conf.connections_max + CONNECTIONS_ENDING,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)h->conf.idle_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_ARRAY,
        h->tls != NULL ? tls : plain, MHD_OPTION_END);
}

int bus_run_http_start(struct bus_run_http *h, struct bus_err *err)
{
    char port[16];
    (void)snprintf(port, sizeof(port), "%d", h->port);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE};
    struct addrinfo *at = NULL;
    BUS_TRY(http_tls_start(h, err));
    int rc = getaddrinfo(h->conf.host, port, &hints, &at);
    if (rc != 0) {
        return bus_fail(err, BUS_ECONFIG, "HTTP on %s: %s", h->conf.host,
                        gai_strerror(rc));
    }
    errno = 0;
    h->daemon = start_daemon(h, at);
    int why = errno;
    freeaddrinfo(at);
    if (h->daemon == NULL) {
        return bus_fail(err, BUS_ECONFIG, "HTTP on %s:%d: %s", h->conf.host,
                        h->port, why != 0 ? strerror(why) : "cannot listen");
    }
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);
    h->port = info != NULL ? info->port : h->port;
    info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL) {
        return bus_fail(err, BUS_EBUG, "the HTTP server has no epoll");
    }
    return bus_run_poll_new(h->loop, info->epoll_fd, run_daemon, h, &h->poll,
                            err);
}

int bus_run_http_port(const struct bus_run_http *h)
{
    return h->port;
}

void bus_run_http_quiesce(struct bus_run_http *h)
{
    if (h->daemon == NULL || h->quiesced) {
        return;
    }
    h->quiesced = true;
    int fd = MHD_quiesce_daemon(h->daemon);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (h->open != NULL) {
        h->holding = true;
        bus_run_loop_hold(h->loop);
    }
}

void bus_run_http_free(struct bus_run_http *h)
{
    if (h == NULL) {
        return;
    }
    if (h->daemon != NULL) {
        for (struct bus_run_http_request *rq = h->open; rq != NULL;
             rq = rq->next) {
            if (!rq->answered) {
                bus_run_http_problem(rq, 503, "the service is stopping",
                                     "服务正在停止");
            }
        }
        (void)MHD_run(h->daemon); /* writes them, resumes the suspended */
        bus_run_poll_free(h->poll);
        MHD_stop_daemon(h->daemon);
    }
    bus_run_timer_free(h->timer);
    bus_run_timer_free(h->tls_timer);
    run_http_tls_close(h->tls);
    run_http_guard_free(h->guard);
    while (h->idle != NULL) {
        struct bus_run_http_request *rq = h->idle;
        h->idle = rq->next;
        free_memory(rq);
    }
    bus_free(h);
}
