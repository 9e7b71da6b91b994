#include <string.h>

#include "bus/base/check.h"
#include "bus/workbook/workbook_parts.h"

#define ROWS_FIRST 64

int workbook_wrong(struct bus_workbook_rows *rows,
                   enum bus_errc code,
                   const struct bus_workbook_wrong *wrong,
                   struct bus_err *err)
{
    BUS_CHECK(wrong->code != NULL && wrong->zh != NULL && wrong->en != NULL);
    rows->wrong = *wrong;
    return bus_fail(err, code, "line %zu, column %zu: %s", wrong->line,
                    wrong->column, wrong->en);
}

struct bus_workbook_row *workbook_rows_add(struct bus_workbook_rows *rows,
                                           size_t *room,
                                           struct bus_arena *mem,
                                           struct bus_err *err)
{
    BUS_CHECK(rows->n <= *room);
    if (rows->n == BUS_WORKBOOK_ROWS_MAX) {
        (void)workbook_wrong(
            rows, BUS_ETOOBIG,
            &(struct bus_workbook_wrong){.code = "TOO_MANY_ROWS",
                                         .zh = "最多20000行, 请拆分",
                                         .en = "at most 20000 rows; divide it"},
            err);
        return NULL;
    }
    if (rows->n == *room) {
        size_t more = *room > 0 ? *room * 2 : ROWS_FIRST;
        struct bus_workbook_row *v =
            bus_arena_calloc(mem, more, sizeof(*rows->v));
        if (v == NULL) {
            (void)bus_fail(err, BUS_ENOMEM, "a table's rows");
            return NULL;
        }
        if (rows->n > 0) {
            memcpy(v, rows->v, rows->n * sizeof(*v));
        }
        rows->v = v;
        *room = more;
    }
    struct bus_workbook_row *r = &rows->v[rows->n];
    *r = (struct bus_workbook_row){
        .cell =
            bus_arena_calloc(mem, BUS_WORKBOOK_COLUMNS_MAX, sizeof(*r->cell))};
    if (r->cell == NULL) {
        (void)bus_fail(err, BUS_ENOMEM, "a table's row");
        return NULL;
    }
    rows->n++;
    return r;
}
