/* What the rules propose about what is given already, as a case's document
 * shows it: T18 and T19 through the bus's own records. */
#include "tests/lib/check.h"

#include "bus/ledger/parts.h"
#include "bus/wire/framing.h"
#include "tests/golden/county.h"

#define DAY       "2026-10-09"
#define FACTS_MAX 64

struct snapshot
{
    struct sa_evaluation e;
    struct sa_member members[3];
    struct sa_item_verdict mz01;
    struct sa_fact facts[FACTS_MAX];
};

static struct sa_fact *fact(struct snapshot *s, const char *name, int branch)
{
    for (size_t i = 0; i < s->e.facts.n; i++) {
        if (bus_strv_is(s->facts[i].name, name)) {
            return &s->facts[i];
        }
    }
    assert_true(s->e.facts.n < FACTS_MAX);
    struct sa_fact *f = &s->facts[s->e.facts.n++];
    *f = (struct sa_fact){.name = bus_strv(name),
                          .source = BUS_STRV("declared"),
                          .as_of = rules_day(DAY)};
    f->value.branch = branch;
    if (strncmp(name, "member.", 7) == 0) {
        f->has_member = true;
        f->member = s->members[0].person_id;
    }
    return f;
}
static void number(struct snapshot *s, const char *name, int64_t n)
{
    fact(s, name, SA_FACT_VALUE_LONG)->value.u.long_value = n;
}
static void word(struct snapshot *s, const char *name, const char *text)
{
    fact(s, name, SA_FACT_VALUE_STRING)->value.u.string_value = bus_strv(text);
}
static void day(struct snapshot *s, const char *name, const char *date)
{
    fact(s, name, SA_FACT_VALUE_INT)->value.u.int_value = rules_day(date);
}
static void flag(struct snapshot *s, const char *name, bool yes)
{
    fact(s, name, SA_FACT_VALUE_BOOLEAN)->value.u.boolean_value = yes;
}

/* A rural household on dibao, nothing unknown that its status hangs on. */
static void household(struct snapshot *s, size_t people, int64_t income_fen)
{
    static const char *const zero[] = {
        "household.deposit_fen",       "household.securities_fen",
        "household.vehicle_count",     "household.spend_living_fen",
        "household.spend_medical_fen", "household.spend_education_fen",
        "household.spend_rehab_fen",   "household.spend_other_fen",
        "member.disability_grade"};
    memset(s, 0, sizeof(*s));
    for (size_t m = 0; m < people; m++) {
        s->members[m] = (struct sa_member){.person_id = {{(uint8_t)(m + 1)}},
                                           .relation = {"0", 1},
                                           .head = m == 0};
    }
    s->e.rule_date = rules_day(DAY);
    s->e.members.v = s->members;
    s->e.members.n = people;
    s->e.facts.v = s->facts;
    for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); i++) {
        number(s, zero[i], 0);
    }
    number(s, "household.house_count", 1);
    number(s, "household.income_total_fen", income_fen);
    word(s, "household.area", "rural");
    word(s, "household.status", "dibao");
    flag(s, "household.registered_in_county", true);
    flag(s, "household.has_supporter", false);
    day(s, "member.birth_date", "1986-01-01");
    word(s, "member.labour", "full");
    word(s, "member.stage", "none");
    word(s, "member.status", "none");
    word(s, "member.disability_category", "none");
    s->mz01 = (struct sa_item_verdict){.item = BUS_STRV("MZ01"),
                                       .verdict = SA_VERDICT_ELIGIBLE,
                                       .has_amount_fen = true,
                                       .amount_fen = 150000};
    s->e.items.v = &s->mz01;
    s->e.items.n = 1;
}

/* The document's proposals as one text without spaces. */
static const char *proposals(const struct snapshot *s, const char *date)
{
    const struct bus_ledger_cases c = {&k.config, k.c, BUS_LEDGER_FAMILY};
    struct bus_strv framed;
    struct bus_err err;
    json_t *document = json_object();
    if (bus_wire_encode_framed(&sa_evaluation_type, &s->e, &mem, &framed,
                               &err) != BUS_OK ||
        bus_ledger_items(&c, framed, rules_day(date), document, &err) !=
            BUS_OK) {
        fail_msg("%s", err.msg);
    }
    char *text = json_dumps(json_object_get(document, "proposals"),
                            JSON_COMPACT | JSON_SORT_KEYS);
    const char *copy = bus_arena_strdup(&mem, text);
    free(text);
    json_decref(document);
    return copy;
}

static void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("no %s in %s", part, text);
    }
}

static void test_T18(void **state)
{
    (void)state;
    struct snapshot s;
    household(&s, 3, 60000 * 12);
    number(&s, "member.job_refusals", 2);
    assert_string_equal(proposals(&s, DAY), "[]");
    number(&s, "member.job_refusals", 3);
    const char *text = proposals(&s, DAY);
    has(text, "\"amount_fen\":100000,\"from_fen\":150000");
    has(text, "\"code\":\"MZ01\"");
    has(text, "\"members\":[1],\"rule\":\"C1\"");
    has(text, "\"code\":\"CUT\"");
    s.mz01.verdict = SA_VERDICT_NOT_ELIGIBLE; /* nothing to cut */
    assert_string_equal(proposals(&s, DAY), "[]");
}

static void test_T19(void **state)
{
    (void)state;
    struct snapshot s;
    household(&s, 1, 60000 * 12);
    assert_string_equal(proposals(&s, DAY), "[]");
    number(&s, "household.income_total_fen", 80000 * 12);
    day(&s, "member.work_started", "2026-10-09");
    const char *text = proposals(&s, DAY);
    has(text, "\"code\":\"GRACE\"");
    has(text, "\"now\":{\"code\":\"dibao\"");
    has(text, "\"then\":{\"code\":\"edge\",\"en\":\"edge of dibao\"");
    has(text, "\"until\":\"2027-04-08\"");
    has(proposals(&s, "2027-04-08"), "GRACE");
    text = proposals(&s, "2027-04-09");
    has(text, "\"code\":\"CHANGES\"");
    has(text, "\"until\":null");
    day(&s, "member.work_started", "2020-01-01"); /* no new work: no grace */
    has(proposals(&s, DAY), "CHANGES");
    s.e.facts.n--; /* when it began, then the income: nobody knows, it stays */
    assert_string_equal(proposals(&s, DAY), "[]");
    day(&s, "member.work_started", "2020-01-01");
    fact(&s, "household.income_total_fen", 0)->name = BUS_STRV("household.x");
    assert_string_equal(proposals(&s, DAY), "[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T18),
        cmocka_unit_test(test_T19),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
