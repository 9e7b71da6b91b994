/* lianou-printer, started and fed: what lays out pages is no part of this
 * program. One at a time. */
#ifndef OPS_CLI_SHEETS_PRINT_H
#define OPS_CLI_SHEETS_PRINT_H

#include <jansson.h>
#include <stdio.h>
#include <sys/types.h>

#include "bus/base/err.h"

struct cli_print
{
    FILE *to; /* its standard input */
    pid_t pid;
};
/* It stands beside this program. BUS_ECONFIG: it does not. */
int cli_print_start(struct cli_print *p, struct bus_err *err) BUS_MUSTCHECK;
/* A document of ops/printer/page.h; borrowed. */
int cli_print_put(struct cli_print *p,
                  const json_t *document,
                  struct bus_err *err) BUS_MUSTCHECK;
/* No more; waits until all are written. BUS_ECONFIG: one could not be, it said
 * which. In any case after a start. */
int cli_print_end(struct cli_print *p, struct bus_err *err) BUS_MUSTCHECK;

#endif
