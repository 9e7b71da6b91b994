/* How an amount came about: the county's own items in words, and of a thousand
 * made-up households each line ends with the amount that was worked out. */
#include "bus/advice/sample.h"
#include "bus/advice/working.h"
#include "tests/golden/county.h"
#include "tests/golden/oracle_household.h"

#define HOUSEHOLDS 1000
#define SEED       20261130

static void says(const struct household *o,
                 const char *code,
                 enum bus_policy_lang lang,
                 const char *want)
{
    struct bus_buf out = {0};
    struct bus_err err;
    struct bus_policy_household h = o->h;
    h.facts = o->facts;
    if (bus_advice_report_working(k.c, &h, rules_day(DAY),
                                  bus_policy_item_find(k.c, bus_strv(code)),
                                  lang, &mem, &out, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    assert_string_equal(bus_buf_cstr(&out), want);
    bus_buf_fini(&out);
}

static void amounts_in_words(void **state)
{
    (void)state;
    struct household o = rural(2, 56500);
    says(&o, "MZ01", BUS_POLICY_ZH,
         "低保标准 700 元 × 2 人 - 家庭月收入 1130 元 = 270 元/月");
    says(&o, "MZ01", BUS_POLICY_EN,
         "minimum living standard 700 yuan × 2 persons - countable income a "
         "month 1130 yuan = 270 yuan a month");
    H_LONG(&o, "income_total_fen", 1000000);
    says(&o, "MZ01", BUS_POLICY_ZH,
         "向上取整(低保标准 700 元 × 2 人 - 家庭月收入 833.3333 元) = "
         "566.67 元/月");
    M_LONG(&o, "disability_grade", 0, 1);
    M_LONG(&o, "disability_grade", 1, 2);
    M_LONG(&o, "care_months", 0, 12);
    M_LONG(&o, "care_months", 1, 12);
    says(&o, "MZ12", BUS_POLICY_ZH,
         "重残护理补贴一级 170 元 + 重残护理补贴二级 140 元 = 310 元/月");
    H_WORD(&o, "status", "dibao");
    says(&o, "MZ11", BUS_POLICY_ZH,
         "困难残疾人生活补贴 170 元 × 2 人 = 340 元/月");
    says(&o, "MZ15", BUS_POLICY_ZH, "取暖救助 600 元/年"); /* one figure */
    says(&o, "MZ15", BUS_POLICY_EN, "heating aid 600 yuan a year");
    says(&o, "MZ08", BUS_POLICY_ZH, ""); /* no money */
    says(&o, "JY01", BUS_POLICY_ZH, ""); /* not eligible */
}

/* The last figure of it, in fen; -1: it says nothing. */
static int64_t ends_with(const char *text)
{
    const char *yuan = strstr(text, " = ");
    long long whole = 0, part = 0;
    char tail[3] = "";
    for (const char *at = yuan; at != NULL; at = strstr(at + 1, " = ")) {
        yuan = at;
    }
    if (yuan == NULL || sscanf(yuan, " = %lld.%2[0-9]", &whole, tail) < 1) {
        return -1;
    }
    part = tail[0] == '\0' ? 0 : atoi(tail) * (tail[1] == '\0' ? 10 : 1);
    return whole * 100 + part;
}

static void every_line_ends_with_the_amount(void **state)
{
    (void)state;
    struct bus_advice_sampler dice;
    size_t said = 0, amounts = 0;
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), SEED);
    for (int i = 0; i < HOUSEHOLDS; i++) {
        for (int item = 0; (size_t)item < bus_policy_item_count(k.c); item++) {
            struct bus_arena_mark mark = bus_arena_mark(&mem);
            struct bus_policy_household h;
            struct bus_policy_verdict_of v;
            struct bus_buf out = {0};
            struct bus_err err;
            assert_int_equal(bus_advice_sample_household(
                                 &dice, &item, 1,
                                 1 + bus_advice_sampler_upto(&dice, 4), &mem,
                                 &h, NULL),
                             BUS_OK);
            assert_int_equal(bus_policy_evaluate_item(k.c, &h, rules_day(DAY),
                                                      item, BUS_POLICY_VERDICTS,
                                                      &mem, &v, &err),
                             BUS_OK);
            assert_int_equal(
                bus_advice_report_working(k.c, &h, rules_day(DAY), item,
                                          i % 2 ? BUS_POLICY_ZH : BUS_POLICY_EN,
                                          &mem, &out, &err),
                BUS_OK);
            bool paid = v.verdict == BUS_POLICY_ELIGIBLE && v.has_amount;
            int64_t end = ends_with(bus_buf_cstr(&out));
            amounts += paid;
            said += out.len > 0;
            if ((!paid && out.len > 0) || (end >= 0 && end != v.amount_fen)) {
                fail_msg("item %d, household %d of seed %d: %lld fen: %s", item,
                         i, SEED, (long long)v.amount_fen, bus_buf_cstr(&out));
            }
            bus_buf_fini(&out);
            bus_arena_release(&mem, mark);
        }
    }
    print_message("seed %d: %zu amounts, %zu in words\n", SEED, amounts, said);
    assert_true(amounts > HOUSEHOLDS && said == amounts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_in_words),
        cmocka_unit_test(every_line_ends_with_the_amount),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
