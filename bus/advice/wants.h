/* One list of what is missing from a household: what its items that were begun
 * wait for, merged, by how much an answer decides.
 *
 * Worked out, not guessed: an item's worth is the most it comes to in a year
 * for any answers that were tried; a fact decides an item if some answer to it
 * alone does. A fact's value is the worth of the items that wait for it, each
 * shared among all it waits for. The family's own come first: what a source
 * can share (`sharing` in facts.yaml) is not asked of it. */
#ifndef BUS_ADVICE_WANTS_H
#define BUS_ADVICE_WANTS_H

#include "bus/policy/catalogue.h"

#define BUS_ADVICE_WANTS_MAX 10

struct bus_advice_want
{
    int fact;
    uint64_t members; /* bit m: of that member; 0: the household's own */
    size_t items;     /* begun items that wait for it */
    size_t decides;   /* of them, by it alone */
    int64_t fen;      /* the most those come to in a year */
    int64_t value_fen;
    bool family; /* nobody shares it */
};
struct bus_advice_wants
{
    struct bus_advice_want list[BUS_ADVICE_WANTS_MAX];
    size_t count, left; /* shown; behind them */
};
/* all: of items that were not begun, too. A case that nothing was assigned of
 * stays open for them, and whoever asks must hear for what.
 * mem: scratch, given back. */
int bus_advice_wants(const struct bus_policy_catalogue *c,
                     const struct bus_policy_household *h,
                     int32_t rule_date,
                     bool all,
                     struct bus_arena *mem,
                     struct bus_advice_wants *ret,
                     struct bus_err *err) BUS_MUSTCHECK;

#endif
