#include <inttypes.h>

#include "bus/bank/bank_parts.h"
#include "bus/base/check.h"
#include "bus/base/heap.h"

struct bus_bank_writer
{
    const struct bank_format *format;
    struct bank_writing w;
};

int bus_bank_writer_open(const struct bus_bank_table *table,
                         const struct bus_bank_batch *batch,
                         const struct bus_bank_sink *sink,
                         struct bus_bank_writer **ret,
                         struct bus_err *err)
{
    BUS_CHECK(batch->count > 0 && batch->total_fen > 0 && sink->write != NULL);
    *ret = bus_calloc(1, sizeof(**ret));
    if (*ret == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a writer of bank files");
    }
    (*ret)->format = table != NULL ? &bank_rows : &bank_pain001;
    (*ret)->w = (struct bank_writing){
        .table = table, .batch = batch, .sink = sink, .err = err};
    return (*ret)->format->begin(&(*ret)->w, err);
}

int bus_bank_writer_add(struct bus_bank_writer *w,
                        const struct bus_bank_payment *p,
                        struct bus_err *err)
{
    BUS_CHECK(p->amount_fen > 0);
    w->w.err = err;
    w->w.count++;
    w->w.total_fen += p->amount_fen;
    return w->format->add(&w->w, p, err);
}

int bus_bank_writer_end(struct bus_bank_writer *w, struct bus_err *err)
{
    const struct bus_bank_batch *b = w->w.batch;
    w->w.err = err;
    if (w->w.count != b->count || w->w.total_fen != b->total_fen) {
        return bus_fail(err, BUS_ESTATE,
                        "%" PRId64 " payments of %" PRId64
                        " fen; the batch says %" PRId64 " of %" PRId64
                        " / 笔数或总额与批次不符",
                        w->w.count, w->w.total_fen, b->count, b->total_fen);
    }
    return w->format->end(&w->w, err);
}

void bus_bank_writer_free(struct bus_bank_writer *w)
{
    if (w != NULL) {
        struct bus_err ignored; /* what libxml2 still holds goes nowhere */
        w->w.err = &ignored;
        w->format->drop(&w->w);
        bus_buf_fini(&w->w.out);
        bus_free(w);
    }
}
