/* Numbers of FEEL: IEEE 754-2008 decimal128, 34 digits, half even. */
#ifndef BUS_FEEL_NUMBER_H
#define BUS_FEEL_NUMBER_H

#include "bus/feel/value.h"

#define FEEL_NUMBER_TEXT_MAX 6200 /* plain digits of the largest exponent */

/* "1.5", ".5", "-3e10"; false for anything else or beyond decimal128. */
bool feel_number_parse(struct bus_strv text, struct feel_value *ret);
/* Whole and within 64 bits? */
bool feel_number_to_long(const struct feel_value *v, int64_t *ret);
/* The whole part, toward zero; false beyond 64 bits. */
bool feel_number_trunc(const struct feel_value *v, int64_t *ret);
double feel_number_to_double(const struct feel_value *v);
/* seconds + nanos as one number, and back (false beyond 64 bits). */
struct feel_value feel_number_of_span(struct feel_span s);
bool feel_number_to_span(const struct feel_value *v, struct feel_span *ret);
int feel_number_cmp(const struct feel_value *a, const struct feel_value *b);
/* op: ADD to MODULO; null with a reason for x/0 or a result
 * that is no number. */
struct feel_value feel_number_op(enum feel_op op,
                                 const struct feel_value *a,
                                 const struct feel_value *b);
/* Rounding to `digits` behind the point. FLOOR and CEILING go to the
 * infinities, DOWN to and UP away from zero. */
enum feel_round {
    FEEL_FLOOR,
    FEEL_CEILING,
    FEEL_HALF_EVEN,
    FEEL_HALF_UP,
    FEEL_HALF_DOWN,
    FEEL_UP,
    FEEL_DOWN
};
struct feel_value feel_number_round(const struct feel_value *v,
                                    int64_t digits,
                                    enum feel_round how);
/* which: 's'qrt, natural 'l'og, 'e'xp, '-' negation. */
struct feel_value feel_number_fn(char which, const struct feel_value *v);
/* Plain digits, no exponent; cut at cap; returns to. */
char *feel_number_text(const struct feel_value *v, char *to, size_t cap);

#endif
