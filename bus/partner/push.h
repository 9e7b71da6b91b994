/* Handing a chunk's documents to a partner, on the loop: each is a POST to its
 * address, or with transport exec a line to its program; those of a household
 * follow each other, others go side by side (in_flight).
 *
 * A POST has the document's event id as Idempotency-Key, and is signed where a
 * key is configured. What it says:
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
 * A line to a program is {"event_id": ID, "document": {...}}. What it says, a
 * line each:
 *
 *   {"taken": ID}    it has it; counts when Kafka has, or the adapter has
 *                    rejected, the answers that stand before
 *   {"refused": ID}  a dead letter REFUSED, owner the partner
 *   {"again": ID}    not now
 *   else             an answer: the document as it is. Each is told on a line
 *                    {"answer": N, "document": {...}}, N from 1 with each start
 *   it ends, says a line over limits.message_max, or nothing of an event within
 *   exec.timeout: again, for all that it had
 *
 * "Again" is parked and tried by retry.*, as with any transport, and counts for
 * the breaker (bus/run/breaker.h); while that is open all wait, and the
 * condition "breaker" says why. Killed at any moment, a document whose answer
 * was not yet put down is sent again with the same id. */
#ifndef BUS_PARTNER_PUSH_H
#define BUS_PARTNER_PUSH_H

#include <stdbool.h>

#include "bus/base/buf.h"
#include "bus/base/fsm.h"
#include "bus/base/id.h"
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
/* Whether a program's line is a word of an event: TAKE, REFUSE, FAIL. */
bool partner_push_word(struct bus_strv line,
                       enum push_event *ret_event,
                       struct bus_id *ret_id);
/* A JSON text on one line. */
void partner_push_line_put(struct bus_buf *line, struct bus_strv json);

/* landed: all of a chunk is over. BUS_ECONFIG: a key or certificate that cannot
 * be used. */
int partner_push_open(struct runner *r,
                      void (*landed)(struct runner *r),
                      struct partner_push **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
/* The role drains: a program is ended, which holds the loop. NULL is allowed.
 */
void partner_push_stop(struct partner_push *p);
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
