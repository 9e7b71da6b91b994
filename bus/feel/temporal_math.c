/* The arithmetic and the properties of dates, times and durations. */
#include <string.h>

#include "bus/base/clock.h"
#include "bus/feel/icu.h"
#include "bus/feel/number.h"
#include "bus/feel/temporal.h"

#define DAY_S     INT64_C(86400)
#define NANOS     INT64_C(1000000000)
#define DAY_NANOS (DAY_S * NANOS)
#define DAY_MAX   INT64_C(365300000000) /* of a year of nine digits */

bool feel_date_of(int64_t year,
                  int64_t month,
                  int64_t day,
                  struct feel_value *ret)
{
    if (year < -FEEL_YEAR_MAX || year > FEEL_YEAR_MAX || month < 1 ||
        month > 12 || day < 1 || day > 31 ||
        !bus_civil_valid(year, (unsigned)month, (unsigned)day)) {
        return false;
    }
    *ret = feel_days_date(
        bus_days_from_civil(year, (unsigned)month, (unsigned)day));
    return true;
}

int feel_span_cmp(struct feel_span a, struct feel_span b)
{
    if (a.seconds != b.seconds) {
        return a.seconds < b.seconds ? -1 : 1;
    }
    return (a.nanos > b.nanos) - (a.nanos < b.nanos);
}

struct feel_span feel_span_add(struct feel_span a, struct feel_span b, int sign)
{
    struct feel_span r;
    int64_t nanos = (int64_t)a.nanos + sign * (int64_t)b.nanos;
    int64_t carry = nanos < 0 ? -1 : nanos >= NANOS ? 1 : 0;
    if (__builtin_add_overflow(a.seconds, sign * b.seconds, &r.seconds) ||
        __builtin_add_overflow(r.seconds, carry, &r.seconds)) {
        r.seconds = sign > 0 ? INT64_MAX : INT64_MIN + 1;
    }
    r.nanos = (int32_t)(nanos - carry * NANOS);
    return r;
}

int32_t feel_offset(const struct feel_value *v)
{
    const struct feel_zone *z = v->when.zone;
    return z == NULL ? 0
           : z->name.n
               ? feel_zone_offset(z->name, v->when.day, v->when.nanos / NANOS)
               : z->offset;
}

struct feel_span feel_instant(const struct feel_value *v)
{
    return (struct feel_span){v->when.day * DAY_S + v->when.nanos / NANOS -
                                  feel_offset(v),
                              (int32_t)(v->when.nanos % NANOS)};
}

int feel_when_cmp(const struct feel_value *a, const struct feel_value *b)
{
    struct feel_span x = feel_instant(a), y = feel_instant(b);
    if (a->when.zone == NULL) { /* both or one of them has none */
        x.seconds -= feel_offset(b);
    } else if (b->when.zone == NULL) {
        y.seconds -= feel_offset(a);
    }
    return feel_span_cmp(x, y);
}

bool feel_when_same(const struct feel_value *a, const struct feel_value *b)
{
    return (a->kind == FEEL_DATE ||
            (a->when.zone == NULL) == (b->when.zone == NULL)) &&
           feel_instant(a).seconds == feel_instant(b).seconds;
}

/* --- adding --- */

static struct feel_value add_months(struct feel_value v, int64_t months)
{
    int64_t y;
    unsigned m, d;
    if (months > FEEL_YEAR_MAX * 12 || months < -FEEL_YEAR_MAX * 12) {
        return feel_wrong("a date out of range");
    }
    bus_civil_from_days(v.when.day, &y, &m, &d);
    int64_t total = y * 12 + (int64_t)m - 1 + months;
    y = total >= 0 ? total / 12 : -((-total + 11) / 12);
    m = (unsigned)(total - y * 12 + 1);
    while (!bus_civil_valid(y, m, d)) {
        d--; /* the month's last day */
    }
    struct feel_value day;
    if (!feel_date_of(y, m, d, &day)) {
        return feel_wrong("a date out of range");
    }
    v.when.day = day.when.day;
    return v;
}

static int32_t offset_at(const struct feel_zone *z, int64_t wall)
{
    int64_t day = wall / DAY_S - (wall % DAY_S < 0);
    return feel_zone_offset(z->name, day, wall - day * DAY_S);
}

/* What a named zone's wall clock shows at an instant. Of the offsets a day
 * before and after, the later one if the clock then shows it (it has changed
 * already, also over an hour that is left out), else the earlier one if it
 * does, else the later one: an hour that comes twice, for the second time. */
static int64_t wall_of(const struct feel_zone *z, int64_t instant)
{
    int32_t before = offset_at(z, instant - DAY_S);
    int32_t after = offset_at(z, instant + DAY_S);
    bool later = offset_at(z, instant + after) == after ||
                 offset_at(z, instant + before) != before;
    return instant + (later ? after : before);
}

static struct feel_value add_span(struct feel_value v, struct feel_span s)
{
    const struct feel_zone *z = v.when.zone;
    bool named = v.kind == FEEL_DATE_TIME && z != NULL && z->name.n > 0;
    struct feel_span at = {v.when.day * DAY_S + v.when.nanos / NANOS -
                               (named ? feel_offset(&v) : 0),
                           (int32_t)(v.when.nanos % NANOS)};
    at = feel_span_add(at, s, 1);
    at.seconds = named ? wall_of(z, at.seconds) : at.seconds;
    int64_t day = at.seconds / DAY_S - (at.seconds % DAY_S < 0);
    if (day > DAY_MAX || day < -DAY_MAX) {
        return feel_wrong("a date out of range");
    }
    v.when.day = v.kind == FEEL_TIME ? 0 : day;
    v.when.nanos =
        v.kind == FEEL_DATE ? 0 : (at.seconds - day * DAY_S) * NANOS + at.nanos;
    return v;
}

static bool is_day(const struct feel_value *v)
{
    return v->kind == FEEL_DATE || v->kind == FEEL_DATE_TIME;
}

static struct feel_value temporal_math_between(const struct feel_value *a,
                                               const struct feel_value *b)
{
    /* A date stands for its midnight in UTC (table 57). */
    bool zone_a = a->when.zone != NULL || a->kind == FEEL_DATE;
    bool zone_b = b->when.zone != NULL || b->kind == FEEL_DATE;
    if (zone_a != zone_b) {
        return feel_wrong("one has a time zone, the other has none");
    }
    struct feel_value r = {.kind = FEEL_DAYS};
    r.span = feel_span_add(feel_instant(a), feel_instant(b), -1);
    return r;
}

static struct feel_value months_of(int64_t m)
{
    return (struct feel_value){.kind = FEEL_MONTHS, .months = m};
}

struct feel_value feel_temporal_op(enum feel_op op,
                                   const struct feel_value *a,
                                   const struct feel_value *b)
{
    static const struct feel_span zero;
    int sign = op == FEEL_OP_SUB ? -1 : 1;
    if (op == FEEL_OP_ADD && (a->kind == FEEL_MONTHS || a->kind == FEEL_DAYS) &&
        b->kind != a->kind) {
        const struct feel_value *swap = a;
        a = b;
        b = swap;
    }
    if (b->kind == FEEL_MONTHS && is_day(a)) {
        return add_months(*a, sign * b->months);
    }
    if (b->kind == FEEL_DAYS && (is_day(a) || a->kind == FEEL_TIME)) {
        return add_span(*a,
                        sign < 0 ? feel_span_add(zero, b->span, -1) : b->span);
    }
    if (op == FEEL_OP_SUB && ((is_day(a) && is_day(b)) ||
                              (a->kind == FEEL_TIME && b->kind == FEEL_TIME))) {
        return temporal_math_between(a, b);
    }
    if (a->kind == FEEL_MONTHS && b->kind == FEEL_MONTHS) {
        return months_of(a->months + sign * b->months);
    }
    if (a->kind == FEEL_DAYS && b->kind == FEEL_DAYS) {
        struct feel_value r = {.kind = FEEL_DAYS};
        r.span = feel_span_add(a->span, b->span, sign);
        return r;
    }
    return feel_wrong("arithmetic on kinds that have none");
}

static struct feel_value duration_number(const struct feel_value *v)
{
    return v->kind == FEEL_MONTHS ? feel_long(v->months)
                                  : feel_number_of_span(v->span);
}

struct feel_value feel_duration_scale(enum feel_op op,
                                      const struct feel_value *a,
                                      const struct feel_value *b)
{
    if (op == FEEL_OP_MUL && a->kind == FEEL_NUMBER) {
        const struct feel_value *swap = a;
        a = b;
        b = swap;
    }
    bool same = op == FEEL_OP_DIV && b->kind == a->kind;
    if (a->kind == FEEL_NUMBER || (b->kind != FEEL_NUMBER && !same)) {
        return feel_wrong("arithmetic on kinds that have none");
    }
    struct feel_value x = duration_number(a);
    struct feel_value y = same ? duration_number(b) : *b;
    x = feel_number_op(op, &x, &y);
    if (same || x.kind != FEEL_NUMBER) {
        return x;
    }
    struct feel_value r = {.kind = a->kind};
    bool ok = a->kind == FEEL_MONTHS ? feel_number_trunc(&x, &r.months)
                                     : feel_number_to_span(&x, &r.span);
    return ok ? r : feel_wrong("a duration out of range");
}

/* --- properties --- */

int feel_weekday(int64_t day)
{
    int64_t w = (day + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(w < 0 ? w + 7 : w) + 1;
}

int feel_day_of_year(int64_t day)
{
    int64_t y;
    unsigned m, d;
    bus_civil_from_days(day, &y, &m, &d);
    return (int)(day - bus_days_from_civil(y, 1, 1)) + 1;
}

int feel_iso_week(int64_t day)
{
    int64_t thursday = day + 4 - feel_weekday(day), y;
    unsigned m, d;
    bus_civil_from_days(thursday, &y, &m, &d);
    return (int)((thursday - bus_days_from_civil(y, 1, 1)) / 7) + 1;
}

int64_t feel_months_between(const struct feel_value *a,
                            const struct feel_value *b)
{
    int64_t y1, y2;
    unsigned m1, m2, d1, d2;
    bus_civil_from_days(a->when.day, &y1, &m1, &d1);
    bus_civil_from_days(b->when.day, &y2, &m2, &d2);
    int64_t months = (y2 - y1) * 12 + (int64_t)m2 - (int64_t)m1;
    /* Of moments the days count and not the hours (table 71). */
    return months > 0   ? months - (d2 < d1)
           : months < 0 ? months + (d2 > d1)
                        : 0;
}

static struct feel_value zone_property(const struct feel_value *v, bool name)
{
    const struct feel_zone *z = v->when.zone;
    if (z == NULL) {
        return feel_null;
    }
    if (name) {
        return z->name.n > 0    ? feel_string(z->name)
               : z->offset == 0 ? feel_string(BUS_STRV("Z"))
                                : feel_null;
    }
    struct feel_value r = {.kind = FEEL_DAYS};
    r.span.seconds = feel_offset(v);
    return r;
}

static bool when_property(const struct feel_value *v,
                          struct bus_strv name,
                          struct feel_value *ret)
{
    int64_t y, s = v->when.nanos / NANOS;
    unsigned m, d;
    bus_civil_from_days(v->when.day, &y, &m, &d);
    const struct
    {
        const char *name;
        bool day;
        int64_t value;
    } parts[] = {
        {"year", true, y},         {"month", true, (int64_t)m},
        {"day", true, (int64_t)d}, {"weekday", true, feel_weekday(v->when.day)},
        {"hour", false, s / 3600}, {"minute", false, s / 60 % 60},
        {"second", false, s % 60},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        bool has = parts[i].day ? v->kind != FEEL_TIME : v->kind != FEEL_DATE;
        if (has && bus_strv_is(name, parts[i].name)) {
            *ret = feel_long(parts[i].value);
            return true;
        }
    }
    bool zone = bus_strv_is(name, "timezone");
    if (v->kind == FEEL_DATE || (!zone && !bus_strv_is(name, "time offset"))) {
        return false;
    }
    *ret = zone_property(v, zone);
    return true;
}

static bool
days_property(struct feel_span s, struct bus_strv name, struct feel_value *ret)
{
    static const struct feel_span zero;
    int64_t sign = s.seconds < 0 ? -1 : 1;
    s = sign < 0 ? feel_span_add(zero, s, -1) : s;
    int64_t n = bus_strv_is(name, "days")      ? s.seconds / DAY_S
                : bus_strv_is(name, "hours")   ? s.seconds / 3600 % 24
                : bus_strv_is(name, "minutes") ? s.seconds / 60 % 60
                : bus_strv_is(name, "seconds") ? s.seconds % 60
                                               : -1;
    *ret = feel_long(sign * n);
    return n >= 0;
}

bool feel_temporal_property(const struct feel_value *v,
                            struct bus_strv name,
                            struct feel_value *ret)
{
    if (v->kind == FEEL_DAYS) {
        return days_property(v->span, name, ret);
    }
    if (v->kind != FEEL_MONTHS) {
        return when_property(v, name, ret);
    }
    bool years = bus_strv_is(name, "years");
    *ret = feel_long(years ? v->months / 12 : v->months % 12);
    return years || bus_strv_is(name, "months");
}
