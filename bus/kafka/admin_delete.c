/* Taking topics away: for what was made for a show or a test. */
#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/admin_parts.h"

static int deleted(struct bus_kafka_admin *a, struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    int rc = kafka_admin_wait(a, RD_KAFKA_EVENT_DELETETOPICS_RESULT,
                              "delete topics", &ev, err);
    if (rc != BUS_OK) {
        return rc;
    }
    BUS_CHECK(ev != NULL);
    size_t n = 0;
    const rd_kafka_topic_result_t **r = rd_kafka_DeleteTopics_result_topics(
        rd_kafka_event_DeleteTopics_result(ev), &n);
    for (size_t i = 0; i < n && rc == BUS_OK; i++) {
        rd_kafka_resp_err_t e = rd_kafka_topic_result_error(r[i]);
        if (e != RD_KAFKA_RESP_ERR_NO_ERROR &&
            e != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
            rc = bus_fail(err, kafka_errc(e), "delete topic %s: %s",
                          rd_kafka_topic_result_name(r[i]),
                          rd_kafka_topic_result_error_string(r[i]));
        }
    }
    rd_kafka_event_destroy(ev);
    return rc;
}

int bus_kafka_topics_delete(struct bus_kafka_admin *a,
                            const struct bus_topic *topics,
                            size_t n,
                            struct bus_err *err)
{
    BUS_CHECK(a->rk != NULL && (topics != NULL || n == 0));
    rd_kafka_DeleteTopic_t **list =
        bus_calloc(n + 1, sizeof(rd_kafka_DeleteTopic_t *));
    if (list == NULL) {
        return bus_fail(err, BUS_ENOMEM, "topics to delete");
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = rd_kafka_DeleteTopic_new(topics[i].name);
    }
    rd_kafka_AdminOptions_t *o =
        rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_DELETETOPICS);
    (void)rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, NULL, 0);
    (void)rd_kafka_AdminOptions_set_operation_timeout(o, ADMIN_MS, NULL, 0);
    rd_kafka_DeleteTopics(a->rk, list, n, o, a->queue);
    rd_kafka_AdminOptions_destroy(o);
    int rc = deleted(a, err);
    rd_kafka_DeleteTopic_destroy_array(list, n);
    bus_free(list);
    return rc;
}
