/* A receipt as the post writes it: what became of one task. */
#include "bus/partner/kind_tables.h"
#include "schemas/delivery_receipt.h"

BUS_KIND_HEAD(sa_delivery_receipt);

struct post_answer
{
    struct sa_delivery_receipt r; /* first */
    struct bus_partner_kind_reply reply;
};
#define AT(type, field) offsetof(struct type, field)

static const struct bus_partner_document_field reply_fields[] = {
    BUS_KIND_QUESTION(post_answer, sa_delivery_receipt, task_id), BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    BUS_KIND_ANSWER(post_answer, sa_delivery_receipt),
    {"outcome", BUS_DOC_WORD, AT(sa_delivery_receipt, outcome),
     .required = true, .symbols = &sa_delivery_outcome_words},
    {"attempts", BUS_DOC_INT, AT(sa_delivery_receipt, attempts), .min = 1,
     .max = 100, .dflt = 1},
    {"signer_relation", BUS_DOC_TEXT, AT(sa_delivery_receipt, signer_relation),
     .has_offset = AT(sa_delivery_receipt, has_signer_relation), .max = 64},
    {"reason", BUS_DOC_TEXT, AT(sa_delivery_receipt, reason),
     .has_offset = AT(sa_delivery_receipt, has_reason), .max = 200},
    BUS_KIND_END};
static const struct bus_partner_document document = {
    "delivery-receipt", 1, fields, sizeof(struct post_answer)};

const struct bus_partner_kind_in kind_post_in = {
    .kind = "post",
    .topic = "delivery-receipts",
    .record = "delivery_receipt",
    .ce_type = "sa.delivery_receipt.v1",
    .type = &sa_delivery_receipt_type,
    .document = &document,
    .about_offset = AT(sa_delivery_receipt, task_id),
    .reply_offset = AT(post_answer, reply),
};
