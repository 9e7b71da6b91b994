/* libcurl says which sockets and which instant it waits for; libuv waits.
 *
 * - a poll a socket, one timer; each calls curl_multi_socket_action
 * - what has ended is taken out behind that call, never inside libcurl's own
 *   callbacks
 */
#include "bus/run/client.h"

#include <curl/curl.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"

#define SECOND_MS   1000
#define HELD_MAX    21600 /* seconds of a Retry-After that are believed */
#define KEPT_ALIVE  16    /* connections beyond those in use */
#define MICRO_OF_MS 1000

struct client_ask
{
    struct bus_run_client *client;
    struct bus_run_client_post post;
    CURL *easy;
    struct curl_slist *headers;
    struct bus_buf answer;
    char why[CURL_ERROR_SIZE];
    struct client_ask *next;
};
struct client_socket
{
    uv_poll_t uv;
    struct bus_run_client *client;
    curl_socket_t fd;
};
struct bus_run_client
{
    struct bus_run_loop *loop;
    struct bus_run_client_conf conf;
    char *texts[3]; /* of conf */
    CURLM *multi;
    struct bus_timer *timer;
    struct client_ask *asks;
};

/* --- what has ended --- */

static void ask_unlink(struct client_ask *k)
{
    struct client_ask **at = &k->client->asks;
    while (*at != NULL && *at != k) {
        at = &(*at)->next;
    }
    if (*at == k) {
        *at = k->next;
    }
}

static void ask_free(struct client_ask *k)
{
    ask_unlink(k);
    if (k->easy != NULL) {
        (void)curl_multi_remove_handle(k->client->multi, k->easy);
        curl_easy_cleanup(k->easy);
    }
    curl_slist_free_all(k->headers);
    bus_buf_fini(&k->answer);
    bus_free(k);
}

/* Was anything sent? */
static bool ask_reached(CURL *easy)
{
    curl_off_t ready = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    return ready > 0;
}

static enum bus_errc ask_result(const struct client_ask *k, CURLcode rc)
{
    if (rc == CURLE_OK) {
        return BUS_OK;
    }
    if (rc == CURLE_WRITE_ERROR && k->answer.failed) {
        return BUS_ETOOBIG;
    }
    if (!ask_reached(k->easy)) {
        return BUS_EAWAY;
    }
    return rc == CURLE_OPERATION_TIMEDOUT ? BUS_ETIMEOUT : BUS_EIO;
}

static void ask_ended(struct client_ask *k, CURLcode code)
{
    struct bus_run_client_answer a = {.retry_after_ms = -1};
    const char *type = NULL;
    curl_off_t after = 0, took = 0;
    BUS_CHECK(k->easy != NULL && k->post.done != NULL);
    a.rc = (int)ask_result(k, code);
    (void)curl_easy_getinfo(k->easy, CURLINFO_RESPONSE_CODE, &a.status);
    (void)curl_easy_getinfo(k->easy, CURLINFO_CONTENT_TYPE, &type);
    (void)curl_easy_getinfo(k->easy, CURLINFO_RETRY_AFTER, &after);
    (void)curl_easy_getinfo(k->easy, CURLINFO_TOTAL_TIME_T, &took);
    a.took_ms = (int64_t)took / MICRO_OF_MS;
    if (after > 0) {
        after = after < HELD_MAX ? after : HELD_MAX;
        a.retry_after_ms = (int64_t)after * SECOND_MS;
    }
    a.type = type != NULL ? bus_strv(type) : (struct bus_strv){0};
    if (a.rc == BUS_OK) {
        a.body = bus_buf_view(&k->answer);
    } else {
        (void)bus_fail(&a.err, (enum bus_errc)a.rc, "%s",
                       a.rc == BUS_ETOOBIG ? "the answer is over the limit"
                       : k->why[0] != '\0' ? k->why
                                           : curl_easy_strerror(code));
    }
    ask_unlink(k); /* a drop from in there is of others */
    k->post.done(k->post.data, &a);
    ask_free(k);
}

static void client_look(struct bus_run_client *c)
{
    CURLMsg *m;
    int left = 0;
    while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
        struct client_ask *k = NULL;
        if (m->msg == CURLMSG_DONE) {
            CURLcode code = m->data.result;
            (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &k);
            BUS_CHECK(k != NULL && k->client == c);
            ask_ended(k, code);
        }
    }
}

static void client_act(struct bus_run_client *c, curl_socket_t fd, int events)
{
    int running = 0;
    (void)curl_multi_socket_action(c->multi, fd, events, &running);
    client_look(c);
}

/* --- the loop --- */

static void on_client_timer(void *data)
{
    client_act(data, CURL_SOCKET_TIMEOUT, 0);
}

static int client_timer(CURLM *multi, long after_ms, void *data)
{
    struct bus_run_client *c = data;
    (void)multi;
    if (c->timer == NULL) {
        return 0; /* it is closed */
    }
    if (after_ms < 0) {
        bus_run_timer_stop(c->timer);
    } else {
        bus_run_timer_start(c->timer, after_ms, 0);
    }
    return 0;
}

static void on_client_socket(uv_poll_t *uv, int status, int events)
{
    struct client_socket *s = uv->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    flags |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    client_act(s->client, s->fd, flags);
}

static void on_client_closed(uv_handle_t *h)
{
    bus_free(h->data);
}

static struct client_socket *socket_watch(struct bus_run_client *c,
                                          curl_socket_t fd)
{
    struct client_socket *s = bus_calloc(1, sizeof(*s));
    if (s == NULL) {
        return NULL;
    }
    s->client = c;
    s->fd = fd;
    if (uv_poll_init_socket(bus_run_loop_uv(c->loop), &s->uv, fd) != 0) {
        bus_free(s);
        return NULL;
    }
    s->uv.data = s;
    (void)curl_multi_assign(c->multi, fd, s);
    return s;
}

static int client_socket_wants(CURL *easy,
                               curl_socket_t fd,
                               int what,
                               void *data,
                               void *of_socket)
{
    struct bus_run_client *c = data;
    struct client_socket *s = of_socket;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL) {
            (void)curl_multi_assign(c->multi, fd, NULL);
            uv_close((uv_handle_t *)&s->uv, on_client_closed);
        }
        return 0;
    }
    s = s != NULL ? s : socket_watch(c, fd);
    if (s == NULL) {
        return -1; /* libcurl lets all of it fail */
    }
    int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
                 ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
    return uv_poll_start(&s->uv, events, on_client_socket) == 0 ? 0 : -1;
}

/* --- asking --- */

static size_t ask_write(char *p, size_t size, size_t n, void *data)
{
    struct client_ask *k = data;
    bus_buf_put(&k->answer, p, size * n);
    return k->answer.failed ? 0 : size * n;
}

static void ask_trusts(const struct bus_run_client *c, CURL *e)
{
    (void)curl_easy_setopt(e, CURLOPT_SSLVERSION,
                           (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    if (c->conf.ca_file != NULL) {
        (void)curl_easy_setopt(e, CURLOPT_CAINFO, c->conf.ca_file);
        (void)curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
    }
    if (c->conf.cert_file != NULL) {
        (void)curl_easy_setopt(e, CURLOPT_SSLCERT, c->conf.cert_file);
        (void)curl_easy_setopt(e, CURLOPT_SSLKEY, c->conf.key_file);
    }
}

static void ask_aim(struct bus_run_client *c, struct client_ask *k)
{
    CURL *e = k->easy;
    (void)curl_easy_setopt(e, CURLOPT_URL, k->post.url);
    (void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR,
                           c->conf.plain ? "http,https" : "https");
    (void)curl_easy_setopt(e, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
                           (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)c->conf.timeout_ms);
    (void)curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                           (long)c->conf.timeout_ms);
    if (!k->post.get) { /* what libcurl does unasked is a GET */
        (void)curl_easy_setopt(e, CURLOPT_POSTFIELDS, k->post.body.p);
        (void)curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)k->post.body.n);
    }
    (void)curl_easy_setopt(e, CURLOPT_HTTPHEADER, k->headers);
    (void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, ask_write);
    (void)curl_easy_setopt(e, CURLOPT_WRITEDATA, k);
    (void)curl_easy_setopt(e, CURLOPT_ERRORBUFFER, k->why);
    (void)curl_easy_setopt(e, CURLOPT_PRIVATE, k);
    ask_trusts(c, e);
}

static bool ask_headers(struct client_ask *k)
{
    /* No waiting for 100-continue: documents are small. */
    k->headers = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; k->headers != NULL && i < BUS_RUN_CLIENT_HEADERS &&
                       k->post.headers[i] != NULL;
         i++) {
        BUS_CHECK(strpbrk(k->post.headers[i], "\r\n") == NULL);
        struct curl_slist *more =
            curl_slist_append(k->headers, k->post.headers[i]);
        if (more == NULL) {
            return false;
        }
        k->headers = more;
    }
    return k->headers != NULL;
}

int bus_run_client_post(struct bus_run_client *c,
                        const struct bus_run_client_post *post,
                        struct bus_err *err)
{
    struct client_ask *k = bus_calloc(1, sizeof(*k));
    if (k == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a request");
    }
    *k = (struct client_ask){.client = c, .post = *post};
    bus_buf_init(&k->answer, c->conf.answer_max);
    k->easy = ask_headers(k) ? curl_easy_init() : NULL;
    if (k->easy == NULL) {
        ask_free(k);
        return bus_fail(err, BUS_ENOMEM, "a request");
    }
    ask_aim(c, k);
    k->next = c->asks;
    c->asks = k;
    if (curl_multi_add_handle(c->multi, k->easy) != CURLM_OK) {
        ask_free(k);
        return bus_fail(err, BUS_ENOMEM, "a request");
    }
    return BUS_OK;
}

void bus_run_client_drop(struct bus_run_client *c)
{
    while (c->asks != NULL) {
        ask_free(c->asks);
    }
}

/* --- opening --- */

/* libcurl reads them at each connection, and then names no file. */
static int client_file(const char *file, struct bus_err *err)
{
    return file == NULL || access(file, R_OK) == 0
               ? BUS_OK
               : bus_fail(err, BUS_ECONFIG, "%s: cannot be read", file);
}

static int client_copy(struct bus_run_client *c,
                       const struct bus_run_client_conf *conf,
                       struct bus_err *err)
{
    const char *from[] = {conf->ca_file, conf->cert_file, conf->key_file};
    const char **to[] = {&c->conf.ca_file, &c->conf.cert_file,
                         &c->conf.key_file};
    c->conf = *conf;
    for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
        BUS_TRY(client_file(from[i], err));
        size_t n = from[i] != NULL ? strlen(from[i]) + 1 : 0;
        c->texts[i] = n > 0 ? bus_calloc(1, n) : NULL;
        if (n > 0 && c->texts[i] == NULL) {
            return bus_fail(err, BUS_ENOMEM, "an HTTP client");
        }
        if (n > 0) {
            memcpy(c->texts[i], from[i], n);
        }
        *to[i] = c->texts[i];
    }
    return BUS_OK;
}

int bus_run_client_open(struct bus_run_loop *loop,
                        const struct bus_run_client_conf *conf,
                        struct bus_run_client **ret,
                        struct bus_err *err)
{
    BUS_CHECK(conf->timeout_ms > 0 && conf->connections > 0);
    struct bus_run_client *c = bus_calloc(1, sizeof(*c));
    if (c == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        bus_free(c);
        return bus_fail(err, BUS_ENOMEM, "an HTTP client");
    }
    c->loop = loop;
    int rc;
    BUS_TRY_GOTO(rc, client_copy(c, conf, err), failed);
    BUS_TRY_GOTO(rc,
                 bus_run_timer_new(loop, on_client_timer, c, &c->timer, err),
                 failed);
    c->multi = curl_multi_init();
    if (c->multi == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "an HTTP client");
        goto failed;
    }
    (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION,
                            client_socket_wants);
    (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, client_timer);
    (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                            (long)conf->connections);
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS,
                            (long)(conf->connections + KEPT_ALIVE));
    *ret = c;
    return BUS_OK;
failed:
    bus_run_client_close(c);
    return rc;
}

void bus_run_client_close(struct bus_run_client *c)
{
    if (c == NULL) {
        return;
    }
    bus_run_client_drop(c);
    bus_run_timer_free(c->timer);
    c->timer = NULL;
    if (c->multi != NULL) { /* says of each kept socket that it goes */
        (void)curl_multi_cleanup(c->multi);
    }
    for (size_t i = 0; i < sizeof(c->texts) / sizeof(c->texts[0]); i++) {
        bus_free(c->texts[i]);
    }
    curl_global_cleanup();
    bus_free(c);
}
