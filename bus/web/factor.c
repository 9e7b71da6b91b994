#include "bus/web/factor.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/hex.h"
#include "bus/web/sql/account_operator.h"
#include "bus/web/sql/factor_begin.h"
#include "bus/web/sql/factor_confirm.h"
#include "bus/web/sql/factor_has.h"
#include "bus/web/sql/factor_reset.h"
#include "bus/web/sql/factor_shown.h"
#include "bus/web/sql/factor_use.h"
#include "bus/web/sql/recovery_use.h"
#include "bus/wire/crypt.h"
#include "bus/wire/keyring.h"

#define FACTOR_OWNER  "accounts" /* of the keyring */
#define SEALED_BYTES  256
#define SEALING_BYTES (64u << 10) /* of a keyring's work */
#define HASH_TEXT     (2 * BUS_WIRE_SHA256_BYTES + 1)
#define NUMBER_TEXT   24

static const char no_code[] = "the code is wrong, or it has been used / "
                              "动态码不对或已用过";
static const char not_begun[] =
    "no secret was begun in the last 15 minutes / 15分钟内没有申领动态码密钥";

/* --- sealing --- */

/* One ring a call: it is not for two threads. */
static int factor_seal(const char *keys,
                       const char *account,
                       const struct bus_id *id,
                       const uint8_t secret[BUS_WEB_TOTP_BYTES],
                       char ret[2 * SEALED_BYTES + 1],
                       struct bus_err *err)
{
    struct bus_wire_keyring *ring = NULL;
    struct bus_arena mem;
    struct bus_strv sealed = {0};
    const struct bus_wire_binding binding = {"account_factor", account, id};
    BUS_TRY(bus_wire_keyring_open(keys, &ring, err));
    bus_arena_init(&mem, 0, SEALING_BYTES);
    int rc = bus_wire_seal(
        ring, BUS_STRV(FACTOR_OWNER), &binding,
        (struct bus_strv){(const char *)secret, BUS_WEB_TOTP_BYTES}, &mem,
        &sealed, err);
    if (rc == BUS_OK && sealed.n > SEALED_BYTES) {
        rc = bus_fail(err, BUS_ETOOBIG, "a sealed secret of %zu bytes",
                      sealed.n);
    }
    if (rc == BUS_OK) {
        bus_hex_write(sealed.p, sealed.n, ret);
    }
    bus_arena_fini(&mem);
    bus_wire_keyring_free(ring);
    return rc;
}

static int factor_open(const char *keys,
                       const struct bus_web_factor_held *held,
                       uint8_t ret[BUS_WEB_TOTP_BYTES],
                       struct bus_err *err)
{
    struct bus_wire_keyring *ring = NULL;
    struct bus_arena mem;
    struct bus_id id;
    uint8_t sealed[SEALED_BYTES];
    struct bus_strv plain = {0};
    size_t n = strlen(held->sealed) / 2;
    const struct bus_wire_binding binding = {"account_factor", held->account,
                                             &id};
    if (n > sizeof(sealed) || !bus_id_parse(bus_strv(held->id), &id) ||
        !bus_hex_read(bus_strv(held->sealed), sealed, n)) {
        return bus_fail(err, BUS_ECRYPT, "an account's sealed secret is none");
    }
    BUS_TRY(bus_wire_keyring_open(keys, &ring, err));
    bus_arena_init(&mem, 0, SEALING_BYTES);
    int rc = bus_wire_open(ring, &binding,
                           (struct bus_strv){(const char *)sealed, n}, &mem,
                           &plain, err);
    if (rc == BUS_OK && plain.n != BUS_WEB_TOTP_BYTES) {
        rc = bus_fail(err, BUS_ECRYPT, "an account's secret is none");
    }
    if (rc == BUS_OK) {
        memcpy(ret, plain.p, BUS_WEB_TOTP_BYTES);
        explicit_bzero((void *)plain.p, plain.n);
    }
    bus_arena_fini(&mem);
    bus_wire_keyring_free(ring);
    return rc;
}

/* --- statements --- */

/* One that gives back a row when it met something. */
static int factor_met(struct bus_pg *pg,
                      const char *sql,
                      const char *const *params,
                      size_t n,
                      bool *ret,
                      struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(bus_pg_query(pg, sql, params, n, &r, err));
    *ret = bus_pg_count(r) > 0;
    bus_pg_rows_free(r);
    return BUS_OK;
}

int bus_web_factor_has(struct bus_pg *pg,
                       const char *account,
                       struct bus_web_factor *ret,
                       struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    *ret = (struct bus_web_factor){0};
    BUS_TRY(bus_pg_query(pg, bus_web_sql_factor_has, &account, 1, &r, err));
    if (bus_pg_count(r) > 0) {
        (void)bus_strv_copy(ret->since, sizeof(ret->since),
                            bus_strv(bus_pg_value(r, 0, 0)));
        ret->recoveries = bus_pg_i64(r, 0, 1);
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

/* --- getting one --- */

int bus_web_factor_begin(struct bus_pg *pg,
                         const char *keys,
                         const char *account,
                         char ret[BUS_WEB_TOTP_TEXT],
                         struct bus_err *err)
{
    uint8_t secret[BUS_WEB_TOTP_BYTES];
    char sealed[2 * SEALED_BYTES + 1], id_text[BUS_ID_TEXT + 1];
    struct bus_id id = bus_id_fresh(bus_clock_system.wall_ms(NULL));
    const char *params[] = {account, bus_id_text(&id, id_text), sealed};
    bool met = false;
    BUS_TRY(bus_wire_random(secret, sizeof(secret), err));
    int rc = factor_seal(keys, account, &id, secret, sealed, err);
    bus_web_totp_write(secret, ret);
    explicit_bzero(secret, sizeof(secret));
    BUS_TRY(rc);
    BUS_TRY(factor_met(pg, bus_web_sql_factor_begin, params, 3, &met, err));
    return met ? BUS_OK
               : bus_fail(err, BUS_EUNKNOWN,
                          "%s: there is no such account / 没有此账号", account);
}

/* What was begun: its bytes, and its id as text. */
static int factor_begun(struct bus_pg *pg,
                        const char *keys,
                        const char *account,
                        uint8_t ret[BUS_WEB_TOTP_BYTES],
                        char ret_id[BUS_ID_TEXT + 1],
                        struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    int rc;
    BUS_TRY(bus_pg_query(pg, bus_web_sql_factor_shown, &account, 1, &r, err));
    if (bus_pg_count(r) > 0) {
        const struct bus_web_factor_held held = {account, bus_pg_value(r, 0, 0),
                                                 bus_pg_value(r, 0, 1)};
        (void)bus_strv_copy(ret_id, BUS_ID_TEXT + 1, bus_strv(held.id));
        rc = factor_open(keys, &held, ret, err);
    } else {
        rc = bus_fail(err, BUS_EUNKNOWN, "%s", not_begun);
    }
    bus_pg_rows_free(r);
    return rc;
}

int bus_web_factor_shown(struct bus_pg *pg,
                         const char *keys,
                         const char *account,
                         char ret[BUS_WEB_TOTP_TEXT],
                         struct bus_err *err)
{
    uint8_t secret[BUS_WEB_TOTP_BYTES];
    char id[BUS_ID_TEXT + 1];
    BUS_TRY(factor_begun(pg, keys, account, secret, id, err));
    bus_web_totp_write(secret, ret);
    explicit_bzero(secret, sizeof(secret));
    return BUS_OK;
}

/* --- recovery codes --- */

static int recovery_make(char ret[BUS_WEB_RECOVERY_TEXT], struct bus_err *err)
{
    uint8_t bytes[BUS_WEB_TOTP_BYTES];
    char text[BUS_WEB_TOTP_TEXT];
    size_t n = 0;
    BUS_TRY(bus_wire_random(bytes, sizeof(bytes), err));
    bus_web_totp_write(bytes, text);
    for (size_t i = 0; i < 16; i++) {
        char c = text[i];
        if (i > 0 && i % 4 == 0) {
            ret[n++] = '-';
        }
        ret[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    ret[n] = '\0';
    return BUS_OK;
}

/* However it is written: of its letters and digits. */
static void
recovery_hash(const char *account, struct bus_strv code, char ret[HASH_TEXT])
{
    char plain[BUS_WEB_CODE_MAX];
    size_t n = 0;
    uint8_t hash[BUS_WIRE_SHA256_BYTES];
    for (size_t i = 0; i < code.n && n < sizeof(plain); i++) {
        char c = code.p[i];
        if (c != '-' && c != ' ') {
            plain[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
    }
    const struct bus_strv parts[] = {
        bus_strv("recovery"), {"", 1}, bus_strv(account), {"", 1}, {plain, n}};
    bus_wire_sha256_parts(parts, sizeof(parts) / sizeof(parts[0]), hash);
    explicit_bzero(plain, sizeof(plain));
    bus_hex_write(hash, sizeof(hash), ret);
}

/* Their hashes with commas between. */
static int recoveries_make(const char *account,
                           char ret[BUS_WEB_RECOVERIES][BUS_WEB_RECOVERY_TEXT],
                           char ret_hashes[BUS_WEB_RECOVERIES * HASH_TEXT],
                           struct bus_err *err)
{
    for (size_t i = 0; i < BUS_WEB_RECOVERIES; i++) {
        char *to = ret_hashes + i * HASH_TEXT;
        BUS_TRY(recovery_make(ret[i], err));
        recovery_hash(account, bus_strv(ret[i]), to);
        to[HASH_TEXT - 1] = i + 1 < BUS_WEB_RECOVERIES ? ',' : '\0';
    }
    return BUS_OK;
}

int bus_web_factor_confirm(struct bus_pg *pg,
                           const char *keys,
                           const char *account,
                           struct bus_strv code,
                           char ret[BUS_WEB_RECOVERIES][BUS_WEB_RECOVERY_TEXT],
                           struct bus_err *err)
{
    uint8_t secret[BUS_WEB_TOTP_BYTES];
    char id[BUS_ID_TEXT + 1], step_text[NUMBER_TEXT];
    char hashes[BUS_WEB_RECOVERIES * HASH_TEXT];
    const char *params[] = {account, id, step_text, hashes};
    bool met = false;
    BUS_TRY(factor_begun(pg, keys, account, secret, id, err));
    int64_t step =
        bus_web_totp_of(secret, code, bus_clock_system.wall_ms(NULL));
    explicit_bzero(secret, sizeof(secret));
    if (step < 0) {
        return bus_fail(err, BUS_EDENIED, "%s", no_code);
    }
    (void)snprintf(step_text, sizeof(step_text), "%lld", (long long)step);
    BUS_TRY(recoveries_make(account, ret, hashes, err));
    BUS_TRY(factor_met(pg, bus_web_sql_factor_confirm, params, 4, &met, err));
    return met ? BUS_OK : bus_fail(err, BUS_EUNKNOWN, "%s", not_begun);
}

/* --- showing it --- */

static int recovery_count(struct bus_pg *pg,
                          const char *account,
                          struct bus_strv code,
                          bool *ret,
                          struct bus_err *err)
{
    char hash[HASH_TEXT];
    const char *params[] = {account, hash};
    recovery_hash(account, code, hash);
    return factor_met(pg, bus_web_sql_recovery_use, params, 2, ret, err);
}

int bus_web_factor_count(struct bus_pg *pg,
                         const char *keys,
                         const struct bus_web_factor_held *held,
                         struct bus_strv code,
                         struct bus_err *err)
{
    uint8_t secret[BUS_WEB_TOTP_BYTES];
    char step_text[NUMBER_TEXT];
    const char *params[] = {held->account, held->id, step_text};
    bool counts = false;
    while (code.n > 0 && (code.p[code.n - 1] == ' ')) {
        code.n--;
    }
    if (code.n > BUS_WEB_TOTP_DIGITS && code.n < BUS_WEB_CODE_MAX) {
        BUS_TRY(recovery_count(pg, held->account, code, &counts, err));
    } else if (code.n == BUS_WEB_TOTP_DIGITS) {
        BUS_TRY(factor_open(keys, held, secret, err));
        int64_t step =
            bus_web_totp_of(secret, code, bus_clock_system.wall_ms(NULL));
        explicit_bzero(secret, sizeof(secret));
        (void)snprintf(step_text, sizeof(step_text), "%lld", (long long)step);
        if (step >= 0) {
            BUS_TRY(factor_met(pg, bus_web_sql_factor_use, params, 3, &counts,
                               err));
        }
    }
    return counts ? BUS_OK : bus_fail(err, BUS_EDENIED, "%s", no_code);
}

/* --- taking it away --- */

int bus_web_factor_by_another(struct bus_pg *pg,
                              const char *account,
                              const char *by,
                              struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(
        bus_pg_query(pg, bus_web_sql_account_operator, &account, 1, &r, err));
    bool himself =
        bus_pg_count(r) > 0 && strcmp(bus_pg_value(r, 0, 0), by) == 0;
    bus_pg_rows_free(r);
    return himself ? bus_fail(err, BUS_EDENIED,
                              "another person does this, not himself / "
                              "须由另一人办理, 本人不能")
                   : BUS_OK;
}

int bus_web_factor_reset(struct bus_pg *pg,
                         const char *account,
                         const char *by,
                         const char *why,
                         struct bus_err *err)
{
    const char *params[] = {account, by, why};
    bool met = false;
    BUS_TRY(bus_web_factor_by_another(pg, account, by, err));
    BUS_TRY(factor_met(pg, bus_web_sql_factor_reset, params, 3, &met, err));
    return met ? BUS_OK
               : bus_fail(err, BUS_EUNKNOWN,
                          "%s has no second factor / 该账号未开通动态码",
                          account);
}
