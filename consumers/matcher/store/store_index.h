/* Where each household's record stands: 16 bytes a household in memory, found
 * by the first half of its id. Two ids may share it: then the caller looks into
 * the record which one it is. */
#ifndef CONSUMERS_MATCHER_STORE_INDEX_H
#define CONSUMERS_MATCHER_STORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/id.h"

/* A place: which of two files, the offset and the length there, both in units
 * of 8 bytes. 0: none. */
#define STORE_UNIT       8u
#define STORE_UNITS_MAX  ((1u << 24) - 1) /* of one record: 128 MiB */
#define STORE_OFFSET_MAX (((int64_t)1 << 39) - 1)

struct store_slot
{
    uint64_t tag, place;
};
struct store_index
{
    struct store_slot *slots;
    size_t cap, count; /* count: taken, those let go of included */
    size_t live;
};

uint64_t matcher_store_place_of(unsigned file, int64_t offset, size_t bytes);
unsigned matcher_store_place_file(uint64_t place);
int64_t matcher_store_place_offset(uint64_t place);
size_t matcher_store_place_bytes(uint64_t place);

/* The first half of an id: tags are in the order of ids. */
uint64_t matcher_store_tag(const struct bus_id *id);
void matcher_store_index_fini(struct store_index *ix);
/* The slots of a tag, one after the other: start with *at = SIZE_MAX. NULL: no
 * more. */
struct store_slot *
matcher_store_index_next(struct store_index *ix, uint64_t tag, size_t *at);
/* One more. */
int matcher_store_index_add(struct store_index *ix,
                            uint64_t tag,
                            uint64_t place,
                            struct bus_err *err) BUS_MUSTCHECK;
/* The slot of this tag at this place; NULL. */
struct store_slot *
matcher_store_index_at(struct store_index *ix, uint64_t tag, uint64_t place);
bool matcher_store_slot_taken(const struct store_slot *slot);
void matcher_store_index_drop(struct store_index *ix, struct store_slot *slot);

#endif
