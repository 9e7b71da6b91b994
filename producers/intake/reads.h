/* reads: GET /v1/applications/{id} and GET /v1/cases/{id} for who works on a
 * case, POST /v1/progress for the resident himself; from the ledger.
 *
 * Who calls is asked first (bus/web/callers.h), then whether this case is his
 * to see (bus/web/may.h); what is not is answered as what there is not, with
 * the same bytes. The resident shows his application's id and the last six
 * characters of his document; each pair of three wrong ones waits, an hour and
 * more, whether there is such an application or not. Every answer with a case
 * is a row of the reading log before it goes out.
 *
 * The ledger is read on pool threads. What was made of it is kept by what was
 * asked and by the scope of who asked (bus/web/kept.h) as long as the ledger
 * has no more of the case and the day is the same. While the ledger is away, or
 * too many ask at once (which is said in other words, and soon over), the
 * answer is 503 with Retry-After. It is behind the bus by some moments: an
 * application this process took and the ledger has not seen is answered
 * "accepted" to who sent it; one neither knows is 404, with a Retry-After
 * because another intake may have taken it just now. Taking applications
 * depends on none of this. */
#ifndef PRODUCERS_INTAKE_READS_H
#define PRODUCERS_INTAKE_READS_H

#include "bus/base/id.h"
#include "producers/intake/intake.h"

struct intake_reads;
/* Borrows the intake: its frame, register, person key and callers. */
int intake_reads_open(struct intake *in,
                      struct intake_reads **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
void intake_reads_close(
    struct intake_reads *r); /* after the loop; NULL is ok */
int intake_reads_routes(struct intake_reads *r,
                        struct bus_err *err) BUS_MUSTCHECK;
/* Who it is, for intake_reads_note(). */
uint64_t intake_reads_sender(const struct bus_web_caller *caller);
/* An application was taken from that sender. The newest ones are remembered,
 * not all. NULL is allowed for r. */
void intake_reads_note(struct intake_reads *r,
                       const struct bus_id *application,
                       uint64_t sender);

#endif
