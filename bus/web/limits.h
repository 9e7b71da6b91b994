/* Who guesses waits, longer each time; who does much is counted by the hour or
 * the day.
 * In memory, for one process, of a fixed size: when more are met than it holds,
 * the one who was met longest ago is forgotten. Keys are hashed, none is kept.
 * Not thread-safe. Times are monotonic ms. */
#ifndef BUS_WEB_LIMITS_H
#define BUS_WEB_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"
#include "bus/run/http.h"

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
/* What was tried last could not be looked at: it did not fail either. */
void bus_web_limits_untry(struct bus_web_limits *l, struct bus_strv key);
/* One more of at most `most` in window_ms, which begins with his first; false:
 * beyond, not counted, and *ret_wait_ms is how long until it begins anew. One
 * window a limits. */
bool bus_web_limits_count(struct bus_web_limits *l,
                          struct bus_strv key,
                          int64_t most,
                          int64_t window_ms,
                          uint64_t now_ms,
                          int64_t *ret_wait_ms);
/* What was counted last was nothing of the kind. */
void bus_web_limits_uncount(struct bus_web_limits *l, struct bus_strv key);

/* Answers 429, and when he may ask again. */
void bus_web_limits_refuse(struct bus_run_http_request *rq,
                           int64_t wait_ms,
                           const char *en,
                           const char *zh);

#endif
