/* pain.002.001.10, camt.053.001.08, camt.054.001.08: which element is which
 * field is a table; what an end of an element does is below it. */
#include "bus/bank/iso_parts.h"
#include "bus/base/check.h"
#include "bus/base/heap.h"

#define SPACE "urn:iso:std:iso:20022:tech:xsd:"

enum iso_field {
    ISO_NOTHING,
    ISO_MESSAGE,
    ISO_ORIGINAL,
    ISO_ORIGINAL_COUNT,
    ISO_ORIGINAL_SUM,
    ISO_GROUP_STATUS,
    ISO_GROUP_REASON,
    ISO_GROUP, /* ends: the original is told */
    ISO_PART_STATUS,
    ISO_PART_REASON,
    ISO_ORDER,
    ISO_STATUS,
    ISO_REASON,
    ISO_REFERENCE,
    ISO_AMOUNT,
    ISO_BOOKED_ON,
    ISO_TRANSACTION, /* ends: an entry is told */
    ISO_STATEMENT_ID,
    ISO_STATEMENT_NUMBER,
    ISO_ACCOUNT,
    ISO_ACCOUNT_CURRENCY,
    ISO_BALANCE_KIND,
    ISO_BALANCE_AMOUNT,
    ISO_BALANCE_SIGN,
    ISO_BALANCE_DAY,
    ISO_BALANCE,
    ISO_ENTRY_AMOUNT,
    ISO_ENTRY_SIGN,
    ISO_ENTRY_STATE,
    ISO_ENTRY_REFERENCE,
    ISO_ENTRY_REVERSAL,
    ISO_ENTRY_DAY,
    ISO_ENTRY, /* ends: told itself, if it had no transactions */
    ISO_SIGN,
    ISO_STATEMENT
};
struct iso_path
{
    const char *path;
    enum iso_field field;
};
#define GROUP "Document/CstmrPmtStsRpt/OrgnlGrpInfAndSts"
#define PART  "Document/CstmrPmtStsRpt/OrgnlPmtInfAndSts"
static const struct iso_path iso_pain002[] = {
    {"Document/CstmrPmtStsRpt/GrpHdr/MsgId", ISO_MESSAGE},
    {GROUP "/OrgnlMsgId", ISO_ORIGINAL},
    {GROUP "/OrgnlNbOfTxs", ISO_ORIGINAL_COUNT},
    {GROUP "/OrgnlCtrlSum", ISO_ORIGINAL_SUM},
    {GROUP "/GrpSts", ISO_GROUP_STATUS},
    {GROUP "/StsRsnInf/Rsn/Cd", ISO_GROUP_REASON},
    {GROUP "/StsRsnInf/Rsn/Prtry", ISO_GROUP_REASON},
    {GROUP, ISO_GROUP},
    {PART "/PmtInfSts", ISO_PART_STATUS},
    {PART "/StsRsnInf/Rsn/Cd", ISO_PART_REASON},
    {PART "/StsRsnInf/Rsn/Prtry", ISO_PART_REASON},
    {PART "/TxInfAndSts/OrgnlEndToEndId", ISO_ORDER},
    {PART "/TxInfAndSts/TxSts", ISO_STATUS},
    {PART "/TxInfAndSts/StsRsnInf/Rsn/Cd", ISO_REASON},
    {PART "/TxInfAndSts/StsRsnInf/Rsn/Prtry", ISO_REASON},
    {PART "/TxInfAndSts/AcctSvcrRef", ISO_REFERENCE},
    {PART "/TxInfAndSts/OrgnlTxRef/Amt/InstdAmt", ISO_AMOUNT},
    {PART "/TxInfAndSts/FctvIntrBkSttlmDt/Dt", ISO_BOOKED_ON},
    {PART "/TxInfAndSts/FctvIntrBkSttlmDt/DtTm", ISO_BOOKED_ON},
    {PART "/TxInfAndSts", ISO_TRANSACTION},
    {NULL, ISO_NOTHING}};
/* Behind Document/BkToCstmrStmt or Document/BkToCstmrDbtCdtNtfctn. */
static const struct iso_path iso_camt[] = {
    {"GrpHdr/MsgId", ISO_MESSAGE},
    {"*/Id", ISO_STATEMENT_ID},
    {"*/LglSeqNb", ISO_STATEMENT_NUMBER},
    {"*/ElctrncSeqNb", ISO_STATEMENT_NUMBER},
    {"*/Acct/Id/IBAN", ISO_ACCOUNT},
    {"*/Acct/Id/Othr/Id", ISO_ACCOUNT},
    {"*/Acct/Ccy", ISO_ACCOUNT_CURRENCY},
    {"*/Bal/Tp/CdOrPrtry/Cd", ISO_BALANCE_KIND},
    {"*/Bal/Amt", ISO_BALANCE_AMOUNT},
    {"*/Bal/CdtDbtInd", ISO_BALANCE_SIGN},
    {"*/Bal/Dt/Dt", ISO_BALANCE_DAY},
    {"*/Bal/Dt/DtTm", ISO_BALANCE_DAY},
    {"*/Bal", ISO_BALANCE},
    {"*/Ntry/Amt", ISO_ENTRY_AMOUNT},
    {"*/Ntry/CdtDbtInd", ISO_ENTRY_SIGN},
    {"*/Ntry/Sts/Cd", ISO_ENTRY_STATE},
    {"*/Ntry/Sts/Prtry", ISO_ENTRY_STATE},
    {"*/Ntry/AcctSvcrRef", ISO_ENTRY_REFERENCE},
    {"*/Ntry/RvslInd", ISO_ENTRY_REVERSAL},
    {"*/Ntry/ValDt/Dt", ISO_ENTRY_DAY},
    {"*/Ntry/ValDt/DtTm", ISO_ENTRY_DAY},
    {"*/Ntry/NtryDtls/TxDtls/Refs/EndToEndId", ISO_ORDER},
    {"*/Ntry/NtryDtls/TxDtls/Refs/AcctSvcrRef", ISO_REFERENCE},
    {"*/Ntry/NtryDtls/TxDtls/Amt", ISO_AMOUNT},
    {"*/Ntry/NtryDtls/TxDtls/CdtDbtInd", ISO_SIGN},
    {"*/Ntry/NtryDtls/TxDtls/RtrInf/Rsn/Cd", ISO_REASON},
    {"*/Ntry/NtryDtls/TxDtls/RtrInf/Rsn/Prtry", ISO_REASON},
    {"*/Ntry/NtryDtls/TxDtls/RtrInf", ISO_STATUS},
    {"*/Ntry/NtryDtls/TxDtls", ISO_TRANSACTION},
    {"*/Ntry", ISO_ENTRY},
    {"*", ISO_STATEMENT},
    {NULL, ISO_NOTHING}};

/* The message that is expected below Document/. */
static const struct
{
    const char *space, *prefix, *star;
    const struct iso_path *paths;
    enum bus_bank_kind kind;
} iso_messages[] = {
    {SPACE "pain.002.001.10", "", "", iso_pain002, BUS_BANK_PAIN002},
    {SPACE "camt.053.001.08", "Document/BkToCstmrStmt/", "Stmt", iso_camt,
     BUS_BANK_CAMT053},
    {SPACE "camt.054.001.08", "Document/BkToCstmrDbtCdtNtfctn/", "Ntfctn",
     iso_camt, BUS_BANK_CAMT054},
};
#define ISO_MESSAGES (sizeof(iso_messages) / sizeof(iso_messages[0]))

/* --- values --- */

static int iso_put(const struct bank_xml *x,
                   struct bank_text *to,
                   struct bus_strv v,
                   struct bus_err *err)
{
    bool fits = v.n == 0 || bank_text_fits(v, 140);
    return fits && bank_text_set(to, v)
               ? BUS_OK
               : bank_xml_fault(x, BUS_ETOOBIG, err,
                                "longer than it may be, or with control "
                                "characters / 内容过长或有控制字符");
}

static int iso_amount(const struct bank_xml *x,
                      struct bus_strv v,
                      int64_t *ret,
                      struct bus_err *err)
{
    return bank_amount_parse(v, '.', ret)
               ? BUS_OK
               : bank_xml_fault(x, BUS_ERANGE, err,
                                "an amount is 66.00, not negative, no less "
                                "than a fen / 金额有误");
}

static int iso_day(const struct bank_xml *x,
                   struct bus_strv v,
                   int32_t *ret,
                   struct bus_err *err)
{
    return bank_day_parse(v, ret)
               ? BUS_OK
               : bank_xml_fault(x, BUS_ERANGE, err, "no such day / 日期有误");
}

static int iso_sign(const struct bank_xml *x,
                    struct bus_strv v,
                    bool *ret_credit,
                    struct bus_err *err)
{
    *ret_credit = bus_strv_is(v, "CRDT");
    return *ret_credit || bus_strv_is(v, "DBIT")
               ? BUS_OK
               : bank_xml_fault(x, BUS_ERANGE, err, "is CRDT or DBIT");
}

static int iso_number(const struct bank_xml *x,
                      struct bus_strv v,
                      int64_t *ret,
                      struct bus_err *err)
{
    return bus_strv_to_i64(v, ret) && *ret >= 0
               ? BUS_OK
               : bank_xml_fault(x, BUS_ERANGE, err, "a number / 应为数字");
}

/* --- elements --- */

static enum iso_field iso_field_of(const struct bank_xml *x,
                                   const struct iso_reading *r)
{
    const char *path = x->path;
    const char *prefix = iso_messages[r->message].prefix;
    const char *star = iso_messages[r->message].star;
    size_t n = strlen(prefix), k = strlen(star);
    if (strncmp(path, prefix, n) != 0) {
        return ISO_NOTHING;
    }
    path += n;
    bool starred = k > 0 && strncmp(path, star, k) == 0 &&
                   (path[k] == '/' || path[k] == '\0');
    for (const struct iso_path *p = iso_messages[r->message].paths;
         p->path != NULL; p++) {
        bool same = p->path[0] == '*'
                        ? starred && strcmp(p->path + 1, path + k) == 0
                        : strcmp(p->path, path) == 0;
        if (same) {
            return p->field;
        }
    }
    return ISO_NOTHING;
}

static int iso_opened(struct bank_xml *x, struct bus_err *err)
{
    struct iso_reading *r = x->data;
    if (r->message == ISO_MESSAGES) {
        for (size_t i = 0; i < ISO_MESSAGES; i++) {
            if (x->space != NULL &&
                strcmp(x->space, iso_messages[i].space) == 0 &&
                strcmp(x->path, "Document") == 0) {
                r->message = i;
                r->kind = iso_messages[i].kind;
                return BUS_OK;
            }
        }
        return bank_xml_fault(x, BUS_EUNKNOWN, err,
                              "read are pain.002.001.10, camt.053.001.08 and "
                              "camt.054.001.08 / 不是可读的报文");
    }
    switch (iso_field_of(x, r)) {
    case ISO_STATEMENT:
        memset(&r->statement, 0, sizeof(r->statement));
        r->statement.number = -1;
        r->statement.day = r->statement.first_day = BUS_BANK_NO_DAY;
        return BUS_OK;
    case ISO_BALANCE:
        memset(&r->bal, 0, sizeof(r->bal));
        r->bal.day = BUS_BANK_NO_DAY;
        return BUS_OK;
    case ISO_ENTRY:
        memset(&r->entry, 0, sizeof(r->entry));
        r->entry.day = BUS_BANK_NO_DAY;
        memset(&r->tx, 0, sizeof(r->tx));
        r->tx.day = BUS_BANK_NO_DAY;
        return BUS_OK;
    case ISO_TRANSACTION:
        memset(&r->tx, 0, sizeof(r->tx));
        r->tx.day = BUS_BANK_NO_DAY;
        return BUS_OK;
    default:
        return BUS_OK;
    }
}

static struct bank_text *iso_text_of(struct iso_reading *r, enum iso_field f)
{
    switch (f) {
    case ISO_MESSAGE:
        return &r->id;
    case ISO_ORIGINAL:
        return &r->original;
    case ISO_GROUP_STATUS:
        return &r->group_status;
    case ISO_GROUP_REASON:
        return &r->group_reason;
    case ISO_PART_STATUS:
        return &r->part_status;
    case ISO_PART_REASON:
        return &r->part_reason;
    case ISO_ORDER:
        return &r->tx.order;
    case ISO_REASON:
        return &r->tx.reason;
    case ISO_REFERENCE:
        return &r->tx.reference;
    case ISO_STATEMENT_ID:
        return &r->statement.id;
    case ISO_ACCOUNT:
        return &r->statement.account;
    case ISO_ACCOUNT_CURRENCY:
        return &r->statement.currency;
    case ISO_BALANCE_KIND:
        return &r->bal.kind;
    case ISO_ENTRY_STATE:
        return &r->entry.state;
    case ISO_ENTRY_REFERENCE:
        return &r->entry.reference;
    default:
        return NULL;
    }
}

static int iso_money(struct bank_xml *x,
                     struct iso_reading *r,
                     enum iso_field f,
                     struct bus_strv v,
                     struct bus_err *err)
{
    switch (f) {
    case ISO_ORIGINAL_SUM:
        return iso_amount(x, v, &r->total_fen, err);
    case ISO_AMOUNT:
        r->tx.named = true;
        BUS_TRY(iso_put(x, &r->tx.currency, bus_strv(x->currency), err));
        return iso_amount(x, v, &r->tx.fen, err);
    case ISO_BALANCE_AMOUNT:
        return iso_amount(x, v, &r->bal.fen, err);
    case ISO_ENTRY_AMOUNT:
        r->entry.named = true;
        BUS_TRY(iso_put(x, &r->entry.currency, bus_strv(x->currency), err));
        return iso_amount(x, v, &r->entry.fen, err);
    default:
        return BUS_OK;
    }
}

static int iso_other(struct bank_xml *x,
                     struct iso_reading *r,
                     enum iso_field f,
                     struct bus_strv v,
                     struct bus_err *err)
{
    switch (f) {
    case ISO_ORIGINAL_COUNT:
        return iso_number(x, v, &r->count, err);
    case ISO_STATEMENT_NUMBER:
        return iso_number(x, v, &r->statement.number, err);
    case ISO_BOOKED_ON:
        return iso_day(x, v, &r->tx.day, err);
    case ISO_BALANCE_DAY:
        return iso_day(x, v, &r->bal.day, err);
    case ISO_ENTRY_DAY:
        return iso_day(x, v, &r->entry.day, err);
    case ISO_BALANCE_SIGN:
        return iso_sign(x, v, &r->bal.credit, err);
    case ISO_ENTRY_SIGN:
        return iso_sign(x, v, &r->entry.credit, err);
    case ISO_SIGN:
        r->tx.signed_itself = true;
        return iso_sign(x, v, &r->tx.credit, err);
    case ISO_ENTRY_REVERSAL:
        r->entry.reversal = bus_strv_is(v, "true") || bus_strv_is(v, "1");
        return BUS_OK;
    default:
        return iso_money(x, r, f, v, err);
    }
}

static int
iso_closed(struct bank_xml *x, struct bus_strv text, struct bus_err *err)
{
    struct iso_reading *r = x->data;
    enum iso_field f = iso_field_of(x, r);
    bool status = r->kind == BUS_BANK_PAIN002;
    if (f == ISO_STATUS) { /* camt: that there is a RtrInf */
        r->tx.returned = !status;
        return status ? iso_put(x, &r->tx.status, text, err) : BUS_OK;
    }
    struct bank_text *to = iso_text_of(r, f);
    if (to != NULL) {
        BUS_TRY(iso_put(x, to, text, err));
        return f == ISO_MESSAGE ? bank_iso_head(r, err) : BUS_OK;
    }
    switch (f) {
    case ISO_GROUP:
        return bank_iso_group(x, r, err);
    case ISO_TRANSACTION:
        return status ? bank_iso_status(x, r, err)
                      : bank_iso_transaction(x, r, err);
    case ISO_ENTRY:
        return bank_iso_entry(x, r, err);
    case ISO_BALANCE:
        bank_iso_balance(r);
        return BUS_OK;
    case ISO_STATEMENT:
        return bank_iso_statement(x, r, err);
    default:
        return iso_other(x, r, f, text, err);
    }
}

int bank_iso_read(struct bank_input *in,
                  const struct bus_bank_told *told,
                  struct bus_err *err)
{
    struct iso_reading *r = bus_calloc(1, sizeof(*r));
    if (r == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a reader of bank files");
    }
    r->told = told;
    r->message = ISO_MESSAGES;
    r->count = r->total_fen = -1;
    struct bank_xml x = {
        .in = in, .data = r, .opened = iso_opened, .closed = iso_closed};
    int rc = bank_xml_read(&x, err);
    if (rc == BUS_OK && !r->headed) {
        rc = bus_fail(err, BUS_EPARSE,
                      "the message has no GrpHdr/MsgId / 缺报文编号");
    }
    bus_free(r);
    return rc;
}
