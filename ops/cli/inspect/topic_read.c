#include "ops/cli/inspect/topic_read.h"

#include <ctype.h>
#include <string.h>

#include "bus/kafka/admin.h"
#include "bus/role/types.h"
#include "bus/wire/framing.h"

#define WORD_BYTES  128
#define WORD_DIGITS 8 /* no number of a person or a telephone is so short */

const char *cli_topic_full(const struct bus_config *c,
                           struct bus_arena *mem,
                           const char *topic)
{
    return strncmp(topic, c->prefix, strlen(c->prefix)) == 0
               ? topic
               : bus_conf_topic(c, mem, topic, NULL);
}

static int partition(const struct topic_read *q,
                     struct bus_kafka_reader *r,
                     struct bus_kafka_range *range,
                     struct bus_err *err)
{
    int64_t ends[2], next;
    int rc = bus_kafka_ends(r, range->topic, range->partition, true, ends, err);
    if (rc != BUS_OK || ends[0] >= ends[1]) {
        return rc;
    }
    range->from = q->last == TOPIC_ALL || ends[1] - q->last <= ends[0]
                      ? ends[0]
                      : ends[1] - q->last;
    return bus_kafka_read(r, range, q->cb, q->data, &next, err);
}

int cli_topic_each(const struct topic_read *q, struct bus_err *err)
{
    struct bus_kafka_env env = {.conf = &q->config->kafka,
                                .client_id = "lianou-look"};
    struct bus_kafka_admin *admin = NULL;
    struct bus_kafka_reader *reader = NULL;
    struct bus_arena mem;
    int32_t partitions = 0;
    bus_arena_init(&mem, 0, 0);
    struct bus_kafka_range range = {
        .topic = cli_topic_full(q->config, &mem, q->topic), .compacted = true};
    int rc = range.topic == NULL ? bus_fail(err, BUS_ENOMEM, "a name")
                                 : bus_kafka_admin_open(&env, &admin, err);
    rc = rc ? rc : bus_kafka_partitions(admin, range.topic, &partitions, err);
    if (rc == BUS_OK && partitions == 0) {
        rc = bus_fail(err, BUS_EUNKNOWN, "no topic '%s'", range.topic);
    }
    rc = rc ? rc : bus_kafka_reader_open(&env, &reader, err);
    for (int32_t p = 0; rc == BUS_OK && p < partitions; p++) {
        range.partition = p;
        rc = partition(q, reader, &range, err);
    }
    bus_kafka_reader_close(reader);
    bus_kafka_admin_close(admin);
    bus_arena_fini(&mem);
    return rc;
}

int cli_topic_schema(struct bus_strv value,
                     const struct bus_wire_schema **ret,
                     struct bus_strv *ret_body,
                     struct bus_err *err)
{
    uint32_t id = 0;
    int rc = bus_wire_unframe(value, &id, ret_body, err);
    const struct bus_wire_type *type = rc ? NULL : bus_role_types_by_id(id);
    if (rc == BUS_OK && type == NULL) {
        rc = bus_fail(err, BUS_EUNKNOWN, "schema id %u is not known", id);
    }
    rc = rc ? rc : bus_wire_type_ready(type, err);
    if (rc == BUS_OK) {
        *ret = bus_wire_type_schema(type);
    }
    return rc;
}

bool cli_topic_is_word(struct bus_strv v)
{
    size_t digits = 0;
    for (size_t i = 0; i < v.n; i++) {
        bool digit = isdigit((unsigned char)v.p[i]);
        digits = digit ? digits + 1 : 0;
        if (digits > WORD_DIGITS || (!isalnum((unsigned char)v.p[i]) &&
                                     memchr("._/+:-", v.p[i], 6) == NULL)) {
            return false;
        }
    }
    return v.n > 0 && v.n <= WORD_BYTES;
}

void cli_topic_show(struct bus_strv value, struct bus_buf *out)
{
    const struct bus_wire_schema *schema = NULL;
    struct bus_strv body;
    struct bus_err err;
    size_t at = out->len;
    if (value.p == NULL) {
        bus_buf_puts(out, "null");
        return;
    }
    int rc = cli_topic_schema(value, &schema, &body, &err);
    rc = rc ? rc : bus_wire_print(schema, body, true, out, &err);
    if (rc != BUS_OK) {
        out->len = at;
        bus_buf_printf(out, "(%zu bytes: %s)", value.n, err.msg);
    }
}
