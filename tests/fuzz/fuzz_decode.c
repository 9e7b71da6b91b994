/* Writer's schema, reader's schema, bytes (NUL between): a plan of the two
 * reads the bytes or refuses them; what it reads is written and read again the
 * same. The tap prints the same bytes or refuses them. */
#include "tests/fuzz/fuzz.h"
#include "tests/lib/lay.h"

#define ARENA_MAX (64u << 20)
#define PRINT_MAX (4u << 20)

/* Twice through the reader's own coder: the same bytes. */
static void round_trip(const struct bus_wire_type *type,
                       const void *record,
                       struct bus_arena *mem)
{
    struct bus_strv bytes, again;
    struct bus_err err;
    void *back = NULL;
    int rc;
    BUS_TRY_GOTO(rc, bus_wire_encode_arena(type, record, mem, &bytes, &err),
                 refused);
    BUS_TRY_GOTO(rc, bus_wire_decode_own(type, bytes, mem, &back, &err),
                 refused);
    BUS_TRY_GOTO(rc, bus_wire_encode_arena(type, back, mem, &again, &err),
                 refused);
    fuzz_true(bus_strv_eq(bytes, again));
    return;
refused:
    fuzz_true(rc == BUS_ETOOBIG);
}

static void decode(const struct bus_wire_schema *w,
                   const struct bus_wire_schema *r,
                   const char *json,
                   struct bus_strv bytes)
{
    struct bus_arena mem;
    struct bus_wire_runtime *runtime = NULL;
    struct bus_wire_type type;
    struct bus_wire_plan *plan = NULL;
    struct bus_err err;
    void *record = NULL;
    bus_arena_init(&mem, 0, ARENA_MAX);
    if (lay_type(r, json, &mem, &runtime, &type) &&
        bus_wire_plan_new(w, &type, &plan, &err) == BUS_OK) {
        int rc = bus_wire_plan_decode(plan, bytes, &mem, &record, &err);
        fuzz_true(rc == BUS_OK ||
                  bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT);
        if (rc == BUS_OK) {
            round_trip(&type, record, &mem);
        }
    }
    bus_wire_plan_free(plan);
    bus_wire_type_drop(&type);
    bus_arena_fini(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bus_strv rest = fuzz_view(data, size);
    struct bus_strv writer = fuzz_part(&rest), reader = fuzz_part(&rest);
    struct bus_wire_set *a = bus_wire_set_new(), *b = bus_wire_set_new();
    const struct bus_wire_schema *w = NULL, *r = NULL;
    struct bus_err err;
    struct bus_arena mem;
    struct bus_buf text;
    bus_arena_init(&mem, 0, 0);
    bus_buf_init(&text, PRINT_MAX);
    const char *json = bus_arena_strndup(&mem, reader.p, reader.n);
    if (bus_wire_set_parse(a, writer, &w, &err) == BUS_OK) {
        int rc = bus_wire_print(w, rest, (size & 1) != 0, &text, &err);
        fuzz_true(rc == BUS_OK || rc == BUS_ENOMEM ||
                  bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT);
        if (bus_wire_set_parse(b, reader, &r, &err) == BUS_OK) {
            decode(w, r, json, rest);
        }
    }
    bus_buf_fini(&text);
    bus_arena_fini(&mem);
    bus_wire_set_free(a);
    bus_wire_set_free(b);
    return 0;
}
