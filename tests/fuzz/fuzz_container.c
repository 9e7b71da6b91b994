/* An Avro object container file: its blocks, or one error. */
#include "ops/cli/inspect/avro_read.h"
#include "tests/fuzz/fuzz.h"

static int block(void *data,
                 struct bus_strv schema,
                 int64_t count,
                 struct bus_strv bytes,
                 struct bus_err *err)
{
    size_t *sum = data;
    (void)err;
    fuzz_true(count >= 0);
    for (size_t i = 0; i < bytes.n; i += 4096) {
        *sum += (unsigned char)bytes.p[i];
    }
    *sum += schema.n;
    return BUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bus_err err;
    size_t sum = 0;
    struct bus_strv file = fuzz_view(data, size);
    int rc = cli_avro_read_is(file) ? cli_avro_read(file, block, &sum, &err)
                                    : BUS_OK;
    fuzz_true(rc == BUS_OK || rc == BUS_ENOMEM ||
              bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT);
    return 0;
}
