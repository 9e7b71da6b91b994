/* A simulated partner behind a spool: reads out/, answers in in/, as its own
 * system would. Answers bear the simulated event's id as their reference, so
 * that answering twice is answering once. */
#ifndef OPS_CLI_COUNTY_SIMULATE_SPOOL_H
#define OPS_CLI_COUNTY_SIMULATE_SPOOL_H

#include "bus/run/loop.h"
#include "ops/cli/county/simulate.h"

struct simulate_spool;
/* Looks every 200 ms; borrows all. duplicates: percent of answers given twice.
 * The partner's spool_dir is made if its adapter has not made it yet. */
int cli_simulate_spool_new(struct bus_run_loop *loop,
                           const struct simulate_rules *rules,
                           const struct bus_conf_partner *partner,
                           int duplicates,
                           struct simulate_spool **ret,
                           struct bus_err *err) BUS_MUSTCHECK;
void cli_simulate_spool_free(struct simulate_spool *s); /* NULL is allowed */

#endif
