/* broker: the embedded broker, for showing. In memory, gone with the process;
 * it only pretends transactions. */
#include <getopt.h>
#include <stdio.h>

#include "bus/base/log.h"
#include "bus/kafka/embedded.h"
#include "bus/role/frame.h"
#include "ops/cli/lianou.h"

struct broker_show
{
    struct bus_arena mem;
    struct bus_run_loop *loop;
    struct bus_kafka_embedded *broker;
};

static int broker_start(struct broker_show *b,
                        const struct bus_config *c,
                        const char *file,
                        struct bus_err *err)
{
    const struct bus_run_loop_conf conf = {0};
    struct bus_topic *topics = NULL;
    size_t n = 0;
    BUS_TRY(bus_run_loop_new(&conf, &b->loop, err));
    BUS_TRY(bus_conf_topics(c, &b->mem, &topics, &n, err));
    BUS_TRY(bus_kafka_embedded_start(topics, n, file, &b->broker, err));
    bus_log(BUS_LOG_INFO, "embedded broker, for showing only",
            "bootstrap=%s topics=%zu", bus_kafka_embedded_bootstrap(b->broker),
            n);
    return BUS_OK;
}

static int broker_serve(const struct bus_config *c, const char *file)
{
    struct broker_show b = {0};
    struct bus_err err;
    bus_arena_init(&b.mem, 0, 0);
    bus_log_role_set("broker", NULL);
    int rc = broker_start(&b, c, file, &err);
    if (rc == BUS_OK) {
        rc = bus_run_loop_run(b.loop);
    } else {
        bus_log(BUS_LOG_ERROR, "cannot start", "err=\"%s\"", err.msg);
        rc = LIANOU_FAILED;
    }
    bus_kafka_embedded_stop(b.broker);
    bus_run_loop_free(b.loop);
    bus_arena_fini(&b.mem);
    return rc;
}

static int broker_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"file", required_argument, NULL, 'f'},
        {NULL, 0, NULL, 0}};
    const char *folder = NULL, *file = NULL;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            folder = optarg;
        } else if (o == 'f') {
            file = optarg;
        } else {
            return LIANOU_USAGE;
        }
    }
    struct bus_config config;
    struct bus_arena mem;
    struct bus_faults faults;
    struct bus_err err;
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    int rc = bus_conf_open(&config, lianou_config_dir(folder), &faults, &err);
    if (rc == BUS_OK) {
        rc = broker_serve(&config, file);
    } else {
        (void)fprintf(stderr, "lianou broker: %s\n", err.msg);
    }
    bus_conf_close(&config);
    bus_arena_fini(&mem);
    return rc;
}

const struct lianou_command lianou_cmd_broker = {
    .name = "broker",
    .usage = "[--file F] [--config DIR]",
    .summary = "the embedded broker, for showing only",
    .summary_zh = "内嵌消息代理(仅供演示)",
    .group = 3,
    .run = broker_run,
};
