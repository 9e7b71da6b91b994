/* The table of metrics and its Prometheus text.
 *
 * - a series is found by metric and label values, linearly: it is looked up
 *   once and kept
 * - values are atomics: threads add without a lock; a scrape may see a
 *   histogram in the middle of one observation, which the next one puts right
 * - out of memory or over the limit: one spare series takes what comes
 */
#include "bus/run/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/heap.h"

static const struct
{
    enum bus_run_metric_kind kind;
    const char *name, *labels, *help, *zh;
} table[BUS_METRICS] = {
#define X(id, kind, name, labels, help, zh) {kind, name, labels, help, zh},
#include "bus/run/metrics.def"
#undef X
};
static const double bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025,
                                0.05,  0.1,    0.25,  0.5,  1.0,
                                2.5,   5.0,    10.0,  25.0, 60.0};
#define BOUNDS (sizeof(bounds) / sizeof(bounds[0]))

struct bus_series
{
    struct bus_series *next;
    enum bus_run_metric id;
    char *values[BUS_METRIC_LABELS];
    _Atomic uint64_t count;          /* counter; observations */
    _Atomic uint64_t bits;           /* gauge: a double's bits */
    _Atomic uint64_t micros;         /* histogram: sum in microseconds */
    _Atomic uint64_t in[BOUNDS + 1]; /* histogram: not cumulative */
};
struct bus_run_metrics
{
    pthread_mutex_t lock; /* over the lists, not over the values */
    struct bus_series *first[BUS_METRICS], *last[BUS_METRICS];
    struct bus_series spare;
    size_t count;
};

struct bus_run_metrics *bus_run_metrics_new(void)
{
    struct bus_run_metrics *m = bus_calloc(1, sizeof(*m));
    if (m != NULL) {
        (void)pthread_mutex_init(&m->lock, NULL);
    }
    return m;
}

static void free_series(struct bus_series *s)
{
    for (int i = 0; i < BUS_METRIC_LABELS; i++) {
        bus_free(s->values[i]);
    }
    bus_free(s);
}

void bus_run_metrics_free(struct bus_run_metrics *m)
{
    if (m == NULL) {
        return;
    }
    for (int i = 0; i < BUS_METRICS; i++) {
        while (m->first[i] != NULL) {
            struct bus_series *s = m->first[i];
            m->first[i] = s->next;
            free_series(s);
        }
    }
    (void)pthread_mutex_destroy(&m->lock);
    bus_free(m);
}

static int label_count(enum bus_run_metric id)
{
    const char *p = table[id].labels;
    int n = p[0] != '\0';
    for (; *p != '\0'; p++) {
        n += *p == ',';
    }
    return n;
}

static bool
metrics_same(const struct bus_series *s, const char *const *values, int n)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(s->values[i], values[i] != NULL ? values[i] : "") != 0) {
            return false;
        }
    }
    return true;
}

static struct bus_series *metrics_make(struct bus_run_metrics *m,
                                       enum bus_run_metric id,
                                       const char *const *values,
                                       int n)
{
    struct bus_series *s = bus_calloc(1, sizeof(*s));
    if (s == NULL) {
        return &m->spare;
    }
    s->id = id;
    for (int i = 0; i < n; i++) {
        s->values[i] = bus_strdup(values[i] != NULL ? values[i] : "");
        if (s->values[i] == NULL) {
            free_series(s);
            return &m->spare;
        }
    }
    if (m->last[id] != NULL) {
        m->last[id]->next = s;
    } else {
        m->first[id] = s;
    }
    m->last[id] = s;
    m->count++;
    return s;
}

struct bus_series *bus_run_metrics_series(struct bus_run_metrics *m,
                                          enum bus_run_metric id,
                                          const char *const *values)
{
    int n = label_count(id);
    pthread_mutex_lock(&m->lock);
    struct bus_series *s = m->first[id];
    while (s != NULL && !metrics_same(s, values, n)) {
        s = s->next;
    }
    if (s == NULL) {
        s = m->count < BUS_METRIC_SERIES ? metrics_make(m, id, values, n)
                                         : &m->spare;
    }
    pthread_mutex_unlock(&m->lock);
    return s;
}

struct bus_series *bus_run_metrics_plain(struct bus_run_metrics *m,
                                         enum bus_run_metric id)
{
    static const char *const none[BUS_METRIC_LABELS] = {NULL, NULL, NULL};
    return bus_run_metrics_series(m, id, none);
}

void bus_run_series_add(struct bus_series *s, uint64_t n)
{
    atomic_fetch_add_explicit(&s->count, n, memory_order_relaxed);
}

void bus_run_series_set(struct bus_series *s, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    atomic_store_explicit(&s->bits, bits, memory_order_relaxed);
}

void bus_run_series_observe(struct bus_series *s, double seconds)
{
    size_t i = 0;
    while (i < BOUNDS && seconds > bounds[i]) {
        i++;
    }
    atomic_fetch_add_explicit(&s->in[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->micros,
                              seconds > 0 ? (uint64_t)(seconds * 1e6) : 0,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&s->count, 1, memory_order_relaxed);
}

static double metrics_gauge(const struct bus_series *s)
{
    uint64_t bits = atomic_load_explicit(&s->bits, memory_order_relaxed);
    double v;
    memcpy(&v, &bits, sizeof(v));
    return v;
}

double bus_run_series_value(const struct bus_series *s)
{
    if (table[s->id].kind == BUS_GAUGE) {
        return metrics_gauge(s);
    }
    return (double)atomic_load_explicit(&s->count, memory_order_relaxed);
}

static void put_escaped(struct bus_buf *out, const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s == '\\' || *s == '"') {
            bus_buf_putc(out, '\\');
            bus_buf_putc(out, (uint8_t)*s);
        } else if (*s == '\n') {
            bus_buf_puts(out, "\\n");
        } else {
            bus_buf_putc(out, (uint8_t)*s);
        }
    }
}

/* name<suffix>{labels[,le="..."]} and a blank */
static void put_name(struct bus_buf *out,
                     const struct bus_series *s,
                     const char *suffix,
                     const char *le)
{
    const char *p = table[s->id].labels;
    bus_buf_printf(out, "%s%s", table[s->id].name, suffix);
    if (*p == '\0' && le == NULL) {
        bus_buf_putc(out, ' ');
        return;
    }
    bus_buf_putc(out, '{');
    for (int i = 0; *p != '\0'; i++) {
        size_t n = strcspn(p, ",");
        bus_buf_printf(out, "%s%.*s=\"", i > 0 ? "," : "", (int)n, p);
        put_escaped(out, s->values[i]);
        bus_buf_putc(out, '"');
        p += n + (p[n] == ',');
    }
    if (le != NULL) {
        bus_buf_printf(out, "%sle=\"%s\"", table[s->id].labels[0] ? "," : "",
                       le);
    }
    bus_buf_puts(out, "} ");
}

static void put_histogram(struct bus_buf *out, const struct bus_series *s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i <= BOUNDS; i++) {
        char le[32] = "+Inf";
        if (i < BOUNDS) {
            (void)snprintf(le, sizeof(le), "%g", bounds[i]);
        }
        sum += atomic_load_explicit(&s->in[i], memory_order_relaxed);
        put_name(out, s, "_bucket", le);
        bus_buf_printf(out, "%" PRIu64 "\n", sum);
    }
    put_name(out, s, "_sum", NULL);
    uint64_t us = atomic_load_explicit(&s->micros, memory_order_relaxed);
    bus_buf_printf(out, "%.6f\n", (double)us / 1e6);
    put_name(out, s, "_count", NULL);
    bus_buf_printf(out, "%" PRIu64 "\n", sum);
}

static const char *kind_word(enum bus_run_metric_kind kind)
{
    static const char *const words[] = {"counter", "gauge", "histogram"};
    return words[kind];
}

void bus_run_metrics_print(struct bus_run_metrics *m, struct bus_buf *out)
{
    pthread_mutex_lock(&m->lock);
    for (int i = 0; i < BUS_METRICS; i++) {
        if (m->first[i] == NULL) {
            continue;
        }
        bus_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", table[i].name,
                       table[i].help, table[i].name, kind_word(table[i].kind));
        for (const struct bus_series *s = m->first[i]; s; s = s->next) {
            if (table[i].kind == BUS_HISTOGRAM) {
                put_histogram(out, s);
                continue;
            }
            put_name(out, s, "", NULL);
            if (table[i].kind == BUS_GAUGE) {
                bus_buf_printf(out, "%.17g\n", metrics_gauge(s));
            } else {
                bus_buf_printf(
                    out, "%" PRIu64 "\n",
                    atomic_load_explicit(&s->count, memory_order_relaxed));
            }
        }
    }
    pthread_mutex_unlock(&m->lock);
}

void bus_run_metrics_print_page(struct bus_buf *out)
{
    bus_buf_puts(out, "| 指标 metric | 类型 kind | 标签 labels | 含义 meaning "
                      "|\n|---|---|---|---|\n");
    for (int i = 0; i < BUS_METRICS; i++) {
        bus_buf_printf(out, "| `%s` | %s | %s | %s / %s |\n", table[i].name,
                       kind_word(table[i].kind),
                       table[i].labels[0] != '\0' ? table[i].labels : "-",
                       table[i].zh, table[i].help);
    }
}
