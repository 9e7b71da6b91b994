/* Inside the adapter's runner. One job at a time is on the pool; the transport,
 * the notes and the parking belong to it while it runs, else to the loop. */
#ifndef BUS_PARTNER_PARTS_H
#define BUS_PARTNER_PARTS_H

#include "bus/partner/dedup_log.h"
#include "bus/partner/door.h"
#include "bus/partner/kind.h"
#include "bus/partner/push.h"
#include "bus/partner/runner_fsm.h"
#include "bus/partner/transport.h"
#include "bus/role/emit.h"
#include "bus/role/frame.h"
#include "bus/role/parking.h"
#include "bus/run/backoff.h"
#include "bus/run/work.h"

#define PARTNER_CHUNK    64  /* documents in one job */
#define PARTNER_BATCH    500 /* messages in one batch of the consumer */
#define PARTNER_TICK_MS  100
#define PARTNER_LOOK_MS  250   /* between two looks at what has come */
#define PARTNER_COUNT_MS 10000 /* between two counts of what is overdue */
#define PARTNER_WRITING  30000 /* so long an unfinished document is left */
#define PARTNER_CLOSE_MS 2000  /* for what Kafka has not acknowledged yet */
#define PARTNER_WAIT_MAX 10000 /* between two tries of a failing transport */
#define PARTNER_WAIT_MIN 200

struct runner;

/* What the producer hands back. */
enum token_kind { TOKEN_ANSWER, TOKEN_LETTER };
struct token
{
    enum token_kind kind;
};

struct in_flight /* a batch of the consumer */
{
    struct bus_kafka_batch *batch;
    size_t at;           /* the first message not yet dealt with */
    size_t dead_letters; /* dead letters of it not yet acknowledged */
    struct in_flight *next;
};

struct partner_dead_letter /* a dead letter on its way */
{
    struct token token; /* first */
    struct bus_arena mem;
    struct sa_dead_letter record; /* views into the flight or the parked one */
    struct in_flight *in_flight;  /* or NULL */
    struct bus_role_parked *parked; /* or NULL */
    bool sent, light;               /* light: without its bytes, see emit.h */
    struct partner_dead_letter *next;
};

enum deliver_result {
    GIVE_OPEN,
    GIVE_GIVEN,
    GIVE_BEFORE,
    GIVE_PARKED,
    GIVE_DEAD
};
struct deliver_document
{
    const struct bus_kafka_msg *msg; /* NULL: a parked event */
    struct bus_partner_kind_task task;
    enum deliver_result result;
    struct bus_err why; /* of PARKED and DEAD */
    const char *reason; /* of DEAD; NULL: PARKING_FULL */
};
/* Of a chunk that is posted: a job stages it, the loop posts it, a job puts
 * down what became of it. */
enum deliver_phase { DELIVER_STAGES, DELIVER_POSTS, DELIVER_LANDS };
struct deliver /* the chunk in work */
{
    struct bus_arena mem;
    struct deliver_document docs[PARTNER_CHUNK];
    size_t n;
    size_t upto;                    /* messages of the flight it covers */
    struct bus_role_parked *parked; /* or NULL */
    enum deliver_phase phase;
};

enum answer_state { ANSWER_NEW, ANSWER_SENT, ANSWER_READY };
struct answer
{
    struct token token; /* first */
    struct bus_partner_transport_taken taken;
    struct bus_partner_kind_answer event;
    enum answer_state state;
    enum bus_partner_transport_verdict verdict;
    struct bus_strv note;
    bool again; /* it was taken before */
};
struct collecting
{
    struct bus_arena mem;
    struct answer list[PARTNER_CHUNK];
    size_t n;
};

enum job { JOB_NONE, JOB_OPEN, JOB_GIVE, JOB_REMOVE, JOB_TAKE, JOB_SETTLE };
struct runner
{
    struct bus_role_frame frame;
    const struct bus_conf_partner *partner;
    const struct bus_partner_kind *kind;
    struct bus_partner_kind_env env;
    const struct bus_partner_transport_ops *via;
    struct bus_partner_transport *transport; /* NULL until JOB_OPEN is done */
    struct partner_door *door;               /* NULL but for http, exec */
    struct partner_push *push;               /* NULL but with push.url, exec */
    struct bus_seen *seen;
    struct bus_parking *parking;
    struct bus_wire_keyring *keys;
    struct bus_wire_sealer *sealer;         /* NULL: none */
    uint8_t person_key[BUS_WIRE_KEY_BYTES]; /* of a kind that says who */
    struct bus_wire_registry *schemas;
    const char *topics[3]; /* what it reads: tasks, notices, and `more` */
    size_t topic_count;
    const char *topic_in, *topic_dead;
    struct bus_kafka_consumer *consumer;
    struct bus_kafka_producer *producer;
    struct bus_timer *tick;
    int c_transport, c_room; /* health conditions */

    enum job job, last;
    int rc; /* of the job */
    struct bus_err err;
    struct job_wait
    {
        bool failing;
        struct bus_run_backoff backoff;
        uint64_t not_before; /* monotonic ms */
    } waits[JOB_SETTLE + 1]; /* each by itself: answers come in while the disk
                                is too full to give */
    uint64_t examine, count_at;
    size_t out_waiting; /* counted by JOB_TAKE */
    int64_t out_oldest_ms;
    enum runner_state state;
    enum { PUMP_RESTS, PUMP_RUNS, PUMP_AGAIN } pump;
    bool count_wanted; /* of what waits in out/, with the next look */

    struct in_flight *first, **end;
    struct partner_dead_letter *dead_letters;
    struct deliver give;
    double allowance; /* documents that per_second allows now */
    uint64_t allowance_at;
    struct collecting taking;
    struct bus_series *m_in, *m_out, *m_given, *m_accepted, *m_again,
        *m_rejected, *m_parked, *m_open, *m_overdue[2];
};

/* runner_fsm.c: ends the role, which drains first. */
void partner_runner_stop(struct runner *r, const struct bus_err *err);
/* dead_letter.c: commits each batch at the front whose end is reached and
 * whose dead letters are in Kafka. */
void partner_in_flight_settle(struct runner *r);
/* notice.c: of what came on its own topic and cannot be used. */
extern const struct bus_partner_kind_out partner_notice_out;
/* partner.c */
void partner_runner_pump(struct runner *r);
void partner_open_run(void *data); /* JOB_OPEN, with what the last one left */
void partner_runner_close_parts(struct runner *r);
/* out.c: fills the chunk; false: there is nothing to give now. */
bool partner_deliver_prepare(struct runner *r);
void partner_deliver_run(void *data); /* JOB_GIVE, on the pool */
void partner_deliver_done(struct runner *r);
void partner_remove_run(void *data); /* JOB_REMOVE */
/* Keeps the batch; whoever gives it lets the runner pump afterwards. */
void partner_deliver_batch(struct runner *r, struct bus_kafka_batch *batch);
void partner_deliver_drop(
    struct runner *r); /* nothing of the consumer is kept */
/* dead_letter.c */
void partner_dead_letter_new(struct runner *r,
                             struct in_flight *f,
                             struct bus_role_parked *parked,
                             const struct sa_dead_letter *dead_letter);
void partner_dead_letter_of_message(struct runner *r,
                                    struct in_flight *f,
                                    const struct bus_kafka_msg *m,
                                    const char *reason_code,
                                    const struct bus_err *why);
void partner_dead_letters_send(struct runner *r); /* those not yet sent */
void partner_dead_letter_acked(struct runner *r,
                               struct partner_dead_letter *l,
                               const struct bus_err *err);
void partner_dead_letters_drop(struct runner *r);
/* in.c */
void partner_collect_run(void *data); /* JOB_TAKE */
void partner_collect_done(struct runner *r);
void partner_answers_send(struct runner *r);
bool partner_answers_ready(const struct runner *r);
void partner_answer_acked(struct runner *r,
                          struct answer *a,
                          const struct bus_err *err);
void partner_settle_run(void *data); /* JOB_SETTLE */
void partner_settle_done(struct runner *r);

#endif
