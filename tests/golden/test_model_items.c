/* An item whose condition and amount are decisions of a DMN model: judged, read
 * and compared as any other; what is wrong has its place. */
#include "bus/policy/marks.h"
#include "bus/policy/verdicts.h"
#include "tests/golden/rules.h"

#define FACTS                                                                   \
    "household:\n"                                                              \
    "  income_fen: {type: money_fen, zh: 收入, en: income, sources: [tax]}\n" \
    "  area: {type: enum, zh: 城乡, en: area, sources: [civil],\n"            \
    "    words: {urban: {zh: 城, en: u}, rural: {zh: 乡, en: r}}}\n"          \
    "member:\n"                                                                 \
    "  ill: {type: boolean, zh: 患病, en: ill, sources: [hospital]}\n"
#define STANDARDS                                             \
    "line_fen: {unit: fen, zh: 标准线, en: line, values: " \
    "[{from: 2020-01-01, value: 70000}]}\n"
#define ITEM(condition, amount)           \
    "code: BB01\n"                        \
    "department: MZ\n"                    \
    "name: {zh: 项目, en: item}\n"      \
    "versions:\n"                         \
    "  - version: '1'\n"                  \
    "    effective: {from: 2020-01-01}\n" \
    "    condition: " condition "\n"      \
    "    amount: " amount "\n"
#define BOTH                                                                 \
    ITEM("{dmn: aid.dmn, decision: 符合条件, inputs: {有病人: 'some " \
         "m in members satisfies m.ill'}}",                                  \
         "{dmn: aid.dmn, decision: amount, inputs: {有病人: 'some m "     \
         "in members satisfies m.ill'}}")
/* 收入 and 标准线 by their names, area likewise, 有病人 by `inputs`. */
#define REQUIRES                              \
    "<informationRequirement><requiredInput " \
    "href='#i1'/></informationRequirement>\n" \
    "<informationRequirement><requiredInput " \
    "href='#i2'/></informationRequirement>\n" \
    "<informationRequirement><requiredInput " \
    "href='#i3'/></informationRequirement>\n" \
    "<informationRequirement><requiredInput " \
    "href='#i4'/></informationRequirement>\n"
#define MODEL(text)                                                              \
    "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' "         \
    "name='aid' namespace='n'>\n"                                                \
    "<inputData id='i1' name='收入'><variable name='收入' "                  \
    "typeRef='number'/></inputData>\n"                                           \
    "<inputData id='i2' name='标准线'><variable name='标准线' "            \
    "typeRef='number'/></inputData>\n"                                           \
    "<inputData id='i3' name='area'><variable name='area' "                      \
    "typeRef='string'/></inputData>\n"                                           \
    "<inputData id='i4' name='有病人'><variable name='有病人' "            \
    "typeRef='boolean'/></inputData>\n"                                          \
    "<decision name='符合条件'><variable name='符合条件' "               \
    "typeRef='boolean'/>\n" REQUIRES "<decisionTable hitPolicy='FIRST'>\n"       \
    "<input><inputExpression><text>收入 &lt; "                                 \
    "标准线</text></inputExpression></input>\n"                               \
    "<input><inputExpression><text>有病人</text></inputExpression></input>\n" \
    "<output/>\n"                                                                \
    "<rule><inputEntry><text>true</text></inputEntry><inputEntry><text>-</"      \
    "text></inputEntry><outputEntry><text>true</text></outputEntry></rule>\n"    \
    "<rule><inputEntry><text>-</text></inputEntry><inputEntry><text>true</"      \
    "text></inputEntry><outputEntry><text>true</text></outputEntry></rule>\n"    \
    "<rule><inputEntry><text>-</text></inputEntry><inputEntry><text>-</"         \
    "text></inputEntry><outputEntry><text>false</text></outputEntry></rule>\n"   \
    "</decisionTable></decision>\n"                                              \
    "<decision name='amount'><variable name='amount' "                           \
    "typeRef='number'/>\n" REQUIRES "<literalExpression><text>" text             \
    "</text></literalExpression></decision>\n"                                   \
    "</definitions>\n"
#define GOOD MODEL("if area = \"urban\" then 20000 else 10000")

static const struct bus_fault *
load(struct rules *r, const char *model, const char *item)
{
    static struct bus_source source;
    rules_open(r);
    source = (struct bus_source){"policies/MZ/aid.dmn", bus_strv(model)};
    r->items[r->count++] = rules_text(r, "policies/MZ/BB01.yaml", item);
    r->sources = (struct bus_policy_sources){
        .facts = rules_text(r, "facts.yaml", FACTS),
        .standards = rules_text(r, "standards.yaml", STANDARDS),
        .interactions = rules_text(r, "interactions.yaml", "rules: []\n"),
        .items = r->items,
        .item_count = r->count,
        .models = &source,
        .model_count = 1,
    };
    r->c = bus_policy_catalogue_new(&r->sources, &r->faults);
    return r->faults.count > 0 ? &r->faults.list[0] : NULL;
}

/* income < 0: not known; ill 2: not known. */
static struct bus_policy_verdict_of
judge(struct rules *r, int64_t income, const char *area, int ill)
{
    struct bus_policy_fact facts[3];
    struct bus_policy_household h = {.member_count = 1, .facts = facts};
    struct bus_policy_result res;
    struct bus_err err;
    const uint8_t *quick;
    const struct
    {
        const char *name;
        bool known;
        struct bus_policy_fact f;
    } all[] = {
        {"household.income_fen",
         income >= 0,
         {.member = -1, .kind = BUS_POLICY_LONG, .number = income}},
        {"household.area",
         area != NULL,
         {.member = -1,
          .kind = BUS_POLICY_TEXT,
          .text = bus_strv(area ? area : "")}},
        {"member.ill", ill < 2, {.kind = BUS_POLICY_BOOL, .number = ill}},
    };
    for (int i = 0; i < 3; i++) {
        if (all[i].known) {
            facts[h.fact_count] = all[i].f;
            facts[h.fact_count++].fact =
                bus_policy_fact_find(r->c, bus_strv(all[i].name));
        }
    }
    int32_t day = rules_day("2026-10-01");
    assert_int_equal(bus_policy_evaluate(r->c, &h, day, BUS_POLICY_REASONS,
                                         &r->mem, &res, &err),
                     BUS_OK);
    assert_int_equal(bus_policy_verdicts(r->c, &h, day, &r->mem, &quick, &err),
                     BUS_OK);
    assert_int_equal(quick[0], res.items[0].verdict);
    return res.items[0];
}

static void a_model_judges(void **state)
{
    (void)state;
    struct rules r;
    assert_null(load(&r, GOOD, BOTH));
    struct bus_policy_verdict_of v = judge(&r, 60000, "urban", 0);
    assert_int_equal(v.verdict, BUS_POLICY_ELIGIBLE);
    assert_true(v.has_amount && v.amount_fen == 20000);
    v = judge(&r, 80000, "rural", 1);
    assert_int_equal(v.verdict, BUS_POLICY_ELIGIBLE);
    assert_int_equal(v.amount_fen, 10000);
    v = judge(&r, 80000, "rural", 0);
    assert_int_equal(v.verdict, BUS_POLICY_NOT_ELIGIBLE);
    assert_int_equal(v.reason_count, 1);
    assert_true(bus_strv_is(v.reasons[0], "BB01.1"));
    rules_close(&r);
}

/* Never no for want of a fact, and yes where it does not matter. */
static void what_is_unknown_stays_so(void **state)
{
    (void)state;
    struct rules r;
    assert_null(load(&r, GOOD, BOTH));
    struct bus_policy_verdict_of v = judge(&r, -1, "urban", 0);
    assert_int_equal(v.verdict, BUS_POLICY_UNDETERMINED);
    assert_int_equal(v.missing_count, 1);
    assert_true(bus_strv_is(bus_policy_fact_name(r.c, v.missing[0].fact),
                            "household.income_fen"));
    v = judge(&r, 80000, "urban", 2);
    assert_int_equal(v.verdict, BUS_POLICY_UNDETERMINED);
    v = judge(&r, 60000, "urban", 2);
    assert_int_equal(v.verdict, BUS_POLICY_ELIGIBLE);
    v = judge(&r, 60000, NULL, 0);
    assert_int_equal(v.verdict, BUS_POLICY_ELIGIBLE);
    assert_int_equal(v.amount, BUS_POLICY_AMOUNT_UNKNOWN);
    rules_close(&r);
}

static void what_it_reads_is_known(void **state)
{
    (void)state;
    struct rules r, other;
    struct bus_policy_change_set set;
    struct bus_err err;
    assert_null(load(&r, GOOD, BOTH));
    static const char *const names[] = {"household.income_fen",
                                        "household.area", "member.ill"};
    for (int i = 0; i < 3; i++) {
        assert_true(bus_policy_item_reads(
            r.c, 0, bus_policy_fact_find(r.c, bus_strv(names[i]))));
    }
    /* Another model is another catalogue, and the item has changed. */
    assert_null(load(&other, MODEL("30000"), BOTH));
    assert_string_not_equal(bus_policy_catalogue_version(r.c),
                            bus_policy_catalogue_version(other.c));
    assert_int_equal(bus_policy_change_set(r.c, other.c, &r.mem, &set, &err),
                     BUS_OK);
    assert_int_equal(set.items, 1);
    rules_close(&other);
    rules_close(&r);
}

static void faults_have_their_places(void **state)
{
    (void)state;
    static const struct
    {
        const char *model, *item, *file, *words;
    } cases[] = {
        {GOOD, ITEM("{dmn: other.dmn, decision: x}", "{feel: '1'}"),
         "policies/MZ/BB01.yaml", "no model 'other.dmn' beside"},
        {GOOD, ITEM("{dmn: aid.dmn, decision: x}", "{feel: '1'}"),
         "policies/MZ/BB01.yaml", "no decision 'x'"},
        {GOOD, ITEM("{dmn: aid.dmn}", "{feel: '1'}"), "policies/MZ/BB01.yaml",
         "no decision ''"},
        {GOOD, ITEM("{dmn: aid.dmn, decision: 符合条件}", "{feel: '1'}"),
         "policies/MZ/BB01.yaml", "input '有病人' is no fact"},
        {GOOD,
         ITEM("{dmn: aid.dmn, decision: 符合条件, inputs: {有病人: "
              "household.il}}",
              "{feel: '1'}"),
         "policies/MZ/BB01.yaml", "household has no 'il'"},
        {MODEL("if area ="), BOTH, "policies/MZ/aid.dmn", "expected"},
        {"<definitions", BOTH, "policies/MZ/aid.dmn", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rules r;
        const struct bus_fault *f = load(&r, cases[i].model, cases[i].item);
        assert_non_null(f);
        assert_null(r.c);
        if (strcmp(f->at.file, cases[i].file) != 0 || f->at.line == 0 ||
            strstr(f->text, cases[i].words) == NULL) {
            fail_msg("%s:%u: %s", f->at.file, f->at.line, f->text);
        }
        rules_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_judges),
        cmocka_unit_test(what_is_unknown_stays_so),
        cmocka_unit_test(what_it_reads_is_known),
        cmocka_unit_test(faults_have_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
