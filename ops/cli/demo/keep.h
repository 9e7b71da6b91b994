/* What can be tried with a demo that is left running. */
#ifndef OPS_CLI_DEMO_KEEP_H
#define OPS_CLI_DEMO_KEEP_H

#include <stdio.h>

#include "bus/pg/pg.h"

struct demo_kept
{
    const char *dir; /* of the demo; its settings are written to <dir>/env */
    const char *prefix;
    struct bus_pg *pg;
    int intake_port;
};
/* Commands to copy, with a case of this demo in them. */
void cli_demo_keep_report(FILE *to, const struct demo_kept *k);

#endif
