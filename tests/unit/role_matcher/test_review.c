/* A notice for a partition: households judged by any number of catalogues. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "bus/conf/yaml.h"
#include "bus/role/types.h"
#include "consumers/matcher/shell.h"

#define CATALOGUES 12 /* more than a stretch has room for */

static struct bus_arena mem;
static struct bus_err err;
static struct matcher_shell shell;
static struct matcher_partition partition;
static struct matcher_catalogue_versions versions;
static char dir[64];

static void ok(int rc)
{
    if (rc != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

static struct bus_policy_catalogue *make(int i)
{
    struct bus_faults faults;
    bus_faults_init(&faults, &mem);
    char *text = bus_arena_printf(&mem, "number: %d\n", i);
    struct bus_policy_sources s = {
        .facts = bus_conf_yaml_parse(&mem, "facts", bus_strv(text), &faults)};
    return bus_policy_catalogue_new(&s, &faults);
}

static int setup(void **state)
{
    (void)state;
    struct matcher_lane *lane = &shell.lanes[0];
    bus_arena_init(&mem, 0, 0);
    bus_arena_init(&lane->event, 0, 0);
    bus_arena_init(&lane->batch, 0, 0);
    lane->schemas = bus_role_types_registry();
    assert_non_null(lane->schemas);
    for (int i = 0; i < CATALOGUES; i++) {
        versions.list[i] = (struct matcher_catalogue_version){
            make(i), i == 0 ? INT32_MIN : 100 + i, i};
        assert_non_null(versions.list[i].catalogue);
    }
    versions.count = CATALOGUES;
    lane->rules.versions = &versions;
    (void)snprintf(dir, sizeof(dir), "/tmp/test-review-XXXXXX");
    assert_non_null(mkdtemp(dir));
    ok(matcher_store_open(dir, 0, 0, &partition.store, &err));
    matcher_names_init(&partition.names);
    shell.partitions[0] = &partition;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char cmd[100];
    struct matcher_lane *lane = &shell.lanes[0];
    matcher_store_close(partition.store);
    matcher_names_fini(&partition.names);
    for (int i = 0; i < CATALOGUES; i++) {
        bus_policy_catalogue_free(
            (struct bus_policy_catalogue *)(uintptr_t)versions.list[i]
                .catalogue);
    }
    bus_wire_registry_free(lane->schemas);
    bus_arena_fini(&lane->event);
    bus_arena_fini(&lane->batch);
    bus_arena_fini(&mem);
    (void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
    return system(cmd);
}

static void put_household(int i, struct bus_strv judged_by)
{
    struct bus_id id = {{(uint8_t)(i + 1)}};
    struct matcher_parted h = {.schemas = shell.lanes[0].schemas,
                               .names = &partition.names,
                               .mem = &mem};
    struct sa_household_state st;
    struct matcher_parts parts;
    struct bus_strv bundle;
    bool *changed = NULL;
    ok(matcher_parted_open(&h, &id, &st, &err));
    st.household_id = id;
    st.sequence = 1;
    st.case_open = true;
    st.case_no = 1;
    st.catalogue_version = judged_by;
    ok(matcher_parted_close(&h, &st, &parts, &changed, &err));
    for (uint32_t k = 0; k < parts.n; k++) {
        ok(matcher_parts_set(&h.parts, k, parts.v[k], &mem, &err));
    }
    ok(matcher_parts_bundle(&h.parts, &mem, &bundle, &err));
    ok(matcher_store_put(partition.store, &id, bundle, &err));
}

static void more_catalogues_than_a_stretch_keeps(void **state)
{
    (void)state;
    for (int i = 0; i < CATALOGUES; i++) {
        put_household(i, bus_strv(bus_policy_catalogue_version(
                             versions.list[i].catalogue)));
    }
    put_household(CATALOGUES, BUS_STRV("not known"));
    ok(matcher_store_commit(partition.store, 1, &err));
    struct bus_kafka_msg m = {.partition = 0};
    struct sa_review notice = {
        .occurred_at = INT64_C(86400000) * 1000,
        .catalogue_version = bus_strv(bus_policy_catalogue_version(
            versions.list[CATALOGUES - 1].catalogue))};
    ok(matcher_review_partition(&shell, &shell.lanes[0], &m, &notice, NULL,
                                &err));
    assert_int_equal(shell.lanes[0].duplicates, 0); /* it was looked at */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(more_catalogues_than_a_stretch_keeps,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
