/* An item of the catalogue as YAML: compiled among the county's own facts and
 * standards, and tried on three households; or refused, each fault with its
 * place. */
#include "bus/advice/check.h"
#include "bus/conf/yaml.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/county.h"

#define DAY 20650

static void try_on(const struct bus_policy_catalogue *c, uint64_t seed)
{
    static struct county_household household;
    static struct county k;
    struct bus_arena mem;
    struct bus_policy_result r;
    struct bus_err err;
    k.c = (struct bus_policy_catalogue *)(uintptr_t)c;
    bus_arena_init(&mem, 0, 64u << 20);
    for (unsigned missing = 0; missing < 100; missing += 40) {
        county_household(&k, &household, missing, &seed);
        int rc = bus_policy_evaluate(c, &household.h, DAY, BUS_POLICY_REASONS,
                                     &mem, &r, &err);
        fuzz_true(rc == BUS_OK || rc == BUS_ETOOBIG);
        fuzz_true(rc != BUS_OK || r.count <= 1);
        bus_arena_reset(&mem);
    }
    bus_arena_fini(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct county county;
    struct bus_arena mem;
    struct bus_faults faults;
    if (county.c == NULL) {
        fuzz_true(county_open(&county, fuzz_source()));
    }
    bus_arena_init(&mem, 0, 256u << 20);
    bus_faults_init(&faults, &mem);
    const struct bus_node *item =
        bus_conf_yaml_parse(&mem, "item.yaml", fuzz_view(data, size), &faults);
    struct bus_policy_sources s = {
        .facts = county.config.facts_node,
        .standards = county.config.standards_node,
        .items = &item,
        .item_count = item != NULL,
    };
    bus_advice_check_template(s.items, s.item_count, &faults);
    struct bus_policy_catalogue *c = bus_policy_catalogue_new(&s, &faults);
    fuzz_true(c != NULL || faults.errors > 0);
    if (c != NULL) {
        try_on(c, size + 1);
    }
    bus_policy_catalogue_free(c);
    bus_arena_fini(&mem);
    return 0;
}
