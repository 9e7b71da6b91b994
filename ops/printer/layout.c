/* A4 with Chinese in it. One column of parts from top to bottom; what does not
 * fit begins the next page. */
#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>
#include <string.h>

#include "ops/printer/page.h"

#define A4_WIDTH  595.276 /* points */
#define A4_HEIGHT 841.890
#define MARGIN    51.0
#define WIDTH     (A4_WIDTH - 2 * MARGIN)
#define FOOT      28.0 /* kept free for the last line */
#define FONT      "WenQuanYi Micro Hei"
#define CELL      4.0 /* inside a table's line */
#define CODE      96.0

enum size {
    SIZE_TITLE = 18,
    SIZE_HEADING = 12,
    SIZE_TEXT = 10,
    SIZE_SMALL = 8
};

struct sheet
{
    const json_t *document;
    struct bus_buf *out;
    cairo_t *c;
    PangoLayout *layout;
    double y;
    int page;
    bool too_long;
};

static cairo_status_t
layout_write(void *data, const unsigned char *bytes, unsigned int n)
{
    struct bus_buf *out = data;
    bus_buf_put(out, bytes, n);
    return out->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

/* Sets the text; its height. */
static double
layout_set(struct sheet *s, const char *text, enum size size, double width)
{
    PangoFontDescription *font = pango_font_description_from_string(FONT);
    int height = 0;
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(s->layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(s->layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(s->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(s->layout, text, -1);
    pango_layout_get_size(s->layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

static void layout_show(struct sheet *s, double x, double y)
{
    cairo_move_to(s->c, x, y);
    pango_cairo_show_layout(s->c, s->layout);
}

static void layout_foot(struct sheet *s)
{
    char number[32];
    (void)snprintf(number, sizeof(number), "- %d -", s->page);
    pango_layout_set_alignment(s->layout, PANGO_ALIGN_CENTER);
    (void)layout_set(s, number, SIZE_SMALL, WIDTH);
    layout_show(s, MARGIN, A4_HEIGHT - MARGIN + 8);
    pango_layout_set_alignment(s->layout, PANGO_ALIGN_LEFT);
}

/* Room for so much, on this page or on the next; true: it is the next. */
static bool layout_room(struct sheet *s, double height)
{
    if (s->y + height <= A4_HEIGHT - MARGIN - FOOT || s->y <= MARGIN) {
        return false;
    }
    layout_foot(s);
    cairo_show_page(s->c);
    s->page++;
    s->too_long = s->page > PRINTER_PAGES_MAX;
    s->y = MARGIN;
    return true;
}

static void layout_text(struct sheet *s,
                        const char *text,
                        enum size size,
                        PangoAlignment align)
{
    if (text[0] == '\0') {
        return;
    }
    pango_layout_set_alignment(s->layout, align);
    double height = layout_set(s, text, size, WIDTH);
    (void)layout_room(s, height);
    layout_set(s, text, size, WIDTH);
    layout_show(s, MARGIN, s->y);
    pango_layout_set_alignment(s->layout, PANGO_ALIGN_LEFT);
    s->y += height + 4;
}

static double shares_of(const json_t *columns)
{
    size_t i;
    json_t *column;
    double sum = 0;
    json_array_foreach(columns, i, column)
    {
        sum += json_number_value(json_object_get(column, "share"));
    }
    return sum > 0 ? sum : 1;
}

static const char *cell_text(const json_t *cell)
{
    const char *t = json_is_object(cell) ? cli_printer_text(cell, "title")
                                         : json_string_value(cell);
    return t != NULL ? t : "";
}

/* Its height; with draw it is drawn at y. */
static double layout_line(struct sheet *s,
                          const json_t *columns,
                          const json_t *cells,
                          bool draw,
                          double height)
{
    double sum = shares_of(columns), x = MARGIN, most = 0;
    size_t i;
    json_t *cell;
    json_array_foreach(cells, i, cell)
    {
        const json_t *column = json_array_get(columns, i);
        double share = json_number_value(json_object_get(column, "share"));
        double width = WIDTH * share / sum;
        bool right = json_is_true(json_object_get(column, "right"));
        pango_layout_set_alignment(s->layout, right ? PANGO_ALIGN_RIGHT
                                                    : PANGO_ALIGN_LEFT);
        double h = layout_set(s, cell_text(cell), SIZE_TEXT, width - 2 * CELL);
        most = h > most ? h : most;
        if (draw) {
            layout_show(s, x + CELL, s->y + CELL / 2);
            cairo_rectangle(s->c, x, s->y, width, height);
            cairo_stroke(s->c);
        }
        x += width;
    }
    pango_layout_set_alignment(s->layout, PANGO_ALIGN_LEFT);
    return most + CELL;
}

static void layout_table(struct sheet *s, const json_t *part)
{
    const json_t *columns = json_object_get(part, "columns");
    size_t i;
    json_t *row;
    if (columns == NULL) {
        return;
    }
    cairo_set_line_width(s->c, 0.5);
    double head = layout_line(s, columns, columns, false, 0);
    (void)layout_room(s, head * 2);
    (void)layout_line(s, columns, columns, true, head);
    s->y += head;
    json_array_foreach(json_object_get(part, "rows"), i, row)
    {
        double h = layout_line(s, columns, row, false, 0);
        if (layout_room(s, h)) {
            (void)layout_line(s, columns, columns, true, head);
            s->y += head;
        }
        (void)layout_line(s, columns, row, true, h);
        s->y += h;
    }
    s->y += 8;
}

static int layout_code(struct sheet *s, struct bus_err *err)
{
    const char *text = cli_printer_text(s->document, "code");
    if (text[0] == '\0') {
        return BUS_OK;
    }
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (code == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a code of %zu bytes", strlen(text));
    }
    (void)layout_room(s, CODE);
    double module = CODE / code->width;
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            if ((code->data[y * code->width + x] & 1) != 0) {
                cairo_rectangle(s->c, MARGIN + x * module, s->y + y * module,
                                module, module);
            }
        }
    }
    cairo_fill(s->c);
    QRcode_free(code);
    (void)layout_set(s, cli_printer_text(s->document, "code_text"), SIZE_SMALL,
                     WIDTH - CODE - 12);
    layout_show(s, MARGIN + CODE + 12, s->y);
    s->y += CODE + 8;
    return BUS_OK;
}

static int layout_parts(struct sheet *s, struct bus_err *err)
{
    size_t i;
    json_t *part;
    layout_text(s, cli_printer_text(s->document, "title"), SIZE_TITLE,
                PANGO_ALIGN_CENTER);
    layout_text(s, cli_printer_text(s->document, "under"), SIZE_TEXT,
                PANGO_ALIGN_CENTER);
    json_array_foreach(json_object_get(s->document, "parts"), i, part)
    {
        layout_text(s, cli_printer_text(part, "heading"), SIZE_HEADING,
                    PANGO_ALIGN_LEFT);
        layout_text(s, cli_printer_text(part, "text"), SIZE_TEXT,
                    PANGO_ALIGN_LEFT);
        layout_table(s, part);
    }
    BUS_TRY(layout_code(s, err));
    layout_text(s, cli_printer_text(s->document, "foot"), SIZE_SMALL,
                PANGO_ALIGN_LEFT);
    layout_foot(s);
    return s->too_long ? bus_fail(err, BUS_ETOOBIG, "more than %d pages",
                                  PRINTER_PAGES_MAX)
                       : BUS_OK;
}

int cli_printer_pdf(const json_t *document,
                    struct bus_buf *out,
                    struct bus_err *err)
{
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
        layout_write, out, A4_WIDTH, A4_HEIGHT);
    struct sheet s = {.document = document,
                      .out = out,
                      .c = cairo_create(surface),
                      .y = MARGIN,
                      .page = 1};
    s.layout = pango_cairo_create_layout(s.c);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE,
                                   cli_printer_text(document, "title"));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   cli_printer_text(document, "made_at"));
    int rc = layout_parts(&s, err);
    g_object_unref(s.layout);
    cairo_destroy(s.c);
    cairo_surface_finish(surface);
    cairo_status_t status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    BUS_TRY(rc);
    return status == CAIRO_STATUS_SUCCESS && !out->failed
               ? BUS_OK
               : bus_fail(err, BUS_ENOMEM, "a page: %s",
                          cairo_status_to_string(status));
}
