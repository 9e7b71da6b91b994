/* What can be tried with a demo that is left running. */
#ifndef OPS_CLI_DEMO_KEEP_H
#define OPS_CLI_DEMO_KEEP_H

#include <stdio.h>

#include "bus/conf/bus_config.h"
#include "bus/pg/pg.h"

struct demo_kept
{
    const char *dir; /* of the demo; its settings are written to <dir>/env */
    const char *prefix;
    struct bus_pg *pg;
    int intake_port, desk_port;
    const struct bus_config *config;
};
#define DEMO_PASSWORD 24
/* The department whose clerk and approver have accounts: from then on nobody
 * simulated answers for it. */
#define DEMO_DESK_DEPARTMENT "RS"
/* Accounts for pages, of operators of the register: an assistant, a clerk and
 * an approver; one password for all, made anew and given in ret. Who seals has
 * a second factor, as everywhere; its secret is in <dir>/<account>.totp, what
 * stands in for his telephone (lianou account code). */
int cli_demo_keep_accounts(const struct demo_kept *k,
                           char ret[DEMO_PASSWORD],
                           struct bus_err *err) BUS_MUSTCHECK;
/* Commands to copy, with a case of this demo in them. */
void cli_demo_keep_report(FILE *to,
                          const struct demo_kept *k,
                          const char *password); /* of the accounts; "": none */

#endif
