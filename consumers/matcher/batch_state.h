/* The states a batch has written, before they are committed. Fixed size, made
 * once: one slot a household of the batch. */
#ifndef CONSUMERS_MATCHER_OVERLAY_H
#define CONSUMERS_MATCHER_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"

struct overlay_slot
{
    struct bus_id id;
    struct bus_strv state;
    int32_t partition;
    uint32_t epoch; /* of another epoch: free */
};
struct overlay
{
    struct overlay_slot *slots;
    uint32_t *used; /* positions taken, in order */
    size_t cap, count;
    uint32_t epoch;
};

/* Room for `households` of them. */
int overlay_init(struct overlay *o,
                 size_t households,
                 struct bus_err *err) BUS_MUSTCHECK;
void overlay_fini(struct overlay *o);
void overlay_clear(struct overlay *o);
/* The slot of the household; state.p == NULL when it is new. */
struct overlay_slot *
overlay_get(struct overlay *o, const struct bus_id *id, int32_t partition);

#endif
