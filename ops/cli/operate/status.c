#include "ops/cli/operate/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "name{label=\"value\"} 1.5": its name, the first label's value, the number.
 * False: a comment, or something else. */
struct status_line
{
    struct bus_strv name, label;
    double value;
};
static bool status_line(struct bus_strv s, struct status_line *ret)
{
    char number[40];
    const char *space = s.n > 0 ? memrchr(s.p, ' ', s.n) : NULL;
    if (space == NULL || s.p[0] == '#') {
        return false;
    }
    size_t head = (size_t)(space - s.p);
    const char *open = memchr(s.p, '{', head);
    *ret =
        (struct status_line){.name = {s.p, open ? (size_t)(open - s.p) : head}};
    const char *from = open ? memchr(open, '"', (size_t)(space - open)) : NULL;
    const char *to =
        from ? memchr(from + 1, '"', (size_t)(space - from - 1)) : NULL;
    if (to != NULL) {
        ret->label = (struct bus_strv){from + 1, (size_t)(to - from - 1)};
    }
    (void)bus_strv_copy(number, sizeof(number),
                        (struct bus_strv){space + 1, s.n - head - 1});
    char *end;
    ret->value = strtod(number, &end);
    return end != number && *end == '\0';
}

static void status_condition(struct cli_status *s, const struct status_line *l)
{
    size_t n = strlen(s->lost);
    if (l->value == 0) {
        (void)snprintf(s->lost + n, sizeof(s->lost) - n, "%s%.*s",
                       n > 0 ? " " : "", BUS_STRV_ARG(l->label));
    }
}

void cli_status_read(struct bus_strv metrics, struct cli_status *ret)
{
    *ret = (struct cli_status){.ours = false};
    while (metrics.n > 0) {
        const char *end = memchr(metrics.p, '\n', metrics.n);
        size_t n = end != NULL ? (size_t)(end - metrics.p) : metrics.n;
        struct status_line l;
        const struct
        {
            const char *name;
            double *sum;
        } sums[] = {{"lianou_parked_events", &ret->parked},
                    {"lianou_dead_letters_total", &ret->dead_letters},
                    {"lianou_partner_overdue_tasks", &ret->overdue},
                    {"lianou_intake_journal_bytes", &ret->journal_bytes}};
        bool well = status_line((struct bus_strv){metrics.p, n}, &l);
        ret->ours |= well && bus_strv_is(l.name, "lianou_start_time_seconds");
        if (well && bus_strv_is(l.name, "lianou_ready")) {
            status_condition(ret, &l);
        } else if (well && bus_strv_is(l.name, "lianou_lag_seconds") &&
                   l.value > ret->lag_s) {
            ret->lag_s = l.value;
        }
        for (size_t i = 0; well && i < sizeof(sums) / sizeof(*sums); i++) {
            *sums[i].sum += bus_strv_is(l.name, sums[i].name) ? l.value : 0;
        }
        n += end != NULL;
        metrics = (struct bus_strv){metrics.p + n, metrics.n - n};
    }
}
