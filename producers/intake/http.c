/* POST /v1/applications and the contract that describes it. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "producers/intake/intake.h"
#include "producers/intake/openapi.h"

struct posted /* in the request's own memory */
{
    struct bus_http_request *rq;
    char id[BUS_ID_TEXT + 1];
};

static const char problem_type[] = "application/problem+json";

static void
taken(void *token, enum intake_outcome outcome, const struct bus_err *err)
{
    const struct posted *posted = token;
    struct bus_http_request *rq = posted->rq;
    const char *id = posted->id;
    char body[256];
    switch (outcome) {
    case INTAKE_ACCEPTED:
    case INTAKE_JOURNALED:
        (void)snprintf(body, sizeof(body), "/v1/applications/%s", id);
        bus_http_set(rq, "Location", body);
        (void)snprintf(body, sizeof(body),
                       "{\"application_id\":\"%s\",\"state\":\"%s\"}\n", id,
                       outcome == INTAKE_ACCEPTED ? "accepted" : "journaled");
        bus_http_answer(rq, 202, "application/json", body, strlen(body));
        return;
    case INTAKE_FULL:
        bus_http_set(rq, "Retry-After", "30");
        bus_http_problem(rq, 503,
                         "the bus is away and the journal is full; send it "
                         "again later",
                         "总线暂不可用且本地日志已满, 请稍后重发");
        return;
    case INTAKE_FAILED:
        break;
    }
    bus_http_problem(rq, 500, err ? err->msg : "it was not taken",
                     "未能受理, 请重发");
}

static void faulty(struct intake *in,
                   struct bus_http_request *rq,
                   const json_t *json,
                   const struct form *form)
{
    const char *draft = NULL;
    struct bus_err err;
    if (intake_keep_draft(in, json, form, bus_http_mem(rq), &draft, &err) !=
        BUS_OK) {
        draft = NULL; /* the answer says what is wrong all the same */
    }
    const char *body = intake_problem(form, draft, bus_http_mem(rq));
    if (body == NULL) {
        bus_http_problem(rq, 422, "the application has faults", "申请有误");
        return;
    }
    bus_http_answer(rq, 422, problem_type, body, strlen(body));
}

/* A client without a reference of its own may use the key of the request. */
static void use_key(json_t *json, struct bus_http_request *rq)
{
    struct bus_strv key = bus_http_header(rq, "Idempotency-Key");
    if (key.p != NULL && json_is_object(json) &&
        json_object_get(json, "channel_reference") == NULL) {
        (void)json_object_set_new(json, "channel_reference",
                                  json_stringn(key.p, key.n));
    }
}

static void bad_syntax(struct bus_http_request *rq, const struct form_syntax *w)
{
    char en[160], zh[160];
    (void)snprintf(en, sizeof(en), "line %d, column %d: %s (%s)", w->line,
                   w->column, w->en, w->code);
    (void)snprintf(zh, sizeof(zh), "第%d行第%d列: %s", w->line, w->column,
                   w->zh);
    bus_http_problem(rq, 400, en, zh);
}

/* application/json, with or without parameters; none at all is let through. */
static bool is_json(struct bus_strv type)
{
    static const char json[] = "application/json";
    size_t n = sizeof(json) - 1;
    return type.p == NULL ||
           (type.n >= n && strncasecmp(type.p, json, n) == 0 &&
            (type.n == n || type.p[n] == ';' || type.p[n] == ' '));
}

static void post(struct bus_http_request *rq, void *data)
{
    struct intake *in = data;
    struct bus_strv body = bus_http_body(rq);
    if (!is_json(bus_http_header(rq, "Content-Type"))) {
        bus_http_set(rq, "Accept-Post", "application/json");
        bus_http_problem(rq, 415, "send application/json",
                         "请以 application/json 提交");
        return;
    }
    struct form_syntax wrong;
    json_t *json = form_parse(body, &wrong);
    if (json == NULL) {
        bad_syntax(rq, &wrong);
        return;
    }
    use_key(json, rq);
    struct form *form = bus_arena_alloc(bus_http_mem(rq), sizeof(*form));
    struct form_rules rules = intake_rules(in);
    struct bus_err err;
    if (form == NULL ||
        form_read(&rules, json, bus_http_mem(rq), form, &err) != BUS_OK) {
        bus_http_problem(rq, 413, "the application is too large", "申请过大");
    } else if (form->fault_count > 0) {
        faulty(in, rq, json, form);
    } else {
        struct posted *p = bus_arena_alloc(bus_http_mem(rq), sizeof(*p));
        if (p != NULL) {
            p->rq = rq;
            (void)bus_id_text(&form->application.application_id, p->id);
        }
        if (p == NULL ||
            intake_take(in, form, bus_http_mem(rq), taken, p, &err) != BUS_OK) {
            bus_http_problem(rq, 500, "it was not taken", "未能受理, 请重发");
        }
    }
    json_decref(json);
}

static void contract(struct bus_http_request *rq, void *data)
{
    (void)data;
    bus_http_answer(rq, 200, "application/json", intake_openapi,
                    strlen(intake_openapi));
}

int intake_routes(struct intake *in, struct bus_err *err)
{
    struct bus_http *h = in->frame->http;
    int rc = bus_http_route(h, "POST", "/v1/applications", post, in, err);
    return rc ? rc
              : bus_http_route(h, "GET", "/openapi.json", contract, in, err);
}
