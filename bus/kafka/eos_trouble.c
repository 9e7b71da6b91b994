/* Was every request of a transaction answered?
 *
 * One that was not may still be on its way: the broker takes it whenever it
 * arrives, and a late EndTxn, AddPartitionsToTxn or TxnOffsetCommit then ends,
 * begins or moves the NEXT transaction of the same producer epoch, half-way
 * (KIP-890; this library does not bump the epoch). The library asks again on
 * a new connection and reports success, so its calls tell nothing.
 *
 * - every request that is written to a socket and changes a transaction is
 *   counted, and every answer to one that arrives
 * - not equal once a transaction has ended: the producer is destroyed and made
 *   anew before the next begins (its initialisation bumps the epoch, and what
 *   comes late meets an old one and is refused)
 *
 * Not by the library's error events: a closed connection makes none while
 * log.connection.close is off, one equal to the last none within 30 s, and a
 * request that only timed out none at all.
 */
#include <limits.h>

#include "bus/base/check.h"
#include "bus/kafka/eos_parts.h"

/* Kafka's numbers of requests. */
enum api {
    API_PRODUCE = 0,
    API_ADD_PARTITIONS_TO_TXN = 24,
    API_ADD_OFFSETS_TO_TXN = 25,
    API_END_TXN = 26,
    API_TXN_OFFSET_COMMIT = 28
};

static bool changes_transaction(int16_t key)
{
    return key == API_PRODUCE || key == API_ADD_PARTITIONS_TO_TXN ||
           key == API_ADD_OFFSETS_TO_TXN || key == API_END_TXN ||
           key == API_TXN_OFFSET_COMMIT;
}

/* A thread that writes requests is a broker's. The library tells of an answer
 * there first, and once more where it is handled: only the first counts. */
static _Thread_local bool writes_requests;

/* Both on threads of the library, the answer's after the request's. */
static rd_kafka_resp_err_t on_request_sent(rd_kafka_t *rk,
                                           int fd,
                                           const char *broker,
                                           int32_t broker_id,
                                           int16_t key,
                                           int16_t version,
                                           int32_t correlation,
                                           size_t size,
                                           void *data)
{
    (void)rk;
    (void)fd;
    (void)broker;
    (void)broker_id;
    (void)version;
    (void)correlation;
    (void)size;
    struct eos_trouble *t = data;
    BUS_CHECK(t != NULL);
    writes_requests = true;
    if (changes_transaction(key)) {
        atomic_fetch_add(&t->asked, 1);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_answered(rd_kafka_t *rk,
                                       int fd,
                                       const char *broker,
                                       int32_t broker_id,
                                       int16_t key,
                                       int16_t version,
                                       int32_t correlation,
                                       size_t size,
                                       int64_t rtt,
                                       rd_kafka_resp_err_t e,
                                       void *data)
{
    (void)rk;
    (void)fd;
    (void)broker;
    (void)broker_id;
    (void)version;
    (void)correlation;
    (void)size;
    (void)rtt;
    struct eos_trouble *t = data;
    BUS_CHECK(t != NULL);
    /* With an error there is no answer: the library gave up waiting. */
    if (e == RD_KAFKA_RESP_ERR_NO_ERROR && writes_requests &&
        changes_transaction(key)) {
        atomic_fetch_add(&t->answered, 1);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new_handle(rd_kafka_t *rk,
                                         const rd_kafka_conf_t *conf,
                                         void *data,
                                         char *why,
                                         size_t why_size)
{
    (void)conf;
    (void)why;
    (void)why_size;
    rd_kafka_resp_err_t e = rd_kafka_interceptor_add_on_request_sent(
        rk, "trouble", on_request_sent, data);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return e;
    }
    return rd_kafka_interceptor_add_on_response_received(rk, "trouble",
                                                         on_answered, data);
}

int kafka_eos_trouble_watch(struct eos_trouble *t,
                            rd_kafka_conf_t *conf,
                            struct bus_err *err)
{
    atomic_store(&t->asked, 0);
    atomic_store(&t->answered, 0);
    rd_kafka_resp_err_t e =
        rd_kafka_conf_interceptor_add_on_new(conf, "trouble", on_new_handle, t);
    return e == RD_KAFKA_RESP_ERR_NO_ERROR
               ? BUS_OK
               : kafka_fail(err, e, "what is to be asked and answered");
}

bool kafka_eos_trouble_seen(const struct eos_trouble *t)
{
    /* In this order: what is asked meanwhile makes trouble, not less of it. */
    unsigned answered = atomic_load(&t->answered);
    unsigned asked = atomic_load(&t->asked);
    BUS_CHECK(asked - answered < UINT_MAX / 2); /* no answer without request */
    return asked != answered;
}
