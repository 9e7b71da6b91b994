/* The library's errors as ours: what to do about them. */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/kafka/parts.h"
#include "bus/kafka/tls.h"

/* openssl/x509_vfy.h; this room has no OpenSSL */
#define X509_EXPIRED             10
#define X509_HOSTNAME_MISMATCH   62
#define X509_IP_ADDRESS_MISMATCH 64

enum bus_errc kafka_errc(rd_kafka_resp_err_t e)
{
    /* Not an exhaustive switch: the library has some 150 codes. */
    if (e == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return BUS_OK;
    }
    if (e == RD_KAFKA_RESP_ERR__FENCED ||
        e == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
        e == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
        e == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
        return BUS_EFENCED;
    }
    if (e == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE ||
        e == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        return BUS_EGONE;
    }
    if (e == RD_KAFKA_RESP_ERR__TIMED_OUT ||
        e == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
        return BUS_ETIMEOUT;
    }
    if (e == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        return BUS_ETOOBIG;
    }
    if (e == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return BUS_EFULL;
    }
    if (e == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
        e == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
        e == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED ||
        e == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
        e == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
        e == RD_KAFKA_RESP_ERR__INVALID_ARG ||
        e == RD_KAFKA_RESP_ERR_INVALID_CONFIG ||
        e == RD_KAFKA_RESP_ERR_POLICY_VIOLATION ||
        e == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR) {
        return BUS_ECONFIG;
    }
    return BUS_EAWAY;
}

/* The library says of every certificate that it could not be verified; why, it
 * says to its callback alone. All clients of a process ask the same brokers. */
static _Atomic int verify_error;

int kafka_tls_verify(rd_kafka_t *rk,
                     const char *broker,
                     int32_t broker_id,
                     int *x509_error,
                     int depth,
                     const char *certificate,
                     size_t n,
                     char *errstr,
                     size_t errstr_size,
                     void *opaque)
{
    (void)rk;
    (void)broker;
    (void)broker_id;
    (void)depth;
    (void)certificate;
    (void)n;
    (void)opaque;
    if (*x509_error == 0) {
        return 1;
    }
    verify_error = *x509_error;
    (void)snprintf(errstr, errstr_size, "X509 error %d", *x509_error);
    return 0;
}

const char *kafka_tls_cause(const char *text)
{
    static const struct
    {
        const char *said;
        int error; /* of X509, 0: any */
        const char *means;
    } causes[] = {
        {"certificate verify failed", X509_HOSTNAME_MISMATCH,
         "the broker's certificate is for another name / 证书名称不符: "},
        {"certificate verify failed", X509_IP_ADDRESS_MISMATCH,
         "the broker's certificate is for another name / 证书名称不符: "},
        {"certificate verify failed", X509_EXPIRED,
         "the broker's certificate has expired / 证书已过期: "},
        {"certificate verify failed", 0,
         "no certificate of ca_file vouches for the broker / 根证书不对: "},
        {"ssl.key.location failed", 0,
         "key_password does not open key_file / 私钥口令不对: "},
        {"certificate required", 0,
         "the broker asks for a certificate (cert_file, key_file) / "
         "服务器要求客户端证书: "},
        {"alert bad certificate", 0,
         "the broker does not take our certificate / 服务器不认本端证书: "},
        {"alert unknown ca", 0,
         "the broker does not take our certificate / 服务器不认本端证书: "},
    };
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (strcasestr(text, causes[i].said) != NULL &&
            (causes[i].error == 0 || causes[i].error == verify_error)) {
            return causes[i].means;
        }
    }
    return "";
}

int kafka_fail(struct bus_err *err, rd_kafka_resp_err_t e, const char *what)
{
    return bus_fail(err, kafka_errc(e), "%s: %s", what, rd_kafka_err2str(e));
}

int kafka_fail_error(struct bus_err *err, rd_kafka_error_t *e, const char *what)
{
    BUS_CHECK(e != NULL);
    int rc = bus_fail(err, kafka_errc(rd_kafka_error_code(e)), "%s: %s", what,
                      rd_kafka_error_string(e));
    rd_kafka_error_destroy(e);
    return rc;
}

static const rd_kafka_metadata_topic_t *fail_find(const rd_kafka_metadata_t *md,
                                                  const char *topic)
{
    for (int i = 0; i < md->topic_cnt; i++) {
        if (strcmp(md->topics[i].topic, topic) == 0) {
            return &md->topics[i];
        }
    }
    return NULL;
}

int kafka_topics_there(rd_kafka_t *rk,
                       const char *const *topics,
                       size_t n,
                       bool same_partitions,
                       struct bus_err *err)
{
    BUS_CHECK(n == 0 || topics != NULL);
    const rd_kafka_metadata_t *md = NULL;
    rd_kafka_resp_err_t e = rd_kafka_metadata(rk, 1, NULL, &md, KAFKA_CALL_MS);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return bus_fail(err, BUS_EAWAY, "no broker answers: %s",
                        rd_kafka_err2str(e));
    }
    int rc = 0;
    int count = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        const rd_kafka_metadata_topic_t *t = fail_find(md, topics[i]);
        if (t == NULL || t->err != RD_KAFKA_RESP_ERR_NO_ERROR ||
            t->partition_cnt == 0) {
            rc = bus_fail(err, BUS_EAWAY,
                          "topic %s is not there (lianou topics apply)",
                          topics[i]);
        } else if (same_partitions && i > 0 && t->partition_cnt != count) {
            rc = bus_fail(err, BUS_ECONFIG,
                          "topic %s has %d partitions, %s has %d: a household "
                          "must have the same one in both",
                          topics[i], t->partition_cnt, topics[i - 1], count);
        } else {
            count = t->partition_cnt;
        }
    }
    rd_kafka_metadata_destroy(md);
    return rc;
}
