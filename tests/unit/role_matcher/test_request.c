/* What a household says of its own case, through decide() and with a real
 * register: dibao (MZ01) is withdrawn, objected to, or gets what was missing.
 * What may not be said, or comes too late, changes nothing. */
#include "tests/unit/role_matcher/steps_scene.h"

static struct sa_household_request
asks(enum sa_household_request_kind kind, const char *item, int day)
{
    return (struct sa_household_request){.event_id = id('r', ++number),
                                         .household_id = id('h', 1),
                                         .application_id = id('a', 1),
                                         .occurred_at = TEN + day * DAY_MS,
                                         .kind = kind,
                                         .has_item = item != NULL,
                                         .item = bus_strv(item)};
}

/* "" where it is taken; else the dead letter's reason. */
static const char *request(struct sa_household_state *st,
                           const struct sa_household_request *r,
                           struct matcher_outputs *out)
{
    int rc = decide_one(st,
                        &(struct matcher_event){.kind = MATCHER_REQUEST,
                                                .record = r,
                                                .arrived_ms = r->occurred_at},
                        out);
    return rc == BUS_OK ? "" : out->reason_code;
}

static struct matcher_outputs taken(struct sa_household_state *st,
                                    const struct sa_household_request *r)
{
    struct matcher_outputs out;
    assert_string_equal(request(st, r, &out), "");
    return out;
}

static void refused(struct sa_household_state *st,
                    const struct sa_household_request *r,
                    const char *why)
{
    struct matcher_outputs out;
    assert_string_equal(request(st, r, &out), why);
}

static bool noted(const struct matcher_outputs *out,
                  enum sa_case_event_kind kind,
                  const char *note)
{
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_case_event *c = out->v[i].record;
        if (out->v[i].topic == MATCHER_OUT_CASES && c->kind == kind &&
            bus_strv_is(c->note, note)) {
            return true;
        }
    }
    return false;
}

static bool sent(const struct matcher_outputs *out,
                 const char *item,
                 enum sa_assignment_action action,
                 const char *reason)
{
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_assignment *a = out->v[i].record;
        if (out->v[i].topic == MATCHER_OUT_ASSIGNMENTS && a->action == action &&
            bus_strv_is(a->item, item) && bus_strv_is(a->reason, reason)) {
            return true;
        }
    }
    return false;
}

static size_t in_hand(const struct sa_household_state *st)
{
    size_t n = 0;
    for (size_t i = 0; i < st->assignments.n; i++) {
        n += st->assignments.v[i].status == SA_ASSIGNMENT_STATUS_ASSIGNED;
    }
    return n;
}

static struct sa_fact fewer_people(int day)
{
    struct sa_fact f = {.name = BUS_STRV("household.registered_in_county"),
                        .source = BUS_STRV("declared"),
                        .as_of = rules_day("2026-10-09") + day,
                        .value.branch = SA_FACT_VALUE_BOOLEAN};
    f.value.u.boolean_value = true;
    return f;
}

static struct matcher_outputs adds(struct sa_household_state *st, int day)
{
    struct sa_household_request r =
        asks(SA_HOUSEHOLD_REQUEST_KIND_SUPPLEMENT, NULL, day);
    struct sa_fact *f = bus_arena_calloc(&mem, 1, sizeof(*f));
    *f = fewer_people(day);
    r.facts.v = f;
    r.facts.n = 1;
    return taken(st, &r);
}

static void the_whole_case(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    assert_true(in_hand(&st) > 0);
    struct sa_household_request r =
        asks(SA_HOUSEHOLD_REQUEST_KIND_WITHDRAW, NULL, 1);
    struct matcher_outputs out = taken(&st, &r);
    assert_int_equal(in_hand(&st), 0);
    assert_true(
        sent(&out, "MZ01", SA_ASSIGNMENT_ACTION_WITHDRAWN, "BY_HOUSEHOLD"));
    assert_true(noted(&out, SA_CASE_EVENT_KIND_RESULT_FOLDED,
                      "WITHDRAWN_BY_HOUSEHOLD"));
    assert_false(st.case_open); /* nothing else was in anybody's hands */
    /* Too late now: people are told. */
    r = asks(SA_HOUSEHOLD_REQUEST_KIND_WITHDRAW, NULL, 2);
    out = taken(&st, &r);
    assert_true(
        noted(&out, SA_CASE_EVENT_KIND_ATTENTION, "REQUEST_LATE WITHDRAW"));
    assert_false(out.changed);
}

/* An item alone: it stays withdrawn whatever is said of the household, until
 * the household asks again. */
static void one_item(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    size_t others = in_hand(&st) - 1;
    struct sa_household_request r =
        asks(SA_HOUSEHOLD_REQUEST_KIND_WITHDRAW, "MZ01", 1);
    struct matcher_outputs out = taken(&st, &r);
    assert_true(
        sent(&out, "MZ01", SA_ASSIGNMENT_ACTION_WITHDRAWN, "BY_HOUSEHOLD"));
    assert_int_equal(of(&st, "MZ01")->status,
                     SA_ASSIGNMENT_STATUS_ENDED_WITHDRAWN);
    assert_int_equal(in_hand(&st), others);
    r.event_id = id('r', ++number);
    assert_true(taken(&st, &r).duplicate); /* said twice */
    if (!st.case_open) {
        skip(); /* dibao was all there was */
    }
    out = adds(&st, 2);
    assert_false(sent(&out, "MZ01", SA_ASSIGNMENT_ACTION_ASSIGNED, ""));
    r = asks(SA_HOUSEHOLD_REQUEST_KIND_WITHDRAW, "MZ99", 2);
    out = taken(&st, &r);
    assert_true(noted(&out, SA_CASE_EVENT_KIND_ATTENTION,
                      "REQUEST_LATE WITHDRAW MZ99"));
}

static void applies_again(struct sa_household_state *st,
                          uint8_t n,
                          struct matcher_outputs *out)
{
    struct sa_application a = {.event_id = id('e', n),
                               .household_id = id('h', 1),
                               .application_id = id('a', n),
                               .has_operator = true,
                               .consent = st->consent,
                               .occurred_at = TEN + 3 * DAY_MS,
                               .division_code = BUS_STRV("371425101001")};
    a.members.v = st->members.v;
    a.members.n = st->members.n;
    assert_int_equal(
        decide_one(st,
                   &(struct matcher_event){
                       .kind = MATCHER_APPLICATION,
                       .record = bus_arena_dup(&mem, &a, sizeof(a)),
                       .arrived_ms = a.occurred_at},
                   out),
        BUS_OK);
}

static void it_asks_again(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    apply(&st);
    /* Something else goes on, so that the case stays open. */
    struct sa_assignment_state *list =
        bus_arena_calloc(&mem, st.assignments.n + 1, sizeof(*list));
    memcpy(list, st.assignments.v, st.assignments.n * sizeof(*list));
    list[st.assignments.n] =
        (struct sa_assignment_state){.case_no = st.case_no,
                                     .assignment_id = id('x', 1),
                                     .item = BUS_STRV("YB01"),
                                     .department = BUS_STRV("YB"),
                                     .status = SA_ASSIGNMENT_STATUS_CONFIRMED};
    st.assignments.v = list;
    st.assignments.n++;
    struct sa_household_request r =
        asks(SA_HOUSEHOLD_REQUEST_KIND_WITHDRAW, NULL, 1);
    (void)taken(&st, &r);
    assert_true(st.case_open && st.withdrawn);
    assert_int_equal(in_hand(&st), 0);
    out = adds(&st, 2); /* what is said since assigns nothing */
    assert_int_equal(in_hand(&st), 0);
    r.event_id = id('r', ++number);
    assert_true(taken(&st, &r).duplicate);
    applies_again(&st, 2, &out);
    assert_false(st.withdrawn);
    assert_true(sent(&out, "MZ01", SA_ASSIGNMENT_ACTION_ASSIGNED, ""));
}

static void it_objects(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    apply(&st);
    SAID("", "MZ01", "town", NULL, ACC, 0);
    SAID("", "MZ01", "desk", NULL, CHK, 0);
    SAID("", "MZ01", "desk", "town", SUR, 0);
    struct sa_household_request r =
        asks(SA_HOUSEHOLD_REQUEST_KIND_OBJECT, "MZ01", 0);
    out = taken(&st, &r);
    assert_true(noted(&out, SA_CASE_EVENT_KIND_ATTENTION, "OBJECTED MZ01"));
    assert_true(sent(&out, "MZ01", SA_ASSIGNMENT_ACTION_RETURNED, "OBJECTED"));
    assert_int_equal(of(&st, "MZ01")->process.state, SA_PROCESS_STATE_CHECKED);
    r.event_id = id('r', ++number);
    assert_true(taken(&st, &r).duplicate); /* for the same reason once more */
    SAID("", "MZ01", "boss", NULL, OPI, 0);
    SAID("", "MZ01", "town", NULL, POST, 1);
    r = asks(SA_HOUSEHOLD_REQUEST_KIND_OBJECT, "MZ01", 3);
    r.reason = BUS_STRV("what hangs there is wrong");
    out = taken(&st, &r); /* while the notice hangs */
    assert_true(noted(&out, SA_CASE_EVENT_KIND_STEP, "NOTICE_OBJECTED MZ01"));
    assert_int_equal(of(&st, "MZ01")->process.state, SA_PROCESS_STATE_OBJECTED);
    DECIDED("STEP_MISSING survey", "MZ01", "boss", CONFIRMED, 30);
    SAID("", "MZ01", "town", "desk", SUR, 31);
}

/* Of what is decided, or was never begun, people are told. */
static void it_objects_to_a_refusal(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    apply(&st);
    SAID("", "MZ01", "town", NULL, ACC, 0);
    SAID("", "MZ01", "town", "desk", SUR, 0);
    SAID("", "MZ01", "desk", NULL, CHK, 0);
    SAID("", "MZ01", "desk", NULL, OPI, 0);
    DECIDED("", "MZ01", "boss", REFUSED, 0);
    struct sa_household_request r =
        asks(SA_HOUSEHOLD_REQUEST_KIND_OBJECT, "MZ01", 2);
    out = taken(&st, &r);
    assert_true(noted(&out, SA_CASE_EVENT_KIND_ATTENTION, "OBJECTED MZ01"));
    assert_int_equal(of(&st, "MZ01")->status,
                     SA_ASSIGNMENT_STATUS_ENDED_REFUSED);
    r = asks(SA_HOUSEHOLD_REQUEST_KIND_OBJECT, "ZJ01", 2);
    out = taken(&st, &r);
    assert_true(noted(&out, SA_CASE_EVENT_KIND_ATTENTION, "OBJECTED ZJ01"));
}

static void it_adds(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    int32_t version = st.facts_version;
    struct matcher_outputs out = adds(&st, 1);
    assert_true(noted(&out, SA_CASE_EVENT_KIND_RESULT_FOLDED, "SUPPLEMENTED"));
    assert_int_equal(st.facts_version, version + 1);
    assert_true(adds(&st, 1).duplicate);
}

static void what_may_not_be_said(void **state)
{
    (void)state;
    struct sa_household_state st;
    apply(&st);
    struct sa_household_request r =
        asks(SA_HOUSEHOLD_REQUEST_KIND_WITHDRAW, NULL, 1);
    r.application_id = id('a', 9);
    refused(&st, &r, "APPLICATION_UNKNOWN");
    /* One that was set aside knows the numbers and nothing more. */
    st.applications.v[0].aside = true;
    r.application_id = id('a', 1);
    refused(&st, &r, "APPLICATION_UNKNOWN");
    st.applications.v[0].aside = false;
    r.has_said_by = true;
    r.said_by = who("other"); /* another town's */
    refused(&st, &r, "NOT_DELEGATED");
    r.said_by = who("nobody");
    refused(&st, &r, "OPERATOR_UNKNOWN");
    r = asks(SA_HOUSEHOLD_REQUEST_KIND_OBJECT, NULL, 1);
    refused(&st, &r, "REQUEST_UNREADABLE");
    r = asks(SA_HOUSEHOLD_REQUEST_KIND_SUPPLEMENT, NULL, 1);
    refused(&st, &r, "REQUEST_UNREADABLE");
    struct sa_fact f = fewer_people(1);
    f.source = BUS_STRV("gongan");
    f.verified = true;
    r.facts.v = &f;
    r.facts.n = 1;
    refused(&st, &r, "FACT_NOT_YOURS");
    assert_true(in_hand(&st) > 0);
    r = asks(SA_HOUSEHOLD_REQUEST_KIND_WITHDRAW, NULL, 1);
    r.has_said_by = true;
    r.said_by = who("town");
    (void)taken(&st, &r);
    assert_int_equal(in_hand(&st), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_case),          cmocka_unit_test(one_item),
        cmocka_unit_test(it_asks_again),           cmocka_unit_test(it_objects),
        cmocka_unit_test(it_objects_to_a_refusal), cmocka_unit_test(it_adds),
        cmocka_unit_test(what_may_not_be_said),
    };
    return cmocka_run_group_tests(tests, open_both, close_both);
}
