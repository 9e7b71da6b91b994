#include "ops/cli/inspect/machines.h"

#include "bus/kafka/fsm.h"
#include "bus/partner/partner.h"
#include "bus/pg/link.h"
#include "bus/role/process.h"
#include "bus/run/breaker.h"
#include "bus/run/child.h"
#include "consumers/ledger/life.h"
#include "consumers/matcher/assignment_fsm.h"
#include "consumers/treasury/states.h"
#include "producers/intake/intake.h"

const struct bus_fsm *const cli_machines[] = {
    &bus_kafka_group_fsm,    &bus_kafka_lane_fsm,
    &bus_kafka_producer_fsm, &bus_partner_push_fsm,
    &bus_partner_runner_fsm, &bus_pg_link_fsm,
    &ledger_role_fsm,        &ledger_shard_fsm,
    &matcher_assignment_fsm, &bus_role_process_fsm,
    &bus_run_breaker_fsm,    &bus_run_child_fsm,
    &intake_submission_fsm,  &treasury_line_fsm,
    &treasury_batch_fsm,     NULL,
};
