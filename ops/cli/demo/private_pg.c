#include "ops/cli/demo/private_pg.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bus/pg/pg.h"

#define READY_TRIES 300 /* of 50 ms */

/* Debian keeps the server's programs out of PATH. */
static int find_bin(char *to, size_t cap, struct bus_err *err)
{
    glob_t g;
    int rc = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &g);
    if (rc == 0 && g.gl_pathc > 0) {
        char *last = g.gl_pathv[g.gl_pathc - 1];
        (void)snprintf(to, cap, "%.*s", (int)(strlen(last) - strlen("/initdb")),
                       last);
        globfree(&g);
        return BUS_OK;
    }
    return bus_fail(err, BUS_ECONFIG,
                    "no PostgreSQL server is installed (package postgresql)");
}

bool cli_private_pg_there(void)
{
    char bin[256];
    struct bus_err err;
    return find_bin(bin, sizeof(bin), &err) == BUS_OK;
}

static const struct passwd *unprivileged(void)
{
    const struct passwd *p = geteuid() == 0 ? getpwnam("postgres") : NULL;
    return geteuid() != 0 ? NULL : p ? p : getpwnam("nobody");
}

static pid_t private_pg_spawn(char *const argv[], const char *log)
{
    const struct passwd *who = unprivileged();
    pid_t pid = fork();
    if (pid != 0) {
        return pid;
    }
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd >= 0) {
        (void)dup2(fd, STDOUT_FILENO);
        (void)dup2(fd, STDERR_FILENO);
    }
    (void)setsid(); /* Ctrl-C is for us; we stop it in order */
    if (who != NULL && (setgroups(0, NULL) != 0 || setgid(who->pw_gid) != 0 ||
                        setuid(who->pw_uid) != 0)) {
        _exit(126);
    }
    /* behind setuid, which forgets it: no server outlives who wanted it */
    (void)prctl(PR_SET_PDEATHSIG, SIGINT);
    (void)execv(argv[0], argv);
    _exit(127);
}

static int
initialise(struct private_pg *p, const char *bin, struct bus_err *err)
{
    char initdb[300], data[300], log[300];
    (void)snprintf(initdb, sizeof(initdb), "%s/initdb", bin);
    (void)snprintf(data, sizeof(data), "%s/data", p->dir);
    (void)snprintf(log, sizeof(log), "%s/log", p->dir);
    char *argv[] = {initdb,  "-D",        data, "-U",   "lianou",     "-A",
                    "trust", "--no-sync", "-E", "UTF8", "--locale=C", NULL};
    pid_t pid = private_pg_spawn(argv, log);
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        return bus_fail(err, BUS_EIO, "initdb failed; see %s", log);
    }
    return BUS_OK;
}

static int wait_ready(struct private_pg *p, struct bus_err *err)
{
    for (int i = 0; i < READY_TRIES; i++) {
        struct bus_pg *pg = NULL;
        if (bus_pg_open(p->conninfo, 0, &pg, err) == BUS_OK) {
            bus_pg_close(pg);
            return BUS_OK;
        }
        if (waitpid(p->pid, NULL, WNOHANG) == p->pid) {
            p->pid = 0;
            return bus_fail(err, BUS_EIO, "PostgreSQL ended; see %s/log",
                            p->dir);
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return bus_wrap(err, "PostgreSQL does not answer");
}

int cli_private_pg_start(struct private_pg *p,
                         const char *dir,
                         struct bus_err *err)
{
    char bin[256];
    const struct passwd *who = unprivileged();
    *p = (struct private_pg){0};
    (void)snprintf(p->dir, sizeof(p->dir), "%s", dir);
    (void)snprintf(p->conninfo, sizeof(p->conninfo),
                   "host=%s user=lianou dbname=postgres", dir);
    if (who != NULL && chown(dir, who->pw_uid, who->pw_gid) != 0) {
        return bus_fail(err, BUS_EIO, "%s: %s", dir, strerror(errno));
    }
    BUS_TRY(find_bin(bin, sizeof(bin), err));
    BUS_TRY(initialise(p, bin, err));
    return cli_private_pg_again(p, err);
}

int cli_private_pg_again(struct private_pg *p, struct bus_err *err)
{
    char bin[256], postgres[300], data[300], log[300];
    BUS_TRY(find_bin(bin, sizeof(bin), err));
    (void)snprintf(postgres, sizeof(postgres), "%s/postgres", bin);
    (void)snprintf(data, sizeof(data), "%s/data", p->dir);
    (void)snprintf(log, sizeof(log), "%s/log", p->dir);
    char *argv[] = {postgres,
                    "-D",
                    data,
                    "-k",
                    p->dir,
                    "-c",
                    "listen_addresses=",
                    "-c",
                    "max_connections=40",
                    "-c",
                    "shared_buffers=64MB",
                    NULL};
    p->pid = private_pg_spawn(argv, log);
    if (p->pid < 0) {
        p->pid = 0;
        return bus_fail(err, BUS_EIO, "no process for PostgreSQL");
    }
    int rc = wait_ready(p, err);
    if (rc != BUS_OK) {
        cli_private_pg_stop(p);
    }
    return rc;
}

void cli_private_pg_stop(struct private_pg *p)
{
    if (p->pid > 0) {
        (void)kill(p->pid, SIGINT);
        (void)waitpid(p->pid, NULL, 0);
        p->pid = 0;
    }
}
