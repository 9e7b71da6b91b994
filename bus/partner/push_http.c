/* A document goes out as a POST: see push.h. */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/partner/push_parts.h"
#include "bus/wire/signed.h"

#define PUSH_KEY          "Idempotency-Key: "
#define PUSH_HEADER_BYTES (BUS_WIRE_SIGNED_HEADER + 24)

struct http_headers
{
    char key[sizeof(PUSH_KEY) + BUS_ID_TEXT];
    char sign[PUSH_HEADER_BYTES], date[PUSH_HEADER_BYTES];
};
struct push_http
{
    const struct bus_conf_partner_push *conf;
    struct bus_strv path; /* in the URL */
    struct bus_run_client *client;
    struct bus_wire_keyring *keys; /* NULL: it signs nothing */
    struct bus_wire_sm2_key *sm2;  /* NULL: nor this */
    struct http_headers headers[PARTNER_CHUNK];
};

/* --- what came back --- */

static void breaker_hears(struct partner_push *p,
                          const struct bus_run_client_answer *a,
                          enum push_event event)
{
    const struct bus_conf_partner_retry *retry = &p->r->partner->retry;
    int64_t hold = partner_push_hold_ms(a, retry->first_ms, retry->max_ms);
    if (event != PUSH_FAIL && event != PUSH_HOLD) {
        partner_push_good(p);
    } else if (a->rc == BUS_OK) {
        partner_push_bad(p, hold, "HTTP %ld", a->status);
    } else {
        partner_push_bad(p, hold, "%.100s", a->err.msg);
    }
}

/* Its answer is settled: it is in Kafka, or cannot be used. */
static void on_push_heard(void *data, int status, struct bus_strv note)
{
    struct push_one *o = data;
    if (status != 200) {
        partner_push_rejected(o->id, note);
    }
    partner_push_heard(o);
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
    bus_run_series_observe(p->m_seconds, (double)a->took_ms / 1000.0);
    push_why(o, a);
    breaker_hears(p, a, event);
    if (a->rc == BUS_ETOOBIG && event == PUSH_TAKE) {
        bus_log(BUS_LOG_WARN,
                "what the partner answered is over "
                "limits.message_max and was not read",
                "event=%s", o->id);
    }
    partner_push_ends(o, event == PUSH_HEAR ? push_hear(o, a) : event);
}

/* --- sending --- */

static int push_sign(const struct push_http *h,
                     struct http_headers *to,
                     struct bus_strv body,
                     struct bus_err *err)
{
    char sign[BUS_WIRE_SIGNED_HEADER], date[BUS_WIRE_SIGNED_HEADER];
    const struct bus_wire_signed_request rq = {
        .method = BUS_STRV("POST"), .path = h->path, .body = body};
    int64_t now = bus_clock_system.wall_ms(NULL);
    BUS_TRY(h->sm2 != NULL
                ? bus_wire_signed_sm2(&rq, h->sm2, h->conf->sign_as, now, sign,
                                      date, err)
                : bus_wire_signed_make(&rq, h->keys, h->conf->sign_as, now,
                                       sign, date, err));
    (void)snprintf(to->sign, sizeof(to->sign), "Authorization: %s", sign);
    (void)snprintf(to->date, sizeof(to->date), "Lianou-Date: %s", date);
    return BUS_OK;
}

static int http_send(struct push_one *o, struct bus_err *err)
{
    struct push_http *h = o->push->own;
    struct http_headers *to = &h->headers[o->at];
    const struct deliver_document *d = &o->push->r->give.docs[o->at];
    BUS_CHECK(o->at < PARTNER_CHUNK && h->client != NULL);
    (void)snprintf(to->key, sizeof(to->key), PUSH_KEY "%s", o->id);
    struct bus_run_client_post post = {
        .url = h->conf->url,
        .body = d->task.document,
        .headers = {"Content-Type: application/json",
                    "Accept: application/json", "User-Agent: lianou", to->key},
        .done = on_pushed,
        .data = o,
    };
    if (h->keys != NULL || h->sm2 != NULL) {
        BUS_TRY(push_sign(h, to, d->task.document, err));
        post.headers[4] = to->sign;
        post.headers[5] = to->date;
    }
    return bus_run_client_post(h->client, &post, err);
}

static void push_http_drop(struct partner_push *p)
{
    struct push_http *h = p->own;
    BUS_CHECK(h != NULL);
    bus_run_client_drop(h->client);
}

/* --- opening --- */

/* The ring is there and signs: known before the first event. */
static int push_keys(struct push_http *h, struct bus_err *err)
{
    if (h->conf->sign_sm2 != NULL) {
        return bus_wire_sm2_key_open(h->conf->sign_sm2, &h->sm2, err);
    }
    if (h->conf->sign_keys == NULL) {
        return BUS_OK;
    }
    BUS_TRY(bus_wire_keyring_open(h->conf->sign_keys, &h->keys, err));
    int rc = push_sign(h, &h->headers[0], BUS_STRV("{}"), err);
    return rc != BUS_OK ? bus_wrap(err, "%s", h->conf->sign_keys) : BUS_OK;
}

static int push_http_open(struct partner_push *p, struct bus_err *err)
{
    struct push_http *h = bus_calloc(1, sizeof(*h));
    if (h == NULL) {
        return bus_fail(err, BUS_ENOMEM, "pushing");
    }
    p->own = h;
    h->conf = &p->r->partner->push;
    const char *host = strstr(h->conf->url, "://");
    const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
    BUS_CHECK(path != NULL);
    h->path = bus_strv(path);
    BUS_TRY(push_keys(h, err));
    const struct bus_run_client_conf conf = {
        .ca_file = h->conf->ca_file,
        .cert_file = h->conf->cert_file,
        .key_file = h->conf->key_file,
        .plain = strncmp(h->conf->url, "http://", 7) == 0,
        .timeout_ms = h->conf->timeout_ms,
        .connections = (size_t)h->conf->in_flight,
        .answer_max = (size_t)p->r->partner->limits.message_bytes_max,
    };
    return bus_run_client_open(p->r->frame.loop, &conf, &h->client, err);
}

static void push_http_close(struct partner_push *p)
{
    struct push_http *h = p->own;
    if (h != NULL) {
        bus_run_client_close(h->client);
        bus_wire_keyring_free(h->keys);
        bus_wire_sm2_key_free(h->sm2);
        bus_free(h);
    }
}

const struct partner_push_way partner_push_http = {
    .open = push_http_open,
    .close = push_http_close,
    .send = http_send,
    .drop = push_http_drop,
};
