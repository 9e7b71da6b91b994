/* Schema text: what is taken prints to text that means the same, has one
 * canonical form, and can be read as itself. */
#include "bus/wire/schema.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bus_wire_set *a = bus_wire_set_new(), *b = bus_wire_set_new();
    const struct bus_wire_schema *s = NULL, *again = NULL;
    struct bus_buf json = {0}, form = {0}, form_again = {0};
    struct bus_err err;
    int rc = bus_wire_set_parse(a, fuzz_view(data, size), &s, &err);
    if (rc == BUS_OK) {
        fuzz_true(bus_wire_schema_json(s, &json, &err) == BUS_OK);
        fuzz_true(bus_wire_schema_canonical(s, &form, &err) == BUS_OK);
        rc = bus_wire_set_parse(b, bus_buf_view(&json), &again, &err);
        fuzz_true(rc == BUS_OK || rc == BUS_ETOOBIG);
    }
    if (again != NULL) {
        fuzz_true(bus_wire_schema_canonical(again, &form_again, &err) ==
                  BUS_OK);
        fuzz_true(bus_strv_eq(bus_buf_view(&form), bus_buf_view(&form_again)));
        rc = bus_wire_resolvable(s, again, &err);
        fuzz_true(rc == BUS_OK || rc == BUS_ETOOBIG);
    } else {
        fuzz_true(bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT);
    }
    bus_buf_fini(&json);
    bus_buf_fini(&form);
    bus_buf_fini(&form_again);
    bus_wire_set_free(a);
    bus_wire_set_free(b);
    return 0;
}
