/* The functions of this slice. An unknown argument makes an unknown result;
 * wrong arguments make null with a reason (10.3.4). */
#include <string.h>

#include "bus/base/clock.h"
#include "bus/policy/feel_parts.h"

#define ARGS struct feel_env *env, const struct feel_value *a, size_t n

/* Any unknown among the arguments, also inside a list. */
static bool unknown_in(struct feel_env *env,
                       const struct feel_value *v,
                       size_t n,
                       struct feel_value *ret)
{
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        struct feel_value inner = v[i];
        if (v[i].kind == FEEL_LIST &&
            !unknown_in(env, v[i].list.v, v[i].list.n, &inner)) {
            continue;
        }
        if (inner.kind == FEEL_UNKNOWN) {
            *ret = found ? feel_unknown_of(env->mem, ret, &inner) : inner;
            found = true;
        }
    }
    return found;
}

/* The items of f(list) or f(a, b, c). */
static struct feel_list items(const struct feel_value *a, size_t n)
{
    return n == 1 && a[0].kind == FEEL_LIST ? a[0].list
                                            : (struct feel_list){a, n};
}

static struct feel_value f_count(ARGS)
{
    (void)env;
    (void)n;
    return a[0].kind == FEEL_UNKNOWN ? a[0]
           : a[0].kind == FEEL_LIST  ? feel_long((int64_t)a[0].list.n)
           : a[0].kind == FEEL_NULL  ? feel_wrong("count of null")
                                     : feel_long(1);
}

static struct feel_value fold(ARGS, char op)
{
    struct feel_value r = feel_null;
    if (unknown_in(env, a, n, &r)) {
        return r;
    }
    struct feel_list l = items(a, n);
    for (size_t i = 0; i < l.n; i++) {
        if (i == 0) {
            r = l.v[0];
        } else if (op == '+') {
            r = r.kind == FEEL_NUMBER && l.v[i].kind == FEEL_NUMBER
                    ? feel_number_op('+', &r, &l.v[i])
                    : feel_wrong("sum of something that is no number");
        } else {
            struct feel_value better = feel_order(env->mem, op, &l.v[i], &r);
            if (better.kind != FEEL_BOOLEAN) {
                return better;
            }
            r = better.boolean ? l.v[i] : r;
        }
    }
    return r;
}

static struct feel_value f_min(ARGS)
{
    return fold(env, a, n, '<');
}

static struct feel_value f_max(ARGS)
{
    return fold(env, a, n, '>');
}

static struct feel_value f_sum(ARGS)
{
    return fold(env, a, n, '+');
}

static struct feel_value rounding(ARGS, enum feel_round how)
{
    struct feel_value r;
    int64_t digits = 0;
    if (unknown_in(env, a, n, &r)) {
        return r;
    }
    if (a[0].kind != FEEL_NUMBER ||
        (n == 2 &&
         (a[1].kind != FEEL_NUMBER || !feel_number_to_long(&a[1], &digits)))) {
        return feel_wrong("rounding needs a number and a whole scale");
    }
    return feel_number_round(&a[0], digits, how);
}

static struct feel_value f_floor(ARGS)
{
    return rounding(env, a, n, FEEL_FLOOR);
}

static struct feel_value f_ceiling(ARGS)
{
    return rounding(env, a, n, FEEL_CEILING);
}

static struct feel_value f_decimal(ARGS)
{
    return rounding(env, a, n, FEEL_HALF_EVEN);
}

static struct feel_value f_half_up(ARGS)
{
    return rounding(env, a, n, FEEL_HALF_UP);
}

static struct feel_value f_abs(ARGS)
{
    (void)env;
    (void)n;
    struct feel_value zero = feel_long(0);
    if (a[0].kind != FEEL_NUMBER) {
        return a[0].kind == FEEL_UNKNOWN ? a[0]
                                         : feel_wrong("abs of no number");
    }
    return feel_number_cmp(&a[0], &zero) < 0 ? feel_number_op('-', &zero, &a[0])
                                             : a[0];
}

static struct feel_value f_not(ARGS)
{
    (void)env;
    (void)n;
    return feel_not(&a[0]);
}

static struct feel_value f_contains(ARGS)
{
    (void)n;
    struct feel_value any = feel_false;
    if (a[0].kind != FEEL_LIST) {
        return a[0].kind == FEEL_UNKNOWN ? a[0] : feel_wrong("no list");
    }
    for (size_t i = 0; i < a[0].list.n; i++) {
        struct feel_value one = feel_equal(env->mem, &a[0].list.v[i], &a[1]);
        any = feel_or(env->mem, &any, &one);
    }
    return any;
}

static struct feel_value f_all(ARGS)
{
    struct feel_list l = items(a, n);
    struct feel_value r = feel_true;
    for (size_t i = 0; i < l.n; i++) {
        r = feel_and(env->mem, &r, &l.v[i]);
    }
    return r;
}

static struct feel_value f_any(ARGS)
{
    struct feel_list l = items(a, n);
    struct feel_value r = feel_false;
    for (size_t i = 0; i < l.n; i++) {
        r = feel_or(env->mem, &r, &l.v[i]);
    }
    return r;
}

static struct feel_value f_is_defined(ARGS)
{
    (void)env;
    (void)n;
    return a[0].kind == FEEL_UNKNOWN ? a[0] : feel_bool(a[0].kind != FEEL_NULL);
}

static struct feel_value f_date(ARGS)
{
    (void)env;
    (void)n;
    int32_t days = 0;
    if (a[0].kind == FEEL_UNKNOWN || a[0].kind == FEEL_DATE) {
        return a[0];
    }
    return a[0].kind == FEEL_STRING && bus_date_parse(a[0].string, &days)
               ? feel_days_date(days)
               : feel_wrong("no date");
}

static struct feel_value f_months_between(ARGS)
{
    struct feel_value r;
    if (unknown_in(env, a, n, &r)) {
        return r;
    }
    if (a[0].kind != FEEL_DATE || a[1].kind != FEEL_DATE) {
        return feel_wrong("two dates are needed");
    }
    int64_t y1, y2;
    unsigned m1, m2, d1, d2;
    bus_civil_from_days(a[0].count, &y1, &m1, &d1);
    bus_civil_from_days(a[1].count, &y2, &m2, &d2);
    int64_t months = (y2 - y1) * 12 + (int64_t)m2 - (int64_t)m1;
    if (a[1].count >= a[0].count) {
        months -= d2 < d1;
    } else {
        months += d2 > d1;
    }
    return (struct feel_value){.kind = FEEL_MONTHS, .count = months};
}

static struct feel_value f_duration(ARGS)
{
    (void)env;
    (void)n;
    struct feel_value v;
    if (a[0].kind == FEEL_UNKNOWN) {
        return a[0];
    }
    return a[0].kind == FEEL_STRING && feel_duration_parse(a[0].string, &v)
               ? v
               : feel_wrong("no duration");
}

static struct feel_value f_length(ARGS)
{
    (void)env;
    (void)n;
    return a[0].kind == FEEL_UNKNOWN  ? a[0]
           : a[0].kind == FEEL_STRING ? feel_long((int64_t)bus_utf8_count(
                                            a[0].string.p, a[0].string.n))
                                      : feel_wrong("length of no string");
}

/* P1Y2M, P3D, -P1Y: months, or whole days. */
bool feel_duration_parse(struct bus_strv s, struct feel_value *ret)
{
    size_t i = 0;
    int64_t sign = 1, months = 0, days = 0;
    bool any = false, has_days = false;
    if (i < s.n && s.p[i] == '-') {
        sign = -1;
        i++;
    }
    if (i == s.n || s.p[i++] != 'P') {
        return false;
    }
    while (i < s.n) {
        size_t start = i;
        int64_t v = 0;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') {
            i++;
        }
        if (i == s.n ||
            !bus_strv_to_i64((struct bus_strv){s.p + start, i - start}, &v) ||
            v > 1000000) {
            return false;
        }
        char unit = s.p[i++];
        any = true;
        if (unit == 'Y') {
            months += 12 * v;
        } else if (unit == 'M') {
            months += v;
        } else if (unit == 'D' && months == 0) {
            has_days = true;
            days += v;
        } else {
            return false;
        }
    }
    ret->kind = has_days ? FEEL_DAYS : FEEL_MONTHS;
    ret->count = sign * (has_days ? days : months);
    return any;
}

static const struct feel_builtin table[] = {
    {"count", 1, 1, f_count},
    {"min", 1, -1, f_min},
    {"max", 1, -1, f_max},
    {"sum", 1, -1, f_sum},
    {"floor", 1, 2, f_floor},
    {"ceiling", 1, 2, f_ceiling},
    {"decimal", 2, 2, f_decimal},
    {"round half up", 2, 2, f_half_up},
    {"abs", 1, 1, f_abs},
    {"not", 1, 1, f_not},
    {"list contains", 2, 2, f_contains},
    {"all", 1, -1, f_all},
    {"any", 1, -1, f_any},
    {"is defined", 1, 1, f_is_defined},
    {"date", 1, 1, f_date},
    {"duration", 1, 1, f_duration},
    {"string length", 1, 1, f_length},
    {"years and months duration", 2, 2, f_months_between},
};
#define FUNCTIONS (sizeof(table) / sizeof(table[0]))

const struct feel_builtin *feel_builtin_find(struct bus_strv name)
{
    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (bus_strv_is(name, table[i].name)) {
            return &table[i];
        }
    }
    return NULL;
}

bool feel_builtin_prefix(struct bus_strv words)
{
    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (strlen(table[i].name) > words.n &&
            strncmp(table[i].name, words.p, words.n) == 0) {
            return true;
        }
    }
    return false;
}
