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

/* A fact that is worked out has bounds as well: a rule that reads one beyond
 * them has failed, it does not say no. */
static void a_derived_fact(void **state)
{
    (void)state;
    struct rules r;
    static const char derived[] =
        "household:\n"
        "  given: {type: number, zh: 甲, en: given}\n"
        "  twice: {type: number, zh: 乙, en: twice, min: 0, max: 100,\n"
        "    derived: household.given * 2}\n"
        "  half: {type: number, zh: 丙, en: half, min: 0, max: 100,\n"
        "    derived: household.given / 3}\n"
        "member: {}\n";
    static const char *const reads[] = {
        "household.twice >= 0", "household.half >= 0",
        "household.twice >= 0 and household.half >= 0"};
    static const struct
    {
        int64_t given;
        enum bus_policy_verdict of[3];
    } rows[] = {
#define YES BUS_POLICY_ELIGIBLE
#define BAD BUS_POLICY_FAILED
        {0, {YES, YES, YES}},   {50, {YES, YES, YES}}, {51, {BAD, YES, BAD}},
        {301, {BAD, BAD, BAD}}, {-1, {BAD, BAD, BAD}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t k = 0; k < 3; k++) {
            char text[400];
            rules_open(&r);
            (void)snprintf(text, sizeof(text),
                           "code: A\ndepartment: D\nname: {zh: 甲, en: a}\n"
                           "versions:\n"
                           "  - version: '1'\n"
                           "    effective: {from: 2020-01-01}\n"
                           "    condition: {feel: %s}\n",
                           reads[k]);
            rules_load(&r, derived, "{}", "rules: []",
                       (const char *const[]){text, NULL});
            struct bus_policy_fact f = {.fact = 0,
                                        .member = -1,
                                        .kind = BUS_POLICY_LONG,
                                        .number = rows[i].given};
            struct bus_policy_household h = {
                .member_count = 1, .facts = &f, .fact_count = 1};
            struct bus_policy_result result;
            struct bus_err err;
            assert_int_equal(
                bus_policy_evaluate(r.c, &h, rules_day("2026-10-09"),
                                    BUS_POLICY_REASONS, &r.mem, &result, &err),
                BUS_OK);
            if (result.items[0].verdict != rows[i].of[k]) {
                fail_msg("row %zu, rule %zu: %d", i, k,
                         (int)result.items[0].verdict);
            }
            rules_close(&r);
        }
    }
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
        cmocka_unit_test(a_derived_fact),
        cmocka_unit_test(the_limit_is_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
