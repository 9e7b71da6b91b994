#include "ops/cli/demo/demo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ops/cli/county/folder.h"
#include "ops/cli/lianou.h"

#define END_TRIES    200 /* of 50 ms */
#define ARGS_MAX     16
#define ANSWER_BYTES (512u << 10)

int cli_demo_stage_open(struct demo_stage *s, struct bus_err *err)
{
    *s = (struct demo_stage){0};
    (void)snprintf(s->dir, sizeof(s->dir), "/tmp/lianou-demo-XXXXXX");
    if (mkdtemp(s->dir) == NULL || chmod(s->dir, 0755) != 0) {
        return bus_fail(err, BUS_EIO, "%s: %s", s->dir, strerror(errno));
    }
    return BUS_OK;
}

static int stage_spawn(struct demo_stage *s,
                       const char *name,
                       const char *const *args,
                       int input,
                       struct bus_err *err)
{
    char log[200];
    const char *argv[ARGS_MAX] = {lianou_program()};
    for (int i = 0; i < ARGS_MAX - 2 && args[i] != NULL; i++) {
        argv[i + 1] = args[i];
    }
    (void)snprintf(log, sizeof(log), "%s/%s.log", s->dir, name);
    pid_t pid = s->count < DEMO_CHILDREN_MAX ? fork() : -1;
    if (pid < 0) {
        return bus_fail(err, BUS_EIO, "no process for %s", name);
    }
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
        int in = input >= 0 ? input : open("/dev/null", O_RDONLY);
        if (fd < 0 || in < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 ||
            dup2(in, 0) < 0) {
            _exit(126);
        }
        (void)setsid(); /* Ctrl-C is the demo's; it ends them in order */
        (void)execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    struct demo_child *c = &s->children[s->count++];
    c->pid = pid;
    (void)snprintf(c->name, sizeof(c->name), "%s", name);
    return BUS_OK;
}

int cli_demo_spawn(struct demo_stage *s,
                   const char *name,
                   const char *const *args,
                   struct bus_err *err)
{
    return stage_spawn(s, name, args, -1, err);
}

int cli_demo_spawn_piped(struct demo_stage *s,
                         const char *name,
                         const char *const *args,
                         int *ret_fd,
                         struct bus_err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return bus_fail(err, BUS_EIO, "%s: %s", name, strerror(errno));
    }
    int rc = stage_spawn(s, name, args, ends[0], err);
    (void)close(ends[0]);
    *ret_fd = ends[1];
    return rc;
}

int cli_demo_join(struct demo_stage *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        int status = 0;
        if (strcmp(s->children[i].name, name) == 0 && s->children[i].pid > 0 &&
            waitpid(s->children[i].pid, &status, 0) > 0) {
            s->children[i].pid = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
    }
    return -1;
}

const char *cli_demo_ended(struct demo_stage *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->children[i].pid > 0 &&
            waitpid(s->children[i].pid, NULL, WNOHANG) > 0) {
            s->children[i].pid = 0;
            return s->children[i].name;
        }
    }
    return NULL;
}

static void stage_nap(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

static void end_child(struct demo_child *c)
{
    if (c->pid <= 0) {
        return;
    }
    (void)kill(c->pid, SIGTERM);
    for (int i = 0; i < END_TRIES; i++) {
        if (waitpid(c->pid, NULL, WNOHANG) != 0) {
            c->pid = 0;
            return;
        }
        stage_nap();
    }
    (void)kill(c->pid, SIGKILL);
    (void)waitpid(c->pid, NULL, 0);
    c->pid = 0;
}

void cli_demo_end(struct demo_stage *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->children[i].name, name) == 0) {
            end_child(&s->children[i]);
        }
    }
}

void cli_demo_stage_close(struct demo_stage *s, bool keep)
{
    for (size_t i = s->count; i > 0; i--) {
        end_child(&s->children[i - 1]);
    }
    cli_private_pg_stop(&s->pg);
    if (!keep && s->dir[0] != '\0') {
        (void)cli_folder_remove(s->dir);
    }
}

int cli_demo_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port = 0;
    if (fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 &&
        getsockname(fd, (struct sockaddr *)&a, &n) == 0) {
        port = ntohs(a.sin_port);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return port;
}

bool cli_demo_read(const char *path, char *to, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, to, cap - 1);
    if (fd >= 0) {
        (void)close(fd);
    }
    while (n > 0 && (to[n - 1] == '\n' || to[n - 1] == '\r')) {
        n--;
    }
    to[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* --- HTTP --- */

static int connect_to(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = 20};
    if (fd >= 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    }
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

static bool send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
        if (w <= 0) {
            return false;
        }
        p += w;
        n -= (size_t)w;
    }
    return true;
}

/* Reads one answer whose length is given; the status. to: its body, or NULL.
 */
static int read_answer(int fd, char *to, size_t cap)
{
    static char buf[ANSWER_BYTES];
    size_t have = 0;
    while (have < sizeof(buf) - 1) {
        ssize_t n = recv(fd, buf + have, sizeof(buf) - 1 - have, 0);
        if (n <= 0) {
            return -1;
        }
        have += (size_t)n;
        buf[have] = '\0';
        const char *end = strstr(buf, "\r\n\r\n");
        const char *len = strcasestr(buf, "\r\nContent-Length:");
        if (end != NULL && len != NULL && len < end) {
            size_t body = strtoul(len + 17, NULL, 10);
            if (have >= (size_t)(end + 4 - buf) + body) {
                if (to != NULL) {
                    (void)snprintf(to, cap, "%s", end + 4);
                }
                return (int)strtol(buf + 9, NULL, 10);
            }
        }
    }
    return -1;
}

/* Over a kept connection that the other side may have closed meanwhile. */
static int exchange(int *fd, int port, const char *text, char *to, size_t cap)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        *fd = *fd >= 0 ? *fd : connect_to(port);
        int status = *fd >= 0 && send_all(*fd, text, strlen(text))
                         ? read_answer(*fd, to, cap)
                         : -1;
        if (status > 0) {
            return status;
        }
        if (*fd >= 0) {
            (void)close(*fd);
            *fd = -1;
        }
    }
    return -1;
}

int cli_demo_post(int *fd, int port, const char *path, const char *body)
{
    char *text = NULL;
    if (asprintf(&text,
                 "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                 "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 path, strlen(body), body) < 0) {
        return -1;
    }
    int status = exchange(fd, port, text, NULL, 0);
    free(text);
    return status;
}

int cli_demo_get(int *fd, int port, const char *path, char *to, size_t cap)
{
    char text[256];
    (void)snprintf(text, sizeof(text),
                   "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    return exchange(fd, port, text, to, cap);
}
