/* Messages as the rooms above see them. */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/kafka/parts.h"

void kafka_msg_fill(struct bus_kafka_msg *m,
                    rd_kafka_message_t *raw,
                    struct kafka_topic_cache *cache,
                    const char *const *topics,
                    size_t topics_count)
{
    BUS_CHECK(raw->rkt != NULL);
    if (raw->rkt != cache->last) {
        const char *name = rd_kafka_topic_name(raw->rkt);
        cache->last = raw->rkt;
        cache->name = name;
        cache->index = -1;
        for (size_t i = 0; i < topics_count; i++) {
            if (strcmp(topics[i], name) == 0) {
                cache->name = topics[i];
                cache->index = (int32_t)i;
                break;
            }
        }
    }
    m->topic = cache->name;
    m->topic_index = cache->index;
    m->partition = raw->partition;
    m->offset = raw->offset;
    m->timestamp_ms = rd_kafka_message_timestamp(raw, NULL);
    m->key = (struct bus_strv){raw->key, raw->key_len};
    m->value = (struct bus_strv){raw->payload, raw->len};
    m->raw = raw;
}

int kafka_msg_error(const rd_kafka_message_t *raw, struct bus_err *err)
{
    const char *topic =
        raw->rkt != NULL ? rd_kafka_topic_name(raw->rkt) : "the group";
    if (raw->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        return 0;
    }
    enum bus_errc code = kafka_errc(raw->err);
    if (code == BUS_EGONE) {
        return bus_fail(err, code,
                        "%s[%d]: the offset to go on from is no longer kept; "
                        "nothing is skipped by itself (%.120s)",
                        topic, (int)raw->partition,
                        rd_kafka_message_errstr(raw));
    }
    if (bus_err_act(code) == BUS_ACT_STOP) {
        return bus_fail(err, code, "%s[%d]: %.200s", topic, (int)raw->partition,
                        rd_kafka_message_errstr(raw));
    }
    return 0; /* the library tries again by itself */
}

struct bus_strv bus_kafka_msg_header(const struct bus_kafka_msg *m,
                                     const char *name)
{
    rd_kafka_headers_t *list = NULL;
    const void *value = NULL;
    size_t n = 0;
    if (rd_kafka_message_headers(m->raw, &list) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(list, name, &value, &n) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
        return (struct bus_strv){NULL, 0};
    }
    return (struct bus_strv){value != NULL ? value : "", n};
}

size_t bus_kafka_msg_headers(const struct bus_kafka_msg *m,
                             struct bus_kafka_header *ret,
                             size_t max)
{
    BUS_CHECK(ret != NULL || max == 0);
    rd_kafka_headers_t *list = NULL;
    if (m->raw == NULL || /* made by hand */
        rd_kafka_message_headers(m->raw, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return 0;
    }
    size_t count = rd_kafka_header_cnt(list);
    for (size_t i = 0; i < count && i < max; i++) {
        const void *value = NULL;
        size_t n = 0;
        (void)rd_kafka_header_get_all(list, i, &ret[i].name, &value, &n);
        ret[i].value = (struct bus_strv){value, n};
    }
    return count;
}

/* MurmurHash2 as the Java client has it (org.apache.kafka.common.utils.Utils):
 * seed 0x9747b28c, then toPositive and modulo. */
int32_t bus_kafka_partition_of(struct bus_strv key, int32_t partitions)
{
    BUS_CHECK(partitions > 0);
    const uint32_t m = 0x5bd1e995;
    const unsigned char *p = (const unsigned char *)key.p;
    size_t n = key.n;
    uint32_t h = 0x9747b28cu ^ (uint32_t)n;
    while (n >= 4) {
        uint32_t k = (uint32_t)p[0] | (uint32_t)p[1] << 8 |
                     (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        k *= m;
        k ^= k >> 24;
        k *= m;
        h *= m;
        h ^= k;
        p += 4;
        n -= 4;
    }
    for (size_t i = n; i > 0; i--) {
        h ^= (uint32_t)p[i - 1] << (8 * (i - 1));
    }
    if (n > 0) {
        h *= m;
    }
    h ^= h >> 13;
    h *= m;
    h ^= h >> 15;
    return (int32_t)((h & 0x7fffffffu) % (uint32_t)partitions);
}
