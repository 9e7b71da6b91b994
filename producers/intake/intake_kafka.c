/* Between intake and Kafka's client.
 *
 * - sent; taken: answered
 * - refused for good (too large): answered as failed
 * - given back (away, timed out): into the journal, or in memory (a command)
 * - silent for longer than intake.kafka_wait: into the journal as well; it may
 *   then stand on the topic twice, as the same application
 */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "producers/intake/intake_parts.h"
#include "producers/intake/requests/request_http.h"

/* --- those that Kafka's client has, oldest first --- */

static void took_off(struct intake *in, struct submission *s)
{
    intake_submission_move(s, SUBMISSION_SEND);
    s->sent_ms = bus_run_loop_now_ms(in->frame->loop);
    s->before = in->in_flight_end;
    s->behind = NULL;
    *(s->before ? &s->before->behind : &in->in_flight) = s;
    in->in_flight_end = s;
}

static void came_down(struct intake *in, struct submission *s)
{
    *(s->before ? &s->before->behind : &in->in_flight) = s->behind;
    *(s->behind ? &s->behind->before : &in->in_flight_end) = s->before;
    intake_submission_move(s, SUBMISSION_RETURN);
}

int intake_send_submission(struct submission *s, struct bus_err *err)
{
    BUS_CHECK(!intake_submission_with_kafka(s));
    BUS_TRY(intake_send(s->in, s->key, s->value, s, err));
    took_off(s->in, s);
    return BUS_OK;
}

void intake_give_up_waiting(struct intake *in)
{
    uint64_t now = bus_run_loop_now_ms(in->frame->loop);
    uint64_t limit = (uint64_t)in->frame->config.intake.kafka_wait_ms;
    struct submission *s = in->in_flight;
    while (s != NULL && now - s->sent_ms >= limit) {
        struct submission *behind = s->behind;
        if (s->state == SUBMISSION_KAFKA) {
            in->kafka_silent = true;
            intake_queue(s);
        }
        s = behind;
    }
}

/* --- a command, which has no journal --- */

void intake_wait(struct submission *s)
{
    struct intake *in = s->in;
    struct bus_err err;
    if (in->producer == NULL) {
        (void)bus_fail(&err, BUS_EAWAY, "Kafka is away");
        intake_submission_answer(s, INTAKE_FAILED, &err);
        return;
    }
    intake_submission_move(s, SUBMISSION_WAIT);
    intake_submission_push(&in->waiting, s);
}

void intake_send_waiting(struct intake *in)
{
    struct submission_queue q = in->waiting;
    in->waiting = (struct submission_queue){0};
    for (struct submission *s; (s = intake_submission_pop(&q)) != NULL;) {
        struct bus_err err;
        if (in->producer == NULL) {
            (void)bus_fail(&err, BUS_EAWAY, "Kafka is away");
            intake_submission_answer(s, INTAKE_FAILED, &err);
        } else if (intake_send_submission(s, &err) != BUS_OK) {
            intake_submission_push(&in->waiting, s);
        }
    }
}

/* --- what became of it --- */

static void submission_acked(struct submission *s, const struct bus_err *err)
{
    struct intake *in = s->in;
    came_down(in, s);
    if (s->state == SUBMISSION_ANSWERED) {
        bus_free(s);
    } else if (s->state != SUBMISSION_FRESH) {
        return; /* the journal answers */
    } else if (err == NULL) {
        in->accepted++;
        intake_submission_answer(s, INTAKE_ACCEPTED, NULL);
    } else if (bus_err_act(err->code) == BUS_ACT_REJECT) {
        intake_submission_answer(s, INTAKE_FAILED, err);
    } else if (in->has_journal) {
        intake_queue(s);
    } else {
        intake_wait(s);
    }
}

void intake_acked(void *data,
                  void *token,
                  int32_t partition,
                  int64_t offset,
                  const struct bus_err *err)
{
    struct intake *in = data;
    enum intake_token kind;
    (void)partition;
    (void)offset;
    memcpy(&kind, token, sizeof(kind));
    if (kind == INTAKE_TOKEN_SUBMISSION) {
        submission_acked(token, err);
    } else if (kind == INTAKE_TOKEN_REQUEST) {
        intake_request_acked(token, err);
    } else {
        BUS_CHECK(kind == INTAKE_TOKEN_DRAINED);
        intake_drained(token, err);
    }
    if (err == NULL || (in->in_flight == NULL && in->drained_first == NULL)) {
        in->kafka_silent = false; /* it speaks, or is asked anew */
    }
}
