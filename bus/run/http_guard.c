/* Who is connected, and how much he may ask.
 *
 * - every connection is known with its client's address; while nobody works
 *   for it (between requests, in a head, in a body) it stands in one list, the
 *   longest silent first
 * - more connections than there may be, of all or of one client: the longest
 *   silent one is ended, so that a new one is always heard
 * - more requests than one client may send: 429, until his bucket has one more
 * - the loopback is not one client (a proxy, a demo, a bench): its limits hold
 *   only if the configuration says so; nor is a proxy of the configuration,
 * each of whose requests counts for whom it asks
 */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"
#include "bus/run/http_parts.h"

#define CLIENTS_MAX 1024 /* remembered at once; a power of two */
#define PROBES_MAX  8    /* places one address may stand at */
#define BUCKET_S    2    /* seconds' worth that may be asked at once */
#define UNITS       1000 /* of one request in a bucket: filled by the ms */

struct http_client
{
    uint8_t address[16]; /* all 0: nobody */
    size_t connections;
    int64_t units, filled_ms;
    bool unlimited; /* it stands for many */
};
struct http_connection
{
    struct http_connection *before, *behind; /* idle ones, longest first */
    struct http_client *client; /* NULL: there was no place for him */
    int fd;
    bool idle, ended;
};
struct http_guard
{
    struct bus_run_http *http;
    struct http_connection *longest, *newest;
    size_t connections;
    struct http_client clients[CLIENTS_MAX];
};

static void count_limited(const struct http_guard *g, const char *what)
{
    const char *const values[BUS_METRIC_LABELS] = {what};
    if (g->http->conf.metrics != NULL) {
        bus_run_series_add(bus_run_metrics_series(g->http->conf.metrics,
                                                  BUS_M_HTTP_LIMITED, values),
                           1);
    }
}

/* --- clients --- */

/* An IPv4 address in its IPv6 form; IPv6 by its /64, which is one customer. */
bool run_http_guard_address(struct MHD_Connection *conn, uint8_t ret[16])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info != NULL ? info->client_addr : NULL;
    bool loopback = false;
    memset(ret, 0, 16);
    if (a != NULL && a->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)a;
        ret[10] = ret[11] = 0xff;
        memcpy(ret + 12, &in->sin_addr, 4);
        loopback = ret[12] == 127;
    } else if (a != NULL && a->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)a;
        bool mapped = IN6_IS_ADDR_V4MAPPED(&in->sin6_addr);
        memcpy(ret, &in->sin6_addr, mapped ? 16 : 8);
        loopback =
            IN6_IS_ADDR_LOOPBACK(&in->sin6_addr) || (mapped && ret[12] == 127);
        ret[15] |= loopback ? 1 : 0;
    }
    return loopback;
}

/* His place, or the one of somebody who is not connected and longest away. */
static struct http_client *
client_at(struct http_guard *g, const uint8_t address[16], bool unlimited)
{
    size_t at = (size_t)bus_hash64(address, sizeof(g->clients->address), 5);
    struct http_client *free_one = NULL;
    for (size_t i = 0; i < PROBES_MAX; i++) {
        struct http_client *c = &g->clients[(at + i) % CLIENTS_MAX];
        if (memcmp(c->address, address, sizeof(c->address)) == 0) {
            return c;
        }
        if (c->connections == 0 &&
            (free_one == NULL || c->filled_ms < free_one->filled_ms)) {
            free_one = c;
        }
    }
    if (free_one != NULL) {
        *free_one = (struct http_client){
            .units = g->http->conf.client_requests * BUCKET_S * UNITS,
            .filled_ms = (int64_t)bus_run_loop_now_ms(g->http->loop),
            .unlimited = unlimited};
        memcpy(free_one->address, address, sizeof(free_one->address));
    }
    return free_one;
}

static struct http_client *client_of(struct http_guard *g,
                                     struct MHD_Connection *conn)
{
    uint8_t address[16];
    bool here = run_http_guard_address(conn, address);
    return client_at(g, address,
                     (here && !g->http->conf.client_loopback) ||
                         run_http_from_proxy(g->http, conn));
}

static bool is_limited(const struct http_client *c)
{
    return c != NULL && !c->unlimited;
}

/* --- idle ones --- */

static void idle_link(struct http_guard *g, struct http_connection *c)
{
    BUS_CHECK(!c->idle);
    c->idle = true;
    c->before = g->newest;
    c->behind = NULL;
    *(c->before != NULL ? &c->before->behind : &g->longest) = c;
    g->newest = c;
}

static void idle_unlink(struct http_guard *g, struct http_connection *c)
{
    if (!c->idle) {
        return;
    }
    *(c->before != NULL ? &c->before->behind : &g->longest) = c->behind;
    *(c->behind != NULL ? &c->behind->before : &g->newest) = c->before;
    c->idle = false;
}

/* The library sees the end of it in its next run and closes it. */
static void
end_longest(struct http_guard *g, const struct http_client *of, const char *why)
{
    struct http_connection *c = g->longest;
    while (c != NULL && of != NULL && c->client != of) {
        c = c->behind;
    }
    if (c == NULL) {
        return; /* all of them work */
    }
    idle_unlink(g, c);
    c->ended = true;
    g->connections--;
    if (c->client != NULL) {
        BUS_CHECK(c->client->connections > 0);
        c->client->connections--;
    }
    (void)shutdown(c->fd, SHUT_RDWR);
    bus_run_timer_start(g->http->timer, 0, 0);
    count_limited(g, why);
}

/* --- what the library tells --- */

static void begin_connection(struct http_guard *g,
                             struct MHD_Connection *conn,
                             void **context)
{
    const struct bus_run_http_conf *conf = &g->http->conf;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct http_connection *c = bus_calloc(1, sizeof(*c));
    if (c == NULL || info == NULL) {
        bus_free(c);
        return; /* served, and not to be ended: there is no memory to do so */
    }
    c->fd = info->connect_fd;
    c->client = client_of(g, conn);
    *context = c;
    idle_link(g, c);
    g->connections++;
    if (c->client != NULL) {
        c->client->connections++;
    }
    if (is_limited(c->client) && conf->client_connections > 0 &&
        c->client->connections > (size_t)conf->client_connections) {
        end_longest(g, c->client, "client_connections");
    }
    if (g->connections > (size_t)conf->connections_max) {
        end_longest(g, NULL, "connections");
    }
}

void run_http_guard_connection(void *cls,
                               struct MHD_Connection *conn,
                               void **context,
                               enum MHD_ConnectionNotificationCode code)
{
    struct http_guard *g = cls;
    struct http_connection *c = *context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        begin_connection(g, conn, context);
    } else if (c != NULL) {
        idle_unlink(g, c);
        if (!c->ended) {
            BUS_CHECK(g->connections > 0);
            g->connections--;
            if (c->client != NULL) {
                BUS_CHECK(c->client->connections > 0);
                c->client->connections--;
            }
        }
        bus_free(c);
        *context = NULL;
    }
}

static struct http_connection *connection_of(struct MHD_Connection *conn)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

bool run_http_guard_admits(struct http_guard *g, struct MHD_Connection *conn)
{
    struct http_connection *c = connection_of(conn);
    if (c == NULL) {
        return true;
    }
    int64_t a_second = g->http->conf.client_requests;
    struct http_client *who = c->client;
    if (run_http_from_proxy(g->http, conn)) { /* for whom it asks this time */
        uint8_t address[16];
        run_http_from(g->http, conn, address);
        who = client_at(g, address, false);
    }
    if (!is_limited(who) || a_second <= 0) {
        return true;
    }
    int64_t now = (int64_t)bus_run_loop_now_ms(g->http->loop);
    int64_t most = a_second * BUCKET_S * UNITS;
    int64_t away = now - who->filled_ms;
    who->units = away >= BUCKET_S * 1000 ? most : who->units + away * a_second;
    who->units = who->units > most ? most : who->units;
    who->filled_ms = now;
    if (who->units < UNITS) {
        count_limited(g, "requests");
        return false;
    }
    who->units -= UNITS;
    return true;
}

void run_http_guard_heard(struct http_guard *g, struct MHD_Connection *conn)
{
    struct http_connection *c = connection_of(conn);
    if (c != NULL && !c->ended && c != g->newest) {
        idle_unlink(g, c);
        idle_link(g, c);
    }
}

void run_http_guard_works(struct http_guard *g, struct MHD_Connection *conn)
{
    struct http_connection *c = connection_of(conn);
    if (c != NULL) {
        idle_unlink(g, c);
    }
}

struct http_guard *run_http_guard_new(struct bus_run_http *h)
{
    struct http_guard *g = bus_calloc(1, sizeof(*g));
    if (g != NULL) {
        g->http = h;
    }
    return g;
}

void run_http_guard_free(struct http_guard *g)
{
    bus_free(g);
}
