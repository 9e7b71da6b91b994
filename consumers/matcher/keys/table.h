/* The wrapped keys of a partition's households, in memory: nothing of them is
 * on this machine's disk, so that what the topic has forgotten is forgotten.
 * 90 to 180 bytes a household. One thread at a time. */
#ifndef CONSUMERS_MATCHER_KEYS_TABLE_H
#define CONSUMERS_MATCHER_KEYS_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/id.h"

#define MATCHER_WRAPPED_BYTES 65 /* version, key id, nonce, 32, tag */

struct matcher_key_entry
{
    struct bus_id household;
    uint8_t wrapped[MATCHER_WRAPPED_BYTES];
};
struct matcher_key_table /* zeroed: empty */
{
    struct matcher_key_entry *v;
    uint32_t *at; /* by hash: a place in v and 1; 0: free */
    size_t n, cap, places;
};

void matcher_key_table_fini(struct matcher_key_table *t);
/* NULL: it has none. Until the next change. */
const uint8_t *matcher_key_table_find(const struct matcher_key_table *t,
                                      const struct bus_id *household);
/* In the place of what was there. BUS_ENOMEM. */
int matcher_key_table_put(struct matcher_key_table *t,
                          const struct bus_id *household,
                          const uint8_t wrapped[MATCHER_WRAPPED_BYTES],
                          struct bus_err *err) BUS_MUSTCHECK;
/* Its bytes are overwritten. One that is not there is well. */
void matcher_key_table_drop(struct matcher_key_table *t,
                            const struct bus_id *household);

#endif
