#include "bus/base/hash.h"
#include "bus/base/check.h"

#include <string.h>

#include "bus/base/err.h"
#include "bus/base/heap.h"

#define MAP_FIRST 16u

static uint64_t hash_mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ (x >> 32);
}

uint64_t bus_hash64(const void *p, size_t n, uint64_t seed)
{
    const unsigned char *u = p;
    uint64_t h = seed ^ (n * UINT64_C(0x9e3779b97f4a7c15));
    while (n >= 8) {
        uint64_t w;
        memcpy(&w, u, 8);
        h = hash_mix(h ^ w) + UINT64_C(0x9e3779b97f4a7c15);
        u += 8;
        n -= 8;
    }
    uint64_t w = 0;
    if (n > 0) {
        memcpy(&w, u, n);
    }
    return hash_mix(h ^ w);
}

static uint64_t key_hash(struct bus_strv key)
{
    /* The address of a static differs from process to process (ASLR). */
    static char seed;
    uint64_t h = bus_hash64(key.p, key.n, (uint64_t)(uintptr_t)&seed);
    return h ? h : 1;
}

static struct bus_map_slot *
hash_find(const struct bus_map *m, struct bus_strv key, uint64_t hash)
{
    size_t mask = m->cap - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct bus_map_slot *s = &m->slots[i];
        if (s->value == NULL || (s->hash == hash && bus_strv_eq(s->key, key))) {
            return s;
        }
    }
}

static int hash_grow(struct bus_map *m)
{
    struct bus_map to = {.cap = m->cap ? m->cap * 2 : MAP_FIRST,
                         .count = m->count};
    to.slots = bus_calloc(to.cap, sizeof(*to.slots));
    if (to.slots == NULL) {
        return BUS_ENOMEM;
    }
    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i].value != NULL) {
            *hash_find(&to, m->slots[i].key, m->slots[i].hash) = m->slots[i];
        }
    }
    bus_free(m->slots);
    *m = to;
    return BUS_OK;
}

void bus_map_fini(struct bus_map *m)
{
    if (m != NULL) {
        bus_free(m->slots);
        *m = (struct bus_map){0};
    }
}

void *bus_map_get(const struct bus_map *m, struct bus_strv key)
{
    return m->count == 0 ? NULL : hash_find(m, key, key_hash(key))->value;
}

int bus_map_put(struct bus_map *m, struct bus_strv key, void *value)
{
    BUS_CHECK(value != NULL);
    if (m->count * 4 >= m->cap * 3 && hash_grow(m) != BUS_OK) {
        return BUS_ENOMEM;
    }
    uint64_t hash = key_hash(key);
    struct bus_map_slot *s = hash_find(m, key, hash);
    m->count += s->value == NULL;
    *s = (struct bus_map_slot){key, value, hash};
    return BUS_OK;
}

void *bus_map_del(struct bus_map *m, struct bus_strv key)
{
    if (m->count == 0) {
        return NULL;
    }
    struct bus_map_slot *s = hash_find(m, key, key_hash(key));
    void *old = s->value;
    if (old == NULL) {
        return NULL;
    }
    /* Backward shift: every follower of the run moves up if it may, so that
     * no tombstone is needed. */
    size_t mask = m->cap - 1, hole = (size_t)(s - m->slots);
    for (size_t i = (hole + 1) & mask; m->slots[i].value != NULL;
         i = (i + 1) & mask) {
        size_t household = m->slots[i].hash & mask;
        if (((i - household) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = (struct bus_map_slot){0};
    m->count--;
    return old;
}

const struct bus_map_slot *bus_map_next(const struct bus_map *m, size_t *i)
{
    while (*i < m->cap) {
        const struct bus_map_slot *s = &m->slots[(*i)++];
        if (s->value != NULL) {
            return s;
        }
    }
    return NULL;
}
