/* What the torn trials judge: reads, passes on, commits, in transactions.
 *
 *   trial ours|stock BOOTSTRAP PREFIX LANES
 *   trial feed BOOTSTRAP PREFIX COUNT PARTITIONS
 *
 * Each message of <prefix>in is written once to <prefix>left and once to
 * <prefix>right, in the partition it came from, as
 *   <attempt> <messages in the attempt> <offset in in>
 * so that a reader sees what is there twice, not at all, or by half. An attempt
 * is one transaction that was begun. One in four is given up after its records
 * are written, as a role does that meets trouble: what a late request has
 * committed of it by then stays.
 *
 * ours   bus/kafka's exactly-once shell
 * stock  librdkafka alone, as its documentation says: abort and rewind where an
 *        error asks for it, again where it may be repeated, a new producer
 *        after a fatal one
 */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/kafka/eos.h"

#define BATCH_MAX  300 /* more than the shell holds back */
#define GIVE_UP    4   /* one in so many */
#define PAUSE_US   250000
#define VALUE_MAX  96
#define GATHER_MS  200
#define CALL_MS    5000
#define LANES_MAX  32
#define TXN_MS     20000
#define FEED_KEEPS 1000

static struct
{
    const char *bootstrap;
    char in[128], left[128], right[128], group[128];
    int lanes;
    atomic_int attempts;
    unsigned seed[LANES_MAX];
    atomic_bool stop;
    /* ours */
    struct bus_run_loop *loop;
    struct bus_run_health health;
    struct bus_config_kafka kafka;
    struct bus_kafka_env env;
    struct bus_kafka_eos *eos;
} t;

static int value_of(char *to, int attempt, size_t n, int64_t offset)
{
    return snprintf(to, VALUE_MAX, "%d-%d %zu %" PRId64, (int)getpid(), attempt,
                    n, offset);
}

static bool gives_up(int lane)
{
    (void)usleep((useconds_t)rand_r(&t.seed[lane]) % PAUSE_US);
    return rand_r(&t.seed[lane]) % GIVE_UP == 0;
}

/* -- ours */

static int
lane_assigned(void *data, int lane, int32_t partition, struct bus_err *err)
{
    (void)data;
    (void)lane;
    (void)partition;
    (void)err;
    return 0;
}

static void lane_revoked(void *data, int lane, int32_t partition)
{
    (void)data;
    (void)lane;
    (void)partition;
}

static int pass_on(struct bus_kafka_out *out,
                   const struct bus_kafka_msg *m,
                   struct bus_strv value,
                   struct bus_err *err)
{
    const struct bus_kafka_put put = {.partition = m->partition,
                                      .value = value};
    int rc = bus_kafka_out_put(out, 0, &put, err);
    if (rc == 0) {
        rc = bus_kafka_out_put(out, 1, &put, err);
    }
    if (rc == 0) {
        rc = bus_kafka_out_done(out, err);
    }
    return rc;
}

static int lane_process(void *data,
                        int lane,
                        const struct bus_kafka_msg *msgs,
                        size_t n,
                        struct bus_kafka_out *out,
                        struct bus_err *err)
{
    (void)data;
    int attempt = atomic_fetch_add(&t.attempts, 1);
    for (size_t i = 0; i < n; i++) {
        char *text = bus_kafka_out_alloc(out, VALUE_MAX);
        if (text == NULL) {
            return bus_fail(err, BUS_ENOMEM, "a value");
        }
        int used = value_of(text, attempt, n, msgs[i].offset);
        int rc =
            pass_on(out, &msgs[i], (struct bus_strv){text, (size_t)used}, err);
        if (rc != 0) {
            return rc;
        }
    }
    return gives_up(lane) ? bus_fail(err, BUS_EAGAIN, "given up") : 0;
}

static int lane_committed(void *data,
                          int lane,
                          const struct bus_kafka_written *written,
                          size_t n,
                          struct bus_err *err)
{
    (void)data;
    (void)lane;
    (void)written;
    (void)n;
    (void)err;
    return 0;
}

static void lane_aborted(void *data, int lane)
{
    (void)data;
    (void)lane;
}

static void shell_failed(void *data, const struct bus_err *err)
{
    (void)data;
    bus_run_loop_stop(t.loop, err);
}

static void shell_drain(void *data)
{
    (void)data;
    bus_kafka_eos_close(t.eos, NULL, NULL);
}

static void health_changed(void *data, const struct bus_run_health_condition *c)
{
    (void)data;
    bus_log(BUS_LOG_INFO, c->holds ? "holds" : "does not hold",
            "condition=\"%s\" why=\"%s\"", c->name, c->why);
}

static int run_ours(void)
{
    static const struct bus_kafka_eos_ops ops = {lane_assigned, lane_revoked,
                                                 lane_process,  lane_committed,
                                                 lane_aborted,  shell_failed};
    static const char *topics[1];
    static struct bus_kafka_eos_output outputs[2];
    struct bus_err err = {0};
    const struct bus_run_loop_conf lc = {.drain_ms = 15000};
    topics[0] = t.in;
    outputs[0].topic = t.left;
    outputs[1].topic = t.right;
    bus_log_role_set("trial", "ours");
    bus_run_health_init(&t.health, health_changed, NULL);
    t.kafka.bootstrap = t.bootstrap;
    const struct bus_kafka_eos_conf conf = {.group = t.group,
                                            .instance = "a",
                                            .topics = topics,
                                            .topics_count = 1,
                                            .outputs = outputs,
                                            .outputs_count = 2,
                                            .lanes = t.lanes,
                                            .batch_max = BATCH_MAX,
                                            .transaction_ms = TXN_MS,
                                            .queued_bytes = 256 * 1024,
                                            .held_bytes = 4 * 1024 * 1024,
                                            .ops = &ops};
    if (bus_run_loop_new(&lc, &t.loop, &err) != 0) {
        return BUS_EXIT_FAULT;
    }
    t.env = (struct bus_kafka_env){.loop = t.loop,
                                   .health = &t.health,
                                   .conf = &t.kafka,
                                   .client_id = "trial"};
    if (bus_kafka_eos_open(&t.env, &conf, &t.eos, &err) != 0 ||
        bus_run_loop_on_drain(t.loop, shell_drain, NULL, &err) != 0) {
        (void)fprintf(stderr, "trial: %s\n", err.msg);
        return BUS_EXIT_FAULT;
    }
    int code = bus_run_loop_run(t.loop);
    if (bus_run_loop_why(t.loop) != NULL) {
        (void)fprintf(stderr, "trial: stopped: %s\n",
                      bus_run_loop_why(t.loop)->msg);
    }
    return code;
}

/* -- stock */

struct stock
{
    int lane;
    rd_kafka_t *consumer, *producer;
    rd_kafka_message_t *msgs[BATCH_MAX];
    int n;
};

static void conf_set(rd_kafka_conf_t *conf, const char *key, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, key, value, why, sizeof(why)) !=
        RD_KAFKA_CONF_OK) {
        (void)fprintf(stderr, "trial: %s\n", why);
        exit(BUS_EXIT_FAULT);
    }
}

static rd_kafka_t *make(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char why[256];
    conf_set(conf, "bootstrap.servers", t.bootstrap);
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (rk == NULL) {
        (void)fprintf(stderr, "trial: %s\n", why);
        exit(BUS_EXIT_FAULT);
    }
    return rk;
}

static void make_producer(struct stock *s)
{
    char id[160], ms[16];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)snprintf(id, sizeof(id), "%s-%d", t.group, s->lane);
    (void)snprintf(ms, sizeof(ms), "%d", TXN_MS);
    conf_set(conf, "transactional.id", id);
    conf_set(conf, "transaction.timeout.ms", ms);
    s->producer = make(RD_KAFKA_PRODUCER, conf);
    for (;;) {
        rd_kafka_error_t *e = rd_kafka_init_transactions(s->producer, CALL_MS);
        if (e == NULL) {
            return;
        }
        rd_kafka_error_destroy(e);
        if (atomic_load(&t.stop)) {
            return;
        }
    }
}

/* From the offsets of the group, as after a restart. */
static void rewind_to_committed(struct stock *s)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(list, t.in, s->lane);
    while (rd_kafka_committed(s->consumer, list, CALL_MS) !=
               RD_KAFKA_RESP_ERR_NO_ERROR &&
           !atomic_load(&t.stop)) {
    }
    if (list->elems[0].offset < 0) {
        list->elems[0].offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    (void)rd_kafka_assign(s->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
}

static void abort_and_rewind(struct stock *s)
{
    for (;;) {
        rd_kafka_error_t *e = rd_kafka_abort_transaction(s->producer, -1);
        if (e == NULL) {
            break;
        }
        bool again = rd_kafka_error_is_retriable(e) != 0;
        rd_kafka_error_destroy(e);
        if (!again) {
            rd_kafka_destroy(s->producer);
            make_producer(s);
            break;
        }
    }
    rewind_to_committed(s);
}

/* False: the transaction is over, and what it read is read again. */
static bool went_well(struct stock *s,
                      rd_kafka_error_t *(*call)(struct stock *s))
{
    for (;;) {
        rd_kafka_error_t *e = call(s);
        if (e == NULL) {
            return true;
        }
        bool aborts = rd_kafka_error_txn_requires_abort(e) != 0;
        bool again = rd_kafka_error_is_retriable(e) != 0;
        rd_kafka_error_destroy(e);
        if (aborts) {
            abort_and_rewind(s);
            return false;
        }
        if (!again) {
            rd_kafka_destroy(s->producer);
            make_producer(s);
            rewind_to_committed(s);
            return false;
        }
    }
}

static rd_kafka_error_t *call_begin(struct stock *s)
{
    return rd_kafka_begin_transaction(s->producer);
}

static rd_kafka_error_t *call_offsets(struct stock *s)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, t.in, s->lane)->offset =
        s->msgs[s->n - 1]->offset + 1;
    rd_kafka_consumer_group_metadata_t *member =
        rd_kafka_consumer_group_metadata(s->consumer);
    rd_kafka_error_t *e = rd_kafka_send_offsets_to_transaction(
        s->producer, list, member, CALL_MS);
    rd_kafka_consumer_group_metadata_destroy(member);
    rd_kafka_topic_partition_list_destroy(list);
    return e;
}

static rd_kafka_error_t *call_commit(struct stock *s)
{
    return rd_kafka_commit_transaction(s->producer, CALL_MS);
}

static void produce(struct stock *s, const char *topic, const char *text, int n)
{
    while (
        rd_kafka_producev(s->producer, RD_KAFKA_V_TOPIC(topic),
                          RD_KAFKA_V_PARTITION(s->lane),
                          RD_KAFKA_V_VALUE((void *)(uintptr_t)text, (size_t)n),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        (void)rd_kafka_poll(s->producer, 10);
    }
}

static void stock_attempt(struct stock *s)
{
    if (!went_well(s, call_begin)) {
        return;
    }
    int attempt = atomic_fetch_add(&t.attempts, 1);
    for (int i = 0; i < s->n; i++) {
        char text[VALUE_MAX];
        int n = value_of(text, attempt, (size_t)s->n, s->msgs[i]->offset);
        produce(s, t.left, text, n);
        produce(s, t.right, text, n);
    }
    (void)rd_kafka_poll(s->producer, 0);
    if (gives_up(s->lane)) {
        abort_and_rewind(s);
    } else if (went_well(s, call_offsets)) {
        (void)went_well(s, call_commit);
    }
}

static void *stock_main(void *data)
{
    struct stock *s = data;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    conf_set(conf, "group.id", t.group);
    conf_set(conf, "enable.auto.commit", "false");
    conf_set(conf, "auto.offset.reset", "earliest");
    conf_set(conf, "isolation.level", "read_committed");
    s->consumer = make(RD_KAFKA_CONSUMER, conf);
    (void)rd_kafka_poll_set_consumer(s->consumer);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(s->consumer);
    make_producer(s);
    rewind_to_committed(s);
    while (!atomic_load(&t.stop)) {
        ssize_t n =
            rd_kafka_consume_batch_queue(queue, GATHER_MS, s->msgs, BATCH_MAX);
        s->n = 0;
        for (ssize_t i = 0; i < n; i++) {
            if (s->msgs[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                s->msgs[s->n++] = s->msgs[i];
            } else {
                rd_kafka_message_destroy(s->msgs[i]);
            }
        }
        if (s->n > 0) {
            stock_attempt(s);
        }
        for (int i = 0; i < s->n; i++) {
            rd_kafka_message_destroy(s->msgs[i]);
        }
    }
    _exit(0);
}

static void on_signal(int signo)
{
    (void)signo;
    atomic_store(&t.stop, true);
}

static int run_stock(void)
{
    static struct stock all[LANES_MAX];
    pthread_t threads[LANES_MAX];
    (void)signal(SIGTERM, on_signal);
    for (int i = 0; i < t.lanes; i++) {
        all[i].lane = i;
        if (pthread_create(&threads[i], NULL, stock_main, &all[i]) != 0) {
            return BUS_EXIT_FAULT;
        }
    }
    for (int i = 0; i < t.lanes; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return 0;
}

/* -- feed */

static int run_feed(long count, int partitions)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    conf_set(conf, "enable.idempotence", "true");
    rd_kafka_t *rk = make(RD_KAFKA_PRODUCER, conf);
    for (long i = 0; i < count; i++) {
        while (rd_kafka_producev(
                   rk, RD_KAFKA_V_TOPIC(t.in),
                   RD_KAFKA_V_PARTITION((int32_t)(i % partitions)),
                   RD_KAFKA_V_VALUE((void *)(uintptr_t) "x", 1),
                   RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                   RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            (void)rd_kafka_poll(rk, 10);
        }
        if (i % FEED_KEEPS == 0) {
            (void)rd_kafka_poll(rk, 0);
        }
    }
    int rc = rd_kafka_flush(rk, 60000) == RD_KAFKA_RESP_ERR_NO_ERROR
                 ? 0
                 : BUS_EXIT_FAULT;
    rd_kafka_destroy(rk);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        return BUS_EXIT_USAGE;
    }
    const char *prefix = argv[3];
    t.bootstrap = argv[2];
    (void)snprintf(t.in, sizeof(t.in), "%sin", prefix);
    (void)snprintf(t.left, sizeof(t.left), "%sleft", prefix);
    (void)snprintf(t.right, sizeof(t.right), "%sright", prefix);
    (void)snprintf(t.group, sizeof(t.group), "%sgroup", prefix);
    long number = strtol(argv[4], NULL, 10);
    if (strcmp(argv[1], "feed") == 0 && argc > 5) {
        return run_feed(number, (int)strtol(argv[5], NULL, 10));
    }
    t.lanes = number > 0 && number <= LANES_MAX ? (int)number : 1;
    for (int i = 0; i < t.lanes; i++) {
        t.seed[i] = (unsigned)(getpid() + i);
    }
    return strcmp(argv[1], "stock") == 0 ? run_stock() : run_ours();
}
