/* The journal: order, limit, full disk, every truncation, damage, one owner. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/base/hash.h"
#include "producers/intake/journal.h"
#include "tests/lib/check.h"

#define RECORDS   7
#define ROOM      (1u << 20)
#define HEAD_SIZE 24

static char dir[64], file[80], mark[80], damaged[80];

static int fresh(void **state)
{
    (void)state;
    (void)strcpy(dir, "/tmp/lianou-journal-XXXXXX");
    if (mkdtemp(dir) == NULL) {
        return -1;
    }
    (void)snprintf(file, sizeof(file), "%s/journal", dir);
    (void)snprintf(mark, sizeof(mark), "%s/journal.mark", dir);
    (void)snprintf(damaged, sizeof(damaged), "%s/journal.damaged", dir);
    return 0;
}

static int swept(void **state)
{
    (void)state;
    (void)unlink(file);
    (void)unlink(mark);
    (void)unlink(damaged);
    return rmdir(dir);
}

static void put(struct journal *j, int i)
{
    char key[16], value[64];
    struct bus_err err;
    int k = snprintf(key, sizeof(key), "key-%d", i);
    int v = snprintf(value, sizeof(value), "value %d %.*s", i, i * 3,
                     "........................");
    assert_int_equal(intake_journal_append(j, (struct bus_strv){key, (size_t)k},
                                           (struct bus_strv){value, (size_t)v},
                                           &err),
                     BUS_OK);
}

/* Reads all; the numbers of the keys, as text. */
static const char *order(struct journal *j)
{
    static char seen[256];
    struct bus_arena mem;
    uint64_t at = j->drained;
    struct bus_strv key, value;
    seen[0] = '\0';
    bus_arena_init(&mem, 0, 0);
    while (intake_journal_read(j, &at, &mem, &key, &value, NULL) == BUS_OK) {
        assert_true(key.n > 4 && memcmp(key.p, "key-", 4) == 0);
        assert_true(value.n > 6 && memcmp(value.p, "value ", 6) == 0);
        (void)strncat(seen, key.p + 4, key.n - 4);
    }
    bus_arena_fini(&mem);
    return seen;
}

static off_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

static void well(struct journal *j, uint64_t max)
{
    struct bus_err err = {0};
    if (intake_journal_open(j, dir, max, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

static void keeps_order(void **state)
{
    (void)state;
    struct journal j;
    struct bus_err err;
    well(&j, ROOM);
    for (int i = 0; i < 5; i++) {
        put(&j, i);
    }
    assert_int_equal(intake_journal_sync(&j, &err), BUS_OK);
    assert_string_equal(order(&j), "01234");
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    uint64_t at = j.drained;
    struct bus_strv k, v;
    assert_int_equal(intake_journal_read(&j, &at, &mem, &k, &v, &err), BUS_OK);
    assert_int_equal(intake_journal_read(&j, &at, &mem, &k, &v, &err), BUS_OK);
    bus_arena_fini(&mem);
    assert_int_equal(intake_journal_mark(&j, at, &err), BUS_OK);
    assert_string_equal(order(&j), "234");
    intake_journal_close(&j);
    well(&j, ROOM); /* what was marked is not sent again */
    assert_string_equal(order(&j), "234");
    assert_int_equal(intake_journal_mark(&j, j.end, &err), BUS_OK);
    assert_int_equal(size_of(file), 0);
    assert_int_equal(intake_journal_waiting(&j), 0);
    put(&j, 5);
    assert_string_equal(order(&j), "5");
    intake_journal_close(&j);
}

/* A crash may leave any part of the file: what is whole is read, nothing else,
 * and new records stand behind it. */
static void every_truncation(void **state)
{
    (void)state;
    struct journal j;
    uint64_t ends[RECORDS + 1] = {0};
    well(&j, ROOM);
    for (int i = 0; i < RECORDS; i++) {
        put(&j, i);
        ends[i + 1] = j.end;
    }
    size_t n = (size_t)j.end;
    char bytes[4096];
    assert_true(n <= sizeof(bytes));
    assert_int_equal(pread(j.fd, bytes, n, 0), n);
    intake_journal_close(&j);
    for (size_t cut = 0; cut <= n; cut++) {
        int fd = open(file, O_WRONLY | O_TRUNC);
        assert_int_equal(write(fd, bytes, cut), cut);
        (void)close(fd);
        (void)unlink(damaged);
        well(&j, ROOM);
        int whole = 0;
        while (whole < RECORDS && ends[whole + 1] <= cut) {
            whole++;
        }
        assert_int_equal(j.end, ends[whole]);
        assert_int_equal(j.damaged_bytes, cut - ends[whole]);
        put(&j, 8);
        char want[RECORDS + 2] = "0123456";
        want[whole] = '8';
        want[whole + 1] = '\0';
        assert_string_equal(order(&j), want);
        intake_journal_close(&j);
    }
}

/* So may the mark: then all of it is sent again, which is harmless. */
static void every_mark(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < 8; cut++) {
        struct journal j;
        struct bus_err err;
        well(&j, ROOM);
        put(&j, 1);
        uint64_t at = j.end;
        put(&j, 2);
        assert_int_equal(intake_journal_mark(&j, at, &err), BUS_OK);
        intake_journal_close(&j);
        assert_int_equal(truncate(mark, (off_t)cut), 0);
        well(&j, ROOM);
        assert_string_equal(order(&j), "12");
        assert_int_equal(intake_journal_mark(&j, j.end, &err), BUS_OK);
        intake_journal_close(&j);
    }
    struct journal j;
    well(&j, ROOM);
    put(&j, 1);
    put(&j, 2);
    intake_journal_close(&j);
    uint64_t inside = HEAD_SIZE + 3; /* of no record's beginning */
    int fd = open(mark, O_WRONLY);
    assert_int_equal(pwrite(fd, &inside, sizeof(inside), 0), sizeof(inside));
    (void)close(fd);
    well(&j, ROOM);
    assert_string_equal(order(&j), "2");
    assert_true(size_of(damaged) > 0);
    intake_journal_close(&j);
}

/* A full disk must not keep a drained journal from being marked as such: the
 * mark has its place before the first record has. */
static void mark_before_records(void **state)
{
    (void)state;
    struct journal j;
    struct bus_err err;
    struct stat st;
    assert_int_equal(intake_journal_open(&j, dir, ROOM, &err), BUS_OK);
    assert_int_equal(stat(mark, &st), 0);
    assert_int_equal(st.st_size, sizeof(uint64_t));
    intake_journal_close(&j);
}

/* A bad spot in the middle costs the record it lies in; its bytes are kept. */
static void every_damage(void **state)
{
    (void)state;
    struct journal j;
    well(&j, ROOM);
    for (int i = 0; i < 3; i++) {
        put(&j, i);
    }
    size_t n = (size_t)j.end, first = n;
    for (size_t i = 0; i < n; i++) {
        uint8_t was = 0, is;
        assert_int_equal(pread(j.fd, &was, 1, (off_t)i), 1);
        is = was ^ 0x41;
        assert_int_equal(pwrite(j.fd, &is, 1, (off_t)i), 1);
        intake_journal_close(&j);
        (void)unlink(damaged);
        well(&j, ROOM);
        const char *got = order(&j);
        if (strcmp(got, "12") != 0 && strcmp(got, "02") != 0 &&
            strcmp(got, "01") != 0) {
            fail_msg("damage at %zu: %s", i, got);
        }
        assert_true(size_of(damaged) > 0 && j.damaged_bytes > 0);
        first = strcmp(got, "12") != 0 && i < first ? i : first;
        /* Mend it: the cut end comes back too. */
        if (j.end < n) {
            int fd = open(damaged, O_RDONLY);
            char tail[4096];
            ssize_t t = read(fd, tail, sizeof(tail));
            (void)close(fd);
            assert_int_equal(t, n - j.end);
            assert_int_equal(pwrite(j.fd, tail, (size_t)t, (off_t)j.end), t);
        }
        assert_int_equal(pwrite(j.fd, &was, 1, (off_t)i), 1);
        intake_journal_close(&j);
        well(&j, ROOM);
        assert_string_equal(order(&j), "012");
    }
    assert_true(first > HEAD_SIZE && first < n);
    intake_journal_close(&j);
}

static void full_at_its_limit(void **state)
{
    (void)state;
    struct journal j;
    struct bus_err err;
    well(&j, 400);
    int n = 0;
    while (intake_journal_append(&j, BUS_STRV("key-1"), BUS_STRV("value 1"),
                                 &err) == BUS_OK) {
        n++;
    }
    assert_int_equal(err.code, BUS_EFULL);
    assert_int_equal(n, 400 / (HEAD_SIZE + 12));
    assert_int_equal(intake_journal_mark(&j, j.end, &err), BUS_OK);
    put(&j, 2);
    assert_string_equal(order(&j), "2");
    intake_journal_close(&j);
}

/* What is drained makes room although the file never gets empty. */
static void room_behind_the_mark(void **state)
{
    (void)state;
    static char big[100000];
    struct journal j;
    struct bus_err err;
    struct bus_arena mem;
    well(&j, 4 * sizeof(big));
    bus_arena_init(&mem, 0, 0);
    uint64_t at = 0;
    struct bus_strv k, v, value = {big, sizeof(big)};
    assert_int_equal(intake_journal_append(&j, BUS_STRV("key-1"), value, &err),
                     BUS_OK);
    for (int i = 0; i < 100 && !j.no_holes; i++) {
        assert_int_equal(
            intake_journal_append(&j, BUS_STRV("key-1"), value, &err), BUS_OK);
        bus_arena_reset(&mem);
        assert_int_equal(intake_journal_read(&j, &at, &mem, &k, &v, &err),
                         BUS_OK);
        assert_int_equal(intake_journal_mark(&j, at, &err), BUS_OK);
    }
    struct stat st;
    assert_int_equal(fstat(j.fd, &st), 0);
    if (!j.no_holes) {
        assert_true(st.st_blocks * 512 < 20 * (off_t)sizeof(big));
    }
    bus_arena_fini(&mem);
    intake_journal_close(&j);
}

/* The disk is full in the middle of a record: nothing of it stays. */
static void full_disk(void **state)
{
    (void)state;
    struct journal j;
    struct bus_err err;
    struct rlimit was, small = {150, RLIM_INFINITY};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small.rlim_max = was.rlim_max;
    well(&j, ROOM);
    put(&j, 1);
    put(&j, 2);
    uint64_t end = j.end;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int rc = BUS_OK;
    for (int i = 0; i < 5 && rc == BUS_OK; i++) {
        end = j.end;
        rc = intake_journal_append(
            &j, BUS_STRV("key-3"),
            BUS_STRV("value of more bytes than there is room"), &err);
    }
    off_t left = size_of(file);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(rc, BUS_EFULL);
    assert_int_equal(left, end);
    assert_string_equal(order(&j), end > 100 ? "123" : "12");
    put(&j, 4); /* room again: it goes on */
    intake_journal_close(&j);
    well(&j, ROOM);
    assert_int_equal(j.damaged_bytes, 0);
    intake_journal_close(&j);
}

static void one_owner(void **state)
{
    (void)state;
    struct journal j, second;
    struct bus_err err;
    well(&j, ROOM);
    put(&j, 1);
    assert_int_equal(intake_journal_open(&second, dir, ROOM, &err),
                     BUS_ECONFIG);
    if (strstr(err.msg, "another process") == NULL ||
        strstr(err.msg, file) == NULL) {
        fail_msg("%s", err.msg);
    }
    put(&j, 2); /* the first is untouched */
    assert_string_equal(order(&j), "12");
    intake_journal_close(&j);
    well(&j, ROOM);
    intake_journal_close(&j);
}

/* As a later program would have written it: not for us to set aside. */
static void another_version(void **state)
{
    (void)state;
    struct journal j;
    struct bus_err err;
    struct
    {
        uint32_t magic, key_bytes, value_bytes, version;
        uint64_t hash;
        char key[8], value[8];
    } record = {0x4c4e4f55u, 8, 8, JOURNAL_VERSION + 1, 0, "key-9999", "?"};
    record.hash = bus_hash64(record.value, 8,
                             bus_hash64(record.key, 8, JOURNAL_VERSION + 2));
    well(&j, ROOM);
    put(&j, 1);
    intake_journal_close(&j);
    off_t before = size_of(file);
    int fd = open(file, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, &record, sizeof(record)), sizeof(record));
    assert_int_equal(intake_journal_open(&j, dir, ROOM, &err), BUS_ECONFIG);
    if (strstr(err.msg, "of version 1") == NULL ||
        strstr(err.msg, file) == NULL) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(size_of(file), before + (off_t)sizeof(record));
    assert_int_equal(size_of(damaged), -1);
    record.hash++; /* with another hash it is damage */
    assert_int_equal(ftruncate(fd, before), 0);
    assert_int_equal(write(fd, &record, sizeof(record)), sizeof(record));
    (void)close(fd);
    well(&j, ROOM);
    assert_string_equal(order(&j), "1");
    assert_int_equal(j.damaged_bytes, sizeof(record));
    intake_journal_close(&j);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, swept)
    const struct CMUnitTest tests[] = {
        TEST(keeps_order),
        TEST(every_truncation),
        TEST(every_mark),
        TEST(mark_before_records),
        TEST(every_damage),
        TEST(full_at_its_limit),
        TEST(room_behind_the_mark),
        TEST(full_disk),
        TEST(one_owner),
        TEST(another_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
