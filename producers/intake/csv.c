#include "producers/intake/csv.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define READ_BYTES 65536

/* --- the bytes --- */

static int csv_read_all(FILE *file, struct bus_buf *b, struct bus_err *err)
{
    size_t n;
    do {
        uint8_t *to = bus_buf_reserve(b, READ_BYTES);
        if (to == NULL) {
            return bus_fail(err, BUS_ETOOBIG,
                            "the file is larger than %u MiB; divide it",
                            CSV_FILE_MAX >> 20);
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
    iconv_t cd = iconv_open("UTF-8", "GB18030");
    uint8_t *to = bus_buf_reserve(out, b->len * 2 + 16);
    if (cd == (iconv_t)-1 || to == NULL) {
        if (cd != (iconv_t)-1) {
            (void)iconv_close(cd);
        }
        return bus_fail(err, BUS_EPARSE,
                        "the file is not UTF-8, and GB18030 cannot be read on "
                        "this machine");
    }
    char *in = (char *)b->data, *at = (char *)to;
    size_t left = b->len, room = b->len * 2 + 16;
    size_t rc = iconv(cd, &in, &left, &at, &room);
    (void)iconv_close(cd);
    if (rc == (size_t)-1 || left > 0) {
        return bus_fail(err, BUS_EPARSE,
                        "line %zu: neither UTF-8 nor GB18030; save the list as "
                        "CSV UTF-8",
                        csv_line_of(b, b->len - left));
    }
    out->len = (size_t)(at - (char *)to);
    return BUS_OK;
}

int intake_csv_load(FILE *file,
                    struct bus_buf *ret,
                    const char **ret_encoding,
                    struct bus_err *err)
{
    struct bus_buf b;
    bus_buf_init(&b, CSV_FILE_MAX + READ_BYTES);
    bus_buf_init(ret, 0);
    int rc = csv_read_all(file, &b, err);
    if (rc == BUS_OK && b.len > CSV_FILE_MAX) {
        rc = bus_fail(err, BUS_ETOOBIG,
                      "the file is larger than %u MiB; divide it",
                      CSV_FILE_MAX >> 20);
    }
    bool marked16 = b.len >= 2 && ((b.data[0] == 0xff && b.data[1] == 0xfe) ||
                                   (b.data[0] == 0xfe && b.data[1] == 0xff));
    const uint8_t *nul = b.len > 0 ? memchr(b.data, 0, b.len) : NULL;
    if (rc == BUS_OK && (marked16 || nul != NULL)) {
        rc = bus_fail(err, BUS_EPARSE,
                      "line %zu: this is UTF-16 or no text; save the list as "
                      "CSV UTF-8",
                      marked16 ? 1 : csv_line_of(&b, (size_t)(nul - b.data)));
    }
    size_t mark = b.len >= 3 && memcmp(b.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    bool utf8 = b.len == 0 || bus_utf8_valid((char *)b.data, b.len);
    *ret_encoding = utf8 ? "UTF-8" : "GB18030";
    if (rc == BUS_OK && utf8) {
        bus_buf_put(ret, b.data + mark, b.len - mark);
        rc = ret->failed ? bus_fail(err, BUS_ENOMEM, "the file") : BUS_OK;
    } else if (rc == BUS_OK) {
        rc = from_gb18030(&b, ret, err);
    }
    bus_buf_fini(&b);
    if (rc != BUS_OK) {
        bus_buf_fini(ret);
    }
    return rc;
}

/* --- rows --- */

static int csv_bad(const struct csv *c,
                   const struct csv_row *row,
                   const char *what,
                   struct bus_err *err)
{
    return bus_fail(err, BUS_EPARSE, "line %zu, column %zu: %s", c->line,
                    row->n + 1, what);
}

/* c->at is behind the opening quote. */
static int csv_quoted(struct csv *c,
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
        return csv_bad(
            c, row, "a quoted field that does not end; is the file cut?", err);
    }
    size_t n = c->at - from;
    c->at++;
    *ret = (struct bus_strv){p + from, n};
    if (doubled == 0) {
        return BUS_OK;
    }
    char *to = bus_arena_alloc(mem, n);
    if (to == NULL) {
        return csv_bad(c, row, "too long", err);
    }
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        to[k++] = p[from + i];
        i += p[from + i] == '"';
    }
    *ret = (struct bus_strv){to, k};
    return BUS_OK;
}

static int csv_plain(struct csv *c,
                     const struct csv_row *row,
                     struct bus_strv *ret,
                     struct bus_err *err)
{
    size_t from = c->at;
    while (c->at < c->text.n && c->text.p[c->at] != ',' &&
           c->text.p[c->at] != '\n') {
        if (c->text.p[c->at] == '"') {
            return csv_bad(
                c, row,
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
static int separator(struct csv *c,
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
        return csv_bad(c, row, "something behind the closing quote", err);
    }
    c->at += end + (left > end);
    return BUS_OK;
}

int intake_csv_next(struct csv *c,
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
    ret->line = c->line;
    ret->n = 0;
    bool more = true;
    while (more) {
        if (ret->n == CSV_COLUMNS_MAX) {
            return csv_bad(c, ret, "a row has at most 256 columns", err);
        }
        struct bus_strv *f = &ret->field[ret->n];
        bool quote = c->at < c->text.n && c->text.p[c->at] == '"';
        c->at += quote;
        int rc =
            quote ? csv_quoted(c, mem, ret, f, err) : csv_plain(c, ret, f, err);
        rc = rc ? rc : separator(c, ret, &more, err);
        if (rc == BUS_OK && f->n > CSV_FIELD_MAX) {
            rc = csv_bad(c, ret, "a field has at most 4096 bytes", err);
        }
        if (rc != BUS_OK) {
            return rc;
        }
        ret->n++;
    }
    ret->last_line = c->line;
    c->line++; /* the line end that separator() took */
    return BUS_OK;
}
