/* Confluent framing (a zero byte, the schema id in four bytes, the body), the
 * schemas known by id, and CloudEvents 1.0 in Kafka's binary mode. */
#ifndef BUS_WIRE_FRAMING_H
#define BUS_WIRE_FRAMING_H

#include <stdint.h>

#include "bus/base/id.h"
#include "bus/wire/codec.h"

#define BUS_WIRE_FRAME_BYTES 5

/* BUS_ETRUNCATED under five bytes, BUS_EPARSE if the first is not zero. */
int bus_wire_unframe(struct bus_strv value,
                     uint32_t *ret_id,
                     struct bus_strv *ret_body,
                     struct bus_err *err) BUS_MUSTCHECK;
uint8_t *bus_wire_frame_at(uint32_t id, uint8_t *to);
/* Framing and body in mem. */
int bus_wire_encode_framed(const struct bus_wire_type *type,
                           const void *record,
                           struct bus_arena *mem,
                           struct bus_strv *ret,
                           struct bus_err *err) BUS_MUSTCHECK;

/* The schemas a program knows. Not thread-safe while learning; each thread may
 * have its own. */
struct bus_wire_registry;
struct bus_wire_registry *bus_wire_registry_new(void); /* NULL: no memory */
void bus_wire_registry_free(struct bus_wire_registry *r);
/* A writer's schema under an id (a partner's older or newer version). */
int bus_wire_registry_add(struct bus_wire_registry *r,
                          uint32_t id,
                          struct bus_strv schema_json,
                          struct bus_err *err) BUS_MUSTCHECK;
/* A framed value as `type`. The id may be the type's own, or any added one
 * that resolves to it; else BUS_EUNKNOWN or BUS_ESCHEMA. */
int bus_wire_decode(struct bus_wire_registry *r,
                    const struct bus_wire_type *type,
                    struct bus_strv value,
                    struct bus_arena *mem,
                    void **ret,
                    struct bus_err *err) BUS_MUSTCHECK;

/* CloudEvents 1.0 attributes as Kafka headers `ce_*`. Empty views are absent.
 * Texts are borrowed. */
struct bus_wire_envelope
{
    struct bus_strv id, source, type, subject, time;
    struct bus_strv partitionkey, sequence, correlationid, causationid;
    struct bus_strv traceparent;
};
struct bus_wire_header
{
    const char *name;
    struct bus_strv value;
};
#define BUS_WIRE_HEADERS_MAX 13
/* Fills ret with what is there; returns how many. */
size_t
bus_wire_envelope_headers(const struct bus_wire_envelope *e,
                          struct bus_wire_header ret[BUS_WIRE_HEADERS_MAX]);
/* Takes what is known from a list of headers, leaves the rest empty. */
void bus_wire_envelope_read(const struct bus_wire_header *headers,
                            size_t n,
                            struct bus_wire_envelope *ret);

#endif
