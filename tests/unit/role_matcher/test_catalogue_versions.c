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
    struct matcher_catalogue_versions e = {.list = {{made[0], INT32_MIN}},
                                           .count = 1};
    assert_int_equal(judge(&e, -1, 100), 0);
    e.list[e.count++] = (struct matcher_catalogue_version){made[1], 100};
    e.list[e.count++] = (struct matcher_catalogue_version){made[2], 200};
    assert_int_equal(judge(&e, -1, 99), 0);
    assert_int_equal(judge(&e, -1, 100), 1);
    assert_int_equal(judge(&e, -1, 199), 1);
    assert_int_equal(judge(&e, -1, 200), 2);
    /* published later, from an earlier day: it takes the other's place */
    e.list[e.count++] = (struct matcher_catalogue_version){made[3], 150};
    assert_int_equal(judge(&e, -1, 149), 1);
    assert_int_equal(judge(&e, -1, 250), 3);
}

static void a_household_never_goes_back(void **state)
{
    (void)state;
    struct matcher_catalogue_versions e = {
        .list = {{made[0], INT32_MIN}, {made[1], 100}, {made[2], 200}},
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
        .list = {{made[0], INT32_MIN}, {made[1], MATCHER_NEVER}}, .count = 2};
    assert_int_equal(judge(&e, -1, 150), 0);
    assert_int_equal(judge(&e, 1, 150), 0);
    assert_ptr_equal(matcher_catalogue_version_find(
                         &e, bus_strv(bus_policy_catalogue_version(made[1])))
                         ->catalogue,
                     made[1]);
    assert_null(matcher_catalogue_version_find(&e, BUS_STRV("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_in_force),
        cmocka_unit_test(a_household_never_goes_back),
        cmocka_unit_test(what_is_only_known_never_judges),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
