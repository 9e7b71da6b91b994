/* The lives of a lane and of its producer, as tables. */
#include "bus/kafka/eos_parts.h"
#include "bus/kafka/fsm.h"

static const struct bus_fsm_state lane_states[] = {
    [LANE_IDLE] = {"idle", "nothing is assigned", false},
    [LANE_RESTORING] = {"restoring", "a producer is made, states are read",
                        false},
    [LANE_READING] = {"reading", "batch after batch, each a transaction",
                      false},
    [LANE_FAILED] = {"failed", "for good; only orders are obeyed", false},
    [LANE_ENDED] = {"ended", "the thread is over", true},
};
static const char *const lane_events[] = {
    [LANE_ON_ASSIGN] = "assign", [LANE_ON_RESTORED] = "restored",
    [LANE_ON_REVOKE] = "revoke", [LANE_ON_FAILURE] = "failure",
    [LANE_ON_STOP] = "stop",
};
static const struct bus_fsm_row lane_rows[] = {
    {LANE_IDLE, LANE_ON_ASSIGN, LANE_RESTORING, NULL},
    {LANE_IDLE, LANE_ON_REVOKE, LANE_IDLE, "had nothing"},
    {LANE_IDLE, LANE_ON_STOP, LANE_ENDED, NULL},
    {LANE_RESTORING, LANE_ON_RESTORED, LANE_READING, NULL},
    {LANE_RESTORING, LANE_ON_REVOKE, LANE_IDLE, "what was restored is let go"},
    {LANE_RESTORING, LANE_ON_FAILURE, LANE_FAILED, NULL},
    {LANE_RESTORING, LANE_ON_STOP, LANE_ENDED, NULL},
    {LANE_READING, LANE_ON_ASSIGN, LANE_RESTORING, "the earlier is let go"},
    {LANE_READING, LANE_ON_REVOKE, LANE_IDLE, "between two batches"},
    {LANE_READING, LANE_ON_FAILURE, LANE_FAILED, NULL},
    {LANE_READING, LANE_ON_STOP, LANE_ENDED, "between two batches"},
    {LANE_FAILED, LANE_ON_ASSIGN, LANE_FAILED, NULL},
    {LANE_FAILED, LANE_ON_REVOKE, LANE_FAILED, NULL},
    {LANE_FAILED, LANE_ON_FAILURE, LANE_FAILED, NULL},
    {LANE_FAILED, LANE_ON_STOP, LANE_ENDED, NULL},
};
const struct bus_fsm bus_kafka_lane_fsm = BUS_FSM("kafka.lane",
                                                  "A lane of the exactly-once "
                                                  "shell.",
                                                  LANE_IDLE,
                                                  lane_states,
                                                  lane_events,
                                                  lane_rows);

static const struct bus_fsm_state producer_states[] = {
    [PRODUCER_NONE] = {"none", "none yet, or one that was in doubt", false},
    [PRODUCER_BARE] = {"bare", "a handle, no more", false},
    [PRODUCER_WARM] = {"warm", "knows the outputs; no transactions yet", false},
    [PRODUCER_BEGUN] = {"begun", "has transactions; outputs are asked for",
                        false},
    [PRODUCER_READY] = {"ready", "a transaction may begin", false},
};
static const char *const producer_events[] = {
    [PRODUCER_ON_MADE] = "made",
    [PRODUCER_ON_OUTPUTS] = "outputs_known",
    [PRODUCER_ON_INITIALISED] = "initialised",
    [PRODUCER_ON_DROPPED] = "dropped",
};
static const struct bus_fsm_row producer_rows[] = {
    {PRODUCER_NONE, PRODUCER_ON_MADE, PRODUCER_BARE, NULL},
    {PRODUCER_BARE, PRODUCER_ON_OUTPUTS, PRODUCER_WARM, NULL},
    {PRODUCER_BARE, PRODUCER_ON_INITIALISED, PRODUCER_BEGUN, NULL},
    {PRODUCER_WARM, PRODUCER_ON_INITIALISED, PRODUCER_READY, NULL},
    {PRODUCER_BEGUN, PRODUCER_ON_OUTPUTS, PRODUCER_READY, NULL},
    {PRODUCER_BARE, PRODUCER_ON_DROPPED, PRODUCER_NONE, NULL},
    {PRODUCER_WARM, PRODUCER_ON_DROPPED, PRODUCER_NONE, NULL},
    {PRODUCER_BEGUN, PRODUCER_ON_DROPPED, PRODUCER_NONE, NULL},
    {PRODUCER_READY, PRODUCER_ON_DROPPED, PRODUCER_NONE,
     "an end in doubt, a request without its answer"},
};
const struct bus_fsm bus_kafka_producer_fsm =
    BUS_FSM("kafka.producer",
            "A lane's transactional producer.",
            PRODUCER_NONE,
            producer_states,
            producer_events,
            producer_rows);

void kafka_eos_lane_move(struct eos_lane *lane, enum lane_event event)
{
    bus_fsm_move(&bus_kafka_lane_fsm, &lane->state, event, lane->name);
}

void kafka_eos_producer_move(struct eos_lane *lane, enum producer_event event)
{
    bus_fsm_move(&bus_kafka_producer_fsm, &lane->producer_state, event,
                 lane->name);
}
