/* The first row: which column is what. All faults at once. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "producers/intake/csv_import.h"

/* en, zh, base, key, type, needed, personal */
#define COLUMN(...)              \
    {                            \
        __VA_ARGS__, NULL, false \
    }
const struct csv_import_column intake_csv_import_columns[] = {
    COLUMN("reference",
           "流水号",
           "",
           "channel_reference",
           SHEET_TEXT,
           true,
           false),
    COLUMN("applied_on",
           "申请日期",
           "",
           "applied_on",
           SHEET_DATE,
           false,
           false),
    COLUMN("division_code",
           "村居代码",
           "",
           "division_code",
           SHEET_TEXT,
           true,
           false),
    COLUMN("operator_id",
           "受理人编号",
           "/operator",
           "operator_id",
           SHEET_TEXT,
           true,
           false),
    COLUMN("operator_org",
           "受理机构",
           "/operator",
           "org_code",
           SHEET_TEXT,
           true,
           false),
    COLUMN("operator_role",
           "受理人角色",
           "/operator",
           "role",
           SHEET_TEXT,
           false,
           false),
    COLUMN("helper_id",
           "协助人编号",
           "/helper",
           "operator_id",
           SHEET_TEXT,
           false,
           false),
    COLUMN("helper_org",
           "协助机构",
           "/helper",
           "org_code",
           SHEET_TEXT,
           false,
           false),
    COLUMN("helper_role",
           "协助人角色",
           "/helper",
           "role",
           SHEET_TEXT,
           false,
           false),
    COLUMN("consent", "授权核对", "", "consent", SHEET_FLAG, true, false),
    COLUMN("requested_items",
           "申请事项",
           "",
           "requested_items",
           SHEET_ITEMS,
           false,
           false),
    COLUMN("name", "姓名", ".", "name", SHEET_TEXT, true, true),
    COLUMN("id_type", "证件类型", ".", "id_type", SHEET_TEXT, false, false),
    COLUMN("id_no", "证件号码", ".", "id_no", SHEET_ID, true, true),
    COLUMN("relation",
           "与户主关系",
           ".",
           "relation",
           SHEET_RELATION,
           true,
           false),
    COLUMN("head", "户主", ".", "head", SHEET_FLAG, false, false),
    COLUMN("applicant", "申请人", ".", "applicant", SHEET_FLAG, false, false),
    COLUMN("phone", "联系电话", ".", "phone", SHEET_TEXT, false, true),
    COLUMN("address", "住址", ".", "address", SHEET_TEXT, false, true),
    COLUMN("bank_code", "开户银行", ".", "bank_code", SHEET_TEXT, false, false),
    COLUMN("account", "账号", ".", "account", SHEET_TEXT, false, true),
    COLUMN("account_holder",
           "户名",
           ".",
           "account_holder",
           SHEET_TEXT,
           false,
           true),
    COLUMN(NULL, NULL, NULL, NULL, SHEET_TEXT, false, false),
};

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
                .type = SHEET_FACT,
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
    for (size_t i = 0; intake_csv_import_columns[i].en != NULL; i++) {
        size_t en = bus_edit_distance(name, intake_csv_import_columns[i].en);
        size_t zh = bus_edit_distance(name, intake_csv_import_columns[i].zh);
        if (en < best || zh < best) {
            best = en < zh ? en : zh;
            near = en < zh ? intake_csv_import_columns[i].en
                           : intake_csv_import_columns[i].zh;
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

static void csv_columns_fault(struct csv_import *s,
                              struct csv_import_faults *faults,
                              size_t column,
                              const char *code,
                              const char *zh,
                              const char *en)
{
    if (faults->n < SHEET_FAULTS_MAX) {
        faults->v[faults->n] = (struct csv_import_fault){
            .line = s->row.line,
            .column = column + 1,
            .header = s->header[column],
            .found = s->header[column],
            .code = code,
            .zh = zh,
            .en = en,
        };
    }
    faults->n++;
}

static void csv_columns_one(struct csv_import *s,
                            size_t i,
                            struct csv_import_faults *faults)
{
    struct bus_strv name = intake_csv_import_trim(s->row.field[i]);
    struct csv_import_column *c = &s->column[i];
    for (size_t k = 0; intake_csv_import_columns[k].en != NULL; k++) {
        if (is_name(name, intake_csv_import_columns[k].en) ||
            is_name(name, intake_csv_import_columns[k].zh)) {
            *c = intake_csv_import_columns[k];
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
    for (size_t k = 0; intake_csv_import_columns[k].en != NULL; k++) {
        bool there = !intake_csv_import_columns[k].needed;
        for (size_t i = 0; i < s->n; i++) {
            there |= same_column(&s->column[i], &intake_csv_import_columns[k]);
        }
        if (!there && faults->n < SHEET_FAULTS_MAX) {
            faults->v[faults->n++] = (struct csv_import_fault){
                .line = s->row.line,
                .header = intake_csv_import_columns[k].zh,
                .found = "",
                .code = "COLUMN_MISSING",
                .zh = "缺少此列",
                .en = bus_arena_printf(&s->mem, "the column %s is needed",
                                       intake_csv_import_columns[k].en),
            };
        }
    }
}

int intake_csv_import_open(struct csv_import *s,
                           struct bus_strv text,
                           const struct bus_config *config,
                           const struct form_index *index,
                           struct csv_import_faults *ret_faults,
                           struct bus_err *err)
{
    memset(s, 0, sizeof(*s));
    s->config = config;
    s->index = index;
    s->csv.text = text;
    ret_faults->n = 0;
    bus_arena_init(&s->mem, 0, 0);
    int rc = intake_csv_next(&s->csv, &s->mem, &s->row, err);
    if (rc != BUS_OK) {
        return rc == BUS_EAGAIN ? bus_fail(err, BUS_EPARSE,
                                           "line 1: the file is empty; its "
                                           "first row names the columns")
                                : rc;
    }
    s->n = s->row.n;
    for (size_t i = 0; i < s->n; i++) {
        struct bus_strv name = intake_csv_import_trim(s->row.field[i]);
        s->header[i] = bus_arena_strndup(&s->mem, name.p, name.n);
        if (s->header[i] == NULL) {
            return bus_fail(err, BUS_ENOMEM, "the columns");
        }
    }
    for (size_t i = 0; i < s->n; i++) {
        if (s->header[i][0] != '\0') { /* a column without a name: not read */
            csv_columns_one(s, i, ret_faults);
        }
    }
    twice_or_missing(s, ret_faults);
    return BUS_OK;
}

void intake_csv_import_close(struct csv_import *s)
{
    if (s != NULL && s->config != NULL) {
        bus_arena_fini(&s->mem);
    }
}
