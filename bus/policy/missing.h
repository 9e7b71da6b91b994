/* The missing facts of an undetermined item, no more than are needed. Inside
 * the room. */
#ifndef BUS_POLICY_MISSING_H
#define BUS_POLICY_MISSING_H

#include "bus/policy/view.h"

/* Leaves out of to->missing, in place, what is not needed to decide. The list
 * is least when its facts are flags and words with few combinations; else it
 * may be more than that. False: no room. */
bool policy_least_missing(struct household_view *w,
                          const struct version_def *v,
                          struct bus_policy_verdict_of *to);

#endif
