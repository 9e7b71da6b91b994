/* The HTTP server against a plain socket client in a thread. */
#include "tests/lib/check.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/run/http.h"

struct scene
{
    struct bus_run_loop *loop;
    struct bus_run_http *http;
    struct bus_run_health health;
    struct bus_run_metrics *metrics;
    struct bus_timer *timer;
    struct bus_wake *done;
    struct bus_run_http_request *later;
    const char *ask;
    char got[65536];
    const char *proxies[1], *watchers[1]; /* NULL: none */
    size_t until; /* the client stops reading after so many bytes */
};

static void echo(struct bus_run_http_request *rq, void *data)
{
    (void)data;
    struct bus_strv id = bus_run_http_param(rq, "id");
    struct bus_strv q = bus_run_http_query(rq, "q");
    struct bus_strv x = bus_run_http_header(rq, "X-Thing");
    struct bus_strv b = bus_run_http_body(rq);
    char *t = bus_arena_printf(bus_run_http_mem(rq), "%.*s|%.*s|%.*s|%.*s",
                               BUS_STRV_ARG(id), BUS_STRV_ARG(q),
                               BUS_STRV_ARG(x), BUS_STRV_ARG(b));
    bus_run_http_set(rq, "Location", "/there");
    bus_run_http_answer(rq, 202, "text/plain", t, strlen(t));
}

static void whose(struct bus_run_http_request *rq, void *data)
{
    uint8_t client[16];
    char text[2 * sizeof(client) + 1];
    (void)data;
    (void)bus_run_http_client(rq, client);
    for (size_t i = 0; i < sizeof(client); i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", client[i]);
    }
    bus_run_http_answer(rq, 200, "text/plain", text, strlen(text));
}

static void answer_later(void *data)
{
    struct scene *s = data;
    if (s->later != NULL) {
        bus_run_http_answer(s->later, 200, "text/plain", "late", 4);
        s->later = NULL;
    }
}

static void later(struct bus_run_http_request *rq, void *data)
{
    struct scene *s = data;
    s->later = rq;
    bus_run_timer_start(s->timer, 20, 0);
}

static void never(struct bus_run_http_request *rq, void *data)
{
    struct scene *s = data;
    s->later = rq;
    bus_run_loop_stop(s->loop, NULL);
    bus_run_timer_start(s->timer, 30, 0);
}

static void *client(void *data)
{
    struct scene *s = data;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port =
                                htons((uint16_t)bus_run_http_port(s->http))};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t n = 0;
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0) {
        size_t len = strlen(s->ask);
        for (size_t at = 0; at < len;) {
            ssize_t k = send(fd, s->ask + at, len - at, MSG_NOSIGNAL);
            if (k <= 0) {
                break;
            }
            at += (size_t)k;
        }
        ssize_t k;
        while (n < s->until &&
               (k = recv(fd, s->got + n, sizeof(s->got) - 1 - n, 0)) > 0) {
            n += (size_t)k;
        }
    }
    s->got[n] = '\0';
    (void)close(fd);
    bus_run_wake_send(s->done);
    return NULL;
}

static void on_done(void *data)
{
    struct scene *s = data;
    bus_run_loop_stop(s->loop, NULL);
}

static void play(struct scene *s, const char *ask)
{
    struct bus_err err = {0};
    struct bus_run_loop_conf lc = {.no_signals = true, .drain_ms = 3000};
    s->ask = ask;
    s->until = s->until == 0 ? sizeof(s->got) - 1 : s->until;
    s->metrics = bus_run_metrics_new();
    bus_run_health_init(&s->health, NULL, NULL);
    int kafka = bus_run_health_add(&s->health, "kafka", "no broker");
    (void)kafka;
    assert_int_equal(bus_run_loop_new(&lc, &s->loop, &err), 0);
    struct bus_run_http_conf hc = {.body_bytes_max = 1000,
                                   .metrics = s->metrics,
                                   .proxies = s->proxies,
                                   .proxies_count = s->proxies[0] != NULL,
                                   .watchers = s->watchers,
                                   .watchers_count = s->watchers[0] != NULL};
    assert_int_equal(bus_run_http_new(s->loop, &hc, &s->http, &err), 0);
    assert_int_equal(
        bus_run_http_route(s->http, "POST", "/v1/things/{id}", echo, s, &err),
        0);
    assert_int_equal(
        bus_run_http_route(s->http, "GET", "/later", later, s, &err), 0);
    assert_int_equal(
        bus_run_http_route(s->http, "GET", "/never", never, s, &err), 0);
    assert_int_equal(
        bus_run_http_route(s->http, "GET", "/files/{rest*}", echo, s, &err), 0);
    assert_int_equal(
        bus_run_http_route(s->http, "GET", "/whose", whose, s, &err), 0);
    assert_int_equal(bus_run_http_route_health(s->http, &s->health, &err), 0);
    assert_int_equal(
        bus_run_timer_new(s->loop, answer_later, s, &s->timer, &err), 0);
    assert_int_equal(bus_run_wake_new(s->loop, on_done, s, &s->done, &err), 0);
    assert_int_equal(bus_run_http_start(s->http, &err), 0);
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, client, s), 0);
    assert_int_equal(bus_run_loop_run(s->loop), BUS_EXIT_OK);
    bus_run_http_free(s->http);
    (void)pthread_join(t, NULL);
    bus_run_timer_free(s->timer);
    bus_run_wake_free(s->done);
    bus_run_loop_free(s->loop);
    bus_run_metrics_free(s->metrics);
}

#define CLOSE "Host: x\r\nConnection: close\r\n"

static void test_views_and_answer(void **state)
{
    (void)state;
    struct scene s = {0};
    play(&s, "POST /v1/things/a%20b?q=%E8%8E%B2 HTTP/1.1\r\n" CLOSE
             "X-Thing: yes\r\nContent-Length: 5\r\n\r\nhello");
    assert_non_null(strstr(s.got, "HTTP/1.1 202 "));
    assert_non_null(strstr(s.got, "Location: /there\r\n"));
    assert_non_null(strstr(s.got, "a b|莲|yes|hello"));
}

static void test_rest_of_the_path(void **state)
{
    (void)state;
    struct scene s = {0};
    play(&s, "GET /files/a/b HTTP/1.1\r\n" CLOSE "\r\n");
    assert_non_null(strstr(s.got, "HTTP/1.1 202 "));
}

static void test_answer_later(void **state)
{
    (void)state;
    struct scene s = {0};
    play(&s, "GET /later HTTP/1.1\r\n" CLOSE "\r\n");
    assert_non_null(strstr(s.got, "HTTP/1.1 200 "));
    assert_non_null(strstr(s.got, "\r\n\r\nlate"));
}

static void test_wrong_paths_and_methods(void **state)
{
    (void)state;
    struct scene s = {0};
    play(&s, "GET /v1/things HTTP/1.1\r\n" CLOSE "\r\n");
    assert_non_null(strstr(s.got, "HTTP/1.1 404 "));
    assert_non_null(strstr(s.got, "application/problem+json"));
    struct scene m = {0};
    play(&m, "GET /v1/things/1 HTTP/1.1\r\n" CLOSE "\r\n");
    assert_non_null(strstr(m.got, "HTTP/1.1 405 "));
    assert_non_null(strstr(m.got, "Allow: POST\r\n"));
}

static void test_body_limit(void **state)
{
    (void)state;
    struct scene s = {0};
    play(&s,
         "POST /v1/things/1 HTTP/1.1\r\n" CLOSE "Content-Length: 1001\r\n\r\n");
    assert_non_null(strstr(s.got, "HTTP/1.1 413 "));
    struct scene c = {0};
    char ask[2000];
    (void)snprintf(ask, sizeof(ask),
                   "POST /v1/things/1 HTTP/1.1\r\n" CLOSE
                   "Transfer-Encoding: chunked\r\n\r\n3e9\r\n%01001d\r\n"
                   "0\r\n\r\n",
                   7);
    play(&c, ask);
    assert_non_null(strstr(c.got, "HTTP/1.1 413 "));
    struct scene neg = {0};
    play(&neg, "POST /v1/things/1 HTTP/1.1\r\n" CLOSE
               "Content-Length: 99999999999999999999999\r\n\r\n");
    assert_null(strstr(neg.got, "HTTP/1.1 202 "));
}

static void test_health_routes(void **state)
{
    (void)state;
    struct scene s = {0};
    play(&s, "GET /healthz HTTP/1.1\r\n" CLOSE "\r\n");
    assert_non_null(strstr(s.got, "HTTP/1.1 200 "));
    struct scene r = {0};
    play(&r, "GET /readyz HTTP/1.1\r\n" CLOSE "\r\n");
    assert_non_null(strstr(r.got, "HTTP/1.1 503 "));
    assert_non_null(strstr(r.got, "no broker"));
    struct scene m = {0};
    play(&m, "GET /metrics HTTP/1.1\r\n" CLOSE "\r\n");
    assert_non_null(strstr(m.got, "lianou_ready{condition=\"kafka\"} 0\n"));
}

/* What is missing and what is counted is for who watches the role: not for who
 * comes by way of something else. */
static void test_strangers(void **state)
{
    (void)state;
    static const char by[] = "X-Forwarded-For: 198.51.100.7\r\n";
    char ask[256];
    struct scene r = {0}, m = {0}, w = {.watchers = {"127.0.0.0/8"}};
    (void)snprintf(ask, sizeof(ask), "GET /readyz HTTP/1.1\r\n" CLOSE "%s\r\n",
                   by);
    play(&r, ask);
    assert_non_null(strstr(r.got, "HTTP/1.1 503 "));
    assert_non_null(strstr(r.got, "{\"ready\":false}"));
    assert_null(strstr(r.got, "kafka"));
    (void)snprintf(ask, sizeof(ask), "GET /metrics HTTP/1.1\r\n" CLOSE "%s\r\n",
                   by);
    play(&m, ask);
    assert_non_null(strstr(m.got, "HTTP/1.1 404 "));
    assert_null(strstr(m.got, "lianou_"));
    play(&w, ask);
    assert_non_null(strstr(w.got, "lianou_ready"));
}

/* Whom a proxy asks for: only a listed one says it. */
static void test_behind_a_proxy(void **state)
{
    (void)state;
    static const struct
    {
        const char *proxy, *header, *want;
    } rows[] = {
        {NULL, "X-Forwarded-For: 198.51.100.7\r\n", "ffff7f000001"},
        {"10.0.0.0/8", "X-Forwarded-For: 198.51.100.7\r\n", "ffff7f000001"},
        {"127.0.0.1", "", "ffff7f000001"},
        {"127.0.0.1", "X-Forwarded-For: 198.51.100.7\r\n", "ffffc6336407"},
        {"127.0.0.0/8", "X-Forwarded-For: 198.51.100.7:4711\r\n",
         "ffffc6336407"},
        /* Whoever asks writes the front of the line himself. */
        {"127.0.0.1", "X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\n",
         "ffffc6336407"},
        {"127.0.0.1",
         "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.7\r\n",
         "ffffc6336407"},
        {"127.0.0.1", "X-Forwarded-For: 198.51.100.7, 127.0.0.1\r\n",
         "ffffc6336407"},
        {"127.0.0.1", "X-Forwarded-For: 198.51.100.7, nobody\r\n",
         "ffff7f000001"},
        {"127.0.0.1", "X-Forwarded-For: [2001:db8:1:2:3:4:5:6]:80\r\n",
         "20010db8000100020000000000000000"},
        {"127.0.0.1", "X-Forwarded-For: \r\n", "ffff7f000001"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char ask[512];
        struct scene s = {.proxies = {rows[i].proxy}};
        (void)snprintf(ask, sizeof(ask),
                       "GET /whose HTTP/1.1\r\n" CLOSE "%s\r\n",
                       rows[i].header);
        play(&s, ask);
        if (strstr(s.got, rows[i].want) == NULL) {
            fail_msg("%zu: %s", i, s.got);
        }
    }
}

static void test_no_address(void **state)
{
    (void)state;
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0",    "a.example",
                                      "::1/129",     "10.0.0.1/", ""};
    struct bus_run_loop_conf lc = {.no_signals = true};
    struct bus_run_loop *loop = NULL;
    struct bus_err err = {0};
    assert_int_equal(bus_run_loop_new(&lc, &loop, &err), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct bus_run_http_conf hc = {.proxies = &bad[i], .proxies_count = 1};
        struct bus_run_http *h = NULL;
        assert_int_equal(bus_run_http_new(loop, &hc, &h, &err), BUS_ECONFIG);
        assert_null(h);
    }
    bus_run_loop_free(loop);
}

/* A request open when the drain begins is answered before the loop ends. */
static void test_drain_waits_for_the_open_request(void **state)
{
    (void)state;
    struct scene s = {0};
    play(&s, "GET /never HTTP/1.1\r\n" CLOSE "\r\n");
    assert_non_null(strstr(s.got, "\r\n\r\nlate"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views_and_answer),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_behind_a_proxy),
        cmocka_unit_test(test_no_address),
        cmocka_unit_test(test_rest_of_the_path),
        cmocka_unit_test(test_answer_later),
        cmocka_unit_test(test_wrong_paths_and_methods),
        cmocka_unit_test(test_body_limit),
        cmocka_unit_test(test_health_routes),
        cmocka_unit_test(test_drain_waits_for_the_open_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
