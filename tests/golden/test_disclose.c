/* Least disclosure: the list is what the rules read, no more and no less. */
#include "bus/policy/disclose.h"
#include "bus/policy/source.h"
#include "tests/golden/rules.h"

static const char facts[] =
    "household:\n"
    "  a: {type: count, zh: 甲, sources: [declared]}\n"
    "  b: {type: count, zh: 乙, sources: [declared]}\n"
    "  c: {type: count, zh: 丙, sources: [declared]}\n"
    "  d: {type: enum, zh: 丁, words: {x: {}, y: {}}, sources: [declared]}\n"
    "  e: {type: count, zh: 戊, sources: [declared]}\n"
    "  old: {type: count, zh: 旧, sources: [declared]}\n"
    "  secret: {type: count, zh: 密, sources: [declared]}\n"
    "  ab: {type: boolean, zh: 甲乙, derived: household.a > household.b}\n"
    "member:\n"
    "  m: {type: boolean, zh: 员, sources: [declared]}\n"
    "  shut: {type: boolean, zh: 排, sources: [declared]}\n"
    "  deep: {type: boolean, zh: 深, derived: m and household.ab}\n";
static const char standards[] =
    "s: {zh: 标, values: [{from: 2020-01-01, by: household.d, in: {x: 1, y: "
    "2}}]}\n"
    "t: {zh: 准, derived: standard.s * 2}\n";
static const char rules[] = "rules:\n"
                            "  - {id: R1, kind: fact_excludes, for: member, "
                            "fact: shut, others: [A2]}\n";
static const char *const items[] = {
    "code: A1\ndepartment: A\nname: {zh: 一, en: one}\n"
    "form: [household.e]\nversions:\n"
    "  - version: '0'\n    effective: {from: 2019-01-01, to: 2019-12-31}\n"
    "    condition: {feel: household.old > 1}\n"
    "  - version: '1'\n    effective: {from: 2020-01-01}\n"
    "    condition: {feel: 'household.ab and household.c > standard.t'}\n",
    "code: A2\ndepartment: A\nname: {zh: 二, en: two}\nversions:\n"
    "  - version: '1'\n    effective: {from: 2020-01-01}\n"
    "    condition: {feel: some x in members satisfies x.m}\n"
    "    beneficiaries: {feel: 'members[m]'}\n"
    "    amount: {feel: household.c * 100, cap: household.e}\n",
    "code: B1\ndepartment: B\nname: {zh: 三, en: three}\nversions:\n"
    "  - version: '1'\n    effective: {from: 2020-01-01}\n"
    "    condition: {feel: some x in members satisfies x.deep}\n",
    "code: C1\ndepartment: C\nname: {zh: 四, en: four}\nversions:\n"
    "  - version: '1'\n    effective: {from: 2020-01-01}\n"
    "    condition: {feel: household.secret = 1}\n",
    NULL};

/* "fact:item:kind:key:through" of each need, in order. */
static void expect(struct rules *r,
                   const char *department,
                   const char *day,
                   const char *const *want)
{
    static const char kinds[] = "cabpxf";
    const struct bus_policy_need *list;
    size_t n;
    assert_int_equal(bus_policy_needs(r->c, bus_strv(department),
                                      rules_day(day), &r->mem, &list, &n, NULL),
                     BUS_OK);
    for (size_t i = 0; i < n || want[i] != NULL; i++) {
        char have[200] = "(none)";
        if (i < n) {
            const struct bus_policy_need *d = &list[i];
            struct bus_strv fact = bus_policy_fact_name(r->c, d->fact);
            struct bus_policy_item it;
            assert_true(
                bus_policy_item_at(r->c, (size_t)d->item, rules_day(day), &it));
            (void)snprintf(have, sizeof(have), "%.*s %.*s %c %.*s %.*s",
                           BUS_STRV_ARG(fact), BUS_STRV_ARG(it.code),
                           kinds[d->kind], BUS_STRV_ARG(d->key),
                           BUS_STRV_ARG(d->through));
        }
        assert_string_equal(have, want[i] ? want[i] : "(no more)");
    }
}

static void exactly_what_is_read(void **state)
{
    (void)state;
    struct rules r;
    rules_open(&r);
    rules_load(&r, facts, standards, rules, items);
    static const char *const of_a[] = {"household.a A1 c A1.1 household.ab",
                                       "household.b A1 c A1.1 household.ab",
                                       "household.c A1 c A1.2 ",
                                       "household.c A2 a  ",
                                       "household.d A1 c A1.2 standard.t",
                                       "household.e A1 f  ",
                                       "household.e A2 p  ",
                                       "member.m A2 c A2.1 ",
                                       "member.m A2 b  ",
                                       "member.shut A2 x R1 ",
                                       NULL};
    static const char *const of_b[] = {"household.a B1 c B1.1 member.deep",
                                       "household.b B1 c B1.1 member.deep",
                                       "member.m B1 c B1.1 member.deep", NULL};
    static const char *const before[] = {"household.e A1 f  ",
                                         "household.old A1 c A1.1 ", NULL};
    static const char *const none[] = {NULL};
    expect(&r, "A", "2026-01-01", of_a);
    expect(&r, "B", "2026-01-01", of_b);
    expect(&r, "A", "2019-05-01", before);
    expect(&r, "Z", "2026-01-01", none);
    int secret = bus_policy_fact_find(r.c, BUS_STRV("household.secret"));
    int32_t day = rules_day("2026-01-01");
    struct bus_policy_facts may;
    bus_policy_discloses(r.c, BUS_STRV("C"), day, &may);
    assert_true(bus_policy_facts_has(&may, secret));
    bus_policy_discloses(r.c, BUS_STRV("A"), day, &may);
    assert_false(bus_policy_facts_has(&may, secret));
    rules_close(&r);
}

/* The list people see and the answer that senders ask for are one, for every
 * department, fact and year. */
static void the_list_is_the_answer(void **state)
{
    (void)state;
    struct county k;
    size_t shared = 0, facts_in_all = 0;
    county_open(&k);
    for (size_t p = 0; p < k.config.partners_count; p++) {
        struct bus_strv dept = bus_strv(k.config.partners[p].code);
        for (int year = 2019; year <= 2027; year++) {
            const struct bus_policy_need *list;
            struct bus_policy_facts may;
            size_t n, at = 0;
            int32_t day = (int32_t)bus_days_from_civil(year, 10, 9);
            assert_int_equal(
                bus_policy_needs(k.c, dept, day, &k.mem, &list, &n, NULL),
                BUS_OK);
            bus_policy_discloses(k.c, dept, day, &may);
            for (int f = 0; (size_t)f < bus_policy_fact_count(k.c); f++) {
                bool listed = false;
                for (; at < n && list[at].fact == f; at++) {
                    listed = true;
                }
                if (!bus_policy_fact_derived(k.c, f)) {
                    assert_int_equal(listed, bus_policy_facts_has(&may, f));
                    shared += listed;
                    facts_in_all++;
                }
            }
            assert_int_equal(at, n);
        }
    }
    print_message("%zu of %zu pairs of department and fact\n", shared,
                  facts_in_all);
    assert_true(shared > 100 && shared < facts_in_all / 2);
    county_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_what_is_read),
        cmocka_unit_test(the_list_is_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
