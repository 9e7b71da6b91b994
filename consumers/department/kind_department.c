/* An assignment as a department reads it: the item, the facts its rules read,
 * and who applies. */
#include "bus/partner/kind_tables.h"
#include "schemas/assignment.h"
#include "schemas/fact.h"
#include "schemas/missing_fact.h"

BUS_KIND_HEAD(sa_assignment);

struct department_document
{
    struct sa_assignment r; /* first */
    bool has_personal;
    struct sa_personal personal;
};
#define AT(type, field) offsetof(struct type, field)

static const struct bus_partner_document_field person_fields[] = {
    BUS_KIND_PERSON_WHO, BUS_KIND_PERSON_CONTACT, BUS_KIND_PERSON_PAYEE,
    BUS_KIND_END};

static const struct bus_partner_document_field reply_fields[] = {
    BUS_KIND_REPLY(sa_assignment, assignment_id),
    {"department", BUS_DOC_TEXT, AT(sa_assignment, department),
     .required = true, .max = 32},
    {"item", BUS_DOC_TEXT, AT(sa_assignment, item), .required = true,
     .max = 32},
    BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    {"reply_to", BUS_DOC_PART, 0, .required = true, .sub = reply_fields},
    {"written_at", BUS_DOC_TIME, AT(sa_assignment, occurred_at),
     .required = true},
    {"action", BUS_DOC_WORD, AT(sa_assignment, action), .required = true,
     .symbols = &sa_assignment_action_words},
    {"item_version", BUS_DOC_TEXT, AT(sa_assignment, item_version),
     .required = true},
    {"round", BUS_DOC_INT, AT(sa_assignment, round), .required = true},
    {"verdict", BUS_DOC_WORD, AT(sa_assignment, verdict), .required = true,
     .symbols = &sa_verdict_words},
    {"amount_fen", BUS_DOC_LONG, AT(sa_assignment, amount_fen),
     .has_offset = AT(sa_assignment, has_amount_fen)},
    {"reason", BUS_DOC_TEXT, AT(sa_assignment, reason),
     .has_offset = AT(sa_assignment, has_reason)},
    {"payee_masked", BUS_DOC_TEXT, AT(sa_assignment, payee_masked),
     .has_offset = AT(sa_assignment, has_payee_masked)},
    {"payee_hash", BUS_DOC_HEX, AT(sa_assignment, payee_hash),
     .has_offset = AT(sa_assignment, has_payee_hash)},
    {"due", BUS_DOC_DATE, AT(sa_assignment, due), .required = true},
    {"division_code", BUS_DOC_TEXT, AT(sa_assignment, division_code),
     .required = true},
    {"facts", BUS_DOC_LIST, AT(sa_assignment, facts), .required = true,
     .sub = bus_partner_kind_fact_fields, .sub_size = sizeof(struct sa_fact)},
    {"missing", BUS_DOC_LIST, AT(sa_assignment, missing), .required = true,
     .sub = bus_partner_kind_missing_fields,
     .sub_size = sizeof(struct sa_missing_fact)},
    {"applicant", BUS_DOC_PART, AT(department_document, personal),
     .has_offset = AT(department_document, has_personal), .sub = person_fields},
    BUS_KIND_END};
static const struct bus_partner_document document = {
    "assignment", 1, fields, sizeof(struct department_document)};

static enum bus_partner_kind_effect department_effect(const void *record)
{
    static const enum bus_partner_kind_effect effects[] = {
        [SA_ASSIGNMENT_ACTION_ASSIGNED] = BUS_KIND_OPENS,
        [SA_ASSIGNMENT_ACTION_UPDATED] = BUS_KIND_TELLS,
        [SA_ASSIGNMENT_ACTION_RETURNED] = BUS_KIND_OPENS,
        [SA_ASSIGNMENT_ACTION_WITHDRAWN] = BUS_KIND_CLOSES,
        [SA_ASSIGNMENT_ACTION_UNKNOWN] = BUS_KIND_TELLS,
    };
    const struct sa_assignment *a = record;
    return effects[a->action];
}

const struct bus_partner_kind_out kind_department_out = {
    .kind = "department",
    .topic = "assignments",
    .record = "assignment",
    .type = &sa_assignment_type,
    .document = &document,
    .about_offset = AT(sa_assignment, assignment_id),
    .has_sealed_offset = AT(sa_assignment, has_personal),
    .sealed_offset = AT(sa_assignment, personal),
    .has_personal_offset = AT(department_document, has_personal),
    .personal_offset = AT(department_document, personal),
    .effect = department_effect,
};
