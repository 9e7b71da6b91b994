#include "ops/cli/inspect/avro_read.h"

#include <string.h>

#include "bus/base/heap.h"
#include "bus/catalogue/deflate.h"

#define SYNC_BYTES 16
#define META_MAX   64

struct reading
{
    const char *start, *p, *end;
    struct bus_strv schema, codec;
    const char *sync;
    struct bus_err *err;
};

bool cli_avro_read_is(struct bus_strv file)
{
    return file.n >= 4 && memcmp(file.p, "Obj\1", 4) == 0;
}

static int avro_read_ends(struct reading *r)
{
    return bus_fail(r->err, BUS_ETRUNCATED, "byte %zu: the file ends too early",
                    (size_t)(r->p - r->start));
}

static int avro_read_number(struct reading *r, int64_t *ret)
{
    uint64_t z = 0;
    for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
        uint8_t b = (uint8_t)*r->p++;
        z |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) {
            *ret = (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
            return BUS_OK;
        }
    }
    return avro_read_ends(r);
}

static int avro_read_bytes(struct reading *r, struct bus_strv *ret)
{
    int64_t n = 0;
    BUS_TRY(avro_read_number(r, &n));
    if (n < 0 || n > r->end - r->p) {
        return avro_read_ends(r);
    }
    *ret = (struct bus_strv){r->p, (size_t)n};
    r->p += n;
    return BUS_OK;
}

static int avro_read_entry(struct reading *r, int64_t *seen)
{
    struct bus_strv key, value;
    if (++*seen > META_MAX) {
        return bus_fail(r->err, BUS_ETOOBIG, "more than %d entries of metadata",
                        META_MAX);
    }
    BUS_TRY(avro_read_bytes(r, &key));
    BUS_TRY(avro_read_bytes(r, &value));
    if (bus_strv_is(key, "avro.schema")) {
        r->schema = value;
    } else if (bus_strv_is(key, "avro.codec")) {
        r->codec = value;
    }
    return BUS_OK;
}

static int avro_read_metadata(struct reading *r)
{
    int64_t n = 0, size, seen = 0;
    BUS_TRY(avro_read_number(r, &n));
    while (n != 0) {
        if (n == INT64_MIN) {
            return avro_read_ends(r);
        }
        if (n < 0) { /* with the block's size in bytes */
            BUS_TRY(avro_read_number(r, &size));
            n = -n;
        }
        for (; n > 0; n--) {
            BUS_TRY(avro_read_entry(r, &seen));
        }
        BUS_TRY(avro_read_number(r, &n));
    }
    return BUS_OK;
}

static int avro_read_head(struct reading *r)
{
    r->p += 4;
    BUS_TRY(avro_read_metadata(r));
    if (r->end - r->p < SYNC_BYTES) {
        return avro_read_ends(r);
    }
    r->sync = r->p;
    r->p += SYNC_BYTES;
    if (r->codec.n != 0 && !bus_strv_is(r->codec, "null") &&
        !bus_strv_is(r->codec, "deflate")) {
        return bus_fail(r->err, BUS_EPARSE,
                        "codec %.*s; null and deflate are read",
                        BUS_STRV_ARG(r->codec));
    }
    if (r->schema.n == 0) {
        return bus_fail(r->err, BUS_EPARSE, "the file names no schema");
    }
    return BUS_OK;
}

/* *ret is the caller's. */
static int
avro_read_unpack(struct reading *r, struct bus_strv in, struct bus_strv *ret)
{
    int rc = bus_catalogue_inflate(in, true, AVRO_READ_BLOCK_MAX, ret, r->err);
    return rc ? bus_wrap(r->err, "byte %zu: a block", (size_t)(in.p - r->start))
              : rc;
}

static int avro_read_block(struct reading *r, avro_read_cb cb, void *data)
{
    struct bus_strv in, plain = {0};
    int64_t count = 0;
    BUS_TRY(avro_read_number(r, &count));
    BUS_TRY(avro_read_bytes(r, &in));
    if (r->end - r->p < SYNC_BYTES || count < 0) {
        return avro_read_ends(r);
    }
    if (memcmp(r->p, r->sync, SYNC_BYTES) != 0) {
        return bus_fail(r->err, BUS_EPARSE,
                        "byte %zu: no mark of synchronisation",
                        (size_t)(r->p - r->start));
    }
    r->p += SYNC_BYTES;
    if (!bus_strv_is(r->codec, "deflate")) {
        return cb(data, r->schema, count, in, r->err);
    }
    BUS_TRY(avro_read_unpack(r, in, &plain));
    int rc = cb(data, r->schema, count, plain, r->err);
    bus_free((char *)(uintptr_t)plain.p);
    return rc;
}

int cli_avro_read(struct bus_strv file,
                  avro_read_cb cb,
                  void *data,
                  struct bus_err *err)
{
    struct reading r = {
        .start = file.p, .p = file.p, .end = file.p + file.n, .err = err};
    if (!cli_avro_read_is(file)) {
        return bus_fail(err, BUS_EPARSE, "no Avro container file");
    }
    BUS_TRY(avro_read_head(&r));
    while (r.p < r.end) {
        BUS_TRY(avro_read_block(&r, cb, data));
    }
    return BUS_OK;
}
