/* An application as the message it is, handed to Kafka's client. */
#include <string.h>

#include "bus/base/check.h"
#include "producers/intake/intake_parts.h"

int intake_send(struct intake *in,
                struct bus_strv key,
                struct bus_strv value,
                void *token,
                struct bus_err *err)
{
    struct intake_about about;
    struct bus_role_rendered r;
    if (key.n < sizeof(about)) {
        return bus_fail(err, BUS_EPARSE, "no application in the journal");
    }
    memcpy(&about, key.p, sizeof(about));
    struct bus_role_emit e = {
        .ce_type = "sa.application.v1",
        .source = in->frame->source,
        .event_id = about.event_id,
        .household_id = about.household_id,
        .occurred_at = about.occurred_at,
        .traceparent = {key.p + sizeof(about), key.n - sizeof(about)},
    };
    bus_role_emit_headers(&e, &r);
    struct bus_kafka_out_msg m = {
        .topic = in->topic,
        .partition = -1,
        .key = r.key,
        .value = value,
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    return bus_kafka_producer_send(in->producer, &m, token, err);
}
