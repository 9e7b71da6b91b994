/* Decision models: every hit policy, boxed expressions, types, services,
 * imports, faults with their place, and hostile XML. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/dmn/dmn.h"
#include "bus/feel/number.h"
#include "tests/lib/check.h"

#define HEAD                                                           \
    "<?xml version=\"1.0\"?><definitions xmlns=\"https://www.omg.org/" \
    "spec/DMN/20230324/MODEL/\" name=\"m\" namespace=\"urn:m\">\n"
#define TAIL "</definitions>"

static struct bus_arena mem;
static struct bus_faults faults;

static struct dmn_model *load(const char *text)
{
    struct dmn_source s = {"m.dmn", bus_strv(text)};
    bus_faults_init(&faults, &mem);
    return dmn_model_new(&s, 1, &faults);
}

/* The decision "d" of a model with input x = n, as FEEL text. */
static const char *decide(const char *body, long n)
{
    char *text = malloc(strlen(body) + 512);
    assert_non_null(text);
    (void)sprintf(text, HEAD "<inputData id=\"x\" name=\"x\"/>%s" TAIL, body);
    struct dmn_model *m = load(text);
    free(text);
    assert_non_null(m);
    struct dmn_given in = {{0}, BUS_STRV("x"), feel_long(n)};
    struct feel_value v = dmn_evaluate(m, BUS_STRV("d"), &in, 1, NULL, &mem);
    const char *s = feel_literal(&mem, &v);
    dmn_model_free(m);
    return s;
}

#define DECISION(inside)                                           \
    "<decision id=\"d\" name=\"d\"><informationRequirement>"       \
    "<requiredInput href=\"#x\"/></informationRequirement>" inside \
    "</decision>"
#define RULE(test, out)                                                 \
    "<rule><inputEntry><text>" test "</text></inputEntry><outputEntry>" \
    "<text>" out "</text></outputEntry></rule>"
#define TABLE(attrs, values)                                            \
    DECISION("<decisionTable " attrs "><input><inputExpression><text>x" \
             "</text></inputExpression></input><output>" values         \
             "</output>" RULE("&lt; 10", "\"low\"")                     \
                 RULE("[5..20]", "\"high\"")                            \
                     RULE("5", "\"low\"") "</decisionTable>")
#define ORDER "<outputValues><text>\"high\", \"low\"</text></outputValues>"

static void hit_policies(void **state)
{
    (void)state;
    static const struct
    {
        const char *model;
        long x;
        const char *want;
    } rows[] = {
        {TABLE("", ""), 1, "\"low\""},
        {TABLE("", ""), 7, "null"},
        {TABLE("hitPolicy=\"UNIQUE\"", ""), 15, "\"high\""},
        {TABLE("hitPolicy=\"FIRST\"", ""), 7, "\"low\""},
        {TABLE("hitPolicy=\"ANY\"", ""), 7, "null"},
        {TABLE("hitPolicy=\"ANY\"", ""), 3, "\"low\""},
        {TABLE("hitPolicy=\"PRIORITY\"", ORDER), 5, "\"high\""},
        {TABLE("hitPolicy=\"OUTPUT ORDER\"", ORDER), 5,
         "[\"high\", \"low\", \"low\"]"},
        {TABLE("hitPolicy=\"RULE ORDER\"", ""), 5,
         "[\"low\", \"high\", \"low\"]"},
        {TABLE("hitPolicy=\"COLLECT\"", ""), 7, "[\"low\", \"high\"]"},
        {TABLE("hitPolicy=\"COLLECT\" aggregation=\"COUNT\"", ""), 5, "3"},
        {TABLE("hitPolicy=\"COLLECT\" aggregation=\"MIN\"", ""), 5, "\"high\""},
        {TABLE("hitPolicy=\"COLLECT\" aggregation=\"MAX\"", ""), 5, "\"low\""},
        {TABLE("", ""), 99, "null"},
        {TABLE("", "<defaultOutputEntry><text>\"none\"</text>"
                   "</defaultOutputEntry>"),
         99, "\"none\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *got = decide(rows[i].model, rows[i].x);
        if (strcmp(got, rows[i].want) != 0) {
            print_error("row %zu\n", i);
        }
        assert_string_equal(got, rows[i].want);
    }
}

#define LITERAL(t) "<literalExpression><text>" t "</text></literalExpression>"

static void boxed(void **state)
{
    (void)state;
    static const struct
    {
        const char *inside, *want;
    } rows[] = {
        {DECISION("<context><contextEntry><variable name=\"a b\"/>" LITERAL(
             "x + 1") "</contextEntry><contextEntry>" LITERAL("a b * 2") "<"
                                                                         "/"
                                                                         "c"
                                                                         "o"
                                                                         "n"
                                                                         "t"
                                                                         "e"
                                                                         "x"
                                                                         "t"
                                                                         "E"
                                                                         "n"
                                                                         "t"
                                                                         "r"
                                                                         "y"
                                                                         ">"
                                                                         "<"
                                                                         "/"
                                                                         "c"
                                                                         "o"
                                                                         "n"
                                                                         "t"
                                                                         "e"
                                                                         "x"
                                                                         "t"
                                                                         ">"),
         "8"},
        {DECISION("<relation><column name=\"p\"/><column "
                  "name=\"q\"/><row>" LITERAL("1")
                      LITERAL("x") "</row></relation>"),
         "[{p: 1, q: 3}]"},
        {DECISION("<list>" LITERAL("1") LITERAL("x") "</list>"), "[1, 3]"},
        {DECISION("<conditional><if>" LITERAL("x &gt; 1") "</if><then>" LITERAL(
             "\"t\"") "</then><else>" LITERAL("\"e\"") "</else></"
                                                       "conditional>"),
         "\"t\""},
        {DECISION("<filter><in>" LITERAL("[1,2,3,4]") "</in><match>" LITERAL(
             "item &gt; x") "</match></filter>"),
         "[4]"},
        {DECISION("<for iteratorVariable=\"i\"><in>" LITERAL(
             "[1..x]") "</in>"
                       "<return>" LITERAL("i * i") "</return></for>"),
         "[1, 4, 9]"},
        {DECISION("<every iteratorVariable=\"i\"><in>" LITERAL(
             "[1..x]") "</in>"
                       "<satisfies>" LITERAL(
                           "i &lt; 3") "</satisfies></every>"),
         "false"},
        {DECISION("<some iteratorVariable=\"i\"><in>" LITERAL(
             "[1..x]") "</in>"
                       "<satisfies>" LITERAL("i &lt; 3") "</satisfies></some>"),
         "true"},
        {DECISION(
             "<context><contextEntry><variable name=\"f\"/>"
             "<functionDefinition><formalParameter "
             "name=\"n\"/>" LITERAL(
                 "if n = 0 then 1 else n * f(n - "
                 "1)") "</functionDefinition></"
                       "contextEntry><contextEntry>"
                       "<invocation>" LITERAL("f") "<binding><"
                                                   "parameter "
                                                   "name=\"n\"/"
                                                   ">" LITERAL("x") "</"
                                                                    "binding><"
                                                                    "/invocati"
                                                                    "on>"
                                                                    "</"
                                                                    "contextEn"
                                                                    "try></"
                                                                    "context"
                                                                    ">"),
         "6"},
        {DECISION("<variable name=\"d\" typeRef=\"string\"/>" LITERAL("x")),
         "null"},
        {DECISION("<variable name=\"d\" typeRef=\"number\"/>" LITERAL("[x]")),
         "3"},
        {"<itemDefinition "
         "name=\"t\"><typeRef>number</typeRef><allowedValues>"
         "<text>[0..2]</text></allowedValues></itemDefinition>" DECISION(
             "<variable name=\"d\" typeRef=\"t\"/>" LITERAL("x")),
         "null"},
        {"<businessKnowledgeModel id=\"b\" "
         "name=\"twice\"><encapsulatedLogic>"
         "<formalParameter name=\"v\" typeRef=\"number\"/>" LITERAL(
             "v * 2") "</encapsulatedLogic></"
                      "businessKnowledgeModel>" DECISION(
                          "<knowledgeRequire"
                          "ment><"
                          "requiredKnowledge"
                          " href=\"#b\"/>"
                          "</"
                          "knowledgeRequirem"
                          "ent>" LITERAL("twice(x) + "
                                         "twice(v: "
                                         "1)")),
         "8"},
        {"<decision id=\"e\" name=\"e\">" LITERAL(
             "100") "</decision>"
                    "<decisionService id=\"s\" name=\"s\"><outputDecision "
                    "href=\"#o\"/>"
                    "<inputDecision "
                    "href=\"#e\"/></decisionService><decision id=\"o\" "
                    "name=\"o\"><informationRequirement><requiredDecision "
                    "href=\"#e\"/>"
                    "</informationRequirement>" LITERAL(
                        "e + 1") "</decision>" DECISION("<knowledgeRequirem"
                                                        "ent><"
                                                        "requiredKnowledge "
                                                        "href=\"#s\"/>"
                                                        "</"
                                                        "knowledgeRequireme"
                                                        "nt>" LITERAL("s(x)")),
         "4"},
        {DECISION(""), "null"},
        {DECISION(LITERAL("nobody + 1")), "null"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *got = decide(rows[i].inside, 3);
        if (strcmp(got, rows[i].want) != 0) {
            print_error("row %zu\n", i);
        }
        assert_string_equal(got, rows[i].want);
    }
}

static void unknown_goes_through_a_table(void **state)
{
    (void)state;
    struct dmn_model *m =
        load(HEAD "<inputData id=\"x\" name=\"x\"/>" TABLE("", "") TAIL);
    struct dmn_given in = {{0}, BUS_STRV("x"), feel_unknown(&mem, 7, -1)};
    struct feel_value v = dmn_evaluate(m, BUS_STRV("d"), &in, 1, NULL, &mem);
    assert_int_equal(v.kind, FEEL_UNKNOWN);
    assert_int_equal(v.missing->n, 1);
    dmn_model_free(m);
}

static void imports(void **state)
{
    (void)state;
    struct dmn_source s[] = {
        {"a.dmn",
         bus_strv(HEAD "<import name=\"lib\" namespace=\"urn:lib\" importType="
                       "\"https://www.omg.org/spec/DMN/20230324/MODEL/\"/>"
                       "<decision id=\"d\" name=\"d\"><variable name=\"d\" "
                       "typeRef=\"lib.tSmall\"/><knowledgeRequirement>"
                       "<requiredKnowledge href=\"urn:lib#k\"/>"
                       "</knowledgeRequirement>" LITERAL(
                           "lib.add one(1)") "</decision>" TAIL)},
        {"lib.dmn",
         bus_strv(
             "<definitions namespace=\"urn:lib\" name=\"lib\">"
             "<itemDefinition name=\"tSmall\"><typeRef>number</typeRef>"
             "<allowedValues><text>&lt; 9</text></allowedValues>"
             "</itemDefinition><businessKnowledgeModel id=\"k\" "
             "name=\"add one\"><encapsulatedLogic><formalParameter "
             "name=\"n\"/>" LITERAL("n + 1") "</encapsulatedLogic></"
                                             "businessKnowledgeModel>" TAIL)},
    };
    bus_faults_init(&faults, &mem);
    struct dmn_model *m = dmn_model_new(s, 2, &faults);
    assert_non_null(m);
    assert_int_equal(faults.errors, 0);
    struct feel_value v = dmn_evaluate(m, BUS_STRV("d"), NULL, 0, NULL, &mem);
    assert_string_equal(feel_literal(&mem, &v), "2");
    dmn_model_free(m);
    bus_faults_init(&faults, &mem);
    m = dmn_model_new(s, 1, &faults); /* the import is not given */
    assert_true(faults.errors > 0);
    assert_string_equal(faults.list[0].text,
                        "import of 'urn:lib': no such model is given / "
                        "导入的模型不存在");
    dmn_model_free(m);
}

static void expect_fault(const char *text, uint32_t line, const char *said)
{
    struct dmn_model *m = load(text);
    assert_true(faults.errors > 0);
    if (strstr(faults.list[0].text, said) == NULL) {
        print_error("said: %s\n", faults.list[0].text);
    }
    assert_non_null(strstr(faults.list[0].text, said));
    assert_int_equal(faults.list[0].at.line, line);
    dmn_model_free(m);
}

static void faults_have_a_place(void **state)
{
    (void)state;
    expect_fault("<definitions", 1, "no well-formed XML");
    expect_fault("<a/>", 1, "the root of a model is <definitions>");
    expect_fault(HEAD "<decision id=\"d\" name=\"d\">\n" LITERAL(
                     "1 +") "</decision>" TAIL,
                 3, "the expression ends where a value was expected");
    expect_fault(HEAD "<decision id=\"d\" name=\"d\"><variable name=\"d\" "
                      "typeRef=\"tX\"/></decision>" TAIL,
                 2, "type 'tX' is not known");
    expect_fault(HEAD "\n<decision id=\"d\" name=\"d\"><informationRequirement>"
                      "<requiredInput href=\"#q\"/></informationRequirement>"
                      "</decision>" TAIL,
                 3, "requires 'q', which is not there");
    expect_fault(HEAD "<decision id=\"a\" name=\"a\"><informationRequirement>"
                      "<requiredDecision href=\"#b\"/></informationRequirement>"
                      "</decision><decision id=\"b\" name=\"b\">"
                      "<informationRequirement><requiredDecision href=\"#a\"/>"
                      "</informationRequirement></decision>" TAIL,
                 2, "a decision that needs itself");
}

static void hostile(void **state)
{
    (void)state;
    expect_fault("<?xml version=\"1.0\"?><!DOCTYPE definitions [<!ENTITY a "
                 "\"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
                 "<definitions name=\"&b;\"/>",
                 1, "a model has no DOCTYPE");
    size_t n = DMN_BYTES_MAX + 10u;
    char *big = malloc(n + 1);
    assert_non_null(big);
    memset(big, ' ', n);
    big[n] = '\0';
    expect_fault(big, 1, "at most");
    char *at = big + sprintf(big, "<definitions>");
    for (int i = 0; i < 220; i++) {
        at += sprintf(at, "<list>");
    }
    for (int i = 0; i < 220; i++) {
        at += sprintf(at, "</list>");
    }
    (void)sprintf(at, "</definitions>");
    expect_fault(big, 1, "nested too deep");
    free(big);
    /* A recursion without base and a step bomb end as null with a reason. */
    assert_string_equal(
        decide(
            "<businessKnowledgeModel id=\"b\" name=\"f\">"
            "<knowledgeRequirement><requiredKnowledge href=\"#b\"/>"
            "</knowledgeRequirement><encapsulatedLogic><formalParameter "
            "name=\"n\"/>" LITERAL("f(n)") "</encapsulatedLogic></"
                                           "businessKnowledgeModel>" DECISION(
                                               "<knowledgeRequirement><"
                                               "requiredKnowledge href=\"#b\"/>"
                                               "</"
                                               "knowledgeRequirement>" LITERAL(
                                                   "is defined(f(x))")),
            1),
        "null");
}

static int open_mem(void **state)
{
    (void)state;
    bus_arena_init(&mem, 1 << 16, 256u << 20);
    return 0;
}

static int close_mem(void **state)
{
    (void)state;
    bus_arena_fini(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hit_policies),
        cmocka_unit_test(boxed),
        cmocka_unit_test(unknown_goes_through_a_table),
        cmocka_unit_test(imports),
        cmocka_unit_test(faults_have_a_place),
        cmocka_unit_test(hostile),
    };
    return cmocka_run_group_tests(tests, open_mem, close_mem);
}
