/* Inside the room. */
#ifndef BUS_PG_PARTS_H
#define BUS_PG_PARTS_H

#include "bus/base/err.h"
#include "bus/base/fsm.h"

/* link_fsm.c */
enum pg_link_state {
    PG_LINK_NEW,
    PG_LINK_CONNECTING,
    PG_LINK_UP,
    PG_LINK_BROKEN,
    PG_LINK_AWAY,
    PG_LINK_RETRYING,
    PG_LINK_CLOSED
};
enum pg_link_event {
    PG_LINK_TRY,
    PG_LINK_STAND,
    PG_LINK_DROP,
    PG_LINK_LOSE,
    PG_LINK_CLOSE
};
enum pg_link_state pg_link_moved(enum pg_link_state state,
                                 enum pg_link_event event);

struct pg_conn; /* libpq's PGconn and PGresult */
struct pg_result;

/* What libpq's text on a connection that was not made means: a wrong password
 * or certificate is none of "the database is away". */
const char *pg_cause(const char *text);
/* What a failed result (NULL: none came) or a broken connection means: the
 * table of pg.h. Never a parameter's text. */
int pg_fail(struct pg_conn *conn,
            const struct pg_result *r,
            struct bus_err *err);

#endif
