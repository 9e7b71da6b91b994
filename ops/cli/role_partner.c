/* `lianou run partner NAME`. */
#include "bus/partner/partner.h"
#include "ops/cli/kinds.h"

static int partner_run(const struct bus_run_role_args *args)
{
    return bus_partner_run(args, cli_kinds);
}

const struct bus_run_role partner_role = {
    .name = "partner",
    .usage = "NAME",
    .summary = "a partner's adapter: documents by its transport",
    .run = partner_run,
};
