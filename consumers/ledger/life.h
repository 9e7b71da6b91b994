/* The life-cycles of the ledger: the role's, and one connection's. */
#ifndef CONSUMERS_LEDGER_LIFE_H
#define CONSUMERS_LEDGER_LIFE_H

#include "bus/base/fsm.h"

enum ledger_state {
    LEDGER_WAITING,
    LEDGER_JOINED,
    LEDGER_REVOKING,
    LEDGER_CLOSING,
    LEDGER_CLOSED
};
enum ledger_event {
    LEDGER_JOIN,
    LEDGER_REVOKE,
    LEDGER_RELEASE,
    LEDGER_DRAIN,
    LEDGER_QUIET
};
extern const struct bus_fsm ledger_role_fsm;

enum ledger_shard_state {
    SHARD_AWAY,
    SHARD_ASKING,
    SHARD_REFUSED,
    SHARD_READY,
    SHARD_WRITING,
    SHARD_STUCK,
    SHARD_WRITING_AGAIN
};
enum ledger_shard_event {
    SHARD_ASK,
    SHARD_LOCK,
    SHARD_REFUSE,
    SHARD_SEND,
    SHARD_WRITTEN,
    SHARD_LOSE
};
extern const struct bus_fsm ledger_shard_fsm;

#endif
