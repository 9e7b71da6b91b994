/* Every life-cycle of the program. A room that has one declares it in a header
 * and stands here; tests/unit/ops checks each. */
#ifndef OPS_CLI_INSPECT_MACHINES_H
#define OPS_CLI_INSPECT_MACHINES_H

#include "bus/base/fsm.h"

extern const struct bus_fsm *const cli_machines[]; /* ends with NULL */

#endif
