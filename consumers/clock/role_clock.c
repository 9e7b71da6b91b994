/* `lianou run clock`: says what is due.
 *
 * The loop decides what is next, a pool thread does it in the database, one job
 * at a time: a tick, what is to be relayed, what was. What failed is tried
 * again; what is told stays in the outbox until the broker has it. */
#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/ledger/relay.h"
#include "bus/role/frame.h"
#include "bus/run/backoff.h"
#include "bus/run/exit.h"
#include "bus/run/work.h"
#include "consumers/clock/tick.h"

#define TICK_MS      1000
#define LEAVE_MS     5000
#define OUTBOX_BYTES (64u << 20)

enum clock_job { CLOCK_JOB_NONE, CLOCK_JOB_TICK, CLOCK_JOB_RELAY };
struct clock_role
{
    struct bus_role_frame frame;
    struct clock clock;
    struct bus_policy_calendar *calendar;
    struct bus_timer *tick, *retry;
    struct bus_run_backoff backoff;
    int database; /* health condition */
    struct bus_ledger_relay relay;
    enum bus_ledger_relay_step relay_step; /* of the job */
    struct clock_ticked ticked;
    enum clock_job job; /* under way */
    struct bus_err failure;
    int rc;
    bool tick_wanted, draining, stuck;
};

static void clock_next(struct clock_role *t);

/* --- jobs --- */

static int clock_opened(struct clock_role *t, struct bus_err *err)
{
    const struct bus_config *c = &t->frame.config;
    BUS_CHECK(c->ledger.conninfo != NULL);
    return t->clock.pg != NULL
               ? BUS_OK
               : bus_pg_open(c->ledger.conninfo, c->ledger.statement_ms,
                             &t->clock.pg, err);
}

static int clock_job_do(struct clock_role *t, struct bus_err *err)
{
    BUS_TRY(clock_opened(t, err));
    switch (t->job) {
    case CLOCK_JOB_TICK:
        return clock_tick(&t->clock, bus_clock_system.wall_ms(NULL), &t->ticked,
                          err);
    case CLOCK_JOB_RELAY:
        return bus_ledger_relay_do(&t->relay, t->relay_step, t->clock.pg, err);
    case CLOCK_JOB_NONE:
        break;
    }
    return BUS_OK;
}

static void clock_job_work(void *data) /* on a pool thread */
{
    struct clock_role *t = data;
    BUS_CHECK(t->job != CLOCK_JOB_NONE);
    t->rc = clock_job_do(t, &t->failure);
    if (t->rc != BUS_OK) { /* what it was in the middle of goes with it */
        bus_pg_close(t->clock.pg);
        t->clock.pg = NULL;
    }
}

static void clock_job_well(struct clock_role *t)
{
    switch (t->job) {
    case CLOCK_JOB_TICK:
        t->tick_wanted = t->ticked.more;
        t->relay.wanted = true;
        if (t->ticked.told > 0) {
            bus_log(BUS_LOG_INFO, "told", "events=%lld",
                    (long long)t->ticked.told);
        }
        break;
    case CLOCK_JOB_RELAY:
        bus_ledger_relay_done(&t->relay, t->relay_step);
        break;
    case CLOCK_JOB_NONE:
        break;
    }
}

static void clock_job_ended(void *data)
{
    struct clock_role *t = data;
    if (t->rc == BUS_OK) {
        bus_run_backoff_reset(&t->backoff);
        bus_run_health_good(&t->frame.health, t->database);
        clock_job_well(t);
    } else {
        bus_run_health_bad(&t->frame.health, t->database, "%.200s",
                           t->failure.msg);
        t->stuck = true;
        if (bus_err_act((enum bus_errc)t->rc) == BUS_ACT_RETRY) {
            bus_run_timer_start(t->retry, bus_run_backoff_next_ms(&t->backoff),
                                0);
        } else {
            bus_run_loop_stop(t->frame.loop, &t->failure);
        }
    }
    t->job = CLOCK_JOB_NONE;
    clock_next(t);
}

static enum clock_job clock_job_wanted(const struct clock_role *t)
{
    enum bus_ledger_relay_step step = bus_ledger_relay_next(&t->relay);
    return t->stuck                          ? CLOCK_JOB_NONE
           : step == BUS_LEDGER_RELAY_FORGET ? CLOCK_JOB_RELAY
           : t->draining                     ? CLOCK_JOB_NONE
           : step == BUS_LEDGER_RELAY_READ   ? CLOCK_JOB_RELAY
           : t->tick_wanted                  ? CLOCK_JOB_TICK
                                             : CLOCK_JOB_NONE;
}

/* --- life --- */

static void clock_closed(void *data)
{
    struct clock_role *t = data;
    BUS_CHECK(t->draining);
    bus_run_loop_release(t->frame.loop);
}

static void clock_leave(struct clock_role *t)
{
    BUS_CHECK(t->job == CLOCK_JOB_NONE);
    bus_ledger_relay_close(&t->relay, LEAVE_MS, clock_closed);
}

static void clock_next(struct clock_role *t)
{
    struct bus_err err;
    if (t->job != CLOCK_JOB_NONE) {
        return;
    }
    t->job = clock_job_wanted(t);
    t->relay_step = bus_ledger_relay_next(&t->relay);
    if (t->job == CLOCK_JOB_NONE) {
        if (t->draining && (bus_ledger_relay_idle(&t->relay) || t->stuck)) {
            clock_leave(t);
        }
        return;
    }
    if (bus_run_work(t->frame.loop, clock_job_work, clock_job_ended, t, &err) !=
        BUS_OK) {
        t->job = CLOCK_JOB_NONE;
        t->stuck = true;
        bus_run_loop_stop(t->frame.loop, &err);
    }
}

static void on_clock_tick(void *data)
{
    struct clock_role *t = data;
    t->tick_wanted = true;
    clock_next(t);
}

static void on_clock_retry(void *data)
{
    struct clock_role *t = data;
    t->stuck = false;
    clock_next(t);
}

static void clock_drain(void *data)
{
    struct clock_role *t = data;
    BUS_CHECK(!t->draining);
    t->draining = true;
    bus_run_timer_stop(t->tick);
    bus_run_timer_stop(t->retry);
    bus_run_loop_hold(t->frame.loop);
    clock_next(t);
}

static void clock_relayed(void *data)
{
    clock_next(data);
}

static int clock_start(struct clock_role *t, struct bus_err *err)
{
    struct bus_config *c = &t->frame.config;
    t->database =
        bus_run_health_add(&t->frame.health, "database", "not asked yet");
    BUS_TRY(bus_policy_calendar_new(c->calendars, c->calendars_count,
                                    &t->calendar, err));
    t->clock = (struct clock){.calendar = t->calendar, .config = c};
    bus_arena_init(&t->clock.mem, 0, CLOCK_MEM_BYTES);
    t->backoff = (struct bus_run_backoff){.min_ms = c->run.retry_min_ms,
                                          .max_ms = c->run.retry_max_ms};
    BUS_TRY(bus_run_timer_new(t->frame.loop, on_clock_tick, t, &t->tick, err));
    BUS_TRY(
        bus_run_timer_new(t->frame.loop, on_clock_retry, t, &t->retry, err));
    t->relay = (struct bus_ledger_relay){.owner = CLOCK_OWNER,
                                         .prefix = t->frame.config.prefix,
                                         .source = t->frame.source,
                                         .settled = clock_relayed,
                                         .data = t};
    BUS_TRY(
        bus_ledger_relay_open(&t->relay, &t->frame.kafka, OUTBOX_BYTES, err));
    bus_run_timer_start(t->tick, 0, TICK_MS);
    return bus_run_loop_on_drain(t->frame.loop, clock_drain, t, err);
}

static int clock_run(const struct bus_run_role_args *args)
{
    struct clock_role *t = bus_calloc(1, sizeof(*t));
    struct bus_err err;
    if (t == NULL) {
        return BUS_EXIT_FAULT;
    }
    int rc = bus_role_frame_open(&t->frame, args, "clock");
    if (rc == BUS_EXIT_OK) {
        rc = clock_start(t, &err) == BUS_OK ? bus_role_frame_run(&t->frame)
                                            : bus_role_frame_fail(&err);
        bus_run_timer_free(t->tick);
        bus_run_timer_free(t->retry);
        bus_pg_close(t->clock.pg);
        clock_fini(&t->clock);
        bus_ledger_relay_fini(&t->relay);
        bus_policy_calendar_free(t->calendar);
        bus_role_frame_close(&t->frame);
    }
    bus_free(t);
    return rc;
}

const struct bus_run_role clock_role = {
    .name = "clock",
    .usage = "",
    .summary = "says what is due, soon and overdue, from the ledger",
    .run = clock_run,
};
