#include "producers/desk/money.h"

#include <stdlib.h>
#include <string.h>

#include "bus/web/readlog.h"

struct desk_paying *desk_paying(struct desk_visit *v)
{
    struct desk_paying *m = NULL;
    if (!v->pays) {
        desk_not_there(v);
        return NULL;
    }
    m = bus_arena_calloc(v->mem, 1, sizeof(*m));
    if (m == NULL) {
        desk_away(v);
        return NULL;
    }
    m->v = v;
    m->about = "";
    return m;
}

/* --- the answer --- */

static const char *pay_why(const struct desk_visit *v, const json_t *problem)
{
    const char *zh = desk_pay_text(v, problem, "detail_zh");
    const char *en = desk_pay_text(v, problem, "detail");
    const char *said = v->lang == BUS_WEB_EN || zh[0] == '\0' ? en : zh;
    return said[0] != '\0' ? said : desk_word_of(v, DESK_WORD_TREASURY_AWAY);
}

static void pay_refused(struct desk_paying *m, const json_t *answer)
{
    struct desk_visit *v = m->v;
    long status = m->fetch.rc == BUS_OK ? m->fetch.status : 503;
    if (status == 401) { /* his session has ended meanwhile */
        bus_web_page_see(v->rq, "/sign-in?to=/money");
    } else if (status == 404 || (status == 403 && m->refused == NULL)) {
        desk_not_there(v);
    } else if (m->refused != NULL && status >= 400 && status < 500) {
        m->refused(m, (int)status, pay_why(v, answer));
    } else {
        bus_run_http_set(v->rq, "Retry-After", "5");
        desk_say(v, 503, DESK_WORD_AWAY, DESK_WORD_TREASURY_AWAY);
    }
}

static void pay_answered(struct bus_web_fetch *f)
{
    struct desk_paying *m = f->data;
    json_t *answer = f->rc == BUS_OK ? json_loadb((const char *)f->answer.data,
                                                  f->answer.len, 0, NULL)
                                     : NULL;
    explicit_bzero(m->token, sizeof(m->token));
    bus_buf_fini(&f->answer);
    if (f->rc == BUS_OK && f->status / 100 == 2 && json_is_object(answer)) {
        m->shown(m, answer);
    } else {
        pay_refused(m, answer);
    }
    json_decref(answer);
}

/* --- asking --- */

static void pay_fetch(struct desk_paying *m, const char *body)
{
    struct desk_visit *v = m->v;
    struct bus_run_loop *loop = v->desk->frame->loop;
    struct bus_err err;
    bus_web_callers_token(v->rq, m->token);
    m->fetch = (struct bus_web_fetch){
        .url = desk_printf(v, "%s%s", v->desk->config->desk.treasury, m->path),
        .body = bus_strv(body),
        .bearer = m->token,
        .ca_file = v->desk->config->desk.treasury_ca,
        .done = pay_answered,
        .data = m};
    int rc = body[0] != '\0' ? bus_web_fetch_post(loop, &m->fetch, &err)
                             : bus_web_fetch_get(loop, &m->fetch, &err);
    if (rc != BUS_OK) {
        desk_away(v);
    }
}

static int pay_note(struct bus_pg *pg, void *data, struct bus_err *err)
{
    const struct desk_paying *m = data;
    struct bus_web_read read = {.who = m->v->caller.name,
                                .via = "GET /money",
                                .purpose = "to pay",
                                .record = m->about,
                                .fields = "money"};
    return bus_web_read_note(pg, &read, err);
}

static void pay_noted(void *data, int rc, const struct bus_err *err)
{
    struct desk_paying *m = data;
    (void)err;
    if (rc == BUS_OK) {
        pay_fetch(m, "");
    } else {
        desk_away(m->v);
    }
}

void desk_pay_ask(struct desk_paying *m)
{
    struct bus_web_job job = {pay_note, pay_noted, m};
    if (m->body == NULL) {
        if (bus_web_pool_put(m->v->desk->pool, &job, NULL) != BUS_OK) {
            desk_away(m->v);
        }
        return;
    }
    char *text = json_dumps(m->body, JSON_COMPACT);
    const char *body = text != NULL ? bus_arena_strdup(m->v->mem, text) : NULL;
    json_decref(m->body);
    free(text); /* jansson's own */
    if (body == NULL) {
        desk_away(m->v);
        return;
    }
    pay_fetch(m, body);
}

/* --- reading an answer --- */

const char *
desk_pay_text(const struct desk_visit *v, const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    const char *kept = text != NULL ? bus_arena_strdup(v->mem, text) : NULL;
    return kept != NULL ? kept : "";
}

int64_t desk_pay_number(const json_t *row, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(row, key));
}

const struct desk_money_line *
desk_pay_lines(const struct desk_visit *v, const json_t *answer, size_t *ret)
{
    const json_t *list = json_object_get(answer, "lines");
    size_t n = json_array_size(list);
    struct desk_money_line *rows =
        bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    *ret = 0;
    for (size_t i = 0; rows != NULL && i < n; i++) {
        const json_t *r = json_array_get(list, i);
        const char *reason = desk_pay_text(v, r, "reason");
        rows[(*ret)++] = (struct desk_money_line){
            .line = desk_pay_text(v, r, "line"),
            .item = desk_item_name(v, desk_pay_text(v, r, "item")),
            .period = desk_pay_text(v, r, "period"),
            .pay_day = desk_pay_text(v, r, "pay_day"),
            .state =
                desk_code_text(v, "line_state", desk_pay_text(v, r, "state")),
            .reason =
                reason[0] != '\0' ? desk_code_text(v, "reason", reason) : "",
            .amount_fen = desk_pay_number(r, "amount_fen"),
            .attempt = desk_pay_number(r, "attempt"),
            .owed_fen = desk_pay_number(r, "owed_fen")};
    }
    return rows;
}
