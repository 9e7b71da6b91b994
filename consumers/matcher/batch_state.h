/* The parts of households a batch has changed, before they are committed: one
 * slot a household, of each part only the latest. Fixed size, made once. */
#ifndef CONSUMERS_MATCHER_BATCH_STATE_H
#define CONSUMERS_MATCHER_BATCH_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "consumers/matcher/keys/table.h"
#include "consumers/matcher/state_parts.h"

struct batch_state_part
{
    uint32_t part;
    uint32_t room; /* bytes there for it */
    struct bus_strv framed;
};
/* Of the household's own key (keys/keys.h). */
struct batch_state_key
{
    bool gone; /* destroyed; else it is a new one */
    uint8_t wrapped[MATCHER_WRAPPED_BYTES];
    int64_t made_ms;
};
struct batch_state_slot
{
    struct bus_id id;
    struct batch_state_part *parts;
    const struct batch_state_key *key; /* NULL: unchanged */
    uint32_t count, cap;
    int32_t partition;
    uint32_t epoch; /* of another epoch: free */
};
struct batch_state
{
    struct batch_state_slot *slots;
    uint32_t *used; /* positions taken, in order */
    size_t cap, count;
    uint32_t epoch;
};

/* Room for `households` of them. */
int matcher_batch_state_init(struct batch_state *o,
                             size_t households,
                             struct bus_err *err) BUS_MUSTCHECK;
void matcher_batch_state_fini(struct batch_state *o);
void matcher_batch_state_clear(struct batch_state *o);
/* The slot of the household; without parts when it is new. */
struct batch_state_slot *matcher_batch_state_get(struct batch_state *o,
                                                 const struct bus_id *id,
                                                 int32_t partition);
/* The i-th that was taken. */
struct batch_state_slot *matcher_batch_state_at(struct batch_state *o,
                                                size_t i);
/* Makes room for as many parts more as matcher_batch_state_keep() will be
 * given: after it nothing can fail. */
int matcher_batch_state_reserve(struct batch_state_slot *slot,
                                const struct matcher_parts *parts,
                                const bool *changed,
                                struct bus_arena *mem,
                                struct bus_err *err) BUS_MUSTCHECK;
void matcher_batch_state_keep(struct batch_state_slot *slot,
                              const struct matcher_parts *parts,
                              const bool *changed);
/* Puts the slot's parts over those that stand on disk. */
int matcher_batch_state_over(const struct batch_state_slot *slot,
                             struct matcher_parts *on,
                             struct bus_arena *mem,
                             struct bus_err *err) BUS_MUSTCHECK;

#endif
