/* A test on the county's own catalogue: what it opens and closes as a group. */
#ifndef TESTS_GOLDEN_COUNTY_H
#define TESTS_GOLDEN_COUNTY_H

#include "bus/policy/source.h"
#include "tests/golden/rules.h"

static struct county k;
static struct bus_arena mem;

static int open_all(void **state)
{
    (void)state;
    county_open(&k);
    bus_arena_init(&mem, 0, 0);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    bus_arena_fini(&mem);
    county_close(&k);
    return 0;
}

/* A claim is 0, or no, while nobody has said it: not unknown, so nothing that
 * is said of what is unknown holds of it. */
static inline bool county_claim(int fact)
{
    bool claim = false;
    (void)bus_node_to_bool(
        bus_node_get(bus_policy_fact_node(k.c, fact), "claim"), &claim);
    return claim;
}

#endif
