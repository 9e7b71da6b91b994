/* What is paid every period: looked for, suspended and resumed, with a reason,
 * password and code, which the treasury holds itself. */
#include <string.h>

#include "producers/desk/money.h"

struct awarding
{
    const char *fault;
    int status;
    const char *act;   /* of a POST */
    const char *award; /* the one that is asked for; "" */
    const char *state;
};

static const char *const states[] = {"live", "waiting", "ended"};
#define STATES (sizeof(states) / sizeof(states[0]))

static void awards_rows(const struct desk_visit *v,
                        const json_t *list,
                        struct desk_awards *page)
{
    size_t n = json_array_size(list);
    struct desk_award *rows = bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < n; i++) {
        const json_t *r = json_array_get(list, i);
        const char *state = desk_pay_text(v, r, "state");
        const char *note = desk_pay_text(v, r, "note");
        rows[page->rows_count++] = (struct desk_award){
            .award = desk_pay_text(v, r, "award"),
            .item = desk_item_name(v, desk_pay_text(v, r, "item")),
            .fund = desk_fund_name(v, desk_pay_text(v, r, "fund")),
            .from_month = desk_pay_text(v, r, "from_month"),
            .state = desk_code_text(v, "treasury_award_state", state),
            .note = desk_code_text(v, "reason", note),
            .amount_fen = desk_pay_number(r, "amount_fen"),
            .act = strcmp(state, "live") == 0      ? "suspend"
                   : strcmp(state, "waiting") == 0 ? "resume"
                                                   : "",
            .suspends = strcmp(state, "live") == 0};
    }
    page->rows = rows;
}

static void awards_shown(struct desk_paying *m, const json_t *answer)
{
    const struct desk_visit *v = m->v;
    const struct awarding *w = m->data;
    struct bus_strv told = bus_run_http_query(v->rq, "told");
    struct desk_awards page = {
        .head = desk_head_of(v, DESK_WORD_AWARDS, DESK_AT_MONEY),
        .fault = w->fault,
        .told = bus_strv_is(told, "suspend")
                    ? desk_word_of(v, DESK_WORD_TOLD_SUSPENDED)
                : bus_strv_is(told, "resume")
                    ? desk_word_of(v, DESK_WORD_TOLD_RESUMED)
                    : "",
        .award = w->award,
        .states =
            desk_choices(v, "treasury_award_state", states, STATES, w->state),
        .states_count = STATES};
    struct bus_buf out;
    page.head.here = v->lang == BUS_WEB_EN ? "/money/awards?lang=zh"
                                           : "/money/awards?lang=en";
    awards_rows(v, json_object_get(answer, "awards"), &page);
    page.is_one = w->award[0] != '\0' && page.rows_count == 1 &&
                  page.rows[0].act[0] != '\0';
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_awards(&p, &page);
    desk_page_end(v, w->status, &p);
}

static void awards_show(struct desk_visit *v, struct awarding *w)
{
    struct desk_paying *m = desk_paying(v);
    if (m != NULL) {
        m->path = desk_printf(v, "/v1/treasury/awards?state=%s&award=%s",
                              w->state, w->award);
        m->about = w->award[0] != '\0' ? w->award : "awards";
        m->shown = awards_shown;
        m->data = w;
        desk_pay_ask(m);
    }
}

/* NULL: that was answered. */
static struct awarding *awarding_new(struct desk_visit *v,
                                     struct bus_strv award)
{
    struct awarding *w = bus_arena_calloc(v->mem, 1, sizeof(*w));
    struct bus_id id;
    char text[BUS_ID_TEXT + 1];
    if (!v->pays || (award.n > 0 && !bus_id_parse(award, &id))) {
        desk_not_there(v);
        return NULL;
    }
    if (w == NULL) {
        desk_away(v);
        return NULL;
    }
    *w = (struct awarding){
        .fault = "",
        .status = 200,
        .act = "",
        .state = "",
        .award =
            award.n > 0 ? desk_printf(v, "%s", bus_id_text(&id, text)) : ""};
    return w;
}

void desk_awards(struct desk_visit *v)
{
    struct awarding *w = awarding_new(v, bus_run_http_query(v->rq, "award"));
    struct bus_strv state = bus_run_http_query(v->rq, "state");
    for (size_t i = 0; w != NULL && i < STATES; i++) {
        w->state = bus_strv_is(state, states[i]) ? states[i] : w->state;
    }
    if (w != NULL) {
        awards_show(v, w);
    }
}

/* --- done --- */

static void award_done(struct desk_paying *m, const json_t *answer)
{
    const struct awarding *w = m->data;
    (void)answer;
    bus_web_page_see(
        m->v->rq,
        desk_printf(m->v, "/money/awards?award=%s&told=%s", w->award, w->act));
}

static void award_refused(struct desk_paying *m, int status, const char *why)
{
    struct awarding *w = m->data;
    (void)status;
    w->fault = why;
    w->status = 422;
    awards_show(m->v, w);
}

static const char *award_field(const struct desk_visit *v, const char *name)
{
    return desk_printf(v, "%.*s",
                       BUS_STRV_ARG(bus_web_field(&v->fields, name)));
}

void desk_awards_post(struct desk_visit *v)
{
    struct awarding *w = awarding_new(v, bus_web_field(&v->fields, "award"));
    struct desk_paying *m = w != NULL ? desk_paying(v) : NULL;
    struct bus_strv act = bus_web_field(&v->fields, "act");
    if (m == NULL) {
        return;
    }
    w->act = bus_strv_is(act, "suspend")  ? "suspend"
             : bus_strv_is(act, "resume") ? "resume"
                                          : "";
    m->body = json_pack(
        "{s:s, s:s, s:s, s:s}", "award", w->award, "why", award_field(v, "why"),
        "password", award_field(v, "password"), "code", award_field(v, "code"));
    if (w->act[0] == '\0' || w->award[0] == '\0' || m->body == NULL) {
        json_decref(m->body);
        desk_bad_form(v);
        return;
    }
    m->path = desk_printf(v, "/v1/treasury/awards/%s", w->act);
    m->shown = award_done;
    m->refused = award_refused;
    m->data = w;
    desk_pay_ask(m);
}
