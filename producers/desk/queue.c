/* What an office has to do. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bus/ledger/queue.h"
#include "bus/web/readlog.h"
#include "bus/workbook/csv_write.h"
#include "producers/desk/csv.h"
#include "producers/desk/desk.h"

#define RECEIPT_MIN 6 /* digits that are looked for */

struct queueing
{
    struct desk_visit *v;
    bool csv;                          /* as a file */
    const char *receipt, *why, *fault; /* as written; what it is for */
    struct bus_ledger_queue_wish wish;
    struct bus_ledger_queue queue;
};

static int queue_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct queueing *q = data;
    bool looks = q->wish.receipt[0] != '\0';
    char fields[96];
    BUS_TRY(bus_ledger_queue(pg, q->v->department, &q->wish, q->v->mem,
                             &q->queue, err));
    (void)snprintf(fields, sizeof(fields), "queue of %zu%s%s", q->queue.count,
                   looks ? " for receipt " : "", q->wish.receipt);
    struct bus_web_read read = {.who = q->v->caller.name,
                                .via = q->csv ? "GET /queue.csv" : "GET /queue",
                                .purpose = looks ? q->why : "queue",
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

#define QUEUE_DUES(v)                                             \
    {                                                             \
        {"", desk_word_of(v, DESK_WORD_ALL_DUES), false},         \
            {"late", desk_word_of(v, DESK_WORD_DUE_LATE), false}, \
            {"week", desk_word_of(v, DESK_WORD_DUE_WEEK), false}, \
    }
#define QUEUE_ORDERS(v)                                        \
    {                                                          \
        {"", desk_word_of(v, DESK_WORD_BY_DUE), false},        \
            {"age", desk_word_of(v, DESK_WORD_BY_AGE), false}, \
    }

static const char *queue_yuan(const struct desk_visit *v,
                              const struct desk_queue_row *row)
{
    return row->has_amount
               ? desk_printf(v, "%lld.%02lld", (long long)row->amount_fen / 100,
                             (long long)row->amount_fen % 100)
               : "";
}

static void queue_csv(const struct desk_visit *v,
                      const struct desk_queue_row *rows,
                      size_t n)
{
    static const enum desk_word heads[] = {
        DESK_WORD_CASE,    DESK_WORD_ITEM,    DESK_WORD_VILLAGE,
        DESK_WORD_VERDICT, DESK_WORD_AMOUNT,  DESK_WORD_ASSIGNED_ON,
        DESK_WORD_DUE,     DESK_WORD_OVERDUE, DESK_WORD_LAST_STEP,
        DESK_WORD_RETURNED};
    const char *fields[sizeof(heads) / sizeof(heads[0])];
    const size_t columns = sizeof(heads) / sizeof(heads[0]);
    struct bus_buf out;
    bus_buf_init(&out, DESK_PAGE_MAX);
    bus_workbook_csv_begin(&out);
    for (size_t i = 0; i < columns; i++) {
        fields[i] = desk_word_of(v, heads[i]);
    }
    bus_workbook_csv_row(&out, fields, columns);
    for (size_t i = 0; i < n; i++) {
        const struct desk_queue_row *r = &rows[i];
        const char *row[] = {
            r->case_id,
            r->item,
            r->village,
            r->verdict,
            queue_yuan(v, r),
            r->assigned_on,
            r->due,
            desk_word_of(v, r->overdue ? DESK_WORD_YES : DESK_WORD_NO),
            r->step,
            r->reason};
        bus_workbook_csv_row(&out, row, columns);
    }
    desk_csv_answer(v->rq, &out, "queue.csv");
    bus_buf_fini(&out);
}

static void queue_done(void *data, int rc, const struct bus_err *err)
{
    const struct queueing *q = data;
    struct desk_visit *v = q->v;
    struct desk_queue page = {
        .head = desk_head_of(v, DESK_WORD_QUEUE, DESK_AT_QUEUE)};
    struct desk_choice dues[] = QUEUE_DUES(v), orders[] = QUEUE_ORDERS(v);
    struct bus_buf out;
    (void)err;
    desk_choose(dues, 3, q->wish.due);
    desk_choose(orders, 2, q->wish.by);
    page.dues = dues;
    page.dues_count = 3;
    page.orders = orders;
    page.orders_count = 2;
    page.item = q->wish.item;
    page.due = q->wish.due;
    page.by = q->wish.by;
    page.receipt = q->receipt;
    page.why = q->why;
    page.fault = q->fault;
    if (rc != BUS_OK) {
        desk_away(v);
        return;
    }
    struct desk_queue_row *rows =
        bus_arena_calloc(v->mem, q->queue.count + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < q->queue.count; i++) {
        rows[page.rows_count++] = queue_row(v, &q->queue.list[i]);
    }
    if (q->csv) {
        queue_csv(v, rows, page.rows_count);
        return;
    }
    page.rows = rows;
    page.rows_count = q->fault[0] != '\0' ? 0 : page.rows_count;
    queue_items(v, q->wish.item, &page);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_queue(&p, &page);
    desk_page_end(v, q->fault[0] != '\0' ? 422 : 200, &p);
}

/* "...-4a5B-..." -> its digits in small letters; NULL: it is none, or short. */
static const char *queue_receipt(const struct desk_visit *v,
                                 struct bus_strv said)
{
    char digits[2 * sizeof(struct bus_id) + 1];
    size_t n = 0;
    for (size_t i = 0; i < said.n; i++) {
        int c = tolower((unsigned char)said.p[i]);
        if (c == '-' || c == ' ') {
            continue;
        }
        if (!isxdigit(c) || n + 1 == sizeof(digits)) {
            return NULL;
        }
        digits[n++] = (char)c;
    }
    digits[n] = '\0';
    return n == 0 || n >= RECEIPT_MIN ? desk_printf(v, "%s", digits) : NULL;
}

/* What he looks for, and what for. */
static void queue_search(struct queueing *q)
{
    const struct desk_visit *v = q->v;
    struct bus_strv said = bus_run_http_query(v->rq, "receipt");
    struct bus_strv why = bus_run_http_query(v->rq, "why");
    const char *digits = queue_receipt(v, said);
    bool fits = said.n > 0 && said.n < 80;
    q->receipt =
        desk_printf(v, "%.*s", fits ? (int)said.n : 0, fits ? said.p : "");
    q->why = why.n > 0 && why.n < 200
                 ? desk_printf(v, "%.*s", BUS_STRV_ARG(why))
                 : "case work";
    q->fault = digits == NULL ? desk_word_of(v, DESK_WORD_BAD_RECEIPT) : "";
    q->wish.receipt = digits != NULL ? digits : "";
}

static void queue_ask(struct desk_visit *v, bool csv)
{
    struct queueing *q = bus_arena_calloc(v->mem, 1, sizeof(*q));
    struct bus_web_job job = {queue_run, queue_done, q};
    struct bus_strv item = bus_run_http_query(v->rq, "item");
    if (!v->decides) {
        desk_refused(v, DESK_WORD_OFFICERS_ONLY);
        return;
    }
    if (q != NULL) {
        const struct desk_choice dues[] = QUEUE_DUES(v),
                                 orders[] = QUEUE_ORDERS(v);
        q->v = v;
        q->csv = csv;
        q->wish.due = desk_chosen(v, "due", dues, 3);
        q->wish.by = desk_chosen(v, "by", orders, 2);
        q->wish.limit = v->desk->config->desk.rows;
        queue_search(q);
        q->wish.item = desk_printf(v, "%.*s", (int)(item.n < 32 ? item.n : 0),
                                   item.n > 0 ? item.p : "");
    }
    if (q == NULL || bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}

void desk_queue(struct desk_visit *v)
{
    queue_ask(v, false);
}

void desk_queue_csv(struct desk_visit *v)
{
    queue_ask(v, true);
}
