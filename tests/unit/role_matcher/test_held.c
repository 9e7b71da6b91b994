/* Decisions that do not hold, through decide(): they go back to the department
 * with a reason, nothing is told to dispatch, and a new decision counts. */
#include "tests/lib/check.h"

#include "consumers/matcher/parts.h"

#include "tests/golden/county.h" /* last: its names are short */

#define DAY "2026-10-09"
#define TEN INT64_C(1791511200000) /* that day, 10:00 in China */
#define MIN INT64_C(60000)

/* GB/T 32918.5-2017, annex A */
#define PUBLIC                                                           \
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020" \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
static struct bus_register *registers;

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

static struct matcher_outputs step(struct sa_household_state *st,
                                   const struct matcher_event *e)
{
    const struct matcher_rules rules = {
        .catalogue = k.c, .deadline = no_limit, .registers = registers};
    struct matcher_outputs out;
    struct bus_err err;
    if (matcher_decide(&rules, st, e, &mem, &out, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return out;
}

static struct sa_fact
fact(const char *name, int branch, int64_t number, const char *text)
{
    struct sa_fact f = {.name = bus_strv(name),
                        .source = BUS_STRV("declared"),
                        .as_of = rules_day(DAY)};
    f.value.branch = branch;
    if (branch == SA_FACT_VALUE_BOOLEAN) {
        f.value.u.boolean_value = number != 0;
    } else if (branch == SA_FACT_VALUE_LONG) {
        f.value.u.long_value = number;
    } else {
        f.value.u.string_value = bus_strv(text);
    }
    return f;
}

/* A rural household after a fire: MZ05, at most one month of dibao, 700. */
static void apply(struct sa_household_state *st)
{
    static struct sa_member head = {.head = true, .relation = {"0", 1}};
    static struct sa_application a;
    struct sa_fact facts[] = {
        fact("household.area", SA_FACT_VALUE_STRING, 0, "rural"),
        fact("household.event_shock", SA_FACT_VALUE_STRING, 0, "fire"),
        fact("household.basic_life_broken", SA_FACT_VALUE_BOOLEAN, 1, NULL),
    };
    head.person_id = id('p', 1);
    a = (struct sa_application){.event_id = id('e', 1),
                                .household_id = id('h', 1),
                                .application_id = id('a', 1),
                                .occurred_at = TEN,
                                .division_code = BUS_STRV("371425101001")};
    a.members.v = &head;
    a.members.n = 1;
    a.facts.v = bus_arena_dup(&mem, facts, sizeof(facts));
    a.facts.n = sizeof(facts) / sizeof(facts[0]);
    memset(st, 0, sizeof(*st));
    st->household_id = a.household_id;
    (void)step(
        st, &(struct matcher_event){.kind = MATCHER_APPLICATION, .record = &a});
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

static struct sa_decision *
decision(struct sa_household_state *st, uint8_t number, int64_t fen)
{
    struct sa_decision *d = bus_arena_calloc(&mem, 1, sizeof(*d));
    *d =
        (struct sa_decision){.event_id = id('d', number),
                             .decision_id = id('D', number),
                             .household_id = st->household_id,
                             .case_id = st->case_id,
                             .occurred_at = TEN + 120 * MIN,
                             .signed_at = TEN,
                             .assignment_id = of(st, "MZ05")->assignment_id,
                             .department = BUS_STRV("MZ"),
                             .item = BUS_STRV("MZ05"),
                             .outcome = SA_DECISION_OUTCOME_CONFIRMED,
                             .has_amount_fen = true,
                             .amount_fen = fen,
                             .delivery = SA_DELIVERY_POST_CASH,
                             .decided_by = {.org_code = BUS_STRV("371425101")}};
    return d;
}

/* The reason it goes back with; "" when dispatch is told of it. */
static struct bus_strv answered(struct sa_household_state *st,
                                const struct sa_decision *d)
{
    struct matcher_outputs out =
        step(st, &(struct matcher_event){.kind = MATCHER_DECISION,
                                         .record = d,
                                         .partner = BUS_STRV("MZ")});
    struct bus_strv told = {0}, back = {0};
    bool accepted = false;
    for (size_t i = 0; i < out.n; i++) {
        const struct sa_case_event *c = out.v[i].record;
        const struct sa_assignment *a = out.v[i].record;
        if (out.v[i].topic == MATCHER_OUT_CASES) {
            accepted |= c->kind == SA_CASE_EVENT_KIND_DECISION_ACCEPTED;
            told = c->kind == SA_CASE_EVENT_KIND_ORDER_REFUSED ? c->note : told;
        } else if (out.v[i].topic == MATCHER_OUT_ASSIGNMENTS &&
                   a->action == SA_ASSIGNMENT_ACTION_RETURNED) {
            back = a->reason;
            assert_int_equal(a->amount_fen, 70000); /* not what was decided */
        }
    }
    assert_true(bus_strv_eq(told, back));
    assert_true(accepted == (told.n == 0));
    assert_int_equal(of(st, "MZ05")->status,
                     accepted ? SA_ASSIGNMENT_STATUS_CONFIRMED
                              : SA_ASSIGNMENT_STATUS_ASSIGNED);
    return told;
}

static void test_T16(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    struct sa_decision *over = decision(&st, 1, 70001);
    assert_true(bus_strv_is(answered(&st, over), "ABOVE_CAP MZ06"));
    assert_true(step(&st, &(struct matcher_event){.kind = MATCHER_DECISION,
                                                  .record = over,
                                                  .partner = BUS_STRV("MZ")})
                    .duplicate);
    assert_int_equal(answered(&st, decision(&st, 2, 70000)).n, 0);
    /* A refusal has no cap, and what nobody knows holds nobody back. */
    apply(&st);
    struct sa_decision *no = decision(&st, 3, 70001);
    no->outcome = SA_DECISION_OUTCOME_REFUSED;
    (void)step(&st, &(struct matcher_event){.kind = MATCHER_DECISION,
                                            .record = no,
                                            .partner = BUS_STRV("MZ")});
    assert_int_equal(of(&st, "MZ05")->status,
                     SA_ASSIGNMENT_STATUS_ENDED_REFUSED);
    apply(&st);
    st.facts.v[0].value.branch = SA_FACT_VALUE_NULL;
    assert_int_equal(answered(&st, decision(&st, 4, 70001)).n, 0);
}

/* A register with one seal of a town, in force from 2020 until then. */
static void seal_revoked(const char *at)
{
    struct bus_faults faults;
    struct bus_register_sources s = {.county = "371425"};
    char *row = bus_arena_printf(
        &mem,
        "id,org,operator,public_key,items,from,expires,suspended,revoked\n"
        "S-1,371425101,," PUBLIC ",*,2020-01-01T00:00:00+08:00,,,%s\n",
        at);
    s.organisations = (struct bus_source){
        "o", BUS_STRV("code,zh,kind,parent,uscc,from,to\n"
                      "371425101,某镇政府,town,,,2020-01-01,\n")};
    s.operators = (struct bus_source){
        "p", BUS_STRV("id,name,org,role,limit_fen,from,to\n")};
    s.delegations = (struct bus_source){
        "d", BUS_STRV("id,giver,taker,item,act,amount_fen,towns,from,until,"
                      "basis\n")};
    s.seals = (struct bus_source){"s", bus_strv(row)};
    s.partner_keys = (struct bus_source){
        "k", BUS_STRV("id,partner,public_key,from,until,revoked\n")};
    bus_faults_init(&faults, &mem);
    bus_registers_free(registers);
    registers = bus_registers_new(&s, &faults);
    if (registers == NULL) {
        fail_msg("%s", faults.list[0].text);
    }
}

static void test_T20(void **state)
{
    (void)state;
    struct sa_household_state st;
    seal_revoked("2026-10-09T09:59:00+08:00");
    apply(&st);
    struct sa_decision *d = decision(&st, 1, 70000);
    d->has_seal_id = true;
    d->seal_id = BUS_STRV("S-1");
    assert_true(bus_strv_is(answered(&st, d), "SEAL_REVOKED"));
    seal_revoked("2026-10-09T10:01:00+08:00"); /* and it is read at 12:00 */
    d = decision(&st, 2, 70000);
    d->has_seal_id = true;
    d->seal_id = BUS_STRV("S-2");
    assert_true(bus_strv_is(answered(&st, d), "SEAL_UNKNOWN"));
    d = decision(&st, 3, 70000);
    d->has_seal_id = true;
    d->seal_id = BUS_STRV("S-1");
    d->decided_by.org_code = BUS_STRV("371425102");
    assert_true(bus_strv_is(answered(&st, d), "SEAL_OTHERS"));
    d = decision(&st, 4, 70000);
    d->has_seal_id = true;
    d->seal_id = BUS_STRV("S-1");
    assert_int_equal(answered(&st, d).n, 0);
    bus_registers_free(registers);
    registers = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T16),
        cmocka_unit_test(test_T20),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
