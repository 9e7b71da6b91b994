/* Who leaves a household, as a town's officer says it: one JSON object,
 *
 *   {"kind": "DEATH", "from": "2026-11-20",
 *    "head": {"id_no": "..."}, "members": [{"id_type": "111", "id_no": "..."}],
 *    "operator": {"operator_id": "op-...", "org_code": "...", "role": "..."}}
 *
 * as a membership_change: numbers become surrogate ids here and go no further.
 * Whether the operator may say it, the matcher holds against the register.
 * Pure. */
#ifndef PRODUCERS_INTAKE_LEAVING_H
#define PRODUCERS_INTAKE_LEAVING_H

#include <jansson.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"
#include "schemas/membership_change.h"

#define LEAVING_MEMBERS_MAX 64

/* The event's id follows from what it says: twice the same is one event. Texts
 * are borrowed from j. BUS_EPARSE names the member that is missing, unknown or
 * no such value, and repeats none of it; BUS_ETOOBIG: too many leave. */
int intake_leaving_read(const json_t *j,
                        struct bus_strv person_key,
                        int64_t now_ms,
                        struct bus_arena *mem,
                        struct sa_membership_change *ret,
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
