/* An item's process before its decision, through decide() and with a real
 * register: dibao (MZ01, P1: accepted, surveyed by two, checked, opinion, a
 * notice of seven days) said step by step, and everything that does not hold:
 * it goes back with its code and nothing moves. */
#include "tests/lib/check.h"

#include "bus/base/clock.h"
#include "bus/role/process.h"
#include "consumers/matcher/parts.h"

#include "tests/golden/county.h" /* last: its names are short */

#define TEN    INT64_C(1791511200000) /* 2026-10-09, 10:00 in China */
#define DAY_MS INT64_C(86400000)
#define SEALED "2100-01-01" /* not what this is about */

static struct bus_register *registers;
static int32_t required_from;
static uint8_t number;

static int32_t no_limit(void *data, int32_t start, int32_t n, bool working)
{
    (void)data;
    (void)working;
    return start + n;
}

static struct bus_id id(uint8_t kind, uint8_t n)
{
    return (struct bus_id){{kind, n}};
}

static int decide_one(struct sa_household_state *st,
                      const struct matcher_event *e,
                      struct matcher_outputs *ret)
{
    const struct matcher_rules rules = {.catalogue = k.c,
                                        .deadline = no_limit,
                                        .registers = registers,
                                        .seals_from = rules_day(SEALED),
                                        .process_from = required_from,
                                        .seal_skew_ms = 300000,
                                        .order_max_fen = 20000000};
    struct bus_err err;
    return matcher_decide(&rules, st, e, &mem, ret, &err);
}

static void register_open(void)
{
    struct bus_faults faults;
    struct bus_register_sources s = {.county = "371425"};
    s.organisations = (struct bus_source){
        "o", BUS_STRV("code,zh,kind,parent,uscc,from,to\n"
                      "MZ,某民政局,department,,,2020-01-01,\n"
                      "YB,某医保局,department,,,2020-01-01,\n"
                      "371425101,某镇政府,town,,,2020-01-01,\n"
                      "371425102,某某镇政府,town,,,2020-01-01,\n")};
    s.operators = (struct bus_source){
        "p", BUS_STRV("id,name,org,role,limit_fen,from,to\n"
                      "boss,王华,MZ,approver,,2020-01-01,\n"
                      "desk,李平,MZ,clerk,,2020-01-01,\n"
                      "town,张英,371425101,clerk,,2020-01-01,\n"
                      "other,刘军,371425102,clerk,,2020-01-01,\n"
                      "yb,陈玲,YB,clerk,,2020-01-01,\n"
                      "gone,杨敏,MZ,clerk,,2020-01-01,2026-10-08\n")};
    s.delegations = (struct bus_source){
        "d", BUS_STRV("id,giver,taker,item,act,amount_fen,towns,from,until,"
                      "basis\n")};
    s.seals = (struct bus_source){
        "s", BUS_STRV("id,org,operator,public_key,items,from,expires,"
                      "suspended,revoked\n")};
    s.partner_keys = (struct bus_source){
        "k", BUS_STRV("id,partner,public_key,from,until,revoked\n")};
    bus_faults_init(&faults, &mem);
    registers = bus_registers_new(&s, &faults);
    if (registers == NULL) {
        fail_msg("%s", faults.list[0].text);
    }
}

static struct sa_actor who(const char *name)
{
    static const char *const homes[][2] = {
        {"town", "371425101"}, {"other", "371425102"}, {"yb", "YB"}};
    struct sa_actor a = {.operator_id = bus_strv(name),
                         .org_code = BUS_STRV("MZ"),
                         .role = BUS_STRV("whatever he calls it")};
    for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
        a.org_code =
            strcmp(homes[i][0], name) == 0 ? bus_strv(homes[i][1]) : a.org_code;
    }
    return a;
}

/* In a village and without an income: dibao may be started, whatever else is
 * missing. */
static void apply(struct sa_household_state *st)
{
    static struct sa_member head = {.head = true, .relation = {"0", 1}};
    static struct sa_fact facts[2];
    static struct sa_application a;
    struct matcher_outputs out;
    for (size_t i = 0; i < 2; i++) {
        facts[i] = (struct sa_fact){
            .name = i == 0 ? BUS_STRV("household.area")
                           : BUS_STRV("household.income_total_fen"),
            .source = BUS_STRV("declared"),
            .as_of = rules_day("2026-10-09")};
    }
    facts[0].value.branch = SA_FACT_VALUE_STRING;
    facts[0].value.u.string_value = BUS_STRV("rural");
    facts[1].value.branch = SA_FACT_VALUE_LONG;
    facts[1].value.u.long_value = 0;
    head.person_id = id('p', 1);
    a = (struct sa_application){.event_id = id('e', 1),
                                .household_id = id('h', 1),
                                .application_id = id('a', 1),
                                .occurred_at = TEN,
                                .division_code = BUS_STRV("371425101001")};
    a.members.v = &head;
    a.members.n = 1;
    a.facts.v = facts;
    a.facts.n = 2;
    memset(st, 0, sizeof(*st));
    st->household_id = a.household_id;
    assert_int_equal(
        decide_one(st,
                   &(struct matcher_event){.kind = MATCHER_APPLICATION,
                                           .record = &a,
                                           .arrived_ms = TEN},
                   &out),
        BUS_OK);
}

static struct sa_assignment_state *of(struct sa_household_state *st,
                                      const char *item)
{
    for (size_t i = 0; i < st->assignments.n; i++) {
        if (bus_strv_is(st->assignments.v[i].item, item)) {
            return &st->assignments.v[i];
        }
    }
    fail_msg("%s is not assigned", item);
    return NULL;
}

/* The reason it goes back with, in the case's life and at the assignment. */
static struct bus_strv reason_of(const struct matcher_outputs *out)
{
    struct bus_strv told = {0}, back = {0};
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_case_event *c = out->v[i].record;
        const struct sa_assignment *a = out->v[i].record;
        if (out->v[i].topic == MATCHER_OUT_CASES) {
            told = c->kind == SA_CASE_EVENT_KIND_ORDER_REFUSED ? c->note : told;
        } else if (out->v[i].topic == MATCHER_OUT_ASSIGNMENTS) {
            back =
                a->action == SA_ASSIGNMENT_ACTION_RETURNED ? a->reason : back;
        }
    }
    /* What the department itself returned goes back without a refusal. */
    assert_true(told.n == 0 || bus_strv_eq(told, back));
    return told;
}

struct said
{
    const char *item, *by, *second;
    enum sa_step_kind kind;
    int day; /* after the ninth */
};

static struct sa_step step_of(struct sa_household_state *st,
                              const struct said *s)
{
    struct sa_step e = {.event_id = id('s', ++number),
                        .household_id = st->household_id,
                        .case_id = st->case_id,
                        .occurred_at = TEN + s->day * DAY_MS,
                        .assignment_id = of(st, s->item)->assignment_id,
                        .department = BUS_STRV("MZ"),
                        .item = bus_strv(s->item),
                        .kind = s->kind,
                        .done_by = who(s->by),
                        .has_second = s->second != NULL};
    if (s->second != NULL) {
        e.second = who(s->second);
    }
    return e;
}

static struct matcher_event event_of(const struct sa_step *e)
{
    return (struct matcher_event){.kind = MATCHER_STEP,
                                  .record = e,
                                  .partner = BUS_STRV("MZ"),
                                  .arrived_ms = e->occurred_at};
}

static struct bus_strv say(struct sa_household_state *st, const struct said *s)
{
    struct matcher_outputs out;
    const struct sa_step e = step_of(st, s);
    const struct matcher_event event = event_of(&e);
    enum sa_process_state before = of(st, s->item)->process.state;
    assert_int_equal(decide_one(st, &event, &out), BUS_OK);
    struct bus_strv why = reason_of(&out);
    if (why.n > 0) {
        assert_int_equal(of(st, s->item)->process.state, before);
        return why;
    }
    assert_int_equal(out.n, 1);
    const struct sa_case_event *c = out.v[0].record;
    assert_int_equal(c->kind, SA_CASE_EVENT_KIND_STEP);
    assert_true(c->note.n > 0 && memmem(c->note.p, c->note.n, "whatever", 8) ==
                                     NULL); /* the register's word for it */
    struct matcher_outputs again;
    assert_int_equal(decide_one(st, &event, &again), BUS_OK);
    assert_true(again.duplicate && !again.changed && again.n == 0);
    return why;
}

static struct bus_strv decision_on(struct sa_household_state *st,
                                   const char *item,
                                   const char *by,
                                   enum sa_decision_outcome outcome,
                                   int day)
{
    struct matcher_outputs out;
    struct sa_decision d = {.event_id = id('d', ++number),
                            .decision_id = id('D', number),
                            .household_id = st->household_id,
                            .case_id = st->case_id,
                            .occurred_at = TEN + day * DAY_MS,
                            .signed_at = TEN + day * DAY_MS,
                            .assignment_id = of(st, item)->assignment_id,
                            .department = BUS_STRV("MZ"),
                            .item = bus_strv(item),
                            .outcome = outcome,
                            .delivery = SA_DELIVERY_SERVICE,
                            .decided_by = who(by)};
    assert_int_equal(
        decide_one(st,
                   &(struct matcher_event){.kind = MATCHER_DECISION,
                                           .record = &d,
                                           .partner = BUS_STRV("MZ"),
                                           .arrived_ms = d.occurred_at},
                   &out),
        BUS_OK);
    return reason_of(&out);
}

#define SAID(why, ...)                                                      \
    do {                                                                    \
        struct bus_strv got_ = say(&st, &(const struct said){__VA_ARGS__}); \
        if (!bus_strv_is(got_, why)) {                                      \
            fail_msg("line %d: '%.*s' instead of '%s'", __LINE__,           \
                     BUS_STRV_ARG(got_), why);                              \
        }                                                                   \
    } while (0)
#define DECIDED(why, item, by, outcome, day)                                \
    do {                                                                    \
        struct bus_strv got_ =                                              \
            decision_on(&st, item, by, SA_DECISION_OUTCOME_##outcome, day); \
        if (!bus_strv_is(got_, why)) {                                      \
            fail_msg("line %d: '%.*s' instead of '%s'", __LINE__,           \
                     BUS_STRV_ARG(got_), why);                              \
        }                                                                   \
    } while (0)
#define ACC  SA_STEP_KIND_ACCEPTED
#define SUR  SA_STEP_KIND_SURVEYED
#define CHK  SA_STEP_KIND_CHECKED
#define OPI  SA_STEP_KIND_OPINION
#define POST SA_STEP_KIND_NOTICE_POSTED
#define OBJ  SA_STEP_KIND_NOTICE_OBJECTED
#define EXP  SA_STEP_KIND_NOTICE_EXPIRED

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

static int open_both(void **state)
{
    int rc = open_all(state);
    register_open();
    return rc;
}

static int close_both(void **state)
{
    bus_registers_free(registers);
    return close_all(state);
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
        cmocka_unit_test(about_what),
        cmocka_unit_test(not_required_yet),
        cmocka_unit_test(signed_since_it_was_assigned),
    };
    return cmocka_run_group_tests(tests, open_both, close_both);
}
