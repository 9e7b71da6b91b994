/* "Not ours": what a department gives back is the lead department's, or its
 * owner's again, until somebody decides that it ends, through decide(). */
#include "tests/lib/check.h"

#include "bus/wire/ids.h"
#include "consumers/matcher/parts.h"

#include "tests/golden/county.h" /* last: its names are short */

#define DAY  "2026-10-09"
#define TEN  INT64_C(1791511200000) /* that day, 10:00 in China */
#define ITEM "YJ02"

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
                                   const char *lead,
                                   enum matcher_event_kind kind,
                                   const char *partner,
                                   const void *record)
{
    const struct matcher_rules rules = {
        .catalogue = k.c, .lead = bus_strv(lead), .deadline = no_limit};
    const struct matcher_event e = {
        .kind = kind, .record = record, .partner = bus_strv(partner)};
    struct matcher_outputs out;
    struct bus_err err;
    if (matcher_decide(&rules, st, &e, &mem, &out, &err) != BUS_OK) {
        fail_msg("%s: %s", out.reason_code, err.msg);
    }
    return out;
}

static void refused(struct sa_household_state *st,
                    const char *partner,
                    const struct sa_decision *d,
                    const char *code)
{
    const struct matcher_rules rules = {
        .catalogue = k.c, .lead = BUS_STRV("MZ"), .deadline = no_limit};
    const struct matcher_event e = {
        .kind = MATCHER_DECISION, .record = d, .partner = bus_strv(partner)};
    struct matcher_outputs out;
    struct bus_err err;
    assert_int_equal(matcher_decide(&rules, st, &e, &mem, &out, &err),
                     BUS_EDENIED);
    assert_string_equal(out.reason_code, code);
}

/* A case with one assignment in hand, of that item. */
static struct sa_assignment_state *
begin(struct sa_household_state *st, const char *item, const char *department)
{
    static struct sa_member head = {.head = true, .relation = {"0", 1}};
    bus_arena_reset(&mem);
    head.person_id = id('p', 1);
    *st =
        (struct sa_household_state){.household_id = id('h', 1),
                                    .sequence = 1,
                                    .case_no = 1,
                                    .case_open = true,
                                    .has_case_id = true,
                                    .opened_at = TEN,
                                    .division_code = BUS_STRV("371425101001")};
    st->case_id = bus_wire_case_id(&st->household_id, 1);
    st->members.v = &head;
    st->members.n = 1;
    struct sa_assignment_state *a = bus_arena_calloc(&mem, 1, sizeof(*a));
    *a = (struct sa_assignment_state){.case_no = 1,
                                      .assignment_id = id('a', 1),
                                      .item = bus_strv(item),
                                      .item_version = BUS_STRV("2026.1"),
                                      .department = bus_strv(department),
                                      .round = 1,
                                      .status = SA_ASSIGNMENT_STATUS_ASSIGNED};
    st->assignments.v = a;
    st->assignments.n = 1;
    return a;
}

static const struct sa_decision *says(const struct sa_household_state *st,
                                      uint8_t number,
                                      enum sa_decision_outcome outcome)
{
    const struct sa_assignment_state *a = &st->assignments.v[0];
    struct sa_decision *d = bus_arena_calloc(&mem, 1, sizeof(*d));
    *d = (struct sa_decision){.event_id = id('e', number),
                              .household_id = st->household_id,
                              .occurred_at = TEN,
                              .case_id = st->case_id,
                              .decision_id = id('d', number),
                              .assignment_id = a->assignment_id,
                              .department = a->department,
                              .item = a->item,
                              .outcome = outcome,
                              .delivery = SA_DELIVERY_SERVICE,
                              .signed_at = TEN};
    return d;
}

/* Whose topic the assignment goes back on, and why; "" for none. */
static void goes_to(const struct matcher_outputs *out,
                    const char *department,
                    const char *reason)
{
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_assignment *a = out->v[i].record;
        if (out->v[i].topic == MATCHER_OUT_ASSIGNMENTS) {
            assert_int_equal(a->action, SA_ASSIGNMENT_ACTION_RETURNED);
            assert_true(bus_strv_is(out->v[i].partner, department));
            assert_true(bus_strv_is(a->department, department));
            assert_true(bus_strv_is(a->reason, reason));
            return;
        }
    }
    assert_true(department[0] == '\0');
}

static bool has(const struct matcher_outputs *out,
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

static void not_ours(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct sa_assignment_state *a = begin(&st, ITEM, "YJ");
    struct matcher_outputs out =
        step(&st, "MZ", MATCHER_DECISION, "YJ",
             says(&st, 1, SA_DECISION_OUTCOME_RETURNED));
    assert_true(st.case_open);
    assert_int_equal(a->status, SA_ASSIGNMENT_STATUS_ASSIGNED);
    assert_true(has(&out, SA_CASE_EVENT_KIND_DECISION_ACCEPTED, "HELD_BY MZ"));
    goes_to(&out, "MZ", "NOT_OURS");
    /* The lead confirms nothing of another's. */
    out = step(&st, "MZ", MATCHER_DECISION, "MZ",
               says(&st, 2, SA_DECISION_OUTCOME_CONFIRMED));
    assert_true(has(&out, SA_CASE_EVENT_KIND_ORDER_REFUSED, "NOT_ITS_OWNER"));
    assert_int_equal(a->status, SA_ASSIGNMENT_STATUS_ASSIGNED);
    /* It is theirs after all. */
    out = step(&st, "MZ", MATCHER_DECISION, "MZ",
               says(&st, 3, SA_DECISION_OUTCOME_RETURNED));
    assert_true(has(&out, SA_CASE_EVENT_KIND_DECISION_ACCEPTED, "HELD_BY YJ"));
    goes_to(&out, "YJ", "YOURS");
    /* Once more, and the lead decides that it ends. */
    (void)step(&st, "MZ", MATCHER_DECISION, "YJ",
               says(&st, 4, SA_DECISION_OUTCOME_RETURNED));
    out = step(&st, "MZ", MATCHER_DECISION, "MZ",
               says(&st, 5, SA_DECISION_OUTCOME_REFUSED));
    assert_int_equal(a->status, SA_ASSIGNMENT_STATUS_ENDED_RETURNED);
    assert_false(st.case_open);
    assert_true(has(&out, SA_CASE_EVENT_KIND_CLOSED, ""));
}

/* A department says what it said at least once; the lead has it by then, or it
 * has ended. Another who says it on his own topic is refused. */
static void said_again(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct sa_assignment_state *a = begin(&st, ITEM, "YJ");
    const struct sa_decision *theirs =
        says(&st, 1, SA_DECISION_OUTCOME_RETURNED);
    (void)step(&st, "MZ", MATCHER_DECISION, "YJ", theirs);
    struct matcher_outputs out =
        step(&st, "MZ", MATCHER_DECISION, "YJ", theirs);
    assert_true(out.duplicate && out.n == 0);
    const struct sa_decision *lent =
        says(&st, 2, SA_DECISION_OUTCOME_CONFIRMED);
    (void)step(&st, "MZ", MATCHER_DECISION, "MZ", lent); /* goes back */
    (void)step(&st, "MZ", MATCHER_DECISION, "MZ",
               says(&st, 3, SA_DECISION_OUTCOME_REFUSED));
    assert_int_equal(a->status, SA_ASSIGNMENT_STATUS_ENDED_RETURNED);
    out = step(&st, "MZ", MATCHER_DECISION, "YJ", theirs);
    assert_true(out.duplicate && out.n == 0);
    out = step(&st, "MZ", MATCHER_DECISION, "MZ", lent);
    assert_true(out.duplicate && out.n == 0);
    refused(&st, "YB", theirs, "WRONG_TOPIC");
}

static void the_leads_own(void **state)
{
    (void)state;
    static const char *const leads[] = {"MZ", ""};
    for (int i = 0; i < 2; i++) {
        struct sa_household_state st;
        struct sa_assignment_state *a = begin(&st, "MZ05", "MZ");
        struct matcher_outputs out =
            step(&st, leads[i], MATCHER_DECISION, "MZ",
                 says(&st, 1, SA_DECISION_OUTCOME_RETURNED));
        assert_true(st.case_open);
        goes_to(&out, "MZ", "STILL_YOURS");
        (void)step(&st, leads[i], MATCHER_DECISION, "MZ",
                   says(&st, 2, SA_DECISION_OUTCOME_REFUSED));
        assert_int_equal(a->status, SA_ASSIGNMENT_STATUS_ENDED_REFUSED);
        assert_false(st.case_open);
    }
}

/* Dispatch answers a decision that another has followed already. */
static void a_late_word_of_dispatch(void **state)
{
    (void)state;
    struct sa_household_state st;
    (void)begin(&st, ITEM, "YJ");
    const struct sa_decision *first =
        says(&st, 1, SA_DECISION_OUTCOME_RETURNED);
    (void)step(&st, "MZ", MATCHER_DECISION, "YJ", first);
    (void)step(&st, "MZ", MATCHER_DECISION, "MZ",
               says(&st, 2, SA_DECISION_OUTCOME_RETURNED));
    struct sa_dispatch_result *r = bus_arena_calloc(&mem, 1, sizeof(*r));
    *r = (struct sa_dispatch_result){.event_id = id('r', 1),
                                     .household_id = st.household_id,
                                     .occurred_at = TEN,
                                     .case_id = st.case_id,
                                     .assignment_id = first->assignment_id,
                                     .decision_id = first->decision_id,
                                     .outcome = SA_DISPATCH_OUTCOME_ORDERED};
    struct matcher_outputs out = step(&st, "MZ", MATCHER_DISPATCH, "", r);
    assert_true(out.duplicate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_ours),
        cmocka_unit_test(said_again),
        cmocka_unit_test(the_leads_own),
        cmocka_unit_test(a_late_word_of_dispatch),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
