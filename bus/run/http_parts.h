/* Inside of the HTTP server: shared by http*.c only. */
#ifndef BUS_RUN_HTTP_PARTS_H
#define BUS_RUN_HTTP_PARTS_H

#include <microhttpd.h>

#include "bus/run/http.h"

#define HTTP_ROUTES_MAX    64
#define HTTP_PARAMS_MAX    4
#define HTTP_HEADERS_MAX   16
#define HTTP_STREAM_BYTES  (256 * 1024)
#define HTTP_STREAM_BEAT_S 15

struct http_route
{
    const char *method, *pattern;
    bus_run_http_handler handler;
    void *data;
    struct bus_series *seconds;
};
struct http_stream
{
    struct bus_buf waiting;
    size_t sent; /* of waiting */
    bool open, ended, cut;
    void (*gone)(void *data);
    void *data;
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
    bool dispatched, suspended, answered, too_big, in_handler;
    int status;
    struct MHD_Response *response; /* answered, not yet queued */
    struct http_stream stream;
};
struct bus_run_http
{
    struct bus_run_loop *loop;
    struct bus_run_http_conf conf;
    struct MHD_Daemon *daemon;
    struct bus_poll *poll;
    struct bus_timer *timer, *beat;
    struct bus_run_health *health;
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
void run_http_stream_gone(struct bus_run_http_request *rq);
void run_http_stream_end(struct bus_run_http_request *rq);

#endif
