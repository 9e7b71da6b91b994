/* Between the bus's records and the policy room: a household in, verdicts out,
 * and the hashes that let anyone run an evaluation again and compare. */
#ifndef CONSUMERS_MATCHER_EVALUATION_H
#define CONSUMERS_MATCHER_EVALUATION_H

#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/policy/catalogue.h"
#include "schemas/evaluation.h"
#include "schemas/household_state.h"

struct evaluation_members
{
    const struct sa_member *v;
    size_t n;
};

/* The facts the catalogue knows, numbered; a name it does not know (a newer
 * source's) is left out. Borrows texts. */
int evaluation_household_of(const struct bus_policy_catalogue *c,
                            const struct evaluation_members *members,
                            const struct sa_fact *facts,
                            size_t fact_count,
                            struct bus_arena *mem,
                            struct bus_policy_household *ret) BUS_MUSTCHECK;
/* Fills item, version, department, amount, reasons, missing, left_out_by. */
int evaluation_item_of(const struct bus_policy_catalogue *c,
                       int32_t rule_date,
                       const struct evaluation_members *members,
                       const struct bus_policy_verdict_of *v,
                       struct bus_arena *mem,
                       struct sa_item_verdict *ret) BUS_MUSTCHECK;
/* SHA-256 over (catalogue version, rule date, members, facts) and over the
 * items, each in Avro's binary form in the record's own order. */
int evaluation_hashes(struct sa_evaluation *e,
                      struct bus_arena *mem,
                      struct bus_err *err) BUS_MUSTCHECK;

#define evaluation_household(c, members, facts, mem, ret, err)       \
    evaluation_household_of(                                         \
        c, &(struct evaluation_members){(members)->v, (members)->n}, \
        (facts)->v, (facts)->n, mem, ret)
#define evaluation_item(c, date, members, v, mem, ret)                        \
    evaluation_item_of(                                                       \
        c, date, &(struct evaluation_members){(members)->v, (members)->n}, v, \
        mem, ret)

#endif
