/* Inside the room. */
#ifndef BUS_WORKBOOK_WORKBOOK_PARTS_H
#define BUS_WORKBOOK_WORKBOOK_PARTS_H

#include "bus/workbook/workbook.h"

/* rows.c: adds an empty row; room: how many it has by now. NULL: see err. */
struct bus_workbook_row *workbook_rows_add(struct bus_workbook_rows *rows,
                                           size_t *room,
                                           struct bus_arena *mem,
                                           struct bus_err *err);
int workbook_wrong(struct bus_workbook_rows *rows,
                   enum bus_errc code,
                   const struct bus_workbook_wrong *wrong,
                   struct bus_err *err);
/* xlsx_read.c */
int workbook_xlsx_read(struct bus_strv bytes,
                       struct bus_arena *mem,
                       struct bus_workbook_rows *ret,
                       struct bus_err *err);

#endif
