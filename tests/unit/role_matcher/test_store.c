/* The households on this machine's disk: what is kept, and what is noticed of a
 * file that is not what was written. */
#include "tests/lib/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consumers/matcher/store/store.h"

static char dir[64];
static struct bus_arena mem;
static struct bus_err err;

static int setup(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof(dir), "/tmp/test-store-XXXXXX");
    assert_non_null(mkdtemp(dir));
    bus_arena_init(&mem, 0, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char cmd[100];
    bus_arena_fini(&mem);
    (void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
    return system(cmd);
}

static struct store *open_store(void)
{
    struct store *s = NULL;
    if (matcher_store_open(dir, 3, 0, &s, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return s;
}

static struct bus_id id_of(int n)
{
    struct bus_id id = {{0}};
    id.b[0] = (uint8_t)(n * 37);
    id.b[12] = (uint8_t)(n >> 16);
    id.b[13] = (uint8_t)(n >> 8);
    id.b[14] = (uint8_t)n;
    return id;
}

static void put(struct store *s, int n, const char *text)
{
    struct bus_id id = id_of(n);
    struct bus_strv v = text ? bus_strv(text) : (struct bus_strv){0};
    assert_int_equal(matcher_store_put(s, &id, v, &err), BUS_OK);
}

static void commit(struct store *s, int64_t applied)
{
    assert_int_equal(matcher_store_commit(s, applied, &err), BUS_OK);
}

static void is(struct store *s, int n, const char *text)
{
    struct bus_id id = id_of(n);
    struct bus_strv v;
    assert_int_equal(matcher_store_get(s, &id, &mem, &v, &err), BUS_OK);
    if (text == NULL) {
        assert_null(v.p);
    } else if (!bus_strv_is(v, text)) {
        fail_msg("%d is '%.*s', not '%s'", n, BUS_STRV_ARG(v), text);
    }
}

/* The only file of the store, or the newest. */
static void file_of(char ret[400])
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/p3", dir);
    DIR *d = opendir(path);
    struct dirent *e;
    ret[0] = '\0';
    while ((e = readdir(d)) != NULL) {
        char name[400];
        (void)snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
        if (strncmp(e->d_name, "log.", 4) == 0 && strcmp(name, ret) > 0) {
            (void)strcpy(ret, name);
        }
    }
    (void)closedir(d);
}

static void filled(struct store *s, int from, int to, const char *word)
{
    for (int i = from; i < to; i++) {
        char text[100];
        (void)snprintf(text, sizeof(text), "%s of household %d", word, i);
        put(s, i, text);
        if (i % 10 == 9) {
            commit(s, i + 1);
        }
    }
}

static void what_is_put_is_there(void **state)
{
    (void)state;
    struct store *s = open_store();
    assert_int_equal(matcher_store_applied(s), -1);
    put(s, 1, "one");
    is(s, 1, "one"); /* before it is committed, too */
    put(s, 2, "two");
    commit(s, 7);
    put(s, 1, "one again");
    put(s, 2, NULL);
    put(s, 3, "three");
    is(s, 1, "one again");
    is(s, 2, NULL);
    matcher_store_abort(s);
    is(s, 1, "one");
    is(s, 2, "two");
    is(s, 3, NULL);
    put(s, 2, NULL);
    commit(s, 9);
    matcher_store_close(s);
    s = open_store();
    assert_int_equal(matcher_store_applied(s), 9);
    assert_int_equal(matcher_store_count(s), 1);
    assert_int_equal(matcher_store_cut(s), 0);
    is(s, 1, "one");
    is(s, 2, NULL);
    matcher_store_close(s);
}

static void a_second_process_waits(void **state)
{
    (void)state;
    struct store *s = open_store(), *other = NULL;
    assert_int_equal(matcher_store_open(dir, 3, 0, &other, &err), BUS_EAGAIN);
    matcher_store_close(s);
}

static void ids_come_in_their_order(void **state)
{
    (void)state;
    struct store *s = open_store();
    filled(s, 0, 1000, "state");
    struct bus_id got[64], last = {{0}};
    size_t n = 0, all = 0;
    bool first = true;
    do {
        assert_int_equal(
            matcher_store_ids(s, first ? NULL : &last, 64, got, &n, &err),
            BUS_OK);
        for (size_t i = 0; i < n; i++) {
            assert_true(first || bus_id_cmp(&last, &got[i]) < 0);
            last = got[i];
            first = false;
        }
        all += n;
    } while (n == 64);
    assert_int_equal(all, 1000);
    matcher_store_close(s);
}

/* Everything is overwritten again and again: the outdated goes, what counts
 * stays, also over a restart in the middle of it. */
static void the_outdated_is_swept(void **state)
{
    (void)state;
    static char big[4001];
    memset(big, 'x', sizeof(big) - 1);
    struct store *s = open_store();
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 200; i++) {
            put(s, i, big);
        }
        put(s, 1000 + round, "only once");
        commit(s, round);
        if (round % 7 == 6) {
            matcher_store_close(s);
            s = open_store();
            assert_int_equal(matcher_store_applied(s), round);
            assert_int_equal(matcher_store_count(s), 200 + round + 1);
        }
    }
    for (int i = 0; i < 40; i++) {
        is(s, 1000 + i, "only once");
    }
    is(s, 77, big);
    matcher_store_close(s);
    char path[400];
    struct stat st;
    file_of(path);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < 24 << 20); /* 32 MB were written */
}

/* Somebody put a copy beside it: its name is not a generation's. */
static void a_stray_file_is_no_generation(void **state)
{
    (void)state;
    struct store *s = open_store();
    filled(s, 0, 100, "state");
    matcher_store_close(s);
    char path[400], cmd[900];
    file_of(path);
    static const char *const strays[] = {".bak", "0", "x", " "};
    for (size_t i = 0; i < sizeof(strays) / sizeof(*strays); i++) {
        (void)snprintf(cmd, sizeof(cmd), "cp %s '%s%s'", path, path, strays[i]);
        assert_int_equal(system(cmd), 0);
    }
    (void)snprintf(cmd, sizeof(cmd), "touch %s/p3/log.7 %s/p3/log.0000000G",
                   dir, dir);
    assert_int_equal(system(cmd), 0);
    s = open_store();
    assert_int_equal(matcher_store_applied(s), 100);
    assert_int_equal(matcher_store_count(s), 100);
    is(s, 42, "state of household 42");
    matcher_store_close(s);
    (void)strcat(path, ".bak"); /* nor is it ours to take away */
    assert_int_equal(access(path, R_OK), 0);
}

/* Until there are two files, the first of which is being swept. */
static void begin_sweeping(struct store *s)
{
    static char big[4001];
    char old[400], path[400];
    memset(big, 'x', sizeof(big) - 1);
    file_of(old);
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 500; i++) {
            put(s, i, big);
        }
        commit(s, round);
        file_of(path);
        if (strcmp(path, old) != 0 || matcher_store_damaged(s)) {
            return;
        }
    }
    fail_msg("never swept");
}

static void overwrite(const char *path, int64_t at, const void *p, size_t n)
{
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, p, n, at), (ssize_t)n);
    (void)close(fd);
}

/* Is the household what it was, or is the store known to be damaged? */
static bool stands_or_told(struct store *s, int n, const char *text)
{
    struct bus_id id = id_of(n);
    struct bus_strv v;
    bus_arena_reset(&mem);
    int rc = matcher_store_get(s, &id, &mem, &v, &err);
    return rc == BUS_OK ? bus_strv_is(v, text) : matcher_store_damaged(s);
}

/* While it is swept a record of the old file becomes another that was never
 * written, of any kind and length: nobody vanishes in silence. */
static void noise_under_the_sweep(int64_t at, uint32_t kind, uint32_t n)
{
    static char big[4001];
    struct store *s = open_store();
    char old[400];
    memset(big, 'x', sizeof(big) - 1);
    filled(s, 0, 100, "state");
    uint32_t front[] = {1, 2, n, kind, 4, 5, 6, 7};
    file_of(old);
    overwrite(old, at, front, sizeof(front));
    begin_sweeping(s);
    for (int i = 0; i < 400 && !matcher_store_damaged(s); i++) {
        if (access(old, R_OK) != 0) {
            break; /* swept */
        }
        put(s, 5000 + i, "more");
        commit(s, 200 + i);
    }
    for (int i = 0; i < 500; i++) {
        if (!stands_or_told(s, i, big)) {
            fail_msg("kind %u, %u bytes at %lld: %d has vanished", kind, n,
                     (long long)at, i);
        }
    }
    assert_int_equal(matcher_store_reset(s, &err), BUS_OK);
    put(s, 1, "again");
    commit(s, 1);
    is(s, 1, "again");
    matcher_store_close(s);
}

static void noise_under_the_sweep_is_noticed(void **state)
{
    (void)state;
    static const int64_t places[] = {0, 112}; /* the head, the first put */
    static const uint32_t lengths[] = {24, 4000, 13 << 20, 1u << 31};
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 4; k++) {
            for (uint32_t kind = 0; kind < 6; kind += 1 + (kind == 1)) {
                noise_under_the_sweep(places[i], kind, lengths[k]);
            }
        }
    }
}

static void half_a_file_is_read_to_its_last_commit(void **state)
{
    (void)state;
    struct store *s = open_store();
    filled(s, 0, 1000, "state");
    matcher_store_close(s);
    char path[400];
    struct stat st;
    file_of(path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
    s = open_store();
    int64_t applied = matcher_store_applied(s);
    assert_true(applied > 400 && applied < 600 && applied % 10 == 0);
    assert_int_equal(matcher_store_count(s), applied);
    is(s, 0, "state of household 0");
    is(s, (int)applied, NULL);
    matcher_store_close(s);
}

static void spoil(int64_t at, size_t n, int with)
{
    char path[400], *noise = malloc(n);
    file_of(path);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    for (size_t i = 0; i < n; i++) {
        noise[i] = (char)(with < 0 ? rand() : with);
    }
    assert_int_equal(pwrite(fd, noise, n, at), (ssize_t)n);
    (void)close(fd);
    free(noise);
}

static void noise_ends_what_is_believed(void **state)
{
    (void)state;
    struct store *s = open_store();
    filled(s, 0, 1000, "state");
    matcher_store_close(s);
    srand(7);
    spoil(40000, 4096, -1);
    s = open_store();
    int64_t applied = matcher_store_applied(s);
    assert_true(applied > 0 && applied < 1000);
    assert_true(matcher_store_cut(s) > 4096);
    assert_int_equal(matcher_store_count(s), applied);
    is(s, 0, "state of household 0");
    is(s, 999, NULL);
    filled(s, (int)applied, 1000, "new state"); /* as from the topic */
    is(s, 999, "new state of household 999");
    matcher_store_close(s);
    s = open_store();
    assert_int_equal(matcher_store_count(s), 1000);
    assert_int_equal(matcher_store_cut(s), 0);
    matcher_store_close(s);
}

static void a_zeroed_front_is_set_aside(void **state)
{
    (void)state;
    struct store *s = open_store();
    filled(s, 0, 100, "state");
    matcher_store_close(s);
    spoil(0, 4096, 0);
    s = open_store();
    assert_int_equal(matcher_store_applied(s), -1);
    assert_int_equal(matcher_store_count(s), 0);
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/p3/damaged", dir);
    assert_int_equal(access(path, R_OK), 0);
    filled(s, 0, 10, "state");
    matcher_store_close(s);
}

/* In the running role: the record is not believed, nothing else happens. */
static void noise_under_the_reader_is_noticed(void **state)
{
    (void)state;
    struct store *s = open_store();
    filled(s, 0, 1000, "state");
    spoil(4096, 40960, -1);
    int bad = 0;
    for (int i = 0; i < 1000; i++) {
        struct bus_id id = id_of(i);
        struct bus_strv v;
        int rc = matcher_store_get(s, &id, &mem, &v, &err);
        assert_true(rc == BUS_OK || rc == BUS_EIO);
        bad += rc == BUS_EIO;
    }
    assert_true(bad > 100);
    assert_true(matcher_store_damaged(s));
    assert_int_equal(matcher_store_reset(s, &err), BUS_OK);
    assert_false(matcher_store_damaged(s));
    assert_int_equal(matcher_store_applied(s), -1);
    filled(s, 0, 1000, "again");
    is(s, 500, "again of household 500");
    matcher_store_close(s);
}

static void a_file_cut_under_the_reader_is_noticed(void **state)
{
    (void)state;
    struct store *s = open_store();
    filled(s, 0, 1000, "state");
    char path[400];
    file_of(path);
    assert_int_equal(truncate(path, 1000), 0);
    struct bus_id id = id_of(900);
    struct bus_strv v;
    assert_int_equal(matcher_store_get(s, &id, &mem, &v, &err), BUS_EIO);
    assert_int_equal(matcher_store_reset(s, &err), BUS_OK);
    filled(s, 0, 100, "again");
    matcher_store_close(s);
}

static void an_older_copy_is_where_it_was(void **state)
{
    (void)state;
    struct store *s = open_store();
    filled(s, 0, 500, "state");
    char path[400], cmd[900];
    file_of(path);
    (void)snprintf(cmd, sizeof(cmd), "cp %s %s/copy", path, dir);
    assert_int_equal(system(cmd), 0);
    filled(s, 500, 1000, "state");
    matcher_store_close(s);
    (void)snprintf(cmd, sizeof(cmd), "cp %s/copy %s", dir, path);
    assert_int_equal(system(cmd), 0);
    s = open_store();
    assert_int_equal(matcher_store_applied(s), 500);
    assert_int_equal(matcher_store_count(s), 500);
    matcher_store_close(s);
}

static void deleted_under_the_role_it_goes_on(void **state)
{
    (void)state;
    char cmd[200];
    struct store *s = open_store();
    filled(s, 0, 100, "state");
    (void)snprintf(cmd, sizeof(cmd), "rm -rf %s/p3", dir);
    assert_int_equal(system(cmd), 0);
    filled(s, 100, 200, "state");
    is(s, 150, "state of household 150");
    matcher_store_close(s);
    s = open_store(); /* the next one reads the topic */
    assert_int_equal(matcher_store_applied(s), -1);
    matcher_store_close(s);
}

/* Nothing is there to be read: nobody may take it for a store without
 * households. */
static void what_cannot_begin_anew_stays_damaged(void **state)
{
    (void)state;
    char cmd[200];
    struct store *s = open_store();
    put(s, 1, "one");
    commit(s, 1);
    (void)snprintf(cmd, sizeof(cmd), "rm -rf %s/p3 && touch %s/p3", dir, dir);
    assert_int_equal(system(cmd), 0);
    assert_int_not_equal(matcher_store_reset(s, &err), BUS_OK);
    assert_true(matcher_store_damaged(s));
    (void)snprintf(cmd, sizeof(cmd), "rm %s/p3", dir);
    assert_int_equal(system(cmd), 0);
    assert_int_equal(matcher_store_reset(s, &err), BUS_OK);
    assert_false(matcher_store_damaged(s));
    put(s, 1, "again");
    commit(s, 2);
    is(s, 1, "again");
    matcher_store_close(s);
}

static void a_limit_is_told(void **state)
{
    (void)state;
    struct store *s = NULL;
    struct bus_id id = id_of(1);
    static char big[5000];
    assert_int_equal(matcher_store_open(dir, 3, 4096, &s, &err), BUS_OK);
    struct bus_strv v = {big, sizeof(big)};
    assert_int_equal(matcher_store_put(s, &id, v, &err), BUS_EFULL);
    assert_non_null(strstr(err.msg, "matcher.map_size"));
    matcher_store_abort(s);
    put(s, 1, "small");
    commit(s, 1);
    matcher_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(what_is_put_is_there),
        T(a_second_process_waits),
        T(ids_come_in_their_order),
        T(the_outdated_is_swept),
        T(half_a_file_is_read_to_its_last_commit),
        T(a_stray_file_is_no_generation),
        T(noise_under_the_sweep_is_noticed),
        T(noise_ends_what_is_believed),
        T(a_zeroed_front_is_set_aside),
        T(noise_under_the_reader_is_noticed),
        T(a_file_cut_under_the_reader_is_noticed),
        T(an_older_copy_is_where_it_was),
        T(deleted_under_the_role_it_goes_on),
        T(what_cannot_begin_anew_stays_damaged),
        T(a_limit_is_told),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
