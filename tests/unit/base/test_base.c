#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/base/arena.h"
#include "bus/base/buf.h"
#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/err.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"
#include "bus/base/id.h"
#include "tests/lib/check.h"

static void err_wraps_outwards(void **state)
{
    (void)state;
    struct bus_err err;
    assert_int_equal(bus_fail(&err, BUS_EPARSE, "bad %d", 7), BUS_EPARSE);
    assert_int_equal(bus_wrap(&err, "file %s", "a"), BUS_EPARSE);
    assert_string_equal(err.msg, "file a: bad 7");
    assert_int_equal(bus_err_act(err.code), BUS_ACT_REJECT);
    assert_int_equal(bus_fail(NULL, BUS_EIO, "x"), BUS_EIO);
}

/* What came up without a text is not told with the text before. */
static void a_code_has_a_text_of_its_own(void **state)
{
    (void)state;
    struct bus_err err;
    (void)bus_fail(&err, BUS_EPARSE, "of an earlier message");
    assert_int_equal(bus_err_own(&err, BUS_ETOOBIG), BUS_ETOOBIG);
    assert_int_equal(err.code, BUS_ETOOBIG);
    assert_string_equal(err.msg, "over a limit");
    (void)bus_fail(&err, BUS_ETOOBIG, "no room for 7 facts");
    assert_int_equal(bus_err_own(&err, BUS_ETOOBIG), BUS_ETOOBIG);
    assert_string_equal(err.msg, "no room for 7 facts");
    assert_int_equal(bus_err_own(&err, BUS_OK), BUS_OK);
}

static void arena_keeps_its_limit(void **state)
{
    (void)state;
    struct bus_arena a;
    bus_arena_init(&a, 1024, 4096);
    assert_non_null(bus_arena_alloc(&a, 3000));
    assert_null(bus_arena_alloc(&a, 3000));
    bus_arena_reset(&a);
    size_t held = a.held_bytes;
    assert_non_null(bus_arena_alloc(&a, 3000));
    assert_int_equal(held, a.held_bytes);
    struct bus_arena_mark m = bus_arena_mark(&a);
    char *p = bus_arena_strdup(&a, "hello");
    bus_arena_release(&a, m);
    assert_ptr_equal(bus_arena_alloc(&a, 6), p);
    bus_arena_fini(&a);
}

static size_t budget;
static void *budget_alloc(void *data, size_t n)
{
    (void)data;
    if (budget == 0) {
        return NULL;
    }
    budget--;
    return test_malloc(n);
}
static void *budget_realloc(void *data, void *p, size_t n)
{
    (void)data;
    if (budget == 0) {
        return NULL;
    }
    budget--;
    return test_realloc(p, n);
}
static void budget_free(void *data, void *p)
{
    (void)data;
    test_free(p);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const struct bus_heap heap = {NULL, budget_alloc, budget_realloc,
                                         budget_free};
    bus_heap_set(&heap);
    for (size_t give = 0; give < 8; give++) {
        budget = give;
        struct bus_map m = {0};
        struct bus_buf b = {0};
        char keys[40][4];
        for (unsigned i = 0; i < 40; i++) {
            keys[i][0] = (char)('a' + i / 10);
            keys[i][1] = (char)('0' + i % 10);
            struct bus_strv k = {keys[i], 2};
            if (bus_map_put(&m, k, keys[i]) == BUS_OK) {
                assert_ptr_equal(bus_map_get(&m, k), keys[i]);
            }
        }
        bus_buf_put(&b, keys, sizeof(keys));
        assert_true(b.failed || b.len == sizeof(keys));
        bus_map_fini(&m);
        bus_buf_fini(&b);
    }
    bus_heap_set(NULL);
}

/* Growth is by doubling: a text put together byte by byte is not copied each
 * time. */
static void buffers_grow_by_doubling(void **state)
{
    (void)state;
    static const struct bus_heap heap = {NULL, budget_alloc, budget_realloc,
                                         budget_free};
    struct bus_buf b = {0}, limited;
    bus_heap_set(&heap);
    budget = 14;
    for (size_t i = 0; i < 1u << 20; i++) {
        bus_buf_putc(&b, 'x');
    }
    assert_false(b.failed);
    assert_int_equal(b.len, 1u << 20);
    bus_buf_fini(&b);
    budget = 14;
    bus_buf_init(&limited, 1000);
    for (size_t i = 0; i < 1001; i++) {
        assert_false(limited.failed);
        bus_buf_putc(&limited, 'x');
    }
    assert_true(limited.failed);
    assert_int_equal(limited.len, 1000);
    bus_buf_fini(&limited);
    bus_heap_set(NULL);
}

static void map_deletes_without_losing(void **state)
{
    (void)state;
    struct bus_map m = {0};
    static uint32_t keys[1000];
    for (uint32_t i = 0; i < 1000; i++) {
        keys[i] = i * 7919;
        struct bus_strv k = {(const char *)&keys[i], sizeof(keys[i])};
        assert_int_equal(bus_map_put(&m, k, &keys[i]), BUS_OK);
    }
    for (uint32_t i = 0; i < 1000; i += 2) {
        struct bus_strv k = {(const char *)&keys[i], sizeof(keys[i])};
        assert_ptr_equal(bus_map_del(&m, k), &keys[i]);
    }
    for (uint32_t i = 0; i < 1000; i++) {
        struct bus_strv k = {(const char *)&keys[i], sizeof(keys[i])};
        assert_ptr_equal(bus_map_get(&m, k), i % 2 ? &keys[i] : NULL);
    }
    assert_int_equal(m.count, 500);
    bus_map_fini(&m);
}

static void dates_are_civil(void **state)
{
    (void)state;
    int32_t d = 0;
    char t[BUS_TIME_TEXT + 1];
    assert_true(bus_date_parse(BUS_STRV("1970-01-01"), &d));
    assert_int_equal(d, 0);
    assert_true(bus_date_parse(BUS_STRV("2020-02-29"), &d));
    assert_string_equal(bus_date_text(d, t), "2020-02-29");
    assert_false(bus_date_parse(BUS_STRV("2021-02-29"), &d));
    assert_false(bus_date_parse(BUS_STRV("2021-13-01"), &d));
    assert_string_equal(bus_time_text(0, t), "1970-01-01T08:00:00.000+08:00");
    assert_int_equal(bus_china_day(INT64_C(57600000)), 1);
    assert_int_equal(bus_china_day(INT64_C(57599999)), 0);
    assert_int_equal(bus_china_day(INT64_MAX), 2932896); /* 9999-12-31 */
    assert_int_equal(bus_china_day(INT64_MIN), -719162); /* 0001-01-01 */
    char text[BUS_TIME_TEXT + 1];
    assert_string_equal(bus_time_text(INT64_MAX, text),
                        "9999-12-31T23:59:59.999+08:00");
    assert_string_equal(bus_time_text(INT64_MIN, text),
                        "0001-01-01T08:00:00.000+08:00");
    for (int64_t day = -800000; day < 800000; day += 17) {
        int64_t y = 0;
        unsigned m = 0, dd = 0;
        bus_civil_from_days(day, &y, &m, &dd);
        assert_int_equal(bus_days_from_civil(y, m, dd), day);
    }
}

static void ids_are_uuids(void **state)
{
    (void)state;
    char t[BUS_ID_TEXT + 1];
    struct bus_id last = {{0}}, back;
    for (int i = 0; i < 10000; i++) {
        struct bus_id id = bus_id_fresh(INT64_C(1700000000000) + i / 5000);
        assert_true(bus_id_cmp(&id, &last) > 0);
        last = id;
    }
    assert_int_equal(bus_id_text(&last, t)[14], '7');
    assert_true(bus_id_parse(bus_strv(t), &back));
    assert_true(bus_id_eq(&last, &back));
    assert_false(bus_id_parse(BUS_STRV("not an id"), &back));
    uint8_t h[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    back = bus_id_of_hash(h);
    assert_int_equal(bus_id_text(&back, t)[14], '8');
}

static void strings_are_checked(void **state)
{
    (void)state;
    int64_t v = 0;
    assert_true(bus_strv_to_i64(BUS_STRV("-9223372036854775808"), &v));
    assert_true(v == INT64_MIN);
    assert_false(bus_strv_to_i64(BUS_STRV("9223372036854775808"), &v));
    assert_false(bus_strv_to_i64(BUS_STRV("1x"), &v));
    assert_true(bus_utf8_valid("莲藕", 6));
    assert_int_equal(bus_utf8_count("莲藕", 6), 2);
    assert_false(bus_utf8_valid("\xed\xa0\x80", 3));
    assert_false(bus_utf8_valid("\xc0\x80", 2));
    assert_int_equal(bus_edit_distance("topcis", "topics"), 2);
}

static int third(bool *ran)
{
    *ran = true;
    return 0;
}

static int tries(int first, int second, bool *ran)
{
    BUS_TRY(first);
    int rc = 0;
    BUS_TRY_GOTO(rc, second, done);
    rc = third(ran);
done:
    return rc;
}

static void nothing_runs_after_a_failure(void **state)
{
    (void)state;
    bool ran = false;
    assert_int_equal(tries(BUS_EIO, 0, &ran), BUS_EIO);
    assert_int_equal(tries(0, BUS_EPARSE, &ran), BUS_EPARSE);
    assert_false(ran);
    assert_int_equal(tries(0, 0, &ran), 0);
    assert_true(ran);
}

static void a_broken_check_ends_the_process(void **state)
{
    (void)state;
    BUS_CHECK(1 + 1 == 2);
    pid_t child = fork();
    if (child == 0) {
        BUS_CHECK(1 + 1 == 3);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_wraps_outwards),
        cmocka_unit_test(a_code_has_a_text_of_its_own),
        cmocka_unit_test(arena_keeps_its_limit),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(buffers_grow_by_doubling),
        cmocka_unit_test(map_deletes_without_losing),
        cmocka_unit_test(dates_are_civil),
        cmocka_unit_test(ids_are_uuids),
        cmocka_unit_test(strings_are_checked),
        cmocka_unit_test(nothing_runs_after_a_failure),
        cmocka_unit_test(a_broken_check_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
