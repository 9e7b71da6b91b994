/* Which facts could bring an item to a yes at all. A condition is the `and` of
 * its clauses: while one of them is not true and reads none of the facts that
 * are moved, nothing they say makes the item eligible. Inside the room. */
#ifndef BUS_ADVICE_REACH_H
#define BUS_ADVICE_REACH_H

#include "bus/advice/explain.h"
#include "bus/policy/catalogue_parts.h"

#define ADVICE_DAYS_AHEAD 730
#define ADVICE_DAYS_STEP  7

/* Clauses of one version: bit i of a set is clause i. */
struct advice_reach
{
    const struct bus_policy_catalogue *c;
    const struct item_def *item;
    const struct version_def *version; /* NULL: nothing is ruled out */
    const struct bus_policy_facts *reads[CATALOGUE_CLAUSES_MAX];
};
void advice_reach_open(struct advice_reach *to,
                       const struct bus_policy_catalogue *c,
                       int item,
                       int32_t day);
/* Those that are known to stand in the way of a yes: of a "no" the false ones,
 * of an open verdict the open ones; none of any other. */
uint32_t advice_reach_in_way(const struct advice_reach *r,
                             const struct bus_policy_verdict_of *v);
/* Those that read the fact, itself or by what is worked out of it. */
uint32_t advice_reach_by(const struct advice_reach *r, int fact);
struct advice_candidate /* a fact that could be moved */
{
    int fact;
    bool member;
    uint32_t by; /* clauses that read it */
};
/* Worth a try: by it alone, or by it and one more of them, all that is in the
 * way could come true. */
bool advice_reach_could(uint32_t in_way,
                        const struct advice_candidate *all,
                        size_t count,
                        const struct advice_candidate *one);
/* Could time alone, in that many days, make all of these true? */
bool advice_reach_by_time(const struct advice_reach *r,
                          uint32_t in_way,
                          int32_t day,
                          int32_t days);
/* bus_advice_days_of() of one item; -1: of all. */
int advice_reach_days(const struct bus_policy_catalogue *c,
                      const struct bus_policy_household *h,
                      int32_t day,
                      int item,
                      struct bus_arena *mem,
                      struct bus_advice_days *ret,
                      struct bus_err *err) BUS_MUSTCHECK;

#endif
