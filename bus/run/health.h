/* What a role says of itself: named conditions that must all hold for it to be
 * ready ("kafka", "database", "assigned", "caught up", "journal"), and why one
 * does not. on_change is called once a change (not once a retry), so that the
 * top can log it once. Belongs to the loop's thread. */
#ifndef BUS_RUN_HEALTH_H
#define BUS_RUN_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/buf.h"
#include "bus/base/err.h"

#define BUS_HEALTH_CONDITIONS 16
#define BUS_HEALTH_NAME_MAX   31
#define BUS_HEALTH_WHY_MAX    255

struct bus_run_health_condition
{
    char name[BUS_HEALTH_NAME_MAX + 1];
    char why[BUS_HEALTH_WHY_MAX + 1]; /* "" while it holds */
    bool holds;
    bool held;        /* it holds, or did */
    int64_t since_ms; /* wall */
};
struct bus_run_health
{
    struct bus_run_health_condition list[BUS_HEALTH_CONDITIONS];
    int count;
    /* May be NULL. before: what it was. Not called for the first "why" of a
     * condition that has not held yet. */
    void (*on_change)(void *data, const struct bus_run_health_condition *c);
    void *data;
};

void bus_run_health_init(
    struct bus_run_health *h,
    void (*on_change)(void *, const struct bus_run_health_condition *),
    void *data);
/* A condition that does not hold yet. Returns its number; the same name gives
 * the same number. Asserts that there is room. */
int bus_run_health_add(struct bus_run_health *h,
                       const char *name,
                       const char *why);
void bus_run_health_good(struct bus_run_health *h, int condition);
/* why: what is missing and since when it is tried; no secrets. */
void bus_run_health_bad(struct bus_run_health *h,
                        int condition,
                        const char *fmt,
                        ...) BUS_PRINTF(3, 4);
/* on_change for each that has not held yet: who waits long for it is told of
 * that, too. What is lost was told when it was. */
void bus_run_health_remind(struct bus_run_health *h);
bool bus_run_health_ready(const struct bus_run_health *h);
/* {"ready":false,"conditions":[{"name":..,"holds":..,"why":..,"since":..}]} */
void bus_run_health_print(const struct bus_run_health *h, struct bus_buf *out);

#endif
