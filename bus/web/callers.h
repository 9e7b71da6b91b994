/* Who calls: what every route of a role with an HTTP door asks first.
 *
 *   this machine   no credentials, from the loopback and through no proxy,
 *                  where http.callers is `loopback`: may do everything
 *   a person       a session (cookie or bearer token) of an account whose
 *                  operator is in office today
 *   a system       a signed request (signed.h) with a key of keys.callers
 *
 * Whoever gives credentials is held to them, from the loopback too. Anybody
 * else is answered 401. While the database is away, sessions that were looked
 * at before go on until they end; new ones are answered 503. On the loop's
 * thread; a session that is known costs no query for 30 s: so long a role may
 * still take one that was ended elsewhere, as long as it reaches the database.
 */
#ifndef BUS_WEB_CALLERS_H
#define BUS_WEB_CALLERS_H

#include "bus/catalogue/register_watch.h"
#include "bus/conf/bus_config.h"
#include "bus/registers/registers.h"
#include "bus/run/http.h"
#include "bus/run/loop.h"
#include "bus/web/accounts.h"

enum bus_web_caller_kind {
    BUS_WEB_MACHINE, /* this one */
    BUS_WEB_PERSON,
    BUS_WEB_SYSTEM,
    BUS_WEB_RESIDENT /* asks for his own case, by two things he knows */
};
struct bus_web_caller
{
    enum bus_web_caller_kind kind;
    char name[80];                 /* account or system; for the reading log */
    char operator_id[40], org[40]; /* of a person, today; else "" */
};

struct bus_web_callers;
/* Borrows loop, config and watch (those of the role): who is in office is asked
 * of the register in force. */
int bus_web_callers_open(struct bus_run_loop *loop,
                         const struct bus_config *config,
                         struct bus_register_watch *registers,
                         struct bus_web_callers **ret,
                         struct bus_err *err) BUS_MUSTCHECK;
/* After the loop has ended; NULL is allowed. */
void bus_web_callers_close(struct bus_web_callers *c);
/* POST and DELETE /v1/sessions. */
int bus_web_callers_routes(struct bus_web_callers *c,
                           struct bus_run_http *http,
                           struct bus_err *err) BUS_MUSTCHECK;

/* Is a cookie to be sent over TLS alone? Not to a browser on this machine where
 * there is no TLS. */
bool bus_web_callers_secure(const struct bus_web_callers *c,
                            const struct bus_run_http_request *rq);

/* Once, now or later, for a caller who is known; else the request has been
 * answered. caller lives until it returns. */
typedef void (*bus_web_known)(struct bus_run_http_request *rq,
                              const struct bus_web_caller *caller,
                              void *data);
void bus_web_callers_ask(struct bus_web_callers *c,
                         struct bus_run_http_request *rq,
                         bus_web_known known,
                         void *data);

/* --- pages --- */

/* Of a page nobody is known but by his session's cookie: neither this machine
 * nor a system. Who is not is not answered here. */
typedef void (*bus_web_unknown)(struct bus_run_http_request *rq,
                                bool away, /* it cannot be looked at now */
                                void *data);
void bus_web_callers_visit(struct bus_web_callers *c,
                           struct bus_run_http_request *rq,
                           bus_web_known known,
                           bus_web_unknown unknown,
                           void *data);
/* The session's token that came as a cookie; "" for none. */
void bus_web_callers_token(const struct bus_run_http_request *rq,
                           char ret[BUS_WEB_TOKEN_HEX + 1]);

enum bus_web_sign_in {
    BUS_WEB_SIGNED_IN,         /* the cookie is set for the answer */
    BUS_WEB_SIGN_IN_REFUSED,   /* one answer for every reason */
    BUS_WEB_SIGN_IN_NO_FACTOR, /* it is him, without the second factor wanted */
    BUS_WEB_SIGN_IN_WAIT,      /* too many wrong ones from there */
    BUS_WEB_SIGN_IN_AWAY
};
struct bus_web_signing_in
{
    struct bus_strv account, password;
    struct bus_strv code;  /* of who has a second factor (factor.h) */
    struct bus_strv renew; /* "", or his password from now on: all sessions of
                            * the account end, the cookie is of a fresh one */
    bool confirm;          /* of who is signed in: no new session, no cookie */
    bool factor; /* he has to have one, where http.second_factor says so */
    /* Once; session and operator NULL unless signed in. */
    void (*done)(struct bus_run_http_request *rq,
                 enum bus_web_sign_in how,
                 const struct bus_web_session *session,
                 const struct bus_register_operator *
                 operator,
                 int64_t wait_ms,
                 void *data);
    void *data;
};
void bus_web_callers_sign_in(struct bus_web_callers *c,
                             struct bus_run_http_request *rq,
                             const struct bus_web_signing_in *how);
/* What is remembered of this account's sessions is looked at again: at once
 * here, by other roles within 30 s. */
void bus_web_callers_forget(struct bus_web_callers *c, const char *account);
/* done: it has ended (and its cookie is taken back), or cannot be now. */
void bus_web_callers_sign_out(struct bus_web_callers *c,
                              struct bus_run_http_request *rq,
                              void (*done)(struct bus_run_http_request *rq,
                                           bool away,
                                           void *data),
                              void *data);

/* One more application of a person within http.applications_hour and _day, of
 * a system within systems_day? Else 429 has been answered. This machine's own
 * are not counted. */
bool bus_web_callers_admit(struct bus_web_callers *c,
                           struct bus_run_http_request *rq,
                           const struct bus_web_caller *caller);

/* A person says what a read is for, each time, in the header Lianou-Purpose.
 * False: he did not, and was answered 400. */
bool bus_web_purpose_said(struct bus_run_http_request *rq,
                          const struct bus_web_caller *caller);

#endif
