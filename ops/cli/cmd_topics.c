#include <stdio.h>

#include "bus/kafka/admin.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

extern const struct lianou_command lianou_cmd_topics;

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

static int topics_do(struct tool *t, bool apply, struct bus_err *err)
{
    struct bus_topic *topics = NULL;
    struct bus_kafka_plan plan = {0};
    struct bus_kafka_admin *admin = NULL;
    size_t n = 0;
    struct bus_kafka_env env = {.conf = &t->config.kafka,
                                .client_id = "lianou-admin"};
    int rc;
    BUS_TRY(cli_tool_open(t, err));
    BUS_TRY(bus_conf_topics(&t->config, &t->mem, &topics, &n, err));
    BUS_TRY(bus_kafka_admin_open(&env, &admin, err));
    BUS_TRY_GOTO(
        rc, bus_kafka_topics_plan(admin, topics, n, &t->mem, &plan, err), done);
    topics_show(plan.list, plan.n);
    if (apply && plan.n > 0) {
        BUS_TRY_GOTO(rc, bus_kafka_topics_apply(admin, topics, n, err), done);
        (void)printf("applied\n");
    }
done:
    bus_kafka_admin_close(admin);
    return rc;
}

static int topics_run(int argc, char **argv)
{
    static const char *const words[] = {"plan", "apply", NULL};
    struct tool t = {0};
    struct bus_err err = {0};
    int what = cli_tool_word(&t, &lianou_cmd_topics, words, argc, argv);
    return what < 0 ? LIANOU_USAGE
                    : cli_tool_close(&t, "topics",
                                     topics_do(&t, what == 1, &err), &err);
}

const struct lianou_command lianou_cmd_topics = {
    .name = "topics",
    .usage = "plan|apply [--config DIR]",
    .summary = "make Kafka's topics match bus-config/",
    .summary_zh = "按配置核对或建立主题",
    .group = 3,
    .run = topics_run,
};
