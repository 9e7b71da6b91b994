#include "ops/cli/county/seal_demo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bus/catalogue/archive.h"
#include "bus/wire/sign.h"

#define PATH_BYTES 1024

static int new_folder(const char *path, mode_t mode, struct bus_err *err)
{
    return mkdir(path, mode) == 0 ? BUS_OK
                                  : bus_fail(err, BUS_ECONFIG,
                                             "%s: %s; must be a new folder / "
                                             "须为新文件夹",
                                             path, strerror(errno));
}

/* A key for each department, and its row behind those that are there. */
static int put_seals(const struct bus_config *c,
                     const char *keys,
                     FILE *to,
                     struct bus_err *err)
{
    for (size_t i = 0; i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        char path[PATH_BYTES], hex[BUS_WIRE_SM2_HEX + 1];
        uint8_t point[BUS_WIRE_SM2_POINT];
        if (p->kind != BUS_PARTNER_DEPARTMENT) {
            continue;
        }
        (void)snprintf(path, sizeof(path), "%s/seal-%s.key", keys, p->code);
        BUS_TRY(bus_wire_sm2_keygen(path, point, err));
        bus_wire_sm2_point_hex(point, hex);
        (void)fprintf(to, "seal-%s,%s,,%s,*,2020-01-01T00:00:00+08:00,,,\n",
                      p->code, p->code, hex);
    }
    return BUS_OK;
}

static int put_table(const struct bus_config *c,
                     const struct bus_catalogue_archive_file *table,
                     const char *registers,
                     const char *keys,
                     struct bus_err *err)
{
    char path[PATH_BYTES];
    const char *name = strrchr(table->path, '/') + 1;
    (void)snprintf(path, sizeof(path), "%s/%s", registers, name);
    FILE *f = fopen(path, "wxe");
    if (f == NULL) {
        return bus_fail(err, BUS_ECONFIG, "%s: %s", path, strerror(errno));
    }
    bool ok = fwrite(table->bytes.p, 1, table->bytes.n, f) == table->bytes.n;
    int rc = BUS_OK;
    if (strcmp(name, "seals.csv") == 0) {
        bool open_line =
            table->bytes.n > 0 && table->bytes.p[table->bytes.n - 1] != '\n';
        ok = ok && (!open_line || fputc('\n', f) != EOF);
        rc = put_seals(c, keys, f, err);
    }
    ok = fclose(f) == 0 && ok;
    BUS_TRY(rc);
    return ok ? BUS_OK
              : bus_fail(err, BUS_ECONFIG, "%s: cannot be written", path);
}

int cli_seal_demo(const struct bus_config *c,
                  const char *registers,
                  const char *keys,
                  struct bus_err *err)
{
    struct bus_arena mem;
    struct bus_catalogue_archive a;
    int rc;
    bus_arena_init(&mem, 0, 0);
    BUS_TRY_GOTO(rc,
                 bus_catalogue_archive_folder(
                     c->registers, BUS_ARCHIVE_REGISTER, &mem, &a, err),
                 done);
    BUS_TRY_GOTO(rc, new_folder(registers, 0755, err), done);
    BUS_TRY_GOTO(rc, new_folder(keys, 0700, err), done);
    for (size_t i = 0; i < a.count; i++) {
        BUS_TRY_GOTO(rc, put_table(c, &a.files[i], registers, keys, err), done);
    }
done:
    bus_arena_fini(&mem);
    return rc;
}
