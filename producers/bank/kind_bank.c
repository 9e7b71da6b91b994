/* A payment result as the bank writes it. */
#include "bus/base/clock.h"
#include "bus/partner/kind_tables.h"
#include "schemas/payment_result.h"

BUS_KIND_HEAD(sa_payment_result);

struct bank_answer
{
    struct sa_payment_result r; /* first */
    struct bus_partner_kind_reply reply;
};
#define VALUE_DAYS_BEFORE 366 /* of the answer */
#define VALUE_DAYS_AFTER  31  /* the longest holiday and more */

#define AT(type, field) offsetof(struct type, field)

static const struct bus_partner_document_field reply_fields[] = {
    BUS_KIND_QUESTION(bank_answer, sa_payment_result, order_id), BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    BUS_KIND_ANSWER(bank_answer, sa_payment_result),
    {"outcome", BUS_DOC_WORD, AT(sa_payment_result, outcome), .required = true,
     .symbols = &sa_payment_outcome_words},
    {"amount_fen", BUS_DOC_LONG, AT(sa_payment_result, amount_fen),
     .required = true, .min = 1, .max = BUS_KIND_FEN_MAX},
    {"reason_code", BUS_DOC_TEXT, AT(sa_payment_result, reason_code),
     .has_offset = AT(sa_payment_result, has_reason_code), .max = 35},
    {"value_date", BUS_DOC_DATE, AT(sa_payment_result, value_date),
     .required = true},
    {"bank_reference", BUS_DOC_TEXT, AT(sa_payment_result, bank_reference),
     .required = true, .max = 64},
    BUS_KIND_END};
static const struct bus_partner_document document = {
    "payment-result", 1, fields, sizeof(struct bank_answer)};

static void bank_finish(const struct bus_partner_kind_env *env,
                        void *doc,
                        struct bus_partner_document_faults *faults)
{
    const struct sa_payment_result *r = doc;
    (void)env;
    if (r->outcome != SA_PAYMENT_OUTCOME_SETTLED && !r->has_reason_code) {
        bus_partner_document_fault_add(
            faults, "/reason_code", "MISSING", "未成功时须填原因代码(如 AC04)",
            "needed when the outcome is not SETTLED, e.g. AC04");
    }
    int32_t today = bus_china_day(r->occurred_at);
    if (r->value_date < today - VALUE_DAYS_BEFORE ||
        r->value_date > today + VALUE_DAYS_AFTER) {
        bus_partner_document_fault_add(
            faults, "/value_date", "DATE_RANGE",
            "应为答复日前366天至后31天的日期",
            "must be a day from 366 before that of the answer to 31 behind it");
    }
}

const struct bus_partner_kind_in kind_bank_in = {
    .kind = "bank",
    .topic = "payment-results",
    .record = "payment_result",
    .ce_type = "sa.payment_result.v1",
    .type = &sa_payment_result_type,
    .document = &document,
    .about_offset = AT(sa_payment_result, order_id),
    .reply_offset = AT(bank_answer, reply),
    .finish = bank_finish,
};
