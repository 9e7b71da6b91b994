/* Is there a broker?
 *
 * - the library says when it has no connection left, also when it has closed
 *   them itself because nothing was asked for: a probe (metadata, on the thread
 *   pool) tells; while none answers it is sent with jittered back-off, and
 *   waited for longer each time: a broker that is slow is not away
 * - closing waits for the probe in flight, since it uses the handle
 */
#include <stdio.h>

#include "bus/base/check.h"
#include "bus/kafka/parts.h"
#include "bus/kafka/tls.h"
#include "bus/run/work.h"

static void watch_probe(void *data)
{
    struct kafka_watch *w = data;
    const rd_kafka_metadata_t *md = NULL;
    w->found = rd_kafka_metadata(w->rk, 0, NULL, &md, w->probe_ms) ==
               RD_KAFKA_RESP_ERR_NO_ERROR;
    w->probe_ms = w->found                            ? KAFKA_PROBE_MS
                  : 2 * w->probe_ms < KAFKA_ANSWER_MS ? 2 * w->probe_ms
                                                      : KAFKA_ANSWER_MS;
    if (md != NULL) {
        rd_kafka_metadata_destroy(md);
    }
}

static void watch_again(struct kafka_watch *w)
{
    BUS_CHECK(!w->closed);
    bus_run_timer_start(w->timer, bus_run_backoff_next_ms(&w->backoff), 0);
}

static void watch_finish_close(struct kafka_watch *w)
{
    BUS_CHECK(w->closed && !w->probing);
    bus_run_timer_free(w->timer);
    w->timer = NULL;
    w->closed_cb(w->closed_data);
}

static void probed(void *data)
{
    struct kafka_watch *w = data;
    BUS_CHECK(w->probing);
    w->probing = false;
    if (w->closed) {
        watch_finish_close(w);
    } else if (w->found) {
        kafka_watch_up(w);
    } else if (w->doubted) {
        kafka_watch_down(w, w->doubt);
    } else if (!w->up) {
        watch_again(w);
    }
}

static void on_watch_timer(void *data)
{
    struct kafka_watch *w = data;
    if ((w->up && !w->doubted) || w->probing || w->closed) {
        return;
    }
    w->probing = true;
    if (bus_run_work(w->loop, watch_probe, probed, w, NULL) != 0) {
        w->probing = false;
        watch_again(w);
    }
}

int kafka_watch_open(struct kafka_watch *w,
                     const struct bus_kafka_env *env,
                     rd_kafka_t *rk,
                     const char *condition,
                     struct bus_err *err)
{
    BUS_CHECK(rk != NULL);
    *w = (struct kafka_watch){.loop = env->loop,
                              .health = env->health,
                              .rk = rk,
                              .probe_ms = KAFKA_PROBE_MS,
                              .backoff = {.min_ms = KAFKA_RETRY_MIN_MS,
                                          .max_ms = KAFKA_RETRY_MAX_MS}};
    if (w->health != NULL) {
        w->condition = bus_run_health_add(w->health, condition,
                                          "no broker has answered yet");
    }
    int rc = bus_run_timer_new(env->loop, on_watch_timer, w, &w->timer, err);
    if (rc == 0) {
        bus_run_timer_start(w->timer, 0, 0);
    }
    return rc;
}

void kafka_watch_down(struct kafka_watch *w, const char *why)
{
    if (w->closed) {
        return;
    }
    if (w->health != NULL) {
        bus_run_health_bad(w->health, w->condition, "%s", why);
    }
    w->doubted = false;
    if (w->up) {
        w->up = false;
        watch_again(w);
    }
}

/* Perhaps down: one probe says. */
static void watch_doubt(struct kafka_watch *w, const char *why)
{
    if (!w->up) {
        kafka_watch_down(w, why);
        return;
    }
    BUS_CHECK(w->timer != NULL || w->closed);
    if (w->closed || w->doubted) {
        return;
    }
    (void)snprintf(w->doubt, sizeof(w->doubt), "%.150s", why);
    w->doubted = true;
    bus_run_timer_start(w->timer, 0, 0);
}

void kafka_watch_up(struct kafka_watch *w)
{
    bus_run_backoff_reset(&w->backoff);
    w->up = true;
    w->doubted = false;
    if (w->health != NULL && !w->closed) {
        bus_run_health_good(w->health, w->condition);
    }
}

void kafka_watch_error(struct kafka_watch *w,
                       rd_kafka_resp_err_t e,
                       const char *text)
{
    if (e == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        watch_doubt(w, w->why[0] != '\0' ? w->why : text);
        w->why[0] = '\0';
    } else if (e == RD_KAFKA_RESP_ERR__TRANSPORT ||
               e == RD_KAFKA_RESP_ERR__RESOLVE ||
               e == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
               e == RD_KAFKA_RESP_ERR__SSL) {
        bool refused = kafka_tls_cause(text)[0] != '\0';
        (void)snprintf(w->why, sizeof(w->why), "%s%.150s",
                       kafka_tls_cause(text), text);
        if (e == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
            e == RD_KAFKA_RESP_ERR__SSL || refused) {
            kafka_watch_down(w, w->why);
        }
    }
}

void kafka_watch_close(struct kafka_watch *w,
                       void (*cb)(void *data),
                       void *data)
{
    BUS_CHECK(!w->closed && cb != NULL);
    w->closed = true;
    w->closed_cb = cb;
    w->closed_data = data;
    if (!w->probing) {
        watch_finish_close(w);
    }
}
