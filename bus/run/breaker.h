/* A circuit breaker: whether somebody outside is to be asked now. Pure; the
 * instants are the caller's, monotonic ms.
 *
 *   closed  is asked as one likes
 *   open    is left alone until an instant
 *   half    one is asked: its end closes or opens it again
 *
 * It opens after so many failures one after the other, for a while that is
 * jittered and doubles to eight times its length while the tries fail; and for
 * as long as the other side says itself (hold). */
#ifndef BUS_RUN_BREAKER_H
#define BUS_RUN_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/fsm.h"
#include "bus/run/backoff.h"

enum bus_run_breaker_state {
    BUS_BREAKER_CLOSED,
    BUS_BREAKER_OPEN,
    BUS_BREAKER_HALF
};
struct bus_run_breaker
{
    enum bus_run_breaker_state state;
    int64_t failures_max, failures; /* one after the other */
    uint64_t until_ms;              /* of OPEN */
    struct bus_run_backoff wait;
    const char *name; /* borrowed; for a fault's message */
};
extern const struct bus_fsm bus_run_breaker_fsm;

/* failures_max >= 1, open_ms > 0; seed 0: any. */
void bus_run_breaker_init(struct bus_run_breaker *b,
                          const char *name,
                          int64_t failures_max,
                          int64_t open_ms,
                          uint64_t seed);
/* May one be asked now? True takes the one place of HALF: good, bad, hold or
 * forget must follow for each that was let through. */
bool bus_run_breaker_admits(struct bus_run_breaker *b, uint64_t now_ms);
void bus_run_breaker_good(struct bus_run_breaker *b);
void bus_run_breaker_bad(struct bus_run_breaker *b, uint64_t now_ms);
/* It said itself for how long it wants to be left alone. */
void bus_run_breaker_hold(struct bus_run_breaker *b,
                          uint64_t now_ms,
                          int64_t for_ms);
/* What was asked was called off: nothing is known of it. */
void bus_run_breaker_forget(struct bus_run_breaker *b, uint64_t now_ms);

#endif
