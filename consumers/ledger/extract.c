#include "consumers/ledger/extract.h"
#include "bus/role/types.h"

#include <string.h>

#include "bus/base/check.h"
#include "schemas/application.h"
#include "schemas/assignment.h"
#include "schemas/case_event.h"
#include "schemas/claim.h"
#include "schemas/claim_result.h"
#include "schemas/dead_letter.h"
#include "schemas/delivery_receipt.h"
#include "schemas/delivery_task.h"
#include "schemas/dispatch_result.h"
#include "schemas/due.h"
#include "schemas/erasure.h"
#include "schemas/evaluation.h"
#include "schemas/facts_reported.h"
#include "schemas/household_request.h"
#include "schemas/membership.h"
#include "schemas/membership_change.h"
#include "schemas/need.h"
#include "schemas/notice.h"
#include "schemas/parked_note.h"
#include "schemas/payee_change.h"
#include "schemas/payment_order.h"
#include "schemas/payment_result.h"
#include "schemas/posting.h"
#include "schemas/review.h"
#include "schemas/sheet.h"
#include "schemas/step.h"
#include "schemas/verification_request.h"
#include "schemas/verification_result.h"

typedef void (*fill_fn)(const void *record, struct ledger_row *r);

#define ABOUT(r, id)           \
    do {                       \
        (r)->about = (id);     \
        (r)->has_about = true; \
    } while (0)
#define CASE(r, id)           \
    do {                      \
        (r)->case_id = (id);  \
        (r)->has_case = true; \
    } while (0)
#define AMOUNT(r, v)            \
    do {                        \
        (r)->amount_fen = (v);  \
        (r)->has_amount = true; \
    } while (0)

static void extract_application(const void *record, struct ledger_row *r)
{
    const struct sa_application *a = record;
    ABOUT(r, a->application_id);
    r->word = bus_strv(sa_channel_word(a->channel));
    r->note = a->division_code;
}

static void facts_reported(const void *record, struct ledger_row *r)
{
    const struct sa_facts_reported *f = record;
    r->word = f->source;
}

static void extract_evaluation(const void *record, struct ledger_row *r)
{
    const struct sa_evaluation *e = record;
    CASE(r, e->case_id);
    r->word = e->catalogue_version;
    AMOUNT(r, e->facts_version);
}

static void assignment(const void *record, struct ledger_row *r)
{
    const struct sa_assignment *a = record;
    CASE(r, a->case_id);
    ABOUT(r, a->assignment_id);
    r->word = bus_strv(sa_assignment_action_word(a->action));
    r->item = a->item;
    r->note = a->has_reason ? a->reason : r->note;
    if (a->has_amount_fen) {
        AMOUNT(r, a->amount_fen);
    }
}

static void decision(const void *record, struct ledger_row *r)
{
    const struct sa_decision *d = record;
    CASE(r, d->case_id);
    ABOUT(r, d->assignment_id);
    r->word = bus_strv(sa_decision_outcome_word(d->outcome));
    r->item = d->item;
    if (d->has_amount_fen) {
        AMOUNT(r, d->amount_fen);
    }
}

static void extract_step(const void *record, struct ledger_row *r)
{
    const struct sa_step *s = record;
    CASE(r, s->case_id);
    ABOUT(r, s->assignment_id);
    r->word = bus_strv(sa_step_kind_word(s->kind));
    r->item = s->item;
}

static void payee_change(const void *record, struct ledger_row *r)
{
    const struct sa_payee_change *p = record;
    CASE(r, p->case_id);
    ABOUT(r, p->assignment_id);
    r->word = bus_strv(sa_payee_name_check_word(p->name_check));
    r->item = p->item;
}

static void verification_request(const void *record, struct ledger_row *r)
{
    const struct sa_verification_request *q = record;
    CASE(r, q->case_id);
    ABOUT(r, q->request_id);
    r->word = bus_strv(sa_request_action_word(q->action));
}

static void verification_result(const void *record, struct ledger_row *r)
{
    const struct sa_verification_result *v = record;
    CASE(r, v->case_id);
    ABOUT(r, v->request_id);
    r->word = bus_strv(sa_verification_outcome_word(v->outcome));
}

static void case_event(const void *record, struct ledger_row *r)
{
    const struct sa_case_event *c = record;
    CASE(r, c->case_id);
    if (c->has_refers_to) {
        ABOUT(r, c->refers_to);
    }
    r->word = bus_strv(sa_case_event_kind_word(c->kind));
    r->item = c->has_decision ? c->decision.item : r->item;
    r->note = c->has_note ? c->note : r->note;
}

static void dispatch_result(const void *record, struct ledger_row *r)
{
    const struct sa_dispatch_result *d = record;
    CASE(r, d->case_id);
    ABOUT(r, d->decision_id);
    r->word = bus_strv(sa_dispatch_outcome_word(d->outcome));
    r->note = d->has_reason ? d->reason : r->note;
}

static void payment_order(const void *record, struct ledger_row *r)
{
    const struct sa_payment_order *p = record;
    CASE(r, p->case_id);
    ABOUT(r, p->order_id);
    AMOUNT(r, p->amount_fen);
    r->word = BUS_STRV("ORDERED");
    r->item = p->item;
    r->note = p->fund;
}

static void payment_result(const void *record, struct ledger_row *r)
{
    const struct sa_payment_result *p = record;
    CASE(r, p->case_id);
    ABOUT(r, p->order_id);
    AMOUNT(r, p->amount_fen);
    r->word = bus_strv(sa_payment_outcome_word(p->outcome));
    r->note = p->has_reason_code ? p->reason_code : r->note;
}

static void delivery_task(const void *record, struct ledger_row *r)
{
    const struct sa_delivery_task *t = record;
    CASE(r, t->case_id);
    ABOUT(r, t->task_id);
    r->word = bus_strv(sa_delivery_kind_word(t->kind));
    r->item = t->item;
    if (t->has_amount_fen) {
        AMOUNT(r, t->amount_fen);
    }
}

static void delivery_receipt(const void *record, struct ledger_row *r)
{
    const struct sa_delivery_receipt *t = record;
    CASE(r, t->case_id);
    ABOUT(r, t->task_id);
    r->word = bus_strv(sa_delivery_outcome_word(t->outcome));
}

static void extract_need(const void *record, struct ledger_row *r)
{
    const struct sa_need *n = record;
    CASE(r, n->case_id);
    ABOUT(r, n->need_id);
    AMOUNT(r, n->gap_fen);
    r->word = BUS_STRV("PUBLISHED");
    r->item = n->item;
}

static void extract_claim(const void *record, struct ledger_row *r)
{
    const struct sa_claim *c = record;
    CASE(r, c->case_id);
    ABOUT(r, c->need_id);
    AMOUNT(r, c->amount_fen);
    r->word = bus_strv(sa_claim_outcome_word(c->outcome));
}

static void claim_result(const void *record, struct ledger_row *r)
{
    const struct sa_claim_result *c = record;
    CASE(r, c->case_id);
    ABOUT(r, c->need_id);
    AMOUNT(r, c->amount_fen);
    r->word = bus_strv(sa_claim_result_outcome_word(c->outcome));
}

/* Like the dead letter that it tells of it may be of no household. */
static void extract_notice(const void *record, struct ledger_row *r)
{
    const struct sa_notice *n = record;
    r->has_household = !bus_id_is_nil(&n->household_id);
    ABOUT(r, n->refers_to);
    r->word = n->reason_code;
    r->note = n->topic;
}

static void review(const void *record, struct ledger_row *r)
{
    const struct sa_review *v = record;
    r->word = bus_strv(sa_review_reason_word(v->reason));
    r->note = v->catalogue_version;
}

static void extract_membership(const void *record, struct ledger_row *r)
{
    const struct sa_membership *m = record;
    CASE(r, m->case_id);
    ABOUT(r, m->person_id);
    r->word = BUS_STRV("NAMED");
}

static void extract_members(const void *record, struct ledger_row *r)
{
    const struct sa_membership_change *m = record;
    r->word = bus_strv(sa_membership_change_kind_word(m->kind));
}

static void extract_request(const void *record, struct ledger_row *r)
{
    const struct sa_household_request *q = record;
    ABOUT(r, q->application_id);
    r->word = bus_strv(sa_household_request_kind_word(q->kind));
    r->item = q->has_item ? q->item : (struct bus_strv){0};
}

/* Who has it erased; on what basis is people's own words. */
static void extract_erasure(const void *record, struct ledger_row *r)
{
    const struct sa_erasure *e = record;
    BUS_CHECK(e != NULL);
    r->word = BUS_STRV("ERASURE");
    r->note = e->done_by.operator_id;
}

static void extract_due(const void *record, struct ledger_row *r)
{
    const struct sa_due *d = record;
    if (d->has_case_id) {
        CASE(r, d->case_id);
    }
    ABOUT(r, d->about);
    r->word = bus_strv(sa_due_stage_word(d->stage));
    r->item = d->item;
    r->note = d->rule;
}

static void extract_sheet(const void *record, struct ledger_row *r)
{
    const struct sa_sheet *s = record;
    AMOUNT(r, s->total_fen);
    r->word = bus_strv(sa_sheet_action_word(s->action));
    r->note = s->board_code;
}

static void extract_posting(const void *record, struct ledger_row *r)
{
    const struct sa_posting *p = record;
    r->word = BUS_STRV("POSTED");
    r->note = p->board_code;
}

static void parked_note(const void *record, struct ledger_row *r)
{
    const struct sa_parked_note *p = record;
    ABOUT(r, p->parked_event_id);
    r->word = bus_strv(sa_parked_action_word(p->action));
    r->note = p->kind;
}

static const struct
{
    const char *topic; /* or what stands before its dot */
    const struct bus_wire_type *type;
    const char *kind;
    fill_fn fill;
} kinds[] = {
    {"applications", &sa_application_type, "application", extract_application},
    {"facts", &sa_facts_reported_type, "facts_reported", facts_reported},
    {"evaluations", &sa_evaluation_type, "evaluation", extract_evaluation},
    {"assignments", &sa_assignment_type, "assignment", assignment},
    {"decisions", &sa_decision_type, "decision", decision},
    {"decisions", &sa_step_type, "step", extract_step},
    {"decisions", &sa_payee_change_type, "payee_change", payee_change},
    {"verification-requests", &sa_verification_request_type,
     "verification_request", verification_request},
    {"verification-results", &sa_verification_result_type,
     "verification_result", verification_result},
    {"cases", &sa_case_event_type, "case_event", case_event},
    {"dispatches", &sa_dispatch_result_type, "dispatch_result",
     dispatch_result},
    {"payment-orders", &sa_payment_order_type, "payment_order", payment_order},
    {"payment-results", &sa_payment_result_type, "payment_result",
     payment_result},
    {"delivery-tasks", &sa_delivery_task_type, "delivery_task", delivery_task},
    {"delivery-receipts", &sa_delivery_receipt_type, "delivery_receipt",
     delivery_receipt},
    {"needs", &sa_need_type, "need", extract_need},
    {"claims", &sa_claim_type, "claim", extract_claim},
    {"claim-results", &sa_claim_result_type, "claim_result", claim_result},
    {"notices", &sa_notice_type, "notice", extract_notice},
    {"reviews", &sa_review_type, "review", review},
    {"memberships", &sa_membership_type, "membership", extract_membership},
    {"memberships", &sa_facts_reported_type, "facts_reported", facts_reported},
    {"membership-changes", &sa_membership_change_type, "membership_change",
     extract_members},
    {"requests", &sa_household_request_type, "household_request",
     extract_request},
    {"membership-changes", &sa_erasure_type, "erasure", extract_erasure},
    {"dues", &sa_due_type, "due", extract_due},
    {"sheets", &sa_sheet_type, "sheet", extract_sheet},
    {"postings", &sa_posting_type, "posting", extract_posting},
    {"parked", &sa_parked_note_type, "parked_note", parked_note},
    {"dead-letters", &sa_dead_letter_type, "dead_letter", NULL},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct bus_wire_type *ledger_type_of(struct bus_strv topic)
{
    BUS_CHECK(topic.p != NULL);
    const char *dot = memchr(topic.p, '.', topic.n);
    topic.n = dot ? (size_t)(dot - topic.p) : topic.n;
    for (size_t i = 0; i < KINDS; i++) {
        if (bus_strv_is(topic, kinds[i].topic)) {
            return kinds[i].type;
        }
    }
    return NULL;
}

int ledger_extract_init(struct ledger_extract *x, struct bus_err *err)
{
    x->schemas = bus_role_types_registry();
    bus_arena_init(&x->mem, 256u << 10, 64u << 20);
    return x->schemas ? BUS_OK : bus_fail(err, BUS_ENOMEM, "a reader");
}

void ledger_extract_fini(struct ledger_extract *x)
{
    if (x->schemas != NULL) {
        bus_wire_registry_free(x->schemas);
        bus_arena_fini(&x->mem);
        bus_buf_fini(&x->text);
    }
}

/* Columns have these, or they are not for a table: values of facts, seals,
 * what a channel quotes. */
static const char *const omitted[] = {"event_id",
                                      "household_id",
                                      "occurred_at",
                                      "case_id",
                                      "facts",
                                      "members",
                                      "channel_evidence",
                                      "channel_reference",
                                      "personal",
                                      "decision",
                                      "seal",
                                      "document_hash",
                                      "key",
                                      "value",
                                      "headers",
                                      "report_hash",
                                      NULL};
/* A request's facts are names, no values. */
static const char *const omitted_of_request[] = {
    "event_id", "household_id", "occurred_at", "case_id", "personal", NULL};

/* jsonb has no NUL, written \u0000 by the printer. */
static void replace_nul(struct bus_buf *b)
{
    static const char nul[] = "\\u0000", instead[] = "\\ufffd";
    uint8_t *p = b->data, *e = b->data + b->len;
    while (p != NULL &&
           (p = memmem(p, (size_t)(e - p), nul, sizeof(nul) - 1)) != NULL) {
        /* "\\u0000" in which the backslash is itself escaped is text */
        size_t before = 0;
        while (p - before > b->data && p[-1 - (ptrdiff_t)before] == '\\') {
            before++;
        }
        if (before % 2 == 0) {
            memcpy(p, instead, sizeof(instead) - 1);
        }
        p += sizeof(nul) - 1;
    }
}

static int detail(struct ledger_extract *x,
                  const struct bus_wire_type *type,
                  struct bus_strv value,
                  const void *record,
                  struct bus_err *err)
{
    BUS_CHECK(record != NULL);
    uint32_t id = 0;
    struct bus_strv body;
    bus_buf_clear(&x->text);
    BUS_TRY(bus_wire_unframe(value, &id, &body, err));
    if (id != type->id) { /* another version wrote it */
        BUS_TRY(bus_wire_encode_arena(type, record, &x->mem, &body, err));
    }
    BUS_TRY(bus_wire_print_without(
        bus_wire_type_schema(type), body,
        type == &sa_verification_request_type ? omitted_of_request : omitted,
        &x->text, err));
    replace_nul(&x->text);
    return BUS_OK;
}

/* The head is the same in every record (schemas: event_id, household_id,
 * occurred_at), but a dead letter may be nobody's. */
static void extract_fill(const struct bus_wire_type *type,
                         const void *record,
                         struct ledger_row *r)
{
    size_t k = 0;
    while (k < KINDS && kinds[k].type != type) {
        k++;
    }
    BUS_CHECK(k < KINDS);
    r->kind = kinds[k].kind;
    if (kinds[k].fill == NULL) {
        const struct sa_dead_letter *d = record;
        r->event_id = d->event_id;
        r->has_household = d->has_household_id;
        r->household_id = d->household_id;
        r->occurred_at = d->occurred_at;
        r->word = d->reason_code;
        r->note = d->topic;
        return;
    }
    const struct sa_parked_note *head = record;
    r->event_id = head->event_id;
    r->household_id = head->household_id;
    r->has_household = true;
    r->occurred_at = head->occurred_at;
    kinds[k].fill(record, r);
}

int ledger_extract(struct ledger_extract *x,
                   const struct bus_wire_type *type,
                   struct bus_strv value,
                   struct ledger_row *ret,
                   struct bus_err *err)
{
    BUS_CHECK(x->schemas != NULL && type != NULL);
    void *record = NULL;
    bus_arena_reset(&x->mem);
    int rc = bus_wire_decode(x->schemas, type, value, &x->mem, &record, err);
    if (rc != BUS_OK) {
        return bus_arena_cause(&x->mem, rc, err);
    }
    *ret = (struct ledger_row){
        .word = BUS_STRV(""), .item = BUS_STRV(""), .note = BUS_STRV("")};
    extract_fill(type, record, ret);
    if (type == &sa_evaluation_type) {
        ret->body = value;
        return BUS_OK;
    }
    rc = detail(x, type, value, record, err);
    ret->detail = bus_buf_view(&x->text);
    return rc;
}
