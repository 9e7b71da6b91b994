/* One connection to PostgreSQL on the loop, in pipeline mode.
 *
 * It connects by itself, again and again with jittered back-off; up() says that
 * it stands, down() that it was lost or could not be made (once, not each try).
 * What is sent is a *unit*: some prepared statements with binary parameters,
 * executed in order as one transaction of their own, all or nothing. Units are
 * executed in the order sent; one that fails takes no other with it.
 *
 * A unit answers once: with the rows of its last statement, or with an error as
 * in pg.h. BUS_EAWAY: the connection broke; whether the unit happened is not
 * known, so units must be safe to repeat. Nothing is sent again by itself.
 *
 * Belongs to the loop's thread. A host's name is looked up on that thread: give
 * an address or a socket's folder where that matters. Callbacks may send and
 * may close the link. */
#ifndef BUS_PG_LINK_H
#define BUS_PG_LINK_H

#include <stdbool.h>

#include "bus/base/fsm.h"
#include "bus/pg/pg.h"
#include "bus/run/loop.h"

#define BUS_PG_UNIT_CALLS 4  /* statements of one unit */
#define BUS_PG_PARAMS     24 /* of one statement */
#define BUS_PG_UNITS      16 /* sent and not yet answered */
#define BUS_PG_CONNECT_MS 5000
#define BUS_PG_STATEMENTS 32 /* different ones on one link */

extern const struct bus_fsm bus_pg_link_fsm; /* its life */
struct bus_pg_link;
struct bus_pg_link_conf
{
    const char *conninfo;               /* borrowed for good */
    int64_t statement_ms;               /* statement_timeout; 0 = none */
    int64_t retry_min_ms, retry_max_ms; /* 0 = 200, 10 000 */
    void *data;
    void (*up)(void *data);
    /* After the units in flight have been answered. */
    void (*down)(void *data, const struct bus_err *err);
};
struct bus_pg_call
{
    const char *sql; /* a literal, or lives as long as the link: prepared once a
                        connection, known by its address */
    const struct bus_strv *params; /* binary; p NULL: null; copied */
    size_t n;
};
/* rows: of the last statement, gone after the call; NULL with an error. */
typedef void (*bus_pg_done)(void *token,
                            const struct bus_pg_rows *rows,
                            const struct bus_err *err);

/* Starts to connect; calls nothing back before the loop turns. */
int bus_pg_link_open(struct bus_run_loop *loop,
                     const struct bus_pg_link_conf *conf,
                     struct bus_pg_link **ret,
                     struct bus_err *err) BUS_MUSTCHECK;
/* No more callbacks, units in flight are not answered (a unit may happen all
 * the same). NULL is allowed. */
void bus_pg_link_close(struct bus_pg_link *link);
bool bus_pg_link_up(const struct bus_pg_link *link);
/* BUS_EAWAY if it is down, BUS_EAGAIN over BUS_PG_UNITS. */
int bus_pg_link_send(struct bus_pg_link *link,
                     const struct bus_pg_call *calls,
                     size_t n,
                     bus_pg_done done,
                     void *token,
                     struct bus_err *err) BUS_MUSTCHECK;
/* Gives the connection up and makes it anew, as if it had broken. */
void bus_pg_link_drop(struct bus_pg_link *link);

#endif
