/* A verification request as the insurer reads it: which facts, of whom. */
#include "bus/partner/kind_tables.h"
#include "schemas/missing_fact.h"
#include "schemas/verification_request.h"

BUS_KIND_HEAD(sa_verification_request);

struct insurer_document
{
    struct sa_verification_request r; /* first */
    bool has_personal;
    struct sa_personal personal;
};
#define AT(type, field) offsetof(struct type, field)

static const struct bus_partner_document_field person_fields[] = {
    BUS_KIND_PERSON_WHO, BUS_KIND_PERSON_CONTACT, BUS_KIND_END};

static const struct bus_partner_document_field reply_fields[] = {
    BUS_KIND_REPLY(sa_verification_request, request_id), BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    {"reply_to", BUS_DOC_PART, 0, .required = true, .sub = reply_fields},
    {"written_at", BUS_DOC_TIME, AT(sa_verification_request, occurred_at),
     .required = true},
    {"action", BUS_DOC_WORD, AT(sa_verification_request, action),
     .required = true, .symbols = &sa_request_action_words},
    {"kind", BUS_DOC_WORD, AT(sa_verification_request, kind), .required = true,
     .symbols = &sa_verification_kind_words},
    {"facts", BUS_DOC_LIST, AT(sa_verification_request, facts),
     .required = true, .sub = bus_partner_kind_missing_fields,
     .sub_size = sizeof(struct sa_missing_fact)},
    {"division_code", BUS_DOC_TEXT, AT(sa_verification_request, division_code),
     .required = true},
    {"due", BUS_DOC_DATE, AT(sa_verification_request, due), .required = true},
    {"subject", BUS_DOC_PART, AT(insurer_document, personal),
     .has_offset = AT(insurer_document, has_personal), .sub = person_fields},
    BUS_KIND_END};
static const struct bus_partner_document document = {
    "verification-request", 1, fields, sizeof(struct insurer_document)};

static enum bus_partner_kind_effect insurer_effect(const void *record)
{
    const struct sa_verification_request *r = record;
    return r->action == SA_REQUEST_ACTION_WITHDRAWN ? BUS_KIND_CLOSES
                                                    : BUS_KIND_OPENS;
}

const struct bus_partner_kind_out kind_insurer_out = {
    .kind = "insurer",
    .topic = "verification-requests",
    .record = "verification_request",
    .type = &sa_verification_request_type,
    .document = &document,
    .about_offset = AT(sa_verification_request, request_id),
    .has_sealed_offset = AT(sa_verification_request, has_personal),
    .sealed_offset = AT(sa_verification_request, personal),
    .has_personal_offset = AT(insurer_document, has_personal),
    .personal_offset = AT(insurer_document, personal),
    .effect = insurer_effect,
};
