/* A generator of load for bench_intake.py: posts each line of a file once, over
 * so many connections, each with one request at a time.
 *
 *   bench_intake PORT FILE CONNECTIONS
 *
 * Prints one JSON object: requests, accepted (202), seconds, p50_us, p99_us,
 * cpu_us (its own, for a request). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define REQUEST_MAX     (256 * 1024)
#define ANSWER_MAX      4096
#define HIST_US         200000

struct connection
{
    int fd;
    char *out;
    size_t out_n, sent;
    char in[ANSWER_MAX];
    size_t in_n;
    uint64_t began_ns;
    bool busy;
};
static struct connection connections[CONNECTIONS_MAX];
static const char *text, *text_end, *at;
static uint64_t requests, accepted, histogram[HIST_US + 1];
static int port;

static uint64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
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
            die("send");
        }
        c->sent += (size_t)n;
    }
}

static void next(struct connection *c)
{
    c->busy = at < text_end;
    if (!c->busy) {
        return;
    }
    const char *end = memchr(at, '\n', (size_t)(text_end - at));
    size_t n = (size_t)((end ? end : text_end) - at);
    int head = snprintf(c->out, REQUEST_MAX,
                        "POST /v1/applications HTTP/1.1\r\nHost: a\r\n"
                        "Content-Type: application/json\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        n);
    if ((size_t)head + n > REQUEST_MAX) {
        die("a line is too long");
    }
    memcpy(c->out + head, at, n);
    at += n + (end != NULL);
    c->out_n = (size_t)head + n;
    c->sent = c->in_n = 0;
    c->began_ns = now_ns();
    push(c);
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
    uint64_t us = (now_ns() - c->began_ns) / 1000;
    histogram[us < HIST_US ? us : HIST_US]++;
    requests++;
    accepted += strncmp(c->in, "HTTP/1.1 202", 12) == 0;
    next(c);
}

static void pull(struct connection *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_n, ANSWER_MAX - 1 - c->in_n, 0);
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0) {
        die("the server closed");
    }
    c->in_n += (size_t)n;
    if (whole(c)) {
        answered(c);
    }
}

static void open_one(struct connection *c, int epoll)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    c->out = malloc(REQUEST_MAX);
    if (c->fd < 0 || c->out == NULL ||
        connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        die("connect");
    }
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    (void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
                            .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e) != 0) {
        die("epoll");
    }
}

static uint64_t percentile(double share)
{
    uint64_t sum = 0;
    for (size_t i = 0; i <= HIST_US; i++) {
        sum += histogram[i];
        if ((double)sum >= share * (double)requests) {
            return i;
        }
    }
    return HIST_US;
}

static void load(const char *path)
{
    int fd = open(path, O_RDONLY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        die(path);
    }
    text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE,
                fd, 0);
    if (text == MAP_FAILED) {
        die(path);
    }
    at = text;
    text_end = text + st.st_size;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        (void)fprintf(stderr, "bench_intake PORT FILE CONNECTIONS\n");
        return 2;
    }
    port = (int)strtol(argv[1], NULL, 10);
    long n = strtol(argv[3], NULL, 10);
    int epoll = epoll_create1(0);
    if (n < 1 || n > CONNECTIONS_MAX) {
        return 2;
    }
    load(argv[2]);
    for (long i = 0; i < n; i++) {
        open_one(&connections[i], epoll);
    }
    uint64_t began = now_ns();
    for (long i = 0; i < n; i++) {
        next(&connections[i]);
    }
    for (long busy = n; busy > 0;) {
        struct epoll_event events[128];
        int got = epoll_wait(epoll, events, 128, 20000);
        if (got <= 0) {
            die("no answer for 20 s");
        }
        for (int i = 0; i < got; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) {
                push(c);
            }
            if (events[i].events & EPOLLIN) {
                pull(c);
            }
        }
        busy = 0;
        for (long i = 0; i < n; i++) {
            busy += connections[i].busy;
        }
    }
    double seconds = (double)(now_ns() - began) / 1e9;
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
                 (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    (void)printf("{\"requests\":%llu,\"accepted\":%llu,\"seconds\":%.3f,"
                 "\"p50_us\":%llu,\"p99_us\":%llu,\"cpu_us\":%.2f}\n",
                 (unsigned long long)requests, (unsigned long long)accepted,
                 seconds, (unsigned long long)percentile(0.5),
                 (unsigned long long)percentile(0.99),
                 cpu / (double)(requests ? requests : 1));
    return 0;
}
