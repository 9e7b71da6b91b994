/* Posting a chunk's documents to the partner's address, on the loop.
 *
 * Each is a POST of its document with its event id as Idempotency-Key, signed
 * where a key is configured; those of a household follow each other, others go
 * side by side (push.in_flight). What it says:
 *
 *   2xx        taken; a body of application/json is an answer, and the
 *              document counts as taken only when Kafka has that answer
 *   408, 429   again; 429, and 503 with Retry-After, hold everybody back for
 *              as long (one second to retry.max)
 *   401, 403, 404, 405, 407  again: the door's fault, not the document's
 *   4xx        refused: a dead letter REFUSED, owner the partner
 *   else       again: 5xx, a redirect (none is followed), no answer
 *   nobody is reached: nothing was tried, the whole transport waits
 *
 * "Again" is parked and tried by retry.*, as with any transport, and counts for
 * the breaker (bus/run/breaker.h); while that is open all wait, and the
 * condition "breaker" says why. Killed at any moment, a document whose answer
 * was not yet put down is posted again with the same key. */
#ifndef BUS_PARTNER_PUSH_H
#define BUS_PARTNER_PUSH_H

#include <stdbool.h>

#include "bus/base/fsm.h"
#include "bus/run/client.h"

struct runner;
struct partner_push;

enum push_state {
    PUSH_WAITS,
    PUSH_ASKED,
    PUSH_HEARD,
    PUSH_HELD,
    PUSH_TAKEN,
    PUSH_REFUSED,
    PUSH_AGAIN
};
enum push_event {
    PUSH_SEND,
    PUSH_TAKE,
    PUSH_HEAR,
    PUSH_REFUSE,
    PUSH_FAIL,
    PUSH_HOLD,
    PUSH_ROUND
};

/* What an answer means. BUS_ETOOBIG with 2xx is TAKE. */
enum push_event partner_push_verdict(const struct bus_run_client_answer *a);
/* How long everybody is held back by it; 0: not at all. */
int64_t partner_push_hold_ms(const struct bus_run_client_answer *a,
                             int64_t first_ms,
                             int64_t max_ms);

/* landed: all of a chunk is over. BUS_ECONFIG: a key or certificate that cannot
 * be used. */
int partner_push_open(struct runner *r,
                      void (*landed)(struct runner *r),
                      struct partner_push **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
void partner_push_close(struct partner_push *p); /* NULL is allowed */
/* The runner's chunk is staged and no job is at it: posts what is open. When
 * that is over give.phase is DELIVER_LANDS; landed() is called unless it is so
 * when this returns. */
void partner_push_begin(struct partner_push *p);
/* Calls off what is under way. */
void partner_push_drop(struct partner_push *p);
/* Of the i-th document of the chunk, while it lands; why: of what is not
 * taken. */
enum push_state partner_push_result(const struct partner_push *p,
                                    size_t i,
                                    struct bus_err *ret_why);

#endif
