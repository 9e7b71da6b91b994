/* Is a catalogue fit for use? What its compiler cannot see: the city template
 * (S37), and what rules do when they are tried on made-up households.
 *
 * Trying is sampling: what it finds is there, what it does not find may be;
 * such a fault says "by sampling". Pure and deterministic. */
#ifndef BUS_ADVICE_CHECK_H
#define BUS_ADVICE_CHECK_H

#include "bus/policy/catalogue.h"

/* Every attribute of the template in every item: S27 to S36. */
void bus_advice_check_template(const struct bus_node *const *items,
                               size_t count,
                               struct bus_faults *faults);
/* On the rules in force on that day, and on every other version on its own
 * first day: a fact no source supplies, an item nobody
 * can get, items that shut each other out, a standard nobody reads, an amount
 * below zero, above its cap or beyond bounds. mem: scratch, may be reset by the
 * caller. */
int bus_advice_check(const struct bus_policy_catalogue *c,
                     int32_t day,
                     struct bus_arena *mem,
                     struct bus_faults *faults,
                     struct bus_err *err) BUS_MUSTCHECK;

#endif
