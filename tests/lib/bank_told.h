/* What a bank's file says, as lines of text: for tests of bus/bank. */
#ifndef TESTS_LIB_BANK_TOLD_H
#define TESTS_LIB_BANK_TOLD_H

#include <inttypes.h>

#include "bus/bank/bank.h"
#include "bus/base/buf.h"
#include "bus/base/clock.h"

static inline int
told_head(void *data, const struct bus_bank_head *h, struct bus_err *err)
{
    (void)err;
    bus_buf_printf(data, "%s %.*s\n", bus_bank_kind_words[h->kind],
                   BUS_STRV_ARG(h->message));
    return BUS_OK;
}

static const char *const told_outcomes[BUS_BANK_OUTCOMES] = {
    "noted", "settled", "rejected", "returned"};

static inline int told_original(void *data,
                                const struct bus_bank_original *o,
                                struct bus_err *err)
{
    (void)err;
    bus_buf_printf(data, "of %.*s %" PRId64 " %" PRId64 " %s %.*s\n",
                   BUS_STRV_ARG(o->message), o->count, o->total_fen,
                   told_outcomes[o->outcome], BUS_STRV_ARG(o->reason));
    return BUS_OK;
}

static inline int
told_entry(void *data, const struct bus_bank_entry *e, struct bus_err *err)
{
    char day[BUS_DATE_TEXT + 1] = "-";
    (void)err;
    if (e->value_day != BUS_BANK_NO_DAY) {
        (void)bus_date_text(e->value_day, day);
    }
    bus_buf_printf(data, "%zu %.*s %s %s%c%" PRId64 " %.*s %s %.*s %.*s\n",
                   e->line, BUS_STRV_ARG(e->order), told_outcomes[e->outcome],
                   e->booked ? "" : "not booked ", e->credit ? '+' : '-',
                   e->amount_fen, BUS_STRV_ARG(e->currency), day,
                   BUS_STRV_ARG(e->reason), BUS_STRV_ARG(e->reference));
    return BUS_OK;
}

static inline int told_statement(void *data,
                                 const struct bus_bank_statement *s,
                                 struct bus_err *err)
{
    char day[BUS_DATE_TEXT + 1] = "-", first[BUS_DATE_TEXT + 1] = "-";
    (void)err;
    if (s->first_day != BUS_BANK_NO_DAY) {
        (void)bus_date_text(s->first_day, first);
    }
    if (s->closing_day != BUS_BANK_NO_DAY) {
        (void)bus_date_text(s->closing_day, day);
    }
    bus_buf_printf(data,
                   "statement %.*s of %.*s %.*s no %" PRId64 " from %s %" PRId64
                   " -> %" PRId64 " %s\n",
                   BUS_STRV_ARG(s->id), BUS_STRV_ARG(s->account),
                   BUS_STRV_ARG(s->currency), s->number, first, s->opening_fen,
                   s->closing_fen, day);
    return BUS_OK;
}

/* Bytes, so many at a time. */
struct told_bytes
{
    struct bus_strv left;
    size_t step;
};
static inline ptrdiff_t told_read(void *data, char *p, size_t n)
{
    struct told_bytes *b = data;
    n = n < b->step ? n : b->step;
    n = n < b->left.n ? n : b->left.n;
    memcpy(p, b->left.p, n);
    b->left.p += n;
    b->left.n -= n;
    return (ptrdiff_t)n;
}

/* Appends what is told; returns the code of the reading. */
static inline int told_all(const struct bus_bank_table *answers,
                           struct bus_strv file,
                           size_t step,
                           struct bus_buf *out,
                           struct bus_err *err)
{
    struct told_bytes bytes = {file, step};
    const struct bus_bank_source from = {told_read, &bytes};
    const struct bus_bank_told told = {.data = out,
                                       .head = told_head,
                                       .original = told_original,
                                       .entry = told_entry,
                                       .statement = told_statement};
    return bus_bank_read(answers, &from, &told, err);
}

#endif
