/* Whose word counts of a fact, through decide(): who may say it, what it may
 * be, of which day; and what comes of two that do not agree, in either order,
 * for every pair of sources of every fact. */
#include "tests/unit/role_matcher/facts_scene.h"

/* --- who, what, when --- */

static void each_source_and_bound(void **state)
{
    (void)state;
    int32_t now = rules_day(DAY);
    const char *income = "household.income_total_fen";
    struct sa_fact declared_here = whole(income, "declared", now, 1);
    const struct
    {
        const char *source;
        struct sa_fact f;
        const char *why;
    } rows[] = {
        {"check", whole(income, "check", now, 0), ""},
        {"tax", whole(income, "tax", now, 5), ""},
        {"school", whole(income, "school", now, 0), "FACT_NOT_YOURS"},
        {"school", whole(income, "check", now, 0), "FACT_NOT_YOURS"},
        {"check", declared_here, "FACT_NOT_YOURS"},
        {"school", word("household.status", "school", now, "dibao"),
         "FACT_NOT_YOURS"},
        {"civil", word("household.status", "civil", now, "dibao"), ""},
        {"civil", word("household.status", "civil", now, "rich"),
         "FACT_BOUNDS"},
        {"check", whole(income, "check", now, -1), "FACT_BOUNDS"},
        {"check", whole(income, "check", now, INT64_MAX), "FACT_BOUNDS"},
        {"check", whole(income, "check", now, INT64_MIN), "FACT_BOUNDS"},
        {"bank", whole("household.deposit_fen", "bank", now, -5),
         "FACT_BOUNDS"},
        {"check", word(income, "check", now, "0"), "FACT_BOUNDS"},
        {"check", whole(income, "check", now + 1, 0), "FACT_BOUNDS"},
        {"check", whole(income, "check", rules_day("2062-07-01"), 0),
         "FACT_BOUNDS"},
        {"check", whole(income, "check", rules_day("0026-07-01"), 0),
         "FACT_BOUNDS"},
        {"check", of_member(whole(income, "check", now, 0)), "FACT_BOUNDS"},
        {"disability",
         of_member(whole("member.disability_grade", "disability", now, 9)),
         "FACT_BOUNDS"},
        {"disability",
         of_member(whole("member.disability_grade", "disability", now, 4)), ""},
        {"disability",
         of_member(whole("member.disability_grade", "disability",
                         rules_day("1979-12-31"), 4)),
         "FACT_BOUNDS"},
        {"police",
         of_member(day_of("member.birth_date", "police", now, "1850-01-01")),
         "FACT_BOUNDS"},
        {"police",
         of_member(day_of("member.birth_date", "police", now, "2030-01-01")),
         "FACT_BOUNDS"},
        {"police", of_member(word("member.name", "police", now, "x")),
         "FACT_NOT_YOURS"},
        {"check", whole("household.income_month_fen", "check", now, 1),
         "FACT_NOT_YOURS"},
        {"check", whole("household.shoe_size", "check", now, 1),
         "FACT_UNKNOWN"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sa_household_state st, before;
        struct matcher_outputs out;
        fresh(&st);
        struct sa_fact birth = of_member(
            day_of("member.birth_date", "declared", now, "1980-01-01"));
        (void)step(&st, applies(&birth, 1));
        before = st;
        const char *why =
            try_on(&st, reports(rows[i].source, &rows[i].f, 1), &out);
        if (strcmp(why, rows[i].why) != 0) {
            fail_msg("row %zu: %s instead of %s", i, why, rows[i].why);
        }
        assert_true(why[0] == '\0' || st.sequence == before.sequence);
    }
}

static void the_topic_says_who_speaks(void **state)
{
    (void)state;
    struct sa_household_state st;
    struct matcher_outputs out;
    fresh(&st);
    struct sa_fact f =
        whole("household.income_total_fen", "check", rules_day(DAY), 0);
    struct matcher_event e = *reports("check", &f, 1);
    e.partner = BUS_STRV("school");
    assert_string_equal(try_on(&st, &e, &out), "WRONG_TOPIC");
    f.verified = true;
    assert_string_equal(try_on(&st, applies(&f, 1), &out), "FACT_NOT_YOURS");
    f = whole("household.income_total_fen", "declared", rules_day(DAY), -1);
    assert_string_equal(try_on(&st, applies(&f, 1), &out), "FACT_BOUNDS");
    /* By the broker's clock it is the day before yesterday. */
    f = whole("household.income_total_fen", "check", rules_day(DAY), 0);
    e = *reports("check", &f, 1);
    e.arrived_ms = TEN - 86400000;
    assert_string_equal(try_on(&st, &e, &out), "");
    e = *reports("check", &f, 1);
    e.arrived_ms = TEN - 2 * 86400000;
    assert_string_equal(try_on(&st, &e, &out), "FACT_BOUNDS");
}

/* --- two that do not agree --- */

static struct sa_fact any_value(int f, const char *source, int32_t day, int n)
{
    const struct bus_bounds *b = bus_policy_fact_bounds(k.c, f);
    struct bus_strv name = bus_policy_fact_name(k.c, f);
    struct sa_fact v = fact_of(name.p, source, day);
    switch (b->type) {
    case BUS_BOUNDS_BOOLEAN:
        v.value.branch = SA_FACT_VALUE_BOOLEAN;
        v.value.u.boolean_value = n != 0;
        break;
    case BUS_BOUNDS_DATE:
        v.value.branch = SA_FACT_VALUE_INT;
        v.value.u.int_value = (int32_t)b->min + n;
        break;
    case BUS_BOUNDS_ENUM:
        v.value.branch = SA_FACT_VALUE_STRING;
        v.value.u.string_value = b->words->pairs[n].key->text;
        break;
    default:
        v.value.branch = SA_FACT_VALUE_LONG;
        v.value.u.long_value = b->min + n;
    }
    return strncmp(name.p, "member.", 7) == 0 ? of_member(v) : v;
}

static void say(struct sa_household_state *st, const struct sa_fact *f)
{
    bool declared = bus_strv_is(f->source, "declared");
    (void)step(st, declared ? applies(f, 1) : reports(f->source.p, f, 1));
}

/* Both said on one day, in both orders: the better source's stands. */
static void the_better_source_wins(void **state)
{
    (void)state;
    int32_t now = rules_day(DAY);
    size_t pairs = 0;
    for (int f = 0; (size_t)f < bus_policy_fact_count(k.c); f++) {
        const struct bus_node *list =
            bus_node_get(bus_policy_fact_node(k.c, f), "sources");
        if (bus_policy_fact_derived(k.c, f) ||
            bus_policy_fact_personal(k.c, f)) {
            continue;
        }
        for (uint32_t i = 0; i < list->count; i++) {
            for (uint32_t j = 0; j < list->count; j++) {
                const char *a = list->items[i]->text.p;
                const char *b = list->items[j]->text.p;
                struct sa_household_state st;
                if (i == j) {
                    continue;
                }
                struct sa_fact x = any_value(f, a, now, 0);
                struct sa_fact y = any_value(f, b, now, 1);
                fresh(&st);
                say(&st, &x);
                say(&st, &y);
                const struct sa_fact *is = known(&st, x.name.p);
                bool verified = strcmp(a, "declared") && strcmp(b, "declared");
                const char *wins = verified ? (i < j ? a : b)
                                   : strcmp(a, "declared") == 0 ? b
                                                                : a;
                assert_non_null(is);
                if (!bus_strv_is(is->source, wins)) {
                    fail_msg("%s: %s before %s, and not %s stands", x.name.p, a,
                             b, wins);
                }
                pairs++;
            }
        }
    }
    print_message("%zu pairs\n", pairs);
    assert_true(pairs > 300);
}

/* Of other days: each pair in both orders comes to the same. */
static void whatever_the_order(void **state)
{
    (void)state;
    static const char *const income[] = {"check", "tax"};
    int32_t now = rules_day(DAY);
    const char *name = "household.income_total_fen";
    const struct
    {
        int first, other; /* of income */
        int32_t days;     /* the other is later by so many */
        int wins;
    } rows[] = {
        {0, 1, 100, 0}, /* check is fresh for 180 days */
        {0, 1, 180, 0}, {0, 1, 181, 1}, {1, 0, 1, 0},
        {1, 0, 900, 0}, {0, 0, 5, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sa_fact x =
            whole(name, income[rows[i].first], now - rows[i].days, 100);
        struct sa_fact y = whole(name, income[rows[i].other], now, 200);
        for (int order = 0; order < 2; order++) {
            struct sa_household_state st;
            fresh(&st);
            say(&st, order ? &y : &x);
            say(&st, order ? &x : &y);
            assert_true(
                bus_strv_is(known(&st, name)->source, income[rows[i].wins]));
            if (rows[i].first == rows[i].other) {
                assert_int_equal(known(&st, name)->value.u.long_value, 200);
            }
        }
    }
}

static void verified_beats_declared(void **state)
{
    (void)state;
    int32_t now = rules_day(DAY);
    struct sa_household_state st;
    fresh(&st);
    struct sa_fact alive =
        of_member(word("member.life_state", "declared", now, "alive"));
    struct sa_fact dead =
        of_member(word("member.life_state", "police", now - 300, "dead"));
    say(&st, &alive);
    say(&st, &dead);
    assert_true(bus_strv_is(
        known(&st, "member.life_state")->value.u.string_value, "dead"));
    /* And the other way round a later declaration is a dispute. */
    struct matcher_outputs out = step(&st, applies(&alive, 1));
    assert_int_equal(attention(&out, "FACT_DISPUTED member.life_state"), 1);
    assert_null(known(&st, "member.life_state"));
    assert_int_equal(st.disputed.n, 1);
}

static bool missing_somewhere(const struct matcher_outputs *out,
                              const char *name)
{
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_verification_request *q = out->v[i].record;
        for (size_t j = 0;
             out->v[i].topic == MATCHER_OUT_VERIFICATIONS && j < q->facts.n;
             j++) {
            if (bus_strv_is(q->facts.v[j].name, name)) {
                return true;
            }
        }
    }
    return false;
}

static void a_dispute_ends(void **state)
{
    (void)state;
    int32_t now = rules_day(DAY);
    const char *name = "household.vehicle_count";
    struct sa_fact found = whole(name, "police", now - 10, 3);
    struct sa_fact denied = whole(name, "declared", now - 2, 0);
    struct sa_fact owned = whole(name, "declared", now - 1, 3);
    struct sa_fact older = whole(name, "check", now - 5, 0);
    struct sa_fact looked = whole(name, "check", now, 0);
    const struct
    {
        struct sa_fact last;
        bool ends;
        int64_t value;
    } rows[] = {{owned, true, 3}, {looked, true, 0}, {older, false, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sa_household_state st;
        fresh(&st);
        say(&st, &found);
        struct matcher_outputs out = step(&st, applies(&denied, 1));
        assert_int_equal(st.disputed.n, 1);
        assert_true(missing_somewhere(&out, name) || st.verifications.n > 0);
        say(&st, &rows[i].last);
        assert_int_equal(st.disputed.n, rows[i].ends ? 0 : 1);
        if (rows[i].ends) {
            assert_int_equal(known(&st, name)->value.u.long_value,
                             rows[i].value);
        } else {
            assert_null(known(&st, name));
        }
    }
    /* Not said at all, said the same, or said of the same day: no dispute. */
    const struct sa_fact calm[] = {whole(name, "declared", now - 2, 3),
                                   whole(name, "declared", now - 10, 0),
                                   fact_of(name, "declared", now - 2)};
    for (size_t i = 0; i < sizeof(calm) / sizeof(calm[0]); i++) {
        struct sa_household_state st;
        fresh(&st);
        say(&st, &found);
        say(&st, &calm[i]);
        assert_int_equal(st.disputed.n, 0);
        assert_int_equal(known(&st, name)->value.u.long_value, 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_source_and_bound),
        cmocka_unit_test(the_topic_says_who_speaks),
        cmocka_unit_test(the_better_source_wins),
        cmocka_unit_test(whatever_the_order),
        cmocka_unit_test(verified_beats_declared),
        cmocka_unit_test(a_dispute_ends),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
