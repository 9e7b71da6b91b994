/* A table that a partner's office suite saved, XLSX or CSV: refused with its
 * reason, or rows within the limits. */
#include "bus/workbook/workbook.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bus_arena mem;
    struct bus_workbook_rows rows;
    struct bus_err err;
    bus_arena_init(&mem, 0, 0);
    int rc = bus_workbook_read(fuzz_view(data, size), &mem, &rows, &err);
    fuzz_true(rc == BUS_OK || rows.wrong.code != NULL);
    fuzz_true(rows.n <= BUS_WORKBOOK_ROWS_MAX);
    for (size_t i = 0; rc == BUS_OK && i < rows.n; i++) {
        fuzz_true(rows.v[i].n <= BUS_WORKBOOK_COLUMNS_MAX);
        for (size_t k = 0; k < rows.v[i].n; k++) {
            fuzz_true(rows.v[i].cell[k].n <= BUS_WORKBOOK_CELL_MAX);
        }
    }
    bus_arena_fini(&mem);
    return 0;
}
