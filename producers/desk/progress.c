/* A resident follows his application, by its number and the end of his
 * document. Asked of intake, which counts wrong answers by application; here
 * they are counted by where they come from. */
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/web/fetch.h"
#include "bus/web/signed.h"
#include "producers/desk/case_page.h"

#define ROWS_MAX 80
#define DAY_MS   INT64_C(86400000)

struct following
{
    struct desk_visit *v;
    const char *application;
    struct bus_web_fetch fetch;
    char authorization[BUS_WEB_SIGNED_HEADER], date[BUS_WEB_SIGNED_HEADER];
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
    struct desk_progress page = {.fault = desk_word_of(f->v, word)};
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
    struct desk_progress page = {.fault = ""};
    if (f == NULL) {
        desk_away(v);
        return;
    }
    progress_end(f, 200, &page);
}

/* As the desk, where it has a key. */
static bool progress_sign(struct following *f)
{
    struct bus_err err;
    const struct bus_web_request rq = {.method = BUS_STRV("POST"),
                                       .path = BUS_STRV("/v1/progress"),
                                       .body = f->fetch.body};
    if (f->v->desk->signs == NULL) {
        return true;
    }
    f->fetch.authorization = f->authorization;
    f->fetch.date = f->date;
    return bus_web_signed_make(&rq, f->v->desk->signs, "desk",
                               bus_clock_system.wall_ms(NULL), f->authorization,
                               f->date, &err) == BUS_OK;
}

void desk_progress_post(struct desk_visit *v)
{
    struct following *f = following_of(v);
    struct bus_strv last = bus_web_field(&v->fields, "id_last");
    const struct bus_config *c = v->desk->config;
    uint8_t client[16];
    int64_t wait_ms = 0;
    struct bus_err err;
    if (f == NULL) {
        desk_away(v);
        return;
    }
    if (!bus_web_limits_count(
            v->desk->clients, bus_run_http_client(v->rq, client),
            c->http.guesses_day, DAY_MS,
            bus_run_loop_now_ms(v->desk->frame->loop), &wait_ms)) {
        progress_say(f, 429, DESK_WORD_PROGRESS_WAIT);
        return;
    }
    json_t *j =
        json_pack("{s:s, s:s%}", "application_id", f->application, "id_last",
                  last.n > 0 ? last.p : "", last.n <= 16 ? last.n : 0);
    char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
    const char *body = text != NULL ? bus_arena_strdup(v->mem, text) : NULL;
    free(text); /* jansson's own */
    json_decref(j);
    f->fetch = (struct bus_web_fetch){
        .url = desk_printf(v, "%s/v1/progress", c->desk.intake),
        .body = bus_strv(body),
        .ca_file = c->desk.intake_ca,
        .done = progress_answered,
        .data = f};
    if (body == NULL || !progress_sign(f) ||
        bus_web_fetch_post(v->desk->frame->loop, &f->fetch, &err) != BUS_OK) {
        desk_away(v);
    }
}
