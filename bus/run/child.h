/* Somebody else's program beside the loop: lines to its input, lines from its
 * output, and an end that is sure.
 *
 * It is started without a shell, in a session and process group of its own, in
 * the folder given, with the environment given and nothing of ours: no
 * variable, no open file. Its errors go to a file or nowhere. It is ended as a
 * group: whatever it has forked and left in its group dies with it, and a pipe
 * that somebody else still holds is read for half a second more and no longer.
 *
 * Limits: a line is at most line_max bytes, else it is killed; data and CPU by
 * setrlimit, right after its start; it leaves no core file, for there are
 * persons in its memory.
 *
 * Belongs to the loop's thread. */
#ifndef BUS_RUN_CHILD_H
#define BUS_RUN_CHILD_H

#include "bus/base/err.h"
#include "bus/base/fsm.h"
#include "bus/base/strv.h"
#include "bus/run/loop.h"

extern const struct bus_fsm bus_run_child_fsm; /* its life */
struct bus_run_child;
struct bus_run_child_conf /* texts are borrowed until start returns */
{
    const char *const *command; /* the program's path, its arguments; NULL */
    const char *const *environment; /* "NAME=value"; NULL ends */
    const char *folder;
    const char *errors; /* a file, appended to, mode 0600; NULL: nowhere */
    size_t line_max;
    int64_t memory_bytes, cpu_ms; /* of each process of it; 0: no limit */
    int64_t grace_ms;             /* between being asked to end and SIGKILL */
    void *data;
    /* A line without its end. It may pause, end or kill, and not free. */
    void (*line)(void *data, struct bus_strv line);
    /* Once, when it and its output are over. why: of a person's language, no
     * text of its own. It may free. */
    void (*ended)(void *data, const char *why);
};

/* BUS_EAWAY: it cannot be started now (no such file, not to be executed, no
 * folder); nothing is called. */
int bus_run_child_start(struct bus_run_loop *loop,
                        const struct bus_run_child_conf *conf,
                        struct bus_run_child **ret,
                        struct bus_err *err) BUS_MUSTCHECK;
/* Copies; the line's end is put behind it. What an ended one does not read is
 * lost, and no failure. */
int bus_run_child_write(struct bus_run_child *c,
                        struct bus_strv line,
                        struct bus_err *err) BUS_MUSTCHECK;
/* It was started, and neither it nor anybody else has ended that yet. */
bool bus_run_child_runs(const struct bus_run_child *c);
/* Bytes written and not read by it. */
size_t bus_run_child_unread(const struct bus_run_child *c);
/* Paused it is not read: it waits in its write. What it wrote before its end
 * comes all the same. */
void bus_run_child_pause(struct bus_run_child *c, bool paused);
/* Its input ends; half of grace_ms later SIGTERM to its group, then SIGKILL. */
void bus_run_child_end(struct bus_run_child *c);
/* SIGKILL to its group. why (a literal) is what ended() says. */
void bus_run_child_kill(struct bus_run_child *c, const char *why);
/* Kills what still runs; nothing is called any more. NULL is allowed. */
void bus_run_child_free(struct bus_run_child *c);

#endif
