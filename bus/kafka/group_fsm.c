/* The life of a group's member, as a table. */
#include "bus/kafka/fsm.h"
#include "bus/kafka/group_parts.h"

static const struct bus_fsm_state group_states[] = {
    [GROUP_LOOKING] = {"looking", "topics are looked for", false},
    [GROUP_JOINING] = {"joining", "subscribed; nothing is ours", false},
    [GROUP_GIVEN] = {"given", "places are asked for, the owner restores",
                     false},
    [GROUP_PLACED] = {"placed", "places are known, the owner restores", false},
    [GROUP_READY] = {"ready", "the owner is ready, places are asked for",
                     false},
    [GROUP_READING] = {"reading", "assigned", false},
    [GROUP_RETURNING] = {"returning", "taken back; the owner gets quiet",
                         false},
    [GROUP_LOST] = {"lost", "the session has ended; the owner gets quiet",
                    false},
    [GROUP_ASKING] = {"asking", "who bears our name by now", false},
    [GROUP_RENEWING] = {"renewing", "a new handle is made", false},
    [GROUP_FAILED] = {"failed", "for good; the owner knows", false},
    [GROUP_CLOSED] = {"closed", "leaves, then is freed", true},
};
static const char *const group_events[] = {
    [GROUP_ON_FOUND] = "found",       [GROUP_ON_GIVEN] = "given",
    [GROUP_ON_PLACES] = "places",     [GROUP_ON_OWNER] = "owner_ready",
    [GROUP_ON_REFUSED] = "refused",   [GROUP_ON_TAKEN] = "taken",
    [GROUP_ON_LOSS] = "session_lost", [GROUP_ON_QUIET] = "owner_quiet",
    [GROUP_ON_STUCK] = "stuck",       [GROUP_ON_OURS] = "name_is_ours",
    [GROUP_ON_RENEWED] = "renewed",   [GROUP_ON_FAILURE] = "failure",
    [GROUP_ON_CLOSE] = "close",
};
static const struct bus_fsm_row group_rows[] = {
    {GROUP_LOOKING, GROUP_ON_FOUND, GROUP_JOINING, "subscribed"},
    {GROUP_JOINING, GROUP_ON_GIVEN, GROUP_GIVEN, NULL},
    {GROUP_JOINING, GROUP_ON_TAKEN, GROUP_RETURNING, "of nothing"},
    {GROUP_JOINING, GROUP_ON_LOSS, GROUP_LOST, "of nothing"},
    {GROUP_JOINING, GROUP_ON_STUCK, GROUP_ASKING,
     "a broker answers, the group does not"},
    {GROUP_GIVEN, GROUP_ON_GIVEN, GROUP_GIVEN, "asked for anew"},
    {GROUP_GIVEN, GROUP_ON_PLACES, GROUP_PLACED, NULL},
    {GROUP_GIVEN, GROUP_ON_OWNER, GROUP_READY, NULL},
    {GROUP_GIVEN, GROUP_ON_TAKEN, GROUP_RETURNING, NULL},
    {GROUP_GIVEN, GROUP_ON_LOSS, GROUP_LOST, NULL},
    {GROUP_PLACED, GROUP_ON_GIVEN, GROUP_GIVEN, "asked for anew"},
    {GROUP_PLACED, GROUP_ON_OWNER, GROUP_READING, "assigned"},
    {GROUP_PLACED, GROUP_ON_REFUSED, GROUP_READY, "asked for anew"},
    {GROUP_PLACED, GROUP_ON_TAKEN, GROUP_RETURNING, NULL},
    {GROUP_PLACED, GROUP_ON_LOSS, GROUP_LOST, NULL},
    {GROUP_READY, GROUP_ON_GIVEN, GROUP_GIVEN, "asked for anew"},
    {GROUP_READY, GROUP_ON_PLACES, GROUP_READING, "assigned"},
    {GROUP_READY, GROUP_ON_REFUSED, GROUP_READY, "asked for anew"},
    {GROUP_READY, GROUP_ON_TAKEN, GROUP_RETURNING, NULL},
    {GROUP_READY, GROUP_ON_LOSS, GROUP_LOST, NULL},
    {GROUP_READING, GROUP_ON_GIVEN, GROUP_GIVEN, "asked for anew"},
    {GROUP_READING, GROUP_ON_TAKEN, GROUP_RETURNING, NULL},
    {GROUP_READING, GROUP_ON_LOSS, GROUP_LOST, NULL},
    {GROUP_RETURNING, GROUP_ON_TAKEN, GROUP_RETURNING, NULL},
    {GROUP_RETURNING, GROUP_ON_LOSS, GROUP_LOST, NULL},
    {GROUP_RETURNING, GROUP_ON_QUIET, GROUP_JOINING, "unassigned"},
    {GROUP_LOST, GROUP_ON_TAKEN, GROUP_LOST, NULL},
    {GROUP_LOST, GROUP_ON_LOSS, GROUP_LOST, NULL},
    {GROUP_LOST, GROUP_ON_QUIET, GROUP_ASKING, NULL},
    {GROUP_ASKING, GROUP_ON_OURS, GROUP_RENEWING, "or nobody bears it"},
    {GROUP_RENEWING, GROUP_ON_RENEWED, GROUP_LOOKING, NULL},
    {GROUP_LOOKING, GROUP_ON_FAILURE, GROUP_FAILED, NULL},
    {GROUP_JOINING, GROUP_ON_FAILURE, GROUP_FAILED, NULL},
    {GROUP_GIVEN, GROUP_ON_FAILURE, GROUP_FAILED, NULL},
    {GROUP_PLACED, GROUP_ON_FAILURE, GROUP_FAILED, NULL},
    {GROUP_READY, GROUP_ON_FAILURE, GROUP_FAILED, NULL},
    {GROUP_READING, GROUP_ON_FAILURE, GROUP_FAILED, NULL},
    {GROUP_RETURNING, GROUP_ON_FAILURE, GROUP_FAILED, NULL},
    {GROUP_LOST, GROUP_ON_FAILURE, GROUP_FAILED, NULL},
    {GROUP_ASKING, GROUP_ON_FAILURE, GROUP_FAILED, "another bears the name"},
    {GROUP_RENEWING, GROUP_ON_FAILURE, GROUP_FAILED, "no handle"},
    {GROUP_FAILED, GROUP_ON_GIVEN, GROUP_FAILED, NULL},
    {GROUP_FAILED, GROUP_ON_TAKEN, GROUP_FAILED, NULL},
    {GROUP_FAILED, GROUP_ON_LOSS, GROUP_FAILED, NULL},
    {GROUP_LOOKING, GROUP_ON_CLOSE, GROUP_CLOSED, NULL},
    {GROUP_JOINING, GROUP_ON_CLOSE, GROUP_CLOSED, NULL},
    {GROUP_GIVEN, GROUP_ON_CLOSE, GROUP_CLOSED, NULL},
    {GROUP_PLACED, GROUP_ON_CLOSE, GROUP_CLOSED, NULL},
    {GROUP_READY, GROUP_ON_CLOSE, GROUP_CLOSED, NULL},
    {GROUP_READING, GROUP_ON_CLOSE, GROUP_CLOSED, NULL},
    {GROUP_RETURNING, GROUP_ON_CLOSE, GROUP_CLOSED, NULL},
    {GROUP_LOST, GROUP_ON_CLOSE, GROUP_CLOSED, NULL},
    {GROUP_ASKING, GROUP_ON_CLOSE, GROUP_CLOSED, "once it is answered"},
    {GROUP_RENEWING, GROUP_ON_CLOSE, GROUP_CLOSED, "once the handle is gone"},
    {GROUP_FAILED, GROUP_ON_CLOSE, GROUP_CLOSED, NULL},
};
const struct bus_fsm bus_kafka_group_fsm =
    BUS_FSM("kafka.group",
            "A member of a consumer group.",
            GROUP_LOOKING,
            group_states,
            group_events,
            group_rows);

void kafka_group_move(struct kafka_group *g, enum group_event event)
{
    bus_fsm_move(&bus_kafka_group_fsm, &g->state, event, g->conf.group);
}

bool kafka_group_can(const struct kafka_group *g, enum group_event event)
{
    return bus_fsm_can(&bus_kafka_group_fsm, g->state, event);
}
