/* What flows through a client, as metrics: events in and out, and how old the
 * oldest event not yet handled is.
 *
 * A topic may be read by several readers (lanes) at once; each keeps a lag of
 * its own, that of the batch in its hands, and the gauge shows the largest. */
#include "bus/kafka/flow.h"
#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"

static struct bus_series **series_of(struct bus_run_metrics *m,
                                     enum bus_run_metric id,
                                     const char *const *topics,
                                     size_t n)
{
    struct bus_series **s = bus_calloc(n + 1, sizeof(struct bus_series *));
    for (size_t i = 0; s != NULL && i < n; i++) {
        const char *const v[BUS_METRIC_LABELS] = {topics[i]};
        s[i] = bus_run_metrics_series(m, id, v);
    }
    return s;
}

int kafka_flow_open(struct kafka_flow *f,
                    struct bus_run_metrics *metrics,
                    const struct kafka_flow_conf *c,
                    struct bus_err *err)
{
    BUS_CHECK(c->readers > 0);
    *f = (struct kafka_flow){.topics = c->topics_count, .readers = c->readers};
    if (metrics == NULL) {
        return BUS_OK;
    }
    f->in = series_of(metrics, BUS_M_EVENTS_IN, c->topics, c->topics_count);
    f->lag = series_of(metrics, BUS_M_LAG_SECONDS, c->topics, c->topics_count);
    f->out = series_of(metrics, BUS_M_EVENTS_OUT, c->outputs, c->outputs_count);
    f->lag_ms =
        bus_calloc(c->topics_count * c->readers + 1, sizeof(*f->lag_ms));
    if (f->in == NULL || f->lag == NULL || f->out == NULL ||
        f->lag_ms == NULL) {
        kafka_flow_close(f);
        return bus_fail(err, BUS_ENOMEM, "metrics of topics");
    }
    f->on = true;
    return BUS_OK;
}

void kafka_flow_close(struct kafka_flow *f)
{
    bus_free(f->in);
    bus_free(f->lag);
    bus_free(f->out);
    bus_free(f->lag_ms);
    *f = (struct kafka_flow){0};
}

static void
show_lag(struct kafka_flow *f, size_t reader, size_t topic, int64_t ms)
{
    BUS_CHECK(reader < f->readers && topic < f->topics);
    atomic_store(&f->lag_ms[reader * f->topics + topic], ms);
    for (size_t r = 0; r < f->readers; r++) {
        int64_t other = atomic_load(&f->lag_ms[r * f->topics + topic]);
        ms = other > ms ? other : ms;
    }
    bus_run_series_set(f->lag[topic], (double)ms / 1000.0);
}

void kafka_flow_taken(struct kafka_flow *f,
                      size_t reader,
                      const struct bus_kafka_msg *msgs,
                      size_t n)
{
    BUS_CHECK(!f->on || reader < f->readers);
    if (!f->on) {
        return;
    }
    int64_t now = bus_clock_system.wall_ms(bus_clock_system.data);
    _Atomic int64_t *lag = f->lag_ms + reader * f->topics;
    for (size_t i = 0; i < n; i++) {
        if (msgs[i].topic_index >= 0) {
            atomic_store(&lag[msgs[i].topic_index], 0);
        }
    }
    for (size_t i = 0; i < n; i++) {
        int64_t ms = msgs[i].timestamp_ms >= 0 ? now - msgs[i].timestamp_ms : 0;
        if (msgs[i].topic_index >= 0 &&
            ms > atomic_load(&lag[msgs[i].topic_index])) {
            atomic_store(&lag[msgs[i].topic_index], ms);
        }
    }
    for (size_t t = 0; t < f->topics; t++) {
        show_lag(f, reader, t, atomic_load(&lag[t]));
    }
}

void kafka_flow_handled(struct kafka_flow *f,
                        size_t reader,
                        const struct bus_kafka_msg *msgs,
                        size_t n)
{
    BUS_CHECK(!f->on || reader < f->readers);
    size_t from = 0;
    for (size_t i = 1; f->on && i <= n; i++) {
        int32_t topic = msgs[from].topic_index;
        if (i < n && msgs[i].topic_index == topic) {
            continue;
        }
        if (topic >= 0) {
            bus_run_series_add(f->in[topic], i - from);
            show_lag(f, reader, (size_t)topic, 0);
        }
        from = i;
    }
}

void kafka_flow_written(struct kafka_flow *f, uint32_t *counts, size_t n)
{
    for (size_t i = 0; f->on && i < n; i++) {
        if (counts[i] > 0) {
            bus_run_series_add(f->out[i], counts[i]);
        }
    }
}
