/* Hashing and a small open-addressing map from byte strings to pointers.
 * Not for untrusted bulk keys on a hot path: it is seeded per process. */
#ifndef BUS_BASE_HASH_H
#define BUS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "bus/base/strv.h"

uint64_t bus_hash64(const void *p, size_t n, uint64_t seed);

struct bus_map_slot
{
    struct bus_strv key;
    void *value;
    uint64_t hash;
};
struct bus_map
{
    struct bus_map_slot *slots;
    size_t cap, count;
};
/* A zeroed struct is a valid empty map. Keys are borrowed: they must live as
 * long as the map. Values are borrowed and not NULL. */
void bus_map_fini(struct bus_map *m);
void *bus_map_get(const struct bus_map *m, struct bus_strv key); /* or NULL */
/* 0, or BUS_ENOMEM. Replaces the value of a key that is there. */
int bus_map_put(struct bus_map *m, struct bus_strv key, void *value);
void *bus_map_del(struct bus_map *m, struct bus_strv key); /* old or NULL */
/* Iterates in no order: start with *i = 0; NULL at the end. */
const struct bus_map_slot *bus_map_next(const struct bus_map *m, size_t *i);

#endif
