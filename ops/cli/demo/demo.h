/* What the demo is made of: a folder, processes, an HTTP client. */
#ifndef OPS_CLI_DEMO_DEMO_H
#define OPS_CLI_DEMO_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bus/base/err.h"
#include "ops/cli/demo/private_pg.h"

#define DEMO_CHILDREN_MAX 24

struct demo_child
{
    pid_t pid;
    char name[32];
};
struct demo_stage
{
    char dir[128];
    struct demo_child children[DEMO_CHILDREN_MAX];
    size_t count;
    struct private_pg pg;
};

int cli_demo_stage_open(struct demo_stage *s,
                        struct bus_err *err) BUS_MUSTCHECK;
/* Starts this program with the arguments (NULL at the end); its log is
 * <dir>/<name>.log. */
int cli_demo_spawn(struct demo_stage *s,
                   const char *name,
                   const char *const *args,
                   struct bus_err *err) BUS_MUSTCHECK;
/* The same, with a pipe to its standard input; waits in cli_demo_join(). */
int cli_demo_spawn_piped(struct demo_stage *s,
                         const char *name,
                         const char *const *args,
                         int *ret_fd,
                         struct bus_err *err) BUS_MUSTCHECK;
int cli_demo_join(struct demo_stage *s, const char *name); /* its exit code */
/* SIGTERM; waits, after 10 s SIGKILL. One of no such name is well. */
void cli_demo_end(struct demo_stage *s, const char *name);
/* The name of a child that has ended, NULL if none has. */
const char *cli_demo_ended(struct demo_stage *s);
/* SIGTERM to all, in reverse; waits; SIGKILL after 10 s. Removes the folder
 * unless keep. */
void cli_demo_stage_close(struct demo_stage *s, bool keep);
/* A free TCP port of this machine. */
int cli_demo_port(void);
/* Contents of a small file without its newline; false if it is not there. */
bool cli_demo_read(const char *path, char *to, size_t cap);

/* POST over one kept connection; *fd -1 at first. The status, or -1. */
int cli_demo_post(int *fd, int port, const char *path, const char *body);
/* GET likewise; the body into to, cut at cap - 1 bytes. */
int cli_demo_get(int *fd, int port, const char *path, char *to, size_t cap);

#endif
