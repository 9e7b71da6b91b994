/* A need's number, and how a claim finds its way home.
 *
 * Charities see no household and no case. A need has a number of its own: a
 * keyed sum of household, assignment and decision, which nobody computes or
 * links without the key that matcher and dispatch share (owner `dispatch`). It
 * is the first of such sums that falls on the household's partition, so that
 * claims, whose key it is, come in that household's order. Beside it stands
 * the household's id under a sum of the number, used for that number alone:
 * a claim repeats it, the matcher takes the sum off again. Any thread, one
 * keyring each. */
#ifndef BUS_ROLE_NEED_H
#define BUS_ROLE_NEED_H

#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/wire/keyring.h"

struct bus_role_need
{
    struct bus_id number; /* a UUIDv8 */
    struct bus_id way;    /* back to the household */
};
/* BUS_ECONFIG: no sums of `dispatch`; BUS_ETOOBIG: no number of that
 * partition was found, which does not happen by chance. */
int bus_role_need_make(const struct bus_wire_keyring *keys,
                       const struct bus_id *household,
                       const struct bus_id *assignment,
                       const struct bus_id *decision,
                       int32_t partitions,
                       struct bus_role_need *ret,
                       struct bus_err *err) BUS_MUSTCHECK;
/* The way to a household from a number that is made already. */
bool bus_role_need_way(const struct bus_wire_keyring *keys,
                       const struct bus_id *number,
                       const struct bus_id *household,
                       struct bus_id *ret);
/* By the nth key (the newest is 0); false: there are no more. What was not made
 * by it comes out as an id that nobody has. */
bool bus_role_need_home(const struct bus_wire_keyring *keys,
                        size_t nth,
                        const struct bus_role_need *need,
                        struct bus_id *ret_household);

#endif
