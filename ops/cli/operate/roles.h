/* The roles of a county and where each listens on this machine. */
#ifndef OPS_CLI_OPERATE_ROLES_H
#define OPS_CLI_OPERATE_ROLES_H

#include "bus/conf/bus_config.h"

struct cli_role
{
    const char *name;
    bool partner;
    int64_t port; /* 0: none that is known */
};
/* All of them, in mem: the county's own, then the adapters of partners that
 * have one (others read and write topics themselves). NULL: no memory. */
const struct cli_role *
cli_roles_of(const struct bus_config *c, struct bus_arena *mem, size_t *ret_n);
/* The address to reach them by from here. */
const char *cli_roles_host(const struct bus_config *c);

#endif
