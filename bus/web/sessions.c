/* Logging in and out, and the token that a request carries. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bus/base/clock.h"
#include "bus/base/hash.h"
#include "bus/web/callers_parts.h"
#include "bus/web/csrf.h"
#include "bus/web/factor.h"
#include "bus/web/program.h"

#define LOGIN_BYTES_MAX 1024

struct web_login /* in the request's own memory */
{
    struct bus_web_callers *callers;
    struct bus_run_http_request *rq;
    char account[BUS_WEB_ACCOUNT_MAX + 1];
    char password[BUS_WEB_PASSWORD_MAX + 1], code[BUS_WEB_CODE_MAX + 1];
    char renew[BUS_WEB_PASSWORD_MAX + 1]; /* "": it stays */
    char program[BUS_WEB_PROGRAM], address[BUS_WEB_ADDRESS_TEXT];
    uint8_t client[16];
    uint32_t tried; /* of that client */
    bool no_factor; /* but one was wanted */
    struct bus_web_session session;
    struct bus_web_signing_in how;
    void (*out)(struct bus_run_http_request *rq, bool away, void *data);
    void *out_data; /* of signing out */
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
        token = bus_web_cookie(rq, WEB_COOKIE);
    }
    ret[0] = '\0';
    if (is_token(token)) {
        (void)bus_strv_copy(ret, BUS_WEB_TOKEN_HEX + 1, token);
    }
}

void bus_web_callers_token(const struct bus_run_http_request *rq,
                           char ret[BUS_WEB_TOKEN_HEX + 1])
{
    struct bus_strv token = bus_web_cookie(rq, WEB_COOKIE);
    (void)bus_strv_copy(ret, BUS_WEB_TOKEN_HEX + 1,
                        is_token(token) ? token : BUS_STRV(""));
}

bool bus_web_callers_secure(const struct bus_web_callers *c,
                            const struct bus_run_http_request *rq)
{
    return c->config->http.cert_file != NULL || !bus_run_http_loopback(rq);
}

struct web_session_kept *web_session_place(struct bus_web_callers *c,
                                           const char *token)
{
    return &c->kept[bus_hash64(token, strlen(token), 7) % WEB_SESSIONS_KEPT];
}

void bus_web_callers_forget(struct bus_web_callers *c, const char *account)
{
    for (size_t i = 0; i < WEB_SESSIONS_KEPT; i++) {
        if (strcmp(c->kept[i].s.account, account) == 0) {
            c->kept[i].s.token[0] = '\0';
        }
    }
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

/* --- signing in --- */

static int login_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct web_login *l = data;
    const struct bus_config *c = l->callers->config;
    const struct bus_web_login how = {.name = l->account,
                                      .password = bus_strv(l->password),
                                      .code = bus_strv(l->code),
                                      .renew = bus_strv(l->renew),
                                      .address = l->address,
                                      .program = l->program,
                                      .keys = c->keys.accounts,
                                      .session_ms = c->http.session_ms};
    int rc = bus_web_login(pg, &how, &l->session, err);
    explicit_bzero(l->password, sizeof(l->password));
    explicit_bzero(l->renew, sizeof(l->renew));
    l->no_factor = rc == BUS_OK && l->how.factor && c->http.second_factor &&
                   !l->session.factor;
    return rc == BUS_OK && (l->how.confirm || l->no_factor)
               ? bus_web_session_end(pg, l->session.token, err)
               : rc;
}

static void login_cookie(const struct web_login *l)
{
    char cookie[256];
    (void)snprintf(cookie, sizeof(cookie),
                   WEB_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; "
                              "Max-Age=%lld%s",
                   l->session.token,
                   (long long)(l->callers->config->http.session_ms / 1000),
                   bus_web_callers_secure(l->callers, l->rq) ? "; Secure" : "");
    bus_run_http_set(l->rq, "Set-Cookie", cookie);
}

static void login_end(const struct web_login *l, enum bus_web_sign_in how)
{
    l->how.done(l->rq, how, NULL, NULL, 0, l->how.data);
}

static void login_done(void *data, int rc, const struct bus_err *err)
{
    struct web_login *l = data;
    struct bus_web_callers *c = l->callers;
    explicit_bzero(l->password, sizeof(l->password));
    explicit_bzero(l->renew, sizeof(l->renew));
    if (rc != BUS_OK) {
        login_end(l, bus_err_act(err->code) == BUS_ACT_REJECT
                         ? BUS_WEB_SIGN_IN_REFUSED
                         : BUS_WEB_SIGN_IN_AWAY);
        return;
    }
    /* Nobody clears an address of his guesses by a login of his own. */
    bus_web_limits_take_back(
        c->guesses, (struct bus_strv){(const char *)l->client, 16}, l->tried);
    const struct bus_register_operator *o =
        web_session_operator(c, &l->session);
    if (o == NULL) { /* he was, when the account was made */
        login_end(l, BUS_WEB_SIGN_IN_REFUSED);
        return;
    }
    if (l->no_factor) {
        login_end(l, BUS_WEB_SIGN_IN_NO_FACTOR);
        return;
    }
    if (l->how.renew.n > 0) {
        bus_web_callers_forget(c, l->session.account);
    }
    if (!l->how.confirm) {
        struct web_session_kept *kept = web_session_place(c, l->session.token);
        kept->s = l->session;
        kept->looked_ms = bus_run_loop_now_ms(c->loop);
        login_cookie(l);
    }
    l->how.done(l->rq, BUS_WEB_SIGNED_IN, &l->session, o, 0, l->how.data);
}

void bus_web_callers_sign_in(struct bus_web_callers *c,
                             struct bus_run_http_request *rq,
                             const struct bus_web_signing_in *how)
{
    struct web_login *l = bus_arena_calloc(bus_run_http_mem(rq), 1, sizeof(*l));
    int64_t wait_ms = 0;
    if (l == NULL) {
        how->done(rq, BUS_WEB_SIGN_IN_AWAY, NULL, NULL, 0, how->data);
        return;
    }
    *l = (struct web_login){.callers = c, .rq = rq, .how = *how};
    if (how->password.n > BUS_WEB_PASSWORD_MAX ||
        how->renew.n > BUS_WEB_PASSWORD_MAX || how->code.n > BUS_WEB_CODE_MAX ||
        !bus_web_account_name(how->account)) {
        login_end(l, BUS_WEB_SIGN_IN_REFUSED);
        return;
    }
    (void)bus_strv_copy(l->account, sizeof(l->account), how->account);
    (void)bus_strv_copy(l->password, sizeof(l->password), how->password);
    (void)bus_strv_copy(l->code, sizeof(l->code), how->code);
    (void)bus_strv_copy(l->renew, sizeof(l->renew), how->renew);
    struct bus_strv client = bus_run_http_client(rq, l->client);
    bus_web_program_address(l->client, l->address);
    bus_web_program(bus_run_http_header(rq, "User-Agent"), l->program);
    if (!bus_web_limits_try(c->guesses, client, bus_run_loop_now_ms(c->loop),
                            &wait_ms)) {
        how->done(rq, BUS_WEB_SIGN_IN_WAIT, NULL, NULL, wait_ms, how->data);
        return;
    }
    l->tried = bus_web_limits_tried(c->guesses, client);
    struct bus_web_job job = {login_run, login_done, l};
    if (bus_web_pool_put(c->pool, &job, NULL) != BUS_OK) {
        login_end(l, BUS_WEB_SIGN_IN_AWAY);
    }
}

/* --- signing out --- */

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
        l->out(l->rq, true, l->out_data);
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
    l->out(l->rq, false, l->out_data);
}

/* Whoever has the token may end it; one that is none has ended. */
void bus_web_callers_sign_out(struct bus_web_callers *c,
                              struct bus_run_http_request *rq,
                              void (*done)(struct bus_run_http_request *rq,
                                           bool away,
                                           void *data),
                              void *data)
{
    struct web_login *l = bus_arena_calloc(bus_run_http_mem(rq), 1, sizeof(*l));
    struct bus_web_job job = {logout_run, logout_done, l};
    if (l == NULL) {
        done(rq, true, data);
        return;
    }
    *l = (struct web_login){
        .callers = c, .rq = rq, .out = done, .out_data = data};
    web_session_token(rq, l->session.token);
    if (bus_web_pool_put(c->pool, &job, NULL) != BUS_OK) {
        done(rq, true, data);
    }
}

/* --- POST and DELETE /v1/sessions --- */

static void json_refused(struct bus_run_http_request *rq)
{
    bus_run_http_problem(rq, 401,
                         "account, password or code are wrong, or the account "
                         "waits after wrong ones",
                         "账号、口令或动态码不对, 或因多次输错暂时锁定");
}

static void json_signed_in(struct bus_run_http_request *rq,
                           const struct bus_web_session *s,
                           const struct bus_register_operator *o)
{
    json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s}", "token", s->token,
                          "expires_at", s->expires, "operator_id", o->id,
                          "org_code", o->org, "name", o->name);
    char *text = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    bus_run_http_set(rq, "Cache-Control", "no-store");
    if (text == NULL) {
        web_away(rq);
    } else {
        bus_run_http_answer(rq, 201, "application/json", text, strlen(text));
    }
    free(text); /* jansson's own */
}

static void json_answer(struct bus_run_http_request *rq,
                        enum bus_web_sign_in how,
                        const struct bus_web_session *s,
                        const struct bus_register_operator *o,
                        int64_t wait_ms,
                        void *data)
{
    (void)data;
    switch (how) {
    case BUS_WEB_SIGNED_IN:
        json_signed_in(rq, s, o);
        return;
    case BUS_WEB_SIGN_IN_NO_FACTOR: /* is not asked for here */
    case BUS_WEB_SIGN_IN_REFUSED:
        json_refused(rq);
        return;
    case BUS_WEB_SIGN_IN_WAIT:
        bus_web_limits_refuse(rq, wait_ms, "too many wrong logins from there",
                              "该地址登录失败过多, 请稍后再试");
        return;
    case BUS_WEB_SIGN_IN_AWAY:
        web_away(rq);
        return;
    }
}

static bool says_json(const struct bus_run_http_request *rq)
{
    struct bus_strv type = bus_run_http_header(rq, "Content-Type");
    static const char json[] = "application/json";
    return type.n >= sizeof(json) - 1 &&
           strncasecmp(type.p, json, sizeof(json) - 1) == 0;
}

/* {"account", "password"[, "code"]}; false: it is something else. */
static bool login_well(const char *account, const char *password)
{
    return account != NULL && password != NULL &&
           bus_web_account_name(bus_strv(account)) &&
           strlen(password) <= BUS_WEB_PASSWORD_MAX;
}

static void post_session(struct bus_run_http_request *rq, void *data)
{
    struct bus_strv body = bus_run_http_body(rq);
    if (!says_json(rq)) { /* what another site's form cannot send */
        bus_run_http_problem(rq, 415, "send application/json",
                             "请以 application/json 提交");
        return;
    }
    json_t *j =
        body.n <= LOGIN_BYTES_MAX ? json_loadb(body.p, body.n, 0, NULL) : NULL;
    const char *account = json_string_value(json_object_get(j, "account"));
    const char *password = json_string_value(json_object_get(j, "password"));
    if (login_well(account, password)) {
        const char *code = json_string_value(json_object_get(j, "code"));
        struct bus_web_signing_in how = {.account = bus_strv(account),
                                         .password = bus_strv(password),
                                         .code =
                                             bus_strv(code != NULL ? code : ""),
                                         .done = json_answer};
        bus_web_callers_sign_in(data, rq, &how);
    } else {
        bus_run_http_problem(
            rq, 400, "an object with \"account\" and \"password\" is needed",
            "请求体应为含 account 和 password 的 JSON 对象");
    }
    json_decref(j);
}

static void
json_signed_out(struct bus_run_http_request *rq, bool away, void *data)
{
    (void)data;
    if (away) {
        web_away(rq);
    } else {
        bus_run_http_answer(rq, 204, NULL, NULL, 0);
    }
}

static void delete_session(struct bus_run_http_request *rq, void *data)
{
    bus_web_callers_sign_out(data, rq, json_signed_out, NULL);
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
