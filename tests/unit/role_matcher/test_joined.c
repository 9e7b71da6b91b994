/* What another application within an open case may change, and what not: who
 * knows an identity number has no say in another's case. */
#include "tests/unit/role_matcher/facts_scene.h"

#define INCOME    "household.income_total_fen"
#define ELSEWHERE BUS_STRV("371425204206")

static const struct sa_fact *income_of(int32_t day, int64_t fen)
{
    static struct sa_fact f;
    f = whole(INCOME, "declared", day, fen);
    return &f;
}

/* A case with an income and an account, and the insurer asked. */
static void opens(struct sa_household_state *st)
{
    bus_arena_reset(&mem);
    memset(st, 0, sizeof(*st));
    struct matcher_event e =
        *applies(income_of(rules_day("2026-10-01"), 100), 1);
    struct sa_application a = *(const struct sa_application *)e.record;
    a.has_personal = true;
    a.personal = BUS_STRV("the first account");
    e.record = &a;
    (void)step(st, &e);
    assert_true(st->case_open && st->consent);
}

/* Somebody's application that says otherwise in all. */
static struct sa_application *says_otherwise(struct matcher_event *e)
{
    *e = *applies_with(income_of(rules_day(DAY), 5), 1, 1, false);
    struct sa_application *a = bus_arena_dup(&mem, e->record, sizeof(*a));
    assert_non_null(a);
    a->has_personal = true;
    a->personal = BUS_STRV("another account");
    e->record = a;
    return a;
}

static size_t of_kind(const struct matcher_outputs *out,
                      enum sa_case_event_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_case_event *c = out->v[i].record;
        n += out->v[i].topic == MATCHER_OUT_CASES && c->kind == kind;
    }
    return n;
}

static void
nothing_counts(const struct matcher_event *e, const char *why, size_t notes)
{
    struct sa_household_state st;
    struct matcher_event one = *e;
    const struct sa_application *a = e->record;
    struct sa_application copy = *a;
    struct sa_fact said = a->facts.v[0];
    struct sa_member members[3];
    memcpy(members, a->members.v, a->members.n * sizeof(*members));
    opens(&st);
    copy.application_id = id('x', ++number);
    copy.event_id = id('y', number);
    copy.facts.v = bus_arena_dup(&mem, &said, sizeof(said));
    copy.members.v =
        bus_arena_dup(&mem, members, copy.members.n * sizeof(*members));
    copy.homes.v =
        bus_arena_calloc(&mem, copy.members.n, sizeof(struct bus_id));
    one.record = &copy;
    int32_t version = st.facts_version;
    struct matcher_outputs out = step(&st, &one);
    assert_int_equal(attention(&out, why), 1);
    assert_int_equal(out.n, notes);
    assert_int_equal(of_kind(&out, SA_CASE_EVENT_KIND_ATTENTION), notes);
    const struct sa_case_event *c = out.v[0].record;
    assert_true(c->has_application_id &&
                bus_id_eq(&c->application_id, &copy.application_id));
    assert_int_equal(known(&st, INCOME)->value.u.long_value, 100);
    assert_true(st.consent);
    assert_true(bus_strv_is(st.personal, "the first account"));
    assert_true(bus_strv_is(st.division_code, "371425101001"));
    assert_int_equal(st.members.n, 1);
    assert_int_equal(st.facts_version, version);
    /* Known again, in the case and behind it: it never opens one. */
    out = step(&st, &one);
    assert_true(out.duplicate && out.n == 0);
    st.case_open = false;
    out = step(&st, &one);
    assert_true(out.duplicate && !st.case_open);
}

static void from_another_village(void **state)
{
    (void)state;
    struct matcher_event e;
    bus_arena_reset(&mem);
    struct sa_application *a = says_otherwise(&e);
    a->division_code = ELSEWHERE;
    nothing_counts(&e, "DIVISION_DIFFERS", 1);
    bus_arena_reset(&mem);
    a = says_otherwise(
        &e); /* by whom it may be there, with an officer's name */
    a->division_code = ELSEWHERE;
    a->has_operator = true;
    nothing_counts(&e, "DIVISION_DIFFERS", 1);
}

static void about_other_members(void **state)
{
    (void)state;
    struct matcher_event e;
    bus_arena_reset(&mem);
    struct sa_application *a = says_otherwise(&e);
    a->has_operator = true;
    a->members.v = bus_arena_calloc(&mem, 3, sizeof(*a->members.v));
    a->members.n = 3;
    for (uint8_t i = 0; i < 3; i++) {
        a->members.v[i] =
            (struct sa_member){id('p', (uint8_t)(i + 1)),
                               i == 0 ? BUS_STRV("0") : BUS_STRV("2"), i == 0};
    }
    nothing_counts(&e, "MEMBERS_DIFFER", 1);
    bus_arena_reset(&mem);
    a = says_otherwise(&e);
    a->division_code = ELSEWHERE;
    a->members.v[0].relation = BUS_STRV("7");
    nothing_counts(&e, "MEMBERS_DIFFER", 2);
}

/* Nobody took it down, and it is another's name, telephone or account. */
static void by_nobody_known(void **state)
{
    (void)state;
    struct matcher_event e;
    for (unsigned bit = 1; bit <= MATCHER_PERSONAL; bit <<= 1) {
        bus_arena_reset(&mem);
        (void)says_otherwise(&e);
        e.differs = (uint8_t)bit;
        nothing_counts(&e, "APPLICANT_DIFFERS", 1);
    }
}

/* An officer answers for it: it counts but for what he may not change so, and
 * people see what is said otherwise. */
static void taken_down_by_an_officer(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_event e;
    opens(&st);
    struct sa_application *a = says_otherwise(&e);
    a->has_operator = true;
    a->consent = true;
    e.differs = MATCHER_PHONE | MATCHER_ACCOUNT;
    struct matcher_outputs out = step(&st, &e);
    assert_int_equal(of_kind(&out, SA_CASE_EVENT_KIND_APPLICATION_JOINED), 1);
    assert_int_equal(attention(&out, "CONTACT_DIFFERS phone account"), 1);
    assert_int_equal(attention(&out, "DECLARED_ANEW " INCOME), 1);
    assert_true(bus_strv_is(st.personal, "the first account"));
    assert_int_equal(known(&st, INCOME)->value.u.long_value, 5);
    /* The same once more, from another channel: nothing to look at. */
    a->application_id = id('z', ++number);
    a->event_id = id('z', number);
    e.differs = 0;
    out = step(&st, &e);
    assert_int_equal(of_kind(&out, SA_CASE_EVENT_KIND_APPLICATION_JOINED), 1);
    assert_int_equal(of_kind(&out, SA_CASE_EVENT_KIND_ATTENTION), 0);
}

static const struct sa_verification_request *
asked(const struct matcher_outputs *out, enum sa_request_action action)
{
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_verification_request *q = out->v[i].record;
        if (out->v[i].topic == MATCHER_OUT_VERIFICATIONS &&
            q->action == action) {
            return q;
        }
    }
    return NULL;
}

static void consent_is_told(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_event e;
    opens(&st);
    assert_int_equal(st.verifications.n, 1);
    struct bus_id request = st.verifications.v[0].request_id;
    struct sa_application *a = says_otherwise(&e);
    a->has_operator = true;
    a->facts.n = 0;
    struct matcher_outputs out = step(&st, &e);
    assert_int_equal(attention(&out, "CONSENT_WITHDRAWN"), 1);
    assert_false(st.consent);
    const struct sa_verification_request *q =
        asked(&out, SA_REQUEST_ACTION_WITHDRAWN);
    assert_non_null(q);
    assert_true(bus_id_eq(&q->request_id, &request));
    assert_false(st.verifications.v[0].open);
    /* His answer crosses it (D11): it changes nothing. */
    struct sa_verification_result r = {.event_id = id('v', ++number),
                                       .household_id = id('h', 1),
                                       .occurred_at = TEN,
                                       .request_id = request};
    struct matcher_event late = {.kind = MATCHER_VERIFICATION,
                                 .record = &r,
                                 .partner = BUS_STRV("caixian")};
    out = step(&st, &late);
    assert_true(out.duplicate && out.n == 0);
    /* Given again: he is asked anew. */
    a->application_id = id('z', ++number);
    a->event_id = id('z', number);
    a->consent = true;
    out = step(&st, &e);
    assert_int_equal(attention(&out, "CONSENT_GIVEN"), 1);
    assert_non_null(asked(&out, SA_REQUEST_ACTION_REQUESTED));
    assert_true(st.consent);
}

/* The case is over, and somebody who knows the numbers asks anew, elsewhere
 * and with another account: it is a case (people do move), and whoever decides
 * reads what is not as it was. */
static void opens_again_elsewhere(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_event e;
    opens(&st);
    st.case_open = false;
    struct sa_application *a = says_otherwise(&e);
    a->has_operator = true;
    a->division_code = ELSEWHERE;
    e.differs = MATCHER_ACCOUNT;
    struct matcher_outputs out = step(&st, &e);
    assert_true(st.case_open);
    assert_int_equal(st.case_no, 2);
    assert_int_equal(attention(&out, "DIVISION_DIFFERS"), 1);
    assert_int_equal(attention(&out, "CONTACT_DIFFERS account"), 1);
    /* As before: nothing to look at. */
    opens(&st);
    st.case_open = false;
    a = says_otherwise(&e);
    e.differs = 0;
    out = step(&st, &e);
    assert_int_equal(st.case_no, 2);
    assert_int_equal(of_kind(&out, SA_CASE_EVENT_KIND_ATTENTION), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_another_village),
        cmocka_unit_test(about_other_members),
        cmocka_unit_test(by_nobody_known),
        cmocka_unit_test(taken_down_by_an_officer),
        cmocka_unit_test(consent_is_told),
        cmocka_unit_test(opens_again_elsewhere),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
