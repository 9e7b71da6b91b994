/* The whole, made from texts. */
#include "bus/registers/registers_parts.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/hex.h"
#include "bus/wire/crypt.h"

#define REGISTER_BYTES_MAX (256u << 20)

/* A NUL ends each text: none has one within. */
static void make_version(struct bus_register *r,
                         const struct bus_register_sources *s)
{
    const struct bus_strv end = {"", 1};
    const struct bus_strv texts[] = {
        s->organisations.text, end, s->operators.text, end,
        s->delegations.text,   end, s->seals.text,     end,
        s->partner_keys.text,  end};
    uint8_t hash[BUS_WIRE_SHA256_BYTES];
    bus_wire_sha256_parts(texts, sizeof(texts) / sizeof(texts[0]), hash);
    bus_hex_write(hash, sizeof(r->version) / 2, r->version);
}

struct bus_register *
bus_registers_new(const struct bus_register_sources *sources,
                  struct bus_faults *faults)
{
    struct bus_register *r = bus_calloc(1, sizeof(*r));
    if (r == NULL) {
        faults->out_of_memory = true;
        return NULL;
    }
    bus_arena_init(&r->mem, 0, REGISTER_BYTES_MAX);
    make_version(r, sources);
    registers_read(r, sources, faults);
    if (!faults->out_of_memory) {
        registers_check(r, sources, faults);
    }
    if (!bus_faults_none(faults)) {
        bus_registers_free(r);
        return NULL;
    }
    return r;
}

void bus_registers_free(struct bus_register *r)
{
    if (r != NULL) {
        bus_arena_fini(&r->mem);
        bus_free(r);
    }
}

const char *bus_registers_version(const struct bus_register *r)
{
    return r->version;
}
