/* A county's configuration for training: the same, with notices that hang no
 * days, so that nobody waits a week for a demo. */
#ifndef OPS_CLI_DEMO_TRAINING_H
#define OPS_CLI_DEMO_TRAINING_H

#include "bus/base/err.h"

/* Copies the folder `from` to `to`, which is made; `notice_days: N` becomes 0.
 * BUS_EIO with what could not be copied. */
int cli_demo_training(const char *from,
                      const char *to,
                      struct bus_err *err) BUS_MUSTCHECK;

#endif
