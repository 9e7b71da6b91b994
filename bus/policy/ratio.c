#include "bus/policy/ratio.h"

#include <inttypes.h>
#include <stdio.h>

#include "bus/base/check.h"

static __int128 ratio_gcd(__int128 a, __int128 b)
{
    a = a < 0 ? -a : a;
    b = b < 0 ? -b : b;
    while (b != 0) {
        __int128 r = a % b;
        a = b;
        b = r;
    }
    return a;
}

struct bus_policy_ratio bus_policy_ratio(__int128 n, __int128 d)
{
    struct bus_policy_ratio r = {.n = n, .d = d, .broken = d == 0};
    if (r.broken) {
        return r;
    }
    __int128 g = ratio_gcd(n, d);
    r.n /= d < 0 ? -g : g;
    r.d /= d < 0 ? -g : g;
    BUS_CHECK(r.d > 0);
    return r;
}

struct bus_policy_ratio bus_policy_ratio_mul(struct bus_policy_ratio a,
                                             struct bus_policy_ratio b)
{
    struct bus_policy_ratio r = {.d = 1, .broken = a.broken || b.broken};
    if (r.broken) {
        return r;
    }
    BUS_CHECK(a.d > 0 && b.d > 0);
    __int128 g = ratio_gcd(a.n, b.d),
             h = ratio_gcd(b.n, a.d); /* first, to stay small */
    g = g ? g : 1;
    h = h ? h : 1;
    r.broken = __builtin_mul_overflow(a.n / g, b.n / h, &r.n) ||
               __builtin_mul_overflow(a.d / h, b.d / g, &r.d);
    return r.broken ? r : bus_policy_ratio(r.n, r.d);
}

struct bus_policy_ratio bus_policy_ratio_div(struct bus_policy_ratio a,
                                             struct bus_policy_ratio b)
{
    struct bus_policy_ratio turned = bus_policy_ratio(b.d, b.n);
    turned.broken |= b.broken;
    return bus_policy_ratio_mul(a, turned);
}

struct bus_policy_ratio bus_policy_ratio_add(struct bus_policy_ratio a,
                                             struct bus_policy_ratio b)
{
    struct bus_policy_ratio r = {.d = 1, .broken = a.broken || b.broken};
    if (r.broken) {
        return r;
    }
    __int128 g = ratio_gcd(a.d, b.d), x, y;
    BUS_CHECK(g > 0);
    r.broken = __builtin_mul_overflow(a.n, b.d / g, &x) ||
               __builtin_mul_overflow(b.n, a.d / g, &y) ||
               __builtin_add_overflow(x, y, &r.n) ||
               __builtin_mul_overflow(a.d, b.d / g, &r.d);
    return r.broken ? r : bus_policy_ratio(r.n, r.d);
}

struct bus_policy_ratio bus_policy_ratio_sub(struct bus_policy_ratio a,
                                             struct bus_policy_ratio b)
{
    b.n = -b.n;
    return bus_policy_ratio_add(a, b);
}

static __int128 ratio_floor_div(__int128 a, __int128 b)
{
    BUS_CHECK(b > 0);
    __int128 q = a / b;
    return a % b < 0 ? q - 1 : q;
}

/* By continued fractions: nothing is multiplied. */
int bus_policy_ratio_cmp(struct bus_policy_ratio a, struct bus_policy_ratio b)
{
    BUS_CHECK(!a.broken && !b.broken);
    for (int sign = 1;; sign = -sign) {
        __int128 p = ratio_floor_div(a.n, a.d), q = ratio_floor_div(b.n, b.d);
        if (p != q) {
            return p < q ? -sign : sign;
        }
        __int128 r = a.n - p * a.d, s = b.n - q * b.d;
        if (r == 0 || s == 0) {
            return r == s ? 0 : (r == 0 ? -sign : sign);
        }
        a = (struct bus_policy_ratio){.n = a.d, .d = r}; /* turned: so is < */
        b = (struct bus_policy_ratio){.n = b.d, .d = s};
    }
}

bool bus_policy_ratio_round(struct bus_policy_ratio a,
                            int64_t scale,
                            int64_t *ret)
{
    __int128 v;
    if (a.broken || __builtin_mul_overflow(a.n, (__int128)scale, &v)) {
        return false;
    }
    BUS_CHECK(a.d > 0 && scale > 0);
    __int128 q = v / a.d, r = v % a.d;
    r = r < 0 ? -r : r;
    if (r >= a.d - r) {
        q += v < 0 ? -1 : 1;
    }
    if (q > INT64_MAX || q < INT64_MIN) {
        return false;
    }
    *ret = (int64_t)q;
    return true;
}

char *bus_policy_ratio_text(struct bus_policy_ratio a,
                            int digits,
                            char *to,
                            size_t cap)
{
    BUS_CHECK(cap > 0 && digits >= 0);
    int64_t scale = 1, v;
    for (int i = 0; i < digits && i < 9; i++) {
        scale *= 10;
    }
    if (!bus_policy_ratio_round(a, scale, &v)) {
        (void)snprintf(to, cap, "?");
        return to;
    }
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    uint64_t whole = u / (uint64_t)scale, part = u % (uint64_t)scale;
    char tail[16] = "";
    int places = digits < 9 ? digits : 9;
    for (int i = places; i > 0; i--, part /= 10) {
        tail[i] = (char)('0' + part % 10);
    }
    tail[0] = places > 0 ? '.' : '\0';
    (void)snprintf(to, cap, "%s%" PRIu64 "%s", v < 0 ? "-" : "", whole, tail);
    return to;
}
