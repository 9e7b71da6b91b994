#include "bus/policy/award_days.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"

/* The last day of so many months from `day`: the one before the same day of the
 * last month; where that month has no such day, its end (Civil Code 202). */
static int32_t months_last(int32_t day, int64_t months)
{
    int64_t year = 0;
    unsigned month = 0, dom = 0;
    bus_civil_from_days(day, &year, &month, &dom);
    BUS_CHECK(months > 0);
    int64_t m = year * 12 + month - 1 + months, n = m + 1;
    int64_t same =
        bus_days_from_civil(m / 12, (unsigned)(m % 12) + 1, 1) + dom - 1;
    int64_t end = bus_days_from_civil(n / 12, (unsigned)(n % 12) + 1, 1) - 1;
    return (int32_t)(same > end ? end : same - 1);
}

/* A term is of the two halves of a school year: from August, from February. */
static int32_t term_end(int32_t day)
{
    int64_t year = 0;
    unsigned month = 0, dom = 0;
    bus_civil_from_days(day, &year, &month, &dom);
    bool spring = month >= 2 && month < 8;
    year += month >= 8;
    return (int32_t)bus_days_from_civil(year, spring ? 8 : 2, 1) - 1;
}

bool bus_policy_month_first(struct bus_strv month, int32_t *ret)
{
    const size_t n = sizeof("2026-07") - 1;
    char day[BUS_DATE_TEXT + 1] = "0000-00-01";
    memcpy(day, month.p, month.n == n ? n : 0);
    return bus_date_parse(bus_strv(day), ret);
}

bool bus_policy_award_lasts(const struct bus_policy_item *item)
{
    return item->status || item->per_year > 0;
}

int32_t bus_policy_award_last_day(const struct bus_policy_item *item,
                                  int32_t from)
{
    switch (item->per_year) {
    case 12:
    case 4:
        return item->grants_months > 0 ? months_last(from, item->grants_months)
                                       : 0;
    case 2:
        return term_end(from);
    case 1:
        return months_last(from, 12);
    default:
        break;
    }
    return item->grants_months > 0 ? months_last(from, item->grants_months)
           : item->status          ? 0
                                   : from;
}
