/* A lane's transactional producer.
 *
 * - the group is asked first whether the name is still ours: to initialise
 *   transactions would fence the instance that took over
 * - warm: handle and metadata while the group is being joined; no transactions
 * - make: handle, transactions initialised (which ends what an earlier owner
 *   of the id left open, one way or the other), output topics' metadata read
 * - a broker away: again with back-off until interrupted
 * - drop: destroyed; memory it borrowed is free afterwards
 */
#include <stdio.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/eos_parts.h"

#define LINGER_MS      20 /* requests are larger; a batch ends with a flush */
#define QUEUE_MESSAGES 1000000
#define QUEUE_KBYTES   3072 /* of values the broker does not have yet */
#define INIT_MS        5000

static int
configure(struct eos_lane *lane, rd_kafka_conf_t *conf, struct bus_err *err)
{
    BUS_CHECK(lane->eos->conf.group != NULL && conf != NULL);
    const struct bus_kafka_eos_conf *c = &lane->eos->conf;
    char id[256];
    int rc = 0;
    (void)snprintf(id, sizeof(id), "%s-%s-%d", c->group, c->instance,
                   lane->index);
    kafka_set(conf, "transactional.id", id, &rc, err);
    kafka_set_int(conf, "transaction.timeout.ms", c->transaction_ms, &rc, err);
    kafka_set_int(conf, "message.timeout.ms", c->transaction_ms, &rc, err);
    kafka_set_int(conf, "request.timeout.ms", KAFKA_TAKEN_MS, &rc, err);
    /* Its coordinator is asked between the messages and the offsets: one that
     * went in that time is noticed before. */
    kafka_set_int(conf, "connections.max.idle.ms", KAFKA_QUIET_MS, &rc, err);
    kafka_set(conf, "compression.codec", "lz4", &rc, err);
    kafka_set(conf, "partitioner", "murmur2_random", &rc, err);
    kafka_set(conf, "delivery.report.only.error", "true", &rc, err);
    kafka_set_int(conf, "linger.ms", LINGER_MS, &rc, err);
    kafka_set_int(conf, "queue.buffering.max.messages", QUEUE_MESSAGES, &rc,
                  err);
    /* Room for two of the largest. */
    int64_t big = 2 * lane->eos->env.conf->message_bytes_max / 1024 + 1;
    kafka_set_int(conf, "queue.buffering.max.kbytes",
                  big > QUEUE_KBYTES ? big : QUEUE_KBYTES, &rc, err);
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    return rc;
}

static int make_handle(struct eos_lane *lane, struct bus_err *err)
{
    BUS_CHECK(lane->producer == NULL && lane->events == NULL);
    rd_kafka_conf_t *conf = NULL;
    int rc = kafka_conf(&lane->eos->env, &conf, err);
    if (rc != 0) {
        return rc;
    }
    BUS_TRY_GOTO(rc, configure(lane, conf, err), no_conf);
    BUS_TRY_GOTO(rc, kafka_eos_trouble_watch(&lane->trouble, conf, err),
                 no_conf);
    BUS_TRY(kafka_make(RD_KAFKA_PRODUCER, conf, &lane->producer, err));
    lane->events = rd_kafka_queue_get_main(lane->producer);
    kafka_eos_producer_move(lane, PRODUCER_ON_MADE);
    return BUS_OK;
no_conf:
    rd_kafka_conf_destroy(conf);
    return rc;
}

/* Without the outputs' metadata the first transaction stalls for a second. */
static int prefetch(struct eos_lane *lane, struct bus_err *err)
{
    BUS_CHECK(lane->producer != NULL);
    const struct bus_kafka_eos_conf *c = &lane->eos->conf;
    for (size_t i = 0; i < c->outputs_count; i++) {
        if (lane->outputs[i] == NULL) {
            lane->outputs[i] =
                rd_kafka_topic_new(lane->producer, c->outputs[i].topic, NULL);
        }
        if (lane->outputs[i] == NULL) {
            return kafka_fail(err, rd_kafka_last_error(), c->outputs[i].topic);
        }
    }
    if (c->outputs_count > 0) {
        BUS_TRY(kafka_topics_there(lane->producer, lane->eos->output_names,
                                   c->outputs_count, false, err));
    }
    kafka_eos_producer_move(lane, PRODUCER_ON_OUTPUTS);
    return BUS_OK;
}

void kafka_eos_producer_warm(struct eos_lane *lane)
{
    BUS_CHECK(lane->producer_state == PRODUCER_NONE);
    struct bus_err err;
    if (make_handle(lane, &err) == 0 && prefetch(lane, &err) != 0) {
        kafka_eos_producer_drop(lane);
    }
}

static int try_make(struct eos_lane *lane, struct bus_err *err)
{
    BUS_CHECK(lane->producer_state != PRODUCER_READY);
    BUS_TRY(kafka_group_check(lane->eos->group, err));
    if (lane->producer_state == PRODUCER_NONE) {
        BUS_TRY(make_handle(lane, err));
    }
    rd_kafka_error_t *e = rd_kafka_init_transactions(lane->producer, INIT_MS);
    if (e != NULL) {
        bool again = rd_kafka_error_is_retriable(e) != 0;
        int rc = kafka_fail_error(err, e, "init transactions");
        if (!again) {
            kafka_eos_producer_drop(lane);
        }
        return rc;
    }
    kafka_eos_producer_move(lane, PRODUCER_ON_INITIALISED);
    if (lane->producer_state == PRODUCER_READY) {
        return BUS_OK;
    }
    int rc = prefetch(lane, err);
    if (rc != BUS_OK) {
        /* Initialised once only: the next try begins with a new handle. */
        kafka_eos_producer_drop(lane);
    }
    return rc;
}

bool kafka_eos_producer_make(struct eos_lane *lane)
{
    struct bus_err err;
    int rc;
    while ((rc = try_make(lane, &err)) != 0) {
        if (bus_err_act(err.code) == BUS_ACT_STOP) {
            (void)bus_wrap(&err, "lane %d", lane->index);
            kafka_eos_lane_fail(lane, &err);
            return false;
        }
        if (!kafka_eos_lane_pause(lane, &err)) {
            return false;
        }
    }
    bus_run_backoff_reset(&lane->backoff);
    kafka_eos_lane_trouble(lane, "");
    return true;
}

void kafka_eos_producer_drop(struct eos_lane *lane)
{
    BUS_CHECK((lane->producer == NULL) ==
              (lane->producer_state == PRODUCER_NONE));
    if (lane->producer == NULL) {
        return;
    }
    for (size_t i = 0; i < lane->eos->conf.outputs_count; i++) {
        if (lane->outputs[i] != NULL) {
            rd_kafka_topic_destroy(lane->outputs[i]);
            lane->outputs[i] = NULL;
        }
    }
    rd_kafka_queue_destroy(lane->events);
    rd_kafka_destroy(lane->producer);
    kafka_eos_producer_move(lane, PRODUCER_ON_DROPPED);
    lane->producer = NULL;
    lane->events = NULL;
}
