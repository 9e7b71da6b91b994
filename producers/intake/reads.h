/* reads: GET /v1/applications/{id} and GET /v1/cases/{id}, from the ledger.
 *
 * The ledger is read on pool threads (bus/ledger); while it is away or too many
 * wait, the answer is 503 with Retry-After. The ledger is behind the bus by
 * some moments: an application this process took and the ledger has not seen
 * is answered "accepted"; one neither knows is 404, with a Retry-After because
 * another intake may have taken it just now. Taking applications depends on
 * none of this. */
#ifndef PRODUCERS_INTAKE_READS_H
#define PRODUCERS_INTAKE_READS_H

#include "bus/base/id.h"
#include "bus/role/frame.h"

struct intake_reads;
/* Borrows the frame. */
int intake_reads_open(struct bus_role_frame *frame,
                      struct intake_reads **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
void intake_reads_close(
    struct intake_reads *r); /* after the loop; NULL is ok */
int intake_reads_routes(struct intake_reads *r,
                        struct bus_err *err) BUS_MUSTCHECK;
/* An application was taken. The newest ones are remembered, not all. NULL is
 * allowed for r. */
void intake_reads_note(struct intake_reads *r,
                       const struct bus_id *application);

#endif
