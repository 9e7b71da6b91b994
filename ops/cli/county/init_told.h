/* What `lianou init` says when a county's folder stands: what must be filled in
 * before real use, and the commands that come next. */
#ifndef OPS_CLI_COUNTY_INIT_TOLD_H
#define OPS_CLI_COUNTY_INIT_TOLD_H

#include "ops/cli/county/make.h"

/* To standard output; folder is absolute. shadowed: names of cli_county_names
 * that the environment had, with a space before each. BUS_ECONFIG: the folder
 * cannot be read. */
int cli_init_told(const struct cli_county_wants *w,
                  const char *folder,
                  const char *shadowed,
                  struct bus_err *err) BUS_MUSTCHECK;

#endif
