#include "bus/web/accounts.h"

#include <string.h>

#include "bus/web/factor.h"
#include "bus/web/sql/account_able.h"
#include "bus/web/sql/account_acts.h"
#include "bus/web/sql/account_add.h"
#include "bus/web/sql/account_list.h"
#include "bus/web/sql/account_passwd.h"
#include "bus/web/sql/login_claim.h"
#include "bus/web/sql/login_renew.h"
#include "bus/web/sql/login_well.h"
#include "bus/web/sql/session_end.h"
#include "bus/web/sql/session_end_by.h"
#include "bus/web/sql/session_end_others.h"
#include "bus/web/sql/session_end_own.h"
#include "bus/web/sql/session_find.h"
#include "bus/web/sql/session_list.h"
#include "bus/wire/crypt.h"

static const char wrong[] =
    "account, password or code are wrong, or the account waits after wrong "
    "ones / 账号、口令或动态码不对,或因多次输错暂时锁定";

static void hex_bytes(const uint8_t *from, size_t n, char *to)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = digits[from[i] >> 4];
        to[2 * i + 1] = digits[from[i] & 15];
    }
    to[2 * n] = '\0';
}

bool bus_web_account_name(struct bus_strv name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
              (c >= 'A' && c <= 'Z') || (c != '\0' && strchr(".-_@", c)))) {
            return false;
        }
    }
    return name.n >= 2 && name.n <= BUS_WEB_ACCOUNT_MAX;
}

/* A statement that gives back a row for each account it met. */
static int account_change(struct bus_pg *pg,
                          const char *sql,
                          const char *const *params,
                          size_t n,
                          enum bus_errc none,
                          const char *why,
                          struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(bus_pg_query(pg, sql, params, n, &r, err));
    int rc = bus_pg_count(r) > 0
                 ? BUS_OK
                 : bus_fail(err, none, "%s: %s", params[0], why);
    bus_pg_rows_free(r);
    return rc;
}

int bus_web_account_add(struct bus_pg *pg,
                        const char *name,
                        const char *operator_id,
                        struct bus_strv password,
                        struct bus_err *err)
{
    char hash[BUS_WEB_HASH_BYTES];
    const char *params[] = {name, operator_id, hash};
    BUS_TRY(bus_web_password_fit(password, err));
    BUS_TRY(bus_web_password_hash(password, hash, err));
    return account_change(
        pg, bus_web_sql_account_add, params, 3, BUS_EDUPLICATE,
        "there is an account of this name, or of this operator / "
        "已有同名账号,或该经办人已有账号",
        err);
}

int bus_web_account_passwd(struct bus_pg *pg,
                           const char *name,
                           struct bus_strv password,
                           struct bus_err *err)
{
    char hash[BUS_WEB_HASH_BYTES];
    const char *params[] = {name, hash};
    BUS_TRY(bus_web_password_fit(password, err));
    BUS_TRY(bus_web_password_hash(password, hash, err));
    return account_change(pg, bus_web_sql_account_passwd, params, 2,
                          BUS_EUNKNOWN, "there is no such account / 没有此账号",
                          err);
}

int bus_web_account_able(struct bus_pg *pg,
                         const char *name,
                         bool able,
                         struct bus_err *err)
{
    const char *params[] = {name, able ? "false" : "true"};
    return account_change(pg, bus_web_sql_account_able, params, 2, BUS_EUNKNOWN,
                          "there is no such account / 没有此账号", err);
}

int bus_web_account_list(struct bus_pg *pg,
                         struct bus_pg_rows **ret,
                         struct bus_err *err)
{
    return bus_pg_query(pg, bus_web_sql_account_list, NULL, 0, ret, err);
}

int bus_web_account_acts(struct bus_pg *pg,
                         const char *name,
                         struct bus_pg_rows **ret,
                         struct bus_err *err)
{
    return bus_pg_query(pg, bus_web_sql_account_acts, &name, 1, ret, err);
}

/* --- sessions --- */

static void token_hash(const char *token, char ret[BUS_WEB_TOKEN_HEX + 1])
{
    uint8_t hash[BUS_WIRE_SHA256_BYTES];
    bus_wire_sha256(token, strlen(token), hash);
    hex_bytes(hash, sizeof(hash), ret);
}

/* Columns: account, operator, expires as text, expires in ms. */
static void session_take(const struct bus_pg_rows *r,
                         struct bus_web_session *ret)
{
    (void)bus_strv_copy(ret->account, sizeof(ret->account),
                        bus_strv(bus_pg_value(r, 0, 0)));
    (void)bus_strv_copy(ret->operator_id, sizeof(ret->operator_id),
                        bus_strv(bus_pg_value(r, 0, 1)));
    (void)bus_strv_copy(ret->expires, sizeof(ret->expires),
                        bus_strv(bus_pg_value(r, 0, 2)));
    ret->expires_ms = bus_pg_i64(r, 0, 3);
}

#define SEALED_TEXT 513 /* of a second factor, in hex */
struct login_claimed
{
    char hash[BUS_WEB_HASH_BYTES];                 /* "": nobody may try */
    char sealed[SEALED_TEXT], id[BUS_ID_TEXT + 1]; /* "": no second factor */
};

/* Of an account that may try now; the try is counted. */
static int login_claim(struct bus_pg *pg,
                       const char *name,
                       struct login_claimed *ret,
                       struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    *ret = (struct login_claimed){0};
    BUS_TRY(bus_pg_query(pg, bus_web_sql_login_claim, &name, 1, &r, err));
    if (bus_pg_count(r) > 0) {
        (void)bus_strv_copy(ret->hash, sizeof(ret->hash),
                            bus_strv(bus_pg_value(r, 0, 0)));
        (void)bus_strv_copy(ret->sealed, sizeof(ret->sealed),
                            bus_strv(bus_pg_value(r, 0, 1)));
        (void)bus_strv_copy(ret->id, sizeof(ret->id),
                            bus_strv(bus_pg_value(r, 0, 2)));
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

/* The password, then the code of who has a second factor. */
static int login_hold(struct bus_pg *pg,
                      const struct bus_web_login *l,
                      struct login_claimed *ret,
                      struct bus_err *err)
{
    BUS_TRY(login_claim(pg, l->name, ret, err));
    if (!bus_web_password_is(ret->hash, l->password)) {
        return bus_fail(err, BUS_EDENIED, "%s", wrong);
    }
    if (ret->sealed[0] == '\0') {
        return BUS_OK;
    }
    const struct bus_web_factor_held held = {l->name, ret->sealed, ret->id};
    int rc = bus_web_factor_count(pg, l->keys, &held, l->code, err);
    return rc == BUS_EDENIED ? bus_fail(err, BUS_EDENIED, "%s", wrong) : rc;
}

/* He has shown what he has to: a fresh session, as long as the hash that was
 * looked at is still the account's. */
static int login_make(struct bus_pg *pg,
                      const struct bus_web_login *l,
                      const char *hash,
                      struct bus_web_session *ret,
                      struct bus_err *err)
{
    char hashed[BUS_WEB_TOKEN_HEX + 1], limit[24], renewed[BUS_WEB_HASH_BYTES];
    uint8_t fresh[BUS_WEB_TOKEN_HEX / 2];
    struct bus_pg_rows *r = NULL;
    bool renews = l->renew.n > 0;
    const char *params[] = {l->name,
                            hashed,
                            limit,
                            hash,
                            l->address != NULL ? l->address : "",
                            l->program != NULL ? l->program : "",
                            renewed};
    if (renews) {
        BUS_TRY(bus_web_password_hash(l->renew, renewed, err));
    }
    BUS_TRY(bus_wire_random(fresh, sizeof(fresh), err));
    hex_bytes(fresh, sizeof(fresh), ret->token);
    token_hash(ret->token, hashed);
    (void)snprintf(limit, sizeof(limit), "%lld", (long long)l->session_ms);
    BUS_TRY(bus_pg_query(
        pg, renews ? bus_web_sql_login_renew : bus_web_sql_login_well, params,
        renews ? 7 : 6, &r, err));
    int rc =
        bus_pg_count(r) > 0 ? BUS_OK : bus_fail(err, BUS_EDENIED, "%s", wrong);
    if (rc == BUS_OK) {
        session_take(r, ret);
    }
    bus_pg_rows_free(r);
    return rc;
}

int bus_web_login(struct bus_pg *pg,
                  const struct bus_web_login *l,
                  struct bus_web_session *ret,
                  struct bus_err *err)
{
    struct login_claimed of;
    if (l->renew.n > 0) {
        BUS_TRY(bus_web_password_fit(l->renew, err));
    }
    BUS_TRY(login_hold(pg, l, &of, err));
    ret->factor = of.sealed[0] != '\0';
    return login_make(pg, l, of.hash, ret, err);
}

int bus_web_session_find(struct bus_pg *pg,
                         struct bus_web_session *ret,
                         struct bus_err *err)
{
    char hashed[BUS_WEB_TOKEN_HEX + 1];
    const char *param = hashed;
    struct bus_pg_rows *r = NULL;
    token_hash(ret->token, hashed);
    BUS_TRY(bus_pg_query(pg, bus_web_sql_session_find, &param, 1, &r, err));
    int rc = bus_pg_count(r) > 0
                 ? BUS_OK
                 : bus_fail(err, BUS_EDENIED, "the session has ended");
    if (rc == BUS_OK) {
        session_take(r, ret);
    }
    bus_pg_rows_free(r);
    return rc;
}

int bus_web_session_end(struct bus_pg *pg,
                        const char *token,
                        struct bus_err *err)
{
    char hashed[BUS_WEB_TOKEN_HEX + 1];
    const char *param = hashed;
    token_hash(token, hashed);
    return bus_pg_query(pg, bus_web_sql_session_end, &param, 1, NULL, err);
}

/* --- those of one account --- */

static const char none_such[] =
    "no such session, or it has ended / 没有这个会话, 或已结束";

int bus_web_session_list(struct bus_pg *pg,
                         const char *name,
                         const char *token,
                         struct bus_pg_rows **ret,
                         struct bus_err *err)
{
    char hashed[BUS_WEB_TOKEN_HEX + 1];
    const char *params[] = {name, hashed};
    token_hash(token, hashed); /* of "": nobody's */
    return bus_pg_query(pg, bus_web_sql_session_list, params, 2, ret, err);
}

int bus_web_session_end_own(struct bus_pg *pg,
                            const char *name,
                            int64_t n,
                            struct bus_err *err)
{
    char number[24];
    const char *params[] = {name, number};
    (void)snprintf(number, sizeof(number), "%lld", (long long)n);
    return account_change(pg, bus_web_sql_session_end_own, params, 2,
                          BUS_EUNKNOWN, none_such, err);
}

int bus_web_session_end_others(struct bus_pg *pg,
                               const char *name,
                               const char *token,
                               struct bus_err *err)
{
    char hashed[BUS_WEB_TOKEN_HEX + 1];
    const char *params[] = {name, hashed};
    token_hash(token, hashed);
    return bus_pg_query(pg, bus_web_sql_session_end_others, params, 2, NULL,
                        err);
}

int bus_web_session_end_by(struct bus_pg *pg,
                           const struct bus_web_ending *e,
                           struct bus_err *err)
{
    char number[24] = "";
    const char *params[] = {e->name, e->by, e->why, number};
    BUS_TRY(bus_web_factor_by_another(pg, e->name, e->by, err));
    if (e->n != 0) {
        (void)snprintf(number, sizeof(number), "%lld", (long long)e->n);
    }
    return account_change(pg, bus_web_sql_session_end_by, params, 4,
                          BUS_EUNKNOWN, none_such, err);
}
