/* Inside the spool. */
#ifndef BUS_ADAPTER_SPOOL_PARTS_H
#define BUS_ADAPTER_SPOOL_PARTS_H

#include <dirent.h>

#include "bus/partner/transport.h"

#define SPOOL_ENDING   ".json"
#define SPOOL_NAME_MAX 200  /* of a partner's file; longer ones are cut */
#define SPOOL_LOOK_MAX 4096 /* files looked at in one look */

struct bus_transport
{
    int root, out, in, done, rejected, ours, staged, claimed, lock;
    size_t max_bytes;
    uint64_t *seen; /* what stood in in/ at the last look, sorted */
    size_t seen_count;
};

DIR *spool_list(int folder);
/* spool_in.c */
int spool_take(struct bus_transport *t,
               struct bus_arena *mem,
               struct bus_transport_taken *ret,
               size_t max,
               size_t *ret_n,
               struct bus_err *err);
int spool_settle(struct bus_transport *t,
                 const char *name,
                 enum bus_transport_verdict verdict,
                 struct bus_strv note,
                 struct bus_err *err);
int spool_settled_sync(struct bus_transport *t, struct bus_err *err);

#endif
