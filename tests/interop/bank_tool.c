/* bus/bank for other programs: `bank_tool write N` is a batch of N payments of
 * 660.00 and one fen more each, as pain.001 on standard output; `bank_tool
 * read` tells what a file on standard input says (tests/lib/bank_told.h). */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/bank_told.h"

static int to_stdout(void *data, struct bus_strv bytes, struct bus_err *err)
{
    (void)data;
    return fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n
               ? BUS_OK
               : bus_fail(err, BUS_EIO, "standard output");
}

static ptrdiff_t from_stdin(void *data, char *p, size_t n)
{
    (void)data;
    return (ptrdiff_t)fread(p, 1, n, stdin);
}

static int write_batch(int64_t n, struct bus_err *err)
{
    struct bus_bank_batch b = {.made_ms = INT64_C(1796000000000),
                               .payer = BUS_STRV("七河县民政局"),
                               .payer_account = BUS_STRV("NL41MOCK0000000001"),
                               .agent = BUS_STRV("402000000001"),
                               .pay_day = 20797,
                               .count = n,
                               .total_fen = n * 66000 + n * (n - 1) / 2};
    const struct bus_bank_sink sink = {to_stdout, NULL};
    struct bus_bank_writer *w = NULL;
    b.batch.b[15] = 1;
    int rc = bus_bank_writer_open(NULL, &b, &sink, &w, err);
    for (int64_t i = 0; rc == BUS_OK && i < n; i++) {
        char account[32];
        /* the second is an account that the mock bank has closed */
        (void)snprintf(account, sizeof(account),
                       i == 1 ? "NL84MOCK0000000003" : "62000000%08" PRId64, i);
        struct bus_bank_payment p = {.amount_fen = 66000 + i,
                                     .account = bus_strv(account),
                                     .name = BUS_STRV("甲<乙>&丙"),
                                     .remark = BUS_STRV("MZ01 2026-12")};
        p.order.b[0] = 0x80;
        for (size_t k = 0; k < 8; k++) {
            p.order.b[15 - k] = (uint8_t)(i >> 8 * k);
        }
        rc = bus_bank_writer_add(w, &p, err);
    }
    if (rc == BUS_OK) {
        rc = bus_bank_writer_end(w, err);
    }
    bus_bank_writer_free(w);
    return rc;
}

int main(int argc, char **argv)
{
    struct bus_err err = {0};
    struct bus_buf out = {0};
    int rc = BUS_EUSAGE;
    if (argc == 3 && strcmp(argv[1], "write") == 0) {
        rc = write_batch(atoll(argv[2]), &err);
    } else if (argc == 2 && strcmp(argv[1], "read") == 0) {
        const struct bus_bank_source from = {from_stdin, NULL};
        const struct bus_bank_told told = {.data = &out,
                                           .head = told_head,
                                           .original = told_original,
                                           .entry = told_entry,
                                           .statement = told_statement};
        rc = bus_bank_read(NULL, &from, &told, &err);
        (void)fputs(bus_buf_cstr(&out), stdout);
    }
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "%s\n", err.msg);
    }
    bus_buf_fini(&out);
    return rc == BUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
