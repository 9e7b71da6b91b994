/* How long an award lasts by its item: what the matcher holds a next case
 * against, and the treasury pays until. Pure. */
#ifndef BUS_POLICY_AWARD_DAYS_H
#define BUS_POLICY_AWARD_DAYS_H

#include <stdint.h>

#include "bus/policy/catalogue.h"

/* The last day of what begins on `from`; 0: until somebody ends it. What is
 * given once is over with the day it is given. */
int32_t bus_policy_award_last_day(const struct bus_policy_item *item,
                                  int32_t from);

#endif
