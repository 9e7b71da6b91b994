/* What is due, the batches, the funds; a batch is prepared here. For who pays;
 * for anybody else there is none of it. */
#include "producers/desk/money.h"

#include <string.h>

static const char *
money_person(const struct desk_visit *v, const json_t *row, const char *key)
{
    const char *who = desk_pay_text(v, row, key);
    return strcmp(who, "-") == 0 ? "" : who;
}

static void money_due(const struct desk_visit *v,
                      const json_t *list,
                      struct desk_money *page)
{
    size_t n = json_array_size(list);
    struct desk_due_row *rows = bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < n; i++) {
        const json_t *r = json_array_get(list, i);
        const char *fund = desk_pay_text(v, r, "fund");
        rows[page->due_count++] = (struct desk_due_row){
            .bank = desk_partner_name(v, desk_pay_text(v, r, "bank")),
            .fund = fund,
            .fund_name = desk_fund_name(v, fund),
            .pay_day = desk_pay_text(v, r, "pay_day"),
            .lines = desk_pay_number(r, "lines"),
            .total_fen = desk_pay_number(r, "total_fen")};
    }
    page->due = rows;
}

static void money_batches(const struct desk_visit *v,
                          const json_t *list,
                          struct desk_money *page)
{
    size_t n = json_array_size(list);
    struct desk_batch_row *rows =
        bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < n; i++) {
        const json_t *r = json_array_get(list, i);
        rows[page->batches_count++] = (struct desk_batch_row){
            .batch = desk_pay_text(v, r, "batch"),
            .bank = desk_partner_name(v, desk_pay_text(v, r, "bank")),
            .fund = desk_fund_name(v, desk_pay_text(v, r, "fund")),
            .pay_day = desk_pay_text(v, r, "pay_day"),
            .number = desk_pay_number(r, "number"),
            .state =
                desk_code_text(v, "batch_state", desk_pay_text(v, r, "state")),
            .lines = desk_pay_number(r, "lines"),
            .total_fen = desk_pay_number(r, "total_fen"),
            .prepared_by = money_person(v, r, "prepared_by"),
            .first = money_person(v, r, "approved_first"),
            .second = money_person(v, r, "approved_second")};
    }
    page->batches = rows;
}

static void money_funds(const struct desk_visit *v,
                        const json_t *list,
                        struct desk_money *page)
{
    size_t n = json_array_size(list);
    struct desk_fund_row *rows = bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < n; i++) {
        const json_t *r = json_array_get(list, i);
        rows[page->funds.rows_count++] = (struct desk_fund_row){
            .name = desk_fund_name(v, desk_pay_text(v, r, "fund")),
            .blocked_by = desk_pay_text(v, r, "blocked_by"),
            .budget_fen = desk_pay_number(r, "budget_fen"),
            .free_fen = desk_pay_number(r, "free_fen"),
            .committed_fen = desk_pay_number(r, "committed_fen"),
            .paid_fen = desk_pay_number(r, "paid_fen"),
            .returned_fen = desk_pay_number(r, "returned_fen"),
            .disputes = desk_pay_number(r, "disputes"),
            .differences = desk_pay_number(r, "differences")};
    }
    page->funds.rows = rows;
}

static void money_shown(struct desk_paying *m, const json_t *answer)
{
    const struct desk_visit *v = m->v;
    const char *fault = m->data;
    struct desk_money page = {
        .head = desk_head_of(v, DESK_WORD_MONEY_PAGES, DESK_AT_MONEY),
        .fault = fault};
    struct bus_buf out;
    page.head.here =
        v->lang == BUS_WEB_EN ? "/money?lang=zh" : "/money?lang=en";
    money_due(v, json_object_get(answer, "due"), &page);
    money_batches(v, json_object_get(answer, "batches"), &page);
    money_funds(v, json_object_get(answer, "funds"), &page);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_money(&p, &page);
    desk_page_end(v, fault[0] != '\0' ? 422 : 200, &p);
}

void desk_money_show(struct desk_visit *v, const char *fault)
{
    struct desk_paying *m = desk_paying(v);
    if (m != NULL) {
        m->path = "/v1/treasury";
        m->about = "board";
        m->shown = money_shown;
        m->data = (void *)fault;
        desk_pay_ask(m);
    }
}

void desk_money(struct desk_visit *v)
{
    desk_money_show(v, "");
}

/* --- preparing --- */

static void money_prepared(struct desk_paying *m, const json_t *answer)
{
    const char *batch = desk_pay_text(m->v, answer, "batch");
    bus_web_page_see(
        m->v->rq, desk_printf(m->v, "/money/batches/%s?told=prepare", batch));
}

static void money_refused(struct desk_paying *m, int status, const char *why)
{
    (void)status;
    desk_money_show(m->v, why);
}

void desk_money_prepare_post(struct desk_visit *v)
{
    struct desk_paying *m = desk_paying(v);
    struct bus_strv fund = bus_web_field(&v->fields, "fund");
    struct bus_strv day = bus_web_field(&v->fields, "pay_day");
    if (m != NULL) {
        m->path = "/v1/treasury/batches";
        m->body =
            json_pack("{s:s%, s:s%}", "fund", fund.p != NULL ? fund.p : "",
                      fund.n, "pay_day", day.p != NULL ? day.p : "", day.n);
        m->shown = money_prepared;
        m->refused = money_refused;
        if (m->body != NULL) {
            desk_pay_ask(m);
        } else {
            desk_bad_form(v);
        }
    }
}

/* --- lines --- */

static const char *const line_states[] = {
    "due", "sent", "settled", "rejected", "returned", "repaid", "stopped"};
#define LINE_STATES (sizeof(line_states) / sizeof(line_states[0]))

static struct desk_choice *money_states(const struct desk_visit *v)
{
    struct desk_choice *list =
        bus_arena_calloc(v->mem, LINE_STATES + 1, sizeof(*list));
    if (list != NULL) {
        list[0] = (struct desk_choice){"", desk_word_of(v, DESK_WORD_ALL_LINES),
                                       false};
    }
    for (size_t i = 0; list != NULL && i < LINE_STATES; i++) {
        list[i + 1] = (struct desk_choice){
            line_states[i], desk_code_text(v, "line_state", line_states[i]),
            false};
    }
    return list;
}

static void money_lines_shown(struct desk_paying *m, const json_t *answer)
{
    const struct desk_visit *v = m->v;
    struct desk_money_lines page = {
        .head = desk_head_of(v, DESK_WORD_MONEY_LINES, DESK_AT_MONEY),
        .states = m->data,
        .states_count = LINE_STATES + 1};
    struct bus_buf out;
    page.rows = desk_pay_lines(v, answer, &page.rows_count);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_money_lines(&p, &page);
    desk_page_end(v, 200, &p);
}

void desk_money_lines(struct desk_visit *v)
{
    struct desk_paying *m = desk_paying(v);
    struct desk_choice *states = m != NULL ? money_states(v) : NULL;
    if (states != NULL) {
        const char *state = desk_chosen(v, "state", states, LINE_STATES + 1);
        desk_choose(states, LINE_STATES + 1, state);
        m->path = desk_printf(v, "/v1/treasury/lines?state=%s", state);
        m->about = "lines";
        m->shown = money_lines_shown;
        m->data = states;
        desk_pay_ask(m);
    } else if (m != NULL) {
        desk_away(v);
    }
}
