#include "producers/intake/requests/request_http.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/log.h"
#include "bus/ledger/cases.h"
#include "bus/web/readlog.h"
#include "bus/wire/signed.h"
#include "producers/intake/intake_parts.h"
#include "producers/intake/reads_parts.h"
#include "producers/intake/requests/request_form.h"

#define DAY_MS     INT64_C(86400000)
#define BYTES_MAX  (64u << 10) /* of a request */
#define AGAIN_SECS "5"

struct asking /* in the request's own memory */
{
    enum intake_token token_kind; /* first */
    struct reading q;
    struct request_form *f;
    json_t *json;
    bool resident, counts; /* in a case */
    struct bus_ledger_household of;
    char id[BUS_ID_TEXT + 1];
};

/* --- answers --- */

static void request_end(struct asking *a)
{
    json_decref(a->json);
    a->json = NULL;
}

static void request_again(struct bus_run_http_request *rq)
{
    bus_run_http_set(rq, "Retry-After", AGAIN_SECS);
    bus_run_http_problem(rq, 503, "it was not taken; send it again in a moment",
                         "未能受理, 请稍后重发");
}

/* True: it has faults, and they were answered. */
static bool request_faults(const struct asking *a)
{
    struct bus_run_http_request *rq = a->q.rq;
    if (a->f->form.fault_count == 0) {
        return false;
    }
    const char *body = intake_problem_of(
        &a->f->form, 422,
        "each fault is listed with its place; send it again when mended",
        "逐项列出问题所在; 更正后请重新提交", bus_run_http_mem(rq));
    if (body == NULL) {
        request_again(rq);
    } else {
        bus_run_http_answer(rq, 422, "application/problem+json", body,
                            strlen(body));
    }
    return true;
}

void intake_request_acked(void *token, const struct bus_err *err)
{
    struct asking *a = token;
    char body[96];
    if (err != NULL) {
        bus_log(BUS_LOG_WARN, "a request was not taken", "code=%s err=\"%s\"",
                bus_errc_name(err->code), err->msg);
        request_again(a->q.rq);
        return;
    }
    (void)snprintf(body, sizeof(body),
                   "{\"request_id\":\"%s\",\"state\":\"accepted\"}\n", a->id);
    bus_run_http_answer(a->q.rq, 202, "application/json", body, strlen(body));
}

static int request_send(struct asking *a, struct bus_err *err)
{
    struct intake *in = a->q.all->in;
    struct bus_arena *mem = bus_run_http_mem(a->q.rq);
    struct sa_household_request event;
    struct form_rules rules = intake_rules(in);
    struct bus_role_rendered r;
    BUS_TRY(intake_request_event(&rules, a->f, &a->of, mem, &event, err));
    if (request_faults(a)) {
        return BUS_OK;
    }
    if (in->producer == NULL) {
        return bus_fail(err, BUS_EAWAY, "Kafka is away");
    }
    const struct bus_role_emit e = {
        .type = &sa_household_request_type,
        .record = &event,
        .ce_type = "sa.household_request.v1",
        .source = in->frame->source,
        .event_id = event.event_id,
        .household_id = event.household_id,
        .case_id = a->of.case_id,
        .occurred_at = event.occurred_at,
        .traceparent = bus_run_http_header(a->q.rq, "traceparent"),
    };
    BUS_TRY(bus_role_emit_render(&e, mem, &r, err));
    const struct bus_kafka_out_msg m = {
        .topic = bus_conf_topic(&in->frame->config, mem, "requests", NULL),
        .partition = -1,
        .key = r.key,
        .value = r.value,
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    (void)bus_id_text(&event.event_id, a->id);
    a->token_kind = INTAKE_TOKEN_REQUEST;
    return m.topic == NULL ? bus_fail(err, BUS_ENOMEM, "a request")
                           : bus_kafka_producer_send(in->producer, &m, a, err);
}

/* --- whose it is, out of the ledger: on a pool's thread --- */

static int request_find(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct asking *a = data;
    const struct reading *q = &a->q;
    char text[BUS_ID_TEXT + 1], division[BUS_LEDGER_DIVISION];
    struct bus_strv lookup = bus_strv(bus_id_text(&q->lookup, text));
    bool his = false;
    BUS_TRY(bus_ledger_application_of(pg, q->id, lookup, division, &his, err));
    bool may =
        a->resident
            ? his
            : q->scope.sees != BUS_WEB_ITEMS &&
                  bus_web_may_place(&q->scope, q->all->cases.config, division);
    if (!may || division[0] == '\0') {
        return bus_fail(err, BUS_EDENIED, "not his to speak of");
    }
    int rc = bus_ledger_household_of(pg, q->id, &a->of, err);
    a->counts = rc == BUS_OK;
    if (rc != BUS_OK && rc != BUS_EUNKNOWN) {
        return rc;
    }
    char id[BUS_ID_TEXT + 1];
    const struct bus_web_read read = {.who = q->caller.name,
                                      .via = "POST /v1/requests",
                                      .purpose = "a request of the household",
                                      .record =
                                          bus_strv_copy(id, sizeof(id), q->id),
                                      .fields = "whose case it is"};
    return bus_web_read_note(pg, &read, err);
}

static void request_counts_nowhere(struct bus_run_http_request *rq)
{
    bus_run_http_set(rq, "Retry-After", AGAIN_SECS);
    bus_run_http_problem(
        rq, 409,
        "the application counts in no case yet, or was set aside for people "
        "to look at; ask the village's assistant",
        "该申请尚未立案, 或另存待核; 请稍后再试或联系村(居)民政助理员");
}

static void request_found(void *data, int rc, const struct bus_err *err)
{
    struct asking *a = data;
    struct bus_run_http_request *rq = a->q.rq;
    struct bus_err own = *err;
    if (a->resident) {
        intake_reads_guessed(&a->q, rc);
    }
    if (rc == BUS_EDENIED) {
        intake_reads_nobody(&a->q);
    } else if (rc == BUS_OK && !a->counts) {
        request_counts_nowhere(rq);
    } else if (rc != BUS_OK || request_send(a, &own) != BUS_OK) {
        bus_log(BUS_LOG_WARN, "a request was not taken", "code=%s err=\"%s\"",
                bus_errc_name(own.code), own.msg);
        request_again(rq);
    }
    request_end(a);
}

/* --- the route --- */

static bool request_too_often(const struct asking *a)
{
    struct intake_reads *r = a->q.all;
    int64_t wait_ms = 0;
    uint64_t now_ms = bus_run_loop_now_ms(r->in->frame->loop);
    if (bus_web_limits_count(r->requests, a->q.id, REQUESTS_DAY, DAY_MS, now_ms,
                             &wait_ms)) {
        return false;
    }
    bus_web_limits_refuse(a->q.rq, wait_ms,
                          "too many requests of this application today; ask "
                          "the village's assistant",
                          "该申请今日诉求过多, 请联系村(居)民政助理员");
    return true;
}

/* Who is logged in says it, whatever the body has. True: it has another. */
static bool request_by_person(struct asking *a)
{
    struct request_record *in = &a->f->record;
    const struct bus_web_caller *c = &a->q.caller;
    if (c->kind != BUS_WEB_PERSON) {
        return false;
    }
    bool other = in->has_operator &&
                 !(bus_strv_is(in->operator.operator_id, c->operator_id) &&
                   bus_strv_is(in->operator.org_code, c->org));
    in->has_operator = true;
    in->operator=(struct form_actor){bus_strv(c->operator_id), bus_strv(c->org),
                                     BUS_STRV("")};
    return other;
}

static void request_look(struct asking *a)
{
    struct intake_reads *r = a->q.all;
    struct bus_web_job job = {request_find, request_found, a};
    if (request_faults(a)) {
        request_end(a);
        return;
    }
    const char *id = bus_arena_strdup(bus_run_http_mem(a->q.rq),
                                      bus_id_text(&a->f->application, a->id));
    a->q.id = bus_strv(id);
    if (id == NULL) {
        request_again(a->q.rq);
        request_end(a);
        return;
    }
    if (a->resident) {
        a->q.what = READS_PROGRESS;
        a->q.lookup =
            intake_reads_lookup(r, &a->f->application, a->f->record.id_last);
        if (!intake_reads_may_guess(r, a->q.rq, &a->q)) {
            request_end(a);
            return;
        }
    } else {
        intake_reads_scope(&a->q);
    }
    if (request_too_often(a)) {
        if (a->resident) {
            intake_reads_guessed(&a->q, BUS_EAGAIN);
        }
        request_end(a);
    } else if (bus_web_pool_put(r->pool, &job, NULL) != BUS_OK) {
        if (a->resident) {
            intake_reads_guessed(&a->q, BUS_EAWAY);
        }
        request_again(a->q.rq);
        request_end(a);
    }
}

static const struct intake_form_fault nobody_says_it = {
    "/operator", "MISSING", "缺少此项: 谁代家庭提出",
    "this is needed: who says it for the household"};

/* caller: NULL for who says nothing but what a resident knows. */
static void request_read(struct intake *in,
                         struct bus_run_http_request *rq,
                         const struct bus_web_caller *caller)
{
    struct bus_arena *mem = bus_run_http_mem(rq);
    struct asking *a = bus_arena_calloc(mem, 1, sizeof(*a));
    struct form_syntax wrong = {0};
    struct bus_strv body = bus_run_http_body(rq);
    struct form_rules rules = intake_rules(in);
    struct bus_err err;
    if (a == NULL || (a->f = bus_arena_calloc(mem, 1, sizeof(*a->f))) == NULL) {
        request_again(rq);
        return;
    }
    a->q = (struct reading){.all = in->reads, .rq = rq};
    a->json = body.n <= BYTES_MAX ? intake_form_parse(body, &wrong) : NULL;
    if (a->json == NULL) {
        bus_run_http_problem(
            rq, 400,
            "one JSON object of at most 64 KiB, as openapi.json has it",
            "应为一个不超过64 KiB的 JSON 对象, 见 openapi.json");
        return;
    }
    if (intake_request_read(&rules, a->json, mem, a->f, &err) != BUS_OK) {
        request_end(a);
        request_again(rq);
        return;
    }
    /* Who gave no credentials is the applicant, or nobody: what he shows may
     * have faults. */
    a->resident = caller == NULL || a->f->record.id_last.n > 0;
    a->q.of_desk = caller != NULL && strcmp(caller->name, READS_DESK) == 0;
    if (a->resident) {
        a->q.caller = (struct bus_web_caller){.kind = BUS_WEB_RESIDENT,
                                              .name = "the applicant"};
        a->f->record.has_operator = false;
    } else {
        a->q.caller = *caller;
    }
    if (request_by_person(a)) {
        intake_form_add_fault(&a->f->form, &intake_another_operator);
    } else if (!a->resident && !a->f->record.has_operator) {
        intake_form_add_fault(&a->f->form, &nobody_says_it);
    }
    request_look(a);
}

static void request_of_caller(struct bus_run_http_request *rq,
                              const struct bus_web_caller *caller,
                              void *data)
{
    request_read(data, rq, caller);
}

/* Does a resident say who he is? What is no JSON asks for a session first. */
static bool request_has_factor(struct bus_run_http_request *rq)
{
    struct form_syntax wrong = {0};
    struct bus_strv body = bus_run_http_body(rq);
    json_t *j = body.n <= BYTES_MAX ? intake_form_parse(body, &wrong) : NULL;
    bool has = json_is_string(json_object_get(j, "id_last"));
    json_decref(j);
    return has;
}

static void request_post(struct bus_run_http_request *rq, void *data)
{
    struct intake *in = data;
    if (!intake_takes_type(rq)) {
        return;
    }
    if (!bus_wire_signed_is(bus_run_http_header(rq, "Authorization")) &&
        request_has_factor(rq)) {
        request_read(in, rq, NULL);
    } else {
        bus_web_callers_ask(in->callers, rq, request_of_caller, in);
    }
}

int intake_request_routes(struct intake *in, struct bus_err *err)
{
    return bus_run_http_route(in->frame->http, "POST", "/v1/requests",
                              request_post, in, err);
}
