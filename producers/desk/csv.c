#include "producers/desk/csv.h"

#include <stdio.h>

#include "bus/web/page.h"

void desk_csv_answer(struct bus_run_http_request *rq,
                     const struct bus_buf *out,
                     const char *name)
{
    char says[128];
    (void)snprintf(says, sizeof(says), "attachment; filename=\"%.64s\"", name);
    bus_web_page_headers(rq);
    bus_run_http_set(rq, "Cache-Control", "no-store");
    if (out->failed) {
        bus_run_http_problem(rq, 503, "no memory at the moment; again later",
                             "内存不足, 请稍后再试");
        return;
    }
    bus_run_http_set(rq, "Content-Disposition", says);
    bus_run_http_answer(rq, 200, "text/csv; charset=utf-8", out->data,
                        out->len);
}
