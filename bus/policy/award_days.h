/* How long an award lasts by its item: what the matcher holds a next case
 * against, and the treasury pays until. Pure. */
#ifndef BUS_POLICY_AWARD_DAYS_H
#define BUS_POLICY_AWARD_DAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/policy/catalogue.h"

/* The first day of "2026-07"; false: no month. */
bool bus_policy_month_first(struct bus_strv month, int32_t *ret);
/* What is given once makes nobody wait for its end. */
bool bus_policy_award_lasts(const struct bus_policy_item *item);
/* The last day of what begins on `from`; 0: until somebody ends it. What is
 * given once is over with the day it is given. */
int32_t bus_policy_award_last_day(const struct bus_policy_item *item,
                                  int32_t from);

#endif
