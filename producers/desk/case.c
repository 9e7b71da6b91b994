/* One case, as far as it is his to see; every look is a row of the reading
 * log. What is not his, and what is not there, are the same page. */
#include <stdlib.h>
#include <string.h>

#include "bus/web/readlog.h"
#include "producers/desk/requests/requests.h"

struct looking
{
    struct desk_visit *v;
    char id[BUS_ID_TEXT + 1];
    const char *purpose, *told;
    const struct bus_register *held;
    json_t *document; /* cut to what he may see */
};

static int look_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct looking *l = data;
    const struct desk *d = l->v->desk;
    json_decref(l->document); /* of a try before */
    l->document = NULL;
    BUS_TRY(bus_ledger_case(&d->cases, pg, bus_strv(l->id), &l->document, err));
    struct bus_web_scope scope =
        bus_web_scope_of(&l->v->caller, d->config, l->held, desk_today());
    if (!bus_web_may_read(&scope, d->config, l->document)) {
        return bus_fail(err, BUS_EDENIED, "not his to see");
    }
    BUS_TRY(desk_request_find(pg, l->document, l->v->mem, err));
    struct bus_web_read read = {.who = l->v->caller.name,
                                .via = "GET /cases/{id}",
                                .purpose = l->purpose,
                                .record = l->id,
                                .fields = "case"};
    return bus_web_read_note(pg, &read, err);
}

static void look_show(const struct looking *l)
{
    struct desk_visit *v = l->v;
    struct bus_buf out;
    struct desk_case page = {
        .head = desk_head_of(v, DESK_WORD_CASE, DESK_AT_QUEUE),
        .hidden =
            desk_word_of(v, v->department[0] != '\0' ? DESK_WORD_HIDDEN_ITEMS
                                                     : DESK_WORD_HIDDEN_NONE),
        .told = l->told,
        .purpose = l->purpose};
    desk_case_fill(v, l->document, &page);
    desk_request_rows(v, l->document, &page);
    page.may_request = v->assists;
    if (v->assists) {
        desk_request_form(v, l->document, &page.asks);
    }
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_case(&p, &page);
    desk_page_end(v, 200, &p);
}

static void look_done(void *data, int rc, const struct bus_err *err)
{
    struct looking *l = data;
    bus_catalogue_register_watch_release(l->v->desk->registers, &l->held);
    if (rc == BUS_OK) {
        look_show(l);
    } else if (rc == BUS_EUSAGE || bus_err_act(err->code) == BUS_ACT_REJECT) {
        desk_not_there(l->v);
    } else {
        desk_away(l->v);
    }
    json_decref(l->document);
}

static const char *look_told(const struct desk_visit *v)
{
    struct bus_strv told = bus_run_http_query(v->rq, "told");
    return bus_strv_is(told, "step") ? desk_word_of(v, DESK_WORD_TOLD_STEP)
           : bus_strv_is(told, "decision")
               ? desk_word_of(v, DESK_WORD_TOLD_DECISION)
           : bus_strv_is(told, "end") ? desk_word_of(v, DESK_WORD_TOLD_END)
           : bus_strv_is(told, "payee_said")
               ? desk_word_of(v, DESK_WORD_TOLD_PAYEE_SAID)
           : bus_strv_is(told, "payee_dropped")
               ? desk_word_of(v, DESK_WORD_TOLD_PAYEE_DROPPED)
           : bus_strv_is(told, "payee") ? desk_word_of(v, DESK_WORD_TOLD_PAYEE)
           : bus_strv_is(told, "request")
               ? desk_word_of(v, DESK_WORD_TOLD_REQUEST)
               : "";
}

void desk_case_show(struct desk_visit *v)
{
    struct looking *l = bus_arena_calloc(v->mem, 1, sizeof(*l));
    struct bus_web_job job = {look_run, look_done, l};
    struct bus_strv why = bus_run_http_query(v->rq, "why");
    struct bus_id id;
    if (l == NULL) {
        desk_away(v);
        return;
    }
    if (!bus_id_parse(bus_run_http_param(v->rq, "id"), &id)) {
        desk_not_there(v);
        return;
    }
    l->v = v;
    (void)bus_id_text(&id, l->id);
    l->purpose = why.n > 0 && why.n < 200
                     ? desk_printf(v, "%.*s", BUS_STRV_ARG(why))
                     : "case work";
    l->told = look_told(v);
    bus_catalogue_register_watch_hold(v->desk->registers, &l->held);
    if (bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        bus_catalogue_register_watch_release(v->desk->registers, &l->held);
        desk_away(v);
    }
}
