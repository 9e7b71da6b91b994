/* What is begun while facts are missing, and what is only told of. */
#include "bus/advice/explain.h"
#include "bus/advice/wants.h"
#include "bus/policy/clause.h"
#include "bus/policy/source.h"
#include "bus/policy/verdicts.h"
#include "tests/golden/county.h"

#define DAY "2026-10-09"

struct told
{
    struct bus_policy_fact facts[256];
    struct bus_policy_household h;
};

static void
tell(struct told *t, const char *name, int member, int64_t n, const char *word)
{
    bool day = word != NULL && word[0] >= '0' && word[0] <= '9';
    struct bus_policy_fact f = {.fact =
                                    bus_policy_fact_find(k.c, bus_strv(name)),
                                .member = member,
                                .kind = day    ? BUS_POLICY_DATE
                                        : word ? BUS_POLICY_TEXT
                                               : BUS_POLICY_LONG,
                                .number = day ? rules_day(word) : n,
                                .text = bus_strv(day ? NULL : word)};
    const struct bus_node *type =
        f.fact < 0 ? NULL
                   : bus_node_get(bus_policy_fact_node(k.c, f.fact), "type");
    if (type == NULL) {
        fail_msg("no fact %s", name);
    }
    if (bus_strv_is(type->text, "boolean")) {
        f.kind = BUS_POLICY_BOOL;
    }
    t->facts[t->h.fact_count++] = f;
    t->h.facts = t->facts;
}

/* A couple with a pupil, 25 facts: 1600 yuan a month, the wife out of work. */
static struct told family(void)
{
    static const struct
    {
        const char *sex, *birth, *relation, *labour, *employment, *stage;
    } who[] = {
        {"male", "1984-03-12", "self", "full", "employed", "none"},
        {"female", "1986-08-01", "spouse", "full", "unemployed", "none"},
        {"female", "2014-05-20", "daughter", "none", "student", "compulsory"},
    };
    struct told t = {.h = {.member_count = 3}};
    tell(&t, "household.area", -1, 0, "rural");
    tell(&t, "household.registered_in_county", -1, 1, NULL);
    tell(&t, "household.income_total_fen", -1, 1920000, NULL);
    tell(&t, "household.deposit_fen", -1, 500000, NULL);
    tell(&t, "household.vehicle_count", -1, 0, NULL);
    tell(&t, "household.house_count", -1, 1, NULL);
    tell(&t, "household.spend_medical_fen", -1, 300000, NULL);
    for (int m = 0; m < 3; m++) {
        tell(&t, "member.sex", m, 0, who[m].sex);
        tell(&t, "member.birth_date", m, 0, who[m].birth);
        tell(&t, "member.relation", m, 0, who[m].relation);
        tell(&t, "member.labour", m, 0, who[m].labour);
        tell(&t, "member.employment", m, 0, who[m].employment);
        tell(&t, "member.stage", m, 0, who[m].stage);
    }
    assert_int_equal(t.h.fact_count, 25);
    return t;
}

static struct bus_policy_result judged(const struct told *t)
{
    struct bus_policy_result r;
    struct bus_err err;
    struct bus_policy_household h = t->h;
    h.facts = t->facts;
    if (bus_policy_evaluate(k.c, &h, rules_day(DAY), BUS_POLICY_REASONS, &mem,
                            &r, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return r;
}

static const struct bus_policy_verdict_of *
of_item(const struct bus_policy_result *r, const char *code)
{
    int item = bus_policy_item_find(k.c, bus_strv(code));
    for (size_t i = 0; i < r->count; i++) {
        if (r->items[i].item == item) {
            return &r->items[i];
        }
    }
    fail_msg("no item %s", code);
    return NULL;
}

static void test_few_are_begun(void **state)
{
    (void)state;
    struct told t = family();
    struct bus_policy_result r = judged(&t);
    size_t begun = 0, open = 0;
    char codes[256] = "";
    for (size_t i = 0; i < r.count; i++) {
        const struct bus_policy_verdict_of *v = &r.items[i];
        struct bus_policy_item it;
        assert_true(
            bus_policy_item_at(k.c, (size_t)v->item, rules_day(DAY), &it));
        bool may = v->verdict == BUS_POLICY_UNDETERMINED && it.startable;
        open += may;
        if (v->left_out_by.n == 0 &&
            (v->verdict == BUS_POLICY_ELIGIBLE || (may && v->sign))) {
            begun++;
            (void)strcat(strcat(codes, it.code.p), " ");
        }
    }
    print_message("begun %zu of %zu open ones: %s\n", begun, open, codes);
    assert_true(open > 20); /* who would all have been set to work */
    assert_true(begun >= 2 && begun <= 8);
    /* income below dibao, and somebody out of work: these two for sure */
    assert_true(of_item(&r, "MZ01")->sign ||
                of_item(&r, "MZ01")->verdict == BUS_POLICY_ELIGIBLE);
    assert_true(of_item(&r, "RS06")->sign ||
                of_item(&r, "RS06")->verdict == BUS_POLICY_ELIGIBLE);
    assert_false(of_item(&r, "CL01")->sign);
}

static void test_a_sign_begins(void **state)
{
    (void)state;
    struct told t = family();
    tell(&t, "household.victim_uncompensated", -1, 1, NULL);
    tell(&t, "member.device_need", 1, 1, NULL);
    struct bus_policy_result r = judged(&t);
    assert_int_equal(of_item(&r, "CL02")->verdict, BUS_POLICY_UNDETERMINED);
    assert_true(of_item(&r, "CL02")->sign);
    assert_false(of_item(&r, "CL05")->sign);
    assert_true(of_item(&r, "ZF02")->sign ||
                of_item(&r, "ZF02")->verdict == BUS_POLICY_ELIGIBLE);
}

/* Of "a child of 0 to 6, disabled" a disabled grown-up is no sign. */
static void test_whose_it_is(void **state)
{
    (void)state;
    bool derived = false;
    struct told t = family();
    tell(&t, "member.disability_grade", 1, 1, NULL);
    struct bus_policy_result r = judged(&t);
    assert_false(of_item(&r, "CL01")->sign);
    int cl01 = bus_policy_item_find(k.c, BUS_STRV("CL01"));
    struct bus_strv text =
        bus_policy_signs_of(k.c, (size_t)cl01, rules_day(DAY), &derived);
    assert_true(derived);
    assert_true(bus_strv_is(text, "(some m in members satisfies (m.age in "
                                  "[0..standard.rehab_age_max]) and "
                                  "((m.disabled or m.rehab_need)))"));
}

/* What begins by itself follows what somebody has confirmed. */
static void test_only_confirmed(void **state)
{
    (void)state;
    static const char *const codes[] = {"FG01", "MZ15", "YB01", "MZ04"};
    static const char *const word[] = {"dibao", "dibao", "dibao", "tekun"};
    for (size_t i = 0; i < 4; i++) {
        for (int verified = 0; verified < 2; verified++) {
            struct told t = family();
            const uint8_t *quick = NULL;
            for (int m = 0; m < 3; m++) {
                tell(&t, "member.adl_fails", m, 0, NULL);
            }
            tell(&t, "household.status", -1, 0, word[i]);
            t.facts[t.h.fact_count - 1].verified = verified == 1;
            struct bus_policy_result r = judged(&t);
            const struct bus_policy_verdict_of *v = of_item(&r, codes[i]);
            enum bus_policy_verdict want =
                verified ? BUS_POLICY_ELIGIBLE : BUS_POLICY_UNDETERMINED;
            assert_int_equal(v->verdict, want);
            t.h.facts = t.facts;
            assert_int_equal(bus_policy_verdicts(k.c, &t.h, rules_day(DAY),
                                                 &mem, &quick, NULL),
                             BUS_OK);
            assert_int_equal(quick[v->item], want);
            if (!verified) {
                assert_true(v->missing_count >= 1);
                assert_true(
                    bus_strv_is(bus_policy_fact_name(k.c, v->missing[0].fact),
                                "household.status"));
            }
            /* what people apply for may follow a declaration: they decide */
            assert_int_equal(of_item(&r, "CS03")->verdict, BUS_POLICY_ELIGIBLE);
        }
    }
}

/* A family hears of what it can do or wait for, in no item of anything else.
 */
static void test_what_a_family_can_do(void **state)
{
    (void)state;
    struct told t = family();
    struct bus_policy_result r = judged(&t);
    size_t changes = 0;
    t.h.facts = t.facts;
    for (size_t i = 0; i < r.count; i++) {
        struct bus_advice_changes found;
        struct bus_err err;
        const struct bus_advice_question q = {.c = k.c,
                                              .h = &t.h,
                                              .rule_date = rules_day(DAY),
                                              .item = r.items[i].item,
                                              .limit = 300,
                                              .family = true};
        assert_int_equal(bus_advice_changes(&q, &mem, &found, &err), BUS_OK);
        changes += found.count;
        if (r.items[i].verdict == BUS_POLICY_ELIGIBLE) {
            assert_int_equal(found.count, 0);
        }
        for (size_t n = 0; n < found.count; n++) {
            for (size_t m = 0; m < found.list[n].count; m++) {
                int fact = found.list[n].moves[m].to.fact;
                bool can = fact == BUS_POLICY_DATE_MOVE;
                if (!can) {
                    (void)bus_node_to_bool(
                        bus_node_get(bus_policy_fact_node(k.c, fact),
                                     "actionable"),
                        &can);
                    assert_false(
                        bus_strv_is(found.list[n].moves[m].to.text, "none"));
                }
                assert_true(can);
            }
        }
    }
    print_message("%zu ways\n", changes);
    assert_true(changes > 0);
}

/* One list of what is missing, its first lines the dearest; an answer to one
 * that decides leaves fewer open. */
static void test_one_list(void **state)
{
    (void)state;
    struct told t = family();
    struct bus_advice_wants w;
    struct bus_err err;
    t.h.facts = t.facts;
    assert_int_equal(
        bus_advice_wants(k.c, &t.h, rules_day(DAY), false, &mem, &w, &err),
        BUS_OK);
    for (size_t i = 0; i < w.count; i++) {
        print_message("%s: %zu items, %zu decided, %lld fen%s\n",
                      bus_policy_fact_name(k.c, w.list[i].fact).p,
                      w.list[i].items, w.list[i].decides,
                      (long long)w.list[i].fen,
                      w.list[i].family ? ", the family" : "");
        assert_true(w.list[i].items >= w.list[i].decides);
        assert_true(i == 0 || w.list[i - 1].family >= w.list[i].family);
        assert_true(i == 0 || w.list[i - 1].family != w.list[i].family ||
                    w.list[i - 1].value_fen >= w.list[i].value_fen);
    }
    assert_true(w.count >= 1 && w.count <= BUS_ADVICE_WANTS_MAX);
    tell(&t, "household.securities_fen", -1, 0, NULL);
    struct bus_policy_result r = judged(&t);
    assert_int_equal(of_item(&r, "MZ01")->verdict, BUS_POLICY_ELIGIBLE);
}

static bool told(const struct told *t, int fact, int member)
{
    for (size_t i = 0; i < t->h.fact_count; i++) {
        if (t->facts[i].fact == fact && t->facts[i].member == member) {
            return true;
        }
    }
    return false;
}

/* Answers all but one fact with nothing: no, 0, none. */
static size_t deny(struct told *t, const struct bus_advice_wants *w, int but)
{
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct bus_advice_want *of = &w->list[i];
        struct bus_strv name = bus_policy_fact_name(k.c, of->fact);
        const struct bus_node *body = bus_policy_fact_node(k.c, of->fact);
        const struct bus_node *words = bus_node_get(body, "words");
        const char *word =
            words == NULL ? NULL : words->pairs[words->count - 1].key->text.p;
        for (int m = of->members != 0 ? 0 : -1; of->fact != but && m < 3; m++) {
            if ((m < 0 || (of->members >> m & 1) != 0) &&
                !told(t, of->fact, m)) {
                tell(t, name.p, m, 0, word);
                n++;
            }
            if (m < 0) {
                break;
            }
        }
    }
    return n;
}

/* Where nothing was begun somebody still hears what the case waits for: here
 * that the farm office confirms what the family says. */
static void test_nothing_begun_waits_for_something(void **state)
{
    (void)state;
    struct told t = family();
    struct bus_advice_wants w;
    struct bus_err err;
    bool found = false;
    tell(&t, "household.monitored", -1, 1, NULL);
    int monitored = bus_policy_fact_find(k.c, BUS_STRV("household.monitored"));
    do {
        t.h.facts = t.facts;
        assert_int_equal(
            bus_advice_wants(k.c, &t.h, rules_day(DAY), true, &mem, &w, &err),
            BUS_OK);
    } while (deny(&t, &w, monitored) > 0);
    for (size_t i = 0; i < w.count; i++) {
        print_message("%s\n", bus_policy_fact_name(k.c, w.list[i].fact).p);
        found |= w.list[i].fact == monitored && !w.list[i].family;
    }
    assert_true(found);
    assert_int_equal(
        bus_advice_wants(k.c, &t.h, rules_day(DAY), false, &mem, &w, &err),
        BUS_OK);
    for (size_t i = 0; i < w.count; i++) {
        assert_true(w.list[i].fact != monitored);
    }
}

/* Each clause of each item has its sentence. */
static void test_every_clause_is_worded(void **state)
{
    (void)state;
    for (size_t i = 0; i < bus_policy_item_count(k.c); i++) {
        struct bus_policy_item it;
        char key[32];
        assert_true(bus_policy_item_at(k.c, i, rules_day(DAY), &it));
        for (int n = 1; n <= BUS_POLICY_CLAUSES_MAX; n++) {
            (void)snprintf(key, sizeof(key), "%s.%d", it.code.p, n);
            if (bus_policy_clause_of(k.c, bus_strv(key), rules_day(DAY)).n ==
                0) {
                assert_true(n > 1);
                break;
            }
            const struct bus_node *text =
                bus_policy_clause_text(k.c, bus_strv(key), rules_day(DAY));
            if (bus_node_get(text, "zh") == NULL ||
                bus_node_get(text, "en") == NULL) {
                fail_msg("%s has no text", key);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_are_begun),
        cmocka_unit_test(test_a_sign_begins),
        cmocka_unit_test(test_whose_it_is),
        cmocka_unit_test(test_only_confirmed),
        cmocka_unit_test(test_what_a_family_can_do),
        cmocka_unit_test(test_one_list),
        cmocka_unit_test(test_nothing_begun_waits_for_something),
        cmocka_unit_test(test_every_clause_is_worded),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
