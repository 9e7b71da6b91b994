#include "bus/workbook/csv_write.h"

#include <string.h>

void bus_workbook_csv_begin(struct bus_buf *out)
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

void bus_workbook_csv_row(struct bus_buf *out,
                          const char *const *fields,
                          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            bus_buf_putc(out, ',');
        }
        csv_field(out, fields[i] != NULL ? fields[i] : "");
    }
    bus_buf_puts(out, "\r\n");
}
