/* What is published: months, the county's and the towns' boards, a town's
 * villages. */
#include "producers/desk/sheets/sheets.h"

#include <string.h>

#include "bus/policy/award_days.h"
#include "producers/desk/sql/sheets_list.h"
#include "producers/desk/sql/sheets_months.h"

struct sheets_listing
{
    struct desk_visit *v;
    const char *month, *town; /* as asked for; "" */
    struct desk_choice *months;
    struct desk_sheet_of *rows;
    size_t months_count, rows_count;
};

static const char *sheets_kept(struct sheets_listing *l,
                               const struct bus_pg_rows *r,
                               size_t i,
                               size_t column)
{
    const char *s = bus_arena_strdup(l->v->mem, bus_pg_value(r, i, column));
    return s != NULL ? s : "";
}

static int sheets_list_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct sheets_listing *l = data;
    const char *const params[] = {l->month, l->town};
    struct bus_pg_rows *r = NULL;
    BUS_TRY(
        bus_pg_query(pg, producers_desk_sql_sheets_months, NULL, 0, &r, err));
    size_t n = bus_pg_count(r);
    l->months = bus_arena_calloc(l->v->mem, n + 1, sizeof(*l->months));
    for (size_t i = 0; l->months != NULL && i < n; i++) {
        const char *month = sheets_kept(l, r, i, 0);
        l->months[i] = (struct desk_choice){month, month, false};
        l->months_count = i + 1;
    }
    bus_pg_rows_free(r);
    BUS_TRY(
        bus_pg_query(pg, producers_desk_sql_sheets_list, params, 2, &r, err));
    n = bus_pg_count(r);
    l->rows = bus_arena_calloc(l->v->mem, n + 1, sizeof(*l->rows));
    for (size_t i = 0; l->rows != NULL && i < n; i++) {
        l->rows[i] = (struct desk_sheet_of){.board = sheets_kept(l, r, i, 0),
                                            .month = sheets_kept(l, r, i, 1),
                                            .on = sheets_kept(l, r, i, 2),
                                            .none = bus_pg_i64(r, i, 3) == 0,
                                            .total_fen = bus_pg_i64(r, i, 4)};
        l->rows_count = i + 1;
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

static const char *sheets_board(const struct desk_visit *v, const char *code)
{
    size_t n = strlen(code);
    const struct bus_config *c = v->desk->config;
    return n == 12                 ? desk_village_name(v, code)
           : n == 9                ? desk_town_name(v, code)
           : v->lang == BUS_WEB_EN ? c->county.name
                                   : c->county.name_zh;
}

static void sheets_done(void *data, int rc, const struct bus_err *err)
{
    struct sheets_listing *l = data;
    struct desk_visit *v = l->v;
    (void)err;
    if (rc != BUS_OK) {
        desk_away(v);
        return;
    }
    const char *month = l->rows_count > 0 ? l->rows[0].month : l->month;
    for (size_t i = 0; i < l->rows_count; i++) {
        l->rows[i].name = sheets_board(v, l->rows[i].board);
        l->rows[i].is_town =
            l->town[0] == '\0' && strlen(l->rows[i].board) == 9;
    }
    desk_choose(l->months, l->months_count, month);
    struct desk_sheets page = {
        .head = desk_head_of(v, DESK_WORD_PUBLIC_SHEETS, DESK_AT_SHEETS),
        .month = month,
        .months = l->months,
        .months_count = l->months_count,
        .rows = l->rows,
        .rows_count = l->rows_count};
    page.towns = desk_towns(v, l->town, &page.towns_count);
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_sheets(&p, &page);
    desk_page_end(v, 200, &p);
}

void desk_sheets(struct desk_visit *v)
{
    struct sheets_listing *l = bus_arena_calloc(v->mem, 1, sizeof(*l));
    struct bus_web_job job = {sheets_list_run, sheets_done, l};
    struct bus_strv month = bus_run_http_query(v->rq, "month");
    int32_t day = 0;
    size_t n = 0;
    if (l == NULL) {
        desk_away(v);
        return;
    }
    const struct desk_choice *towns = desk_towns(v, "", &n);
    *l = (struct sheets_listing){
        .v = v,
        .month = bus_policy_month_first(month, &day)
                     ? desk_printf(v, "%.*s", BUS_STRV_ARG(month))
                     : "",
        .town = desk_chosen(v, "town", towns, n)};
    if (bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}
