#include "tests/live/kafka/scene.h"

#include "tests/lib/check.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/run/exit.h"

/* Not in the scene: a failed test jumps out of the frame that holds it. */
static struct
{
    struct bus_kafka_admin *admin;
    pid_t workers[SCENE_WORKERS]; /* 0: none */
} live;

const char *scene_bootstrap(void)
{
    const char *b = getenv("LIANOU_KAFKA");
    if (b == NULL || b[0] == '\0') {
        (void)fprintf(stderr, "skipped: LIANOU_KAFKA is not set\n");
        exit(77);
    }
    return b;
}

void scene_open(struct scene *s)
{
    static const char *const names[] = {"in1", "in2", "out", "state"};
    static int count;
    struct bus_err err;
    memset(s, 0, sizeof(*s));
    s->kafka.bootstrap = scene_bootstrap();
    s->env =
        (struct bus_kafka_env){.conf = &s->kafka, .client_id = "live-test"};
    (void)snprintf(s->prefix, sizeof(s->prefix), "live.%d.%" PRId64 ".%d.",
                   (int)getpid(), bus_clock_system.wall_ms(NULL), count++);
    struct bus_topic topics[4];
    for (int i = 0; i < 4; i++) {
        (void)snprintf(s->names[i], sizeof(s->names[i]), "%s%s", s->prefix,
                       names[i]);
        topics[i] =
            (struct bus_topic){s->names[i],
                               SCENE_PARTITIONS,
                               1,
                               i == 3 ? BUS_TOPIC_COMPACT : BUS_TOPIC_DELETE,
                               3600000,
                               NULL,
                               0};
    }
    assert_int_equal(bus_kafka_admin_open(&s->env, &s->admin, &err), 0);
    live.admin = s->admin;
    if (bus_kafka_topics_apply(s->admin, topics, 4, &err) != 0) {
        fail_msg("%s", err.msg);
    }
}

void scene_close(struct scene *s)
{
    bus_kafka_admin_close(s->admin);
    live.admin = NULL;
}

int scene_teardown(void **state)
{
    (void)state;
    for (int i = 0; i < SCENE_WORKERS; i++) {
        if (live.workers[i] > 0) {
            (void)kill(live.workers[i], SIGKILL);
            (void)waitpid(live.workers[i], NULL, 0);
            live.workers[i] = 0;
        }
    }
    bus_kafka_admin_close(live.admin);
    live.admin = NULL;
    return 0;
}

void scene_feed(struct scene *s, int n)
{
    char why[256], key[16], value[64];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", s->kafka.bootstrap, why,
                            sizeof(why));
    (void)rd_kafka_conf_set(conf, "enable.idempotence", "true", why,
                            sizeof(why));
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    assert_non_null(rk);
    for (int i = 0; i < n; i++) {
        for (int t = 0; t < 2; t++) {
            for (int k = 0; k < SCENE_KEYS; k++) {
                int kn = snprintf(key, sizeof(key), "k%d", k);
                struct bus_strv kv = {key, (size_t)kn};
                int vn = snprintf(value, sizeof(value), "%d %" PRId64, k,
                                  ++s->written[t][k]);
                rd_kafka_resp_err_t e = rd_kafka_producev(
                    rk, RD_KAFKA_V_TOPIC(s->names[t]),
                    RD_KAFKA_V_PARTITION(
                        bus_kafka_partition_of(kv, SCENE_PARTITIONS)),
                    RD_KAFKA_V_KEY(key, (size_t)kn),
                    RD_KAFKA_V_VALUE(value, (size_t)vn),
                    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY |
                                        RD_KAFKA_MSG_F_BLOCK),
                    RD_KAFKA_V_END);
                assert_int_equal(e, 0);
            }
        }
    }
    assert_int_equal(rd_kafka_flush(rk, 30000), 0);
    rd_kafka_destroy(rk);
}

pid_t scene_worker(struct scene *s, const char *instance, const char *fault)
{
    int slot = 0;
    while (slot < SCENE_WORKERS && live.workers[slot] != 0) {
        slot++;
    }
    assert_true(slot < SCENE_WORKERS);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl(LIVE_WORKER, LIVE_WORKER, s->kafka.bootstrap, s->prefix,
                    instance, fault, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    live.workers[slot] = pid;
    return pid;
}

static int64_t left(struct scene *s)
{
    char group[128];
    const char *const in[] = {s->names[0], s->names[1]};
    (void)snprintf(group, sizeof(group), "%sgroup", s->prefix);
    struct bus_arena mem;
    struct bus_kafka_lags lags = {0};
    struct bus_err err;
    bus_arena_init(&mem, 0, 0);
    const struct bus_kafka_lags_of of = {group, in, 2};
    int64_t n = 0;
    if (bus_kafka_lags(s->admin, &of, &mem, &lags, &err) != 0) {
        n = -1;
    }
    for (size_t i = 0; i < lags.n && n >= 0; i++) {
        int64_t from = lags.list[i].committed;
        n += lags.list[i].end - (from >= 0 ? from : lags.list[i].first);
    }
    bus_arena_fini(&mem);
    return n;
}

void scene_wait_done(struct scene *s, int seconds)
{
    int64_t n = 0, before = -1;
    for (int i = 0; i < seconds * 5; i++) {
        n = left(s);
        if (n == 0) {
            return;
        }
        i = n == before ? i : 0;
        before = n;
        (void)usleep(200000);
    }
    fail_msg("%" PRId64 " messages are left, none less for %d s", n, seconds);
}

static int ended(pid_t pid, int status)
{
    for (int i = 0; i < SCENE_WORKERS; i++) {
        live.workers[i] = live.workers[i] == pid ? 0 : live.workers[i];
    }
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

int scene_wait_exit(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return ended(pid, status);
}

static bool handles_sigterm(pid_t pid)
{
    char path[64], line[256];
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    uint64_t caught = 0;
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        (void)sscanf(line, "SigCgt: %" SCNx64, &caught);
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return (caught >> (SIGTERM - 1) & 1) != 0;
}

int scene_stop(pid_t pid)
{
    for (int i = 0; i < 500 && !handles_sigterm(pid); i++) {
        (void)usleep(20000);
    }
    assert_int_equal(kill(pid, SIGTERM), 0);
    return scene_wait_exit(pid);
}

pid_t scene_supervise(struct scene *s, const char *instance, int seconds)
{
    pid_t pid = scene_worker(s, instance, "");
    int64_t n = 0, before = -1;
    for (int i = 0; i < seconds * 5; i++) {
        int status = 0;
        if (waitpid(pid, &status, WNOHANG) == pid) {
            assert_int_equal(ended(pid, status), BUS_EXIT_FAULT);
            pid = scene_worker(s, instance, "");
        }
        n = left(s);
        if (n == 0) {
            return pid;
        }
        i = n == before ? i : 0;
        before = n;
        (void)usleep(200000);
    }
    fail_msg("%" PRId64 " messages are left, none less for %d s", n, seconds);
    return 0;
}

struct checking
{
    int64_t last[2][SCENE_KEYS];
    long wrong;
};

static int
check_one(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    (void)err;
    struct checking *c = data;
    int t = 0, k = 0;
    int64_t seq = 0;
    char text[64];
    (void)bus_strv_copy(text, sizeof(text), m->value);
    assert_int_equal(sscanf(text, "%d %d %" SCNd64, &t, &k, &seq), 3);
    if (seq != c->last[t][k] + 1) {
        c->wrong++;
    }
    c->last[t][k] = seq;
    assert_true(bus_strv_is(bus_kafka_msg_header(m, "ce_id"), "x"));
    return 0;
}

void scene_check(struct scene *s)
{
    struct bus_kafka_reader *r = NULL;
    struct checking c = {0};
    struct bus_err err;
    assert_int_equal(bus_kafka_reader_open(&s->env, &r, &err), 0);
    for (int32_t p = 0; p < SCENE_PARTITIONS; p++) {
        const struct bus_kafka_range range = {
            .topic = s->names[2], .partition = p, .from = -1};
        int64_t next = 0;
        if (bus_kafka_read(r, &range, check_one, &c, &next, &err) != 0) {
            fail_msg("%s", err.msg);
        }
    }
    bus_kafka_reader_close(r);
    assert_int_equal(c.wrong, 0);
    assert_memory_equal(c.last, s->written, sizeof(c.last));
}
