/* Where a fund and its bank differ: one says what it is and why, another that
 * it is so, with password and code, which the treasury holds itself. */
#include <string.h>

#include "producers/desk/money.h"

struct differing
{
    const char *fault;
    int status;
    const char *act; /* of a POST */
};

static const char *const kinds[] = {"fee", "interest", "other", "accepted"};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void differences_rows(const struct desk_visit *v,
                             const json_t *list,
                             struct desk_differences *page)
{
    size_t n = json_array_size(list);
    struct desk_difference *rows =
        bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < n; i++) {
        const json_t *r = json_array_get(list, i);
        rows[page->rows_count++] = (struct desk_difference){
            .n = (int64_t)i,
            .amount_fen = desk_pay_number(r, "amount_fen"),
            .name = desk_pay_text(v, r, "name"),
            .fund = desk_fund_name(v, desk_pay_text(v, r, "fund")),
            .day = desk_pay_text(v, r, "day"),
            .reason = desk_code_text(v, "difference_reason",
                                     desk_pay_text(v, r, "reason")),
            .line = desk_pay_text(v, r, "line"),
            .order = desk_pay_text(v, r, "order"),
            .first_by = desk_pay_text(v, r, "first_by")};
        page->all = desk_pay_number(r, "all");
    }
    page->rows = rows;
}

static void differences_shown(struct desk_paying *m, const json_t *answer)
{
    const struct desk_visit *v = m->v;
    const struct differing *d = m->data;
    struct bus_strv told = bus_run_http_query(v->rq, "told");
    struct desk_differences page = {
        .head = desk_head_of(v, DESK_WORD_DIFFERENCES, DESK_AT_MONEY),
        .fault = d->fault,
        .told = bus_strv_is(told, "look")
                    ? desk_word_of(v, DESK_WORD_TOLD_LOOKED)
                : bus_strv_is(told, "agree")
                    ? desk_word_of(v, DESK_WORD_TOLD_AGREED)
                    : "",
        .kinds = desk_choices(v, "difference_kind", kinds, KINDS, ""),
        .kinds_count = KINDS};
    struct bus_buf out;
    page.head.here = v->lang == BUS_WEB_EN ? "/money/differences?lang=zh"
                                           : "/money/differences?lang=en";
    differences_rows(v, json_object_get(answer, "differences"), &page);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_differences(&p, &page);
    desk_page_end(v, d->status, &p);
}

static void differences_show(struct desk_visit *v, struct differing *d)
{
    struct desk_paying *m = desk_paying(v);
    if (m != NULL) {
        m->path = "/v1/treasury/differences";
        m->about = "differences";
        m->shown = differences_shown;
        m->data = d;
        desk_pay_ask(m);
    }
}

/* NULL: that was answered. */
static struct differing *differing_new(struct desk_visit *v)
{
    struct differing *d = bus_arena_calloc(v->mem, 1, sizeof(*d));
    if (!v->pays) {
        desk_not_there(v);
        return NULL;
    }
    if (d == NULL) {
        desk_away(v);
        return NULL;
    }
    *d = (struct differing){.fault = "", .status = 200, .act = ""};
    return d;
}

void desk_differences(struct desk_visit *v)
{
    struct differing *d = differing_new(v);
    if (d != NULL) {
        differences_show(v, d);
    }
}

/* --- what is said of one --- */

static void difference_done(struct desk_paying *m, const json_t *answer)
{
    const struct differing *d = m->data;
    (void)answer;
    bus_web_page_see(m->v->rq,
                     desk_printf(m->v, "/money/differences?told=%s", d->act));
}

static void
difference_refused(struct desk_paying *m, int status, const char *why)
{
    struct differing *d = m->data;
    (void)status;
    d->fault = why;
    d->status = 422;
    differences_show(m->v, d);
}

static const char *difference_field(const struct desk_visit *v,
                                    const char *name)
{
    return desk_printf(v, "%.*s",
                       BUS_STRV_ARG(bus_web_field(&v->fields, name)));
}

void desk_differences_post(struct desk_visit *v)
{
    struct differing *d = differing_new(v);
    struct desk_paying *m = d != NULL ? desk_paying(v) : NULL;
    struct bus_strv act = bus_web_field(&v->fields, "act");
    if (m == NULL) {
        return;
    }
    d->act = bus_strv_is(act, "look")    ? "look"
             : bus_strv_is(act, "agree") ? "agree"
                                         : "";
    m->body = json_pack(
        "{s:s, s:s, s:s, s:s, s:s}", "difference",
        difference_field(v, "difference"), "as", difference_field(v, "as"),
        "why", difference_field(v, "why"), "password",
        difference_field(v, "password"), "code", difference_field(v, "code"));
    if (d->act[0] == '\0' || m->body == NULL) {
        json_decref(m->body);
        desk_bad_form(v);
        return;
    }
    m->path = desk_printf(v, "/v1/treasury/differences/%s", d->act);
    m->shown = difference_done;
    m->refused = difference_refused;
    m->data = d;
    desk_pay_ask(m);
}
