/* Dates, times and durations of FEEL (DMN 1.5, 10.3.2.3.4 to 10.3.2.3.8;
 * lexical forms of XML Schema part 2), zones by offset or by name of the tz
 * database. */
#ifndef BUS_FEEL_TEMPORAL_H
#define BUS_FEEL_TEMPORAL_H

#include "bus/feel/value.h"

#define FEEL_WHEN_TEXT_MAX 128
#define FEEL_YEAR_MAX      INT64_C(999999999)

/* Each: false for text of another form or a day, time or zone that does not
 * exist. A zone is allocated in mem. */
bool feel_date_parse(struct bus_strv s, struct feel_value *ret);
bool feel_time_parse(struct bus_arena *mem,
                     struct bus_strv s,
                     struct feel_value *ret);
bool feel_date_time_parse(struct bus_arena *mem,
                          struct bus_strv s,
                          struct feel_value *ret);
/* P1Y2M to MONTHS, P3DT4H5M6.7S to DAYS. */
bool feel_duration_parse(struct bus_strv s, struct feel_value *ret);
/* Whatever an @"..." literal may hold. */
bool feel_at_parse(struct bus_arena *mem,
                   struct bus_strv s,
                   struct feel_value *ret);
/* From parts; false if there is no such day or year. */
bool feel_date_of(int64_t year,
                  int64_t month,
                  int64_t day,
                  struct feel_value *ret);
/* The way back; to: FEEL_WHEN_TEXT_MAX bytes; returns to. */
char *feel_temporal_text(const struct feel_value *v, char *to);

/* Same kind both. One without a zone takes the other's (table 54). */
int feel_when_cmp(const struct feel_value *a, const struct feel_value *b);
/* Equal as 10.3.2.13 compares: year to second and offset, no fraction. */
bool feel_when_same(const struct feel_value *a, const struct feel_value *b);
int feel_span_cmp(struct feel_span a, struct feel_span b);
struct feel_span
feel_span_add(struct feel_span a, struct feel_span b, int sign);
/* Seconds east of UTC at that wall time; 0 without a zone. */
int32_t feel_offset(const struct feel_value *v);
/* Seconds and nanos since 1970 UTC (local counts as UTC). */
struct feel_span feel_instant(const struct feel_value *v);
/* Does the arithmetic of table 57 for temporal kinds; op ADD or SUB. */
struct feel_value feel_temporal_op(enum feel_op op,
                                   const struct feel_value *a,
                                   const struct feel_value *b);
/* duration * number, number * duration, duration / number or duration. */
struct feel_value feel_duration_scale(enum feel_op op,
                                      const struct feel_value *a,
                                      const struct feel_value *b);
/* year, month, day, weekday, hour, minute, second, time offset, timezone;
 * years, months, days, hours, minutes, seconds. false: no such property. */
bool feel_temporal_property(const struct feel_value *v,
                            struct bus_strv name,
                            struct feel_value *ret);
/* Whole months from a to b (years and months duration). */
int64_t feel_months_between(const struct feel_value *a,
                            const struct feel_value *b);
int feel_iso_week(int64_t day);
int feel_weekday(int64_t day); /* 1 Monday .. 7 Sunday */
int feel_day_of_year(int64_t day);

#endif
