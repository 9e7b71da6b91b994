/* From an assignment to reading.
 *
 * - places: the committed offsets (at once, while the owner restores; or the
 *   owner's own, when it has said them), and how far each partition reaches.
 *   An empty one is begun at 0, which saves the library a question
 * - who stands at the end of a partition need not wait for the library to say
 *   so: it learns of an end only by a fetch that found nothing, a fetch wait
 *   after the partition's turn has come. What lies between an offset and the
 *   end may be control records only: probe.c looks
 * - places known and the owner ready: partitions are forwarded to the owner's
 *   queues, then assigned
 * - another rebalance in between: what was asked is thrown away
 */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/group_parts.h"

/* Without an answer it is read to its end instead. */
#define ENDS_MS KAFKA_CALL_MS

/* -- on the pool */

static int ask_committed(struct kafka_group *g, struct bus_err *err)
{
    BUS_CHECK(g->asked != NULL && g->rk != NULL);
    rd_kafka_topic_partition_list_t *ask =
        rd_kafka_topic_partition_list_new(g->asked->cnt);
    for (int i = 0; i < g->asked->cnt; i++) {
        if (g->asked->elems[i].offset == RD_KAFKA_OFFSET_INVALID) {
            (void)rd_kafka_topic_partition_list_add(
                ask, g->asked->elems[i].topic, g->asked->elems[i].partition);
        }
    }
    int rc = 0;
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (ask->cnt > 0) {
        e = rd_kafka_committed(g->rk, ask, KAFKA_CALL_MS);
    }
    for (int i = 0; i < ask->cnt && e == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        rd_kafka_topic_partition_t *got = &ask->elems[i];
        e = got->err;
        rd_kafka_topic_partition_list_find(g->asked, got->topic, got->partition)
            ->offset =
            got->offset >= 0 ? got->offset : RD_KAFKA_OFFSET_BEGINNING;
    }
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rc = kafka_fail(err, e, "committed offsets");
    }
    rd_kafka_topic_partition_list_destroy(ask);
    return rc;
}

/* Those that are behind the end by little, for probe.c. */
static void probe_into_gaps(struct kafka_group *g,
                            const rd_kafka_topic_partition_list_t *ends)
{
    rd_kafka_topic_partition_list_t *gaps =
        rd_kafka_topic_partition_list_new(8);
    for (int i = 0; i < g->asked->cnt; i++) {
        const rd_kafka_topic_partition_t *p = &g->asked->elems[i];
        if (!g->at_end[i] && p->offset >= 0 &&
            ends->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR &&
            ends->elems[i].offset - p->offset <= KAFKA_PEEK_GAP) {
            rd_kafka_topic_partition_list_add(gaps, p->topic, p->partition)
                ->offset = p->offset;
        }
    }
    if (gaps->cnt > 0) {
        kafka_probe(&g->env, gaps);
    }
    for (int i = 0; i < g->asked->cnt && gaps->cnt > 0; i++) {
        rd_kafka_topic_partition_t *p = &g->asked->elems[i];
        const rd_kafka_topic_partition_t *seen =
            rd_kafka_topic_partition_list_find(gaps, p->topic, p->partition);
        if (seen != NULL && seen->offset >= ends->elems[i].offset) {
            p->offset = seen->offset;
            g->at_end[i] = true;
        }
    }
    rd_kafka_topic_partition_list_destroy(gaps);
}

/* How far they reach, as a reader of committed records sees it. An answer that
 * does not come is no fault: those are read until the library says "end". */
static void ask_ends(struct kafka_group *g)
{
    rd_kafka_topic_partition_list_t *ends =
        rd_kafka_topic_partition_list_copy(g->asked);
    for (int i = 0; i < ends->cnt; i++) {
        ends->elems[i].offset = RD_KAFKA_OFFSET_END;
    }
    if (rd_kafka_offsets_for_times(g->rk, ends, ENDS_MS) ==
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        for (int i = 0; i < ends->cnt; i++) {
            rd_kafka_topic_partition_t *p = &g->asked->elems[i];
            const rd_kafka_topic_partition_t *end = &ends->elems[i];
            if (end->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                continue;
            }
            if (p->offset == RD_KAFKA_OFFSET_BEGINNING && end->offset == 0) {
                p->offset = 0;
            }
            g->at_end[i] = p->offset >= 0 && p->offset == end->offset;
        }
        probe_into_gaps(g, ends);
    }
    rd_kafka_topic_partition_list_destroy(ends);
}

static void group_assign_ask(void *data)
{
    struct kafka_group *g = data;
    BUS_CHECK(g->asked != NULL && g->at_end != NULL);
    g->rc = ask_committed(g, &g->err);
    if (g->rc == 0) {
        ask_ends(g);
    }
}

/* -- on the loop */

static void begin_ask(struct kafka_group *g);

static void group_forward(struct kafka_group *g)
{
    BUS_CHECK(g->asked != NULL);
    for (int i = 0; i < g->asked->cnt; i++) {
        const rd_kafka_topic_partition_t *p = &g->asked->elems[i];
        rd_kafka_queue_t *from =
            rd_kafka_queue_get_partition(g->rk, p->topic, p->partition);
        if (from != NULL) {
            rd_kafka_queue_forward(
                from, g->conf.queue_of(g->conf.data, p->partition));
            rd_kafka_queue_destroy(from);
        }
    }
}

/* By `event` of the two that were waited for, the places and the owner, the
 * second. */
static void begin_reading(struct kafka_group *g, enum group_event event)
{
    BUS_CHECK(g->unanswered && g->asked != NULL);
    group_forward(g);
    g->conf.known(g->conf.data, g->asked, g->at_end);
    rd_kafka_resp_err_t e = rd_kafka_assign(g->rk, g->asked);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)kafka_fail(&g->err, e, "assign");
        kafka_group_move(g, GROUP_ON_REFUSED);
        kafka_group_retry(g, begin_ask);
        return;
    }
    g->unanswered = false;
    kafka_group_move(g, event);
    BUS_CHECK(g->state == GROUP_READING);
    kafka_watch_up(&g->watch);
    if (g->health != NULL) {
        bus_run_health_good(g->health, g->condition);
    }
    if (g->conf.started != NULL) {
        g->conf.started(g->conf.data);
    }
}

static void group_asked(void *data)
{
    struct kafka_group *g = data;
    g->working = false;
    if (g->state == GROUP_CLOSED) {
        kafka_group_close_step(g);
    } else if (g->asked_round != g->round) {
        begin_ask(g);
    } else if (!kafka_group_can(g, GROUP_ON_PLACES)) {
        return; /* failed meanwhile */
    } else if (g->rc == 0) {
        bus_run_backoff_reset(&g->backoff);
        if (g->state == GROUP_READY) {
            begin_reading(g, GROUP_ON_PLACES);
        } else {
            kafka_group_move(g, GROUP_ON_PLACES);
        }
    } else if (bus_err_act(g->err.code) == BUS_ACT_STOP) {
        kafka_group_fail(g, &g->err);
    } else if (g->state == GROUP_READY) {
        kafka_group_retry(g, begin_ask);
    } /* else the owner is not done either (perhaps with what our predecessor
         left open): again when it is */
}

static void begin_ask(struct kafka_group *g)
{
    bool wait = g->conf.positions_given && g->state != GROUP_READY;
    if (g->working || !kafka_group_can(g, GROUP_ON_PLACES) || wait) {
        return;
    }
    kafka_group_forget(g);
    BUS_CHECK(g->list != NULL);
    g->asked = rd_kafka_topic_partition_list_copy(g->list);
    g->at_end = bus_calloc((size_t)g->list->cnt + 1, sizeof(*g->at_end));
    g->asked_round = g->round;
    if (g->at_end == NULL) {
        (void)bus_fail(&g->err, BUS_ENOMEM, "an assignment");
        kafka_group_fail(g, &g->err);
        return;
    }
    kafka_group_work(g, group_assign_ask, group_asked, begin_ask);
}

void kafka_group_given(struct kafka_group *g)
{
    BUS_CHECK(g->list != NULL);
    g->round++;
    kafka_group_move(g, GROUP_ON_GIVEN);
    begin_ask(g);
}

void kafka_group_taken(struct kafka_group *g, bool lost)
{
    g->round++;
    kafka_group_move(g, lost ? GROUP_ON_LOSS : GROUP_ON_TAKEN);
}

void kafka_group_start(struct kafka_group *g)
{
    if (g->state == GROUP_PLACED) {
        begin_reading(g, GROUP_ON_OWNER);
    } else if (g->state == GROUP_GIVEN) {
        kafka_group_move(g, GROUP_ON_OWNER);
        begin_ask(g);
    } /* else it was taken back meanwhile */
}
