/* One sheet: the file, if it is what was published. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/disk.h"
#include "bus/base/hex.h"
#include "bus/policy/award_days.h"
#include "bus/wire/sign.h"
#include "producers/desk/sheets/sheets.h"
#include "producers/desk/sql/sheet_stands.h"

#define SHEET_BYTES (4u << 20)
#define SM3_HEX     (2 * BUS_WIRE_SM3_BYTES)

struct sheet_looking
{
    struct desk_visit *v;
    bool raw;
    char board[16], month[8], sm3[SM3_HEX + 1], on[16];
    int64_t version;
    struct bus_strv text;
};

/* The published one's SM3, or it is as if there were none. */
static bool sheet_is(const struct sheet_looking *l)
{
    uint8_t sum[BUS_WIRE_SM3_BYTES];
    char hex[SM3_HEX + 1] = "";
    struct bus_err err;
    if (bus_wire_sm3(l->text, sum, &err) != BUS_OK) {
        return false;
    }
    bus_hex_write(sum, sizeof(sum), hex);
    hex[SM3_HEX] = '\0';
    return strcmp(hex, l->sm3) == 0;
}

static int sheet_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct sheet_looking *l = data;
    const char *const params[] = {l->board, l->month};
    struct bus_pg_rows *r = NULL;
    BUS_TRY(
        bus_pg_query(pg, producers_desk_sql_sheet_stands, params, 2, &r, err));
    bool there = bus_pg_count(r) > 0;
    if (there) {
        l->version = bus_pg_i64(r, 0, 0);
        (void)bus_strv_copy(l->sm3, sizeof(l->sm3),
                            bus_strv(bus_pg_value(r, 0, 1)));
        (void)bus_strv_copy(l->on, sizeof(l->on),
                            bus_strv(bus_pg_value(r, 0, 2)));
    }
    bus_pg_rows_free(r);
    const char *path = bus_arena_printf(
        l->v->mem, "%s/%s-%s-v%lld.json", l->v->desk->config->desk.sheets,
        l->board, l->month, (long long)l->version);
    if (!there || path == NULL) {
        return bus_fail(err, BUS_EUNKNOWN, "no such sheet");
    }
    BUS_TRY(
        bus_disk_read(AT_FDCWD, path, SHEET_BYTES, l->v->mem, &l->text, err));
    return sheet_is(l) ? BUS_OK
                       : bus_fail(err, BUS_EDENIED, "not what was published");
}

/* --- shown --- */

static const char *
published_text(const struct desk_visit *v, const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));
    return desk_printf(v, "%s", s != NULL ? s : "");
}

/* By its code in the reader's language, else as the sheet has it. */
static const char *sheet_item(const struct desk_visit *v, const json_t *row)
{
    const char *code = published_text(v, row, "item"); /* the name may be it */
    return code[0] != '\0' ? desk_item_name(v, code)
                           : published_text(v, row, "item_zh");
}

static size_t sheet_lines(const struct desk_visit *v,
                          const json_t *list,
                          const char *number,
                          struct desk_sheet_line *to)
{
    size_t i;
    json_t *row;
    json_array_foreach(list, i, row)
    {
        const json_t *n = json_object_get(row, number);
        to[i] = (struct desk_sheet_line){
            .no = json_integer_value(json_object_get(row, "no")),
            .item = sheet_item(v, row),
            .has_number = json_is_integer(n),
            .number = json_integer_value(n),
            .fen = json_integer_value(json_object_get(row, "fen"))};
    }
    return json_array_size(list);
}

static struct desk_sheet_fund sheet_fund(const struct desk_visit *v,
                                         const json_t *fund)
{
    const json_t *rows = json_object_get(fund, "rows");
    const json_t *sums = json_object_get(fund, "sums");
    struct desk_sheet_fund f = {
        .name = desk_fund_name(v, published_text(v, fund, "fund")),
        .none = json_is_true(json_object_get(fund, "none")),
        .paid_fen = json_integer_value(json_object_get(fund, "paid_fen")),
        .back_fen = json_integer_value(json_object_get(fund, "back_fen"))};
    size_t n = json_array_size(rows) + json_array_size(sums);
    struct desk_sheet_line *lines =
        bus_arena_calloc(v->mem, n + 1, sizeof(*lines));
    if (lines != NULL) {
        f.lines_count = sheet_lines(v, rows, "people", lines);
        f.lines_count += sheet_lines(v, sums, "times", lines + f.lines_count);
    }
    f.lines = lines;
    return f;
}

static void sheet_show(const struct sheet_looking *l)
{
    const struct desk_visit *v = l->v;
    json_t *sheet = json_loadb(l->text.p, l->text.n, 0, NULL);
    const json_t *funds = json_object_get(sheet, "funds");
    size_t n = json_array_size(funds);
    struct desk_sheet_fund *list =
        bus_arena_calloc(v->mem, n + 1, sizeof(*list));
    for (size_t i = 0; list != NULL && i < n; i++) {
        list[i] = sheet_fund(v, json_array_get(funds, i));
    }
    struct desk_sheet page = {
        .head = desk_head_of(v, DESK_WORD_PUBLIC_SHEETS, DESK_AT_SHEETS),
        .board = l->board,
        .month = l->month,
        .name = published_text(v, sheet, "board_zh"),
        .on = l->on,
        .sm3 = l->sm3,
        .version = l->version,
        .funds = list,
        .funds_count = list != NULL ? n : 0};
    json_decref(sheet);
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_sheet(&p, &page);
    desk_page_end(v, 200, &p);
}

static void sheet_done(void *data, int rc, const struct bus_err *err)
{
    const struct sheet_looking *l = data;
    if (rc != BUS_OK && bus_err_act(err->code) == BUS_ACT_REJECT) {
        desk_not_there(l->v);
    } else if (rc != BUS_OK) {
        desk_away(l->v);
    } else if (l->raw) {
        bus_web_page_headers(l->v->rq);
        bus_run_http_answer(l->v->rq, 200, "application/json", l->text.p,
                            l->text.n);
    } else {
        sheet_show(l);
    }
}

static void sheet_begin(struct desk_visit *v, bool raw)
{
    struct sheet_looking *l = bus_arena_calloc(v->mem, 1, sizeof(*l));
    struct bus_web_job job = {sheet_run, sheet_done, l};
    struct bus_strv board = bus_run_http_param(v->rq, "board");
    struct bus_strv month = bus_run_http_param(v->rq, "month");
    int32_t day = 0;
    if (l == NULL) {
        desk_away(v);
        return;
    }
    l->v = v;
    l->raw = raw;
    (void)bus_strv_copy(l->board, sizeof(l->board), board);
    (void)bus_strv_copy(l->month, sizeof(l->month), month);
    bool code = (board.n == 6 || board.n == 9 || board.n == 12) &&
                strspn(l->board, "0123456789") == board.n;
    if (!code || !bus_policy_month_first(month, &day) ||
        v->desk->config->desk.sheets == NULL) {
        desk_not_there(v);
    } else if (bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}

void desk_sheet(struct desk_visit *v)
{
    sheet_begin(v, false);
}

void desk_sheet_json(struct desk_visit *v)
{
    sheet_begin(v, true);
}
