/* The exactly-once shell against plain at-least-once, on a real broker.
 *
 * bench-needs: kafka
 *   bench_eos [--json] [--quick] [messages [bytes [lanes [partitions
 * [rounds]]]]]
 *
 * The broker is LIANOU_KAFKA. Feeds one topic, then passes it on to fresh
 * topics in the order raw, shell, shell, raw, each in a process of its own, and
 * prints wall and CPU time a message and the ratio. raw: librdkafka alone,
 * batch consume, idempotent produce, offsets committed behind what was
 * delivered. Same broker, bytes, compression, acknowledgements. The CPU time is
 * the client's. Nothing is decided here: it is what exactly once alone costs.
 */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bus/kafka/admin.h"
#include "bus/kafka/eos.h"

#define RAW_BATCH  10000
#define ROUNDS_MAX 32

static struct
{
    const char *bootstrap;
    long messages, bytes;
    int lanes, partitions, rounds;
    char in[64], out[64];
} b;

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_eos: %s\n", what);
    exit(1);
}

static rd_kafka_conf_t *conf_of(const char *const (*pairs)[2], size_t n)
{
    char why[256];
    rd_kafka_conf_t *c = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(c, "bootstrap.servers", b.bootstrap, why,
                            sizeof(why));
    for (size_t i = 0; i < n; i++) {
        if (rd_kafka_conf_set(c, pairs[i][0], pairs[i][1], why, sizeof(why)) !=
            RD_KAFKA_CONF_OK) {
            die(why);
        }
    }
    return c;
}

static rd_kafka_t *raw_producer(void)
{
    static const char *const pairs[][2] = {
        {"enable.idempotence", "true"},
        {"compression.codec", "lz4"},
        {"linger.ms", "5"},
        {"queue.buffering.max.messages", "1000000"},
        {"queue.buffering.max.kbytes", "524288"}};
    char why[256];
    rd_kafka_t *p = rd_kafka_new(RD_KAFKA_PRODUCER,
                                 conf_of(pairs, sizeof(pairs) / sizeof(*pairs)),
                                 why, sizeof(why));
    if (p == NULL) {
        die(why);
    }
    return p;
}

static void topics(const char *name)
{
    struct bus_err err;
    const struct bus_config_kafka k = {.bootstrap = b.bootstrap};
    const struct bus_kafka_env env = {.conf = &k, .client_id = "bench"};
    const struct bus_topic t = {name,    b.partitions, 1, BUS_TOPIC_DELETE,
                                3600000, NULL,         0};
    struct bus_kafka_admin *a = NULL;
    if (bus_kafka_admin_open(&env, &a, &err) != 0 ||
        bus_kafka_topics_apply(a, &t, 1, &err) != 0) {
        die(err.msg);
    }
    bus_kafka_admin_close(a);
}

static void feed(void)
{
    rd_kafka_t *p = raw_producer();
    rd_kafka_topic_t *t = rd_kafka_topic_new(p, b.in, NULL);
    char *value = malloc((size_t)b.bytes);
    unsigned seed = 1;
    for (long i = 0; value != NULL && i < b.messages; i++) {
        char key[40];
        int kn = snprintf(key, sizeof(key), "%036ld", i % 100000);
        /* Half digits, half the same: compresses about as records do. */
        for (long k = 0; k < b.bytes; k++) {
            value[k] = k % 2 == 0 ? 'a' : (char)('0' + rand_r(&seed) % 10);
        }
        while (rd_kafka_produce(t, (int32_t)(i % b.partitions),
                                RD_KAFKA_MSG_F_COPY, value, (size_t)b.bytes,
                                key, (size_t)kn, NULL) != 0) {
            (void)rd_kafka_poll(p, 100);
        }
    }
    if (rd_kafka_flush(p, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        die("feeding");
    }
    free(value);
    rd_kafka_topic_destroy(t);
    rd_kafka_destroy(p);
}

/* -- raw */

static void raw_commit(rd_kafka_t *c, rd_kafka_t *p, const int64_t *next)
{
    if (rd_kafka_flush(p, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        die("raw: flush");
    }
    rd_kafka_topic_partition_list_t *l =
        rd_kafka_topic_partition_list_new(b.partitions);
    for (int i = 0; i < b.partitions; i++) {
        rd_kafka_topic_partition_list_add(l, b.in, i)->offset = next[i];
    }
    (void)rd_kafka_commit(c, l, 0);
    rd_kafka_topic_partition_list_destroy(l);
}

static void raw_assign(rd_kafka_t *c)
{
    rd_kafka_topic_partition_list_t *l =
        rd_kafka_topic_partition_list_new(b.partitions);
    for (int i = 0; i < b.partitions; i++) {
        rd_kafka_topic_partition_list_add(l, b.in, i)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    }
    (void)rd_kafka_assign(c, l);
    rd_kafka_topic_partition_list_destroy(l);
}

static void raw(void)
{
    static const char *const pairs[][2] = {
        {"group.id", "bench-raw"},
        {"enable.auto.commit", "false"},
        {"queued.max.messages.kbytes", "16384"},
        {"auto.offset.reset", "error"}};
    static rd_kafka_message_t *list[RAW_BATCH];
    char why[256];
    rd_kafka_t *c = rd_kafka_new(RD_KAFKA_CONSUMER,
                                 conf_of(pairs, sizeof(pairs) / sizeof(*pairs)),
                                 why, sizeof(why));
    rd_kafka_t *p = raw_producer();
    rd_kafka_topic_t *t = rd_kafka_topic_new(p, b.out, NULL);
    (void)rd_kafka_poll_set_consumer(c);
    rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(c);
    int64_t next[1024] = {0};
    raw_assign(c);
    long uncommitted = 0;
    for (long done = 0; done < b.messages;) {
        ssize_t n = rd_kafka_consume_batch_queue(q, 20, list, RAW_BATCH);
        for (ssize_t i = 0; i < n; i++) {
            rd_kafka_message_t *m = list[i];
            if (m->err == 0) {
                while (rd_kafka_produce(t, m->partition, RD_KAFKA_MSG_F_COPY,
                                        m->payload, m->len, m->key, m->key_len,
                                        NULL) != 0) {
                    (void)rd_kafka_poll(p, 10);
                }
                next[m->partition] = m->offset + 1;
                done++;
                uncommitted++;
            }
            rd_kafka_message_destroy(m);
        }
        (void)rd_kafka_poll(p, 0);
        if (uncommitted >= 10L * RAW_BATCH) {
            raw_commit(c, p, next);
            uncommitted = 0;
        }
    }
    raw_commit(c, p, next);
    rd_kafka_queue_destroy(q);
    (void)rd_kafka_consumer_close(c);
    rd_kafka_topic_destroy(t);
    rd_kafka_destroy(p);
    rd_kafka_destroy(c);
}

/* -- the shell */

static struct bus_run_loop *loop;
static struct bus_kafka_eos *eos;
static struct bus_wake *wake;
static long passed;

static int
assigned(void *data, int lane, int32_t partition, struct bus_err *err)
{
    (void)data;
    (void)lane;
    (void)partition;
    (void)err;
    return 0;
}

static void revoked(void *data, int lane, int32_t partition)
{
    (void)data;
    (void)lane;
    (void)partition;
}

static long in_batch[BUS_KAFKA_LANES_MAX];

static int process(void *data,
                   int lane,
                   const struct bus_kafka_msg *msgs,
                   size_t n,
                   struct bus_kafka_out *out,
                   struct bus_err *err)
{
    (void)data;
    in_batch[lane] = (long)n;
    for (size_t i = 0; i < n; i++) {
        const struct bus_kafka_put put = {.partition = msgs[i].partition,
                                          .key = msgs[i].key,
                                          .value = msgs[i].value};
        int rc = bus_kafka_out_put(out, 0, &put, err);
        if (rc == 0) {
            rc = bus_kafka_out_done(out, err);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int committed(void *data,
                     int lane,
                     const struct bus_kafka_written *w,
                     size_t n,
                     struct bus_err *err)
{
    (void)data;
    (void)w;
    (void)n;
    (void)err;
    if (__atomic_add_fetch(&passed, in_batch[lane], __ATOMIC_RELAXED) ==
        b.messages) {
        bus_run_wake_send(wake);
    }
    return 0;
}

static void aborted(void *data, int lane)
{
    (void)data;
    (void)fprintf(stderr, "lane %d aborted\n", lane);
}

static void failed(void *data, const struct bus_err *err)
{
    (void)data;
    die(err->msg);
}

static void all_passed(void *data)
{
    (void)data;
    bus_run_loop_stop(loop, NULL);
}

static void drain(void *data)
{
    (void)data;
    bus_kafka_eos_close(eos, NULL, NULL);
}

static void shell(void)
{
    static const struct bus_kafka_eos_ops ops = {assigned,  revoked, process,
                                                 committed, aborted, failed};
    const struct bus_config_kafka k = {.bootstrap = b.bootstrap};
    const char *const in[] = {b.in};
    const struct bus_kafka_eos_output outs[] = {{b.out, false}};
    char group[128];
    (void)snprintf(group, sizeof(group), "%s.group", b.out);
    struct bus_err err;
    const struct bus_kafka_eos_conf conf = {.group = group,
                                            .instance = "bench",
                                            .topics = in,
                                            .topics_count = 1,
                                            .outputs = outs,
                                            .outputs_count = 1,
                                            .lanes = b.lanes,
                                            .ops = &ops};
    if (bus_run_loop_new(NULL, &loop, &err) != 0 ||
        bus_run_wake_new(loop, all_passed, NULL, &wake, &err) != 0) {
        die(err.msg);
    }
    const struct bus_kafka_env env = {
        .loop = loop, .conf = &k, .client_id = "bench"};
    if (bus_kafka_eos_open(&env, &conf, &eos, &err) != 0 ||
        bus_run_loop_on_drain(loop, drain, NULL, &err) != 0) {
        die(err.msg);
    }
    if (bus_run_loop_run(loop) != BUS_EXIT_OK) {
        die("the shell did not drain");
    }
}

/* -- rounds */

struct took
{
    double wall, cpu;
    long rss_kb;
};

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct took run(const char *what, void (*body)(void))
{
    static int count;
    struct rusage ru;
    int status = 0;
    (void)snprintf(b.out, sizeof(b.out), "bench.%d.out%d", (int)getpid(),
                   count++);
    double begun = now();
    pid_t pid = fork();
    if (pid == 0) {
        topics(b.out);
        body();
        _exit(0);
    }
    if (wait4(pid, &status, 0, &ru) != pid || status != 0) {
        die(what);
    }
    struct took t = {now() - begun,
                     (double)ru.ru_utime.tv_sec + (double)ru.ru_stime.tv_sec +
                         (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) /
                             1e6,
                     ru.ru_maxrss};
    (void)printf("%-6s %8.0f messages/s %6.2f us CPU/message %6ld KiB\n", what,
                 (double)b.messages / t.wall, t.cpu * 1e6 / (double)b.messages,
                 t.rss_kb);
    (void)fflush(stdout);
    return t;
}

static void feed_in_a_child(void)
{
    pid_t pid = fork();
    int status = 0;
    if (pid == 0) {
        topics(b.in);
        feed();
        _exit(0);
    }
    if (waitpid(pid, &status, 0) != pid || status != 0) {
        die("feed");
    }
}

static int by_size(const void *p, const void *q)
{
    double x = *(const double *)p, y = *(const double *)q;
    return (x > y) - (x < y);
}

static void line(const char *name, double *ratios, const char *better)
{
    qsort(ratios, (size_t)b.rounds, sizeof(*ratios), by_size);
    (void)printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"x\","
                 "\"target\":null,\"better\":\"%s\",\"note\":\"%ld messages "
                 "of %ld bytes, %d lanes, %d rounds, %.3f to %.3f\"}\n",
                 name, ratios[b.rounds / 2], better, b.messages, b.bytes,
                 b.lanes, b.rounds, ratios[0], ratios[b.rounds - 1]);
}

static void settle(int argc, char **argv)
{
    long v[] = {500000, 400, 2, 4, 3};
    bool quick = false;
    int n = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            quick = true;
        } else if (strcmp(argv[i], "--json") != 0 && n < 5) {
            v[n++] = strtol(argv[i], NULL, 10);
        }
    }
    b.messages = quick && n == 0 ? 100000 : v[0];
    b.bytes = v[1];
    b.lanes = (int)v[2];
    b.partitions = (int)v[3];
    b.rounds = quick && n < 5 ? 1 : (int)v[4];
    b.bootstrap = getenv("LIANOU_KAFKA");
    if (b.bootstrap == NULL || b.rounds < 1 || b.rounds > ROUNDS_MAX) {
        die("LIANOU_KAFKA is needed, and 1 to 32 rounds");
    }
}

int main(int argc, char **argv)
{
    double cpu[ROUNDS_MAX], wall[ROUNDS_MAX];
    settle(argc, argv);
    (void)snprintf(b.in, sizeof(b.in), "bench.%d.in", (int)getpid());
    feed_in_a_child();
    for (int i = 0; i < b.rounds; i++) {
        struct took r1 = run("raw", raw);
        struct took s1 = run("shell", shell);
        struct took s2 = run("shell", shell);
        struct took r2 = run("raw", raw);
        cpu[i] = (s1.cpu + s2.cpu) / (r1.cpu + r2.cpu);
        wall[i] = (r1.wall + r2.wall) / (s1.wall + s2.wall);
    }
    line("the exactly-once shell alone against raw librdkafka, CPU", cpu,
         "less");
    line("the same, throughput", wall, "more");
    return 0;
}
