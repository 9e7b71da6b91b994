#include "tests/bench/posts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define REQUEST_MAX     (256 * 1024)
#define RESPONSE_MAX    4096
#define EVENTS_MAX      128
#define PATIENCE_NS     UINT64_C(20000000000)

struct connection
{
    int fd;
    char *out;
    size_t out_n, sent;
    char in[RESPONSE_MAX];
    size_t in_n;
    struct posts_answer answer;
    bool busy;
};
static struct connection connections[CONNECTIONS_MAX];
static struct connection *idle[CONNECTIONS_MAX];
static int connection_count, idle_count, epoll = -1, timer = -1, server_port;
static const char *text, *text_end, *at;
static posts_on_answer *on_answer;
static char authorization[192];

uint64_t posts_now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(int fd, uint32_t events, void *of)
{
    struct epoll_event e = {.events = events, .data.ptr = of};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0) {
        give_up("epoll");
    }
}

static void join(struct connection *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)server_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        give_up("connect");
    }
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    (void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
    watch(c->fd, EPOLLIN | EPOLLOUT | EPOLLET, c);
}

/* A server closes what nobody used for long, perhaps while it is used again:
 * what it has not begun to answer is sent once more, on a new connection. */
static void join_again(struct connection *c)
{
    if (c->busy && c->in_n > 0) {
        give_up("the server closed");
    }
    (void)close(c->fd);
    c->sent = 0;
    join(c); /* which is told that it may write */
}

static void push(struct connection *c)
{
    while (c->sent < c->out_n) {
        ssize_t n =
            send(c->fd, c->out + c->sent, c->out_n - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n < 0) {
            join_again(c);
            return;
        }
        c->sent += (size_t)n;
    }
}

bool posts_free(void)
{
    return idle_count > 0;
}

int posts_busy(void)
{
    return connection_count - idle_count;
}

bool posts_send(uint64_t tag)
{
    if (at >= text_end || idle_count == 0) {
        return false;
    }
    struct connection *c = idle[--idle_count];
    const char *end = memchr(at, '\n', (size_t)(text_end - at));
    size_t n = (size_t)((end ? end : text_end) - at);
    int head = snprintf(c->out, REQUEST_MAX,
                        "POST /v1/applications HTTP/1.1\r\nHost: a\r\n"
                        "Content-Type: application/json\r\n%s"
                        "Content-Length: %zu\r\n\r\n",
                        authorization, n);
    if ((size_t)head + n > REQUEST_MAX) {
        give_up("a line is too long");
    }
    memcpy(c->out + head, at, n);
    at += n + (end != NULL);
    c->out_n = (size_t)head + n;
    c->sent = c->in_n = 0;
    c->busy = true;
    c->answer = (struct posts_answer){.tag = tag, .sent_ns = posts_now_ns()};
    push(c);
    return true;
}

/* True when the whole answer is there. */
static bool whole(struct connection *c)
{
    c->in[c->in_n] = '\0';
    const char *end = strstr(c->in, "\r\n\r\n");
    const char *length = strcasestr(c->in, "content-length:");
    return end != NULL && length != NULL && length < end &&
           c->in_n >=
               (size_t)(end + 4 - c->in) + strtoul(length + 15, NULL, 10);
}

static void answered(struct connection *c)
{
    static const char mark[] = "\"application_id\":\"";
    struct posts_answer *a = &c->answer;
    const char *id = strstr(c->in, mark);
    a->answer_ns = posts_now_ns();
    a->accepted = strncmp(c->in, "HTTP/1.1 202", 12) == 0;
    if (id != NULL && strlen(id) >= sizeof(mark) - 1 + POSTS_ID_TEXT) {
        memcpy(a->id, id + sizeof(mark) - 1, POSTS_ID_TEXT);
    }
    c->busy = false;
    idle[idle_count++] = c;
    on_answer(a);
}

static void pull(struct connection *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_n, RESPONSE_MAX - 1 - c->in_n, 0);
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0) {
        join_again(c);
        return;
    }
    c->in_n += (size_t)n;
    if (c->busy && whole(c)) {
        answered(c);
    }
}

/* Whose session it is, if LIANOU_BENCH_TOKEN says one. */
static void posts_authorize(void)
{
    const char *token = getenv("LIANOU_BENCH_TOKEN");
    if (token != NULL && token[0] != '\0') {
        (void)snprintf(authorization, sizeof(authorization),
                       "Authorization: Bearer %.128s\r\n", token);
    }
}

void posts_open(int port, int count, posts_on_answer *then)
{
    posts_authorize();
    if (count < 1 || count > CONNECTIONS_MAX) {
        give_up("so many connections");
    }
    on_answer = then;
    server_port = port;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    watch(timer, EPOLLIN, NULL);
    for (; connection_count < count; connection_count++) {
        struct connection *c = &connections[connection_count];
        c->out = malloc(REQUEST_MAX);
        if (c->out == NULL) {
            give_up("connections");
        }
        join(c);
        idle[idle_count++] = c;
    }
}

void posts_load(const char *path, uint64_t from)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        give_up(path);
    }
    text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE,
                fd, 0);
    if (text == MAP_FAILED) {
        give_up(path);
    }
    at = text;
    text_end = text + st.st_size;
    for (; from > 0 && at < text_end; from--) {
        const char *end = memchr(at, '\n', (size_t)(text_end - at));
        at = end != NULL ? end + 1 : text_end;
    }
}

void posts_wait(uint64_t until_ns)
{
    uint64_t until = until_ns ? until_ns : posts_now_ns() + PATIENCE_NS, gone;
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(until / 1000000000u),
                     .tv_nsec = (long)(until % 1000000000u)}};
    struct epoll_event events[EVENTS_MAX];
    (void)timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
    int n = epoll_wait(epoll, events, EVENTS_MAX, -1);
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;
        if (c == NULL) { /* a planned time has come, or patience has ended */
            if (until_ns == 0 && read(timer, &gone, sizeof(gone)) > 0) {
                give_up("no answer for 20 s");
            }
            continue;
        }
        if (c->busy && events[i].events & EPOLLOUT) {
            push(c);
        }
        if (events[i].events & EPOLLIN) {
            pull(c);
        }
    }
}
