/* One-dimensional arrays in PostgreSQL's binary form, for unnest. What an add
 * puts behind the buffer is the element: its length (4 bytes, big endian,
 * ffffffff for null) and its bytes.
 *
 *   bus_pg_array_start(&b, BUS_PG_UUID_OID); add each; p = bus_pg_array_end(&b)
 *
 * Texts must be what the server takes: bytes that are no UTF-8 become '?', NULs
 * are left out, so that no event can stop a batch. A buffer that failed to grow
 * is seen by bus_buf.failed at the end. */
#ifndef BUS_PG_ARRAY_H
#define BUS_PG_ARRAY_H

#include <stdint.h>

#include "bus/base/buf.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"

enum bus_pg_oid { /* element types; server's catalogue pg_type */
                  BUS_PG_BYTEA = 17,
                  BUS_PG_INT8 = 20,
                  BUS_PG_INT4 = 23,
                  BUS_PG_TEXT = 25,
                  BUS_PG_TIMESTAMPTZ = 1184,
                  BUS_PG_UUID = 2950,
                  BUS_PG_JSON = 114
};

void bus_pg_array_start(struct bus_buf *b, enum bus_pg_oid element);
void bus_pg_array_null(struct bus_buf *b);
void bus_pg_array_text(struct bus_buf *b, struct bus_strv v); /* p NULL: null */
void bus_pg_array_bytes(struct bus_buf *b, struct bus_strv v); /* the same */
void bus_pg_array_i32(struct bus_buf *b, int32_t v);
void bus_pg_array_i64(struct bus_buf *b, int64_t v);
/* Outside the years 1 to 9999: the nearer end. */
void bus_pg_array_time(struct bus_buf *b, int64_t unix_ms);
void bus_pg_array_id(struct bus_buf *b,
                     const struct bus_id *id); /* NULL: null */
/* Ends it; a view into b. */
struct bus_strv bus_pg_array_end(struct bus_buf *b);

#endif
