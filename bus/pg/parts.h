/* Inside the room. */
#ifndef BUS_PG_PARTS_H
#define BUS_PG_PARTS_H

#include <libpq-fe.h>

#include "bus/base/err.h"

/* What a failed result (NULL: none came) or a broken connection means: the
 * table of pg.h. Never a parameter's text. */
int pg_fail(PGconn *conn, const PGresult *r, struct bus_err *err);

#endif
