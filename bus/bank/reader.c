/* What kind of file it is, by its first bytes. */
#include "bus/bank/bank_parts.h"
#include "bus/base/check.h"
#include "bus/base/heap.h"

static bool reader_begins(const struct bank_input *in, const char *what)
{
    size_t n = strlen(what);
    return in->n - in->at >= n && memcmp(in->buf + in->at, what, n) == 0;
}

static int reader_kind(const struct bus_bank_table *answers,
                       struct bank_input *in,
                       const struct bus_bank_told *told,
                       struct bus_err *err)
{
    bank_input_ahead(in);
    BUS_TRY(bank_input_fault(in, err));
    if (in->at == in->n) {
        return bus_fail(err, BUS_ETRUNCATED, "an empty file / 空文件");
    }
    if (reader_begins(in, "\x1f\x8b") || reader_begins(in, "PK\x03\x04")) {
        return bus_fail(err, BUS_EUNKNOWN,
                        "a packed file: unpack it first / 压缩文件, 请先解压");
    }
    size_t mark = reader_begins(in, "\xEF\xBB\xBF") ? 3 : 0, at = in->at + mark;
    while (at < in->n && strchr(" \t\r\n", in->buf[at]) != NULL &&
           in->buf[at] != '\0') {
        at++;
    }
    char first = at < in->n ? in->buf[at] : '\0';
    bool utf16 = reader_begins(in, "\xFF\xFE") || reader_begins(in, "\xFE\xFF");
    if (first == '<' || utf16) {
        return bank_iso_read(in, told, err);
    }
    if (first == '{' || first == ':') {
        return bank_mt940_read(in, told, err);
    }
    in->at += mark;
    return answers != NULL
               ? bank_table_read(answers, in, told, err)
               : bus_fail(err, BUS_EUNKNOWN,
                          "neither ISO 20022 nor MT940, and this bank has no "
                          "table of answers / 不认识的文件格式");
}

int bus_bank_read(const struct bus_bank_table *answers,
                  const struct bus_bank_source *from,
                  const struct bus_bank_told *told,
                  struct bus_err *err)
{
    struct bank_input *in = bus_calloc(1, sizeof(*in));
    BUS_CHECK(from->read != NULL && told->entry != NULL);
    if (in == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a reader of bank files");
    }
    in->from = from;
    int rc = reader_kind(answers, in, told, err);
    bus_free(in);
    return rc;
}
