/* A household as the bus's records carry it, made into what the policy room
 * judges. */
#ifndef BUS_ROLE_HOUSEHOLD_H
#define BUS_ROLE_HOUSEHOLD_H

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/policy/catalogue.h"
#include "schemas/fact.h"
#include "schemas/member.h"

/* Its kind, number and text; the rest stays. */
void bus_role_fact_value(struct bus_policy_fact *f, const struct sa_fact *from);

struct bus_role_household_members
{
    const struct sa_member *v;
    size_t n;
};
/* The facts the catalogue knows, numbered; a name it does not know (a newer
 * source's) is left out. Borrows texts; the rest is in mem. BUS_ETOOBIG: no
 * room. */
int bus_role_household_of(const struct bus_policy_catalogue *c,
                          const struct bus_role_household_members *members,
                          const struct sa_fact *facts,
                          const int32_t *ids, /* of each fact; NULL: look up */
                          size_t fact_count,
                          struct bus_arena *mem,
                          struct bus_policy_household *ret,
                          struct bus_err *err) BUS_MUSTCHECK;

#endif
