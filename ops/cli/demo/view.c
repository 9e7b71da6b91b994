#include "ops/cli/demo/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/ledger/sql/answering.h"
#include "ops/cli/demo/demo.h"

#define METRICS_BYTES  (256u << 10)
#define PARTNERS_A_ROW 6

static void view_count(struct demo_view *v, const char *label, int64_t n)
{
    (void)fprintf(v->to, "  %s %" PRId64, label, n);
}

static void counts(struct demo_view *v, const struct account *a)
{
    view_count(v, "申请", a->applications);
    view_count(v, "立案", a->cases);
    view_count(v, "研判", a->evaluations);
    view_count(v, "派单", a->assignments);
    view_count(v, "决定", a->decisions);
    view_count(v, "核查", a->verifications);
    view_count(v, "代发", a->payments);
    view_count(v, "投递", a->deliveries);
    view_count(v, "慈善", a->needs);
    view_count(v, "结案", a->cases_closed);
}

/* The largest lianou_lag_seconds of a page of metrics; -1: there is none. */
static double largest_lag(const char *page)
{
    static const char name[] = "\nlianou_lag_seconds{";
    double most = -1;
    for (const char *p = page; (p = strstr(p, name)) != NULL; p++) {
        const char *end = strstr(p, "} ");
        double s = end != NULL ? strtod(end + 2, NULL) : -1;
        most = s > most ? s : most;
    }
    return most;
}

static void view_lags(struct demo_view *v)
{
    static char page[METRICS_BYTES];
    (void)fprintf(v->to, "\n  滞后 lag        ");
    for (int i = 0; i < DEMO_VIEW_ROLES; i++) {
        double s = cli_demo_get(&v->roles[i].fd, v->roles[i].port, "/metrics",
                                page, sizeof(page)) == 200
                       ? largest_lag(page)
                       : -1;
        (void)fprintf(v->to, s < 0 ? "  %s -" : "  %s %.1f s", v->roles[i].name,
                      s);
    }
}

static void answering(struct demo_view *v, struct bus_pg *pg)
{
    struct bus_pg_rows *r = NULL;
    struct bus_err err;
    int rc = bus_pg_query(pg, bus_ledger_sql_answering, NULL, 0, &r, &err);
    size_t n = rc == BUS_OK ? bus_pg_count(r) : 0;
    for (size_t i = 0; i < n; i++) {
        bool row = i % PARTNERS_A_ROW == 0;
        bool now = bus_pg_value(r, i, 2)[0] == 't';
        (void)fprintf(v->to, "%s  %s%-9s %6" PRId64 "\033[0m",
                      !row    ? ""
                      : i > 0 ? "\n                  "
                              : "\n  应答 answering  ",
                      now ? "\033[1m" : "\033[2m", bus_pg_value(r, i, 0),
                      bus_pg_i64(r, i, 1));
    }
    v->lines += (int)((n + PARTNERS_A_ROW - 1) / PARTNERS_A_ROW);
    bus_pg_rows_free(r);
}

void cli_demo_view_draw(struct demo_view *v,
                        const struct account *a,
                        struct bus_pg *pg,
                        double seconds)
{
    if (v->terminal && v->lines > 0) {
        (void)fprintf(v->to, "\033[%dF\033[J", v->lines);
    }
    if (v->terminal) {
        (void)fprintf(v->to, "%6.1f s", seconds);
    }
    counts(v, a);
    v->lines = 1;
    if (v->terminal) {
        view_lags(v);
        v->lines++;
        answering(v, pg);
    }
    (void)fputc('\n', v->to);
    (void)fflush(v->to);
}

void cli_demo_view_close(struct demo_view *v)
{
    for (int i = 0; i < DEMO_VIEW_ROLES; i++) {
        if (v->roles[i].fd >= 0) {
            (void)close(v->roles[i].fd);
            v->roles[i].fd = -1;
        }
    }
}
