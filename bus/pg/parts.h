/* Inside the room. */
#ifndef BUS_PG_PARTS_H
#define BUS_PG_PARTS_H

#include "bus/base/err.h"

struct pg_conn; /* libpq's PGconn and PGresult */
struct pg_result;

/* What a failed result (NULL: none came) or a broken connection means: the
 * table of pg.h. Never a parameter's text. */
int pg_fail(struct pg_conn *conn,
            const struct pg_result *r,
            struct bus_err *err);

#endif
