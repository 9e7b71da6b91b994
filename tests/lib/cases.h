/* How many cases a property test runs: all of them in CI (the variable CI is
 * set, as .ci/run does), a tenth at a desk; LIANOU_CASES says another number.
 * LIANOU_SEED says another seed. Tests print both. */
#ifndef TESTS_LIB_CASES_H
#define TESTS_LIB_CASES_H

#include <stdint.h>
#include <stdlib.h>

static inline int cases(int all)
{
    const char *n = getenv("LIANOU_CASES");
    return n != NULL              ? (int)strtol(n, NULL, 10)
           : getenv("CI") != NULL ? all
                                  : all / 10;
}

static inline uint64_t seed_of(uint64_t usual)
{
    const char *s = getenv("LIANOU_SEED");
    return s != NULL ? strtoull(s, NULL, 10) : usual;
}

#endif
