/* Inside of the exactly-once shell: shared by eos*.c only. */
#ifndef BUS_KAFKA_EOS_PARTS_H
#define BUS_KAFKA_EOS_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "bus/kafka/eos.h"
#include "bus/kafka/flow.h"
#include "bus/kafka/parts.h"

#define EOS_LANES_DEFAULT   2
#define EOS_BATCH_DEFAULT   10000
#define EOS_WAIT_MS_DEFAULT 20
#define EOS_TXN_MS_DEFAULT  30000
#define EOS_QUEUED_DEFAULT  (4 * 1024 * 1024)   /* all lanes together */
#define EOS_OUT_BYTES_MAX   (256 * 1024 * 1024) /* of one batch */
#define EOS_HELD_DEFAULT    (18 * 1024 * 1024)  /* all lanes together */
#define EOS_MESSAGE_BYTES   1536          /* of one read, beside its value */
#define EOS_KEPT            512           /* of a batch's first messages */
#define EOS_KEPT_BYTES      (1024 * 1024) /* of their values */
#define EOS_BATCH_FIRST     128
#define EOS_BATCH_LEAST     128
#define EOS_IDLE_MS         1000 /* an idle lane looks around */
#define EOS_TAKE            128  /* at once */
#define EOS_CALM_ENOUGH     1024 /* of those nobody waits for */
#define EOS_BACKLOG         128  /* queued up: more is sure to be fetched */
#define EOS_BACKLOG_MS      100  /* for which so long is waited, */
#define EOS_REFILL_MS       20   /* while it keeps coming */
#define EOS_STREAM_MS       100  /* at least, from the end of one to the next */
#define EOS_STOP_FLUSH_MS   5000 /* a stopping lane waits for a broker */
#define EOS_TRACK_MS        5000

struct eos_kept
{
    int32_t topic, partition;
    struct bus_strv key, value;
    rd_kafka_headers_t *headers;
};
/* Requests of a producer that change a transaction, eos_trouble.c. */
struct eos_trouble
{
    atomic_uint asked, answered;
};
struct eos_lane;
struct bus_kafka_out
{
    struct eos_lane *lane;
    struct bus_arena mem; /* of what is not handed over yet */
    void *last;           /* of bus_kafka_out_alloc */
    size_t last_n;
    struct eos_kept *kept;
    size_t kept_count, kept_cap;
    size_t share;               /* in kept: where the input in work begins */
    struct bus_arena_mark mark; /* the same in mem */
    bool flows;                 /* nothing is held back any more */
    size_t held; /* bytes of states, which the caller keeps for the batch */
    int rc;      /* the first failure to produce */
    struct bus_err err;
};
/* One (topic, partition) of a lane: entry topic * slots + partition / lanes. */
struct eos_place
{
    int64_t next;       /* behind the last committed message; -1 unknown */
    int64_t batch_next; /* behind the last message of this batch; -1 none */
};
enum lane_state {
    LANE_IDLE,
    LANE_RESTORING,
    LANE_READING,
    LANE_FAILED,
    LANE_ENDED
};
enum lane_event {
    LANE_ON_ASSIGN,
    LANE_ON_RESTORED,
    LANE_ON_REVOKE,
    LANE_ON_FAILURE,
    LANE_ON_STOP
};
enum producer_state {
    PRODUCER_NONE,
    PRODUCER_BARE,
    PRODUCER_WARM,
    PRODUCER_BEGUN,
    PRODUCER_READY
};
enum producer_event {
    PRODUCER_ON_MADE,
    PRODUCER_ON_OUTPUTS,
    PRODUCER_ON_INITIALISED,
    PRODUCER_ON_DROPPED
};
/* Of the loop to a lane; bits. */
enum lane_order { ORDER_ASSIGN = 1, ORDER_REVOKE = 2, ORDER_STOP = 4 };

struct eos_lane
{
    struct bus_kafka_eos *eos;
    int index;
    char name[24]; /* "lane 0": in logs */
    pthread_t thread;
    bool threaded; /* there is one, to be joined */
    int fd;        /* eventfd: messages or orders */
    rd_kafka_queue_t *queue;
    /* Orders of the loop; under eos->lock. */
    int32_t *order_parts;
    size_t order_count;
    unsigned orders;       /* enum lane_order */
    atomic_bool interrupt; /* give up waiting and repeating */
    /* The rest is the lane thread's own. */
    enum lane_state state;              /* eos_fsm.c */
    enum producer_state producer_state; /* eos_fsm.c */
    int32_t *parts;
    size_t parts_count;
    struct eos_place *places;
    size_t slots;
    uint32_t *written; /* of this batch, by output */
    uint8_t *eof;      /* by place */
    bool *dirty;       /* by slot: a tracked topic was written */
    int64_t tracked_at_ms;
    int64_t ended_at_ms; /* the last transaction */
    rd_kafka_t *producer;
    struct eos_trouble trouble; /* of this producer */
    rd_kafka_queue_t *events;
    rd_kafka_topic_t **outputs;
    rd_kafka_message_t **raw;
    struct bus_kafka_msg *msgs;
    size_t n;
    size_t taken;       /* bytes, of the batch that is gathered */
    size_t batch_limit; /* as many as the last ones' memory allows */
    struct kafka_topic_cache cache;
    struct bus_kafka_out out;
    struct bus_run_backoff backoff;
    struct bus_series *commits, *aborts, *seconds;
};
struct bus_kafka_eos
{
    struct bus_run_loop *loop;
    struct bus_run_health *health;
    struct bus_kafka_env env;
    struct bus_config_kafka kafka;
    struct bus_kafka_eos_conf conf;
    const char **output_names;
    struct kafka_group *group;
    struct bus_wake *wake;
    int health_transactions, health_caught_up;
    bool revoking, closing, told_failed;
    size_t wanted; /* (topic, partition)s assigned */
    pthread_mutex_t lock;
    /* Under lock. */
    int pending; /* lanes that have orders to finish; -1: none given */
    bool failed;
    struct bus_err err;
    char trouble[200]; /* what a lane is waiting for; "" if none */
    bool trouble_new;
    size_t eof_count;
    void (*closed)(void *data);
    void *closed_data;
    struct kafka_flow flow;
    struct eos_lane lanes[BUS_KAFKA_LANES_MAX];
};

/* -- eos_fsm.c */
void kafka_eos_lane_move(struct eos_lane *lane, enum lane_event event);
void kafka_eos_producer_move(struct eos_lane *lane, enum producer_event event);
/* -- eos_lane.c */
void *kafka_eos_lane_main(void *lane);
void kafka_eos_lane_kick(struct eos_lane *lane);
/* -- eos_tell.c */
int64_t kafka_eos_now_ms(void);
/* Waits with back-off; false: interrupted. */
bool kafka_eos_lane_pause(struct eos_lane *lane, const struct bus_err *why);
void kafka_eos_lane_trouble(struct eos_lane *lane, const char *text);
void kafka_eos_lane_fail(struct eos_lane *lane, const struct bus_err *err);
struct eos_place *
kafka_eos_lane_place(struct eos_lane *lane, int32_t topic, int32_t partition);
/* -- eos_producer.c */
/* What can be done before the group is joined; tried once. */
void kafka_eos_producer_warm(struct eos_lane *lane);
/* Until it is initialised; false: interrupted or failed. */
bool kafka_eos_producer_make(struct eos_lane *lane);
void kafka_eos_producer_drop(struct eos_lane *lane);
/* -- eos_trouble.c */
/* For the handle that is made of conf. */
int kafka_eos_trouble_watch(struct eos_trouble *t,
                            rd_kafka_conf_t *conf,
                            struct bus_err *err) BUS_MUSTCHECK;
/* Between transactions: may something asked for the last one still come? */
bool kafka_eos_trouble_seen(const struct eos_trouble *t);
/* -- eos_txn.c: the lane's batch, until it is committed (true) or given up */
bool kafka_eos_batch_run(struct eos_lane *lane);
void kafka_eos_drain(struct eos_lane *lane); /* events, which pile up idle */
/* -- eos_out.c */
void kafka_eos_out_begin(struct bus_kafka_out *out);
void kafka_eos_out_fini(struct bus_kafka_out *out);
/* Hands over all that was put. */
int kafka_eos_out_flush(struct bus_kafka_out *out, struct bus_err *err);

#endif
