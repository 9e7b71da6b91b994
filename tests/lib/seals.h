/* Keys and seals for tests, in a folder of their own. */
#ifndef TESTS_LIB_SEALS_H
#define TESTS_LIB_SEALS_H

#include <stdio.h>
#include <unistd.h>

#include "bus/wire/sealer.h"
#include "bus/wire/ses.h"
#include "tests/lib/check.h"

#define SEALS_BEFORE_MS 86400000
#define SEALS_AFTER_MS  864000000

static inline void seals_key(const char *dir,
                             const char *name,
                             struct bus_wire_sm2_key **ret,
                             char hex[BUS_WIRE_SM2_HEX + 1])
{
    char path[256];
    uint8_t point[BUS_WIRE_SM2_POINT];
    struct bus_err err;
    (void)snprintf(path, sizeof(path), "%s/%s.key", dir, name);
    if (bus_wire_sm2_keygen(path, point, &err) != BUS_OK ||
        bus_wire_sm2_key_open(path, ret, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    bus_wire_sm2_point_hex(point, hex);
}

static inline void seals_certificate(const char *dir,
                                     const char *name,
                                     int64_t at_ms,
                                     struct bus_arena *mem,
                                     struct bus_strv *ret)
{
    char key[256], crt[256];
    struct bus_err err;
    const struct bus_wire_ses_self self = {.name = bus_strv(name),
                                           .serial = 1,
                                           .from_ms = at_ms - SEALS_BEFORE_MS,
                                           .until_ms = at_ms + SEALS_AFTER_MS};
    (void)snprintf(key, sizeof(key), "%s/%s.key", dir, name);
    (void)snprintf(crt, sizeof(crt), "%s/%s.crt", dir, name);
    if ((access(crt, F_OK) != 0 &&
         bus_wire_ses_cert_self(key, &self, crt, &err) != BUS_OK) ||
        bus_wire_ses_cert_read(crt, mem, ret, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

/* The key ours.key under a seal S-GB by this maker, good around at_ms. */
static inline void seals_stamp(const char *dir,
                               const char *maker,
                               const struct bus_wire_sm2_key *makers,
                               int64_t at_ms,
                               struct bus_arena *mem,
                               struct bus_wire_sealer **ret)
{
    char path[256];
    struct bus_err err;
    struct bus_strv cert, der;
    struct bus_wire_ses_seal s = {.id = BUS_STRV("S-GB"),
                                  .name = BUS_STRV("某民政局"),
                                  .maker = BUS_STRV("test"),
                                  .created_ms = at_ms - SEALS_BEFORE_MS,
                                  .from_ms = at_ms - SEALS_BEFORE_MS,
                                  .until_ms = at_ms + SEALS_AFTER_MS,
                                  .picture_type = BUS_STRV("PNG"),
                                  .picture = BUS_STRV("x"),
                                  .width_mm = 40,
                                  .height_mm = 40};
    seals_certificate(dir, "ours", at_ms, mem, &s.signer_cert);
    seals_certificate(dir, maker, at_ms, mem, &cert);
    assert_int_equal(bus_wire_ses_make(&s, makers, cert, mem, &der, &err),
                     BUS_OK);
    (void)snprintf(path, sizeof(path), "%s/ours.esl", dir);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(der.p, 1, der.n, f), der.n);
    (void)fclose(f);
    (void)snprintf(path, sizeof(path), "%s/ours.key", dir);
    if (bus_wire_sealer_open(path, ret, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

#endif
