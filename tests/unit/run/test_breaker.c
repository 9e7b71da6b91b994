/* Whether somebody outside is asked, with a clock of the test's own. */
#include "tests/lib/check.h"

#include "bus/run/breaker.h"

#define OPEN_MS  1000
#define FAILURES 3

static struct bus_run_breaker breaker_new(void)
{
    struct bus_run_breaker b;
    bus_run_breaker_init(&b, "test", FAILURES, OPEN_MS, 7);
    return b;
}

/* Opened at `now`; how long for. */
static uint64_t opens(struct bus_run_breaker *b, uint64_t now)
{
    for (int i = 0; i < FAILURES; i++) {
        assert_true(bus_run_breaker_admits(b, now));
        bus_run_breaker_bad(b, now);
    }
    assert_int_equal(b->state, BUS_BREAKER_OPEN);
    return b->until_ms - now;
}

static void opens_after_so_many_in_a_row(void **state)
{
    (void)state;
    struct bus_run_breaker b = breaker_new();
    for (int i = 0; i < 10; i++) { /* never three in a row */
        bus_run_breaker_bad(&b, 0);
        bus_run_breaker_bad(&b, 0);
        bus_run_breaker_good(&b);
    }
    assert_int_equal(b.state, BUS_BREAKER_CLOSED);
    uint64_t wait = opens(&b, 5000);
    assert_in_range(wait, OPEN_MS / 2, OPEN_MS);
    assert_false(bus_run_breaker_admits(&b, 5000));
    assert_false(bus_run_breaker_admits(&b, 5000 + wait - 1));
}

static void one_is_tried_and_closes_it(void **state)
{
    (void)state;
    struct bus_run_breaker b = breaker_new();
    uint64_t wait = opens(&b, 0);
    assert_true(bus_run_breaker_admits(&b, wait));
    assert_int_equal(b.state, BUS_BREAKER_HALF);
    assert_false(bus_run_breaker_admits(&b, wait)); /* one */
    bus_run_breaker_good(&b);
    assert_int_equal(b.state, BUS_BREAKER_CLOSED);
    assert_true(bus_run_breaker_admits(&b, wait));
    assert_in_range(opens(&b, 0), OPEN_MS / 2, OPEN_MS); /* from the start */
}

static void tries_that_fail_wait_longer_but_not_for_ever(void **state)
{
    (void)state;
    struct bus_run_breaker b = breaker_new();
    uint64_t now = 0, wait = opens(&b, now);
    for (int i = 1; i < 12; i++) {
        now += wait;
        assert_true(bus_run_breaker_admits(&b, now));
        bus_run_breaker_bad(&b, now);
        assert_int_equal(b.state, BUS_BREAKER_OPEN);
        wait = b.until_ms - now;
        uint64_t most = (uint64_t)OPEN_MS << (i < 3 ? i : 3);
        assert_in_range(wait, most / 2, most);
    }
}

static void held_as_long_as_it_says(void **state)
{
    (void)state;
    struct bus_run_breaker b = breaker_new();
    bus_run_breaker_hold(&b, 100, 400);
    assert_int_equal(b.state, BUS_BREAKER_OPEN);
    bus_run_breaker_hold(&b, 100, 50); /* the longer one counts */
    assert_false(bus_run_breaker_admits(&b, 499));
    bus_run_breaker_good(&b); /* of what was asked before */
    bus_run_breaker_bad(&b, 120);
    assert_false(bus_run_breaker_admits(&b, 499));
    assert_true(bus_run_breaker_admits(&b, 500));
    bus_run_breaker_hold(&b, 500, 10);
    assert_false(bus_run_breaker_admits(&b, 509));
    assert_true(bus_run_breaker_admits(&b, 510));
}

static void what_is_called_off_is_tried_again(void **state)
{
    (void)state;
    struct bus_run_breaker b = breaker_new();
    bus_run_breaker_forget(&b, 0);
    assert_int_equal(b.state, BUS_BREAKER_CLOSED);
    uint64_t wait = opens(&b, 0);
    assert_true(bus_run_breaker_admits(&b, wait));
    bus_run_breaker_forget(&b, wait);
    assert_int_equal(b.state, BUS_BREAKER_OPEN);
    assert_true(bus_run_breaker_admits(&b, wait));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_after_so_many_in_a_row),
        cmocka_unit_test(one_is_tried_and_closes_it),
        cmocka_unit_test(tries_that_fail_wait_longer_but_not_for_ever),
        cmocka_unit_test(held_as_long_as_it_says),
        cmocka_unit_test(what_is_called_off_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
