/* A sheet on paper and as a page: made from its JSON alone. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ops/cli/sheets/sheets.h"

static const char *page_str(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s != NULL ? s : "";
}

static json_t *page_yuan(const json_t *o, const char *key)
{
    char text[40];
    json_int_t fen = json_integer_value(json_object_get(o, key));
    (void)snprintf(text, sizeof(text), "%s%" PRId64 ".%02d", fen < 0 ? "-" : "",
                   (int64_t)((fen < 0 ? -fen : fen) / 100),
                   (int)((fen < 0 ? -fen : fen) % 100));
    return json_string(text);
}

static json_t *page_number(const json_t *o, const char *key, const char *none)
{
    const json_t *v = json_object_get(o, key);
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64,
                   (int64_t)json_integer_value(v));
    return json_string(json_is_integer(v) ? text : none);
}

static json_t *page_column(const char *title, int share, bool right)
{
    return json_pack("{s:s, s:i, s:b}", "title", title, "share", share, "right",
                     right);
}

static json_t *page_rows(const json_t *fund)
{
    json_t *rows = json_array(), *row;
    size_t i;
    json_array_foreach(json_object_get(fund, "rows"), i, row)
    {
        (void)json_array_append_new(
            rows,
            json_pack("[o, s, s, o, o]", page_number(row, "no", ""),
                      page_str(row, "who")[0] ? page_str(row, "who") : "(不列)",
                      page_str(row, "item_zh"), page_number(row, "people", "-"),
                      page_yuan(row, "fen")));
    }
    json_array_foreach(json_object_get(fund, "sums"), i, row)
    {
        (void)json_array_append_new(
            rows,
            json_pack("[s, s, s, o, o]", "", "合计数", page_str(row, "item_zh"),
                      page_number(row, "times", "不足3"),
                      page_yuan(row, "fen")));
    }
    return rows;
}

static void page_fund(json_t *parts, const json_t *fund)
{
    char text[120];
    bool none = json_is_true(json_object_get(fund, "none"));
    (void)json_array_append_new(
        parts, json_pack("{s:s}", "heading", page_str(fund, "zh")));
    if (none) {
        (void)json_array_append_new(parts,
                                    json_pack("{s:s}", "text", "本月无"));
        return;
    }
    json_t *columns = json_pack(
        "[o, o, o, o, o]", page_column("序号", 2, true),
        page_column("户主", 4, false), page_column("事项", 9, false),
        page_column("人口/次数", 4, true), page_column("金额(元)", 5, true));
    (void)json_array_append_new(
        parts,
        json_pack("{s:o, s:o}", "columns", columns, "rows", page_rows(fund)));
    json_t *paid = page_yuan(fund, "paid_fen"),
           *back = page_yuan(fund, "back_fen");
    (void)snprintf(text, sizeof(text), "本月发放 %s 元, 退回以前月份 %s 元",
                   json_string_value(paid), json_string_value(back));
    json_decref(paid);
    json_decref(back);
    (void)json_array_append_new(parts, json_pack("{s:s}", "text", text));
}

/* The first day of the next month, so that what is made again is the same. */
static void page_made_at(const char *month, char ret[24])
{
    unsigned y = 0, m = 0;
    (void)sscanf(month, "%4u-%2u", &y, &m);
    y += m / 12;
    (void)snprintf(ret, 24, "%04u-%02u-01T00:00:00Z", y % 10000, m % 12 + 1);
}

json_t *cli_sheets_page(const json_t *sheet, const char *sm3, const char *to)
{
    char title[256], under[160], code[200], beside[400], made_at[24];
    const char *month = page_str(sheet, "month");
    int version = (int)json_integer_value(json_object_get(sheet, "version"));
    json_t *parts = json_array(), *fund;
    size_t i;
    (void)snprintf(title, sizeof(title), "%.120s %.4s年%.2s月 民政资金公示",
                   page_str(sheet, "board_zh"), month, month + 5);
    (void)snprintf(under, sizeof(under), "编号 %.12s-%.7s 第%d版",
                   page_str(sheet, "board"), month, version);
    (void)snprintf(code, sizeof(code), "lianou:sheet:%.12s:%.7s:%d:%.64s",
                   page_str(sheet, "board"), month, version, sm3);
    (void)snprintf(beside, sizeof(beside),
                   "核对码(SM3) %.64s\n任何人可将本码或本文件与公布的清单核对: "
                   "lianou sheets verify 文件 --list 清单",
                   sm3);
    page_made_at(month, made_at);
    json_array_foreach(json_object_get(sheet, "funds"), i, fund)
    {
        page_fund(parts, fund);
    }
    return json_pack(
        "{s:s, s:[s, s], s:s, s:s, s:s, s:o, s:s, s:s, s:s}", "to", to,
        "formats", "pdf", "html", "title", title, "under", under, "made_at",
        made_at, "parts", parts, "code", code, "code_text", beside, "foot",
        "本表不列姓名; 儿童、疾病、残疾等事项只公布合计。如有异议, "
        "可向乡镇(街道)或县民政部门反映。");
}
