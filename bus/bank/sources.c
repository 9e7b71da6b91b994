#include "bus/bank/bank_parts.h"

#include "bus/base/check.h"

/* An empty buffer is filled, in whatever pieces it comes. */
static void input_fill(struct bank_input *in)
{
    BUS_CHECK(in->at == in->n);
    in->at = in->n = 0;
    if (in->ended) {
        return;
    }
    while (in->n < sizeof(in->buf) && !in->ended) {
        ptrdiff_t got = in->from->read(in->from->data, in->buf + in->n,
                                       sizeof(in->buf) - in->n);
        in->broken = got < 0;
        in->ended = got <= 0;
        in->n += got > 0 ? (size_t)got : 0;
    }
    in->bytes += in->n;
    if (in->bytes > BUS_BANK_READ_MAX) {
        in->over = in->ended = true;
        in->n = 0;
    }
}

void bank_input_ahead(struct bank_input *in)
{
    if (in->at == in->n) {
        input_fill(in);
    }
}

ptrdiff_t bank_input_read(struct bank_input *in, char *p, size_t n)
{
    bank_input_ahead(in);
    size_t left = in->n - in->at;
    n = n < left ? n : left;
    memcpy(p, in->buf + in->at, n);
    in->at += n;
    return in->broken || in->over ? -1 : (ptrdiff_t)n;
}

int bank_input_fault(const struct bank_input *in, struct bus_err *err)
{
    if (in->broken) {
        return bus_fail(err, BUS_EIO, "the file cannot be read / 文件读不出");
    }
    return in->over ? bus_fail(err, BUS_ETOOBIG,
                               "the file is larger than %zu MiB / 文件过大",
                               BUS_BANK_READ_MAX >> 20)
                    : BUS_OK;
}

bool bank_input_line(struct bank_input *in,
                     char dst[BANK_LINE_MAX],
                     struct bus_strv *ret,
                     int *rc,
                     struct bus_err *err)
{
    size_t n = 0;
    bool whole = false, any = false;
    while (!whole) {
        bank_input_ahead(in);
        if (in->at == in->n) {
            break;
        }
        any = true;
        const char *from = in->buf + in->at;
        const char *end = memchr(from, '\n', in->n - in->at);
        size_t take = end != NULL ? (size_t)(end - from) : in->n - in->at;
        if (take > BANK_LINE_MAX - n) {
            *rc = bus_fail(err, BUS_ETOOBIG,
                           "line %zu: longer than %d bytes / 行过长",
                           in->line + 1, BANK_LINE_MAX);
            return false;
        }
        memcpy(dst + n, from, take);
        n += take;
        in->at += take + (end != NULL);
        whole = end != NULL;
    }
    *rc = bank_input_fault(in, err);
    in->line += any;
    n -= n > 0 && dst[n - 1] == '\r';
    *ret = (struct bus_strv){dst, n};
    return *rc == BUS_OK && any;
}
