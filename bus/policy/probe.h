/* One household asked again and again with other answers to a few facts, for
 * who works out what an answer is worth: as bus_policy_evaluate_item(), without
 * reading the household anew each time. */
#ifndef BUS_POLICY_PROBE_H
#define BUS_POLICY_PROBE_H

#include "bus/policy/catalogue.h"

struct bus_policy_probe;
/* In mem. The household is borrowed: the facts it has now stay; behind them its
 * owner puts the answers of a try, none of which it has already, all of them
 * verified. */
int bus_policy_probe_open(const struct bus_policy_catalogue *c,
                          const struct bus_policy_household *h,
                          int32_t rule_date,
                          struct bus_arena *mem,
                          struct bus_policy_probe **ret,
                          struct bus_err *err) BUS_MUSTCHECK;
/* Verdict and amount of one item (BUS_POLICY_VERDICTS) as the household stands.
 * BUS_EUNKNOWN: none is in force. */
int bus_policy_probe_try(struct bus_policy_probe *p,
                         int item,
                         struct bus_policy_verdict_of *ret,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
