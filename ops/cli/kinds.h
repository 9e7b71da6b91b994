/* Every kind of partner there is: one entry a folder name that stands both in
 * producers/ and consumers/ and holds a kind_<kind>.c. Ends with name NULL. */
#ifndef OPS_CLI_KINDS_H
#define OPS_CLI_KINDS_H

#include "bus/partner/kind.h"

extern const struct bus_partner_kind cli_kinds[];

#endif
