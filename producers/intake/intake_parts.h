/* Inside of intake: shared by intake*.c, submission.c and http.c only. */
#ifndef PRODUCERS_INTAKE_INTAKE_PARTS_H
#define PRODUCERS_INTAKE_INTAKE_PARTS_H

#include "bus/base/fsm.h"
#include "producers/intake/intake.h"

/* What the headers of an application are made of; in the journal it stands in
 * front of the trace as the record's key. */
struct intake_about
{
    struct bus_id event_id, household_id;
    int64_t occurred_at;
};

/* What Kafka's client gives back with each answer: the first member says what
 * it is. */
enum intake_token {
    INTAKE_TOKEN_SUBMISSION,
    INTAKE_TOKEN_DRAINED,
    INTAKE_TOKEN_REQUEST
};

/* --- submission.c: one application on its way --- */

enum submission_state {
    SUBMISSION_FRESH,
    SUBMISSION_KAFKA,
    SUBMISSION_WAITING,
    SUBMISSION_QUEUED,
    SUBMISSION_WRITING,
    SUBMISSION_KAFKA_QUEUED,
    SUBMISSION_KAFKA_WRITING,
    SUBMISSION_KAFKA_ANSWERED,
    SUBMISSION_ANSWERED
};
enum submission_event {
    SUBMISSION_SEND,
    SUBMISSION_WAIT,
    SUBMISSION_QUEUE,
    SUBMISSION_TURN,
    SUBMISSION_ANSWER,
    SUBMISSION_RETURN
};
struct submission
{
    enum intake_token token_kind; /* first */
    enum submission_state state;
    struct submission *next;            /* in a queue */
    struct submission *before, *behind; /* of those Kafka's client has */
    uint64_t sent_ms;
    struct intake *in;
    intake_done done;
    void *token;
    struct bus_id ids[2]; /* of the application; of the request's key */
    size_t id_count;
    uint64_t body;
    enum intake_outcome outcome; /* of its turn in the journal */
    enum bus_errc error;         /* likewise, with FULL and FAILED */
    struct bus_strv key, value;  /* in bytes */
    char bytes[];
};
/* The only place where a submission's state changes. */
void intake_submission_move(struct submission *s, enum submission_event event);
/* May the client or the journal still call for it? */
bool intake_submission_with_kafka(const struct submission *s);
void intake_submission_push(struct submission_queue *q, struct submission *s);
struct submission *intake_submission_pop(struct submission_queue *q);
/* Of the household of `about`? */
bool intake_submission_among(const struct submission_queue *q,
                             const struct bus_id *household);
/* Answers its sender once; frees it where nobody has it any more. */
void intake_submission_answer(struct submission *s,
                              enum intake_outcome outcome,
                              const struct bus_err *err);

/* BUS_OK: Kafka's client has it, and answers with it as the token. */
int intake_send(struct intake *in,
                struct bus_strv key,
                struct bus_strv value,
                void *token,
                struct bus_err *err) BUS_MUSTCHECK;

/* --- intake_kafka.c --- */

int intake_send_submission(struct submission *s,
                           struct bus_err *err) BUS_MUSTCHECK;
/* Of the producer. */
void intake_acked(void *data,
                  void *token,
                  int32_t partition,
                  int64_t offset,
                  const struct bus_err *err);
/* Those that Kafka neither takes nor refuses go to the journal as well. */
void intake_give_up_waiting(struct intake *in);
/* Without a journal: in memory, until Kafka is back. */
void intake_wait(struct submission *s);
void intake_send_waiting(struct intake *in);

/* --- intake_turn.c --- */

int intake_turn_open(struct intake *in, struct bus_err *err) BUS_MUSTCHECK;
void intake_turn_close(struct intake *in); /* NULL turn is allowed */
/* Into the journal's next turn. */
void intake_queue(struct submission *s);
/* Begins a turn if there is something to do and none runs. */
void intake_turn(struct intake *in);
/* The same, and what failed is tried again. */
void intake_turn_tick(struct intake *in);
void intake_drained(struct intake_drained *d, const struct bus_err *err);
/* Must an application of this household go behind what the journal has? */
bool intake_behind(const struct intake *in, const struct bus_id *household);

/* --- http.c --- */

/* application/json, with or without parameters, or none at all: a page of
 * another site cannot send it unasked. False: 415 has been answered. */
bool intake_takes_type(struct bus_run_http_request *rq);
/* problem+json of the form's faults (RFC 9457), in mem; NULL: no memory. */
const char *intake_problem_of(const struct form *form,
                              int status,
                              const char *en,
                              const char *zh,
                              struct bus_arena *mem);
/* Somebody else than who is logged in took it down. */
extern const struct intake_form_fault intake_another_operator;

/* --- intake_ready.c --- */

/* The metrics and the condition "journal", as they are now. */
void intake_report(struct intake *in);
/* For /readyz: "taking", "draining", "journaling" (all of them ready),
 * "starting", "cannot". */
const char *intake_state_word(void *data, bool *ret_ready);

#endif
