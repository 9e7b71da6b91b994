/* Reads one partition to its end.
 *
 * - the end is the high watermark (asked for as read_uncommitted), so that a
 *   transaction that is open now is waited for: what it writes belongs to the
 *   state if it commits
 * - a partition whose leader moves is waited for, up to the range's limit
 * - done when the position has reached it: an end-of-partition mark tells the
 *   position behind control records and aborted ones, which are not shown
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/kafka/parts.h"
#include "bus/kafka/read.h"

#define READ_BATCH     1000
#define READ_STEP_MS   100
#define READ_LIMIT_MS  60000
#define READ_QUEUED_KB 8192
#define READ_PAUSE_MS  200
#define ENDS_MS        (2 * KAFKA_CALL_MS)
#define ENDS_STEP_MS   2500

struct bus_kafka_reader
{
    rd_kafka_t *rk;  /* read_committed */
    rd_kafka_t *raw; /* read_uncommitted: only for watermarks */
    rd_kafka_topic_t *known;
};

int kafka_reader_make(const struct bus_kafka_env *env,
                      const char *isolation,
                      rd_kafka_t **ret,
                      struct bus_err *err)
{
    rd_kafka_conf_t *conf = NULL;
    int rc = kafka_conf(env, &conf, err);
    if (rc != 0) {
        return rc;
    }
    kafka_set(conf, "group.id", "lianou-reader", &rc, err);
    kafka_set(conf, "enable.auto.commit", "false", &rc, err);
    kafka_set(conf, "enable.auto.offset.store", "false", &rc, err);
    kafka_set(conf, "auto.offset.reset", "error", &rc, err);
    kafka_set(conf, "enable.partition.eof", "true", &rc, err);
    kafka_set(conf, "isolation.level", isolation, &rc, err);
    kafka_set(conf, "fetch.wait.max.ms", "10", &rc, err);
    kafka_set_int(conf, "queued.max.messages.kbytes", READ_QUEUED_KB, &rc, err);
    if (rc != 0) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    return kafka_make(RD_KAFKA_CONSUMER, conf, ret, err);
}

int bus_kafka_reader_open(const struct bus_kafka_env *env,
                          struct bus_kafka_reader **ret,
                          struct bus_err *err)
{
    struct bus_kafka_reader *r = bus_calloc(1, sizeof(*r));
    if (r == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a reader");
    }
    int rc;
    BUS_TRY_GOTO(rc, kafka_reader_make(env, "read_committed", &r->rk, err),
                 failed);
    BUS_TRY_GOTO(rc, kafka_reader_make(env, "read_uncommitted", &r->raw, err),
                 failed);
    (void)rd_kafka_poll_set_consumer(r->rk);
    *ret = r;
    return BUS_OK;
failed:
    bus_kafka_reader_close(r);
    return rc;
}

void bus_kafka_reader_close(struct bus_kafka_reader *r)
{
    if (r == NULL) {
        return;
    }
    if (r->known != NULL) {
        rd_kafka_topic_destroy(r->known);
    }
    if (r->rk != NULL) {
        (void)rd_kafka_consumer_close(r->rk);
        rd_kafka_destroy(r->rk);
    }
    if (r->raw != NULL) {
        rd_kafka_destroy(r->raw);
    }
    bus_free(r);
}

static int64_t read_now_ms(void)
{
    return (int64_t)(bus_clock_system.monotonic_ns(bus_clock_system.data) /
                     1000000u);
}

static void read_pause(void)
{
    const struct timespec pause = {0, READ_PAUSE_MS * 1000000L};
    (void)nanosleep(&pause, NULL);
}

/* The partition is on its way from one broker to another, or the one the
 * library takes for its leader does not answer. */
static bool leader_moves(rd_kafka_resp_err_t e)
{
    return e == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           e == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE ||
           e == RD_KAFKA_RESP_ERR__TRANSPORT ||
           e == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           e == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           e == RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH ||
           e == RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH ||
           e == RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE ||
           e == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE;
}

/* The library asks whom it knows, and would learn only at its next look. */
static void find_leaders(rd_kafka_t *rk)
{
    const rd_kafka_metadata_t *md = NULL;
    read_pause();
    if (rd_kafka_metadata(rk, 1, NULL, &md, KAFKA_PROBE_MS) ==
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(md);
    }
}

/* What is not there is what the configuration counts and the cluster has not.
 */
static int ends_fail(rd_kafka_resp_err_t e,
                     const char *topic,
                     int32_t partition,
                     struct bus_err *err)
{
    if (e == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
        return bus_fail(err, kafka_errc(e),
                        "topic %s has no partition %" PRId32 ": the "
                        "configuration counts more than the cluster has; "
                        "`lianou topics plan` shows both / 分区数与配置不符",
                        topic, partition);
    }
    if (e == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        e == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
        return bus_fail(err, kafka_errc(e),
                        "topic %s is not there; `lianou topics apply` makes "
                        "it / 主题不存在",
                        topic);
    }
    return kafka_fail(err, e, topic);
}

int bus_kafka_ends(struct bus_kafka_reader *r,
                   const char *topic,
                   int32_t partition,
                   bool committed_only,
                   int64_t ret[2],
                   struct bus_err *err)
{
    BUS_CHECK(partition >= 0 && topic != NULL);
    rd_kafka_t *rk = committed_only ? r->rk : r->raw;
    int64_t until = read_now_ms() + ENDS_MS;
    for (;;) {
        int64_t got[2];
        rd_kafka_resp_err_t e = rd_kafka_query_watermark_offsets(
            rk, topic, partition, &got[0], &got[1], ENDS_STEP_MS);
        if (e == RD_KAFKA_RESP_ERR_NO_ERROR) {
            BUS_CHECK(got[0] >= 0 && got[0] <= got[1]);
            ret[0] = got[0];
            ret[1] = got[1];
            return BUS_OK;
        }
        if (!leader_moves(e) || read_now_ms() >= until) {
            return ends_fail(e, topic, partition, err);
        }
        find_leaders(rk);
    }
}

struct reading
{
    struct bus_kafka_reader *r;
    const struct bus_kafka_range *range;
    bus_kafka_read_cb cb;
    void *data;
    int64_t next, end;
    struct kafka_topic_cache cache;
};

static int
kafka_read_one(struct reading *d, rd_kafka_message_t *raw, struct bus_err *err)
{
    if (raw->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        d->next = raw->offset > d->next ? raw->offset : d->next;
        return 0;
    }
    if (raw->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_msg_error(raw, err);
    }
    if (raw->offset >= d->end) {
        d->next = d->end; /* written after we began: not ours to read */
        return 0;
    }
    struct bus_kafka_msg m;
    kafka_msg_fill(&m, raw, &d->cache, &d->range->topic, 1);
    d->next = raw->offset + 1;
    return d->cb(d->data, &m, err);
}

static int
until_end(struct reading *d, rd_kafka_queue_t *q, struct bus_err *err)
{
    BUS_CHECK(d->next < d->end);
    const struct bus_clock *clock = &bus_clock_system;
    uint64_t limit = (uint64_t)(d->range->limit_ms > 0 ? d->range->limit_ms
                                                       : READ_LIMIT_MS) *
                     1000000u;
    uint64_t moved = clock->monotonic_ns(clock->data);
    rd_kafka_message_t *list[READ_BATCH];
    int rc = 0;
    while (rc == 0 && d->next < d->end) {
        int64_t before = d->next;
        /* One message first: a batch call waits its whole time when the
         * partition ends before the batch is full. */
        ssize_t n = rd_kafka_consume_batch_queue(q, READ_STEP_MS, list, 1);
        if (n == 1) {
            ssize_t more =
                rd_kafka_consume_batch_queue(q, 0, list + 1, READ_BATCH - 1);
            n += more > 0 ? more : 0;
        }
        for (ssize_t i = 0; i < n; i++) {
            if (rc == 0) {
                rc = kafka_read_one(d, list[i], err);
            }
            rd_kafka_message_destroy(list[i]);
        }
        uint64_t now = clock->monotonic_ns(clock->data);
        if (d->next > before) {
            moved = now;
        } else if (rc == 0 && now - moved > limit) {
            rc = bus_fail(err, BUS_ETIMEOUT,
                          "%s[%d]: no way on from offset %lld to %lld",
                          d->range->topic, (int)d->range->partition,
                          (long long)d->next, (long long)d->end);
        }
    }
    return rc;
}

/* Without the topic's metadata at hand the library finds the partition's
 * leader only at its next look around, up to a second later. */
static int
know_topic(struct bus_kafka_reader *r, const char *topic, struct bus_err *err)
{
    if (r->known != NULL && strcmp(rd_kafka_topic_name(r->known), topic) == 0) {
        return 0;
    }
    if (r->known != NULL) {
        rd_kafka_topic_destroy(r->known);
    }
    r->known = rd_kafka_topic_new(r->rk, topic, NULL);
    const rd_kafka_metadata_t *md = NULL;
    rd_kafka_resp_err_t e =
        r->known != NULL
            ? rd_kafka_metadata(r->rk, 0, r->known, &md, KAFKA_CALL_MS)
            : rd_kafka_last_error();
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_fail(err, e, topic);
    }
    rd_kafka_metadata_destroy(md);
    return 0;
}

static int
read_assign(struct reading *d, rd_kafka_queue_t **ret, struct bus_err *err)
{
    BUS_CHECK(d->next >= 0);
    rd_kafka_t *rk = d->r->rk;
    int rc = know_topic(d->r, d->range->topic, err);
    if (rc != 0) {
        return rc;
    }
    rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
    rd_kafka_queue_t *from =
        rd_kafka_queue_get_partition(rk, d->range->topic, d->range->partition);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, d->range->topic,
                                      d->range->partition)
        ->offset = d->next;
    if (from != NULL) {
        rd_kafka_queue_forward(from, q);
        rd_kafka_queue_destroy(from);
    }
    rd_kafka_resp_err_t e = rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR || from == NULL) {
        rd_kafka_queue_destroy(q);
        e = from == NULL ? RD_KAFKA_RESP_ERR__FAIL : e;
        return kafka_fail(err, e, d->range->topic);
    }
    *ret = q;
    return 0;
}

/* Where to begin and to end, and reading begun (if there is anything). */
static int
read_begin(struct reading *d, rd_kafka_queue_t **ret, struct bus_err *err)
{
    const struct bus_kafka_range *range = d->range;
    int64_t ends[2];
    BUS_TRY(
        bus_kafka_ends(d->r, range->topic, range->partition, false, ends, err));
    d->next = range->from;
    d->end = ends[1];
    if (d->next < 0 || (d->next < ends[0] && range->compacted)) {
        d->next = ends[0];
    }
    if (d->next < ends[0] || d->next > ends[1]) {
        return bus_fail(err, BUS_EGONE,
                        "%s[%d]: offset %lld is not between %lld and %lld",
                        range->topic, (int)range->partition, (long long)d->next,
                        (long long)ends[0], (long long)ends[1]);
    }
    return d->next < d->end ? read_assign(d, ret, err) : BUS_OK;
}

int bus_kafka_read(struct bus_kafka_reader *r,
                   const struct bus_kafka_range *range,
                   bus_kafka_read_cb cb,
                   void *data,
                   int64_t *ret_next,
                   struct bus_err *err)
{
    struct reading d = {.r = r, .range = range, .cb = cb, .data = data};
    rd_kafka_queue_t *q = NULL;
    int64_t until = read_now_ms() + range->limit_ms;
    int rc;
    while ((rc = read_begin(&d, &q, err)) != BUS_OK) {
        if (bus_err_act((enum bus_errc)rc) != BUS_ACT_RETRY ||
            read_now_ms() >= until) {
            return rc;
        }
        read_pause();
    }
    if (q != NULL) {
        rc = until_end(&d, q, err);
        (void)rd_kafka_assign(r->rk, NULL);
        rd_kafka_queue_destroy(q);
    }
    if (rc == BUS_OK) {
        BUS_CHECK(d.next >= d.end || q == NULL);
        *ret_next = d.next;
    }
    return rc;
}
