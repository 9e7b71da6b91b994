/* A delivery task as the post reads it: what to bring, to whom, until when. */
#include "bus/adapter/kind.h"
#include "schemas/delivery_task.h"

BUS_KIND_HEAD(sa_delivery_task);

struct post_document
{
    struct sa_delivery_task r; /* first */
    bool has_personal;
    struct sa_personal personal;
};
#define AT(type, field) offsetof(struct type, field)

static const struct bus_doc_word kinds[] = {{"GOODS", SA_DELIVERY_KIND_GOODS},
                                            {"CASH", SA_DELIVERY_KIND_CASH},
                                            {NULL, 0}};
static const struct bus_doc_field person_fields[] = {
    {"name", BUS_DOC_TEXT, .offset = AT(sa_personal, name), .max = 128},
    {"id_type", BUS_DOC_TEXT, .offset = AT(sa_personal, id_type), .max = 8},
    {"id_no", BUS_DOC_TEXT, .offset = AT(sa_personal, id_no), .max = 64},
    {"phone", BUS_DOC_TEXT, AT(sa_personal, phone),
     .has_offset = AT(sa_personal, has_phone), .max = 256},
    {"address", BUS_DOC_TEXT, AT(sa_personal, address),
     .has_offset = AT(sa_personal, has_address), .max = 256},
    BUS_KIND_END};

static const struct bus_doc_field reply_fields[] = {
    {"event_id", BUS_DOC_ID, AT(sa_delivery_task, event_id), .required = true},
    {"household_id", BUS_DOC_ID, AT(sa_delivery_task, household_id),
     .required = true},
    {"case_id", BUS_DOC_ID, AT(sa_delivery_task, case_id), .required = true},
    {"task_id", BUS_DOC_ID, AT(sa_delivery_task, task_id), .required = true},
    BUS_KIND_END};
static const struct bus_doc_field fields[] = {
    {"reply_to", BUS_DOC_PART, 0, .required = true, .sub = reply_fields},
    {"written_at", BUS_DOC_TIME, AT(sa_delivery_task, occurred_at),
     .required = true},
    {"kind", BUS_DOC_WORD, AT(sa_delivery_task, kind), .required = true,
     .words = kinds},
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
static const struct bus_doc document = {"delivery-task", 1, fields,
                                        sizeof(struct post_document)};

const struct bus_kind_out bus_kind_out_post = {
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
