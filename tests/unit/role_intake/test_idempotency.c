/* What was taken before: the same, another, pending, forgotten, after a
 * restart, after every truncation. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "producers/intake/idempotency.h"
#include "tests/lib/check.h"

#define FEW 16

static char dir[64], file[80];

static int fresh(void **state)
{
    (void)state;
    (void)strcpy(dir, "/tmp/lianou-known-XXXXXX");
    (void)snprintf(file, sizeof(file), "%s/known", mkdtemp(dir));
    return 0;
}

static int swept(void **state)
{
    (void)state;
    (void)unlink(file);
    return rmdir(dir);
}

static struct bus_id id(int n)
{
    struct bus_id r = {{0}};
    memcpy(r.b, &n, sizeof(n));
    return r;
}

static void well(struct idempotency *k)
{
    struct bus_err err = {0};
    if (intake_idempotency_open(k, dir, FEW, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

static void take(struct idempotency *k, int n, uint64_t body)
{
    struct bus_id a = id(n);
    assert_int_equal(intake_idempotency_begin(k, &a, body, NULL), BUS_OK);
    assert_int_equal(intake_idempotency_probe(k, &a, body, NULL),
                     KNOWN_PENDING);
    intake_idempotency_taken(k, &a, body, 2);
}

static enum idempotency_is probe(struct idempotency *k, int n, uint64_t body)
{
    struct bus_id a = id(n);
    uint32_t outcome = 0;
    enum idempotency_is r = intake_idempotency_probe(k, &a, body, &outcome);
    assert_true(r != KNOWN_SAME || outcome == 2);
    return r;
}

static void same_and_other(void **state)
{
    (void)state;
    struct idempotency k;
    well(&k);
    assert_int_equal(probe(&k, 1, 11), KNOWN_NEW);
    take(&k, 1, 11);
    assert_int_equal(probe(&k, 1, 11), KNOWN_SAME);
    assert_int_equal(probe(&k, 1, 12), KNOWN_OTHER);
    struct bus_id two = id(2);
    assert_int_equal(intake_idempotency_begin(&k, &two, 5, NULL), BUS_OK);
    assert_int_equal(probe(&k, 2, 5), KNOWN_PENDING);
    assert_int_equal(probe(&k, 2, 6), KNOWN_OTHER);
    intake_idempotency_failed(&k, &two, 6); /* not its own: nothing */
    assert_int_equal(probe(&k, 2, 5), KNOWN_PENDING);
    intake_idempotency_failed(&k, &two, 5);
    assert_int_equal(probe(&k, 2, 6), KNOWN_NEW);
    /* Sent twice at once; the first fails, the second is taken. */
    assert_int_equal(intake_idempotency_begin(&k, &two, 5, NULL), BUS_OK);
    intake_idempotency_failed(&k, &two, 5);
    intake_idempotency_taken(&k, &two, 5, 2);
    assert_int_equal(probe(&k, 2, 5), KNOWN_SAME);
    intake_idempotency_failed(&k, &two, 5); /* taken is taken */
    assert_int_equal(probe(&k, 2, 5), KNOWN_SAME);
    intake_idempotency_close(&k);
    well(&k);
    assert_int_equal(probe(&k, 1, 11), KNOWN_SAME);
    assert_int_equal(probe(&k, 1, 12), KNOWN_OTHER);
    assert_int_equal(probe(&k, 2, 5), KNOWN_SAME);
    intake_idempotency_close(&k);
}

static void oldest_is_forgotten(void **state)
{
    (void)state;
    struct idempotency k;
    well(&k);
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i <= 40; i++) {
            int n = round * 40 + i;
            take(&k, n, (uint64_t)n);
            for (int m = n; m > n - FEW && m > 0; m--) {
                assert_int_equal(probe(&k, m, (uint64_t)m), KNOWN_SAME);
            }
            if (n > FEW) {
                assert_int_equal(probe(&k, n - FEW, 0), KNOWN_NEW);
            }
        }
        intake_idempotency_close(&k);
        struct stat st;
        assert_int_equal(stat(file, &st), 0);
        assert_int_equal(st.st_size, FEW * 40);
        well(&k);
    }
    intake_idempotency_close(&k);
}

static void every_truncation(void **state)
{
    (void)state;
    struct idempotency k;
    char bytes[4 * 40];
    well(&k);
    for (int i = 1; i <= 3; i++) { /* number 1 stands in slot 1 */
        take(&k, i, (uint64_t)i);
    }
    assert_int_equal(pread(k.fd, bytes, sizeof(bytes), 0), sizeof(bytes));
    intake_idempotency_close(&k);
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        int fd = open(file, O_WRONLY | O_TRUNC);
        assert_int_equal(write(fd, bytes, cut), cut);
        (void)close(fd);
        well(&k);
        for (int i = 1; i <= 3; i++) {
            assert_int_equal(probe(&k, i, (uint64_t)i),
                             cut >= (size_t)(i + 1) * 40 ? KNOWN_SAME
                                                         : KNOWN_NEW);
        }
        take(&k, 9, 9);
        intake_idempotency_close(&k);
        well(&k);
        assert_int_equal(probe(&k, 9, 9), KNOWN_SAME);
        intake_idempotency_close(&k);
    }
    for (size_t i = 40; i < sizeof(bytes); i++) { /* and every damage */
        bytes[i] ^= 1;
        int fd = open(file, O_WRONLY | O_TRUNC);
        assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
        (void)close(fd);
        bytes[i] ^= 1;
        well(&k);
        int hit = (int)(i / 40);
        for (int n = 1; n <= 3; n++) {
            assert_int_equal(probe(&k, n, (uint64_t)n),
                             n == hit ? KNOWN_NEW : KNOWN_SAME);
        }
        intake_idempotency_close(&k);
    }
}

static void one_owner(void **state)
{
    (void)state;
    struct idempotency k, second;
    struct bus_err err;
    well(&k);
    assert_int_equal(intake_idempotency_open(&second, dir, FEW, &err),
                     BUS_ECONFIG);
    assert_non_null(strstr(err.msg, "another process"));
    intake_idempotency_close(&k);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, swept)
    const struct CMUnitTest tests[] = {
        TEST(same_and_other),
        TEST(oldest_is_forgotten),
        TEST(every_truncation),
        TEST(one_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
