/* A fund's money: one says it, another agrees with password and code. */
#include <string.h>

#include "producers/desk/money.h"

struct budgeting
{
    const char *fault;
    int status;
    const char *act; /* of a POST */
};

static const struct desk_choice *
budget_funds(const struct desk_visit *v, const char *chosen, size_t *ret_n)
{
    const struct bus_config *c = v->desk->config;
    struct desk_choice *list =
        bus_arena_calloc(v->mem, c->funds_count + 1, sizeof(*list));
    *ret_n = list != NULL ? c->funds_count : 0;
    for (size_t i = 0; i < *ret_n; i++) {
        const char *code = c->funds[i].code;
        list[i] = (struct desk_choice){code, desk_fund_name(v, code),
                                       strcmp(code, chosen) == 0};
    }
    return list;
}

static const char *budget_field(const struct desk_visit *v, const char *name)
{
    struct bus_strv s = bus_web_field(&v->fields, name);
    return desk_printf(v, "%.*s", (int)s.n, s.n > 0 ? s.p : "");
}

static void budgets_rows(const struct desk_visit *v,
                         const json_t *list,
                         struct desk_budgets *page)
{
    size_t n = json_array_size(list);
    struct desk_budget *rows = bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < n; i++) {
        const json_t *r = json_array_get(list, i);
        const char *by = desk_pay_text(v, r, "said_by");
        rows[page->rows_count++] = (struct desk_budget){
            .budget = desk_pay_text(v, r, "budget"),
            .fund = desk_fund_name(v, desk_pay_text(v, r, "fund")),
            .why = desk_pay_text(v, r, "why"),
            .said_by = by,
            .said_at = desk_pay_text(v, r, "said_at"),
            .amount_fen = desk_pay_number(r, "amount_fen"),
            .his = strcmp(by, v->caller.operator_id) == 0};
    }
    page->rows = rows;
}

static const char *budget_told(const struct desk_visit *v)
{
    struct bus_strv told = bus_run_http_query(v->rq, "told");
    return bus_strv_is(told, "say")
               ? desk_word_of(v, DESK_WORD_TOLD_BUDGET_SAID)
           : bus_strv_is(told, "agree")
               ? desk_word_of(v, DESK_WORD_TOLD_BUDGET_AGREED)
           : bus_strv_is(told, "drop")
               ? desk_word_of(v, DESK_WORD_TOLD_BUDGET_DROPPED)
               : "";
}

static void budgets_shown(struct desk_paying *m, const json_t *answer)
{
    const struct desk_visit *v = m->v;
    const struct budgeting *w = m->data;
    bool again = strcmp(w->act, "say") == 0; /* what he wrote stays */
    struct desk_budgets page = {
        .head = desk_head_of(v, DESK_WORD_BUDGETS, DESK_AT_MONEY),
        .fault = w->fault,
        .told = budget_told(v),
        .amount = again ? budget_field(v, "yuan") : "",
        .why = again ? budget_field(v, "why") : ""};
    struct bus_buf out;
    page.head.here = v->lang == BUS_WEB_EN ? "/money/budgets?lang=zh"
                                           : "/money/budgets?lang=en";
    page.funds = budget_funds(v, again ? budget_field(v, "fund") : "",
                              &page.funds_count);
    budgets_rows(v, json_object_get(answer, "budgets"), &page);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_budgets(&p, &page);
    desk_page_end(v, w->status, &p);
}

static void budgets_show(struct desk_visit *v, struct budgeting *w)
{
    struct desk_paying *m = desk_paying(v);
    if (m != NULL) {
        m->path = "/v1/treasury/budgets";
        m->about = "budgets";
        m->shown = budgets_shown;
        m->data = w;
        desk_pay_ask(m);
    }
}

/* NULL: that was answered. */
static struct budgeting *budgeting_new(struct desk_visit *v)
{
    struct budgeting *w = bus_arena_calloc(v->mem, 1, sizeof(*w));
    if (!v->pays) {
        desk_not_there(v);
        return NULL;
    }
    if (w == NULL) {
        desk_away(v);
        return NULL;
    }
    *w = (struct budgeting){.fault = "", .status = 200, .act = ""};
    return w;
}

void desk_budgets(struct desk_visit *v)
{
    struct budgeting *w = budgeting_new(v);
    if (w != NULL) {
        budgets_show(v, w);
    }
}

/* --- done --- */

static void budget_done(struct desk_paying *m, const json_t *answer)
{
    const struct budgeting *w = m->data;
    (void)answer;
    bus_web_page_see(m->v->rq,
                     desk_printf(m->v, "/money/budgets?told=%s", w->act));
}

static void budget_refused(struct desk_paying *m, int status, const char *why)
{
    struct budgeting *w = m->data;
    (void)status;
    w->fault = why;
    w->status = 422;
    budgets_show(m->v, w);
}

void desk_budgets_post(struct desk_visit *v)
{
    static const char *const acts[] = {"say", "agree", "drop"};
    struct budgeting *w = budgeting_new(v);
    struct desk_paying *m = w != NULL ? desk_paying(v) : NULL;
    struct bus_strv act = bus_web_field(&v->fields, "act");
    if (m == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        w->act = bus_strv_is(act, acts[i]) ? acts[i] : w->act;
    }
    m->body = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s}", "budget", budget_field(v, "budget"),
        "fund", budget_field(v, "fund"), "yuan", budget_field(v, "yuan"), "why",
        budget_field(v, "why"), "password", budget_field(v, "password"), "code",
        budget_field(v, "code"));
    if (w->act[0] == '\0' || m->body == NULL) {
        json_decref(m->body);
        desk_bad_form(v);
        return;
    }
    m->path = desk_printf(v, "/v1/treasury/budgets/%s", w->act);
    m->shown = budget_done;
    m->refused = budget_refused;
    m->data = w;
    desk_pay_ask(m);
}
