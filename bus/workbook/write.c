#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xlsxwriter.h>

#include "bus/base/check.h"
#include "bus/workbook/csv_write.h"
#include "bus/workbook/workbook.h"

#define READ_BYTES  65536
#define FILL_COLOUR 0xFFF2CC
#define HEAD_COLOUR 0xDDEBF7

struct writing
{
    const struct bus_workbook_table *t;
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *head, *shown, *fill;
};

static bool write_formats(struct writing *w)
{
    w->head = workbook_add_format(w->book);
    w->shown = workbook_add_format(w->book);
    w->fill = workbook_add_format(w->book);
    if (w->head == NULL || w->shown == NULL || w->fill == NULL) {
        return false;
    }
    format_set_bold(w->head);
    format_set_text_wrap(w->head);
    format_set_bg_color(w->head, HEAD_COLOUR);
    /* As texts: a long number stays as it is. */
    format_set_num_format(w->shown, "@");
    format_set_num_format(w->fill, "@");
    format_set_bg_color(w->fill, FILL_COLOUR);
    format_set_border(w->fill, LXW_BORDER_HAIR);
    return true;
}

static lxw_error write_column(struct writing *w, size_t i)
{
    const struct bus_workbook_column *c = &w->t->columns[i];
    lxw_col_t at = (lxw_col_t)i;
    lxw_row_t last = (lxw_row_t)w->t->rows_count;
    lxw_error e = worksheet_set_column(w->sheet, at, at, c->width, NULL);
    if (e == LXW_NO_ERROR) {
        e = worksheet_write_string(w->sheet, 0, at, c->title, w->head);
    }
    if (e == LXW_NO_ERROR && c->choices != NULL && last > 0) {
        lxw_data_validation may = {.validate = LXW_VALIDATION_TYPE_LIST,
                                   .value_list = (void *)(uintptr_t)c->choices,
                                   .error_type =
                                       LXW_VALIDATION_ERROR_TYPE_STOP};
        e = worksheet_data_validation_range(w->sheet, 1, at, last, at, &may);
    }
    return e;
}

static lxw_error write_rows(struct writing *w)
{
    size_t n = w->t->columns_count;
    lxw_error e = LXW_NO_ERROR;
    for (size_t r = 0; r < w->t->rows_count; r++) {
        for (size_t i = 0; e == LXW_NO_ERROR && i < n; i++) {
            const char *text = w->t->cells[r * n + i];
            bool fill = w->t->columns[i].fill;
            e = text == NULL || *text == '\0'
                    ? worksheet_write_blank(w->sheet, (lxw_row_t)(r + 1),
                                            (lxw_col_t)i,
                                            fill ? w->fill : w->shown)
                    : worksheet_write_string(w->sheet, (lxw_row_t)(r + 1),
                                             (lxw_col_t)i, text,
                                             fill ? w->fill : w->shown);
        }
    }
    return e;
}

/* Closes the book in any case. */
static lxw_error write_book(struct writing *w)
{
    lxw_error e = w->sheet != NULL && write_formats(w)
                      ? LXW_NO_ERROR
                      : LXW_ERROR_MEMORY_MALLOC_FAILED;
    for (size_t i = 0; e == LXW_NO_ERROR && i < w->t->columns_count; i++) {
        e = write_column(w, i);
    }
    if (e == LXW_NO_ERROR) {
        worksheet_freeze_panes(w->sheet, 1, 0);
        e = write_rows(w);
    }
    lxw_error closed = workbook_close(w->book);
    return e == LXW_NO_ERROR ? closed : e;
}

static int write_take(int fd, struct bus_buf *out, struct bus_err *err)
{
    ssize_t n;
    off_t at = 0;
    do {
        uint8_t *to = bus_buf_reserve(out, READ_BYTES);
        if (to == NULL) {
            return bus_fail(err, BUS_ETOOBIG, "a workbook");
        }
        n = pread(fd, to, READ_BYTES, at);
        if (n > 0) {
            out->len += (size_t)n;
            at += n;
        }
    } while (n > 0);
    return n < 0 ? bus_fail(err, BUS_EIO, "a workbook's scratch file") : BUS_OK;
}

static void write_check(const struct bus_workbook_table *t)
{
    BUS_CHECK(t->columns_count > 0 &&
              t->columns_count <= BUS_WORKBOOK_COLUMNS_MAX &&
              t->rows_count <= BUS_WORKBOOK_ROWS_MAX);
}

int bus_workbook_write(const struct bus_workbook_table *t,
                       struct bus_buf *out,
                       struct bus_err *err)
{
    char path[64];
    write_check(t);
    int fd = memfd_create("workbook", MFD_CLOEXEC);
    if (fd < 0) {
        return bus_fail(err, BUS_EIO, "a workbook's scratch file");
    }
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct writing w = {.t = t, .book = workbook_new(path)};
    w.sheet = w.book != NULL ? workbook_add_worksheet(w.book, t->name) : NULL;
    lxw_error e =
        w.book != NULL ? write_book(&w) : LXW_ERROR_MEMORY_MALLOC_FAILED;
    int rc = e == LXW_NO_ERROR ? write_take(fd, out, err)
             : e == LXW_ERROR_MEMORY_MALLOC_FAILED
                 ? bus_fail(err, BUS_ENOMEM, "a workbook")
                 : bus_fail(err, BUS_EIO, "a workbook: %s", lxw_strerror(e));
    (void)close(fd);
    return rc;
}

int bus_workbook_write_csv(const struct bus_workbook_table *t,
                           struct bus_buf *out,
                           struct bus_err *err)
{
    const char *titles[BUS_WORKBOOK_COLUMNS_MAX];
    write_check(t);
    for (size_t i = 0; i < t->columns_count; i++) {
        titles[i] = t->columns[i].title;
    }
    bus_workbook_csv_begin(out);
    bus_workbook_csv_row(out, titles, t->columns_count);
    for (size_t r = 0; r < t->rows_count; r++) {
        bus_workbook_csv_row(out, &t->cells[r * t->columns_count],
                             t->columns_count);
    }
    return out->failed ? bus_fail(err, BUS_ETOOBIG, "a CSV") : BUS_OK;
}
