/* Numbers (10.3.4.5), and not(). */
#include "bus/feel/tree.h"

#define ARGS struct feel_env *env, const struct feel_value *a

static struct feel_value rounding(const struct feel_value *a,
                                  enum feel_round how)
{
    int64_t scale = 0;
    if (a[1].kind == FEEL_NUMBER && !feel_number_trunc(&a[1], &scale)) {
        return feel_wrong("a scale out of range");
    }
    return feel_number_round(&a[0], scale, how);
}

#define ROUNDING(name, how)             \
    static struct feel_value name(ARGS) \
    {                                   \
        (void)env;                      \
        return rounding(a, how);        \
    }
ROUNDING(decimal, FEEL_HALF_EVEN)
ROUNDING(flooring, FEEL_FLOOR)
ROUNDING(ceiling, FEEL_CEILING)
ROUNDING(round_up, FEEL_UP)
ROUNDING(round_down, FEEL_DOWN)
ROUNDING(half_up, FEEL_HALF_UP)
ROUNDING(half_down, FEEL_HALF_DOWN)

static struct feel_value absolute(ARGS)
{
    struct feel_value zero = feel_long(0);
    static const struct feel_span none;
    struct feel_value r = a[0];
    (void)env;
    if (r.kind == FEEL_MONTHS) {
        r.months = r.months < 0 ? -r.months : r.months;
    } else if (r.kind == FEEL_DAYS) {
        r.span = r.span.seconds < 0 ? feel_span_add(none, r.span, -1) : r.span;
    } else if (feel_number_cmp(&r, &zero) < 0) {
        r = feel_number_fn('-', &r);
    }
    return r;
}

static struct feel_value builtin_number_modulo(ARGS)
{
    (void)env;
    return feel_number_op(FEEL_OP_MODULO, &a[0], &a[1]);
}

static struct feel_value builtin_number_root(ARGS)
{
    (void)env;
    return feel_number_fn('s', &a[0]);
}

static struct feel_value logarithm(ARGS)
{
    (void)env;
    return feel_number_fn('l', &a[0]);
}

static struct feel_value exponent(ARGS)
{
    (void)env;
    return feel_number_fn('e', &a[0]);
}

static struct feel_value parity(const struct feel_value *a, bool odd)
{
    struct feel_value two = feel_long(2), zero = feel_long(0);
    struct feel_value whole = feel_number_round(&a[0], 0, FEEL_DOWN);
    if (whole.kind != FEEL_NUMBER || feel_number_cmp(&whole, &a[0]) != 0) {
        return feel_false;
    }
    struct feel_value rest = feel_number_op(FEEL_OP_MODULO, &a[0], &two);
    return feel_bool((feel_number_cmp(&rest, &zero) != 0) == odd);
}

static struct feel_value is_odd(ARGS)
{
    (void)env;
    return parity(a, true);
}

static struct feel_value is_even(ARGS)
{
    (void)env;
    return parity(a, false);
}

static struct feel_value builtin_number_negation(ARGS)
{
    (void)env;
    return a[0].kind == FEEL_BOOLEAN || a[0].kind == FEEL_UNKNOWN
               ? feel_not(&a[0])
               : feel_wrong("not() of something that is no boolean");
}

/* Not of the standard: null asked for. */
static struct feel_value is_defined(ARGS)
{
    (void)env;
    return a[0].kind == FEEL_UNKNOWN ? a[0] : feel_bool(a[0].kind != FEEL_NULL);
}

const struct feel_builtin feel_builtins_number[] = {
    {"decimal", "n:n,scale:n", decimal, false},
    {"floor", "n:n,scale:?n", flooring, false},
    {"ceiling", "n:n,scale:?n", ceiling, false},
    {"round up", "n:n,scale:n", round_up, false},
    {"round down", "n:n,scale:n", round_down, false},
    {"round half up", "n:n,scale:n", half_up, false},
    {"round half down", "n:n,scale:n", half_down, false},
    {"abs", "n:n", absolute, false},
    {"abs", "n:u", absolute, false},
    {"modulo", "dividend:n,divisor:n", builtin_number_modulo, false},
    {"sqrt", "number:n", builtin_number_root, false},
    {"log", "number:n", logarithm, false},
    {"exp", "number:n", exponent, false},
    {"odd", "number:n", is_odd, false},
    {"even", "number:n", is_even, false},
    {"not", "negand:a", builtin_number_negation, true},
    {"is defined", "value:a", is_defined, true},
    {NULL, NULL, NULL, false},
};
