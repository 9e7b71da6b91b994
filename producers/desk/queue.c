/* What an office has to do. */
#include <stdio.h>
#include <string.h>

#include "bus/ledger/queue.h"
#include "bus/web/readlog.h"
#include "producers/desk/desk.h"

struct queueing
{
    struct desk_visit *v;
    const char *item;
    struct bus_ledger_queue queue;
};

static int queue_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct queueing *q = data;
    char fields[64];
    BUS_TRY(bus_ledger_queue(pg, q->v->department, q->item,
                             q->v->desk->config->desk.rows, q->v->mem,
                             &q->queue, err));
    (void)snprintf(fields, sizeof(fields), "queue of %zu", q->queue.count);
    struct bus_web_read read = {.who = q->v->caller.name,
                                .via = "GET /queue",
                                .purpose = "queue",
                                .record = q->v->department,
                                .fields = fields};
    return bus_web_read_note(pg, &read, err);
}

static struct desk_queue_row queue_row(const struct desk_visit *v,
                                       const struct bus_ledger_assigned *a)
{
    struct desk_queue_row row = {
        .case_id = a->case_id,
        .case_no = desk_say_with(v, DESK_WORD_CASE_NO, a->case_no),
        .item = desk_item_name(v, a->item),
        .village = desk_village_name(v, a->division),
        .verdict = desk_code_text(v, "verdict", a->verdict),
        .assigned_on = a->assigned_on,
        .due = a->due,
        .step = a->last_step[0] != '\0'
                    ? desk_code_text(v, "step_kind", a->last_step)
                    : "",
        .reason = strcmp(a->word, "RETURNED") == 0
                      ? desk_code_text(v, "reason", a->reason)
                      : "",
        .has_amount = a->amount_fen[0] != '\0',
        .overdue = a->overdue};
    (void)bus_strv_to_i64(bus_strv(a->amount_fen), &row.amount_fen);
    return row;
}

static void queue_items(const struct desk_visit *v,
                        const char *chosen,
                        struct desk_queue *page)
{
    const struct bus_policy_catalogue *c = v->desk->catalogue;
    size_t n = bus_policy_item_count(c);
    struct desk_choice *list = bus_arena_calloc(v->mem, n + 1, sizeof(*list));
    for (size_t i = 0; list != NULL && i < n; i++) {
        struct bus_policy_item item;
        if (bus_policy_item_at(c, i, desk_today(), &item) &&
            bus_strv_is(item.department, v->department)) {
            const char *code = desk_printf(v, "%.*s", BUS_STRV_ARG(item.code));
            list[page->items_count++] = (struct desk_choice){
                code, desk_item_name(v, code), strcmp(code, chosen) == 0};
        }
    }
    page->items = list;
}

static void queue_done(void *data, int rc, const struct bus_err *err)
{
    const struct queueing *q = data;
    struct desk_visit *v = q->v;
    struct desk_queue page = {
        .head = desk_head_of(v, DESK_WORD_QUEUE, DESK_AT_QUEUE)};
    struct bus_buf out;
    (void)err;
    if (rc != BUS_OK) {
        desk_away(v);
        return;
    }
    struct desk_queue_row *rows =
        bus_arena_calloc(v->mem, q->queue.count + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < q->queue.count; i++) {
        rows[page.rows_count++] = queue_row(v, &q->queue.list[i]);
    }
    page.rows = rows;
    queue_items(v, q->item, &page);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_queue(&p, &page);
    desk_page_end(v, 200, &p);
}

void desk_queue(struct desk_visit *v)
{
    struct queueing *q = bus_arena_calloc(v->mem, 1, sizeof(*q));
    struct bus_web_job job = {queue_run, queue_done, q};
    struct bus_strv item = bus_run_http_query(v->rq, "item");
    if (!v->decides) {
        desk_refused(v, DESK_WORD_OFFICERS_ONLY);
        return;
    }
    if (q != NULL) {
        q->v = v;
        q->item = desk_printf(v, "%.*s", (int)(item.n < 32 ? item.n : 0),
                              item.n > 0 ? item.p : "");
    }
    if (q == NULL || bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}
