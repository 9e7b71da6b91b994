/* schedule: what an award pays, and on which days. Pure.
 *
 * A period is paid once. Its name and its days follow from the schedule alone,
 * so whoever asks again, on whatever day, gets the same lines:
 *
 *   MONTH    "2026-07"   a month
 *   QUARTER  "2026Q3"    three months from the award's first month on, by the
 *                        name of the quarter in which they begin
 *   TERM     "2026S" February to July, "2026A" August to January (2.1: half a
 *                        school year)
 *   YEAR     "2026"      twelve months from the award's first month on, by the
 *                        name of the year in which they begin
 *   ONCE     "once"
 *
 * The pay day is that day of the period's first month (the last of a month that
 * has no such day); a day off moves by the rule. What is decided after its own
 * pay day (back pay from the start month) is paid on the next pay day there is.
 * A schedule without a pay day pays so many working days after the decision, or
 * after the period's first day. */
#ifndef CONSUMERS_TREASURY_SCHEDULE_H
#define CONSUMERS_TREASURY_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"
#include "bus/policy/calendar.h"

#define TREASURY_PERIOD_BYTES    16 /* of a period's name, NUL in it */
#define TREASURY_BACK_MONTHS_MAX 36 /* from the start month to the decision */
#define TREASURY_AHEAD_MONTHS_MAX                                           \
    12                              /* from the decision to the start month \
                                     */
#define TREASURY_WITHOUT_DAY_WAIT 5 /* working days */
#define TREASURY_MONTH_OF(y, m)   ((int32_t)((y)*12 + (m)-1))

enum treasury_period {
    TREASURY_ONCE,
    TREASURY_MONTH,
    TREASURY_QUARTER,
    TREASURY_TERM,
    TREASURY_YEAR,
    TREASURY_PERIODS
};
extern const char *const treasury_period_words[TREASURY_PERIODS];

enum treasury_day_off {
    TREASURY_DAY_AFTER, /* the next working day (Civil Code 203) */
    TREASURY_DAY_BEFORE /* the last one before */
};

struct treasury_schedule
{
    enum treasury_period period;
    enum treasury_day_off day_off;
    int32_t pay_day;    /* 1 to 31; 0: the schedule names none */
    int32_t from_month; /* TREASURY_MONTH_OF(); the first that is paid */
    int32_t decided;    /* day; nothing is paid before it */
    int32_t until;      /* last day of the award; 0: until somebody ends it */
};

struct treasury_due
{
    char period[TREASURY_PERIOD_BYTES];
    int32_t first, last; /* days of the period; ONCE: of its month */
    int32_t pay;         /* day */
    bool back;           /* its own pay day was before the decision */
};

/* BUS_ERANGE with what is wrong: a pay day that is none, a start month too far
 * from the decision, an end before the start. */
int treasury_schedule_check(const struct treasury_schedule *s,
                            struct bus_err *err) BUS_MUSTCHECK;

/* The n-th line, from 0; false: the award has no such period any more. The
 * schedule is one that was checked. A year the calendar does not have counts
 * Monday to Friday. */
bool treasury_schedule_line(const struct treasury_schedule *s,
                            const struct bus_policy_calendar *calendar,
                            int32_t n,
                            struct treasury_due *ret);

/* The days of the first period, without its pay day. */
bool treasury_schedule_first(const struct treasury_schedule *s,
                             struct treasury_due *ret);

/* Is one of its periods of exactly these days? */
bool treasury_schedule_has(const struct treasury_schedule *s,
                           int32_t first,
                           int32_t last);

/* "2026-07" into a month; false if it is none. */
bool treasury_month_parse(struct bus_strv text, int32_t *ret);

#endif
