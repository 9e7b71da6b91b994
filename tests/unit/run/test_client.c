/* The client on the loop against a server in a thread that says what the row
 * says, and no more. */
#include "tests/lib/check.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/run/client.h"

#define TIMEOUT_MS 400
#define ANSWER_MAX 1024
#define MINE       "Content-Type: application/json\r\n"

struct scene
{
    struct bus_run_loop *loop;
    struct bus_run_client *client;
    int fd, port, connections;
    const char *says; /* NULL: nothing, and the connection stays open */
    size_t fill;      /* so many bytes behind it */
    char heard[4096];
    bool get;
    int rc, ended;
    long status;
    int64_t after_ms;
    char body[64], type[64];
};

static void serve_one(struct scene *s, int fd)
{
    size_t n = 0;
    const char *end = s->get ? "\r\n\r\n" : "{\"n\": 1}";
    while (strstr(s->heard, end) == NULL) {
        ssize_t got = read(fd, s->heard + n, sizeof(s->heard) - 1 - n);
        if (got <= 0) {
            return;
        }
        n += (size_t)got;
        s->heard[n] = '\0';
    }
    if (s->says == NULL) {
        (void)read(fd, s->heard, 1); /* until the other side gives up */
        return;
    }
    (void)!write(fd, s->says, strlen(s->says));
    for (size_t i = 0; i < s->fill; i++) {
        if (send(fd, "x", 1, MSG_NOSIGNAL) != 1) {
            return;
        }
    }
}

static void *serve(void *data)
{
    struct scene *s = data;
    int fd;
    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        s->connections++;
        memset(s->heard, 0, sizeof(s->heard));
        serve_one(s, fd);
        close(fd);
    }
    return NULL;
}

static int listens(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void on_ended(void *data, const struct bus_run_client_answer *a)
{
    struct scene *s = data;
    s->ended++;
    s->rc = a->rc;
    s->status = a->status;
    s->after_ms = a->retry_after_ms;
    (void)bus_strv_copy(s->body, sizeof(s->body), a->body);
    (void)bus_strv_copy(s->type, sizeof(s->type), a->type);
    assert_true(a->rc == BUS_OK || (int)a->err.code == a->rc);
    bus_run_loop_stop(s->loop, NULL);
}

/* One POST (or GET) to this address, to its end. */
static void asks(struct scene *s, const char *scheme, bool plain)
{
    struct bus_err err;
    char url[64];
    const struct bus_run_loop_conf loop = {.drain_ms = 1000,
                                           .no_signals = true};
    const struct bus_run_client_conf conf = {.plain = plain,
                                             .timeout_ms = TIMEOUT_MS,
                                             .connections = 2,
                                             .answer_max = ANSWER_MAX};
    (void)snprintf(url, sizeof(url), "%s://127.0.0.1:%d/in", scheme, s->port);
    assert_int_equal(bus_run_loop_new(&loop, &s->loop, &err), 0);
    assert_int_equal(bus_run_client_open(s->loop, &conf, &s->client, &err), 0);
    const struct bus_run_client_post post = {
        .url = url,
        .get = s->get,
        .body = s->get ? (struct bus_strv){0} : BUS_STRV("{\"n\": 1}"),
        .headers = {"Content-Type: application/json", "Idempotency-Key: k-1"},
        .done = on_ended,
        .data = s};
    s->ended = 0;
    assert_int_equal(bus_run_client_post(s->client, &post, &err), 0);
    (void)bus_run_loop_run(s->loop);
    assert_int_equal(s->ended, 1);
    bus_run_client_close(s->client);
    bus_run_loop_free(s->loop);
}

struct row
{
    const char *says;
    size_t fill;
    int rc;
    long status;
    int64_t after_ms;
    const char *body;
};
static const struct row rows[] = {
    {"HTTP/1.1 200 OK\r\n" MINE "Content-Length: 2\r\n\r\n{}", 0, BUS_OK, 200,
     -1, "{}"},
    {"HTTP/1.1 204 No Content\r\n\r\n", 0, BUS_OK, 204, -1, ""},
    {"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", 0,
     BUS_OK, 302, -1, ""},
    {"HTTP/1.1 429 Wait\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 0,
     BUS_OK, 429, 7000, ""},
    {"HTTP/1.1 503 Wait\r\nRetry-After: 99999999\r\nContent-Length: 0\r\n\r\n",
     0, BUS_OK, 503, 21600000, ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", 100000, BUS_ETOOBIG,
     200, -1, ""},
    {"HTTP/1.1 200 OK\r\n\r\n", 100000, BUS_ETOOBIG, 200, -1, ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", 10, BUS_EIO, 200, -1,
     ""},
    {"", 0, BUS_EIO, 0, -1, ""},
    {"nonsense\r\n\r\n", 0, BUS_EIO, 0, -1, ""},
    {NULL, 0, BUS_ETIMEOUT, 0, -1, ""},
};

static void every_answer_is_told(void **state)
{
    (void)state;
    struct scene s = {0};
    pthread_t thread;
    s.fd = listens(&s.port);
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, serve, &s), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *w = &rows[i];
        s.says = w->says;
        s.fill = w->fill;
        s.connections = 0;
        asks(&s, "http", true);
        if (s.rc != w->rc || s.status != w->status ||
            s.after_ms != w->after_ms || strcmp(s.body, w->body) != 0) {
            fail_msg("row %zu: rc %d, status %ld, after %ld, '%s'", i, s.rc,
                     s.status, (long)s.after_ms, s.body);
        }
        assert_int_equal(s.connections, 1); /* nothing is followed */
    }
    s.says = rows[0].says;
    s.fill = 0;
    asks(&s, "http", true);
    assert_string_equal(s.type, "application/json");
    assert_non_null(strstr(s.heard, "POST /in HTTP/1.1\r\n"));
    assert_non_null(strstr(s.heard, "Idempotency-Key: k-1\r\n"));
    assert_null(strstr(s.heard, "Expect"));
    s.get = true;
    asks(&s, "http", true);
    assert_int_equal(s.status, 200);
    assert_non_null(strstr(s.heard, "GET /in HTTP/1.1\r\n"));
    assert_non_null(strstr(s.heard, "Idempotency-Key: k-1\r\n"));
    assert_null(strstr(s.heard, "Content-Length"));
    (void)shutdown(s.fd, SHUT_RDWR);
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(s.fd);
}

static void nobody_is_reached(void **state)
{
    (void)state;
    struct scene s = {0};
    pthread_t thread;
    s.fd = listens(&s.port);
    assert_int_equal(pthread_create(&thread, NULL, serve, &s), 0);
    asks(&s, "http", false); /* it may not be spoken */
    assert_int_equal(s.rc, BUS_EAWAY);
    assert_int_equal(s.connections, 0);
    s.says = "HTTP/1.1 200 OK\r\n\r\n";
    asks(&s, "https", false); /* it speaks no TLS */
    assert_int_equal(s.rc, BUS_EAWAY);
    (void)shutdown(s.fd, SHUT_RDWR);
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(s.fd);
    asks(&s, "http", true); /* nobody listens */
    assert_int_equal(s.rc, BUS_EAWAY);
}

static void on_later(void *data)
{
    bus_run_loop_stop(((struct scene *)data)->loop, NULL);
}

static void what_is_called_off_says_nothing(void **state)
{
    (void)state;
    struct scene s = {0};
    struct bus_err err;
    struct bus_timer *later = NULL;
    const struct bus_run_loop_conf loop = {.drain_ms = 100, .no_signals = true};
    const struct bus_run_client_conf conf = {.plain = true,
                                             .timeout_ms = TIMEOUT_MS,
                                             .connections = 1,
                                             .answer_max = ANSWER_MAX};
    const struct bus_run_client_conf no_file = {
        .ca_file = "/no/such.pem", .timeout_ms = TIMEOUT_MS, .connections = 1};
    const struct bus_run_client_post post = {.url = "http://127.0.0.1:1/in",
                                             .body = BUS_STRV("{}"),
                                             .done = on_ended,
                                             .data = &s};
    assert_int_equal(bus_run_loop_new(&loop, &s.loop, &err), 0);
    assert_int_equal(bus_run_client_open(s.loop, &no_file, &s.client, &err),
                     BUS_ECONFIG);
    assert_non_null(strstr(err.msg, "/no/such.pem"));
    assert_int_equal(bus_run_client_open(s.loop, &conf, &s.client, &err), 0);
    assert_int_equal(bus_run_client_post(s.client, &post, &err), 0);
    bus_run_client_drop(s.client);
    assert_int_equal(bus_run_client_post(s.client, &post, &err), 0);
    bus_run_client_close(s.client);
    assert_int_equal(bus_run_timer_new(s.loop, on_later, &s, &later, &err), 0);
    bus_run_timer_start(later, 50, 0);
    (void)bus_run_loop_run(s.loop);
    assert_int_equal(s.ended, 0);
    bus_run_timer_free(later);
    bus_run_loop_free(s.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_told),
        cmocka_unit_test(nobody_is_reached),
        cmocka_unit_test(what_is_called_off_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
