/* A test on the county's own catalogue: what it opens and closes as a group. */
#ifndef TESTS_GOLDEN_COUNTY_H
#define TESTS_GOLDEN_COUNTY_H

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

#endif
