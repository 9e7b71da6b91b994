/* A lane's thread.
 *
 * - orders of the loop first (assign, revoke, stop), then a batch: what is
 *   queued up to batch_max and, by the last batch's measure, held_bytes; a lane
 *   that was idle gathers for batch_wait_ms, one with a backlog as long as more
 *   comes at once, one that has just committed for EOS_STREAM_MS from then on
 * (a transaction costs the same whatever its size)
 * - an end of partition counts towards "caught up"
 * - an error message of the library (an offset that is gone) fails the shell
 * - failed for good: only orders are obeyed
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/eos_parts.h"

void kafka_eos_lane_kick(struct eos_lane *lane)
{
    static const uint64_t one = 1;
    BUS_CHECK(lane->fd >= 0);
    (void)!write(lane->fd, &one, sizeof(one));
}

static void wait_fd(struct eos_lane *lane, int64_t ms)
{
    struct pollfd p = {.fd = lane->fd, .events = POLLIN};
    if (ms > 0 && poll(&p, 1, (int)ms) > 0) {
        uint64_t n;
        (void)!read(lane->fd, &n, sizeof(n));
    }
}

/* -- orders */

static void finished(struct eos_lane *lane)
{
    struct bus_kafka_eos *eos = lane->eos;
    pthread_mutex_lock(&eos->lock);
    BUS_CHECK(eos->pending > 0);
    eos->pending--;
    pthread_mutex_unlock(&eos->lock);
    bus_run_wake_send(eos->wake);
}

static int make_places(struct eos_lane *lane, struct bus_err *err)
{
    BUS_CHECK(lane->parts_count > 0 && lane->places == NULL);
    size_t slots = 0;
    for (size_t i = 0; i < lane->parts_count; i++) {
        size_t s = (size_t)lane->parts[i] / (size_t)lane->eos->conf.lanes + 1;
        slots = s > slots ? s : slots;
    }
    size_t n = slots * lane->eos->conf.topics_count;
    lane->slots = slots;
    lane->places = bus_calloc(n, sizeof(*lane->places));
    lane->eof = bus_calloc(n, sizeof(*lane->eof));
    lane->dirty = bus_calloc(slots, sizeof(*lane->dirty));
    if (lane->places == NULL || lane->eof == NULL || lane->dirty == NULL) {
        return bus_fail(err, BUS_ENOMEM, "lane %d", lane->index);
    }
    for (size_t i = 0; i < n; i++) {
        lane->places[i] = (struct eos_place){-1, -1};
    }
    return 0;
}

static bool restore(struct eos_lane *lane, int32_t partition)
{
    BUS_CHECK(lane->state == LANE_RESTORING);
    struct bus_kafka_eos *eos = lane->eos;
    struct bus_err err = {0};
    while (eos->conf.ops->assigned(eos->conf.data, lane->index, partition,
                                   &err) != 0) {
        if (bus_err_act(err.code) != BUS_ACT_RETRY) {
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

static void eos_lane_let_go(struct eos_lane *lane)
{
    BUS_CHECK(lane->n == 0);
    struct bus_kafka_eos *eos = lane->eos;
    for (size_t i = 0; i < lane->parts_count; i++) {
        eos->conf.ops->revoked(eos->conf.data, lane->index, lane->parts[i]);
    }
    bus_free(lane->parts);
    bus_free(lane->places);
    bus_free(lane->eof);
    bus_free(lane->dirty);
    lane->parts = NULL;
    lane->places = NULL;
    lane->eof = NULL;
    lane->dirty = NULL;
    lane->parts_count = 0;
    lane->slots = 0;
}

static void obey_assign(struct eos_lane *lane, int32_t *parts, size_t count)
{
    struct bus_err err;
    if (lane->parts != NULL) {
        eos_lane_let_go(lane); /* given anew without being taken back */
    }
    kafka_eos_lane_move(lane, LANE_ON_ASSIGN);
    BUS_CHECK(count > 0 && lane->places == NULL);
    lane->parts = parts;
    lane->parts_count = 0; /* those restored */
    lane->cache = (struct kafka_topic_cache){0};
    lane->tracked_at_ms = kafka_eos_now_ms();
    bool ok =
        lane->state != LANE_FAILED && (lane->producer_state == PRODUCER_READY ||
                                       kafka_eos_producer_make(lane));
    for (size_t i = 0; i < count && ok; i++) {
        ok = restore(lane, parts[i]);
        lane->parts_count += ok;
    }
    if (ok && make_places(lane, &err) != 0) {
        kafka_eos_lane_fail(lane, &err);
    } else if (ok) {
        kafka_eos_lane_move(lane, LANE_ON_RESTORED);
    } /* else interrupted: an order to let go is on its way */
    finished(lane);
}

/* False: the thread is to end. */
static bool eos_lane_obey(struct eos_lane *lane)
{
    struct bus_kafka_eos *eos = lane->eos;
    pthread_mutex_lock(&eos->lock);
    bool assign = (lane->orders & ORDER_ASSIGN) != 0;
    bool revoke = (lane->orders & ORDER_REVOKE) != 0;
    bool stop = (lane->orders & ORDER_STOP) != 0;
    int32_t *parts = lane->order_parts;
    size_t count = lane->order_count;
    lane->orders &= ORDER_STOP; /* which stays */
    lane->order_parts = NULL;
    if (!stop && !revoke) {
        atomic_store(&lane->interrupt, false);
    }
    pthread_mutex_unlock(&eos->lock);
    if (assign) {
        obey_assign(lane, parts, count);
    }
    if (revoke || stop) {
        eos_lane_let_go(lane);
        kafka_eos_lane_move(lane, stop ? LANE_ON_STOP : LANE_ON_REVOKE);
    }
    if (revoke) {
        atomic_store(&lane->interrupt, stop);
        finished(lane);
    }
    return !stop;
}

/* -- batches */

/* A batch reads for half of what it may hold; states take the other half. */
static size_t eos_lane_take(struct eos_lane *lane, size_t have)
{
    BUS_CHECK(have <= lane->eos->conf.batch_max);
    size_t room = (size_t)lane->eos->conf.held_bytes / 2;
    size_t n = have;
    while (n < lane->batch_limit && lane->taken < room) {
        size_t want = lane->batch_limit - n;
        ssize_t got = rd_kafka_consume_batch_queue(
            lane->queue, 0, lane->raw + n, want < EOS_TAKE ? want : EOS_TAKE);
        for (ssize_t i = 0; i < got; i++) {
            lane->taken += lane->raw[n++]->len + EOS_MESSAGE_BYTES;
        }
        if (got < (ssize_t)EOS_TAKE) {
            break;
        }
    }
    return n - have;
}

/* The next batch is as large as memory allows if its messages make as much as
 * these did. It grows by doubling, shrinks at once. */
static void size_next(struct eos_lane *lane)
{
    BUS_CHECK(lane->n > 0);
    const struct bus_kafka_eos_conf *c = &lane->eos->conf;
    size_t held = lane->out.held;
    for (size_t i = 0; i < lane->n; i++) {
        held += lane->msgs[i].value.n + EOS_MESSAGE_BYTES;
    }
    size_t room = (size_t)c->held_bytes / (held / lane->n + 1);
    size_t most = lane->batch_limit * 2;
    room = room > most ? most : room;
    room = room < EOS_BATCH_LEAST ? EOS_BATCH_LEAST : room;
    lane->batch_limit = room > c->batch_max ? c->batch_max : room;
}

static bool eos_lane_full(const struct eos_lane *lane, size_t n)
{
    return n >= lane->batch_limit ||
           lane->taken >= (size_t)lane->eos->conf.held_bytes / 2;
}

/* Somebody waits for one of those from `from` on. */
static bool eos_lane_urgent(struct eos_lane *lane, size_t from, size_t n)
{
    const struct bus_kafka_eos_conf *c = &lane->eos->conf;
    for (size_t i = from; i < n; i++) {
        struct bus_kafka_msg m = {.topic_index = -1};
        const rd_kafka_message_t *raw = lane->raw[i];
        if (raw->rkt == NULL || raw->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return true; /* no message: an end, a trouble */
        }
        kafka_msg_fill(&m, lane->raw[i], &lane->cache, c->topics,
                       c->topics_count);
        if (m.topic_index < 0 || !c->calm[m.topic_index]) {
            return true;
        }
    }
    return false;
}

/* More of what nobody waits for, until somebody does or it has waited long
 * enough. Looked at in steps: to be woken by each costs more than it. */
static size_t eos_lane_gather_calm(struct eos_lane *lane, size_t n)
{
    int64_t until = kafka_eos_now_ms() + lane->eos->conf.calm_wait_ms, now;
    while (n < EOS_CALM_ENOUGH && !eos_lane_full(lane, n) &&
           !atomic_load(&lane->interrupt) &&
           (now = kafka_eos_now_ms()) < until) {
        int64_t ms = until - now > EOS_REFILL_MS ? EOS_REFILL_MS : until - now;
        (void)nanosleep(&(struct timespec){0, ms * 1000000L}, NULL);
        size_t more = eos_lane_take(lane, n);
        if (eos_lane_urgent(lane, n, n + more)) {
            return n + more;
        }
        n += more;
    }
    return n;
}

/* What comes in a stream, until a transaction is worth its price. */
static size_t eos_lane_gather_stream(struct eos_lane *lane, size_t n)
{
    int64_t until = lane->ended_at_ms + EOS_STREAM_MS, now;
    while (n > 0 && n < EOS_CALM_ENOUGH && !eos_lane_full(lane, n) &&
           !atomic_load(&lane->interrupt) &&
           (now = kafka_eos_now_ms()) < until) {
        int64_t ms = until - now > EOS_REFILL_MS ? EOS_REFILL_MS : until - now;
        (void)nanosleep(&(struct timespec){0, ms * 1000000L}, NULL);
        n += eos_lane_take(lane, n);
    }
    return n;
}

static size_t eos_lane_gather(struct eos_lane *lane)
{
    BUS_CHECK(lane->state == LANE_READING && lane->queue != NULL);
    lane->taken = 0;
    size_t n = eos_lane_take(lane, 0);
    bool backlog = n >= EOS_BACKLOG, queued = n > 0;
    if (n == 0) {
        wait_fd(lane, EOS_IDLE_MS);
        n = eos_lane_take(lane, 0);
    }
    bool calm = lane->eos->conf.calm != NULL && n > 0 && n < EOS_CALM_ENOUGH &&
                !eos_lane_urgent(lane, 0, n);
    if (calm) {
        return eos_lane_gather_calm(lane, n);
    }
    int64_t now = kafka_eos_now_ms();
    int64_t until =
        now + (backlog ? EOS_BACKLOG_MS : lane->eos->conf.batch_wait_ms);
    if (!backlog && lane->eos->conf.calm != NULL &&
        now < lane->ended_at_ms + EOS_STREAM_MS) {
        /* One small transaction after the other costs more than all else. */
        return eos_lane_gather_stream(lane, n);
    }
    if (queued && !backlog) {
        return n; /* it queued up while we committed */
    }
    while (n > 0 && !eos_lane_full(lane, n) && !atomic_load(&lane->interrupt) &&
           (now = kafka_eos_now_ms()) < until) {
        int64_t ms = until - now;
        wait_fd(lane, backlog && ms > EOS_REFILL_MS ? EOS_REFILL_MS : ms);
        size_t more = eos_lane_take(lane, n);
        if (more == 0 && backlog) {
            break;
        }
        n += more;
    }
    return n;
}

static void eos_lane_count_eof(struct eos_lane *lane,
                               const struct bus_kafka_msg *m)
{
    struct bus_kafka_eos *eos = lane->eos;
    if (m->topic_index < 0) {
        return;
    }
    size_t i =
        (size_t)(kafka_eos_lane_place(lane, m->topic_index, m->partition) -
                 lane->places);
    if (!lane->eof[i]) {
        lane->eof[i] = 1;
        pthread_mutex_lock(&eos->lock);
        eos->eof_count++;
        pthread_mutex_unlock(&eos->lock);
        bus_run_wake_send(eos->wake);
    }
}

/* Keeps what are messages, in order; false: an error that stops us. */
static bool eos_lane_sift(struct eos_lane *lane, size_t count)
{
    const struct bus_kafka_eos_conf *c = &lane->eos->conf;
    BUS_CHECK(lane->places != NULL && count <= c->batch_max);
    bool ok = true;
    size_t n = 0;
    for (size_t i = 0; i < c->topics_count * lane->slots; i++) {
        lane->places[i].batch_next = -1;
    }
    for (size_t i = 0; i < count; i++) {
        rd_kafka_message_t *raw = lane->raw[i];
        struct bus_kafka_msg *m = &lane->msgs[n];
        struct bus_err err = {0};
        if (raw->rkt != NULL) {
            kafka_msg_fill(m, raw, &lane->cache, c->topics, c->topics_count);
        }
        if (raw->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            if (raw->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                eos_lane_count_eof(lane, m);
            } else if (kafka_msg_error(raw, &err) != 0) {
                kafka_eos_lane_fail(lane, &err);
                ok = false;
            }
            rd_kafka_message_destroy(raw);
            continue;
        }
        struct eos_place *p =
            kafka_eos_lane_place(lane, m->topic_index, m->partition);
        if (raw->offset < p->next) { /* committed already */
            rd_kafka_message_destroy(raw);
            continue;
        }
        p->batch_next = raw->offset + 1;
        lane->raw[n++] = raw;
    }
    lane->n = n;
    return ok;
}

static void eos_lane_batch(struct eos_lane *lane)
{
    size_t n = eos_lane_gather(lane);
    if (n == 0) {
        kafka_eos_drain(lane);
        return;
    }
    BUS_CHECK(n <= lane->eos->conf.batch_max);
    bool ok = eos_lane_sift(lane, n);
    if (ok && lane->n > 0) {
        kafka_flow_taken(&lane->eos->flow, (size_t)lane->index, lane->msgs,
                         lane->n);
        (void)kafka_eos_batch_run(lane);
        lane->ended_at_ms = kafka_eos_now_ms();
        size_next(lane);
    }
    for (size_t i = 0; i < lane->n; i++) {
        rd_kafka_message_destroy(lane->raw[i]);
    }
    lane->n = 0;
}

void *kafka_eos_lane_main(void *data)
{
    struct eos_lane *lane = data;
    BUS_CHECK(lane->state == LANE_IDLE);
    kafka_eos_producer_warm(lane);
    while (eos_lane_obey(lane)) {
        if (lane->state != LANE_READING) {
            wait_fd(lane, EOS_IDLE_MS);
            kafka_eos_drain(lane);
        } else if (lane->producer_state != PRODUCER_READY) {
            (void)kafka_eos_producer_make(lane);
        } else {
            eos_lane_batch(lane);
        }
    }
    kafka_eos_producer_drop(lane);
    return NULL;
}
