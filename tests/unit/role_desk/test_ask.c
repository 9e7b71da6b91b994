/* Only what can decide something is asked, and asking ends. */
#include "tests/lib/check.h"
#include "tests/lib/county.h"

#include "bus/base/clock.h"
#include "producers/desk/ask.h"

#define FIELDS_MAX 256

static struct county county;
static struct bus_arena mem;
static struct bus_web_field list[FIELDS_MAX];
static struct bus_web_fields fields = {list, 0};

static void say(const char *name, const char *value)
{
    assert_true(fields.count < FIELDS_MAX);
    list[fields.count++] =
        (struct bus_web_field){bus_strv(bus_arena_strdup(&county.mem, name)),
                               bus_strv(bus_arena_strdup(&county.mem, value))};
}

static void household(size_t members)
{
    fields.count = 0;
    say("/members/0/id_no", "000000198001010009");
    if (members > 1) {
        say("/members/1/id_no", "000000201501010016");
        say("/members/1/relation", "2");
    }
}

static struct desk_question ask(size_t members)
{
    struct desk_question q;
    struct bus_err err;
    int32_t day = 0;
    assert_true(bus_date_parse(BUS_STRV("2026-11-30"), &day));
    const struct desk_asking a = {&county.config, county.c, &fields, members,
                                  day};
    bus_arena_reset(&mem);
    assert_int_equal(desk_ask_next(&a, &mem, &q, &err), BUS_OK);
    return q;
}

/* Its name among what was asked; with an answer ("" for none) of each. */
static void answer(const struct desk_question *q, const char *value)
{
    char name[128];
    bool member = q->fact->scope == BUS_FACT_MEMBER;
    (void)snprintf(name, sizeof(name), "%s.%s", member ? "member" : "household",
                   q->fact->name);
    say(DESK_ASKED, name);
    for (int m = 0; value[0] != '\0' && m < 64; m++) {
        if (member && (q->members >> m & 1) != 0) {
            (void)snprintf(name, sizeof(name), "/members/%d/facts/%s", m,
                           q->fact->name);
            say(name, value);
        }
    }
    if (value[0] != '\0' && !member) {
        (void)snprintf(name, sizeof(name), "/facts/%s", q->fact->name);
        say(name, value);
    }
}

/* How many are asked of who answers "no", "0" and, in words, nothing. */
static size_t ask_all(size_t members, bool known)
{
    size_t asked = 0;
    for (struct desk_question q = ask(members); q.fact != NULL;
         q = ask(members), asked++) {
        int type = q.fact->type;
        assert_true(desk_ask_may(q.fact));
        assert_true(q.items > 0);
        assert_true(asked < 200);
        assert_true((q.fact->scope == BUS_FACT_MEMBER) == (q.members != 0));
        answer(&q, !known                     ? ""
                   : type == BUS_FACT_BOOLEAN ? "false"
                   : type == BUS_FACT_ENUM || type == BUS_FACT_DATE ||
                           type == BUS_FACT_TEXT
                       ? ""
                       : "0");
    }
    return asked;
}

static void asking_ends(void **state)
{
    (void)state;
    household(2);
    size_t no = ask_all(2, true);
    household(2);
    size_t unclear = ask_all(2, false);
    print_message("questions: %zu of who says no, %zu of who knows nothing, "
                  "of %zu facts\n",
                  no, unclear, county.config.facts_count);
    assert_true(no < 60);
    assert_true(no < unclear);
}

/* What tells comes first, most items first; what was begun goes on. */
static void what_decides_most_is_first(void **state)
{
    (void)state;
    household(1);
    struct desk_question first = ask(1);
    assert_true(first.fact != NULL && first.opens);
    assert_int_equal(first.fact->sign, BUS_FACT_SIGN_TELLS);
    say("/members/0/facts/serious_illness", "true");
    struct desk_question next = ask(1);
    assert_true(next.fact != NULL && !next.opens);
    answer(&next, "");
    struct desk_question after = ask(1);
    assert_true(after.fact != NULL && after.fact != next.fact);
}

/* A word that is none of the fact's, half a number, another's member. */
static void what_is_no_value_is_not_said(void **state)
{
    (void)state;
    household(1);
    const struct bus_fact *first = ask(1).fact;
    say("/facts/income_total_fen", "1e3");
    say("/members/7/facts/serious_illness", "true");
    say("/members/0/facts/no_such_fact", "true");
    say("/facts/", "true");
    assert_ptr_equal(ask(1).fact, first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asking_ends),
        cmocka_unit_test(what_decides_most_is_first),
        cmocka_unit_test(what_is_no_value_is_not_said),
    };
    const char *source = getenv("LIANOU_SOURCE");
    if (source == NULL || !county_open(&county, source)) {
        return 1;
    }
    bus_arena_init(&mem, 0, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bus_arena_fini(&mem);
    county_close(&county);
    return failed;
}
