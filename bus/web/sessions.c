/* Logging in and out, and the token that a request carries. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bus/base/clock.h"
#include "bus/base/hash.h"
#include "bus/web/callers_parts.h"

#define LOGIN_BYTES_MAX 1024

struct web_login /* in the request's own memory */
{
    struct bus_web_callers *callers;
    struct bus_run_http_request *rq;
    char account[BUS_WEB_ACCOUNT_MAX + 1];
    char password[BUS_WEB_PASSWORD_MAX + 1];
    uint8_t client[16];
    struct bus_web_session session;
};

/* --- tokens --- */

static bool is_token(struct bus_strv s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!((s.p[i] >= '0' && s.p[i] <= '9') ||
              (s.p[i] >= 'a' && s.p[i] <= 'f'))) {
            return false;
        }
    }
    return s.n == BUS_WEB_TOKEN_HEX;
}

/* The value of our cookie among others; empty for none. */
static struct bus_strv cookie_value(struct bus_strv cookies)
{
    static const char name[] = WEB_COOKIE "=";
    size_t n = sizeof(name) - 1;
    for (size_t i = 0; i + n <= cookies.n; i++) {
        bool begins =
            i == 0 || cookies.p[i - 1] == ' ' || cookies.p[i - 1] == ';';
        if (begins && memcmp(cookies.p + i, name, n) == 0) {
            struct bus_strv v = {cookies.p + i + n, cookies.n - i - n};
            const char *end = memchr(v.p, ';', v.n);
            v.n = end != NULL ? (size_t)(end - v.p) : v.n;
            return v;
        }
    }
    return (struct bus_strv){0};
}

void web_session_token(const struct bus_run_http_request *rq,
                       char ret[BUS_WEB_TOKEN_HEX + 1])
{
    static const char bearer[] = "Bearer ";
    struct bus_strv a = bus_run_http_header(rq, "Authorization");
    struct bus_strv token = {0};
    if (a.n > sizeof(bearer) - 1 &&
        strncasecmp(a.p, bearer, sizeof(bearer) - 1) == 0) {
        token = (struct bus_strv){a.p + sizeof(bearer) - 1,
                                  a.n - (sizeof(bearer) - 1)};
    } else if (a.p == NULL) {
        token = cookie_value(bus_run_http_header(rq, "Cookie"));
    }
    ret[0] = '\0';
    if (is_token(token)) {
        (void)bus_strv_copy(ret, BUS_WEB_TOKEN_HEX + 1, token);
    }
}

struct web_session_kept *web_session_place(struct bus_web_callers *c,
                                           const char *token)
{
    return &c->kept[bus_hash64(token, strlen(token), 7) % WEB_SESSIONS_KEPT];
}

const struct bus_register_operator *
web_session_operator(struct bus_web_callers *c, const struct bus_web_session *s)
{
    bus_catalogue_register_watch_hold(c->registers, &c->held);
    return bus_registers_operator(
        c->held, bus_strv(s->operator_id),
        bus_china_day(bus_clock_system.wall_ms(NULL)));
}

void web_away(struct bus_run_http_request *rq)
{
    bus_run_http_set(rq, "Retry-After", "5");
    bus_run_http_problem(rq, 503,
                         "accounts cannot be looked at now; again in a moment",
                         "暂时无法核对账号, 请稍后再试");
}

/* --- POST /v1/sessions --- */

static int login_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct web_login *l = data;
    int rc =
        bus_web_login(pg, l->account, bus_strv(l->password),
                      l->callers->config->http.session_ms, &l->session, err);
    explicit_bzero(l->password, sizeof(l->password));
    return rc;
}

static void login_refused(struct bus_run_http_request *rq)
{
    bus_run_http_problem(rq, 401,
                         "account or password are wrong, or the account waits "
                         "after wrong ones",
                         "账号或口令不对, 或因多次输错暂时锁定");
}

static void login_answer(struct web_login *l,
                         const struct bus_register_operator *o)
{
    char cookie[256];
    const struct bus_web_session *s = &l->session;
    json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s}", "token", s->token,
                          "expires_at", s->expires, "operator_id", o->id,
                          "org_code", o->org, "name", o->name);
    char *text = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    (void)snprintf(cookie, sizeof(cookie),
                   WEB_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; "
                              "Max-Age=%lld%s",
                   s->token,
                   (long long)(l->callers->config->http.session_ms / 1000),
                   l->callers->config->http.cert_file == NULL &&
                           bus_run_http_loopback(l->rq)
                       ? ""
                       : "; Secure");
    bus_run_http_set(l->rq, "Set-Cookie", cookie);
    bus_run_http_set(l->rq, "Cache-Control", "no-store");
    if (text == NULL) {
        web_away(l->rq);
    } else {
        bus_run_http_answer(l->rq, 201, "application/json", text, strlen(text));
    }
    free(text); /* jansson's own */
}

static void login_done(void *data, int rc, const struct bus_err *err)
{
    struct web_login *l = data;
    struct bus_web_callers *c = l->callers;
    explicit_bzero(l->password, sizeof(l->password));
    if (rc != BUS_OK) {
        if (bus_err_act(err->code) == BUS_ACT_REJECT) {
            login_refused(l->rq);
        } else {
            web_away(l->rq);
        }
        return;
    }
    bus_web_limits_well(c->guesses,
                        (struct bus_strv){(const char *)l->client, 16});
    const struct bus_register_operator *o =
        web_session_operator(c, &l->session);
    if (o == NULL) { /* he was, when the account was made */
        login_refused(l->rq);
        return;
    }
    struct web_session_kept *kept = web_session_place(c, l->session.token);
    kept->s = l->session;
    kept->looked_ms = bus_run_loop_now_ms(c->loop);
    login_answer(l, o);
}

/* {"account", "password"}; false: it is something else. */
static bool login_read(struct web_login *l)
{
    struct bus_strv body = bus_run_http_body(l->rq);
    json_t *j =
        body.n <= LOGIN_BYTES_MAX ? json_loadb(body.p, body.n, 0, NULL) : NULL;
    const char *account = json_string_value(json_object_get(j, "account"));
    const char *password = json_string_value(json_object_get(j, "password"));
    bool well = account != NULL && password != NULL &&
                bus_web_account_name(bus_strv(account)) &&
                strlen(password) <= BUS_WEB_PASSWORD_MAX;
    if (well) {
        (void)bus_strv_copy(l->account, sizeof(l->account), bus_strv(account));
        (void)bus_strv_copy(l->password, sizeof(l->password),
                            bus_strv(password));
    }
    json_decref(j);
    return well;
}

static bool says_json(const struct bus_run_http_request *rq)
{
    struct bus_strv type = bus_run_http_header(rq, "Content-Type");
    static const char json[] = "application/json";
    return type.n >= sizeof(json) - 1 &&
           strncasecmp(type.p, json, sizeof(json) - 1) == 0;
}

static void post_session(struct bus_run_http_request *rq, void *data)
{
    struct bus_web_callers *c = data;
    struct web_login *l = bus_arena_calloc(bus_run_http_mem(rq), 1, sizeof(*l));
    int64_t wait_ms = 0;
    if (l == NULL) {
        web_away(rq);
        return;
    }
    l->callers = c;
    l->rq = rq;
    if (!says_json(rq)) { /* what another site's form cannot send */
        bus_run_http_problem(rq, 415, "send application/json",
                             "请以 application/json 提交");
        return;
    }
    if (!login_read(l)) {
        bus_run_http_problem(
            rq, 400, "an object with \"account\" and \"password\" is needed",
            "请求体应为含 account 和 password 的 JSON 对象");
        return;
    }
    struct bus_strv client = bus_run_http_client(rq, l->client);
    if (!bus_web_limits_try(c->guesses, client, bus_run_loop_now_ms(c->loop),
                            &wait_ms)) {
        bus_web_limits_refuse(rq, wait_ms, "too many wrong logins from there",
                              "该地址登录失败过多, 请稍后再试");
        return;
    }
    struct bus_web_job job = {login_run, login_done, l};
    if (!bus_web_pool_put(c->pool, &job)) {
        web_away(rq);
    }
}

/* --- DELETE /v1/sessions --- */

static int logout_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    const struct web_login *l = data;
    return bus_web_session_end(pg, l->session.token, err);
}

static void logout_done(void *data, int rc, const struct bus_err *err)
{
    const struct web_login *l = data;
    (void)err;
    if (rc != BUS_OK) {
        web_away(l->rq);
        return;
    }
    struct web_session_kept *kept =
        web_session_place(l->callers, l->session.token);
    if (strcmp(kept->s.token, l->session.token) == 0) {
        kept->s.token[0] = '\0';
    }
    bus_run_http_set(l->rq, "Set-Cookie",
                     WEB_COOKIE "=; Path=/; HttpOnly; SameSite=Strict; "
                                "Max-Age=0");
    bus_run_http_answer(l->rq, 204, NULL, NULL, 0);
}

/* Whoever has the token may end it; one that is none has ended. */
static void delete_session(struct bus_run_http_request *rq, void *data)
{
    struct bus_web_callers *c = data;
    struct web_login *l = bus_arena_calloc(bus_run_http_mem(rq), 1, sizeof(*l));
    struct bus_web_job job = {logout_run, logout_done, l};
    if (l == NULL) {
        web_away(rq);
        return;
    }
    l->callers = c;
    l->rq = rq;
    web_session_token(rq, l->session.token);
    if (!bus_web_pool_put(c->pool, &job)) {
        web_away(rq);
    }
}

int web_sessions_routes(struct bus_web_callers *c,
                        struct bus_run_http *http,
                        struct bus_err *err)
{
    BUS_TRY(
        bus_run_http_route(http, "POST", "/v1/sessions", post_session, c, err));
    return bus_run_http_route(http, "DELETE", "/v1/sessions", delete_session, c,
                              err);
}
