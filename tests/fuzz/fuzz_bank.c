/* A bank's file: the first byte says how many bytes come at a time and which
 * table the bank has. What is told is the same in whatever pieces it comes, and
 * a statement that is told adds up. */
#include "tests/fuzz/fuzz.h"
#include "tests/lib/bank_told.h"

static const struct bus_bank_table tables[] = {
    {.titles = true,
     .charset = BUS_CHARSET_GB18030,
     .columns = {{BUS_BANK_ORDER, "no", 0},
                 {BUS_BANK_YUAN, "yuan", 0},
                 {BUS_BANK_OUTCOME, "result", 0},
                 {BUS_BANK_REASON, "why", 0}},
     .count = 4,
     .words = {{"T", BUS_BANK_RETURNED, "AC04"}},
     .word_count = 1},
    {.fixed = true,
     .charset = BUS_CHARSET_GBK,
     .columns = {{BUS_BANK_ORDER, "", 32},
                 {BUS_BANK_NAME, "", 8},
                 {BUS_BANK_FEN, "", 8},
                 {BUS_BANK_OUTCOME, "", 1}},
     .count = 4,
     .words = {{"T", BUS_BANK_SETTLED, ""}},
     .word_count = 1}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bus_buf a = {0}, b = {0};
    struct bus_err err;
    if (size == 0) {
        return 0;
    }
    struct bus_strv file = fuzz_view(data + 1, size - 1);
    const struct bus_bank_table *t = &tables[data[0] & 1];
    int whole = told_all(t, file, SIZE_MAX, &a, &err);
    int parts = told_all(t, file, 1 + data[0] / 2, &b, &err);
    fuzz_true(whole == BUS_OK ||
              bus_err_act((enum bus_errc)whole) == BUS_ACT_REJECT);
    fuzz_true((whole == BUS_OK) == (parts == BUS_OK)); /* of two faults, one */
    fuzz_true(whole != BUS_OK ||
              bus_strv_eq(bus_buf_view(&a), bus_buf_view(&b)));
    bus_buf_fini(&a);
    bus_buf_fini(&b);
    return 0;
}
