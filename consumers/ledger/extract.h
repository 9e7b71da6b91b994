/* extract: one event of any topic -> the ledger's row. Pure. */
#ifndef CONSUMERS_LEDGER_EXTRACT_H
#define CONSUMERS_LEDGER_EXTRACT_H

#include "bus/base/arena.h"
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
    int64_t amount_fen, occurred_at;
};

/* The record kept in a topic of that name (without prefix): NULL for topics
 * the ledger does not keep (households, catalogue). */
const struct bus_wire_type *ledger_type_of(struct bus_strv topic);
int ledger_extract(struct bus_wire_registry *schemas,
                   const struct bus_wire_type *type,
                   struct bus_strv value,
                   struct bus_arena *mem,
                   struct ledger_row *ret,
                   struct bus_err *err) BUS_MUSTCHECK;

#endif
