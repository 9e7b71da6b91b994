/* The spool and what the runner does with it, killed at every single system
 * call and given no room at every single one: a document is given once, an
 * answer is never lost and always the same event. */
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

#include "bus/adapter/disk.h"
#include "bus/adapter/partner_parts.h"
#include "bus/base/heap.h"

#define DOCS 4
#define ENDS 99 /* exit code of a child that was "killed" */

/* --- failing and dying --- */

static long calls, die_at, full_from, full_to;

static bool strikes(int *ret)
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

static ssize_t io_write(int fd, const void *p, size_t n)
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

static int io_fsync(int fd)
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

static int io_rename(int from, const char *old, int to, const char *name)
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

static int io_unlink(int folder, const char *name)
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

static void strike(long die, long from, long to)
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
    struct bus_partner partner;
    struct runner r;
};

static struct bench *bench_new(void)
{
    struct bench *b = calloc(1, sizeof(*b));
    (void)snprintf(b->dir, sizeof(b->dir), "/tmp/lianou-spool-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    (void)snprintf(b->spool, sizeof(b->spool), "%s/spool", b->dir);
    (void)snprintf(b->state, sizeof(b->state), "%s/state", b->dir);
    (void)snprintf(b->tally, sizeof(b->tally), "%s/tally", b->dir);
    assert_int_equal(mkdir(b->tally, 0755), 0);
    b->partner = (struct bus_partner){
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

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void bench_free(struct bench *b)
{
    assert_int_equal(nftw(b->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(b);
}

static int open_runner(struct bench *b)
{
    struct runner *r = &b->r;
    memset(r, 0, sizeof(*r));
    r->partner = &b->partner;
    r->via = &bus_transport_spool;
    r->frame.state_dir = b->state;
    bus_arena_init(&r->give.mem, 0, 0);
    bus_arena_init(&r->taking.mem, 0, 0);
    open_run(r);
    return r->rc;
}

static void close_runner(struct bench *b)
{
    runner_close_parts(&b->r);
    bus_arena_fini(&b->r.give.mem);
    bus_arena_fini(&b->r.taking.mem);
}

static struct bus_id id_of(int n)
{
    struct bus_id id = {{0}};
    id.b[0] = (uint8_t)n;
    id.b[15] = 0x77;
    return id;
}

static struct bus_kafka_msg messages[DOCS];

/* DOCS documents; the last two are of one household. */
static void load_chunk(struct bench *b)
{
    struct give *g = &b->r.give;
    for (int i = 0; i < DOCS; i++) {
        messages[i] = (struct bus_kafka_msg){.topic = "t", .offset = i};
        g->docs[i] = (struct give_doc){
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
static int give(struct bench *b, int tries)
{
    do {
        b->r.rc = BUS_OK;
        give_run(&b->r);
    } while (b->r.rc != BUS_OK && --tries > 0);
    return b->r.rc;
}

/* The partner takes everything that is complete and counts it. */
static void partner_takes(struct bench *b)
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

static int files_in(const char *dir, const char *sub, const char *ending)
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

static void given_once(struct bench *b, const char *when, long at)
{
    int first = files_in(b->tally, "", ".json.0"),
        second = files_in(b->tally, "", ".json.1");
    if (first != DOCS || second != 0) {
        fail_msg("%s %ld: %d given, %d of them twice", when, at, first, second);
    }
    assert_int_equal(files_in(b->spool, "/.bus/staged", ".json"), 0);
}

/* In a child that dies at a call; true: it did. */
static bool in_child(struct bench *b, long die, void (*run)(struct bench *b))
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

static void whole_giving(struct bench *b)
{
    if (open_runner(b) != BUS_OK) {
        _exit(1);
    }
    load_chunk(b);
    if (give(b, 1) != BUS_OK) {
        _exit(2);
    }
}

static void killed_anywhere(void **state)
{
    (void)state;
    long deaths = 0;
    bool died = true;
    for (long first = 1; died; first++) {
        bool again = true;
        for (long second = 1; again; second++) {
            struct bench *b = bench_new();
            died = in_child(b, first, whole_giving);
            partner_takes(b);
            again = in_child(b, second, whole_giving); /* Kafka gives again */
            partner_takes(b);
            assert_false(in_child(b, 0, whole_giving));
            partner_takes(b);
            given_once(b, "killed at", first * 1000 + second);
            deaths += died + again;
            bench_free(b);
            if (!died) {
                break;
            }
            second += 4; /* every pair is many; every fifth is enough */
        }
    }
    print_message("%ld deaths\n", deaths);
    assert_true(deaths > 100);
}

static void no_room_anywhere(void **state)
{
    (void)state;
    for (long from = 1; from < 200; from++) {
        struct bench *b = bench_new();
        assert_int_equal(open_runner(b), BUS_OK);
        load_chunk(b);
        bus_disk_io_set(&io);
        strike(0, from, from + 3);
        int rc = give(b, 1);
        partner_takes(b);
        bool struck = calls >= from;
        assert_true(struck ? rc == BUS_EFULL : rc == BUS_OK);
        assert_int_equal(give(b, 10), BUS_OK);
        bus_disk_io_set(NULL);
        partner_takes(b);
        given_once(b, "no room at", from);
        assert_int_equal(bus_parking_count(b->r.parking), 0);
        close_runner(b);
        bench_free(b);
        if (!struck) {
            assert_true(from > 10);
            return;
        }
    }
    fail();
}

/* A real full disk: a tmpfs of 64 KiB of our own. */
static void tiny_disk(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    pid_t pid = fork();
    if (pid == 0) {
        char filler[100], block[4096] = "";
        if (unshare(CLONE_NEWNS) != 0 ||
            mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("none", b->dir, "tmpfs", 0, "size=64k") != 0 ||
            mkdir(b->tally, 0755) != 0) {
            _exit(77);
        }
        if (open_runner(b) != BUS_OK) {
            _exit(1);
        }
        (void)snprintf(filler, sizeof(filler), "%s/filler", b->dir);
        int fd = open(filler, O_WRONLY | O_CREAT, 0644);
        while (write(fd, block, sizeof(block)) > 0) {
        }
        (void)close(fd);
        load_chunk(b);
        if (give(b, 1) != BUS_EFULL || bus_parking_count(b->r.parking) != 0) {
            _exit(2);
        }
        (void)unlink(filler);
        if (give(b, 1) != BUS_OK) {
            _exit(3);
        }
        partner_takes(b);
        given_once(b, "tiny disk", 0);
        _exit(0);
    }
    int status = 0;
    (void)waitpid(pid, &status, 0);
    bench_free(b);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIPPED: may not mount\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void in_the_way(struct bench *b, int n, bool put)
{
    char path[160], id[BUS_ID_TEXT + 1];
    struct bus_id i = id_of(n);
    (void)snprintf(path, sizeof(path), "%s/out/%s.json", b->spool,
                   bus_id_text(&i, id));
    assert_int_equal(put ? mkdir(path, 0755) : rmdir(path), 0);
}

/* A household's later event is not given before its earlier one because the
 * adapter died between the two. */
static void order_over_a_crash(void **state)
{
    (void)state;
    bool died = true;
    for (long at = 1; died; at++) {
        struct bench *b = bench_new();
        assert_int_equal(open_runner(b), BUS_OK);
        close_runner(b);
        in_the_way(b, 3, true);
        died = in_child(b, at, whole_giving);
        assert_int_equal(open_runner(b), BUS_OK);
        partner_takes(b);
        char path[200], id[BUS_ID_TEXT + 1];
        struct bus_id fourth = id_of(4);
        (void)snprintf(path, sizeof(path), "%s/%s.json.0", b->tally,
                       bus_id_text(&fourth, id));
        assert_int_not_equal(access(path, F_OK), 0);
        load_chunk(b);
        assert_int_equal(give(b, 1), BUS_OK);
        assert_int_equal(bus_parking_count(b->r.parking), 2);
        in_the_way(b, 3, false);
        close_runner(b);
        bench_free(b);
    }
}

/* The same event twice in one chunk is one document. */
static void twice_in_a_chunk(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    assert_int_equal(open_runner(b), BUS_OK);
    load_chunk(b);
    b->r.give.docs[1].task = b->r.give.docs[0].task;
    assert_int_equal(give(b, 1), BUS_OK);
    assert_int_equal(b->r.give.docs[0].result, GIVE_GIVEN);
    assert_int_equal(b->r.give.docs[1].result, GIVE_BEFORE);
    partner_takes(b);
    assert_int_equal(files_in(b->tally, "", ".json.0"), DOCS - 1);
    close_runner(b);
    bench_free(b);
}

static void second_adapter(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    struct bus_transport *other = NULL;
    struct bus_err err;
    assert_int_equal(open_runner(b), BUS_OK);
    assert_int_equal(bus_transport_spool.open(&b->partner, &other, &err),
                     BUS_EFENCED);
    close_runner(b);
    assert_int_equal(bus_transport_spool.open(&b->partner, &other, &err), 0);
    bus_transport_spool.close(other);
    bench_free(b);
}

/* --- parking --- */

static void parked_in_order(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    assert_int_equal(open_runner(b), BUS_OK);
    in_the_way(b, 3, true);
    load_chunk(b);
    assert_int_equal(give(b, 1), BUS_OK);
    const enum give_result want[] = {GIVE_GIVEN, GIVE_GIVEN, GIVE_PARKED,
                                     GIVE_PARKED};
    for (int i = 0; i < DOCS; i++) {
        assert_int_equal(b->r.give.docs[i].result, want[i]);
    }
    assert_int_equal(bus_seen_open_tasks(b->r.seen), 2);
    /* Given again by Kafka: nothing more happens. Then a restart. */
    load_chunk(b);
    assert_int_equal(give(b, 1), BUS_OK);
    assert_int_equal(bus_parking_count(b->r.parking), 2);
    close_runner(b);
    assert_int_equal(open_runner(b), BUS_OK);
    assert_int_equal(bus_parking_count(b->r.parking), 2);
    for (int i = 3; i <= 4; i++) {
        struct bus_parked *e = bus_parking_due(b->r.parking, INT64_MAX);
        assert_non_null(e);
        assert_int_equal(e->letter.offset, i - 1);
        assert_true(bus_strv_is(e->letter.reason_code, "NOT_TAKEN"));
        load_chunk(b);
        b->r.give.docs[0] = b->r.give.docs[i - 1];
        b->r.give.docs[0].msg = NULL;
        b->r.give.n = 1;
        b->r.give.parked = e;
        if (i == 3) {
            assert_int_equal(give(b, 1), BUS_OK);
            assert_ptr_equal(b->r.give.parked, e);
            assert_int_equal(b->r.give.docs[0].result, GIVE_PARKED);
            int64_t now = e->letter.first_at;
            assert_false(bus_parking_tried(b->r.parking, e, now));
            assert_int_equal(e->letter.tries, 2);
            assert_null(bus_parking_due(b->r.parking, now));
            assert_true(bus_parking_tried(b->r.parking, e, now + 1000));
            in_the_way(b, 3, false);
            b->r.give.docs[0].result = GIVE_OPEN;
        }
        assert_int_equal(give(b, 1), BUS_OK);
        assert_null(b->r.give.parked);
    }
    assert_int_equal(bus_parking_count(b->r.parking), 0);
    partner_takes(b);
    given_once(b, "parked", 0);
    close_runner(b);
    bench_free(b);
}

static void parking_full(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->partner.parking.per_household = 1;
    assert_int_equal(open_runner(b), BUS_OK);
    in_the_way(b, 3, true);
    load_chunk(b);
    assert_int_equal(give(b, 1), BUS_OK);
    assert_int_equal(b->r.give.docs[2].result, GIVE_PARKED);
    assert_int_equal(b->r.give.docs[3].result, GIVE_DEAD);
    assert_int_equal(bus_parking_count(b->r.parking), 1);
    in_the_way(b, 3, false);
    close_runner(b);
    bench_free(b);
}

/* --- what the partner gives --- */

static void drop(struct bench *b, const char *name, const char *text)
{
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/in/%s", b->spool, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs(text, f);
    (void)fclose(f);
}

static size_t take(struct bench *b)
{
    b->r.taking.n = 0;
    b->r.rc = BUS_OK;
    take_run(&b->r);
    assert_int_equal(b->r.rc, BUS_OK);
    return b->r.taking.n;
}

static void only_what_is_finished(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    assert_int_equal(open_runner(b), BUS_OK);
    drop(b, "a.json", "{\"x\":");
    drop(b, ".b.json", "{}");
    drop(b, "c.json.tmp", "{}");
    assert_int_equal(take(b), 0); /* the first look */
    drop(b, "a.json", "{\"x\":1");
    assert_int_equal(take(b), 0); /* it was still written to */
    assert_int_equal(take(b), 1);
    assert_string_equal(b->r.taking.list[0].taken.name, "a.json");
    /* Not finished after all: given back, written on, taken whole. */
    struct bus_err err;
    assert_int_equal(bus_transport_spool.settle(b->r.transport, "a.json",
                                                BUS_TRANSPORT_LATER,
                                                (struct bus_strv){0}, &err),
                     0);
    drop(b, "a.json", "{\"x\":1}");
    assert_int_equal(take(b), 0);
    assert_int_equal(take(b), 1);
    assert_true(bus_strv_is(b->r.taking.list[0].taken.bytes, "{\"x\":1}"));
    close_runner(b);
    /* Claimed, and the adapter dies: it is read again. */
    assert_int_equal(open_runner(b), BUS_OK);
    assert_int_equal(take(b), 1);
    close_runner(b);
    bench_free(b);
}

static void odd_files(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    char big[5000], path[200];
    assert_int_equal(open_runner(b), BUS_OK);
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    drop(b, "big.json", big);
    (void)snprintf(path, sizeof(path), "%s/in/link.json", b->spool);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    (void)snprintf(path, sizeof(path), "%s/in/folder.json", b->spool);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)take(b);
    assert_int_equal(take(b), 1);
    assert_null(b->r.taking.list[0].taken.bytes.p);
    assert_int_equal(b->r.taking.list[0].taken.why, BUS_ETOOBIG);
    close_runner(b);
    bench_free(b);
}

static void one_name_twice(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    struct bus_err err;
    assert_int_equal(open_runner(b), BUS_OK);
    for (int i = 0; i < 3; i++) {
        drop(b, "x.json", i ? "{\"n\":2}" : "{}");
        (void)take(b);
        assert_int_equal(take(b), 1);
        assert_int_equal(
            bus_transport_spool.settle(b->r.transport, "x.json",
                                       i < 2 ? BUS_TRANSPORT_ACCEPTED
                                             : BUS_TRANSPORT_REJECTED,
                                       BUS_STRV("{}"), &err),
            0);
    }
    assert_int_equal(files_in(b->spool, "/done", ".json"), 4);
    assert_int_equal(files_in(b->spool, "/done", "~2.json"), 1);
    assert_int_equal(files_in(b->spool, "/rejected", ".reason.json"), 1);
    assert_int_equal(files_in(b->spool, "/in", ".json"), 0);
    close_runner(b);
    bench_free(b);
}

/* The event's id is the file's first byte; "Kafka" is a file it is put to. */
static void whole_taking(struct bench *b)
{
    char path[200];
    if (open_runner(b) != BUS_OK) {
        _exit(1);
    }
    (void)snprintf(path, sizeof(path), "%s/kafka", b->dir);
    for (int i = 0; i < 2; i++) {
        b->r.taking.n = 0;
        take_run(&b->r);
    }
    for (size_t i = 0; i < b->r.taking.n; i++) {
        struct answer *a = &b->r.taking.list[i];
        a->event.event_id = id_of(a->taken.bytes.p[0]);
        a->event.about = a->event.event_id;
        a->again = bus_seen_has(b->r.seen, BUS_SEEN_TAKEN, &a->event.event_id);
        a->verdict = BUS_TRANSPORT_ACCEPTED;
        a->note = BUS_STRV("{}\n");
        int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0644);
        if (!a->again && write(fd, a->taken.bytes.p, 1) != 1) {
            _exit(3);
        }
        (void)close(fd);
    }
    settle_run(&b->r);
    if (b->r.rc != BUS_OK) {
        _exit(4);
    }
}

static void answers_never_lost(void **state)
{
    (void)state;
    bool died = true;
    long at = 1;
    for (; died; at++) {
        struct bench *b = bench_new();
        char path[200], events[64] = "";
        assert_int_equal(open_runner(b), BUS_OK);
        drop(b, "1.json", "a");
        drop(b, "2.json", "b");
        drop(b, "3.json", "c");
        close_runner(b);
        died = in_child(b, at, whole_taking);
        assert_false(in_child(b, 0, whole_taking));
        (void)snprintf(path, sizeof(path), "%s/kafka", b->dir);
        int fd = open(path, O_RDONLY);
        ssize_t n = read(fd, events, sizeof(events) - 1);
        (void)close(fd);
        assert_true(n >= 3 && n <= 6); /* at most once more, with its id */
        assert_true(strchr(events, 'a') && strchr(events, 'b') &&
                    strchr(events, 'c'));
        assert_int_equal(files_in(b->spool, "/done", ".ack.json"), 3);
        assert_int_equal(files_in(b->spool, "/done", ".json"), 6);
        assert_int_equal(files_in(b->spool, "/in", ".json") +
                             files_in(b->spool, "/.bus/claimed", ".json"),
                         0);
        bench_free(b);
    }
    assert_true(at > 10);
}

/* --- notes --- */

static void notes_shorten(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    struct bus_seen *s = NULL;
    struct bus_err err;
    int fd = open(b->dir, O_RDONLY | O_DIRECTORY);
    assert_int_equal(bus_seen_open(fd, "ids", 10, &s, &err), 0);
    for (int i = 0; i < 200; i++) {
        struct bus_seen_note n[] = {{BUS_SEEN_GIVEN, id_of(i), 1000 + i},
                                    {BUS_SEEN_OPENED, id_of(i), 1000 + i}};
        assert_int_equal(bus_seen_add(s, n, i < 5 ? 2 : 1, &err), 0);
    }
    bus_seen_close(s);
    struct stat st;
    assert_int_equal(fstatat(fd, "ids", &st, 0), 0);
    assert_true(st.st_size < 60 * 26);
    /* A torn end is none. */
    int ids = openat(fd, "ids", O_WRONLY | O_APPEND);
    assert_int_equal(write(ids, "\x01torn", 5), 5);
    (void)close(ids);
    assert_int_equal(bus_seen_open(fd, "ids", 10, &s, &err), 0);
    for (int i = 190; i < 200; i++) {
        struct bus_id id = id_of(i);
        assert_true(bus_seen_has(s, BUS_SEEN_GIVEN, &id));
    }
    assert_int_equal(bus_seen_open_tasks(s), 5);
    assert_int_equal(bus_seen_open_before(s, 1003), 3);
    struct bus_seen_note last = {BUS_SEEN_TAKEN, id_of(250), 5000};
    assert_int_equal(bus_seen_add(s, &last, 1, &err), 0);
    bus_seen_close(s);
    assert_int_equal(bus_seen_open(fd, "ids", 10, &s, &err), 0);
    assert_true(bus_seen_has(s, BUS_SEEN_TAKEN, &last.id));
    bus_seen_close(s);
    (void)close(fd);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_anywhere),
        cmocka_unit_test(no_room_anywhere),
        cmocka_unit_test(tiny_disk),
        cmocka_unit_test(order_over_a_crash),
        cmocka_unit_test(twice_in_a_chunk),
        cmocka_unit_test(second_adapter),
        cmocka_unit_test(parked_in_order),
        cmocka_unit_test(parking_full),
        cmocka_unit_test(only_what_is_finished),
        cmocka_unit_test(odd_files),
        cmocka_unit_test(one_name_twice),
        cmocka_unit_test(answers_never_lost),
        cmocka_unit_test(notes_shorten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
