/* A partner's spool whose disk fails or kills where a test says, and what is
 * looked at in it. */
#ifndef TESTS_UNIT_PARTNER_SPOOL_BENCH_H
#define TESTS_UNIT_PARTNER_SPOOL_BENCH_H

#include "tests/lib/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/base/disk.h"
#include "bus/base/heap.h"
#include "bus/partner/parts.h"

#define DOCS 4
#define ENDS 99 /* exit code of a child that was "killed" */

/* --- failing and dying --- */

static long calls, die_at, full_from, full_to;

static inline bool strikes(int *ret)
{
    calls++;
    if (calls == die_at) {
        return true;
    }
    if (calls >= full_from && calls < full_to) {
        errno = ENOSPC;
        *ret = -1;
        return true;
    }
    return false;
}

static inline ssize_t io_write(int fd, const void *p, size_t n)
{
    int rc = 0;
    if (strikes(&rc)) {
        (void)!write(fd, p, n / 2); /* a torn one */
        if (rc == 0) {
            _exit(ENDS);
        }
        return rc;
    }
    return write(fd, p, n);
}

static inline int io_fsync(int fd)
{
    int rc = 0;
    if (strikes(&rc)) {
        if (rc == 0) {
            _exit(ENDS);
        }
        return rc;
    }
    (void)fd;
    return 0; /* the page cache outlives a process */
}

static inline int io_rename(int from, const char *old, int to, const char *name)
{
    int rc = 0;
    if (strikes(&rc)) {
        if (rc == 0) {
            _exit(ENDS);
        }
        return rc;
    }
    return renameat(from, old, to, name);
}

static inline int io_unlink(int folder, const char *name)
{
    int rc = 0;
    if (strikes(&rc)) {
        if (rc == 0) {
            _exit(ENDS);
        }
        return rc;
    }
    return unlinkat(folder, name, 0);
}

static const struct bus_disk_io io = {io_write, io_fsync, io_rename, io_unlink};

static inline void strike(long die, long from, long to)
{
    calls = 0;
    die_at = die;
    full_from = from;
    full_to = to;
}

/* --- a runner without Kafka --- */

struct bench
{
    char dir[64], spool[80], state[80], tally[80];
    struct bus_conf_partner partner;
    struct runner r;
};

static inline struct bench *bench_new(void)
{
    struct bench *b = calloc(1, sizeof(*b));
    (void)snprintf(b->dir, sizeof(b->dir), "/tmp/lianou-spool-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    (void)snprintf(b->spool, sizeof(b->spool), "%s/spool", b->dir);
    (void)snprintf(b->state, sizeof(b->state), "%s/state", b->dir);
    (void)snprintf(b->tally, sizeof(b->tally), "%s/tally", b->dir);
    assert_int_equal(mkdir(b->tally, 0755), 0);
    b->partner = (struct bus_conf_partner){
        .code = "post",
        .spool_dir = b->spool,
        .transport = BUS_TRANSPORT_SPOOL,
        .limits = {.in_flight = 100,
                   .per_second = 100,
                   .message_bytes_max = 4096},
        .retry = {.first_ms = 10, .max_ms = 100, .tries = 2},
        .parking = {.per_household = 2, .total = 3, .give_up_ms = 1000},
    };
    return b;
}

static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static inline void bench_free(struct bench *b)
{
    assert_int_equal(nftw(b->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(b);
}

static inline int open_runner(struct bench *b)
{
    struct runner *r = &b->r;
    memset(r, 0, sizeof(*r));
    r->partner = &b->partner;
    r->via = bus_partner_transport_of(&b->partner);
    r->frame.state_dir = b->state;
    bus_arena_init(&r->give.mem, 0, 0);
    bus_arena_init(&r->taking.mem, 0, 0);
    partner_open_run(r);
    return r->rc;
}

static inline void close_runner(struct bench *b)
{
    partner_runner_close_parts(&b->r);
    bus_arena_fini(&b->r.give.mem);
    bus_arena_fini(&b->r.taking.mem);
}

static inline struct bus_id id_of(int n)
{
    struct bus_id id = {{0}};
    id.b[0] = (uint8_t)n;
    id.b[15] = 0x77;
    return id;
}

static struct bus_kafka_msg messages[DOCS];

/* DOCS documents; the last two are of one household. */
static inline void load_chunk(struct bench *b)
{
    struct deliver *g = &b->r.give;
    for (int i = 0; i < DOCS; i++) {
        messages[i] = (struct bus_kafka_msg){.topic = "t", .offset = i};
        g->docs[i] = (struct deliver_document){
            .msg = &messages[i],
            .task = {.document =
                         bus_strv("{\"a document\": \"of some bytes\"}"),
                     .event_id = id_of(1 + i),
                     .household_id = id_of(100 + (i < 2 ? i : 2)),
                     .about = id_of(50 + i),
                     .effect = BUS_KIND_OPENS}};
    }
    g->n = DOCS;
}

/* As the pump does: again until it went. */
static inline int give(struct bench *b, int tries)
{
    do {
        b->r.rc = BUS_OK;
        partner_deliver_run(&b->r);
    } while (b->r.rc != BUS_OK && --tries > 0);
    return b->r.rc;
}

/* The partner takes everything that is complete and counts it. */
static inline void partner_takes(struct bench *b)
{
    char path[200], to[200];
    (void)snprintf(path, sizeof(path), "%s/out", b->spool);
    DIR *d = opendir(path);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.' || e->d_type == DT_DIR) {
            continue;
        }
        int again = 0;
        do {
            (void)snprintf(to, sizeof(to), "%s/%.60s.%d", b->tally, e->d_name,
                           again++);
        } while (access(to, F_OK) == 0);
        (void)snprintf(path, sizeof(path), "%s/out/%.60s", b->spool, e->d_name);
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_size, 31); /* never half of one */
        assert_int_equal(rename(path, to), 0);
    }
    if (d != NULL) {
        (void)closedir(d);
    }
}

static inline int files_in(const char *dir, const char *sub, const char *ending)
{
    char path[200];
    int n = 0;
    (void)snprintf(path, sizeof(path), "%s%s", dir, sub);
    DIR *d = opendir(path);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        size_t len = strlen(e->d_name), tail = strlen(ending);
        n += e->d_name[0] != '.' && len > tail &&
             strcmp(e->d_name + len - tail, ending) == 0;
    }
    if (d != NULL) {
        (void)closedir(d);
    }
    return n;
}

static inline void given_once(struct bench *b, const char *when, long at)
{
    int first = files_in(b->tally, "", ".json.0"),
        second = files_in(b->tally, "", ".json.1");
    if (first != DOCS || second != 0) {
        fail_msg("%s %ld: %d given, %d of them twice", when, at, first, second);
    }
    assert_int_equal(files_in(b->spool, "/.bus/staged", ".json"), 0);
}

/* In a child that dies at a call; true: it did. */
static inline bool
in_child(struct bench *b, long die, void (*run)(struct bench *b))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bus_disk_io_set(&io);
        strike(die, 0, 0);
        run(b);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == ENDS);
    return WEXITSTATUS(status) == ENDS;
}

#endif
