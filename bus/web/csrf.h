/* That a form was asked for by the page it stands in: its field `csrf` is the
 * HMAC-SHA-256 of a constant under what the cookie holds, which no other site
 * can read. Who has no session has a visitor's cookie for it, random as well.
 * Beside that a browser says where a form came from (Origin, Sec-Fetch-Site);
 * when it says elsewhere, the token does not help. */
#ifndef BUS_WEB_CSRF_H
#define BUS_WEB_CSRF_H

#include "bus/web/fields.h"

#define BUS_WEB_CSRF_HEX 64

void bus_web_csrf_token(struct bus_strv secret, char ret[BUS_WEB_CSRF_HEX + 1]);
/* Is it so? secret "" never. */
bool bus_web_csrf_held(const struct bus_run_http_request *rq,
                       const struct bus_web_fields *fields,
                       struct bus_strv secret);
/* The visitor's secret; "" for none. */
void bus_web_csrf_visitor(const struct bus_run_http_request *rq,
                          char ret[BUS_WEB_CSRF_HEX + 1]);
/* Likewise; a new one, set as a cookie, for none. secure: TLS alone. */
int bus_web_csrf_visitor_make(struct bus_run_http_request *rq,
                              bool secure,
                              char ret[BUS_WEB_CSRF_HEX + 1],
                              struct bus_err *err) BUS_MUSTCHECK;
/* The value of a cookie; p NULL: none of that name. */
struct bus_strv bus_web_cookie(const struct bus_run_http_request *rq,
                               const char *name);

#endif
