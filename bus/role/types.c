#include "bus/role/types.h"

#include <string.h>

#include "bus/base/check.h"
#include "schemas/application.h"
#include "schemas/assignment.h"
#include "schemas/case_event.h"
#include "schemas/catalogue.h"
#include "schemas/claim.h"
#include "schemas/claim_result.h"
#include "schemas/dead_letter.h"
#include "schemas/decision.h"
#include "schemas/delivery_receipt.h"
#include "schemas/delivery_task.h"
#include "schemas/dispatch_result.h"
#include "schemas/due.h"
#include "schemas/earlier.h"
#include "schemas/erasure.h"
#include "schemas/evaluation.h"
#include "schemas/facts_reported.h"
#include "schemas/helped_by.h"
#include "schemas/household_assignment.h"
#include "schemas/household_case.h"
#include "schemas/household_facts.h"
#include "schemas/household_key.h"
#include "schemas/household_names.h"
#include "schemas/household_request.h"
#include "schemas/household_state.h"
#include "schemas/membership.h"
#include "schemas/membership_change.h"
#include "schemas/need.h"
#include "schemas/notice.h"
#include "schemas/parked_note.h"
#include "schemas/payee_change.h"
#include "schemas/payment_order.h"
#include "schemas/payment_result.h"
#include "schemas/personal.h"
#include "schemas/posting.h"
#include "schemas/register.h"
#include "schemas/review.h"
#include "schemas/sheet.h"
#include "schemas/step.h"
#include "schemas/verification_request.h"
#include "schemas/verification_result.h"

/* topic, record: as in ops/docs/events.md */
#define TOPICS(X)                                            \
    X("applications", sa_application_type)                   \
    X("facts", sa_facts_reported_type)                       \
    X("evaluations", sa_evaluation_type)                     \
    X("assignments", sa_assignment_type)                     \
    X("decisions", sa_decision_type)                         \
    X("verification-requests", sa_verification_request_type) \
    X("verification-results", sa_verification_result_type)   \
    X("cases", sa_case_event_type)                           \
    X("dispatches", sa_dispatch_result_type)                 \
    X("payment-orders", sa_payment_order_type)               \
    X("payment-results", sa_payment_result_type)             \
    X("delivery-tasks", sa_delivery_task_type)               \
    X("delivery-receipts", sa_delivery_receipt_type)         \
    X("needs", sa_need_type)                                 \
    X("claims", sa_claim_type)                               \
    X("claim-results", sa_claim_result_type)                 \
    X("membership-changes", sa_membership_change_type)       \
    X("requests", sa_household_request_type)                 \
    X("dues", sa_due_type)                                   \
    X("notices", sa_notice_type)                             \
    X("reviews", sa_review_type)                             \
    X("sheets", sa_sheet_type)                               \
    X("postings", sa_posting_type)                           \
    X("memberships", sa_membership_type)                     \
    X("households", sa_household_case_type)                  \
    X("household-keys", sa_household_key_type)               \
    X("catalogue", sa_catalogue_type)                        \
    X("register", sa_register_type)                          \
    X("parked", sa_parked_note_type)                         \
    X("dead-letters", sa_dead_letter_type)

static const struct bus_wire_type *const all[] = {
#define X(topic, type) &type,
    TOPICS(X)
#undef X
        & sa_step_type,
    &sa_payee_change_type,
    &sa_erasure_type,
    &sa_personal_type,
    &sa_helped_by_type,
    &sa_household_facts_type,
    &sa_household_assignment_type,
    &sa_household_names_type,
    &sa_household_state_type,
    NULL,
};
static const char *const topics[] = {
#define X(topic, type) topic,
    TOPICS(X)
#undef X
};

const struct bus_wire_type *const *bus_role_types_all(void)
{
    return all;
}

const struct bus_wire_type *bus_role_types_by_id(uint32_t id)
{
    for (size_t i = 0; all[i] != NULL; i++) {
        if (all[i]->id == id) {
            return all[i];
        }
    }
    return NULL;
}

const struct bus_wire_type *bus_role_types_of_topic(struct bus_strv name)
{
    const char *dot = name.n > 0 ? memchr(name.p, '.', name.n) : NULL;
    name.n = dot ? (size_t)(dot - name.p) : name.n;
    for (size_t i = 0; i < sizeof(topics) / sizeof(*topics); i++) {
        if (bus_strv_is(name, topics[i])) {
            BUS_CHECK(all[i] != NULL);
            return all[i];
        }
    }
    return NULL;
}

/* What else stands in a topic beside its own record. */
static const struct
{
    const struct bus_wire_type *own, *other;
} beside[] = {{&sa_decision_type, &sa_step_type},
              {&sa_decision_type, &sa_payee_change_type},
              {&sa_membership_change_type, &sa_erasure_type},
              {&sa_membership_type, &sa_facts_reported_type}};
#define BESIDE (sizeof(beside) / sizeof(beside[0]))

const struct bus_wire_type *
bus_role_types_beside(const struct bus_wire_type *own, size_t nth)
{
    BUS_CHECK(own != NULL);
    for (size_t i = 0; i < BESIDE; i++) {
        if (beside[i].own == own && nth-- == 0) {
            return beside[i].other;
        }
    }
    return NULL;
}

const struct bus_wire_type *
bus_role_types_of_value(const struct bus_wire_type *own, struct bus_strv value)
{
    struct bus_strv body;
    struct bus_err ignored;
    uint32_t id = 0;
    if (own != NULL &&
        bus_wire_unframe(value, &id, &body, &ignored) == BUS_OK) {
        for (size_t i = 0; i < BESIDE; i++) {
            if (beside[i].own == own && beside[i].other->id == id) {
                return beside[i].other;
            }
        }
    }
    return own;
}

struct bus_wire_registry *bus_role_types_registry(void)
{
    struct bus_wire_registry *r = bus_wire_registry_new();
    for (size_t i = 0; r != NULL && sa_earlier[i].json != NULL; i++) {
        if (bus_wire_registry_add(r, sa_earlier[i].id,
                                  bus_strv(sa_earlier[i].json),
                                  NULL) != BUS_OK) {
            bus_wire_registry_free(r);
            r = NULL;
        }
    }
    return r;
}
