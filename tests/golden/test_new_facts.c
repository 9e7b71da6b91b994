/* What the facts of certificates, deaths, unemployment benefit, a person's own
 * assets and several supporters say, at their edges. Each figure is worked out
 * by hand; bus-config/policies/samples has the households. */
#include "bus/policy/disclose.h"
#include "tests/golden/oracle_household.h"

static void test_a_certificate_that_ran_out(void **state)
{
    (void)state;
    struct household o = rural(1, 80000); /* on dibao, in his days of grace */
    H_WORD(&o, "status", "dibao");
    M_LONG(&o, "disability_grade", 0, 1);
    M_WORD(&o, "disability_category", 0, "physical");
    M_LONG(&o, "care_months", 0, 12);
    assert_true(gets(&o, "MZ12")); /* no last day is none */
    M_DAY(&o, "disability_valid_until", 0, DAY);
    assert_true(gets(&o, "MZ12"));
    M_DAY(&o, "disability_valid_until", 0, "2026-10-08");
    struct bus_policy_verdict_of v = item_on(&o, "MZ12", DAY);
    assert_int_equal(v.verdict, BUS_POLICY_UNDETERMINED);
    assert_false(item_on(&o, "MZ11", DAY).sign);
    assert_int_equal(v.missing_count, 1);
    assert_true(bus_strv_is(bus_policy_fact_name(k.c, v.missing[0].fact),
                            "member.disability_renewed"));
    M_FLAG(&o, "disability_renewed", 0, 1);
    assert_int_equal(fen(&o, "MZ12"), 17000);
    M_FLAG(&o, "disability_renewed", 0, 0);
    assert_false(gets(&o, "MZ12"));
    M_LONG(&o, "disability_grade", 0, 0); /* none: nothing to renew */
    put(&o, "member.disability_renewed", 0, BUS_POLICY_NULL, 0, NULL);
    assert_false(gets(&o, "MZ12"));
}

static void test_benefit_is_income(void **state)
{
    (void)state;
    struct household o = rural(2, 0);
    assert_int_equal(fen(&o, "MZ01"), 140000);
    M_LONG(&o, "unemployment_benefit_fen", 0, 600000);
    M_LONG(&o, "unemployment_benefit_fen", 1, 600000);
    assert_int_equal(fen(&o, "MZ01"), 40000);
    H_LONG(&o, "income_total_fen", 1200000); /* in it, not beside it */
    H_LONG(&o, "income_excluded_fen", 1200000);
    assert_int_equal(fen(&o, "MZ01"), 40000);
    M_LONG(&o, "unemployment_benefit_fen", 1, 1080000); /* 700 a head */
    assert_string_equal(status(&o), "edge");
}

/* An old man with his brother: nobody there is bound to keep him. */
static struct household with_brother(void)
{
    struct household o = rural(2, 300000);
    M_DAY(&o, "birth_date", 1, "1950-01-01");
    M_WORD(&o, "relation", 1, "sibling");
    M_LONG(&o, "own_income_fen", 1, 0);
    H_LONG(&o, "deposit_fen", 8000000);
    for (int m = 0; m < 2; m++) {
        M_LONG(&o, "own_vehicle_count", m, 0);
        M_LONG(&o, "own_house_count", m, 0);
        M_LONG(&o, "own_assets_fen", m, m == 0 ? 8000000 : 2400000);
    }
    return o;
}

static void test_own_assets(void **state)
{
    (void)state;
    struct household o = with_brother();
    assert_int_equal(fen(&o, "MZ03"), 91000);
    M_LONG(&o, "own_assets_fen", 1, 2400001);
    assert_false(gets(&o, "MZ03"));
    o = with_brother();
    M_LONG(&o, "own_house_count", 1, 2);
    assert_false(gets(&o, "MZ03"));
    /* A son's are looked at with his: the household's rule. */
    o = with_brother();
    M_WORD(&o, "relation", 1, "parent");
    assert_false(gets(&o, "MZ03"));
}

static void describe(struct household *o, const char *which, const char *state)
{
    char name[64];
    static const char *const parts[] = {"age", "income_per_head_fen"};
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(name, sizeof(name), "household.%s_%s", which, parts[i]);
        put(o, name, -1, BUS_POLICY_LONG, i == 0 ? 45 : 500000, NULL);
    }
    (void)snprintf(name, sizeof(name), "household.%s_status", which);
    put(o, name, -1, BUS_POLICY_TEXT, 0, "none");
    (void)snprintf(name, sizeof(name), "household.%s_severe_disability", which);
    put(o, name, -1, BUS_POLICY_BOOL, 0, NULL);
    (void)snprintf(name, sizeof(name), "household.%s_state", which);
    put(o, name, -1, BUS_POLICY_TEXT, 0, state);
}

static void test_each_supporter(void **state)
{
    (void)state;
    static const char *const others[] = {"supporter2", "supporter3",
                                         "supporter4"};
    struct household o = old("1950-01-01");
    H_FLAG(&o, "has_supporter", 1);
    H_LONG(&o, "other_supporters_able", 0);
    describe(&o, "supporter", "imprisoned");
    assert_true(gets(&o, "MZ03"));
    for (int n = 0; n < 3; n++) {
        char name[64];
        H_LONG(&o, "supporters_described", n + 2);
        struct bus_policy_verdict_of v = item_on(&o, "MZ03", DAY);
        assert_int_equal(v.verdict, BUS_POLICY_UNDETERMINED);
        describe(&o, others[n], "able");
        assert_false(gets(&o, "MZ03"));
        (void)snprintf(name, sizeof(name), "household.%s_severe_disability",
                       others[n]);
        put(&o, name, -1, BUS_POLICY_BOOL, 1, NULL);
        assert_true(gets(&o, "MZ03"));
        describe(&o, others[n], n == 1 ? "dead" : "missing");
        assert_true(gets(&o, "MZ03"));
    }
    H_LONG(&o, "other_supporters_able", 1); /* a fifth */
    assert_false(gets(&o, "MZ03"));
}

static void test_day_of_death(void **state)
{
    (void)state;
    struct household o = rural(2, 100000);
    for (int m = 0; m < 2; m++) {
        M_WORD(&o, "life_state", m, m == 0 ? "alive" : "dead");
    }
    assert_true(gets(&o, "MZ16")); /* as before: the day is not known */
    M_DAY(&o, "death_date", 1, "2025-10-10");
    assert_true(gets(&o, "MZ16"));
    M_DAY(&o, "death_date", 1, "2025-10-09"); /* a year to the day */
    assert_false(gets(&o, "MZ16"));
}

/* Who draws the benefit, not who is registered; who is on dibao by himself;
 * and nobody's disability, which is not for those who pay for prices. */
static void test_price_subsidy_reads_benefit(void **state)
{
    (void)state;
    static const struct
    {
        const char *fact;
        bool reads;
    } all[] = {{"member.draws_unemployment_benefit", true},
               {"member.status", true},
               {"member.registered_unemployed", false},
               {"member.disability_grade", false}};
    size_t fg02 = (size_t)bus_policy_item_find(k.c, BUS_STRV("FG02"));
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        int fact = bus_policy_fact_find(k.c, bus_strv(all[i].fact));
        assert_true(fact >= 0);
        assert_int_equal(bus_policy_item_reads(k.c, fg02, fact), all[i].reads);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_that_ran_out),
        cmocka_unit_test(test_benefit_is_income),
        cmocka_unit_test(test_own_assets),
        cmocka_unit_test(test_each_supporter),
        cmocka_unit_test(test_day_of_death),
        cmocka_unit_test(test_price_subsidy_reads_benefit),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
