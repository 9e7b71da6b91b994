/* What a batch writes.
 *
 * - what one input makes is put together, and goes to the library as a whole
 *   (bus_kafka_out_done) or not at all (bus_kafka_out_undo): sizes are looked
 *   at when it is put, as the library will
 * - the library copies values then, and frees each message when the broker has
 *   it: a batch may write more than is held at a time
 * - the library's queue is full: wait for deliveries, then again
 * - a failure is kept, so that the batch aborts even if the caller goes on
 * - a batch's first messages are held back and handed over together: each
 *   partition that joins a transaction later costs a round to the coordinator
 *   and a wait in which librdkafka's main thread spins
 */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/eos_parts.h"

#define FULL_WAIT_MS 10
#define FULL_TRIES   6000
#define KEPT_FIRST   1024
/* What librdkafka adds at most (RD_KAFKAP_MESSAGE_V2_MAX_OVERHEAD), and two
 * lengths a header. */
#define MESSAGE_WIRE_BYTES 36
#define HEADER_WIRE_BYTES  20
#define MESSAGE_BYTES_MAX  1000000 /* librdkafka's own default */

static void drop_from(struct bus_kafka_out *out, size_t from)
{
    BUS_CHECK(from <= out->kept_count);
    for (size_t i = from; i < out->kept_count; i++) {
        if (out->kept[i].headers != NULL) {
            rd_kafka_headers_destroy(out->kept[i].headers);
        }
    }
    out->kept_count = from;
}

static void forget_values(struct bus_kafka_out *out)
{
    bus_arena_reset(&out->mem);
    out->last = NULL;
    out->mark = bus_arena_mark(&out->mem);
}

void kafka_eos_out_begin(struct bus_kafka_out *out)
{
    BUS_CHECK(out->lane != NULL);
    drop_from(out, 0);
    forget_values(out);
    out->share = 0;
    out->held = 0;
    out->flows = false;
    out->rc = 0;
}

void kafka_eos_out_fini(struct bus_kafka_out *out)
{
    drop_from(out, 0);
    bus_free(out->kept);
    bus_arena_fini(&out->mem);
}

void *bus_kafka_out_alloc(struct bus_kafka_out *out, size_t n)
{
    out->last = bus_arena_alloc(&out->mem, n);
    out->last_n = n;
    return out->last;
}

static size_t eos_out_rounded(size_t n)
{
    return (n + 15) & ~(size_t)15;
}

void bus_kafka_out_trim(struct bus_kafka_out *out, size_t unused)
{
    BUS_CHECK(out->last != NULL && unused <= out->last_n);
    size_t back =
        eos_out_rounded(out->last_n) - eos_out_rounded(out->last_n - unused);
    struct bus_arena_mark m = bus_arena_mark(&out->mem);
    if (m.cur_used >= back && m.used_bytes >= back) {
        m.cur_used -= back;
        m.used_bytes -= back;
        bus_arena_release(&out->mem, m);
    }
    out->last = NULL;
}

static rd_kafka_resp_err_t produce_plain(rd_kafka_topic_t *to,
                                         const struct eos_kept *m)
{
    if (rd_kafka_produce(to, m->partition, RD_KAFKA_MSG_F_COPY,
                         (void *)(uintptr_t)m->value.p, m->value.n, m->key.p,
                         m->key.n, NULL) == 0) {
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return rd_kafka_last_error();
}

/* Takes the headers if it succeeds. */
static rd_kafka_resp_err_t produce_with_headers(rd_kafka_t *producer,
                                                rd_kafka_topic_t *to,
                                                const struct eos_kept *m)
{
    rd_kafka_vu_t v[6] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = to},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = m->partition},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)m->value.p, m->value.n}},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)(uintptr_t)m->key.p, m->key.n}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = m->headers},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
    };
    rd_kafka_error_t *e = rd_kafka_produceva(producer, v, 6);
    if (e == NULL) {
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    rd_kafka_error_destroy(e);
    return code;
}

static int
hand_over(struct bus_kafka_out *out, struct eos_kept *m, struct bus_err *err)
{
    struct eos_lane *lane = out->lane;
    const struct bus_kafka_eos_conf *conf = &lane->eos->conf;
    BUS_CHECK(lane->outputs[m->topic] != NULL);
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR__QUEUE_FULL;
    for (int i = 0; i < FULL_TRIES; i++) {
        e = m->headers == NULL
                ? produce_plain(lane->outputs[m->topic], m)
                : produce_with_headers(lane->producer, lane->outputs[m->topic],
                                       m);
        if (e != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            break;
        }
        (void)rd_kafka_flush(lane->producer, FULL_WAIT_MS);
    }
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        int rc = kafka_fail(&out->err, e, conf->outputs[m->topic].topic);
        out->rc = rc;
        return kafka_fail(err, e, conf->outputs[m->topic].topic);
    }
    m->headers = NULL;
    lane->written[m->topic]++;
    if (conf->outputs[m->topic].track && m->partition >= 0) {
        lane->dirty[m->partition / conf->lanes] = true;
    }
    return 0;
}

int kafka_eos_out_flush(struct bus_kafka_out *out, struct bus_err *err)
{
    BUS_CHECK(out->share <= out->kept_count);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < out->kept_count; i++) {
        rc = hand_over(out, &out->kept[i], err);
    }
    drop_from(out, 0);
    forget_values(out);
    out->share = 0;
    return rc;
}

int bus_kafka_out_done(struct bus_kafka_out *out, struct bus_err *err)
{
    out->share = out->kept_count;
    out->last = NULL;
    out->mark = bus_arena_mark(&out->mem);
    out->flows = out->flows || out->kept_count >= EOS_KEPT ||
                 out->mem.used_bytes >= EOS_KEPT_BYTES;
    return out->flows ? kafka_eos_out_flush(out, err) : 0;
}

void bus_kafka_out_undo(struct bus_kafka_out *out)
{
    drop_from(out, out->share);
    bus_arena_release(&out->mem, out->mark);
    out->last = NULL;
}

/* One more place in kept. */
static bool eos_out_grow(struct bus_kafka_out *out)
{
    BUS_CHECK(out->kept_count <= out->kept_cap);
    if (out->kept_count < out->kept_cap) {
        return true;
    }
    size_t cap = out->kept_cap > 0 ? out->kept_cap * 2 : KEPT_FIRST;
    struct eos_kept *v = bus_realloc(out->kept, cap * sizeof(*v));
    if (v == NULL) {
        return false;
    }
    out->kept = v;
    out->kept_cap = cap;
    return true;
}

static bool copy_headers(const struct bus_kafka_put *m,
                         rd_kafka_headers_t **ret)
{
    *ret = m->headers_count > 0 ? rd_kafka_headers_new(m->headers_count) : NULL;
    for (size_t i = 0; i < m->headers_count; i++) {
        const struct bus_kafka_header *h = &m->headers[i];
        if (*ret == NULL || rd_kafka_header_add(*ret, h->name, -1, h->value.p,
                                                (ssize_t)h->value.n) != 0) {
            return false;
        }
    }
    return true;
}

static bool too_big(const struct bus_kafka_out *out,
                    const struct bus_kafka_put *m)
{
    int64_t max = out->lane->eos->env.conf->message_bytes_max;
    size_t n = MESSAGE_WIRE_BYTES + m->key.n + m->value.n;
    for (size_t i = 0; i < m->headers_count; i++) {
        n += strlen(m->headers[i].name) + m->headers[i].value.n +
             HEADER_WIRE_BYTES;
    }
    return n > (size_t)(max > 0 ? max : MESSAGE_BYTES_MAX);
}

int bus_kafka_out_put(struct bus_kafka_out *out,
                      int32_t topic,
                      const struct bus_kafka_put *m,
                      struct bus_err *err)
{
    const struct bus_kafka_eos_conf *conf = &out->lane->eos->conf;
    BUS_CHECK(topic >= 0 && (size_t)topic < conf->outputs_count);
    BUS_CHECK(m->headers_count <= BUS_KAFKA_HEADERS_MAX);
    if (too_big(out, m)) {
        return bus_fail(err, BUS_ETOOBIG, "%s: a message of %zu bytes",
                        conf->outputs[topic].topic, m->value.n);
    }
    out->last = NULL;
    if (!eos_out_grow(out)) {
        return bus_fail(err, BUS_ENOMEM, "a message to write");
    }
    struct eos_kept *to = &out->kept[out->kept_count++];
    *to = (struct eos_kept){topic, m->partition, m->key, m->value, NULL};
    to->key.p = m->key.p ? bus_arena_dup(&out->mem, m->key.p, m->key.n) : NULL;
    if ((m->key.p != NULL && to->key.p == NULL) ||
        !copy_headers(m, &to->headers)) {
        return bus_fail(err, BUS_ENOMEM, "a message to write");
    }
    if (conf->outputs[topic].track) { /* the caller keeps the state, too */
        out->held += m->value.n;
    }
    return 0;
}
