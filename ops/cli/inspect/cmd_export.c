/* export: a topic as one Avro file, masked, for tools that know nothing of us.
 * With --why the values of facts are in it; the read of the whole topic is a
 * row of the reading log first, and an alarm of `lianou audit`. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/role/types.h"
#include "bus/web/readlog.h"
#include "bus/wire/framing.h"
#include "ops/cli/inspect/avro_file.h"
#include "ops/cli/inspect/topic_read.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

#define RECORD_BYTES_MAX (64u << 20) /* of one record, decoded */
#define TOLD_MAX         20          /* unreadable ones told one by one */

struct export
{
    struct avro_file *file;
    const struct bus_wire_type *type;
    const char *why; /* NULL: facts are masked */
    struct bus_arena mem;
    uint64_t written, tombstones, unreadable;
};

static int export_mask(struct export *x,
                       struct bus_strv value,
                       struct bus_strv *ret,
                       struct bus_err *err)
{
    struct bus_strv body;
    uint32_t id = 0;
    void *record = NULL;
    BUS_TRY(bus_wire_unframe(value, &id, &body, err));
    if (id != x->type->id) {
        return bus_fail(err, BUS_EUNKNOWN, "schema id %u; this topic's is %u",
                        id, x->type->id);
    }
    BUS_TRY(bus_wire_decode_own(x->type, body, &x->mem, &record, err));
    BUS_TRY(x->why != NULL
                ? bus_wire_mask_but_facts(x->type, record, &x->mem, err)
                : bus_wire_mask(x->type, record, &x->mem, err));
    return bus_wire_encode_arena(x->type, record, &x->mem, ret, err);
}

/* What cannot be read is said and counted; the rest is exported. */
static int
export_take(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct export *x = data;
    struct bus_strv bytes;
    if (m->value.p == NULL) {
        x->tombstones++;
        return BUS_OK;
    }
    bus_arena_reset(&x->mem);
    if (export_mask(x, m->value, &bytes, err) != BUS_OK) {
        if (++x->unreadable <= TOLD_MAX) {
            (void)fprintf(stderr, "left out: %d/%lld: %s\n", m->partition,
                          (long long)m->offset, err->msg);
        }
        return BUS_OK;
    }
    BUS_TRY(cli_avro_file_put(x->file, bytes, err));
    x->written++;
    return BUS_OK;
}

static int open_file(struct export *x,
                     const struct bus_config *c,
                     const char *topic,
                     const char *path,
                     const char *codec,
                     struct bus_err *err)
{
    size_t prefix = strncmp(topic, c->prefix, strlen(c->prefix)) == 0
                        ? strlen(c->prefix)
                        : 0;
    struct bus_buf json = {0};
    x->type = bus_role_types_of_topic(bus_strv(topic + prefix));
    if (x->type == NULL) {
        return bus_fail(err, BUS_EUSAGE, "'%s' is no topic of the bus", topic);
    }
    BUS_TRY(bus_wire_type_ready(x->type, err));
    int rc;
    BUS_TRY_GOTO(
        rc, bus_wire_schema_json(bus_wire_type_schema(x->type), &json, err),
        done);
    rc = cli_avro_file_new(path, bus_buf_view(&json), codec, &x->file, err);
done:
    bus_buf_fini(&json);
    return rc;
}

static int export_copy(struct export *x,
                       struct tool *tool,
                       const char *topic,
                       const char *path,
                       const char *codec,
                       struct bus_err *err)
{
    BUS_TRY(open_file(x, &tool->config, topic, path, codec, err));
    const struct topic_read q = {.config = &tool->config,
                                 .topic = topic,
                                 .last = TOPIC_ALL,
                                 .cb = export_take,
                                 .data = x};
    return cli_topic_each(&q, err);
}

/* A file that is not whole is taken away; what failed first is told. */
static int export_file(struct export *x,
                       struct tool *tool,
                       const char *topic,
                       const char *path,
                       const char *codec,
                       struct bus_err *err)
{
    int rc = export_copy(x, tool, topic, path, codec, err);
    if (rc != BUS_OK) {
        int gone = cli_avro_file_end(x->file, false, NULL);
        (void)gone;
        return rc;
    }
    return cli_avro_file_end(x->file, true, err);
}

static int cmd_export_run(struct tool *tool,
                          const char *topic,
                          const char *path,
                          const char *codec,
                          const char *why,
                          struct bus_err *err)
{
    struct export x = {.why = why};
    const struct bus_web_read read = {.via = "lianou export",
                                      .purpose = why,
                                      .record = topic,
                                      .fields = "all records"};
    BUS_TRY(cli_tool_open(tool, err));
    if (why != NULL) {
        BUS_TRY(cli_tool_note_why(tool, &read, err));
    }
    bus_arena_init(&x.mem, 0, RECORD_BYTES_MAX);
    int rc = export_file(&x, tool, topic, path, codec, err);
    bus_arena_fini(&x.mem);
    if (rc != BUS_OK) {
        return rc;
    }
    (void)printf("%llu records of %s in %s, personal fields masked%s; "
                 "%llu tombstones, %llu left out\n",
                 (unsigned long long)x.written, topic, path,
                 why != NULL ? " but facts" : "",
                 (unsigned long long)x.tombstones,
                 (unsigned long long)x.unreadable);
    return x.unreadable == 0
               ? BUS_OK
               : bus_fail(err, BUS_EPARSE,
                          "%llu records cannot be read and are not in the file",
                          (unsigned long long)x.unreadable);
}

static int export_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"codec", required_argument, NULL, 'z'},
        {"why", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };
    struct tool tool = {0};
    struct bus_err err;
    const char *codec = "deflate", *why = NULL;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            tool.folder = optarg;
        } else if (o == 'z' && (strcmp(optarg, "deflate") == 0 ||
                                strcmp(optarg, "null") == 0)) {
            codec = optarg;
        } else if (o == 'w') {
            why = optarg;
        } else {
            return LIANOU_USAGE;
        }
    }
    if (optind + 2 != argc) {
        (void)fprintf(stderr, "lianou export: which topic, into which file?\n");
        return LIANOU_USAGE;
    }
    int rc =
        cmd_export_run(&tool, argv[optind], argv[optind + 1], codec, why, &err);
    return cli_tool_close(&tool, "export", rc, &err);
}

const struct lianou_command lianou_cmd_export = {
    .name = "export",
    .usage = "TOPIC FILE.avro [--codec deflate|null] [--why TEXT] "
             "[--config DIR]",
    .summary = "a topic as an Avro object container file, masked; facts with "
               "--why, which is written down",
    .summary_zh = "导出主题为Avro文件(已脱敏)",
    .group = 4,
    .run = export_run,
};
