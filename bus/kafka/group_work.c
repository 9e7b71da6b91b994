/* What a group's files share: its work on the pool, what is tried again, what
 * it says of itself. */
#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/group_parts.h"
#include "bus/run/work.h"

void kafka_group_unready(struct kafka_group *g, const char *why)
{
    if (g->health != NULL && g->state != GROUP_CLOSED) {
        bus_run_health_bad(g->health, g->condition, "%s", why);
    }
}

void kafka_group_fail(struct kafka_group *g, const struct bus_err *err)
{
    BUS_CHECK(err->code != BUS_OK);
    if (g->state != GROUP_FAILED && g->state != GROUP_CLOSED) {
        kafka_group_move(g, GROUP_ON_FAILURE);
        kafka_group_unready(g, err->msg);
        g->conf.failed(g->conf.data, err);
    }
}

void kafka_group_retry(struct kafka_group *g,
                       void (*what)(struct kafka_group *g))
{
    BUS_CHECK(what != NULL);
    kafka_group_unready(g, g->err.msg);
    g->retry_what = what;
    bus_run_timer_start(g->retry, bus_run_backoff_next_ms(&g->backoff), 0);
}

void kafka_group_on_retry(void *data)
{
    struct kafka_group *g = data;
    BUS_CHECK(g->retry_what != NULL);
    if (g->state != GROUP_FAILED && g->state != GROUP_CLOSED) {
        g->retry_what(g);
    }
}

void kafka_group_work(struct kafka_group *g,
                      void (*run)(void *data),
                      void (*done)(void *data),
                      void (*again)(struct kafka_group *g))
{
    BUS_CHECK(!g->working && g->rk != NULL);
    g->working = true;
    if (bus_run_work(g->loop, run, done, g, &g->err) != 0) {
        g->working = false;
        kafka_group_retry(g, again);
    }
}

void kafka_group_unassign(struct kafka_group *g)
{
    BUS_CHECK(!g->unanswered || g->rk != NULL);
    if (g->unanswered) {
        g->unanswered = false;
        (void)rd_kafka_assign(g->rk, NULL);
    }
}

void kafka_group_forget(struct kafka_group *g)
{
    BUS_CHECK(!g->working); /* the pool's thread has it */
    if (g->asked != NULL) {
        rd_kafka_topic_partition_list_destroy(g->asked);
        g->asked = NULL;
    }
    bus_free(g->at_end);
    g->at_end = NULL;
}
