#include "producers/desk/csv.h"

#include <stdio.h>
#include <string.h>

#include "bus/web/page.h"

void desk_csv_begin(struct bus_buf *out)
{
    bus_buf_puts(out, "\xef\xbb\xbf");
}

static void csv_field(struct bus_buf *out, const char *text)
{
    bus_buf_putc(out, '"');
    if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL) {
        bus_buf_putc(out, '\'');
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"') {
            bus_buf_putc(out, '"');
        }
        bus_buf_putc(out, (uint8_t)*c);
    }
    bus_buf_putc(out, '"');
}

void desk_csv_row(struct bus_buf *out, const char *const *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            bus_buf_putc(out, ',');
        }
        csv_field(out, fields[i] != NULL ? fields[i] : "");
    }
    bus_buf_puts(out, "\r\n");
}

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
