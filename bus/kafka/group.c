/* A member of a consumer group.
 *
 * (The states: group_fsm.c.)
 * - begin: the topics are looked for (on the thread pool) until they are there,
 *   then subscribed to
 * - assigned: group_assign.c; the owner restores what it needs, calls start
 * - revoked: the owner gets quiet, calls stop; unassigned
 * - committed offsets cannot be read: again with back-off, reading has not
 *   begun meanwhile
 * - the session was lost (a long absence of the broker): the library forgets
 *   its member id and would soon be told that it is fenced by itself; so once
 *   the owner is quiet the handle is destroyed and made anew, unless another
 *   instance bears the name by then: to join again would fence that one
 * - the group does not answer for long though a broker does: the same, from the
 *   question who bears the name on
 * - a fatal error (fenced): failed(), nothing more
 * - close: group_close.c
 */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/kafka/group_parts.h"
#include "bus/run/work.h"

#define POLL_MS 1000  /* well under max.poll.interval.ms */
#define JOIN_MS 30000 /* a session (20 s) and its end */

/* -- subscribe */

static void group_probe(void *data)
{
    struct kafka_group *g = data;
    g->rc = kafka_topics_there(g->rk, g->conf.topics, g->conf.topics_count,
                               g->conf.same_partitions, &g->err);
    if (g->rc == 0) {
        g->rc = kafka_topics_there(g->rk, g->conf.also, g->conf.also_count,
                                   false, &g->err);
    }
}

static void begin_probe(struct kafka_group *g);

static int64_t group_now_ms(void)
{
    return (int64_t)(bus_clock_system.monotonic_ns(bus_clock_system.data) /
                     1000000u);
}

static void group_joins(struct kafka_group *g, enum group_event event)
{
    kafka_group_move(g, event);
    BUS_CHECK(g->state == GROUP_JOINING);
    g->joining_ms = group_now_ms();
}

static void subscribe(struct kafka_group *g)
{
    BUS_CHECK(g->state == GROUP_LOOKING);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)g->conf.topics_count);
    for (size_t i = 0; i < g->conf.topics_count; i++) {
        (void)rd_kafka_topic_partition_list_add(list, g->conf.topics[i],
                                                RD_KAFKA_PARTITION_UA);
    }
    rd_kafka_resp_err_t e = rd_kafka_subscribe(g->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)kafka_fail(&g->err, e, "subscribe");
        kafka_group_fail(g, &g->err);
        return;
    }
    group_joins(g, GROUP_ON_FOUND);
}

static void group_looked(void *data)
{
    struct kafka_group *g = data;
    g->working = false;
    if (g->state == GROUP_CLOSED) {
        kafka_group_close_step(g);
    } else if (g->state != GROUP_LOOKING) {
        return; /* failed meanwhile */
    } else if (g->rc != 0 && bus_err_act(g->err.code) == BUS_ACT_STOP) {
        kafka_group_fail(g, &g->err);
    } else if (g->rc != 0) {
        kafka_group_retry(g, begin_probe);
    } else {
        bus_run_backoff_reset(&g->backoff);
        kafka_watch_up(&g->watch);
        subscribe(g);
    }
}

static void begin_probe(struct kafka_group *g)
{
    BUS_CHECK(g->state == GROUP_LOOKING);
    kafka_group_work(g, group_probe, group_looked, begin_probe);
}

/* -- revoked */

int kafka_group_check(struct kafka_group *g, struct bus_err *err)
{
    return g->member == NULL /* bears no name */
               ? 0
               : kafka_member_check(&g->env, g->rk, &g->conf, g->member, err);
}

static void group_renew(struct kafka_group *g);

static void check_lost(void *data)
{
    struct kafka_group *g = data;
    g->rc = kafka_group_check(g, &g->err);
    /* Nobody bears the name: we may. */
    g->rc = g->rc == BUS_EAGAIN ? 0 : g->rc;
}

static void begin_check(struct kafka_group *g);
static void on_control(void *data);

static void checked(void *data)
{
    struct kafka_group *g = data;
    g->working = false;
    if (g->state == GROUP_CLOSED) {
        kafka_group_close_step(g);
    } else if (g->state != GROUP_ASKING) {
        return; /* failed meanwhile */
    } else if (g->rc != 0 && bus_err_act(g->err.code) == BUS_ACT_STOP) {
        /* Unassigned, the library would join again by itself; after a fatal
         * error it does not. */
        (void)rd_kafka_test_fatal_error(
            g->rk, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, g->err.msg);
        kafka_group_unassign(g);
        kafka_group_fail(g, &g->err);
    } else if (g->rc != 0) {
        kafka_group_retry(g, begin_check);
    } else {
        bus_run_backoff_reset(&g->backoff);
        kafka_group_unassign(g);
        kafka_group_move(g, GROUP_ON_OURS);
        group_renew(g);
    }
}

static void begin_check(struct kafka_group *g)
{
    BUS_CHECK(g->state == GROUP_ASKING);
    kafka_group_work(g, check_lost, checked, begin_check);
}

void kafka_group_stop(struct kafka_group *g)
{
    if (g->state == GROUP_LOST) {
        kafka_group_move(g, GROUP_ON_QUIET);
        begin_check(g);
    } else if (g->state == GROUP_RETURNING) {
        group_joins(g, GROUP_ON_QUIET);
        kafka_group_unassign(g);
    } else if (g->state != GROUP_CLOSED) {
        BUS_CHECK(g->state == GROUP_FAILED);
        kafka_group_unassign(g);
    }
}

/* Nothing is ours and nothing is said: the library waits for a coordinator that
 * does not come, or for others. A new handle looks for it anew; joining again
 * costs the others a round. */
static void on_group_poll(void *data)
{
    struct kafka_group *g = data;
    on_control(g);
    if (g->state == GROUP_JOINING && !g->working && g->watch.up &&
        group_now_ms() - g->joining_ms > JOIN_MS) {
        kafka_group_unready(g, "the group does not answer: joined anew");
        kafka_group_move(g, GROUP_ON_STUCK);
        begin_check(g);
    }
}

/* -- events */

/* The id is asked for while it is certain: now. */
static void remember_member(struct kafka_group *g)
{
    if (g->conf.instance != NULL && !g->env.conf->embedded) {
        rd_kafka_mem_free(NULL, g->member);
        g->member = rd_kafka_memberid(g->rk);
    }
}

static void on_fatal(struct kafka_group *g)
{
    struct bus_err err;
    char why[256];
    enum bus_errc code =
        kafka_errc(rd_kafka_fatal_error(g->rk, why, sizeof(why)));
    (void)bus_fail(&err, code == BUS_EAWAY ? BUS_ECLOSED : code, "group %s: %s",
                   g->conf.group, why);
    kafka_group_fail(g, &err);
}

static void on_rebalance(struct kafka_group *g, rd_kafka_event_t *ev)
{
    BUS_CHECK(g->state != GROUP_LOOKING && g->state != GROUP_RENEWING);
    g->unanswered = true;
    if (rd_kafka_event_error(ev) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        if (g->list != NULL) {
            rd_kafka_topic_partition_list_destroy(g->list);
        }
        g->list = rd_kafka_topic_partition_list_copy(
            rd_kafka_event_topic_partition_list(ev));
        for (int i = 0; i < g->list->cnt; i++) {
            g->list->elems[i].offset = RD_KAFKA_OFFSET_INVALID;
        }
        remember_member(g);
        if (g->health != NULL) {
            bus_run_health_bad(g->health, g->condition,
                               "in the group; what is known is being read");
        }
        kafka_group_given(g);
        if (g->state == GROUP_FAILED) {
            return;
        }
        g->conf.assigned(g->conf.data, g->list);
        return;
    }
    /* Lost because fenced is final: a new handle would fence the other. */
    char why[1];
    bool lost = rd_kafka_assignment_lost(g->rk) != 0;
    bool fatal = lost && rd_kafka_fatal_error(g->rk, why, sizeof(why)) !=
                             RD_KAFKA_RESP_ERR_NO_ERROR;
    kafka_group_taken(g, lost && !fatal);
    kafka_group_unready(g, "partitions are being taken back");
    if (fatal) {
        on_fatal(g);
    }
    g->conf.revoked(g->conf.data);
}

static void on_group_error(struct kafka_group *g, rd_kafka_event_t *ev)
{
    rd_kafka_resp_err_t e = rd_kafka_event_error(ev);
    struct bus_err err;
    /* Its code is the cause already (fenced), not ERR__FATAL. After it the
     * library has given everything back by itself: no revocation comes. */
    bool fatal = rd_kafka_event_error_is_fatal(ev) != 0;
    if (fatal && (g->state == GROUP_LOST || g->state == GROUP_ASKING)) {
        return; /* of a handle that goes anyway */
    }
    if (fatal) {
        on_fatal(g);
        return;
    }
    const char *text = rd_kafka_event_error_string(ev);
    kafka_watch_error(&g->watch, e, text);
    enum bus_errc code = kafka_errc(e);
    if (code == BUS_ECONFIG && e != RD_KAFKA_RESP_ERR__AUTHENTICATION) {
        (void)bus_fail(&err, code, "group %s: %s", g->conf.group, text);
        kafka_group_fail(g, &err);
    }
}

static void on_control(void *data)
{
    struct kafka_group *g = data;
    rd_kafka_event_t *ev;
    while (g->control != NULL && g->state != GROUP_CLOSED &&
           g->state != GROUP_ASKING && g->state != GROUP_RENEWING &&
           (ev = rd_kafka_queue_poll(g->control, 0)) != NULL) {
        if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_REBALANCE) {
            on_rebalance(g, ev);
        } else if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_ERROR) {
            on_group_error(g, ev);
        }
        rd_kafka_event_destroy(ev);
    }
}

/* -- open and close */

static int group_make(struct kafka_group *g, struct bus_err *err)
{
    rd_kafka_conf_t *conf = NULL;
    BUS_CHECK(g->rk == NULL && g->control == NULL);
    BUS_TRY(kafka_member_conf(&g->env, &g->conf, &conf, err));
    BUS_TRY(kafka_make(RD_KAFKA_CONSUMER, conf, &g->rk, err));
    (void)rd_kafka_poll_set_consumer(g->rk);
    g->control = rd_kafka_queue_get_consumer(g->rk);
    return BUS_OK;
}

/* The handle with what hangs on it. */
static int open_handle(struct kafka_group *g, struct bus_err *err)
{
    int rc;
    BUS_TRY(group_make(g, err));
    BUS_TRY_GOTO(
        rc, kafka_seam_open(&g->seam, g->loop, g->control, on_control, g, err),
        no_seam);
    BUS_TRY_GOTO(rc, kafka_watch_open(&g->watch, &g->env, g->rk, "kafka", err),
                 no_watch);
    return BUS_OK;
no_watch:
    kafka_seam_close(&g->seam);
no_seam:
    rd_kafka_queue_destroy(g->control);
    rd_kafka_destroy(g->rk);
    g->control = NULL;
    g->rk = NULL;
    return rc;
}

int kafka_group_open(const struct bus_kafka_env *env,
                     const struct kafka_group_conf *conf,
                     struct kafka_group **ret,
                     struct bus_err *err)
{
    struct kafka_group *g = bus_calloc(1, sizeof(*g));
    if (g == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a consumer");
    }
    g->loop = env->loop;
    g->health = env->health;
    g->kafka = *env->conf;
    g->env = *env;
    g->env.conf = &g->kafka;
    g->conf = *conf;
    g->backoff = (struct bus_run_backoff){.min_ms = KAFKA_RETRY_MIN_MS,
                                          .max_ms = KAFKA_RETRY_MAX_MS};
    g->state = GROUP_LOOKING;
    int rc;
    BUS_TRY_GOTO(rc,
                 bus_run_timer_new(g->loop, on_group_poll, g, &g->poll, err),
                 failed);
    BUS_TRY_GOTO(
        rc, bus_run_timer_new(g->loop, kafka_group_on_retry, g, &g->retry, err),
        failed);
    BUS_TRY_GOTO(rc, open_handle(g, err), failed);
    if (g->health != NULL) {
        g->condition =
            bus_run_health_add(g->health, "assigned", "not in the group yet");
    }
    *ret = g;
    return BUS_OK;
failed:
    bus_run_timer_free(g->poll);
    bus_run_timer_free(g->retry);
    bus_free(g);
    return rc;
}

void kafka_group_begin(struct kafka_group *g)
{
    BUS_CHECK(g->state == GROUP_LOOKING && !g->working);
    bus_run_timer_start(g->poll, POLL_MS, POLL_MS);
    begin_probe(g);
}

rd_kafka_t *kafka_group_handle(struct kafka_group *g)
{
    BUS_CHECK(g->rk != NULL);
    return g->rk;
}

struct kafka_watch *kafka_group_watch(struct kafka_group *g)
{
    return &g->watch;
}

/* -- a new handle after a lost session */

static void left_to_renew(void *data)
{
    struct kafka_group *g = data;
    BUS_CHECK(g->state == GROUP_RENEWING || g->state == GROUP_CLOSED);
    if (g->state == GROUP_CLOSED) {
        bus_run_timer_free(g->poll);
        bus_run_timer_free(g->retry);
        kafka_group_left(g);
        return;
    }
    if (open_handle(g, &g->err) != 0) {
        kafka_group_fail(g, &g->err);
        return;
    }
    kafka_group_move(g, GROUP_ON_RENEWED);
    g->conf.handle_new(g->conf.data);
    begin_probe(g);
}

static void watch_closed_to_renew(void *data)
{
    struct kafka_group *g = data;
    kafka_group_close_queues(g);
    if (bus_run_work(g->loop, kafka_group_leave, left_to_renew, g, NULL) != 0) {
        kafka_group_leave(g);
        left_to_renew(g);
    }
}

static void group_renew(struct kafka_group *g)
{
    BUS_CHECK(g->state == GROUP_RENEWING && !g->working);
    g->conf.handle_goes(g->conf.data);
    kafka_watch_close(&g->watch, watch_closed_to_renew, g);
}
