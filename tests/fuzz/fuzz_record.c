/* A Kafka value in Confluent framing, as each of our records that has the id
 * (or as the first, for an id nobody has); and the same bytes as CloudEvents
 * headers. What is read is written the same and can be shown. */
#include "bus/role/types.h"
#include "bus/wire/framing.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_MAX (32u << 20)

static void framed(struct bus_strv value)
{
    uint32_t id = 0;
    struct bus_strv body, bytes;
    struct bus_err err;
    struct bus_arena mem;
    struct bus_buf text = {0};
    void *record = NULL;
    if (bus_wire_unframe(value, &id, &body, &err) != BUS_OK) {
        return;
    }
    const struct bus_wire_type *type = bus_role_types_by_id(id);
    type = type ? type : bus_role_types_all()[0];
    struct bus_wire_registry *known = bus_wire_registry_new();
    bus_arena_init(&mem, 0, ARENA_MAX);
    int rc = bus_wire_decode(known, type, value, &mem, &record, &err);
    fuzz_true(rc == BUS_OK || bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT);
    if (rc == BUS_OK) {
        rc = bus_wire_encode_framed(type, record, &mem, &bytes, &err);
        fuzz_true(rc == BUS_OK || rc == BUS_ETOOBIG);
        fuzz_true(bus_wire_print(bus_wire_type_schema(type), body, true, &text,
                                 &err) == BUS_OK);
        if (rc == BUS_OK) { /* blocks may be cut in another way */
            struct bus_strv again;
            rc = bus_wire_decode(known, type, bytes, &mem, &record, &err);
            if (rc == BUS_OK) {
                rc = bus_wire_encode_framed(type, record, &mem, &again, &err);
            }
            fuzz_true(rc == BUS_ETOOBIG ||
                      (rc == BUS_OK && bus_strv_eq(bytes, again)));
        }
    }
    bus_buf_fini(&text);
    bus_arena_fini(&mem);
    bus_wire_registry_free(known);
}

/* name NUL value NUL ... */
static void headers(struct bus_strv rest)
{
    struct bus_wire_header list[BUS_WIRE_HEADERS_MAX], back[64];
    struct bus_wire_envelope e, again;
    size_t n = 0;
    char names[64][40];
    while (rest.n > 0 && n < 64) {
        (void)bus_strv_copy(names[n], sizeof(names[n]), fuzz_part(&rest));
        back[n].name = names[n];
        back[n++].value = fuzz_part(&rest);
    }
    bus_wire_envelope_read(back, n, &e);
    n = bus_wire_envelope_headers(&e, list);
    fuzz_true(n <= BUS_WIRE_HEADERS_MAX);
    bus_wire_envelope_read(list, n, &again);
    fuzz_true(bus_strv_eq(e.id, again.id) && bus_strv_eq(e.time, again.time) &&
              bus_strv_eq(e.traceparent, again.traceparent));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    framed(fuzz_view(data, size));
    headers(fuzz_view(data, size));
    return 0;
}
