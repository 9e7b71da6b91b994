/* Who decides for a simulated department, and with what seal. */
#ifndef OPS_CLI_COUNTY_SIMULATE_OFFICER_H
#define OPS_CLI_COUNTY_SIMULATE_OFFICER_H

#include "ops/cli/county/simulate.h"
#include "schemas/decision.h"

/* NULL: not a department of the configuration. */
const struct simulate_officer *
cli_simulate_officer(const struct simulate_rules *rules,
                     const struct bus_conf_partner *department);
struct sa_actor cli_simulate_actor(const struct simulate_officer *o);
struct sa_actor cli_simulate_clerk(const struct simulate_officer *o);
/* Who goes along at a survey: a clerk of the household's town, else its
 * village's assistant. */
struct sa_actor cli_simulate_companion(const struct simulate_rules *rules,
                                       struct bus_strv division);
/* Seals a decision that is otherwise complete; without a key it stays as it
 * is. */
int cli_simulate_seal(const struct simulate_officer *o,
                      struct sa_decision *d,
                      struct bus_arena *mem,
                      struct bus_err *err) BUS_MUSTCHECK;

#endif
