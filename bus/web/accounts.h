/* Accounts and sessions of people, in the ledger's database.
 *
 * An account belongs to one operator of the register (S41), who he is and what
 * he may is asked of the register each time. Five wrong passwords in a row,
 * then it waits: 30 s, doubled up to a day; it counts before the password is
 * looked at, so that many tries at once gain nothing. A session is 32 random
 * bytes; the database has their hash. Who has a second factor (factor.h) shows
 * it each time; a wrong code counts as a wrong password does. It ends by its
 * time, by logging out, by a new password, by disabling the account.
 *
 * Blocking, as bus/pg/pg.h. */
#ifndef BUS_WEB_ACCOUNTS_H
#define BUS_WEB_ACCOUNTS_H

#include <stdio.h>

#include "bus/pg/pg.h"
#include "bus/web/password.h"

#define BUS_WEB_ACCOUNT_MAX 64 /* bytes of its name */
#define BUS_WEB_TOKEN_HEX   64
#define BUS_WEB_OPERATOR    32
#define BUS_WEB_TIME        40

/* Letters, digits, '.', '-', '_' and '@', 2 to 64. */
bool bus_web_account_name(struct bus_strv name);

/* BUS_EDUPLICATE: there is one of this name, or of this operator. */
int bus_web_account_add(struct bus_pg *pg,
                        const char *name,
                        const char *operator_id,
                        struct bus_strv password,
                        struct bus_err *err) BUS_MUSTCHECK;
/* Both end the account's sessions. BUS_EUNKNOWN: there is none. */
int bus_web_account_passwd(struct bus_pg *pg,
                           const char *name,
                           struct bus_strv password,
                           struct bus_err *err) BUS_MUSTCHECK;
int bus_web_account_able(struct bus_pg *pg,
                         const char *name,
                         bool able,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Rows: name, operator, "enabled", "disabled" or "waiting", wrong passwords,
 * last login or "", "factor" or "". To be freed. */
int bus_web_account_list(struct bus_pg *pg,
                         struct bus_pg_rows **ret,
                         struct bus_err *err) BUS_MUSTCHECK;

/* Rows: when, account, what ("factor", "recovery", "reset"), by which operator,
 * why. name "": of all. To be freed. */
int bus_web_account_acts(struct bus_pg *pg,
                         const char *name,
                         struct bus_pg_rows **ret,
                         struct bus_err *err) BUS_MUSTCHECK;

struct bus_web_session
{
    char token[BUS_WEB_TOKEN_HEX + 1];
    char account[BUS_WEB_ACCOUNT_MAX + 1], operator_id[BUS_WEB_OPERATOR + 1];
    char expires[BUS_WEB_TIME]; /* as people read it */
    int64_t expires_ms;         /* since 1970 */
    bool factor;                /* of a login: it was shown with a code */
};
struct bus_web_login
{
    const char *name;
    struct bus_strv password, code; /* code: of who has a second factor */
    const char *keys;               /* keys.accounts */
    int64_t session_ms;
};
/* BUS_EDENIED: no such account, a wrong password or code, disabled, or it
 * waits; one text for all. */
int bus_web_login(struct bus_pg *pg,
                  const struct bus_web_login *l,
                  struct bus_web_session *ret,
                  struct bus_err *err) BUS_MUSTCHECK;
/* Of ret->token. BUS_EDENIED: none, or it has ended. */
int bus_web_session_find(struct bus_pg *pg,
                         struct bus_web_session *ret,
                         struct bus_err *err) BUS_MUSTCHECK;
int bus_web_session_end(struct bus_pg *pg,
                        const char *token,
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
