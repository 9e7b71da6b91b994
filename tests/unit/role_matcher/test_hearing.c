/* Before an award is cut or stopped its people are told and heard, through
 * decide() and with a real register: without that a decision has no effect. */
#include "tests/unit/role_matcher/steps_scene.h"

#define HEARD SA_STEP_KIND_HEARD
#define YES   SA_DECISION_OUTCOME_CONFIRMED
#define NO    SA_DECISION_OUTCOME_REFUSED

/* Dibao of 700 yuan a month is there, paid, its status a fact. */
static void stands(struct sa_household_state *st,
                   enum sa_assignment_status status)
{
    static struct sa_fact facts[3];
    apply(st);
    struct sa_assignment_state *a = of(st, "MZ01");
    a->status = status;
    a->has_amount_fen = true;
    a->amount_fen = 70000;
    a->has_award = true;
    a->award = (struct sa_award){.state = SA_AWARD_STATE_LIVE,
                                 .period = SA_PERIOD_MONTHLY,
                                 .from = rules_day("2026-10-01"),
                                 .amount_fen = 70000};
    memcpy(facts, st->facts.v, 2 * sizeof(*facts));
    facts[2] = (struct sa_fact){.name = BUS_STRV("household.status"),
                                .source = BUS_STRV("decision"),
                                .verified = true,
                                .as_of = rules_day("2026-10-01")};
    facts[2].value.branch = SA_FACT_VALUE_STRING;
    facts[2].value.u.string_value = BUS_STRV("dibao");
    assert_int_equal(st->facts.n, 2);
    st->facts.v = facts;
    st->facts.n = 3;
}

static struct bus_strv status_of(const struct sa_household_state *st)
{
    for (size_t i = 0; i < st->facts.n; i++) {
        if (bus_strv_is(st->facts.v[i].name, "household.status")) {
            return st->facts.v[i].value.u.string_value;
        }
    }
    return (struct bus_strv){0};
}

/* Why it has no effect: a dead letter's reason, or what it goes back with. */
static const char *run(struct sa_household_state *st,
                       const struct matcher_event *e,
                       struct matcher_outputs *ret)
{
    static char why[64];
    struct sa_assignment_state before = *of(st, "MZ01");
    why[0] = '\0';
    if (decide_one(st, e, ret) != BUS_OK) {
        assert_non_null(ret->reason_code);
        (void)bus_strv_copy(why, sizeof(why), bus_strv(ret->reason_code));
        assert_memory_equal(&before, of(st, "MZ01"), sizeof(before));
        return why;
    }
    (void)bus_strv_copy(why, sizeof(why), reason_of(ret));
    return why;
}

static const char *says(struct sa_household_state *st,
                        enum sa_step_kind kind,
                        const char *by,
                        const char *second,
                        int day)
{
    struct matcher_outputs out;
    const struct said s = {"MZ01", by, second, kind, day};
    struct sa_step *e = bus_arena_alloc(&mem, sizeof(*e));
    *e = step_of(st, &s);
    const struct matcher_event event = event_of(e);
    return run(st, &event, &out);
}

struct decided
{
    enum sa_decision_outcome outcome;
    int64_t fen;
    int day;
    const char *by, *reason, *month;
};

static const char *decides(struct sa_household_state *st,
                           const struct decided *with,
                           struct matcher_outputs *ret)
{
    struct sa_decision *d = bus_arena_calloc(&mem, 1, sizeof(*d));
    *d = (struct sa_decision){
        .event_id = id('d', ++number),
        .decision_id = id('D', number),
        .household_id = st->household_id,
        .case_id = st->case_id,
        .occurred_at = TEN + with->day * DAY_MS,
        .signed_at = TEN + with->day * DAY_MS,
        .assignment_id = of(st, "MZ01")->assignment_id,
        .department = BUS_STRV("MZ"),
        .item = BUS_STRV("MZ01"),
        .outcome = with->outcome,
        .has_amount_fen = with->fen > 0,
        .amount_fen = with->fen,
        .period = SA_PERIOD_MONTHLY,
        .delivery = SA_DELIVERY_BANK,
        .has_payee_hash = with->fen > 0,
        .payee_hash = BUS_STRV("0123456789abcdef"),
        .has_from_month = with->month != NULL,
        .from_month = bus_strv(with->month != NULL ? with->month : ""),
        .reason = bus_strv(with->reason != NULL ? with->reason : "收入增加"),
        .decided_by = who(with->by != NULL ? with->by : "boss")};
    const struct matcher_event e = {.kind = MATCHER_DECISION,
                                    .record = d,
                                    .partner = BUS_STRV("MZ"),
                                    .arrived_ms = d->occurred_at};
    return run(st, &e, ret);
}

/* "": it holds. The day is after the ninth. */
#define BACK(why, what, much, on, ...)                                     \
    assert_string_equal(                                                   \
        decides(&st,                                                       \
                &(const struct decided){                                   \
                    .outcome = what, .fen = much, .day = on, __VA_ARGS__}, \
                &out),                                                     \
        why)

static size_t noted(const struct matcher_outputs *out, const char *note)
{
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_case_event *c = out->v[i].record;
        n += out->v[i].topic == MATCHER_OUT_CASES && bus_strv_is(c->note, note);
    }
    return n;
}

static void is_heard(struct sa_household_state *st, int day)
{
    assert_string_equal(says(st, POST, "town", NULL, day), "");
    assert_string_equal(says(st, HEARD, "town", "desk", day), "");
}

static void a_stop(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    bus_arena_reset(&mem);
    required_from = 0;
    stands(&st, SA_ASSIGNMENT_STATUS_ENDED_DELIVERED);
    BACK("STEP_MISSING", NO, 0, 0, .by = NULL);
    assert_string_equal(says(&st, HEARD, "town", "desk", 0), "STEP_MISSING");
    assert_string_equal(says(&st, EXP, "town", NULL, 0), "STEP_MISSING");
    assert_string_equal(says(&st, ACC, "town", NULL, 0), "STEP_NOT_ASKED");
    assert_string_equal(says(&st, POST, "other", NULL, 0), "NOT_DELEGATED");
    assert_string_equal(says(&st, POST, "town", NULL, 0), "");
    BACK("STEP_MISSING", NO, 0, 0, .by = NULL); /* told, not heard */
    assert_string_equal(says(&st, HEARD, "town", NULL, 1), "SECOND_MISSING");
    assert_string_equal(says(&st, HEARD, "town", "town", 1), "SAME_PERSON");
    assert_string_equal(says(&st, HEARD, "town", "other", 1), "NOT_DELEGATED");
    assert_string_equal(says(&st, HEARD, "yb", "town", 1), "NOT_DELEGATED");
    assert_string_equal(says(&st, HEARD, "town", "desk", 1), "");
    assert_string_equal(says(&st, HEARD, "town", "desk", 1), "STEP_DONE");
    BACK("REASON_MISSING", NO, 0, 1, .reason = "");
    BACK("ROLE_MAY_NOT", NO, 0, 1, .by = "desk");
    assert_true(bus_strv_is(status_of(&st), "dibao"));
    BACK("", NO, 0, 1, .by = NULL);
    assert_int_equal(noted(&out, "AWARD_STOPPED MZ01"), 1);
    assert_int_equal(noted(&out, "AWARD_ENDED MZ01"), 1);
    assert_int_equal(of(&st, "MZ01")->award.state, SA_AWARD_STATE_ENDED);
    assert_int_equal(of(&st, "MZ01")->award.until, rules_day("2026-10-09"));
    assert_true(bus_strv_is(status_of(&st), "none"));
    for (size_t i = 0; i < out.n; i++) { /* nothing for dispatch to do */
        const struct sa_case_event *c = out.v[i].record;
        assert_false(out.v[i].topic == MATCHER_OUT_CASES &&
                     c->kind == SA_CASE_EVENT_KIND_DECISION_ACCEPTED);
    }
    BACK("ASSIGNMENT_ENDED", NO, 0, 2, .by = NULL);
}

/* It is the tenth of October: stopped from this month on or from a later one,
 * which is no month that has been and none that it would not have reached. */
static void a_stop_from_a_month_on(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    bus_arena_reset(&mem);
    stands(&st, SA_ASSIGNMENT_STATUS_ENDED_DELIVERED);
    is_heard(&st, 1);
    BACK("FROM_MONTH", NO, 0, 1, .month = "2026-09");
    BACK("FROM_MONTH", NO, 0, 1, .month = "2026-1");
    of(&st, "MZ01")->award.until = rules_day("2026-11-30");
    BACK("FROM_MONTH", NO, 0, 1, .month = "2026-12");
    of(&st, "MZ01")->award.until = 0;
    BACK("", NO, 0, 1, .month = "2026-12");
    const struct sa_assignment_state *a = of(&st, "MZ01");
    assert_int_equal(noted(&out, "AWARD_STOPPED MZ01"), 1);
    assert_int_equal(noted(&out, "AWARD_ENDED MZ01"), 0);
    assert_int_equal(out.n, 1);
    const struct sa_case_event *told = out.v[0].record; /* who pays hears it */
    assert_true(bus_strv_is(told->decision.from_month, "2026-12"));
    assert_int_equal(a->award.state, SA_AWARD_STATE_LIVE);
    assert_int_equal(a->award.until, rules_day("2026-11-30"));
    assert_true(bus_strv_is(status_of(&st), "dibao"));
    is_heard(&st, 2); /* sooner than that is another stop */
    BACK("", NO, 0, 2, .month = "2026-10");
    assert_int_equal(noted(&out, "AWARD_ENDED MZ01"), 1);
    assert_int_equal(a->award.state, SA_AWARD_STATE_ENDED);
    assert_int_equal(a->award.until, rules_day("2026-09-30"));
    assert_true(bus_strv_is(status_of(&st), "none"));
}

static void a_cut(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    bus_arena_reset(&mem);
    stands(&st, SA_ASSIGNMENT_STATUS_DISPATCHED);
    BACK("STEP_MISSING", YES, 69999, 0, .by = NULL);
    BACK("ASSIGNMENT_ENDED", YES, 70000, 0,
         .by = NULL); /* no cut: a second grant */
    BACK("ASSIGNMENT_ENDED", YES, 70001, 0, .by = NULL);
    is_heard(&st, 1);
    BACK("ASSIGNMENT_ENDED", YES, 70001, 1, .by = NULL);
    BACK("", YES, 69999, 1, .by = NULL);
    assert_int_equal(noted(&out, "AWARD_CUT MZ01"), 1);
    assert_int_equal(out.n, 1);
    const struct sa_case_event *told = out.v[0].record; /* who pays hears it */
    assert_true(told->has_decision);
    assert_int_equal(told->decision.amount_fen, 69999);
    const struct sa_assignment_state *a = of(&st, "MZ01");
    assert_int_equal(a->award.amount_fen, 69999);
    assert_int_equal(a->amount_fen, 69999);
    assert_int_equal(a->status, SA_ASSIGNMENT_STATUS_DISPATCHED);
    assert_true(bus_strv_is(status_of(&st), "dibao"));
    BACK("STEP_MISSING", YES, 60000, 2, .by = NULL); /* heard for each */
}

static void of_a_case_that_has_ended(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    bus_arena_reset(&mem);
    stands(&st, SA_ASSIGNMENT_STATUS_ENDED_DELIVERED);
    st.case_open = false;
    BACK("STEP_MISSING", NO, 0, 40, .by = NULL);
    is_heard(&st, 40);
    BACK("", NO, 0, 41, .by = NULL);
    assert_int_equal(of(&st, "MZ01")->award.state, SA_AWARD_STATE_ENDED);
    assert_true(bus_strv_is(status_of(&st), "none"));
}

/* Who was told and does not come is not waited for for ever. */
static void who_does_not_come(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    bus_arena_reset(&mem);
    stands(&st, SA_ASSIGNMENT_STATUS_ENDED_DELIVERED);
    assert_string_equal(says(&st, POST, "town", NULL, 0), "");
    assert_string_equal(says(&st, EXP, "town", NULL, 9), "STEP_MISSING");
    BACK("STEP_MISSING", NO, 0, 30, .by = NULL); /* nobody has said so */
    assert_string_equal(says(&st, EXP, "town", NULL, 10), "");
    BACK("", NO, 0, 10, .by = NULL);
}

/* An order came back and its owner decides anew: neither no nor less without a
 * hearing. */
static void what_came_back(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    bus_arena_reset(&mem);
    stands(&st, SA_ASSIGNMENT_STATUS_ASSIGNED);
    of(&st, "MZ01")->has_process = true;
    of(&st, "MZ01")->process.state = SA_PROCESS_STATE_EXPIRED;
    BACK("STEP_MISSING hearing", NO, 0, 0, .by = NULL);
    BACK("STEP_MISSING hearing", YES, 69999, 0, .by = NULL);
    is_heard(&st, 1);
    BACK("REASON_MISSING", NO, 0, 1, .reason = "");
    BACK("", NO, 0, 1, .by = NULL);
    assert_int_equal(of(&st, "MZ01")->status,
                     SA_ASSIGNMENT_STATUS_ENDED_REFUSED);
    stands(&st, SA_ASSIGNMENT_STATUS_ASSIGNED);
    of(&st, "MZ01")->has_process = true;
    of(&st, "MZ01")->process.state = SA_PROCESS_STATE_EXPIRED;
    BACK("", YES, 70000, 0,
         .by = NULL); /* the same again, to another account */
    assert_int_equal(of(&st, "MZ01")->status, SA_ASSIGNMENT_STATUS_CONFIRMED);
}

static void not_required_yet_of_what_came_back(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    bus_arena_reset(&mem);
    required_from = rules_day("2026-10-10");
    stands(&st, SA_ASSIGNMENT_STATUS_ASSIGNED);
    BACK("", NO, 0, 0, .by = NULL);
    required_from = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop),
        cmocka_unit_test(a_stop_from_a_month_on),
        cmocka_unit_test(a_cut),
        cmocka_unit_test(of_a_case_that_has_ended),
        cmocka_unit_test(who_does_not_come),
        cmocka_unit_test(what_came_back),
        cmocka_unit_test(not_required_yet_of_what_came_back),
    };
    return cmocka_run_group_tests(tests, open_both, close_both);
}
