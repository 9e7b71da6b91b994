/* Between callers.c and sessions.c. */
#ifndef BUS_WEB_CALLERS_PARTS_H
#define BUS_WEB_CALLERS_PARTS_H

#include "bus/web/accounts.h"
#include "bus/web/callers.h"
#include "bus/web/limits.h"
#include "bus/web/pool.h"
#include "bus/wire/signed.h"

#define WEB_COOKIE "lianou_session"

struct web_session_kept
{
    struct bus_web_session s; /* token "": nobody */
    uint64_t looked_ms;       /* monotonic */
};
#define WEB_SESSIONS_KEPT 4096 /* by the token's own bits; a later one wins */

struct bus_web_callers
{
    struct bus_run_loop *loop;
    const struct bus_config *config;
    struct bus_register_watch *registers;
    const struct bus_register *held; /* of it; NULL: not asked yet */
    struct bus_web_pool *pool;
    struct bus_wire_keyring *systems; /* NULL: none may */
    struct bus_wire_signed_seen *seen;
    struct bus_web_limits *guesses;  /* passwords, by the client's address */
    struct bus_web_limits *sent;     /* applications an hour, by operator */
    struct bus_web_limits *sent_day; /* and a day */
    struct web_session_kept *kept;
};

/* sessions.c: the token that came, in ret; "" for none. */
void web_session_token(const struct bus_run_http_request *rq,
                       char ret[BUS_WEB_TOKEN_HEX + 1]);
struct web_session_kept *web_session_place(struct bus_web_callers *c,
                                           const char *token);
/* The operator of this session, if he is in office today; as long as no other
 * session is asked. */
const struct bus_register_operator *
web_session_operator(struct bus_web_callers *c,
                     const struct bus_web_session *s);
/* 503: the database is away. */
void web_away(struct bus_run_http_request *rq);
int web_sessions_routes(struct bus_web_callers *c,
                        struct bus_run_http *http,
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
