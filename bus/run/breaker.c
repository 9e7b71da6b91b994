#include "bus/run/breaker.h"

#include <stddef.h>

#include "bus/base/check.h"

#define LONGEST 8 /* times the first while */

enum breaker_event {
    BREAKER_GOOD,
    BREAKER_BAD,
    BREAKER_TRIP,
    BREAKER_HOLD,
    BREAKER_TRY,
    BREAKER_FORGET
};
static const struct bus_fsm_state breaker_states[] = {
    [BUS_BREAKER_CLOSED] = {"closed", "asked as one likes", false},
    [BUS_BREAKER_OPEN] = {"open", "left alone until an instant", false},
    [BUS_BREAKER_HALF] = {"half", "one is asked, the others wait for it",
                          false},
};
static const char *const breaker_events[] = {
    [BREAKER_GOOD] = "good", [BREAKER_BAD] = "bad", [BREAKER_TRIP] = "trip",
    [BREAKER_HOLD] = "hold", [BREAKER_TRY] = "try", [BREAKER_FORGET] = "forget",
};
static const struct bus_fsm_row breaker_rows[] = {
    {BUS_BREAKER_CLOSED, BREAKER_GOOD, BUS_BREAKER_CLOSED, NULL},
    {BUS_BREAKER_CLOSED, BREAKER_BAD, BUS_BREAKER_CLOSED, "counted"},
    {BUS_BREAKER_CLOSED, BREAKER_TRIP, BUS_BREAKER_OPEN,
     "so many failed one after the other"},
    {BUS_BREAKER_CLOSED, BREAKER_HOLD, BUS_BREAKER_OPEN,
     "for as long as it says itself"},
    {BUS_BREAKER_OPEN, BREAKER_GOOD, BUS_BREAKER_OPEN, "what was asked before"},
    {BUS_BREAKER_OPEN, BREAKER_BAD, BUS_BREAKER_OPEN, "what was asked before"},
    {BUS_BREAKER_OPEN, BREAKER_HOLD, BUS_BREAKER_OPEN, "the longer one counts"},
    {BUS_BREAKER_OPEN, BREAKER_TRY, BUS_BREAKER_HALF, "its time is over"},
    {BUS_BREAKER_HALF, BREAKER_GOOD, BUS_BREAKER_CLOSED, NULL},
    {BUS_BREAKER_HALF, BREAKER_TRIP, BUS_BREAKER_OPEN, "for twice as long"},
    {BUS_BREAKER_HALF, BREAKER_HOLD, BUS_BREAKER_OPEN, NULL},
    {BUS_BREAKER_HALF, BREAKER_FORGET, BUS_BREAKER_OPEN,
     "called off, may be tried at once"},
};
const struct bus_fsm bus_run_breaker_fsm =
    BUS_FSM("run.breaker",
            "A circuit breaker before somebody outside who is asked.",
            BUS_BREAKER_CLOSED,
            breaker_states,
            breaker_events,
            breaker_rows);

static void breaker_move(struct bus_run_breaker *b, enum breaker_event event)
{
    bus_fsm_move(&bus_run_breaker_fsm, &b->state, event, b->name);
}

void bus_run_breaker_init(struct bus_run_breaker *b,
                          const char *name,
                          int64_t failures_max,
                          int64_t open_ms,
                          uint64_t seed)
{
    BUS_CHECK(failures_max >= 1 && open_ms > 0);
    *b = (struct bus_run_breaker){
        .state = BUS_BREAKER_CLOSED,
        .failures_max = failures_max,
        .wait = {.min_ms = open_ms, .max_ms = open_ms * LONGEST, .seed = seed},
        .name = name};
}

bool bus_run_breaker_admits(struct bus_run_breaker *b, uint64_t now_ms)
{
    if (b->state == BUS_BREAKER_OPEN && now_ms >= b->until_ms) {
        breaker_move(b, BREAKER_TRY);
        return true;
    }
    return b->state == BUS_BREAKER_CLOSED;
}

void bus_run_breaker_good(struct bus_run_breaker *b)
{
    breaker_move(b, BREAKER_GOOD);
    if (b->state == BUS_BREAKER_CLOSED) {
        b->failures = 0;
        bus_run_backoff_reset(&b->wait);
    }
}

void bus_run_breaker_bad(struct bus_run_breaker *b, uint64_t now_ms)
{
    b->failures++;
    bool trips =
        b->state == BUS_BREAKER_HALF ||
        (b->state == BUS_BREAKER_CLOSED && b->failures >= b->failures_max);
    if (trips) {
        b->until_ms = now_ms + (uint64_t)bus_run_backoff_next_ms(&b->wait);
    }
    breaker_move(b, trips ? BREAKER_TRIP : BREAKER_BAD);
}

void bus_run_breaker_hold(struct bus_run_breaker *b,
                          uint64_t now_ms,
                          int64_t for_ms)
{
    BUS_CHECK(for_ms > 0);
    uint64_t until = now_ms + (uint64_t)for_ms;
    bool longer = b->state != BUS_BREAKER_OPEN || until > b->until_ms;
    b->until_ms = longer ? until : b->until_ms;
    breaker_move(b, BREAKER_HOLD);
}

void bus_run_breaker_forget(struct bus_run_breaker *b, uint64_t now_ms)
{
    if (b->state == BUS_BREAKER_HALF) {
        b->until_ms = now_ms;
        breaker_move(b, BREAKER_FORGET);
    }
}
