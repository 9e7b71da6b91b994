/* Time. Code above takes a `struct bus_clock` so that a test can hold it. */
#ifndef BUS_BASE_CLOCK_H
#define BUS_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/strv.h"

struct bus_clock
{
    void *data;
    int64_t (*wall_ms)(void *data);       /* ms since 1970 UTC */
    uint64_t (*monotonic_ns)(void *data); /* never goes back */
};
extern const struct bus_clock bus_clock_system;

/* Civil calendar (proleptic Gregorian), days since 1970-01-01. */
int64_t bus_days_from_civil(int64_t year, unsigned month, unsigned day);
void bus_civil_from_days(int64_t days,
                         int64_t *year,
                         unsigned *month,
                         unsigned *day);
bool bus_civil_valid(int64_t year, unsigned month, unsigned day);
/* "2020-10-08" -> days; false if it is no such date. */
bool bus_date_parse(struct bus_strv s, int32_t *ret_days);
#define BUS_DATE_TEXT 10
char *bus_date_text(int32_t days, char dst[BUS_DATE_TEXT + 1]);
/* "2020-10-08T09:10:11.123+08:00" (China, no summer time). */
#define BUS_TIME_TEXT 29
char *bus_time_text(int64_t wall_ms, char dst[BUS_TIME_TEXT + 1]);
/* An instant by RFC 3339, with an offset or Z; false if it is none. */
bool bus_time_parse(struct bus_strv s, int64_t *ret_ms);
/* The day in China (UTC+8) of an instant; beyond the years 1 to 9999, as above,
 * their first or last. */
int32_t bus_china_day(int64_t wall_ms);

#endif
