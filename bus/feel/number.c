#include "bus/feel/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECIMAL_CALL_BY_REFERENCE      0
#define DECIMAL_GLOBAL_ROUNDING        0
#define DECIMAL_GLOBAL_EXCEPTION_FLAGS 0
#include <bid_conf.h>

#include <bid_functions.h>

#define DIGITS_MAX   34
#define TEXT_MAX     256
#define EXPONENT_MAX 6176
#define NANOS        1000000000

static BID_UINT128 to_bid(const struct feel_value *v)
{
    BID_UINT128 b;
    memcpy(&b, &v->number, sizeof(b));
    return b;
}

static struct feel_value of_bid(BID_UINT128 b)
{
    struct feel_value v = {.kind = FEEL_NUMBER};
    memcpy(&v.number, &b, sizeof(b));
    return v;
}

static struct feel_value finite(BID_UINT128 b)
{
    return bid128_isFinite(b) ? of_bid(b) : feel_wrong("a number out of range");
}

struct feel_value feel_long(int64_t n)
{
    return of_bid(bid128_from_int64(n));
}

static bool well_formed(struct bus_strv s)
{
    size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0, digits = 0;
    bool point = false;
    for (; i < s.n; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9') {
            digits++;
        } else if (s.p[i] == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (digits == 0 || s.p[i - 1] == '.') {
        return false;
    }
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i += i + 1 < s.n && (s.p[i + 1] == '-' || s.p[i + 1] == '+') ? 2 : 1;
        size_t from = i;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') {
            i++;
        }
        return i == s.n && i > from;
    }
    return i == s.n;
}

bool feel_number_parse(struct bus_strv text, struct feel_value *ret)
{
    char buf[TEXT_MAX];
    if (text.n >= sizeof(buf) || !well_formed(text)) {
        return false;
    }
    (void)bus_strv_copy(buf, sizeof(buf), text);
    _IDEC_flags flags = 0;
    BID_UINT128 b = bid128_from_string(buf, BID_ROUNDING_TO_NEAREST, &flags);
    *ret = of_bid(b);
    return bid128_isFinite(b);
}

bool feel_number_to_long(const struct feel_value *v, int64_t *ret)
{
    _IDEC_flags flags = 0;
    *ret = bid128_to_int64_xint(to_bid(v), &flags);
    return (flags & (BID_INVALID_EXCEPTION | BID_INEXACT_EXCEPTION)) == 0;
}

bool feel_number_trunc(const struct feel_value *v, int64_t *ret)
{
    _IDEC_flags flags = 0;
    *ret = bid128_to_int64_int(to_bid(v), &flags);
    return (flags & BID_INVALID_EXCEPTION) == 0;
}

double feel_number_to_double(const struct feel_value *v)
{
    char text[64];
    _IDEC_flags flags = 0;
    bid128_to_string(text, to_bid(v), &flags);
    return strtod(text, NULL);
}

struct feel_value feel_number_of_span(struct feel_span s)
{
    _IDEC_flags flags = 0;
    BID_UINT128 n = bid128_scalbn(bid128_from_int64(s.nanos), -9,
                                  BID_ROUNDING_TO_NEAREST, &flags);
    return of_bid(bid128_add(bid128_from_int64(s.seconds), n,
                             BID_ROUNDING_TO_NEAREST, &flags));
}

bool feel_number_to_span(const struct feel_value *v, struct feel_span *ret)
{
    _IDEC_flags flags = 0;
    BID_UINT128 b = to_bid(v);
    ret->seconds = bid128_to_int64_floor(b, &flags);
    if ((flags & BID_INVALID_EXCEPTION) != 0) {
        return false;
    }
    BID_UINT128 rest = bid128_sub(b, bid128_from_int64(ret->seconds),
                                  BID_ROUNDING_TO_NEAREST, &flags);
    rest = bid128_scalbn(rest, 9, BID_ROUNDING_TO_NEAREST, &flags);
    ret->nanos = (int32_t)bid128_to_int64_int(rest, &flags);
    return ret->nanos >= 0 && ret->nanos < NANOS;
}

int feel_number_cmp(const struct feel_value *a, const struct feel_value *b)
{
    _IDEC_flags flags = 0;
    BID_UINT128 x = to_bid(a), y = to_bid(b);
    return bid128_quiet_less(x, y, &flags)      ? -1
           : bid128_quiet_greater(x, y, &flags) ? 1
                                                : 0;
}

/* a - b * floor(a / b) (10.3.4.5). */
static BID_UINT128 number_modulo(BID_UINT128 x, BID_UINT128 y)
{
    _IDEC_flags flags = 0;
    BID_UINT128 r = bid128_fmod(x, y, &flags);
    if (!bid128_isZero(r) && bid128_isSigned(r) != bid128_isSigned(y)) {
        r = bid128_add(r, y, BID_ROUNDING_TO_NEAREST, &flags);
    }
    return r;
}

static BID_UINT128 number_power(BID_UINT128 x, BID_UINT128 y)
{
    _IDEC_flags flags = 0;
    int64_t n = bid128_to_int64_xint(y, &flags);
    if (flags != 0 || n < 0 || n > 64) {
        return bid128_pow(x, y, BID_ROUNDING_TO_NEAREST, &flags);
    }
    BID_UINT128 r = bid128_from_int64(1); /* exact where it can be */
    while (n-- > 0) {
        r = bid128_mul(r, x, BID_ROUNDING_TO_NEAREST, &flags);
    }
    return r;
}

struct feel_value feel_number_op(enum feel_op op,
                                 const struct feel_value *a,
                                 const struct feel_value *b)
{
    _IDEC_flags flags = 0;
    BID_UINT128 x = to_bid(a), y = to_bid(b);
    _IDEC_round how = BID_ROUNDING_TO_NEAREST;
    switch (op) {
    case FEEL_OP_ADD:
        return finite(bid128_add(x, y, how, &flags));
    case FEEL_OP_SUB:
        return finite(bid128_sub(x, y, how, &flags));
    case FEEL_OP_MUL:
        return finite(bid128_mul(x, y, how, &flags));
    case FEEL_OP_DIV:
    case FEEL_OP_MODULO:
        if (bid128_isZero(y)) {
            return feel_wrong("division by zero");
        }
        return finite(op == FEEL_OP_MODULO ? number_modulo(x, y)
                                           : bid128_div(x, y, how, &flags));
    case FEEL_OP_POW:
        return finite(number_power(x, y));
    case FEEL_OP_NONE:
    case FEEL_OP_EQ:
    case FEEL_OP_NE:
    case FEEL_OP_LT:
    case FEEL_OP_GT:
    case FEEL_OP_LE:
    case FEEL_OP_GE:
        break;
    }
    return feel_wrong("arithmetic without its operator");
}

static BID_UINT128 to_whole(BID_UINT128 b, enum feel_round how)
{
    _IDEC_flags flags = 0;
    bool minus = bid128_isSigned(b) != 0;
    BID_UINT128 half =
        bid128_from_string("0.5", BID_ROUNDING_TO_NEAREST, &flags);
    switch (how) {
    case FEEL_FLOOR:
        return bid128_round_integral_negative(b, &flags);
    case FEEL_CEILING:
        return bid128_round_integral_positive(b, &flags);
    case FEEL_DOWN:
        return bid128_round_integral_zero(b, &flags);
    case FEEL_UP:
        return minus ? bid128_round_integral_negative(b, &flags)
                     : bid128_round_integral_positive(b, &flags);
    case FEEL_HALF_UP:
        return bid128_round_integral_nearest_away(b, &flags);
    case FEEL_HALF_DOWN: {
        BID_UINT128 cut = bid128_round_integral_zero(b, &flags);
        BID_UINT128 rest =
            bid128_abs(bid128_sub(b, cut, BID_ROUNDING_TO_NEAREST, &flags));
        return bid128_quiet_less_equal(rest, half, &flags)
                   ? cut
                   : bid128_round_integral_nearest_away(b, &flags);
    }
    case FEEL_HALF_EVEN:
        break;
    }
    return bid128_round_integral_nearest_even(b, &flags);
}

struct feel_value feel_number_round(const struct feel_value *v,
                                    int64_t digits,
                                    enum feel_round how)
{
    if (digits < -EXPONENT_MAX + 65 || digits > EXPONENT_MAX) {
        return feel_wrong("a scale out of range");
    }
    _IDEC_flags flags = 0;
    BID_UINT128 b =
        bid128_scalbn(to_bid(v), (int)digits, BID_ROUNDING_TO_NEAREST, &flags);
    if (!bid128_isFinite(b)) {
        return *v; /* no digit stands so far behind the point */
    }
    b = bid128_scalbn(to_whole(b, how), -(int)digits, BID_ROUNDING_TO_NEAREST,
                      &flags);
    return finite(b);
}

struct feel_value feel_number_fn(char which, const struct feel_value *v)
{
    _IDEC_flags flags = 0;
    BID_UINT128 b = to_bid(v);
    if (which == '-') {
        return of_bid(bid128_isZero(b) ? b : bid128_negate(b));
    }
    return finite(which == 's' ? bid128_sqrt(b, BID_ROUNDING_TO_NEAREST, &flags)
                  : which == 'l'
                      ? bid128_log(b, BID_ROUNDING_TO_NEAREST, &flags)
                      : bid128_exp(b, BID_ROUNDING_TO_NEAREST, &flags));
}

struct out
{
    char *to;
    size_t n, cap;
};

static void number_put(struct out *o, char c, int times)
{
    for (; times > 0 && o->n + 1 < o->cap; times--) {
        o->to[o->n++] = c;
    }
}

static void number_put_digits(struct out *o, const char *d, int n)
{
    for (int i = 0; i < n; i++) {
        number_put(o, d[i], 1);
    }
}

/* "+1234E-2" -> "12.34" */
char *feel_number_text(const struct feel_value *v, char *to, size_t cap)
{
    char raw[64];
    _IDEC_flags flags = 0;
    bid128_to_string(raw, to_bid(v), &flags);
    char *e = strchr(raw, 'E');
    struct out o = {to, 0, cap};
    if (e == NULL) {
        (void)snprintf(to, cap, "%s", raw);
        return to;
    }
    int exponent = (int)strtol(e + 1, NULL, 10);
    const char *digits = raw + 1;
    int n = (int)(e - digits);
    while (n > 1 && exponent < 0 && digits[n - 1] == '0') {
        n--;
        exponent++;
    }
    bool zero = n == 1 && digits[0] == '0';
    number_put(&o, '-', raw[0] == '-' && !zero);
    if (zero) {
        number_put(&o, '0', 1);
    } else if (exponent >= 0) {
        number_put_digits(&o, digits, n);
        number_put(&o, '0', exponent);
    } else if (-exponent < n) {
        number_put_digits(&o, digits, n + exponent);
        number_put(&o, '.', 1);
        number_put_digits(&o, digits + n + exponent, -exponent);
    } else {
        number_put_digits(&o, "0.", 2);
        number_put(&o, '0', -exponent - n);
        number_put_digits(&o, digits, n);
    }
    to[o.n] = '\0';
    return to;
}
