#include "bus/role/frame.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/run/exit.h"

#define FAULTS_SHOWN    50
#define REMIND_FIRST_MS 10000
#define REMIND_MS       600000

static void frame_print_faults(const struct bus_faults *faults)
{
    BUS_CHECK(faults->count == 0 || faults->list != NULL);
    size_t shown = 0;
    for (size_t i = 0; i < faults->count && shown < FAULTS_SHOWN; i++) {
        const struct bus_fault *f = &faults->list[i];
        if (!f->warning) {
            (void)fprintf(stderr, "%s:%u:%u: %s%s%s\n", f->at.file, f->at.line,
                          f->at.col, f->path ? f->path : "",
                          f->path && f->path[0] ? ": " : "", f->text);
            shown++;
        }
    }
}

static void log_condition(void *data, const struct bus_run_health_condition *c)
{
    (void)data;
    if (c->holds) {
        bus_log(BUS_LOG_INFO, "condition holds", "condition=\"%s\"", c->name);
    } else {
        bus_log(BUS_LOG_WARN,
                c->held ? "condition lost" : "condition does not hold yet",
                "condition=\"%s\" why=\"%s\"", c->name, c->why);
    }
}

int bus_role_frame_fail(const struct bus_err *err)
{
    BUS_CHECK(err->code > BUS_OK && err->code < BUS_ERR_MAX);
    bus_log(BUS_LOG_ERROR, "cannot go on", "code=%s err=\"%s\"",
            bus_errc_name(err->code), err->msg);
    return err->code == BUS_ECONFIG ? BUS_EXIT_CONFIG : BUS_EXIT_FAULT;
}

static int make_dir(const char *path, struct bus_err *err)
{
    char part[1024];
    size_t n = strlen(path);
    if (n >= sizeof(part)) {
        return bus_fail(err, BUS_ECONFIG, "state_dir is too long");
    }
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0750) != 0 && errno != EEXIST) {
            return bus_fail(err, BUS_ECONFIG, "%s: %s", part, strerror(errno));
        }
    }
    return BUS_OK;
}

static int
make_parts(struct bus_role_frame *f, int64_t port, struct bus_err *err)
{
    BUS_CHECK(f->loop == NULL && f->http == NULL);
    struct bus_run_loop_conf loop = {.drain_ms = f->config.run.drain_ms};
    BUS_TRY(bus_run_loop_new(&loop, &f->loop, err));
    f->metrics = bus_run_metrics_new();
    if (f->metrics == NULL) {
        return bus_fail(err, BUS_ENOMEM, "metrics");
    }
    bus_run_series_set(bus_run_metrics_plain(f->metrics, BUS_M_START),
                       (double)bus_clock_system.wall_ms(NULL) / 1000.0);
    if (bus_conf_http_beyond(&f->config)) {
        return bus_fail(err, BUS_ECONFIG,
                        "http.host %s: HTTP without TLS would be heard beyond "
                        "this machine; see lianou check",
                        f->config.http.host);
    }
    struct bus_run_http_conf http = {
        .host = f->config.http.host,
        .port = (int)port,
        .metrics = f->metrics,
        .client_connections = f->config.http.client_connections,
        .client_requests = f->config.http.client_requests,
        .client_loopback = f->config.http.client_loopback,
        .proxies = f->config.http.proxies.items,
        .proxies_count = f->config.http.proxies.count,
        .watchers = f->config.http.watchers.items,
        .watchers_count = f->config.http.watchers.count,
        .cert_file = f->config.http.cert_file,
        .key_file = f->config.http.key_file};
    if (strcmp(f->role, "intake") == 0) {
        http.body_bytes_max = f->config.intake.body_bytes_max;
        http.connections_max = f->config.intake.connections_max;
    }
    if (strcmp(f->role, "desk") == 0) {
        http.body_bytes_max = f->config.desk.body_bytes_max;
    }
    BUS_TRY(bus_run_http_new(f->loop, &http, &f->http, err));
    BUS_TRY(bus_run_http_route_health(f->http, &f->health, err));
    return make_dir(f->state_dir, err);
}

static int64_t
port_of(const struct bus_config *c, const char *role, const char *name)
{
    const struct bus_conf_partner *p = name ? bus_conf_partner(c, name) : NULL;
    return p                               ? p->metrics_port
           : strcmp(role, "intake") == 0   ? c->http.intake
           : strcmp(role, "matcher") == 0  ? c->http.matcher
           : strcmp(role, "dispatch") == 0 ? c->http.dispatch
           : strcmp(role, "ledger") == 0   ? c->http.ledger
           : strcmp(role, "registry") == 0 ? c->http.registry
           : strcmp(role, "desk") == 0     ? c->http.desk
           : strcmp(role, "treasury") == 0 ? c->http.treasury
           : strcmp(role, "clock") == 0    ? c->http.clock
                                           : 0;
}

int bus_role_frame_open(struct bus_role_frame *f,
                        const struct bus_run_role_args *args,
                        const char *role)
{
    BUS_CHECK(role != NULL && role[0] != '\0');
    *f = (struct bus_role_frame){.role = role};
    struct bus_faults faults;
    struct bus_err err;
    bus_heap_settle();
    bus_log_role_set(role, args->name);
    bus_arena_init(&f->mem, 0, 0);
    bus_faults_init(&faults, &f->mem);
    if (bus_conf_open(&f->config, args->config_dir, &faults, &err) != BUS_OK) {
        frame_print_faults(&faults);
        int rc = bus_role_frame_fail(&err);
        bus_role_frame_close(f);
        return rc;
    }
    bus_run_health_init(&f->health, log_condition, NULL);
    f->state_dir = bus_conf_state(&f->config, &f->mem, role, args->name);
    f->source = bus_strv(bus_arena_printf(&f->mem, "/county/%s/%s",
                                          f->config.county.code,
                                          args->name ? args->name : role));
    if (make_parts(f, port_of(&f->config, role, args->name), &err) != BUS_OK) {
        int rc = bus_role_frame_fail(&err);
        bus_role_frame_close(f);
        return rc;
    }
    f->kafka = (struct bus_kafka_env){
        .loop = f->loop,
        .health = &f->health,
        .conf = &f->config.kafka,
        .client_id = bus_arena_printf(&f->mem, "lianou-%s", role),
        .metrics = f->metrics,
    };
    return BUS_EXIT_OK;
}

/* What holds is told when it changes; what never did would be told nowhere but
 * at /readyz. */
static void frame_remind(void *data)
{
    struct bus_role_frame *f = data;
    BUS_CHECK(f->loop != NULL);
    bus_run_health_remind(&f->health);
}

int bus_role_frame_run(struct bus_role_frame *f)
{
    BUS_CHECK(f->loop != NULL && f->http != NULL);
    struct bus_err err;
    int begun = bus_run_timer_new(f->loop, frame_remind, f, &f->remind, &err);
    if (begun == BUS_OK) {
        bus_run_timer_start(f->remind, REMIND_FIRST_MS, REMIND_MS);
        begun = bus_run_http_start(f->http, &err);
    }
    if (begun != BUS_OK) {
        bus_run_loop_stop(f->loop, &err); /* the role's parts drain as ever */
    } else {
        bus_log(BUS_LOG_INFO, "started", "version=%s http_port=%d",
                LIANOU_VERSION, bus_run_http_port(f->http));
    }
    bus_heap_trim();
    int rc = bus_run_loop_run(f->loop);
    const struct bus_err *why = bus_run_loop_why(f->loop);
    if (why != NULL) {
        (void)bus_role_frame_fail(why);
    } else {
        bus_log(BUS_LOG_INFO, "drained", "exit=%d", rc);
    }
    return rc;
}

void bus_role_frame_close(struct bus_role_frame *f)
{
    if (f == NULL) {
        return;
    }
    bus_run_http_free(f->http);
    bus_run_timer_free(f->remind);
    if (f->loop != NULL) {
        bus_run_loop_free(f->loop);
    }
    bus_run_metrics_free(f->metrics);
    bus_conf_close(&f->config);
    bus_arena_fini(&f->mem);
}

struct bus_policy_catalogue *
bus_role_frame_catalogue(const struct bus_config *c)
{
    BUS_CHECK(c->policies_count == 0 || c->policies != NULL);
    struct bus_arena mem;
    struct bus_faults faults;
    struct bus_policy_sources s = {
        .facts = c->facts_node,
        .standards = c->standards_node,
        .interactions = c->interactions_node,
        .items = c->policies,
        .item_count = c->policies_count,
        .models = c->models,
        .model_count = c->models_count,
    };
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    struct bus_policy_catalogue *cat = bus_policy_catalogue_new(&s, &faults);
    frame_print_faults(&faults);
    bus_arena_fini(&mem);
    return cat;
}

void bus_role_frame_told_register(void *data, bool taken, const char *text)
{
    (void)data;
    if (taken) {
        bus_log(BUS_LOG_INFO, "register taken up", "what=\"%s\"", text);
    } else {
        bus_log(BUS_LOG_WARN, "register refused", "why=\"%s\"", text);
    }
}

const char *bus_role_frame_topic(struct bus_role_frame *f,
                                 const char *what,
                                 const char *part)
{
    BUS_CHECK(what != NULL && what[0] != '\0');
    return bus_conf_topic(&f->config, &f->mem, what, part);
}
