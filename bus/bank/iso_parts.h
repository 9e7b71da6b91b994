/* Between the two files that read ISO 20022: what has been read so far of the
 * message, and what is told of it. */
#ifndef BUS_BANK_ISO_PARTS_H
#define BUS_BANK_ISO_PARTS_H

#include "bus/bank/bank_parts.h"

/* A transaction, or an entry that has none. */
struct iso_transaction
{
    struct bank_text order, reference, reason, status, currency;
    int64_t fen;
    int32_t day;
    bool named, credit, signed_itself, returned;
};
struct iso_reading
{
    const struct bus_bank_told *told;
    size_t message; /* in iso.c's table */
    enum bus_bank_kind kind;
    struct bank_text id, original, group_status, group_reason;
    struct bank_text part_status, part_reason;
    int64_t count, total_fen;
    bool headed, grouped;
    struct iso_transaction tx;
    struct /* the entry around transactions */
    {
        struct bank_text reference, state, currency;
        int64_t fen, parts_fen;
        size_t parts;
        int32_t day;
        bool credit, reversal, named;
    } entry;
    struct
    {
        struct bank_text id, account, currency;
        int64_t number;
        int32_t first_day, day;
        struct bank_balance balance;
    } statement;
    struct
    {
        struct bank_text kind;
        int64_t fen;
        int32_t day;
        bool credit;
    } bal;
};

/* iso_told.c; when the element that names it ends. */
int bank_iso_head(struct iso_reading *r, struct bus_err *err);
int bank_iso_group(const struct bank_xml *x,
                   struct iso_reading *r,
                   struct bus_err *err);
int bank_iso_status(const struct bank_xml *x,
                    struct iso_reading *r,
                    struct bus_err *err);
int bank_iso_transaction(const struct bank_xml *x,
                         struct iso_reading *r,
                         struct bus_err *err);
int bank_iso_entry(const struct bank_xml *x,
                   struct iso_reading *r,
                   struct bus_err *err);
void bank_iso_balance(struct iso_reading *r);
int bank_iso_statement(const struct bank_xml *x,
                       struct iso_reading *r,
                       struct bus_err *err);

#endif
