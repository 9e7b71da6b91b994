/* The first row: which column is what. All faults at once. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bus/base/check.h"
#include "producers/intake/csv_import.h"

#define COLUMNS_MAX 32

/* What the form's table says of a list, in its order: of the form itself, of
 * its operator and helper ("/operator"), of each member ("."). */
static size_t add_columns(struct csv_import_column *to,
                          size_t n,
                          const char *base,
                          const struct form_field *fields)
{
    static const char *const bases[][2] = {{"operator", "/operator"},
                                           {"helper", "/helper"},
                                           {"helped_by", "/helped_by"},
                                           {"members", "."}};
    for (const struct form_field *f = fields; f->doc.name != NULL; f++) {
        for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
            if (f->sub != NULL && strcmp(f->doc.name, bases[i][0]) == 0) {
                n = add_columns(to, n, bases[i][1], f->sub);
            }
        }
        if (f->column.en == NULL) {
            continue;
        }
        BUS_CHECK(n < COLUMNS_MAX);
        to[n++] = (struct csv_import_column){.en = f->column.en,
                                             .zh = f->column.zh,
                                             .base = base,
                                             .key = f->doc.name,
                                             .type = f->column.cell,
                                             .needed = f->column.needed,
                                             .personal = f->personal};
    }
    return n;
}

const struct csv_import_column *intake_csv_import_columns(void)
{
    static struct csv_import_column columns[COLUMNS_MAX + 1];
    if (columns[0].en == NULL) {
        size_t n = add_columns(columns, 0, "", intake_form_fields);
        BUS_CHECK(n > 0 && strcmp(columns[0].key, "channel_reference") == 0);
    }
    return columns;
}

static bool is_name(struct bus_strv s, const char *name)
{
    return strlen(name) == s.n && strncasecmp(s.p, name, s.n) == 0;
}

static bool drop_end(struct bus_strv *s, const char *end)
{
    size_t n = strlen(end);
    bool has = s->n > n && strncasecmp(s->p + s->n - n, end, n) == 0;
    s->n -= has ? n : 0;
    return has;
}

static bool drop_front(struct bus_strv *s, const char *front)
{
    size_t n = strlen(front);
    bool has = s->n > n && strncasecmp(s->p, front, n) == 0;
    s->p += has ? n : 0;
    s->n -= has ? n : 0;
    return has;
}

/* "household.area", "成员.性别", "家庭年收入(元)", "income_total_yuan". */
static bool fact_is(const struct bus_fact *f, struct bus_strv s, bool *ret_yuan)
{
    bool member = f->scope == BUS_FACT_MEMBER;
    (void)(drop_front(&s, member ? "member." : "household.") ||
           drop_front(&s, member ? "成员." : "家庭."));
    bool yuan = drop_end(&s, "(元)") || drop_end(&s, "（元）");
    *ret_yuan = yuan && f->type == BUS_FACT_MONEY_FEN;
    if (yuan && !*ret_yuan) {
        return false;
    }
    if ((f->zh != NULL && is_name(s, f->zh)) ||
        (f->zh_name != NULL && is_name(s, f->zh_name)) || is_name(s, f->name)) {
        return true;
    }
    size_t n = strlen(f->name);
    if (f->type == BUS_FACT_MONEY_FEN && n > 4 && drop_end(&s, "_yuan") &&
        s.n == n - 4 && strncasecmp(s.p, f->name, s.n) == 0) {
        *ret_yuan = true;
        return true;
    }
    return false;
}

/* How many facts have that name; *ret is one of them. */
static size_t find_fact(const struct csv_import *s,
                        struct bus_strv name,
                        struct csv_import_column *ret)
{
    size_t found = 0;
    for (size_t i = 0; i < s->config->facts_count; i++) {
        const struct bus_fact *f = &s->config->facts[i];
        bool yuan = false;
        if (f->derived == NULL && !f->pii && fact_is(f, name, &yuan)) {
            found++;
            *ret = (struct csv_import_column){
                .base = f->scope == BUS_FACT_MEMBER ? "./facts" : "/facts",
                .key = f->name,
                .type = FORM_CELL_FACT,
                .fact = f,
                .yuan = yuan,
            };
        }
    }
    return found;
}

static const char *nearest(const struct csv_import *s, const char *name)
{
    const char *near = "";
    size_t best = 4;
    for (size_t i = 0; intake_csv_import_columns()[i].en != NULL; i++) {
        size_t en = bus_edit_distance(name, intake_csv_import_columns()[i].en);
        size_t zh = bus_edit_distance(name, intake_csv_import_columns()[i].zh);
        if (en < best || zh < best) {
            best = en < zh ? en : zh;
            near = en < zh ? intake_csv_import_columns()[i].en
                           : intake_csv_import_columns()[i].zh;
        }
    }
    for (size_t i = 0; i < s->config->facts_count; i++) {
        const struct bus_fact *f = &s->config->facts[i];
        if (bus_edit_distance(name, f->name) < best) {
            best = bus_edit_distance(name, f->name);
            near = f->name;
        } else if (f->zh && bus_edit_distance(name, f->zh) < best) {
            best = bus_edit_distance(name, f->zh);
            near = f->zh;
        }
    }
    return near;
}

/* Five digits or more: no head of a column, perhaps somebody's number. */
static bool is_a_value(const char *head)
{
    size_t digits = 0;
    for (; *head != '\0'; head++) {
        digits += *head >= '0' && *head <= '9';
    }
    return digits >= 5;
}

static void csv_columns_fault(struct csv_import *s,
                              struct csv_import_faults *faults,
                              size_t column,
                              const char *code,
                              const char *zh,
                              const char *en)
{
    const char *header =
        is_a_value(s->header[column]) ? "***" : s->header[column];
    if (faults->n < SHEET_FAULTS_MAX) {
        faults->v[faults->n] = (struct csv_import_fault){
            .line = s->row.line,
            .column = column + 1,
            .header = header,
            .found = header,
            .code = code,
            .zh = zh,
            .en = en,
        };
    }
    faults->n++;
}

static size_t facts_named(const struct csv_import *s, struct bus_strv name)
{
    struct csv_import_column c;
    return find_fact(s, name, &c);
}

bool intake_csv_import_names_column(const struct csv_import *s,
                                    struct bus_strv cell)
{
    struct bus_strv name = intake_csv_import_trim(cell);
    for (const struct csv_import_column *c = intake_csv_import_columns();
         c->en != NULL; c++) {
        if (is_name(name, c->en) || is_name(name, c->zh)) {
            return true;
        }
    }
    return name.n > 0 && facts_named(s, name) > 0;
}

static void csv_columns_one(struct csv_import *s,
                            size_t i,
                            struct csv_import_faults *faults)
{
    struct bus_strv name = intake_csv_import_trim(s->row.field[i]);
    struct csv_import_column *c = &s->column[i];
    for (size_t k = 0; intake_csv_import_columns()[k].en != NULL; k++) {
        if (is_name(name, intake_csv_import_columns()[k].en) ||
            is_name(name, intake_csv_import_columns()[k].zh)) {
            *c = intake_csv_import_columns()[k];
            return;
        }
    }
    size_t found = find_fact(s, name, c);
    if (found == 1) {
        return;
    }
    if (found > 1) {
        csv_columns_fault(
            s, faults, i, "COLUMN_AMBIGUOUS",
            "家庭与成员都有此名; 请写 家庭.… 或 成员.…",
            "both households and members have it; write household.… or "
            "member.…");
        return;
    }
    const char *near = nearest(s, s->header[i]);
    csv_columns_fault(
        s, faults, i, "COLUMN_UNKNOWN",
        near[0] ? bus_arena_printf(&s->mem, "没有此列; 是否为 %s?", near)
                : "没有此列; 见 lianou intake columns",
        near[0] ? bus_arena_printf(&s->mem,
                                   "there is no such column; did you mean %s?",
                                   near)
                : "there is no such column; see lianou intake columns");
}

static bool same_column(const struct csv_import_column *a,
                        const struct csv_import_column *b)
{
    return a->key != NULL && b->key != NULL && strcmp(a->key, b->key) == 0 &&
           strcmp(a->base, b->base) == 0;
}

static void twice_or_missing(struct csv_import *s,
                             struct csv_import_faults *faults)
{
    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (same_column(&s->column[i], &s->column[k])) {
                csv_columns_fault(s, faults, i, "COLUMN_TWICE", "此列出现两次",
                                  "this column is there twice");
            }
        }
    }
    for (size_t k = 0; intake_csv_import_columns()[k].en != NULL; k++) {
        bool there = !intake_csv_import_columns()[k].needed;
        for (size_t i = 0; i < s->n; i++) {
            there |=
                same_column(&s->column[i], &intake_csv_import_columns()[k]);
        }
        if (!there && faults->n < SHEET_FAULTS_MAX) {
            faults->v[faults->n++] = (struct csv_import_fault){
                .line = s->row.line,
                .header = intake_csv_import_columns()[k].zh,
                .found = "",
                .code = "COLUMN_MISSING",
                .zh = "缺少此列",
                .en = bus_arena_printf(&s->mem, "the column %s is needed",
                                       intake_csv_import_columns()[k].en),
            };
        }
    }
}

void intake_csv_import_name_columns(struct csv_import *s,
                                    struct csv_import_faults *faults)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->header[i][0] != '\0') { /* a column without a name: not read */
            csv_columns_one(s, i, faults);
        }
    }
    twice_or_missing(s, faults);
}
