/* A chunk's documents go out: see push.h. What is of one way alone, a POST or
 * a line to a program, is in push_http.c and push_exec.c. */
#include "bus/partner/push.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/partner/partner.h"
#include "bus/partner/push_parts.h"

static const char *const push_counts[COUNTS] = {"taken", "refused", "again",
                                                "away"};

static void push_goes_on(struct partner_push *p);

static void push_move(struct push_one *o, enum push_event event)
{
    bus_fsm_move(&bus_partner_push_fsm, &o->state, event,
                 o->push->r->partner->code);
}

/* --- the breaker --- */

uint64_t partner_push_now(const struct partner_push *p)
{
    return bus_run_loop_now_ms(p->r->frame.loop);
}

static void breaker_say(struct partner_push *p)
{
    bool closed = p->breaker.state == BUS_BREAKER_CLOSED;
    struct bus_run_health *health = &p->r->frame.health;
    BUS_CHECK(p->m_open != NULL);
    bus_run_series_set(p->m_open, closed ? 0 : 1);
    if (closed) {
        bus_run_health_good(health, p->condition);
    } else {
        bus_run_health_bad(health, p->condition,
                           "nothing is pushed for a while; the last one: %s",
                           p->last);
    }
}

void partner_push_good(struct partner_push *p)
{
    bus_run_breaker_good(&p->breaker);
    breaker_say(p);
}

void partner_push_bad(struct partner_push *p,
                      int64_t hold_ms,
                      const char *fmt,
                      ...)
{
    BUS_CHECK(hold_ms >= 0);
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(p->last, sizeof(p->last), fmt, ap);
    va_end(ap);
    if (hold_ms > 0) {
        bus_run_breaker_hold(&p->breaker, partner_push_now(p), hold_ms);
    } else {
        bus_run_breaker_bad(&p->breaker, partner_push_now(p));
    }
    breaker_say(p);
}

/* --- what came back --- */

static void push_counted(struct partner_push *p, enum push_event event)
{
    enum push_count n = event == PUSH_REFUSE ? COUNT_REFUSED
                        : event == PUSH_FAIL ? COUNT_AGAIN
                        : event == PUSH_HOLD ? COUNT_AWAY
                                             : COUNT_TAKEN;
    BUS_CHECK(p->m_count[n] != NULL);
    bus_run_series_add(p->m_count[n], 1);
}

void partner_push_rejected(const char *event, struct bus_strv note)
{
    json_t *doc = json_loadb(note.p, note.n, 0, NULL);
    const json_t *fault = json_array_get(json_object_get(doc, "faults"), 0);
    const char *code = json_string_value(json_object_get(fault, "code"));
    const char *at = json_string_value(json_object_get(fault, "pointer"));
    bus_log(BUS_LOG_WARN, "what the partner answered cannot be used",
            "event=%s code=%s pointer=%s", event, code != NULL ? code : "?",
            at != NULL ? at : "?");
    json_decref(doc);
}

void partner_push_ends(struct push_one *o, enum push_event event)
{
    struct partner_push *p = o->push;
    BUS_CHECK(o->state == PUSH_ASKED && p->asked > 0);
    p->asked--;
    p->heard += event == PUSH_HEAR;
    push_counted(p, event);
    push_move(o, event);
    push_goes_on(p);
}

void partner_push_heard(struct push_one *o)
{
    BUS_CHECK(o->state == PUSH_HEARD && o->push->heard > 0);
    o->push->heard--;
    push_move(o, PUSH_TAKE);
    push_goes_on(o->push);
}

/* --- sending --- */

static bool push_done(const struct push_one *o)
{
    enum deliver_result result = o->push->r->give.docs[o->at].result;
    return result != GIVE_OPEN || o->state == PUSH_TAKEN ||
           o->state == PUSH_REFUSED;
}

/* No earlier one of its household is still to be taken. */
static bool push_turn(const struct partner_push *p, const struct push_one *o)
{
    const struct deliver_document *docs = p->r->give.docs;
    if (o->behind || o->state != PUSH_WAITS ||
        docs[o->at].result != GIVE_OPEN) {
        return false;
    }
    for (size_t i = 0; i < o->at; i++) {
        if (bus_id_eq(&docs[i].task.household_id,
                      &docs[o->at].task.household_id) &&
            !push_done(&p->list[i])) {
            return false;
        }
    }
    return true;
}

/* True: all of the chunk is over. */
static bool push_lands(struct partner_push *p)
{
    BUS_CHECK(p->r->give.phase == DELIVER_POSTS);
    if (p->asked > 0 || p->heard > 0) {
        return false;
    }
    p->r->give.phase = DELIVER_LANDS;
    return true;
}

static void push_hold(struct partner_push *p, struct push_one *o)
{
    BUS_CHECK(o->state == PUSH_WAITS && p->asked == 0);
    (void)bus_fail(&o->why, BUS_EAWAY,
                   "nothing is pushed for a while; the last one: %s", p->last);
    push_move(o, PUSH_HOLD);
}

static int push_send(struct push_one *o, struct bus_err *err)
{
    struct partner_push *p = o->push;
    BUS_CHECK(o->state == PUSH_WAITS && o->at < p->r->give.n);
    (void)bus_id_text(&p->r->give.docs[o->at].task.event_id, o->id);
    BUS_TRY(p->way->send(o, err));
    p->asked++;
    push_move(o, PUSH_SEND);
    return BUS_OK;
}

static void push_pump(struct partner_push *p)
{
    struct bus_err err;
    for (size_t i = 0; i < p->r->give.n; i++) {
        struct push_one *o = &p->list[i];
        if (!push_turn(p, o) || p->asked >= p->in_flight) {
            continue;
        }
        if ((p->way->ready != NULL && !p->way->ready(p)) ||
            !bus_run_breaker_admits(&p->breaker, partner_push_now(p))) {
            if (p->asked > 0) {
                break; /* what is asked tells whether it opens */
            }
            push_hold(p, o);
        } else if (push_send(o, &err) != BUS_OK) {
            bus_run_breaker_forget(&p->breaker, partner_push_now(p));
            partner_runner_stop(p->r, &err);
            return;
        }
    }
}

static void push_goes_on(struct partner_push *p)
{
    push_pump(p);
    if (push_lands(p)) {
        p->landed(p->r);
    }
}

void partner_push_begin(struct partner_push *p)
{
    struct runner *r = p->r;
    BUS_CHECK(p->asked == 0 && p->heard == 0 && r->job == JOB_NONE);
    for (size_t i = 0; i < r->give.n; i++) {
        const struct deliver_document *d = &r->give.docs[i];
        p->list[i] = (struct push_one){.push = p, .at = i, .state = PUSH_WAITS};
        p->list[i].behind =
            d->msg != NULL &&
            bus_role_parking_holds(r->parking, &d->task.household_id);
    }
    push_pump(p);
    (void)push_lands(p); /* whoever ended the job lets the runner pump */
}

void partner_push_drop(struct partner_push *p)
{
    for (size_t i = 0; i < PARTNER_CHUNK; i++) {
        struct push_one *o = &p->list[i];
        if (o->state == PUSH_HEARD) {
            partner_door_unsay(p->r->door, o);
        }
        if (o->state == PUSH_HEARD || o->state == PUSH_ASKED) {
            push_move(o, PUSH_HOLD);
        }
    }
    p->way->drop(p);
    bus_run_breaker_forget(&p->breaker, partner_push_now(p));
    BUS_CHECK(p->asked + p->heard <= PARTNER_CHUNK);
    p->asked = p->heard = 0;
}

enum push_state partner_push_result(const struct partner_push *p,
                                    size_t i,
                                    struct bus_err *ret_why)
{
    BUS_CHECK(i < p->r->give.n);
    if (ret_why != NULL) {
        *ret_why = p->list[i].why;
    }
    return p->list[i].state;
}

/* --- opening --- */

static void push_series(struct partner_push *p)
{
    struct bus_run_metrics *m = p->r->frame.metrics;
    const char *code = p->r->partner->code;
    const char *const own[] = {code, NULL, NULL};
    for (int i = 0; i < COUNTS; i++) {
        p->m_count[i] = bus_run_metrics_series(
            m, BUS_M_PARTNER_PUSHES,
            (const char *const[]){code, push_counts[i], NULL});
    }
    p->m_open = bus_run_metrics_series(m, BUS_M_PARTNER_BREAKER, own);
    p->m_seconds = bus_run_metrics_series(m, BUS_M_PARTNER_PUSH_SECONDS, own);
}

int partner_push_open(struct runner *r,
                      void (*landed)(struct runner *r),
                      struct partner_push **ret,
                      struct bus_err *err)
{
    const struct bus_conf_partner *c = r->partner;
    bool runs = c->transport == BUS_TRANSPORT_EXEC;
    struct partner_push *p = bus_calloc(1, sizeof(*p));
    BUS_CHECK(r->door != NULL);
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "pushing");
    }
    *ret = p;
    p->r = r;
    p->landed = landed;
    p->way = runs ? &partner_push_exec : &partner_push_http;
    p->in_flight = (size_t)(runs ? c->exec.in_flight : c->push.in_flight);
    bus_run_breaker_init(&p->breaker, c->code,
                         runs ? c->exec.failures : c->push.failures,
                         runs ? c->exec.open_ms : c->push.open_ms, 0);
    push_series(p);
    p->condition = bus_run_health_add(&r->frame.health, "breaker", "not used");
    breaker_say(p);
    return p->way->open(p, err);
}

void partner_push_stop(struct partner_push *p)
{
    if (p != NULL && p->way->stop != NULL) {
        p->way->stop(p);
    }
}

void partner_push_close(struct partner_push *p)
{
    if (p != NULL) {
        p->way->close(p);
        bus_free(p);
    }
}
