#include "tests/bench/clients.h"

#include <stdio.h>
#include <stdlib.h>

void die(const char *what)
{
    (void)fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *const (*pairs)[2])
{
    char why[256];
    rd_kafka_conf_t *c = rd_kafka_conf_new();
    const char *bootstrap = getenv("LIANOU_KAFKA");
    if (bootstrap == NULL ||
        rd_kafka_conf_set(c, "bootstrap.servers", bootstrap, why,
                          sizeof(why)) != RD_KAFKA_CONF_OK) {
        die("LIANOU_KAFKA is needed");
    }
    for (; (*pairs)[0] != NULL; pairs++) {
        if (rd_kafka_conf_set(c, (*pairs)[0], (*pairs)[1], why, sizeof(why)) !=
            RD_KAFKA_CONF_OK) {
            die(why);
        }
    }
    rd_kafka_t *rk = rd_kafka_new(type, c, why, sizeof(why));
    if (rk == NULL) {
        die(why);
    }
    return rk;
}

rd_kafka_t *producer(void)
{
    static const char *const pairs[][2] = {
        {"enable.idempotence", "true"},
        {"compression.codec", "lz4"},
        {"linger.ms", "2"},
        {"queue.buffering.max.messages", "1000000"},
        {"queue.buffering.max.kbytes", "524288"},
        {"delivery.report.only.error", "true"},
        {NULL, NULL}};
    return client(RD_KAFKA_PRODUCER, pairs);
}

rd_kafka_t *consumer(const char *group)
{
    const char *const pairs[][2] = {{"group.id", group},
                                    {"enable.auto.commit", "false"},
                                    {"queued.max.messages.kbytes", "16384"},
                                    {"isolation.level", "read_committed"},
                                    {"auto.offset.reset", "error"},
                                    {"enable.partition.eof", "true"},
                                    {NULL, NULL}};
    rd_kafka_t *c = client(RD_KAFKA_CONSUMER, pairs);
    (void)rd_kafka_poll_set_consumer(c);
    return c;
}

int partitions_of(rd_kafka_t *rk, const char *topic)
{
    const rd_kafka_metadata_t *md = NULL;
    rd_kafka_topic_t *t = rd_kafka_topic_new(rk, topic, NULL);
    if (t == NULL || rd_kafka_metadata(rk, 0, t, &md, 10000) != 0) {
        die("no metadata");
    }
    int n = md->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(md);
    rd_kafka_topic_destroy(t);
    return n;
}
