/* What needs the tables of Unicode and of the world's clocks: zones, case, and
 * regular expressions of XPath. The one file that knows the library. */
#ifndef BUS_FEEL_ICU_H
#define BUS_FEEL_ICU_H

#include "bus/feel/value.h"

bool feel_zone_known(struct bus_strv name);
/* Seconds east of UTC when the wall clock shows this day and second there. */
int32_t feel_zone_offset(struct bus_strv name, int64_t day, int64_t second);
/* Full case mapping, of no language. */
struct feel_value
feel_case(struct bus_arena *mem, struct bus_strv s, bool upper);
/* XPath functions and operators 3.1, section 5.6; flags "smixq". Limited in
 * time and stack: a pattern without end is null with a reason. */
struct feel_value feel_matches(struct bus_arena *mem,
                               struct bus_strv text,
                               struct bus_strv pattern,
                               struct bus_strv flags);
struct feel_value feel_replace(struct bus_arena *mem,
                               struct bus_strv text,
                               struct bus_strv pattern,
                               struct bus_strv with,
                               struct bus_strv flags);
struct feel_value feel_split(struct bus_arena *mem,
                             struct bus_strv text,
                             struct bus_strv pattern);

#endif
