/* A decision model as XML: refused with faults, or every element of it can be
 * asked without inputs. */
#include "bus/dmn/dmn.h"
#include "tests/fuzz/fuzz.h"

#define ELEMENTS_MAX 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bus_arena mem, scratch;
    struct bus_faults faults;
    struct dmn_source s = {"m.dmn", fuzz_view(data, size)};
    enum dmn_kind kind;
    struct bus_strv name;
    bus_arena_init(&mem, 0, 0);
    bus_arena_init(&scratch, 0, 64u << 20);
    bus_faults_init(&faults, &mem);
    struct dmn_model *m = dmn_model_new(&s, 1, &faults);
    fuzz_true(m != NULL || faults.errors > 0);
    for (size_t i = 0;
         m != NULL && i < ELEMENTS_MAX && dmn_element_at(m, i, &kind, &name);
         i++) {
        struct feel_value v = dmn_evaluate(m, name, NULL, 0, NULL, &scratch);
        (void)feel_literal(&scratch, &v);
        bus_arena_reset(&scratch);
    }
    dmn_model_free(m);
    bus_arena_fini(&scratch);
    bus_arena_fini(&mem);
    return 0;
}
