#include <stdio.h>

#include "bus/base/hex.h"
#include "ops/cli/sheets/sheets.h"

#define FILE_MAX_BYTES (64u << 20)

int cli_sheets_sm3(struct bus_strv text,
                   char ret[SHEETS_SM3_HEX + 1],
                   struct bus_err *err)
{
    uint8_t sum[BUS_WIRE_SM3_BYTES];
    BUS_TRY(bus_wire_sm3(text, sum, err));
    bus_hex_write(sum, sizeof(sum), ret);
    ret[SHEETS_SM3_HEX] = '\0';
    return BUS_OK;
}

int cli_sheets_sm3_file(const char *path,
                        char ret[SHEETS_SM3_HEX + 1],
                        struct bus_err *err)
{
    struct bus_buf bytes = {0};
    char some[8192];
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return bus_fail(err, BUS_EUSAGE, "%.200s cannot be read / 文件无法读取",
                        path);
    }
    for (size_t n; (n = fread(some, 1, sizeof(some), f)) > 0 &&
                   bytes.len < FILE_MAX_BYTES;) {
        bus_buf_put(&bytes, some, n);
    }
    bool whole = ferror(f) == 0 && !bytes.failed;
    whole = fclose(f) == 0 && whole;
    int rc = whole ? cli_sheets_sm3(bus_buf_view(&bytes), ret, err)
                   : bus_fail(err, BUS_EUSAGE, "%.200s cannot be read", path);
    bus_buf_fini(&bytes);
    return rc;
}
