/* Who guesses waits, longer each time; what a password must be. */
#include "tests/lib/check.h"

#include <string.h>

#include "bus/web/limits.h"
#include "bus/web/password.h"

#define HOUR 3600000

static struct bus_web_limits *limits_of(uint32_t tries)
{
    struct bus_web_limits_conf conf = {tries, HOUR, 24 * HOUR, 0};
    struct bus_web_limits *l = NULL;
    struct bus_err err;
    assert_int_equal(bus_web_limits_new(&conf, &l, &err), BUS_OK);
    return l;
}

static void waits_double(void **state)
{
    struct bus_web_limits *l = limits_of(3);
    struct bus_strv a = BUS_STRV("a"), b = BUS_STRV("b");
    int64_t wait, waits[] = {1, 2, 4, 8, 16, 24, 24};
    uint64_t now = 1000;
    (void)state;
    assert_true(bus_web_limits_try(l, a, now, &wait));
    assert_true(bus_web_limits_try(l, a, now, &wait));
    assert_true(bus_web_limits_try(l, a, now, &wait));
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        assert_false(bus_web_limits_try(l, a, now, &wait));
        assert_int_equal(wait, waits[i] * HOUR);
        now += (uint64_t)wait - 1;
        assert_false(bus_web_limits_try(l, a, now, &wait));
        now += 1;
        assert_true(bus_web_limits_try(l, a, now, &wait));
    }
    assert_true(bus_web_limits_try(l, b, now, &wait)); /* nobody else */
    bus_web_limits_well(l, a);
    assert_true(bus_web_limits_try(l, a, now, &wait));
    bus_web_limits_free(l);
}

/* Who has an account of his own guesses no quicker for it. */
static void a_good_one_clears_nobody(void **state)
{
    struct bus_web_limits_conf conf = {20, 30000, HOUR, 24 * HOUR};
    struct bus_web_limits *l = NULL;
    struct bus_err err;
    struct bus_strv a = BUS_STRV("a");
    int64_t wait, wrong = 0;
    uint64_t now = 1000, end = now + UINT64_C(24) * HOUR;
    (void)state;
    assert_int_equal(bus_web_limits_new(&conf, &l, &err), BUS_OK);
    for (; now < end; now += 1000) { /* wrong and good in turn, and at once */
        if (bus_web_limits_try(l, a, now, &wait)) {
            uint32_t good = bus_web_limits_tried(l, a);
            wrong += bus_web_limits_try(l, a, now, &wait);
            bus_web_limits_take_back(l, a, good);
        }
        wrong += bus_web_limits_try(l, a, now, &wait);
    }
    assert_in_range(wrong, 20, 60); /* a day: twenty, then one an hour */
    /* Who signs in well waits for nothing, however often. */
    for (int i = 0; i < 100; i++) {
        assert_true(bus_web_limits_try(l, BUS_STRV("b"), now, &wait));
        bus_web_limits_take_back(l, BUS_STRV("b"),
                                 bus_web_limits_tried(l, BUS_STRV("b")));
    }
    /* A day without a wrong one, and it is forgotten. */
    now += UINT64_C(25) * HOUR;
    for (int i = 0; i < 20; i++) {
        assert_true(bus_web_limits_try(l, a, now, &wait));
    }
    assert_false(bus_web_limits_try(l, a, now, &wait));
    bus_web_limits_free(l);
}

/* Guesses of six characters in a year: not even twenty a day. */
static void guessing_takes_years(void **state)
{
    struct bus_web_limits *l = limits_of(3);
    int64_t wait, tries = 0;
    (void)state;
    for (uint64_t now = 0; now < UINT64_C(365) * 24 * HOUR; now += HOUR / 4) {
        tries += bus_web_limits_try(l, BUS_STRV("a"), now, &wait);
    }
    assert_in_range(tries, 300, 500);
    bus_web_limits_free(l);
}

static void counted_in_a_window(void **state)
{
    struct bus_web_limits *l = limits_of(3);
    struct bus_strv a = BUS_STRV("a"), b = BUS_STRV("b");
    int64_t wait = 0;
    (void)state;
    for (int i = 0; i < 40; i++) {
        assert_true(bus_web_limits_count(l, a, 40, HOUR, 10, &wait));
    }
    assert_false(bus_web_limits_count(l, a, 40, HOUR, HOUR, &wait));
    assert_int_equal(wait, 10);
    assert_true(bus_web_limits_count(l, b, 40, HOUR, HOUR, &wait));
    assert_true(bus_web_limits_count(l, a, 40, HOUR, HOUR + 10, &wait));
    bus_web_limits_free(l);
}

/* 500 guesses of a client that may give 60 wrong answers a day: eight days and
 * more. */
static void five_hundred_take_days(void **state)
{
    struct bus_web_limits *l = limits_of(3);
    struct bus_strv a = BUS_STRV("a");
    int64_t wait = 0, guesses = 0;
    uint64_t now = 5;
    (void)state;
    while (guesses < 500) {
        if (bus_web_limits_count(l, a, 60, 24 * HOUR, now, &wait)) {
            guesses++;
        } else {
            assert_in_range(wait, 1, 24 * HOUR);
            now += (uint64_t)wait;
        }
    }
    assert_true(now >= UINT64_C(8) * 24 * HOUR);
    bus_web_limits_free(l);
}

/* Who is right loses none. */
static void right_ones_are_free(void **state)
{
    struct bus_web_limits *l = limits_of(3);
    struct bus_strv a = BUS_STRV("a");
    int64_t wait = 0;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_true(bus_web_limits_count(l, a, 60, 24 * HOUR, 5, &wait));
        bus_web_limits_uncount(l, a);
    }
    bus_web_limits_free(l);
}

static void passwords(void **state)
{
    static const char *const none[] = {"", "short", "aaaaaaaaaaaaaaaa",
                                       "\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                                       "\xff\xff"};
    char hash[BUS_WEB_HASH_BYTES], again[BUS_WEB_HASH_BYTES];
    struct bus_err err;
    struct bus_strv good = BUS_STRV("莲藕的一句很长的话");
    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(bus_web_password_fit(bus_strv(none[i]), &err),
                         BUS_EUSAGE);
    }
    good = BUS_STRV("莲藕的一句很长的话儿");
    assert_int_equal(bus_web_password_fit(good, &err), BUS_OK);
    assert_int_equal(bus_web_password_hash(good, hash, &err), BUS_OK);
    assert_int_equal(bus_web_password_hash(good, again, &err), BUS_OK);
    assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
    assert_string_not_equal(hash, again); /* a salt each */
    assert_true(bus_web_password_is(hash, good));
    assert_false(bus_web_password_is(hash, BUS_STRV("莲藕的一句很长的话")));
    assert_false(bus_web_password_is("", good));
}

/* The third of three that nobody could look at costs no wait; a wrong one
 * does. */
static void what_was_not_looked_at_is_no_guess(void **state)
{
    struct bus_web_limits *l = limits_of(3);
    struct bus_strv a = BUS_STRV("a");
    int64_t wait;
    (void)state;
    assert_true(bus_web_limits_try(l, a, 1000, &wait));
    assert_true(bus_web_limits_try(l, a, 1000, &wait));
    for (int i = 0; i < 5; i++) {
        assert_true(bus_web_limits_try(l, a, 1000, &wait));
        bus_web_limits_take_back(l, a, bus_web_limits_tried(l, a));
    }
    assert_true(bus_web_limits_try(l, a, 1000, &wait));
    assert_false(bus_web_limits_try(l, a, 1000, &wait));
    bus_web_limits_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_looked_at_is_no_guess),
        cmocka_unit_test(waits_double),
        cmocka_unit_test(a_good_one_clears_nobody),
        cmocka_unit_test(guessing_takes_years),
        cmocka_unit_test(counted_in_a_window),
        cmocka_unit_test(five_hundred_take_days),
        cmocka_unit_test(right_ones_are_free),
        cmocka_unit_test(passwords),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
