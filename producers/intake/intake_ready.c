/* What the role says of itself: it takes, it journals, or it cannot. */
#include <string.h>

#include "producers/intake/intake_parts.h"

void intake_count_refused(struct intake *in, const char *reason)
{
    const char *const values[BUS_METRIC_LABELS] = {reason};
    if (in->frame->metrics != NULL) {
        bus_run_series_add(bus_run_metrics_series(in->frame->metrics,
                                                  BUS_M_INTAKE_REFUSED, values),
                           1);
    }
}

void intake_report(struct intake *in)
{
    struct bus_run_metrics *m = in->frame->metrics;
    struct bus_run_health *h = &in->frame->health;
    if (m != NULL) {
        bus_run_series_set(bus_run_metrics_plain(m, BUS_M_INTAKE_JOURNAL),
                           (double)(in->journal_end - in->journal_drained));
        bus_run_series_set(bus_run_metrics_plain(m, BUS_M_INTAKE_DRAFTS),
                           (double)in->drafts.bytes);
    }
    if (in->journal_refuses) {
        bus_run_health_bad(h, in->journal_condition, "%s",
                           in->journal_error.msg);
    } else {
        bus_run_health_good(h, in->journal_condition);
    }
}

const char *intake_state_word(void *data, bool *ret_ready)
{
    const struct intake *in = data;
    uint64_t up = bus_run_loop_now_ms(in->frame->loop) - in->opened_ms;
    bool kafka = in->producer != NULL && !in->kafka_silent &&
                 bus_kafka_producer_connected(in->producer);
    bool waits = in->journal_end > in->journal_drained;
    *ret_ready = true;
    if (in->producer == NULL) {
        *ret_ready = false;
        return "stopping";
    }
    bool waited = up >= (uint64_t)in->frame->config.intake.kafka_wait_ms;
    bool read = in->registers == NULL ||
                bus_catalogue_register_watch_read(in->registers);
    if (kafka && (read || waited)) {
        return waits ? "draining" : "taking";
    }
    if (in->journal_refuses) {
        *ret_ready = false;
        return "cannot";
    }
    if (!waited) {
        *ret_ready = false;
        return "starting";
    }
    return "journaling";
}
