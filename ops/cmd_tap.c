/* tap: what stands in a topic, decoded and masked. */
#include <getopt.h>
#include <stdio.h>

#include "bus/base/clock.h"
#include "ops/lianou.h"
#include "ops/tool.h"
#include "ops/topic_read.h"

#define LAST_USUAL 5

struct tap
{
    struct bus_buf line;
    uint64_t shown;
};

static int show(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct tap *t = data;
    char when[BUS_TIME_TEXT + 1];
    struct bus_strv type = bus_kafka_msg_header(m, "ce_type");
    bus_buf_clear(&t->line);
    topic_show(m->value, &t->line);
    (void)printf("%d/%lld %s %.*s %.*s\n  %s\n", m->partition,
                 (long long)m->offset, bus_time_text(m->timestamp_ms, when),
                 BUS_STRV_ARG(m->key), BUS_STRV_ARG(type),
                 bus_buf_cstr(&t->line));
    t->shown++;
    return ferror(stdout) ? bus_fail(err, BUS_EIO, "standard output") : BUS_OK;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"from", no_argument, NULL, 'f'},
        {NULL, 0, NULL, 0},
    };
    struct tool tool = {0};
    struct tap tap = {0};
    struct bus_err err;
    int64_t last = LAST_USUAL;
    for (int o; (o = getopt_long(argc, argv, "n:", options, NULL)) != -1;) {
        if (o == 'c') {
            tool.folder = optarg;
        } else if (o == 'f') {
            last = TOPIC_ALL;
        } else if (o != 'n' || !bus_strv_to_i64(bus_strv(optarg), &last) ||
                   last < 1) {
            return LIANOU_USAGE;
        }
    }
    if (optind + 1 != argc) {
        (void)fprintf(stderr, "lianou tap: which topic?\n");
        return LIANOU_USAGE;
    }
    int rc = tool_open(&tool, &err);
    struct topic_read q = {.config = &tool.config,
                           .topic = argv[optind],
                           .last = last,
                           .cb = show,
                           .data = &tap};
    rc = rc ? rc : topic_each(&q, &err);
    bus_buf_fini(&tap.line);
    return tool_close(&tool, "tap", rc, &err);
}

const struct lianou_command lianou_cmd_tap = {
    .name = "tap",
    .usage = "TOPIC [-n N | --from] [--config DIR]",
    .summary = "the last records of each partition, decoded and masked",
    .summary_zh = "查看主题内容(已脱敏)",
    .group = 4,
    .run = run,
};
