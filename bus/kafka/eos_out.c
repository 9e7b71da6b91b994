/* What a batch writes.
 *
 * - the value stays where the caller has it (the batch's arena) until the
 *   batch has ended: nothing is copied but the key and the headers
 * - the library's queue is full: wait for deliveries, then again
 * - a failure is kept, so that the batch aborts even if the caller goes on
 * - a batch's first messages are kept and put together: each partition that
 *   joins a transaction later costs a round to the coordinator and a wait in
 *   which librdkafka's main thread spins
 */
#include <assert.h>

#include "bus/kafka/eos_parts.h"

#define FULL_WAIT_MS 1000
#define FULL_TRIES   60

void eos_out_begin(struct bus_kafka_out *out)
{
    bus_arena_reset(&out->mem);
    out->last = NULL;
    out->held = 0;
    out->puts = 0;
    out->kept_count = 0;
    out->rc = 0;
}

void *bus_kafka_out_alloc(struct bus_kafka_out *out, size_t n)
{
    out->last = bus_arena_alloc(&out->mem, n);
    out->last_n = n;
    return out->last;
}

static size_t rounded(size_t n)
{
    return (n + 15) & ~(size_t)15;
}

void bus_kafka_out_trim(struct bus_kafka_out *out, size_t unused)
{
    assert(out->last != NULL && unused <= out->last_n);
    size_t back = rounded(out->last_n) - rounded(out->last_n - unused);
    struct bus_arena_mark m = bus_arena_mark(&out->mem);
    if (m.cur_used >= back && m.used_bytes >= back) {
        m.cur_used -= back;
        m.used_bytes -= back;
        bus_arena_release(&out->mem, m);
    }
    out->last = NULL;
}

static rd_kafka_resp_err_t produce_plain(rd_kafka_topic_t *to,
                                         const struct bus_kafka_put *m)
{
    if (rd_kafka_produce(to, m->partition, 0, (void *)(uintptr_t)m->value.p,
                         m->value.n, m->key.p, m->key.n, NULL) == 0) {
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return rd_kafka_last_error();
}

static rd_kafka_resp_err_t produce_with_headers(rd_kafka_t *producer,
                                                rd_kafka_topic_t *to,
                                                const struct bus_kafka_put *m)
{
    rd_kafka_vu_t v[4 + BUS_KAFKA_HEADERS_MAX];
    size_t n = 0;
    assert(m->headers_count <= BUS_KAFKA_HEADERS_MAX);
    v[n].vtype = RD_KAFKA_VTYPE_RKT;
    v[n++].u.rkt = to;
    v[n].vtype = RD_KAFKA_VTYPE_PARTITION;
    v[n++].u.i32 = m->partition;
    v[n].vtype = RD_KAFKA_VTYPE_VALUE;
    v[n].u.mem.ptr = (void *)(uintptr_t)m->value.p;
    v[n++].u.mem.size = m->value.n;
    v[n].vtype = RD_KAFKA_VTYPE_KEY;
    v[n].u.mem.ptr = (void *)(uintptr_t)m->key.p;
    v[n++].u.mem.size = m->key.n;
    for (size_t i = 0; i < m->headers_count; i++) {
        v[n].vtype = RD_KAFKA_VTYPE_HEADER;
        v[n].u.header.name = m->headers[i].name;
        v[n].u.header.val = m->headers[i].value.p;
        v[n++].u.header.size = (ssize_t)m->headers[i].value.n;
    }
    rd_kafka_error_t *e = rd_kafka_produceva(producer, v, n);
    if (e == NULL) {
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    rd_kafka_error_destroy(e);
    return code;
}

static int put_now(struct bus_kafka_out *out,
                   int32_t topic,
                   const struct bus_kafka_put *m,
                   struct bus_err *err)
{
    struct eos_lane *lane = out->lane;
    const struct bus_kafka_eos_conf *conf = &lane->eos->conf;
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR__QUEUE_FULL;
    for (int i = 0; i < FULL_TRIES; i++) {
        e = m->headers_count == 0
                ? produce_plain(lane->outputs[topic], m)
                : produce_with_headers(lane->producer, lane->outputs[topic], m);
        if (e != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            break;
        }
        (void)rd_kafka_flush(lane->producer, FULL_WAIT_MS);
    }
    if (e == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        /* Nothing was written: the caller may write a dead letter instead. */
        return bus_fail(err, BUS_ETOOBIG, "%s: a message of %zu bytes",
                        conf->outputs[topic].topic, m->value.n);
    }
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        int rc = kafka_fail(&out->err, e, conf->outputs[topic].topic);
        out->rc = rc;
        return kafka_fail(err, e, conf->outputs[topic].topic);
    }
    lane->written[topic]++;
    out->held += m->value.n + EOS_MESSAGE_BYTES;
    if (conf->outputs[topic].track && m->partition >= 0) {
        lane->dirty[m->partition / conf->lanes] = true;
    }
    return 0;
}

static void *copy(struct bus_kafka_out *out, const void *p, size_t n)
{
    return bus_arena_dup(&out->mem, p, n);
}

/* What the caller may take away again is copied; the value stays borrowed. */
static bool
keep(struct bus_kafka_out *out, int32_t topic, const struct bus_kafka_put *m)
{
    struct eos_kept *to = &out->kept[out->kept_count];
    struct bus_kafka_header *h =
        copy(out, m->headers, m->headers_count * sizeof(*h));
    out->last = NULL;
    *to = (struct eos_kept){topic, *m};
    to->put.headers = h;
    to->put.key.p = m->key.p ? copy(out, m->key.p, m->key.n) : NULL;
    bool ok = h != NULL && (m->key.p == NULL || to->put.key.p != NULL);
    for (size_t i = 0; ok && i < m->headers_count; i++) {
        const struct bus_strv *v = &m->headers[i].value;
        h[i].name = bus_arena_strdup(&out->mem, m->headers[i].name);
        h[i].value.p = v->p ? copy(out, v->p, v->n) : NULL;
        ok = h[i].name != NULL && (v->p == NULL || h[i].value.p != NULL);
    }
    out->kept_count += ok;
    return ok;
}

int eos_out_flush(struct bus_kafka_out *out, struct bus_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < out->kept_count; i++) {
        rc = put_now(out, out->kept[i].topic, &out->kept[i].put, err);
    }
    out->kept_count = 0;
    return rc;
}

int bus_kafka_out_put(struct bus_kafka_out *out,
                      int32_t topic,
                      const struct bus_kafka_put *m,
                      struct bus_err *err)
{
    assert(topic >= 0 && (size_t)topic < out->lane->eos->conf.outputs_count);
    out->puts++;
    if (out->puts <= EOS_KEPT && m->value.n <= EOS_KEPT_BYTES) {
        return keep(out, topic, m)
                   ? 0
                   : bus_fail(err, BUS_ENOMEM, "a message to write");
    }
    int rc = out->kept_count > 0 ? eos_out_flush(out, err) : 0;
    return rc == 0 ? put_now(out, topic, m, err) : rc;
}
