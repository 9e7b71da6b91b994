/* Dates, times and durations: text to value and back. The arithmetic is in
 * temporal_math.c. */
#include "bus/feel/temporal.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/feel/icu.h"

#define DAY_S        INT64_C(86400)
#define NANOS        INT64_C(1000000000)
#define OFFSET_MAX   (14 * 3600)
#define DURATION_MAX INT64_C(1000000000000000) /* of one part */
#define FRACTION_MAX 9

struct scan
{
    const char *p, *end;
};

static bool temporal_eat(struct scan *s, char c)
{
    if (s->p < s->end && *s->p == c) {
        s->p++;
        return true;
    }
    return false;
}

static bool temporal_digit(const struct scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

/* Exactly n digits. */
static bool temporal_digits(struct scan *s, int n, int64_t *ret)
{
    *ret = 0;
    for (int i = 0; i < n; i++) {
        if (!temporal_digit(s)) {
            return false;
        }
        *ret = *ret * 10 + (*s->p++ - '0');
    }
    return true;
}

/* As many as there are; false for none or more than fit. */
static bool temporal_number(struct scan *s, int64_t max, int64_t *ret)
{
    const char *from = s->p;
    *ret = 0;
    while (temporal_digit(s)) {
        *ret = *ret * 10 + (*s->p++ - '0');
        if (*ret > max) {
            return false;
        }
    }
    return s->p > from;
}

static bool fraction(struct scan *s, int64_t *nanos)
{
    int64_t unit = NANOS / 10;
    *nanos = 0;
    if (!temporal_eat(s, '.')) {
        return true;
    }
    const char *from = s->p;
    while (temporal_digit(s)) {
        *nanos += (*s->p++ - '0') * unit;
        unit /= 10; /* what is below a nanosecond is cut */
    }
    return s->p > from;
}

static bool scan_date(struct scan *s, struct feel_value *ret)
{
    bool minus = temporal_eat(s, '-');
    const char *from = s->p;
    int64_t year = 0, month = 0, day = 0;
    if (!temporal_number(s, FEEL_YEAR_MAX, &year) || s->p - from < 4 ||
        (s->p - from > 4 && *from == '0') || !temporal_eat(s, '-') ||
        !temporal_digits(s, 2, &month) || !temporal_eat(s, '-') ||
        !temporal_digits(s, 2, &day)) {
        return false;
    }
    return feel_date_of(minus ? -year : year, month, day, ret);
}

bool feel_date_parse(struct bus_strv text, struct feel_value *ret)
{
    struct scan s = {text.p, text.p + text.n};
    return scan_date(&s, ret) && s.p == s.end;
}

static const struct feel_zone *
zone_of(struct bus_arena *mem, int32_t offset, struct bus_strv name)
{
    struct feel_zone z = {offset, name};
    return bus_arena_dup(mem, &z, sizeof(z));
}

static bool
scan_zone(struct bus_arena *mem, struct scan *s, const struct feel_zone **ret)
{
    *ret = NULL;
    if (s->p == s->end) {
        return true;
    }
    if (temporal_eat(s, 'Z')) {
        *ret = zone_of(mem, 0, (struct bus_strv){0});
        return *ret != NULL;
    }
    if (temporal_eat(s, '@')) {
        struct bus_strv name = {s->p, (size_t)(s->end - s->p)};
        s->p = s->end;
        if (!feel_zone_known(name)) {
            return false;
        }
        bool utc = bus_strv_is(name, "Z") || bus_strv_is(name, "UTC");
        *ret = zone_of(mem, 0, utc ? (struct bus_strv){0} : name);
        return *ret != NULL;
    }
    int64_t h = 0, m = 0, sec = 0;
    bool minus = temporal_eat(s, '-');
    if ((!minus && !temporal_eat(s, '+')) || !temporal_digits(s, 2, &h) ||
        !temporal_eat(s, ':') || !temporal_digits(s, 2, &m) ||
        (temporal_eat(s, ':') && !temporal_digits(s, 2, &sec))) {
        return false;
    }
    int64_t offset = h * 3600 + m * 60 + sec;
    if (m > 59 || sec > 59 || offset > OFFSET_MAX) {
        return false;
    }
    *ret =
        zone_of(mem, (int32_t)(minus ? -offset : offset), (struct bus_strv){0});
    return *ret != NULL;
}

static bool
scan_time(struct bus_arena *mem, struct scan *s, struct feel_when *ret)
{
    int64_t h = 0, m = 0, sec = 0, nanos = 0;
    if (!temporal_digits(s, 2, &h) || !temporal_eat(s, ':') ||
        !temporal_digits(s, 2, &m) || !temporal_eat(s, ':') ||
        !temporal_digits(s, 2, &sec) || !fraction(s, &nanos) || h > 24 ||
        m > 59 || sec > 59 || (h == 24 && (m > 0 || sec > 0 || nanos > 0))) {
        return false;
    }
    ret->day += h == 24; /* midnight at the end of the day */
    h = h == 24 ? 0 : h;
    ret->nanos = (h * 3600 + m * 60 + sec) * NANOS + nanos;
    return scan_zone(mem, s, &ret->zone) && s->p == s->end;
}

bool feel_time_parse(struct bus_arena *mem,
                     struct bus_strv text,
                     struct feel_value *ret)
{
    struct scan s = {text.p, text.p + text.n};
    *ret = (struct feel_value){.kind = FEEL_TIME};
    (void)temporal_eat(&s, 'T');
    bool ok = scan_time(mem, &s, &ret->when);
    ret->when.day = 0;
    return ok;
}

bool feel_date_time_parse(struct bus_arena *mem,
                          struct bus_strv text,
                          struct feel_value *ret)
{
    struct scan s = {text.p, text.p + text.n};
    if (!scan_date(&s, ret)) {
        return false;
    }
    ret->kind = FEEL_DATE_TIME;
    return s.p == s.end ||
           (temporal_eat(&s, 'T') && scan_time(mem, &s, &ret->when));
}

/* --- durations --- */

struct duration
{
    int64_t years, months, days, hours, minutes, seconds, nanos;
    bool any_months, any_days;
};

static bool scan_date_parts(struct scan *s, struct duration *d)
{
    int64_t v;
    int last = 0; /* the parts come in their order */
    while (temporal_digit(s)) {
        if (!temporal_number(s, DURATION_MAX, &v) || s->p == s->end) {
            return false;
        }
        char unit = *s->p++;
        int rank = unit == 'Y' ? 1 : unit == 'M' ? 2 : unit == 'D' ? 3 : 0;
        if (rank <= last) {
            return false;
        }
        last = rank;
        *(rank == 1 ? &d->years : rank == 2 ? &d->months : &d->days) = v;
        d->any_months |= rank < 3;
        d->any_days |= rank == 3;
    }
    return true;
}

static bool scan_time_parts(struct scan *s, struct duration *d)
{
    int64_t v;
    int last = 0;
    if (!temporal_digit(s)) {
        return false; /* a T and nothing behind it */
    }
    while (temporal_digit(s)) {
        int64_t nanos = 0;
        if (!temporal_number(s, DURATION_MAX, &v)) {
            return false;
        }
        bool point = s->p < s->end && *s->p == '.';
        (void)fraction(s, &nanos); /* "0.S" is one, too */
        if (s->p == s->end) {
            return false;
        }
        char unit = *s->p++;
        int rank = unit == 'H' ? 1 : unit == 'M' ? 2 : unit == 'S' ? 3 : 0;
        if (rank <= last || (point && rank != 3)) {
            return false;
        }
        last = rank;
        *(rank == 1 ? &d->hours : rank == 2 ? &d->minutes : &d->seconds) = v;
        d->nanos = nanos;
    }
    d->any_days = true;
    return true;
}

bool feel_duration_parse(struct bus_strv text, struct feel_value *ret)
{
    struct scan s = {text.p, text.p + text.n};
    struct duration d = {0};
    bool minus = temporal_eat(&s, '-');
    if (!temporal_eat(&s, 'P') || !scan_date_parts(&s, &d) ||
        (temporal_eat(&s, 'T') && !scan_time_parts(&s, &d)) || s.p != s.end ||
        d.any_months == d.any_days) {
        return false;
    }
    if (d.any_months) {
        int64_t m = d.years * 12 + d.months;
        *ret =
            (struct feel_value){.kind = FEEL_MONTHS, .months = minus ? -m : m};
        return true;
    }
    struct feel_span zero = {0, 0}, span;
    if (d.days > INT64_MAX / DAY_S / 4 || d.hours > INT64_MAX / 3600 / 4 ||
        d.minutes > INT64_MAX / 60 / 4) {
        return false;
    }
    span.seconds = d.days * DAY_S + d.hours * 3600 + d.minutes * 60 + d.seconds;
    span.nanos = (int32_t)d.nanos;
    *ret = (struct feel_value){.kind = FEEL_DAYS,
                               .span = minus ? feel_span_add(zero, span, -1)
                                             : span};
    return true;
}

bool feel_at_parse(struct bus_arena *mem,
                   struct bus_strv s,
                   struct feel_value *ret)
{
    return feel_date_parse(s, ret) || feel_date_time_parse(mem, s, ret) ||
           feel_time_parse(mem, s, ret) || feel_duration_parse(s, ret);
}

/* --- the way back --- */

static char *put_date(char *to, const char *end, int64_t days)
{
    int64_t y;
    unsigned m, d;
    bus_civil_from_days(days, &y, &m, &d);
    int n = snprintf(to, (size_t)(end - to), "%s%04lld-%02u-%02u",
                     y < 0 ? "-" : "", (long long)(y < 0 ? -y : y), m, d);
    return to + n;
}

static char *put_fraction(char *to, const char *end, int64_t nanos)
{
    if (nanos == 0) {
        return to;
    }
    to += snprintf(to, (size_t)(end - to), ".%09lld", (long long)nanos);
    while (to[-1] == '0') {
        to--;
    }
    *to = '\0';
    return to;
}

static char *put_time(char *to, const char *end, const struct feel_when *w)
{
    int64_t s = w->nanos / NANOS;
    to += snprintf(to, (size_t)(end - to), "%02d:%02d:%02d", (int)(s / 3600),
                   (int)(s / 60 % 60), (int)(s % 60));
    to = put_fraction(to, end, w->nanos % NANOS);
    if (w->zone == NULL) {
        return to;
    }
    if (w->zone->name.n > 0) {
        return to + snprintf(to, (size_t)(end - to), "@%.*s",
                             BUS_STRV_ARG(w->zone->name));
    }
    int32_t o = w->zone->offset;
    if (o == 0) {
        return to + snprintf(to, (size_t)(end - to), "Z");
    }
    int a = o < 0 ? -o : o;
    to += snprintf(to, (size_t)(end - to), "%c%02d:%02d", o < 0 ? '-' : '+',
                   a / 3600, a / 60 % 60);
    return a % 60 ? to + snprintf(to, (size_t)(end - to), ":%02d", a % 60) : to;
}

static char *temporal_part(char *to, const char *end, int64_t n, char unit)
{
    return n == 0 ? to
                  : to + snprintf(to, (size_t)(end - to), "%lld%c",
                                  (long long)n, unit);
}

static void put_days(char *to, const char *end, struct feel_span s)
{
    struct feel_span zero = {0, 0};
    if (s.seconds < 0) {
        s = feel_span_add(zero, s, -1);
        *to++ = '-';
    }
    if (s.seconds == 0 && s.nanos == 0) {
        (void)snprintf(to, (size_t)(end - to), "PT0S");
        return;
    }
    *to++ = 'P';
    to = temporal_part(to, end, s.seconds / DAY_S, 'D');
    int64_t rest = s.seconds % DAY_S;
    if (rest > 0 || s.nanos > 0) {
        *to++ = 'T';
    }
    to = temporal_part(to, end, rest / 3600, 'H');
    to = temporal_part(to, end, rest / 60 % 60, 'M');
    if (rest % 60 > 0 || s.nanos > 0) {
        to += snprintf(to, (size_t)(end - to), "%lld", (long long)(rest % 60));
        to = put_fraction(to, end, s.nanos);
        *to++ = 'S';
    }
    *to = '\0';
}

static void put_months(char *to, const char *end, int64_t m)
{
    if (m < 0) {
        *to++ = '-';
        m = -m;
    }
    if (m == 0) {
        (void)snprintf(to, (size_t)(end - to), "P0M");
        return;
    }
    *to++ = 'P';
    to = temporal_part(to, end, m / 12, 'Y');
    to = temporal_part(to, end, m % 12, 'M');
    *to = '\0';
}

char *feel_temporal_text(const struct feel_value *v, char *to)
{
    const char *end = to + FEEL_WHEN_TEXT_MAX;
    char *at = to;
    switch (v->kind) {
    case FEEL_MONTHS:
        put_months(to, end, v->months);
        return to;
    case FEEL_DAYS:
        put_days(to, end, v->span);
        return to;
    case FEEL_DATE:
        (void)put_date(to, end, v->when.day);
        return to;
    case FEEL_DATE_TIME:
        at = put_date(to, end, v->when.day);
        *at++ = 'T';
        break;
    default:
        break;
    }
    (void)put_time(at, end, &v->when);
    return to;
}
