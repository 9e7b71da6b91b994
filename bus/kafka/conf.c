/* Clients made from the configuration.
 *
 * - common settings, security, time limits
 * - the embedded broker needs short session and fetch times (it waits for
 *   session.timeout.ms at every rebalance, and for fetch.wait.max.ms at every
 *   empty fetch)
 * - the library's own log lines are dropped: errors come as events
 */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/kafka/parts.h"
#include "bus/kafka/tls.h"

#define ERRSTR 256

void kafka_set(rd_kafka_conf_t *conf,
               const char *key,
               const char *value,
               int *rc,
               struct bus_err *err)
{
    BUS_CHECK(conf != NULL && rc != NULL);
    char why[ERRSTR];
    if (*rc != 0 || value == NULL) {
        return;
    }
    if (rd_kafka_conf_set(conf, key, value, why, sizeof(why)) !=
        RD_KAFKA_CONF_OK) {
        *rc = bus_fail(err, BUS_ECONFIG, "kafka: %s: %s", key, why);
    }
}

void kafka_set_int(rd_kafka_conf_t *conf,
                   const char *key,
                   int64_t value,
                   int *rc,
                   struct bus_err *err)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%lld", (long long)value);
    kafka_set(conf, key, text, rc, err);
}

static void
on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)text;
}

static void set_security(rd_kafka_conf_t *conf,
                         const struct bus_config_kafka *k,
                         int *rc,
                         struct bus_err *err)
{
    const char *protocol = NULL;
    switch ((enum bus_kafka_security)k->security) {
    case BUS_KAFKA_PLAINTEXT:
        protocol = "plaintext";
        break;
    case BUS_KAFKA_SSL:
        protocol = "ssl";
        break;
    case BUS_KAFKA_SASL_PLAINTEXT:
        protocol = "sasl_plaintext";
        break;
    case BUS_KAFKA_SASL_SSL:
        protocol = "sasl_ssl";
        break;
    }
    kafka_set(conf, "security.protocol", protocol, rc, err);
    if (k->security == BUS_KAFKA_SASL_PLAINTEXT ||
        k->security == BUS_KAFKA_SASL_SSL) { /* else it warns of each */
        kafka_set(conf, "sasl.mechanism", k->sasl_mechanism, rc, err);
        kafka_set(conf, "sasl.username", k->username, rc, err);
        kafka_set(conf, "sasl.password", k->password, rc, err);
    }
    if (k->security == BUS_KAFKA_SSL || k->security == BUS_KAFKA_SASL_SSL) {
        (void)rd_kafka_conf_set_ssl_cert_verify_cb(conf, kafka_tls_verify);
    }
    kafka_set(conf, "ssl.ca.location", k->ca_file, rc, err);
    kafka_set(conf, "ssl.certificate.location", k->cert_file, rc, err);
    kafka_set(conf, "ssl.key.location", k->key_file, rc, err);
    if (k->key_file != NULL) {
        kafka_set(conf, "ssl.key.password", k->key_password, rc, err);
    }
}

int kafka_conf(const struct bus_kafka_env *env,
               rd_kafka_conf_t **ret,
               struct bus_err *err)
{
    BUS_CHECK(env->conf != NULL && env->client_id != NULL);
    const struct bus_config_kafka *k = env->conf;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int rc = 0;
    kafka_set(conf, "bootstrap.servers", k->bootstrap, &rc, err);
    kafka_set(conf, "client.id", env->client_id, &rc, err);
    kafka_set(conf, "log.connection.close", "false", &rc, err);
    kafka_set(conf, "reconnect.backoff.ms", "100", &rc, err);
    kafka_set(conf, "reconnect.backoff.max.ms", "2000", &rc, err);
    kafka_set_int(conf, "socket.timeout.ms", KAFKA_ANSWER_MS, &rc, err);
    kafka_set_int(conf, "api.version.request.timeout.ms", KAFKA_HELLO_MS, &rc,
                  err);
    kafka_set_int(conf, "socket.connection.setup.timeout.ms", KAFKA_CONNECT_MS,
                  &rc, err);
    kafka_set(conf, "socket.keepalive.enable", "true", &rc, err);
    kafka_set(conf, "socket.nagle.disable", "true", &rc, err);
    kafka_set(conf, "topic.metadata.refresh.interval.ms", "30000", &rc, err);
    kafka_set(conf, "allow.auto.create.topics", "false", &rc, err);
    if (k->message_bytes_max > 0) {
        kafka_set_int(conf, "message.max.bytes", k->message_bytes_max, &rc,
                      err);
    }
    set_security(conf, k, &rc, err);
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (rc != 0) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    *ret = conf;
    return 0;
}

int kafka_make(rd_kafka_type_t type,
               rd_kafka_conf_t *conf,
               rd_kafka_t **ret,
               struct bus_err *err)
{
    BUS_CHECK(conf != NULL && ret != NULL);
    char why[ERRSTR];
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return bus_fail(err, BUS_ECONFIG, "kafka: %s%s", kafka_tls_cause(why),
                        why);
    }
    *ret = rk;
    return 0;
}
