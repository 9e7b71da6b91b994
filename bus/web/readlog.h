/* The reading log: who has read whose personal data, why, when; a row each
 * time, written before the answer goes out. What cannot be written down is not
 * read.
 *
 * Rows are numbered from 1 and chained: a row's chain is the SM3 of the chain
 * before (32 zero bytes before the first), the number (8 bytes, big endian) and
 * each text as its length (4 bytes, big endian) and bytes, in the order of
 * struct bus_web_readlog_row. A row that is changed, left out, put in or moved
 * is found and named by bus_web_readlog_check(); so are rows that are missing
 * at the end, by the head. Who can write to the database and knows all of this
 * can make a new chain from a row on: the head that `lianou audit` prints,
 * kept elsewhere, shows that.
 *
 * Blocking, as bus/pg/pg.h. */
#ifndef BUS_WEB_READLOG_H
#define BUS_WEB_READLOG_H

#include "bus/pg/pg.h"
#include "bus/wire/sign.h"

#define BUS_WEB_READLOG_HEX (2 * BUS_WIRE_SM3_BYTES)

struct bus_web_read
{
    const char *who;     /* "account li.ming", "system MZ", "user root" */
    const char *via;     /* "GET /v1/cases/{id}", "lianou case show" */
    const char *purpose; /* as he says; "" if he says nothing */
    const char *record;  /* the id that was asked for */
    const char *fields;  /* the parts that were shown */
};
/* In a transaction of its own; one at a time over the whole database. */
int bus_web_read_note(struct bus_pg *pg,
                      const struct bus_web_read *read,
                      struct bus_err *err) BUS_MUSTCHECK;

struct bus_web_readlog_row
{
    int64_t n;
    const char *texts[6]; /* at, who, via, purpose, record, fields */
};
/* The chain of a row behind `before`. Pure. */
int bus_web_readlog_chain(const uint8_t before[BUS_WIRE_SM3_BYTES],
                          const struct bus_web_readlog_row *row,
                          uint8_t ret[BUS_WIRE_SM3_BYTES],
                          struct bus_err *err) BUS_MUSTCHECK;

struct bus_web_readlog_sum
{
    int64_t rows;
    int64_t broken;  /* the first row that is not as it was written; 0: none */
    const char *why; /* "" for none */
    char head[BUS_WEB_READLOG_HEX + 1];
};
int bus_web_readlog_check(struct bus_pg *pg,
                          struct bus_web_readlog_sum *ret,
                          struct bus_err *err) BUS_MUSTCHECK;

/* One row after the other, as they are read. */
struct bus_web_readlog_walk
{
    uint8_t chain[BUS_WIRE_SM3_BYTES]; /* all 0 at first */
    struct bus_web_readlog_sum sum;    /* likewise; why "" */
};
/* hex: the row's own chain. Goes on after a fault, counting. Pure. */
int bus_web_readlog_step(struct bus_web_readlog_walk *w,
                         const struct bus_web_readlog_row *row,
                         const char *hex,
                         struct bus_err *err) BUS_MUSTCHECK;
/* What the head says, at the end. */
void bus_web_readlog_end(struct bus_web_readlog_walk *w,
                         int64_t head_n,
                         const char *head_hex);

#endif
