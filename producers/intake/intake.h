/* intake: from a form to the `applications` topic, or to the journal while
 * Kafka is away.
 *
 * An application is answered when Kafka has acknowledged it or the journal has
 * it on disk; never before. One that Kafka neither takes nor refuses within
 * intake.kafka_wait goes to the journal as well: it may then stand on the topic
 * twice, as the same application. While the journal has something unread, or
 * something of the same household on its way, a new one goes behind it, so that
 * a household's order stays. What was taken is remembered (known.h):
 * the same bytes under the same reference or key get the same answer and are
 * not sent again. */
#ifndef PRODUCERS_INTAKE_INTAKE_H
#define PRODUCERS_INTAKE_INTAKE_H

#include "bus/base/fsm.h"
#include "bus/catalogue/register_watch.h"
#include "bus/role/emit.h"
#include "bus/role/frame.h"
#include "bus/web/callers.h"
#include "bus/wire/keyring.h"
#include "producers/intake/drafts.h"
#include "producers/intake/form.h"
#include "producers/intake/idempotency.h"
#include "producers/intake/journal.h"

enum intake_outcome {
    INTAKE_NEW,       /* not taken before */
    INTAKE_ACCEPTED,  /* Kafka has it */
    INTAKE_JOURNALED, /* on this machine's disk; goes on by itself */
    INTAKE_FULL,      /* the journal's limit: again later */
    INTAKE_FAILED     /* refused by Kafka (too big) or the disk failed */
};
/* Called once for each application taken, on the loop's thread. */
typedef void (*intake_done)(void *token,
                            enum intake_outcome outcome,
                            const struct bus_err *err);

struct intake_drained; /* intake_turn.c */
struct intake_turn;
struct intake_reads; /* reads.h */
struct submission;   /* intake_parts.h */
struct submission_queue
{
    struct submission *first, *last;
};
extern const struct bus_fsm intake_submission_fsm;

struct intake
{
    struct bus_role_frame *frame;
    struct bus_wire_keyring *keys;
    struct bus_kafka_producer *producer;
    struct bus_timer *ticker;
    struct journal journal; /* the turn's while one runs */
    bool has_journal;
    struct idempotency known;
    struct drafts drafts;
    uint64_t expired_ms;  /* drafts were looked at */
    struct bus_arena mem; /* of one application */
    uint8_t person_key[BUS_WIRE_KEY_BYTES];
    struct form_index index;
    struct bus_register_watch *registers; /* NULL: the folder's is in force */
    const struct bus_register *published; /* held of it, of the last form */
    const char *topic;
    struct submission_queue queue;   /* for the journal's next turn */
    struct submission_queue waiting; /* no journal: for Kafka */
    struct submission *in_flight, *in_flight_end; /* Kafka's, oldest first */
    bool kafka_silent; /* it is there and answers nothing */
    /* the journal, as the last turn left it */
    struct intake_turn *turn; /* NULL: no journal */
    uint64_t journal_drained, journal_end;
    bool unread_before; /* the turn that runs, if one does */
    bool journal_refuses;
    struct bus_err journal_error;
    /* read from it and on their way to Kafka, oldest first */
    struct intake_drained *drained_first, *drained_last;
    size_t drained_n, drained_sent;
    bool drain_stopped; /* one came back */
    uint64_t accepted, journaled, opened_ms;
    int journal_condition;
    struct bus_buf contract;         /* openapi.json, of the role */
    struct intake_reads *reads;      /* of the role; NULL for a command */
    struct bus_web_callers *callers; /* likewise */
};

/* with_journal: false for a command, which waits for Kafka instead. */
int intake_open(struct intake *in,
                struct bus_role_frame *frame,
                bool with_journal,
                struct bus_err *err) BUS_MUSTCHECK;
/* Takes up registers as they are published (register_watch.h). While Kafka is
 * away the folder's is in force. BUS_ECONFIG: bureau.public_key is no key. */
int intake_watch_registers(struct intake *in,
                           struct bus_err *err) BUS_MUSTCHECK;
/* Stops the drainer and closes the producer (asynchronously). */
void intake_drain(struct intake *in);
void intake_fini(struct intake *in); /* after the loop has ended */
struct form_rules intake_rules(struct intake *in);
/* How it was sent. */
struct intake_sent
{
    struct bus_strv bytes;       /* as they came: what "the same" means */
    struct bus_strv key;         /* Idempotency-Key; "" for none */
    struct bus_strv sender;      /* as in form_rules */
    struct bus_strv traceparent; /* W3C trace context; "" for none */
    uint64_t hash;               /* of bytes; intake_before() works it out */
    int64_t admitted_ms;         /* admitted then (admit.h); 0: now */
    bool asks;                   /* for an admission, and sends nothing */
};
/* form has no faults. INTAKE_NEW: it is to be taken. INTAKE_ACCEPTED or
 * INTAKE_JOURNALED: it was, as that. If other bytes were taken under the same
 * reference or key, form has a fault now. */
enum intake_outcome
intake_before(struct intake *in, struct form *form, struct intake_sent *sent);
/* After intake_before() with the same sent. Nothing of form and sent is needed
 * after the call. */
int intake_accept(struct intake *in,
                  struct form *form,
                  const struct intake_sent *sent,
                  intake_done done,
                  void *token,
                  struct bus_err *err) BUS_MUSTCHECK;

/* One was not taken though nothing was wrong with it. */
void intake_count_refused(struct intake *in, const char *reason);
/* http.c: the routes. */
int intake_routes(struct intake *in, struct bus_err *err) BUS_MUSTCHECK;

#endif
