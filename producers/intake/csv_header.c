/* Opening a list: its first row, or why that names no columns. */
#include <string.h>

#include "producers/intake/csv_import.h"

#define ROWS_TRIED 8 /* a title, the office, the date: then the heads */

static void one_fault(struct csv_import_faults *faults,
                      size_t line,
                      const char *code,
                      const char *zh,
                      const char *en)
{
    faults->v[0] = (struct csv_import_fault){.line = line,
                                             .header = "",
                                             .found = "",
                                             .code = code,
                                             .zh = zh,
                                             .en = en};
    faults->n = 1;
}

/* How many parts of the line, cut at the separator, name columns. */
static size_t heads_between(const struct csv_import *s,
                            struct bus_strv line,
                            const char *separator)
{
    size_t heads = 0, step = strlen(separator);
    while (line.n > 0) {
        const char *end = memmem(line.p, line.n, separator, step);
        size_t n = end == NULL ? line.n : (size_t)(end - line.p);
        struct bus_strv one = {line.p, n};
        if (one.n >= 2 && one.p[0] == '"' && one.p[one.n - 1] == '"') {
            one = (struct bus_strv){one.p + 1, one.n - 2};
        }
        heads += intake_csv_import_names_column(s, one);
        n += end == NULL ? 0 : step;
        line = (struct bus_strv){line.p + n, line.n - n};
    }
    return heads;
}

static struct bus_strv first_line(const struct csv_import *s)
{
    struct bus_strv t = s->csv.text;
    size_t n = 0;
    while (n < t.n && t.p[n] != '\n' && t.p[n] != '\r') {
        n++;
    }
    return (struct bus_strv){t.p, n};
}

/* The line of the heads behind the first row; 0: none. */
static size_t heads_below(struct csv_import *s)
{
    struct csv_row *row = bus_arena_alloc(&s->mem, sizeof(*row));
    for (size_t i = 0; row != NULL && i < ROWS_TRIED; i++) {
        size_t heads = 0;
        int rc = bus_workbook_csv_next(&s->csv, &s->mem, row, NULL);
        if (rc == BUS_EAGAIN) {
            break;
        }
        for (size_t k = 0; k < row->n; k++) {
            heads += intake_csv_import_names_column(s, row->field[k]);
        }
        if (heads >= SHEET_HEADS_MIN) {
            return row->line;
        }
    }
    return 0;
}

/* Alone, as old Macintosh. */
static bool ends_in_cr(struct bus_strv text)
{
    return text.n > 0 && memchr(text.p, '\n', text.n) == NULL &&
           memchr(text.p, '\r', text.n - 1) != NULL;
}

/* One fault, without a word of what stands in the row: it may be a person's. */
static void say_no_header(struct csv_import *s,
                          struct csv_import_faults *ret_faults)
{
    static const struct
    {
        const char *separator, *zh, *en;
    } others[] = {
        {";", "各列以 ; 分隔; 请另存为以逗号分隔的 CSV UTF-8",
         "the columns are separated by ; and not by commas; save the list as "
         "CSV UTF-8 (comma delimited)"},
        {"\t", "各列以制表符分隔; 请另存为以逗号分隔的 CSV UTF-8",
         "the columns are separated by tabs and not by commas; save the list "
         "as CSV UTF-8 (comma delimited)"},
        {"，", "各列以全角逗号分隔; 请另存为以逗号分隔的 CSV UTF-8",
         "the columns are separated by full-width commas; save the list as CSV "
         "UTF-8 (comma delimited)"},
        {"|", "各列以 | 分隔; 请另存为以逗号分隔的 CSV UTF-8",
         "the columns are separated by | and not by commas; save the list as "
         "CSV UTF-8 (comma delimited)"},
    };
    if (ends_in_cr(s->csv.text)) {
        one_fault(ret_faults, 1, "LINE_ENDS",
                  "各行以单独的 CR 结束(旧式 Mac 格式); 请另存为 CSV UTF-8",
                  "the lines end in CR alone (old Macintosh); save the list as "
                  "CSV UTF-8");
        return;
    }
    struct bus_strv line = first_line(s);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (heads_between(s, line, others[i].separator) >= SHEET_HEADS_MIN) {
            one_fault(ret_faults, 1, "DELIMITER", others[i].zh, others[i].en);
            return;
        }
    }
    size_t below = heads_below(s);
    if (below > 0) {
        one_fault(ret_faults, below, "TITLE_ROW",
                  "列名之前还有别的行(标题?); 列名应在第一行, 请删去上面的行",
                  "another row (a title?) stands before the heads; they must "
                  "be the first row: take out what stands above");
        return;
    }
    one_fault(
        ret_faults, 1, "NO_HEADER",
        "第一行没有列名(流水号, 村居代码, 姓名 …); 是否缺少表头? 空白模板见 "
        "lianou intake template --csv",
        "the first row names no columns (reference, division_code, name "
        "...); is the header missing? a blank list: lianou intake "
        "template --csv");
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
    int rc = bus_workbook_csv_next(&s->csv, &s->mem, &s->row, err);
    if (rc == BUS_EAGAIN) {
        return bus_fail(err, BUS_EPARSE,
                        "第1行 line 1: 文件是空的, 首行应为列名 / the file is "
                        "empty; its first row names the columns");
    }
    BUS_TRY(rc);
    s->n = s->row.n;
    size_t known = 0;
    for (size_t i = 0; i < s->n; i++) {
        known += intake_csv_import_names_column(s, s->row.field[i]);
    }
    if (known < SHEET_HEADS_MIN || ends_in_cr(text)) {
        s->n = 0; /* nothing of it is repeated */
        say_no_header(s, ret_faults);
        return BUS_OK;
    }
    for (size_t i = 0; i < s->n; i++) {
        struct bus_strv name = intake_csv_import_trim(s->row.field[i]);
        s->header[i] = bus_arena_strndup(&s->mem, name.p, name.n);
        if (s->header[i] == NULL) {
            return bus_fail(err, BUS_ENOMEM, "the columns");
        }
    }
    intake_csv_import_name_columns(s, ret_faults);
    return BUS_OK;
}

void intake_csv_import_close(struct csv_import *s)
{
    if (s != NULL && s->config != NULL) {
        bus_arena_fini(&s->mem);
    }
}
