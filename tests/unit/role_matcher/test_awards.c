/* Awards, through decide(): what was granted stays beyond its case. The same
 * again is no second grant, a status counts when dispatch has answered, and is
 * over when its months are. */
#include "tests/lib/check.h"

#include "bus/base/clock.h"
#include "bus/policy/award_days.h"
#include "bus/wire/ids.h"
#include "consumers/matcher/award.h"

#include "tests/golden/county.h" /* last: its names are short */

#define DAY_MS INT64_C(86400000)

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

static uint8_t number;
static int64_t now_ms;

static struct matcher_outputs step(struct sa_household_state *st,
                                   enum matcher_event_kind kind,
                                   const char *partner,
                                   const void *record)
{
    const struct matcher_rules rules = {
        .catalogue = k.c, .lead = BUS_STRV("MZ"), .deadline = no_limit};
    const struct matcher_event e = {
        .kind = kind, .record = record, .partner = bus_strv(partner)};
    struct matcher_outputs out;
    struct bus_err err;
    if (matcher_decide(&rules, st, &e, &mem, &out, &err) != BUS_OK) {
        fail_msg("%s: %s", out.reason_code, err.msg);
    }
    return out;
}

static void on(const char *day)
{
    now_ms = rules_day(day) * DAY_MS + 2 * 3600000;
}

static struct sa_fact fact(const char *name, int kind)
{
    return (struct sa_fact){.name = bus_strv(name),
                            .source = BUS_STRV("declared"),
                            .as_of = bus_china_day(now_ms),
                            .value.branch = kind};
}

static struct sa_fact number_of(const char *name, int64_t v)
{
    struct sa_fact f = fact(name, SA_FACT_VALUE_LONG);
    f.value.u.long_value = v;
    return f;
}

static struct sa_fact word_of(const char *name, const char *v)
{
    struct sa_fact f = fact(name, SA_FACT_VALUE_STRING);
    f.value.u.string_value = bus_strv(v);
    return f;
}

static struct sa_fact flag_of(const char *name, bool v)
{
    struct sa_fact f = fact(name, SA_FACT_VALUE_BOOLEAN);
    f.value.u.boolean_value = v;
    return f;
}

static struct sa_member people[2] = {{.head = true, .relation = {"0", 1}},
                                     {.relation = {"1", 1}}};
static size_t people_count = 1;
static bool first_is_unknown;

/* Adults in the country who apply, the second of two seriously ill; income and
 * what illness costs. */
static struct matcher_outputs
applies(struct sa_household_state *st, int64_t income, int64_t medical)
{
    struct sa_application *a = bus_arena_calloc(&mem, 1, sizeof(*a));
    struct sa_fact facts[] = {
        word_of("household.area", "rural"),
        flag_of("household.registered_in_county", true),
        word_of("household.status", people_count < 2 ? "none" : "edge"),
        number_of("household.income_total_fen", income),
        number_of("household.deposit_fen", 0),
        number_of("household.securities_fen", 0),
        number_of("household.vehicle_count", 0),
        number_of("household.house_count", 1),
        number_of("household.spend_living_fen", 0),
        number_of("household.spend_medical_fen", medical),
        number_of("household.spend_education_fen", 0),
        number_of("household.spend_rehab_fen", 0),
        number_of("household.spend_other_fen", 0),
        flag_of("member.serious_illness", true), /* of the second */
        number_of("member.disability_grade", 0),
        flag_of("member.serious_illness", false), /* of the first */
        number_of("member.disability_grade", 0)};
    size_t facts_count = people_count < 2 ? 13 : first_is_unknown ? 15 : 17;
    for (uint8_t i = 0; i < 2; i++) {
        people[i].person_id = id('p', 1 + i);
        facts[15 - 2 * i].member = facts[16 - 2 * i].member =
            people[i].person_id;
        facts[15 - 2 * i].has_member = facts[16 - 2 * i].has_member = true;
    }
    *a = (struct sa_application){.event_id = id('e', ++number),
                                 .household_id = id('h', 1),
                                 .application_id = id('a', number),
                                 .consent = true,
                                 .occurred_at = now_ms,
                                 .division_code = BUS_STRV("371425101001")};
    a->members.v = people;
    a->members.n = people_count;
    a->facts.v = bus_arena_dup(&mem, facts, sizeof(facts));
    a->facts.n = facts_count;
    st->case_open = false; /* whatever was in hand has ended */
    return step(st, MATCHER_APPLICATION, "", a);
}

static struct sa_assignment_state *of(struct sa_household_state *st,
                                      const char *item)
{
    for (size_t i = st->assignments.n; i > 0; i--) {
        struct sa_assignment_state *a = &st->assignments.v[i - 1];
        if (bus_strv_is(a->item, item) && a->case_no == st->case_no) {
            return a;
        }
    }
    return NULL;
}

static void decided(struct sa_household_state *st,
                    const char *item,
                    enum sa_decision_outcome outcome)
{
    const struct sa_assignment_state *a = of(st, item);
    assert_non_null(a);
    struct sa_decision *d = bus_arena_calloc(&mem, 1, sizeof(*d));
    *d = (struct sa_decision){.event_id = id('e', ++number),
                              .household_id = st->household_id,
                              .occurred_at = now_ms,
                              .case_id = st->case_id,
                              .decision_id = id('d', number),
                              .assignment_id = a->assignment_id,
                              .department = a->department,
                              .item = a->item,
                              .outcome = outcome,
                              .has_amount_fen = a->has_amount_fen,
                              .amount_fen = a->amount_fen,
                              .delivery = SA_DELIVERY_SERVICE,
                              .signed_at = now_ms};
    char *who = bus_arena_strndup(&mem, a->department.p, a->department.n);
    (void)step(st, MATCHER_DECISION, who, d);
}

static struct matcher_outputs dispatched(struct sa_household_state *st,
                                         const char *item,
                                         enum sa_dispatch_outcome outcome)
{
    const struct sa_assignment_state *a = of(st, item);
    struct sa_dispatch_result *r = bus_arena_calloc(&mem, 1, sizeof(*r));
    *r = (struct sa_dispatch_result){.event_id = id('r', ++number),
                                     .household_id = st->household_id,
                                     .occurred_at = now_ms,
                                     .case_id = st->case_id,
                                     .assignment_id = a->assignment_id,
                                     .decision_id = a->decision_id,
                                     .outcome = outcome};
    return step(st, MATCHER_DISPATCH, "", r);
}

static const struct sa_fact *known(const struct sa_household_state *st,
                                   const char *name)
{
    for (size_t i = 0; i < st->facts.n; i++) {
        if (bus_strv_is(st->facts.v[i].name, name)) {
            return &st->facts.v[i];
        }
    }
    return NULL;
}

static void status_is(const struct sa_household_state *st, const char *word)
{
    const struct sa_fact *f = known(st, "household.status");
    assert_non_null(f);
    if (!bus_strv_is(f->value.u.string_value, word)) {
        fail_msg("%.*s", BUS_STRV_ARG(f->value.u.string_value));
    }
}

static bool told(const struct matcher_outputs *out, const char *note)
{
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_case_event *c = out->v[i].record;
        if (out->v[i].topic == MATCHER_OUT_CASES &&
            c->kind == SA_CASE_EVENT_KIND_ATTENTION &&
            bus_strv_is(c->note, note)) {
            return true;
        }
    }
    return false;
}

#define POOR 120000 /* a year */
#define YES  SA_DECISION_OUTCOME_CONFIRMED

static void dibao_is_granted_once(void **state)
{
    (void)state;
    struct sa_household_state st = {0};
    bus_arena_reset(&mem);
    on("2026-10-09");
    (void)applies(&st, POOR, 0);
    decided(&st, "MZ01", YES);
    status_is(&st, "none"); /* dispatch has not answered */
    (void)dispatched(&st, "MZ01", SA_DISPATCH_OUTCOME_ORDERED);
    status_is(&st, "dibao");
    on("2026-11-09");
    struct matcher_outputs out = applies(&st, POOR, 0);
    assert_null(of(&st, "MZ01"));
    assert_true(told(&out, "AWARD_LIVE MZ01"));
    status_is(&st, "dibao");
    on("2026-12-09");
    out = applies(&st, POOR / 2, 0);
    assert_null(of(&st, "MZ01"));
    assert_true(told(&out, "AWARD_CHANGE MZ01"));
    on("2027-01-09");
    out = applies(&st, POOR * 100, 0);
    assert_null(of(&st, "MZ01"));
    assert_true(told(&out, "AWARD_NOT_MET MZ01"));
}

static void what_dispatch_refuses_is_no_status(void **state)
{
    (void)state;
    struct sa_household_state st = {0};
    bus_arena_reset(&mem);
    on("2026-10-09");
    (void)applies(&st, POOR, 0);
    decided(&st, "MZ01", YES);
    (void)dispatched(&st, "MZ01", SA_DISPATCH_OUTCOME_REFUSED);
    status_is(&st, "none");
    assert_false(of(&st, "MZ01")->has_award);
    decided(&st, "MZ01", SA_DECISION_OUTCOME_REFUSED);
    on("2026-11-09");
    (void)applies(&st, POOR, 0);
    assert_non_null(of(&st, "MZ01"));
}

static void a_status_is_over_after_its_months(void **state)
{
    (void)state;
    struct sa_household_state st = {0};
    bus_arena_reset(&mem);
    on("2026-10-09");
    (void)applies(&st, 1500000, 4000000);
    decided(&st, "MZ08", YES);
    (void)dispatched(&st, "MZ08", SA_DISPATCH_OUTCOME_ORDERED);
    status_is(&st, "rigid");
    assert_int_equal(of(&st, "MZ08")->award.until, rules_day("2027-10-08"));
    on("2027-10-08");
    struct matcher_outputs out = applies(&st, 1500000, 4000000);
    assert_null(of(&st, "MZ08"));
    assert_true(told(&out, "AWARD_LIVE MZ08"));
    on("2027-10-09");
    out = applies(&st, 1500000, 4000000);
    status_is(&st, "none");
    assert_non_null(of(&st, "MZ08"));
    assert_false(told(&out, "AWARD_LIVE MZ08"));
}

/* Dibao of a single person is his (MZ02), not his household's. */
static void a_member_is_granted(bool other_is_unknown)
{
    struct sa_household_state st = {0};
    struct bus_id ill = id('p', 2);
    bus_arena_reset(&mem);
    on("2026-10-09");
    people_count = 2;
    first_is_unknown = other_is_unknown;
    (void)applies(&st, 2000000, 0);
    decided(&st, "MZ02", YES);
    (void)dispatched(&st, "MZ02", SA_DISPATCH_OUTCOME_ORDERED);
    people_count = 1;
    const struct sa_award *w = &of(&st, "MZ02")->award;
    assert_int_equal(w->members.n, 1);
    assert_true(bus_id_eq(&w->members.v[0], &ill));
    const struct sa_fact *f = known(&st, "member.status");
    assert_non_null(f);
    assert_true(f->has_member && bus_id_eq(&f->member, &ill) && f->verified);
    assert_true(bus_strv_is(f->value.u.string_value, "dibao"));
    status_is(&st, "edge");
}

static void what_a_member_is_granted_is_his(void **state)
{
    (void)state;
    a_member_is_granted(false);
}

/* Whatever is not known of another member. */
static void also_while_others_are_unknown(void **state)
{
    (void)state;
    a_member_is_granted(true);
    first_is_unknown = false;
}

/* What it has had within an event follows from the award, for its months. */
static void past_aid_is_known(void **state)
{
    (void)state;
    struct sa_household_state st = {0};
    bus_arena_reset(&mem);
    on("2026-10-09");
    (void)applies(&st, 1500000, 4000000);
    assert_null(known(&st, "household.already_aided"));
    decided(&st, "MZ06", YES);
    assert_null(known(&st, "household.already_aided"));
    (void)dispatched(&st, "MZ06", SA_DISPATCH_OUTCOME_ORDERED);
    const struct sa_fact *f = known(&st, "household.already_aided");
    assert_non_null(f);
    assert_true(f->verified && f->value.u.boolean_value);
    assert_int_equal(of(&st, "MZ06")->award.until, rules_day("2027-04-08"));
    on("2027-04-09");
    (void)applies(&st, 1500000, 4000000);
    f = known(&st, "household.already_aided");
    assert_true(f == NULL || f->value.branch == SA_FACT_VALUE_NULL ||
                !f->value.u.boolean_value);
}

/* The review of a day, which the matcher sends itself, each day. */
static struct matcher_outputs reviewed(struct sa_household_state *st,
                                       int64_t arrived_ms)
{
    struct sa_review r = {.event_id = id('w', ++number),
                          .household_id = st->household_id,
                          .occurred_at = now_ms,
                          .reason = SA_REVIEW_REASON_CATALOGUE,
                          .catalogue_version =
                              bus_strv(bus_policy_catalogue_version(k.c))};
    const struct matcher_rules rules = {
        .catalogue = k.c, .lead = BUS_STRV("MZ"), .deadline = no_limit};
    const struct matcher_event e = {
        .kind = MATCHER_REVIEW, .record = &r, .arrived_ms = arrived_ms};
    struct matcher_outputs out;
    struct bus_err err;
    if (matcher_decide(&rules, st, &e, &mem, &out, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return out;
}

/* Nothing comes of the household any more: it is over on its day all the same,
 * by the broker's time, with the case open or closed; once. */
static void it_is_over_on_its_day(void **state)
{
    (void)state;
    for (int open = 0; open < 2; open++) {
        struct sa_household_state st = {0};
        bus_arena_reset(&mem);
        on("2026-10-09");
        (void)applies(&st, 1500000, 4000000);
        decided(&st, "MZ08", YES);
        (void)dispatched(&st, "MZ08", SA_DISPATCH_OUTCOME_ORDERED);
        st.case_open = open != 0;
        const struct sa_assignment_state *a = of(&st, "MZ08");
        on("2027-10-09"); /* our clock is ahead, the broker's says the eighth */
        assert_false(matcher_awards_due(&st, rules_day("2027-10-08")));
        struct matcher_outputs out = reviewed(&st, now_ms - DAY_MS);
        assert_false(told(&out, "AWARD_ENDED MZ08"));
        if (open == 0) {
            assert_true(out.duplicate && !out.changed);
            assert_int_equal(a->award.state, SA_AWARD_STATE_LIVE);
            status_is(&st, "rigid");
            assert_true(matcher_awards_due(&st, rules_day("2027-10-09")));
            out = reviewed(&st, now_ms);
            assert_true(told(&out, "AWARD_ENDED MZ08"));
        }
        on("2027-10-10");
        out = reviewed(&st, now_ms);
        assert_false(open == 0 && told(&out, "AWARD_ENDED MZ08"));
        assert_int_equal(of(&st, "MZ08")->award.state, SA_AWARD_STATE_ENDED);
        status_is(&st, "none");
        assert_false(matcher_awards_due(&st, rules_day("2027-10-10")));
    }
}

static void the_last_day(void **state)
{
    (void)state;
    static const struct
    {
        const char *from;
        int64_t months;
        const char *last;
    } rows[] = {
        {"2026-10-09", 12, "2027-10-08"}, {"2027-01-31", 1, "2027-02-28"},
        {"2028-01-31", 1, "2028-02-29"},  {"2027-01-28", 1, "2027-02-27"},
        {"2027-01-29", 1, "2027-02-28"},  {"2026-08-31", 6, "2027-02-28"},
        {"2026-12-31", 2, "2027-02-28"},  {"2027-03-31", 1, "2027-04-30"},
        {"2027-01-01", 1, "2027-01-31"},  {"2028-02-29", 12, "2029-02-28"},
        {"2026-12-31", 12, "2027-12-30"}, {"2026-10-31", 1, "2026-11-30"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct bus_policy_item item = {.per_year = 12,
                                             .grants_months = rows[i].months};
        int32_t last =
            bus_policy_award_last_day(&item, rules_day(rows[i].from));
        if (last != rules_day(rows[i].last)) {
            fail_msg("%s and %lld months: %d days off", rows[i].from,
                     (long long)rows[i].months, last - rules_day(rows[i].last));
        }
    }
}

/* Written before there were awards: what was granted is known by its status. */
static void an_earlier_state_counts_too(void **state)
{
    (void)state;
    struct sa_household_state st = {0};
    bus_arena_reset(&mem);
    on("2026-10-09");
    (void)applies(&st, POOR, 0);
    decided(&st, "MZ01", YES);
    (void)dispatched(&st, "MZ01", SA_DISPATCH_OUTCOME_ORDERED);
    of(&st, "MZ01")->has_award = false;
    on("2026-11-09");
    struct matcher_outputs out = applies(&st, POOR, 0);
    assert_null(of(&st, "MZ01"));
    assert_true(told(&out, "AWARD_LIVE MZ01"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dibao_is_granted_once),
        cmocka_unit_test(what_dispatch_refuses_is_no_status),
        cmocka_unit_test(a_status_is_over_after_its_months),
        cmocka_unit_test(what_a_member_is_granted_is_his),
        cmocka_unit_test(also_while_others_are_unknown),
        cmocka_unit_test(past_aid_is_known),
        cmocka_unit_test(it_is_over_on_its_day),
        cmocka_unit_test(the_last_day),
        cmocka_unit_test(an_earlier_state_counts_too),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
