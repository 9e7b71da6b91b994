/* Counters, gauges and histograms in Prometheus text format (0.0.4).
 *
 * Every metric of the tree is one row of metrics.def; the page made of it
 * (ops/docs/metrics.md) freezes the names, a test compares the two. A series is
 * a metric with the values of its labels; look it up once and keep it. Series
 * are never removed; label values come from configuration, never from messages.
 * Adding, setting and observing may be done by any thread, and so may looking
 * up, at the price of a lock: keep what is used often. */
#ifndef BUS_RUN_METRICS_H
#define BUS_RUN_METRICS_H

#include <stdint.h>

#include "bus/base/buf.h"

enum bus_run_metric_kind { BUS_COUNTER, BUS_GAUGE, BUS_HISTOGRAM };

enum bus_run_metric {
#define X(id, kind, name, labels, help, zh) id,
#include "bus/run/metrics.def"
#undef X
    BUS_METRICS
};

struct bus_run_metrics;
struct bus_series;
#define BUS_METRIC_LABELS 3 /* labels of one metric */
#define BUS_METRIC_SERIES \
    4096 /* of all; over it one series "overflow" is used */

struct bus_run_metrics *bus_run_metrics_new(void); /* NULL: out of memory */
void bus_run_metrics_free(struct bus_run_metrics *m);
/* Values in the order of the table's labels (BUS_METRIC_LABELS of them are
 * looked at; NULL = none); copied. Never NULL. */
struct bus_series *bus_run_metrics_series(struct bus_run_metrics *m,
                                          enum bus_run_metric id,
                                          const char *const *values);
/* The series of a metric without labels. */
struct bus_series *bus_run_metrics_plain(struct bus_run_metrics *m,
                                         enum bus_run_metric id);
void bus_run_series_add(struct bus_series *s, uint64_t n); /* counter */
void bus_run_series_set(struct bus_series *s, double v);   /* gauge */
/* Histogram of seconds: buckets 1 ms .. 60 s, 1-2.5-5. */
void bus_run_series_observe(struct bus_series *s, double seconds);
double
bus_run_series_value(const struct bus_series *s); /* tests; histogram: n */
void bus_run_metrics_print(struct bus_run_metrics *m, struct bus_buf *out);
/* All that there are, as a page's table: name, kind, labels, what it means. */
void bus_run_metrics_print_page(struct bus_buf *out);

#endif
