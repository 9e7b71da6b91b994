/* The domain's oracles T1 to T14 on the county's own catalogue; those from T15
 * on are in test_oracles_later.c. tests/README.md says where those live that
 * need a running bus. */
#include "tests/golden/oracle_household.h"

static void test_T01(void **state)
{
    (void)state;
    static const int64_t y[] = {69999, 70000, 104999, 105000};
    static const char *const want[] = {"dibao", "edge", "edge", ""};
    for (int i = 0; i < 4; i++) {
        struct household o = rural(1, y[i]);
        assert_string_equal(status(&o), want[i]);
    }
}

/* Rigid spending is R of the year's income. */
static struct household spending(int64_t y, int percent)
{
    struct household o = rural(1, y);
    H_LONG(&o, "spend_medical_fen", y * 12 * percent / 100);
    return o;
}

static void test_T02(void **state)
{
    (void)state;
    struct household o = spending(105000, 60);
    assert_string_equal(status(&o), "");
    o = spending(105000, 61);
    assert_string_equal(status(&o), "rigid");
}

static void test_T03(void **state)
{
    (void)state;
    struct household o = spending(200000, 95);
    assert_string_equal(status(&o), "");
    o = spending(199999, 95);
    assert_string_equal(status(&o), "rigid");
}

static void test_T04(void **state)
{
    (void)state;
    struct household o = rural(2, 90000);
    M_LONG(&o, "disability_grade", 1, 3);
    M_WORD(&o, "disability_category", 1, "intellectual");
    assert_string_equal(status(&o), "edge");
    assert_true(gets(&o, "MZ02"));
    struct bus_policy_verdict_of v = item_on(&o, "MZ02", DAY);
    assert_int_equal(v.share_count, 1);
    assert_int_equal(v.shares[0].member, 1); /* that person's */
}

static void test_T05(void **state)
{
    (void)state;
    struct household o = rural(2, 90000);
    M_LONG(&o, "disability_grade", 1, 3);
    M_WORD(&o, "disability_category", 1, "physical");
    assert_string_equal(status(&o), "edge");
    assert_false(gets(&o, "MZ02"));
}

static void test_T06(void **state)
{
    (void)state;
    struct household o = rural(1, 0);
    H_LONG(&o, "spend_medical_fen", 500000);
    assert_string_equal(status(&o), "dibao");
    /* The ratio has no value; it counts as above the line. */
    H_FLAG(&o, "already_aided", 0);
    H_WORD(&o, "status", "edge");
    assert_true(gets(&o, "MZ06"));
}

static void test_T07(void **state)
{
    (void)state;
    struct household o = old("1965-06-01"); /* 61 */
    assert_string_equal(status(&o), "tekun");
    struct bus_policy_verdict_of v = item_on(&o, "MZ01", DAY);
    assert_true(v.left_out_by.n > 0);
}

static void supporter(struct household *o, int64_t age, const char *word)
{
    H_FLAG(o, "has_supporter", 1);
    H_LONG(o, "supporter_age", age);
    H_WORD(o, "supporter_status", word);
    H_FLAG(o, "supporter_severe_disability", 0);
    H_LONG(o, "supporter_income_per_head_fen", 10000);
    H_WORD(o, "supporter_state", "able");
    H_LONG(o, "other_supporters_able", 0); /* the only child */
}

static void test_T08(void **state)
{
    (void)state;
    struct household o = old("1941-06-01"); /* 85 */
    supporter(&o, 62, "dibao");
    assert_string_equal(status(&o), "tekun");
}

static void test_T09(void **state)
{
    (void)state;
    struct household o = old("1938-06-01"); /* 88 */
    supporter(&o, 65, "none");
    assert_false(gets(&o, "MZ03"));
    supporter(&o, 70, "none"); /* the ground that needs 70 */
    assert_true(gets(&o, "MZ03"));
}

static void test_T10(void **state)
{
    (void)state;
    struct household o = old("2010-06-01"); /* 16 */
    M_WORD(&o, "stage", 0, "senior_high");
    assert_false(gets(&o, "MZ03"));
    H_WORD(&o, "status", "tekun"); /* one who has it keeps it */
    assert_true(gets(&o, "MZ03"));
    M_WORD(&o, "stage", 0, "none");
    assert_true(gets(&o, "MZ03"));
    M_DAY(&o, "birth_date", 0, "2008-10-09"); /* 18 that day */
    assert_false(gets(&o, "MZ03"));
    M_WORD(&o, "stage", 0, "vocational");
    assert_true(gets(&o, "MZ03"));
    M_DAY(&o, "birth_date", 0, "2010-10-10"); /* 15, to be 16 */
    M_WORD(&o, "stage", 0, "none");
    H_WORD(&o, "status", "none");
    assert_true(gets(&o, "MZ03"));
}

static void test_T11(void **state)
{
    (void)state;
    static const int64_t fails[] = {0, 1, 3, 4, 6};
    static const char *const tier[] = {"care_full_able_fen", "care_partial_fen",
                                       "care_partial_fen", "care_unable_fen",
                                       "care_unable_fen"};
    for (int i = 0; i < 5; i++) {
        struct household o = old("1950-06-01");
        struct bus_strv text;
        H_WORD(&o, "status", "tekun");
        M_LONG(&o, "adl_fails", 0, fails[i]);
        assert_true(gets(&o, "MZ04"));
        int standard = bus_policy_standard_find(k.c, bus_strv(tier[i]));
        assert_true(standard >= 0);
        o.h.facts = o.facts;
        assert_int_equal(bus_policy_standard_text(k.c, &o.h, rules_day(DAY),
                                                  standard, &mem, &text, NULL),
                         BUS_OK);
        int64_t want = 0;
        assert_true(bus_strv_to_i64(text, &want));
        assert_int_equal(fen(&o, "MZ04"), want);
    }
}

static struct household child(int64_t y, const char *father, const char *mother)
{
    struct household o = rural(1, y);
    M_DAY(&o, "birth_date", 0, "2016-06-01");
    M_WORD(&o, "father_state", 0, father);
    M_WORD(&o, "mother_state", 0, mother);
    M_LONG(&o, "father_state_months", 0, 6);
    M_LONG(&o, "mother_state_months", 0, 6);
    H_FLAG(&o, "has_supporter", 0);
    return o;
}

static void test_T12(void **state)
{
    (void)state;
    struct household o = child(300000, "imprisoned", "imprisoned");
    assert_true(gets(&o, "MZ10"));
    M_LONG(&o, "father_state_months", 0, 5);
    M_LONG(&o, "mother_state_months", 0, 5);
    assert_false(gets(&o, "MZ10"));
}

static void test_T13(void **state)
{
    (void)state;
    struct household o = child(0, "severely_disabled", "severely_disabled");
    supporter(&o, 40, "none"); /* so that it is dibao and not destitute */
    assert_int_equal(fen(&o, "MZ01"), 70000);
    struct bus_policy_verdict_of v = item_on(&o, "MZ10", DAY);
    assert_int_equal(v.share_count, 1);
    assert_int_equal(v.shares[0].full_fen, 150000);
    assert_int_equal(v.amount_fen, 80000);
}

static void test_T14(void **state)
{
    (void)state;
    struct household o = child(0, "severely_disabled", "severely_disabled");
    supporter(&o, 40, "none");
    H_WORD(&o, "status", "dibao");
    M_LONG(&o, "disability_grade", 0, 1);
    M_WORD(&o, "disability_category", 0, "physical");
    M_LONG(&o, "care_months", 0, 12);
    assert_true(gets(&o, "MZ10"));
    assert_true(gets(&o, "MZ12"));
    struct bus_policy_verdict_of v = item_on(&o, "MZ11", DAY);
    assert_int_equal(v.verdict, BUS_POLICY_ELIGIBLE);
    assert_true(bus_strv_is(v.left_out_by, "X3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T01), cmocka_unit_test(test_T02),
        cmocka_unit_test(test_T03), cmocka_unit_test(test_T04),
        cmocka_unit_test(test_T05), cmocka_unit_test(test_T06),
        cmocka_unit_test(test_T07), cmocka_unit_test(test_T08),
        cmocka_unit_test(test_T09), cmocka_unit_test(test_T10),
        cmocka_unit_test(test_T11), cmocka_unit_test(test_T12),
        cmocka_unit_test(test_T13), cmocka_unit_test(test_T14),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
