#include "bus/web/callers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/web/callers_parts.h"

#define LOOKED_MS    30000 /* then a session is looked at again */
#define STATEMENT_MS 5000
#define HOUR_MS      INT64_C(3600000)

struct web_asking /* in the request's own memory */
{
    struct bus_web_callers *callers;
    struct bus_run_http_request *rq;
    bus_web_known known;
    bus_web_unknown unknown; /* of a page; NULL: answered here */
    void *data;
    struct bus_web_session session;
};

/* --- answers --- */

static void not_known(const struct web_asking *a, const char *why_en)
{
    struct bus_run_http_request *rq = a->rq;
    if (a->unknown != NULL) {
        a->unknown(rq, false, a->data);
        return;
    }
    bus_run_http_set(rq, "WWW-Authenticate",
                     "Bearer realm=\"lianou\", " BUS_WIRE_SIGNED_SCHEME);
    bus_run_http_problem(rq, 401, why_en,
                         "请先登录(POST /v1/sessions),或由系统签名后再调用");
}

static void asking_away(const struct web_asking *a)
{
    if (a->unknown != NULL) {
        a->unknown(a->rq, true, a->data);
    } else {
        web_away(a->rq);
    }
}

/* --- who he is --- */

static void known_machine(const struct web_asking *a)
{
    struct bus_web_caller caller = {.kind = BUS_WEB_MACHINE,
                                    .name = "this machine"};
    a->known(a->rq, &caller, a->data);
}

static void known_person(const struct web_asking *a,
                         const struct bus_web_session *s)
{
    struct bus_web_caller caller = {.kind = BUS_WEB_PERSON};
    const struct bus_register_operator *o = web_session_operator(a->callers, s);
    if (o == NULL) {
        not_known(a, "the account's operator is not in office today");
        return;
    }
    (void)snprintf(caller.name, sizeof(caller.name), "account %s", s->account);
    (void)bus_strv_copy(caller.operator_id, sizeof(caller.operator_id),
                        bus_strv(o->id));
    (void)bus_strv_copy(caller.org, sizeof(caller.org), bus_strv(o->org));
    a->known(a->rq, &caller, a->data);
}

static void known_system(const struct web_asking *a)
{
    struct bus_web_callers *c = a->callers;
    struct bus_run_http_request *rq = a->rq;
    char system[BUS_WIRE_SIGNED_NAME + 1];
    struct bus_web_caller caller = {.kind = BUS_WEB_SYSTEM};
    struct bus_err err;
    struct bus_wire_signed_request asked = {
        .method = bus_strv(bus_run_http_method(rq)),
        .path = bus_run_http_path(rq),
        .authorization = bus_run_http_header(rq, "Authorization"),
        .date = bus_run_http_header(rq, "Lianou-Date"),
        .body = bus_run_http_body(rq)};
    int rc = bus_wire_signed_verify(&asked, c->systems,
                                    bus_clock_system.wall_ms(NULL), c->seen,
                                    system, &err);
    if (rc == BUS_EFULL) {
        bus_run_http_set(rq, "Retry-After", "60");
        bus_run_http_problem(rq, 503, err.msg, "签名请求过多, 请稍后再试");
    } else if (rc != BUS_OK) {
        not_known(a, err.msg);
    } else {
        (void)snprintf(caller.name, sizeof(caller.name), "system %s", system);
        a->known(rq, &caller, a->data);
    }
}

/* --- sessions: of memory, or of the database --- */

static int session_look(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct web_asking *a = data;
    return bus_web_session_find(pg, &a->session, err);
}

static void session_looked(void *data, int rc, const struct bus_err *err)
{
    struct web_asking *a = data;
    struct bus_web_callers *c = a->callers;
    struct web_session_kept *kept = web_session_place(c, a->session.token);
    bool same = strcmp(kept->s.token, a->session.token) == 0;
    if (rc == BUS_OK) {
        kept->s = a->session;
        kept->looked_ms = bus_run_loop_now_ms(c->loop);
        known_person(a, &kept->s);
        return;
    }
    bool away = bus_err_act(err->code) != BUS_ACT_REJECT;
    if (same && away && kept->s.expires_ms > bus_clock_system.wall_ms(NULL)) {
        known_person(a, &kept->s);
    } else if (away) {
        asking_away(a);
    } else {
        if (same) {
            kept->s.token[0] = '\0';
        }
        not_known(a, "no such session, or it has ended; log in again");
    }
}

static void known_session(struct web_asking *a)
{
    struct bus_web_callers *c = a->callers;
    const struct web_session_kept *kept =
        web_session_place(c, a->session.token);
    bool same = strcmp(kept->s.token, a->session.token) == 0 &&
                kept->s.expires_ms > bus_clock_system.wall_ms(NULL);
    struct bus_web_job job = {session_look, session_looked, a};
    struct bus_err err;
    if (same && bus_run_loop_now_ms(c->loop) - kept->looked_ms < LOOKED_MS) {
        known_person(a, &kept->s);
        return;
    }
    int rc = bus_web_pool_put(c->pool, &job, &err);
    if (rc != BUS_OK) {
        session_looked(a, rc, &err);
    }
}

void bus_web_callers_ask(struct bus_web_callers *c,
                         struct bus_run_http_request *rq,
                         bus_web_known known,
                         void *data)
{
    struct web_asking *a = bus_arena_alloc(bus_run_http_mem(rq), sizeof(*a));
    struct bus_strv authorization = bus_run_http_header(rq, "Authorization");
    if (a == NULL) {
        web_away(rq);
        return;
    }
    *a = (struct web_asking){
        .callers = c, .rq = rq, .known = known, .data = data};
    web_session_token(rq, a->session.token);
    if (bus_wire_signed_is(authorization)) {
        known_system(a);
    } else if (a->session.token[0] != '\0') {
        known_session(a);
    } else if (authorization.p == NULL && bus_run_http_loopback(rq) &&
               c->config->http.callers == BUS_HTTP_LOOPBACK) {
        known_machine(a);
    } else {
        not_known(a, "who calls? a session (POST /v1/sessions) or a signed "
                     "request is needed");
    }
}

void bus_web_callers_visit(struct bus_web_callers *c,
                           struct bus_run_http_request *rq,
                           bus_web_known known,
                           bus_web_unknown unknown,
                           void *data)
{
    struct web_asking *a = bus_arena_alloc(bus_run_http_mem(rq), sizeof(*a));
    if (a == NULL) {
        unknown(rq, true, data);
        return;
    }
    *a = (struct web_asking){.callers = c,
                             .rq = rq,
                             .known = known,
                             .unknown = unknown,
                             .data = data};
    bus_web_callers_token(rq, a->session.token);
    if (a->session.token[0] != '\0') {
        known_session(a);
    } else {
        unknown(rq, false, data);
    }
}

/* most 0: no limit. */
static bool sent_within(struct bus_web_limits *l,
                        const char *who,
                        int64_t most,
                        int64_t window_ms,
                        uint64_t now_ms,
                        int64_t *ret_wait_ms)
{
    return most == 0 || bus_web_limits_count(l, bus_strv(who), most, window_ms,
                                             now_ms, ret_wait_ms);
}

bool bus_web_callers_admit(struct bus_web_callers *c,
                           struct bus_run_http_request *rq,
                           const struct bus_web_caller *caller)
{
    const struct bus_config_http *h = &c->config->http;
    uint64_t now_ms = bus_run_loop_now_ms(c->loop);
    int64_t wait_ms = 0;
    if (caller->kind == BUS_WEB_SYSTEM &&
        !sent_within(c->sent_day, caller->name, h->systems_day, 24 * HOUR_MS,
                     now_ms, &wait_ms)) {
        bus_web_limits_refuse(
            rq, wait_ms, "more applications than one system may send in a day",
            "本系统今日提交的申请过多, 请明日再试");
        return false;
    }
    if (caller->kind != BUS_WEB_PERSON) {
        return true;
    }
    if (!sent_within(c->sent, caller->operator_id, h->applications_hour,
                     HOUR_MS, now_ms, &wait_ms)) {
        bus_web_limits_refuse(
            rq, wait_ms,
            "more applications than one person may send in an "
            "hour",
            "本小时提交的申请过多, 请稍后再试");
        return false;
    }
    if (!sent_within(c->sent_day, caller->operator_id, h->applications_day,
                     24 * HOUR_MS, now_ms, &wait_ms)) {
        bus_web_limits_refuse(
            rq, wait_ms, "more applications than one person may send in a day",
            "今日提交的申请过多, 请明日再试");
        return false;
    }
    return true;
}

/* --- opening --- */

/* No file, no systems. */
static int open_systems(struct bus_web_callers *c, struct bus_err *err)
{
    const char *path = c->config->keys.callers;
    if (path == NULL || (access(path, F_OK) != 0 && errno == ENOENT)) {
        return BUS_OK;
    }
    return bus_wire_keyring_open(path, &c->systems, err);
}

int bus_web_callers_open(struct bus_run_loop *loop,
                         const struct bus_config *config,
                         struct bus_register_watch *registers,
                         struct bus_web_callers **ret,
                         struct bus_err *err)
{
    static const struct bus_web_limits_conf guessing = {20, 30000, 3600000,
                                                        24 * HOUR_MS};
    BUS_CHECK(registers != NULL);
    struct bus_web_callers *c = bus_calloc(1, sizeof(*c));
    if (c == NULL) {
        return bus_fail(err, BUS_ENOMEM, "who calls");
    }
    *c = (struct bus_web_callers){
        .loop = loop, .config = config, .registers = registers};
    int rc;
    c->kept = bus_calloc(WEB_SESSIONS_KEPT, sizeof(*c->kept));
    if (c->kept == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "sessions");
        goto failed;
    }
    BUS_TRY_GOTO(rc, open_systems(c, err), failed);
    BUS_TRY_GOTO(rc, bus_wire_signed_seen_new(&c->seen, err), failed);
    BUS_TRY_GOTO(rc, bus_web_limits_new(&guessing, &c->guesses, err), failed);
    BUS_TRY_GOTO(rc, bus_web_limits_new(&guessing, &c->sent, err), failed);
    BUS_TRY_GOTO(rc, bus_web_limits_new(&guessing, &c->sent_day, err), failed);
    BUS_TRY_GOTO(rc,
                 bus_web_pool_new(loop, config->ledger.conninfo, STATEMENT_MS,
                                  &c->pool, err),
                 failed);
    *ret = c;
    return BUS_OK;
failed:
    bus_web_callers_close(c);
    return rc;
}

void bus_web_callers_close(struct bus_web_callers *c)
{
    if (c == NULL) {
        return;
    }
    bus_web_pool_free(c->pool);
    bus_catalogue_register_watch_release(c->registers, &c->held);
    bus_wire_keyring_free(c->systems);
    bus_wire_signed_seen_free(c->seen);
    bus_web_limits_free(c->guesses);
    bus_web_limits_free(c->sent);
    bus_web_limits_free(c->sent_day);
    if (c->kept != NULL) {
        explicit_bzero(c->kept, WEB_SESSIONS_KEPT * sizeof(*c->kept));
    }
    bus_free(c->kept);
    bus_free(c);
}

int bus_web_callers_routes(struct bus_web_callers *c,
                           struct bus_run_http *http,
                           struct bus_err *err)
{
    return web_sessions_routes(c, http, err);
}

bool bus_web_purpose_said(struct bus_run_http_request *rq,
                          const struct bus_web_caller *caller)
{
    struct bus_strv says = bus_run_http_header(rq, "Lianou-Purpose");
    size_t blank = 0;
    while (blank < says.n && (uint8_t)says.p[blank] <= ' ') {
        blank++;
    }
    if (caller->kind != BUS_WEB_PERSON || blank < says.n) {
        return true;
    }
    bus_run_http_problem(rq, 400, "say what for in the header Lianou-Purpose",
                         "请在标头 Lianou-Purpose 中写明查询用途");
    return false;
}
