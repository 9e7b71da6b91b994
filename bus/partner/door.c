#include "bus/partner/door.h"

#include <inttypes.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/hex.h"
#include "bus/partner/openapi.h"
#include "bus/run/work.h"
#include "bus/wire/crypt.h"

#define BEARER      "Bearer "
#define JSON        "application/json"
#define NO_EVENTS   "{\"events\": []}\n"
#define RETRY_AFTER "1" /* seconds */

/* --- who asks --- */

static bool same_bytes(const uint8_t *a, const uint8_t *b, size_t n)
{
    uint8_t differs = 0;
    for (size_t i = 0; i < n; i++) {
        differs |= (uint8_t)(a[i] ^ b[i]);
    }
    return differs == 0;
}

static void
door_unready(struct bus_run_http_request *rq, const char *en, const char *zh)
{
    bus_run_http_set(rq, "Retry-After", RETRY_AFTER);
    bus_run_http_problem(rq, 503, en, zh);
}

/* False: it is answered. */
static bool door_admits(struct partner_door *d, struct bus_run_http_request *rq)
{
    struct bus_strv says = bus_run_http_header(rq, "Authorization");
    size_t n = sizeof(BEARER) - 1;
    uint8_t sum[BUS_WIRE_SHA256_BYTES];
    bus_run_http_set(rq, "Cache-Control", "no-store");
    bool bearer = says.n > n && memcmp(says.p, BEARER, n) == 0;
    bus_wire_sha256(bearer ? says.p + n : "", bearer ? says.n - n : 0, sum);
    if (!bearer || !same_bytes(sum, d->token, sizeof(sum))) {
        bus_run_http_set(rq, "WWW-Authenticate", "Bearer");
        bus_run_http_problem(rq, 401, "the partner's token is needed",
                             "须出示本单位的令牌");
        return false;
    }
    if (!bus_strv_is(bus_run_http_param(rq, "name"), d->partner->code)) {
        bus_run_http_problem(rq, 404, "not this adapter's partner",
                             "不是本适配器的单位");
        return false;
    }
    (void)pthread_mutex_lock(&d->lock);
    bool ready = d->ready && !d->stopped;
    (void)pthread_mutex_unlock(&d->lock);
    if (!ready) {
        door_unready(rq, "not ready yet, or ending", "尚未就绪或正在结束");
    }
    return ready;
}

/* --- events --- */

static void reader_ends(struct partner_door *d, const struct bus_buf *out)
{
    struct bus_run_http_request *rq = d->reader.rq;
    BUS_CHECK(rq != NULL && !d->reader.reading);
    d->reader.rq = NULL;
    if (out != NULL) {
        bus_run_http_answer(rq, 200, JSON, out->data, out->len);
    } else {
        bus_run_http_answer(rq, 200, JSON, NO_EVENTS, sizeof(NO_EVENTS) - 1);
    }
}

static void reader_fails(struct partner_door *d)
{
    struct bus_run_http_request *rq = d->reader.rq;
    BUS_CHECK(rq != NULL && !d->reader.reading && d->reader.rc != BUS_OK);
    d->reader.rq = NULL;
    if (d->reader.rc == BUS_ESTATE) {
        bus_run_http_problem(rq, 409, "after: no such cursor was given",
                             "after: 没有给出过这一游标");
    } else {
        door_unready(rq, "the disk cannot be read at the moment",
                     "暂时不能读取");
    }
}

static void door_read_run(void *data)
{
    struct partner_door *d = data;
    struct door_reader *r = &d->reader;
    (void)pthread_mutex_lock(&d->use);
    r->rc =
        d->transport == NULL
            ? bus_fail(&r->err, BUS_EAWAY, "not open")
            : partner_http_read(d->transport, r->has_after ? &r->after : NULL,
                                r->max, &r->out, &r->n, &r->err);
    (void)pthread_mutex_unlock(&d->use);
}

static void door_read_done(void *data)
{
    struct partner_door *d = data;
    struct door_reader *r = &d->reader;
    BUS_CHECK(r->reading && r->rq != NULL);
    r->reading = false;
    r->has_after = false; /* it is kept */
    if (r->rc != BUS_OK) {
        reader_fails(d);
    } else if (r->n > 0 || d->stopped ||
               bus_run_loop_now_ms(d->frame->loop) >= r->deadline_ms) {
        reader_ends(d, &r->out);
    }
}

static void reader_starts(struct partner_door *d)
{
    struct door_reader *r = &d->reader;
    BUS_CHECK(r->rq != NULL && !r->reading);
    (void)pthread_mutex_lock(&d->lock);
    r->seen = d->published;
    (void)pthread_mutex_unlock(&d->lock);
    bus_buf_clear(&r->out);
    r->out.failed = false;
    r->n = 0;
    r->reading = true;
    if (bus_run_work(d->frame->loop, door_read_run, door_read_done, d,
                     &r->err) != BUS_OK) {
        r->reading = false;
        r->rc = BUS_EAWAY;
        reader_fails(d);
    }
}

/* False: it is answered. absent: what it is then. */
static bool query_number(struct bus_run_http_request *rq,
                         const char *name,
                         int64_t min,
                         int64_t max,
                         int64_t absent,
                         int64_t *ret)
{
    struct bus_strv v = bus_run_http_query(rq, name);
    BUS_CHECK(min <= max);
    *ret = absent;
    if (v.p == NULL ||
        (bus_strv_to_i64(v, ret) && *ret >= min && *ret <= max)) {
        return true;
    }
    bus_run_http_problem(rq, 400, "after, wait (0..60), max (1..64): numbers",
                         "after、wait(0至60)、max(1至64)须为数字");
    return false;
}

static void door_events(struct bus_run_http_request *rq, void *data)
{
    struct partner_door *d = data;
    struct door_reader *r = &d->reader;
    int64_t after = 0, wait = 0, max = 0;
    if (!door_admits(d, rq) ||
        !query_number(rq, "after", 0, INT64_MAX, -1, &after) ||
        !query_number(rq, "wait", 0, DOOR_WAIT_MAX, 0, &wait) ||
        !query_number(rq, "max", 1, DOOR_EVENTS_MAX, DOOR_EVENTS_MAX, &max)) {
        return;
    }
    if (r->reading) {
        bus_run_http_set(rq, "Retry-After", RETRY_AFTER);
        bus_run_http_problem(rq, 429, "one reader at a time",
                             "同一时刻只能有一个读取者");
        return;
    }
    if (r->rq != NULL) {
        reader_ends(d, NULL);
    }
    r->rq = rq;
    r->has_after = after >= 0;
    r->after = after >= 0 ? (uint64_t)after : 0;
    r->max = (size_t)max;
    r->deadline_ms =
        bus_run_loop_now_ms(d->frame->loop) + (uint64_t)wait * 1000;
    reader_starts(d);
}

/* Where they are posted to him. */
static void door_pushed(struct bus_run_http_request *rq, void *data)
{
    struct partner_door *d = data;
    if (door_admits(d, rq)) {
        bus_run_http_problem(
            rq, 404, "events are posted to push.url; none are fetched here",
            "本单位的事项推送至 push.url, 此处无事项可取");
    }
}

/* --- answers --- */

static void post_free(struct door_post *p)
{
    BUS_CHECK(p->rq == NULL);
    bus_buf_fini(&p->note);
    bus_buf_fini(&p->own);
    bus_free(p);
}

static void post_add(struct partner_door *d, struct door_post *p)
{
    BUS_CHECK(p->next == NULL && p->state == DOOR_POST_NEW);
    (void)pthread_mutex_lock(&d->lock);
    struct door_post **end = &d->posts;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = p;
    (void)pthread_mutex_unlock(&d->lock);
    d->wake(d->data);
}

static void door_answers(struct bus_run_http_request *rq, void *data)
{
    struct partner_door *d = data;
    if (!door_admits(d, rq)) {
        return;
    }
    struct bus_strv body = bus_run_http_body(rq);
    struct bus_strv key = bus_run_http_header(rq, "Idempotency-Key");
    if (body.n > (size_t)d->partner->limits.message_bytes_max) {
        bus_run_http_problem(rq, 413, "over limits.message_max",
                             "超过大小上限(limits.message_max)");
        return;
    }
    if (key.n > DOOR_KEY_MAX) {
        bus_run_http_problem(rq, 400, "Idempotency-Key: at most 128 bytes",
                             "Idempotency-Key 不超过 128 字节");
        return;
    }
    if (d->posts_n >= DOOR_POSTS_MAX) {
        door_unready(rq, "too many answers wait; again later",
                     "待处理的答复过多, 请稍后再试");
        return;
    }
    struct door_post *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        door_unready(rq, "no memory at the moment", "内存不足");
        return;
    }
    *p = (struct door_post){
        .rq = rq, .number = ++d->numbers, .body = body, .key = key};
    d->posts_n++;
    post_add(d, p);
}

int partner_door_say(struct partner_door *d,
                     struct bus_strv body,
                     void (*heard)(void *data,
                                   int status,
                                   struct bus_strv note),
                     void *data,
                     struct bus_err *err)
{
    struct door_post *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "an answer");
    }
    *p = (struct door_post){
        .number = ++d->numbers, .heard = heard, .data = data};
    bus_buf_put(&p->own, body.p, body.n);
    p->body = bus_buf_view(&p->own);
    if (p->own.failed) {
        post_free(p);
        return bus_fail(err, BUS_ENOMEM, "an answer");
    }
    post_add(d, p);
    return BUS_OK;
}

void partner_door_unsay(struct partner_door *d, const void *data)
{
    (void)pthread_mutex_lock(&d->lock);
    for (struct door_post *p = d->posts; p != NULL; p = p->next) {
        p->heard = p->data == data ? NULL : p->heard;
    }
    (void)pthread_mutex_unlock(&d->lock);
}

static void post_answer(struct partner_door *d, struct door_post *p)
{
    struct bus_run_http_request *rq = p->rq;
    if (p->heard != NULL && p->state == DOOR_POST_SETTLED) {
        p->heard(p->data, p->status, bus_buf_view(&p->note));
        p->heard = NULL;
    }
    if (rq == NULL) {
        return;
    }
    BUS_CHECK(d->posts_n > 0);
    p->rq = NULL;
    d->posts_n--;
    if (p->state == DOOR_POST_SETTLED && !p->note.failed) {
        bus_run_http_answer(rq, p->status, JSON, p->note.data, p->note.len);
    } else {
        door_unready(rq, "ending; give it again", "正在结束, 请重新提交");
    }
}

/* Out of the list: what is settled and, where nothing more is taken, what no
 * job has. */
static struct door_post *posts_ended(struct partner_door *d)
{
    struct door_post *ended = NULL, **end = &ended;
    (void)pthread_mutex_lock(&d->lock);
    for (struct door_post **at = &d->posts; *at != NULL;) {
        struct door_post *p = *at;
        if (p->state == DOOR_POST_SETTLED ||
            (d->stopped && p->state == DOOR_POST_NEW)) {
            *at = p->next;
            p->next = NULL;
            *end = p;
            end = &p->next;
        } else {
            at = &p->next;
        }
    }
    (void)pthread_mutex_unlock(&d->lock);
    return ended;
}

/* --- the loop --- */

void partner_door_tick(struct partner_door *d)
{
    struct door_reader *r = &d->reader;
    for (struct door_post *p = posts_ended(d); p != NULL;) {
        struct door_post *next = p->next;
        post_answer(d, p);
        post_free(p);
        p = next;
    }
    if (r->rq == NULL || r->reading) {
        return;
    }
    (void)pthread_mutex_lock(&d->lock);
    bool more = d->published != r->seen;
    (void)pthread_mutex_unlock(&d->lock);
    if (d->stopped || bus_run_loop_now_ms(d->frame->loop) >= r->deadline_ms) {
        reader_ends(d, &r->out);
    } else if (more) {
        reader_starts(d);
    }
}

void partner_door_stop(struct partner_door *d)
{
    (void)pthread_mutex_lock(&d->lock);
    d->stopped = true;
    struct door_post *posts = d->posts;
    (void)pthread_mutex_unlock(&d->lock);
    partner_door_tick(d);
    /* What a job has is settled later, and nobody is told. */
    (void)pthread_mutex_lock(&d->lock);
    posts = d->posts;
    (void)pthread_mutex_unlock(&d->lock);
    for (; posts != NULL; posts = posts->next) {
        post_answer(d, posts);
    }
}

void partner_door_close(struct partner_door *d)
{
    if (d == NULL) {
        return;
    }
    while (d->posts != NULL) {
        struct door_post *p = d->posts;
        d->posts = p->next;
        p->rq = NULL; /* the server answers what is open, when it ends */
        post_free(p);
    }
    bus_buf_fini(&d->reader.out);
    (void)pthread_mutex_destroy(&d->lock);
    (void)pthread_mutex_destroy(&d->use);
    bus_free(d);
}

static void door_contract(struct bus_run_http_request *rq, void *data)
{
    (void)data;
    bus_run_http_answer(rq, 200, JSON, partner_openapi,
                        sizeof(partner_openapi) - 1);
}

int partner_door_open(struct bus_role_frame *frame,
                      const struct bus_conf_partner *partner,
                      void (*wake)(void *data),
                      void *data,
                      struct partner_door **ret,
                      struct bus_err *err)
{
    struct partner_door *d = bus_calloc(1, sizeof(*d));
    if (d == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a door");
    }
    *d = (struct partner_door){
        .frame = frame, .partner = partner, .wake = wake, .data = data};
    bus_buf_init(&d->reader.out, 2 * DOOR_BYTES_MAX);
    (void)pthread_mutex_init(&d->lock, NULL);
    (void)pthread_mutex_init(&d->use, NULL);
    *ret = d;
    bool pushed =
        partner->push.url != NULL || partner->transport == BUS_TRANSPORT_EXEC;
    BUS_CHECK(pushed || partner->http.token_sha256 != NULL);
    if (partner->http.token_sha256 == NULL) {
        return BUS_OK; /* it answers where its events come */
    }
    if (!bus_hex_read(bus_strv(partner->http.token_sha256), d->token,
                      sizeof(d->token))) {
        return bus_fail(err, BUS_ECONFIG, "http.token_sha256");
    }
    BUS_TRY(bus_run_http_route(frame->http, "GET", "/v1/partners/openapi.json",
                               door_contract, d, err));
    BUS_TRY(bus_run_http_route(frame->http, "GET", "/v1/partners/{name}/events",
                               pushed ? door_pushed : door_events, d, err));
    return bus_run_http_route(frame->http, "POST",
                              "/v1/partners/{name}/answers", door_answers, d,
                              err);
}
