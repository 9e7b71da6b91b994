/* What the brokers themselves are set to. */
#include <stdlib.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/kafka/admin_parts.h"

#define BROKERS_MAX 64 /* of whom one is asked after the other */

/* The answer is the broker's own: it is asked, none other. */
static int brokers_ask(struct bus_kafka_admin *a,
                       int32_t broker,
                       rd_kafka_event_t **ret,
                       struct bus_err *err)
{
    char id[16];
    (void)snprintf(id, sizeof(id), "%d", (int)broker);
    rd_kafka_ConfigResource_t *ask =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, id);
    BUS_CHECK(ask != NULL);
    rd_kafka_AdminOptions_t *o =
        rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    (void)rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, NULL, 0);
    rd_kafka_DescribeConfigs(a->rk, &ask, 1, o, a->queue);
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_ConfigResource_destroy(ask);
    return kafka_admin_wait(a, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT,
                            "describe brokers", ret, err);
}

static int brokers_number(struct bus_kafka_admin *a,
                          int32_t broker,
                          const char *name,
                          int64_t *ret,
                          struct bus_err *err)
{
    rd_kafka_event_t *ev = NULL;
    BUS_TRY(brokers_ask(a, broker, &ev, err));
    size_t n = 0;
    const rd_kafka_ConfigResource_t **r =
        rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(ev), &n);
    BUS_CHECK(n == 1);
    rd_kafka_resp_err_t e = rd_kafka_ConfigResource_error(r[0]);
    const char *value =
        e == RD_KAFKA_RESP_ERR_NO_ERROR ? kafka_admin_value(r[0], name) : NULL;
    int rc = BUS_OK;
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rc = bus_fail(err, kafka_errc(e), "describe broker %d: %s", (int)broker,
                      rd_kafka_ConfigResource_error_string(r[0]));
    } else if (value == NULL) {
        rc = bus_fail(err, BUS_EUNKNOWN, "broker %d says nothing of %s",
                      (int)broker, name);
    } else {
        *ret = strtoll(value, NULL, 10);
    }
    rd_kafka_event_destroy(ev);
    return rc;
}

int bus_kafka_brokers_greatest(struct bus_kafka_admin *a,
                               const char *name,
                               int32_t *ret_broker,
                               int64_t *ret,
                               struct bus_err *err)
{
    BUS_CHECK(name != NULL && ret_broker != NULL && ret != NULL);
    const rd_kafka_metadata_t *md = NULL;
    rd_kafka_resp_err_t e = rd_kafka_metadata(a->rk, 0, NULL, &md, ADMIN_MS);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_fail(err, e, "describe brokers");
    }
    *ret_broker = -1;
    *ret = 0;
    int rc = BUS_OK;
    for (int i = 0; i < md->broker_cnt && i < BROKERS_MAX && rc == BUS_OK;
         i++) {
        int64_t is = 0;
        rc = brokers_number(a, md->brokers[i].id, name, &is, err);
        if (rc == BUS_OK && (*ret_broker < 0 || is > *ret)) {
            *ret_broker = md->brokers[i].id;
            *ret = is;
        }
    }
    rd_kafka_metadata_destroy(md);
    return rc;
}
