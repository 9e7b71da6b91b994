/* Other ways to ask the catalogue: verdicts of many items alone, and the tree
 * walk that the compiled programs are held against. */
#ifndef BUS_POLICY_VERDICTS_H
#define BUS_POLICY_VERDICTS_H

#include "bus/policy/catalogue.h"

/* Verdicts and nothing else: one byte an item (enum bus_policy_verdict, or
 * BUS_POLICY_NOT_IN_FORCE), in item order, in mem. Items that ask for a word of
 * a fact the household has not are not even looked at. */
#define BUS_POLICY_NOT_IN_FORCE 0xff
int bus_policy_verdicts(const struct bus_policy_catalogue *c,
                        const struct bus_policy_household *h,
                        int32_t rule_date,
                        struct bus_arena *mem,
                        const uint8_t **ret,
                        struct bus_err *err) BUS_MUSTCHECK;
/* bus_policy_evaluate() by the tree walk instead of the compiled programs: the
 * reference that tests and benchmarks hold them against. */
int bus_policy_evaluate_by_tree(const struct bus_policy_catalogue *c,
                                const struct bus_policy_household *h,
                                int32_t rule_date,
                                enum bus_policy_depth depth,
                                struct bus_arena *mem,
                                struct bus_policy_result *ret,
                                struct bus_err *err) BUS_MUSTCHECK;

#endif
