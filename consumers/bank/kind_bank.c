/* A payment order as the bank reads it: one fund, one order, whole fen. */
#include "bus/partner/kind_tables.h"
#include "schemas/payment_order.h"

BUS_KIND_HEAD(sa_payment_order);

struct bank_document
{
    struct sa_payment_order r; /* first */
    bool has_personal;
    struct sa_personal personal;
};
#define AT(type, field) offsetof(struct type, field)

static const struct bus_partner_document_field person_fields[] = {
    BUS_KIND_PERSON_WHO, BUS_KIND_PERSON_PAYEE, BUS_KIND_END};

static const struct bus_partner_document_field reply_fields[] = {
    BUS_KIND_REPLY(sa_payment_order, order_id), BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    {"reply_to", BUS_DOC_PART, 0, .required = true, .sub = reply_fields},
    {"written_at", BUS_DOC_TIME, AT(sa_payment_order, occurred_at),
     .required = true},
    {"item", BUS_DOC_TEXT, AT(sa_payment_order, item), .required = true},
    {"fund", BUS_DOC_TEXT, AT(sa_payment_order, fund), .required = true},
    {"amount_fen", BUS_DOC_LONG, AT(sa_payment_order, amount_fen),
     .required = true, .min = 1, .max = BUS_KIND_FEN_MAX},
    {"period", BUS_DOC_WORD, AT(sa_payment_order, period), .required = true,
     .symbols = &sa_period_words},
    {"from_month", BUS_DOC_MONTH, AT(sa_payment_order, from_month),
     .has_offset = AT(sa_payment_order, has_from_month)},
    {"due", BUS_DOC_DATE, AT(sa_payment_order, due), .required = true},
    {"payee", BUS_DOC_PART, AT(bank_document, personal),
     .has_offset = AT(bank_document, has_personal), .sub = person_fields},
    BUS_KIND_END};
static const struct bus_partner_document document = {
    "payment-order", 1, fields, sizeof(struct bank_document)};

const struct bus_partner_kind_out kind_bank_out = {
    .kind = "bank",
    .topic = "payment-orders",
    .record = "payment_order",
    .type = &sa_payment_order_type,
    .document = &document,
    .about_offset = AT(sa_payment_order, order_id),
    .has_sealed_offset = AT(sa_payment_order, has_personal),
    .sealed_offset = AT(sa_payment_order, personal),
    .has_personal_offset = AT(bank_document, has_personal),
    .personal_offset = AT(bank_document, personal),
};
