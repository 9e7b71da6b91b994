/* Cells as people type them on a Chinese keyboard. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ops/cli/policy/table.h"

/* Full-width digits and signs, and the signs that Excel likes. */
struct bus_strv cli_policy_table_plain(struct bus_strv cell, struct bus_buf *to)
{
    static const struct
    {
        const char *wide, *plain;
    } signs[] = {{"≥", ">="}, {"≤", "<="}, {"＜", "<"}, {"＞", ">"},
                 {"＝", "="}, {"～", "-"}, {"—", "-"},  {"－", "-"},
                 {"至", "-"}, {"~", "-"},  {"、", "|"}, {"，", "|"},
                 {"或", "|"}, {"/", "|"},  {",", "|"},  {"　", ""},
                 {" ", ""},   {"“", ""},   {"”", ""},   {"\"", ""}};
    bus_buf_clear(to);
    for (size_t i = 0; i < cell.n;) {
        size_t k = 0, n = 1;
        const char *put = NULL;
        char one[2] = {cell.p[i], '\0'};
        for (; put == NULL && k < sizeof(signs) / sizeof(signs[0]); k++) {
            size_t len = strlen(signs[k].wide);
            if (len <= cell.n - i &&
                memcmp(cell.p + i, signs[k].wide, len) == 0) {
                put = signs[k].plain;
                n = len;
            }
        }
        const unsigned char *u = (const unsigned char *)cell.p + i;
        if (put == NULL && cell.n - i >= 3 && u[0] == 0xEF && u[1] == 0xBC &&
            u[2] >= 0x81) { /* U+FF01 .. U+FF3F */
            one[0] = (char)(u[2] - 0x81 + 0x21);
            n = 3;
        }
        bus_buf_puts(to, put ? put : one);
        i += n;
    }
    return bus_strv(bus_buf_cstr(to));
}

static bool take_end(struct bus_strv *s, const char *end)
{
    size_t n = strlen(end);
    bool has = s->n >= n && memcmp(s->p + s->n - n, end, n) == 0;
    s->n -= has ? n : 0;
    return has;
}

static bool take_start(struct bus_strv *s, const char *start)
{
    size_t n = strlen(start);
    bool has = s->n >= n && memcmp(s->p, start, n) == 0;
    if (has) {
        s->p += n;
        s->n -= n;
    }
    return has;
}

bool cli_policy_table_number(const struct table_column *c,
                             struct bus_strv cell,
                             struct bus_buf *out)
{
    bool money = c->kind == TABLE_MONEY;
    const char *times = "";
    if (money) {
        times = take_end(&cell, "万元") ? " * 1000000"
                : take_end(&cell, "元") ? " * 100"
                : take_end(&cell, "分") ? ""
                : c->unit == 100        ? " * 100"
                                        : "";
    } else {
        (void)(take_end(&cell, "人") || take_end(&cell, "岁") ||
               take_end(&cell, "套") || take_end(&cell, "辆"));
    }
    size_t digits = 0, dots = 0, i = cell.n > 0 && cell.p[0] == '-' ? 1 : 0;
    for (; i < cell.n; i++) {
        digits += isdigit((unsigned char)cell.p[i]) != 0;
        dots += cell.p[i] == '.';
        if (!isdigit((unsigned char)cell.p[i]) && cell.p[i] != '.') {
            return false;
        }
    }
    if (digits == 0 || dots > 1) {
        return false;
    }
    bus_buf_printf(out, "%.*s%s", BUS_STRV_ARG(cell), times);
    return true;
}

static bool number_test(const struct table_column *c,
                        struct bus_strv s,
                        struct bus_buf *out)
{
    static const char *const before[][2] = {
        {">=", ">= "},  {"<=", "<= "},     {">", "> "},       {"<", "< "},
        {"=", ""},      {"不低于", ">= "}, {"不少于", ">= "}, {"不超过", "<= "},
        {"超过", "> "}, {"低于", "< "},    {"少于", "< "},    {"不满", "< "}};
    static const char *const behind[][2] = {
        {"及以上", ">= "}, {"以上", ">= "}, {"及以下", "<= "}, {"以下", "<= "}};
    const char *op = NULL;
    for (size_t i = 0; op == NULL && i < sizeof(before) / sizeof(*before);
         i++) {
        op = take_start(&s, before[i][0]) ? before[i][1] : NULL;
    }
    for (size_t i = 0; op == NULL && i < sizeof(behind) / sizeof(*behind);
         i++) {
        op = take_end(&s, behind[i][0]) ? behind[i][1] : NULL;
    }
    const char *dash = s.n > 1 ? memchr(s.p + 1, '-', s.n - 1) : NULL;
    if (op != NULL || dash == NULL) {
        bus_buf_puts(out, op ? op : "");
        return cli_policy_table_number(c, s, out);
    }
    struct bus_strv low = {s.p, (size_t)(dash - s.p)};
    struct bus_strv high = {dash + 1, s.n - low.n - 1};
    bus_buf_puts(out, "[");
    bool well = cli_policy_table_number(c, low, out);
    bus_buf_puts(out, "..");
    well = cli_policy_table_number(c, high, out) && well;
    bus_buf_puts(out, "]");
    return well;
}

static bool
is_label(const struct bus_node *body, const char *language, struct bus_strv s)
{
    const struct bus_node *t = bus_node_get(body, language);
    return t != NULL && bus_strv_eq(t->text, s);
}

static bool
put_word(const struct bus_node *words, struct bus_strv s, struct bus_buf *out)
{
    for (uint32_t i = 0;
         words != NULL && words->kind == BUS_NODE_MAP && i < words->count;
         i++) {
        struct bus_strv word = words->pairs[i].key->text;
        if (bus_strv_eq(word, s) || is_label(words->pairs[i].value, "zh", s) ||
            is_label(words->pairs[i].value, "en", s)) {
            bus_buf_printf(out, "\"%.*s\"", BUS_STRV_ARG(word));
            return true;
        }
    }
    return false;
}

/* "低保|特困", "非低保" */
static bool
word_test(const struct table_column *c, struct bus_strv s, struct bus_buf *out)
{
    bool other = take_start(&s, "非") || take_start(&s, "不是");
    bool well = s.n > 0;
    bus_buf_puts(out, other ? "not(" : "");
    for (size_t at = 0, n = 0; at < s.n; n++) {
        const char *bar = memchr(s.p + at, '|', s.n - at);
        size_t end = bar ? (size_t)(bar - s.p) : s.n;
        bus_buf_puts(out, n > 0 ? ", " : "");
        well = put_word(c->words, (struct bus_strv){s.p + at, end - at}, out) &&
               well;
        at = end + 1;
    }
    bus_buf_puts(out, other ? ")" : "");
    return well;
}

static bool flag_test(struct bus_strv s, struct bus_buf *out)
{
    bool yes = bus_strv_is(s, "是") || bus_strv_is(s, "有") ||
               bus_strv_is(s, "true") || bus_strv_is(s, "TRUE");
    bool no = bus_strv_is(s, "否") || bus_strv_is(s, "无") ||
              bus_strv_is(s, "false") || bus_strv_is(s, "FALSE");
    bus_buf_puts(out, yes ? "true" : "false");
    return yes || no;
}

bool cli_policy_table_cell(const struct table_column *c,
                           struct bus_strv cell,
                           struct bus_buf *out,
                           const char **ret_wrong)
{
    struct bus_buf plain = {0};
    struct bus_strv s = cli_policy_table_plain(cell, &plain);
    bool well = true;
    if (s.n == 0 || bus_strv_is(s, "-") || bus_strv_is(s, "任意") ||
        bus_strv_is(s, "不限")) {
        bus_buf_puts(out, "-");
        bus_buf_fini(&plain);
        return true;
    }
    switch (c->kind) {
    case TABLE_NUMBER:
    case TABLE_MONEY:
        *ret_wrong = "a number, >=3, 3-5, 3以上 / 应为数字、≥3、3-5 或 3以上";
        well = number_test(c, s, out);
        break;
    case TABLE_FLAG:
        *ret_wrong = "是 or 否 / 应为“是”或“否”";
        well = flag_test(s, out);
        break;
    case TABLE_WORD:
        *ret_wrong =
            "words of that fact, 低保、特困 / 应为该事实的词,用顿号隔开";
        well = word_test(c, s, out);
        break;
    case TABLE_DATE:
        *ret_wrong = "a day, 2026-07-01 / 应为日期,如 2026-07-01";
        well = s.n == 10;
        bus_buf_printf(out, "date(\"%.*s\")", BUS_STRV_ARG(s));
        break;
    }
    bus_buf_fini(&plain);
    return well;
}
