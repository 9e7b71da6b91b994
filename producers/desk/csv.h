/* A table as CSV (RFC 4180) that a spreadsheet opens: UTF-8 with its mark,
 * every field in quotes. What a spreadsheet would take for a formula (= + - @,
 * a tab, a return at the beginning) has a ' before it: a name must not become a
 * command on an officer's computer. */
#ifndef PRODUCERS_DESK_CSV_H
#define PRODUCERS_DESK_CSV_H

#include "bus/base/buf.h"
#include "bus/run/http.h"

void desk_csv_begin(struct bus_buf *out);
/* A row of n texts (NULL: ""). */
void desk_csv_row(struct bus_buf *out, const char *const *fields, size_t n);
/* Answers with it as `name`, to be saved; 503 when memory was out. */
void desk_csv_answer(struct bus_run_http_request *rq,
                     const struct bus_buf *out,
                     const char *name);

#endif
