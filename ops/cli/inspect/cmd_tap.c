/* tap: what stands in a topic, decoded and masked. */
#include <getopt.h>
#include <stdio.h>

#include "bus/base/clock.h"
#include "bus/base/id.h"
#include "ops/cli/inspect/topic_read.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

#define LAST_USUAL 5
#define LAST_MAX   1000
#define MARKERS    500 /* commit marks of transactions take offsets, too */

/* The last lines of the partition being read, in a ring. */
struct tap
{
    struct bus_buf lines[LAST_MAX];
    size_t keep, seen; /* keep 0: all, at once */
    int32_t partition;
};

static void tap_flush(struct tap *t)
{
    size_t n = t->seen < t->keep ? t->seen : t->keep;
    for (size_t i = t->seen - n; i < t->seen; i++) {
        (void)fputs(bus_buf_cstr(&t->lines[i % t->keep]), stdout);
    }
    t->seen = 0;
}

static int
tap_show(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct tap *t = data;
    char when[BUS_TIME_TEXT + 1];
    struct bus_strv type = bus_kafka_msg_header(m, "ce_type");
    if (m->partition != t->partition) {
        tap_flush(t);
        t->partition = m->partition;
    }
    struct bus_buf *line = &t->lines[t->keep > 0 ? t->seen % t->keep : 0];
    t->seen++;
    bus_buf_clear(line);
    struct bus_id id;
    struct bus_strv key = bus_id_parse(m->key, &id) || cli_topic_is_word(m->key)
                              ? m->key
                              : BUS_STRV("-");
    type = cli_topic_is_word(type) ? type : BUS_STRV("-");
    bus_buf_printf(line, "%d/%lld %s %.*s %.*s\n  ", m->partition,
                   (long long)m->offset, bus_time_text(m->timestamp_ms, when),
                   BUS_STRV_ARG(key), BUS_STRV_ARG(type));
    cli_topic_show(m->value, line);
    bus_buf_putc(line, '\n');
    if (t->keep == 0) {
        (void)fputs(bus_buf_cstr(line), stdout);
    }
    return ferror(stdout) ? bus_fail(err, BUS_EIO, "standard output") : BUS_OK;
}

static int tap_read(struct tap *tap,
                    struct tool *tool,
                    const char *topic,
                    int64_t last,
                    struct bus_err *err)
{
    BUS_TRY(cli_tool_open(tool, err));
    const struct topic_read q = {.config = &tool->config,
                                 .topic = topic,
                                 .last = last == TOPIC_ALL ? TOPIC_ALL
                                                           : last + MARKERS,
                                 .cb = tap_show,
                                 .data = tap};
    return cli_topic_each(&q, err);
}

static int tap_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"from", no_argument, NULL, 'f'},
        {NULL, 0, NULL, 0},
    };
    struct tool tool = {0};
    static struct tap tap; /* too big for the stack */
    struct bus_err err;
    int64_t last = LAST_USUAL;
    for (int o; (o = getopt_long(argc, argv, "n:", options, NULL)) != -1;) {
        if (o == 'c') {
            tool.folder = optarg;
        } else if (o == 'f') {
            last = TOPIC_ALL;
        } else if (o != 'n' || !bus_strv_to_i64(bus_strv(optarg), &last) ||
                   last < 1 || last > LAST_MAX) {
            return LIANOU_USAGE;
        }
    }
    if (optind + 1 != argc) {
        (void)fprintf(stderr, "lianou tap: which topic?\n");
        return LIANOU_USAGE;
    }
    tap.keep = last == TOPIC_ALL ? 0 : (size_t)last;
    int rc = tap_read(&tap, &tool, argv[optind], last, &err);
    if (tap.keep > 0) {
        tap_flush(&tap);
    }
    for (size_t i = 0; i < LAST_MAX; i++) {
        bus_buf_fini(&tap.lines[i]);
    }
    return cli_tool_close(&tool, "tap", rc, &err);
}

const struct lianou_command lianou_cmd_tap = {
    .name = "tap",
    .usage = "TOPIC [-n N | --from] [--config DIR]",
    .summary = "the last records of each partition, decoded and masked",
    .summary_zh = "查看主题内容(已脱敏)",
    .group = 4,
    .run = tap_run,
};
