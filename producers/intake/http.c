/* POST /v1/applications, its admission beforehand, and the contract that
 * describes both. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bus/base/clock.h"
#include "bus/base/log.h"
#include "producers/intake/admit.h"
#include "producers/intake/form_schema.h"
#include "producers/intake/intake_parts.h"
#include "producers/intake/reads.h"
#include "producers/intake/requests/request_http.h"

#define CONTRACT_BYTES_MAX (1u << 20)

struct posted /* in the request's own memory */
{
    struct bus_run_http_request *rq;
    struct intake *in;
    struct bus_id application;
    uint64_t sender; /* intake_reads_sender() */
    char id[BUS_ID_TEXT + 1];
};

struct posted_form
{
    json_t *json;
    struct form *form;
};

static const char problem_type[] = "application/problem+json";

/* For the metric. */
static const char *reason_of(const struct bus_err *err)
{
    return err == NULL                                      ? "fault"
           : err->code == BUS_EIO || err->code == BUS_EFULL ? "journal_failed"
           : bus_err_act(err->code) == BUS_ACT_RETRY        ? "kafka"
                                                            : "fault";
}

static void
http_taken(void *token, enum intake_outcome outcome, const struct bus_err *err)
{
    const struct posted *posted = token;
    struct bus_run_http_request *rq = posted->rq;
    const char *id = posted->id;
    char body[256];
    switch (outcome) {
    case INTAKE_ACCEPTED:
    case INTAKE_JOURNALED:
        intake_reads_note(posted->in->reads, &posted->application,
                          posted->sender);
        (void)snprintf(body, sizeof(body), "/v1/applications/%s", id);
        bus_run_http_set(rq, "Location", body);
        (void)snprintf(body, sizeof(body),
                       "{\"application_id\":\"%s\",\"state\":\"%s\"}\n", id,
                       outcome == INTAKE_ACCEPTED ? "accepted" : "journaled");
        bus_run_http_answer(rq, 202, "application/json", body, strlen(body));
        return;
    case INTAKE_FULL:
        intake_count_refused(posted->in, "journal_full");
        bus_run_http_set(rq, "Retry-After", "30");
        bus_run_http_problem(rq, 503,
                             "the bus is away and the journal is full; send it "
                             "again later",
                             "总线暂不可用且本地日志已满, 请稍后重发");
        return;
    case INTAKE_NEW:
    case INTAKE_FAILED:
        break;
    }
    bool again = err == NULL || bus_err_act(err->code) == BUS_ACT_RETRY;
    if (again) {
        bus_run_http_set(rq, "Retry-After", "30");
    }
    intake_count_refused(posted->in, reason_of(err));
    bus_log(BUS_LOG_WARN, "not taken", "code=%s err=\"%s\"",
            err ? bus_errc_name(err->code) : "?", err ? err->msg : "");
    bus_run_http_problem(rq, again ? 503 : 500, "it was not taken",
                         again ? "未能受理, 请稍后重发" : "未能受理");
}

static void not_taken(struct intake *in,
                      struct bus_run_http_request *rq,
                      const struct bus_err *err)
{
    intake_count_refused(in, "fault");
    bus_log(BUS_LOG_ERROR, "not taken", "code=%s err=\"%s\"",
            bus_errc_name(err->code), err->msg);
    bus_run_http_problem(rq, 500, "it was not taken", "未能受理, 请重发");
}

/* Why an application is refused, in a sentence. */
struct reason
{
    int status;
    const char *en, *zh;
};

const char *intake_problem_of(const struct form *form,
                              int status,
                              const char *en,
                              const char *zh,
                              struct bus_arena *mem)
{
    json_t *j = json_pack("{s:s, s:s, s:i, s:s, s:s, s:I, s:o}", "type",
                          "https://lianou.example/problems/application",
                          "title", "the application has faults / 申请有待更正",
                          "status", status, "detail", en, "detail_zh", zh,
                          "fault_count", (json_int_t)form->fault_count,
                          "faults", intake_form_fault_list(form));
    const char *text = intake_form_json_text(j, mem);
    json_decref(j);
    return text;
}

/* Nothing is wrong with what was sent. */
static void http_no_memory(struct bus_run_http_request *rq)
{
    bus_run_http_set(rq, "Retry-After", "30");
    bus_run_http_problem(rq, 503,
                         "no memory at the moment; send it again later",
                         "内存不足, 请稍后重发");
}

struct refused /* in the request's own memory */
{
    struct bus_run_http_request *rq;
    int status;
    const char *body;
};

/* `"draft": id` takes the place of the body's last brace. */
static void http_kept(void *token, const char *id, const struct bus_err *err)
{
    const struct refused *r = token;
    if (err != NULL && err->code == BUS_ENOMEM) {
        http_no_memory(r->rq); /* refused later, and kept then */
        return;
    }
    size_t n = strlen(r->body);
    const char *body = id == NULL ? NULL
                                  : bus_arena_printf(bus_run_http_mem(r->rq),
                                                     "%.*s,\"draft\":\"%s\"}",
                                                     (int)(n - 1), r->body, id);
    if (err != NULL) {
        bus_log(BUS_LOG_WARN, "draft not kept", "code=%s err=\"%s\"",
                bus_errc_name(err->code), err->msg);
    }
    body = body == NULL ? r->body : body;
    bus_run_http_answer(r->rq, r->status, problem_type, body, strlen(body));
}

static void http_refuse(struct intake *in,
                        struct bus_run_http_request *rq,
                        const struct posted_form *f,
                        const struct reason *why)
{
    struct refused *r = bus_arena_alloc(bus_run_http_mem(rq), sizeof(*r));
    const char *body = intake_problem_of(f->form, why->status, why->en, why->zh,
                                         bus_run_http_mem(rq));
    struct bus_err err;
    if (r == NULL || body == NULL) {
        http_no_memory(rq);
        return;
    }
    *r = (struct refused){rq, why->status, body};
    if (intake_drafts_keep(&in->drafts, in->frame->loop, f->json, f->form,
                           http_kept, r, &err) != BUS_OK) {
        http_kept(r, NULL, &err);
    }
}

/* A client without a reference of its own may use the key of the request. */
static void use_key(json_t *json, struct bus_strv key)
{
    if (key.n > 0 && json_is_object(json) &&
        json_object_get(json, "channel_reference") == NULL) {
        (void)json_object_set_new(json, "channel_reference",
                                  json_stringn(key.p, key.n));
    }
}

/* Nothing of the form can be read; what was sent is kept all the same. */
static void refuse_raw(struct intake *in,
                       struct bus_run_http_request *rq,
                       struct bus_strv bytes,
                       const struct intake_form_fault *fault)
{
    struct posted_form f = {bytes.n > 0 ? intake_drafts_raw(bytes) : NULL,
                            bus_arena_calloc(&in->mem, 1, sizeof(struct form))};
    struct reason why = {400, fault->en, fault->zh};
    if (bytes.n == 0) {
        bus_run_http_problem(rq, why.status, why.en, why.zh);
        return;
    }
    if (f.json == NULL || f.form == NULL) {
        http_no_memory(rq);
        return;
    }
    intake_form_add_fault(f.form, fault);
    http_refuse(in, rq, &f, &why);
}

static void bad_syntax(struct intake *in,
                       struct bus_run_http_request *rq,
                       struct bus_strv bytes,
                       const struct form_syntax *w)
{
    char en[160], zh[160];
    (void)snprintf(en, sizeof(en), "line %d, column %d: %s (%s)", w->line,
                   w->column, w->en, w->code);
    (void)snprintf(zh, sizeof(zh), "第%d行第%d列: %s", w->line, w->column,
                   w->zh);
    refuse_raw(in, rq, bytes, &(struct intake_form_fault){"", w->code, zh, en});
}

bool intake_takes_type(struct bus_run_http_request *rq)
{
    struct bus_strv type = bus_run_http_header(rq, "Content-Type");
    static const char word[] = "application/json";
    size_t n = sizeof(word) - 1;
    bool json = type.p == NULL ||
                (type.n >= n && strncasecmp(type.p, word, n) == 0 &&
                 (type.n == n || type.p[n] == ';' || type.p[n] == ' '));
    if (!json) {
        bus_run_http_set(rq, "Accept-Post", "application/json");
        bus_run_http_problem(rq, 415, "send application/json",
                             "请以 application/json 提交");
    }
    return json;
}

static const struct reason with_faults = {
    422, "each fault is listed with its place; send it again when mended",
    "逐项列出问题所在; 更正后请重新提交"};
const struct intake_form_fault intake_another_operator = {
    "/operator/operator_id", "OPERATOR_NOT_YOU",
    "受理人须为登录者本人; 可省略 operator",
    "is not who is logged in; leave the operator out"};
static const struct intake_form_fault long_key = {
    "", "IDEMPOTENCY_KEY", "Idempotency-Key 最多128字节",
    "Idempotency-Key: at most 128 bytes"};

/* Whose references these are: two offices may use the same ones. */
static struct bus_strv sender_of(const struct bus_web_caller *caller,
                                 struct bus_arena *mem)
{
    switch (caller->kind) {
    case BUS_WEB_PERSON:
        return bus_strv(bus_arena_printf(mem, "office %s", caller->org));
    case BUS_WEB_SYSTEM:
        return bus_strv(caller->name);
    default:
        return BUS_STRV("");
    }
}

/* Who took it down is who is logged in, whatever the body says. True: it says
 * somebody else. */
static bool use_person(json_t *json, const struct bus_web_caller *caller)
{
    json_t *o = json_object_get(json, "operator");
    if (caller->kind != BUS_WEB_PERSON || !json_is_object(json)) {
        return false;
    }
    if (o == NULL || json_is_null(o)) {
        (void)json_object_set_new(json, "operator",
                                  json_pack("{s:s, s:s}", "operator_id",
                                            caller->operator_id, "org_code",
                                            caller->org));
        return false;
    }
    const char *id = json_string_value(json_object_get(o, "operator_id"));
    const char *org = json_string_value(json_object_get(o, "org_code"));
    return id != NULL && org != NULL &&
           (strcmp(id, caller->operator_id) != 0 ||
            strcmp(org, caller->org) != 0);
}

/* He may send it, and somebody keeps it for him until then; or it was taken. */
static void http_admit(struct intake *in,
                       struct bus_run_http_request *rq,
                       const struct bus_web_caller *caller,
                       const struct form *form,
                       const struct intake_sent *sent,
                       enum intake_outcome before)
{
    char id[BUS_ID_TEXT + 1], admission[INTAKE_ADMISSION_MAX] = "";
    char body[INTAKE_ADMISSION_MAX + 160];
    if (before == INTAKE_NEW) {
        intake_admission_make(in, caller, sent, admission);
    }
    (void)snprintf(body, sizeof(body),
                   "{\"application_id\":\"%s\",\"state\":\"%s\","
                   "\"admission\":\"%s\"}\n",
                   bus_id_text(&form->application.application_id, id),
                   before == INTAKE_NEW         ? "admitted"
                   : before == INTAKE_JOURNALED ? "journaled"
                                                : "accepted",
                   admission);
    bus_run_http_answer(rq, 200, "application/json", body, strlen(body));
}

/* A form without faults of its own. What is taken is counted: neither a slip of
 * the pen nor what was taken before, and what was admitted when it was. */
static void http_take(struct intake *in,
                      struct bus_run_http_request *rq,
                      const struct bus_web_caller *caller,
                      const struct posted_form *f,
                      struct intake_sent *sent)
{
    struct bus_err err;
    struct form *form = f->form;
    enum intake_outcome before = intake_before(in, form, sent);
    if (form->fault_count > 0) { /* its reference stands for something else */
        http_refuse(in, rq, f, &with_faults);
        return;
    }
    if (before == INTAKE_NEW && (sent->admitted_ms == 0 || sent->asks) &&
        !bus_web_callers_admit(in->callers, rq, caller)) {
        intake_count_refused(in, "limit");
        return;
    }
    if (sent->asks) {
        http_admit(in, rq, caller, form, sent, before);
        return;
    }
    struct posted *p = bus_arena_alloc(bus_run_http_mem(rq), sizeof(*p));
    if (p != NULL) {
        p->rq = rq;
        p->in = in;
        p->application = form->application.application_id;
        p->sender = intake_reads_sender(caller);
        (void)bus_id_text(&form->application.application_id, p->id);
    }
    if (p != NULL && before != INTAKE_NEW) {
        http_taken(p, before, NULL);
        return;
    }
    int rc = p == NULL ? BUS_ENOMEM
                       : intake_accept(in, form, sent, http_taken, p, &err);
    if (bus_arena_cause(&in->mem, rc, &err) == BUS_ENOMEM && rc != BUS_OK) {
        http_no_memory(rq);
    } else if (rc != BUS_OK) {
        not_taken(in, rq, &err);
    }
}

/* Everything of one form lives in in->mem until http_posted() returns. */
static void read_and_take(struct intake *in,
                          struct bus_run_http_request *rq,
                          const struct bus_web_caller *caller,
                          struct intake_sent *sent)
{
    struct form_syntax wrong = {0};
    struct bus_err err;
    struct posted_form f = {intake_form_parse(sent->bytes, &wrong),
                            bus_arena_alloc(&in->mem, sizeof(*f.form))};
    struct form_rules rules = intake_rules(in);
    int rc = wrong.no_memory ? BUS_ENOMEM : BUS_OK;
    bool borrowed = false;
    rules.sender = sent->sender;
    rules.now_ms = sent->admitted_ms > 0 ? sent->admitted_ms : rules.now_ms;
    if (f.json != NULL) {
        borrowed = use_person(f.json, caller);
        use_key(f.json, sent->key);
        rc = f.form == NULL
                 ? BUS_ETOOBIG
                 : intake_form_read(&rules, f.json, &in->mem, f.form, &err);
    }
    rc = bus_arena_cause(&in->mem, rc, &err);
    if (rc == BUS_ENOMEM) {
        http_no_memory(rq);
        return;
    }
    if (f.json == NULL) {
        bad_syntax(in, rq, sent->bytes, &wrong);
        return;
    }
    if (rc != BUS_OK) {
        bus_run_http_problem(rq, 413, "the application is too large",
                             "申请过大");
        return;
    }
    if (borrowed) {
        intake_form_add_fault(f.form, &intake_another_operator);
    }
    if (f.form->fault_count > 0) {
        http_refuse(in, rq, &f, &with_faults);
    } else {
        http_take(in, rq, caller, &f, sent);
    }
}

static struct intake_sent http_sent(struct bus_run_http_request *rq)
{
    return (struct intake_sent){
        .bytes = bus_run_http_body(rq),
        .key = bus_run_http_header(rq, "Idempotency-Key"),
        .traceparent = bus_run_http_header(rq, "traceparent")};
}

static void http_form(struct intake *in,
                      struct bus_run_http_request *rq,
                      const struct bus_web_caller *caller,
                      struct intake_sent *sent)
{
    sent->sender = sender_of(caller, bus_run_http_mem(rq));
    if (!intake_takes_type(rq)) {
        return;
    }
    intake_form_json_arena(&in->mem);
    if (sent->key.n > FORM_TEXT_MAX) {
        refuse_raw(in, rq, sent->bytes, &long_key);
    } else {
        read_and_take(in, rq, caller, sent);
    }
    intake_form_json_heap();
    bus_arena_reset(&in->mem);
}

static void http_posted(struct bus_run_http_request *rq,
                        const struct bus_web_caller *caller,
                        void *data)
{
    struct intake_sent sent = http_sent(rq);
    http_form(data, rq, caller, &sent);
}

static void http_post(struct bus_run_http_request *rq, void *data)
{
    struct intake *in = data;
    struct bus_strv said = bus_run_http_header(rq, "Authorization");
    struct intake_sent sent = http_sent(rq);
    struct bus_web_caller person;
    if (!intake_admission_is(said)) {
        bus_web_callers_ask(in->callers, rq, http_posted, in);
    } else if (intake_admission_holds(in, said, bus_clock_system.wall_ms(NULL),
                                      &sent, &person)) {
        http_form(in, rq, &person, &sent);
    } else {
        bus_run_http_problem(rq, 401, "no admission of this application",
                             "不是此申请的准送凭证");
    }
}

static void http_asked(struct bus_run_http_request *rq,
                       const struct bus_web_caller *caller,
                       void *data)
{
    struct intake_sent sent = http_sent(rq);
    sent.asks = true;
    sent.admitted_ms = bus_clock_system.wall_ms(NULL);
    if (caller->kind == BUS_WEB_PERSON) {
        http_form(data, rq, caller, &sent);
    } else {
        bus_run_http_problem(rq, 403, "of who is logged in alone",
                             "只给登录的人");
    }
}

static void http_ask(struct bus_run_http_request *rq, void *data)
{
    struct intake *in = data;
    bus_web_callers_ask(in->callers, rq, http_asked, in);
}

static void contract(struct bus_run_http_request *rq, void *data)
{
    const struct intake *in = data;
    bus_run_http_answer(rq, 200, "application/json", in->contract.data,
                        in->contract.len);
}

int intake_routes(struct intake *in, struct bus_err *err)
{
    struct bus_run_http *h = in->frame->http;
    bus_buf_init(&in->contract, CONTRACT_BYTES_MAX);
    BUS_TRY(intake_form_openapi_write(&in->frame->config, &in->contract, err));
    BUS_TRY(
        bus_run_http_route(h, "POST", "/v1/applications", http_post, in, err));
    BUS_TRY(bus_run_http_route(h, "POST", "/v1/admissions", http_ask, in, err));
    bus_run_http_set_state(h, intake_state_word, in);
    BUS_TRY(bus_web_callers_open(in->frame->loop, &in->frame->config,
                                 in->registers, &in->callers, err));
    BUS_TRY(bus_web_callers_routes(in->callers, h, err));
    BUS_TRY(intake_reads_open(in, &in->reads, err));
    BUS_TRY(intake_reads_routes(in->reads, err));
    BUS_TRY(intake_request_routes(in, err));
    return bus_run_http_route(h, "GET", "/openapi.json", contract, in, err);
}
