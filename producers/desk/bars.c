#include "producers/desk/bars.h"

#define BARS_WIDE  360 /* of the drawing; what it is scaled by is 1 or more */
#define BARS_FROM  110 /* the names end here */
#define BARS_LONG  130 /* the longest bar */
#define BARS_HIGH  26  /* a row */
#define BARS_BYTES (64u << 10)

static void bars_text(struct bus_web_page *p,
                      int x,
                      size_t row,
                      const char *anchor,
                      const char *text)
{
    bus_buf_printf(p->out,
                   "<text x=\"%d\" y=\"%zu\" text-anchor=\"%s\" "
                   "fill=\"currentColor\">",
                   x, row * BARS_HIGH + 18, anchor);
    bus_web_page_string(p, BUS_WEB_IN_TEXT, text);
    bus_buf_puts(p->out, "</text>");
}

/* Something is never drawn as nothing. */
static int64_t bars_length(int64_t n, int64_t most)
{
    int64_t length = n * BARS_LONG / most;
    return n > 0 && length == 0 ? 1 : length;
}

static void bars_row(const struct desk_visit *v,
                     struct bus_web_page *p,
                     const struct desk_office_row *r,
                     size_t row,
                     int64_t most)
{
    int64_t all = bars_length(r->waiting, most);
    int64_t late = bars_length(r->late, most);
    const struct bus_web_arg args[] = {bus_web_arg_number(r->waiting),
                                       bus_web_arg_number(r->late)};
    size_t y = row * BARS_HIGH + 4;
    bars_text(p, BARS_FROM - 8, row, "end", r->name);
    bus_buf_printf(p->out,
                   "<rect class=\"bar-all\" x=\"%d\" y=\"%zu\" width=\"%lld\" "
                   "height=\"%d\"/><rect x=\"%d\" y=\"%zu\" width=\"%lld\" "
                   "height=\"%d\" fill=\"url(#hatch)\"/>",
                   BARS_FROM, y, (long long)all, BARS_HIGH - 8, BARS_FROM, y,
                   (long long)late, BARS_HIGH - 8);
    bus_buf_printf(p->out, "<text x=\"%lld\" y=\"%zu\" fill=\"currentColor\">",
                   (long long)(BARS_FROM + all + 6), y + 14);
    bus_web_page_say(p, BUS_WEB_IN_TEXT, desk_word_of(v, DESK_WORD_BAR_NUMBERS),
                     args, 2);
    bus_buf_puts(p->out, "</text>");
}

struct bus_web_markup desk_bars(const struct desk_visit *v,
                                const struct desk_office_row *rows,
                                size_t n)
{
    struct bus_buf out;
    struct bus_web_page p = {&out, v->lang, ""};
    struct bus_web_markup m = {BUS_STRV("")};
    int64_t most = 1;
    n = n < DESK_BARS_MAX ? n : DESK_BARS_MAX;
    for (size_t i = 0; i < n; i++) {
        most = rows[i].waiting > most ? rows[i].waiting : most;
    }
    bus_buf_init(&out, BARS_BYTES);
    bus_buf_printf(&out,
                   "<svg class=\"bars\" viewBox=\"0 0 %d %zu\" role=\"img\" "
                   "aria-label=\"",
                   BARS_WIDE, n * BARS_HIGH);
    bus_web_page_string(&p, BUS_WEB_IN_ATTRIBUTE,
                        desk_word_of(v, DESK_WORD_BARS));
    bus_buf_puts(&out,
                 "\"><defs><pattern id=\"hatch\" width=\"6\" height=\"6\" "
                 "patternUnits=\"userSpaceOnUse\"><path class=\"bar-late\" "
                 "d=\"M0 6L6 0\"/></pattern></defs>");
    for (size_t i = 0; i < n; i++) {
        bars_row(v, &p, &rows[i], i, most);
    }
    bus_buf_puts(&out, "</svg>");
    const char *kept = n > 0 && !out.failed
                           ? bus_arena_strdup(v->mem, bus_buf_cstr(&out))
                           : NULL;
    if (kept != NULL) {
        m.html = bus_strv(kept);
    }
    bus_buf_fini(&out);
    return m;
}
