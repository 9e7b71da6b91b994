/* What a change of the catalogue touches: items by all that bears on them,
 * facts by the changed items that read them, households by their answers. */
#include "bus/policy/marks.h"
#include "tests/golden/rules.h"

#define FACTS(rate)                                                             \
    "household:\n"                                                              \
    "  income_fen: {type: money_fen, zh: 收入, en: income, sources: [tax]}\n" \
    "  net_fen: {type: money_fen, zh: 净收入, en: net income,\n"             \
    "    derived: 'household.income_fen - " rate "'}\n"                         \
    "  poor: {type: boolean, zh: 困难, en: poor, sources: [civil]}\n"         \
    "member:\n"                                                                 \
    "  ill: {type: boolean, zh: 患病, en: ill, sources: [hospital]}\n"
#define STANDARDS(line, other)                               \
    "line_fen: {unit: fen, zh: 线, en: line, values: "      \
    "[{from: 2020-01-01, value: " line "}]}\n"               \
    "other_fen: {unit: fen, zh: 另一, en: other, values: " \
    "[{from: 2020-01-01, value: " other "}]}\n"
#define ITEM(code, version, condition)    \
    "code: " code "\n"                    \
    "department: MZ\n"                    \
    "name: {zh: 项目, en: item}\n"      \
    "versions:\n"                         \
    "  - version: '" version "'\n"        \
    "    effective: {from: 2020-01-01}\n" \
    "    condition: {feel: '" condition "'}\n"
#define BELOW    ITEM("AA01", "1", "household.net_fen < standard.line_fen")
#define POOR     ITEM("AA02", "1", "household.poor")
#define NO_RULES "rules: []\n"
#define A_RULE                                                      \
    "rules: [{id: X1, kind: excludes, item: AA01, others: [AA02], " \
    "for: household, zh: 互斥, en: excludes}]\n"

struct two
{
    struct rules from, to;
    struct bus_policy_change_set set;
    struct bus_err err;
};

static void load(struct rules *r,
                 const char *facts,
                 const char *standards,
                 const char *interactions,
                 const char *const *items)
{
    rules_open(r);
    rules_load(r, facts, standards, interactions, items);
}

static void compare(struct two *t)
{
    assert_int_equal(
        bus_policy_change_set(t->from.c, t->to.c, &t->to.mem, &t->set, &t->err),
        BUS_OK);
}

static void close_two(struct two *t)
{
    rules_close(&t->from);
    rules_close(&t->to);
}

static bool reads(const struct two *t, const char *fact)
{
    return bus_policy_change_reads(&t->set, bus_strv(fact));
}

static void each_change_marks_the_items_it_bears_on(void **state)
{
    (void)state;
    const char *plain[] = {BELOW, POOR, NULL};
    const char *renamed[] = {BELOW, ITEM("AA02", "2", "household.poor"), NULL};
    const char *fewer[] = {BELOW, NULL};
    const char *more[] = {
        BELOW, POOR, ITEM("AA03", "1", "some m in members satisfies m.ill"),
        NULL};
    const struct
    {
        const char *facts, *standards, *rules, *const *items;
        size_t changed;
        bool income, poor, ill;
    } cases[] = {
        {FACTS("0"), STANDARDS("1", "1"), NO_RULES, plain, 0, false, false,
         false},
        {FACTS("0"), STANDARDS("2", "1"), NO_RULES, plain, 1, true, false,
         false},
        /* a standard that no rule reads */
        {FACTS("0"), STANDARDS("1", "2"), NO_RULES, plain, 0, false, false,
         false},
        /* a derived fact */
        {FACTS("1"), STANDARDS("1", "1"), NO_RULES, plain, 1, true, false,
         false},
        {FACTS("0"), STANDARDS("1", "1"), A_RULE, plain, 2, true, true, false},
        {FACTS("0"), STANDARDS("1", "1"), NO_RULES, renamed, 1, false, true,
         false},
        {FACTS("0"), STANDARDS("1", "1"), NO_RULES, fewer, 1, false, true,
         false},
        {FACTS("0"), STANDARDS("1", "1"), NO_RULES, more, 1, false, false,
         true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct two t;
        load(&t.from, FACTS("0"), STANDARDS("1", "1"), NO_RULES, plain);
        load(&t.to, cases[i].facts, cases[i].standards, cases[i].rules,
             cases[i].items);
        compare(&t);
        assert_int_equal(t.set.items, cases[i].changed);
        assert_int_equal(reads(&t, "household.income_fen"), cases[i].income);
        assert_int_equal(reads(&t, "household.poor"), cases[i].poor);
        assert_int_equal(reads(&t, "member.ill"), cases[i].ill);
        assert_false(reads(&t, "household.unheard_of"));
        close_two(&t);
    }
}

/* Same by both, whatever else changed: by what is asked here alone. */
static bool same(struct two *t, int64_t income)
{
    int32_t day = rules_day("2026-10-01");
    struct bus_policy_fact f = {
        .fact =
            bus_policy_fact_find(t->from.c, BUS_STRV("household.income_fen")),
        .member = -1,
        .kind = BUS_POLICY_LONG,
        .number = income};
    struct bus_policy_household h = {
        .member_count = 1, .facts = &f, .fact_count = income >= 0};
    struct bus_policy_result a, b;
    assert_int_equal(bus_policy_evaluate(t->from.c, &h, day, BUS_POLICY_REASONS,
                                         &t->from.mem, &a, &t->err),
                     BUS_OK);
    assert_int_equal(bus_policy_evaluate(t->to.c, &h, day, BUS_POLICY_REASONS,
                                         &t->to.mem, &b, &t->err),
                     BUS_OK);
    return bus_policy_same_result(&t->set, &a, day, &b, day);
}

static void households_by_their_answers(void **state)
{
    (void)state;
    const char *items[] = {BELOW, POOR, NULL};
    const char *renamed[] = {
        ITEM("AA01", "2", "household.net_fen < standard.line_fen"), POOR, NULL};
    struct two t;
    load(&t.from, FACTS("0"), STANDARDS("1000", "1"), NO_RULES, items);
    load(&t.to, FACTS("0"), STANDARDS("2000", "1"), NO_RULES, items);
    compare(&t);
    assert_true(same(&t, 500));   /* yes by both */
    assert_false(same(&t, 1500)); /* no, then yes */
    assert_true(same(&t, 2500));  /* no by both */
    assert_true(same(&t, -1));    /* unknown to both, and the same is missing */
    close_two(&t);
    load(&t.from, FACTS("0"), STANDARDS("1000", "1"), NO_RULES, items);
    load(&t.to, FACTS("0"), STANDARDS("1000", "1"), NO_RULES, renamed);
    compare(&t);
    assert_false(same(&t, 500)); /* another version of the rule */
    close_two(&t);
}

static void nothing_known_is_all_changed(void **state)
{
    (void)state;
    const char *items[] = {BELOW, POOR, NULL};
    struct two t;
    load(&t.from, FACTS("0"), STANDARDS("1", "1"), NO_RULES, items);
    load(&t.to, FACTS("0"), STANDARDS("1", "1"), NO_RULES, items);
    assert_int_equal(
        bus_policy_change_set(NULL, t.to.c, &t.to.mem, &t.set, &t.err), BUS_OK);
    assert_int_equal(t.set.items, 2);
    assert_true(reads(&t, "household.income_fen"));
    assert_true(reads(&t, "household.poor"));
    assert_false(reads(&t, "member.ill"));
    close_two(&t);
}

#define DATED                                                         \
    "line_fen: {unit: fen, zh: 线, en: line, values: "               \
    "[{from: 2020-01-01, value: 1}, {from: 2026-07-01, value: 2}]}\n" \
    "other_fen: {unit: fen, zh: 另一, en: other, values: "          \
    "[{from: 2020-01-01, value: 1}, {from: 2026-09-01, value: 2}]}\n"
#define TWICE                                             \
    "code: AA02\n"                                        \
    "department: MZ\n"                                    \
    "name: {zh: 项目, en: item}\n"                      \
    "versions:\n"                                         \
    "  - version: '1'\n"                                  \
    "    effective: {from: 2020-01-01, to: 2026-03-31}\n" \
    "    condition: {feel: 'household.poor'}\n"           \
    "  - version: '2'\n"                                  \
    "    effective: {from: 2026-05-01}\n"                 \
    "    condition: {feel: 'not(household.poor)'}\n"

/* Within one catalogue: what is in force on the two days. */
static void days_mark_the_items_that_changed(void **state)
{
    (void)state;
    const char *items[] = {BELOW, TWICE, NULL};
    const struct
    {
        const char *from, *to;
        size_t changed;
        bool income, poor;
    } cases[] = {
        {"2026-06-30", "2026-07-01", 1, true, false},
        {"2026-07-01", "2026-12-01", 0, false, false}, /* nobody reads other */
        {"2026-03-31", "2026-04-01", 1, false, true},  /* ended */
        {"2026-04-01", "2026-05-01", 1, false, true},
        {"2020-01-01", "2026-07-01", 2, true, true},
    };
    const char *turns[][2] = {{"2026-12-01", "2026-09-01"},
                              {"2026-08-31", "2026-07-01"},
                              {"2026-06-30", "2026-05-01"},
                              {"2026-04-30", "2026-04-01"},
                              {"2026-03-31", "2020-01-01"}};
    struct two t;
    load(&t.to, FACTS("0"), DATED, NO_RULES, items);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(bus_policy_change_days(
                             t.to.c, rules_day(cases[i].from),
                             rules_day(cases[i].to), &t.to.mem, &t.set, &t.err),
                         BUS_OK);
        assert_int_equal(t.set.items, cases[i].changed);
        assert_int_equal(reads(&t, "household.income_fen"), cases[i].income);
        assert_int_equal(reads(&t, "household.poor"), cases[i].poor);
    }
    for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
        assert_int_equal(
            bus_policy_effective_day(t.to.c, rules_day(turns[i][0])),
            rules_day(turns[i][1]));
    }
    assert_int_equal(bus_policy_effective_day(t.to.c, rules_day("2019-12-31")),
                     INT32_MIN);
    rules_close(&t.to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_mark_the_items_that_changed),
        cmocka_unit_test(each_change_marks_the_items_it_bears_on),
        cmocka_unit_test(households_by_their_answers),
        cmocka_unit_test(nothing_known_is_all_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
