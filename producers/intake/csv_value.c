/* What people write in a cell, as the JSON a client would send. A value that is
 * not understood goes on as text: the form's checks say what is allowed. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "producers/intake/csv_import.h"

#define NUMBER_DIGITS_MAX 15

struct sheet_word
{
    const char *text, *means;
};

static const char *
csv_value_meaning(const struct sheet_word *words, size_t n, struct bus_strv s)
{
    for (size_t i = 0; i < n; i++) {
        if (strlen(words[i].text) == s.n &&
            strncasecmp(words[i].text, s.p, s.n) == 0) {
            return words[i].means;
        }
    }
    return NULL;
}

struct bus_strv intake_csv_import_trim(struct bus_strv s)
{
    static const char wide[] = "\xe3\x80\x80"; /* U+3000 */
    for (;;) {
        if (s.n > 0 && (*s.p == ' ' || *s.p == '\t' || *s.p == '\'')) {
            s.p++;
            s.n--;
        } else if (s.n >= 3 && memcmp(s.p, wide, 3) == 0) {
            s.p += 3;
            s.n -= 3;
        } else if (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
            s.n--;
        } else if (s.n >= 3 && memcmp(s.p + s.n - 3, wide, 3) == 0) {
            s.n -= 3;
        } else {
            return s;
        }
    }
}

static json_t *csv_value_text(struct bus_strv s)
{
    return json_stringn(s.p, s.n);
}

static json_t *csv_value_flag(struct bus_strv s)
{
    static const struct sheet_word words[] = {
        {"是", "1"},    {"有", "1"}, {"true", "1"}, {"yes", "1"},
        {"y", "1"},     {"1", "1"},  {"否", "0"},   {"无", "0"},
        {"false", "0"}, {"no", "0"}, {"n", "0"},    {"0", "0"},
    };
    const char *m =
        csv_value_meaning(words, sizeof(words) / sizeof(words[0]), s);
    return m == NULL ? csv_value_text(s) : json_boolean(m[0] == '1');
}

/* GB/T 4761, one digit. */
static json_t *csv_value_relation(struct bus_strv s)
{
    static const struct sheet_word words[] = {
        {"本人", "0"},       {"户主", "0"},   {"配偶", "1"},
        {"丈夫", "1"},       {"妻子", "1"},   {"子", "2"},
        {"儿子", "2"},       {"女", "3"},     {"女儿", "3"},
        {"孙子女", "4"},     {"孙子", "4"},   {"孙女", "4"},
        {"父母", "5"},       {"父亲", "5"},   {"母亲", "5"},
        {"祖父母", "6"},     {"祖父", "6"},   {"祖母", "6"},
        {"兄弟姐妹", "7"},   {"其他", "8"},   {"self", "0"},
        {"spouse", "1"},     {"son", "2"},    {"daughter", "3"},
        {"grandchild", "4"}, {"parent", "5"}, {"grandparent", "6"},
        {"sibling", "7"},    {"other", "8"},
    };
    const char *m =
        csv_value_meaning(words, sizeof(words) / sizeof(words[0]), s);
    return m == NULL ? csv_value_text(s) : json_string(m);
}

/* Up to three numbers with anything but digits between, or eight digits.
 * Returns how many there are; 0: it is none. */
static size_t
csv_date_parts(struct bus_strv s, unsigned ret[3], size_t digits[3])
{
    size_t n = 0;
    bool inside = false;
    for (size_t i = 0; i < s.n; i++) {
        if (!isdigit((unsigned char)s.p[i])) {
            inside = false;
            continue;
        }
        if (!inside && n == 3) {
            return 0;
        }
        n += !inside;
        digits[n - 1] = inside ? digits[n - 1] + 1 : 1;
        if (digits[n - 1] > 8) {
            return 0;
        }
        ret[n - 1] = (inside ? ret[n - 1] * 10 : 0) + (unsigned)(s.p[i] - '0');
        inside = true;
    }
    return n;
}

static json_t *csv_value_date(struct bus_strv s)
{
    unsigned part[3] = {0};
    size_t digits[3] = {0};
    char iso[32];
    size_t n = csv_date_parts(s, part, digits);
    if (n == 1 && s.n == 8) {
        part[2] = part[0] % 100;
        part[1] = part[0] / 100 % 100;
        part[0] = part[0] / 10000;
        n = 3;
        digits[0] = 4;
    }
    if (n != 3 || digits[0] != 4 || part[1] > 99 || part[2] > 99) {
        return csv_value_text(s);
    }
    (void)snprintf(iso, sizeof(iso), "%04u-%02u-%02u", part[0], part[1],
                   part[2]);
    return json_string(iso);
}

static bool is_date_column(const struct csv_import_column *c)
{
    return c->type == FORM_CELL_DATE ||
           (c->type == FORM_CELL_FACT && c->fact->type == BUS_FACT_DATE);
}

/* A spreadsheet keeps 15 digits of a number and writes zeros for the others. */
static bool is_rounded(struct bus_strv s)
{
    size_t zeros = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!isdigit((unsigned char)s.p[i])) {
            return false;
        }
        zeros = s.p[i] == '0' ? zeros + 1 : 0;
    }
    return s.n >= 18 && zeros >= s.n - 15 && zeros < s.n;
}

const struct csv_import_spoilt *
intake_csv_import_spoilt(const struct csv_import_column *c,
                         struct bus_strv cell)
{
    static const struct csv_import_spoilt year = {
        "DATE_YEAR", "年份须写四位, 如 2026-07-01",
        "write the year in four digits, such as 2026-07-01"};
    static const struct csv_import_spoilt rounded = {
        "ACCOUNT_ROUNDED",
        "账号末几位为0, 像被表格软件四舍五入; 请把该列设为文本后重新填写",
        "the account ends in zeros as if a spreadsheet had rounded it; make "
        "the column text and write it again"};
    unsigned part[3] = {0};
    size_t digits[3] = {0};
    struct bus_strv s = intake_csv_import_trim(cell);
    if (is_date_column(c) && csv_date_parts(s, part, digits) == 3 &&
        digits[0] <= 2 && digits[1] <= 2 && digits[2] <= 2) {
        return &year;
    }
    return c->type == FORM_CELL_ACCOUNT && is_rounded(s) ? &rounded : NULL;
}

static json_t *csv_value_id_no(struct bus_strv s, struct bus_arena *mem)
{
    char *p = bus_arena_strndup(mem, s.p, s.n);
    size_t k = 0;
    for (size_t i = 0; p != NULL && i < s.n; i++) {
        if (p[i] != ' ') {
            p[k++] = (char)toupper((unsigned char)p[i]);
        }
    }
    return p == NULL ? csv_value_text(s) : json_stringn(p, k);
}

static json_t *csv_value_items(struct bus_strv s)
{
    json_t *list = json_array();
    while (s.n > 0) {
        size_t n = 0, step = 0;
        for (; n < s.n && step == 0; n += step == 0) {
            step = s.p[n] == ';' || s.p[n] == ' ' ? 1
                   : s.n - n >= 3 && (memcmp(s.p + n, "、", 3) == 0 ||
                                      memcmp(s.p + n, "；", 3) == 0)
                       ? 3
                       : 0;
        }
        struct bus_strv one = intake_csv_import_trim((struct bus_strv){s.p, n});
        if (one.n > 0) {
            (void)json_array_append_new(list, csv_value_text(one));
        }
        s.p += n + step;
        s.n -= n + step;
    }
    return list;
}

/* "1,234.50" with `decimals` behind the point -> 123450; exact, no floats. */
static bool csv_value_fixed(struct bus_strv s, int decimals, json_int_t *ret)
{
    json_int_t v = 0;
    bool minus = s.n > 0 && s.p[0] == '-';
    int digits = 0, behind = -1;
    for (size_t i = minus; i < s.n; i++) {
        char c = s.p[i];
        if (c == '.' && behind < 0) {
            behind = 0;
        } else if (isdigit((unsigned char)c) && digits < NUMBER_DIGITS_MAX &&
                   (behind < 0 || behind < decimals)) {
            v = v * 10 + (c - '0');
            digits++;
            behind += behind >= 0;
        } else if (c == '0' && behind >= decimals) {
            continue; /* 12.500 is 12.50 */
        } else if (!(c == ',' && behind < 0)) {
            return false;
        }
    }
    for (int i = behind < 0 ? 0 : behind; i < decimals; i++) {
        v *= 10;
    }
    *ret = minus ? -v : v;
    return digits > 0;
}

static json_t *csv_value_word(const struct bus_fact *f, struct bus_strv s)
{
    const struct bus_fact_word *w = f->words.items;
    for (size_t i = 0; i < f->words.count; i++) {
        if (bus_strv_is(s, w[i].word) || (w[i].zh && bus_strv_is(s, w[i].zh)) ||
            (w[i].en && bus_strv_is(s, w[i].en))) {
            return json_string(w[i].word);
        }
    }
    return csv_value_text(s);
}

static json_t *csv_value_fact(const struct csv_import_column *c,
                              struct bus_strv s)
{
    json_int_t v = 0;
    switch (c->fact->type) {
    case BUS_FACT_BOOLEAN:
        return csv_value_flag(s);
    case BUS_FACT_DATE:
        return csv_value_date(s);
    case BUS_FACT_ENUM:
        return csv_value_word(c->fact, s);
    case BUS_FACT_TEXT:
        return csv_value_text(s);
    default:
        return csv_value_fixed(s, c->yuan ? 2 : 0, &v) ? json_integer(v)
                                                       : csv_value_text(s);
    }
}

json_t *intake_csv_import_value(const struct csv_import_column *c,
                                struct bus_strv cell,
                                struct bus_arena *mem)
{
    struct bus_strv s = intake_csv_import_trim(cell);
    if (s.n == 0) {
        return NULL;
    }
    switch (c->type) {
    case FORM_CELL_TEXT:
    case FORM_CELL_PHONE:
    case FORM_CELL_ACCOUNT:
        return csv_value_text(s);
    case FORM_CELL_FLAG:
        return csv_value_flag(s);
    case FORM_CELL_DATE:
        return csv_value_date(s);
    case FORM_CELL_ID:
        return csv_value_id_no(s, mem);
    case FORM_CELL_RELATION:
        return csv_value_relation(s);
    case FORM_CELL_ITEMS:
        return csv_value_items(s);
    case FORM_CELL_FACT:
        return csv_value_fact(c, s);
    case FORM_CELL_NONE:
        break;
    }
    return NULL;
}
