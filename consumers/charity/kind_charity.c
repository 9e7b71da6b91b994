/* A need as a charity reads it: no person, no place below the town; and what
 * became of its claim: how much is its, and whom to help, if the household has
 * consented. */
#include "bus/partner/kind_tables.h"
#include "schemas/claim_result.h"
#include "schemas/need.h"

BUS_KIND_HEAD(sa_need);

struct charity_document
{
    struct sa_need r; /* first */
};
#define AT(type, field) offsetof(struct type, field)

/* household_id and case_id are the need's number and its way home. */
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

struct charity_result
{
    struct sa_claim_result r; /* first */
    bool has_personal;
    struct sa_personal personal;
};
BUS_KIND_HEAD(sa_claim_result);

static const struct bus_partner_document_field recipient_fields[] = {
    {"name", BUS_DOC_TEXT, AT(sa_personal, name), .required = true},
    BUS_KIND_PERSON_CONTACT,
    BUS_KIND_END};
static const struct bus_partner_document_field result_reply_fields[] = {
    BUS_KIND_REPLY(sa_claim_result, need_id), BUS_KIND_END};
static const struct bus_partner_document_field result_fields[] = {
    {"reply_to", BUS_DOC_PART, 0, .required = true, .sub = result_reply_fields},
    {"written_at", BUS_DOC_TIME, AT(sa_claim_result, occurred_at),
     .required = true},
    {"claim_id", BUS_DOC_ID, AT(sa_claim_result, claim_id), .required = true},
    {"outcome", BUS_DOC_WORD, AT(sa_claim_result, outcome), .required = true,
     .symbols = &sa_claim_result_outcome_words},
    {"amount_fen", BUS_DOC_LONG, AT(sa_claim_result, amount_fen),
     .required = true, .min = 0, .max = BUS_KIND_FEN_MAX},
    {"until", BUS_DOC_DATE, AT(sa_claim_result, until),
     .has_offset = AT(sa_claim_result, has_until)},
    {"recipient", BUS_DOC_PART, AT(charity_result, personal),
     .has_offset = AT(charity_result, has_personal), .sub = recipient_fields},
    BUS_KIND_END};
static const struct bus_partner_document result_document = {
    "claim-result", 1, result_fields, sizeof(struct charity_result)};

static enum bus_partner_kind_effect result_tells(const void *record)
{
    (void)record;
    return BUS_KIND_TELLS;
}

static const struct bus_partner_kind_out charity_result_out = {
    .kind = "charity",
    .topic = "claim-results",
    .record = "claim_result",
    .type = &sa_claim_result_type,
    .document = &result_document,
    .about_offset = AT(sa_claim_result, need_id),
    .has_sealed_offset = AT(sa_claim_result, has_personal),
    .sealed_offset = AT(sa_claim_result, personal),
    .has_personal_offset = AT(charity_result, has_personal),
    .personal_offset = AT(charity_result, personal),
    .effect = result_tells,
};

const struct bus_partner_kind_out kind_charity_out = {
    .kind = "charity",
    .topic = "needs",
    .record = "need",
    .type = &sa_need_type,
    .document = &document,
    .about_offset = AT(sa_need, need_id),
    .more = &charity_result_out,
};
