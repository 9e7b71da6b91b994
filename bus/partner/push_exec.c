/* A document goes out as a line to the partner's program: see push.h.
 *
 * - the program runs as long as the adapter; when it ends it is started again
 *   after a wait, which grows until it gets something done
 * - an event is a line to it; it ends with its word of it, with the program's
 *   end, or with its time
 * - any other line is an answer; each is told on a line what became of it
 * - a word "taken" counts when the answers before it are settled */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/partner/push_parts.h"
#include "bus/run/child.h"

#define LOOK_MS     50
#define ANSWERS_MAX 64        /* not settled yet; then it is not read */
#define UNREAD_MAX  (1 << 20) /* bytes it has not read; likewise */
#define WAIT_MIN_MS 200
#define LOG_MS      1000

struct exec_asked /* by its place in the chunk */
{
    uint64_t since_ms;
    uint64_t answers; /* as many are settled before it is taken */
};
struct push_exec
{
    struct partner_push *p;
    const struct bus_conf_partner_exec *conf;
    const char **command, **environment;
    struct bus_run_child *child; /* NULL: none runs */
    struct bus_timer *timer;
    struct bus_run_backoff wait;
    uint64_t start_at_ms, log_at_ms;
    struct exec_asked asked[PARTNER_CHUNK];
    uint64_t said, settled; /* answers, since the adapter's start */
    uint64_t before;        /* answers of the programs before this one */
    bool stopping;
};

static void exec_wait(struct push_exec *e)
{
    e->start_at_ms =
        partner_push_now(e->p) + (uint64_t)bus_run_backoff_next_ms(&e->wait);
}

/* --- pace --- */

static bool exec_answers_wait(const struct push_exec *e)
{
    BUS_CHECK(e->said >= e->settled);
    return e->said - e->settled >= ANSWERS_MAX;
}

static void exec_pace(struct push_exec *e)
{
    if (e->child != NULL) {
        bus_run_child_pause(e->child,
                            exec_answers_wait(e) ||
                                bus_run_child_unread(e->child) > UNREAD_MAX);
    }
}

/* --- what it says --- */

static void exec_done(struct push_one *o, enum push_event event)
{
    struct push_exec *e = o->push->own;
    struct exec_asked *asked = &e->asked[o->at];
    BUS_CHECK(o->state == PUSH_ASKED && o->push == e->p);
    uint64_t took_ms = partner_push_now(e->p) - asked->since_ms;
    bus_run_series_observe(e->p->m_seconds, (double)took_ms / 1000.0);
    if (event == PUSH_FAIL) {
        (void)bus_fail(&o->why, BUS_EAGAIN, "the partner's program: not now");
        partner_push_bad(e->p, 0, "it said: again");
    } else {
        (void)bus_fail(&o->why, BUS_EAGAIN, "the partner's program refused it");
        bus_run_backoff_reset(&e->wait);
        partner_push_good(e->p);
    }
    asked->answers = e->said;
    partner_push_ends(o, event == PUSH_TAKE && e->settled < e->said ? PUSH_HEAR
                                                                    : event);
}

static void
exec_word(struct push_exec *e, enum push_event event, const struct bus_id *id)
{
    const struct deliver *give = &e->p->r->give;
    for (size_t i = 0; i < give->n; i++) {
        if (e->p->list[i].state == PUSH_ASKED &&
            bus_id_eq(&give->docs[i].task.event_id, id)) {
            exec_done(&e->p->list[i], event);
            return;
        }
    }
}

/* What became of an answer, to the program that gave it. */
static int exec_tell(struct push_exec *e, struct bus_strv note)
{
    struct bus_buf line = {0};
    struct bus_err err;
    BUS_CHECK(e->child != NULL && e->settled > e->before);
    bus_buf_printf(&line, "{\"answer\": %llu, \"document\": ",
                   (unsigned long long)(e->settled - e->before));
    partner_push_line_put(&line, note);
    bus_buf_puts(&line, "}");
    int rc = line.failed
                 ? bus_fail(&err, BUS_ENOMEM, "a line")
                 : bus_run_child_write(e->child, bus_buf_view(&line), &err);
    bus_buf_fini(&line);
    if (rc != BUS_OK) {
        partner_runner_stop(e->p->r, &err);
    }
    return rc;
}

/* Answers are settled in their order. */
static void on_exec_settled(void *data, int status, struct bus_strv note)
{
    struct push_exec *e = data;
    BUS_CHECK(e->settled < e->said);
    e->settled++;
    if (status != 200 && partner_push_now(e->p) >= e->log_at_ms) {
        e->log_at_ms = partner_push_now(e->p) + LOG_MS;
        partner_push_rejected("-", note);
    }
    if (e->child != NULL && e->settled > e->before &&
        exec_tell(e, note) != BUS_OK) {
        return;
    }
    for (size_t i = 0; i < e->p->r->give.n; i++) {
        if (e->p->list[i].state == PUSH_HEARD &&
            e->asked[i].answers <= e->settled) {
            partner_push_heard(&e->p->list[i]);
        }
    }
    exec_pace(e);
}

static void on_exec_line(void *data, struct bus_strv line)
{
    struct push_exec *e = data;
    enum push_event event;
    struct bus_id id;
    struct bus_err err;
    if (partner_push_word(line, &event, &id)) {
        exec_word(e, event, &id);
    } else if (line.n > 0) {
        e->said++;
        if (partner_door_say(e->p->r->door, line, on_exec_settled, e, &err) !=
            BUS_OK) {
            partner_runner_stop(e->p->r, &err);
        }
    }
    exec_pace(e);
}

/* --- its life --- */

static void on_exec_ended(void *data, const char *why)
{
    struct push_exec *e = data;
    struct partner_push *p = e->p;
    struct bus_err err;
    BUS_CHECK(e->child != NULL);
    (void)bus_fail(&err, BUS_EAGAIN, "the partner's program %s", why);
    bus_run_child_free(e->child);
    e->child = NULL;
    if (e->stopping) {
        bus_run_loop_release(p->r->frame.loop);
    } else {
        exec_wait(e);
        partner_push_bad(p, 0, "%.100s", err.msg);
        bus_log(BUS_LOG_WARN, "the partner's program is over", "why=\"%s\"",
                why);
    }
    for (size_t i = 0; i < p->r->give.n; i++) {
        struct push_one *o = &p->list[i];
        if (o->state == PUSH_ASKED) {
            o->why = err;
            partner_push_ends(o, e->stopping ? PUSH_HOLD : PUSH_FAIL);
        }
    }
}

static void exec_start(struct push_exec *e)
{
    struct bus_err err;
    const struct bus_run_child_conf conf = {
        .command = e->command,
        .environment = e->environment,
        .folder = e->conf->folder,
        .errors = e->conf->errors,
        .line_max = (size_t)e->p->r->partner->limits.message_bytes_max,
        .memory_bytes = e->conf->memory_bytes,
        .cpu_ms = e->conf->cpu_ms,
        .grace_ms = e->conf->grace_ms,
        .data = e,
        .line = on_exec_line,
        .ended = on_exec_ended,
    };
    BUS_CHECK(e->child == NULL && !e->stopping);
    e->before = e->said;
    int rc = bus_run_child_start(e->p->r->frame.loop, &conf, &e->child, &err);
    if (rc == BUS_EAWAY) {
        exec_wait(e);
        partner_push_bad(e->p, 0, "the partner's program %.80s", err.msg);
        bus_log(BUS_LOG_WARN, "the partner's program is not there",
                "why=\"%s\"", err.msg);
    } else if (rc != BUS_OK) {
        partner_runner_stop(e->p->r, &err);
    }
}

/* Who is not read while Kafka is away does not run out of time. */
static void exec_times(struct push_exec *e)
{
    uint64_t now = partner_push_now(e->p);
    for (size_t i = 0; i < e->p->r->give.n; i++) {
        if (e->p->list[i].state != PUSH_ASKED) {
            continue;
        }
        if (exec_answers_wait(e)) {
            e->asked[i].since_ms = now;
        } else if (now - e->asked[i].since_ms > (uint64_t)e->conf->timeout_ms) {
            bus_run_child_kill(e->child,
                               "was killed: no word of an event in time");
            return;
        }
    }
}

static void on_exec_look(void *data)
{
    struct push_exec *e = data;
    BUS_CHECK(!e->stopping);
    if (e->child != NULL) {
        exec_pace(e);
        exec_times(e);
    } else if (partner_push_now(e->p) >= e->start_at_ms) {
        exec_start(e);
    }
}

/* --- the way --- */

static bool exec_ready(struct partner_push *p)
{
    const struct push_exec *e = p->own;
    return e->child != NULL && bus_run_child_runs(e->child);
}

static int exec_send(struct push_one *o, struct bus_err *err)
{
    struct push_exec *e = o->push->own;
    struct bus_buf line = {0};
    BUS_CHECK(e->child != NULL && o->at < PARTNER_CHUNK);
    bus_buf_printf(&line, "{\"event_id\": \"%s\", \"document\": ", o->id);
    partner_push_line_put(&line, o->push->r->give.docs[o->at].task.document);
    bus_buf_puts(&line, "}");
    e->asked[o->at] = (struct exec_asked){.since_ms = partner_push_now(e->p)};
    int rc = line.failed
                 ? bus_fail(err, BUS_ENOMEM, "a line")
                 : bus_run_child_write(e->child, bus_buf_view(&line), err);
    bus_buf_fini(&line);
    return rc;
}

/* What it says of them later is of no event that is asked. */
static void exec_drop(struct partner_push *p)
{
    const struct push_exec *e = p->own;
    BUS_CHECK(e != NULL && e->p == p);
}

static void exec_stop(struct partner_push *p)
{
    struct push_exec *e = p->own;
    BUS_CHECK(!e->stopping);
    e->stopping = true;
    bus_run_timer_stop(e->timer);
    if (e->child != NULL) {
        bus_run_loop_hold(p->r->frame.loop);
        bus_run_child_end(e->child);
    }
}

static void exec_close(struct partner_push *p)
{
    struct push_exec *e = p->own;
    if (e != NULL) {
        bus_run_child_free(e->child);
        bus_run_timer_free(e->timer);
        bus_free(e);
    }
}

/* Its own come first: of two with a name the first one counts. */
int bus_partner_exec_texts(const struct bus_conf_partner *partner,
                           struct bus_arena *mem,
                           const char ***ret_command,
                           const char ***ret_environment,
                           struct bus_err *err)
{
    const struct bus_list *command = &partner->exec.command;
    const struct bus_list *own = &partner->exec.environment;
    const char *more[] = {
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "LANG=C.UTF-8",
        bus_arena_printf(mem, "HOME=%s", partner->exec.folder),
        bus_arena_printf(mem, "LIANOU_PARTNER=%s", partner->code),
    };
    size_t extra = sizeof(more) / sizeof(more[0]);
    const char **c = bus_arena_calloc(mem, command->count + 1, sizeof(*c));
    const char **e = bus_arena_calloc(mem, own->count + extra + 1, sizeof(*e));
    if (c == NULL || e == NULL || more[2] == NULL || more[3] == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a program's texts");
    }
    memcpy(c, command->items, command->count * sizeof(char *));
    if (own->count > 0) {
        memcpy(e, own->items, own->count * sizeof(char *));
    }
    memcpy(e + own->count, more, sizeof(more));
    *ret_command = c;
    *ret_environment = e;
    return BUS_OK;
}

static int exec_open(struct partner_push *p, struct bus_err *err)
{
    struct push_exec *e = bus_calloc(1, sizeof(*e));
    if (e == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a program");
    }
    p->own = e;
    e->p = p;
    e->conf = &p->r->partner->exec;
    e->wait = (struct bus_run_backoff){.min_ms = WAIT_MIN_MS,
                                       .max_ms = e->conf->open_ms > WAIT_MIN_MS
                                                     ? e->conf->open_ms
                                                     : WAIT_MIN_MS};
    (void)snprintf(p->last, sizeof(p->last), "the program is not started yet");
    BUS_TRY(bus_partner_exec_texts(p->r->partner, &p->r->frame.mem, &e->command,
                                   &e->environment, err));
    BUS_TRY(
        bus_run_timer_new(p->r->frame.loop, on_exec_look, e, &e->timer, err));
    bus_run_timer_start(e->timer, 0, LOOK_MS);
    return BUS_OK;
}

const struct partner_push_way partner_push_exec = {
    .open = exec_open,
    .close = exec_close,
    .ready = exec_ready,
    .send = exec_send,
    .drop = exec_drop,
    .stop = exec_stop,
};
