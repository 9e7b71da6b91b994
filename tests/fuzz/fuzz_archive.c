/* A catalogue or a register as one file: unpacked, or refused; what was
 * unpacked and is packed again unpacks to the same files. */
#include "bus/catalogue/archive.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bus_arena mem;
    struct bus_catalogue_archive a, again;
    struct bus_buf out = {0};
    struct bus_err err;
    bus_arena_init(&mem, 0, 64u << 20);
    enum bus_archive_kind kind = BUS_ARCHIVE_CATALOGUE;
    int rc = bus_catalogue_archive_unpack(fuzz_view(data, size), kind, &mem, &a,
                                          &err);
    if (rc != BUS_OK) {
        kind = BUS_ARCHIVE_REGISTER;
        rc = bus_catalogue_archive_unpack(fuzz_view(data, size), kind, &mem, &a,
                                          &err);
    }
    fuzz_true(rc == BUS_OK || bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT);
    if (rc == BUS_OK &&
        bus_catalogue_archive_pack(&a, NULL, &out, &err) == BUS_OK) {
        fuzz_true(bus_catalogue_archive_unpack(bus_buf_view(&out), kind, &mem,
                                               &again, &err) == BUS_OK);
        fuzz_true(a.count == again.count);
        for (size_t i = 0; i < a.count; i++) {
            fuzz_true(bus_strv_eq(a.files[i].bytes, again.files[i].bytes));
        }
    }
    bus_buf_fini(&out);
    bus_arena_fini(&mem);
    return 0;
}
