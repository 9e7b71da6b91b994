/* A table as CSV (RFC 4180) that a spreadsheet opens: UTF-8 with its mark,
 * every field in quotes. What a spreadsheet would take for a formula (= + - @,
 * a tab, a return at the beginning) has a ' before it: a name must not become a
 * command on an officer's computer. */
#ifndef BUS_WORKBOOK_CSV_WRITE_H
#define BUS_WORKBOOK_CSV_WRITE_H

#include "bus/base/buf.h"

void bus_workbook_csv_begin(struct bus_buf *out);
/* A row of n texts (NULL: ""). */
void bus_workbook_csv_row(struct bus_buf *out,
                          const char *const *fields,
                          size_t n);

#endif
