/* How far an assignment's process has come, and what its decision still wants.
 * The life of it is one table (`lianou fsm`); what an item asks for is the
 * catalogue's (bus/policy/process.h). Pure: days are given.
 *
 * Reasons are "" where all is well, or
 *   STEP_MISSING <step>    before it, or before the decision, comes that one
 *   STEP_NOT_ASKED <step>  the item's process has no such step
 *   STEP_DONE <step>       it was done before
 * A notice lasts until notice_days after the day it was posted; an objection
 * begins the survey anew, and what follows from it. */
#ifndef BUS_ROLE_PROCESS_H
#define BUS_ROLE_PROCESS_H

#include "bus/base/arena.h"
#include "bus/base/fsm.h"
#include "bus/policy/process.h"
#include "bus/registers/registers.h"
#include "schemas/assignment_process.h"
#include "schemas/step.h"

extern const struct bus_fsm bus_role_process_fsm;

/* Which step of a process this is. BUS_POLICY_STEPS: of no kind known. */
enum bus_policy_step bus_role_process_step(enum sa_step_kind kind);

/* What who does it must be allowed, and whoever goes along. */
enum bus_register_act bus_role_process_act(enum sa_step_kind kind);

/* May it be said now? done: as the state has it, NULL for nothing yet. */
struct bus_strv bus_role_process_held(const struct bus_policy_process *asked,
                                      const struct sa_assignment_process *done,
                                      enum sa_step_kind kind,
                                      int32_t day);
/* Asserts that it is held. day: of a notice; by: of an opinion, borrowed. */
void bus_role_process_move(struct sa_assignment_process *p,
                           enum sa_step_kind kind,
                           int32_t day,
                           struct bus_strv by);
/* What a decision still wants of `steps` (bits of those asked for). */
struct bus_strv
bus_role_process_missing(const struct bus_policy_process *asked,
                         unsigned steps,
                         const struct sa_assignment_process *done,
                         int32_t day);

#endif
