/* The plain idempotent producer.
 *
 * - send: copied, queued; acknowledged on the loop through an event of the
 *   main queue
 * - the library gives up on a message (no broker for message.timeout.ms, or
 *   purged): acked() with RETRY
 * - a fatal error (the idempotent sequence is lost): the handle is purged,
 *   destroyed and made anew; what was in flight is acked with RETRY
 * - close: flush within the limit on the thread pool, purge the rest
 */
#include <stdio.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/parts.h"
#include "bus/run/work.h"

#define WAITING_MAX      100000
#define WAITING_KBYTES   65536
#define MESSAGE_MS       15000
#define LINGER_MS        2
#define PURGE_WAIT_MS    2000
#define SERVE_EVENTS_MAX 200 /* of one turn of the loop */

struct bus_kafka_producer
{
    struct bus_kafka_env env;
    bus_kafka_acked acked;
    void *data;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct kafka_seam seam;
    struct kafka_watch watch;
    struct bus_run_metrics *metrics; /* may be NULL */
    size_t waiting;
    bool fatal, closing, rebuilding;
    int64_t limit_ms;
    void (*closed)(void *data);
    void *closed_data;
};

static void producer_ack(struct bus_kafka_producer *p,
                         const rd_kafka_message_t *m)
{
    BUS_CHECK(p->waiting > 0);
    struct bus_err err;
    p->waiting--;
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR && m->offset < 0) {
        /* The library infers from a later message that this one was written;
         * after others have timed out it infers wrongly (librdkafka 2.0.2). */
        (void)bus_fail(&err, BUS_EAWAY, "%s: acknowledged without a place",
                       rd_kafka_topic_name(m->rkt));
        p->acked(p->data, m->_private, -1, -1, &err);
        return;
    }
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (!p->watch.up) {
            kafka_watch_up(&p->watch);
        }
        if (p->metrics != NULL) {
            const char *const v[BUS_METRIC_LABELS] = {
                rd_kafka_topic_name(m->rkt)};
            bus_run_series_add(
                bus_run_metrics_series(p->metrics, BUS_M_EVENTS_OUT, v), 1);
        }
        p->acked(p->data, m->_private, m->partition, m->offset, NULL);
        return;
    }
    (void)kafka_fail(&err, m->err, rd_kafka_topic_name(m->rkt));
    p->acked(p->data, m->_private, -1, -1, &err);
}

static void rebuild(struct bus_kafka_producer *p);

static void on_producer_error(struct bus_kafka_producer *p,
                              rd_kafka_event_t *ev)
{
    /* Its code is the cause already, not ERR__FATAL. */
    if (rd_kafka_event_error_is_fatal(ev) != 0) {
        p->fatal = true;
    } else {
        kafka_watch_error(&p->watch, rd_kafka_event_error(ev),
                          rd_kafka_event_error_string(ev));
    }
}

static void producer_serve(struct bus_kafka_producer *p, int max)
{
    BUS_CHECK(p->rk != NULL);
    rd_kafka_event_t *ev = NULL;
    int n = 0;
    while (n++ < max && (ev = rd_kafka_queue_poll(p->queue, 0)) != NULL) {
        if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_DR) {
            const rd_kafka_message_t *m;
            while ((m = rd_kafka_event_message_next(ev)) != NULL) {
                producer_ack(p, m);
            }
        } else if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_ERROR) {
            on_producer_error(p, ev);
        }
        rd_kafka_event_destroy(ev);
    }
    if (ev != NULL) {
        kafka_seam_kick(&p->seam); /* let others have their turn */
    }
}

static void on_producer_queue(void *data)
{
    struct bus_kafka_producer *p = data;
    producer_serve(p, SERVE_EVENTS_MAX);
    if (p->fatal && !p->closing && !p->rebuilding) {
        rebuild(p);
    }
}

/* -- the handle */

static int producer_make(struct bus_kafka_producer *p, struct bus_err *err)
{
    BUS_CHECK(p->rk == NULL);
    rd_kafka_conf_t *conf = NULL;
    int rc = kafka_conf(&p->env, &conf, err);
    if (rc != 0) {
        return rc;
    }
    kafka_set(conf, "enable.idempotence", "true", &rc, err);
    kafka_set(conf, "acks", "all", &rc, err);
    kafka_set(conf, "compression.codec", "lz4", &rc, err);
    kafka_set(conf, "partitioner", "murmur2_random", &rc, err);
    kafka_set_int(conf, "linger.ms",
                  p->env.linger_ms > 0 ? p->env.linger_ms : LINGER_MS, &rc,
                  err);
    kafka_set_int(conf, "message.timeout.ms", MESSAGE_MS, &rc, err);
    kafka_set_int(conf, "request.timeout.ms", KAFKA_TAKEN_MS, &rc, err);
    kafka_set_int(conf, "queue.buffering.max.messages", WAITING_MAX, &rc, err);
    kafka_set_int(conf, "queue.buffering.max.kbytes", WAITING_KBYTES, &rc, err);
    if (rc != 0) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    BUS_TRY(kafka_make(RD_KAFKA_PRODUCER, conf, &p->rk, err));
    p->queue = rd_kafka_queue_get_main(p->rk);
    BUS_TRY_GOTO(rc,
                 kafka_seam_open(&p->seam, p->env.loop, p->queue,
                                 on_producer_queue, p, err),
                 no_seam);
    BUS_TRY_GOTO(
        rc, kafka_watch_open(&p->watch, &p->env, p->rk, "kafka producer", err),
        no_watch);
    return BUS_OK;
no_watch:
    kafka_seam_close(&p->seam);
no_seam:
    rd_kafka_queue_destroy(p->queue);
    rd_kafka_destroy(p->rk);
    p->rk = NULL;
    return rc;
}

int bus_kafka_producer_open(const struct bus_kafka_env *env,
                            bus_kafka_acked acked,
                            void *data,
                            struct bus_kafka_producer **ret,
                            struct bus_err *err)
{
    struct bus_kafka_producer *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a producer");
    }
    p->env = *env;
    p->acked = acked;
    p->metrics = env->metrics;
    p->data = data;
    int rc = producer_make(p, err);
    if (rc != 0) {
        bus_free(p);
        return rc;
    }
    *ret = p;
    return 0;
}

/* -- send */

static rd_kafka_error_t *produce(struct bus_kafka_producer *p,
                                 const struct bus_kafka_out_msg *m,
                                 void *token)
{
    rd_kafka_vu_t v[6 + BUS_KAFKA_HEADERS_MAX];
    size_t n = 0;
    BUS_CHECK(m->headers_count <= BUS_KAFKA_HEADERS_MAX);
    v[n].vtype = RD_KAFKA_VTYPE_TOPIC;
    v[n++].u.cstr = m->topic;
    v[n].vtype = RD_KAFKA_VTYPE_PARTITION;
    v[n++].u.i32 = m->partition >= 0 ? m->partition : RD_KAFKA_PARTITION_UA;
    v[n].vtype = RD_KAFKA_VTYPE_VALUE;
    v[n].u.mem.ptr = (void *)(uintptr_t)m->value.p;
    v[n++].u.mem.size = m->value.n;
    v[n].vtype = RD_KAFKA_VTYPE_KEY;
    v[n].u.mem.ptr = (void *)(uintptr_t)m->key.p;
    v[n++].u.mem.size = m->key.n;
    v[n].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    v[n++].u.i = RD_KAFKA_MSG_F_COPY;
    v[n].vtype = RD_KAFKA_VTYPE_OPAQUE;
    v[n++].u.ptr = token;
    for (size_t i = 0; i < m->headers_count; i++) {
        v[n].vtype = RD_KAFKA_VTYPE_HEADER;
        v[n].u.header.name = m->headers[i].name;
        v[n].u.header.val = m->headers[i].value.p;
        v[n++].u.header.size = (ssize_t)m->headers[i].value.n;
    }
    return rd_kafka_produceva(p->rk, v, n);
}

int bus_kafka_producer_send(struct bus_kafka_producer *p,
                            const struct bus_kafka_out_msg *m,
                            void *token,
                            struct bus_err *err)
{
    BUS_CHECK(m->topic != NULL);
    if (p->closing || p->rebuilding || p->fatal) {
        return bus_fail(err, BUS_EAGAIN, "%s: the producer is being made anew",
                        m->topic);
    }
    rd_kafka_error_t *e = produce(p, m, token);
    if (e != NULL) {
        return kafka_fail_error(err, e, m->topic);
    }
    p->waiting++;
    return 0;
}

size_t bus_kafka_producer_waiting(const struct bus_kafka_producer *p)
{
    return p->waiting;
}

bool bus_kafka_producer_connected(const struct bus_kafka_producer *p)
{
    return p->watch.up && !p->rebuilding;
}

/* -- the end of a handle: of the producer's too, or for a new one */

static void flush_and_purge(void *data)
{
    struct bus_kafka_producer *p = data;
    if (p->limit_ms > 0) {
        (void)rd_kafka_flush(p->rk, (int)p->limit_ms);
    }
    (void)rd_kafka_purge(p->rk,
                         RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(p->rk, PURGE_WAIT_MS);
}

static void destroy_handle(void *data)
{
    struct bus_kafka_producer *p = data;
    rd_kafka_destroy(p->rk);
}

static void destroyed(void *data)
{
    struct bus_kafka_producer *p = data;
    BUS_CHECK(p->closing || p->rebuilding);
    struct bus_err err;
    p->rk = NULL;
    if (p->closing) {
        void (*closed)(void *) = p->closed;
        void *closed_data = p->closed_data;
        struct bus_run_loop *loop = p->env.loop;
        bus_free(p);
        if (closed != NULL) {
            closed(closed_data);
        }
        bus_run_loop_release(loop);
        return;
    }
    p->rebuilding = false;
    p->fatal = false;
    if (producer_make(p, &err) != 0) {
        bus_run_loop_stop(p->env.loop, &err); /* it could be made before */
        p->rebuilding = true;
    }
}

static void producer_watch_closed(void *data)
{
    struct bus_kafka_producer *p = data;
    BUS_CHECK(p->closing || p->rebuilding);
    producer_serve(p, INT32_MAX);
    rd_kafka_queue_io_event_enable(p->queue, -1, NULL, 0);
    kafka_seam_close(&p->seam);
    rd_kafka_queue_destroy(p->queue);
    if (bus_run_work(p->env.loop, destroy_handle, destroyed, p, NULL) != 0) {
        destroy_handle(p);
        destroyed(p);
    }
}

static void purged(void *data)
{
    struct bus_kafka_producer *p = data;
    BUS_CHECK(p->closing || p->rebuilding);
    producer_serve(p, INT32_MAX);
    kafka_watch_close(&p->watch, producer_watch_closed, p);
}

static void end_handle(struct bus_kafka_producer *p)
{
    if (bus_run_work(p->env.loop, flush_and_purge, purged, p, NULL) != 0) {
        flush_and_purge(p);
        purged(p);
    }
}

static void rebuild(struct bus_kafka_producer *p)
{
    BUS_CHECK(!p->rebuilding && !p->closing);
    p->rebuilding = true;
    p->limit_ms = 0;
    kafka_watch_down(&p->watch, "the producer is being made anew");
    end_handle(p);
}

void bus_kafka_producer_close(struct bus_kafka_producer *p,
                              int64_t limit_ms,
                              void (*closed)(void *data),
                              void *data)
{
    BUS_CHECK(!p->closing);
    p->closed = closed;
    p->closed_data = data;
    bus_run_loop_hold(p->env.loop);
    p->closing = true;
    if (p->rebuilding) {
        return; /* its end is on its way and now means the end */
    }
    p->limit_ms = limit_ms;
    end_handle(p);
}
