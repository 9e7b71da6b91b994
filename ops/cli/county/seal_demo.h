/* A register for showing and for tests: the configured one, with a seal for
 * each department, whose private key is at hand. */
#ifndef OPS_CLI_COUNTY_SEAL_DEMO_H
#define OPS_CLI_COUNTY_SEAL_DEMO_H

#include "bus/conf/bus_config.h"

/* Copies c->registers into the new folder `registers`, adds one seal for each
 * department (id seal-<code>, the organisation's, every item, from 2020 on) to
 * its seals.csv, and writes their keys as <keys>/seal-<code>.key, mode 0600,
 * into a new folder of mode 0700. stamps: with seals of GB/T 38540 and
 * certificates that vouch for themselves (.esl, .crt) beside them, by a maker
 * whose key is there as well; the folder's seals.csv has the column `maker`.
 * BUS_ECONFIG: a folder is there already, or
 * cannot be written. */
int cli_seal_demo(const struct bus_config *c,
                  const char *registers,
                  const char *keys,
                  bool stamps,
                  struct bus_err *err) BUS_MUSTCHECK;

#endif
