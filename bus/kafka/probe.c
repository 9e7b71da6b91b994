/* What little lies between an offset and the end of its partition: records, or
 * only marks of transactions?
 *
 * - a reader that is content with short waits: the group's own would answer an
 *   end only after its fetch.wait.max.ms, which is long so that an idle bus is
 *   idle
 * - all partitions at once; each is done at its end, at its first record, or at
 *   the first error; what is not done in time counts as records
 */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/kafka/group_parts.h"

#define PEEK_MS   2000
#define PEEK_STEP 20

struct probe
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_queue_t *q;
    int left;
};

/* Once a partition is done its element's err is set. */
static void probe_note(struct probe *p, const rd_kafka_message_t *m)
{
    BUS_CHECK(p->left >= 0);
    rd_kafka_topic_partition_t *at =
        m->rkt == NULL
            ? NULL
            : rd_kafka_topic_partition_list_find(
                  p->list, rd_kafka_topic_name(m->rkt), m->partition);
    if (at == NULL || at->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        at->offset = m->offset;
    }
    at->err = RD_KAFKA_RESP_ERR__PARTITION_EOF;
    p->left--;
}

static void probe_read_all(struct probe *p)
{
    const struct bus_clock *clock = &bus_clock_system;
    uint64_t until = clock->monotonic_ns(clock->data) + PEEK_MS * 1000000u;
    while (p->left > 0 && clock->monotonic_ns(clock->data) < until) {
        rd_kafka_message_t *m = NULL;
        if (rd_kafka_consume_batch_queue(p->q, PEEK_STEP, &m, 1) == 1) {
            probe_note(p, m);
            rd_kafka_message_destroy(m);
        }
    }
}

/* Of the topics it was asked queues of: it must know their leaders, or it waits
 * for its next look around. */
static bool know_topics(rd_kafka_t *rk)
{
    const rd_kafka_metadata_t *md = NULL;
    rd_kafka_resp_err_t e = rd_kafka_metadata(rk, 0, NULL, &md, PEEK_MS);
    if (md != NULL) {
        rd_kafka_metadata_destroy(md);
    }
    return e == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void kafka_probe(const struct bus_kafka_env *env,
                 rd_kafka_topic_partition_list_t *list)
{
    BUS_CHECK(list->cnt > 0);
    struct bus_err err;
    rd_kafka_t *rk = NULL;
    if (kafka_reader_make(env, "read_committed", &rk, &err) != 0) {
        return;
    }
    struct probe p = {list, rd_kafka_queue_new(rk), list->cnt};
    (void)rd_kafka_poll_set_consumer(rk);
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_queue_t *from = rd_kafka_queue_get_partition(
            rk, list->elems[i].topic, list->elems[i].partition);
        if (from != NULL) {
            rd_kafka_queue_forward(from, p.q);
            rd_kafka_queue_destroy(from);
        }
    }
    if (know_topics(rk) &&
        rd_kafka_assign(rk, list) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        probe_read_all(&p);
    }
    rd_kafka_queue_destroy(p.q);
    (void)rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}
