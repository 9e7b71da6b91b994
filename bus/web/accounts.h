/* Accounts and sessions of people, in the ledger's database.
 *
 * An account belongs to one operator of the register (S41), who he is and what
 * he may is asked of the register each time. Five wrong passwords in a row,
 * then it waits: 30 s, doubled up to a day; it counts before the password is
 * looked at, so that many tries at once gain nothing. A session is 32 random
 * bytes; the database has their hash. Who has a second factor (factor.h) shows
 * it each time; a wrong code counts as a wrong password does. It ends by its
 * time, by logging out, by a new password, by disabling the account, by its
 * owner or by another person with a reason. Its owner is shown since when it
 * is, when it was last seen (to the minute, written once a minute at most),
 * from where and with which kind of program (program.h); it is called by a
 * number, which opens nothing.
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

/* Rows: when, account, what ("factor", "recovery", "reset", "password" on his
 * page, "end"), by which operator, why. name "": of all. To be freed. */
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
    struct bus_strv renew;          /* a new password; "": it stays */
    const char *address, *program;  /* program.h; NULL: not known */
    const char *keys;               /* keys.accounts */
    int64_t session_ms;
};
/* BUS_EDENIED: no such account, a wrong password or code, disabled, or it
 * waits; one text for all. With renew that is his password from now on, and the
 * session is the only one he has. BUS_EUSAGE: it is none
 * (bus_web_password_fit); nothing was tried. */
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

/* --- those of one account --- */

enum bus_web_session_column { /* texts, times to the minute */
                              BUS_WEB_SESSION_N,
                              BUS_WEB_SESSION_SINCE,
                              BUS_WEB_SESSION_SEEN,
                              BUS_WEB_SESSION_UNTIL,
                              BUS_WEB_SESSION_ADDRESS, /* or "" */
                              BUS_WEB_SESSION_PROGRAM, /* or "" */
                              BUS_WEB_SESSION_THIS     /* "this" for the one of
                                                          token, else "" */
};
/* The 100 newest that have not ended, that of token first ("": none is it). To
 * be freed. */
int bus_web_session_list(struct bus_pg *pg,
                         const char *name,
                         const char *token,
                         struct bus_pg_rows **ret,
                         struct bus_err *err) BUS_MUSTCHECK;
/* By himself. BUS_EUNKNOWN: none of his has this number, whoever else's. */
int bus_web_session_end_own(struct bus_pg *pg,
                            const char *name,
                            int64_t n,
                            struct bus_err *err) BUS_MUSTCHECK;
/* All but that of token. */
int bus_web_session_end_others(struct bus_pg *pg,
                               const char *name,
                               const char *token,
                               struct bus_err *err) BUS_MUSTCHECK;
struct bus_web_ending
{
    const char *name;     /* the account */
    const char *by, *why; /* another person's operator id; in the log */
    int64_t n;            /* 0: all of them */
};
/* BUS_EUNKNOWN: there is none such; BUS_EDENIED: he is it himself. */
int bus_web_session_end_by(struct bus_pg *pg,
                           const struct bus_web_ending *e,
                           struct bus_err *err) BUS_MUSTCHECK;

#endif
