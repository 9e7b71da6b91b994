/* tap: what stands in a topic, decoded and masked. With --why the values of
 * facts are shown, and each record is a row of the reading log first. */
#include <getopt.h>
#include <stdio.h>

#include "bus/base/clock.h"
#include "bus/base/id.h"
#include "bus/web/readlog.h"
#include "ops/cli/inspect/topic_read.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

#define LAST_USUAL 5
#define LAST_MAX   1000
#define MARKERS    500 /* commit marks of transactions take offsets, too */

#define PLACE_BYTES 128

struct tap_line
{
    struct bus_buf text;
    char record[PLACE_BYTES]; /* whose: the household, or the place */
};
/* The last lines of the partition being read, in a ring. */
struct tap
{
    struct tool *tool;
    const char *topic, *why; /* why: NULL, facts are masked */
    struct tap_line lines[LAST_MAX];
    size_t keep, seen; /* keep 0: all, at once */
    int32_t partition;
};

/* Written down, then shown. */
static int tap_put(struct tap *t, struct tap_line *line, struct bus_err *err)
{
    const struct bus_web_read read = {.via = "lianou tap",
                                      .purpose = t->why,
                                      .record = line->record,
                                      .fields = t->topic};
    if (t->why != NULL) {
        BUS_TRY(cli_tool_note_why(t->tool, &read, err));
    }
    (void)fputs(bus_buf_cstr(&line->text), stdout);
    return ferror(stdout) ? bus_fail(err, BUS_EIO, "standard output") : BUS_OK;
}

static int tap_flush(struct tap *t, struct bus_err *err)
{
    size_t n = t->seen < t->keep ? t->seen : t->keep;
    for (size_t i = t->seen - n; i < t->seen; i++) {
        BUS_TRY(tap_put(t, &t->lines[i % t->keep], err));
    }
    t->seen = 0;
    return BUS_OK;
}

static void tap_write(const struct tap *t,
                      const struct bus_kafka_msg *m,
                      struct tap_line *line)
{
    char when[BUS_TIME_TEXT + 1];
    struct bus_strv type = bus_kafka_msg_header(m, "ce_type");
    struct bus_id id;
    bool whose = bus_id_parse(m->key, &id);
    struct bus_strv key =
        whose || cli_topic_is_word(m->key) ? m->key : BUS_STRV("-");
    type = cli_topic_is_word(type) ? type : BUS_STRV("-");
    if (whose) {
        (void)bus_strv_copy(line->record, sizeof(line->record), m->key);
    } else {
        (void)snprintf(line->record, sizeof(line->record), "%.64s/%d/%lld",
                       t->topic, m->partition, (long long)m->offset);
    }
    bus_buf_clear(&line->text);
    bus_buf_printf(&line->text, "%d/%lld %s %.*s %.*s\n  ", m->partition,
                   (long long)m->offset, bus_time_text(m->timestamp_ms, when),
                   BUS_STRV_ARG(key), BUS_STRV_ARG(type));
    cli_topic_show(m->value, t->why != NULL, &line->text);
    bus_buf_putc(&line->text, '\n');
}

static int
tap_show(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct tap *t = data;
    if (m->partition != t->partition) {
        BUS_TRY(tap_flush(t, err));
        t->partition = m->partition;
    }
    struct tap_line *line = &t->lines[t->keep > 0 ? t->seen % t->keep : 0];
    t->seen++;
    tap_write(t, m, line);
    return t->keep == 0 ? tap_put(t, line, err) : BUS_OK;
}

static int tap_read(struct tap *tap, int64_t last, struct bus_err *err)
{
    BUS_TRY(cli_tool_open(tap->tool, err));
    const struct topic_read q = {.config = &tap->tool->config,
                                 .topic = tap->topic,
                                 .last = last == TOPIC_ALL ? TOPIC_ALL
                                                           : last + MARKERS,
                                 .cb = tap_show,
                                 .data = tap};
    BUS_TRY(cli_topic_each(&q, err));
    return tap->keep > 0 ? tap_flush(tap, err) : BUS_OK;
}

static int tap_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"from", no_argument, NULL, 'f'},
        {"why", required_argument, NULL, 'w'},
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
        } else if (o == 'w') {
            tap.why = optarg;
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
    tap.tool = &tool;
    tap.topic = argv[optind];
    int rc = tap_read(&tap, last, &err);
    for (size_t i = 0; i < LAST_MAX; i++) {
        bus_buf_fini(&tap.lines[i].text);
    }
    return cli_tool_close(&tool, "tap", rc, &err);
}

const struct lianou_command lianou_cmd_tap = {
    .name = "tap",
    .usage = "TOPIC [-n N | --from] [--why TEXT] [--config DIR]",
    .summary = "the last records of each partition, decoded and masked; facts "
               "with --why, which is written down",
    .summary_zh = "查看主题内容(已脱敏)",
    .group = 4,
    .run = tap_run,
};
