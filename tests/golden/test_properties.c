/* What holds of every household, on the county's own catalogue: ten thousand
 * made-up ones for each property, the seed printed.
 *
 * - what insurance, medical aid, charity and the union pay on a bill is at most
 *   the bill
 * - no standard is exceeded: dibao fills up to its line and no further, nobody
 *   has basic living twice
 * - more income never raises an amount that looks at income, of any item
 * - what is a person's own does not change when a household is split
 * - a fact that becomes known only narrows what not knowing it allowed; a claim
 *   (`claim` in facts.yaml) is 0 while nobody has said it, known as that */
#include "bus/advice/sample.h"
#include "bus/policy/interact.h"
#include "bus/policy/source.h"
#include "tests/golden/county.h"

#define HOUSEHOLDS 10000
#define SEED       20261009
#define DAY        "2026-10-09"

static const char *const on_a_bill[] = {"YB04", "YB02", "YB03", "NY03",
                                        "CS02", "HH02", "GH02"};
#define ON_A_BILL (sizeof(on_a_bill) / sizeof(on_a_bill[0]))
/* Those where more income does raise it, and the clause that says so. */
static const struct
{
    const char *code, *why;
} rises[] = {
#define EDGE                                                             \
    "the edge of dibao begins at the dibao standard (Social Assistance " \
    "Law art. 21): who is below it with too much for dibao is in neither"
    {"HH01", EDGE},
    {"HH02", EDGE},
    {"MZ02", EDGE},
    {"MZ06", EDGE},
    {"NY03", EDGE},
    {"ZF01", EDGE},
    {"ZF02", EDGE},
    {"GH02", "the union pays on what other aid leaves: where income ends that "
             "aid, more is left"}};
/* `scope: member` in its file: a person's own. */
static const char *const persons_own[] = {
    "CL01", "CL02", "CL04", "CL05", "CS01", "FL01", "HH01", "JY01",
    "JY02", "JY03", "JY04", "JY05", "JY06", "MZ02", "MZ03", "MZ04",
    "MZ09", "MZ10", "MZ11", "MZ12", "MZ13", "NY01", "RS01", "RS02",
    "RS03", "RS04", "RS05", "RS06", "TW01", "WJ02", "WJ03", "ZF01"};
/* Those of them that ask who else lives there, and what for. */
static const struct
{
    const char *code, *why;
} together[] = {
/* Right by the rows of the two: hardship is the household's, its income over
 * its members. The split leaves one of them with all of the income. */
#define POOR "a poor household, which is judged by its income a head"
    {"CL04", "a disabled parent, or child, of the same household"},
    {"HH01", POOR},
    {"MZ02", "an adult who lives with parents of 60 (M83)"},
    {"MZ03", "every member must be without labour"},
#define WHOSE \
    "whose destitute support it is: not theirs who work and keep others"
    {"MZ04", WHOSE},
    {"MZ12", WHOSE},
    {"RS03", "a household in which nobody has work (zero employment)"},
    {"WJ02", "each spouse, from the day the wife is 49"},
    {"ZF01", POOR}};

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
        /* The whole bill of the illness, before any insurance. */
        struct bus_policy_fact *cost = fact_of(&h, "household.event_cost_fen");
        cost->kind = BUS_POLICY_LONG;
        cost->number = bill->number * 3;
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

/* Of the item's amount, 0 if it has none of it. */
static int64_t amount_of(const struct bus_policy_household *h, const char *code)
{
    struct bus_policy_verdict_of v = one_item(h, code);
    return v.verdict == BUS_POLICY_ELIGIBLE && v.has_amount ? v.amount_fen : 0;
}

static const char *const basic_living[] = {"MZ01", "MZ02", "MZ03", "MZ09",
                                           "MZ10"};
#define BASIC_LIVING (sizeof(basic_living) / sizeof(basic_living[0]))
/* Who has basic living of his own cannot have it a second time. */
static void nobody_has_it_twice(const struct bus_policy_result *r,
                                const struct bus_policy_household *h,
                                int number)
{
    const char *by[BUS_POLICY_PEOPLE_MAX] = {NULL};
    for (size_t i = 0; i < r->count; i++) {
        for (size_t b = 0; b < BASIC_LIVING; b++) {
            const struct bus_policy_verdict_of *v = &r->items[i];
            bool one =
                v->item == bus_policy_item_find(k.c, bus_strv(basic_living[b]));
            for (size_t s = 0; one && s < v->share_count; s++) {
                int m = v->shares[s].member;
                bool has = v->shares[s].left_out_by.n == 0 && m >= 0 &&
                           v->verdict == BUS_POLICY_ELIGIBLE &&
                           v->left_out_by.n == 0 && v->shares[s].pay_fen > 0 &&
                           v->shares[s].pay_fen == v->shares[s].full_fen;
                assert_true(m < (int)h->member_count);
                if (has && by[m] != NULL) {
                    fail_msg("household %d of seed %d: member %d has %s and %s",
                             number, SEED + 4, m, by[m], basic_living[b]);
                }
                if (has) {
                    by[m] = basic_living[b];
                }
            }
        }
    }
}

/* Registered, nothing owned, with an income near the line: what of it counts.
 */
static int64_t poor(struct bus_policy_household *h)
{
    static const char *const none[] = {
        "household.deposit_fen", "household.securities_fen",
        "household.vehicle_count", "household.house_count"};
    for (size_t n = 0; n < sizeof(none) / sizeof(none[0]); n++) {
        fact_of(h, none[n])->number = 0;
    }
    struct bus_policy_fact *y = fact_of(h, "household.income_total_fen");
    struct bus_policy_fact *out = fact_of(h, "household.income_excluded_fen");
    struct bus_policy_fact *cost = fact_of(h, "household.job_cost_fen");
    fact_of(h, "household.registered_in_county")->number = 1;
    y->number = (int64_t)bus_advice_sampler_upto(&dice, 6000000);
    out->number = (int64_t)bus_advice_sampler_upto(&dice, 600000);
    cost->number = (int64_t)bus_advice_sampler_upto(&dice, 600000);
    int64_t counted = y->number - out->number - cost->number;
    return counted < 0 ? 0 : counted;
}

static void no_standard_is_exceeded(void **state)
{
    (void)state;
    size_t on_dibao = 0;
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), SEED + 4);
    for (int i = 0; i < HOUSEHOLDS; i++) {
        struct bus_arena_mark mark = bus_arena_mark(&mem);
        struct bus_policy_household h;
        struct bus_policy_result r;
        struct bus_err err;
        sampled(basic_living, BASIC_LIVING, &h);
        int64_t counted = poor(&h);
        bool urban = bus_strv_is(fact_of(&h, "household.area")->text, "urban");
        int64_t line = (urban ? 90000 : 70000) * (int64_t)h.member_count;
        assert_int_equal(bus_policy_evaluate(k.c, &h, rules_day(DAY),
                                             BUS_POLICY_REASONS, &mem, &r,
                                             &err),
                         BUS_OK);
        int64_t gap = amount_of(&h, "MZ01");
        on_dibao += gap > 0;
        if (gap > 0 && gap * 12 > line * 12 - counted + 11) {
            fail_msg("household %d of seed %d: %lld a month beside %lld a "
                     "year, the line is %lld",
                     i, SEED + 4, (long long)gap, (long long)counted,
                     (long long)line);
        }
        nobody_has_it_twice(&r, &h, i);
        bus_arena_release(&mem, mark);
    }
    print_message("seed %d: %zu of %d had dibao\n", SEED + 4, on_dibao,
                  HOUSEHOLDS);
    assert_true(on_dibao > HOUSEHOLDS / 20);
}

/* How many of the households get more; `paid`: how many get something. */
static size_t income_raises(const char *code, int times, size_t *paid)
{
    size_t raised = 0;
    *paid = 0;
    for (int i = 0; i < times; i++) {
        struct bus_arena_mark mark = bus_arena_mark(&mem);
        struct bus_policy_household h;
        sampled(&code, 1, &h);
        struct bus_policy_fact *y = fact_of(&h, "household.income_total_fen");
        y->kind = BUS_POLICY_LONG;
        y->number = (int64_t)bus_advice_sampler_upto(&dice, 6000000);
        int64_t before = amount_of(&h, code);
        y->number += (int64_t)bus_advice_sampler_upto(&dice, 2000000);
        int64_t after = amount_of(&h, code);
        *paid += before > 0;
        raised += after > before;
        bus_arena_release(&mem, mark);
    }
    return raised;
}

static void more_income_never_raises_an_amount(void **state)
{
    (void)state;
    int income =
        bus_policy_fact_find(k.c, BUS_STRV("household.income_total_fen"));
    size_t looked = 0, paid_on = 0;
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), SEED + 1);
    for (size_t i = 0; i < bus_policy_item_count(k.c); i++) {
        struct bus_policy_item item;
        char code[8];
        size_t paid = 0;
        if (!bus_policy_item_reads(k.c, i, income) ||
            !bus_policy_item_at(k.c, i, rules_day(DAY), &item)) {
            continue;
        }
        (void)bus_strv_copy(code, sizeof(code), item.code);
        const char *why = NULL;
        for (size_t e = 0; e < sizeof(rises) / sizeof(rises[0]); e++) {
            why = strcmp(rises[e].code, code) == 0 ? rises[e].why : why;
        }
        size_t raised = income_raises(code, HOUSEHOLDS, &paid);
        print_message("%s: paid to %zu of %d, raised for %zu%s%s\n", code, paid,
                      HOUSEHOLDS, raised, why != NULL ? ": " : "",
                      why != NULL ? why : "");
        if (raised > 0 && why == NULL) {
            fail_msg("%s, seed %d: raised for %zu", code, SEED + 1, raised);
        }
        looked++;
        paid_on += paid > 0;
    }
    print_message("seed %d: %zu items look at income, %zu were paid\n",
                  SEED + 1, looked, paid_on);
    assert_true(looked >= 2 && paid_on >= 2);
}

/* The household of one of its members alone. */
static struct bus_policy_household alone(const struct bus_policy_household *h,
                                         int member)
{
    struct bus_policy_fact *some =
        bus_arena_alloc(&mem, (h->fact_count + 1) * sizeof(*some));
    struct bus_policy_household one = {.member_count = 1, .facts = some};
    assert_non_null(some);
    for (size_t f = 0; f < h->fact_count; f++) {
        if (h->facts[f].member == -1 || h->facts[f].member == member) {
            some[one.fact_count] = h->facts[f];
            some[one.fact_count].member = h->facts[f].member == -1 ? -1 : 0;
            one.fact_count++;
        }
    }
    return one;
}

static void a_persons_own_survives_a_split(void **state)
{
    (void)state;
    size_t whole = 0;
    for (size_t c = 0; c < sizeof(persons_own) / sizeof(persons_own[0]); c++) {
        const char *code = persons_own[c];
        size_t differs = 0;
        bus_advice_sampler_init(&dice, k.c, rules_day(DAY), SEED + 3);
        for (int i = 0; i < HOUSEHOLDS; i++) {
            struct bus_arena_mark mark = bus_arena_mark(&mem);
            struct bus_policy_household h;
            int64_t apart = 0;
            bool any = false;
            sampled(&code, 1, &h);
            struct bus_policy_verdict_of v = one_item(&h, code);
            for (size_t m = 0; m < h.member_count; m++) {
                struct bus_policy_household one = alone(&h, (int)m);
                struct bus_policy_verdict_of w = one_item(&one, code);
                bool yes = w.verdict == BUS_POLICY_ELIGIBLE;
                any |= yes;
                apart += yes && w.has_amount ? w.amount_fen : 0;
            }
            bool yes = v.verdict == BUS_POLICY_ELIGIBLE;
            int64_t here = yes && v.has_amount ? v.amount_fen : 0;
            whole += yes;
            differs += yes != any || here != apart;
            bus_arena_release(&mem, mark);
        }
        const char *why = NULL;
        for (size_t e = 0; e < sizeof(together) / sizeof(together[0]); e++) {
            why = strcmp(together[e].code, code) == 0 ? together[e].why : why;
        }
        print_message("%s, seed %d: differs for %zu of %d%s%s\n", code,
                      SEED + 3, differs, HOUSEHOLDS, why != NULL ? ": " : "",
                      why != NULL ? why : "");
        if (differs > 0 && why == NULL) {
            fail_msg("%s, seed %d: differs for %zu", code, SEED + 3, differs);
        }
    }
    assert_true(whole > 0);
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
            if (county_claim(h.facts[f].fact) ||
                bus_advice_sampler_upto(&dice, 3) > 0) {
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
        cmocka_unit_test(no_standard_is_exceeded),
        cmocka_unit_test(more_income_never_raises_an_amount),
        cmocka_unit_test(a_persons_own_survives_a_split),
        cmocka_unit_test(what_becomes_known_only_narrows),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
