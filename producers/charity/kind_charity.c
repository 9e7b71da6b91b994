/* A claim as a charity writes it. */
#include "bus/partner/kind_tables.h"
#include "schemas/claim.h"

BUS_KIND_HEAD(sa_claim);

struct charity_answer
{
    struct sa_claim r; /* first */
    struct bus_partner_kind_reply reply;
};
#define AT(type, field) offsetof(struct type, field)

static const struct bus_partner_document_field reply_fields[] = {
    BUS_KIND_QUESTION(charity_answer, sa_claim, need_id), BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    BUS_KIND_ANSWER(charity_answer, sa_claim),
    {"outcome", BUS_DOC_WORD, AT(sa_claim, outcome), .required = true,
     .symbols = &sa_claim_outcome_words},
    {"amount_fen", BUS_DOC_LONG, AT(sa_claim, amount_fen), .min = 0,
     .max = BUS_KIND_FEN_MAX},
    BUS_KIND_END};
static const struct bus_partner_document document = {
    "claim", 1, fields, sizeof(struct charity_answer)};

static void charity_finish(const struct bus_partner_kind_env *env,
                           void *doc,
                           struct bus_partner_document_faults *faults)
{
    struct sa_claim *c = doc;
    c->claim_id = bus_wire_claim_id(&c->event_id);
    c->charity = bus_strv(env->partner->code);
    if (c->outcome != SA_CLAIM_OUTCOME_DECLINED && c->amount_fen <= 0) {
        bus_partner_document_fault_add(faults, "/amount_fen", "MISSING",
                                       "认领或已帮扶须填金额(分)",
                                       "a claim states its amount in fen");
    }
}

const struct bus_partner_kind_in kind_charity_in = {
    .kind = "charity",
    .topic = "claims",
    .record = "claim",
    .ce_type = "sa.claim.v1",
    .type = &sa_claim_type,
    .document = &document,
    .about_offset = AT(sa_claim, need_id),
    .reply_offset = AT(charity_answer, reply),
    .finish = charity_finish,
};
