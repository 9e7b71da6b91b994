/* A delivery task as the post reads it: what to bring, to whom, until when. */
#include "bus/partner/kind_tables.h"
#include "schemas/delivery_task.h"

BUS_KIND_HEAD(sa_delivery_task);

struct post_document
{
    struct sa_delivery_task r; /* first */
    bool has_personal;
    struct sa_personal personal;
};
#define AT(type, field) offsetof(struct type, field)

static const struct bus_partner_document_field person_fields[] = {
    BUS_KIND_PERSON_WHO, BUS_KIND_PERSON_CONTACT, BUS_KIND_END};

static const struct bus_partner_document_field reply_fields[] = {
    BUS_KIND_REPLY(sa_delivery_task, task_id), BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    {"reply_to", BUS_DOC_PART, 0, .required = true, .sub = reply_fields},
    {"written_at", BUS_DOC_TIME, AT(sa_delivery_task, occurred_at),
     .required = true},
    {"kind", BUS_DOC_WORD, AT(sa_delivery_task, kind), .required = true,
     .symbols = &sa_delivery_kind_words},
    {"item", BUS_DOC_TEXT, AT(sa_delivery_task, item), .required = true},
    {"goods", BUS_DOC_TEXT, AT(sa_delivery_task, goods),
     .has_offset = AT(sa_delivery_task, has_goods)},
    {"amount_fen", BUS_DOC_LONG, AT(sa_delivery_task, amount_fen),
     .has_offset = AT(sa_delivery_task, has_amount_fen), .min = 1,
     .max = BUS_KIND_FEN_MAX},
    {"fund", BUS_DOC_TEXT, .offset = AT(sa_delivery_task, fund)},
    {"division_code", BUS_DOC_TEXT, AT(sa_delivery_task, division_code),
     .required = true},
    {"due", BUS_DOC_DATE, AT(sa_delivery_task, due), .required = true},
    {"recipient", BUS_DOC_PART, AT(post_document, personal),
     .has_offset = AT(post_document, has_personal), .sub = person_fields},
    BUS_KIND_END};
static const struct bus_partner_document document = {
    "delivery-task", 1, fields, sizeof(struct post_document)};

const struct bus_partner_kind_out kind_post_out = {
    .kind = "post",
    .topic = "delivery-tasks",
    .record = "delivery_task",
    .type = &sa_delivery_task_type,
    .document = &document,
    .about_offset = AT(sa_delivery_task, task_id),
    .has_sealed_offset = AT(sa_delivery_task, has_personal),
    .sealed_offset = AT(sa_delivery_task, personal),
    .has_personal_offset = AT(post_document, has_personal),
    .personal_offset = AT(post_document, personal),
};
