/* What holds of every household, on the county's own catalogue: ten thousand
 * made-up ones for each property, the seed printed.
 *
 * - what insurance, medical aid and charity pay on a bill is at most the bill
 * - more income never raises an amount that looks at income
 * - a fact that becomes known only narrows what not knowing it allowed */
#include "bus/advice/sample.h"
#include "tests/golden/county.h"

#define HOUSEHOLDS 10000
#define SEED       20261009
#define DAY        "2026-10-09"

static const char *const on_a_bill[] = {"YB04", "YB02", "YB03",
                                        "NY03", "CS02", "HH02"};
#define ON_A_BILL (sizeof(on_a_bill) / sizeof(on_a_bill[0]))
/* Amounts that look at income. Rising steps: union aid by its tiers falls, so
 * nothing is left out here. */
static const char *const by_income[] = {"MZ01", "GH01"};

static struct bus_advice_sampler dice;

static void
sampled(const char *const *codes, size_t n, struct bus_policy_household *h)
{
    int items[16];
    for (size_t i = 0; i < n; i++) {
        items[i] = bus_policy_item_find(k.c, bus_strv(codes[i]));
        assert_true(items[i] >= 0);
    }
    size_t members = 1 + bus_advice_sampler_upto(&dice, 4);
    assert_int_equal(
        bus_advice_sample_household(&dice, items, n, members, &mem, h, NULL),
        BUS_OK);
}

static struct bus_policy_fact *fact_of(struct bus_policy_household *h,
                                       const char *name)
{
    int fact = bus_policy_fact_find(k.c, bus_strv(name));
    for (size_t i = 0; i < h->fact_count; i++) {
        if (h->facts[i].fact == fact && h->facts[i].member == -1) {
            return (struct bus_policy_fact *)(uintptr_t)&h->facts[i];
        }
    }
    fail_msg("no fact %s in the household", name);
    return NULL;
}

static struct bus_policy_verdict_of
one_item(const struct bus_policy_household *h, const char *code)
{
    struct bus_policy_verdict_of v;
    struct bus_err err;
    int item = bus_policy_item_find(k.c, bus_strv(code));
    assert_int_equal(bus_policy_evaluate_item(k.c, h, rules_day(DAY), item,
                                              BUS_POLICY_REASONS, &mem, &v,
                                              &err),
                     BUS_OK);
    return v;
}

static void a_bill_is_paid_at_most_once(void **state)
{
    (void)state;
    size_t paid_on = 0;
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), SEED);
    for (int i = 0; i < HOUSEHOLDS; i++) {
        struct bus_arena_mark mark = bus_arena_mark(&mem);
        struct bus_policy_household h;
        int64_t sum = 0;
        sampled(on_a_bill, ON_A_BILL, &h);
        struct bus_policy_fact *bill =
            fact_of(&h, "household.medical_out_of_pocket_fen");
        bill->number = (int64_t)bus_advice_sampler_upto(&dice, 40000000);
        fact_of(&h, "household.event_cost_fen")->number = 0;
        fact_of(&h, "household.crop_loss_fen")->number = 0;
        struct bus_policy_fact *shock = fact_of(&h, "household.event_shock");
        shock->kind = BUS_POLICY_TEXT;
        shock->text = BUS_STRV("illness");
        for (size_t c = 0; c < ON_A_BILL; c++) {
            struct bus_policy_verdict_of v = one_item(&h, on_a_bill[c]);
            bool pays = v.verdict == BUS_POLICY_ELIGIBLE && v.has_amount;
            sum += pays ? v.amount_fen : 0;
        }
        paid_on += sum > 0;
        if (sum > bill->number) {
            fail_msg("household %d of seed %d: %lld paid on a bill of %lld", i,
                     SEED, (long long)sum, (long long)bill->number);
        }
        bus_arena_release(&mem, mark);
    }
    print_message("seed %d: %zu of %d bills had aid\n", SEED, paid_on,
                  HOUSEHOLDS);
    assert_true(paid_on > HOUSEHOLDS / 20);
}

static void more_income_never_raises_an_amount(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof(by_income) / sizeof(by_income[0]); c++) {
        size_t paid_on = 0;
        bus_advice_sampler_init(&dice, k.c, rules_day(DAY), SEED + 1);
        for (int i = 0; i < HOUSEHOLDS; i++) {
            struct bus_arena_mark mark = bus_arena_mark(&mem);
            struct bus_policy_household h;
            sampled(&by_income[c], 1, &h);
            struct bus_policy_fact *y =
                fact_of(&h, "household.income_total_fen");
            y->number = (int64_t)bus_advice_sampler_upto(&dice, 6000000);
            struct bus_policy_verdict_of poor = one_item(&h, by_income[c]);
            y->number += (int64_t)bus_advice_sampler_upto(&dice, 2000000);
            struct bus_policy_verdict_of rich = one_item(&h, by_income[c]);
            int64_t before =
                poor.verdict == BUS_POLICY_ELIGIBLE ? poor.amount_fen : 0;
            int64_t after =
                rich.verdict == BUS_POLICY_ELIGIBLE ? rich.amount_fen : 0;
            paid_on += before > 0;
            if (after > before) {
                fail_msg("%s, household %d of seed %d: %lld, then %lld",
                         by_income[c], i, SEED + 1, (long long)before,
                         (long long)after);
            }
            bus_arena_release(&mem, mark);
        }
        print_message("seed %d: %s was paid to %zu of %d\n", SEED + 1,
                      by_income[c], paid_on, HOUSEHOLDS);
        assert_true(paid_on > 0);
    }
}

static void what_becomes_known_only_narrows(void **state)
{
    (void)state;
    size_t open = 0, n = bus_policy_item_count(k.c);
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), SEED + 2);
    for (int i = 0; i < HOUSEHOLDS; i++) {
        struct bus_arena_mark mark = bus_arena_mark(&mem);
        struct bus_policy_household h, less;
        struct bus_policy_item item;
        size_t at = bus_advice_sampler_upto(&dice, n);
        assert_true(bus_policy_item_at(k.c, at, rules_day(DAY), &item));
        char code[8];
        const char *codes[] = {bus_strv_copy(code, sizeof(code), item.code)};
        sampled(codes, 1, &h);
        struct bus_policy_fact *some =
            bus_arena_dup(&mem, h.facts, (h.fact_count + 1) * sizeof(*some));
        assert_non_null(some);
        less = h;
        less.facts = some;
        less.fact_count = 0;
        for (size_t f = 0; f < h.fact_count; f++) {
            if (bus_advice_sampler_upto(&dice, 3) > 0) {
                some[less.fact_count++] = h.facts[f];
            }
        }
        struct bus_policy_verdict_of narrow = one_item(&h, code);
        struct bus_policy_verdict_of wide = one_item(&less, code);
        open += wide.verdict == BUS_POLICY_UNDETERMINED;
        if (wide.verdict != BUS_POLICY_UNDETERMINED &&
            wide.verdict != narrow.verdict) {
            fail_msg("%s, household %d of seed %d: %d, with all known %d", code,
                     i, SEED + 2, (int)wide.verdict, (int)narrow.verdict);
        }
        bus_arena_release(&mem, mark);
    }
    print_message("seed %d: %zu of %d were open\n", SEED + 2, open, HOUSEHOLDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bill_is_paid_at_most_once),
        cmocka_unit_test(more_income_never_raises_an_amount),
        cmocka_unit_test(what_becomes_known_only_narrows),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
