/* Numbers with a unit: durations, sizes, money.
 *
 * - a whole decimal number, then the unit, nothing else
 * - anything else, or a value that does not fit 64 bits: false */
#include "bus/conf/keys.h"

#include <string.h>

struct unit
{
    const char *word;
    int64_t factor;
};

/* Splits "64MiB" into 64 and "MiB"; no sign, no leading zero, no space. */
static bool
units_split(struct bus_strv s, int64_t *ret_n, struct bus_strv *ret_unit)
{
    size_t i = 0;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') {
        i++;
    }
    if (i == 0 || (i > 1 && s.p[0] == '0')) {
        return false;
    }
    *ret_unit = (struct bus_strv){s.p + i, s.n - i};
    return bus_strv_to_i64((struct bus_strv){s.p, i}, ret_n);
}

static bool
units_scale(struct bus_strv s, const struct unit *units, int64_t *ret)
{
    int64_t n;
    struct bus_strv word;
    if (!units_split(s, &n, &word)) {
        return false;
    }
    for (; units->word; units++) {
        if (bus_strv_is(word, units->word)) {
            return !__builtin_mul_overflow(n, units->factor, ret);
        }
    }
    return false;
}

bool bus_conf_duration_parse(struct bus_strv s, int64_t *ret_ms)
{
    static const struct unit units[] = {
        {"ms", 1},      {"s", 1000},     {"m", 60000},
        {"h", 3600000}, {"d", 86400000}, {NULL, 0},
    };
    if (bus_strv_is(s, "0")) {
        *ret_ms = 0;
        return true;
    }
    return units_scale(s, units, ret_ms);
}

bool bus_conf_size_parse(struct bus_strv s, int64_t *ret_bytes)
{
    static const struct unit units[] = {
        {"", 1},
        {"KiB", INT64_C(1) << 10},
        {"MiB", INT64_C(1) << 20},
        {"GiB", INT64_C(1) << 30},
        {NULL, 0},
    };
    return units_scale(s, units, ret_bytes);
}

/* "3000.00 yuan" or "3000 yuan" or "300000 fen". */
bool bus_conf_money_parse(struct bus_strv s, int64_t *ret_fen)
{
    static const struct unit fen[] = {{" fen", 1}, {NULL, 0}};
    static const struct unit yuan[] = {{" yuan", 100}, {NULL, 0}};
    const char *dot = s.n ? memchr(s.p, '.', s.n) : NULL;
    if (!dot) {
        return units_scale(s, fen, ret_fen) || units_scale(s, yuan, ret_fen);
    }
    size_t whole = (size_t)(dot - s.p);
    if (s.n != whole + 3 + strlen(" yuan") ||
        memcmp(dot + 3, " yuan", 5) != 0) {
        return false;
    }
    int64_t y, f;
    struct bus_strv none;
    if (!units_split((struct bus_strv){s.p, whole}, &y, &none) || none.n != 0 ||
        dot[1] < '0' || dot[1] > '9' || dot[2] < '0' || dot[2] > '9') {
        return false;
    }
    f = (dot[1] - '0') * 10 + (dot[2] - '0');
    return !__builtin_mul_overflow(y, INT64_C(100), &y) &&
           !__builtin_add_overflow(y, f, ret_fen);
}
