/* The rules of what day an event is judged by is not its sender's to choose: it
 * is held against the broker's clock, whatever it says. */
#include "tests/lib/check.h"

#include "bus/base/clock.h"
#include "consumers/matcher/parts.h"
#include "tests/lib/county.h"

#define NOW    INT64_C(1789000000000) /* 2026-09-10, 08:26 in China */
#define MINUTE INT64_C(60000)
#define DAY    (1440 * MINUTE)
#define ROUNDS 400

static struct county county;
static struct bus_arena mem;

static int32_t end_of(void *data, int32_t start, int32_t n, bool working)
{
    (void)data;
    (void)working;
    return start + n;
}

static const struct matcher_rules rules = {.deadline = end_of,
                                           .ahead_ms = 5 * MINUTE,
                                           .late_ms = 31 * DAY,
                                           .application_late_ms = 367 * DAY};

struct judged
{
    int rc;
    const char *reason;
    int32_t day;        /* of the evaluation's rules; 0: none */
    const char *opened; /* the note of OPENED */
    size_t told;        /* TIME_CLAMPED */
};

static struct judged decide_at(struct sa_household_state *st,
                               enum matcher_event_kind kind,
                               const void *record,
                               int64_t arrived_ms)
{
    struct matcher_rules mine = rules;
    struct matcher_event e = {.kind = kind,
                              .record = record,
                              .partner = BUS_STRV("check"),
                              .arrived_ms = arrived_ms};
    struct matcher_outputs out;
    struct bus_err err;
    struct judged j = {.opened = ""};
    mine.catalogue = county.c;
    j.rc = matcher_decide(&mine, st, &e, &mem, &out, &err);
    j.reason = out.reason_code;
    for (size_t i = 0; j.rc == BUS_OK && i < out.n; i++) {
        const struct matcher_output *o = &out.v[i];
        if (o->topic == MATCHER_OUT_EVALUATIONS) {
            j.day = ((const struct sa_evaluation *)o->record)->rule_date;
        } else if (o->topic == MATCHER_OUT_CASES) {
            const struct sa_case_event *c = o->record;
            struct bus_strv word = {c->note.p, 12};
            j.told += c->kind == SA_CASE_EVENT_KIND_ATTENTION &&
                      c->note.n > 12 && bus_strv_is(word, "TIME_CLAMPED");
            if (c->kind == SA_CASE_EVENT_KIND_OPENED) {
                j.opened = bus_arena_strndup(&mem, c->note.p, c->note.n);
            }
        }
    }
    return j;
}

static struct sa_application *applied(int64_t said_ms)
{
    struct sa_application *a = bus_arena_calloc(&mem, 1, sizeof(*a));
    a->members.v = bus_arena_calloc(&mem, 1, sizeof(*a->members.v));
    a->members.n = 1;
    a->members.v[0] = (struct sa_member){{{'p'}}, BUS_STRV("0"), true};
    a->event_id = (struct bus_id){{'e'}};
    a->household_id = (struct bus_id){{'h'}};
    a->application_id = (struct bus_id){{'a'}};
    a->occurred_at = said_ms;
    a->division_code = BUS_STRV("371425001001");
    a->applicant_id = (struct bus_id){{'p'}};
    a->consent = true;
    return a;
}

static struct judged apply_at(int64_t said_ms, int64_t arrived_ms)
{
    struct sa_household_state st = {.sequence = 0};
    return decide_at(&st, MATCHER_APPLICATION, applied(said_ms), arrived_ms);
}

static void a_draft_of_last_week(void **state)
{
    (void)state;
    struct judged j = apply_at(NOW - 6 * DAY, NOW);
    assert_int_equal(j.rc, BUS_OK);
    assert_int_equal(j.day, bus_china_day(NOW - 6 * DAY));
    assert_string_equal(j.opened, "LATE 6");
    assert_int_equal(j.told, 0);
    j = apply_at(NOW - MINUTE, NOW);
    assert_string_equal(j.opened, "");
    assert_int_equal(j.day, bus_china_day(NOW));
}

static void of_a_day_to_come(void **state)
{
    (void)state;
    struct judged j = apply_at(NOW + 5 * MINUTE + 1, NOW);
    assert_int_equal(bus_err_act((enum bus_errc)j.rc), BUS_ACT_REJECT);
    assert_string_equal(j.reason, "TIME_AHEAD");
    assert_int_equal(apply_at(NOW + 5 * MINUTE, NOW).rc, BUS_OK);
    assert_int_equal(apply_at(INT64_MAX / 2, NOW).rc, BUS_ERANGE);
    assert_int_equal(apply_at(NOW + DAY, 0).rc, BUS_OK); /* not known when */
}

/* Facts change what day a household is judged by, too. */
static void facts_of_long_ago(void **state)
{
    (void)state;
    struct sa_household_state st = {.sequence = 0};
    struct sa_fact f = {.name = BUS_STRV("household.income_total_fen"),
                        .source = BUS_STRV("check"),
                        .as_of = bus_china_day(NOW) - 400,
                        .verified = true};
    struct sa_facts_reported r = {.event_id = {{'f'}},
                                  .household_id = {{'h'}},
                                  .occurred_at = NOW - 300 * DAY,
                                  .source = BUS_STRV("check")};
    f.value.branch = SA_FACT_VALUE_LONG;
    f.value.u.long_value = 700;
    r.facts.v = &f;
    r.facts.n = 1;
    assert_int_equal(decide_at(&st, MATCHER_APPLICATION, applied(NOW), NOW).rc,
                     BUS_OK);
    struct judged j = decide_at(&st, MATCHER_FACTS, &r, NOW);
    assert_int_equal(j.rc, BUS_OK);
    assert_int_equal(j.day, bus_china_day(NOW - 31 * DAY));
    assert_int_equal(j.told, 1);
}

/* What we say ourselves bears the time of what it follows from. */
static void our_own(void **state)
{
    (void)state;
    struct sa_household_state st = {.sequence = 0};
    struct sa_membership m = {.event_id = {{'m'}},
                              .household_id = {{'h'}},
                              .occurred_at = NOW + 40 * DAY,
                              .member_of = {{'o'}}};
    assert_int_equal(decide_at(&st, MATCHER_MEMBERSHIP, &m, NOW).rc, BUS_OK);
}

/* Whatever is said, of whatever hour it arrives at: never a day to come, never
 * one before the bound, and what is within is believed. */
static void any_time(void **state)
{
    (void)state;
    uint64_t seed = 20261130;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t arrived = NOW + (int64_t)(county_random(&seed) % 400) * DAY / 2;
        int64_t off = (int64_t)(county_random(&seed) % (800 * 1440)) * MINUTE;
        int64_t said =
            i % 4 == 0 ? arrived + off % (10 * MINUTE) : arrived - off;
        struct judged j = apply_at(said, arrived);
        int64_t first = arrived - rules.application_late_ms;
        if (said > arrived + rules.ahead_ms) {
            assert_string_equal(j.reason, "TIME_AHEAD");
        } else {
            assert_int_equal(j.rc, BUS_OK);
            assert_int_equal(j.day, bus_china_day(said < first ? first : said));
            assert_int_equal(j.told, said < first);
            assert_int_equal(strncmp(j.opened, "LATE ", 5) == 0,
                             bus_china_day(said) < bus_china_day(arrived));
        }
        bus_arena_reset(&mem);
    }
}

static int opened(void **state)
{
    (void)state;
    (void)setenv("LIANOU_KEYRING", "/dev/null", 0);
    (void)setenv("LIANOU_PERSON_KEY", "/dev/null", 0);
    bus_arena_init(&mem, 1 << 20, 0);
    return county_open(&county, getenv("LIANOU_SOURCE")) ? 0 : -1;
}

static int closed(void **state)
{
    (void)state;
    county_close(&county);
    bus_arena_fini(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_of_last_week),
        cmocka_unit_test(of_a_day_to_come),
        cmocka_unit_test(facts_of_long_ago),
        cmocka_unit_test(our_own),
        cmocka_unit_test(any_time),
    };
    return cmocka_run_group_tests(tests, opened, closed);
}
