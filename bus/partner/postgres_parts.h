/* Inside the transport postgres: what is held apart for its test. */
#ifndef BUS_PARTNER_POSTGRES_PARTS_H
#define BUS_PARTNER_POSTGRES_PARTS_H

#include <stdbool.h>

#include "bus/base/err.h"

#define CONNINFO_MAX 4096 /* bytes of a conninfo */

/* What a failure of pg.h means here, in err and returned: what the database
 * refuses is told in Chinese and English and waited for (BUS_EAWAY); with one,
 * what is of this row alone is BUS_EAGAIN, and none of its text is kept. */
int partner_postgres_told(int rc, bool one, struct bus_err *err);
/* The file's first line. BUS_EAWAY: it cannot be read, or others may. */
int partner_postgres_conninfo(const char *path,
                              char to[CONNINFO_MAX],
                              struct bus_err *err) BUS_MUSTCHECK;

#endif
