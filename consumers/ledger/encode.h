/* encode: messages into the parameters of event_insert.sql and
 * reading_upsert.sql, PostgreSQL's binary arrays. Pure but for its buffers.
 *
 * Every message becomes a row: what cannot be read is one of kind "unreadable"
 * under an id derived from its place, so that nothing of a topic is missing. So
 * is what stands under another household's key (bus/role/keyed.h): it is an
 * event of nobody, and its row says the reason code in `word`.
 *
 * Rows are chained as they are made (bus/ledger/chain.h), from the heads on. A
 * message that stands before its partition's head is in the database: it makes
 * no row. */
#ifndef CONSUMERS_LEDGER_ENCODE_H
#define CONSUMERS_LEDGER_ENCODE_H

#include "bus/base/buf.h"
#include "bus/conf/limits.h"
#include "bus/kafka/client.h"
#include "consumers/ledger/extract.h"
#include "consumers/ledger/heads.h"

#define LEDGER_COLUMNS  19    /* of event_insert.sql */
#define LEDGER_OFFSETS  5     /* of reading_upsert.sql */
#define LEDGER_ROWS_MAX 20000 /* of one unit */
_Static_assert(LEDGER_ROWS_MAX >= 2 * BUS_CONF_ROWS_MAX,
               "a unit is a batch and what waited");

struct ledger_place
{
    int32_t topic_index, partition;
    size_t head; /* index in heads */
};
struct ledger_encode
{
    size_t prefix;      /* bytes of a topic's prefix */
    int32_t partitions; /* of every case topic */
    struct ledger_extract extract;
    struct ledger_heads heads; /* the caller's to load, and to take back */
    struct bus_ledger_chain chain;
    int64_t recorded_ms;    /* of the unit's rows */
    struct bus_err failure; /* code BUS_OK: none so far */
    struct bus_buf columns[LEDGER_COLUMNS], offsets[LEDGER_OFFSETS];
    struct bus_strv row_params[LEDGER_COLUMNS], offset_params[LEDGER_OFFSETS];
    struct ledger_place *places; /* each partition of the unit once */
    size_t place_count, rows;
    uint64_t unreadable, parked_notes; /* since the start */
};

int ledger_encode_init(struct ledger_encode *e,
                       size_t prefix,
                       int32_t partitions,
                       struct bus_err *err) BUS_MUSTCHECK;
void ledger_encode_fini(struct ledger_encode *e); /* zeroed is allowed */
void ledger_encode_start(struct ledger_encode *e);
/* The message must live until end. At most LEDGER_ROWS_MAX a unit. */
void ledger_encode_add(struct ledger_encode *e, const struct bus_kafka_msg *m);
/* Fills row_params and offset_params, good until the next start. An error of
 * an add comes here. */
int ledger_encode_end(struct ledger_encode *e,
                      struct bus_err *err) BUS_MUSTCHECK;

#endif
