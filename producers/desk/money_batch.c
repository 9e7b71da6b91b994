/* A batch: its lines, who did what, and what may be done next. Approving and
 * sending ask for password and code again, which the treasury holds itself. */
#include "producers/desk/money.h"

#include <string.h>

static const struct batch_act
{
    const char *name;
    enum desk_word told;
} batch_acts[] = {
    {"prepare", DESK_WORD_TOLD_PREPARED}, /* told, and done elsewhere */
    {"approve", DESK_WORD_TOLD_APPROVED},
    {"send", DESK_WORD_TOLD_SENT},
    {"withdraw", DESK_WORD_TOLD_WITHDRAWN},
};
#define BATCH_ACTS (sizeof(batch_acts) / sizeof(batch_acts[0]))

struct batch_visit
{
    const char *batch, *fault;
    int status;
    const struct batch_act *act; /* of a POST */
};

static const struct batch_act *batch_act_of(struct bus_strv name, size_t from)
{
    for (size_t i = from; i < BATCH_ACTS; i++) {
        if (bus_strv_is(name, batch_acts[i].name)) {
            return &batch_acts[i];
        }
    }
    return NULL;
}

static void batch_fill_acts(const struct desk_visit *v,
                            const json_t *answer,
                            struct desk_batch *page)
{
    const json_t *list = json_object_get(answer, "acts");
    size_t n = json_array_size(list);
    struct desk_money_act *rows =
        bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < n; i++) {
        const json_t *r = json_array_get(list, i);
        rows[page->acts_count++] = (struct desk_money_act){
            .at = desk_pay_text(v, r, "at"),
            .who = desk_pay_text(v, r, "operator"),
            .act =
                desk_code_text(v, "treasury_act", desk_pay_text(v, r, "act")),
            .note = desk_pay_text(v, r, "note"),
            .amount_fen = desk_pay_number(r, "amount_fen")};
    }
    page->acts = rows;
}

static void batch_shown(struct desk_paying *m, const json_t *answer)
{
    const struct desk_visit *v = m->v;
    const struct batch_visit *b = m->data;
    const char *state = desk_pay_text(v, answer, "state");
    const struct batch_act *told =
        batch_act_of(bus_run_http_query(v->rq, "told"), 0);
    bool twice = strcmp(state, "approved_twice") == 0;
    bool waits =
        strcmp(state, "prepared") == 0 || strcmp(state, "approved_once") == 0;
    struct desk_batch page = {
        .head = desk_head_of(v, DESK_WORD_BATCH, DESK_AT_MONEY),
        .batch = b->batch,
        .fault = b->fault,
        .told = told != NULL ? desk_word_of(v, told->told) : "",
        .bank = desk_partner_name(v, desk_pay_text(v, answer, "bank")),
        .fund = desk_fund_name(v, desk_pay_text(v, answer, "fund")),
        .pay_day = desk_pay_text(v, answer, "pay_day"),
        .state = desk_code_text(v, "batch_state", state),
        .sm3 = desk_pay_text(v, answer, "sm3"),
        .prepared_by = desk_pay_text(v, answer, "prepared_by"),
        .first = desk_pay_text(v, answer, "approved_first"),
        .second = desk_pay_text(v, answer, "approved_second"),
        .lines_number = desk_pay_number(answer, "lines_count"),
        .total_fen = desk_pay_number(answer, "total_fen"),
        .holds = json_is_true(json_object_get(answer, "holds")),
        .may_approve = waits,
        .may_send = twice,
        .may_withdraw = waits || twice};
    struct bus_buf out;
    page.head.here = desk_printf(v, "/money/batches/%s?lang=%s", b->batch,
                                 v->lang == BUS_WEB_EN ? "zh" : "en");
    page.lines = desk_pay_lines(v, answer, &page.lines_count);
    batch_fill_acts(v, answer, &page);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_batch(&p, &page);
    desk_page_end(v, b->status, &p);
}

static void batch_show(struct desk_visit *v, struct batch_visit *b)
{
    struct desk_paying *m = desk_paying(v);
    if (m != NULL) {
        m->path = desk_printf(v, "/v1/treasury/batches/%s", b->batch);
        m->about = b->batch;
        m->shown = batch_shown;
        m->data = b;
        desk_pay_ask(m);
    }
}

/* NULL: that was answered. */
static struct batch_visit *batch_visit(struct desk_visit *v)
{
    struct batch_visit *b = bus_arena_calloc(v->mem, 1, sizeof(*b));
    char text[BUS_ID_TEXT + 1];
    struct bus_id id;
    if (!v->pays || !bus_id_parse(bus_run_http_param(v->rq, "id"), &id)) {
        desk_not_there(v);
        return NULL;
    }
    if (b == NULL) {
        desk_away(v);
        return NULL;
    }
    *b = (struct batch_visit){.batch =
                                  desk_printf(v, "%s", bus_id_text(&id, text)),
                              .fault = "",
                              .status = 200};
    return b;
}

void desk_batch(struct desk_visit *v)
{
    struct batch_visit *b = batch_visit(v);
    if (b != NULL) {
        batch_show(v, b);
    }
}

/* --- what is done with it --- */

static void batch_done(struct desk_paying *m, const json_t *answer)
{
    const struct batch_visit *b = m->data;
    (void)answer;
    bus_web_page_see(m->v->rq, desk_printf(m->v, "/money/batches/%s?told=%s",
                                           b->batch, b->act->name));
}

static void batch_refused(struct desk_paying *m, int status, const char *why)
{
    struct batch_visit *b = m->data;
    (void)status; /* on a page what was refused is a fault of the form */
    b->fault = why;
    b->status = 422;
    batch_show(m->v, b);
}

static json_t *batch_body(const struct desk_visit *v)
{
    struct bus_strv password = bus_web_field(&v->fields, "password");
    struct bus_strv code = bus_web_field(&v->fields, "code");
    struct bus_strv why = bus_web_field(&v->fields, "why");
    return json_pack("{s:s%, s:s%, s:s%}", "password",
                     password.p != NULL ? password.p : "", password.n, "code",
                     code.p != NULL ? code.p : "", code.n, "why",
                     why.p != NULL ? why.p : "", why.n);
}

void desk_batch_post(struct desk_visit *v)
{
    struct batch_visit *b = batch_visit(v);
    struct desk_paying *m = b != NULL ? desk_paying(v) : NULL;
    if (m == NULL) {
        return;
    }
    b->act = batch_act_of(bus_web_field(&v->fields, "act"), 1);
    m->body = b->act != NULL ? batch_body(v) : NULL;
    if (m->body == NULL) {
        desk_bad_form(v);
        return;
    }
    m->path =
        desk_printf(v, "/v1/treasury/batches/%s/%s", b->batch, b->act->name);
    m->shown = batch_done;
    m->refused = batch_refused;
    m->data = b;
    desk_pay_ask(m);
}
