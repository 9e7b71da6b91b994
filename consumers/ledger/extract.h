/* extract: one event of any topic -> the ledger's row. Pure.
 *
 * What SQL asks for in every kind stands in columns; the rest of the record is
 * `detail`, JSON text masked by the schema's marks (lianou.pii), without the
 * facts' values, seals and bytes. An evaluation is long and wanted whole: it
 * has no detail, its `body` is the record as it came. */
#ifndef CONSUMERS_LEDGER_EXTRACT_H
#define CONSUMERS_LEDGER_EXTRACT_H

#include "bus/base/arena.h"
#include "bus/base/buf.h"
#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"
#include "bus/wire/framing.h"

struct ledger_row
{
    const char *kind;
    struct bus_id event_id, household_id, case_id, about;
    bool has_household, has_case, has_about, has_amount;
    struct bus_strv word, item, note;
    struct bus_strv detail; /* JSON; p NULL: none */
    struct bus_strv body;   /* framed Avro; p NULL: not kept */
    int64_t amount_fen, occurred_at;
};

struct ledger_extract
{
    struct bus_wire_registry *schemas;
    struct bus_arena mem; /* of the row; reset with each */
    struct bus_buf text;  /* detail is in here */
};
int ledger_extract_init(struct ledger_extract *x,
                        struct bus_err *err) BUS_MUSTCHECK;
void ledger_extract_fini(struct ledger_extract *x); /* zeroed is allowed */

/* The record kept in a topic of that name (without prefix): NULL for topics
 * the ledger does not keep (households, catalogue). */
const struct bus_wire_type *ledger_type_of(struct bus_strv topic);
/* The row is good until the next call; it borrows from value, too. An event
 * that cannot be read is REJECT: the caller keeps its place all the same. */
int ledger_extract(struct ledger_extract *x,
                   const struct bus_wire_type *type,
                   struct bus_strv value,
                   struct ledger_row *ret,
                   struct bus_err *err) BUS_MUSTCHECK;

#endif
