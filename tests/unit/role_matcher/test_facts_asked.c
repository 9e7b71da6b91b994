/* Who was asked what, with consent or without; whose facts an open case has. */
#include "tests/unit/role_matcher/facts_scene.h"

/* --- the insurer --- */

static const struct sa_verification_request *
asked(const struct matcher_outputs *out)
{
    for (size_t i = 0; i < out->n; i++) {
        if (out->v[i].topic == MATCHER_OUT_VERIFICATIONS) {
            assert_true(out->v[i].withheld & MATCHER_ACCOUNT);
            return out->v[i].record;
        }
    }
    return NULL;
}

static struct matcher_event *answers(const struct sa_verification_request *q,
                                     const struct sa_fact *facts,
                                     size_t n)
{
    struct sa_verification_result *r = bus_arena_calloc(&mem, 1, sizeof(*r));
    struct matcher_event *e = bus_arena_calloc(&mem, 1, sizeof(*e));
    *r = (struct sa_verification_result){
        .event_id = id('v', ++number),
        .household_id = id('h', 1),
        .case_id = q->case_id,
        .request_id = q->request_id,
        .occurred_at = TEN,
        .outcome = SA_VERIFICATION_OUTCOME_ANSWERED,
    };
    r->facts.v = bus_arena_dup(&mem, facts, n * sizeof(*facts));
    r->facts.n = n;
    *e = (struct matcher_event){.kind = MATCHER_VERIFICATION,
                                .record = r,
                                .partner = BUS_STRV("caixian")};
    return e;
}

static void only_what_was_asked(void **state)
{
    (void)state;
    int32_t now = rules_day(DAY);
    struct sa_household_state st;
    struct matcher_outputs out;
    bus_arena_reset(&mem);
    memset(&st, 0, sizeof(st));
    out = step(&st, applies(NULL, 0));
    const struct sa_verification_request *q = asked(&out);
    assert_non_null(q);
    struct sa_fact deposit = whole("household.deposit_fen", "insurer", now, 1);
    struct sa_fact cars = whole("household.vehicle_count", "insurer", now, 0);
    assert_string_equal(try_on(&st, answers(q, &deposit, 1), &out),
                        "FACT_NOT_ASKED");
    cars.value.u.long_value = 101;
    assert_string_equal(try_on(&st, answers(q, &cars, 1), &out), "FACT_BOUNDS");
    cars.value.u.long_value = 0;
    cars.as_of = rules_day("2062-07-01");
    assert_string_equal(try_on(&st, answers(q, &cars, 1), &out), "FACT_BOUNDS");
    cars.as_of = now;
    cars.source = BUS_STRV("police");
    assert_string_equal(try_on(&st, answers(q, &cars, 1), &out),
                        "FACT_NOT_YOURS");
    cars.source = BUS_STRV("insurer");
    assert_null(known(&st, "household.vehicle_count"));
    const struct matcher_event *first = answers(q, &cars, 1);
    (void)step(&st, first);
    assert_non_null(known(&st, "household.vehicle_count"));
    out = step(&st, first);
    assert_true(out.duplicate);
    out = step(&st, answers(q, &cars, 1));
    assert_true(out.duplicate);
    cars.value.u.long_value = 5;
    out = step(&st, answers(q, &cars, 1));
    assert_int_equal(attention(&out, "CONTRADICTION"), 1);
    assert_int_equal(known(&st, "household.vehicle_count")->value.u.long_value,
                     0);
}

static void without_consent_nobody_is_asked(void **state)
{
    (void)state;
    struct sa_household_state st;
    bus_arena_reset(&mem);
    memset(&st, 0, sizeof(st));
    struct matcher_outputs out = step(&st, applies_with(NULL, 0, 1, false));
    assert_null(asked(&out));
    bool shown = false;
    for (size_t i = 0; i < out.n; i++) {
        const struct sa_case_event *c = out.v[i].record;
        shown |= out.v[i].topic == MATCHER_OUT_CASES &&
                 bus_strv_is(c->note, "NO_CONSENT");
    }
    assert_true(shown);
}

/* --- members --- */

static void a_case_keeps_its_list(void **state)
{
    (void)state;
    struct sa_household_state st;
    int32_t now = rules_day(DAY);
    bus_arena_reset(&mem);
    memset(&st, 0, sizeof(st));
    struct sa_fact of_third =
        word("member.life_state", "declared", now, "alive");
    of_third.has_member = true;
    of_third.member = id('p', 3);
    (void)step(&st, applies_with(&of_third, 1, 3, true));
    struct matcher_outputs out = step(&st, applies_with(NULL, 0, 3, true));
    assert_int_equal(attention(&out, "MEMBERS_DIFFER"), 0);
    out = step(&st, applies_with(NULL, 0, 1, true));
    assert_int_equal(attention(&out, "MEMBERS_DIFFER"), 1);
    assert_int_equal(st.members.n, 3);
    assert_non_null(known(&st, "member.life_state"));
    st.case_open = false; /* it has ended; the head comes alone (C17) */
    out = step(&st, applies_with(NULL, 0, 1, true));
    assert_int_equal(attention(&out, "MEMBERS_DIFFER"), 0);
    assert_int_equal(st.members.n, 1);
    assert_null(known(&st, "member.life_state"));
}

/* An id that stands twice is a message lost to whoever reads by ids. */
static bool ids_differ(const struct matcher_outputs *out)
{
    for (size_t i = 0; i < out->n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (out->v[i].topic == out->v[j].topic &&
                out->v[i].topic == MATCHER_OUT_CASES &&
                bus_id_eq(
                    &((const struct sa_case_event *)out->v[i].record)->event_id,
                    &((const struct sa_case_event *)out->v[j].record)
                         ->event_id)) {
                return false;
            }
        }
    }
    return true;
}

/* Whoever knows a number does not get its household's case for his village. */
static void a_case_keeps_its_village(void **state)
{
    (void)state;
    struct sa_household_state st;
    bus_arena_reset(&mem);
    memset(&st, 0, sizeof(st));
    (void)step(&st, applies_with(NULL, 0, 1, true));
    struct bus_strv first = st.division_code;
    struct matcher_event e = *applies_with(NULL, 0, 1, true);
    struct sa_application elsewhere = *(const struct sa_application *)e.record;
    elsewhere.division_code = BUS_STRV("371425204206");
    e.record = &elsewhere;
    struct matcher_outputs out = step(&st, &e);
    assert_true(first.n > 0 && bus_strv_eq(st.division_code, first));
    assert_int_equal(attention(&out, "DIVISION_DIFFERS"), 1);
    assert_true(ids_differ(&out));
    /* Other members as well: two things for people, each its own event. */
    e = *applies_with(NULL, 0, 3, true);
    elsewhere = *(const struct sa_application *)e.record;
    elsewhere.division_code = BUS_STRV("371425204206");
    e.record = &elsewhere;
    out = step(&st, &e);
    assert_int_equal(attention(&out, "DIVISION_DIFFERS"), 1);
    assert_int_equal(attention(&out, "MEMBERS_DIFFER"), 1);
    assert_true(ids_differ(&out));
    st.case_open = false; /* it has ended; now they live there, it is said */
    elsewhere.application_id = id('a', 99);
    out = step(&st, &e);
    assert_int_equal(attention(&out, "DIVISION_DIFFERS"), 1);
    assert_true(bus_strv_is(st.division_code, "371425204206"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_was_asked),
        cmocka_unit_test(without_consent_nobody_is_asked),
        cmocka_unit_test(a_case_keeps_its_list),
        cmocka_unit_test(a_case_keeps_its_village),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
