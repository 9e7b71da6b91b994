#include "consumers/ledger/life.h"

static const struct bus_fsm_state role_states[] = {
    [LEDGER_WAITING] = {"waiting", "for the database and its locks", false},
    [LEDGER_JOINED] = {"joined", "is in the group and writes", false},
    [LEDGER_REVOKING] = {"revoking",
                         "the partitions are wanted back: writes what it has",
                         false},
    [LEDGER_CLOSING] = {"closing", "waits for what was sent", false},
    [LEDGER_CLOSED] = {"closed", "has left the group and the database", true},
};
static const char *const role_events[] = {
    [LEDGER_JOIN] = "join",       [LEDGER_REVOKE] = "revoke",
    [LEDGER_RELEASE] = "release", [LEDGER_DRAIN] = "drain",
    [LEDGER_QUIET] = "quiet",
};
static const struct bus_fsm_row role_rows[] = {
    {LEDGER_WAITING, LEDGER_JOIN, LEDGER_JOINED, NULL},
    {LEDGER_JOINED, LEDGER_REVOKE, LEDGER_REVOKING, NULL},
    {LEDGER_REVOKING, LEDGER_RELEASE, LEDGER_JOINED, NULL},
    {LEDGER_WAITING, LEDGER_DRAIN, LEDGER_CLOSING, NULL},
    {LEDGER_JOINED, LEDGER_DRAIN, LEDGER_CLOSING, NULL},
    {LEDGER_REVOKING, LEDGER_DRAIN, LEDGER_CLOSING, NULL},
    {LEDGER_CLOSING, LEDGER_REVOKE, LEDGER_CLOSING, NULL},
    {LEDGER_CLOSING, LEDGER_QUIET, LEDGER_CLOSED, NULL},
};
const struct bus_fsm ledger_role_fsm =
    BUS_FSM("ledger.role",
            "The role that takes every topic into PostgreSQL.",
            LEDGER_WAITING,
            role_states,
            role_events,
            role_rows);

static const struct bus_fsm_state shard_states[] = {
    [SHARD_AWAY] = {"away", "the connection does not stand", false},
    [SHARD_ASKING] = {"asking", "asks for its shard's lock", false},
    [SHARD_REFUSED] = {"refused",
                       "another holds the lock, or it could not be asked for",
                       false},
    [SHARD_READY] = {"ready", "has the lock, nothing is on its way", false},
    [SHARD_WRITING] = {"writing", "a unit is on its way", false},
    [SHARD_STUCK] = {"stuck", "the database refused a unit and is waited for",
                     false},
    [SHARD_WRITING_AGAIN] = {"writing_again", "the refused unit is on its way",
                             false},
};
static const char *const shard_events[] = {
    [SHARD_ASK] = "ask",         [SHARD_LOCK] = "lock",
    [SHARD_REFUSE] = "refuse",   [SHARD_SEND] = "send",
    [SHARD_WRITTEN] = "written", [SHARD_LOSE] = "lose",
};
static const struct bus_fsm_row shard_rows[] = {
    {SHARD_AWAY, SHARD_ASK, SHARD_ASKING, NULL},
    {SHARD_ASKING, SHARD_LOCK, SHARD_READY, NULL},
    {SHARD_ASKING, SHARD_REFUSE, SHARD_REFUSED, NULL},
    {SHARD_REFUSED, SHARD_ASK, SHARD_ASKING, NULL},
    {SHARD_READY, SHARD_SEND, SHARD_WRITING, NULL},
    {SHARD_WRITING, SHARD_WRITTEN, SHARD_READY, NULL},
    {SHARD_WRITING, SHARD_REFUSE, SHARD_STUCK, NULL},
    {SHARD_STUCK, SHARD_SEND, SHARD_WRITING_AGAIN, NULL},
    {SHARD_WRITING_AGAIN, SHARD_WRITTEN, SHARD_READY, NULL},
    {SHARD_WRITING_AGAIN, SHARD_REFUSE, SHARD_STUCK, NULL},
    {SHARD_AWAY, SHARD_LOSE, SHARD_AWAY, NULL},
    {SHARD_ASKING, SHARD_LOSE, SHARD_AWAY, NULL},
    {SHARD_REFUSED, SHARD_LOSE, SHARD_AWAY, NULL},
    {SHARD_READY, SHARD_LOSE, SHARD_AWAY, NULL},
    {SHARD_WRITING, SHARD_LOSE, SHARD_AWAY, "the unit is sent again"},
    {SHARD_STUCK, SHARD_LOSE, SHARD_AWAY, NULL},
    {SHARD_WRITING_AGAIN, SHARD_LOSE, SHARD_AWAY, "the unit is sent again"},
};
const struct bus_fsm ledger_shard_fsm =
    BUS_FSM("ledger.shard",
            "One of the ledger's connections.",
            SHARD_AWAY,
            shard_states,
            shard_events,
            shard_rows);
