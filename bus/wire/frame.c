/* The five bytes before a record: a zero and the schema's id. */
#include "bus/wire/framing.h"

int bus_wire_unframe(struct bus_strv value,
                     uint32_t *ret_id,
                     struct bus_strv *ret_body,
                     struct bus_err *err)
{
    const uint8_t *p = (const uint8_t *)value.p;
    if (value.n < BUS_WIRE_FRAME_BYTES) {
        return bus_fail(err, BUS_ETRUNCATED,
                        "%zu bytes; Confluent framing alone has 5", value.n);
    }
    if (p[0] != 0) {
        return bus_fail(err, BUS_EPARSE,
                        "the first byte is 0x%02x, not the zero of Confluent "
                        "framing",
                        p[0]);
    }
    *ret_id = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 |
              (uint32_t)p[3] << 8 | p[4];
    *ret_body = (struct bus_strv){value.p + BUS_WIRE_FRAME_BYTES,
                                  value.n - BUS_WIRE_FRAME_BYTES};
    return BUS_OK;
}

uint8_t *bus_wire_frame_at(uint32_t id, uint8_t *to)
{
    to[0] = 0;
    for (int i = 0; i < 4; i++) {
        to[1 + i] = (uint8_t)(id >> (24 - 8 * i));
    }
    return to + BUS_WIRE_FRAME_BYTES;
}
