#include "ops/cli/sheets/print.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* "/usr/bin/lianou" is "/usr/bin/lianou-printer". */
static bool printer_path(char ret[4096])
{
    ssize_t n = readlink("/proc/self/exe", ret, 4000);
    if (n <= 0) {
        return false;
    }
    ret[n] = '\0';
    char *slash = strrchr(ret, '/');
    if (slash == NULL) {
        return false;
    }
    (void)snprintf(slash + 1, 32, "lianou-printer");
    return access(ret, X_OK) == 0;
}

static int printer_spawn(struct cli_print *p, char *path, const int ends[2])
{
    posix_spawn_file_actions_t actions;
    char *argv[] = {path, NULL};
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc == 0) {
        rc = posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    }
    if (rc == 0) {
        rc = posix_spawn_file_actions_addclose(&actions, ends[1]);
    }
    if (rc == 0) {
        rc = posix_spawn(&p->pid, path, &actions, NULL, argv, environ);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return rc;
}

int cli_print_start(struct cli_print *p, struct bus_err *err)
{
    char path[4096];
    int ends[2];
    if (!printer_path(path)) {
        return bus_fail(err, BUS_ECONFIG,
                        "lianou-printer is not beside this program / "
                        "找不到排版程序");
    }
    if (pipe(ends) != 0) {
        return bus_fail(err, BUS_ENOMEM, "a pipe to lianou-printer");
    }
    (void)signal(SIGPIPE, SIG_IGN); /* if it ends early, that is told */
    int rc = printer_spawn(p, path, ends);
    (void)close(ends[0]);
    p->to = rc == 0 ? fdopen(ends[1], "w") : NULL;
    if (p->to == NULL) {
        (void)close(ends[1]);
        return bus_fail(err, BUS_ECONFIG, "lianou-printer: %s", strerror(rc));
    }
    return BUS_OK;
}

int cli_print_put(struct cli_print *p,
                  const json_t *document,
                  struct bus_err *err)
{
    return json_dumpf(document, p->to, JSON_COMPACT) == 0 &&
                   fputc('\n', p->to) != EOF
               ? BUS_OK
               : bus_fail(err, BUS_ECONFIG, "lianou-printer ended early");
}

int cli_print_end(struct cli_print *p, struct bus_err *err)
{
    int status = -1;
    bool fed = fclose(p->to) == 0;
    while (waitpid(p->pid, &status, 0) < 0) {
        if (errno != EINTR) {
            break;
        }
    }
    return fed && status == 0
               ? BUS_OK
               : bus_fail(err, BUS_ECONFIG,
                          "lianou-printer could not write all of it");
}
