/* Is every row of the ledger as it was written? Walks each partition's chain
 * (bus/ledger/chain.h) and tells each row that does not fit: one that was
 * changed does not hide what was done to others.
 *
 * A change is told at its row. Rows taken out are told by their numbers, at the
 * row behind them. Where rows side by side were tampered with, the first and
 * the last of them are told at the least. */
#ifndef BUS_LEDGER_CHAIN_CHECK_H
#define BUS_LEDGER_CHAIN_CHECK_H

#include "bus/ledger/chain.h"
#include "bus/pg/pg.h"

enum bus_ledger_fault_kind {
    BUS_LEDGER_CHANGED,   /* the row is not as it was written */
    BUS_LEDGER_MISSING,   /* rows n..to are not before it */
    BUS_LEDGER_PUT_IN,    /* the row does not follow any */
    BUS_LEDGER_UNCHAINED, /* the row has no number or chain */
    BUS_LEDGER_HEAD,      /* the head is not that of the last row */
};
struct bus_ledger_fault
{
    enum bus_ledger_fault_kind kind;
    const char *topic; /* without the prefix */
    int32_t part;
    int64_t place; /* the row's offset; -1: at the partition's end */
    int64_t n, to; /* its number, or of those that are missing */
};
typedef void (*bus_ledger_faulty)(void *data, const struct bus_ledger_fault *f);
/* For people, Chinese and English: "is not as it was written / 内容被改动". */
const char *bus_ledger_fault_text(enum bus_ledger_fault_kind kind);

struct bus_ledger_chain_sum
{
    int64_t rows;   /* in chains */
    int64_t before; /* from before there was a chain: not held */
    int64_t faults;
    char head[2 * BUS_LEDGER_CHAIN_BYTES + 1]; /* SM3 of all heads */
};
/* At one instant of the database, while others write; in `pg`'s transaction if
 * it is in one (`inside`), else in one of its own. */
int bus_ledger_chain_check(struct bus_pg *pg,
                           bool inside,
                           bus_ledger_faulty faulty,
                           void *data,
                           struct bus_ledger_chain_sum *ret,
                           struct bus_err *err) BUS_MUSTCHECK;

/* One partition, row after row. Pure. */
struct bus_ledger_chain_walk
{
    struct bus_ledger_chain *chain; /* the row's columns are put in here */
    bus_ledger_faulty faulty;
    void *data;
    const char *topic;
    int32_t part;
    struct bus_ledger_head head; /* as `reading` says; n -1: says nothing */
    int64_t since;               /* rows before this place have no chain */
    int64_t due, place;          /* the next row's number; the last's offset */
    /* What the next row may follow: the last row as it says and as it is, and
     * the last that was whole. */
    uint8_t before[3][BUS_LEDGER_CHAIN_BYTES];
    int64_t rows, old, faults; /* of all partitions */
};
/* topic stays the caller's until the end. */
void bus_ledger_walk_begin(struct bus_ledger_chain_walk *w,
                           const char *topic,
                           int32_t part,
                           const struct bus_ledger_head *head,
                           int64_t since);
struct bus_ledger_chain_row
{
    int64_t place, n; /* n 0: none */
    struct bus_strv chain;
};
int bus_ledger_walk_row(struct bus_ledger_chain_walk *w,
                        const struct bus_ledger_chain_row *row,
                        struct bus_err *err) BUS_MUSTCHECK;
void bus_ledger_walk_end(struct bus_ledger_chain_walk *w);

#endif
