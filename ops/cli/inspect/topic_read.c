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
    int rc;
    if (range.topic == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "a name");
        goto done;
    }
    BUS_TRY_GOTO(rc, bus_kafka_admin_open(&env, &admin, err), done);
    BUS_TRY_GOTO(rc, bus_kafka_partitions(admin, range.topic, &partitions, err),
                 done);
    if (partitions == 0) {
        rc = bus_fail(err, BUS_EUNKNOWN, "no topic '%s'", range.topic);
        goto done;
    }
    BUS_TRY_GOTO(rc, bus_kafka_reader_open(&env, &reader, err), done);
    for (int32_t p = 0; p < partitions; p++) {
        range.partition = p;
        BUS_TRY_GOTO(rc, partition(q, reader, &range, err), done);
    }
done:
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
    BUS_TRY(bus_wire_unframe(value, &id, ret_body, err));
    const struct bus_wire_type *type = bus_role_types_by_id(id);
    if (type == NULL) {
        return bus_fail(err, BUS_EUNKNOWN, "schema id %u is not known", id);
    }
    BUS_TRY(bus_wire_type_ready(type, err));
    *ret = bus_wire_type_schema(type);
    return BUS_OK;
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

static int topic_print(struct bus_strv value,
                       bool facts,
                       struct bus_buf *out,
                       struct bus_err *err)
{
    const struct bus_wire_schema *schema = NULL;
    struct bus_strv body;
    BUS_TRY(cli_topic_schema(value, &schema, &body, err));
    return facts ? bus_wire_print_facts(schema, body, out, err)
                 : bus_wire_print(schema, body, true, out, err);
}

void cli_topic_show(struct bus_strv value, bool facts, struct bus_buf *out)
{
    struct bus_err err;
    size_t at = out->len;
    if (value.p == NULL) {
        bus_buf_puts(out, "null");
        return;
    }
    if (topic_print(value, facts, out, &err) != BUS_OK) {
        out->len = at;
        bus_buf_printf(out, "(%zu bytes: %s)", value.n, err.msg);
    }
}
