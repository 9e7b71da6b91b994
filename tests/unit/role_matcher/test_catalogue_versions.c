/* Which catalogue judges: by the day, by what judged the household last. */
#include "bus/conf/yaml.h"
#include "consumers/matcher/catalogue_versions.h"
#include "tests/lib/check.h"

#define FOLDERS 4

static struct bus_arena mem;
static struct bus_policy_catalogue *made[FOLDERS];

static int make_all(void **state)
{
    (void)state;
    bus_arena_init(&mem, 0, 0);
    for (int i = 0; i < FOLDERS; i++) {
        struct bus_faults faults;
        bus_faults_init(&faults, &mem);
        char *text = bus_arena_printf(&mem, "number: %d\n", i);
        struct bus_policy_sources s = {
            .facts =
                bus_conf_yaml_parse(&mem, "facts", bus_strv(text), &faults)};
        made[i] = bus_policy_catalogue_new(&s, &faults);
        assert_non_null(made[i]);
    }
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    for (int i = 0; i < FOLDERS; i++) {
        bus_policy_catalogue_free(made[i]);
    }
    bus_arena_fini(&mem);
    return 0;
}

static int
judge(const struct matcher_catalogue_versions *e, int last, int32_t day)
{
    struct bus_strv by =
        last < 0 ? BUS_STRV("")
                 : bus_strv(bus_policy_catalogue_version(made[last]));
    const struct matcher_catalogue_version *found =
        matcher_catalogue_version_for(e, by, day);
    for (int i = 0; i < FOLDERS; i++) {
        if (found->catalogue == made[i]) {
            return i;
        }
    }
    return -1;
}

static void the_latest_in_force(void **state)
{
    (void)state;
    struct matcher_catalogue_versions e = {.list = {{made[0], INT32_MIN, 0}},
                                           .count = 1};
    assert_int_equal(judge(&e, -1, 100), 0);
    e.list[e.count++] = (struct matcher_catalogue_version){made[1], 100, 0};
    e.list[e.count++] = (struct matcher_catalogue_version){made[2], 200, 0};
    assert_int_equal(judge(&e, -1, 99), 0);
    assert_int_equal(judge(&e, -1, 100), 1);
    assert_int_equal(judge(&e, -1, 199), 1);
    assert_int_equal(judge(&e, -1, 200), 2);
    /* published later, from an earlier day: it takes the other's place */
    e.list[e.count++] = (struct matcher_catalogue_version){made[3], 150, 0};
    assert_int_equal(judge(&e, -1, 149), 1);
    assert_int_equal(judge(&e, -1, 250), 3);
}

static void a_household_never_goes_back(void **state)
{
    (void)state;
    struct matcher_catalogue_versions e = {
        .list = {{made[0], INT32_MIN, 0}, {made[1], 100, 0}, {made[2], 200, 0}},
        .count = 3};
    assert_int_equal(judge(&e, 1, 50), 1); /* a late event of an earlier day */
    assert_int_equal(judge(&e, 0, 150), 1);
    assert_int_equal(judge(&e, 2, 150), 2);
    assert_int_equal(judge(&e, 3, 150), 1); /* not known: by the day */
}

static void what_is_only_known_never_judges(void **state)
{
    (void)state;
    struct matcher_catalogue_versions e = {
        .list = {{made[0], INT32_MIN, 0},
                 {made[1], MATCHER_NEVER, MATCHER_KEPT}},
        .count = 2};
    assert_int_equal(judge(&e, -1, 150), 0);
    assert_int_equal(judge(&e, 1, 150), 0);
    assert_ptr_equal(matcher_catalogue_version_find(
                         &e, bus_strv(bus_policy_catalogue_version(made[1])))
                         ->catalogue,
                     made[1]);
    assert_null(matcher_catalogue_version_find(&e, BUS_STRV("")));
}

static void join(struct matcher_catalogue_versions *e,
                 int which,
                 int32_t day,
                 int64_t published_ms,
                 bool want)
{
    const struct matcher_catalogue_version one = {made[which], day,
                                                  published_ms};
    assert_int_equal(matcher_catalogue_version_join(e, &one), want);
    for (size_t i = 2; i < e->count; i++) {
        assert_true(e->list[i - 1].published_ms <= e->list[i].published_ms);
    }
}

/* What is sent again, or late, brings no earlier one back. */
static void what_is_sent_again_is_not_newer(void **state)
{
    (void)state;
    struct matcher_catalogue_versions e = {.list = {{made[0], INT32_MIN, 0}},
                                           .count = 1};
    join(&e, 1, 100, 1000, true);
    join(&e, 2, 100, 2000, true);
    assert_int_equal(judge(&e, -1, 150), 2);
    join(&e, 1, 100, 1000, false); /* the first once more */
    join(&e, 2, 300, 1999, false); /* the second's day from before */
    assert_int_equal(judge(&e, -1, 150), 2);
    join(&e, 3, 100, 1500, true); /* late: known, and not in force */
    assert_int_equal(judge(&e, -1, 150), 2);
    join(&e, 1, 100, 3000, true); /* published anew */
    assert_int_equal(judge(&e, -1, 150), 1);
    join(&e, 1, MATCHER_NEVER, 4000, true); /* and withdrawn */
    assert_int_equal(judge(&e, -1, 150), 2);
    assert_int_equal(e.count, 4);
}

/* A matcher's own, kept to compare with, takes nothing's place. */
static void a_kept_one_takes_nobodys_place(void **state)
{
    (void)state;
    struct matcher_catalogue_versions e = {.list = {{made[0], INT32_MIN, 0}},
                                           .count = 1};
    join(&e, 1, 100, 1000, true);
    join(&e, 1, MATCHER_NEVER, MATCHER_KEPT, false);
    assert_int_equal(judge(&e, -1, 150), 1);
    join(&e, 2, MATCHER_NEVER, MATCHER_KEPT, true);
    join(&e, 2, MATCHER_NEVER, MATCHER_KEPT, false);
    assert_int_equal(judge(&e, -1, 150), 1);
    join(&e, 2, 100, 500, true); /* kept, and now published */
    assert_int_equal(e.count, 3);
    while (e.count < MATCHER_EDITIONS_MAX) { /* all of them published ones */
        e.list[e.count++] =
            (struct matcher_catalogue_version){made[1], 100, 2000};
    }
    join(&e, 3, MATCHER_NEVER, MATCHER_KEPT, false);
    assert_int_equal(e.count, MATCHER_EDITIONS_MAX);
    join(&e, 3, 100, 3000, true);
    assert_int_equal(e.count, MATCHER_EDITIONS_MAX);
    assert_int_equal(judge(&e, -1, 150), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_in_force),
        cmocka_unit_test(a_household_never_goes_back),
        cmocka_unit_test(what_is_only_known_never_judges),
        cmocka_unit_test(what_is_sent_again_is_not_newer),
        cmocka_unit_test(a_kept_one_takes_nobodys_place),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
