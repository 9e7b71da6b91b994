/* The treasury's door: what `lianou treasury` does at a terminal, over HTTP,
 * for who pays (register act PAY) and is signed in (bus/web/callers.h). The
 * same functions of books.h, the same rules, the same rows of who did what.
 *
 *   GET  /v1/treasury                          due, batches, funds
 *   GET  /v1/treasury/lines?state=             lines, 1000 at most
 *   GET  /v1/treasury/batches/{batch}          with its lines and acts
 *   GET  /v1/treasury/differences              of all funds, 1000 at most
 *   POST /v1/treasury/differences/look         {"difference", "as", "why"}
 *   POST /v1/treasury/differences/agree        {"difference", "password",
 *                                               "code"}: another person
 *   GET  /v1/treasury/awards?state=&award=     1000 at most
 *   POST /v1/treasury/awards/suspend, resume   {"award", "why", "password",
 *                                               "code"}
 *   GET  /v1/treasury/budgets                  said and not agreed to yet
 *   POST /v1/treasury/budgets/say              {"fund", "yuan", "why"}: 201
 *   POST /v1/treasury/budgets/agree            {"budget", "password", "code"}:
 *                                               another person
 *   POST /v1/treasury/budgets/drop             {"budget"}
 *   POST /v1/treasury/batches                  {"fund", "pay_day"}: 201
 *   POST /v1/treasury/batches/{batch}/approve  {"password", "code"}
 *   POST /v1/treasury/batches/{batch}/send     {"password", "code"}
 *   POST /v1/treasury/batches/{batch}/withdraw {"why"}
 *
 * code: of his second factor; needed unless http.second_factor is false and he
 * has none. Answers are JSON; what may not be is problem+json: 401 who it is,
 * 403 he may not (also: the same person twice, a wrong password), 404, 409 not
 * as things stand, 422, 503 again later. On the loop's thread; the database on
 * the pool.
 */
#ifndef CONSUMERS_TREASURY_DOOR_H
#define CONSUMERS_TREASURY_DOOR_H

#include "bus/role/frame.h"

struct treasury_door;
/* Borrows frame. */
int treasury_door_open(struct bus_role_frame *frame,
                       struct treasury_door **ret,
                       struct bus_err *err) BUS_MUSTCHECK;
void treasury_door_drain(struct treasury_door *d); /* NULL is allowed */
/* After the loop has ended; NULL is allowed. */
void treasury_door_close(struct treasury_door *d);

#endif
