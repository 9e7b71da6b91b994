/* What waits in all offices: the list behind the counts of the county's page,
 * for who leads it. For anybody else it is not there. */
#include <stdio.h>
#include <string.h>

#include "bus/ledger/county.h"
#include "bus/web/readlog.h"
#include "bus/workbook/csv_write.h"
#include "producers/desk/csv.h"
#include "producers/desk/desk.h"

struct waiting
{
    struct desk_visit *v;
    bool csv;
    struct desk_waiting page; /* its filters */
    struct bus_ledger_waiting_wish wish;
    struct bus_ledger_waiting *list;
    size_t count;
    int64_t all;
};

static int waiting_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct waiting *w = data;
    char fields[64];
    BUS_TRY(bus_ledger_waiting(pg, &w->wish, w->v->mem, &w->list, &w->count,
                               &w->all, err));
    (void)snprintf(fields, sizeof(fields), "list of %zu", w->count);
    struct bus_web_read read = {.who = w->v->caller.name,
                                .via = w->csv ? "GET /county/waiting.csv"
                                              : "GET /county/waiting",
                                .purpose = "the county today",
                                .record = w->v->desk->config->county.code,
                                .fields = fields};
    return bus_web_read_note(pg, &read, err);
}

static const struct desk_waiting_row *waiting_rows(const struct waiting *w,
                                                   size_t *ret)
{
    const struct desk_visit *v = w->v;
    struct desk_waiting_row *rows =
        bus_arena_calloc(v->mem, w->count + 1, sizeof(*rows));
    *ret = 0;
    for (size_t i = 0; rows != NULL && i < w->count; i++) {
        const struct bus_ledger_waiting *a = &w->list[i];
        rows[(*ret)++] = (struct desk_waiting_row){
            .case_id = a->case_id,
            .case_no = desk_say_with(v, DESK_WORD_CASE_NO, a->case_no),
            .item = desk_item_name(v, a->item),
            .department = desk_partner_name(v, a->department),
            .village = desk_village_name(v, a->division),
            .assigned_on = a->assigned_on,
            .due = a->due,
            .heard_on = a->heard_on,
            .late = a->late,
            .opens = a->opens};
    }
    return rows;
}

static void waiting_csv(const struct desk_visit *v,
                        const struct desk_waiting *page)
{
    static const enum desk_word heads[] = {
        DESK_WORD_CASE,    DESK_WORD_DEPARTMENT,  DESK_WORD_ITEM,
        DESK_WORD_VILLAGE, DESK_WORD_ASSIGNED_ON, DESK_WORD_DUE,
        DESK_WORD_OVERDUE, DESK_WORD_HEARD_ON};
    const size_t columns = sizeof(heads) / sizeof(heads[0]);
    const char *fields[sizeof(heads) / sizeof(heads[0])];
    struct bus_buf out;
    bus_buf_init(&out, DESK_PAGE_MAX);
    bus_workbook_csv_begin(&out);
    for (size_t i = 0; i < columns; i++) {
        fields[i] = desk_word_of(v, heads[i]);
    }
    bus_workbook_csv_row(&out, fields, columns);
    for (size_t i = 0; i < page->rows_count; i++) {
        const struct desk_waiting_row *r = &page->rows[i];
        const char *row[] = {
            r->case_id,
            r->department,
            r->item,
            r->village,
            r->assigned_on,
            r->due,
            desk_word_of(v, r->late ? DESK_WORD_YES : DESK_WORD_NO),
            r->heard_on};
        bus_workbook_csv_row(&out, row, columns);
    }
    desk_csv_answer(v->rq, &out, "waiting.csv");
    bus_buf_fini(&out);
}

static void waiting_done(void *data, int rc, const struct bus_err *err)
{
    struct waiting *w = data;
    struct desk_visit *v = w->v;
    struct bus_buf out;
    (void)err;
    if (rc != BUS_OK) {
        desk_away(v);
        return;
    }
    w->page.rows = waiting_rows(w, &w->page.rows_count);
    w->page.all = w->all;
    if (w->csv) {
        waiting_csv(v, &w->page);
        return;
    }
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_waiting(&p, &w->page);
    desk_page_end(v, 200, &p);
}

/* --- what is wished, of what there is --- */

static void waiting_departments(struct waiting *w)
{
    const struct desk_visit *v = w->v;
    const struct bus_config *c = v->desk->config;
    struct desk_choice *list =
        bus_arena_calloc(v->mem, c->partners_count + 1, sizeof(*list));
    size_t n = 0;
    if (list == NULL) {
        return;
    }
    list[n++] = (struct desk_choice){
        "", desk_word_of(v, DESK_WORD_ALL_DEPARTMENTS), false};
    for (size_t i = 0; i < c->partners_count; i++) {
        if (c->partners[i].kind == BUS_PARTNER_DEPARTMENT) {
            list[n++] = (struct desk_choice){
                c->partners[i].code, desk_partner_name(v, c->partners[i].code),
                false};
        }
    }
    w->wish.department = desk_chosen(v, "department", list, n);
    desk_choose(list, n, w->wish.department);
    w->page.departments = list;
    w->page.departments_count = n;
}

static void waiting_towns(struct waiting *w)
{
    const struct desk_visit *v = w->v;
    size_t n = 0;
    w->wish.town = desk_chosen(v, "town", desk_towns(v, "", &n), n);
    w->page.towns = desk_towns(v, w->wish.town, &w->page.towns_count);
}

static void waiting_which(struct waiting *w)
{
    const struct desk_visit *v = w->v;
    struct desk_choice *list = bus_arena_calloc(v->mem, 3, sizeof(*list));
    if (list == NULL) {
        return;
    }
    list[0] =
        (struct desk_choice){"", desk_word_of(v, DESK_WORD_ALL_DUES), false};
    list[1] =
        (struct desk_choice){"late", desk_word_of(v, DESK_WORD_OVERDUE), false};
    list[2] =
        (struct desk_choice){"stuck", desk_word_of(v, DESK_WORD_STUCK), false};
    w->wish.which = desk_chosen(v, "which", list, 3);
    desk_choose(list, 3, w->wish.which);
    w->page.whichs = list;
    w->page.whichs_count = 3;
}

static void waiting_ask(struct desk_visit *v, bool csv)
{
    struct waiting *w = bus_arena_calloc(v->mem, 1, sizeof(*w));
    struct bus_web_job job = {waiting_run, waiting_done, w};
    if (!v->leads) {
        desk_not_there(v);
        return;
    }
    if (w == NULL) {
        desk_away(v);
        return;
    }
    *w = (struct waiting){
        .v = v,
        .csv = csv,
        .page = {.head =
                     desk_head_of(v, DESK_WORD_COUNTY_WAITING, DESK_AT_COUNTY)},
        .wish = {.day = desk_today(),
                 .limit = v->desk->config->desk.rows,
                 .opens_for = v->department}};
    waiting_departments(w);
    waiting_towns(w);
    waiting_which(w);
    w->page.department = w->wish.department;
    w->page.town = w->wish.town;
    w->page.which = w->wish.which;
    if (w->page.departments == NULL || w->page.towns == NULL ||
        w->page.whichs == NULL ||
        bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}

void desk_waiting(struct desk_visit *v)
{
    waiting_ask(v, false);
}

void desk_waiting_csv(struct desk_visit *v)
{
    waiting_ask(v, true);
}
