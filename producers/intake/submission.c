/* One application between its sender, Kafka's client and the journal. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "producers/intake/intake_parts.h"

static const struct bus_fsm_state submission_states[] = {
    [SUBMISSION_FRESH] = {"fresh", "nobody has it but the request", false},
    [SUBMISSION_KAFKA] = {"kafka", "Kafka's client has it", false},
    [SUBMISSION_WAITING] = {"waiting", "in memory, until Kafka is back", false},
    [SUBMISSION_QUEUED] = {"queued", "for the journal's next turn", false},
    [SUBMISSION_WRITING] = {"writing", "in the journal's turn", false},
    [SUBMISSION_KAFKA_QUEUED] = {"kafka_queued",
                                 "Kafka's client is silent, queued as well",
                                 false},
    [SUBMISSION_KAFKA_WRITING] = {"kafka_writing",
                                  "Kafka's client is silent, in the turn",
                                  false},
    [SUBMISSION_KAFKA_ANSWERED] = {"kafka_answered",
                                   "answered, only Kafka's client has it",
                                   false},
    [SUBMISSION_ANSWERED] = {"answered", "nobody has it any more", true},
};
static const char *const submission_events[] = {
    [SUBMISSION_SEND] = "send",     [SUBMISSION_WAIT] = "wait",
    [SUBMISSION_QUEUE] = "queue",   [SUBMISSION_TURN] = "turn",
    [SUBMISSION_ANSWER] = "answer", [SUBMISSION_RETURN] = "return",
};
static const struct bus_fsm_row submission_rows[] = {
    {SUBMISSION_FRESH, SUBMISSION_SEND, SUBMISSION_KAFKA, NULL},
    {SUBMISSION_FRESH, SUBMISSION_QUEUE, SUBMISSION_QUEUED,
     "Kafka is away, or the journal has his household"},
    {SUBMISSION_FRESH, SUBMISSION_WAIT, SUBMISSION_WAITING,
     "a command has no journal"},
    {SUBMISSION_FRESH, SUBMISSION_ANSWER, SUBMISSION_ANSWERED,
     "Kafka took or refused it, or the command ends"},
    {SUBMISSION_WAITING, SUBMISSION_SEND, SUBMISSION_KAFKA, NULL},
    {SUBMISSION_WAITING, SUBMISSION_ANSWER, SUBMISSION_ANSWERED,
     "the command ends"},
    {SUBMISSION_KAFKA, SUBMISSION_RETURN, SUBMISSION_FRESH,
     "taken, refused or given back"},
    {SUBMISSION_KAFKA, SUBMISSION_QUEUE, SUBMISSION_KAFKA_QUEUED,
     "it took longer than kafka_wait"},
    {SUBMISSION_QUEUED, SUBMISSION_TURN, SUBMISSION_WRITING, NULL},
    {SUBMISSION_WRITING, SUBMISSION_ANSWER, SUBMISSION_ANSWERED, NULL},
    {SUBMISSION_KAFKA_QUEUED, SUBMISSION_TURN, SUBMISSION_KAFKA_WRITING, NULL},
    {SUBMISSION_KAFKA_QUEUED, SUBMISSION_RETURN, SUBMISSION_QUEUED,
     "the journal answers all the same"},
    {SUBMISSION_KAFKA_WRITING, SUBMISSION_RETURN, SUBMISSION_WRITING, NULL},
    {SUBMISSION_KAFKA_WRITING, SUBMISSION_ANSWER, SUBMISSION_KAFKA_ANSWERED,
     NULL},
    {SUBMISSION_KAFKA_ANSWERED, SUBMISSION_RETURN, SUBMISSION_ANSWERED, NULL},
};
const struct bus_fsm intake_submission_fsm =
    BUS_FSM("intake.submission",
            "One application between its sender, Kafka and the journal.",
            SUBMISSION_FRESH,
            submission_states,
            submission_events,
            submission_rows);

void intake_submission_move(struct submission *s, enum submission_event event)
{
    bus_fsm_move(&intake_submission_fsm, &s->state, event, NULL);
}

bool intake_submission_with_kafka(const struct submission *s)
{
    return s->state == SUBMISSION_KAFKA ||
           s->state == SUBMISSION_KAFKA_QUEUED ||
           s->state == SUBMISSION_KAFKA_WRITING ||
           s->state == SUBMISSION_KAFKA_ANSWERED;
}

void intake_submission_push(struct submission_queue *q, struct submission *s)
{
    s->next = NULL;
    *(q->last != NULL ? &q->last->next : &q->first) = s;
    q->last = s;
}

struct submission *intake_submission_pop(struct submission_queue *q)
{
    struct submission *s = q->first;
    if (s != NULL) {
        q->first = s->next;
        q->last = q->first != NULL ? q->last : NULL;
        s->next = NULL;
    }
    return s;
}

bool intake_submission_among(const struct submission_queue *q,
                             const struct bus_id *household)
{
    const size_t at = offsetof(struct intake_about, household_id);
    for (const struct submission *s = q->first; s != NULL; s = s->next) {
        BUS_CHECK(s->key.n >= sizeof(struct intake_about));
        if (memcmp(s->key.p + at, household, sizeof(*household)) == 0) {
            return true;
        }
    }
    return false;
}

void intake_submission_answer(struct submission *s,
                              enum intake_outcome outcome,
                              const struct bus_err *err)
{
    bool taken = outcome == INTAKE_ACCEPTED || outcome == INTAKE_JOURNALED;
    BUS_CHECK(outcome != INTAKE_NEW && (taken || err != NULL));
    for (size_t i = 0; i < s->id_count; i++) {
        if (taken) {
            intake_idempotency_taken(&s->in->known, &s->ids[i], s->body,
                                     outcome);
        } else {
            intake_idempotency_failed(&s->in->known, &s->ids[i], s->body);
        }
    }
    intake_submission_move(s, SUBMISSION_ANSWER);
    s->done(s->token, outcome, err);
    if (!intake_submission_with_kafka(s)) {
        bus_free(s);
    }
}

/* --- as the message it is --- */

int intake_send(struct intake *in,
                struct bus_strv key,
                struct bus_strv value,
                void *token,
                struct bus_err *err)
{
    struct intake_about about;
    struct bus_role_rendered r;
    if (key.n < sizeof(about)) {
        return bus_fail(err, BUS_EPARSE, "no application in the journal");
    }
    memcpy(&about, key.p, sizeof(about));
    struct bus_role_emit e = {
        .ce_type = "sa.application.v1",
        .source = in->frame->source,
        .event_id = about.event_id,
        .household_id = about.household_id,
        .occurred_at = about.occurred_at,
        .traceparent = {key.p + sizeof(about), key.n - sizeof(about)},
    };
    bus_role_emit_headers(&e, &r);
    struct bus_kafka_out_msg m = {
        .topic = in->topic,
        .partition = -1,
        .key = r.key,
        .value = value,
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    return bus_kafka_producer_send(in->producer, &m, token, err);
}
