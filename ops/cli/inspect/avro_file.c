#include "ops/cli/inspect/avro_file.h"

#include <avro.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/buf.h"
#include "bus/base/heap.h"
#include "bus/wire/crypt.h"

#define BLOCK_BYTES 65536
#define SYNC_BYTES  16
#define PATH_MAX_   4096

struct avro_file
{
    char path[PATH_MAX_], part[PATH_MAX_];
    avro_file_writer_t writer; /* NULL: not open */
};

static void avro_file_put_long(struct bus_buf *b, size_t n)
{
    uint64_t z = (uint64_t)n << 1;
    for (; z >= 0x80; z >>= 7) {
        bus_buf_putc(b, (uint8_t)(z | 0x80));
    }
    bus_buf_putc(b, (uint8_t)z);
}

static void put_pair(struct bus_buf *b, const char *key, struct bus_strv value)
{
    avro_file_put_long(b, strlen(key));
    bus_buf_puts(b, key);
    avro_file_put_long(b, value.n);
    bus_buf_put(b, value.p, value.n);
}

static int write_header(const char *path,
                        struct bus_strv schema_json,
                        const char *codec,
                        struct bus_err *err)
{
    struct bus_buf b = {0};
    uint8_t sync[SYNC_BYTES];
    int rc = bus_wire_random(sync, sizeof(sync), err);
    bus_buf_put(&b, "Obj\1", 4);
    avro_file_put_long(&b, 2);
    put_pair(&b, "avro.codec", bus_strv(codec));
    put_pair(&b, "avro.schema", schema_json);
    bus_buf_putc(&b, 0);
    bus_buf_put(&b, sync, sizeof(sync));
    if (rc == BUS_OK && b.failed) {
        rc = bus_fail(err, BUS_ENOMEM, "a header");
    }
    int fd =
        rc ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (rc == BUS_OK &&
        (fd < 0 || write(fd, b.data, b.len) != (ssize_t)b.len)) {
        rc = bus_fail(err, BUS_EIO, "%s: %s", path, strerror(errno));
    }
    if (fd >= 0 && close(fd) != 0 && rc == BUS_OK) {
        rc = bus_fail(err, BUS_EIO, "%s: %s", path, strerror(errno));
    }
    bus_buf_fini(&b);
    return rc;
}

int cli_avro_file_new(const char *path,
                      struct bus_strv schema_json,
                      const char *codec,
                      struct avro_file **ret,
                      struct bus_err *err)
{
    if (access(path, F_OK) == 0) {
        return bus_fail(err, BUS_EDUPLICATE,
                        "%s: is there already; give another name", path);
    }
    struct avro_file *f = bus_calloc(1, sizeof(*f));
    if (f == NULL) {
        return bus_fail(err, BUS_ENOMEM, "%s", path);
    }
    int n = snprintf(f->path, sizeof(f->path), "%s", path);
    int m = snprintf(f->part, sizeof(f->part), "%s.part", path);
    int rc = n >= (int)sizeof(f->path) || m >= (int)sizeof(f->part)
                 ? bus_fail(err, BUS_EUSAGE, "the file's name is too long")
                 : write_header(f->part, schema_json, codec, err);
    if (rc == BUS_OK &&
        avro_file_writer_open_bs(f->part, &f->writer, BLOCK_BYTES) != 0) {
        f->writer = NULL;
        rc = bus_fail(err, BUS_EIO, "%s: %s", f->part, avro_strerror());
    }
    if (rc != BUS_OK) {
        (void)unlink(f->part);
        bus_free(f);
        return rc;
    }
    *ret = f;
    return BUS_OK;
}

int cli_avro_file_put(struct avro_file *f,
                      struct bus_strv body,
                      struct bus_err *err)
{
    /* A record over the block's size has a block of its own. */
    if (avro_file_writer_append_encoded(f->writer, body.p, (int64_t)body.n) !=
        0) {
        return bus_fail(err, BUS_EIO, "%s: %s", f->part, avro_strerror());
    }
    return BUS_OK;
}

static int sync_and_rename(const struct avro_file *f, struct bus_err *err)
{
    int fd = open(f->part, O_RDONLY | O_CLOEXEC);
    bool well = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    /* link and not rename: what has come there meanwhile stays. */
    well = well && link(f->part, f->path) == 0;
    return well ? BUS_OK
                : bus_fail(err, BUS_EIO, "%s: %s", f->path, strerror(errno));
}

int cli_avro_file_end(struct avro_file *f, bool keep, struct bus_err *err)
{
    int rc = BUS_OK;
    if (f == NULL) {
        return keep ? bus_fail(err, BUS_EBUG, "no file") : BUS_OK;
    }
    if (avro_file_writer_close(f->writer) != 0 && keep) {
        rc = bus_fail(err, BUS_EIO, "%s: %s", f->part, avro_strerror());
    }
    rc = rc == BUS_OK && keep ? sync_and_rename(f, err) : rc;
    (void)unlink(f->part);
    bus_free(f);
    return rc;
}
