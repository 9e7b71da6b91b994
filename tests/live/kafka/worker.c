/* A small role on the exactly-once shell, for the live tests to kill.
 *
 *   worker BOOTSTRAP PREFIX INSTANCE [fault]
 *
 * It reads <prefix>in1 and <prefix>in2, passes every message on to
 * <prefix>out and keeps the last number of every key in <prefix>state. It
 * exits with 9 when a key's numbers do not come one by one, so a lost, a
 * doubled and a swapped message are all seen, also across a restart.
 *
 * A transaction is given up after 15 s, so that a take-over need not wait
 * longer.
 *
 * fault: kill=N   SIGKILL itself in batch N, its records written
 *        abort=N  fail the work of batch N once, its records written
 *        stall    never finish a batch */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/kafka/eos.h"
#include "bus/kafka/read.h"

#define PARTITIONS 4
#define KEYS       200
#define EXIT_WRONG 9

struct part
{
    int64_t last[2][KEYS], saved[2][KEYS];
};
static struct
{
    struct bus_run_loop *loop;
    struct bus_kafka_env env;
    struct bus_config_kafka kafka;
    struct bus_run_health health;
    struct bus_kafka_eos *eos;
    char topics[4][128];
    struct part parts[PARTITIONS];
    long batches;
    long kill_at, abort_at;
    bool stall;
    int64_t places[PARTITIONS];
} w;

static int
restore_one(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    (void)err;
    struct part *p = data;
    int topic = 0, key = 0;
    int64_t last = 0;
    char text[64];
    (void)bus_strv_copy(text, sizeof(text), m->value);
    if (sscanf(text, "%d %d %" SCNd64, &topic, &key, &last) == 3) {
        p->last[topic][key] = p->saved[topic][key] = last;
    }
    return 0;
}

static int
assigned(void *data, int lane, int32_t partition, struct bus_err *err)
{
    (void)data;
    (void)lane;
    struct bus_kafka_reader *r = NULL;
    struct part *p = &w.parts[partition];
    memset(p, 0, sizeof(*p));
    int rc = bus_kafka_reader_open(&w.env, &r, err);
    if (rc == 0) {
        const struct bus_kafka_range range = {.topic = w.topics[3],
                                              .partition = partition,
                                              .from = -1,
                                              .compacted = true};
        rc = bus_kafka_read(r, &range, restore_one, p, &w.places[partition],
                            err);
    }
    bus_kafka_reader_close(r);
    return rc;
}

static void revoked(void *data, int lane, int32_t partition)
{
    (void)data;
    (void)lane;
    (void)partition;
}

static int put(struct bus_kafka_out *out,
               int32_t topic,
               const struct bus_kafka_msg *m,
               struct bus_strv value,
               struct bus_err *err)
{
    const struct bus_kafka_header h = {"ce_id", BUS_STRV("x")};
    const struct bus_kafka_put put = {.partition = m->partition,
                                      .key = m->key,
                                      .value = value,
                                      .headers = &h,
                                      .headers_count = topic == 0};
    return bus_kafka_out_put(out, topic, &put, err);
}

static int one(const struct bus_kafka_msg *m,
               struct bus_kafka_out *out,
               struct bus_err *err)
{
    int key = 0;
    int64_t seq = 0;
    char text[64];
    (void)bus_strv_copy(text, sizeof(text), m->value);
    if (sscanf(text, "%d %" SCNd64, &key, &seq) != 2) {
        return bus_fail(err, BUS_EBUG, "what is this?");
    }
    int64_t *last = &w.parts[m->partition].last[m->topic_index][key];
    if (seq != *last + 1) {
        (void)fprintf(stderr,
                      "%s[%d]@%" PRId64 ": key %d: %" PRId64 " after %" PRId64
                      "\n",
                      m->topic, (int)m->partition, m->offset, key, seq, *last);
        _exit(EXIT_WRONG);
    }
    *last = seq;
    char *state = bus_kafka_out_alloc(out, 64);
    int n =
        snprintf(state, 64, "%d %d %" PRId64, (int)m->topic_index, key, seq);
    bus_kafka_out_trim(out, 64 - (size_t)n);
    char *copy = bus_kafka_out_alloc(out, m->value.n + 2);
    copy[0] = (char)('0' + m->topic_index);
    copy[1] = ' ';
    memcpy(copy + 2, m->value.p, m->value.n);
    BUS_TRY(put(out, 0, m, (struct bus_strv){copy, m->value.n + 2}, err));
    BUS_TRY(put(out, 1, m, (struct bus_strv){state, (size_t)n}, err));
    return bus_kafka_out_done(out, err);
}

static int process(void *data,
                   int lane,
                   const struct bus_kafka_msg *msgs,
                   size_t n,
                   struct bus_kafka_out *out,
                   struct bus_err *err)
{
    (void)data;
    (void)lane;
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = one(&msgs[i], out, err);
    }
    long batch = __atomic_add_fetch(&w.batches, 1, __ATOMIC_RELAXED);
    if (batch == w.kill_at) {
        (void)usleep(100000); /* the records reach the broker */
        (void)raise(SIGKILL);
    }
    if (rc == 0 && batch == w.abort_at) {
        (void)usleep(100000);
        return bus_fail(err, BUS_EAGAIN, "as asked for");
    }
    while (w.stall) {
        (void)usleep(100000);
    }
    return rc;
}

static int committed(void *data,
                     int lane,
                     const struct bus_kafka_written *written,
                     size_t n,
                     struct bus_err *err)
{
    (void)data;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        w.places[written[i].partition] = written[i].next_offset;
    }
    for (int p = lane; p < PARTITIONS; p += 2) {
        memcpy(w.parts[p].saved, w.parts[p].last, sizeof(w.parts[p].last));
    }
    return 0;
}

static void aborted(void *data, int lane)
{
    (void)data;
    for (int p = lane; p < PARTITIONS; p += 2) {
        memcpy(w.parts[p].last, w.parts[p].saved, sizeof(w.parts[p].last));
    }
}

static void failed(void *data, const struct bus_err *err)
{
    (void)data;
    bus_run_loop_stop(w.loop, err);
}

static void drain(void *data)
{
    (void)data;
    bus_kafka_eos_close(w.eos, NULL, NULL);
}

static void changed(void *data, const struct bus_run_health_condition *c)
{
    (void)data;
    bus_log(BUS_LOG_INFO, c->holds ? "holds" : "does not hold",
            "condition=\"%s\" why=\"%s\"", c->name, c->why);
}

static int
open_all(const char *prefix, const char *instance, struct bus_err *err)
{
    static const struct bus_kafka_eos_ops ops = {assigned,  revoked, process,
                                                 committed, aborted, failed};
    static const char *const names[] = {"in1", "in2", "out", "state"};
    for (int i = 0; i < 4; i++) {
        (void)snprintf(w.topics[i], sizeof(w.topics[i]), "%s%s", prefix,
                       names[i]);
    }
    const char *const in[] = {w.topics[0], w.topics[1]};
    const struct bus_kafka_eos_output outs[] = {{w.topics[2], false},
                                                {w.topics[3], true}};
    static char group[128];
    (void)snprintf(group, sizeof(group), "%sgroup", prefix);
    static const char *kept_in[2];
    static struct bus_kafka_eos_output kept_out[2];
    memcpy(kept_in, in, sizeof(in));
    memcpy(kept_out, outs, sizeof(outs));
    const struct bus_kafka_eos_conf conf = {.group = group,
                                            .instance = instance,
                                            .topics = kept_in,
                                            .topics_count = 2,
                                            .outputs = kept_out,
                                            .outputs_count = 2,
                                            .lanes = 2,
                                            .batch_max = 500,
                                            .transaction_ms = 15000,
                                            .ops = &ops};
    return bus_kafka_eos_open(&w.env, &conf, &w.eos, err);
}

int main(int argc, char **argv)
{
    struct bus_err err = {0};
    if (argc < 4) {
        return BUS_EXIT_USAGE;
    }
    const char *fault = argc > 4 ? argv[4] : "";
    w.stall = strcmp(fault, "stall") == 0;
    if (sscanf(fault, "kill=%ld", &w.kill_at) != 1) {
        (void)sscanf(fault, "abort=%ld", &w.abort_at);
    }
    bus_run_health_init(&w.health, changed, NULL);
    const struct bus_run_loop_conf lc = {.drain_ms = 15000};
    if (bus_run_loop_new(&lc, &w.loop, &err) != 0) {
        return BUS_EXIT_FAULT;
    }
    bus_log_role_set("worker", argv[3]);
    w.kafka.bootstrap = argv[1];
    w.env = (struct bus_kafka_env){.loop = w.loop,
                                   .health = &w.health,
                                   .conf = &w.kafka,
                                   .client_id = "worker"};
    if (open_all(argv[2], argv[3], &err) != 0 ||
        bus_run_loop_on_drain(w.loop, drain, NULL, &err) != 0) {
        bus_log(BUS_LOG_ERROR, "cannot start", "err=\"%s\"", err.msg);
        return BUS_EXIT_FAULT;
    }
    int code = bus_run_loop_run(w.loop);
    if (bus_run_loop_why(w.loop) != NULL) {
        bus_log(BUS_LOG_ERROR, "stopped", "code=%s err=\"%s\"",
                bus_errc_name(bus_run_loop_why(w.loop)->code),
                bus_run_loop_why(w.loop)->msg);
    }
    if (code != BUS_EXIT_UNDRAINED) {
        bus_run_loop_free(w.loop);
    }
    return code;
}
