/* An application sent again changes nothing, also when its case is closed and
 * another one is open. */
#include "tests/lib/check.h"

#include "consumers/matcher/parts.h"
#include "tests/lib/county.h"

static struct county county;
static struct bus_arena mem;
static struct sa_household_state state;

static int32_t end_of(void *data, int32_t start, int32_t n, bool working)
{
    (void)data;
    (void)working;
    return start + n;
}

/* True if it changed something. */
static bool apply(uint8_t n)
{
    struct sa_member head = {
        .person_id = {{'p', 1}}, .relation = BUS_STRV("0"), .head = true};
    struct sa_member *kept = bus_arena_dup(&mem, &head, sizeof(head));
    struct sa_application a = {
        .event_id = {{'e', n}},
        .household_id = {{'h', 1}},
        .application_id = {{'a', n}},
        .occurred_at = INT64_C(1789000000000) + n,
        .division_code = BUS_STRV("371425001001"),
    };
    a.members.v = kept;
    a.members.n = 1;
    struct matcher_rules rules = {.catalogue = county.c, .deadline = end_of};
    struct matcher_event e = {.kind = MATCHER_APPLICATION, .record = &a};
    struct matcher_outputs out;
    struct bus_err err;
    if (matcher_decide(&rules, &state, &e, &mem, &out, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    assert_true(out.changed != out.duplicate);
    return out.changed;
}

static void across_cases(void **unused)
{
    (void)unused;
    assert_true(apply(1));
    assert_false(apply(1));
    state.case_open = false; /* as a closed case leaves it */
    assert_false(apply(1));
    assert_true(apply(2));
    assert_int_equal(state.case_no, 2);
    assert_false(apply(1)); /* of the case before */
    assert_false(apply(2));
    for (uint8_t n = 3; n < 100; n++) {
        assert_true(apply(n));
    }
    assert_int_equal(state.applications.n, MATCHER_APPLICATIONS_KEPT);
    assert_false(apply(99));
    assert_false(apply(99 - MATCHER_APPLICATIONS_KEPT + 1));
}

static int opened(void **unused)
{
    (void)unused;
    (void)setenv("LIANOU_KEYRING", "/dev/null", 0);
    (void)setenv("LIANOU_PERSON_KEY", "/dev/null", 0);
    bus_arena_init(&mem, 1 << 20, 0);
    return county_open(&county, getenv("LIANOU_SOURCE")) ? 0 : -1;
}

static int closed(void **unused)
{
    (void)unused;
    county_close(&county);
    bus_arena_fini(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(across_cases)};
    return cmocka_run_group_tests(tests, opened, closed);
}
