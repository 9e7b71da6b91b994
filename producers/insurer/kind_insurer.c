/* A verification result as the insurer writes it. */
#include <stdio.h>

#include "bus/base/bounds.h"
#include "bus/base/clock.h"
#include "bus/partner/kind_tables.h"
#include "schemas/fact.h"
#include "schemas/verification_result.h"

BUS_KIND_HEAD(sa_verification_result);

struct insurer_answer
{
    struct sa_verification_result r; /* first */
    struct bus_partner_kind_reply reply;
};
#define AT(type, field) offsetof(struct type, field)

static const struct bus_partner_document_field reply_fields[] = {
    BUS_KIND_QUESTION(insurer_answer, sa_verification_result, request_id),
    BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    BUS_KIND_ANSWER(insurer_answer, sa_verification_result),
    {"outcome", BUS_DOC_WORD, AT(sa_verification_result, outcome),
     .required = true, .symbols = &sa_verification_outcome_words},
    {"facts", BUS_DOC_LIST, AT(sa_verification_result, facts), .required = true,
     .sub = bus_partner_kind_found_fields, .sub_size = sizeof(struct sa_fact)},
    {"appraiser", BUS_DOC_PART, AT(sa_verification_result, appraiser),
     .required = true, .sub = bus_partner_kind_actor_fields},
    {"report_hash", BUS_DOC_HEX, AT(sa_verification_result, report_hash),
     .has_offset = AT(sa_verification_result, has_report_hash), .max = 64},
    BUS_KIND_END};
static const struct bus_partner_document document = {
    "verification-result", 1, fields, sizeof(struct insurer_answer)};

/* Nobody has looked at what is yet to be, or at what no office kept. */
static void insurer_as_of(const struct sa_verification_result *r,
                          size_t i,
                          struct bus_partner_document_faults *faults)
{
    char at[48];
    int32_t day = r->facts.v[i].as_of;
    if (day < BUS_BOUNDS_AS_OF_FIRST || day > bus_china_day(r->occurred_at)) {
        (void)snprintf(at, sizeof(at), "/facts/%zu/as_of", i);
        bus_partner_document_fault_add(
            faults, at, "DATE_RANGE", "应为1949-10-01至答复当日的日期",
            "must be a day from 1949-10-01 to that of the answer");
    }
}

/* What an insurer has looked at is verified, and it is the insurer's word. */
static void insurer_finish(const struct bus_partner_kind_env *env,
                           void *doc,
                           struct bus_partner_document_faults *faults)
{
    struct sa_verification_result *r = doc;
    (void)env;
    for (size_t i = 0; i < r->facts.n; i++) {
        r->facts.v[i].source = BUS_STRV("insurer");
        r->facts.v[i].verified = true;
        insurer_as_of(r, i, faults);
    }
    if (r->outcome == SA_VERIFICATION_OUTCOME_ANSWERED && r->facts.n == 0) {
        bus_partner_document_fault_add(
            faults, "/facts", "MISSING", "已答复时至少一项; 查不到请填 UNABLE",
            "ANSWERED needs at least one; if nothing could be "
            "found out the outcome is UNABLE");
    }
}

const struct bus_partner_kind_in kind_insurer_in = {
    .kind = "insurer",
    .topic = "verification-results",
    .record = "verification_result",
    .ce_type = "sa.verification_result.v1",
    .type = &sa_verification_result_type,
    .document = &document,
    .about_offset = AT(sa_verification_result, request_id),
    .reply_offset = AT(insurer_answer, reply),
    .finish = insurer_finish,
};
