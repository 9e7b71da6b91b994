/* The life of a partner's runner. One job at a time is on the pool; what comes
 * meanwhile (the partitions are taken away, the role shall end) waits for its
 * end as a state, not as a flag beside it. */
#include "bus/base/check.h"
#include "bus/base/fsm.h"
#include "bus/partner/partner.h"
#include "bus/partner/parts.h"

static const struct bus_fsm_state runner_states[] = {
    [RUNNER_SHUT] = {"shut", "the transport is not open; nobody reads", false},
    [RUNNER_OPENING] = {"opening", "the transport is opened on the pool",
                        false},
    [RUNNER_READY] = {"ready", "reads, and nothing is on the pool", false},
    [RUNNER_WORKING] = {"working", "a job is on the pool", false},
    [RUNNER_REVOKED] = {"revoked",
                        "a job is on the pool, the partitions are wanted back",
                        false},
    [RUNNER_RELEASING] = {"releasing",
                          "nothing is on the pool, the partitions go back",
                          false},
    [RUNNER_LEAVING] = {"leaving", "a job is on the pool, then all is closed",
                        false},
    [RUNNER_CLOSING] = {"closing", "nothing is on the pool, Kafka is left",
                        false},
    [RUNNER_CLOSED] = {"closed", "Kafka is left", true},
};
static const char *const runner_events[] = {
    [RUNNER_START] = "start",     [RUNNER_DONE] = "done",
    [RUNNER_FAIL] = "fail",       [RUNNER_REVOKE] = "revoke",
    [RUNNER_RELEASE] = "release", [RUNNER_DRAIN] = "drain",
    [RUNNER_CLOSE] = "close",
};
static const struct bus_fsm_row runner_rows[] = {
    {RUNNER_SHUT, RUNNER_START, RUNNER_OPENING, NULL},
    {RUNNER_OPENING, RUNNER_DONE, RUNNER_READY, "joins the group"},
    {RUNNER_OPENING, RUNNER_FAIL, RUNNER_SHUT, "again after a wait"},
    {RUNNER_READY, RUNNER_START, RUNNER_WORKING, NULL},
    {RUNNER_WORKING, RUNNER_DONE, RUNNER_READY, NULL},
    {RUNNER_WORKING, RUNNER_FAIL, RUNNER_READY, "again after a wait"},
    {RUNNER_READY, RUNNER_REVOKE, RUNNER_RELEASING, NULL},
    {RUNNER_WORKING, RUNNER_REVOKE, RUNNER_REVOKED, NULL},
    {RUNNER_REVOKED, RUNNER_DONE, RUNNER_RELEASING, NULL},
    {RUNNER_REVOKED, RUNNER_FAIL, RUNNER_RELEASING, NULL},
    {RUNNER_RELEASING, RUNNER_RELEASE, RUNNER_READY,
     "drops what it keeps of the partitions"},
    {RUNNER_SHUT, RUNNER_DRAIN, RUNNER_CLOSING, NULL},
    {RUNNER_READY, RUNNER_DRAIN, RUNNER_CLOSING, NULL},
    {RUNNER_RELEASING, RUNNER_DRAIN, RUNNER_CLOSING, NULL},
    {RUNNER_OPENING, RUNNER_DRAIN, RUNNER_LEAVING, NULL},
    {RUNNER_WORKING, RUNNER_DRAIN, RUNNER_LEAVING, NULL},
    {RUNNER_REVOKED, RUNNER_DRAIN, RUNNER_LEAVING, NULL},
    {RUNNER_LEAVING, RUNNER_REVOKE, RUNNER_LEAVING, NULL},
    {RUNNER_LEAVING, RUNNER_DONE, RUNNER_CLOSING, NULL},
    {RUNNER_LEAVING, RUNNER_FAIL, RUNNER_CLOSING, NULL},
    {RUNNER_CLOSING, RUNNER_REVOKE, RUNNER_CLOSING, NULL},
    {RUNNER_CLOSING, RUNNER_CLOSE, RUNNER_CLOSED, NULL},
};
const struct bus_fsm bus_partner_runner_fsm =
    BUS_FSM("partner.runner",
            "The runner of one partner's adapter.",
            RUNNER_SHUT,
            runner_states,
            runner_events,
            runner_rows);

bool partner_runner_works(const struct runner *r)
{
    return r->state == RUNNER_OPENING || r->state == RUNNER_WORKING ||
           r->state == RUNNER_REVOKED || r->state == RUNNER_LEAVING;
}

bool partner_runner_ends(const struct runner *r)
{
    return r->state == RUNNER_LEAVING || r->state == RUNNER_CLOSING ||
           r->state == RUNNER_CLOSED;
}

void partner_runner_move(struct runner *r, enum runner_event event)
{
    bus_fsm_move(&bus_partner_runner_fsm, &r->state, event, r->partner->code);
}

void partner_runner_stop(struct runner *r, const struct bus_err *err)
{
    BUS_CHECK(err != NULL && err->code > BUS_OK && err->code < BUS_ERR_MAX);
    bus_run_loop_stop(r->frame.loop, err);
}
