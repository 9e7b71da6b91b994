/* How a group is left: probe ended, offsets committed, group left, all on the
 * thread pool; then it is freed. A handle that is to be made anew goes the same
 * way. */
#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/group_parts.h"
#include "bus/run/work.h"

void kafka_group_close_queues(struct kafka_group *g)
{
    BUS_CHECK(g->control != NULL);
    rd_kafka_queue_io_event_enable(g->control, -1, NULL, 0);
    kafka_seam_close(&g->seam);
    rd_kafka_queue_destroy(g->control);
    g->control = NULL;
}

void kafka_group_leave(void *data)
{
    struct kafka_group *g = data;
    BUS_CHECK(g->state == GROUP_CLOSED || g->state == GROUP_RENEWING);
    if (g->rk == NULL) {
        return; /* it could not be made anew */
    }
    if (g->commit != NULL && g->commit->cnt > 0) {
        kafka_member_commit(g->rk, g->commit);
    }
    kafka_group_unassign(g);
    (void)rd_kafka_consumer_close(g->rk);
    rd_kafka_destroy(g->rk);
    g->rk = NULL;
}

void kafka_group_left(void *data)
{
    struct kafka_group *g = data;
    BUS_CHECK(g->state == GROUP_CLOSED && g->rk == NULL);
    void (*closed)(void *) = g->closed;
    void *closed_data = g->closed_data;
    if (g->list != NULL) {
        rd_kafka_topic_partition_list_destroy(g->list);
    }
    if (g->commit != NULL) {
        rd_kafka_topic_partition_list_destroy(g->commit);
    }
    kafka_group_forget(g);
    rd_kafka_mem_free(NULL, g->member);
    bus_free(g);
    closed(closed_data);
}

static void group_watch_closed(void *data)
{
    struct kafka_group *g = data;
    BUS_CHECK(g->state == GROUP_CLOSED && !g->working);
    bus_run_timer_free(g->poll);
    bus_run_timer_free(g->retry);
    if (g->control != NULL) {
        kafka_group_close_queues(g);
    }
    if (bus_run_work(g->loop, kafka_group_leave, kafka_group_left, g, NULL) !=
        0) {
        kafka_group_leave(g); /* without a thread the loop has to wait */
        kafka_group_left(g);
    }
}

void kafka_group_close_step(struct kafka_group *g)
{
    BUS_CHECK(g->state == GROUP_CLOSED && !g->working);
    if (g->rk == NULL) {
        group_watch_closed(g); /* it could not be made anew */
    } else {
        kafka_watch_close(&g->watch, group_watch_closed, g);
    }
}

void kafka_group_close(struct kafka_group *g,
                       rd_kafka_topic_partition_list_t *commit,
                       void (*closed)(void *data),
                       void *data)
{
    BUS_CHECK(closed != NULL);
    bool busy = g->working || g->state == GROUP_RENEWING;
    kafka_group_move(g, GROUP_ON_CLOSE);
    g->commit = commit;
    g->closed = closed;
    g->closed_data = data;
    if (!busy) {
        kafka_group_close_step(g);
    } /* else what is on its way comes to it */
}
