/* The demo's live view: counts by stage, how far each role is behind in
 * seconds, and which partners are answering. */
#ifndef OPS_CLI_DEMO_VIEW_H
#define OPS_CLI_DEMO_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "ops/cli/tool.h"

#define DEMO_VIEW_ROLES 3

struct demo_view
{
    FILE *to;
    bool terminal; /* drawn over and over in place; else one line a call */
    struct
    {
        const char *name;
        int port; /* of its /metrics */
        int fd;   /* kept connection; -1 at first */
    } roles[DEMO_VIEW_ROLES];
    int lines; /* on the screen now */
};

/* seconds since the start. The ledger that does not answer shows as no
 * partners; a role that does not, as "-". */
void cli_demo_view_draw(struct demo_view *v,
                        const struct account *a,
                        struct bus_pg *pg,
                        double seconds);
/* Leaves the last picture on the screen. */
void cli_demo_view_close(struct demo_view *v);

#endif
