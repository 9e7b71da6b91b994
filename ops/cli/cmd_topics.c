#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/kafka/admin.h"
#include "bus/role/frame.h"
#include "ops/cli/lianou.h"

static void topics_show(const struct bus_kafka_change *ch, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (ch[i].kind == BUS_KAFKA_TOPIC_CREATE) {
            (void)printf("+ %s\n", ch[i].topic);
        } else {
            (void)printf("%c %s: %s is %s, should be %s\n",
                         ch[i].kind == BUS_KAFKA_TOPIC_CONFIG ? '~' : '!',
                         ch[i].topic, ch[i].what, ch[i].is, ch[i].want);
        }
    }
    (void)printf("%zu differences\n", n);
}

static int
topics_work(const struct bus_config *c, bool apply, struct bus_err *err)
{
    struct bus_arena mem;
    struct bus_topic *topics = NULL;
    struct bus_kafka_plan plan = {0};
    struct bus_kafka_admin *admin = NULL;
    size_t n = 0;
    struct bus_kafka_env env = {.conf = &c->kafka, .client_id = "lianou-admin"};
    int rc;
    bus_arena_init(&mem, 0, 0);
    BUS_TRY_GOTO(rc, bus_conf_topics(c, &mem, &topics, &n, err), done);
    BUS_TRY_GOTO(rc, bus_kafka_admin_open(&env, &admin, err), done);
    BUS_TRY_GOTO(rc, bus_kafka_topics_plan(admin, topics, n, &mem, &plan, err),
                 done);
    topics_show(plan.list, plan.n);
    if (apply && plan.n > 0) {
        BUS_TRY_GOTO(rc, bus_kafka_topics_apply(admin, topics, n, err), done);
        (void)printf("applied\n");
    }
done:
    bus_kafka_admin_close(admin);
    bus_arena_fini(&mem);
    return rc;
}

static int topics_do(const char *folder, bool apply, struct bus_err *err)
{
    struct bus_config config;
    struct bus_arena mem;
    struct bus_faults faults;
    int rc;
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    BUS_TRY_GOTO(
        rc, bus_conf_open(&config, lianou_config_dir(folder), &faults, err),
        done);
    rc = topics_work(&config, apply, err);
done:
    bus_conf_close(&config);
    bus_arena_fini(&mem);
    return rc;
}

static int topics_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    const char *folder = NULL;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o != 'c') {
            return LIANOU_USAGE;
        }
        folder = optarg;
    }
    const char *what = optind < argc ? argv[optind] : "";
    bool apply = strcmp(what, "apply") == 0;
    if (!apply && strcmp(what, "plan") != 0) {
        (void)fprintf(stderr, "lianou topics: plan or apply?\n");
        return LIANOU_USAGE;
    }
    struct bus_err err;
    int rc = topics_do(folder, apply, &err);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou topics: %s\n", err.msg);
    }
    return rc == BUS_OK      ? LIANOU_WELL
           : rc == BUS_EAWAY ? LIANOU_AWAY
                             : LIANOU_FAILED;
}

const struct lianou_command lianou_cmd_topics = {
    .name = "topics",
    .usage = "plan|apply [--config DIR]",
    .summary = "make Kafka's topics match bus-config/",
    .summary_zh = "按配置核对或建立主题",
    .group = 3,
    .run = topics_run,
};
