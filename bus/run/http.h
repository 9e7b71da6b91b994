/* HTTP/1.1 server on the loop.
 *
 * Routes are looked at in the order given; a pattern is literal segments and
 * {names}: "/v1/applications/{id}"; a last segment "{rest*}" takes the rest of
 * the path. No route: 404; another method on a known path: 405 with Allow;
 * a body over the limit: 413. A handler is called when the whole body is
 * there, and answers either at once or later, from the loop's thread: a
 * request stays valid until it is answered, also when its client has gone.
 * Errors that the server itself answers are problem+json (RFC 9457).
 *
 * A head that two readers could read in two ways (RFC 9112) is refused and its
 * connection ends: Content-Length twice or beside Transfer-Encoding, no Host or
 * two, %00, an address that is neither a path nor an http URI. An absolute URI
 * is its path. A coded body (gzip) is 415; /healthz, /readyz and /metrics have
 * no limit of requests. What the library answers by itself before we are asked
 * (no request line at all, a malformed Content-Length, another HTTP version) is
 * refused and closed as well, as HTML of its own: it cannot be told otherwise.
 */
#ifndef BUS_RUN_HTTP_H
#define BUS_RUN_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/strv.h"
#include "bus/run/health.h"
#include "bus/run/loop.h"
#include "bus/run/metrics.h"

struct bus_run_http;
struct bus_run_http_request;

struct bus_run_http_conf
{
    const char *host;        /* NULL = 127.0.0.1 */
    int port;                /* 0 = any free one, see bus_run_http_port() */
    int64_t body_bytes_max;  /* 0 = 1 MiB */
    int64_t connections_max; /* 0 = 256 */
    int64_t idle_s;          /* 0 = 30: a silent connection is closed */
    /* Of one client, which is an IPv4 address or an IPv6 /64; 0 = no limit.
     * Beyond connections_max or this the longest silent one is ended, so that a
     * new one is always heard; beyond its requests a second it is told 429. */
    int64_t client_connections, client_requests;
    bool client_loopback; /* they hold for this machine, too */
    /* Addresses and nets, borrowed until _new() returns. Proxies: their
     * X-Forwarded-For says for whom they ask, nobody else's does. Watchers:
     * read /metrics and the reasons of /readyz as this machine does; strangers
     * read whether it is ready, and no more. */
    const char *const *proxies, *const *watchers;
    size_t proxies_count, watchers_count;
    /* PEM; NULL: HTTP without TLS. Both are looked at every few seconds and
     * read again when changed; the condition "certificate" says if that fails,
     * and what there was stays in use. */
    const char *cert_file, *key_file;
    struct bus_run_metrics *metrics; /* NULL: none are counted */
};
typedef void (*bus_run_http_handler)(struct bus_run_http_request *rq,
                                     void *data);

int bus_run_http_new(struct bus_run_loop *loop,
                     const struct bus_run_http_conf *conf,
                     struct bus_run_http **ret,
                     struct bus_err *err) BUS_MUSTCHECK;
/* Before start; method and pattern are borrowed (literals). */
int bus_run_http_route(struct bus_run_http *h,
                       const char *method,
                       const char *pattern,
                       bus_run_http_handler handler,
                       void *data,
                       struct bus_err *err) BUS_MUSTCHECK;
/* GET /healthz, /readyz, /metrics; the latter two in full for this machine and
 * the configuration's watchers alone. */
int bus_run_http_route_health(struct bus_run_http *h,
                              struct bus_run_health *health,
                              struct bus_err *err) BUS_MUSTCHECK;
/* The role's own word for how it works, in place of "every condition holds",
 * for one that can do its work without some of them: /readyz says the word and
 * is 200 where *ret_ready. */
typedef const char *(*bus_run_http_state)(void *data, bool *ret_ready);
void bus_run_http_set_state(struct bus_run_http *h,
                            bus_run_http_state state,
                            void *data);
int bus_run_http_start(struct bus_run_http *h,
                       struct bus_err *err) BUS_MUSTCHECK;
int bus_run_http_port(const struct bus_run_http *h);
/* Takes no new connections; holds the loop until open requests are answered.
 * Called by itself when the loop drains. */
void bus_run_http_quiesce(struct bus_run_http *h);
/* Open requests are answered 503. NULL is allowed. */
void bus_run_http_free(struct bus_run_http *h);

/* What was asked. Views live until the request is answered. A missing header,
 * parameter or query value is the empty view with p == NULL. */
const char *bus_run_http_method(const struct bus_run_http_request *rq);
struct bus_strv bus_run_http_path(const struct bus_run_http_request *rq);
struct bus_strv bus_run_http_param(const struct bus_run_http_request *rq,
                                   const char *name);
struct bus_strv bus_run_http_query(const struct bus_run_http_request *rq,
                                   const char *name); /* %-decoded */
struct bus_strv bus_run_http_header(const struct bus_run_http_request *rq,
                                    const char *name);
/* The other end is this machine; who is behind a proxy here is not. */
bool bus_run_http_loopback(const struct bus_run_http_request *rq);
/* The bytes of his address (IPv6: its /64), for limits; in *ret. Behind a proxy
 * of the configuration it is whom that says. */
struct bus_strv bus_run_http_client(const struct bus_run_http_request *rq,
                                    uint8_t ret[16]);
struct bus_strv bus_run_http_body(const struct bus_run_http_request *rq);
struct bus_arena *
bus_run_http_mem(struct bus_run_http_request *rq); /* its own */
/* Set before answering; copied. At most 16. */
void bus_run_http_set(struct bus_run_http_request *rq,
                      const char *name,
                      const char *value);
/* Ends the request; body is copied, content_type borrowed until it returns
 * (NULL: none). Once a request. */
void bus_run_http_answer(struct bus_run_http_request *rq,
                         int status,
                         const char *content_type,
                         const void *body,
                         size_t n);
/* problem+json with a title of ours and a detail in English and Chinese
 * (either may be NULL); the texts are escaped. */
void bus_run_http_problem(struct bus_run_http_request *rq,
                          int status,
                          const char *detail,
                          const char *detail_zh);

#endif
