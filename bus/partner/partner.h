/* The adapter of one partner: `lianou run partner NAME`.
 *
 * bus -> partner: takes its topic (read_committed, group <prefix>partner-NAME),
 *   maps each event to a document and gives it by the transport, within
 *   limits.in_flight (tasks given and not yet answered) and limits.per_second.
 *   Offsets are committed once every event of a batch is given, parked or a
 *   dead letter. What cannot be read, opened or mapped is a dead letter at once
 *   (owner: the partner). What the partner does not take is parked on disk and
 *   tried again (retry.*); others flow on, the household's own events wait
 *   behind it; after parking.give_up it is a dead letter NOT_TAKEN, over
 *   parking's room PARKING_FULL.
 * partner -> bus: takes documents, maps each to an event and writes it with the
 *   idempotent producer; a document is settled only when Kafka has
 *   acknowledged it. A faulty one is rejected with its reasons.
 *
 * Exactly once in effect, killed at any moment. Outwards: stage, note the id,
 * publish (transport.h), so that an event given before is seen to be given.
 * Inwards: event ids are derived from what the document says (kind.h); an id
 * noted as taken is not written again, and one that was written but not yet
 * noted is written again with the same id.
 *
 * A transport that fails as a whole (a full disk, a folder that is away) is
 * waited for with jittered back-off, said in the condition of its name and
 * logged once; nothing is parked or counted as a try meanwhile. One adapter at
 * a time: a second one on the same spool ends with BUS_EFENCED. */
#ifndef BUS_PARTNER_PARTNER_H
#define BUS_PARTNER_PARTNER_H

#include "bus/base/fsm.h"
#include "bus/partner/kind.h"
#include "bus/run/role.h"

extern const struct bus_fsm bus_partner_runner_fsm; /* its life */
extern const struct bus_fsm bus_partner_push_fsm;   /* of what is posted */
/* Runs until drained; returns the exit code. kinds: ends with name NULL. */
int bus_partner_run(const struct bus_run_role_args *args,
                    const struct bus_partner_kind *kinds);

#endif
