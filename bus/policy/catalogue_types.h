/* Kinds that cannot fit: `household.area < 3`. Inside the room; faults are
 * added with their place, what was expected and what was found. */
#ifndef BUS_POLICY_CATALOGUE_TYPES_H
#define BUS_POLICY_CATALOGUE_TYPES_H

#include "bus/policy/catalogue_parts.h"

/* want: of the whole; FEEL_UNKNOWN for any. Facts and standards are loaded. */
void policy_catalogue_check_kinds(struct loading *l,
                                  const struct bus_node *n,
                                  const struct feel_node *tree,
                                  const char *path,
                                  enum feel_kind want);
/* Of all derived facts and standards. */
void policy_catalogue_check_derived(struct loading *l);

#endif
