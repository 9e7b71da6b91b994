/* What a batch writes.
 *
 * - the value stays where the caller has it (the batch's arena) until the
 *   batch has ended: nothing is copied but the key and the headers
 * - the library's queue is full: wait for deliveries, then again
 * - a failure is kept, so that the batch aborts even if the caller goes on
 */
#include <assert.h>

#include "bus/kafka/eos_parts.h"

#define FULL_WAIT_MS 1000
#define FULL_TRIES   60

void eos_out_begin(struct bus_kafka_out *out)
{
    bus_arena_reset(&out->mem);
    out->last = NULL;
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

int bus_kafka_out_put(struct bus_kafka_out *out,
                      int32_t topic,
                      const struct bus_kafka_put *m,
                      struct bus_err *err)
{
    struct eos_lane *lane = out->lane;
    const struct bus_kafka_eos_conf *conf = &lane->eos->conf;
    assert(topic >= 0 && (size_t)topic < conf->outputs_count);
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
    if (conf->outputs[topic].track && m->partition >= 0) {
        lane->dirty[m->partition / conf->lanes] = true;
    }
    return 0;
}
