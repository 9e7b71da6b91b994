/* An item's process before its decision, through decide() and with a real
 * register: dibao (MZ01, P1: accepted, surveyed by two, checked, opinion, a
 * notice of seven days) said step by step, and everything that does not hold:
 * it goes back with its code and nothing moves. */
#include "tests/unit/role_matcher/steps_scene.h"

/* The way of dibao, and at each step what is still missing of it. */
static void the_whole_way(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    DECIDED("STEP_MISSING accept", "MZ01", "boss", CONFIRMED, 0);
    SAID("STEP_MISSING accept", "MZ01", "desk", "town", SUR, 0);
    SAID("", "MZ01", "town", NULL, ACC, 0);
    SAID("STEP_DONE accept", "MZ01", "desk", NULL, ACC, 0);
    DECIDED("STEP_MISSING survey", "MZ01", "boss", CONFIRMED, 0);
    DECIDED("STEP_MISSING survey", "MZ01", "boss", REFUSED, 0);
    SAID("SECOND_MISSING", "MZ01", "desk", NULL, SUR, 1);
    SAID("SAME_PERSON", "MZ01", "desk", "desk", SUR, 1);
    SAID("OPERATOR_UNKNOWN", "MZ01", "desk", "nobody", SUR, 1);
    SAID("", "MZ01", "desk", "town", SUR, 1);
    SAID("STEP_MISSING check", "MZ01", "desk", NULL, OPI, 1);
    SAID("", "MZ01", "desk", NULL, CHK, 2);
    DECIDED("STEP_MISSING opinion", "MZ01", "boss", CONFIRMED, 2);
    SAID("STEP_MISSING opinion", "MZ01", "desk", NULL, POST, 2);
    SAID("", "MZ01", "desk", NULL, OPI, 2);
    SAID("STEP_MISSING notice", "MZ01", "town", NULL, EXP, 2);
    SAID("", "MZ01", "town", NULL, POST, 3);
    DECIDED("STEP_MISSING notice", "MZ01", "boss", CONFIRMED, 9);
    SAID("STEP_MISSING notice", "MZ01", "town", NULL, EXP, 9);
    SAID("", "MZ01", "town", NULL, EXP, 10);
    SAID("STEP_DONE notice", "MZ01", "town", NULL, OBJ, 10);
    DECIDED("", "MZ01", "boss", CONFIRMED, 10);
    assert_int_equal(of(&st, "MZ01")->status, SA_ASSIGNMENT_STATUS_CONFIRMED);
}

static void up_to_the_notice(struct sa_household_state *ret)
{
    struct sa_household_state st;
    apply(&st);
    SAID("", "MZ01", "town", NULL, ACC, 0);
    SAID("", "MZ01", "desk", NULL, CHK, 0); /* beside the survey */
    SAID("", "MZ01", "desk", "town", SUR, 0);
    SAID("", "MZ01", "boss", NULL, OPI, 0);
    SAID("", "MZ01", "town", NULL, POST, 0);
    *ret = st;
}

/* Seven days without an objection are over whether somebody says so or not. */
static void a_notice_is_over_by_its_days(void **state)
{
    (void)state;
    struct sa_household_state st;
    up_to_the_notice(&st);
    DECIDED("STEP_MISSING notice", "MZ01", "boss", CONFIRMED, 6);
    /* Who proposed does not confirm, whatever his role. */
    DECIDED("SAME_PERSON", "MZ01", "boss", CONFIRMED, 7);
    DECIDED("SAME_PERSON", "MZ01", "boss", REFUSED, 7);
}

static void an_objection_begins_the_survey_anew(void **state)
{
    (void)state;
    struct sa_household_state st;
    up_to_the_notice(&st);
    SAID("", "MZ01", "town", NULL, OBJ, 3);
    DECIDED("STEP_MISSING survey", "MZ01", "boss", CONFIRMED, 30);
    SAID("STEP_MISSING survey", "MZ01", "desk", NULL, POST, 4);
    SAID("", "MZ01", "town", "desk", SUR, 5);
    SAID("STEP_MISSING opinion", "MZ01", "desk", NULL, POST, 5);
    SAID("", "MZ01", "desk", NULL, OPI, 5);
    SAID("", "MZ01", "town", NULL, POST, 6);
    DECIDED("STEP_MISSING notice", "MZ01", "boss", CONFIRMED, 12);
    DECIDED("", "MZ01", "boss", CONFIRMED, 13);
}

/* Also of an item that asks for no survey (MZ06: accepted, a notice). */
static void an_objection_asks_for_a_survey_of_any_item(void **state)
{
    (void)state;
    const struct bus_policy_process asked = {.steps = 17, .notice_days = 7};
    static const struct
    {
        enum sa_step_kind kind;
        int32_t day;
        const char *why, *decision;
    } way[] = {
        {SUR, 0, "STEP_NOT_ASKED survey", "STEP_MISSING accept"},
        {ACC, 0, "", "STEP_MISSING notice"},
        {POST, 1, "", "STEP_MISSING notice"},
        {OBJ, 2, "", "STEP_MISSING survey"},
        {POST, 3, "STEP_MISSING survey", "STEP_MISSING survey"},
        {SUR, 3, "", "STEP_MISSING notice"},
        {POST, 4, "", "STEP_MISSING notice"},
        {EXP, 11, "", ""},
    };
    struct sa_assignment_process p = {0};
    for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
        struct bus_strv why =
            bus_role_process_held(&asked, &p, way[i].kind, way[i].day);
        assert_true(bus_strv_is(why, way[i].why));
        if (why.n == 0) {
            bus_role_process_move(&p, way[i].kind, way[i].day, BUS_STRV(""));
        }
        assert_true(
            bus_strv_is(bus_role_process_missing(&asked, ~0u, &p, way[i].day),
                        way[i].decision));
    }
}

static void refused_without_a_notice(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    SAID("", "MZ01", "town", NULL, ACC, 0);
    SAID("", "MZ01", "town", "desk", SUR, 0);
    SAID("", "MZ01", "desk", NULL, CHK, 0);
    SAID("", "MZ01", "desk", NULL, OPI, 0);
    DECIDED("", "MZ01", "boss", REFUSED, 0);
    apply(&st); /* "not ours" needs nothing */
    DECIDED("", "MZ01", "boss", RETURNED, 0);
}

/* Whose step counts. */
static void by_whom(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    SAID("OPERATOR_UNKNOWN", "MZ01", "nobody", NULL, ACC, 0);
    SAID("OPERATOR_NOT_THAT_DAY", "MZ01", "gone", NULL, ACC, 0);
    SAID("ROLE_MAY_NOT", "MZ01", "boss", NULL, ACC, 0);
    SAID("NOT_DELEGATED", "MZ01", "yb", NULL, ACC, 0);
    SAID("NOT_DELEGATED", "MZ01", "other", NULL, ACC, 0);
    SAID("", "MZ01", "town", NULL, ACC, 0);
    SAID("", "MZ01", "town", "desk", SUR, 0);
    SAID("NOT_DELEGATED", "MZ01", "town", NULL, CHK, 0); /* the county's */
    SAID("", "MZ01", "desk", NULL, CHK, 0);
}

/* What a survey found is said in the survey's name on its topic, of this
 * household and its people, within the dictionary; else nothing counts. */
static void what_two_saw(void **state)
{
    (void)state;
    static const struct
    {
        const char *name;
        enum sa_step_kind kind;
        uint8_t member; /* 0: of the household */
        int64_t value;
        const char *why; /* NULL: it counts */
    } tries[] = {
        {"household.deposit_fen", SUR, 0, 5, "FACT_NOT_YOURS"}, /* the bank's */
        {"household.shoe_size", SUR, 0, 5, "FACT_UNKNOWN"},
        {"household.spend_living_fen", SUR, 0, -1, "FACT_BOUNDS"},
        {"member.adl_fails", SUR, 9, 1, "FACT_NOT_YOURS"},
        {"member.adl_fails", SUR, 1, 99, "FACT_BOUNDS"},
        {"household.spend_living_fen", CHK, 0, 60, "FACT_NOT_YOURS"},
        {"household.spend_living_fen", SUR, 0, 60, NULL},
        {"member.adl_fails", SUR, 1, 3, NULL},
    };
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        struct sa_household_state st;
        struct matcher_outputs out;
        apply(&st);
        SAID("", "MZ01", "town", NULL, ACC, 0);
        struct sa_fact f = {.name = bus_strv(tries[i].name),
                            .has_member = tries[i].member != 0,
                            .member = id('p', tries[i].member),
                            .as_of = rules_day("2026-10-09"),
                            .source = BUS_STRV("police")};
        f.value.branch = SA_FACT_VALUE_LONG;
        f.value.u.long_value = tries[i].value;
        const struct said well = {"MZ01", "desk",
                                  tries[i].kind == SUR ? "town" : NULL,
                                  tries[i].kind, 0};
        struct sa_step e = step_of(&st, &well);
        e.facts.v = &f;
        e.facts.n = 1;
        const struct matcher_event event = event_of(&e);
        int rc = decide_one(&st, &event, &out);
        if (tries[i].why != NULL) {
            assert_int_not_equal(rc, BUS_OK);
            assert_string_equal(out.reason_code, tries[i].why);
            continue;
        }
        assert_int_equal(rc, BUS_OK);
        assert_int_equal(out.n, 2);
        assert_int_equal(out.v[0].topic, MATCHER_OUT_FACTS);
        assert_true(bus_strv_is(out.v[0].partner, "survey"));
        const struct sa_facts_reported *r = out.v[0].record;
        assert_true(bus_strv_is(r->source, "survey") && r->facts.n == 1);
        assert_true(bus_id_eq(&r->household_id, &st.household_id));
        assert_true(r->facts.v[0].verified &&
                    bus_strv_is(r->facts.v[0].source, "survey"));
        assert_true(decide_one(&st, &event, &out) == BUS_OK && out.n == 0);
    }
}

/* What is not as it was asked. */
static void about_what(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    apply(&st);
    const struct said well = {"MZ01", "town", NULL, ACC, 0};
    struct sa_step e = step_of(&st, &well);
    struct matcher_event event = event_of(&e);
    e.item = BUS_STRV("MZ02");
    assert_int_equal(decide_one(&st, &event, &out), BUS_OK);
    assert_true(bus_strv_is(reason_of(&out), "ITEM_DIFFERS"));
    assert_int_equal(decide_one(&st, &event, &out), BUS_OK);
    assert_true(out.duplicate && out.n == 0); /* it went back before */
    e.item = BUS_STRV("MZ01");
    e.case_id = id('c', 9);
    e.event_id = id('z', 2);
    assert_int_equal(decide_one(&st, &event, &out), BUS_OK);
    assert_true(bus_strv_is(reason_of(&out), "CASE_DIFFERS"));
    e.case_id = st.case_id;
    event.partner = BUS_STRV("YB");
    assert_int_equal(decide_one(&st, &event, &out), BUS_EDENIED);
    assert_string_equal(out.reason_code, "WRONG_TOPIC");
    event.partner = BUS_STRV("MZ");
    e.assignment_id = id('x', 1);
    assert_int_equal(decide_one(&st, &event, &out), BUS_EUNKNOWN);
    assert_string_equal(out.reason_code, "ASSIGNMENT_UNKNOWN");
    e = step_of(&st, &well);
    e.kind = SA_STEP_KIND_UNKNOWN;
    assert_int_equal(decide_one(&st, &event, &out), BUS_ERANGE);
    assert_string_equal(out.reason_code, "STEP_UNREADABLE");
    /* Nobody is heard where nothing is to be cut yet. */
    SAID("STEP_NOT_ASKED hearing", "MZ01", "desk", NULL, SA_STEP_KIND_HEARD, 0);
}

/* A county whose departments cannot say steps yet. */
static void not_required_yet(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    required_from = rules_day("2026-10-10");
    DECIDED("", "MZ01", "boss", CONFIRMED, 0);
    apply(&st);
    DECIDED("STEP_MISSING accept", "MZ01", "boss", CONFIRMED, 1);
    required_from = 0;
}

/* Neither before it was assigned, nor after it came. */
static void signed_since_it_was_assigned(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    assert_int_equal(of(&st, "MZ01")->assigned_at, TEN);
}

/* By the catalogue as it stands: what each flow asks for. */
static void what_the_items_ask_for(void **state)
{
    (void)state;
    static const struct
    {
        const char *item;
        unsigned steps;
        int32_t days;
    } all[] = {
        {"MZ01", 31, 7}, /* P1: accept survey check opinion notice */
        {"MZ03", 18, 7}, /* P2: survey notice */
        {"MZ05", 0, 0},  /* P3: at once */
        {"MZ06", 17, 7}, /* P4: accept notice */
        {"MZ09", 2, 0},  /* P5: a child; never a notice */
        {"MZ11", 5, 0},  /* P6: accept, examined by the federation */
        {"MZ15", 0, 0},  /* P10: from the list */
        {"NY01", 16, 5}, /* P10 too, and its own notice */
        {"ZJ01", 22, 7}, /* village review, check, notice */
        {"CL01", 0, 0},  /* P8: the institution decides */
        {"GH01", 17, 7}, /* P9 and a notice */
        {"GH02", 1, 0},  /* P9: illness, never a notice */
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct bus_policy_process p;
        int at = bus_policy_item_find(k.c, bus_strv(all[i].item));
        assert_true(at >= 0);
        bus_policy_process_at(k.c, (size_t)at, rules_day("2026-10-09"), &p);
        if (p.steps != all[i].steps || p.notice_days != all[i].days) {
            fail_msg("%s: %u, %d days", all[i].item, p.steps, p.notice_days);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_items_ask_for),
        cmocka_unit_test(the_whole_way),
        cmocka_unit_test(a_notice_is_over_by_its_days),
        cmocka_unit_test(an_objection_begins_the_survey_anew),
        cmocka_unit_test(an_objection_asks_for_a_survey_of_any_item),
        cmocka_unit_test(refused_without_a_notice),
        cmocka_unit_test(by_whom),
        cmocka_unit_test(what_two_saw),
        cmocka_unit_test(about_what),
        cmocka_unit_test(not_required_yet),
        cmocka_unit_test(signed_since_it_was_assigned),
    };
    return cmocka_run_group_tests(tests, open_both, close_both);
}
