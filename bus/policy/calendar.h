/* Working days with China's holidays and make-up workdays, and the last day of
 * a limit. The years come from bus-config/calendar/; a year without a file
 * counts Monday to Friday. */
#ifndef BUS_POLICY_CALENDAR_H
#define BUS_POLICY_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/node.h"

#define BUS_POLICY_CALENDAR_YEARS 60

struct bus_policy_calendar;
/* One map a year: holidays (from, to), workdays (dates). */
int bus_policy_calendar_new(const struct bus_node *const *years,
                            size_t count,
                            struct bus_policy_calendar **ret,
                            struct bus_err *err) BUS_MUSTCHECK;
void bus_policy_calendar_free(struct bus_policy_calendar *c);
bool bus_policy_is_workday(const struct bus_policy_calendar *c, int32_t day);
/* The last day of a limit of n days that starts on `start`: the first day is
 * not counted; a last day that is no working day moves to the next one (Civil
 * Code 201, 203). */
int32_t bus_policy_deadline(const struct bus_policy_calendar *c,
                            int32_t start,
                            int32_t n,
                            bool working_days);

#endif
