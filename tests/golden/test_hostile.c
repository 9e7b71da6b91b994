/* Rules that cannot be: each is a fault with its place, or makes that item fail
 * and no other, within the limits of one evaluation. */
#include <time.h>

#include "bus/advice/check.h"
#include "bus/policy/verdicts.h"
#include "tests/golden/rules.h"

#define FACTS                                                                   \
    "household:\n"                                                              \
    "  income_fen: {type: money_fen, zh: 收入, en: income, sources: [tax]}\n" \
    "  text: {type: text, zh: 文字, en: text, sources: [tax]}\n"
#define STANDARDS                                       \
    "line_fen: {unit: fen, zh: 线, en: line, values: " \
    "[{from: 2020-01-01, value: 70000}]}\n"
#define ITEM(code, condition)             \
    "code: " code "\n"                    \
    "department: MZ\n"                    \
    "name: {zh: 项目, en: item}\n"      \
    "versions:\n"                         \
    "  - version: '1'\n"                  \
    "    effective: {from: 2020-01-01}\n" \
    "    condition:\n"                    \
    "      feel: |\n"                     \
    "        " condition "\n"
#define SOUND   ITEM("AA01", "household.income_fen < standard.line_fen")
#define SECONDS 10

/* An item of that condition; to be freed. */
static char *item_text(const char *condition)
{
    static const char head[] = ITEM("BB01", "");
    size_t n = sizeof(head) + strlen(condition) + 1;
    char *text = malloc(n);
    assert_non_null(text);
    (void)snprintf(text, n, "%.*s%s\n", (int)(sizeof(head) - 2), head,
                   condition);
    return text;
}

/* Loads; the first fault, or NULL with r->c made. */
static const struct bus_fault *load(struct rules *r,
                                    const char *facts,
                                    const char *standards,
                                    const char *item)
{
    rules_open(r);
    const char *texts[] = {SOUND, item};
    for (int i = 0; i < 2 && texts[i] != NULL; i++) {
        r->items[r->count++] = rules_text(r, "item.yaml", texts[i]);
    }
    r->sources = (struct bus_policy_sources){
        .facts = rules_text(r, "facts.yaml", facts),
        .standards = rules_text(r, "standards.yaml", standards),
        .interactions = rules_text(r, "interactions.yaml", "rules: []\n"),
        .items = r->items,
        .item_count = r->count,
    };
    r->c = bus_policy_catalogue_new(&r->sources, &r->faults);
    assert_true((r->c == NULL) == (r->faults.errors > 0));
    return r->faults.count > 0 ? &r->faults.list[0] : NULL;
}

static void is(const struct bus_fault *f,
               const char *file,
               uint32_t line,
               const char *words)
{
    assert_non_null(f);
    if (strstr(f->text, words) == NULL || strcmp(f->at.file, file) != 0 ||
        f->at.line != line) {
        fail_msg("%s:%u: '%s', expected %s:%u '%s'", f->at.file, f->at.line,
                 f->text, file, line, words);
    }
}

static void what_does_not_compile_has_its_place(void **state)
{
    (void)state;
    static const struct
    {
        const char *condition, *words;
        uint32_t line;
    } cases[] = {
        {"household.incom_fen < 3", "did you mean 'income_fen'", 9},
        {"household.income_fen < standard.line_fan", "did you mean 'line_fen'",
         9},
        {"household.income_fen < ", "a value was expected", 10},
        {"household.income_fen < 1e99999", "within decimal128", 9},
        {"household.income_fen < 3 and @\"2026-02-30\" < rule_date",
         "@\"2026-07-01\"", 9},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rules r;
        char *item = item_text(cases[i].condition);
        is(load(&r, FACTS, STANDARDS, item), "item.yaml", cases[i].line,
           cases[i].words);
        free(item);
        rules_close(&r);
    }
    /* 5000 brackets deep */
    struct rules r;
    static char deep[12000];
    memset(deep, '(', 5000);
    memset(deep + 5000, ')', 5000);
    char *item = item_text(deep);
    is(load(&r, FACTS, STANDARDS, item), "item.yaml", 9, "flatter");
    free(item);
    rules_close(&r);
}

static void dates_that_are_not_and_circles(void **state)
{
    (void)state;
    static const struct
    {
        const char *facts, *standards, *file;
        uint32_t line;
        const char *words;
    } cases[] = {
        {FACTS,
         "line_fen: {unit: fen, zh: 线, en: line, values:\n"
         "  [{from: 2020-02-30, value: 1}]}\n",
         "standards.yaml", 2, "a date that there is"},
        {FACTS,
         "line_fen: {unit: fen, zh: 线, en: line, values:\n"
         "  [{from: 2020-01-01, value: 1},\n"
         "   {from: 2020-01-01, value: 2}]}\n",
         "standards.yaml", 3, "does not begin after"},
        {FACTS,
         STANDARDS "a:\n  derived: standard.b + 1\n"
                   "b:\n  derived: standard.a + 1\n",
         "standards.yaml", 3, "is worked out of itself: a -> b -> a"},
        {FACTS "  one: {type: number, zh: 一, en: one,\n"
               "    derived: household.two}\n"
               "  two: {type: number, zh: 二, en: two,\n"
               "    derived: household.one}\n",
         STANDARDS, "facts.yaml", 5,
         "household.one -> household.two -> household.one"},
        {FACTS "  one: {type: number, zh: 一, en: one,\n"
               "    derived: standard.c}\n",
         STANDARDS "c: {derived: household.one}\n", "facts.yaml", 5,
         "household.one -> c -> household.one"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rules r;
        is(load(&r, cases[i].facts, cases[i].standards, NULL), cases[i].file,
           cases[i].line, cases[i].words);
        rules_close(&r);
    }
}

static double cpu(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Its own failure, with the limit's name, whatever stands around it; the other
 * item is judged as ever; and `policy check` says it without trying for ever.
 */
static void what_does_not_end_fails_alone(void **state)
{
    (void)state;
    static const struct
    {
        const char *condition, *words;
    } cases[] = {
        {"{f: function(x) f(x)}.f(1) = 1", "recursion without base"},
        {"({f: function(x) f(x + 1)}.f(1) = 1) or false",
         "recursion without base"},
        {"not({f: function(x) f(x)}.f(1) = 1)", "recursion without base"},
        {"matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", "
         "\"^(a+)+$\")",
         "regular expression without end"},
        {"(matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", "
         "\"^(a+)+$\") = true)",
         "regular expression without end"},
        {"some i in 1..1000000, j in 1..1000000 satisfies i + j < 0",
         "too many steps"},
        {"count(for i in 1..100000, j in 1..100000 return i) = 1",
         "too many steps"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rules r;
        struct bus_policy_result res;
        struct bus_err err;
        const uint8_t *quick;
        struct bus_policy_household nobody = {.member_count = 1};
        char *item = item_text(cases[i].condition);
        double from = cpu();
        assert_null(load(&r, FACTS, STANDARDS, item));
        int32_t day = rules_day("2026-10-01");
        assert_int_equal(bus_policy_evaluate(r.c, &nobody, day,
                                             BUS_POLICY_REASONS, &r.mem, &res,
                                             &err),
                         BUS_OK);
        assert_int_equal(res.items[0].verdict, BUS_POLICY_UNDETERMINED);
        if (res.items[1].verdict != BUS_POLICY_FAILED ||
            strstr(res.items[1].failure, cases[i].words) == NULL) {
            fail_msg("%s: verdict %d, %s", cases[i].condition,
                     res.items[1].verdict,
                     res.items[1].failure ? res.items[1].failure : "-");
        }
        assert_int_equal(
            bus_policy_verdicts(r.c, &nobody, day, &r.mem, &quick, &err),
            BUS_OK);
        assert_int_equal(quick[0], BUS_POLICY_UNDETERMINED);
        assert_int_equal(quick[1], BUS_POLICY_FAILED);
        struct bus_arena scratch;
        bus_arena_init(&scratch, 0, 0);
        assert_int_equal(bus_advice_check(r.c, day, &scratch, &r.faults, &err),
                         BUS_OK);
        bus_arena_fini(&scratch);
        is(rules_fault(&r, cases[i].words), "item.yaml", 8,
           "neither true nor false");
        assert_true(cpu() - from < SECONDS);
        free(item);
        rules_close(&r);
    }
}

static void a_condition_that_is_never_true(void **state)
{
    (void)state;
    struct rules r;
    struct bus_arena scratch;
    struct bus_err err;
    assert_null(load(&r, FACTS, STANDARDS, ITEM("BB01", "1 = 2")));
    bus_arena_init(&scratch, 0, 0);
    assert_int_equal(bus_advice_check(r.c, rules_day("2026-10-01"), &scratch,
                                      &r.faults, &err),
                     BUS_OK);
    bus_arena_fini(&scratch);
    assert_int_equal(r.faults.errors, 1);
    is(rules_fault(&r, "nobody"), "item.yaml", 8, "never true");
    rules_close(&r);
}

/* What an officer has who copies a file and forgets its code. */
static void the_same_code_twice(void **state)
{
    (void)state;
    static char many[20000];
    size_t n = (size_t)snprintf(many, sizeof(many),
                                "code: AA01\ndepartment: MZ\nname: {zh: 又一, "
                                "en: again}\nversions:\n");
    for (int year = 2020; year < 2050; year++) {
        n += (size_t)snprintf(
            many + n, sizeof(many) - n,
            "  - version: '%d'\n    effective: {from: %d-01-01, to: "
            "%d-12-31}\n    condition: {feel: household.income_fen < 1}\n",
            year, year, year);
    }
    struct rules r;
    is(load(&r, FACTS, STANDARDS, many), "item.yaml", 1,
       "this code is there already");
    assert_int_equal(r.faults.errors, 1);
    rules_close(&r);
    /* and what comes behind it is read as if it had not been there */
    static char behind[20000];
    memcpy(behind, many, sizeof(many));
    memcpy(behind, "code: BB01", strlen("code: BB01"));
    rules_open(&r);
    const char *texts[] = {SOUND, many, behind};
    for (int i = 0; i < 3; i++) {
        r.items[r.count++] = rules_text(&r, "item.yaml", texts[i]);
    }
    r.sources = (struct bus_policy_sources){
        .facts = rules_text(&r, "facts.yaml", FACTS),
        .standards = rules_text(&r, "standards.yaml", STANDARDS),
        .items = r.items,
        .item_count = r.count,
    };
    assert_null(bus_policy_catalogue_new(&r.sources, &r.faults));
    assert_int_equal(r.faults.errors, 1);
    rules_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_compile_has_its_place),
        cmocka_unit_test(dates_that_are_not_and_circles),
        cmocka_unit_test(what_does_not_end_fails_alone),
        cmocka_unit_test(a_condition_that_is_never_true),
        cmocka_unit_test(the_same_code_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
