/* The states a batch has written, before they are committed. Fixed size, made
 * once: one slot a household of the batch. */
#ifndef CONSUMERS_MATCHER_BATCH_STATE_H
#define CONSUMERS_MATCHER_BATCH_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"

struct batch_state_slot
{
    struct bus_id id;
    struct bus_strv state;
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
/* The slot of the household; state.p == NULL when it is new. */
struct batch_state_slot *matcher_batch_state_get(struct batch_state *o,
                                                 const struct bus_id *id,
                                                 int32_t partition);

#endif
