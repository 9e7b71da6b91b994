/* Households written by people, to try rules on: a YAML or JSON file with
 *   date: 2026-10-09              the rule date (may be left out)
 *   households:                   or one household as the whole file
 *     - name: {zh: ..., en: ...}
 *       facts: {area: rural, 家庭年收入: 1800000, ...}
 *       members: [{relation: self, 重病: true, ...}, ...]
 *       expect: {MZ01: eligible, MZ02: {verdict: not eligible}, ...}
 * Names and words in English or Chinese; what is left out is unknown, `null`
 * is known to be none. */
#ifndef OPS_CLI_POLICY_HOUSEHOLD_H
#define OPS_CLI_POLICY_HOUSEHOLD_H

#include "ops/cli/policy/policy.h"

struct cli_policy_household
{
    const char *zh, *en; /* its name */
    struct bus_policy_household h;
    const struct bus_node *expect; /* NULL: nothing expected */
};
struct cli_policy_households
{
    int32_t day; /* of the file, or the tool's */
    struct cli_policy_household *list;
    size_t count;
};
/* All in t->mem. Faults, each with its place, are printed; BUS_ECONFIG then. */
int cli_policy_households_read(struct policy_tool *t,
                               const char *path,
                               struct cli_policy_households *ret,
                               struct bus_err *err) BUS_MUSTCHECK;

#endif
