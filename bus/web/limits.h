/* Who guesses waits, longer each time; who sends much is counted by the hour.
 * In memory, for one process, of a fixed size: when more are met than it holds,
 * the one who was met longest ago is forgotten. Keys are hashed, none is kept.
 * Not thread-safe. Times are monotonic ms. */
#ifndef BUS_WEB_LIMITS_H
#define BUS_WEB_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"

#define BUS_WEB_LIMITS_SLOTS 16384

struct bus_web_limits;
struct bus_web_limits_conf
{
    uint32_t free_tries;       /* may fail before anybody waits */
    int64_t first_ms, most_ms; /* the first wait; doubled up to this */
};
int bus_web_limits_new(const struct bus_web_limits_conf *conf,
                       struct bus_web_limits **ret,
                       struct bus_err *err) BUS_MUSTCHECK;
void bus_web_limits_free(struct bus_web_limits *l); /* NULL is allowed */

/* May this one try now? If so it counts as failed until _well() says it was
 * not: many tries at once gain nothing. Else *ret_wait_ms is how long. */
bool bus_web_limits_try(struct bus_web_limits *l,
                        struct bus_strv key,
                        uint64_t now_ms,
                        int64_t *ret_wait_ms);
void bus_web_limits_well(struct bus_web_limits *l, struct bus_strv key);
/* One more of at most so many an hour; false: beyond, and not counted. */
bool bus_web_limits_count(struct bus_web_limits *l,
                          struct bus_strv key,
                          int64_t an_hour,
                          uint64_t now_ms);

#endif
