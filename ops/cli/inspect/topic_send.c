#include "ops/cli/inspect/topic_send.h"

#include <stdio.h>

#define CLOSE_MS 5000
#define TRIES    4 /* a cluster that has just made its topics may be long */

struct sending
{
    struct bus_run_loop *loop;
    struct bus_kafka_producer *producer;
    struct bus_err failure;
    size_t waits; /* for so many acknowledgements */
};

static void topic_send_acked(void *data,
                             void *token,
                             int32_t partition,
                             int64_t offset,
                             const struct bus_err *err)
{
    struct sending *s = data;
    (void)token;
    (void)partition;
    (void)offset;
    if (err != NULL) {
        s->failure = *err;
    }
    s->waits--;
    if (s->waits == 0) {
        bus_run_loop_stop(s->loop, NULL);
    }
}

static void close_producer(void *data)
{
    struct sending *s = data;
    bus_kafka_producer_close(s->producer, CLOSE_MS, NULL, NULL);
    s->producer = NULL;
}

static int topic_send_wait(struct sending *s,
                           const struct bus_kafka_env *env,
                           const struct bus_kafka_out_msg *list,
                           size_t n,
                           struct bus_err *err)
{
    BUS_TRY(
        bus_kafka_producer_open(env, topic_send_acked, s, &s->producer, err));
    BUS_TRY(bus_run_loop_on_drain(s->loop, close_producer, s, err));
    s->waits = n;
    for (size_t i = 0; i < n; i++) {
        BUS_TRY(bus_kafka_producer_send(s->producer, &list[i], NULL, err));
    }
    (void)bus_run_loop_run(s->loop);
    if (s->waits > 0) {
        return bus_fail(err, BUS_EAWAY, "not acknowledged");
    }
    if (s->failure.code != BUS_OK) {
        return bus_fail(err, s->failure.code, "%s", s->failure.msg);
    }
    return BUS_OK;
}

static int topic_send_once(const struct bus_kafka_env *with,
                           const struct bus_kafka_out_msg *list,
                           size_t n,
                           struct bus_err *err)
{
    struct sending s = {0};
    struct bus_kafka_env env = *with;
    BUS_TRY(bus_run_loop_new(&(struct bus_run_loop_conf){0}, &s.loop, err));
    env.loop = s.loop;
    int rc = topic_send_wait(&s, &env, list, n, err);
    bus_run_loop_free(s.loop);
    return rc;
}

int cli_topic_send_all(const struct bus_config_kafka *conf,
                       const char *client_id,
                       const struct bus_kafka_out_msg *list,
                       size_t n,
                       struct bus_err *err)
{
    struct bus_kafka_env env = {.conf = conf, .client_id = client_id};
    if (n == 0) {
        return BUS_OK;
    }
    int rc = topic_send_once(&env, list, n, err);
    for (int tries = 1; rc != BUS_OK && tries < TRIES &&
                        bus_err_act((enum bus_errc)rc) == BUS_ACT_RETRY;
         tries++) {
        (void)fprintf(stderr, "%s; 再试 trying again\n", err->msg);
        rc = topic_send_once(&env, list, n, err);
    }
    return rc;
}

int cli_topic_send(const struct bus_config_kafka *conf,
                   const char *client_id,
                   const struct bus_kafka_out_msg *m,
                   struct bus_err *err)
{
    return cli_topic_send_all(conf, client_id, m, 1, err);
}
