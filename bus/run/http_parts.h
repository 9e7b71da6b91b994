/* Inside of the HTTP server: shared by http*.c only. */
#ifndef BUS_RUN_HTTP_PARTS_H
#define BUS_RUN_HTTP_PARTS_H

#include <microhttpd.h>

#include "bus/run/http.h"
#include "bus/run/http_tls.h"

#define HTTP_ROUTES_MAX  64
#define HTTP_PARAMS_MAX  4
#define HTTP_HEADERS_MAX 16
#define HTTP_URI_BYTES   8192
#define HTTP_HEAD_BYTES  16384 /* of all names and values */
#define HTTP_FIELDS_MAX  100

struct http_guard; /* http_guard.c */
struct http_refusal
{
    int status;
    const char *en, *zh;
};
struct http_route
{
    const char *method, *pattern;
    bus_run_http_handler handler;
    void *data;
    struct bus_series *seconds;
};
struct bus_run_http_request
{
    struct bus_run_http *http;
    struct bus_run_http_request *prev, *next; /* dispatched, not completed */
    struct MHD_Connection *conn;
    const char *method, *path;
    const struct http_route *route;
    struct
    {
        const char *name;
        size_t name_n;
        struct bus_strv value;
    } params[HTTP_PARAMS_MAX];
    int params_count;
    struct
    {
        char *name, *value;
    } set[HTTP_HEADERS_MAX];
    int set_count;
    struct bus_arena mem;
    struct bus_buf body;
    uint64_t begun_ns;
    size_t uri_bytes; /* as it came: the whole request target */
    bool uri_has_nul, begun, coded, limited;
    bool dispatched, suspended, answered, too_big, in_handler;
    const struct http_refusal *refusal; /* of the head; NULL: it is well */
    int status;
    struct MHD_Response *response; /* answered, not yet queued */
};
/* http_from.c */
#define HTTP_NETS_MAX 64
struct http_net
{
    uint8_t address[16]; /* in the form of IPv6 */
    int bits;            /* of it that count */
};
struct http_nets
{
    struct http_net v[HTTP_NETS_MAX];
    size_t n;
};
struct bus_run_http
{
    struct bus_run_loop *loop;
    struct bus_run_http_conf conf;
    struct MHD_Daemon *daemon;
    struct bus_poll *poll;
    struct bus_timer *timer;
    struct http_guard *guard;
    struct http_nets proxies, watchers;
    struct http_tls *tls; /* NULL: none */
    struct bus_timer *tls_timer;
    int tls_condition; /* of health */
    struct bus_run_health *health;
    bus_run_http_state state; /* NULL: the conditions decide */
    void *state_data;
    struct http_route routes[HTTP_ROUTES_MAX];
    int routes_count;
    int port;
    struct bus_run_http_request *open; /* list of dispatched requests */
    struct bus_run_http_request *idle; /* by next: memory for the next ones */
    int idle_count;
    bool quiesced, holding;
};

/* Finds the route and calls it, or answers 404, 405, 413. */
void run_http_dispatch(struct bus_run_http_request *rq);
/* Gives the response (kept in rq) to the connection. */
void run_http_finish(struct bus_run_http_request *rq,
                     struct MHD_Response *response);
/* Resumes the connection if it is suspended. The daemon only sees it in its
 * next run, which is put on the loop: it is not woken by itself. */
void run_http_resume(struct bus_run_http_request *rq);

/* http_head.c: why the head is refused; NULL: it is not. Notes what it sees. */
const struct http_refusal *
run_http_head_refused(struct bus_run_http_request *rq, const char *version);
const char *run_http_head_path(const char *target);

/* http_from.c: BUS_ECONFIG: one is neither an address nor a net. */
int run_http_from_nets(const char *const *texts,
                       size_t n,
                       struct http_nets *ret,
                       struct bus_err *err);
/* The other end is a proxy of the configuration. */
bool run_http_from_proxy(const struct bus_run_http *h,
                         struct MHD_Connection *conn);
/* The client's address: the other end's, or whom a listed proxy stands for. */
void run_http_from(const struct bus_run_http *h,
                   struct MHD_Connection *conn,
                   uint8_t ret[16]);
/* The other end watches the role. */
bool run_http_from_watcher(const struct bus_run_http *h,
                           struct MHD_Connection *conn);

/* http_guard.c */
struct http_guard *
run_http_guard_new(struct bus_run_http *h); /* NULL: memory */
void run_http_guard_free(struct http_guard *g);
/* Of the library: a connection began or ended. */
void run_http_guard_connection(void *cls,
                               struct MHD_Connection *conn,
                               void **context,
                               enum MHD_ConnectionNotificationCode code);
/* May its client ask once more now? Counts it. */
bool run_http_guard_admits(struct http_guard *g, struct MHD_Connection *conn);
/* The other end's address; true: the loopback. */
bool run_http_guard_address(struct MHD_Connection *conn, uint8_t ret[16]);
/* Something came from it. */
void run_http_guard_heard(struct http_guard *g, struct MHD_Connection *conn);
/* A handler works for it: it is not ended for its silence. */
void run_http_guard_works(struct http_guard *g, struct MHD_Connection *conn);

#endif
