#include "bus/base/clock.h"

#include <string.h>
#include <time.h>

#define MS_PER_DAY INT64_C(86400000)
#define CHINA_MS   INT64_C(28800000) /* UTC+8, no summer time since 1992 */

static int64_t wall_ms(void *data)
{
    (void)data;
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t monotonic_ns(void *data)
{
    (void)data;
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

const struct bus_clock bus_clock_system = {NULL, wall_ms, monotonic_ns};

static int64_t clock_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Eras of 400 years that begin on 1 March; see E. G. Richards, Mapping Time,
 * 1998, for the arithmetic of the months. */
int64_t bus_days_from_civil(int64_t year, unsigned month, unsigned day)
{
    int64_t y = year - (month <= 2);
    int64_t era = clock_floor_div(y, 400);
    int64_t yoe = y - era * 400;
    int64_t m = month > 2 ? month - 3 : month + 9;
    int64_t doy = (153 * m + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void bus_civil_from_days(int64_t days,
                         int64_t *year,
                         unsigned *month,
                         unsigned *day)
{
    int64_t z = days + 719468;
    int64_t era = clock_floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t m = (5 * doy + 2) / 153;
    *day = (unsigned)(doy - (153 * m + 2) / 5 + 1);
    *month = (unsigned)(m < 10 ? m + 3 : m - 9);
    *year = yoe + era * 400 + (*month <= 2);
}

bool bus_civil_valid(int64_t year, unsigned month, unsigned day)
{
    if (month < 1 || month > 12 || day < 1 || day > 31) {
        return false;
    }
    int64_t y = 0;
    unsigned m = 0, d = 0;
    bus_civil_from_days(bus_days_from_civil(year, month, day), &y, &m, &d);
    return y == year && m == month && d == day;
}

static bool clock_digits(struct bus_strv s, size_t at, size_t n, unsigned *ret)
{
    unsigned v = 0;
    for (size_t i = at; i < at + n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        v = v * 10 + (unsigned)(s.p[i] - '0');
    }
    *ret = v;
    return true;
}

bool bus_date_parse(struct bus_strv s, int32_t *ret_days)
{
    unsigned y = 0, m = 0, d = 0;
    if (s.n != BUS_DATE_TEXT || s.p[4] != '-' || s.p[7] != '-' ||
        !clock_digits(s, 0, 4, &y) || !clock_digits(s, 5, 2, &m) ||
        !clock_digits(s, 8, 2, &d) || !bus_civil_valid(y, m, d)) {
        return false;
    }
    *ret_days = (int32_t)bus_days_from_civil(y, m, d);
    return true;
}

/* "Z" or "+hh:mm"; minutes east. */
static bool clock_offset_of(struct bus_strv s, int64_t *ret)
{
    unsigned h = 0, m = 0;
    *ret = 0;
    if (s.n == 1 && (*s.p == 'Z' || *s.p == 'z')) {
        return true;
    }
    if (s.n != 6 || (*s.p != '+' && *s.p != '-') || s.p[3] != ':' ||
        !clock_digits(s, 1, 2, &h) || !clock_digits(s, 4, 2, &m) || h > 23 ||
        m > 59) {
        return false;
    }
    *ret = (*s.p == '-' ? -1 : 1) * (int64_t)(h * 60 + m);
    return true;
}

bool bus_time_parse(struct bus_strv s, int64_t *ret_ms)
{
    int32_t day = 0;
    unsigned h = 0, m = 0, sec = 0;
    int64_t ms = 0, east = 0;
    if (s.n < 20 || !bus_date_parse((struct bus_strv){s.p, 10}, &day) ||
        (s.p[10] != 'T' && s.p[10] != 't') || s.p[13] != ':' ||
        s.p[16] != ':' || !clock_digits(s, 11, 2, &h) ||
        !clock_digits(s, 14, 2, &m) || !clock_digits(s, 17, 2, &sec) ||
        h > 23 || m > 59 || sec > 59) {
        return false;
    }
    size_t at = 19;
    if (s.p[at] == '.') {
        int64_t unit = 100;
        for (at++; at < s.n && s.p[at] >= '0' && s.p[at] <= '9'; at++) {
            ms += (s.p[at] - '0') * unit;
            unit /= 10;
        }
        if (at == 20) {
            return false;
        }
    }
    if (!clock_offset_of((struct bus_strv){s.p + at, s.n - at}, &east)) {
        return false;
    }
    *ret_ms =
        (day * INT64_C(86400) + h * 3600 + m * 60 + sec - east * 60) * 1000 +
        ms;
    return true;
}

/* n decimal digits of v, and what stands behind them. */
static char *clock_put_digits(char *to, unsigned v, int n, char behind)
{
    for (int i = n - 1; i >= 0; i--) {
        to[i] = (char)('0' + v % 10);
        v /= 10;
    }
    to[n] = behind;
    return to + n + 1;
}

char *bus_date_text(int32_t days, char dst[BUS_DATE_TEXT + 1])
{
    int64_t y = 0;
    unsigned m = 0, d = 0;
    bus_civil_from_days(days, &y, &m, &d);
    y = y < 0 ? 0 : y > 9999 ? 9999 : y;
    char *p = clock_put_digits(dst, (unsigned)y, 4, '-');
    p = clock_put_digits(p, m, 2, '-');
    (void)clock_put_digits(p, d, 2, '\0');
    return dst;
}

/* What somebody wrote for an instant may be any number: beyond the years 1 to
 * 9999 it is their first or last. */
static int64_t clock_local(int64_t ms)
{
    static const int64_t first = INT64_C(-62135596800000),
                         last = INT64_C(253402300799999);
    int64_t at = ms < first             ? first
                 : ms > last - CHINA_MS ? last - CHINA_MS
                                        : ms;
    return at + CHINA_MS;
}

char *bus_time_text(int64_t ms, char dst[BUS_TIME_TEXT + 1])
{
    int64_t local = clock_local(ms);
    int64_t days = clock_floor_div(local, MS_PER_DAY);
    unsigned in_day = (unsigned)(local - days * MS_PER_DAY);
    char *p = bus_date_text((int32_t)days, dst) + BUS_DATE_TEXT;
    *p++ = 'T';
    p = clock_put_digits(p, in_day / 3600000u, 2, ':');
    p = clock_put_digits(p, in_day / 60000u % 60u, 2, ':');
    p = clock_put_digits(p, in_day / 1000u % 60u, 2, '.');
    p = clock_put_digits(p, in_day % 1000u, 3, '+');
    memcpy(p, "08:00", sizeof("08:00"));
    return dst;
}

int32_t bus_china_day(int64_t ms)
{
    return (int32_t)clock_floor_div(clock_local(ms), MS_PER_DAY);
}
