/* An application as people send it: JSON, then the form. Without a fault it is
 * a record that can be written and read. */
#include "bus/wire/framing.h"
#include "producers/intake/form.h"
#include "tests/fuzz/fuzz.h"

static struct bus_config config;
static struct form_index ix;
static struct form form; /* too big for the stack */

static void set_up(void)
{
    char path[512];
    struct bus_err err;
    (void)snprintf(path, sizeof(path), "%s/bus-config", fuzz_source());
    fuzz_true(bus_conf_open(&config, path, NULL, &err) == BUS_OK);
    fuzz_true(intake_form_index_init(&ix, &config, &err) == BUS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct form_rules rules = {.config = &config,
                               .index = &ix,
                               .person_key =
                                   BUS_STRV("0123456789abcdef0123456789abcdef"),
                               .now_ms = INT64_C(1784000000000)};
    struct form_syntax syntax = {0};
    struct bus_arena mem;
    struct bus_err err;
    struct bus_strv bytes;
    void *record = NULL;
    if (config.folder == NULL) {
        set_up();
    }
    json_t *j = intake_form_parse(fuzz_view(data, size), &syntax);
    fuzz_true(j != NULL || syntax.code != NULL);
    bus_arena_init(&mem, 0, 16u << 20);
    int rc = j ? intake_form_read(&rules, j, &mem, &form, &err) : BUS_EPARSE;
    fuzz_true(rc == BUS_OK || rc == BUS_ETOOBIG || j == NULL);
    if (rc == BUS_OK && form.fault_count == 0) {
        fuzz_true(bus_wire_encode_arena(&sa_application_type, &form.application,
                                        &mem, &bytes, &err) == BUS_OK);
        fuzz_true(bus_wire_decode_own(&sa_application_type, bytes, &mem,
                                      &record, &err) == BUS_OK);
    }
    bus_arena_fini(&mem);
    json_decref(j);
    return 0;
}
