/* A file people write: YAML by each table of the configuration, and CSV. Every
 * fault has a place; nothing else happens. */
#include "bus/conf/bus_config.h"
#include "bus/conf/config_tables.h"
#include "bus/conf/file.h"
#include "bus/conf/yaml.h"
#include "tests/fuzz/fuzz.h"

static void table(const struct bus_keys *keys,
                  const struct bus_node *node,
                  struct bus_faults *faults)
{
    void *to = bus_arena_calloc(faults->mem, 1, keys->size);
    fuzz_true(to != NULL);
    bus_conf_keys_load(keys, node, NULL, &bus_conf_keys_env_system, faults, to);
}

static void on_row(void *data, const struct bus_csv_row *row)
{
    size_t *cells = data;
    for (size_t i = 0; i < row->count; i++) {
        *cells += strlen(row->cell[i]);
    }
}

static void tree(struct bus_strv text, struct bus_faults *faults)
{
    static const struct bus_keys *const tables[] = {
        &bus_conf_keys_config, &bus_conf_keys_partner, &bus_conf_keys_facts,
        &bus_conf_keys_funds, &bus_conf_keys_calendar};
    const struct bus_node *n =
        bus_conf_yaml_parse(faults->mem, "f.yaml", text, faults);
    fuzz_true(n != NULL || faults->errors > 0);
    for (size_t i = 0; n != NULL && i < sizeof(tables) / sizeof(*tables); i++) {
        table(tables[i], n, faults);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bus_arena mem;
    struct bus_faults faults;
    struct bus_buf out = {0};
    size_t cells = 0;
    bus_arena_init(&mem, 0, 256u << 20);
    bus_faults_init(&faults, &mem);
    tree(fuzz_view(data, size), &faults);
    (void)bus_conf_csv_read(&mem, fuzz_file(data, size), "code,name", on_row,
                            &cells, &faults);
    bus_faults_sort(&faults);
    bus_faults_print(&faults, true, &out);
    fuzz_true(faults.errors == 0 || out.len > 0);
    bus_buf_fini(&out);
    bus_arena_fini(&mem);
    return 0;
}
