/* Named conditions; a change is told once.
 *
 * - bad while bad: only the text is renewed (nobody is told)
 * - the first "why" of a condition that never held is no change either
 */
#include "bus/run/health.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"

void bus_run_health_init(
    struct bus_run_health *h,
    void (*on_change)(void *, const struct bus_run_health_condition *),
    void *data)
{
    *h = (struct bus_run_health){.on_change = on_change, .data = data};
}

int bus_run_health_add(struct bus_run_health *h,
                       const char *name,
                       const char *why)
{
    for (int i = 0; i < h->count; i++) {
        if (strcmp(h->list[i].name, name) == 0) {
            return i;
        }
    }
    BUS_CHECK(h->count < BUS_HEALTH_CONDITIONS);
    struct bus_run_health_condition *c = &h->list[h->count];
    (void)snprintf(c->name, sizeof(c->name), "%.*s", BUS_HEALTH_NAME_MAX, name);
    (void)snprintf(c->why, sizeof(c->why), "%.*s", BUS_HEALTH_WHY_MAX, why);
    c->since_ms = bus_clock_system.wall_ms(bus_clock_system.data);
    return h->count++;
}

static void health_change(struct bus_run_health *h,
                          struct bus_run_health_condition *c,
                          bool holds)
{
    c->holds = holds;
    c->since_ms = bus_clock_system.wall_ms(bus_clock_system.data);
    if (h->on_change != NULL) {
        h->on_change(h->data, c);
    }
}

void bus_run_health_good(struct bus_run_health *h, int condition)
{
    struct bus_run_health_condition *c = &h->list[condition];
    if (!c->holds) {
        c->why[0] = '\0';
        c->held = true;
        health_change(h, c, true);
    }
}

void bus_run_health_bad(struct bus_run_health *h,
                        int condition,
                        const char *fmt,
                        ...)
{
    struct bus_run_health_condition *c = &h->list[condition];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(c->why, sizeof(c->why), fmt, ap);
    va_end(ap);
    if (c->holds) {
        health_change(h, c, false);
    }
}

void bus_run_health_remind(struct bus_run_health *h)
{
    BUS_CHECK(h->count <= BUS_HEALTH_CONDITIONS);
    for (int i = 0; i < h->count; i++) {
        if (!h->list[i].held && h->on_change != NULL) {
            h->on_change(h->data, &h->list[i]);
        }
    }
}

bool bus_run_health_ready(const struct bus_run_health *h)
{
    for (int i = 0; i < h->count; i++) {
        if (!h->list[i].holds) {
            return false;
        }
    }
    return true;
}

static void health_put_json(struct bus_buf *out, const char *s)
{
    bus_buf_putc(out, '"');
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            bus_buf_putc(out, '\\');
            bus_buf_putc(out, c);
        } else {
            bus_buf_putc(out, c < 0x20 ? ' ' : c);
        }
    }
    bus_buf_putc(out, '"');
}

void bus_run_health_print(const struct bus_run_health *h, struct bus_buf *out)
{
    bus_buf_printf(out, "{\"ready\":%s,\"conditions\":[",
                   bus_run_health_ready(h) ? "true" : "false");
    for (int i = 0; i < h->count; i++) {
        const struct bus_run_health_condition *c = &h->list[i];
        char since[BUS_TIME_TEXT + 1];
        bus_buf_puts(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        health_put_json(out, c->name);
        bus_buf_printf(out,
                       ",\"holds\":%s,\"why\":", c->holds ? "true" : "false");
        health_put_json(out, c->why);
        bus_buf_printf(out, ",\"since\":\"%s\"}",
                       bus_time_text(c->since_ms, since));
    }
    bus_buf_puts(out, "]}\n");
}
