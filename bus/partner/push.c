/* A chunk's documents go out: see push.h. */
#include "bus/partner/push.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/partner/partner.h"
#include "bus/partner/parts.h"
#include "bus/run/breaker.h"
#include "bus/wire/signed.h"

#define PUSH_KEY          "Idempotency-Key: "
#define PUSH_HEADER_BYTES (BUS_WIRE_SIGNED_HEADER + 24)

enum push_count { COUNT_TAKEN, COUNT_REFUSED, COUNT_AGAIN, COUNT_AWAY, COUNTS };
static const char *const push_counts[COUNTS] = {"taken", "refused", "again",
                                                "away"};
struct push_one
{
    struct partner_push *push;
    size_t at;
    enum push_state state;
    struct bus_err why;
    bool behind; /* an earlier event of its household is parked */
    char key[sizeof(PUSH_KEY) + BUS_ID_TEXT];
    char sign[PUSH_HEADER_BYTES], date[PUSH_HEADER_BYTES];
};
struct partner_push
{
    struct runner *r;
    void (*landed)(struct runner *r);
    const struct bus_conf_partner_push *conf;
    struct bus_strv path; /* in the URL */
    struct bus_run_client *client;
    struct bus_run_breaker breaker;
    struct bus_wire_keyring *keys; /* NULL: it signs nothing */
    struct bus_wire_sm2_key *sm2;  /* NULL: nor this */
    struct push_one list[PARTNER_CHUNK];
    size_t asked, heard;
    char last[BUS_HEALTH_WHY_MAX / 2]; /* why the breaker counts */
    int condition;
    struct bus_series *m_count[COUNTS], *m_open, *m_seconds;
};

static void push_goes_on(struct partner_push *p);

static void push_move(struct push_one *o, enum push_event event)
{
    bus_fsm_move(&bus_partner_push_fsm, &o->state, event,
                 o->push->r->partner->code);
}

/* --- the breaker --- */

static uint64_t push_now(const struct partner_push *p)
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
                           "nothing is pushed for a while; the last POST: %s",
                           p->last);
    }
}

static void breaker_hears(struct partner_push *p,
                          const struct bus_run_client_answer *a,
                          enum push_event event)
{
    const struct bus_conf_partner_retry *retry = &p->r->partner->retry;
    int64_t hold = partner_push_hold_ms(a, retry->first_ms, retry->max_ms);
    if (event != PUSH_FAIL && event != PUSH_HOLD) {
        bus_run_breaker_good(&p->breaker);
    } else {
        if (a->rc == BUS_OK) {
            (void)snprintf(p->last, sizeof(p->last), "HTTP %ld", a->status);
        } else {
            (void)snprintf(p->last, sizeof(p->last), "%.100s", a->err.msg);
        }
        if (hold > 0) {
            bus_run_breaker_hold(&p->breaker, push_now(p), hold);
        } else {
            bus_run_breaker_bad(&p->breaker, push_now(p));
        }
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
    bus_run_series_add(p->m_count[n], 1);
}

/* The first fault of what it answered; a rejection names no one. */
static void push_log_rejection(const struct push_one *o, struct bus_strv note)
{
    json_t *doc = json_loadb(note.p, note.n, 0, NULL);
    const json_t *fault = json_array_get(json_object_get(doc, "faults"), 0);
    const char *code = json_string_value(json_object_get(fault, "code"));
    const char *at = json_string_value(json_object_get(fault, "pointer"));
    bus_log(BUS_LOG_WARN, "what the partner answered cannot be used",
            "event=%s code=%s pointer=%s", o->key + sizeof(PUSH_KEY) - 1,
            code != NULL ? code : "?", at != NULL ? at : "?");
    json_decref(doc);
}

/* Its answer is settled: it is in Kafka, or cannot be used. */
static void on_push_heard(void *data, int status, struct bus_strv note)
{
    struct push_one *o = data;
    BUS_CHECK(o->state == PUSH_HEARD && o->push->heard > 0);
    o->push->heard--;
    if (status != 200) {
        push_log_rejection(o, note);
    }
    push_move(o, PUSH_TAKE);
    push_goes_on(o->push);
}

static enum push_event push_hear(struct push_one *o,
                                 const struct bus_run_client_answer *a)
{
    struct partner_push *p = o->push;
    struct bus_err err;
    if (partner_door_say(p->r->door, a->body, on_push_heard, o, &err) !=
        BUS_OK) {
        partner_runner_stop(p->r, &err);
        return PUSH_HOLD;
    }
    p->heard++;
    return PUSH_HEAR;
}

static void push_why(struct push_one *o, const struct bus_run_client_answer *a)
{
    if (a->rc == BUS_OK) {
        (void)bus_fail(
            &o->why, BUS_EAGAIN, "the partner's address: HTTP %ld%s", a->status,
            a->status / 100 == 3 ? " (no redirect is followed)" : "");
    } else {
        (void)bus_fail(&o->why, BUS_EAGAIN, "the partner's address: %.300s",
                       a->err.msg);
    }
}

static void on_pushed(void *data, const struct bus_run_client_answer *a)
{
    struct push_one *o = data;
    struct partner_push *p = o->push;
    enum push_event event = partner_push_verdict(a);
    BUS_CHECK(o->state == PUSH_ASKED && p->asked > 0);
    p->asked--;
    push_counted(p, event);
    bus_run_series_observe(p->m_seconds, (double)a->took_ms / 1000.0);
    push_why(o, a);
    breaker_hears(p, a, event);
    if (a->rc == BUS_ETOOBIG && event == PUSH_TAKE) {
        bus_log(BUS_LOG_WARN,
                "what the partner answered is over "
                "limits.message_max and was not read",
                "event=%s", o->key + sizeof(PUSH_KEY) - 1);
    }
    push_move(o, event == PUSH_HEAR ? push_hear(o, a) : event);
    push_goes_on(p);
}

/* --- sending --- */

static int
push_sign(struct push_one *o, struct bus_strv body, struct bus_err *err)
{
    struct partner_push *p = o->push;
    char sign[BUS_WIRE_SIGNED_HEADER], date[BUS_WIRE_SIGNED_HEADER];
    const struct bus_wire_signed_request rq = {
        .method = BUS_STRV("POST"), .path = p->path, .body = body};
    int64_t now = bus_clock_system.wall_ms(NULL);
    BUS_TRY(p->sm2 != NULL
                ? bus_wire_signed_sm2(&rq, p->sm2, p->conf->sign_as, now, sign,
                                      date, err)
                : bus_wire_signed_make(&rq, p->keys, p->conf->sign_as, now,
                                       sign, date, err));
    (void)snprintf(o->sign, sizeof(o->sign), "Authorization: %s", sign);
    (void)snprintf(o->date, sizeof(o->date), "Lianou-Date: %s", date);
    return BUS_OK;
}

static int push_send(struct push_one *o, struct bus_err *err)
{
    struct partner_push *p = o->push;
    const struct deliver_document *d = &p->r->give.docs[o->at];
    char id[BUS_ID_TEXT + 1];
    (void)snprintf(o->key, sizeof(o->key), PUSH_KEY "%s",
                   bus_id_text(&d->task.event_id, id));
    struct bus_run_client_post post = {
        .url = p->conf->url,
        .body = d->task.document,
        .headers = {"Content-Type: application/json",
                    "Accept: application/json", "User-Agent: lianou", o->key},
        .done = on_pushed,
        .data = o,
    };
    if (p->keys != NULL || p->sm2 != NULL) {
        BUS_TRY(push_sign(o, d->task.document, err));
        post.headers[4] = o->sign;
        post.headers[5] = o->date;
    }
    BUS_TRY(bus_run_client_post(p->client, &post, err));
    p->asked++;
    push_move(o, PUSH_SEND);
    return BUS_OK;
}

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
    BUS_CHECK(p->breaker.state != BUS_BREAKER_CLOSED);
    (void)bus_fail(&o->why, BUS_EAWAY,
                   "nothing is pushed for a while; the last POST: %s", p->last);
    push_move(o, PUSH_HOLD);
}

static void push_pump(struct partner_push *p)
{
    struct bus_err err;
    for (size_t i = 0; i < p->r->give.n; i++) {
        struct push_one *o = &p->list[i];
        if (!push_turn(p, o) || p->asked >= (size_t)p->conf->in_flight) {
            continue;
        }
        if (!bus_run_breaker_admits(&p->breaker, push_now(p))) {
            if (p->asked > 0) {
                break; /* what is asked tells whether it opens */
            }
            push_hold(p, o);
        } else if (push_send(o, &err) != BUS_OK) {
            bus_run_breaker_forget(&p->breaker, push_now(p));
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
    bus_run_client_drop(p->client);
    bus_run_breaker_forget(&p->breaker, push_now(p));
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

/* The ring is there and signs: known before the first event. */
static int push_keys(struct partner_push *p, struct bus_err *err)
{
    struct push_one trial = {.push = p};
    if (p->conf->sign_sm2 != NULL) {
        return bus_wire_sm2_key_open(p->conf->sign_sm2, &p->sm2, err);
    }
    if (p->conf->sign_keys == NULL) {
        return BUS_OK;
    }
    BUS_TRY(bus_wire_keyring_open(p->conf->sign_keys, &p->keys, err));
    int rc = push_sign(&trial, BUS_STRV("{}"), err);
    return rc != BUS_OK ? bus_wrap(err, "%s", p->conf->sign_keys) : BUS_OK;
}

int partner_push_open(struct runner *r,
                      void (*landed)(struct runner *r),
                      struct partner_push **ret,
                      struct bus_err *err)
{
    struct partner_push *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "pushing");
    }
    *ret = p;
    p->r = r;
    p->landed = landed;
    p->conf = &r->partner->push;
    const char *host = strstr(p->conf->url, "://");
    const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
    BUS_CHECK(path != NULL && r->door != NULL);
    p->path = bus_strv(path);
    BUS_TRY(push_keys(p, err));
    const struct bus_run_client_conf conf = {
        .ca_file = p->conf->ca_file,
        .cert_file = p->conf->cert_file,
        .key_file = p->conf->key_file,
        .plain = strncmp(p->conf->url, "http://", 7) == 0,
        .timeout_ms = p->conf->timeout_ms,
        .connections = (size_t)p->conf->in_flight,
        .answer_max = (size_t)r->partner->limits.message_bytes_max,
    };
    BUS_TRY(bus_run_client_open(r->frame.loop, &conf, &p->client, err));
    bus_run_breaker_init(&p->breaker, r->partner->code, p->conf->failures,
                         p->conf->open_ms, 0);
    push_series(p);
    p->condition = bus_run_health_add(&r->frame.health, "breaker", "not used");
    breaker_say(p);
    return BUS_OK;
}

void partner_push_close(struct partner_push *p)
{
    if (p == NULL) {
        return;
    }
    bus_run_client_close(p->client);
    bus_wire_keyring_free(p->keys);
    bus_wire_sm2_key_free(p->sm2);
    bus_free(p);
}
