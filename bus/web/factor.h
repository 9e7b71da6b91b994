/* The second factor of an account: a secret that his telephone makes codes of
 * (totp.h), and ten recovery codes for who has lost it.
 *
 * A secret stands sealed in the database (keys.accounts), bound to its account.
 * A code counts once, within one step of drift; a recovery code counts once,
 * the database has its hash. Wrong ones count for the account as wrong
 * passwords do (accounts.h). Blocking, as bus/pg/pg.h; `keys` is the path of
 * the keyring. */
#ifndef BUS_WEB_FACTOR_H
#define BUS_WEB_FACTOR_H

#include "bus/pg/pg.h"
#include "bus/web/totp.h"

#define BUS_WEB_RECOVERIES    10
#define BUS_WEB_RECOVERY_TEXT 20 /* "abcd-efgh-ijkl-mnop" with NUL: 80 bits */
#define BUS_WEB_CODE_MAX      32 /* bytes of what he writes */

struct bus_web_factor
{
    char since[24];     /* "" for none */
    int64_t recoveries; /* left */
};
int bus_web_factor_has(struct bus_pg *pg,
                       const char *account,
                       struct bus_web_factor *ret,
                       struct bus_err *err) BUS_MUSTCHECK;

/* A fresh secret, as text. It is in force when a code of it has been given, in
 * 15 minutes; what he had before is until then. BUS_ECONFIG: no keyring.
 * BUS_EUNKNOWN: no such account, or disabled. */
int bus_web_factor_begin(struct bus_pg *pg,
                         const char *keys,
                         const char *account,
                         char ret[BUS_WEB_TOTP_TEXT],
                         struct bus_err *err) BUS_MUSTCHECK;
/* The secret that was begun. BUS_EUNKNOWN: none, or too long ago. */
int bus_web_factor_shown(struct bus_pg *pg,
                         const char *keys,
                         const char *account,
                         char ret[BUS_WEB_TOTP_TEXT],
                         struct bus_err *err) BUS_MUSTCHECK;
/* In force, with codes that are told this once. BUS_EDENIED: the code is wrong.
 * BUS_EUNKNOWN: as above. */
int bus_web_factor_confirm(struct bus_pg *pg,
                           const char *keys,
                           const char *account,
                           struct bus_strv code,
                           char ret[BUS_WEB_RECOVERIES][BUS_WEB_RECOVERY_TEXT],
                           struct bus_err *err) BUS_MUSTCHECK;

/* What another person has to do: BUS_EDENIED when `by` is the account's own. */
int bus_web_factor_by_another(struct bus_pg *pg,
                              const char *account,
                              const char *by, /* operator */
                              struct bus_err *err) BUS_MUSTCHECK;
/* Taken away by another person, and why; his sessions end. BUS_EDENIED: it is
 * himself. BUS_EUNKNOWN: there is none. */
int bus_web_factor_reset(struct bus_pg *pg,
                         const char *account,
                         const char *by, /* operator */
                         const char *why,
                         struct bus_err *err) BUS_MUSTCHECK;

/* As login_claim.sql gives it: the secret as sealed, in hex, and its id. */
struct bus_web_factor_held
{
    const char *account, *sealed, *id;
};
/* Is this a code of it that has not counted yet, or a recovery code? From then
 * on it has. BUS_EDENIED: neither. */
int bus_web_factor_count(struct bus_pg *pg,
                         const char *keys,
                         const struct bus_web_factor_held *held,
                         struct bus_strv code,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
