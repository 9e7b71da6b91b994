/* A table (bus/workbook/csv_write.h) as an answer. */
#ifndef PRODUCERS_DESK_CSV_H
#define PRODUCERS_DESK_CSV_H

#include "bus/base/buf.h"
#include "bus/run/http.h"

/* Answers with it as `name`, to be saved; 503 when memory was out. */
void desk_csv_answer(struct bus_run_http_request *rq,
                     const struct bus_buf *out,
                     const char *name);

#endif
