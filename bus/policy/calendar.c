#include "bus/policy/calendar.h"

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"

enum { DAY_USUAL, DAY_OFF, DAY_WORKS };

struct bus_policy_calendar
{
    int32_t first, count;
    uint8_t days[];
};

static void calendar_mark(struct bus_policy_calendar *c,
                          int32_t from,
                          int32_t to,
                          uint8_t what)
{
    for (int32_t d = from; d <= to; d++) {
        if (d >= c->first && d < c->first + c->count) {
            c->days[d - c->first] = what;
        }
    }
}

static int calendar_year_of(struct bus_policy_calendar *c,
                            const struct bus_node *n,
                            struct bus_err *err)
{
    BUS_CHECK(c->count > 0);
    const struct bus_node *off = bus_node_get(n, "holidays");
    const struct bus_node *works = bus_node_get(n, "workdays");
    for (uint32_t i = 0; off != NULL && i < off->count; i++) {
        int32_t from = 0, to = 0;
        if (!bus_node_to_date(bus_node_get(off->items[i], "from"), &from) ||
            !bus_node_to_date(bus_node_get(off->items[i], "to"), &to)) {
            return bus_fail(err, BUS_ECONFIG,
                            "%s:%u: a holiday needs from and to",
                            off->items[i]->at.file, off->items[i]->at.line);
        }
        calendar_mark(c, from, to, DAY_OFF);
    }
    for (uint32_t i = 0; works != NULL && i < works->count; i++) {
        int32_t day = 0;
        if (!bus_node_to_date(works->items[i], &day)) {
            return bus_fail(err, BUS_ECONFIG, "%s:%u: a workday is a date",
                            works->items[i]->at.file, works->items[i]->at.line);
        }
        calendar_mark(c, day, day, DAY_WORKS);
    }
    return BUS_OK;
}

int bus_policy_calendar_new(const struct bus_node *const *years,
                            size_t count,
                            struct bus_policy_calendar **ret,
                            struct bus_err *err)
{
    int64_t low = 9999, high = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t y = 0;
        if (!bus_node_to_i64(bus_node_get(years[i], "year"), &y) || y < 1949 ||
            y > 2200) {
            return bus_fail(err, BUS_ECONFIG, "%s: needs `year`",
                            years[i]->at.file);
        }
        low = y < low ? y : low;
        high = y > high ? y : high;
    }
    high = count == 0 ? low - 1 : high;
    if (high - low >= BUS_POLICY_CALENDAR_YEARS) {
        return bus_fail(err, BUS_ECONFIG, "calendars over more than %d years",
                        BUS_POLICY_CALENDAR_YEARS);
    }
    int32_t first = (int32_t)bus_days_from_civil(low, 1, 1);
    int32_t n = (int32_t)bus_days_from_civil(high + 1, 1, 1) - first;
    BUS_CHECK(n >= 0);
    struct bus_policy_calendar *c = bus_calloc(1, sizeof(*c) + (size_t)n);
    if (c == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a calendar");
    }
    c->first = first;
    c->count = n;
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < count; i++) {
        rc = calendar_year_of(c, years[i], err);
    }
    if (rc != BUS_OK) {
        bus_free(c);
        return rc;
    }
    *ret = c;
    return BUS_OK;
}

void bus_policy_calendar_free(struct bus_policy_calendar *c)
{
    bus_free(c);
}

bool bus_policy_is_workday(const struct bus_policy_calendar *c, int32_t day)
{
    uint8_t what = day >= c->first && day < c->first + c->count
                       ? c->days[day - c->first]
                       : DAY_USUAL;
    int32_t weekday = ((day % 7) + 7 + 3) % 7; /* 0 = Monday; day 0 was a
                                                  Thursday */
    return what == DAY_WORKS || (what == DAY_USUAL && weekday < 5);
}

int32_t bus_policy_deadline(const struct bus_policy_calendar *c,
                            int32_t start,
                            int32_t n,
                            bool working_days)
{
    int32_t day = working_days ? start : start + n;
    for (int32_t left = working_days ? n : 0; left > 0;) {
        day++;
        left -= bus_policy_is_workday(c, day);
    }
    while (!working_days && !bus_policy_is_workday(c, day)) {
        day++;
    }
    return day;
}
