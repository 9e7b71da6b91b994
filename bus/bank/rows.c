/* A bank's own table: CSV (RFC 4180, no line break in a field) or fixed width,
 * in its character set, columns as the bank has them. */
#include "bus/bank/bank_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"

#define CELL_CHARS 140

const char *bus_bank_table_fault(const struct bus_bank_table *t, bool answers)
{
    unsigned has = 0;
    bool widths = true;
    for (size_t i = 0; i < t->count; i++) {
        has |= 1u << t->columns[i].field;
        widths &= !t->fixed || t->columns[i].width > 0;
    }
    bool amount = (has & (1u << BUS_BANK_YUAN | 1u << BUS_BANK_FEN)) != 0;
    return (has & 1u << BUS_BANK_ORDER) == 0 ? "a column for the order"
           : !amount                         ? "a column for the amount"
           : !widths                         ? "a width of each column"
           : !answers && (has & 1u << BUS_BANK_ACCOUNT) == 0
               ? "a column for the account"
           : !answers && (has & 1u << BUS_BANK_NAME) == 0
               ? "a column for the name"
           : answers && (has & 1u << BUS_BANK_OUTCOME) == 0
               ? "a column for the outcome"
           : answers && t->word_count == 0 ? "words of the outcome"
                                           : "";
}

/* --- written --- */

static struct bus_strv rows_cell(const struct bank_writing *w,
                                 const struct bus_bank_payment *p,
                                 enum bus_bank_field field,
                                 char text[BANK_AMOUNT_TEXT + BUS_ID_TEXT])
{
    char day[BUS_DATE_TEXT + 1];
    size_t room = BANK_AMOUNT_TEXT + BUS_ID_TEXT;
    text[0] = '\0';
    switch (field) {
    case BUS_BANK_NUMBER:
        (void)snprintf(text, room, "%" PRId64, w->count);
        break;
    case BUS_BANK_ORDER:
        (void)bus_bank_id_text(&p->order, text);
        break;
    case BUS_BANK_YUAN:
        (void)bank_amount_text(p->amount_fen, text);
        break;
    case BUS_BANK_FEN:
        (void)snprintf(text, room, "%" PRId64, p->amount_fen);
        break;
    case BUS_BANK_DAY:
        (void)bus_date_text(w->batch->pay_day, day);
        (void)snprintf(text, room, "%.4s%.2s%.2s", day, day + 5, day + 8);
        break;
    case BUS_BANK_ACCOUNT:
        return p->account;
    case BUS_BANK_NAME:
        return p->name;
    case BUS_BANK_REMARK:
        return p->remark;
    default:
        break;
    }
    return bus_strv(text);
}

static int rows_column_fault(const struct bank_writing *w,
                             size_t column,
                             const char *what,
                             struct bus_err *err)
{
    return bus_fail(err, BUS_EPARSE, "payment %" PRId64 ", column %zu: %s",
                    w->count, column + 1, what);
}

/* What a spreadsheet would take for a formula is no name and no account. */
static bool rows_formula(struct bus_strv v)
{
    return v.n > 0 && strchr("=+-@", v.p[0]) != NULL && v.p[0] != '\0';
}

static int rows_put(struct bank_writing *w,
                    size_t column,
                    struct bus_strv v,
                    struct bus_err *err)
{
    const struct bus_bank_column *c = &w->table->columns[column];
    size_t from = w->out.len;
    bool quoted = !w->table->fixed &&
                  (memchr(v.p, ',', v.n) != NULL || memchr(v.p, '"', v.n));
    if (v.n > 0 && (!bank_text_fits(v, CELL_CHARS) || rows_formula(v))) {
        return rows_column_fault(w, column, "cannot be written / 内容不合格",
                                 err);
    }
    if (quoted) {
        return rows_column_fault(
            w, column, "a comma or a quote in it / 含逗号或引号", err);
    }
    int rc = bus_charset_encode(w->table->charset, v, &w->out, NULL, err);
    if (rc == BUS_EPARSE) {
        return rows_column_fault(
            w, column, "no such character in the bank's character set / 生僻字",
            err);
    }
    BUS_TRY(rc);
    size_t width = w->table->fixed ? (size_t)c->width : w->out.len - from;
    if (w->out.len - from > width) {
        return rows_column_fault(w, column, "wider than the column / 超出栏宽",
                                 err);
    }
    while (w->out.len - from < width && !w->out.failed) {
        bus_buf_putc(&w->out, ' ');
    }
    return BUS_OK;
}

static int rows_send(struct bank_writing *w, struct bus_err *err)
{
    bus_buf_puts(&w->out, "\r\n");
    int rc = w->out.failed
                 ? bus_fail(err, BUS_ENOMEM, "a row")
                 : w->sink->write(w->sink->data, bus_buf_view(&w->out), err);
    bus_buf_clear(&w->out);
    return rc;
}

static int rows_row(struct bank_writing *w,
                    const struct bus_bank_payment *p,
                    struct bus_err *err)
{
    char text[BANK_AMOUNT_TEXT + BUS_ID_TEXT];
    for (size_t i = 0; i < w->table->count; i++) {
        const struct bus_bank_column *c = &w->table->columns[i];
        struct bus_strv v =
            p != NULL ? rows_cell(w, p, c->field, text) : bus_strv(c->title);
        if (i > 0 && !w->table->fixed) {
            bus_buf_putc(&w->out, ',');
        }
        int rc = rows_put(w, i, v, err);
        if (rc != BUS_OK) {
            bus_buf_clear(&w->out);
            return rc;
        }
    }
    return rows_send(w, err);
}

static int rows_begin(struct bank_writing *w, struct bus_err *err)
{
    const char *fault = bus_bank_table_fault(w->table, false);
    if (fault[0] != '\0') {
        return bus_fail(err, BUS_EUNKNOWN, "the bank's table needs %s", fault);
    }
    return w->table->titles ? rows_row(w, NULL, err) : BUS_OK;
}

static int rows_add(struct bank_writing *w,
                    const struct bus_bank_payment *p,
                    struct bus_err *err)
{
    BUS_CHECK(w->count > 0);
    return rows_row(w, p, err);
}

static int rows_end(struct bank_writing *w, struct bus_err *err)
{
    (void)err;
    BUS_CHECK(w->out.len == 0);
    return BUS_OK;
}

static void rows_drop(struct bank_writing *w)
{
    bus_buf_clear(&w->out);
}

const struct bank_format bank_rows = {rows_begin, rows_add, rows_end,
                                      rows_drop};
