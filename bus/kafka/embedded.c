/* The embedded broker: a mock cluster of one broker in this process.
 *
 * - topics first, then the bootstrap text by rename, so that who sees the file
 *   sees the topics too
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
/* after rdkafka.h */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/buf.h"
#include "bus/base/heap.h"
#include "bus/kafka/embedded.h"
#include "bus/kafka/parts.h"

#define AUTO_PARTITIONS 4 /* of the mock; no call changes it */

struct bus_kafka_embedded
{
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *cluster;
};

static int
embedded_write_file(const char *file, const char *text, struct bus_err *err)
{
    struct bus_buf tmp;
    bus_buf_init(&tmp, 0);
    bus_buf_printf(&tmp, "%s.new", file);
    const char *name = bus_buf_cstr(&tmp);
    FILE *f = fopen(name, "we");
    int rc = 0;
    if (f == NULL || fprintf(f, "%s\n", text) < 0) {
        rc = bus_fail(err, BUS_EIO, "%s: %s", name, strerror(errno));
    }
    if (f != NULL && fclose(f) != 0 && rc == 0) {
        rc = bus_fail(err, BUS_EIO, "%s: %s", name, strerror(errno));
    }
    if (rc == 0 && rename(name, file) != 0) {
        rc = bus_fail(err, BUS_EIO, "%s: %s", file, strerror(errno));
    }
    bus_buf_fini(&tmp);
    return rc;
}

/* The library's mock makes a topic of AUTO_PARTITIONS for who asks for its
 * metadata and allows making it: one request for all of them. Making one by its
 * call waits for the mock's timer each time, 160 ms. */
static int make_by_asking(struct bus_kafka_embedded *e,
                          const struct bus_topic *topics,
                          size_t n,
                          struct bus_err *err)
{
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_topic_t **asked = bus_calloc(n + 1, sizeof(rd_kafka_topic_t *));
    bool ok = asked != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        if (topics[i].partitions == AUTO_PARTITIONS) {
            asked[i] = rd_kafka_topic_new(e->rk, topics[i].name, NULL);
            ok = asked[i] != NULL;
        }
    }
    rd_kafka_resp_err_t rc =
        ok ? rd_kafka_metadata(e->rk, 0, NULL, &md, KAFKA_CALL_MS)
           : RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    for (int i = 0; rc == RD_KAFKA_RESP_ERR_NO_ERROR && i < md->topic_cnt;
         i++) {
        rc = md->topics[i].err;
        ok = ok && md->topics[i].partition_cnt == AUTO_PARTITIONS;
    }
    if (md != NULL) {
        rd_kafka_metadata_destroy(md);
    }
    for (size_t i = 0; asked != NULL && i < n; i++) {
        if (asked[i] != NULL) {
            rd_kafka_topic_destroy(asked[i]);
        }
    }
    bus_free(asked);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_fail(err, rc, "topics of the embedded broker");
    }
    return ok ? BUS_OK
              : bus_fail(err, BUS_EBUG,
                         "the library's mock makes topics of other than %d "
                         "partitions",
                         AUTO_PARTITIONS);
}

static int make_topics(struct bus_kafka_embedded *e,
                       const struct bus_topic *topics,
                       size_t n,
                       struct bus_err *err)
{
    int made = make_by_asking(e, topics, n, err);
    for (size_t i = 0; made == BUS_OK && i < n; i++) {
        rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR_NO_ERROR;
        if (topics[i].partitions != AUTO_PARTITIONS) {
            rc = rd_kafka_mock_topic_create(e->cluster, topics[i].name,
                                            topics[i].partitions, 1);
        }
        if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
            made = kafka_fail(err, rc, topics[i].name);
        }
    }
    return made;
}

int bus_kafka_embedded_start(const struct bus_topic *topics,
                             size_t n,
                             const char *file,
                             struct bus_kafka_embedded **ret,
                             struct bus_err *err)
{
    const struct bus_config_kafka none = {.bootstrap = "127.0.0.1:1",
                                          .embedded = true};
    const struct bus_kafka_env env = {.conf = &none,
                                      .client_id = "lianou-broker"};
    struct bus_kafka_embedded *e = bus_calloc(1, sizeof(*e));
    if (e == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the embedded broker");
    }
    rd_kafka_conf_t *conf = NULL;
    int rc;
    BUS_TRY_GOTO(rc, kafka_conf(&env, &conf, err), failed);
    kafka_set(conf, "test.mock.num.brokers", "1", &rc, err);
    kafka_set(conf, "allow.auto.create.topics", "true", &rc, err);
    if (rc != BUS_OK) {
        rd_kafka_conf_destroy(conf);
        goto failed;
    }
    BUS_TRY_GOTO(rc, kafka_make(RD_KAFKA_PRODUCER, conf, &e->rk, err), failed);
    e->cluster = rd_kafka_handle_mock_cluster(e->rk);
    if (e->cluster == NULL) {
        BUS_TRY_GOTO(rc, bus_fail(err, BUS_EBUG, "no mock cluster was made"),
                     failed);
    }
    BUS_TRY_GOTO(rc, make_topics(e, topics, n, err), failed);
    if (file != NULL) {
        BUS_TRY_GOTO(
            rc, embedded_write_file(file, bus_kafka_embedded_bootstrap(e), err),
            failed);
    }
    *ret = e;
    return BUS_OK;
failed:
    bus_kafka_embedded_stop(e);
    return rc;
}

const char *bus_kafka_embedded_bootstrap(const struct bus_kafka_embedded *e)
{
    return rd_kafka_mock_cluster_bootstraps(e->cluster);
}

void bus_kafka_embedded_down(struct bus_kafka_embedded *e, bool down)
{
    if (down) {
        (void)rd_kafka_mock_broker_set_down(e->cluster, 1);
    } else {
        (void)rd_kafka_mock_broker_set_up(e->cluster, 1);
    }
}

void bus_kafka_embedded_stop(struct bus_kafka_embedded *e)
{
    if (e != NULL) {
        if (e->rk != NULL) {
            rd_kafka_destroy(e->rk);
        }
        bus_free(e);
    }
}
