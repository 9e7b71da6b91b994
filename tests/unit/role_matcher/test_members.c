/* Who leaves a household, through decide(): he goes with his facts and with
 * what was his alone. */
#include "tests/lib/check.h"

#include "bus/base/clock.h"
#include "bus/wire/ids.h"
#include "consumers/matcher/parts.h"

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

static struct sa_member people[3];

/* A family of three; the second is severely disabled. */
static void begin(struct sa_household_state *st)
{
    struct sa_application *a = bus_arena_calloc(&mem, 1, sizeof(*a));
    struct sa_fact facts[] = {word_of("household.area", "rural"),
                              flag_of("household.registered_in_county", true),
                              word_of("household.status", "none"),
                              number_of("household.income_total_fen", 900000),
                              flag_of("member.serious_illness", true)};
    for (uint8_t i = 0; i < 3; i++) {
        people[i] = (struct sa_member){
            .person_id = id('p', i), .head = i == 0, .relation = BUS_STRV("0")};
    }
    facts[4].has_member = true;
    facts[4].member = id('p', 1);
    *a = (struct sa_application){.event_id = id('e', ++number),
                                 .household_id = id('h', 1),
                                 .application_id = id('a', number),
                                 .consent = true,
                                 .occurred_at = now_ms,
                                 .division_code = BUS_STRV("371425101001")};
    a->members.v = people;
    a->members.n = 3;
    a->facts.v = bus_arena_dup(&mem, facts, sizeof(facts));
    a->facts.n = sizeof(facts) / sizeof(facts[0]);
    *st = (struct sa_household_state){0};
    (void)step(st, MATCHER_APPLICATION, "", a);
}

static const struct sa_membership_change *
gone(uint8_t who, enum sa_membership_change_kind kind)
{
    struct sa_membership_change *c = bus_arena_calloc(&mem, 1, sizeof(*c));
    struct bus_id *list = bus_arena_calloc(&mem, 1, sizeof(*list));
    *list = id('p', who);
    *c = (struct sa_membership_change){.event_id = id('m', ++number),
                                       .household_id = id('h', 1),
                                       .occurred_at = now_ms,
                                       .kind = kind,
                                       .from = bus_china_day(now_ms)};
    c->members.v = list;
    c->members.n = 1;
    return c;
}

static bool has(const struct matcher_outputs *out, const char *note)
{
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_case_event *c = out->v[i].record;
        if (out->v[i].topic == MATCHER_OUT_CASES &&
            bus_strv_is(c->note, note)) {
            return true;
        }
    }
    return false;
}

static bool illness_known(const struct sa_household_state *st)
{
    for (size_t i = 0; i < st->facts.n; i++) {
        if (bus_strv_is(st->facts.v[i].name, "member.serious_illness")) {
            return true;
        }
    }
    return false;
}

static void he_goes_with_his_facts(void **state)
{
    (void)state;
    struct sa_household_state st;
    bus_arena_reset(&mem);
    on("2026-10-09");
    begin(&st);
    assert_true(illness_known(&st));
    struct sa_assignment_state *a = &st.assignments.v[0];
    struct bus_id his = id('p', 1);
    a->has_award = true;
    a->award = (struct sa_award){.state = SA_AWARD_STATE_LIVE};
    a->award.members.v = &his;
    a->award.members.n = 1;
    struct bus_id about = a->assignment_id;
    struct matcher_outputs out = step(&st, MATCHER_MEMBERS, "",
                                      gone(1, SA_MEMBERSHIP_CHANGE_KIND_SPLIT));
    assert_int_equal(st.members.n, 2);
    assert_false(illness_known(&st));
    assert_true(has(&out, "MEMBERS_SPLIT"));
    a = matcher_assignment_find(&st, &about);
    assert_int_equal(a->award.state, SA_AWARD_STATE_ENDED);
    bool judged = false;
    for (size_t i = 0; i < out.n; i++) {
        if (out.v[i].topic == MATCHER_OUT_EVALUATIONS) {
            judged = true;
            assert_int_equal(
                ((const struct sa_evaluation *)out.v[i].record)->members.n, 2);
        }
    }
    assert_true(judged);
}

/* Whatever takes him away: split, marriage, death, move (C17). */
static void each_way_to_go(void **state)
{
    (void)state;
    static const struct
    {
        enum sa_membership_change_kind kind;
        const char *note;
    } ways[] = {{SA_MEMBERSHIP_CHANGE_KIND_SPLIT, "MEMBERS_SPLIT"},
                {SA_MEMBERSHIP_CHANGE_KIND_MARRIAGE, "MEMBERS_MARRIAGE"},
                {SA_MEMBERSHIP_CHANGE_KIND_DEATH, "MEMBERS_DEATH"},
                {SA_MEMBERSHIP_CHANGE_KIND_MOVE, "MEMBERS_MOVE"}};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct sa_household_state st;
        bus_arena_reset(&mem);
        on("2026-10-09");
        begin(&st);
        struct matcher_outputs out =
            step(&st, MATCHER_MEMBERS, "", gone(1, ways[i].kind));
        assert_int_equal(st.members.n, 2);
        assert_false(illness_known(&st));
        assert_true(has(&out, ways[i].note));
    }
}

static void the_head_is_for_people(void **state)
{
    (void)state;
    struct sa_household_state st;
    bus_arena_reset(&mem);
    on("2026-10-09");
    begin(&st);
    struct matcher_outputs out = step(&st, MATCHER_MEMBERS, "",
                                      gone(0, SA_MEMBERSHIP_CHANGE_KIND_DEATH));
    assert_int_equal(st.members.n, 3);
    assert_true(has(&out, "HEAD_LEAVES"));
}

static void nobody_of_them(void **state)
{
    (void)state;
    struct sa_household_state st;
    bus_arena_reset(&mem);
    on("2026-10-09");
    begin(&st);
    const struct matcher_rules rules = {.catalogue = k.c, .deadline = no_limit};
    const struct matcher_event e = {
        .kind = MATCHER_MEMBERS,
        .record = gone(7, SA_MEMBERSHIP_CHANGE_KIND_MOVE)};
    struct matcher_outputs out;
    struct bus_err err;
    assert_int_equal(matcher_decide(&rules, &st, &e, &mem, &out, &err),
                     BUS_EUNKNOWN);
    assert_string_equal(out.reason_code, "MEMBER_UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(he_goes_with_his_facts),
        cmocka_unit_test(each_way_to_go),
        cmocka_unit_test(the_head_is_for_people),
        cmocka_unit_test(nobody_of_them),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
