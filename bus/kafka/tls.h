/* tls: what is wrong between a client and its brokers' TLS, in our words. Any
 * thread. */
#ifndef BUS_KAFKA_TLS_H
#define BUS_KAFKA_TLS_H

#include "bus/kafka/parts.h"

/* What the library's text on TLS means, before that text; "" if it means no
 * one thing. */
const char *kafka_tls_cause(const char *text);
/* ssl_cert_verify_cb: refuses as the library does, and keeps why. */
int kafka_tls_verify(rd_kafka_t *rk,
                     const char *broker,
                     int32_t broker_id,
                     int *x509_error,
                     int depth,
                     const char *certificate,
                     size_t n,
                     char *errstr,
                     size_t errstr_size,
                     void *opaque);

#endif
