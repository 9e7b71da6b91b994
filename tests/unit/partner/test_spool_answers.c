/* The spool, what the partner gives: only what is finished is taken, nothing is
 * lost by a crash or a full disk, nothing taken twice. */
#include "tests/unit/partner/spool_bench.h"

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
    partner_collect_run(&b->r);
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
    assert_int_equal(bus_partner_transport_spool.settle(
                         b->r.transport, "a.json", BUS_TRANSPORT_LATER,
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

/* A link, a pipe, a folder, a name that is too long: not opened, left where
 * they are, each told once by a reason file. */
static void what_is_no_document_is_told(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    char path[512], name[240];
    assert_int_equal(open_runner(b), BUS_OK);
    (void)snprintf(path, sizeof(path), "%s/in/link.json", b->spool);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    (void)snprintf(path, sizeof(path), "%s/in/pipe.json", b->spool);
    assert_int_equal(mkfifo(path, 0644), 0);
    (void)snprintf(path, sizeof(path), "%s/in/folder.json", b->spool);
    assert_int_equal(mkdir(path, 0755), 0);
    memset(name, 'n', sizeof(name));
    (void)snprintf(name + 220, sizeof(name) - 220, ".json");
    (void)snprintf(path, sizeof(path), "%s/in/%s", b->spool, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    assert_true(fd >= 0 && close(fd) == 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(take(b), 0);
        assert_int_equal(files_in(b->spool, "/rejected", ".reason.json"), 4);
    }
    assert_int_equal(files_in(b->spool, "/in", ".json"), 4);
    char text[1024] = "";
    (void)snprintf(path, sizeof(path), "%s/rejected/link.reason.json",
                   b->spool);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
    (void)fclose(f);
    assert_non_null(strstr(text, "NOT_A_FILE"));
    assert_non_null(strstr(text, "must be a regular file"));
    close_runner(b);
    bench_free(b);
}

static mode_t mode_of(const struct bench *b, const char *name)
{
    char path[512];
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s/%s", b->spool, name);
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

/* Whoever started it with which umask: the partner's account comes by its
 * group, others do not come. */
static void rights_under_any_umask(void **state)
{
    (void)state;
    static const mode_t masks[] = {0, 022, 077};
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        mode_t before = umask(masks[i]);
        struct bench *b = bench_new();
        struct bus_err err;
        assert_int_equal(open_runner(b), BUS_OK);
        assert_int_equal(mode_of(b, "in"), 0770);
        assert_int_equal(mode_of(b, "out"), 0770);
        assert_int_equal(mode_of(b, "rejected"), 0770);
        drop(b, "x.json", "{}");
        (void)take(b);
        assert_int_equal(take(b), 1);
        assert_int_equal(bus_partner_transport_spool.settle(
                             b->r.transport, "x.json", BUS_TRANSPORT_REJECTED,
                             BUS_STRV("{}"), &err),
                         0);
        assert_int_equal(mode_of(b, "rejected/x.reason.json"), 0640);
        close_runner(b);
        bench_free(b);
        (void)umask(before);
    }
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
            bus_partner_transport_spool.settle(b->r.transport, "x.json",
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

static struct bus_id task_of(int letter)
{
    return id_of(100 + letter);
}

/* The event's id is the file's first byte; "Kafka" is a file it is put to. */
static void whole_taking(struct bench *b)
{
    static const struct bus_partner_kind_in answers = {.kind = "post"};
    char path[200];
    if (open_runner(b) != BUS_OK) {
        _exit(1);
    }
    (void)snprintf(path, sizeof(path), "%s/kafka", b->dir);
    for (int i = 0; i < 2; i++) {
        b->r.taking.n = 0;
        partner_collect_run(&b->r);
    }
    for (size_t i = 0; i < b->r.taking.n; i++) {
        struct answer *a = &b->r.taking.list[i];
        a->event.in = &answers;
        a->event.event_id = id_of(a->taken.bytes.p[0]);
        a->event.about = task_of(a->taken.bytes.p[0]);
        a->again = bus_partner_dedup_has(b->r.seen, BUS_SEEN_TAKEN,
                                         &a->event.event_id);
        a->verdict = BUS_TRANSPORT_ACCEPTED;
        a->note = BUS_STRV("{}\n");
        int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0644);
        if (!a->again && write(fd, a->taken.bytes.p, 1) != 1) {
            _exit(3);
        }
        (void)close(fd);
    }
    partner_settle_run(&b->r);
    if (b->r.rc != BUS_OK) {
        _exit(4);
    }
}

static size_t tasks_open(struct bench *b)
{
    assert_int_equal(open_runner(b), BUS_OK);
    size_t n = bus_partner_dedup_open_tasks(b->r.seen);
    close_runner(b);
    return n;
}

/* Nor does a task stay open that was answered, wherever the adapter dies: half
 * of a write of notes is on the disk then. */
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
        for (int c = 'a'; c <= 'c'; c++) {
            struct bus_err err;
            struct bus_partner_dedup_note n = {BUS_SEEN_OPENED, task_of(c), 1};
            assert_int_equal(bus_partner_dedup_add(b->r.seen, &n, 1, &err), 0);
        }
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
        assert_int_equal(tasks_open(b), 0);
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
    assert_int_equal(bus_partner_dedup_open(fd, "ids", 10, &s, &err), 0);
    for (int i = 0; i < 200; i++) {
        struct bus_partner_dedup_note n[] = {
            {BUS_SEEN_GIVEN, id_of(i), 1000 + i},
            {BUS_SEEN_OPENED, id_of(i), 1000 + i}};
        assert_int_equal(bus_partner_dedup_add(s, n, i < 5 ? 2 : 1, &err), 0);
    }
    bus_partner_dedup_close(s);
    struct stat st;
    assert_int_equal(fstatat(fd, "ids", &st, 0), 0);
    assert_true(st.st_size < 60 * 26);
    /* A torn end is none. */
    int ids = openat(fd, "ids", O_WRONLY | O_APPEND);
    assert_int_equal(write(ids, "\x01torn", 5), 5);
    (void)close(ids);
    assert_int_equal(bus_partner_dedup_open(fd, "ids", 10, &s, &err), 0);
    for (int i = 190; i < 200; i++) {
        struct bus_id id = id_of(i);
        assert_true(bus_partner_dedup_has(s, BUS_SEEN_GIVEN, &id));
    }
    assert_int_equal(bus_partner_dedup_open_tasks(s), 5);
    assert_int_equal(bus_partner_dedup_open_before(s, 1003), 3);
    struct bus_partner_dedup_note last = {BUS_SEEN_TAKEN, id_of(250), 5000};
    assert_int_equal(bus_partner_dedup_add(s, &last, 1, &err), 0);
    bus_partner_dedup_close(s);
    assert_int_equal(bus_partner_dedup_open(fd, "ids", 10, &s, &err), 0);
    assert_true(bus_partner_dedup_has(s, BUS_SEEN_TAKEN, &last.id));
    bus_partner_dedup_close(s);
    (void)close(fd);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_finished),
        cmocka_unit_test(odd_files),
        cmocka_unit_test(what_is_no_document_is_told),
        cmocka_unit_test(rights_under_any_umask),
        cmocka_unit_test(one_name_twice),
        cmocka_unit_test(answers_never_lost),
        cmocka_unit_test(notes_shorten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
