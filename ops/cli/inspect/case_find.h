/* Cases by what a person at the counter says: a document's number, its last six
 * characters, the reference of an application (流水号). Names, telephones and
 * addresses are sealed to the matcher and hashed by nobody: nothing here finds
 * by them, and says so. It needs the county's key of persons. */
#ifndef OPS_CLI_INSPECT_CASE_FIND_H
#define OPS_CLI_INSPECT_CASE_FIND_H

#include "bus/ledger/cases.h"
#include "ops/cli/tool.h"

#define CASE_FIND_MAX 50 /* cases of one answer: each is a row of the log */

struct case_sought
{
    const char *what;     /* as it was typed */
    const char *sender;   /* of a reference: a system's name; NULL: ours */
    const char *division; /* start of a division's code, "" all */
    const char *purpose;  /* --why */
};
/* The list (as bus_ledger_list() gives it) is appended to out once a row of the
 * reading log stands for each case of it, or one for none. The row has what
 * kind of thing was looked for, never the thing. BUS_EUSAGE: nothing by which
 * cases can be found, no purpose, or more than CASE_FIND_MAX; BUS_ECONFIG: no
 * key; else as bus/pg/pg.h. */
int cli_case_find(struct tool *t,
                  const struct bus_ledger_cases *cases,
                  const struct case_sought *sought,
                  struct bus_buf *out,
                  struct bus_err *err) BUS_MUSTCHECK;

#endif
