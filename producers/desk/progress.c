/* A resident follows his application, by its number and the end of his
 * document. Asked of intake, which counts wrong answers by application; here
 * they are counted by where they come from. */
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/web/fetch.h"
#include "bus/wire/signed.h"
#include "producers/desk/apply.h"
#include "producers/desk/case_page.h"
#include "producers/desk/held/held.h"
#include "producers/desk/requests/requests.h"

#define DAY_MS INT64_C(86400000)

struct following
{
    struct desk_visit *v;
    const char *application, *request;
    struct bus_web_fetch fetch;
    char authorization[BUS_WIRE_SIGNED_HEADER], date[BUS_WIRE_SIGNED_HEADER];
};

static void
progress_end(const struct following *f, int status, struct desk_progress *page)
{
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(f->v, &out);
    page->head = desk_head_of(f->v, DESK_WORD_PROGRESS, DESK_AT_PROGRESS);
    page->head.here =
        f->v->lang == BUS_WEB_EN ? "/progress?lang=zh" : "/progress?lang=en";
    page->application = f->application;
    desk_page_progress(&p, page);
    desk_page_end(f->v, status, &p);
}

static void
progress_say(const struct following *f, int status, enum desk_word word)
{
    struct desk_progress page = {.fault = desk_word_of(f->v, word), .said = ""};
    progress_end(f, status, &page);
}

/* status: the key of what is said of a row. */
static const struct desk_line_of *progress_rows(const struct desk_visit *v,
                                                const json_t *list,
                                                const char *status,
                                                size_t *ret_n)
{
    size_t n = json_array_size(list);
    struct desk_line_of *rows = bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    *ret_n = rows != NULL ? n : 0;
    for (size_t i = 0; i < *ret_n; i++) {
        const json_t *row = json_array_get(list, i);
        const json_t *fen = json_object_get(row, "amount_fen");
        const char *due = json_string_value(json_object_get(row, "due"));
        rows[i] = (struct desk_line_of){
            .item = desk_printf(
                v, "%s", desk_json_text(v, json_object_get(row, "item"))),
            .status = desk_printf(
                v, "%s", desk_json_text(v, json_object_get(row, status))),
            .department = desk_printf(
                v, "%s", desk_json_text(v, json_object_get(row, "department"))),
            .due = desk_printf(v, "%s", due != NULL ? due : ""),
            .has_amount = json_is_integer(fen),
            .amount_fen = json_integer_value(fen),
            .paid_fen = json_integer_value(json_object_get(row, "paid_fen"))};
    }
    return rows;
}

static void progress_wanted(const struct desk_visit *v,
                            const json_t *list,
                            struct desk_progress *page)
{
    size_t n = json_array_size(list);
    struct desk_line *lines = bus_arena_calloc(v->mem, n + 1, sizeof(*lines));
    for (size_t i = 0; lines != NULL && i < n; i++) {
        const json_t *fact = json_object_get(json_array_get(list, i), "fact");
        lines[page->wanted_count++].text =
            desk_printf(v, "%s", desk_json_text(v, fact));
    }
    page->wanted = lines;
}

static void progress_show(const struct following *f, const json_t *answer)
{
    const struct desk_visit *v = f->v;
    const json_t *a_case = json_object_get(answer, "case");
    struct desk_progress page = {
        .fault = "",
        .said = "",
        .is_found = true,
        .state = desk_printf(
            v, "%s", desk_json_text(v, json_object_get(answer, "state_text"))),
        .paid_fen = json_integer_value(json_object_get(a_case, "paid_fen"))};
    if (page.state[0] == '\0') {
        page.state = desk_word_of(v, DESK_WORD_TAKEN);
    }
    page.got = progress_rows(v, json_object_get(a_case, "got"), "status",
                             &page.got_count);
    page.doing = progress_rows(v, json_object_get(a_case, "doing"), "status",
                               &page.doing_count);
    page.refused = progress_rows(v, json_object_get(a_case, "not"), "why",
                                 &page.refused_count);
    progress_wanted(v, json_object_get(a_case, "wanted"), &page);
    if (a_case != NULL) {
        desk_request_form(f->v, a_case, &page.asks);
    }
    progress_end(f, 200, &page);
}

static void progress_answered(struct bus_web_fetch *fetch)
{
    const struct following *f = fetch->data;
    uint8_t client[16];
    bool heard = fetch->rc == BUS_OK;
    json_t *answer = heard ? json_loadb((const char *)fetch->answer.data,
                                        fetch->answer.len, 0, NULL)
                           : NULL;
    if (!heard || fetch->status != 404) { /* no wrong guess */
        bus_web_limits_uncount(f->v->desk->clients,
                               bus_run_http_client(f->v->rq, client));
    }
    if (heard && fetch->status == 200 && answer != NULL) {
        progress_show(f, answer);
    } else if (heard && (fetch->status == 404 || fetch->status == 400)) {
        progress_say(f, 404, DESK_WORD_PROGRESS_NONE);
    } else if (heard && fetch->status == 429) {
        progress_say(f, 429, DESK_WORD_PROGRESS_WAIT);
    } else {
        progress_say(f, 503, DESK_WORD_AWAY_TEXT);
    }
    json_decref(answer);
    bus_buf_fini(&fetch->answer);
}

static struct following *following_of(struct desk_visit *v)
{
    struct following *f = bus_arena_calloc(v->mem, 1, sizeof(*f));
    struct bus_strv id = bus_web_field(&v->fields, "application");
    if (id.p == NULL) { /* of a slip's square */
        id = bus_run_http_query(v->rq, "application");
    }
    if (f != NULL) {
        f->v = v;
        f->application = desk_printf(v, "%.*s", (int)(id.n <= 64 ? id.n : 0),
                                     id.n > 0 ? id.p : "");
    }
    return f;
}

void desk_progress(struct desk_visit *v)
{
    struct following *f = following_of(v);
    struct desk_progress page = {.fault = "", .said = ""};
    if (f == NULL) {
        desk_away(v);
        return;
    }
    progress_end(f, 200, &page);
}

/* As the desk, where it has a key. */
static bool progress_sign(struct following *f, const char *path)
{
    struct bus_err err;
    const struct bus_wire_signed_request rq = {.method = BUS_STRV("POST"),
                                               .path = bus_strv(path),
                                               .body = f->fetch.body};
    if (f->v->desk->signs == NULL) {
        return true;
    }
    f->fetch.authorization = f->authorization;
    f->fetch.date = f->date;
    return bus_wire_signed_make(&rq, f->v->desk->signs, "desk",
                                bus_clock_system.wall_ms(NULL),
                                f->authorization, f->date, &err) == BUS_OK;
}

/* False: he has been told to wait. */
static bool progress_may(const struct following *f)
{
    const struct desk *d = f->v->desk;
    uint8_t client[16];
    int64_t wait_ms = 0;
    bool may =
        bus_web_limits_count(d->clients, bus_run_http_client(f->v->rq, client),
                             d->config->http.guesses_day, DAY_MS,
                             bus_run_loop_now_ms(d->frame->loop), &wait_ms);
    if (!may) {
        progress_say(f, 429, DESK_WORD_PROGRESS_WAIT);
    }
    return may;
}

/* Takes j. */
static void progress_post(struct following *f,
                          const char *path,
                          json_t *j,
                          void (*done)(struct bus_web_fetch *fetch))
{
    const struct desk_visit *v = f->v;
    const struct bus_config *c = v->desk->config;
    struct bus_err err;
    char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
    const char *body = text != NULL ? bus_arena_strdup(v->mem, text) : NULL;
    free(text); /* jansson's own */
    json_decref(j);
    f->fetch = (struct bus_web_fetch){
        .url = desk_printf(v, "%s%s", c->desk.intake, path),
        .body = bus_strv(body),
        .ca_file = c->desk.intake_ca,
        .done = done,
        .data = f};
    if (body == NULL || !progress_sign(f, path) ||
        bus_web_fetch_post(v->desk->frame->loop, &f->fetch, &err) != BUS_OK) {
        desk_away(v);
    }
}

/* The two things that he shows. */
static json_t *progress_shown(const struct following *f)
{
    struct bus_strv last = bus_web_field(&f->v->fields, "id_last");
    return json_pack("{s:s, s:s%}", "application_id", f->application, "id_last",
                     last.n > 0 ? last.p : "", last.n <= 16 ? last.n : 0);
}

/* What has not left is nowhere but here (held/held.h). */
static void progress_held(void *data, enum desk_held_is is, const char *until)
{
    struct following *f = data;
    const struct desk_visit *v = f->v;
    bool asks = strcmp(v->route->pattern, "/progress") == 0;
    struct desk_progress page = {.fault = "",
                                 .may_withdraw = is == DESK_HELD_OPEN};
    uint8_t client[16];
    if (asks && (is == DESK_HELD_NONE || is == DESK_HELD_LEFT)) {
        progress_post(f, "/v1/progress", progress_shown(f), progress_answered);
        return;
    }
    if (is == DESK_HELD_NONE) {
        progress_say(f, 404, DESK_WORD_PROGRESS_NONE);
        return;
    }
    bus_web_limits_uncount(v->desk->clients,
                           bus_run_http_client(v->rq, client));
    if (is == DESK_HELD_AWAY) {
        progress_say(f, 503, DESK_WORD_AWAY_TEXT);
        return;
    }
    page.said = is == DESK_HELD_OPEN
                    ? desk_say_with(v, DESK_WORD_HELD_OWN, until)
                    : desk_word_of(v, desk_held_word(is));
    if (!asks && is != DESK_HELD_WITHDRAWN) {
        page.fault = desk_word_of(v, DESK_WORD_HELD_OVER);
    }
    progress_end(f, page.fault[0] != '\0' ? 409 : 200, &page);
}

static void progress_own(struct desk_visit *v, bool withdraws)
{
    struct following *f = following_of(v);
    if (f == NULL) {
        desk_away(v);
    } else if (progress_may(f)) {
        desk_held_own(v, f->application, withdraws, progress_held, f);
    }
}

void desk_progress_post(struct desk_visit *v)
{
    progress_own(v, false);
}

void desk_withdraw_post(struct desk_visit *v)
{
    progress_own(v, true);
}

/* --- he says something of it --- */

static void request_show_faults(const struct following *f, const json_t *answer)
{
    struct desk_progress page = {
        .fault = desk_word_of(f->v, DESK_WORD_REQUEST_FAULTS), .said = ""};
    page.faults = desk_request_faults(f->v, answer, &page.faults_count);
    progress_end(f, 422, &page);
}

static void request_told(void *data)
{
    const struct following *f = data;
    struct desk_progress page = {
        .fault = "",
        .said = desk_say_with(f->v, DESK_WORD_REQUEST_TAKEN, f->request)};
    progress_end(f, 202, &page);
}

static void request_taken(struct following *f, const json_t *answer)
{
    const char *id = json_string_value(json_object_get(answer, "request_id"));
    f->request = desk_printf(f->v, "%s", id != NULL ? id : "");
    desk_request_keep(f->v, f->request, f->application, request_told, f);
}

static void request_answered(struct bus_web_fetch *fetch)
{
    struct following *f = fetch->data;
    uint8_t client[16];
    long status = fetch->rc == BUS_OK ? fetch->status : 0;
    json_t *answer = status != 0 ? json_loadb((const char *)fetch->answer.data,
                                              fetch->answer.len, 0, NULL)
                                 : NULL;
    if (status != 404) { /* no wrong guess */
        bus_web_limits_uncount(f->v->desk->clients,
                               bus_run_http_client(f->v->rq, client));
    }
    if (status == 202) {
        request_taken(f, answer);
    } else if (status == 422) {
        request_show_faults(f, answer);
    } else if (status == 404 || status == 400) {
        progress_say(f, 404, DESK_WORD_PROGRESS_NONE);
    } else if (status == 409) {
        progress_say(f, 409, DESK_WORD_REQUEST_EARLY);
    } else if (status == 429) {
        progress_say(f, 429, DESK_WORD_PROGRESS_WAIT);
    } else {
        progress_say(f, 503, DESK_WORD_AWAY_TEXT);
    }
    json_decref(answer);
    bus_buf_fini(&fetch->answer);
}

static json_t *request_json(const struct following *f)
{
    json_t *to = progress_shown(f);
    desk_request_said(f->v, to);
    return to;
}

void desk_request_post(struct desk_visit *v)
{
    struct following *f = following_of(v);
    if (f == NULL) {
        desk_away(v);
    } else if (progress_may(f)) {
        progress_post(f, "/v1/requests", request_json(f), request_answered);
    }
}
