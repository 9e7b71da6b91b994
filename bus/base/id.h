/* Ids: 128 bits, shown as a UUID (RFC 9562). Fresh ids are version 7, ids
 * derived from content are version 8, so that a replay writes the same ones. */
#ifndef BUS_BASE_ID_H
#define BUS_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bus/base/strv.h"

struct bus_id
{
    uint8_t b[16];
};
#define BUS_ID_TEXT 36 /* characters, without NUL */

static inline bool bus_id_eq(const struct bus_id *a, const struct bus_id *b)
{
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
bool bus_id_is_nil(const struct bus_id *a);
int bus_id_cmp(const struct bus_id *a, const struct bus_id *b);
/* Writes 36 lower-case characters and a NUL; returns dst. */
char *bus_id_text(const struct bus_id *a, char dst[BUS_ID_TEXT + 1]);
bool bus_id_parse(struct bus_strv s, struct bus_id *ret); /* strict form */
/* Version 7: unix_ms and random bits (getrandom), increasing within the
 * process for one millisecond. Not thread-safe. */
struct bus_id bus_id_fresh(int64_t unix_ms);
/* Version 8 from at least 16 bytes of a hash. */
struct bus_id bus_id_of_hash(const uint8_t *hash16);

#endif
