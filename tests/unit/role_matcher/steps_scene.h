/* A household whose dibao (MZ01) is in a department's hands, with a real
 * register of who may do what: steps and decisions on it. */
#ifndef TESTS_UNIT_ROLE_MATCHER_STEPS_SCENE_H
#define TESTS_UNIT_ROLE_MATCHER_STEPS_SCENE_H

#include "tests/lib/check.h"

#include "bus/base/clock.h"
#include "bus/role/process.h"
#include "consumers/matcher/parts.h"

#include "tests/golden/county.h" /* last: its names are short */

#define TEN    INT64_C(1791511200000) /* 2026-10-09, 10:00 in China */
#define DAY_MS INT64_C(86400000)
#define SEALED "2100-01-01" /* not what this is about */
/* The generator of SM2's curve (GB/T 32918.5). */
#define A_POINT                                                          \
    "0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7" \
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"

static struct bus_register *registers;
static int32_t required_from;
static uint8_t number;

static int32_t no_limit(void *data, int32_t start, int32_t n, bool working)
{
    (void)data;
    (void)working;
    return start + n;
}

static inline struct bus_id id(uint8_t kind, uint8_t n)
{
    return (struct bus_id){{kind, n}};
}

static inline int decide_one(struct sa_household_state *st,
                             const struct matcher_event *e,
                             struct matcher_outputs *ret)
{
    const struct matcher_rules rules = {.catalogue = k.c,
                                        .deadline = no_limit,
                                        .registers = registers,
                                        .seals_from = rules_day(SEALED),
                                        .process_from = required_from,
                                        .hearing_days = 10,
                                        .seal_skew_ms = 300000,
                                        .order_max_fen = 20000000};
    struct bus_err err;
    return matcher_decide(&rules, st, e, &mem, ret, &err);
}

static inline void register_open(void)
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
        "s",
        BUS_STRV("id,org,operator,public_key,items,from,expires,suspended,"
                 "revoked\n"
                 "seal-MZ,MZ,," A_POINT ",*,2020-01-01T00:00:00+08:00,,,\n")};
    s.partner_keys = (struct bus_source){
        "k", BUS_STRV("id,partner,public_key,from,until,revoked\n")};
    bus_faults_init(&faults, &mem);
    registers = bus_registers_new(&s, &faults);
    if (registers == NULL) {
        fail_msg("%s", faults.list[0].text);
    }
}

static inline struct sa_actor who(const char *name)
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
static inline void apply(struct sa_household_state *st)
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

static inline struct sa_assignment_state *of(struct sa_household_state *st,
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
static inline struct bus_strv reason_of(const struct matcher_outputs *out)
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

static inline struct sa_step step_of(struct sa_household_state *st,
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

static inline struct matcher_event event_of(const struct sa_step *e)
{
    return (struct matcher_event){.kind = MATCHER_STEP,
                                  .record = e,
                                  .partner = BUS_STRV("MZ"),
                                  .arrived_ms = e->occurred_at};
}

static inline struct bus_strv say(struct sa_household_state *st,
                                  const struct said *s)
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

static inline struct bus_strv decision_on(struct sa_household_state *st,
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

static inline int open_both(void **state)
{
    int rc = open_all(state);
    register_open();
    return rc;
}

static inline int close_both(void **state)
{
    bus_registers_free(registers);
    return close_all(state);
}

#endif
