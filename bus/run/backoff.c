/* Exponential back-off with equal jitter. */
#include "bus/run/backoff.h"

#include <sys/random.h>
#include <time.h>

#define SHIFT_MAX 30

static uint64_t next_random(struct bus_run_backoff *b)
{
    if (b->seed == 0 &&
        getrandom(&b->seed, sizeof(b->seed), GRND_NONBLOCK) < 0) {
        b->seed = (uint64_t)time(NULL);
    }
    /* SplitMix64 (Steele, Lea, Flood 2014). */
    b->seed += 0x9e3779b97f4a7c15u;
    uint64_t z = b->seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t bus_run_backoff_next_ms(struct bus_run_backoff *b)
{
    int64_t min = b->min_ms > 0 ? b->min_ms : 1;
    int64_t max = b->max_ms > min ? b->max_ms : min;
    uint32_t shift = b->tries < SHIFT_MAX ? b->tries : SHIFT_MAX;
    int64_t d = max;
    if (min <= (max >> shift)) {
        d = min << shift;
    }
    if (b->tries < UINT32_MAX) {
        b->tries++;
    }
    int64_t half = d / 2;
    return half + (int64_t)(next_random(b) % (uint64_t)(d - half + 1));
}

void bus_run_backoff_reset(struct bus_run_backoff *b)
{
    b->tries = 0;
}
