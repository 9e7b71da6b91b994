#include "bus/catalogue/deflate.h"

#include <stdint.h>
#include <zlib.h>

#include "bus/base/heap.h"

#define GZIP_BITS (MAX_WBITS + 16)
#define STEP      65536u

static voidpf allocate(voidpf data, uInt n, uInt size)
{
    (void)data;
    return bus_calloc(n, size);
}

static void deflate_give_back(voidpf data, voidpf p)
{
    (void)data;
    bus_free(p);
}

bool bus_catalogue_is_gzip(struct bus_strv bytes)
{
    return bytes.n >= 2 && (uint8_t)bytes.p[0] == 0x1f &&
           (uint8_t)bytes.p[1] == 0x8b;
}

int bus_catalogue_gzip(struct bus_strv bytes,
                       struct bus_buf *out,
                       struct bus_err *err)
{
    uint8_t step[4096];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes.p,
                  .avail_in = (uInt)bytes.n,
                  .zalloc = allocate,
                  .zfree = deflate_give_back};
    if (bytes.n > UINT32_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "%zu bytes to pack", bytes.n);
    }
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_BITS,
                     MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        return bus_fail(err, BUS_ENOMEM, "packing");
    }
    int how = Z_OK;
    while (how == Z_OK) {
        z.next_out = step;
        z.avail_out = sizeof(step);
        how = deflate(&z, Z_FINISH);
        bus_buf_put(out, step, sizeof(step) - z.avail_out);
    }
    (void)deflateEnd(&z);
    return how == Z_STREAM_END && !out->failed
               ? BUS_OK
               : bus_fail(err, BUS_ENOMEM, "packing");
}

/* As far as it goes within max; Z_STREAM_END when all is there. */
static int inflate_all(z_stream *z, size_t max, char **to, size_t *used)
{
    size_t cap = 0;
    int how = Z_OK;
    while (how == Z_OK && *used < max + 1) {
        size_t want = cap == 0 ? STEP : cap * 2;
        want = want < max + 1 ? want : max + 1;
        char *more = bus_realloc(*to, want);
        if (more == NULL) {
            return Z_MEM_ERROR;
        }
        *to = more;
        cap = want;
        z->next_out = (Bytef *)*to + *used;
        z->avail_out = (uInt)(cap - *used);
        how = inflate(z, Z_NO_FLUSH);
        *used = cap - z->avail_out;
        how = how == Z_BUF_ERROR && z->avail_out == 0 ? Z_OK : how;
    }
    return how;
}

int bus_catalogue_inflate(struct bus_strv bytes,
                          bool raw,
                          size_t max,
                          struct bus_strv *ret,
                          struct bus_err *err)
{
    char *to = NULL;
    size_t used = 0;
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes.p,
                  .avail_in = (uInt)bytes.n,
                  .zalloc = allocate,
                  .zfree = deflate_give_back};
    if (bytes.n > UINT32_MAX || max >= UINT32_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "%zu packed bytes", bytes.n);
    }
    if (inflateInit2(&z, raw ? -MAX_WBITS : GZIP_BITS) != Z_OK) {
        return bus_fail(err, BUS_ENOMEM, "unpacking");
    }
    int how = inflate_all(&z, max, &to, &used);
    bool whole = how == Z_STREAM_END && (raw || z.avail_in == 0);
    (void)inflateEnd(&z);
    if (whole && used <= max) {
        *ret = (struct bus_strv){to, used};
        return BUS_OK;
    }
    bus_free(to);
    return how == Z_MEM_ERROR ? bus_fail(err, BUS_ENOMEM, "unpacking")
           : used > max
               ? bus_fail(err, BUS_ETOOBIG, "over %zu bytes unpacked", max)
               : bus_fail(err, BUS_EPARSE, "not deflated, or cut short");
}
