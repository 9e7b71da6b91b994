/* Dates, times and durations (10.3.4.1, 10.3.4.7, 10.3.4.8). */
#include "bus/base/clock.h"
#include "bus/feel/tree.h"

#define ARGS  struct feel_env *env, const struct feel_value *a
#define NANOS INT64_C(1000000000)

static struct feel_value date_text(ARGS)
{
    struct feel_value r;
    (void)env;
    return feel_date_parse(a[0].string, &r) ? r : feel_wrong("no date");
}

static struct feel_value date_part(ARGS)
{
    (void)env;
    return feel_days_date(a[0].when.day);
}

static struct feel_value date_parts(ARGS)
{
    int64_t y, m, d;
    struct feel_value r;
    (void)env;
    bool ok = feel_number_to_long(&a[0], &y) &&
              feel_number_to_long(&a[1], &m) &&
              feel_number_to_long(&a[2], &d) && feel_date_of(y, m, d, &r);
    return ok ? r : feel_wrong("a date that does not exist");
}

static struct feel_value date_time_text(ARGS)
{
    struct feel_value r;
    return feel_date_time_parse(env->mem, a[0].string, &r)
               ? r
               : feel_wrong("no date and time");
}

static struct feel_value date_time_join(ARGS)
{
    struct feel_value r = a[1];
    (void)env;
    r.kind = FEEL_DATE_TIME;
    r.when.day = a[0].when.day;
    return r;
}

static struct feel_value time_text(ARGS)
{
    struct feel_value r;
    return feel_time_parse(env->mem, a[0].string, &r) ? r
                                                      : feel_wrong("no time");
}

static struct feel_value time_part(ARGS)
{
    static const struct feel_zone utc = {0, {NULL, 0}};
    struct feel_value r = a[0];
    (void)env;
    if (r.kind == FEEL_DATE) { /* its midnight in UTC */
        r.when.zone = &utc;
    }
    r.kind = FEEL_TIME;
    r.when.day = 0;
    return r;
}

static struct feel_value time_parts(ARGS)
{
    int64_t h, m;
    struct feel_span s;
    struct feel_value r = {.kind = FEEL_TIME};
    if (!feel_number_to_long(&a[0], &h) || !feel_number_to_long(&a[1], &m) ||
        !feel_number_to_span(&a[2], &s) || h < 0 || h > 23 || m < 0 || m > 59 ||
        s.seconds < 0 || s.seconds > 59) {
        return feel_wrong("a time that does not exist");
    }
    r.when.nanos = (h * 3600 + m * 60 + s.seconds) * NANOS + s.nanos;
    if (a[3].kind == FEEL_DAYS) {
        int64_t o = a[3].span.seconds;
        struct feel_zone z = {(int32_t)o, {NULL, 0}};
        if (o < -14 * 3600 || o > 14 * 3600) {
            return feel_wrong("an offset out of range");
        }
        r.when.zone = bus_arena_dup(env->mem, &z, sizeof(z));
    } else if (a[3].kind != FEEL_NULL) {
        return feel_wrong("an offset is a days and time duration");
    }
    return r;
}

static struct feel_value duration_text(ARGS)
{
    struct feel_value r;
    (void)env;
    return feel_duration_parse(a[0].string, &r) ? r : feel_wrong("no duration");
}

static struct feel_value months_between(ARGS)
{
    (void)env;
    return (struct feel_value){.kind = FEEL_MONTHS,
                               .months = feel_months_between(&a[0], &a[1])};
}

/* --- the calendar --- */

static struct feel_value day_of_year(ARGS)
{
    (void)env;
    return feel_long(feel_day_of_year(a[0].when.day));
}

static struct feel_value week_of_year(ARGS)
{
    (void)env;
    return feel_long(feel_iso_week(a[0].when.day));
}

static struct feel_value day_of_week(ARGS)
{
    static const char *const names[] = {"Monday",   "Tuesday", "Wednesday",
                                        "Thursday", "Friday",  "Saturday",
                                        "Sunday"};
    (void)env;
    return feel_string(bus_strv(names[feel_weekday(a[0].when.day) - 1]));
}

static struct feel_value month_of_year(ARGS)
{
    static const char *const names[] = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    int64_t y;
    unsigned m, d;
    (void)env;
    bus_civil_from_days(a[0].when.day, &y, &m, &d);
    return feel_string(bus_strv(names[m - 1]));
}

static struct feel_value builtin_time_now(ARGS)
{
    (void)a;
    return env->now ? *env->now : feel_wrong("now() has no clock here");
}

static struct feel_value builtin_time_today(ARGS)
{
    (void)a;
    return env->now ? feel_days_date(env->now->when.day)
                    : feel_wrong("today() has no clock here");
}

/* The same element of the same domain: +00:00 is Z, but no other zone's same
 * instant (10.3.4.7). */
static struct feel_value builtin_time_same(ARGS)
{
    if (a[0].kind != a[1].kind) {
        return feel_false;
    }
    bool when = a[0].kind == FEEL_TIME || a[0].kind == FEEL_DATE_TIME;
    if (when) {
        const struct feel_zone *x = a[0].when.zone, *y = a[1].when.zone;
        bool zones = (x == NULL) == (y == NULL) &&
                     (x == NULL || (bus_strv_eq(x->name, y->name) &&
                                    x->offset == y->offset));
        return feel_bool(zones && a[0].when.day == a[1].when.day &&
                         a[0].when.nanos == a[1].when.nanos);
    }
    struct feel_value r = feel_equal(env->mem, &a[0], &a[1]);
    return r.kind == FEEL_NULL ? feel_false : r;
}

const struct feel_builtin feel_builtins_time[] = {
    {"date", "from:s", date_text, false},
    {"date", "from:e", date_part, false},
    {"date", "year:n,month:n,day:n", date_parts, false},
    {"date and time", "from:s", date_time_text, false},
    {"date and time", "date:e,time:t", date_time_join, false},
    {"time", "from:s", time_text, false},
    {"time", "from:e", time_part, false},
    {"time", "from:t", time_part, false},
    {"time", "hour:n,minute:n,second:n,offset:?U", time_parts, false},
    {"duration", "from:s", duration_text, false},
    {"years and months duration", "from:e,to:e", months_between, false},
    {"day of year", "date:e", day_of_year, false},
    {"day of week", "date:e", day_of_week, false},
    {"month of year", "date:e", month_of_year, false},
    {"week of year", "date:e", week_of_year, false},
    {"now", "", builtin_time_now, false},
    {"today", "", builtin_time_today, false},
    {"is", "value1:?a,value2:?a", builtin_time_same, false},
    {NULL, NULL, NULL, false},
};
