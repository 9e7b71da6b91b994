/* The compiled programs against the tree walk they were made from: the same
 * verdicts, amounts, reasons and missing facts for households at random; and
 * verdicts alone against both. */
#include "bus/base/clock.h"
#include "bus/policy/verdicts.h"
#include "tests/lib/cases.h"
#include "tests/lib/check.h"
#include "tests/lib/county.h"

#define CASES 10000
#define SEED  UINT64_C(20261124)

static struct county county;

static void same(const struct bus_policy_verdict_of *a,
                 const struct bus_policy_verdict_of *b)
{
    assert_int_equal(a->item, b->item);
    assert_int_equal(a->verdict, b->verdict);
    assert_int_equal(a->amount, b->amount);
    assert_int_equal(a->amount_fen, b->amount_fen);
    assert_true(bus_strv_eq(a->left_out_by, b->left_out_by));
    assert_int_equal(a->reason_count, b->reason_count);
    for (size_t i = 0; i < a->reason_count; i++) {
        assert_true(bus_strv_eq(a->reasons[i], b->reasons[i]));
    }
    assert_int_equal(a->missing_count, b->missing_count);
    for (size_t i = 0; i < a->missing_count; i++) {
        assert_int_equal(a->missing[i].fact, b->missing[i].fact);
        assert_int_equal(a->missing[i].member, b->missing[i].member);
    }
}

static void programs_report_what_trees_report(void **state)
{
    (void)state;
    static struct county_household household;
    struct bus_arena mem;
    uint64_t seed = seed_of(SEED);
    int32_t days[2];
    size_t seen[4] = {0};
    print_message("seed %llu, %d households\n", (unsigned long long)seed,
                  cases(CASES));
    assert_true(bus_date_parse(BUS_STRV("2026-06-30"), &days[0]));
    assert_true(bus_date_parse(BUS_STRV("2026-11-24"), &days[1]));
    bus_arena_init(&mem, 1 << 20, 0);
    for (int i = 0; i < cases(CASES); i++) {
        struct bus_policy_result a, b;
        struct bus_err err;
        const uint8_t *verdicts;
        int32_t day = days[i % 2];
        bus_arena_reset(&mem);
        county_household(&county, &household, (unsigned)(i % 5) * 15, &seed);
        assert_int_equal(bus_policy_evaluate(county.c, &household.h, day,
                                             BUS_POLICY_REASONS, &mem, &a,
                                             &err),
                         BUS_OK);
        assert_int_equal(bus_policy_evaluate_by_tree(county.c, &household.h,
                                                     day, BUS_POLICY_REASONS,
                                                     &mem, &b, &err),
                         BUS_OK);
        assert_int_equal(bus_policy_verdicts(county.c, &household.h, day, &mem,
                                             &verdicts, &err),
                         BUS_OK);
        assert_int_equal(a.count, b.count);
        for (size_t k = 0; k < a.count; k++) {
            same(&a.items[k], &b.items[k]);
            assert_int_equal(verdicts[a.items[k].item], a.items[k].verdict);
            seen[a.items[k].verdict]++;
        }
    }
    bus_arena_fini(&mem);
    print_message("eligible %zu, not %zu, undetermined %zu, failed %zu\n",
                  seen[0], seen[1], seen[2], seen[3]);
    size_t households = (size_t)cases(CASES);
    assert_true(seen[0] > households && seen[1] > households &&
                seen[2] > households);
}

static int open_county(void **state)
{
    (void)state;
    return county_open(&county, getenv("LIANOU_SOURCE")) ? 0 : -1;
}

static int close_county(void **state)
{
    (void)state;
    county_close(&county);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_report_what_trees_report),
    };
    return cmocka_run_group_tests(tests, open_county, close_county);
}
