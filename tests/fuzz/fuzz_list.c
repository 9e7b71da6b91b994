/* A station's list: bytes, rows, columns, households, forms. Every fault has a
 * place inside the file; what has none is an application. */
#include <stdlib.h>

#include "producers/intake/csv_import.h"
#include "tests/fuzz/fuzz.h"

static struct bus_config config;
static struct form_index ix;
static struct form form; /* too big for the stack */
static struct csv_import sheet;
static struct csv_import_unit unit;

static void set_up(void)
{
    char path[512];
    struct bus_err err;
    (void)snprintf(path, sizeof(path), "%s/bus-config", fuzz_source());
    fuzz_true(bus_conf_open(&config, path, NULL, &err) == BUS_OK);
    fuzz_true(intake_form_index_init(&ix, &config, &err) == BUS_OK);
}

static void household(struct bus_arena *mem, size_t lines)
{
    struct form_rules rules = {.config = &config,
                               .index = &ix,
                               .person_key =
                                   BUS_STRV("0123456789abcdef0123456789abcdef"),
                               .now_ms = INT64_C(1784000000000)};
    struct bus_err err;
    fuzz_true(unit.first_line <= unit.last_line && unit.last_line <= lines);
    int rc = intake_form_read(&rules, unit.json, mem, &form, &err);
    fuzz_true(rc == BUS_OK || rc == BUS_ETOOBIG);
    for (size_t i = 0;
         rc == BUS_OK && i < form.fault_count && i < FORM_FAULTS_MAX; i++) {
        struct csv_import_fault f;
        intake_csv_import_place(&sheet, &unit, &form.faults[i], mem, &f);
        fuzz_true(f.line >= unit.first_line && f.line <= unit.last_line &&
                  f.column <= sheet.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_import_faults faults;
    struct bus_arena mem;
    struct bus_buf text;
    struct bus_err err;
    const char *encoding;
    if (config.folder == NULL) {
        set_up();
    }
    FILE *f = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
    if (f == NULL ||
        bus_workbook_csv_load(f, &text, &encoding, &err) != BUS_OK) {
        if (f != NULL) {
            (void)fclose(f);
        }
        return 0;
    }
    (void)fclose(f);
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++) {
        lines += text.data[i] == '\n';
    }
    bus_arena_init(&mem, 0, 64u << 20);
    int rc = intake_csv_import_open(&sheet, bus_buf_view(&text), &config, &ix,
                                    &faults, &err);
    if (rc == BUS_OK && faults.n == 0) {
        while (intake_csv_import_next(&sheet, &mem, &unit, &err) == BUS_OK) {
            household(&mem, lines);
            json_decref(unit.json);
            bus_arena_reset(&mem);
        }
    }
    intake_csv_import_close(&sheet);
    bus_arena_fini(&mem);
    bus_buf_fini(&text);
    return 0;
}
