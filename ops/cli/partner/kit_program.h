/* A partner's program without its adapter, as a transport for the kit: events
 * to it as lines, answers from it as lines. Each giving is to a program that
 * was started afresh, as after its end. What waits is what it has not said
 * "taken" of. */
#ifndef OPS_CLI_PARTNER_KIT_PROGRAM_H
#define OPS_CLI_PARTNER_KIT_PROGRAM_H

#include "bus/partner/transport.h"

/* take(): BUS_ESTATE when it ended by itself; publish(): BUS_EAWAY when it
 * cannot be started. Nothing is kept on the disk. */
extern const struct bus_partner_transport_ops cli_kit_program;

#endif
