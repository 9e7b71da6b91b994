/* An assistant asks something for people of his own places. */
#include <stdlib.h>
#include <string.h>

#include "bus/web/fetch.h"
#include "producers/desk/requests/requests.h"

struct case_asking
{
    struct desk_visit *v;
    char id[BUS_ID_TEXT + 1];
    char application[BUS_ID_TEXT + 1]; /* that counts in it */
    const struct bus_register *held;
    struct bus_web_fetch fetch;
    char token[BUS_WEB_TOKEN_HEX + 1];
};

static void case_ask_told(void *data)
{
    const struct case_asking *a = data;
    bus_web_page_see(a->v->rq,
                     desk_printf(a->v, "/cases/%s?told=request", a->id));
}

static void case_ask_refused(const struct case_asking *a,
                             const json_t *answer,
                             int status,
                             enum desk_word fault)
{
    const struct desk_visit *v = a->v;
    struct bus_buf out;
    struct desk_request_faults page = {
        .head = desk_head_of(v, DESK_WORD_REQUEST_FOR, DESK_AT_CASES),
        .case_id = a->id,
        .fault = desk_word_of(v, fault)};
    page.faults = desk_request_faults(v, answer, &page.faults_count);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_request_faults(&p, &page);
    desk_page_end(v, status, &p);
}

static void case_ask_answered(struct bus_web_fetch *f)
{
    struct case_asking *a = f->data;
    long status = f->rc == BUS_OK ? f->status : 0;
    json_t *answer = status != 0 ? json_loadb((const char *)f->answer.data,
                                              f->answer.len, 0, NULL)
                                 : NULL;
    const char *id = json_string_value(json_object_get(answer, "request_id"));
    explicit_bzero(a->token, sizeof(a->token));
    if (status == 202 && id != NULL) {
        desk_request_keep(a->v, desk_printf(a->v, "%s", id), a->application,
                          case_ask_told, a);
    } else if (status == 422) {
        case_ask_refused(a, answer, 422, DESK_WORD_REQUEST_FAULTS);
    } else if (status == 404) {
        desk_not_there(a->v);
    } else if (status == 409) {
        case_ask_refused(a, NULL, 409, DESK_WORD_REQUEST_EARLY);
    } else if (status == 429) {
        case_ask_refused(a, NULL, 429, DESK_WORD_INTAKE_BUSY);
    } else {
        desk_away(a->v);
    }
    json_decref(answer);
    bus_buf_fini(&f->answer);
}

static void case_ask_send(struct case_asking *a)
{
    struct desk_visit *v = a->v;
    const struct bus_config *c = v->desk->config;
    json_t *j = json_pack("{s:s}", "application_id", a->application);
    struct bus_err err;
    desk_request_said(v, j);
    char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
    const char *body = text != NULL ? bus_arena_strdup(v->mem, text) : NULL;
    free(text); /* jansson's own */
    json_decref(j);
    bus_web_callers_token(v->rq, a->token);
    a->fetch = (struct bus_web_fetch){
        .url = desk_printf(v, "%s/v1/requests", c->desk.intake),
        .body = bus_strv(body),
        .bearer = a->token,
        .ca_file = c->desk.intake_ca,
        .done = case_ask_answered,
        .data = a};
    if (body == NULL ||
        bus_web_fetch_post(v->desk->frame->loop, &a->fetch, &err) != BUS_OK) {
        desk_away(v);
    }
}

/* Is the case of his places, and which application of it counts? */
static int case_ask_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct case_asking *a = data;
    const struct desk *d = a->v->desk;
    json_t *document = NULL;
    BUS_TRY(bus_ledger_case(&d->cases, pg, bus_strv(a->id), &document, err));
    struct bus_web_scope scope =
        bus_web_scope_of(&a->v->caller, d->config, a->held, desk_today());
    const json_t *list = json_object_get(document, "applications");
    bool may = bus_web_may_read(&scope, d->config, document);
    for (size_t i = 0; may && i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        if (!json_is_true(json_object_get(row, "aside"))) {
            (void)bus_strv_copy(
                a->application, sizeof(a->application),
                bus_strv(desk_case_code(row, "application_id")));
        }
    }
    json_decref(document);
    return a->application[0] != '\0'
               ? BUS_OK
               : bus_fail(err, BUS_EDENIED, "not his to speak of");
}

static void case_ask_done(void *data, int rc, const struct bus_err *err)
{
    struct case_asking *a = data;
    bus_catalogue_register_watch_release(a->v->desk->registers, &a->held);
    if (rc == BUS_OK) {
        case_ask_send(a);
    } else if (rc == BUS_EUSAGE || bus_err_act(err->code) == BUS_ACT_REJECT) {
        desk_not_there(a->v);
    } else {
        desk_away(a->v);
    }
}

void desk_case_request_post(struct desk_visit *v)
{
    struct case_asking *a = bus_arena_calloc(v->mem, 1, sizeof(*a));
    struct bus_web_job job = {case_ask_run, case_ask_done, a};
    struct bus_id id;
    if (!v->assists || !bus_id_parse(bus_run_http_param(v->rq, "id"), &id)) {
        desk_not_there(v);
        return;
    }
    if (a == NULL) {
        desk_away(v);
        return;
    }
    a->v = v;
    (void)bus_id_text(&id, a->id);
    bus_catalogue_register_watch_hold(v->desk->registers, &a->held);
    if (bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        bus_catalogue_register_watch_release(v->desk->registers, &a->held);
        desk_away(v);
    }
}
