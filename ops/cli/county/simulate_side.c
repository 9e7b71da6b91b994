#include "ops/cli/county/simulate_side.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/heap.h"
#include "ops/cli/county/simulate_parts.h"

#define LOOK_MS 200

static const struct simulate_way *way_of(const struct bus_conf_partner *p)
{
    switch ((enum bus_conf_partner_transport)p->transport) {
    case BUS_TRANSPORT_SPOOL:
        return &simulate_way_spool;
    case BUS_TRANSPORT_POSTGRES:
        return &simulate_way_postgres;
    case BUS_TRANSPORT_HTTP:
        return p->push.url != NULL ? &simulate_way_serve : &simulate_way_fetch;
    case BUS_TRANSPORT_SHEET:
        return &simulate_way_sheet;
    case BUS_TRANSPORT_KAFKA: /* needs no adapter */
    case BUS_TRANSPORT_EXEC:  /* its adapter runs it */
        break;
    }
    return NULL;
}

bool cli_simulate_side_there(const struct bus_conf_partner *partner,
                             const char *theirs)
{
    const struct simulate_way *way = way_of(partner);
    return partner->kind != BUS_PARTNER_SOURCE && way != NULL &&
           (theirs != NULL || way == &simulate_way_spool);
}

int cli_simulate_side_line(const struct simulate_side *s,
                           const char *what,
                           char *ret,
                           size_t cap,
                           struct bus_err *err)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%.400s/%.40s.%s", s->conf.theirs,
                   s->conf.partner->code, what);
    FILE *f = fopen(path, "re");
    bool well = f != NULL && fgets(ret, (int)cap, f) != NULL;
    if (f != NULL) {
        (void)fclose(f);
    }
    if (!well) {
        return bus_fail(err, BUS_ECONFIG, "%s: cannot be read", path);
    }
    ret[strcspn(ret, "\n")] = '\0';
    return BUS_OK;
}

void cli_simulate_side_failed(struct simulate_side *s,
                              const struct bus_err *err)
{
    if (bus_err_act(err->code) != BUS_ACT_RETRY) {
        bus_run_loop_stop(s->conf.loop, err); /* an adapter is at fault */
    }
}

static void on_side_look(void *data)
{
    struct simulate_side *s = data;
    struct bus_err err;
    bus_arena_reset(&s->mem);
    if (s->way->look(s, &err) != BUS_OK) {
        cli_simulate_side_failed(s, &err);
    }
}

void cli_simulate_side_stop(struct simulate_side *s)
{
    if (s != NULL) {
        bus_run_timer_stop(s->timer);
    }
}

void cli_simulate_side_free(struct simulate_side *s)
{
    if (s == NULL) {
        return;
    }
    bus_run_timer_free(s->timer);
    if (s->own != NULL) {
        s->way->close(s);
    }
    cli_simulate_desk_close(&s->desk);
    bus_arena_fini(&s->mem);
    bus_free(s);
}

int cli_simulate_side_new(const struct simulate_side_conf *conf,
                          struct simulate_side **ret,
                          struct bus_err *err)
{
    struct simulate_side *s = bus_calloc(1, sizeof(*s));
    if (s == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a simulated partner");
    }
    *s = (struct simulate_side){.conf = *conf, .way = way_of(conf->partner)};
    bus_arena_init(&s->mem, 0, 0);
    int rc;
    BUS_TRY_GOTO(rc,
                 cli_simulate_desk_open(&s->desk, conf->rules, conf->partner,
                                        conf->duplicates, err),
                 failed);
    BUS_TRY_GOTO(rc, s->way->open(s, err), failed);
    BUS_TRY_GOTO(rc,
                 bus_run_timer_new(conf->loop, on_side_look, s, &s->timer, err),
                 failed);
    if (s->way->look != NULL) {
        bus_run_timer_start(s->timer, 0, LOOK_MS);
    }
    *ret = s;
    return BUS_OK;
failed:
    cli_simulate_side_free(s);
    return rc;
}
