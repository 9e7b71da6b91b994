/* The library's errors as ours: what to do about them. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/kafka/parts.h"

enum bus_errc kafka_errc(rd_kafka_resp_err_t e)
{
    /* Not an exhaustive switch: the library has some 150 codes. */
    if (e == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return BUS_OK;
    }
    if (e == RD_KAFKA_RESP_ERR__FENCED ||
        e == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
        e == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
        e == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
        return BUS_EFENCED;
    }
    if (e == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE ||
        e == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        return BUS_EGONE;
    }
    if (e == RD_KAFKA_RESP_ERR__TIMED_OUT ||
        e == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
        return BUS_ETIMEOUT;
    }
    if (e == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        return BUS_ETOOBIG;
    }
    if (e == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return BUS_EFULL;
    }
    if (e == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
        e == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
        e == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED ||
        e == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
        e == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
        e == RD_KAFKA_RESP_ERR__INVALID_ARG ||
        e == RD_KAFKA_RESP_ERR_INVALID_CONFIG ||
        e == RD_KAFKA_RESP_ERR_POLICY_VIOLATION ||
        e == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR) {
        return BUS_ECONFIG;
    }
    return BUS_EAWAY;
}

int kafka_fail(struct bus_err *err, rd_kafka_resp_err_t e, const char *what)
{
    return bus_fail(err, kafka_errc(e), "%s: %s", what, rd_kafka_err2str(e));
}

int kafka_fail_error(struct bus_err *err, rd_kafka_error_t *e, const char *what)
{
    BUS_CHECK(e != NULL);
    int rc = bus_fail(err, kafka_errc(rd_kafka_error_code(e)), "%s: %s", what,
                      rd_kafka_error_string(e));
    rd_kafka_error_destroy(e);
    return rc;
}

static const rd_kafka_metadata_topic_t *fail_find(const rd_kafka_metadata_t *md,
                                                  const char *topic)
{
    for (int i = 0; i < md->topic_cnt; i++) {
        if (strcmp(md->topics[i].topic, topic) == 0) {
            return &md->topics[i];
        }
    }
    return NULL;
}

int kafka_topics_there(rd_kafka_t *rk,
                       const char *const *topics,
                       size_t n,
                       bool same_partitions,
                       struct bus_err *err)
{
    BUS_CHECK(n == 0 || topics != NULL);
    const rd_kafka_metadata_t *md = NULL;
    rd_kafka_resp_err_t e = rd_kafka_metadata(rk, 1, NULL, &md, KAFKA_CALL_MS);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return bus_fail(err, BUS_EAWAY, "no broker answers: %s",
                        rd_kafka_err2str(e));
    }
    int rc = 0;
    int count = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        const rd_kafka_metadata_topic_t *t = fail_find(md, topics[i]);
        if (t == NULL || t->err != RD_KAFKA_RESP_ERR_NO_ERROR ||
            t->partition_cnt == 0) {
            rc = bus_fail(err, BUS_EAWAY,
                          "topic %s is not there (lianou topics apply)",
                          topics[i]);
        } else if (same_partitions && i > 0 && t->partition_cnt != count) {
            rc = bus_fail(err, BUS_ECONFIG,
                          "topic %s has %d partitions, %s has %d: a household "
                          "must have the same one in both",
                          topics[i], t->partition_cnt, topics[i - 1], count);
        } else {
            count = t->partition_cnt;
        }
    }
    rd_kafka_metadata_destroy(md);
    return rc;
}
