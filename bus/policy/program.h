/* A rule as a flat program: names resolved to facts, standards and members,
 * plain numbers and words handled without FEEL values; what has no operation of
 * its own is a piece of tree inside it. */
#ifndef BUS_POLICY_PROGRAM_H
#define BUS_POLICY_PROGRAM_H

#include "bus/feel/feel.h"

struct bus_policy_catalogue;
struct op;
struct program
{
    const struct op *ops;
    uint32_t count;
    uint32_t trees; /* pieces left to the tree walk */
};
/* NULL for a NULL tree or no memory. self: bare names are facts of a member. */
const struct program *policy_compile(const struct bus_policy_catalogue *c,
                                     struct bus_arena *mem,
                                     const struct feel_node *tree,
                                     bool self);

#endif
