/* A program beside the loop: see child.h.
 *
 * - start: our files are closed to it, uv_spawn, limits
 * - its output comes in pieces, lines go up
 * - it exits, or is asked to, told to, killed: then its group is killed, what
 *   is in the pipe is read, ended() is called once
 * - free: the memory goes when the last handle is closed
 */
#include "bus/run/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "bus/base/buf.h"
#include "bus/base/check.h"
#include "bus/base/heap.h"

#define PIECE_BYTES 65536
#define REST_MS     500 /* so long what is in the pipe is read after its end */
#define WHY_BYTES   96

enum child_state {
    CHILD_NEW,
    CHILD_RUNS,
    CHILD_ASKED,
    CHILD_TOLD,
    CHILD_KILLED,
    CHILD_GONE,
    CHILD_OVER
};
enum child_event {
    CHILD_START,
    CHILD_ASK,
    CHILD_TELL,
    CHILD_KILL,
    CHILD_EXIT,
    CHILD_REST
};
static const struct bus_fsm_state child_states[] = {
    [CHILD_NEW] = {"new", "not started yet", false},
    [CHILD_RUNS] = {"runs", NULL, false},
    [CHILD_ASKED] = {"asked", "to end: its input has ended", false},
    [CHILD_TOLD] = {"told", "to end: SIGTERM to its group", false},
    [CHILD_KILLED] = {"killed", "SIGKILL to its group", false},
    [CHILD_GONE] = {"gone", "it has ended, what it wrote is read", false},
    [CHILD_OVER] = {"over", "its owner knows", true},
};
static const char *const child_events[] = {
    [CHILD_START] = "start", [CHILD_ASK] = "ask",   [CHILD_TELL] = "tell",
    [CHILD_KILL] = "kill",   [CHILD_EXIT] = "exit", [CHILD_REST] = "rest",
};
static const struct bus_fsm_row child_rows[] = {
    {CHILD_NEW, CHILD_START, CHILD_RUNS, NULL},
    {CHILD_RUNS, CHILD_ASK, CHILD_ASKED, "or it closed its output"},
    {CHILD_ASKED, CHILD_TELL, CHILD_TOLD, "half of the grace is over"},
    {CHILD_TOLD, CHILD_KILL, CHILD_KILLED, "the other half, too"},
    {CHILD_RUNS, CHILD_KILL, CHILD_KILLED, "a line too long, or its owner"},
    {CHILD_ASKED, CHILD_KILL, CHILD_KILLED, NULL},
    {CHILD_RUNS, CHILD_EXIT, CHILD_GONE, "by itself"},
    {CHILD_ASKED, CHILD_EXIT, CHILD_GONE, NULL},
    {CHILD_TOLD, CHILD_EXIT, CHILD_GONE, NULL},
    {CHILD_KILLED, CHILD_EXIT, CHILD_GONE, NULL},
    {CHILD_GONE, CHILD_REST, CHILD_OVER, "its output is read"},
};
const struct bus_fsm bus_run_child_fsm =
    BUS_FSM("run.child",
            "Somebody else's program beside the loop.",
            CHILD_NEW,
            child_states,
            child_events,
            child_rows);

struct bus_run_child
{
    uv_process_t process;
    uv_pipe_t in, out;
    uv_timer_t timer;
    int open; /* handles that are not closed yet */
    enum child_state state;
    struct bus_run_child_conf conf;
    struct bus_buf heard;
    char *piece;      /* what a read writes into */
    const char *kill; /* why it was killed; NULL: it was not */
    char why[WHY_BYTES];
    bool paused, out_ended, made, delivers;
};
struct child_write
{
    uv_write_t uv;
    char bytes[];
};

static void child_move(struct bus_run_child *c, enum child_event event)
{
    bus_fsm_move(&bus_run_child_fsm, &c->state, event, NULL);
}

static bool child_lives(const struct bus_run_child *c)
{
    return c->state == CHILD_RUNS || c->state == CHILD_ASKED ||
           c->state == CHILD_TOLD || c->state == CHILD_KILLED;
}

static void child_signal(const struct bus_run_child *c, int signum)
{
    BUS_CHECK(c->process.pid > 1); /* -1 and 0 would be everybody */
    (void)kill(-(pid_t)c->process.pid, signum);
}

/* --- its end --- */

static void child_over(struct bus_run_child *c)
{
    child_move(c, CHILD_REST);
    (void)uv_timer_stop(&c->timer);
    (void)uv_read_stop((uv_stream_t *)&c->out);
    c->conf.ended(c->conf.data, c->why);
}

static void on_child_timer(uv_timer_t *t)
{
    struct bus_run_child *c = t->data;
    if (c->state == CHILD_ASKED) {
        child_move(c, CHILD_TELL);
        child_signal(c, SIGTERM);
        (void)uv_timer_start(t, on_child_timer,
                             (uint64_t)(c->conf.grace_ms / 2), 0);
    } else if (c->state == CHILD_TOLD) {
        child_move(c, CHILD_KILL);
        child_signal(c, SIGKILL);
    } else if (c->state == CHILD_GONE) {
        child_over(c); /* somebody out of its group holds the pipe */
    }
}

static void on_child_closed(uv_handle_t *h)
{
    struct bus_run_child *c = h->data;
    if (--c->open == 0) {
        bus_buf_fini(&c->heard);
        bus_free(c->piece);
        bus_free(c);
    }
}

static void child_in_close(struct bus_run_child *c)
{
    if (!uv_is_closing((uv_handle_t *)&c->in)) {
        uv_close((uv_handle_t *)&c->in, on_child_closed);
    }
}

void bus_run_child_end(struct bus_run_child *c)
{
    if (c->state == CHILD_RUNS) {
        child_move(c, CHILD_ASK);
        child_in_close(c);
        (void)uv_timer_start(&c->timer, on_child_timer,
                             (uint64_t)(c->conf.grace_ms / 2), 0);
    }
}

void bus_run_child_kill(struct bus_run_child *c, const char *why)
{
    if (child_lives(c) && c->state != CHILD_KILLED) {
        c->kill = why;
        (void)uv_timer_stop(&c->timer);
        child_move(c, CHILD_KILL);
        child_signal(c, SIGKILL);
    }
}

static void on_child_exit(uv_process_t *p, int64_t status, int signum)
{
    struct bus_run_child *c = p->data;
    if (c->kill != NULL) {
        (void)snprintf(c->why, sizeof(c->why), "%s", c->kill);
    } else if (signum != 0) {
        (void)snprintf(c->why, sizeof(c->why), "ended by signal %d", signum);
    } else {
        (void)snprintf(c->why, sizeof(c->why), "ended with exit %d",
                       (int)status);
    }
    child_signal(c, SIGKILL); /* what it has left behind */
    child_move(c, CHILD_EXIT);
    child_in_close(c);
    (void)uv_timer_start(&c->timer, on_child_timer, c->out_ended ? 0 : REST_MS,
                         0);
    bus_run_child_pause(c, false);
}

/* --- lines --- */

/* Lines go up as long as they are wanted. */
static void child_lines(struct bus_run_child *c)
{
    size_t from = 0;
    const char *text = (const char *)c->heard.data;
    if (c->delivers) {
        return; /* unpaused by whom a line has just gone to */
    }
    c->delivers = true;
    while (!c->paused && c->kill == NULL && from < c->heard.len) {
        const char *end = memchr(text + from, '\n', c->heard.len - from);
        size_t n =
            end != NULL ? (size_t)(end - text) - from : c->heard.len - from;
        if (n > c->conf.line_max) {
            bus_run_child_kill(c, "killed: a line of it is over the limit");
            break;
        }
        if (end == NULL) {
            break;
        }
        c->conf.line(c->conf.data, (struct bus_strv){text + from, n});
        from += n + 1;
    }
    c->delivers = false;
    if (from > 0) {
        memmove(c->heard.data, c->heard.data + from, c->heard.len - from);
        c->heard.len -= from;
    }
}

static void on_child_room(uv_handle_t *h, size_t wanted, uv_buf_t *ret)
{
    struct bus_run_child *c = h->data;
    (void)wanted;
    *ret = uv_buf_init(c->piece, PIECE_BYTES);
}

static void on_child_read(uv_stream_t *s, ssize_t n, const uv_buf_t *piece)
{
    struct bus_run_child *c = s->data;
    if (n < 0) {
        c->out_ended = true;
        (void)uv_read_stop(s);
        if (c->state == CHILD_GONE) {
            child_over(c);
        } else {
            bus_run_child_end(c);
        }
        return;
    }
    if (n == 0 || c->kill != NULL) {
        return; /* who is killed has nothing to say any more */
    }
    bus_buf_put(&c->heard, piece->base, (size_t)n);
    if (c->heard.failed) {
        bus_run_child_kill(c, "killed: no memory for what it says");
    } else {
        child_lines(c);
    }
}

void bus_run_child_pause(struct bus_run_child *c, bool paused)
{
    if (c->state == CHILD_OVER || (paused && c->state == CHILD_GONE)) {
        return;
    }
    bool was = c->paused;
    c->paused = paused;
    if (paused && !was) {
        (void)uv_read_stop((uv_stream_t *)&c->out);
    } else if (!paused && was) {
        child_lines(c);
        if (!c->paused && !c->out_ended) {
            (void)uv_read_start((uv_stream_t *)&c->out, on_child_room,
                                on_child_read);
        }
    }
}

static void on_child_written(uv_write_t *w, int status)
{
    (void)status; /* it has ended: its exit tells */
    bus_free(w->data);
}

int bus_run_child_write(struct bus_run_child *c,
                        struct bus_strv line,
                        struct bus_err *err)
{
    struct child_write *w = bus_calloc(1, sizeof(*w) + line.n + 1);
    if (w == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a line");
    }
    memcpy(w->bytes, line.p, line.n);
    w->bytes[line.n] = '\n';
    w->uv.data = w;
    uv_buf_t piece = uv_buf_init(w->bytes, (unsigned)(line.n + 1));
    if (c->state != CHILD_RUNS || uv_write(&w->uv, (uv_stream_t *)&c->in,
                                           &piece, 1, on_child_written) != 0) {
        bus_free(w);
    }
    return BUS_OK;
}

bool bus_run_child_runs(const struct bus_run_child *c)
{
    return c->state == CHILD_RUNS;
}

size_t bus_run_child_unread(const struct bus_run_child *c)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&c->in);
}

/* --- its start --- */

/* Whatever a library has opened without saying so stays here. */
static void files_shut(void)
{
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        int fd = (int)strtol(e->d_name, NULL, 10);
        int flags = fd > STDERR_FILENO ? fcntl(fd, F_GETFD) : -1;
        if (flags >= 0 && (flags & FD_CLOEXEC) == 0) {
            (void)fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
}

static int child_limit(const struct bus_run_child *c,
                       __rlimit_resource_t what,
                       int64_t most,
                       struct bus_err *err)
{
    struct rlimit now, limit = {(rlim_t)most, (rlim_t)most};
    pid_t pid = (pid_t)c->process.pid;
    if (prlimit(pid, what, NULL, &now) == 0 && now.rlim_max != RLIM_INFINITY &&
        now.rlim_max < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max = now.rlim_max;
    }
    if (prlimit(pid, what, &limit, NULL) != 0 && errno != ESRCH) {
        return bus_fail(err, BUS_EAWAY, "its limits cannot be set: %s",
                        uv_strerror(uv_translate_sys_error(errno)));
    }
    return BUS_OK; /* or it is over already */
}

static int child_limits(const struct bus_run_child *c, struct bus_err *err)
{
    BUS_TRY(child_limit(c, RLIMIT_CORE, 0, err));
    if (c->conf.memory_bytes > 0) {
        BUS_TRY(child_limit(c, RLIMIT_DATA, c->conf.memory_bytes, err));
    }
    return c->conf.cpu_ms > 0
               ? child_limit(c, RLIMIT_CPU, (c->conf.cpu_ms + 999) / 1000, err)
               : BUS_OK;
}

static int child_spawn(struct bus_run_child *c, struct bus_err *err)
{
    const struct bus_run_child_conf *conf = &c->conf;
    int errors = -1;
    if (conf->errors != NULL) {
        errors = open(conf->errors,
                      O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
                          O_NONBLOCK,
                      0600);
        if (errors < 0) {
            return bus_fail(err, BUS_EAWAY, "the file for its errors: %s",
                            uv_strerror(uv_translate_sys_error(errno)));
        }
    }
    uv_stdio_container_t io[] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
         .data.stream = (uv_stream_t *)&c->in},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&c->out},
        {.flags = errors >= 0 ? UV_INHERIT_FD : UV_IGNORE, .data.fd = errors},
    };
    const uv_process_options_t options = {
        .exit_cb = on_child_exit,
        .file = conf->command[0],
        .args = (char **)(uintptr_t)conf->command,
        .env = (char **)(uintptr_t)conf->environment,
        .cwd = conf->folder,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = io,
    };
    files_shut();
    c->made = true; /* one that does not start is a handle all the same */
    c->open++;
    int rc = uv_spawn(c->timer.loop, &c->process, &options);
    if (errors >= 0) {
        (void)close(errors);
    }
    return rc == 0 ? BUS_OK
                   : bus_fail(err, BUS_EAWAY, "cannot be started: %s",
                              uv_strerror(rc));
}

static int child_handles(struct bus_run_loop *loop,
                         struct bus_run_child *c,
                         struct bus_err *err)
{
    struct uv_loop_s *uv = bus_run_loop_uv(loop);
    (void)uv_pipe_init(uv, &c->in, 0);
    (void)uv_pipe_init(uv, &c->out, 0);
    (void)uv_timer_init(uv, &c->timer);
    c->in.data = c->out.data = c->timer.data = c->process.data = c;
    c->open = 3;
    c->piece = bus_calloc(1, PIECE_BYTES);
    return c->piece != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "a program");
}

int bus_run_child_start(struct bus_run_loop *loop,
                        const struct bus_run_child_conf *conf,
                        struct bus_run_child **ret,
                        struct bus_err *err)
{
    struct bus_run_child *c = bus_calloc(1, sizeof(*c));
    BUS_CHECK(conf->line_max > 0 && conf->grace_ms > 0);
    if (c == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a program");
    }
    c->conf = *conf;
    bus_buf_init(&c->heard, conf->line_max + 2 * PIECE_BYTES);
    int rc;
    BUS_TRY_GOTO(rc, child_handles(loop, c, err), failed);
    BUS_TRY_GOTO(rc, child_spawn(c, err), failed);
    child_move(c, CHILD_START);
    BUS_TRY_GOTO(rc, child_limits(c, err), failed);
    (void)uv_read_start((uv_stream_t *)&c->out, on_child_room, on_child_read);
    *ret = c;
    return BUS_OK;
failed:
    bus_run_child_free(c);
    return rc;
}

void bus_run_child_free(struct bus_run_child *c)
{
    if (c == NULL) {
        return;
    }
    if (child_lives(c)) {
        child_signal(c, SIGKILL);
    }
    child_in_close(c);
    uv_close((uv_handle_t *)&c->out, on_child_closed);
    uv_close((uv_handle_t *)&c->timer, on_child_closed);
    if (c->made) {
        uv_close((uv_handle_t *)&c->process, on_child_closed);
    }
}
