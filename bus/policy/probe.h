/* One household asked again and again with other answers to a few facts, for
 * who works out what an answer is worth: as bus_policy_evaluate_item(), without
 * reading the household anew each time. */
#ifndef BUS_POLICY_PROBE_H
#define BUS_POLICY_PROBE_H

#include "bus/policy/catalogue.h"

struct bus_policy_probe;
/* In mem. The household is borrowed: the facts it has now stay; behind them its
 * owner puts the answers of a try, each in place of what the household says of
 * that fact, if it says anything, and of answers before it. */
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

/* Of each item the first of the days from + step, from + 2 step, .. up to
 * from + days on which it is eligible, and on which it is not (a rule that
 * fails or an open one is neither); 0: on none of them. Only of items in the
 * set, bit i of word i / 64. Both arrays have a place for each item. mem:
 * scratch, given back. */
int bus_policy_probe_days(const struct bus_policy_catalogue *c,
                          const struct bus_policy_household *h,
                          int32_t from,
                          int32_t step,
                          int32_t days,
                          const uint64_t *items,
                          struct bus_arena *mem,
                          int32_t *ret_yes,
                          int32_t *ret_no,
                          struct bus_err *err) BUS_MUSTCHECK;

#endif
