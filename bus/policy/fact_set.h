/* A set of facts, by their ids (struct bus_policy_facts). Inside the room. */
#ifndef BUS_POLICY_FACT_SET_H
#define BUS_POLICY_FACT_SET_H

#include "bus/policy/disclose.h"

static inline void fact_set_add(struct bus_policy_facts *s, int fact)
{
    s->w[fact / 64] |= UINT64_C(1) << (fact % 64);
}
static inline void fact_set_merge(struct bus_policy_facts *to,
                                  const struct bus_policy_facts *from)
{
    for (size_t i = 0; i < sizeof(to->w) / sizeof(to->w[0]); i++) {
        to->w[i] |= from->w[i];
    }
}

#endif
