/* A private PostgreSQL in a folder of its own: initdb, a server on a Unix
 * socket in that folder and nothing else, the end. Run by root it becomes an
 * unprivileged user first (postgres, else nobody). For the demo and tests. */
#ifndef OPS_CLI_DEMO_PRIVATE_PG_H
#define OPS_CLI_DEMO_PRIVATE_PG_H

#include <stdbool.h>
#include <sys/types.h>

#include "bus/base/err.h"

struct private_pg
{
    char dir[256];
    char conninfo[400];
    pid_t pid;
};

/* Whether a server is installed. */
bool cli_private_pg_there(void);
/* dir must be an empty folder of ours. Takes some seconds. */
int cli_private_pg_start(struct private_pg *p,
                         const char *dir,
                         struct bus_err *err) BUS_MUSTCHECK;
/* The server again, after cli_private_pg_stop(). */
int cli_private_pg_again(struct private_pg *p,
                         struct bus_err *err) BUS_MUSTCHECK;
void cli_private_pg_stop(struct private_pg *p); /* fast shutdown; waits */

#endif
