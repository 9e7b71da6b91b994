#include "ops/cli/county/seal_demo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bus/catalogue/archive.h"
#include "bus/wire/ses.h"

#define PATH_BYTES 1024
#define FROM_MS    ((int64_t)1577836800000) /* 2020 */
#define UNTIL_MS   ((int64_t)4070908800000) /* 2099 */

static int new_folder(const char *path, mode_t mode, struct bus_err *err)
{
    return mkdir(path, mode) == 0 ? BUS_OK
                                  : bus_fail(err, BUS_ECONFIG,
                                             "%s: %s; must be a new folder / "
                                             "须为新文件夹",
                                             path, strerror(errno));
}

/* One dot: the structure wants a picture. */
static const unsigned char dot[] = {
    0x89, 'P',  'N',  'G',  0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d,
    'I',  'H',  'D',  'R',  0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01,
    0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00,
    0x0a, 'I',  'D',  'A',  'T',  0x78, 0x9c, 0x63, 0xf8, 0x0f, 0x00, 0x01,
    0x01, 0x01, 0x00, 0x1b, 0xb6, 0xee, 0x56, 0x00, 0x00, 0x00, 0x00, 'I',
    'E',  'N',  'D',  0xae, 0x42, 0x60, 0x82};

struct demo_maker
{
    struct bus_wire_sm2_key *key; /* NULL: seals are SM2 keys alone */
    struct bus_arena mem;
    struct bus_strv cert;
    char hex[BUS_WIRE_SM2_HEX + 1];
};

static int demo_cert(const char *keys,
                     const char *name,
                     struct bus_arena *mem,
                     struct bus_strv *ret,
                     struct bus_err *err)
{
    char key[PATH_BYTES], crt[PATH_BYTES];
    const struct bus_wire_ses_self self = {.name = bus_strv(name),
                                           .serial = 1,
                                           .from_ms = FROM_MS,
                                           .until_ms = UNTIL_MS};
    (void)snprintf(key, sizeof(key), "%s/%s.key", keys, name);
    (void)snprintf(crt, sizeof(crt), "%s/%s.crt", keys, name);
    BUS_TRY(bus_wire_ses_cert_self(key, &self, crt, err));
    return bus_wire_ses_cert_read(crt, mem, ret, err);
}

static int
demo_maker_new(struct demo_maker *m, const char *keys, struct bus_err *err)
{
    char path[PATH_BYTES];
    uint8_t point[BUS_WIRE_SM2_POINT];
    (void)snprintf(path, sizeof(path), "%s/maker.key", keys);
    BUS_TRY(bus_wire_sm2_keygen(path, point, err));
    bus_wire_sm2_point_hex(point, m->hex);
    BUS_TRY(demo_cert(keys, "maker", &m->mem, &m->cert, err));
    return bus_wire_sm2_key_open(path, &m->key, err);
}

/* The seal's file and certificate beside its key. */
static int demo_stamp(struct demo_maker *m,
                      const char *keys,
                      const char *id,
                      const char *zh,
                      struct bus_err *err)
{
    char path[PATH_BYTES];
    struct bus_strv der;
    struct bus_wire_ses_seal seal = {
        .id = bus_strv(id),
        .name = bus_strv(zh),
        .maker = BUS_STRV("lianou"),
        .created_ms = FROM_MS,
        .from_ms = FROM_MS,
        .until_ms = UNTIL_MS,
        .picture_type = BUS_STRV("PNG"),
        .picture = {(const char *)dot, sizeof(dot)},
        .width_mm = 40,
        .height_mm = 40};
    BUS_TRY(demo_cert(keys, id, &m->mem, &seal.signer_cert, err));
    BUS_TRY(bus_wire_ses_make(&seal, m->key, m->cert, &m->mem, &der, err));
    (void)snprintf(path, sizeof(path), "%s/%s.esl", keys, id);
    FILE *f = fopen(path, "wxe");
    bool ok = f != NULL && fwrite(der.p, 1, der.n, f) == der.n;
    ok = (f == NULL || fclose(f) == 0) && ok;
    return ok ? BUS_OK
              : bus_fail(err, BUS_ECONFIG, "%s: cannot be written", path);
}

/* A key for each department, and its row behind those that are there. */
static int put_seals(const struct bus_config *c,
                     struct demo_maker *maker,
                     const char *keys,
                     FILE *to,
                     struct bus_err *err)
{
    for (size_t i = 0; i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        char path[PATH_BYTES], id[64], hex[BUS_WIRE_SM2_HEX + 1];
        uint8_t point[BUS_WIRE_SM2_POINT];
        if (p->kind != BUS_PARTNER_DEPARTMENT) {
            continue;
        }
        (void)snprintf(id, sizeof(id), "seal-%.40s", p->code);
        (void)snprintf(path, sizeof(path), "%s/%s.key", keys, id);
        BUS_TRY(bus_wire_sm2_keygen(path, point, err));
        bus_wire_sm2_point_hex(point, hex);
        if (maker->key != NULL) {
            BUS_TRY(demo_stamp(maker, keys, id, p->name_zh, err));
        }
        (void)fprintf(to, "%s,%s,,%s,*,2020-01-01T00:00:00+08:00,,,,%s\n", id,
                      p->code, hex, maker->hex);
    }
    return BUS_OK;
}

static int put_table(const struct bus_config *c,
                     struct demo_maker *maker,
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
        rc = put_seals(c, maker, keys, f, err);
    }
    ok = fclose(f) == 0 && ok;
    BUS_TRY(rc);
    return ok ? BUS_OK
              : bus_fail(err, BUS_ECONFIG, "%s: cannot be written", path);
}

int cli_seal_demo(const struct bus_config *c,
                  const char *registers,
                  const char *keys,
                  bool stamps,
                  struct bus_err *err)
{
    struct bus_arena mem;
    struct bus_catalogue_archive a;
    struct demo_maker maker = {.key = NULL};
    int rc;
    bus_arena_init(&mem, 0, 0);
    bus_arena_init(&maker.mem, 0, 0);
    BUS_TRY_GOTO(rc,
                 bus_catalogue_archive_folder(
                     c->registers, BUS_ARCHIVE_REGISTER, &mem, &a, err),
                 done);
    BUS_TRY_GOTO(rc, new_folder(registers, 0755, err), done);
    BUS_TRY_GOTO(rc, new_folder(keys, 0700, err), done);
    if (stamps) {
        BUS_TRY_GOTO(rc, demo_maker_new(&maker, keys, err), done);
    }
    for (size_t i = 0; i < a.count; i++) {
        BUS_TRY_GOTO(
            rc, put_table(c, &maker, &a.files[i], registers, keys, err), done);
    }
done:
    bus_wire_sm2_key_free(maker.key);
    bus_arena_fini(&maker.mem);
    bus_arena_fini(&mem);
    return rc;
}
