/* A register for showing and for tests: the configured one, with a seal for
 * each department, whose private key is at hand. */
#ifndef OPS_CLI_COUNTY_SEAL_DEMO_H
#define OPS_CLI_COUNTY_SEAL_DEMO_H

#include "bus/conf/bus_config.h"

/* Copies c->registers into the new folder `registers`, adds one seal for each
 * department (id seal-<code>, the organisation's, every item, from 2020 on) to
 * its seals.csv, and writes their keys as <keys>/seal-<code>.key, mode 0600,
 * into a new folder of mode 0700. BUS_ECONFIG: a folder is there already, or
 * cannot be written. */
int cli_seal_demo(const struct bus_config *c,
                  const char *registers,
                  const char *keys,
                  struct bus_err *err) BUS_MUSTCHECK;

#endif
