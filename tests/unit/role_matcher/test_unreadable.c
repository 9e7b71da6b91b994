/* Numbers that no decision may say, whatever it decides: who sends one is told
 * so, nothing of it is kept, and the matcher goes on. */
#include "tests/unit/role_matcher/steps_scene.h"

static struct sa_decision *decision(struct sa_household_state *st,
                                    enum sa_decision_outcome outcome)
{
    struct sa_decision *d = bus_arena_calloc(&mem, 1, sizeof(*d));
    *d = (struct sa_decision){.event_id = id('d', ++number),
                              .decision_id = id('D', number),
                              .household_id = st->household_id,
                              .case_id = st->case_id,
                              .occurred_at = TEN,
                              .signed_at = TEN,
                              .assignment_id = of(st, "MZ01")->assignment_id,
                              .department = BUS_STRV("MZ"),
                              .item = BUS_STRV("MZ01"),
                              .outcome = outcome,
                              .delivery = SA_DELIVERY_SERVICE,
                              .decided_by = who("boss")};
    return d;
}

static int
taken(struct sa_household_state *st, const void *d, struct matcher_outputs *ret)
{
    return decide_one(st,
                      &(struct matcher_event){.kind = MATCHER_DECISION,
                                              .record = d,
                                              .partner = BUS_STRV("MZ"),
                                              .arrived_ms = TEN},
                      ret);
}

/* Not of money that is paid alone: of a refusal, of a service, of what is
 * somebody else's, too. */
static void an_amount_below_nothing(void **state)
{
    (void)state;
    static const enum sa_decision_outcome outcomes[] = {
        SA_DECISION_OUTCOME_CONFIRMED, SA_DECISION_OUTCOME_REFUSED,
        SA_DECISION_OUTCOME_RETURNED};
    static const int64_t below[] = {-1, INT64_MIN};
    struct sa_household_state st;
    struct matcher_outputs out;
    apply(&st);
    const struct sa_assignment_state before = *of(&st, "MZ01");
    for (size_t i = 0; i < 6; i++) {
        struct sa_decision *d = decision(&st, outcomes[i / 2]);
        d->has_amount_fen = true;
        d->amount_fen = below[i % 2];
        assert_int_equal(taken(&st, d, &out), BUS_ERANGE);
        assert_string_equal(out.reason_code, "DECISION_UNREADABLE");
        assert_memory_equal(of(&st, "MZ01"), &before, sizeof(before));
    }
}

/* An instant is any number of 64 bits. */
static void signed_at_any_time(void **state)
{
    (void)state;
    static const struct
    {
        int64_t at;
        const char *why;
    } rows[] = {{INT64_MAX - 1, "SEAL_AFTER_ARRIVAL"},
                {INT64_MIN, "OPERATOR_NOT_THAT_DAY"},
                {0, "OPERATOR_NOT_THAT_DAY"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sa_household_state st;
        struct matcher_outputs out;
        apply(&st);
        struct sa_decision *d = decision(&st, SA_DECISION_OUTCOME_RETURNED);
        d->signed_at = rows[i].at;
        d->has_seal_id = d->has_seal = true;
        d->seal_id = BUS_STRV("seal-MZ");
        d->seal = BUS_STRV("no seal");
        assert_int_equal(taken(&st, d, &out), BUS_OK);
        struct bus_strv why = reason_of(&out);
        if (!bus_strv_is(why, rows[i].why)) {
            fail_msg("row %zu: '%.*s' instead of '%s'", i, BUS_STRV_ARG(why),
                     rows[i].why);
        }
    }
}

/* Cut to nothing is a stop, and is said as one: the treasury takes no award of
 * nothing, and would go on with what it had. */
static void a_cut_to_nothing(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    apply(&st);
    struct sa_assignment_state *a = of(&st, "MZ01");
    a->status = SA_ASSIGNMENT_STATUS_DISPATCHED;
    a->has_amount_fen = a->has_award = true;
    a->amount_fen = 70000;
    a->award = (struct sa_award){.state = SA_AWARD_STATE_LIVE,
                                 .period = SA_PERIOD_MONTHLY,
                                 .from = rules_day("2026-10-01"),
                                 .amount_fen = 70000,
                                 .has_hearing = true};
    a->award.hearing.state = SA_PROCESS_STATE_HEARD;
    struct sa_decision *d = decision(&st, SA_DECISION_OUTCOME_CONFIRMED);
    d->reason = BUS_STRV("收入增加");
    d->period = SA_PERIOD_MONTHLY;
    d->has_amount_fen = true;
    assert_int_equal(taken(&st, d, &out), BUS_ERANGE);
    assert_string_equal(out.reason_code, "DECISION_WITHOUT_AMOUNT");
    d->amount_fen = 1;
    assert_int_equal(taken(&st, d, &out), BUS_OK);
    assert_int_equal(of(&st, "MZ01")->award.amount_fen, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_to_nothing),
        cmocka_unit_test(an_amount_below_nothing),
        cmocka_unit_test(signed_at_any_time),
    };
    return cmocka_run_group_tests(tests, open_both, close_both);
}
