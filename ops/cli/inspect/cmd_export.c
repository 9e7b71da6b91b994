/* export: a topic as one Avro file, masked, for tools that know nothing of us.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/role/types.h"
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
    struct bus_arena mem;
    uint64_t written, tombstones, unreadable;
};

static int mask_and_put(struct export *x,
                        struct bus_strv body,
                        struct bus_err *err,
                        bool *fatal)
{
    void *record = NULL;
    struct bus_strv bytes;
    int rc = bus_wire_decode_own(x->type, body, &x->mem, &record, err);
    rc = rc ? rc : bus_wire_mask(x->type, record, &x->mem, err);
    rc = rc ? rc : bus_wire_encode_arena(x->type, record, &x->mem, &bytes, err);
    if (rc == BUS_OK) {
        rc = cli_avro_file_put(x->file, bytes, err);
        *fatal = rc != BUS_OK;
        x->written += rc == BUS_OK;
    }
    return rc;
}

/* What cannot be read is said and counted; the rest is exported. */
static int
export_take(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct export *x = data;
    struct bus_strv body;
    uint32_t id = 0;
    bool fatal = false;
    if (m->value.p == NULL) {
        x->tombstones++;
        return BUS_OK;
    }
    bus_arena_reset(&x->mem);
    int rc = bus_wire_unframe(m->value, &id, &body, err);
    if (rc == BUS_OK && id != x->type->id) {
        rc = bus_fail(err, BUS_EUNKNOWN, "schema id %u; this topic's is %u", id,
                      x->type->id);
    }
    rc = rc ? rc : mask_and_put(x, body, err, &fatal);
    if (rc == BUS_OK || fatal) {
        return rc;
    }
    if (++x->unreadable <= TOLD_MAX) {
        (void)fprintf(stderr, "left out: %d/%lld: %s\n", m->partition,
                      (long long)m->offset, err->msg);
    }
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
    int rc = bus_wire_type_ready(x->type, err);
    rc = rc ? rc
            : bus_wire_schema_json(bus_wire_type_schema(x->type), &json, err);
    rc =
        rc ? rc
           : cli_avro_file_new(path, bus_buf_view(&json), codec, &x->file, err);
    bus_buf_fini(&json);
    return rc;
}

static int cmd_export_run(struct tool *tool,
                          const char *topic,
                          const char *path,
                          const char *codec,
                          struct bus_err *err)
{
    struct export x = {0};
    bus_arena_init(&x.mem, 0, RECORD_BYTES_MAX);
    int rc = open_file(&x, &tool->config, topic, path, codec, err);
    struct topic_read q = {.config = &tool->config,
                           .topic = topic,
                           .last = TOPIC_ALL,
                           .cb = export_take,
                           .data = &x};
    rc = rc ? rc : cli_topic_each(&q, err);
    struct bus_err second;
    int end = cli_avro_file_end(x.file, rc == BUS_OK, rc ? &second : err);
    rc = rc ? rc : end;
    bus_arena_fini(&x.mem);
    if (rc != BUS_OK) {
        return rc;
    }
    (void)printf("%llu records of %s in %s, personal fields masked; "
                 "%llu tombstones, %llu left out\n",
                 (unsigned long long)x.written, topic, path,
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
        {NULL, 0, NULL, 0},
    };
    struct tool tool = {0};
    struct bus_err err;
    const char *codec = "deflate";
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            tool.folder = optarg;
        } else if (o == 'z' && (strcmp(optarg, "deflate") == 0 ||
                                strcmp(optarg, "null") == 0)) {
            codec = optarg;
        } else {
            return LIANOU_USAGE;
        }
    }
    if (optind + 2 != argc) {
        (void)fprintf(stderr, "lianou export: which topic, into which file?\n");
        return LIANOU_USAGE;
    }
    int rc = cli_tool_open(&tool, &err);
    rc =
        rc ? rc
           : cmd_export_run(&tool, argv[optind], argv[optind + 1], codec, &err);
    return cli_tool_close(&tool, "export", rc, &err);
}

const struct lianou_command lianou_cmd_export = {
    .name = "export",
    .usage = "TOPIC FILE.avro [--codec deflate|null] [--config DIR]",
    .summary = "a topic as an Avro object container file, masked",
    .summary_zh = "导出主题为Avro文件(已脱敏)",
    .group = 4,
    .run = export_run,
};
