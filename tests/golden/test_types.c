/* A kind that cannot fit is found when the rule is compiled, at its place, with
 * what was expected and what was found; what fits, or cannot be told, is not.
 */
#include "tests/golden/rules.h"

#define FACTS(derived)                                                          \
    "household:\n"                                                              \
    "  area: {type: enum, zh: 类别, en: area, sources: [civil],\n"            \
    "    words: {urban: {zh: 城, en: u}, rural: {zh: 乡, en: r}}}\n"          \
    "  income_fen: {type: money_fen, zh: 收入, en: income, sources: [tax]}\n" \
    "  since: {type: date, zh: 起, en: since, sources: [civil]}\n"             \
    "  poor: {type: boolean, zh: 困难, en: poor, sources: [civil]}\n"         \
    "  made: {type: boolean, zh: 推, en: made, derived: '" derived "'}\n"       \
    "member:\n"                                                                 \
    "  ill: {type: boolean, zh: 患病, en: ill, sources: [hospital]}\n"        \
    "  grade: {type: count, zh: 级, en: grade, sources: [civil]}\n"            \
    "  work: {type: text, zh: 业, en: work, sources: [civil]}\n"
#define STANDARDS                                       \
    "line_fen: {unit: fen, zh: 线, en: line, values: " \
    "[{from: 2020-01-01, value: 70000}]}\n"

/* The rule stands on lines 8 and 10. */
static void rule(struct rules *r,
                 const char *derived,
                 const char *condition,
                 const char *amount)
{
    char facts[2048], item[1024];
    const char *items[] = {item, NULL};
    (void)snprintf(facts, sizeof(facts), FACTS("%s"), derived);
    (void)snprintf(item, sizeof(item),
                   "code: AA01\n"
                   "department: MZ\n"
                   "name: {zh: 项目, en: item}\n"
                   "versions:\n"
                   "  - version: '1'\n"
                   "    effective: {from: 2020-01-01}\n"
                   "    condition:\n"
                   "      feel: \"%s\"\n"
                   "    amount:\n"
                   "      feel: \"%s\"\n",
                   condition, amount);
    rules_open(r);
    rules_try(r, facts, STANDARDS, "rules: []\n", items);
}

static void at(struct rules *r,
               const char *file,
               unsigned line,
               unsigned col,
               const char *says)
{
    for (size_t i = 0; i < r->faults.count; i++) {
        const struct bus_fault *f = &r->faults.list[i];
        if (strstr(f->text, says) != NULL) {
            assert_string_equal(f->at.file, file);
            assert_int_equal(f->at.line, line);
            assert_int_equal(f->at.col, col);
            assert_null(r->c); /* such a catalogue is none */
            rules_close(r);
            return;
        }
    }
    for (size_t i = 0; i < r->faults.count; i++) {
        print_message("%s\n", r->faults.list[i].text);
    }
    fail_msg("nothing says '%s'", says);
}

static void what_cannot_fit_is_found(void **state)
{
    (void)state;
    struct rules r;
    static const struct
    {
        const char *condition;
        unsigned col; /* in the text */
        const char *says;
    } rules[] = {
        {"household.area < 3", 17, "'<': expected string, found number"},
        {"3 > household.area", 14, "'>': expected number, found string"},
        {"household.area = household.poor", 27,
         "'=': expected string, found boolean"},
        {"household.since >= standard.line_fen", 28,
         "'>=': expected date, found number"},
        {"household.income_fen + household.area > 1", 33,
         "'+': expected number, found string"},
        {"household.poor * 2 > 1", 10, "'*': expected number, found boolean"},
        {"household.area and household.poor", 10,
         "and: expected boolean, found string"},
        {"household.poor or standard.line_fen", 27,
         "or: expected boolean, found number"},
        {"not(household.income_fen)", 14,
         "not(): expected boolean, found number"},
        {"household.income_fen in (household.area, 2)", 35,
         "'in': expected number, found string"},
        {"household.area in [1..3]", 19, "'in': expected string, found number"},
        {"household.income_fen between 1 and household.area", 45,
         "expected number, found string"},
        {"if household.area then true else false", 13,
         "if: expected boolean, found string"},
        {"some m in members satisfies m.grade", 30,
         "satisfies: expected boolean, found number"},
        {"some m in members satisfies m.work <= 2", 38,
         "'<=': expected string, found number"},
        {"count(members[work = 1]) > 0", 21,
         "'=': expected string, found number"},
        {"household.income_fen - standard.line_fen", 21,
         "the whole: expected boolean, found number"},
        {"household.poor > true", 10,
         "'>': expected something that has an order, found boolean"},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        rule(&r, "household.poor", rules[i].condition, "1");
        at(&r, "item.yaml", 8, 14 + rules[i].col, rules[i].says);
    }
    rule(&r, "household.poor", "household.poor", "household.area");
    at(&r, "item.yaml", 10, 14 + 10,
       "the whole: expected number, found string");
    rule(&r, "household.area < 3", "household.poor", "1");
    at(&r, "facts.yaml", 7, 69, "'<': expected string, found number");
}

static void what_fits_is_not(void **state)
{
    (void)state;
    struct rules r;
    static const char *const rules[] = {
        "household.area = null",
        "household.area in (\\\"urban\\\", \\\"rural\\\")",
        "household.income_fen in [1..standard.line_fen]",
        "household.since + duration(\\\"P1Y\\\") <= rule_date",
        "household.since.year > 2000",
        "(rule_date - household.since) > duration(\\\"P30D\\\")",
        "some m in members satisfies m.ill or m.grade in [1..2]",
        "count(members[ill and grade < 3]) >= 2",
        "every x in [1, 2] satisfies x < 3",
        "max(1, household.income_fen) > 0",
        "if household.poor then household.income_fen > 1 else household.made",
        "sum(for m in members return m.grade) > 2",
        "household.area + \\\"x\\\" = \\\"urbanx\\\"",
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        rule(&r, "household.poor", rules[i], "1");
        if (r.faults.errors > 0) {
            fail_msg("%s: %s", rules[i], r.faults.list[0].text);
        }
        rules_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_fit_is_found),
        cmocka_unit_test(what_fits_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
