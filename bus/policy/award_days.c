#include "bus/policy/award_days.h"

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
