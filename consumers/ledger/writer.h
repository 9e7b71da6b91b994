/* writer: batches into PostgreSQL, rows and offsets in one transaction.
 * Blocking; for one pool thread at a time. */
#ifndef CONSUMERS_LEDGER_WRITER_H
#define CONSUMERS_LEDGER_WRITER_H

#include "bus/base/buf.h"
#include "bus/kafka/client.h"
#include "bus/pg/pg.h"
#include "consumers/ledger/extract.h"

#define LEDGER_COLUMNS 16
/* The advisory lock that makes a ledger the only one of its database. */
#define LEDGER_LOCK "7205759403792793"

struct ledger_writer
{
    const char *conninfo;
    int64_t statement_ms;
    size_t prefix; /* bytes of a topic's prefix */
    struct bus_pg *pg;
    struct ledger_extract extract;
    struct bus_buf columns[LEDGER_COLUMNS];
    uint64_t rows, unreadable;
};

int ledger_writer_init(struct ledger_writer *w,
                       struct bus_err *err) BUS_MUSTCHECK;
void ledger_writer_fini(struct ledger_writer *w);
/* Connects if it is not; takes the lock. BUS_EFENCED (STOP) when another
 * ledger holds it. */
int ledger_connect(struct ledger_writer *w, struct bus_err *err) BUS_MUSTCHECK;
/* Fills in the offsets kept. */
int ledger_offsets(struct ledger_writer *w,
                   struct bus_kafka_place *places,
                   size_t n,
                   struct bus_err *err) BUS_MUSTCHECK;
/* RETRY: the same batch again, later. */
int ledger_write(struct ledger_writer *w,
                 const struct bus_kafka_msg *msgs,
                 size_t n,
                 struct bus_err *err) BUS_MUSTCHECK;

#endif
