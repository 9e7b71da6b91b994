/* Between Avro bytes and the generated C structs (schemas/<name>.h).
 *
 * A (writer, reader) pair is compiled once into a table of steps. Decoding
 * copies no text: views point into the bytes; arrays and nested parts are in
 * the arena. Every length and count is held against what is left before
 * anything is allocated. Errors are BUS_ACT_REJECT with the byte they stand at:
 * BUS_ETRUNCATED, BUS_ERANGE, BUS_ETOOBIG (a limit or the arena), BUS_EPARSE.
 */
#ifndef BUS_WIRE_CODEC_H
#define BUS_WIRE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/buf.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"
#include "bus/wire/schema.h"

#define BUS_WIRE_DEPTH_MAX 64      /* nested arrays, maps, skipped parts */
#define BUS_WIRE_ITEMS_MAX 1000000 /* of one array or map */
#define BUS_WIRE_ZERO_MAX  4096    /* items that take no bytes, of a message */

/* Where a value stands in a C struct. Made by avsc2c. */
struct bus_wire_slot
{
    uint32_t offset;                 /* from its struct's start */
    uint32_t has_offset;             /* of has_<field>; NO_HAS */
    uint32_t size;                   /* of an item, a map's pair */
    const struct bus_wire_slot *sub; /* fields, item, pair's value, branches */
};
#define BUS_WIRE_NO_HAS UINT32_MAX

struct bus_wire_runtime; /* compiled on first use */
struct bus_wire_type
{
    const char *name; /* "lianou.application" */
    const char *json; /* stands alone */
    uint32_t id;      /* of the Confluent framing */
    uint32_t size;    /* sizeof(struct sa_...) */
    const struct bus_wire_slot *slots;
    struct bus_wire_runtime **runtime;
};
/* Compiles the type's own schema; other calls do so by themselves. Safe from
 * any thread. BUS_EBUG if the generated code is at fault. */
int bus_wire_type_ready(const struct bus_wire_type *type,
                        struct bus_err *err) BUS_MUSTCHECK;
/* Gives back what was compiled (of types made while running); nobody may be
 * using the type. */
void bus_wire_type_drop(const struct bus_wire_type *type);
const struct bus_wire_schema *
bus_wire_type_schema(const struct bus_wire_type *type); /* after ready */

/* Exactly as many bytes as encode_at writes. The type must be ready. */
size_t bus_wire_size(const struct bus_wire_type *type, const void *record);
uint8_t *bus_wire_encode_at(const struct bus_wire_type *type,
                            const void *record,
                            uint8_t *to); /* behind the last byte */
int bus_wire_encode_arena(const struct bus_wire_type *type,
                          const void *record,
                          struct bus_arena *mem,
                          struct bus_strv *ret,
                          struct bus_err *err) BUS_MUSTCHECK;
int bus_wire_encode_buf(const struct bus_wire_type *type,
                        const void *record,
                        struct bus_buf *out,
                        struct bus_err *err) BUS_MUSTCHECK;

/* An array field of the record written once, to be given back as often as it is
 * to be written: *ret are its bytes alone. ends (may be NULL; one for each
 * item) tells where each item ends in them; the first begins behind the count.
 */
int bus_wire_encode_field(const struct bus_wire_type *type,
                          const void *record,
                          size_t field, /* offsetof(struct sa_..., facts) */
                          struct bus_arena *mem,
                          uint32_t *ends,
                          struct bus_strv *ret,
                          struct bus_err *err) BUS_MUSTCHECK;
/* An array field {v, n} that stands for such bytes: v is the address of their
 * view, n is this. Only encoding understands it. */
#define BUS_WIRE_ENCODED SIZE_MAX

/* What this type itself wrote. *ret is in mem. */
int bus_wire_decode_own(const struct bus_wire_type *type,
                        struct bus_strv bytes,
                        struct bus_arena *mem,
                        void **ret,
                        struct bus_err *err) BUS_MUSTCHECK;

struct bus_wire_plan;
/* Borrows writer (it must outlive the plan) and type. */
int bus_wire_plan_new(const struct bus_wire_schema *writer,
                      const struct bus_wire_type *type,
                      struct bus_wire_plan **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
void bus_wire_plan_free(struct bus_wire_plan *plan);
int bus_wire_plan_decode(const struct bus_wire_plan *plan,
                         struct bus_strv bytes,
                         struct bus_arena *mem,
                         void **ret,
                         struct bus_err *err) BUS_MUSTCHECK;

/* The next of several records that stand one behind the other; moves bytes on
 * behind it. */
int bus_wire_plan_next(const struct bus_wire_plan *plan,
                       struct bus_strv *bytes,
                       struct bus_arena *mem,
                       void **ret,
                       struct bus_err *err) BUS_MUSTCHECK;

/* Of a masked byte string at most so many bytes are shown. */
#define BUS_WIRE_SHOWN_MAX 32

/* Masks a decoded record in place, so that it can be written again by its
 * schema and hold nothing of a person: fields marked "lianou.pii" become null
 * if they may, else "***", no bytes, no items, zero; other byte strings over
 * BUS_WIRE_SHOWN_MAX become "(N bytes)", for what is inside is not known. A
 * fact's value becomes "***": null would say that there is none. */
int bus_wire_mask(const struct bus_wire_type *type,
                  void *record,
                  struct bus_arena *mem,
                  struct bus_err *err) BUS_MUSTCHECK;
/* Likewise, but values of facts stay: for who has said what for. */
int bus_wire_mask_but_facts(const struct bus_wire_type *type,
                            void *record,
                            struct bus_arena *mem,
                            struct bus_err *err) BUS_MUSTCHECK;

/* Bytes of a schema as JSON text (Avro's JSON encoding, bytes as hex). With
 * mask, fields marked "lianou.pii" show as "***" and sealed ones as "(sealed)".
 * Needs no generated struct: for taps of any topic. */
int bus_wire_print(const struct bus_wire_schema *schema,
                   struct bus_strv bytes,
                   bool mask,
                   struct bus_buf *out,
                   struct bus_err *err) BUS_MUSTCHECK;
/* Masked, but values of facts (marked "fact") are shown: for who has said what
 * for. */
int bus_wire_print_facts(const struct bus_wire_schema *schema,
                         struct bus_strv bytes,
                         struct bus_buf *out,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Masked, and without some fields of the outer record: their names, ended by
 * NULL. What a store keeps of a record. */
int bus_wire_print_without(const struct bus_wire_schema *schema,
                           struct bus_strv bytes,
                           const char *const *omit,
                           struct bus_buf *out,
                           struct bus_err *err) BUS_MUSTCHECK;

#endif
