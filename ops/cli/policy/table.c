/* policy table FILE.csv: a decision table of Excel as a decision model.
 *
 * - the first row: facts of the household by their names (救助身份,
 * 家庭年收入(元)), then 结果 (是 or 否) and, if money is given, 金额(元)
 * - each other row is a rule; the first that fits decides; nothing fits: 否
 * - writes FILE.dmn beside it; an item asks it by `condition: {dmn: FILE.dmn,
 *   decision: 符合条件}` and `amount: {dmn: FILE.dmn, decision: 金额}`
 * - every cell that cannot be read is a fault with its line and column */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/policy/source.h"
#include "bus/workbook/csv_read.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/policy.h"
#include "ops/cli/policy/table.h"

#define COLUMNS_MAX 64

struct table
{
    struct policy_tool t;
    const char *path;
    struct bus_faults faults;
    struct table_column columns[COLUMNS_MAX];
    size_t inputs;
    size_t verdict, amount; /* columns; SIZE_MAX: none */
    struct table_column money;
    struct bus_buf verdict_rules, amount_rules;
    size_t rules;
};

static struct bus_place
place_of_cell(const struct table *b, size_t line, size_t column)
{
    return (struct bus_place){b->path, (uint32_t)line, (uint32_t)column + 1};
}

/* --- heads --- */

/* "家庭年收入(元)": the unit goes; 100 for yuan, 1 for fen, 0 for none. */
static int64_t take_unit(struct bus_strv *s)
{
    static const struct
    {
        const char *text;
        int64_t fen;
    } units[] = {{"(元)", 100}, {"(分)", 1}, {"(yuan)", 100}, {"(fen)", 1}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t n = strlen(units[i].text);
        if (s->n >= n && memcmp(s->p + s->n - n, units[i].text, n) == 0) {
            s->n -= n;
            return units[i].fen;
        }
    }
    return 0;
}

static bool take_fact(struct table *b,
                      struct bus_strv name,
                      int64_t unit,
                      struct bus_place at)
{
    static const char *const prefixes[] = {"家庭.", "household."};
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(prefixes[i]);
        if (name.n > n && memcmp(name.p, prefixes[i], n) == 0) {
            name = (struct bus_strv){name.p + n, name.n - n};
        }
    }
    int fact = bus_policy_fact_named(b->t.catalogue, false, name);
    if (fact < 0) {
        bus_faults_add(&b->faults, at, NULL,
                       "no fact of a household '%.*s' (lianou policy facts "
                       "WORD finds them) / 家庭没有事实“%.*s”",
                       BUS_STRV_ARG(name), BUS_STRV_ARG(name));
        return false;
    }
    const struct bus_node *body = bus_policy_fact_node(b->t.catalogue, fact);
    const struct bus_node *type = bus_node_get(body, "type");
    const struct bus_node *zh = bus_node_get(body, "zh_name");
    struct bus_strv is = type ? type->text : (struct bus_strv){0};
    struct table_column *c = &b->columns[b->inputs];
    zh = zh ? zh : bus_node_get(body, "zh");
    c->name = zh ? zh->text : name;
    c->words = bus_node_get(body, "words");
    c->unit = unit;
    c->kind = bus_strv_is(is, "money_fen") ? TABLE_MONEY
              : bus_strv_is(is, "boolean") ? TABLE_FLAG
              : bus_strv_is(is, "enum")    ? TABLE_WORD
              : bus_strv_is(is, "date")    ? TABLE_DATE
                                           : TABLE_NUMBER;
    if (c->kind == TABLE_MONEY && unit == 0) {
        bus_faults_add(&b->faults, at, NULL,
                       "%.*s(元) or (分)? say the unit in the head / "
                       "金额列的表头要写单位:%.*s(元)",
                       BUS_STRV_ARG(name), BUS_STRV_ARG(name));
        return false;
    }
    b->inputs++;
    return true;
}

static void take_heads(struct table *b, const struct csv_row *row)
{
    b->verdict = b->amount = SIZE_MAX;
    for (size_t i = 0; i < row->n && i < COLUMNS_MAX; i++) {
        struct bus_buf *plain = &b->amount_rules; /* empty still */
        struct bus_strv name = cli_policy_table_plain(row->field[i], plain);
        char *kept = bus_arena_strndup(&b->t.mem, name.p, name.n);
        name = (struct bus_strv){kept, kept ? name.n : 0};
        bus_buf_clear(plain);
        struct bus_place at = place_of_cell(b, row->line, i);
        int64_t unit = take_unit(&name);
        bool verdict = bus_strv_is(name, "结果") || bus_strv_is(name, "result");
        bool amount = bus_strv_is(name, "金额") || bus_strv_is(name, "amount");
        if (verdict) {
            b->verdict = i;
        } else if (amount) {
            b->amount = i;
            b->money = (struct table_column){.kind = TABLE_MONEY,
                                             .unit = unit ? unit : 100};
        } else if (b->verdict != SIZE_MAX || b->amount != SIZE_MAX) {
            bus_faults_add(&b->faults, at, NULL,
                           "a fact stands before 结果 and 金额 / "
                           "条件列要在“结果”“金额”之前");
        } else {
            (void)take_fact(b, name, unit, at);
        }
    }
    if (b->verdict == SIZE_MAX) {
        bus_faults_add(&b->faults, place_of_cell(b, row->line, 0), NULL,
                       "no column 结果 (是 or 否) / 缺少“结果”列(是或否)");
    }
}

/* --- rules --- */

static void put_xml(struct bus_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        char one[2] = {*text, '\0'};
        bus_buf_puts(out, *text == '<'   ? "&lt;"
                          : *text == '>' ? "&gt;"
                          : *text == '&' ? "&amp;"
                                         : one);
    }
}

static void put_entry(struct bus_buf *out, const char *tag, const char *text)
{
    bus_buf_printf(out, "<%s><text>", tag);
    put_xml(out, text);
    bus_buf_printf(out, "</text></%s>", tag);
}

static void take_rule(struct table *b, const struct csv_row *row)
{
    struct bus_buf entries = {0}, one = {0}, plain = {0};
    for (size_t i = 0; i < b->inputs; i++) {
        struct bus_strv cell =
            i < row->n ? row->field[i] : (struct bus_strv){0};
        const char *wrong = "";
        bus_buf_clear(&one);
        if (!cli_policy_table_cell(&b->columns[i], cell, &one, &wrong)) {
            bus_faults_add(&b->faults, place_of_cell(b, row->line, i), NULL,
                           "'%.*s': %s", BUS_STRV_ARG(cell), wrong);
        }
        put_entry(&entries, "inputEntry", bus_buf_cstr(&one));
    }
    static const struct table_column flag = {.kind = TABLE_FLAG};
    const char *wrong = "";
    bus_buf_clear(&one);
    struct bus_strv verdict =
        b->verdict < row->n ? row->field[b->verdict] : (struct bus_strv){0};
    if (!cli_policy_table_cell(&flag, verdict, &one, &wrong) ||
        strcmp(bus_buf_cstr(&one), "-") == 0) {
        bus_faults_add(&b->faults, place_of_cell(b, row->line, b->verdict),
                       NULL, "'%.*s': 是 or 否 / 应为“是”或“否”",
                       BUS_STRV_ARG(verdict));
    }
    bus_buf_printf(&b->verdict_rules, "<rule>%s", bus_buf_cstr(&entries));
    put_entry(&b->verdict_rules, "outputEntry", bus_buf_cstr(&one));
    bus_buf_puts(&b->verdict_rules, "</rule>\n");
    if (b->amount != SIZE_MAX) {
        struct bus_strv cell =
            b->amount < row->n ? row->field[b->amount] : (struct bus_strv){0};
        bus_buf_clear(&one);
        struct bus_strv number = cli_policy_table_plain(cell, &plain);
        if (number.n == 0) {
            bus_buf_puts(&one, "0");
        } else if (!cli_policy_table_number(&b->money, number, &one)) {
            bus_faults_add(&b->faults, place_of_cell(b, row->line, b->amount),
                           NULL, "'%.*s': a sum of money / 应为金额",
                           BUS_STRV_ARG(cell));
        }
        bus_buf_printf(&b->amount_rules, "<rule>%s", bus_buf_cstr(&entries));
        put_entry(&b->amount_rules, "outputEntry", bus_buf_cstr(&one));
        bus_buf_puts(&b->amount_rules, "</rule>\n");
    }
    b->rules++;
    bus_buf_fini(&entries);
    bus_buf_fini(&one);
    bus_buf_fini(&plain);
}

static int read_table(struct table *b, struct bus_err *err)
{
    struct bus_buf text = {0};
    struct csv_row *row = bus_arena_alloc(&b->t.mem, sizeof(*row));
    const char *encoding = "";
    FILE *f = fopen(b->path, "rb");
    if (f == NULL || row == NULL) {
        return bus_fail(err, BUS_EUNKNOWN, "%s: 不能读取 / cannot be read",
                        b->path);
    }
    int rc = bus_workbook_csv_load(f, &text, &encoding, err);
    (void)fclose(f);
    struct csv c = {.text = {(const char *)text.data, text.len}, .line = 1};
    for (size_t n = 0; rc == BUS_OK; n++) {
        rc = bus_workbook_csv_next(&c, &b->t.mem, row, err);
        if (rc == BUS_OK && n == 0) {
            take_heads(b, row);
        } else if (rc == BUS_OK && b->faults.errors == 0) {
            take_rule(b, row);
        }
    }
    bus_buf_fini(&text);
    if (rc == BUS_EAGAIN && b->rules == 0 && b->faults.errors == 0) {
        return bus_fail(err, BUS_EPARSE, "%s: 没有规则行 / no rule in it",
                        b->path);
    }
    return rc == BUS_EAGAIN ? BUS_OK : rc;
}

/* --- the model --- */

static const char *type_of_column(const struct table_column *c)
{
    return c->kind == TABLE_FLAG   ? "boolean"
           : c->kind == TABLE_WORD ? "string"
           : c->kind == TABLE_DATE ? "date"
                                   : "number";
}

static void put_decision(const struct table *b,
                         struct bus_buf *out,
                         const char *name,
                         const char *type,
                         const char *otherwise,
                         struct bus_buf *rules)
{
    bus_buf_printf(out,
                   "<decision id=\"%s\" name=\"%s\"><variable name=\"%s\" "
                   "typeRef=\"%s\"/>\n",
                   type, name, name, type);
    for (size_t i = 0; i < b->inputs; i++) {
        bus_buf_printf(out,
                       "<informationRequirement><requiredInput "
                       "href=\"#i%zu\"/></informationRequirement>\n",
                       i);
    }
    bus_buf_puts(out, "<decisionTable hitPolicy=\"FIRST\">\n");
    for (size_t i = 0; i < b->inputs; i++) {
        bus_buf_printf(out,
                       "<input><inputExpression typeRef=\"%s\"><text>%.*s"
                       "</text></inputExpression></input>\n",
                       type_of_column(&b->columns[i]),
                       BUS_STRV_ARG(b->columns[i].name));
    }
    bus_buf_printf(out,
                   "<output typeRef=\"%s\"><defaultOutputEntry><text>%s"
                   "</text></defaultOutputEntry></output>\n%s"
                   "</decisionTable></decision>\n",
                   type, otherwise, bus_buf_cstr(rules));
}

static int write_model(struct table *b, struct bus_err *err)
{
    struct bus_buf out = {0};
    char path[1024];
    const char *dot = strrchr(b->path, '.');
    int stem = dot ? (int)(dot - b->path) : (int)strlen(b->path);
    (void)snprintf(path, sizeof(path), "%.*s.dmn", stem, b->path);
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    bus_buf_printf(&out,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/"
                   "MODEL/\" name=\"%s\" namespace=\"urn:lianou:%s\">\n",
                   file, file);
    for (size_t i = 0; i < b->inputs; i++) {
        bus_buf_printf(&out,
                       "<inputData id=\"i%zu\" name=\"%.*s\"><variable "
                       "name=\"%.*s\" typeRef=\"%s\"/></inputData>\n",
                       i, BUS_STRV_ARG(b->columns[i].name),
                       BUS_STRV_ARG(b->columns[i].name),
                       type_of_column(&b->columns[i]));
    }
    put_decision(b, &out, "符合条件", "boolean", "false", &b->verdict_rules);
    if (b->amount != SIZE_MAX) {
        put_decision(b, &out, "金额", "number", "0", &b->amount_rules);
    }
    bus_buf_puts(&out, "</definitions>\n");
    FILE *f = fopen(path, "wb");
    bool well = f != NULL && fwrite(out.data, 1, out.len, f) == out.len;
    well = f != NULL && fclose(f) == 0 && well;
    bus_buf_fini(&out);
    if (!well) {
        return bus_fail(err, BUS_EIO, "%s: 不能写入 / cannot be written", path);
    }
    (void)printf("%s: %zu 条规则 / %zu rules\n"
                 "  condition: {dmn: %s, decision: 符合条件, text: {…}}\n",
                 path, b->rules, b->rules, file);
    if (b->amount != SIZE_MAX) {
        (void)printf("  amount: {dmn: %s, decision: 金额, text: {…}}\n", file);
    }
    return BUS_OK;
}

static int
convert_table(struct table *b, const char *folder, struct bus_err *err)
{
    BUS_TRY(cli_policy_open(&b->t, folder, err));
    bus_faults_init(&b->faults, &b->t.mem);
    BUS_TRY(read_table(b, err));
    if (b->faults.errors > 0) {
        cli_policy_print_faults(&b->faults, false);
        return bus_faults_fail(&b->faults, err);
    }
    return write_model(b, err);
}

static int run_table(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    static struct table b;
    struct bus_err err = {0};
    const char *folder = NULL;
    memset(&b, 0, sizeof(b));
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o != 'c') {
            return LIANOU_USAGE;
        }
        folder = optarg;
    }
    if (optind + 1 != argc) {
        return LIANOU_USAGE;
    }
    b.path = argv[optind];
    int rc = convert_table(&b, folder, &err);
    cli_policy_close(&b.t);
    bus_buf_fini(&b.verdict_rules);
    bus_buf_fini(&b.amount_rules);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou policy: %s\n", err.msg);
    }
    return rc == BUS_OK ? LIANOU_WELL : LIANOU_FAILED;
}

const struct policy_command cli_policy_cmd_table = {
    .name = "table",
    .usage = "FILE.csv [--config DIR]",
    .summary = "a decision table of Excel as a decision model",
    .summary_zh = "把 Excel 决策表(CSV)转成决策模型",
    .run = run_table,
};
