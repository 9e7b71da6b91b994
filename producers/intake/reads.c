#include "producers/intake/reads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "bus/base/clock.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"
#include "bus/wire/signed.h"
#include "producers/intake/reads_parts.h"

#define STATEMENT_MS       5000
#define KEPT_BYTES         (16u << 20) /* of answers */
#define PROGRESS_BYTES_MAX 1024
#define READS_BULK         200 /* an hour of one; `lianou audit` has the same */
#define HOUR_MS            INT64_C(3600000)
#define DAY_MS             (24 * HOUR_MS)

int intake_reads_open(struct intake *in,
                      struct intake_reads **ret,
                      struct bus_err *err)
{
    static const struct bus_web_limits_conf guessing = {3, HOUR_MS,
                                                        24 * HOUR_MS, 0};
    const struct bus_config *c = &in->frame->config;
    struct intake_reads *r = bus_calloc(1, sizeof(*r));
    if (r == NULL) {
        return bus_fail(err, BUS_ENOMEM, "reading the ledger");
    }
    r->in = in;
    r->cases.config = c;
    r->cases.catalogue = bus_role_frame_catalogue(c);
    int rc;
    BUS_TRY_GOTO(rc, bus_web_limits_new(&guessing, &r->guesses, err), failed);
    BUS_TRY_GOTO(rc, bus_web_limits_new(&guessing, &r->clients, err), failed);
    BUS_TRY_GOTO(rc, bus_web_limits_new(&guessing, &r->readers, err), failed);
    BUS_TRY_GOTO(rc, bus_web_limits_new(&guessing, &r->requests, err), failed);
    BUS_TRY_GOTO(rc, bus_web_keeper_new(KEPT_BYTES, &r->keeper, err), failed);
    BUS_TRY_GOTO(rc,
                 bus_web_pool_new(in->frame->loop, c->ledger.conninfo,
                                  STATEMENT_MS, &r->pool, err),
                 failed);
    *ret = r;
    return BUS_OK;
failed:
    intake_reads_close(r);
    return rc;
}

void intake_reads_close(struct intake_reads *r)
{
    if (r == NULL) {
        return;
    }
    bus_web_pool_free(r->pool);
    bus_web_keeper_free(r->keeper);
    bus_web_limits_free(r->guesses);
    bus_web_limits_free(r->clients);
    bus_web_limits_free(r->readers);
    bus_web_limits_free(r->requests);
    bus_policy_catalogue_free(
        (struct bus_policy_catalogue *)r->cases.catalogue);
    bus_free(r);
}

/* --- what was taken a moment ago --- */

static size_t recent_slot(const struct bus_id *id)
{
    uint32_t bits;
    memcpy(&bits, id->b, sizeof(bits)); /* derived ids are hashes */
    return bits % READS_RECENT;
}

uint64_t intake_reads_sender(const struct bus_web_caller *caller)
{
    return bus_hash64(caller->name, strlen(caller->name), 11);
}

void intake_reads_note(struct intake_reads *r,
                       const struct bus_id *application,
                       uint64_t sender)
{
    if (r != NULL) {
        r->recent[recent_slot(application)] =
            (struct reads_recent){*application, sender};
    }
}

static bool reads_noted(const struct reading *q)
{
    struct bus_id parsed;
    if (q->what != READS_APPLICATION || !bus_id_parse(q->id, &parsed)) {
        return false;
    }
    const struct reads_recent *one = &q->all->recent[recent_slot(&parsed)];
    return bus_id_eq(&one->application, &parsed) &&
           one->sender == intake_reads_sender(&q->caller);
}

/* --- answers --- */

static void reads_away(struct bus_run_http_request *rq)
{
    bus_run_http_set(rq, "Retry-After", "5");
    bus_run_http_problem(rq, 503,
                         "the ledger is away; what was applied for goes on all "
                         "the same, ask again later",
                         "台账暂不可用, 申请照常办理, 请稍后再查");
}

static void reads_busy(struct bus_run_http_request *rq)
{
    bus_run_http_set(rq, "Retry-After", "1");
    bus_run_http_problem(rq, 503,
                         "too many are reading just now; ask again in a moment",
                         "当前查询较多, 请稍后再试");
}

static void reads_refuse(struct bus_run_http_request *rq, int rc)
{
    if (rc == BUS_EAWAY) {
        reads_away(rq);
    } else {
        reads_busy(rq);
    }
}

/* What there is not, and what is not his: the same bytes. */
void intake_reads_nobody(const struct reading *q)
{
    bus_run_http_set(q->rq, "Retry-After", "5");
    if (q->what == READS_PROGRESS) {
        bus_run_http_problem(q->rq, 404,
                             "no application of this id and these last six "
                             "characters is known; the ledger is behind by "
                             "some moments",
                             "没有与此申请编号和证件末六位相符的申请; "
                             "台账略有延迟, 可稍后再查");
    } else if (q->what == READS_APPLICATION) {
        bus_run_http_problem(
            q->rq, 404,
            "no application of this id is known; the ledger is "
            "behind by some moments",
            "没有此编号的申请; 台账略有延迟, 可稍后再查");
    } else {
        bus_run_http_problem(
            q->rq, 404,
            "no case of this id is known; the ledger is behind "
            "by some moments",
            "没有此编号的个案; 台账略有延迟, 可稍后再查");
    }
}

/* A right one is no guess; nor is one that nobody could look up. */
void intake_reads_guessed(const struct reading *q, int rc)
{
    uint8_t client[16];
    bool wrong = rc == BUS_EUNKNOWN || rc == BUS_EDENIED;
    if (rc == BUS_OK) {
        bus_web_limits_well(q->all->guesses, q->id);
    } else if (!wrong) {
        bus_web_limits_take_back(q->all->guesses, q->id,
                                 bus_web_limits_tried(q->all->guesses, q->id));
    }
    if (!wrong && !q->of_desk) {
        bus_web_limits_uncount(q->all->clients,
                               bus_run_http_client(q->rq, client));
    }
}

/* What was read and is a row of the reading log: alarms go by these
 * (ops/alerts). A resident's own case has its purpose. */
static void reads_tell(const struct reading *q)
{
    /* As enum bus_web_caller_kind. */
    static const char *const of[] = {"machine", "person", "system", "resident"};
    struct bus_run_metrics *m = q->all->in->frame->metrics;
    bool said = q->said || q->caller.kind == BUS_WEB_RESIDENT;
    const char *labels[BUS_METRIC_LABELS] = {of[q->caller.kind],
                                             said ? "said" : "unsaid"};
    bool named =
        q->caller.kind == BUS_WEB_PERSON || q->caller.kind == BUS_WEB_SYSTEM;
    int64_t wait_ms = 0;
    if (m == NULL) {
        return;
    }
    bus_run_series_add(bus_run_metrics_series(m, BUS_M_READS, labels), 1);
    uint64_t now_ms = bus_run_loop_now_ms(q->all->in->frame->loop);
    struct bus_strv who = bus_strv(q->caller.name);
    if (named && !bus_web_limits_count(q->all->readers, who, READS_BULK,
                                       HOUR_MS, now_ms, &wait_ms)) {
        bus_run_series_add(bus_run_metrics_plain(m, BUS_M_READS_BULK), 1);
    }
}

static void reads_end(struct reading *q)
{
    bus_buf_fini(&q->out);
    bus_web_kept_release(q->made);
    bus_web_kept_release(q->kept);
}

static void reads_well(const struct reading *q)
{
    const struct bus_web_kept *kept = q->made != NULL ? q->made : q->kept;
    bus_run_http_set(q->rq, "Cache-Control", "no-store");
    if (kept != NULL) {
        bus_web_kept_answer(q->rq, kept);
    } else { /* what will have a case soon is not kept */
        bus_run_http_answer(q->rq, 200, "application/json", q->out.data,
                            q->out.len);
    }
}

static void reads_answer(void *data, int rc, const struct bus_err *err)
{
    struct reading *q = data;
    struct bus_run_http_request *rq = q->rq;
    struct bus_err own = *err;
    if (q->made != NULL) {
        bus_web_keeper_put(q->all->keeper, q->made);
    }
    if (rc == BUS_OK) {
        reads_tell(q);
    } else if (rc == BUS_EUNKNOWN && reads_noted(q)) {
        bus_buf_clear(&q->out);
        rc = bus_ledger_accepted(&q->all->cases, q->id, &q->out, &own);
    }
    if (q->what == READS_PROGRESS) {
        intake_reads_guessed(q, rc);
    }
    if (rc == BUS_OK) {
        reads_well(q);
    } else if (rc == BUS_EUNKNOWN || rc == BUS_EDENIED) {
        intake_reads_nobody(q);
    } else if (rc == BUS_EUSAGE) {
        bus_run_http_problem(rq, 400, own.msg, "编号格式不对, 应为36个字符");
    } else if (bus_err_act(own.code) == BUS_ACT_RETRY) {
        reads_refuse(rq, own.code);
    } else {
        bus_run_http_problem(rq, 500, "the ledger could not be read",
                             "台账读取出错");
    }
    reads_end(q);
}

/* --- the routes --- */

/* What a system was let in for stands in front of what it says itself. */
static void reads_purpose(struct reading *q)
{
    struct bus_strv says = bus_run_http_header(q->rq, "Lianou-Purpose");
    const struct bus_conf_partner *p =
        q->caller.kind == BUS_WEB_SYSTEM
            ? bus_conf_partner(&q->all->in->frame->config,
                               q->caller.name + strlen("system "))
            : NULL;
    q->said = says.n > 0;
    (void)snprintf(q->purpose, sizeof(q->purpose), "%s%s%.*s",
                   p != NULL ? p->purpose : "",
                   p != NULL && q->said ? "; " : "", BUS_STRV_ARG(says));
}

/* All that decides what is answered, while the ledger says the same. */
static bool reads_key(struct reading *q)
{
    struct bus_arena *mem = bus_run_http_mem(q->rq);
    size_t n = sizeof(q->scope.code) + BUS_ID_TEXT + 16;
    char *key = q->id.n <= BUS_ID_TEXT ? bus_arena_alloc(mem, n) : NULL;
    if (key != NULL) {
        (void)snprintf(key, n, "%d%d%d%s/%.*s", q->what == READS_CASE,
                       (int)q->part, (int)q->scope.sees, q->scope.code,
                       BUS_STRV_ARG(q->id));
        q->key = key;
        q->kept = bus_web_keeper_find(q->all->keeper, bus_strv(key));
    }
    return key != NULL;
}

void intake_reads_scope(struct reading *q)
{
    const struct intake_reads *r = q->all;
    const struct bus_register *registers = NULL;
    bus_catalogue_register_watch_hold(r->in->registers, &registers);
    q->scope = bus_web_scope_of(&q->caller, r->cases.config, registers,
                                bus_china_day(bus_clock_system.wall_ms(NULL)));
    bus_catalogue_register_watch_release(r->in->registers, &registers);
}

static void reads_ask(struct intake_reads *r,
                      struct bus_run_http_request *rq,
                      const struct reading *what)
{
    struct reading *q = bus_arena_dup(bus_run_http_mem(rq), what, sizeof(*q));
    struct bus_web_job job = {intake_reads_make, reads_answer, q};
    if (q == NULL || r->cases.catalogue == NULL) {
        reads_away(rq);
        return;
    }
    reads_purpose(q);
    intake_reads_scope(q);
    q->packs = bus_web_packs(bus_run_http_header(rq, "Accept-Encoding"));
    if (!reads_key(q)) {
        bus_run_http_problem(rq, 400, "not an id",
                             "编号格式不对, 应为36个字符");
        return;
    }
    int rc = bus_web_pool_put(r->pool, &job, NULL);
    if (rc != BUS_OK) {
        if (q->what == READS_PROGRESS) {
            intake_reads_guessed(q, rc);
        }
        reads_end(q);
        reads_refuse(rq, rc);
    }
}

/* False: answered. */
static bool reads_take_part(struct bus_run_http_request *rq,
                            enum bus_ledger_part *ret)
{
    struct bus_strv asked = bus_run_http_query(rq, "part");
    *ret = BUS_LEDGER_SHORT;
    if (asked.p == NULL || bus_ledger_part_named(asked, ret)) {
        return true;
    }
    bus_run_http_problem(rq, 400,
                         "part is items, history or all; left out, it is the "
                         "progress in short",
                         "part 应为 items、history 或 all; 不写为办理进度");
    return false;
}

static void reads_known(struct bus_run_http_request *rq,
                        const struct bus_web_caller *caller,
                        void *data)
{
    struct reading q = {.all = data,
                        .rq = rq,
                        .what = READS_APPLICATION,
                        .id = bus_run_http_param(rq, "id"),
                        .caller = *caller};
    static const char cases[] = "/v1/cases/";
    struct bus_strv path = bus_run_http_path(rq);
    if (path.n > sizeof(cases) - 1 &&
        memcmp(path.p, cases, sizeof(cases) - 1) == 0) {
        q.what = READS_CASE;
    }
    if (bus_web_purpose_said(rq, caller) && reads_take_part(rq, &q.part)) {
        reads_ask(data, rq, &q);
    }
}

static void get_one(struct bus_run_http_request *rq, void *data)
{
    const struct intake_reads *r = data;
    bus_web_callers_ask(r->in->callers, rq, reads_known, data);
}

struct bus_id intake_reads_lookup(const struct intake_reads *r,
                                  const struct bus_id *application,
                                  struct bus_strv last)
{
    char upper[FORM_LOOKUP + 1] = {0};
    for (size_t i = 0; i < FORM_LOOKUP && i < last.n; i++) {
        upper[i] =
            (char)(last.p[i] >= 'a' && last.p[i] <= 'z' ? last.p[i] - 'a' + 'A'
                                                        : last.p[i]);
    }
    return bus_wire_lookup_id((struct bus_strv){(const char *)r->in->person_key,
                                                sizeof(r->in->person_key)},
                              application, bus_strv(upper));
}

/* {"application_id", "id_last"}: in the request's memory. False: it is
 * something else. */
static bool progress_read(const struct intake_reads *r,
                          struct bus_run_http_request *rq,
                          struct reading *q)
{
    struct bus_strv body = bus_run_http_body(rq);
    json_t *j = body.n <= PROGRESS_BYTES_MAX
                    ? json_loadb(body.p, body.n, 0, NULL)
                    : NULL;
    const char *id = json_string_value(json_object_get(j, "application_id"));
    const char *last = json_string_value(json_object_get(j, "id_last"));
    struct bus_id application;
    bool well = id != NULL && last != NULL && strlen(last) == FORM_LOOKUP &&
                bus_id_parse(bus_strv(id), &application);
    if (well) {
        q->lookup = intake_reads_lookup(r, &application, bus_strv(last));
        /* One way to write it: each other would have tries of its own. */
        char text[BUS_ID_TEXT + 1];
        id = bus_arena_strdup(bus_run_http_mem(rq),
                              bus_id_text(&application, text));
        q->id = bus_strv(id);
        well = id != NULL;
    }
    json_decref(j);
    return well;
}

/* By his address and by the application. False: 429 has been answered. */
bool intake_reads_may_guess(struct intake_reads *r,
                            struct bus_run_http_request *rq,
                            const struct reading *q)
{
    uint64_t now_ms = bus_run_loop_now_ms(r->in->frame->loop);
    int64_t most = r->in->frame->config.http.guesses_day, wait_ms = 0;
    uint8_t bytes[16];
    struct bus_strv client = bus_run_http_client(rq, bytes);
    if (!q->of_desk && !bus_web_limits_count(r->clients, client, most, DAY_MS,
                                             now_ms, &wait_ms)) {
        bus_web_limits_refuse(
            rq, wait_ms,
            "asked wrongly too often from there today; ask the "
            "village's assistant, or again tomorrow",
            "该地址今日输错次数过多, "
            "请明日再试或联系村(居)民政助理员");
        return false;
    }
    if (!bus_web_limits_try(r->guesses, q->id, now_ms, &wait_ms)) {
        if (!q->of_desk) {
            bus_web_limits_uncount(r->clients, client);
        }
        bus_web_limits_refuse(rq, wait_ms,
                              "asked wrongly too often; ask the village's "
                              "assistant, or again later",
                              "输错次数过多, 请稍后再试或联系村(居)民政助理员");
        return false;
    }
    return true;
}

static void progress_ask(struct intake_reads *r,
                         struct bus_run_http_request *rq,
                         bool of_desk)
{
    struct reading q = {
        .all = r,
        .rq = rq,
        .what = READS_PROGRESS,
        .of_desk = of_desk,
        .caller = {.kind = BUS_WEB_RESIDENT, .name = "the applicant"}};
    if (!progress_read(r, rq, &q)) {
        bus_run_http_problem(
            rq, 400,
            "an object with \"application_id\" and \"id_last\", the last six "
            "characters of the applicant's document, is needed",
            "请求体应为含 application_id 和 id_last(申请人证件末六位)的对象");
        return;
    }
    if (intake_reads_may_guess(r, rq, &q)) {
        reads_ask(r, rq, &q);
    }
}

static void progress_known(struct bus_run_http_request *rq,
                           const struct bus_web_caller *caller,
                           void *data)
{
    progress_ask(data, rq, strcmp(caller->name, READS_DESK) == 0);
}

/* Nobody need say who he is; who signs is looked at. */
static void post_progress(struct bus_run_http_request *rq, void *data)
{
    struct intake_reads *r = data;
    if (bus_wire_signed_is(bus_run_http_header(rq, "Authorization"))) {
        bus_web_callers_ask(r->in->callers, rq, progress_known, r);
    } else {
        progress_ask(r, rq, false);
    }
}

int intake_reads_routes(struct intake_reads *r, struct bus_err *err)
{
    struct bus_run_http *h = r->in->frame->http;
    BUS_TRY(
        bus_run_http_route(h, "POST", "/v1/progress", post_progress, r, err));
    BUS_TRY(
        bus_run_http_route(h, "GET", "/v1/applications/{id}", get_one, r, err));
    return bus_run_http_route(h, "GET", "/v1/cases/{id}", get_one, r, err);
}
