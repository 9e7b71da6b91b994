/* A need as a charity reads it: no person, no place below the town. */
#include "bus/partner/kind_tables.h"
#include "schemas/need.h"

BUS_KIND_HEAD(sa_need);

struct charity_document
{
    struct sa_need r; /* first */
};
#define AT(type, field) offsetof(struct type, field)

static const struct bus_partner_document_field reply_fields[] = {
    BUS_KIND_REPLY(sa_need, need_id), BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    {"reply_to", BUS_DOC_PART, 0, .required = true, .sub = reply_fields},
    {"written_at", BUS_DOC_TIME, AT(sa_need, occurred_at), .required = true},
    {"item", BUS_DOC_TEXT, AT(sa_need, item), .required = true},
    {"town_code", BUS_DOC_TEXT, AT(sa_need, town_code), .required = true},
    {"gap_fen", BUS_DOC_LONG, AT(sa_need, gap_fen), .required = true, .min = 1,
     .max = BUS_KIND_FEN_MAX},
    {"household_size", BUS_DOC_INT, AT(sa_need, household_size),
     .required = true},
    {"expires", BUS_DOC_DATE, AT(sa_need, expires), .required = true},
    BUS_KIND_END};
static const struct bus_partner_document document = {
    "need", 1, fields, sizeof(struct charity_document)};

const struct bus_partner_kind_out kind_charity_out = {
    .kind = "charity",
    .topic = "needs",
    .record = "need",
    .type = &sa_need_type,
    .document = &document,
    .about_offset = AT(sa_need, need_id),
};
