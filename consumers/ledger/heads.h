/* heads: the chain's heads (bus/ledger/chain.h) of one connection's partitions:
 * as the database has them, with the unit that is on its way, and with the one
 * that is made meanwhile. A unit that fails takes its heads back; a connection
 * that breaks has them read anew, because its unit's fate is not known. */
#ifndef CONSUMERS_LEDGER_HEADS_H
#define CONSUMERS_LEDGER_HEADS_H

#include "bus/base/arena.h"
#include "bus/ledger/chain.h"
#include "bus/pg/pg.h"

struct ledger_head
{
    struct bus_strv topic; /* without the prefix */
    int32_t partition;
    struct bus_ledger_head done, sent, now;
};
struct ledger_heads
{
    struct bus_arena mem;
    struct ledger_head *v;
    size_t n, cap;
};

void ledger_heads_init(struct ledger_heads *h);
void ledger_heads_fini(struct ledger_heads *h); /* zeroed is allowed */
/* Rows of reading_heads.sql, of the partitions that are `shard` modulo
 * `shards`; forgets what was there. */
int ledger_heads_load(struct ledger_heads *h,
                      const struct bus_pg_rows *rows,
                      int32_t shards,
                      int32_t shard,
                      struct bus_err *err) BUS_MUSTCHECK;
/* Its index, good until the next load; a new one stands before the first row.
 */
int ledger_heads_find(struct ledger_heads *h,
                      struct bus_strv topic,
                      int32_t partition,
                      size_t *ret,
                      struct bus_err *err) BUS_MUSTCHECK;
void ledger_heads_sent(struct ledger_heads *h);    /* now is on its way */
void ledger_heads_written(struct ledger_heads *h); /* what was on its way */
void ledger_heads_back(struct ledger_heads *h); /* as the database has them */

#endif
