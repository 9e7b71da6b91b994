#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/workbook/csv_read.h"
#include "bus/workbook/workbook_parts.h"

#define NO_TABLE "文件不能读出: 须为 XLSX 工作簿, 或 UTF-8、GB18030 的 CSV"

static bool zip_begins(struct bus_strv bytes)
{
    return bytes.n >= 4 && memcmp(bytes.p, "PK\x03\x04", 4) == 0;
}

static int csv_row_keep(const struct csv_row *from,
                        struct bus_arena *mem,
                        struct bus_workbook_row *to,
                        struct bus_err *err)
{
    size_t n =
        from->n < BUS_WORKBOOK_COLUMNS_MAX ? from->n : BUS_WORKBOOK_COLUMNS_MAX;
    to->line = from->line;
    for (size_t i = 0; i < n; i++) {
        struct bus_strv f = from->field[i];
        /* What csv_write.c has put before a text like a formula. */
        if (f.n >= 2 && f.p[0] == '\'' && strchr("=+-@\t\r", f.p[1]) != NULL) {
            f = (struct bus_strv){f.p + 1, f.n - 1};
        }
        to->cell[i].p = bus_arena_strndup(mem, f.p, f.n);
        to->cell[i].n = f.n;
        if (to->cell[i].p == NULL) {
            return bus_fail(err, BUS_ENOMEM, "a table's cell");
        }
        to->n = f.n > 0 ? i + 1 : to->n;
    }
    return BUS_OK;
}

static int csv_rows_read(struct bus_strv text,
                         struct bus_arena *mem,
                         struct bus_workbook_rows *ret,
                         struct bus_err *err)
{
    struct csv c = {.text = text};
    struct csv_row *row = bus_arena_alloc(mem, sizeof(*row));
    size_t room = 0;
    int rc;
    if (row == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a table's row");
    }
    while ((rc = bus_workbook_csv_next(&c, mem, row, err)) == BUS_OK) {
        struct bus_workbook_row *r = workbook_rows_add(ret, &room, mem, err);
        if (r == NULL) {
            return bus_wrap(err, "a CSV");
        }
        BUS_TRY(csv_row_keep(row, mem, r, err));
        ret->n -= r->n == 0;
    }
    if (rc == BUS_EPARSE) {
        return workbook_wrong(
            ret, BUS_EPARSE,
            &(struct bus_workbook_wrong){c.wrong.line, c.wrong.column,
                                         "NO_TABLE", c.wrong.zh, c.wrong.en},
            err);
    }
    return rc == BUS_EAGAIN ? BUS_OK : rc;
}

static int csv_read(struct bus_strv bytes,
                    struct bus_arena *mem,
                    struct bus_workbook_rows *ret,
                    struct bus_err *err)
{
    struct bus_buf text = {0};
    const char *encoding = "";
    FILE *f = fmemopen((void *)(uintptr_t)bytes.p, bytes.n, "rb");
    if (f == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a CSV");
    }
    int rc = bus_workbook_csv_load(f, &text, &encoding, err);
    (void)fclose(f);
    if (rc == BUS_EPARSE || rc == BUS_ETOOBIG) {
        return workbook_wrong(
            ret, (enum bus_errc)rc,
            &(struct bus_workbook_wrong){
                .code = "NO_TABLE",
                .zh = NO_TABLE,
                .en = "must be an XLSX workbook, or CSV in UTF-8 or GB18030"},
            err);
    }
    if (rc == BUS_OK) {
        rc = csv_rows_read(bus_buf_view(&text), mem, ret, err);
    }
    bus_buf_fini(&text);
    return rc;
}

int bus_workbook_read(struct bus_strv bytes,
                      struct bus_arena *mem,
                      struct bus_workbook_rows *ret,
                      struct bus_err *err)
{
    BUS_CHECK(mem != NULL && ret != NULL);
    *ret = (struct bus_workbook_rows){0};
    if (bytes.n == 0) {
        return BUS_OK;
    }
    return zip_begins(bytes) ? workbook_xlsx_read(bytes, mem, ret, err)
                             : csv_read(bytes, mem, ret, err);
}
