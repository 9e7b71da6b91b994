/* A broker that says "not the leader, and nobody is" in answer to a fetch, as
 * one does while it starts: the client counts the partition as changed and
 * leaves its entry unwritten (librdkafka issue 5280, in every release to 2.15).
 * What lay in that memory was taken for a partition's number: a role ended with
 * SIGSEGV, or went on with another partition's leader changed.
 * ops/librdkafka/patches/ has the mend; this sees that it is in what we link.
 *
 * Fresh memory is filled (by malloc, or by the sanitizer), so that an unwritten
 * number is seen: the client says that such a partition is not known. */
#include "tests/lib/check.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define TOPIC    "t.leaderless"
#define ROUNDS   4
#define UPDATED  "METADATAUPDATE"
#define WAIT_MS  20000
#define FILL     0xfe /* glibc fills with its complement */
#define ONLY_ONE ")[0]:"

static atomic_int unwritten, asked;

static void
logged(const rd_kafka_t *rk, int level, const char *fac, const char *text)
{
    (void)rk;
    (void)level;
    if (strcmp(fac, UPDATED) == 0) {
        atomic_fetch_add(&asked, 1);
        if (strstr(text, ")[") != NULL && strstr(text, ONLY_ONE) == NULL) {
            atomic_fetch_add(&unwritten, 1);
            (void)fprintf(stderr, "%s\n", text);
        }
    }
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[200] = "";
    if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) !=
        RD_KAFKA_CONF_OK) {
        fail_msg("%s", why);
    }
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *bootstrap)
{
    char why[200] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (bootstrap != NULL) {
        set(conf, "bootstrap.servers", bootstrap);
    }
    if (type == RD_KAFKA_CONSUMER) {
        set(conf, "group.id", "leaderless");
        set(conf, "fetch.wait.max.ms", "10");
        set(conf, "fetch.error.backoff.ms", "10");
        set(conf, "debug", "metadata");
        rd_kafka_conf_set_log_cb(conf, logged);
    }
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (rk == NULL) {
        fail_msg("%s", why);
    }
    return rk;
}

/* The leader changes, and the old one's next answer names none. */
static void leaderless(rd_kafka_mock_cluster_t *cluster, int round)
{
    assert_int_equal(rd_kafka_mock_partition_push_leader_response(
                         cluster, TOPIC, 0, -1, round + 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_mock_partition_set_leader(cluster, TOPIC, 0,
                                                        1 + (round + 1) % 2),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void produce(rd_kafka_t *producer, int round)
{
    rd_kafka_resp_err_t rc = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION(0),
        RD_KAFKA_V_VALUE(&round, sizeof(round)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    assert_int_equal(rc, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(producer, WAIT_MS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void consume(rd_kafka_t *consumer, int round)
{
    rd_kafka_message_t *m = NULL;
    while (m == NULL || m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (m != NULL) {
            rd_kafka_message_destroy(m);
        }
        m = rd_kafka_consumer_poll(consumer, WAIT_MS);
        assert_non_null(m);
    }
    assert_int_equal(m->len, sizeof(round));
    assert_memory_equal(m->payload, &round, sizeof(round));
    rd_kafka_message_destroy(m);
}

static void no_leader_is_no_partition(void **state)
{
    (void)state;
    rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, NULL);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(producer, 2);
    assert_non_null(cluster);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, TOPIC, 1, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_mock_partition_set_leader(cluster, TOPIC, 0, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    const char *bootstrap = rd_kafka_mock_cluster_bootstraps(cluster);
    rd_kafka_t *writer = client(RD_KAFKA_PRODUCER, bootstrap);
    (void)mallopt(M_PERTURB, FILL);
    rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, bootstrap);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(all, TOPIC, 0)->offset = 0;
    assert_int_equal(rd_kafka_assign(consumer, all),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(all);
    for (int round = 0; round < ROUNDS; round++) {
        produce(writer, round);
        consume(consumer, round);
        leaderless(cluster, round);
    }
    rd_kafka_destroy(consumer);
    (void)mallopt(M_PERTURB, 0);
    rd_kafka_destroy(writer);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(producer);
    assert_true(atomic_load(&asked) > 0); /* the answer came to be read */
    assert_int_equal(atomic_load(&unwritten), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_leader_is_no_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
