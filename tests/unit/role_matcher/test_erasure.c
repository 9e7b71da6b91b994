/* Erasing a household through decide(): who may, when, what goes and what
 * stays. */
#include "tests/lib/check.h"

#include "bus/base/clock.h"
#include "consumers/matcher/parts.h"

#include "tests/golden/county.h" /* last: its names are short */

#define DAY_MS INT64_C(86400000)

static struct bus_register *people;
static int64_t now_ms;
static uint8_t number;

static struct bus_id id(uint8_t kind, uint8_t n)
{
    return (struct bus_id){{kind, n}};
}

static int open_register(void **state)
{
    static const char operators[] = "id,name,org,role,limit_fen,from,to\n"
                                    "op-1,马玲青,MZ,clerk,,2020-01-01,\n"
                                    "op-2,罗东国,MZ,approver,,2020-01-01,\n"
                                    "op-3,杨东兰,YB,approver,,2020-01-01,\n";
    static const char organisations[] =
        "code,zh,kind,parent,uscc,from,to\n"
        "MZ,民政局,department,,110000009688651023,2020-01-01,\n"
        "YB,医疗保障局,department,,11000000655350984F,2020-01-01,\n";
    const struct bus_register_sources sources = {
        .organisations = {"o.csv", {organisations, sizeof(organisations) - 1}},
        .operators = {"p.csv", {operators, sizeof(operators) - 1}},
        .county = "371425"};
    struct bus_faults faults;
    static struct bus_arena kept;
    assert_int_equal(open_all(state), 0);
    bus_arena_init(&kept, 0, 0);
    bus_faults_init(&faults, &kept);
    people = bus_registers_new(&sources, &faults);
    if (people == NULL) {
        fail_msg("%s", faults.count > 0 ? faults.list[0].text : "?");
    }
    bus_arena_fini(&kept);
    return 0;
}

static int close_register(void **state)
{
    bus_registers_free(people);
    return close_all(state);
}

/* A household whose case has ended: two people, a disease, an account of its
 * own for what was assigned, a grant until that day. */
static struct sa_household_state ended(int32_t until)
{
    struct sa_household_state st = {
        .household_id = id('h', 1),
        .sequence = 9,
        .division_code = BUS_STRV("371425101001"),
        .case_no = 1,
        .has_case_id = true,
        .case_id = id('c', 1),
        .has_personal = true,
        .personal = BUS_STRV("sealed"),
        .has_personal_event = true,
        .personal_event = id('e', 1),
        .consent = true,
    };
    struct sa_member *m = bus_arena_calloc(&mem, 2, sizeof(*m));
    struct sa_fact *f = bus_arena_calloc(&mem, 1, sizeof(*f));
    struct sa_assignment_state *a = bus_arena_calloc(&mem, 1, sizeof(*a));
    m[0] = (struct sa_member){id('p', 1), BUS_STRV("0"), true};
    m[1] = (struct sa_member){id('p', 2), BUS_STRV("3"), false};
    f[0] = (struct sa_fact){.name = BUS_STRV("member.serious_illness"),
                            .value.branch = SA_FACT_VALUE_BOOLEAN,
                            .has_member = true,
                            .member = id('p', 2)};
    a[0] = (struct sa_assignment_state){
        .assignment_id = id('a', 1),
        .item = BUS_STRV("MZ01"),
        .status = SA_ASSIGNMENT_STATUS_ENDED_DELIVERED,
        .has_amount_fen = true,
        .amount_fen = 60000,
        .has_payee = true,
        .payee = BUS_STRV("sealed too"),
        .has_payee_event = true,
        .payee_event = id('e', 2),
        .has_award = true,
        .award = {.state = SA_AWARD_STATE_LIVE, .from = 1, .until = until}};
    st.members.v = m;
    st.members.n = 2;
    st.facts.v = f;
    st.facts.n = 1;
    st.assignments.v = a;
    st.assignments.n = 1;
    return st;
}

static const struct sa_erasure *
asked(const char *one, const char *two, const char *org)
{
    struct sa_erasure *e = bus_arena_calloc(&mem, 1, sizeof(*e));
    *e = (struct sa_erasure){
        .event_id = id('x', ++number),
        .household_id = id('h', 1),
        .occurred_at = now_ms,
        .basis = BUS_STRV("本人申请"),
        .done_by = {bus_strv(one), BUS_STRV("MZ"), BUS_STRV("clerk")},
        .second = {bus_strv(two), bus_strv(org), BUS_STRV("approver")}};
    return e;
}

static int decide(struct sa_household_state *st,
                  const struct sa_erasure *e,
                  struct matcher_outputs *out)
{
    const struct matcher_rules rules = {
        .catalogue = k.c, .lead = BUS_STRV("MZ"), .registers = people};
    const struct matcher_event event = {
        .kind = MATCHER_ERASURE, .record = e, .arrived_ms = now_ms};
    struct bus_err err;
    return matcher_decide(&rules, st, &event, &mem, out, &err);
}

static const char *note(const struct matcher_outputs *out)
{
    assert_int_equal(out->n, 1);
    const struct sa_case_event *e = out->v[0].record;
    assert_int_equal(out->v[0].topic, MATCHER_OUT_CASES);
    assert_int_equal(out->v[0].seal_for.n, 0);
    return bus_arena_printf(&mem, "%.*s", BUS_STRV_ARG(e->note));
}

static void start(void)
{
    bus_arena_reset(&mem);
    now_ms = rules_day("2026-11-30") * DAY_MS + 2 * 3600000;
}

static void what_goes_and_what_stays(void **state)
{
    (void)state;
    struct matcher_outputs out;
    start();
    struct sa_household_state st = ended(rules_day("2026-11-29"));
    const struct sa_erasure *e = asked("op-1", "op-2", "MZ");
    assert_int_equal(decide(&st, e, &out), BUS_OK);
    assert_string_equal(note(&out), "ERASED");
    assert_true(out.forget && out.changed);
    assert_false(st.has_personal || st.assignments.v[0].has_payee);
    assert_int_equal(st.personal.n + st.assignments.v[0].payee.n, 0);
    assert_int_equal(st.members.n + st.facts.n + st.disputed.n + st.parked.n,
                     0);
    /* the account of what was done */
    assert_int_equal(st.assignments.n, 1);
    assert_int_equal(st.assignments.v[0].amount_fen, 60000);
    assert_int_equal(st.case_no, 1);
    assert_int_equal(st.sequence, 10);
    /* the same event again, and another one */
    assert_int_equal(decide(&st, e, &out), BUS_OK);
    assert_true(out.duplicate && !out.changed && !out.forget && out.n == 0);
    assert_int_equal(decide(&st, asked("op-1", "op-2", "MZ"), &out), BUS_OK);
    assert_string_equal(note(&out), "ERASED");
    assert_true(out.forget);
}

static void not_yet(void **state)
{
    (void)state;
    static const struct
    {
        const char *until; /* NULL: until somebody ends it */
        bool open;
        const char *note;
    } rows[] = {
        {"2026-11-30", false, "ERASURE_REFUSED GRANT_OPEN 2026-12-01"},
        {"2027-05-31", false, "ERASURE_REFUSED GRANT_OPEN 2027-06-01"},
        {NULL, false, "ERASURE_REFUSED GRANT_OPEN"},
        {"2026-11-29", true, "ERASURE_REFUSED CASE_OPEN"},
        {"2027-05-31", true, "ERASURE_REFUSED CASE_OPEN"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct matcher_outputs out;
        start();
        struct sa_household_state st =
            ended(rows[i].until ? rules_day(rows[i].until) : 0);
        st.case_open = rows[i].open;
        assert_int_equal(decide(&st, asked("op-1", "op-2", "MZ"), &out),
                         BUS_OK);
        assert_string_equal(note(&out), rows[i].note);
        assert_true(!out.forget && st.has_personal && st.members.n == 2 &&
                    st.facts.n == 1 && st.assignments.v[0].has_payee);
    }
}

static void who_may(void **state)
{
    (void)state;
    static const struct
    {
        const char *one, *two, *org, *why;
    } rows[] = {
        {"op-1", "op-1", "MZ", "SAME_PERSON"},
        {"op-1", "", "MZ", "SECOND_MISSING"},
        {"op-9", "op-2", "MZ", "OPERATOR_UNKNOWN"},
        {"op-1", "op-9", "MZ", "OPERATOR_UNKNOWN"},
        {"op-2", "op-1", "MZ", "ROLE_MAY_NOT"}, /* a clerk decides nothing */
        {"op-1", "op-3", "MZ", "OPERATOR_ELSEWHERE"},
        {"op-1", "op-3", "YB", "NOT_DELEGATED"}, /* not the lead department */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct matcher_outputs out;
        start();
        struct sa_household_state st = ended(rules_day("2026-11-29"));
        assert_int_equal(
            decide(&st, asked(rows[i].one, rows[i].two, rows[i].org), &out),
            BUS_EDENIED);
        assert_string_equal(out.reason_code, rows[i].why);
        assert_false(out.forget);
    }
}

static void nobody_to_erase(void **state)
{
    (void)state;
    struct matcher_outputs out;
    start();
    struct sa_household_state st = {0};
    assert_int_equal(decide(&st, asked("op-1", "op-2", "MZ"), &out),
                     BUS_EUNKNOWN);
    assert_string_equal(out.reason_code, "HOUSEHOLD_UNKNOWN");
    struct sa_erasure without = *asked("op-1", "op-2", "MZ");
    without.basis = BUS_STRV("");
    st = ended(rules_day("2026-11-29"));
    assert_int_equal(decide(&st, &without, &out), BUS_EDENIED);
    assert_string_equal(out.reason_code, "BASIS_MISSING");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_and_what_stays),
        cmocka_unit_test(not_yet),
        cmocka_unit_test(who_may),
        cmocka_unit_test(nobody_to_erase),
    };
    return cmocka_run_group_tests(tests, open_register, close_register);
}
