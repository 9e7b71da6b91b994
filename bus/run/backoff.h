/* Back-off with jitter: the n-th wait is random in [d/2, d] with
 * d = min(max_ms, min_ms * 2^n), so that a hundred waiting roles do not come
 * back in the same moment. */
#ifndef BUS_RUN_BACKOFF_H
#define BUS_RUN_BACKOFF_H

#include <stdint.h>

struct bus_run_backoff
{
    int64_t min_ms, max_ms;
    uint32_t tries;
    uint64_t seed; /* 0: seeded at the first use */
};

int64_t bus_run_backoff_next_ms(struct bus_run_backoff *b); /* counts a try */
void bus_run_backoff_reset(struct bus_run_backoff *b);

#endif
