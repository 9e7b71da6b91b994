#include "consumers/treasury/door.h"

#include <jansson.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/catalogue/register_watch.h"
#include "bus/role/types.h"
#include "bus/web/callers.h"
#include "bus/web/pool.h"
#include "consumers/treasury/door_acts.h"

#define STATEMENT_MS 5000
#define TEXTS_BYTES  (64u << 20) /* of one transaction */
#define ANSWER_BYTES (1u << 20)
#define BODY_BYTES   4096

struct treasury_door
{
    struct bus_role_frame *frame;
    struct bus_register_watch *registers;
    struct bus_web_callers *callers;
    struct bus_web_pool *pool;
};
struct door_route
{
    const char *method, *pattern;
    int status;            /* when it is done */
    bool changes, confirm; /* confirm: password and code again */
    treasury_door_act act;
};
struct door_served
{
    struct treasury_door *door;
    const struct door_route *route;
};
struct door_asking /* in the request's memory */
{
    struct treasury_door *door;
    const struct door_route *route;
    struct bus_run_http_request *rq;
    struct treasury_asked asked;
    int32_t day;
    char operator_id[40];
    struct bus_buf answer;
};

/* --- the answer --- */

/* Errors of books.h are "English / 中文". */
static void
door_problem(struct bus_run_http_request *rq, int status, const char *said)
{
    const char *cut = strstr(said, " / ");
    char en[BUS_ERR_MSG_MAX];
    struct bus_strv first = {said,
                             cut != NULL ? (size_t)(cut - said) : strlen(said)};
    bus_run_http_problem(rq, status, bus_strv_copy(en, sizeof(en), first),
                         cut != NULL ? cut + 3 : NULL);
}

static void door_refuse(struct bus_run_http_request *rq,
                        const struct bus_err *err)
{
    enum bus_errc code = err->code;
    if (bus_err_act(code) == BUS_ACT_REJECT || code == BUS_EUSAGE) {
        door_problem(rq,
                     code == BUS_EDENIED                          ? 403
                     : code == BUS_EUNKNOWN || code == BUS_EUSAGE ? 404
                     : code == BUS_ESTATE                         ? 409
                                                                  : 422,
                     err->msg);
        return;
    }
    bus_run_http_set(rq, "Retry-After", "5");
    door_problem(rq, 503, "not at the moment; again later / 请稍后再试");
}

static void door_ended(void *data, int rc, const struct bus_err *err)
{
    struct door_asking *a = data;
    bus_catalogue_register_watch_release(a->door->registers,
                                         &a->asked.registers);
    bus_run_http_set(a->rq, "Cache-Control", "no-store");
    if (rc == BUS_OK) {
        bus_run_http_answer(a->rq, a->route->status, "application/json",
                            a->answer.data, a->answer.len);
    } else {
        door_refuse(a->rq, err);
    }
    bus_buf_fini(&a->answer);
}

/* --- in the database --- */

/* What is only looked at takes no writer's turn, and is of one instant. */
static int
door_look(struct door_asking *a, struct treasury_books *b, struct bus_err *err)
{
    BUS_TRY(bus_pg_exec(
        b->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err));
    return treasury_books_end(b, a->route->act(b, &a->asked, &a->answer, err),
                              err);
}

static int door_change(struct door_asking *a,
                       struct treasury_books *b,
                       struct bus_err *err)
{
    BUS_TRY(treasury_books_begin(b, err));
    return treasury_books_end(b, a->route->act(b, &a->asked, &a->answer, err),
                              err);
}

static int door_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct door_asking *a = data;
    struct bus_arena mem;
    bus_arena_init(&mem, 0, TEXTS_BYTES);
    struct treasury_books b = {
        .pg = pg, .mem = &mem, .who = a->operator_id, .day = a->day};
    int rc =
        a->route->changes ? door_change(a, &b, err) : door_look(a, &b, err);
    bus_arena_fini(&mem);
    return rc;
}

/* --- who asks, and what --- */

static void door_go(struct door_asking *a)
{
    struct bus_web_job job = {door_run, door_ended, a};
    struct bus_err err;
    bus_buf_init(&a->answer, ANSWER_BYTES);
    int rc = bus_web_pool_put(a->door->pool, &job, &err);
    if (rc != BUS_OK) {
        door_ended(a, rc, &err);
    }
}

static void door_confirmed(struct bus_run_http_request *rq,
                           enum bus_web_sign_in how,
                           const struct bus_web_session *session,
                           const struct bus_register_operator *o,
                           int64_t wait_ms,
                           void *data)
{
    struct door_asking *a = data;
    struct bus_err err;
    (void)session;
    (void)rq;
    if (how == BUS_WEB_SIGNED_IN && o != NULL &&
        strcmp(o->id, a->operator_id) == 0) {
        door_go(a);
        return;
    }
    if (how == BUS_WEB_SIGN_IN_AWAY) {
        (void)bus_fail(&err, BUS_EAWAY, "the database is away");
    } else if (how == BUS_WEB_SIGN_IN_WAIT) {
        (void)bus_fail(&err, BUS_EDENIED,
                       "too many wrong passwords; again in %lld s / "
                       "输错次数过多, 请 %lld 秒后再试",
                       (long long)wait_ms / 1000, (long long)wait_ms / 1000);
    } else if (how == BUS_WEB_SIGN_IN_NO_FACTOR) {
        (void)bus_fail(&err, BUS_EDENIED,
                       "this needs a second factor; set one up on your "
                       "account's page / 须先在本人账号页开通动态码");
    } else {
        (void)bus_fail(&err, BUS_EDENIED,
                       "the password or the code is wrong, or the code has "
                       "been used / 口令不对,或动态码不对、已用过");
    }
    door_ended(a, (int)err.code, &err);
}

static const char *
door_text(const struct door_asking *a, const json_t *body, const char *key)
{
    const char *text = json_string_value(json_object_get(body, key));
    text = text != NULL ? bus_arena_strdup(bus_run_http_mem(a->rq), text) : "";
    return text != NULL ? text : "";
}

static const char *door_view(const struct door_asking *a, struct bus_strv v)
{
    const char *text =
        v.n == 0 ? "" : bus_arena_strndup(bus_run_http_mem(a->rq), v.p, v.n);
    return text != NULL ? text : "";
}

/* A form of another site cannot send JSON. */
static bool door_says_json(const struct bus_run_http_request *rq)
{
    struct bus_strv type = bus_run_http_header(rq, "Content-Type");
    static const char json[] = "application/json";
    return type.n >= sizeof(json) - 1 &&
           strncasecmp(type.p, json, sizeof(json) - 1) == 0;
}

static void door_confirm(struct door_asking *a,
                         const struct bus_web_caller *caller,
                         const char *password,
                         const char *code)
{
    static const char account[] = "account ";
    BUS_CHECK(strncmp(caller->name, account, sizeof(account) - 1) == 0);
    struct bus_web_signing_in how = {
        .account = bus_strv(
            door_view(a, bus_strv(caller->name + sizeof(account) - 1))),
        .password = bus_strv(password),
        .code = bus_strv(code),
        .confirm = true,
        .factor = true,
        .done = door_confirmed,
        .data = a};
    bus_web_callers_sign_in(a->door->callers, a->rq, &how);
}

static void door_known(struct bus_run_http_request *rq,
                       const struct bus_web_caller *caller,
                       void *data)
{
    const struct door_served *s = data;
    struct door_asking *a =
        bus_arena_calloc(bus_run_http_mem(rq), 1, sizeof(*a));
    struct bus_strv body = bus_run_http_body(rq);
    struct bus_err err;
    if (caller->kind != BUS_WEB_PERSON || a == NULL) {
        door_problem(rq, 403, "a person has to be signed in / 须由本人登录");
        return;
    }
    if (s->route->changes && (!door_says_json(rq) || body.n > BODY_BYTES)) {
        door_problem(rq, 415, "send application/json / 请提交 JSON");
        return;
    }
    a->door = s->door;
    a->route = s->route;
    a->rq = rq;
    a->day = bus_china_day(bus_clock_system.wall_ms(NULL));
    (void)bus_strv_copy(a->operator_id, sizeof(a->operator_id),
                        bus_strv(caller->operator_id));
    json_t *j = s->route->changes ? json_loadb(body.p, body.n, 0, NULL) : NULL;
    a->asked = (struct treasury_asked){
        .config = &s->door->frame->config,
        .operator_id = a->operator_id,
        .batch = door_view(a, bus_run_http_param(rq, "batch")),
        .state = door_view(a, bus_run_http_query(rq, "state")),
        .fund = door_text(a, j, "fund"),
        .pay_day = door_text(a, j, "pay_day"),
        .why = door_text(a, j, "why"),
        .difference = door_text(a, j, "difference"),
        .as = door_text(a, j, "as"),
        .award = j != NULL ? door_text(a, j, "award")
                           : door_view(a, bus_run_http_query(rq, "award")),
        .budget = door_text(a, j, "budget"),
        .yuan = door_text(a, j, "yuan")};
    const char *password = door_text(a, j, "password");
    const char *code = door_text(a, j, "code");
    json_decref(j);
    bus_catalogue_register_watch_hold(s->door->registers, &a->asked.registers);
    int rc = treasury_door_may(&a->asked, a->day, 0, &err);
    if (rc != BUS_OK) {
        door_ended(a, rc, &err);
    } else if (s->route->confirm) {
        door_confirm(a, caller, password, code);
    } else {
        door_go(a);
    }
}

static void door_ask(struct bus_run_http_request *rq, void *data)
{
    const struct door_served *s = data;
    bus_web_callers_ask(s->door->callers, rq, door_known, data);
}

/* --- opening --- */

static const struct door_route routes[] = {
    {"GET", "/v1/treasury", 200, false, false, treasury_door_board},
    {"GET", "/v1/treasury/lines", 200, false, false, treasury_door_lines},
    {"GET", "/v1/treasury/batches/{batch}", 200, false, false,
     treasury_door_batch},
    {"GET", "/v1/treasury/differences", 200, false, false,
     treasury_door_differences},
    {"POST", "/v1/treasury/differences/look", 200, true, false,
     treasury_door_look},
    {"POST", "/v1/treasury/differences/agree", 200, true, true,
     treasury_door_agree},
    {"GET", "/v1/treasury/awards", 200, false, false, treasury_door_awards},
    {"POST", "/v1/treasury/awards/suspend", 200, true, true,
     treasury_door_suspend},
    {"POST", "/v1/treasury/awards/resume", 200, true, true,
     treasury_door_resume},
    {"GET", "/v1/treasury/budgets", 200, false, false, treasury_door_budgets},
    {"POST", "/v1/treasury/budgets/say", 201, true, false,
     treasury_door_budget_say},
    {"POST", "/v1/treasury/budgets/agree", 200, true, true,
     treasury_door_budget_agree},
    {"POST", "/v1/treasury/budgets/drop", 200, true, false,
     treasury_door_budget_drop},
    {"POST", "/v1/treasury/batches", 201, true, false, treasury_door_prepare},
    {"POST", "/v1/treasury/batches/{batch}/approve", 200, true, true,
     treasury_door_approve},
    {"POST", "/v1/treasury/batches/{batch}/send", 200, true, true,
     treasury_door_send},
    {"POST", "/v1/treasury/batches/{batch}/withdraw", 200, true, false,
     treasury_door_withdraw},
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static int door_routes(struct treasury_door *d, struct bus_err *err)
{
    struct door_served *served =
        bus_arena_calloc(&d->frame->mem, ROUTES, sizeof(*served));
    if (served == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the treasury's door");
    }
    for (size_t i = 0; i < ROUTES; i++) {
        served[i] = (struct door_served){d, &routes[i]};
        BUS_TRY(bus_run_http_route(d->frame->http, routes[i].method,
                                   routes[i].pattern, door_ask, &served[i],
                                   err));
    }
    return bus_web_callers_routes(d->callers, d->frame->http, err);
}

static int door_start(struct treasury_door *d, struct bus_err *err)
{
    struct bus_role_frame *f = d->frame;
    struct bus_register_watch_conf watch = {
        .kafka = &f->kafka,
        .config = &f->config,
        .topic = bus_role_frame_topic(f, "register", NULL),
        .schemas = bus_role_types_registry(),
        .told = bus_role_frame_told_register,
        .no_condition = true,
    };
    BUS_TRY(bus_catalogue_register_watch_start(&watch, &d->registers, err));
    BUS_TRY(bus_web_callers_open(f->loop, &f->config, d->registers, &d->callers,
                                 err));
    BUS_TRY(bus_web_pool_new(f->loop, f->config.ledger.conninfo, STATEMENT_MS,
                             &d->pool, err));
    return door_routes(d, err);
}

int treasury_door_open(struct bus_role_frame *frame,
                       struct treasury_door **ret,
                       struct bus_err *err)
{
    struct treasury_door *d = bus_calloc(1, sizeof(*d));
    if (d == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the treasury's door");
    }
    d->frame = frame;
    *ret = d; /* closed by the caller in any case */
    return door_start(d, err);
}

void treasury_door_drain(struct treasury_door *d)
{
    if (d != NULL && d->registers != NULL) {
        bus_catalogue_register_watch_drain(d->registers);
    }
}

void treasury_door_close(struct treasury_door *d)
{
    if (d == NULL) {
        return;
    }
    bus_web_pool_free(d->pool);
    bus_web_callers_close(d->callers);
    bus_catalogue_register_watch_free(d->registers);
    bus_free(d);
}
