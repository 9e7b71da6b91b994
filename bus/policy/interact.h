/* What items do to each other (policies/interactions.yaml, X1 to X12). */
#ifndef BUS_POLICY_INTERACT_H
#define BUS_POLICY_INTERACT_H

#include "bus/policy/catalogue.h"

/* The rule by which having item a leaves out item b, "" for none. */
struct bus_strv
bus_policy_beats(const struct bus_policy_catalogue *c, int a, int b);

#endif
