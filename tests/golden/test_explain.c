/* What would change a verdict: every change claimed is true, the thresholds
 * are the nearest, and a search that was cut short says so. */
#include <stdio.h>

#include "bus/advice/explain.h"
#include "bus/advice/sample.h"
#include "bus/policy/source.h"
#include "tests/golden/county.h"
#include "tests/lib/cases.h"

#define DAY   "2026-10-09"
#define CASES 10000
/* of a search; 450 when every fact that an item reads was tried */
#define TRIES_MEAN 300

struct household
{
    struct bus_policy_fact facts[256];
    struct bus_policy_household h;
};

static void put(struct household *o,
                const char *name,
                int member,
                enum bus_policy_kind kind,
                int64_t number,
                const char *text)
{
    int fact = bus_policy_fact_find(k.c, bus_strv(name));
    assert_true(fact >= 0);
    o->facts[o->h.fact_count++] =
        (struct bus_policy_fact){.fact = fact,
                                 .member = member,
                                 .kind = kind,
                                 .number = number,
                                 .text = bus_strv(text)};
    o->h.facts = o->facts;
}

static void rural_of_one(struct household *o, int64_t income, int64_t birth)
{
    memset(o, 0, sizeof(*o));
    o->h.member_count = 1;
    put(o, "household.area", -1, BUS_POLICY_TEXT, 0, "rural");
    put(o, "household.registered_in_county", -1, BUS_POLICY_BOOL, 1, NULL);
    put(o, "household.income_total_fen", -1, BUS_POLICY_LONG, income, NULL);
    put(o, "household.deposit_fen", -1, BUS_POLICY_LONG, 0, NULL);
    put(o, "household.securities_fen", -1, BUS_POLICY_LONG, 0, NULL);
    put(o, "household.vehicle_count", -1, BUS_POLICY_LONG, 0, NULL);
    put(o, "household.house_count", -1, BUS_POLICY_LONG, 1, NULL);
    put(o, "household.has_supporter", -1, BUS_POLICY_BOOL, 0, NULL);
    put(o, "household.supporter_status", -1, BUS_POLICY_TEXT, 0, "none");
    put(o, "household.supporter_age", -1, BUS_POLICY_LONG, 0, NULL);
    put(o, "member.birth_date", 0, BUS_POLICY_DATE, birth, NULL);
    put(o, "member.disability_grade", 0, BUS_POLICY_LONG, 0, NULL);
    put(o, "member.disability_category", 0, BUS_POLICY_TEXT, 0, "none");
}

static struct bus_advice_changes
changes(const struct household *o, const char *code, size_t limit)
{
    struct bus_advice_changes r;
    struct bus_err err;
    int item = bus_policy_item_find(k.c, bus_strv(code));
    assert_true(item >= 0);
    const struct bus_advice_question q = {.c = k.c,
                                          .h = &o->h,
                                          .rule_date = rules_day(DAY),
                                          .item = item,
                                          .limit = limit};
    if (bus_advice_changes(&q, &mem, &r, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return r;
}

static bool says(const struct bus_advice_changes *r, const char *words)
{
    bool any = false;
    for (size_t i = 0; i < r->count; i++) {
        struct bus_buf b = {0};
        assert_int_equal(
            bus_advice_report_change(k.c, &r->list[i], BUS_POLICY_ZH, &b, NULL),
            BUS_OK);
        any |= strcmp(bus_buf_cstr(&b), words) == 0;
        bus_buf_fini(&b);
    }
    return any;
}

static void income_just_below_the_line(void **state)
{
    (void)state;
    struct household o;
    rural_of_one(&o, 73000 * 12, rules_day("1980-01-01"));
    struct bus_advice_changes r = changes(&o, "MZ01", 10000);
    assert_int_equal(r.from, BUS_POLICY_NOT_ELIGIBLE);
    assert_int_equal(r.end, BUS_POLICY_SEARCH_DONE);
    /* 730.00 a head; strictly below 700.00 (T1) is 8399.99 a year. */
    assert_true(says(&r, "家庭年收入 降低 360.01 元 (至多 8399.99 元)"));
}

static void an_interval_has_both_ends(void **state)
{
    (void)state;
    struct household o;
    rural_of_one(&o, 60000 * 12, rules_day("1980-01-01"));
    struct bus_advice_changes r = changes(&o, "MZ07", 10000);
    assert_true(
        says(&r, "家庭年收入 提高 1200.00 元 (8400.00 元 至 12599.99 元)"));
}

static void time_alone_does_it(void **state)
{
    (void)state;
    struct household o;
    rural_of_one(&o, 0, rules_day("1967-03-15"));
    struct bus_advice_changes r = changes(&o, "MZ03", 10000);
    assert_int_equal(r.from, BUS_POLICY_NOT_ELIGIBLE);
    assert_true(says(&r, "时间到 2027-03-15 起"));
}

static void two_facts_together(void **state)
{
    (void)state;
    struct household o;
    rural_of_one(&o, 0, rules_day("1980-01-01"));
    struct bus_advice_changes r = changes(&o, "MZ12", 10000);
    assert_true(says(&r, "成员1 残疾等级 提高 1 (1 至 2),并且成员1 "
                         "需长期照护月数 至少 6"));
}

static void none_is_said_to_be_none(void **state)
{
    (void)state;
    struct household o; /* no work, no illness, no one hurt: three facts away */
    rural_of_one(&o, 1000000000, rules_day("1980-01-01"));
    o.facts[5].number = 3;
    o.facts[3].number = INT64_C(99999999999);
    struct bus_advice_changes r = changes(&o, "MZ01", 10000);
    assert_int_equal(r.count, 0);
    assert_int_equal(r.end, BUS_POLICY_SEARCH_DONE);
}

static void a_short_search_says_so(void **state)
{
    (void)state;
    struct household o;
    rural_of_one(&o, 90000 * 12, rules_day("1980-01-01"));
    struct bus_advice_changes r = changes(&o, "MZ01", 5);
    assert_true(r.tries <= 5);
    assert_int_equal(r.end, BUS_POLICY_SEARCH_LIMIT);
}

static enum bus_policy_verdict
verdict(const struct bus_policy_household *h, int item, int32_t day)
{
    struct bus_policy_verdict_of v;
    struct bus_err err;
    if (bus_policy_evaluate_item(k.c, h, day, item, BUS_POLICY_VERDICTS, &mem,
                                 &v, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return v.verdict;
}

static void apply(struct household *o, const struct bus_policy_fact *to)
{
    for (size_t i = 0; i < o->h.fact_count; i++) {
        if (o->facts[i].fact == to->fact && o->facts[i].member == to->member) {
            o->facts[i] = *to;
            return;
        }
    }
    o->facts[o->h.fact_count++] = *to;
}

/* Applied, the change is what it says; a number's neighbour nearer to the
 * present does not do it. */
static void hold_to(const struct household *o,
                    int item,
                    const struct bus_advice_changes *r,
                    const struct bus_advice_change *c)
{
    struct household then = *o;
    int32_t day = rules_day(DAY);
    then.h.facts = then.facts;
    for (size_t m = 0; m < c->count; m++) {
        if (c->moves[m].to.fact == BUS_POLICY_DATE_MOVE) {
            day = (int32_t)c->moves[m].to.number;
        } else {
            apply(&then, &c->moves[m].to);
        }
    }
    assert_int_equal(verdict(&then.h, item, day), r->to);
    struct bus_advice_move last = c->moves[c->count - 1];
    if (last.how != BUS_POLICY_SET_TO && last.known_before &&
        last.to.fact != BUS_POLICY_DATE_MOVE) {
        last.to.number += last.how == BUS_POLICY_AT_MOST ? 1 : -1;
        apply(&then, &last.to);
        assert_int_not_equal(verdict(&then.h, item, day), r->to);
    }
    if (last.ends) {
        last.to.number = last.end;
        apply(&then, &last.to);
        assert_int_equal(verdict(&then.h, item, day), r->to);
    }
}

static void every_claim_is_true(void **state)
{
    (void)state;
    struct bus_advice_sampler dice;
    size_t claims = 0, pairs = 0;
    uint64_t seed = seed_of(20261009);
    print_message("seed %llu, %d cases\n", (unsigned long long)seed,
                  cases(CASES));
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), seed);
    for (int n = 0; n < cases(CASES); n++) {
        static struct household o;
        struct bus_policy_household all;
        struct bus_advice_changes r;
        struct bus_err err;
        int item =
            (int)bus_advice_sampler_upto(&dice, bus_policy_item_count(k.c));
        size_t people = 1 + bus_advice_sampler_upto(&dice, 3);
        bus_arena_reset(&mem);
        assert_int_equal(bus_advice_sample_household(&dice, &item, 1, people,
                                                     &mem, &all, NULL),
                         BUS_OK);
        memset(&o, 0, sizeof(o));
        o.h = (struct bus_policy_household){.member_count = people,
                                            .facts = o.facts};
        for (size_t i = 0; i < all.fact_count; i++) {
            if (bus_advice_sampler_upto(&dice, 5) > 0) { /* some unknown */
                assert_true(o.h.fact_count < 250);
                o.facts[o.h.fact_count++] = all.facts[i];
            }
        }
        const struct bus_advice_question q = {.c = k.c,
                                              .h = &o.h,
                                              .rule_date = rules_day(DAY),
                                              .item = item,
                                              .limit =
                                                  n % 20 == 0 ? 3000 : 250};
        if (bus_advice_changes(&q, &mem, &r, &err) != BUS_OK) {
            fail_msg("%s", err.msg);
        }
        for (size_t i = 0; i < r.count; i++, claims++) {
            hold_to(&o, item, &r, &r.list[i]);
            pairs += r.list[i].count == 2;
        }
    }
    print_message("%zu claims, %zu of two facts\n", claims, pairs);
    assert_true(claims > (size_t)cases(CASES) / 2);
    assert_true(pairs > (size_t)cases(CASES) / 40);
}

static bool
found(const struct bus_advice_changes *r, int fact, int member, int32_t day)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct bus_policy_fact *to = &r->list[i].moves[0].to;
        if (r->list[i].count == 1 && to->fact == fact && to->member == member &&
            (fact != BUS_POLICY_DATE_MOVE || to->number <= day)) {
            return true;
        }
    }
    return false;
}

/* A flag, or a week of the two years, that by itself makes it eligible is among
 * the ways of a search that was not cut short. */
static size_t none_left_out(const struct household *o,
                            int item,
                            const struct bus_advice_changes *r)
{
    size_t ways = 0;
    for (int f = 0; (size_t)f < bus_policy_fact_count(k.c); f++) {
        const struct bus_node *n = bus_policy_fact_node(k.c, f);
        bool member =
            strncmp(bus_policy_fact_name(k.c, f).p, "member.", 7) == 0;
        int end = member ? (int)o->h.member_count : 0;
        if (bus_policy_fact_derived(k.c, f) ||
            !bus_strv_is(bus_node_get(n, "type")->text, "boolean")) {
            continue;
        }
        for (int m = member ? 0 : -1; m < end; m++) {
            for (int v = 0; v < 2; v++) {
                struct household then = *o;
                const struct bus_policy_fact to = {.fact = f,
                                                   .member = m,
                                                   .kind = BUS_POLICY_BOOL,
                                                   .number = v};
                then.h.facts = then.facts;
                apply(&then, &to);
                if (verdict(&then.h, item, rules_day(DAY)) ==
                    BUS_POLICY_ELIGIBLE) {
                    assert_true(found(r, f, m, 0));
                    ways++;
                }
            }
        }
    }
    for (int32_t d = 7; d <= 730; d += 7) {
        if (verdict(&o->h, item, rules_day(DAY) + d) == BUS_POLICY_ELIGIBLE) {
            assert_true(found(r, BUS_POLICY_DATE_MOVE, -1, rules_day(DAY) + d));
            return ways + 1;
        }
    }
    return ways;
}

/* What cannot help is not tried: all that is left is, within few tries. */
static void nothing_is_left_out(void **state)
{
    (void)state;
    struct bus_advice_sampler dice;
    size_t ways = 0, tries = 0, done = 0;
    uint64_t seed = seed_of(20261010);
    print_message("seed %llu\n", (unsigned long long)seed);
    bus_advice_sampler_init(&dice, k.c, rules_day(DAY), seed);
    for (int n = 0; n < cases(CASES) / 10; n++) {
        static struct household o;
        struct bus_policy_household all;
        struct bus_advice_changes r;
        struct bus_err err;
        int item =
            (int)bus_advice_sampler_upto(&dice, bus_policy_item_count(k.c));
        bus_arena_reset(&mem);
        assert_int_equal(
            bus_advice_sample_household(&dice, &item, 1, 2, &mem, &all, NULL),
            BUS_OK);
        memset(&o, 0, sizeof(o));
        o.h = (struct bus_policy_household){
            .member_count = 2, .facts = o.facts, .fact_count = all.fact_count};
        assert_true(all.fact_count < 250);
        memcpy(o.facts, all.facts, all.fact_count * sizeof(*all.facts));
        const struct bus_advice_question q = {.c = k.c,
                                              .h = &o.h,
                                              .rule_date = rules_day(DAY),
                                              .item = item,
                                              .limit = 3000};
        assert_int_equal(bus_advice_changes(&q, &mem, &r, &err), BUS_OK);
        if (r.to == BUS_POLICY_ELIGIBLE && r.end == BUS_POLICY_SEARCH_DONE) {
            ways += none_left_out(&o, item, &r);
            tries += r.tries;
            done++;
        }
    }
    print_message("%zu ways, %zu searches, %zu tries\n", ways, done, tries);
    assert_true(ways > (size_t)cases(CASES) / 200 && done > 0);
    assert_true(tries < done * TRIES_MEAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(income_just_below_the_line),
        cmocka_unit_test(an_interval_has_both_ends),
        cmocka_unit_test(time_alone_does_it),
        cmocka_unit_test(two_facts_together),
        cmocka_unit_test(none_is_said_to_be_none),
        cmocka_unit_test(a_short_search_says_so),
        cmocka_unit_test(every_claim_is_true),
        cmocka_unit_test(nothing_is_left_out),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
