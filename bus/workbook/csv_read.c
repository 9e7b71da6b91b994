#include "bus/workbook/csv_read.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "bus/base/charset.h"

#define READ_BYTES 65536

/* --- the bytes --- */

static int too_large(struct bus_err *err)
{
    return bus_fail(err, BUS_ETOOBIG,
                    "文件超过%u MiB, 请拆分 / the file is larger than %u MiB; "
                    "divide it",
                    CSV_FILE_MAX >> 20, CSV_FILE_MAX >> 20);
}

static int csv_read_all(FILE *file, struct bus_buf *b, struct bus_err *err)
{
    size_t n;
    do {
        uint8_t *to = bus_buf_reserve(b, READ_BYTES);
        if (to == NULL) {
            return too_large(err);
        }
        n = fread(to, 1, READ_BYTES, file);
        b->len += n;
    } while (n > 0);
    return ferror(file) ? bus_fail(err, BUS_EIO, "the file cannot be read")
                        : BUS_OK;
}

static size_t csv_line_of(const struct bus_buf *b, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at && i < b->len; i++) {
        line += b->data[i] == '\n';
    }
    return line;
}

static int
from_gb18030(struct bus_buf *b, struct bus_buf *out, struct bus_err *err)
{
    size_t at = 0;
    int rc =
        bus_charset_decode(BUS_CHARSET_GB18030, bus_buf_view(b), out, &at, err);
    return rc == BUS_OK || rc == BUS_ETOOBIG
               ? rc
               : bus_fail(err, BUS_EPARSE,
                          "第%zu行 line %zu: 既非 UTF-8 也非 GB18030, 请另存为 "
                          "CSV UTF-8 / neither UTF-8 nor GB18030; save the "
                          "list as CSV UTF-8",
                          csv_line_of(b, at), csv_line_of(b, at));
}

/* What people save instead of a CSV; NULL: none of these. */
static const char *known_format(const struct bus_buf *b)
{
    static const struct
    {
        const char *first;
        size_t n;
        const char *what;
    } formats[] = {
        {"PK\x03\x04", 4,
         "这是 Excel 工作簿(.xlsx), 请另存为 CSV UTF-8 / this is an Excel "
         "workbook (.xlsx); save the list as CSV UTF-8"},
        {"\xd0\xcf\x11\xe0", 4,
         "这是 Excel 97-2003 工作簿(.xls), 请另存为 CSV UTF-8 / this is an "
         "Excel 97-2003 workbook (.xls); save the list as CSV UTF-8"},
        {"%PDF", 4,
         "这是 PDF, 请另存为 CSV UTF-8 / this is a PDF; save the list as CSV "
         "UTF-8"},
    };
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (b->len >= formats[i].n &&
            memcmp(b->data, formats[i].first, formats[i].n) == 0) {
            return formats[i].what;
        }
    }
    return NULL;
}

/* UTF-16, or bytes that are no text; *ret_line: where. */
static const char *not_text(const struct bus_buf *b, size_t *ret_line)
{
    *ret_line = 1;
    const uint8_t *nul = b->len > 0 ? memchr(b->data, 0, b->len) : NULL;
    bool marked = b->len >= 2 && ((b->data[0] == 0xff && b->data[1] == 0xfe) ||
                                  (b->data[0] == 0xfe && b->data[1] == 0xff));
    if (marked && (memmem(b->data, b->len, "\t\0", 2) != NULL ||
                   memmem(b->data, b->len, "\0\t", 2) != NULL)) {
        return "这是以制表符分隔的 UTF-16 文本(Excel 的\"Unicode 文本\"), "
               "请另存为 CSV UTF-8(逗号分隔) / this is UTF-16 separated by "
               "tabs (Excel's \"Unicode text\"); save the list as CSV UTF-8 "
               "(comma delimited)";
    }
    if (marked) {
        return "这是 UTF-16, 请另存为 CSV UTF-8 / this is UTF-16; save the "
               "list as CSV UTF-8";
    }
    if (nul == NULL) {
        return NULL;
    }
    *ret_line = csv_line_of(b, (size_t)(nul - b->data));
    return "这不是文本, 请另存为 CSV UTF-8 / this is UTF-16 or no text; save "
           "the list as CSV UTF-8";
}

static int csv_text_of(struct bus_buf *b,
                       struct bus_buf *ret,
                       const char **ret_encoding,
                       struct bus_err *err)
{
    size_t line = 0;
    const char *other = known_format(b);
    if (other != NULL) {
        return bus_fail(err, BUS_EPARSE, "%s", other);
    }
    other = not_text(b, &line);
    if (other != NULL) {
        return bus_fail(err, BUS_EPARSE, "第%zu行 line %zu: %s", line, line,
                        other);
    }
    size_t mark =
        b->len >= 3 && memcmp(b->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (b->len > 0 && !bus_utf8_valid((char *)b->data, b->len)) {
        *ret_encoding = "GB18030";
        return from_gb18030(b, ret, err);
    }
    *ret_encoding = "UTF-8";
    bus_buf_put(ret, b->data + mark, b->len - mark);
    return ret->failed ? bus_fail(err, BUS_ENOMEM, "the file") : BUS_OK;
}

int bus_workbook_csv_load(FILE *file,
                          struct bus_buf *ret,
                          const char **ret_encoding,
                          struct bus_err *err)
{
    struct bus_buf b;
    int rc;
    bus_buf_init(&b, CSV_FILE_MAX + READ_BYTES);
    bus_buf_init(ret, 0);
    BUS_TRY_GOTO(rc, csv_read_all(file, &b, err), done);
    if (b.len > CSV_FILE_MAX) {
        rc = too_large(err);
        goto done;
    }
    rc = csv_text_of(&b, ret, ret_encoding, err);
done:
    bus_buf_fini(&b);
    if (rc != BUS_OK) {
        bus_buf_fini(ret);
    }
    return rc;
}

/* --- rows --- */

static int row_bad(struct csv *c,
                   const struct csv_row *row,
                   const char *zh,
                   const char *en,
                   struct bus_err *err)
{
    c->wrong = (struct csv_wrong){c->line, row->n + 1, zh, en};
    return bus_fail(err, BUS_EPARSE, "line %zu, column %zu: %s", c->line,
                    row->n + 1, en);
}

/* c->at is behind the opening quote. */
static int field_quoted(struct csv *c,
                        struct bus_arena *mem,
                        const struct csv_row *row,
                        struct bus_strv *ret,
                        struct bus_err *err)
{
    const char *p = c->text.p;
    size_t from = c->at, doubled = 0;
    for (; c->at < c->text.n; c->at++) {
        if (p[c->at] == '\n') {
            c->line++;
        }
        if (p[c->at] != '"') {
            continue;
        }
        if (c->at + 1 >= c->text.n || p[c->at + 1] != '"') {
            break;
        }
        doubled++;
        c->at++;
    }
    if (c->at >= c->text.n) {
        c->line = row->line;
        return row_bad(c, row, "引号没有结束; 文件是否被截断?",
                       "a quoted field that does not end; is the file cut?",
                       err);
    }
    size_t n = c->at - from;
    c->at++;
    *ret = (struct bus_strv){p + from, n};
    if (doubled == 0) {
        return BUS_OK;
    }
    char *to = bus_arena_alloc(mem, n);
    if (to == NULL) {
        return row_bad(c, row, "过长", "too long", err);
    }
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        to[k++] = p[from + i];
        i += p[from + i] == '"';
    }
    *ret = (struct bus_strv){to, k};
    return BUS_OK;
}

static int field_plain(struct csv *c,
                       const struct csv_row *row,
                       struct bus_strv *ret,
                       struct bus_err *err)
{
    size_t from = c->at;
    while (c->at < c->text.n && c->text.p[c->at] != ',' &&
           c->text.p[c->at] != '\n') {
        if (c->text.p[c->at] == '"') {
            return row_bad(
                c, row, "单元格中间有引号; 请在两端加引号, 内部引号写两次",
                "a quote inside a field that does not begin with one; "
                "write \"...\" around it and double the quotes inside",
                err);
        }
        c->at++;
    }
    size_t to = c->at;
    to -= to > from && c->text.p[to - 1] == '\r' &&
          (to == c->text.n || c->text.p[to] == '\n');
    *ret = (struct bus_strv){c->text.p + from, to - from};
    return BUS_OK;
}

/* Behind a field: true if another one follows. */
static int field_end(struct csv *c,
                     const struct csv_row *row,
                     bool *ret_more,
                     struct bus_err *err)
{
    const char *p = c->text.p + c->at;
    size_t left = c->text.n - c->at;
    *ret_more = left > 0 && *p == ',';
    if (*ret_more) {
        c->at++;
        return BUS_OK;
    }
    size_t end = left > 0 && *p == '\r' ? 1 : 0;
    if (left > end && p[end] != '\n') {
        return row_bad(c, row, "引号结束后还有内容",
                       "something behind the closing quote", err);
    }
    c->at += end + (left > end);
    return BUS_OK;
}

/* Behind a row that is none: the line after the one it began on. What a quote
 * that was never meant as one has swallowed is read again. */
static void row_skip(struct csv *c, const struct csv_row *row, size_t begun)
{
    const char *p = c->text.p + begun;
    const char *end = memchr(p, '\n', c->text.n - begun);
    c->at = end == NULL ? c->text.n : begun + (size_t)(end - p) + 1;
    c->line = row->line + 1;
}

static int row_read(struct csv *c,
                    struct bus_arena *mem,
                    struct csv_row *ret,
                    struct bus_err *err)
{
    for (bool more = true; more; ret->n++) {
        if (ret->n == CSV_COLUMNS_MAX) {
            return row_bad(c, ret, "一行最多256列",
                           "a row has at most 256 columns", err);
        }
        struct bus_strv *f = &ret->field[ret->n];
        bool quote = c->at < c->text.n && c->text.p[c->at] == '"';
        c->at += quote;
        BUS_TRY(quote ? field_quoted(c, mem, ret, f, err)
                      : field_plain(c, ret, f, err));
        BUS_TRY(field_end(c, ret, &more, err));
        if (f->n > CSV_FIELD_MAX) {
            return row_bad(c, ret, "单元格最多4096字节",
                           "a field has at most 4096 bytes", err);
        }
    }
    return BUS_OK;
}

int bus_workbook_csv_next(struct csv *c,
                          struct bus_arena *mem,
                          struct csv_row *ret,
                          struct bus_err *err)
{
    c->line = c->line == 0 ? 1 : c->line;
    while (c->at < c->text.n &&
           (c->text.p[c->at] == '\n' || c->text.p[c->at] == '\r')) {
        c->line += c->text.p[c->at++] == '\n';
    }
    if (c->at >= c->text.n) {
        return bus_fail(err, BUS_EAGAIN, "the end of the file");
    }
    size_t begun = c->at;
    ret->line = ret->last_line = c->line;
    ret->n = 0;
    int rc = row_read(c, mem, ret, err);
    if (rc != BUS_OK) {
        row_skip(c, ret, begun);
        return rc;
    }
    ret->last_line = c->line;
    c->line++; /* the line end that field_end() took */
    return BUS_OK;
}
