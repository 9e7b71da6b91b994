#include "ops/printer/page.h"

#include <qrencode.h>
#include <string.h>

#define QUIET 4 /* modules of white around a code */

const char *cli_printer_text(const json_t *object, const char *key)
{
    const char *v = json_string_value(json_object_get(object, key));
    return v != NULL ? v : "";
}

static void html_text(struct bus_buf *out, const char *s)
{
    for (; *s != '\0'; s++) {
        switch (*s) {
        case '<':
            bus_buf_puts(out, "&lt;");
            break;
        case '&':
            bus_buf_puts(out, "&amp;");
            break;
        case '"':
            bus_buf_puts(out, "&quot;");
            break;
        default:
            bus_buf_putc(out, (uint8_t)*s);
        }
    }
}

static void
html_tag(struct bus_buf *out, const char *tag, const char *how, const char *s)
{
    if (s[0] == '\0') {
        return;
    }
    bus_buf_printf(out, "<%s%s>", tag, how);
    html_text(out, s);
    bus_buf_printf(out, "</%s>\n", tag);
}

static void html_row(struct bus_buf *out,
                     const char *tag,
                     const json_t *columns,
                     const json_t *cells)
{
    size_t i;
    json_t *cell;
    bus_buf_puts(out, "<tr>");
    json_array_foreach(cells, i, cell)
    {
        const json_t *right =
            json_object_get(json_array_get(columns, i), "right");
        bus_buf_printf(out, "<%s%s>", tag,
                       json_is_true(right) ? " class=\"r\"" : "");
        html_text(out, json_is_object(cell) ? cli_printer_text(cell, "title")
                                            : json_string_value(cell));
        bus_buf_printf(out, "</%s>", tag);
    }
    bus_buf_puts(out, "</tr>\n");
}

static void html_table(struct bus_buf *out, const json_t *part)
{
    const json_t *columns = json_object_get(part, "columns");
    size_t i;
    json_t *row;
    if (columns == NULL) {
        return;
    }
    bus_buf_puts(out, "<table>\n");
    html_row(out, "th", columns, columns);
    json_array_foreach(json_object_get(part, "rows"), i, row)
    {
        html_row(out, "td", columns, row);
    }
    bus_buf_puts(out, "</table>\n");
}

static int
html_code(struct bus_buf *out, const json_t *document, struct bus_err *err)
{
    const char *text = cli_printer_text(document, "code");
    if (text[0] == '\0') {
        return BUS_OK;
    }
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (code == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a code of %zu bytes", strlen(text));
    }
    int side = code->width + 2 * QUIET;
    bus_buf_printf(out,
                   "<svg viewBox=\"0 0 %d %d\" width=\"120\" height=\"120\" "
                   "role=\"img\"><path d=\"",
                   side, side);
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            if ((code->data[y * code->width + x] & 1) != 0) {
                bus_buf_printf(out, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
            }
        }
    }
    bus_buf_puts(out, "\"/></svg>\n");
    QRcode_free(code);
    html_tag(out, "p", " class=\"s\"", cli_printer_text(document, "code_text"));
    return BUS_OK;
}

int cli_printer_html(const json_t *document,
                     struct bus_buf *out,
                     struct bus_err *err)
{
    static const char head[] =
        "<!DOCTYPE html>\n<html lang=\"zh\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<style>body{"
        "font-family:sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
        "table{border-collapse:collapse;width:100%}th,td{border:1px solid "
        "#666;padding:.2em .5em;text-align:left}.r{text-align:right}.s{"
        "font-size:.8em;word-break:break-all}</style>\n";
    size_t i;
    json_t *part;
    bus_buf_puts(out, head);
    html_tag(out, "title", "", cli_printer_text(document, "title"));
    bus_buf_puts(out, "</head><body>\n");
    html_tag(out, "h1", "", cli_printer_text(document, "title"));
    html_tag(out, "p", "", cli_printer_text(document, "under"));
    json_array_foreach(json_object_get(document, "parts"), i, part)
    {
        html_tag(out, "h2", "", cli_printer_text(part, "heading"));
        html_tag(out, "p", "", cli_printer_text(part, "text"));
        html_table(out, part);
    }
    BUS_TRY(html_code(out, document, err));
    html_tag(out, "p", " class=\"s\"", cli_printer_text(document, "foot"));
    bus_buf_puts(out, "</body></html>\n");
    return out->failed ? bus_fail(err, BUS_ENOMEM, "a page") : BUS_OK;
}
