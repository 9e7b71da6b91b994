/* One batch, one transaction.
 *
 * - begin, process, flush, send offsets, commit; then committed()
 * - the work fails (RETRY), or the library asks for an abort: abort,
 *   aborted(), the same messages again (they are still here: no seek)
 * - a call fails in a retriable way: the call again
 * - anything else, also a commit without an answer: the end is in doubt. The
 *   producer is destroyed and made anew, which ends the transaction; then the
 *   group's offsets tell which way: behind this batch, it was committed
 * - fenced, or so it looks: the same; whether another instance took over the
 *   group tells (kafka_eos_producer_make), and then the shell stops
 *
 * Everything is flushed before the offsets are sent: a later owner of the
 * partitions, which the coordinator admits only after our offsets were taken
 * or refused, must find all our records under the high watermark.
 */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/kafka/eos_parts.h"

#define FLUSH_STEP_MS 500
#define TXN_CALL_MS   5000
#define CALL_TRIES    20
#define STOP_TRIES    2 /* a lane that is to let go does not repeat for long */
#define CALL_PAUSE_MS 50
#define ABORT_MS      10000
#define ABORT_STEP_MS 100

enum end { END_COMMITTED, END_ABORTED, END_DOUBT, END_FAILED, END_GIVEN_UP };

static void sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, (ms % 1000) * 1000000L};
    (void)nanosleep(&t, NULL);
}

/* Error events tell nothing that the next call does not tell; deliveries that
 * failed fail the commit. They only have to be taken away. */
void kafka_eos_drain(struct eos_lane *lane)
{
    BUS_CHECK((lane->producer == NULL) == (lane->events == NULL));
    rd_kafka_event_t *ev;
    if (lane->events == NULL) {
        return;
    }
    while ((ev = rd_kafka_queue_poll(lane->events, 0)) != NULL) {
        rd_kafka_event_destroy(ev);
    }
}

/* What an error of a transaction call means. Destroys e. */
static enum end
eos_txn_judge(rd_kafka_error_t *e, const char *what, struct bus_err *err)
{
    bool abort = rd_kafka_error_txn_requires_abort(e) != 0;
    (void)kafka_fail_error(err, e, what);
    return abort ? END_ABORTED : END_DOUBT;
}

/* An abort purges what is queued, then waits until the reports of that are
 * taken, which only we do: in steps, each of which goes on where the last one
 * ended. Without an answer for long the end is in doubt. */
static enum end abort_now(struct eos_lane *lane)
{
    BUS_CHECK(lane->producer_state == PRODUCER_READY);
    int64_t until = kafka_eos_now_ms() + ABORT_MS;
    for (;;) {
        rd_kafka_error_t *e =
            rd_kafka_abort_transaction(lane->producer, ABORT_STEP_MS);
        kafka_eos_drain(lane);
        if (e == NULL) {
            return END_ABORTED;
        }
        bool again = rd_kafka_error_is_retriable(e) != 0;
        rd_kafka_error_destroy(e);
        if (!again || atomic_load(&lane->interrupt) ||
            kafka_eos_now_ms() > until) {
            return END_DOUBT;
        }
        sleep_ms(CALL_PAUSE_MS);
    }
}

static bool eos_txn_flush(struct eos_lane *lane)
{
    BUS_CHECK(lane->producer_state == PRODUCER_READY);
    int64_t until = kafka_eos_now_ms() + lane->eos->conf.transaction_ms;
    int64_t stop_until = 0;
    while (rd_kafka_flush(lane->producer, FLUSH_STEP_MS) !=
           RD_KAFKA_RESP_ERR_NO_ERROR) {
        int64_t now = kafka_eos_now_ms();
        kafka_eos_drain(lane);
        if (atomic_load(&lane->interrupt) && stop_until == 0) {
            stop_until = now + EOS_STOP_FLUSH_MS;
        }
        if (now > until || (stop_until != 0 && now > stop_until)) {
            return false;
        }
    }
    return true;
}

static rd_kafka_topic_partition_list_t *batch_offsets(struct eos_lane *lane)
{
    const struct bus_kafka_eos_conf *c = &lane->eos->conf;
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(16);
    for (size_t t = 0; t < c->topics_count; t++) {
        for (size_t s = 0; s < lane->slots; s++) {
            const struct eos_place *p = &lane->places[t * lane->slots + s];
            if (p->batch_next >= 0) {
                rd_kafka_topic_partition_list_add(
                    list, c->topics[t], (int32_t)s * c->lanes + lane->index)
                    ->offset = p->batch_next;
            }
        }
    }
    return list;
}

static rd_kafka_error_t *send_offsets(struct eos_lane *lane)
{
    rd_kafka_topic_partition_list_t *list = batch_offsets(lane);
    BUS_CHECK(list->cnt > 0);
    rd_kafka_consumer_group_metadata_t *member =
        rd_kafka_consumer_group_metadata(kafka_group_handle(lane->eos->group));
    rd_kafka_error_t *e = rd_kafka_send_offsets_to_transaction(
        lane->producer, list, member, TXN_CALL_MS);
    rd_kafka_consumer_group_metadata_destroy(member);
    rd_kafka_topic_partition_list_destroy(list);
    return e;
}

static rd_kafka_error_t *commit(struct eos_lane *lane)
{
    BUS_CHECK(lane->producer_state == PRODUCER_READY);
    return rd_kafka_commit_transaction(lane->producer, TXN_CALL_MS);
}

static enum end repeat(struct eos_lane *lane,
                       rd_kafka_error_t *(*call)(struct eos_lane *lane),
                       const char *what,
                       struct bus_err *err)
{
    for (int i = 0;; i++) {
        rd_kafka_error_t *e = call(lane);
        if (e == NULL) {
            return END_COMMITTED;
        }
        bool last = i == CALL_TRIES ||
                    (i >= STOP_TRIES && atomic_load(&lane->interrupt));
        if (last || !rd_kafka_error_is_retriable(e)) {
            return eos_txn_judge(e, what, err);
        }
        rd_kafka_error_destroy(e);
        sleep_ms(CALL_PAUSE_MS);
    }
}

/* The work inside the transaction. */
static enum end eos_txn_work(struct eos_lane *lane, struct bus_err *err)
{
    BUS_CHECK(lane->n > 0);
    struct bus_kafka_eos *eos = lane->eos;
    kafka_eos_out_begin(&lane->out);
    memset(lane->written, 0, eos->conf.outputs_count * sizeof(*lane->written));
    int rc = eos->conf.ops->process(eos->conf.data, lane->index, lane->msgs,
                                    lane->n, &lane->out, err);
    if (rc == 0) {
        rc = kafka_eos_out_flush(&lane->out, err);
    }
    if (rc == 0 && lane->out.rc != 0) {
        rc = lane->out.rc; /* the caller went on after a failure */
        *err = lane->out.err;
    }
    return rc == 0 ? END_COMMITTED : END_ABORTED;
}

static enum end attempt(struct eos_lane *lane, struct bus_err *err)
{
    /* Decision 17. */
    BUS_CHECK(lane->producer_state == PRODUCER_READY &&
              !kafka_eos_trouble_seen(&lane->trouble));
    rd_kafka_error_t *e = rd_kafka_begin_transaction(lane->producer);
    if (e != NULL) {
        (void)eos_txn_judge(e, "begin", err);
        return END_DOUBT;
    }
    enum end end = eos_txn_work(lane, err);
    uint64_t begun = bus_clock_system.monotonic_ns(bus_clock_system.data);
    if (end == END_COMMITTED && !eos_txn_flush(lane)) {
        (void)bus_fail(err, BUS_ETIMEOUT, "lane %d: no broker took the batch",
                       lane->index);
        end = atomic_load(&lane->interrupt) ? END_GIVEN_UP : END_ABORTED;
    }
    if (end == END_COMMITTED) {
        end = repeat(lane, send_offsets, "send offsets", err);
    }
    if (end == END_COMMITTED) {
        end = repeat(lane, commit, "commit", err);
    }
    if (end == END_COMMITTED && lane->seconds != NULL) {
        uint64_t now = bus_clock_system.monotonic_ns(bus_clock_system.data);
        bus_run_series_observe(lane->seconds, (double)(now - begun) / 1e9);
    }
    kafka_eos_drain(lane);
    return end == END_ABORTED ? abort_now(lane) : end;
}

/* Which way did it end? Only asked with a new producer. */
static int
eos_txn_resolve(struct eos_lane *lane, bool *ret, struct bus_err *err)
{
    BUS_CHECK(lane->producer_state == PRODUCER_READY);
    rd_kafka_topic_partition_list_t *ours = batch_offsets(lane);
    rd_kafka_topic_partition_list_t *theirs =
        rd_kafka_topic_partition_list_copy(ours);
    rd_kafka_resp_err_t e = rd_kafka_committed(
        kafka_group_handle(lane->eos->group), theirs, TXN_CALL_MS);
    bool behind = e == RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < theirs->cnt && e == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        e = theirs->elems[i].err;
        /* Further than ours: another owner has them, and a revocation is on
         * its way; what we did is in there if and only if it was committed,
         * and our state is dropped in any case. */
        behind = behind && theirs->elems[i].offset >= ours->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(ours);
    rd_kafka_topic_partition_list_destroy(theirs);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_fail(err, e, "committed offsets");
    }
    *ret = behind;
    return 0;
}

/* After an abort of our own: refused as a member, or by a fatal error. */
static enum end end_fenced(struct eos_lane *lane, struct bus_err *err)
{
    return kafka_group_check(lane->eos->group, err) == BUS_EFENCED
               ? END_FAILED
               : END_ABORTED;
}

static enum end end_doubt(struct eos_lane *lane, struct bus_err *err)
{
    kafka_eos_producer_drop(lane);
    for (;;) {
        if (!kafka_eos_producer_make(lane)) {
            return lane->state == LANE_FAILED ? END_FAILED : END_GIVEN_UP;
        }
        bool committed = false;
        if (eos_txn_resolve(lane, &committed, err) == 0) {
            return committed ? END_COMMITTED : END_ABORTED;
        }
        if (!kafka_eos_lane_pause(lane, err)) {
            return END_GIVEN_UP;
        }
    }
}

/* Places in the tracked outputs that the committed state has reached. */
static size_t eos_txn_track(struct eos_lane *lane, struct bus_kafka_written *w)
{
    BUS_CHECK(lane->producer != NULL);
    const struct bus_kafka_eos_conf *c = &lane->eos->conf;
    int64_t now = kafka_eos_now_ms();
    size_t n = 0;
    if (now - lane->tracked_at_ms < EOS_TRACK_MS) {
        return 0;
    }
    lane->tracked_at_ms = now;
    for (size_t i = 0; i < lane->parts_count; i++) {
        size_t slot = (size_t)lane->parts[i] / (size_t)c->lanes;
        for (size_t t = 0; t < c->outputs_count && lane->dirty[slot]; t++) {
            int64_t low = 0;
            int64_t high = 0;
            if (c->outputs[t].track && n < BUS_KAFKA_WRITTEN_MAX &&
                rd_kafka_query_watermark_offsets(
                    lane->producer, c->outputs[t].topic, lane->parts[i], &low,
                    &high, KAFKA_CALL_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
                w[n++] = (struct bus_kafka_written){(int32_t)t, lane->parts[i],
                                                    high};
            }
        }
        lane->dirty[slot] = false;
    }
    return n;
}

/* The embedded broker acknowledges a transaction's offsets and forgets them:
 * they are committed once more, so that lags and a restart can be shown. */
static void commit_embedded(struct eos_lane *lane)
{
    if (lane->eos->env.conf->embedded) {
        rd_kafka_topic_partition_list_t *list = batch_offsets(lane);
        (void)rd_kafka_commit(kafka_group_handle(lane->eos->group), list, 1);
        rd_kafka_topic_partition_list_destroy(list);
    }
}

static bool eos_txn_keep(struct eos_lane *lane, struct bus_err *err)
{
    BUS_CHECK(lane->state == LANE_READING);
    struct bus_kafka_eos *eos = lane->eos;
    struct bus_kafka_written w[BUS_KAFKA_WRITTEN_MAX];
    for (size_t i = 0; i < eos->conf.topics_count * lane->slots; i++) {
        if (lane->places[i].batch_next >= 0) {
            lane->places[i].next = lane->places[i].batch_next;
        }
    }
    if (lane->commits != NULL) {
        bus_run_series_add(lane->commits, 1);
    }
    kafka_flow_handled(&eos->flow, (size_t)lane->index, lane->msgs, lane->n);
    kafka_flow_written(&eos->flow, lane->written, eos->conf.outputs_count);
    commit_embedded(lane);
    size_t n = eos_txn_track(lane, w);
    int rc = eos->conf.ops->committed(eos->conf.data, lane->index, w, n, err);
    if (rc != 0) {
        kafka_eos_lane_fail(lane, err);
    }
    return rc == 0;
}

static void eos_txn_forget(struct eos_lane *lane)
{
    BUS_CHECK(lane->n > 0);
    struct bus_kafka_eos *eos = lane->eos;
    eos->conf.ops->aborted(eos->conf.data, lane->index);
    if (lane->aborts != NULL) {
        bus_run_series_add(lane->aborts, 1);
    }
}

/* Before the next transaction begins. */
static void drop_troubled(struct eos_lane *lane)
{
    if (lane->producer != NULL && kafka_eos_trouble_seen(&lane->trouble)) {
        kafka_eos_producer_drop(lane);
    }
}

bool kafka_eos_batch_run(struct eos_lane *lane)
{
    BUS_CHECK(lane->state == LANE_READING && lane->n > 0);
    struct bus_err err = {0};
    for (;;) {
        if (lane->producer_state != PRODUCER_READY &&
            !kafka_eos_producer_make(lane)) {
            return false;
        }
        enum end end = attempt(lane, &err);
        if (end == END_DOUBT) {
            struct bus_err why = err;
            end = end_doubt(lane, &err);
            err = end == END_ABORTED ? why : err;
        }
        if (end == END_ABORTED && err.code == BUS_EFENCED) {
            err.code = BUS_EAWAY;
            end = end_fenced(lane, &err);
        }
        if (end == END_COMMITTED) {
            bus_run_backoff_reset(&lane->backoff);
            kafka_eos_lane_trouble(lane, "");
            bool kept = eos_txn_keep(lane, &err);
            drop_troubled(lane);
            return kept;
        }
        drop_troubled(lane);
        eos_txn_forget(lane);
        bool stop =
            end == END_FAILED ||
            (end == END_ABORTED && bus_err_act(err.code) != BUS_ACT_RETRY);
        if (stop) {
            kafka_eos_lane_fail(lane, &err);
        }
        if (end == END_GIVEN_UP) {
            kafka_eos_producer_drop(lane);
        }
        if (stop || end == END_GIVEN_UP || !kafka_eos_lane_pause(lane, &err)) {
            return false;
        }
    }
}
