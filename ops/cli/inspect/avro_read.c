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
    int rc = avro_read_number(r, &n);
    if (rc == BUS_OK && (n < 0 || n > r->end - r->p)) {
        rc = avro_read_ends(r);
    }
    if (rc == BUS_OK) {
        *ret = (struct bus_strv){r->p, (size_t)n};
        r->p += n;
    }
    return rc;
}

static int avro_read_head(struct reading *r)
{
    int64_t n = 0, size, seen = 0;
    r->p += 4;
    int rc = avro_read_number(r, &n);
    while (rc == BUS_OK && n != 0) {
        if (n < 0) { /* with the block's size in bytes */
            rc =
                n == INT64_MIN ? avro_read_ends(r) : avro_read_number(r, &size);
            n = n == INT64_MIN ? 0 : -n;
        }
        for (; rc == BUS_OK && n > 0; n--) {
            struct bus_strv key, value;
            rc = ++seen > META_MAX ? bus_fail(r->err, BUS_ETOOBIG,
                                              "more than %d entries of "
                                              "metadata",
                                              META_MAX)
                                   : avro_read_bytes(r, &key);
            rc = rc ? rc : avro_read_bytes(r, &value);
            if (rc == BUS_OK && bus_strv_is(key, "avro.schema")) {
                r->schema = value;
            } else if (rc == BUS_OK && bus_strv_is(key, "avro.codec")) {
                r->codec = value;
            }
        }
        rc = rc ? rc : avro_read_number(r, &n);
    }
    if (rc == BUS_OK && r->end - r->p < SYNC_BYTES) {
        rc = avro_read_ends(r);
    }
    r->sync = r->p;
    r->p += rc == BUS_OK ? SYNC_BYTES : 0;
    bool known = r->codec.n == 0 || bus_strv_is(r->codec, "null") ||
                 bus_strv_is(r->codec, "deflate");
    if (rc == BUS_OK && !known) {
        rc = bus_fail(r->err, BUS_EPARSE,
                      "codec %.*s; null and deflate are read",
                      BUS_STRV_ARG(r->codec));
    }
    if (rc == BUS_OK && r->schema.n == 0) {
        rc = bus_fail(r->err, BUS_EPARSE, "the file names no schema");
    }
    return rc;
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
    int rc = avro_read_number(r, &count);
    rc = rc ? rc : avro_read_bytes(r, &in);
    if (rc == BUS_OK && (r->end - r->p < SYNC_BYTES || count < 0)) {
        rc = avro_read_ends(r);
    }
    if (rc == BUS_OK && memcmp(r->p, r->sync, SYNC_BYTES) != 0) {
        rc =
            bus_fail(r->err, BUS_EPARSE, "byte %zu: no mark of synchronisation",
                     (size_t)(r->p - r->start));
    }
    if (rc != BUS_OK) {
        return rc;
    }
    r->p += SYNC_BYTES;
    bool packed = bus_strv_is(r->codec, "deflate");
    rc = packed ? avro_read_unpack(r, in, &plain) : BUS_OK;
    rc = rc ? rc : cb(data, r->schema, count, packed ? plain : in, r->err);
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
    int rc = avro_read_head(&r);
    while (rc == BUS_OK && r.p < r.end) {
        rc = avro_read_block(&r, cb, data);
    }
    return rc;
}
