/* Each check of the catalogue finds the offender planted for it, and nothing
 * in a catalogue without one. */
#include "bus/advice/check.h"
#include "bus/policy/clause.h"
#include "bus/policy/source.h"
#include "tests/golden/rules.h"

#define FACTS                                                                   \
    "household:\n"                                                              \
    "  income_fen: {type: money_fen, zh: 收入, en: income, sources: [tax]}\n" \
    "  poor: {type: boolean, zh: 困难, en: poor, sources: [civil]}\n"         \
    "  kind: {type: enum, zh: 类别, en: kind, sources: [civil],\n"            \
    "    words: {a: {zh: 甲, en: A}, b: {zh: 乙, en: B}}}\n"                  \
    "  riddle: {type: boolean, zh: 谜, en: riddle, sources: []}\n"             \
    "member:\n"                                                                 \
    "  ill: {type: boolean, zh: 患病, en: ill, sources: [hospital]}\n"
#define STANDARDS                                             \
    "line_fen: {unit: fen, zh: 标准线, en: line, values: " \
    "[{from: 2020-01-01, value: 70000}]}\n"                   \
    "open: {unit: one, zh: 启动, en: open, values: "        \
    "[{from: 2020-01-01, value: 0}]}\n"
#define ITEM(code, condition, amount)     \
    "code: " code "\n"                    \
    "department: MZ\n"                    \
    "name: {zh: 项目, en: item}\n"      \
    "versions:\n"                         \
    "  - version: '1'\n"                  \
    "    effective: {from: 2020-01-01}\n" \
    "    condition:\n"                    \
    "      feel: " condition "\n"         \
    "    amount: {feel: " amount ", cap: 'standard.line_fen'}\n"
#define PLAIN                                                \
    ITEM("AA01", "household.income_fen < standard.line_fen", \
         "'standard.line_fen - household.income_fen'")
#define IDLE ITEM("AA02", "standard.open = 1 and household.poor", "'1'")

static void check(struct rules *r, const char *interactions, const char *extra)
{
    const char *items[] = {PLAIN, IDLE, extra, NULL};
    struct bus_arena scratch;
    struct bus_err err;
    rules_open(r);
    rules_load(r, FACTS, STANDARDS, interactions, items);
    bus_arena_init(&scratch, 0, 0);
    assert_int_equal(bus_advice_check(r->c, rules_day("2026-10-01"), &scratch,
                                      &r->faults, &err),
                     BUS_OK);
    bus_arena_fini(&scratch);
}

static void
expect(const char *interactions, const char *extra, const char *says)
{
    struct rules r;
    check(&r, interactions, extra);
    const struct bus_fault *f = rules_fault(&r, says);
    if (f == NULL) {
        for (size_t i = 0; i < r.faults.count; i++) {
            print_message("%s\n", r.faults.list[i].text);
        }
        fail_msg("nothing says '%s'", says);
    }
    assert_true(f->at.line > 0);
    rules_close(&r);
}

static void nothing_in_a_sound_one(void **state)
{
    (void)state;
    struct rules r;
    check(&r, "rules: []", NULL);
    for (size_t i = 0; i < r.faults.count; i++) {
        assert_true(r.faults.list[i].warning);
    }
    /* Closed by a figure of the day: said, and no fault. */
    assert_non_null(rules_fault(&r, "standard.open = 1"));
    rules_close(&r);
}

#define PAID "delivery: {channel: bank, partner: B}\n"
#define PAID_ITEM(amount)                                           \
    "code: AA03\ndepartment: MZ\nname: {zh: 项目, en: item}\n" PAID \
    "versions:\n  - version: '1'\n"                                 \
    "    effective: {from: 2020-01-01}\n"                           \
    "    condition: {feel: household.poor}\n" amount

static void money_without_a_bound(void **state)
{
    (void)state;
    expect("rules: []", PAID_ITEM(""), "money without a bound");
    expect("rules: []", PAID_ITEM("    amount: {feel: '100'}\n"),
           "money without a bound");
    struct rules r;
    check(&r, "rules: []",
          PAID_ITEM("    amount: {feel: '100', cap: standard.line_fen}\n"));
    assert_null(rules_fault(&r, "money without a bound"));
    rules_close(&r);
}

static void a_fact_without_source(void **state)
{
    (void)state;
    expect("rules: []", ITEM("AA03", "household.riddle", "'1'"),
           "AA03 reads it and no source supplies it");
}

static void an_item_nobody_gets(void **state)
{
    (void)state;
    expect("rules: []", ITEM("AA03", "1 = 2 and household.poor = false", "'1'"),
           "closed to everybody by a standard");
    expect("rules: []",
           ITEM("AA03",
                "household.income_fen < 100 and household.income_fen > 200",
                "'1'"),
           "nobody got it");
    expect("rules: []",
           ITEM("AA03", "count(members) < 0 and household.poor", "'1'"),
           "the condition is never true");
}

static void amounts(void **state)
{
    (void)state;
    expect("rules: []",
           ITEM("AA03", "household.poor", "'5 - household.income_fen'"),
           "below zero");
    expect("rules: []",
           ITEM("AA03", "household.poor", "'household.income_fen'"),
           "exceed its cap");
    expect("rules: []",
           ITEM("AA03", "household.poor", "'household.income_fen / 7'"),
           "no whole number of fen");
}

static void exclusions(void **state)
{
    (void)state;
    expect("rules:\n"
           "  - {id: X1, kind: excludes, for: household, item: AA01, others: "
           "[AA03]}\n"
           "  - {id: X2, kind: excludes, for: household, item: AA03, others: "
           "[AA01]}\n",
           ITEM("AA03", "household.poor", "'1'"),
           "AA01 and AA03 shut each other out (X1, X2)");
    expect("rules:\n"
           "  - {id: X1, kind: excludes, for: household, item: AA01, others: "
           "[AA03]}\n",
           ITEM("AA03",
                "household.income_fen < standard.line_fen and household.poor",
                "'1'"),
           "whoever may have it may have AA01, which excludes it (X1");
    struct rules r; /* apart for some: sound */
    check(&r,
          "rules:\n"
          "  - {id: X1, kind: excludes, for: household, item: AA01, others: "
          "[AA03]}\n",
          ITEM("AA03", "household.poor", "'1'"));
    assert_null(rules_fault(&r, "never given"));
    rules_close(&r);
}

static void a_standard_nobody_reads(void **state)
{
    (void)state;
    struct rules r;
    const char *items[] = {ITEM("AA01", "household.poor", "'1'"), NULL};
    struct bus_arena scratch;
    struct bus_err err;
    rules_open(&r);
    rules_load(&r, FACTS, STANDARDS, "rules: []", items);
    bus_arena_init(&scratch, 0, 0);
    assert_int_equal(bus_advice_check(r.c, rules_day("2026-10-01"), &scratch,
                                      &r.faults, &err),
                     BUS_OK);
    bus_arena_fini(&scratch);
    const struct bus_fault *f = rules_fault(&r, "no rule reads");
    assert_non_null(f);
    assert_string_equal(f->path, "open"); /* the other is read by a cap */
    rules_close(&r);
}

/* --- the template: one attribute taken away or spoilt after the other --- */

static void template_of(struct county *k)
{
    bus_advice_check_template(k->config.policies, k->config.policies_count,
                              &k->faults);
}

static void the_county_fits_the_template(void **state)
{
    (void)state;
    struct county k;
    county_open(&k);
    template_of(&k);
    assert_int_equal(k.faults.errors, 0);
    county_close(&k);
}

static void each_attribute_is_missed(void **state)
{
    (void)state;
    static const char *const top[] = {
        "name",    "category",  "kind",    "scope",  "start",     "volume",
        "history", "materials", "process", "source", "authority", "schedule"};
    struct county k;
    county_open(&k);
    for (size_t i = 0; i < sizeof(top) / sizeof(top[0]); i++) {
        struct bus_node_pair pairs[64];
        struct bus_node less = *k.config.policies[0];
        uint32_t n = 0;
        for (uint32_t p = 0; p < less.count; p++) {
            if (!bus_strv_is(less.pairs[p].key->text, top[i])) {
                pairs[n++] = less.pairs[p];
            }
        }
        assert_int_equal(n + 1, less.count);
        less.pairs = pairs;
        less.count = n;
        const struct bus_node *one = &less;
        size_t before = k.faults.errors;
        bus_advice_check_template(&one, 1, &k.faults);
        if (k.faults.errors == before) {
            fail_msg("%s taken away and nobody missed it", top[i]);
        }
        assert_non_null(strstr(k.faults.list[before].text, top[i]));
    }
    county_close(&k);
}

static void spoilt_values_are_found(void **state)
{
    (void)state;
    struct rules r;
    rules_open(&r);
    const struct bus_node *item = rules_text(
        &r, "bad.yaml",
        "code: ZZ01\n"
        "category: luxury\n"
        "name: {zh: 名}\n"
        "materials: [{code: m1, name: {zh: 甲, en: A}, "
        "obtainable_by_sharing: perhaps}]\n"
        "history: [{year: 2024, applications: 1, approved: 1, paid_fen: -5}]\n"
        "process: {flow: P1, notice_days: 7, total: {n: 30, unit: moons}, "
        "steps: [{step: s, actor: wizard, text: {zh: 甲, en: A}}]}\n"
        "versions:\n"
        "  - {version: '1', effective: {from: 2020-02-30}}\n");
    bus_advice_check_template(&item, 1, &r.faults);
    static const char *const says[] = {
        "category: must be one of basic_living",
        "name: must be in Chinese and English",
        "materials.[].obtainable_by_sharing: must be true or false",
        "history.[].paid_fen: must be a whole number",
        "history: 1 years",
        "process.total.unit: must be one of days working_days",
        "process.steps.[].actor: must be one of",
        "effective.from: must be a date",
        "basis.[].document: missing",
        "condition.text: missing",
    };
    for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
        if (rules_fault(&r, says[i]) == NULL) {
            fail_msg("nothing says '%s'", says[i]);
        }
    }
    rules_close(&r);
}

/* --- clauses --- */

static void clauses_are_cut_as_the_engine_cuts(void **state)
{
    (void)state;
    struct bus_strv p[BUS_POLICY_CLAUSES_MAX];
    static const struct
    {
        const char *text;
        size_t n;
        const char *last;
    } cases[] = {
        {"a and b", 2, "b"},
        {"  (a and b) and (c or d)\n", 3, "c or d"},
        {"a or b and c", 1, "a or b and c"},
        {"x between 1 and 2 and y", 2, "y"},
        {"a and some m in members satisfies m.b and m.c", 2,
         "some m in members satisfies m.b and m.c"},
        {"a = \"x and y\" and not(b and c)", 2, "not(b and c)"},
        {"(a) and (b)", 2, "b"},
        {"", 0, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t n = bus_policy_clauses(bus_strv(cases[i].text), p,
                                      BUS_POLICY_CLAUSES_MAX);
        assert_int_equal(n, cases[i].n);
        if (n > 0) {
            assert_true(bus_strv_is(p[n - 1], cases[i].last));
        }
    }
    /* Every clause key the engine gives has its text. */
    struct county k;
    struct bus_policy_household nobody = {.member_count = 1};
    struct bus_policy_result res;
    struct bus_err err;
    county_open(&k);
    assert_int_equal(bus_policy_evaluate(k.c, &nobody, rules_day("2026-10-01"),
                                         BUS_POLICY_REASONS, &k.mem, &res,
                                         &err),
                     BUS_OK);
    size_t seen = 0;
    for (size_t i = 0; i < res.count; i++) {
        for (size_t j = 0; j < res.items[i].reason_count; j++, seen++) {
            struct bus_strv t = bus_policy_clause_of(
                k.c, res.items[i].reasons[j], rules_day("2026-10-01"));
            assert_true(t.n > 0);
        }
    }
    assert_true(seen > 100);
    assert_int_equal(
        bus_policy_clause_of(k.c, BUS_STRV("MZ01.9"), rules_day("2026-10-01"))
            .n,
        0);
    county_close(&k);
}

static void rules_are_said_in_words(void **state)
{
    (void)state;
    static const struct
    {
        const char *rule, *zh, *en;
    } cases[] = {
        {"household.income_per_head_fen < standard.dibao_fen",
         "月人均收入 < 低保标准", NULL},
        {"household.status in (\"dibao\", \"tekun\")",
         "救助身份 属于 (低保, 特困)", NULL},
        {"some m in members satisfies\n  m.serious_illness", "有成员: 重病",
         NULL},
        {"unheard_of = 3", "unheard_of = 3", "unheard_of = 3"},
    };
    struct county k;
    county_open(&k);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bus_buf b = {0};
        assert_int_equal(bus_advice_report_clause(k.c, bus_strv(cases[i].rule),
                                                  BUS_POLICY_ZH, &b, NULL),
                         BUS_OK);
        assert_string_equal(bus_buf_cstr(&b), cases[i].zh);
        bus_buf_clear(&b);
        assert_int_equal(bus_advice_report_clause(k.c, bus_strv(cases[i].rule),
                                                  BUS_POLICY_EN, &b, NULL),
                         BUS_OK);
        assert_null(strstr(bus_buf_cstr(&b), "household."));
        bus_buf_fini(&b);
    }
    county_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_in_a_sound_one),
        cmocka_unit_test(money_without_a_bound),
        cmocka_unit_test(a_fact_without_source),
        cmocka_unit_test(an_item_nobody_gets),
        cmocka_unit_test(amounts),
        cmocka_unit_test(exclusions),
        cmocka_unit_test(a_standard_nobody_reads),
        cmocka_unit_test(the_county_fits_the_template),
        cmocka_unit_test(each_attribute_is_missed),
        cmocka_unit_test(spoilt_values_are_found),
        cmocka_unit_test(clauses_are_cut_as_the_engine_cuts),
        cmocka_unit_test(rules_are_said_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
