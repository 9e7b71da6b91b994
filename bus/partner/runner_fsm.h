/* The life of a partner's runner: runner_fsm.c has the table. Internal to the
 * room. */
#ifndef BUS_PARTNER_RUNNER_FSM_H
#define BUS_PARTNER_RUNNER_FSM_H

#include <stdbool.h>

struct runner;

enum runner_state {
    RUNNER_SHUT,
    RUNNER_OPENING,
    RUNNER_READY,
    RUNNER_WORKING,
    RUNNER_REVOKED,
    RUNNER_RELEASING,
    RUNNER_LEAVING,
    RUNNER_CLOSING,
    RUNNER_CLOSED
};
enum runner_event {
    RUNNER_START, /* a job */
    RUNNER_DONE,
    RUNNER_FAIL,
    RUNNER_REVOKE,
    RUNNER_RELEASE,
    RUNNER_DRAIN,
    RUNNER_CLOSE
};

void partner_runner_move(struct runner *r, enum runner_event event);
bool partner_runner_works(const struct runner *r); /* a job is on the pool */
bool partner_runner_ends(const struct runner *r);  /* the role drains */

#endif
