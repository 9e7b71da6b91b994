#include "bus/policy/value.h"

#include <stdio.h>
#include <string.h>

#define DECIMAL_CALL_BY_REFERENCE      0
#define DECIMAL_GLOBAL_ROUNDING        0
#define DECIMAL_GLOBAL_EXCEPTION_FLAGS 0
#include <bid_conf.h>

#include <bid_functions.h>

const struct feel_value feel_null = {.kind = FEEL_NULL};
const struct feel_value feel_true = {.kind = FEEL_BOOLEAN, .boolean = true};
const struct feel_value feel_false = {.kind = FEEL_BOOLEAN};

#define NUMBER_TEXT_MAX 64
#define EXPONENT_MAX    6144

struct feel_value feel_wrong(const char *why)
{
    return (struct feel_value){.kind = FEEL_NULL, .why = why};
}

struct feel_value feel_bool(bool b)
{
    return b ? feel_true : feel_false;
}

struct feel_value feel_string(struct bus_strv s)
{
    return (struct feel_value){.kind = FEEL_STRING, .string = s};
}

struct feel_value feel_days_date(int32_t days)
{
    return (struct feel_value){.kind = FEEL_DATE, .count = days};
}

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

struct feel_value feel_long(int64_t n)
{
    return of_bid(bid128_from_int64(n));
}

bool feel_number_parse(struct bus_strv text, struct feel_value *ret)
{
    char buf[NUMBER_TEXT_MAX * 4];
    if (text.n == 0 || text.n >= sizeof(buf)) {
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
    BID_UINT128 b = to_bid(v);
    *ret = bid128_to_int64_xint(b, &flags);
    return (flags & (BID_INVALID_EXCEPTION | BID_INEXACT_EXCEPTION)) == 0;
}

int feel_number_cmp(const struct feel_value *a, const struct feel_value *b)
{
    _IDEC_flags flags = 0;
    BID_UINT128 x = to_bid(a), y = to_bid(b);
    return bid128_quiet_less(x, y, &flags)      ? -1
           : bid128_quiet_greater(x, y, &flags) ? 1
                                                : 0;
}

struct feel_value
feel_number_op(char op, const struct feel_value *a, const struct feel_value *b)
{
    _IDEC_flags flags = 0;
    BID_UINT128 x = to_bid(a), y = to_bid(b), r;
    _IDEC_round how = BID_ROUNDING_TO_NEAREST;
    switch (op) {
    case '+':
        r = bid128_add(x, y, how, &flags);
        break;
    case '-':
        r = bid128_sub(x, y, how, &flags);
        break;
    case '*':
        r = bid128_mul(x, y, how, &flags);
        break;
    case '/':
        if (bid128_isZero(y)) {
            return feel_wrong("division by zero");
        }
        r = bid128_div(x, y, how, &flags);
        break;
    default:
        r = bid128_pow(x, y, how, &flags);
        break;
    }
    return bid128_isFinite(r) ? of_bid(r) : feel_wrong("a number out of range");
}

struct feel_value feel_number_round(const struct feel_value *v,
                                    int64_t digits,
                                    enum feel_round how)
{
    static const _IDEC_round modes[] = {
        [FEEL_FLOOR] = BID_ROUNDING_DOWN,
        [FEEL_CEILING] = BID_ROUNDING_UP,
        [FEEL_HALF_EVEN] = BID_ROUNDING_TO_NEAREST,
        [FEEL_HALF_UP] = BID_ROUNDING_TIES_AWAY,
    };
    if (digits < -EXPONENT_MAX || digits > EXPONENT_MAX) {
        return feel_wrong("a scale out of range");
    }
    _IDEC_flags flags = 0;
    BID_UINT128 b =
        bid128_scalbn(to_bid(v), (int)digits, BID_ROUNDING_TO_NEAREST, &flags);
    b = bid128_round_integral_exact(b, modes[how], &flags);
    b = bid128_scalbn(b, -(int)digits, BID_ROUNDING_TO_NEAREST, &flags);
    return bid128_isFinite(b) ? of_bid(b) : feel_wrong("a number out of range");
}

/* "+1234E-2" -> "12.34" */
char *feel_number_text(const struct feel_value *v, char *to, size_t cap)
{
    char raw[NUMBER_TEXT_MAX], digits[NUMBER_TEXT_MAX];
    _IDEC_flags flags = 0;
    bid128_to_string(raw, to_bid(v), &flags);
    char *e = strchr(raw, 'E');
    int exponent = 0;
    if (e == NULL || sscanf(e + 1, "%d", &exponent) != 1) {
        (void)snprintf(to, cap, "%s", raw);
        return to;
    }
    size_t n = (size_t)(e - raw - 1);
    memcpy(digits, raw + 1, n);
    while (n > 1 && exponent < 0 && digits[n - 1] == '0') {
        n--;
        exponent++;
    }
    digits[n] = '\0';
    const char *sign = raw[0] == '-' ? "-" : "";
    if (exponent >= 0 && exponent < 20) {
        (void)snprintf(to, cap, "%s%s%.*s", sign, digits, exponent,
                       "00000000000000000000");
    } else if (exponent < 0 && -exponent < (int)n) {
        int point = (int)n + exponent;
        (void)snprintf(to, cap, "%s%.*s.%s", sign, point, digits,
                       digits + point);
    } else if (exponent < 0 && -exponent < 30) {
        (void)snprintf(to, cap, "%s0.%.*s%s", sign, -exponent - (int)n,
                       "000000000000000000000000000000", digits);
    } else {
        (void)snprintf(to, cap, "%s%sE%d", sign, digits, exponent);
    }
    return to;
}

/* --- three values --- */

struct feel_value feel_unknown(struct bus_arena *mem, int fact, int member)
{
    struct feel_missing *m = bus_arena_alloc(mem, sizeof(*m) + sizeof(m->v[0]));
    if (m == NULL) {
        return feel_wrong("no memory");
    }
    m->n = 1;
    m->v[0] = FEEL_MISSING_KEY(fact, member);
    return (struct feel_value){.kind = FEEL_UNKNOWN, .missing = m};
}

struct feel_value feel_unknown_of(struct bus_arena *mem,
                                  const struct feel_value *a,
                                  const struct feel_value *b)
{
    if (b->kind != FEEL_UNKNOWN || a->kind != FEEL_UNKNOWN) {
        return a->kind == FEEL_UNKNOWN ? *a : *b;
    }
    const struct feel_missing *x = a->missing, *y = b->missing;
    if (x == y) {
        return *a;
    }
    struct feel_missing *m =
        bus_arena_alloc(mem, sizeof(*m) + (x->n + y->n) * sizeof(m->v[0]));
    if (m == NULL) {
        return *a; /* still unknown, and no less true */
    }
    size_t i = 0, k = 0;
    m->n = 0;
    while (i < x->n || k < y->n) {
        uint32_t next =
            k == y->n || (i < x->n && x->v[i] <= y->v[k]) ? x->v[i] : y->v[k];
        i += i < x->n && x->v[i] == next;
        k += k < y->n && y->v[k] == next;
        m->v[m->n++] = next;
    }
    return (struct feel_value){.kind = FEEL_UNKNOWN, .missing = m};
}

static bool is(const struct feel_value *v, bool b)
{
    return v->kind == FEEL_BOOLEAN && v->boolean == b;
}

/* Table 50 of the standard, and UNKNOWN between: whatever it will be. */
static struct feel_value junction(struct bus_arena *mem,
                                  const struct feel_value *a,
                                  const struct feel_value *b,
                                  bool decides)
{
    if (is(a, decides) || is(b, decides)) {
        return feel_bool(decides);
    }
    if (a->kind == FEEL_UNKNOWN || b->kind == FEEL_UNKNOWN) {
        return feel_unknown_of(mem, a, b);
    }
    if (is(a, !decides) && is(b, !decides)) {
        return feel_bool(!decides);
    }
    return a->kind == FEEL_NULL && a->why ? *a
           : b->kind == FEEL_NULL         ? *b
                                          : feel_wrong("no boolean");
}

struct feel_value feel_and(struct bus_arena *mem,
                           const struct feel_value *a,
                           const struct feel_value *b)
{
    return junction(mem, a, b, false);
}

struct feel_value feel_or(struct bus_arena *mem,
                          const struct feel_value *a,
                          const struct feel_value *b)
{
    return junction(mem, a, b, true);
}

struct feel_value feel_not(const struct feel_value *a)
{
    return a->kind == FEEL_BOOLEAN ? feel_bool(!a->boolean)
           : a->kind == FEEL_UNKNOWN
               ? *a
               : feel_wrong("not of something that is no boolean");
}

static struct feel_value equal_lists(struct bus_arena *mem,
                                     const struct feel_list *a,
                                     const struct feel_list *b)
{
    if (a->n != b->n) {
        return feel_false;
    }
    struct feel_value all = feel_true;
    for (size_t i = 0; i < a->n; i++) {
        struct feel_value one = feel_equal(mem, &a->v[i], &b->v[i]);
        all = feel_and(mem, &all, &one);
    }
    return all;
}

static struct feel_value equal_contexts(struct bus_arena *mem,
                                        const struct feel_context *a,
                                        const struct feel_context *b)
{
    struct feel_value all = feel_bool(a->n == b->n);
    for (size_t i = 0; i < a->n && is(&all, true); i++) {
        struct feel_value one = feel_false;
        for (size_t k = 0; k < b->n; k++) {
            if (bus_strv_eq(a->v[i].key, b->v[k].key)) {
                one = feel_equal(mem, a->v[i].value, b->v[k].value);
            }
        }
        all = feel_and(mem, &all, &one);
    }
    return all;
}

static struct feel_value equal_ends(struct bus_arena *mem,
                                    const struct feel_value *a,
                                    const struct feel_value *b)
{
    if (a == NULL || b == NULL) {
        return feel_bool(a == b);
    }
    return feel_equal(mem, a, b);
}

struct feel_value feel_equal(struct bus_arena *mem,
                             const struct feel_value *a,
                             const struct feel_value *b)
{
    if (a->kind == FEEL_UNKNOWN || b->kind == FEEL_UNKNOWN) {
        return feel_unknown_of(mem, a, b);
    }
    if (a->kind == FEEL_NULL || b->kind == FEEL_NULL) {
        return feel_bool(a->kind == b->kind);
    }
    if (a->kind != b->kind) {
        return feel_wrong("two kinds that do not compare");
    }
    struct feel_value low, high;
    switch (a->kind) {
    case FEEL_BOOLEAN:
        return feel_bool(a->boolean == b->boolean);
    case FEEL_NUMBER:
        return feel_bool(feel_number_cmp(a, b) == 0);
    case FEEL_STRING:
        return feel_bool(bus_strv_eq(a->string, b->string));
    case FEEL_DATE:
    case FEEL_MONTHS:
    case FEEL_DAYS:
        return feel_bool(a->count == b->count);
    case FEEL_LIST:
        return equal_lists(mem, &a->list, &b->list);
    case FEEL_CONTEXT:
        return equal_contexts(mem, &a->context, &b->context);
    case FEEL_RANGE:
        low = equal_ends(mem, a->range.low, b->range.low);
        high = equal_ends(mem, a->range.high, b->range.high);
        high = feel_and(mem, &low, &high);
        low = feel_bool(a->range.low_closed == b->range.low_closed &&
                        a->range.high_closed == b->range.high_closed);
        return feel_and(mem, &low, &high);
    case FEEL_THING:
        return feel_bool(a->thing.what == b->thing.what &&
                         a->thing.index == b->thing.index);
    default:
        return feel_null;
    }
}

struct feel_value feel_order(struct bus_arena *mem,
                             char op,
                             const struct feel_value *a,
                             const struct feel_value *b)
{
    if (a->kind == FEEL_UNKNOWN || b->kind == FEEL_UNKNOWN) {
        return feel_unknown_of(mem, a, b);
    }
    if (a->kind == FEEL_NULL || b->kind == FEEL_NULL) {
        return a->kind == FEEL_NULL ? *a : *b;
    }
    if (a->kind != b->kind) {
        return feel_wrong("two kinds that have no order");
    }
    int c;
    switch (a->kind) {
    case FEEL_NUMBER:
        c = feel_number_cmp(a, b);
        break;
    case FEEL_STRING: /* UTF-8 orders as its code points do */
        c = bus_strv_cmp(a->string, b->string);
        break;
    case FEEL_DATE:
    case FEEL_MONTHS:
    case FEEL_DAYS:
        c = (a->count > b->count) - (a->count < b->count);
        break;
    default:
        return feel_wrong("a kind that has no order");
    }
    return feel_bool(op == '<'   ? c < 0
                     : op == '>' ? c > 0
                     : op == 'l' ? c <= 0
                                 : c >= 0);
}
