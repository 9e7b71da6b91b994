#include "consumers/treasury/schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"

#define MONTHS_MIN (1900 * 12)
#define MONTHS_MAX (9000 * 12)
#define SPRING     1 /* February, from 0 */
#define AUTUMN     7 /* August */

const char *const treasury_period_words[TREASURY_PERIODS] = {
    [TREASURY_ONCE] = "once",       [TREASURY_MONTH] = "month",
    [TREASURY_QUARTER] = "quarter", [TREASURY_TERM] = "term",
    [TREASURY_YEAR] = "year",
};

static int32_t month_first(int32_t month)
{
    return (int32_t)bus_days_from_civil(month / 12, (unsigned)(month % 12) + 1,
                                        1);
}

static int32_t month_of(int32_t day)
{
    int64_t year = 0;
    unsigned month = 0, dom = 0;
    bus_civil_from_days(day, &year, &month, &dom);
    return TREASURY_MONTH_OF((int32_t)year, (int32_t)month);
}

int treasury_schedule_check(const struct treasury_schedule *s,
                            struct bus_err *err)
{
    int32_t decided = month_of(s->decided);
    if ((unsigned)s->period >= TREASURY_PERIODS) {
        return bus_fail(err, BUS_ERANGE, "no such period / 没有这种发放周期");
    }
    if (s->pay_day < 0 || s->pay_day > 31) {
        return bus_fail(err, BUS_ERANGE,
                        "pay day %" PRId32
                        ": 1 to 31, or none / 发放日应为1至31",
                        s->pay_day);
    }
    if (s->from_month < decided - TREASURY_BACK_MONTHS_MAX ||
        s->from_month > decided + TREASURY_AHEAD_MONTHS_MAX) {
        return bus_fail(err, BUS_ERANGE,
                        "start month %04" PRId32 "-%02" PRId32
                        ": at most %d months before and %d after the decision "
                        "/ 起发月份距决定过远",
                        s->from_month / 12, s->from_month % 12 + 1,
                        TREASURY_BACK_MONTHS_MAX, TREASURY_AHEAD_MONTHS_MAX);
    }
    if (s->until != 0 && s->until < month_first(s->from_month)) {
        return bus_fail(err, BUS_ERANGE,
                        "the award ends before its first month / "
                        "截止日早于起发月份");
    }
    return BUS_OK;
}

bool treasury_month_parse(struct bus_strv text, int32_t *ret)
{
    static const char form[] = "0000-00";
    if (text.n != sizeof(form) - 1) {
        return false;
    }
    int32_t n[2] = {0, 0};
    for (size_t i = 0; i < text.n; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';
        if (form[i] == '-' ? text.p[i] != '-' : !digit) {
            return false;
        }
        if (digit) {
            n[i > 4] = n[i > 4] * 10 + (text.p[i] - '0');
        }
    }
    *ret = TREASURY_MONTH_OF(n[0], n[1]);
    return n[1] >= 1 && n[1] <= 12 && *ret >= MONTHS_MIN && *ret < MONTHS_MAX;
}

/* --- periods --- */

static int32_t months_in(enum treasury_period period)
{
    static const int32_t months[TREASURY_PERIODS] = {[TREASURY_ONCE] = 1,
                                                     [TREASURY_MONTH] = 1,
                                                     [TREASURY_QUARTER] = 3,
                                                     [TREASURY_TERM] = 6,
                                                     [TREASURY_YEAR] = 12};
    return months[period];
}

/* The first month of the n-th period. A term is not counted from the award's
 * month on: school begins for all on one day. */
static int32_t period_start(const struct treasury_schedule *s, int32_t n)
{
    BUS_CHECK(n >= 0 && s->from_month >= MONTHS_MIN);
    int32_t first = s->from_month;
    if (s->period == TREASURY_TERM) {
        int32_t m = first % 12;
        first += m < SPRING   ? AUTUMN - 12 - m
                 : m < AUTUMN ? SPRING - m
                              : AUTUMN - m;
    }
    return first + n * months_in(s->period);
}

static void period_name(enum treasury_period period,
                        int32_t month,
                        char ret[TREASURY_PERIOD_BYTES])
{
    unsigned year = (unsigned)month / 12 % 10000,
             of_year = (unsigned)month % 12;
    size_t n = TREASURY_PERIOD_BYTES;
    switch (period) {
    case TREASURY_MONTH:
        (void)snprintf(ret, n, "%04u-%02u", year, of_year + 1);
        break;
    case TREASURY_QUARTER:
        (void)snprintf(ret, n, "%04uQ%u", year, of_year / 3 + 1);
        break;
    case TREASURY_TERM:
        (void)snprintf(ret, n, "%04u%c", year, of_year == SPRING ? 'S' : 'A');
        break;
    case TREASURY_YEAR:
        (void)snprintf(ret, n, "%04u", year);
        break;
    case TREASURY_ONCE:
    case TREASURY_PERIODS:
        (void)snprintf(ret, n, "once");
        break;
    }
}

/* --- pay days --- */

static int32_t day_moved(const struct treasury_schedule *s,
                         const struct bus_policy_calendar *calendar,
                         int32_t day)
{
    BUS_CHECK(calendar != NULL);
    int32_t step = s->day_off == TREASURY_DAY_BEFORE ? -1 : 1;
    while (!bus_policy_is_workday(calendar, day)) {
        day += step;
    }
    return day;
}

static int32_t pay_day_in(const struct treasury_schedule *s,
                          const struct bus_policy_calendar *calendar,
                          int32_t month)
{
    int32_t first = month_first(month), last = month_first(month + 1) - 1;
    BUS_CHECK(s->pay_day >= 1 && s->pay_day <= 31);
    int32_t day = first + s->pay_day - 1;
    return day_moved(s, calendar, day > last ? last : day);
}

static int32_t pay_of(const struct treasury_schedule *s,
                      const struct bus_policy_calendar *calendar,
                      int32_t month,
                      bool *ret_back)
{
    int32_t first = month_first(month);
    *ret_back = false;
    if (s->pay_day == 0) {
        *ret_back = first < month_first(month_of(s->decided));
        int32_t after = s->decided > first ? s->decided : first;
        return bus_policy_deadline(calendar, after, TREASURY_WITHOUT_DAY_WAIT,
                                   true);
    }
    int32_t day = pay_day_in(s, calendar, month);
    *ret_back = day < s->decided;
    int32_t from = month_of(s->decided);
    month = *ret_back && month < from ? from : month;
    while (day < s->decided) {
        day = pay_day_in(s, calendar, month++);
    }
    return day;
}

/* Name and days of the n-th period; *ret_start: its first month. */
static bool schedule_period(const struct treasury_schedule *s,
                            int32_t n,
                            struct treasury_due *ret,
                            int32_t *ret_start)
{
    BUS_CHECK(n >= 0 && (unsigned)s->period < TREASURY_PERIODS);
    int32_t start = period_start(s, n);
    bool over = s->until != 0 && n > 0 && s->until < month_first(start);
    if (over || start >= MONTHS_MAX || (n > 0 && s->period == TREASURY_ONCE)) {
        return false;
    }
    *ret = (struct treasury_due){.first = month_first(start)};
    ret->last = month_first(start + months_in(s->period)) - 1;
    period_name(s->period, start, ret->period);
    *ret_start = start;
    return true;
}

bool treasury_schedule_first(const struct treasury_schedule *s,
                             struct treasury_due *ret)
{
    int32_t start = 0;
    return schedule_period(s, 0, ret, &start);
}

bool treasury_schedule_has(const struct treasury_schedule *s,
                           int32_t first,
                           int32_t last)
{
    struct treasury_due due;
    int32_t start = 0, n = 0;
    BUS_CHECK(first <= last);
    while (schedule_period(s, n, &due, &start) && due.first < first) {
        n++;
    }
    return schedule_period(s, n, &due, &start) && due.first == first &&
           due.last == last;
}

bool treasury_schedule_line(const struct treasury_schedule *s,
                            const struct bus_policy_calendar *calendar,
                            int32_t n,
                            struct treasury_due *ret)
{
    int32_t start = 0;
    if (!schedule_period(s, n, ret, &start)) {
        return false;
    }
    /* A term that has begun is paid from the award's own month on. */
    int32_t paid = start < s->from_month ? s->from_month : start;
    ret->pay = pay_of(s, calendar, paid, &ret->back);
    BUS_CHECK(ret->pay >= s->decided && ret->first <= ret->last);
    return true;
}
