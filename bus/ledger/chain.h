/* The chain over the ledger's rows, so that what SQL changes, deletes, puts in
 * or moves behind our back is found and named.
 *
 * Each partition of each topic has a chain of its own, in the order of its
 * offsets: shards that write side by side share none. Its rows are numbered
 * from 1, without a gap. A row's chain is the SM3 of
 *
 *   the chain of the row before (32 bytes; zeros before the first),
 *   its number (8 bytes, big endian),
 *   each column of `event` from topic to recorded_at (BUS_LEDGER_CHAIN_COLUMNS,
 *   in the order of event_insert.sql) as its length (4 bytes, big endian;
 *   ffffffff for null) and its bytes in PostgreSQL's binary form,
 *
 * and the head (table `reading`) repeats number and chain of the newest. The
 * chain has no key: who may write to the database and works out all rows from
 * one on and the head is found by what `lianou audit` printed before.
 *
 * One thread at a time. */
#ifndef BUS_LEDGER_CHAIN_H
#define BUS_LEDGER_CHAIN_H

#include "bus/base/buf.h"
#include "bus/base/err.h"
#include "bus/wire/sign.h"

#define BUS_LEDGER_CHAIN_BYTES   BUS_WIRE_SM3_BYTES
#define BUS_LEDGER_CHAIN_COLUMNS 17

struct bus_ledger_head
{
    int64_t next; /* the offset behind the newest row's */
    int64_t n;    /* rows in the chain */
    uint8_t chain[BUS_LEDGER_CHAIN_BYTES];
};

/* What rows are hashed with. */
struct bus_ledger_chain
{
    struct bus_wire_sm3er *sm3;
    struct bus_buf row;
};
int bus_ledger_chain_init(struct bus_ledger_chain *c,
                          struct bus_err *err) BUS_MUSTCHECK;
void bus_ledger_chain_fini(struct bus_ledger_chain *c); /* zeroed is allowed */
void bus_ledger_chain_start(struct bus_ledger_chain *c);
/* Its length in 4 bytes and its bytes: an element of bus/pg/array.h. */
void bus_ledger_chain_element(struct bus_ledger_chain *c,
                              struct bus_strv element);
/* p NULL: null. */
void bus_ledger_chain_column(struct bus_ledger_chain *c, struct bus_strv v);
/* As row n behind `before`; may be asked again with another place. `ret` may
 * be `before`. */
int bus_ledger_chain_of(struct bus_ledger_chain *c,
                        const uint8_t before[BUS_LEDGER_CHAIN_BYTES],
                        int64_t n,
                        uint8_t ret[BUS_LEDGER_CHAIN_BYTES],
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
