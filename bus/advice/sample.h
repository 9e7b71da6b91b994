/* Made-up households for trying rules on: values near the figures that the
 * catalogue itself names. Deterministic for a seed; of no real person. */
#ifndef BUS_ADVICE_SAMPLE_H
#define BUS_ADVICE_SAMPLE_H

#include "bus/policy/catalogue.h"

#define BUS_POLICY_SAMPLE_NUMBERS 192

struct bus_advice_sampler
{
    const struct bus_policy_catalogue *c;
    int32_t day;
    uint64_t state;
    int64_t small[BUS_POLICY_SAMPLE_NUMBERS]; /* figures up to 200 */
    int64_t big[BUS_POLICY_SAMPLE_NUMBERS];
    size_t small_count, big_count;
};
/* Gleans the figures of all rules in force on that day. */
void bus_advice_sampler_init(struct bus_advice_sampler *s,
                             const struct bus_policy_catalogue *c,
                             int32_t day,
                             uint64_t seed);
/* SplitMix64. */
uint64_t bus_advice_sampler_next(struct bus_advice_sampler *s);
uint64_t bus_advice_sampler_upto(struct bus_advice_sampler *s, uint64_t n);
/* A value of the fact's type in f, whose fact and member are set. members: of
 * its household. */
void bus_advice_sample_value(struct bus_advice_sampler *s,
                             size_t members,
                             struct bus_policy_fact *f);
/* All facts that any of the items read and nobody derives, each with a value;
 * in mem. 0, or BUS_ETOOBIG. */
int bus_advice_sample_household(struct bus_advice_sampler *s,
                                const int *items,
                                size_t item_count,
                                size_t members,
                                struct bus_arena *mem,
                                struct bus_policy_household *ret,
                                struct bus_err *err);

#endif
