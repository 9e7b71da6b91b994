/* A sheet's JSON. What stands in it is decided here and nowhere else: a row has
 * its place in the list, its item, the number of people and the amount; a sum
 * its item, how many times and the amount. No surrogate id, no case, no day. */
#include <string.h>

#include "ops/cli/sheets/sheets.h"

/* Under this name, or among what is not named. */
static bool names_item(const struct bus_node *list, const char *item)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const char *code = bus_node_cstr(list->items[i]);
        if (code != NULL && strcmp(code, item) == 0) {
            return true;
        }
    }
    return false;
}

static bool sheets_item(const struct sheets_rules *r,
                        const char *code,
                        struct bus_policy_item *ret)
{
    int at = bus_policy_item_find(r->catalogue, bus_strv(code));
    return at >= 0 &&
           bus_policy_item_at(r->catalogue, (size_t)at, r->day, ret) &&
           bus_strv_eq(ret->department, r->department);
}

static json_t *build_row(const struct sheets_rules *r,
                         const struct sheets_row *row,
                         size_t number)
{
    struct bus_policy_item item;
    if (!sheets_item(r, row->item, &item)) {
        return NULL;
    }
    return json_pack("{s:I, s:s, s:s%, s:I, s:I}", "no", (json_int_t)number,
                     "item", row->item, "item_zh", item.title_zh.p,
                     item.title_zh.n, "people", (json_int_t)row->people, "fen",
                     (json_int_t)row->paid_fen);
}

/* Of one item, or of all that is not named. */
struct summing
{
    const char *item; /* NULL: not named */
    int64_t times, paid_fen;
};

static json_t *build_sum(const struct sheets_rules *r, const struct summing *s)
{
    struct bus_policy_item item;
    json_t *times = s->times >= r->least ? json_integer(s->times) : json_null();
    if (s->item == NULL || !sheets_item(r, s->item, &item)) {
        return json_pack("{s:s, s:o, s:I}", "item_zh",
                         "其他(涉及隐私, 合并公示)", "times", times, "fen",
                         (json_int_t)s->paid_fen);
    }
    return json_pack("{s:s, s:s%, s:o, s:I}", "item", s->item, "item_zh",
                     item.title_zh.p, item.title_zh.n, "times", times, "fen",
                     (json_int_t)s->paid_fen);
}

/* A fund's rows stand item by item (sheet_rows.sql), but towns and the county
 * have them village by village: sums are looked for. */
#define SUMS_MAX 128 /* the last one is for what is not named, or too many */

static void add_to(struct summing *sums,
                   size_t *n,
                   const char *item,
                   const struct sheets_row *row)
{
    size_t i = 0;
    while (i < *n && (item == NULL) + (sums[i].item == NULL) != 2 &&
           (item == NULL || sums[i].item == NULL ||
            strcmp(sums[i].item, item) != 0)) {
        i++;
    }
    if (i == *n && item != NULL && i >= SUMS_MAX - 1) {
        add_to(sums, n, NULL, row);
        return;
    }
    if (i == *n) {
        sums[i] = (struct summing){.item = item};
        *n += 1;
    }
    sums[i].times++;
    sums[i].paid_fen += row->paid_fen;
}

static json_t *build_fund(const struct sheets_rules *r,
                          const struct bus_fund *fund,
                          const struct sheets_board *board,
                          const struct sheets_row *rows,
                          size_t n)
{
    struct summing sums[SUMS_MAX];
    struct bus_policy_item item;
    size_t count = 0;
    int64_t paid = 0, back = 0;
    bool village = strlen(board->code) == 12;
    json_t *list = json_array(), *added = json_array();
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].fund, fund->code) != 0 ||
            !sheets_item(r, rows[i].item, &item)) {
            continue;
        }
        paid += rows[i].paid_fen;
        back += rows[i].back_fen;
        if (rows[i].paid_fen == 0) {
            continue;
        }
        if (village && names_item(r->rows, rows[i].item)) {
            (void)json_array_append_new(
                list, build_row(r, &rows[i], json_array_size(list) + 1));
        } else {
            bool named = names_item(r->sums, rows[i].item);
            add_to(sums, &count, named ? rows[i].item : NULL, &rows[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(added, build_sum(r, &sums[i]));
    }
    return json_pack("{s:s, s:s, s:b, s:I, s:I, s:o, s:o}", "fund", fund->code,
                     "zh", fund->name_zh, "none", paid == 0 && back == 0,
                     "paid_fen", (json_int_t)paid, "back_fen", (json_int_t)back,
                     "rows", list, "sums", added);
}

json_t *cli_sheets_build(const struct sheets_rules *r,
                         const struct sheets_board *board,
                         const struct sheets_row *rows,
                         size_t n,
                         int version)
{
    json_t *funds = json_array();
    json_int_t paid = 0, back = 0;
    for (size_t i = 0; i < r->fund_count; i++) {
        json_t *fund = build_fund(r, r->funds[i], board, rows, n);
        paid += json_integer_value(json_object_get(fund, "paid_fen"));
        back += json_integer_value(json_object_get(fund, "back_fen"));
        (void)json_array_append_new(funds, fund);
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:I, s:I}", "kind",
                     "lianou.sheet", "county", r->config->county.code, "board",
                     board->code, "board_zh", board->name, "month", r->month,
                     "version", version, "funds", funds, "paid_fen", paid,
                     "back_fen", back);
}

size_t cli_sheets_lines(const json_t *sheet)
{
    size_t i, n = 0;
    json_t *fund;
    json_array_foreach(json_object_get(sheet, "funds"), i, fund)
    {
        n += json_array_size(json_object_get(fund, "rows")) +
             json_array_size(json_object_get(fund, "sums"));
    }
    return n;
}
