#include "bus/role/signed.h"

#include <stdint.h>

#include "bus/base/check.h"
#include "bus/wire/framing.h"

/* Avro 1.11, Binary Encoding: a branch is one byte, bytes are a zigzag length
 * of seven bits a byte, and themselves. */
struct bus_strv
bus_role_signed_text(struct bus_strv value, bool has_seal, struct bus_strv seal)
{
    size_t tail = 1;
    if (has_seal) {
        tail += seal.n + 1;
        for (uint64_t length = (uint64_t)seal.n << 1; length >= 0x80;
             length >>= 7) {
            tail++;
        }
    }
    return value.n < tail ? (struct bus_strv){0}
                          : (struct bus_strv){value.p, value.n - tail};
}

int bus_role_record_sign(const struct bus_wire_type *type,
                         const void *record,
                         int64_t signed_at,
                         const struct bus_wire_sealer *sealer,
                         struct bus_arena *mem,
                         struct bus_strv *ret_seal,
                         struct bus_err *err)
{
    struct bus_strv framed;
    BUS_CHECK(sealer != NULL && record != NULL);
    BUS_TRY(bus_wire_encode_framed(type, record, mem, &framed, err));
    return bus_wire_sealer_seal(
        sealer, bus_role_signed_text(framed, false, (struct bus_strv){0}),
        signed_at, mem, ret_seal, err);
}

int bus_role_decision_sign(struct sa_decision *d,
                           struct bus_strv seal_id,
                           const struct bus_wire_sealer *sealer,
                           struct bus_arena *mem,
                           struct bus_err *err)
{
    BUS_CHECK(!d->has_seal && seal_id.n > 0);
    d->has_seal_id = true;
    d->seal_id = seal_id;
    BUS_TRY(bus_role_record_sign(&sa_decision_type, d, d->signed_at, sealer,
                                 mem, &d->seal, err));
    d->has_seal = true;
    return BUS_OK;
}
