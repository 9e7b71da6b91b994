#include "ops/cli/partner/kit_program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/run/child.h"

#define EVENTS_MAX 8
#define LINES_MAX  256 /* not looked at yet; then it is killed */
#define NUMBER_MAX 24
#define NAP_MS     10

struct program_event
{
    struct bus_id id;
    struct bus_strv document; /* borrowed */
    bool given, taken;
};
struct program
{
    const struct bus_conf_partner *partner;
    struct bus_run_loop *loop;
    struct bus_run_child *child; /* NULL: none runs */
    struct bus_arena mem;
    const char **command, **environment;
    struct program_event events[EVENTS_MAX];
    size_t events_count;
    char *lines[LINES_MAX]; /* answers, on the bus heap */
    size_t lines_count;
    uint64_t said; /* answers handed out, since its start */
    char why[120]; /* of its end; "": none */
};

/* Who holds it sees no inside. */
static struct program *kit_program_of(struct bus_partner_transport *t)
{
    return (struct program *)(void *)t;
}

static struct program_event *program_event(struct program *p,
                                           const struct bus_id *id)
{
    for (size_t i = 0; i < p->events_count; i++) {
        if (bus_id_eq(&p->events[i].id, id)) {
            return &p->events[i];
        }
    }
    return NULL;
}

/* {"taken": id} of what it was given; other words are no way to pass. */
static bool program_takes(struct program *p, struct bus_strv line)
{
    struct bus_id id;
    json_t *said = json_loadb(line.p, line.n, 0, NULL);
    const char *text = json_string_value(json_object_get(said, "taken"));
    struct program_event *e = text != NULL && bus_id_parse(bus_strv(text), &id)
                                  ? program_event(p, &id)
                                  : NULL;
    json_decref(said);
    if (e != NULL) {
        e->taken = true;
    }
    return e != NULL;
}

static void on_program_line(void *data, struct bus_strv line)
{
    struct program *p = data;
    if (line.n == 0 || program_takes(p, line)) {
        return;
    }
    char *copy = p->lines_count < LINES_MAX ? bus_calloc(1, line.n + 1) : NULL;
    if (copy == NULL) {
        bus_run_child_kill(p->child, "said more than it was asked for");
        return;
    }
    memcpy(copy, line.p, line.n);
    p->lines[p->lines_count++] = copy;
}

static void on_program_ended(void *data, const char *why)
{
    struct program *p = data;
    (void)snprintf(p->why, sizeof(p->why), "%s", why);
    bus_run_child_free(p->child);
    p->child = NULL;
}

static void program_end(struct program *p)
{
    const struct timespec nap = {0, NAP_MS * 1000000L};
    if (p->child != NULL) {
        bus_run_child_end(p->child);
    }
    while (p->child != NULL) { /* SIGKILL after its grace */
        bus_run_loop_turn(p->loop);
        (void)nanosleep(&nap, NULL);
    }
}

static int program_start(struct program *p, struct bus_err *err)
{
    const struct bus_conf_partner_exec *exec = &p->partner->exec;
    const struct bus_run_child_conf conf = {
        .command = p->command,
        .environment = p->environment,
        .folder = exec->folder,
        .errors = exec->errors,
        .line_max = (size_t)p->partner->limits.message_bytes_max,
        .memory_bytes = exec->memory_bytes,
        .cpu_ms = exec->cpu_ms,
        .grace_ms = exec->grace_ms,
        .data = p,
        .line = on_program_line,
        .ended = on_program_ended,
    };
    p->said = 0;
    p->why[0] = '\0';
    return bus_run_child_start(p->loop, &conf, &p->child, err);
}

/* A document stands on lines, and goes out on one. */
static int program_tell(struct program *p,
                        const char *head,
                        struct bus_strv document,
                        struct bus_err *err)
{
    struct bus_buf line = {0};
    json_t *doc = json_loadb(document.p, document.n, 0, NULL);
    char *text = doc != NULL ? json_dumps(doc, JSON_COMPACT) : NULL;
    bus_buf_printf(&line, "{%s, \"document\": %s}", head,
                   text != NULL ? text : "");
    int rc = text == NULL || line.failed
                 ? bus_fail(err, BUS_ENOMEM, "a line")
                 : bus_run_child_write(p->child, bus_buf_view(&line), err);
    bus_buf_fini(&line);
    free(text);
    json_decref(doc);
    return rc;
}

/* --- the transport --- */

static void program_close(struct bus_partner_transport *t)
{
    struct program *p = kit_program_of(t);
    if (p == NULL) {
        return;
    }
    program_end(p);
    bus_run_loop_free(p->loop);
    for (size_t i = 0; i < p->lines_count; i++) {
        bus_free(p->lines[i]);
    }
    bus_arena_fini(&p->mem);
    bus_free(p);
}

static int program_open(const struct bus_partner_transport_env *env,
                        struct bus_partner_transport **ret,
                        struct bus_err *err)
{
    const struct bus_run_loop_conf conf = {.no_signals = true};
    struct program *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a program");
    }
    p->partner = env->partner;
    bus_arena_init(&p->mem, 0, 0);
    (void)signal(SIGPIPE, SIG_IGN);
    int rc = bus_run_loop_new(&conf, &p->loop, err);
    if (rc == BUS_OK) {
        rc = bus_partner_exec_texts(p->partner, &p->mem, &p->command,
                                    &p->environment, err);
    }
    if (rc != BUS_OK) {
        program_close((struct bus_partner_transport *)(void *)p);
        return rc;
    }
    *ret = (struct bus_partner_transport *)(void *)p;
    return BUS_OK;
}

/* What was given before is given to the next one. */
static int program_stage(struct bus_partner_transport *t,
                         const struct bus_id *id,
                         struct bus_strv bytes,
                         struct bus_err *err)
{
    struct program *p = kit_program_of(t);
    struct program_event *e = program_event(p, id);
    if (e == NULL && p->events_count == EVENTS_MAX) {
        return bus_fail(err, BUS_EFULL, "more than %d events", EVENTS_MAX);
    }
    if (e == NULL) {
        e = &p->events[p->events_count++];
    } else if (e->given) {
        program_end(p);
    }
    *e = (struct program_event){.id = *id, .document = bytes};
    return BUS_OK;
}

static int program_publish(struct bus_partner_transport *t,
                           const struct bus_id *id,
                           struct bus_err *err)
{
    struct program *p = kit_program_of(t);
    struct program_event *e = program_event(p, id);
    char text[BUS_ID_TEXT + 1], head[BUS_ID_TEXT + 24];
    BUS_CHECK(e != NULL && !e->given);
    if (p->child == NULL) {
        BUS_TRY(program_start(p, err));
    }
    e->given = true;
    (void)snprintf(head, sizeof(head), "\"event_id\": \"%s\"",
                   bus_id_text(id, text));
    return program_tell(p, head, e->document, err);
}

static int program_synced(struct bus_partner_transport *t, struct bus_err *err)
{
    (void)t;
    (void)err;
    return BUS_OK;
}

static int program_waiting(struct bus_partner_transport *t,
                           size_t *ret_n,
                           int64_t *ret_oldest_ms,
                           struct bus_err *err)
{
    const struct program *p = kit_program_of(t);
    (void)err;
    *ret_n = 0;
    *ret_oldest_ms = 0;
    for (size_t i = 0; i < p->events_count; i++) {
        *ret_n += p->events[i].taken ? 0 : 1;
    }
    return BUS_OK;
}

static int program_hand(struct program *p,
                        struct bus_arena *mem,
                        struct bus_partner_transport_taken *ret,
                        struct bus_err *err)
{
    char *line = p->lines[0];
    const char *name =
        bus_arena_printf(mem, "%llu", (unsigned long long)(p->said + 1));
    const char *copy = bus_arena_strdup(mem, line);
    if (name == NULL || copy == NULL) {
        return bus_fail(err, BUS_ENOMEM, "an answer");
    }
    p->said++;
    p->lines_count--;
    memmove(p->lines, p->lines + 1, p->lines_count * sizeof(*p->lines));
    bus_free(line);
    *ret = (struct bus_partner_transport_taken){
        .name = name, .bytes = bus_strv(copy), .still_ms = INT64_MAX};
    return BUS_OK;
}

static int program_take(struct bus_partner_transport *t,
                        struct bus_arena *mem,
                        struct bus_partner_transport_taken *ret,
                        size_t max,
                        size_t *ret_n,
                        struct bus_err *err)
{
    struct program *p = kit_program_of(t);
    *ret_n = 0;
    bus_run_loop_turn(p->loop);
    while (*ret_n < max && p->lines_count > 0) {
        BUS_TRY(program_hand(p, mem, &ret[*ret_n], err));
        (*ret_n)++;
    }
    return p->why[0] == '\0' || *ret_n > 0
               ? BUS_OK
               : bus_fail(err, BUS_ESTATE,
                          "the partner's program %s; it must read until its "
                          "input ends / 程序自行结束, 应读到输入结束为止",
                          p->why);
}

static int program_settle(struct bus_partner_transport *t,
                          const char *name,
                          enum bus_partner_transport_verdict verdict,
                          struct bus_strv note,
                          struct bus_err *err)
{
    struct program *p = kit_program_of(t);
    char head[NUMBER_MAX + 16];
    BUS_CHECK(verdict != BUS_TRANSPORT_LATER); /* a line is whole */
    (void)snprintf(head, sizeof(head), "\"answer\": %.20s", name);
    return p->child != NULL ? program_tell(p, head, note, err) : BUS_OK;
}

const struct bus_partner_transport_ops cli_kit_program = {
    .word = "exec",
    .open = program_open,
    .close = program_close,
    .stage = program_stage,
    .staged_sync = program_synced,
    .publish = program_publish,
    .published_sync = program_synced,
    .waiting = program_waiting,
    .take = program_take,
    .settle = program_settle,
    .settled_sync = program_synced,
};
