/* What a rule works out is bounded too: beyond what an item may come to, or
 * below nothing, the rule has failed, there is no amount and nobody is paid. */
#include "bus/policy/source.h"
#include "tests/golden/rules.h"

static const char facts[] = "money: {item_max_fen: 1000}\n"
                            "household:\n"
                            "  due: {type: money_fen, zh: 应付, en: due}\n"
                            "member: {}\n";
static const char item[] =
    "code: A\ndepartment: D\nname: {zh: 甲, en: a}\n"
    "versions:\n"
    "  - version: '1'\n    effective: {from: 2020-01-01}\n"
    "    condition: {feel: household.due != 7}\n"
    "    amount: {feel: household.due * 10}\n";

static void each_end(void **state)
{
    (void)state;
    struct rules r;
    const struct
    {
        int64_t due;
        enum bus_policy_verdict verdict;
        enum bus_policy_amount amount;
        int64_t fen;
    } rows[] = {
        {0, BUS_POLICY_ELIGIBLE, BUS_POLICY_AMOUNT_GIVEN, 0},
        {100, BUS_POLICY_ELIGIBLE, BUS_POLICY_AMOUNT_GIVEN, 1000},
        {101, BUS_POLICY_FAILED, BUS_POLICY_AMOUNT_BEYOND, 0},
        {-1, BUS_POLICY_FAILED, BUS_POLICY_AMOUNT_NEGATIVE, 0},
        {INT64_MAX / 10, BUS_POLICY_FAILED, BUS_POLICY_AMOUNT_BEYOND, 0},
        {7, BUS_POLICY_NOT_ELIGIBLE, BUS_POLICY_AMOUNT_NONE, 0},
    };
    rules_open(&r);
    rules_load(&r, facts, "{}", "rules: []", (const char *const[]){item, NULL});
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bus_policy_fact f = {.fact = 0,
                                    .member = -1,
                                    .kind = BUS_POLICY_LONG,
                                    .number = rows[i].due};
        struct bus_policy_household h = {
            .member_count = 1, .facts = &f, .fact_count = 1};
        struct bus_policy_result result;
        struct bus_err err;
        for (int depth = 0; depth < 2; depth++) {
            assert_int_equal(bus_policy_evaluate(r.c, &h,
                                                 rules_day("2026-10-09"),
                                                 depth ? BUS_POLICY_REASONS
                                                       : BUS_POLICY_VERDICTS,
                                                 &r.mem, &result, &err),
                             BUS_OK);
            const struct bus_policy_verdict_of *v = &result.items[0];
            if (v->verdict != rows[i].verdict || v->amount != rows[i].amount ||
                v->amount_fen != rows[i].fen ||
                (v->failure != NULL) != (v->verdict == BUS_POLICY_FAILED)) {
                fail_msg("row %zu: %d, amount %d of %lld", i, (int)v->verdict,
                         (int)v->amount, (long long)v->amount_fen);
            }
        }
    }
    rules_close(&r);
}

static void the_limit_is_a_number(void **state)
{
    (void)state;
    static const char *const wrong[] = {"0", "-5", "much", "1.5"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct rules r;
        char text[200];
        rules_open(&r);
        (void)snprintf(text, sizeof(text),
                       "money: {item_max_fen: %s}\nhousehold: {}\n"
                       "member: {}\n",
                       wrong[i]);
        rules_try(&r, text, "{}", "rules: []", (const char *const[]){NULL});
        assert_null(r.c);
        assert_non_null(rules_fault(&r, "whole number of fen above 0"));
        rules_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_end),
        cmocka_unit_test(the_limit_is_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
