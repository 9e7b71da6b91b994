/* What is told of a message as its elements end. */
#include "bus/bank/iso_parts.h"

#include "bus/base/check.h"

/* ISO 20022 ExternalPaymentTransactionStatus; -1: none of them. */
static int iso_outcome(struct bus_strv status)
{
    static const struct
    {
        const char *word;
        enum bus_bank_outcome outcome;
    } words[] = {{"ACSC", BUS_BANK_SETTLED},  {"ACCC", BUS_BANK_SETTLED},
                 {"RJCT", BUS_BANK_REJECTED}, {"CANC", BUS_BANK_REJECTED},
                 {"ACCP", BUS_BANK_NOTED},    {"ACSP", BUS_BANK_NOTED},
                 {"ACTC", BUS_BANK_NOTED},    {"ACWC", BUS_BANK_NOTED},
                 {"ACWP", BUS_BANK_NOTED},    {"ACFC", BUS_BANK_NOTED},
                 {"PDNG", BUS_BANK_NOTED},    {"RCVD", BUS_BANK_NOTED},
                 {"PART", BUS_BANK_NOTED},    {"PATC", BUS_BANK_NOTED}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (bus_strv_is(status, words[i].word)) {
            return (int)words[i].outcome;
        }
    }
    return -1;
}

/* --- what is told --- */

int bank_iso_head(struct iso_reading *r, struct bus_err *err)
{
    struct bus_bank_head head = {r->kind, bank_text_view(&r->id)};
    if (r->headed || r->told->head == NULL) {
        r->headed = true;
        return BUS_OK;
    }
    r->headed = true;
    return r->told->head(r->told->data, &head, err);
}

int bank_iso_group(const struct bank_xml *x,
                   struct iso_reading *r,
                   struct bus_err *err)
{
    int outcome = r->group_status.n > 0
                      ? iso_outcome(bank_text_view(&r->group_status))
                      : BUS_BANK_NOTED;
    if (outcome < 0) {
        return bank_xml_fault(x, BUS_EUNKNOWN, err,
                              "a status nobody knows / 不认识的状态");
    }
    const struct bus_bank_original o = {
        bank_text_view(&r->original), r->count, r->total_fen,
        (enum bus_bank_outcome)outcome, bank_text_view(&r->group_reason)};
    r->grouped = true;
    return r->told->original != NULL ? r->told->original(r->told->data, &o, err)
                                     : BUS_OK;
}

/* Of pain.002: a transaction without a status of its own has its payment
 * information's, else its group's. */
int bank_iso_status(const struct bank_xml *x,
                    struct iso_reading *r,
                    struct bus_err *err)
{
    const struct bank_text *status = r->tx.status.n > 0     ? &r->tx.status
                                     : r->part_status.n > 0 ? &r->part_status
                                                            : &r->group_status;
    const struct bank_text *reason = r->tx.reason.n > 0     ? &r->tx.reason
                                     : r->part_reason.n > 0 ? &r->part_reason
                                                            : &r->group_reason;
    int outcome = iso_outcome(bank_text_view(status));
    if (outcome < 0 || !r->grouped) {
        return bank_xml_fault(x, BUS_EUNKNOWN, err,
                              r->grouped
                                  ? "a status nobody knows / 不认识的状态"
                                  : "before what it answers / 缺原报文信息");
    }
    const struct bus_bank_entry e = {
        .line = (size_t)x->line,
        .order = bank_text_view(&r->tx.order),
        .outcome = (enum bus_bank_outcome)outcome,
        .booked = true,
        .amount_fen = r->tx.fen,
        .value_day = r->tx.day,
        .currency = bank_text_view(&r->tx.currency),
        .reason = bank_text_view(reason),
        .reference = bank_text_view(&r->tx.reference)};
    return r->told->entry(r->told->data, &e, err);
}

int bank_iso_transaction(const struct bank_xml *x,
                         struct iso_reading *r,
                         struct bus_err *err)
{
    struct iso_transaction *t = &r->tx;
    bool credit = t->signed_itself ? t->credit : r->entry.credit;
    bool back = t->returned || r->entry.reversal;
    const struct bank_text *reference =
        t->reference.n > 0 ? &t->reference : &r->entry.reference;
    const struct bank_text *currency =
        t->currency.n > 0 ? &t->currency : &r->entry.currency;
    int64_t fen = t->named ? t->fen : r->entry.fen;
    r->entry.parts++;
    if (__builtin_add_overflow(r->entry.parts_fen, fen, &r->entry.parts_fen)) {
        return bank_xml_fault(x, BUS_ERANGE, err, "amounts / 金额过大");
    }
    const struct bus_bank_entry e = {
        .line = (size_t)x->line,
        .order = bank_text_view(&t->order),
        .outcome = !credit ? BUS_BANK_SETTLED
                   : back  ? BUS_BANK_RETURNED
                           : BUS_BANK_NOTED,
        .booked = bus_strv_is(bank_text_view(&r->entry.state), "BOOK"),
        .credit = credit,
        .amount_fen = fen,
        .value_day = r->entry.day,
        .currency = bank_text_view(currency),
        .reason = bank_text_view(&t->reason),
        .reference = bank_text_view(reference)};
    return r->told->entry(r->told->data, &e, err);
}

int bank_iso_entry(const struct bank_xml *x,
                   struct iso_reading *r,
                   struct bus_err *err)
{
    bool booked = bus_strv_is(bank_text_view(&r->entry.state), "BOOK");
    if (!r->entry.named) {
        return bank_xml_fault(x, BUS_EPARSE, err, "no amount / 缺金额");
    }
    if (r->entry.parts == 0) {
        BUS_TRY(bank_iso_transaction(x, r, err));
    } else if (r->entry.parts_fen != r->entry.fen) {
        return bank_xml_fault(x, BUS_ERANGE, err,
                              "its transactions do not add up to it / "
                              "明细合计与金额不符");
    }
    int64_t fen = r->entry.credit ? r->entry.fen : -r->entry.fen;
    return !booked || bank_balance_move(&r->statement.balance, fen)
               ? BUS_OK
               : bank_xml_fault(x, BUS_ERANGE, err, "amounts / 金额过大");
}

void bank_iso_balance(struct iso_reading *r)
{
    struct bank_balance *b = &r->statement.balance;
    struct bus_strv kind = bank_text_view(&r->bal.kind);
    int64_t fen = r->bal.credit ? r->bal.fen : -r->bal.fen;
    if (bus_strv_is(kind, "OPBD") || bus_strv_is(kind, "PRCD")) {
        /* PRCD: what the day before closed with */
        bool before = bus_strv_is(kind, "PRCD");
        b->opening = true;
        b->opening_fen = fen;
        r->statement.first_day = r->bal.day == BUS_BANK_NO_DAY
                                     ? BUS_BANK_NO_DAY
                                     : r->bal.day + before;
    } else if (bus_strv_is(kind, "CLBD")) {
        b->closing = true;
        b->closing_fen = fen;
        r->statement.day = r->bal.day;
    }
}

int bank_iso_statement(const struct bank_xml *x,
                       struct iso_reading *r,
                       struct bus_err *err)
{
    const struct bank_balance *b = &r->statement.balance;
    bool whole = r->kind == BUS_BANK_CAMT053;
    if (whole && !b->opening && !b->closing) {
        return bank_xml_fault(x, BUS_EPARSE, err,
                              "a statement without balances / 缺余额");
    }
    BUS_TRY(bank_balance_check(b, (size_t)x->line, err));
    const struct bus_bank_statement s = {
        .id = bank_text_view(&r->statement.id),
        .account = bank_text_view(&r->statement.account),
        .currency = bank_text_view(&r->statement.currency),
        .number = r->statement.number,
        .closed = b->closing,
        .opening_fen = b->opening_fen,
        .closing_fen = b->closing_fen,
        .first_day = r->statement.first_day,
        .closing_day = r->statement.day};
    return r->told->statement != NULL
               ? r->told->statement(r->told->data, &s, err)
               : BUS_OK;
}
