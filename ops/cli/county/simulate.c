#include "ops/cli/county/simulate.h"

#include <string.h>

#include "bus/base/clock.h"
#include "bus/policy/process.h"
#include "bus/wire/crypt.h"
#include "ops/cli/county/simulate_officer.h"
#include "schemas/assignment.h"
#include "schemas/claim.h"
#include "schemas/decision.h"
#include "schemas/delivery_receipt.h"
#include "schemas/delivery_task.h"
#include "schemas/need.h"
#include "schemas/notice.h"
#include "schemas/payment_order.h"
#include "schemas/payment_result.h"
#include "schemas/step.h"
#include "schemas/verification_request.h"
#include "schemas/verification_result.h"

#define USUAL_FEN     50000 /* where the rules give no amount */
#define UNCOVERED_FEN 30000

struct answering
{
    const struct simulate_rules *rules;
    const struct bus_conf_partner *partner;
    int64_t now_ms;
    struct bus_arena *mem;
    struct simulate_answers *out;
    struct bus_err *err;
    uint64_t dice;
};

const struct bus_wire_type *
cli_simulate_question(enum bus_conf_partner_kind kind, const char **ret_what)
{
    static const struct
    {
        const struct bus_wire_type *type;
        const char *what;
    } all[] = {
        [BUS_PARTNER_DEPARTMENT] = {&sa_assignment_type, "assignments"},
        [BUS_PARTNER_BANK] = {&sa_payment_order_type, "payment-orders"},
        [BUS_PARTNER_POST] = {&sa_delivery_task_type, "delivery-tasks"},
        [BUS_PARTNER_INSURER] = {&sa_verification_request_type,
                                 "verification-requests"},
        [BUS_PARTNER_CHARITY] = {&sa_need_type, "needs"},
        [BUS_PARTNER_SOURCE] = {&sa_notice_type, "notices"},
    };
    *ret_what = all[kind].what;
    return all[kind].type;
}

/* 0..99, the same for the same thing and seed. */
static unsigned percent(struct answering *a, const struct bus_id *about)
{
    uint64_t seed = a->rules->seed + a->dice++ * 977;
    struct bus_id id = bus_wire_simulated_id("percent", about, (int64_t)seed);
    return (unsigned)(id.b[0] << 8 | id.b[1]) % 100;
}

static void simulate_answer(struct answering *a,
                            const struct cli_simulate_answer *v)
{
    a->out->v[a->out->n] = *v;
    a->out->v[a->out->n++].occurred_at = a->now_ms;
}

static struct sa_actor surveyor(const struct answering *a)
{
    return (struct sa_actor){.operator_id = BUS_STRV("op-simulated"),
                             .org_code = bus_strv(a->partner->code),
                             .role = BUS_STRV("surveyor")};
}

static enum sa_delivery simulate_delivery_of(const struct answering *a,
                                             const struct sa_assignment *q)
{
    struct bus_policy_item item = {.delivery = BUS_POLICY_SERVICE};
    int at = bus_policy_item_find(a->rules->catalogue, q->item);
    if (at >= 0) {
        (void)bus_policy_item_at(a->rules->catalogue, (size_t)at,
                                 bus_china_day(q->occurred_at), &item);
    }
    static const enum sa_delivery map[] = {
        [BUS_POLICY_BANK] = SA_DELIVERY_BANK,
        [BUS_POLICY_POST_CASH] = SA_DELIVERY_POST_CASH,
        [BUS_POLICY_POST_GOODS] = SA_DELIVERY_POST_GOODS,
        [BUS_POLICY_SERVICE] = SA_DELIVERY_SERVICE,
    };
    return map[item.delivery];
}

/* As often as the item is paid; the treasury pays every period. */
static enum sa_period simulate_period_of(const struct answering *a,
                                         const struct sa_assignment *q)
{
    struct bus_policy_item item = {.per_year = 0};
    int at = bus_policy_item_find(a->rules->catalogue, q->item);
    if (at >= 0) {
        (void)bus_policy_item_at(a->rules->catalogue, (size_t)at,
                                 bus_china_day(q->occurred_at), &item);
    }
    return item.per_year == 12  ? SA_PERIOD_MONTHLY
           : item.per_year == 4 ? SA_PERIOD_QUARTERLY
           : item.per_year > 0  ? SA_PERIOD_YEARLY
                                : SA_PERIOD_ONCE;
}

/* How and how much. One of a hundred cash decisions is above the post's cap,
 * so that the way back is walked as well; the second time it is a transfer. */
static void simulate_grant(struct answering *a,
                           const struct sa_assignment *q,
                           struct sa_decision *d)
{
    bool again = q->action == SA_ASSIGNMENT_ACTION_RETURNED;
    d->delivery = simulate_delivery_of(a, q);
    if (d->delivery == SA_DELIVERY_SERVICE) {
        return;
    }
    d->has_amount_fen = true;
    d->amount_fen =
        q->has_amount_fen && q->amount_fen > 0 ? q->amount_fen : USUAL_FEN;
    bool cash =
        d->delivery == SA_DELIVERY_POST_CASH ||
        (bus_strv_is(q->item, "MZ06") && percent(a, &q->assignment_id) < 50);
    if (d->delivery == SA_DELIVERY_POST_GOODS) {
        d->has_goods = true;
        d->goods = BUS_STRV("米面油 rice, flour, oil");
    } else if (cash && !again) {
        d->delivery = SA_DELIVERY_POST_CASH;
        bool over = percent(a, &q->assignment_id) < 3;
        d->amount_fen = over                     ? 300001
                        : d->amount_fen > 300000 ? 300000
                                                 : d->amount_fen;
    } else if (q->has_payee_hash) {
        d->delivery = SA_DELIVERY_BANK;
    } else { /* nobody's account is known: by hand */
        d->delivery = SA_DELIVERY_POST_CASH;
        d->amount_fen = d->amount_fen > 300000 ? 300000 : d->amount_fen;
    }
    if (d->delivery == SA_DELIVERY_BANK) {
        d->has_payee_hash = true;
        d->payee_hash = q->payee_hash;
        d->period = simulate_period_of(a, q);
    }
    if (percent(a, &q->assignment_id) < 15) {
        d->uncovered_fen = UNCOVERED_FEN;
    }
}

/* --- the steps before a decision --- */

/* about: what makes its id, with the kind: the assignment, or what it came back
 * by. */
static int simulate_step(struct answering *a,
                         const struct sa_assignment *q,
                         enum sa_step_kind kind,
                         const struct bus_id *about)
{
    struct sa_step *e = bus_arena_calloc(a->mem, 1, sizeof(*e));
    if (e == NULL) {
        return bus_fail(a->err, BUS_ENOMEM, "an answer");
    }
    e->event_id = bus_wire_simulated_id("step", about, kind);
    e->household_id = q->household_id;
    e->case_id = q->case_id;
    e->occurred_at = a->now_ms;
    e->assignment_id = q->assignment_id;
    e->department = q->department;
    e->item = q->item;
    e->kind = kind;
    e->done_by = cli_simulate_clerk(cli_simulate_officer(a->rules, a->partner));
    if (kind == SA_STEP_KIND_SURVEYED || kind == SA_STEP_KIND_HEARD) {
        e->has_second = true;
        e->second = cli_simulate_companion(a->rules, q->division_code);
    }
    simulate_answer(
        a, &(struct cli_simulate_answer){.type = &sa_step_type,
                                         .ce_type = "sa.step.v1",
                                         .record = e,
                                         .what = "decisions",
                                         .event_id = e->event_id,
                                         .household_id = q->household_id,
                                         .case_id = q->case_id,
                                         .cause_id = q->event_id});
    return BUS_OK;
}

static bool reason_begins(const struct sa_assignment *q, const char *word)
{
    return q->has_reason && q->reason.n >= strlen(word) &&
           memcmp(q->reason.p, word, strlen(word)) == 0;
}

/* What the item's process asks for, in its order, each a step with an id of its
 * own, so that saying it again changes nothing. *ret_wait: a notice hangs, and
 * nobody decides before it has hung its days. */
static int simulate_process(struct answering *a,
                            const struct sa_assignment *q,
                            bool *ret_wait)
{
    static const enum sa_step_kind kinds[] = {
        [BUS_POLICY_STEP_ACCEPT] = SA_STEP_KIND_ACCEPTED,
        [BUS_POLICY_STEP_SURVEY] = SA_STEP_KIND_SURVEYED,
        [BUS_POLICY_STEP_CHECK] = SA_STEP_KIND_CHECKED,
        [BUS_POLICY_STEP_OPINION] = SA_STEP_KIND_OPINION,
        [BUS_POLICY_STEP_NOTICE] = SA_STEP_KIND_NOTICE_POSTED,
        [BUS_POLICY_STEP_HEARING] = SA_STEP_KIND_HEARD,
    };
    struct bus_policy_process p = {0};
    int at = bus_policy_item_find(a->rules->catalogue, q->item);
    int32_t day = bus_china_day(q->occurred_at);
    if (at >= 0) {
        bus_policy_process_at(a->rules->catalogue, (size_t)at, day, &p);
    }
    bool hangs =
        p.notice_days > 0 && day >= a->rules->config->process.required_from;
    *ret_wait = hangs;
    for (unsigned i = 0; i < BUS_POLICY_STEPS; i++) {
        if ((p.steps & BUS_POLICY_STEP_BIT(i)) == 0) {
            continue;
        }
        BUS_TRY(simulate_step(a, q, kinds[i], &q->assignment_id));
        if (i == BUS_POLICY_STEP_NOTICE && p.notice_days == 0) {
            BUS_TRY(simulate_step(a, q, SA_STEP_KIND_NOTICE_EXPIRED,
                                  &q->assignment_id));
        }
    }
    return BUS_OK;
}

/* Less of what was granted: its people are told, come and are heard. */
static int simulate_hearing(struct answering *a, const struct sa_assignment *q)
{
    BUS_TRY(simulate_step(a, q, SA_STEP_KIND_NOTICE_POSTED, &q->event_id));
    return simulate_step(a, q, SA_STEP_KIND_HEARD, &q->event_id);
}

/* What came back is decided anew, each time, and goes back no more: by its
 * owner as anything else; of another's the lead says that it ends, or whose it
 * is. */
static enum sa_decision_outcome simulate_outcome(struct answering *a,
                                                 const struct sa_assignment *q)
{
    struct bus_policy_item item = {.code = q->item};
    int at = bus_policy_item_find(a->rules->catalogue, q->item);
    unsigned dice = percent(a, &q->assignment_id);
    unsigned no = (unsigned)a->rules->errors;
    bool open = q->verdict == SA_VERDICT_UNDETERMINED;
    bool again = q->action == SA_ASSIGNMENT_ACTION_RETURNED;
    if (at >= 0 &&
        bus_policy_item_at(a->rules->catalogue, (size_t)at,
                           bus_china_day(q->occurred_at), &item) &&
        !bus_strv_is(item.department, a->partner->code)) {
        return dice % 2 == 0 ? SA_DECISION_OUTCOME_REFUSED
                             : SA_DECISION_OUTCOME_RETURNED;
    }
    return dice < no + (open ? 40 : 0) ? SA_DECISION_OUTCOME_REFUSED
           : dice >= 98 && !again      ? SA_DECISION_OUTCOME_RETURNED
                                       : SA_DECISION_OUTCOME_CONFIRMED;
}

static int simulate_decide(struct answering *a, const struct sa_assignment *q)
{
    if (q->action != SA_ASSIGNMENT_ACTION_ASSIGNED &&
        q->action != SA_ASSIGNMENT_ACTION_RETURNED) {
        return BUS_OK;
    }
    bool again = q->action == SA_ASSIGNMENT_ACTION_RETURNED, waits = false;
    if (again && (reason_begins(q, "STEP_DONE") ||
                  reason_begins(q, "STEP_MISSING notice"))) {
        return BUS_OK; /* of a step; or people come back to it */
    }
    if (again && reason_begins(q, "STEP_MISSING hearing")) {
        BUS_TRY(simulate_hearing(a, q));
    } else if (!again || reason_begins(q, "STEP_MISSING")) {
        BUS_TRY(simulate_process(a, q, &waits));
    }
    if (waits) {
        return BUS_OK;
    }
    struct sa_decision *d = bus_arena_calloc(a->mem, 1, sizeof(*d));
    if (d == NULL) {
        return bus_fail(a->err, BUS_ENOMEM, "an answer");
    }
    const struct simulate_officer *officer =
        cli_simulate_officer(a->rules, a->partner);
    d->outcome = simulate_outcome(a, q);
    d->decision_id =
        again ? bus_wire_simulated_id("decision", &q->event_id, 1)
              : bus_wire_simulated_id("decision", &q->assignment_id, 0);
    d->event_id = bus_wire_simulated_id("event", &d->decision_id, 0);
    d->household_id = q->household_id;
    d->case_id = q->case_id;
    d->occurred_at = d->signed_at = a->now_ms;
    d->assignment_id = q->assignment_id;
    d->department = q->department;
    d->item = q->item;
    d->decided_by = cli_simulate_actor(officer);
    d->delivery = SA_DELIVERY_SERVICE;
    d->reason = d->outcome == SA_DECISION_OUTCOME_CONFIRMED
                    ? BUS_STRV("符合条件")
                    : BUS_STRV("材料不足");
    if (d->outcome == SA_DECISION_OUTCOME_CONFIRMED) {
        simulate_grant(a, q, d);
    }
    BUS_TRY(cli_simulate_seal(officer, d, a->mem, a->err));
    simulate_answer(
        a, &(struct cli_simulate_answer){.type = &sa_decision_type,
                                         .ce_type = "sa.decision.v1",
                                         .record = d,
                                         .what = "decisions",
                                         .event_id = d->event_id,
                                         .household_id = q->household_id,
                                         .case_id = q->case_id,
                                         .cause_id = q->event_id});
    return BUS_OK;
}

static int pay_one(struct answering *a,
                   const struct sa_payment_order *q,
                   enum sa_payment_outcome outcome,
                   uint32_t number)
{
    struct sa_payment_result *r = bus_arena_calloc(a->mem, 1, sizeof(*r));
    if (r == NULL) {
        return bus_fail(a->err, BUS_ENOMEM, "an answer");
    }
    r->event_id = bus_wire_simulated_id("payment_result", &q->order_id, number);
    r->household_id = q->household_id;
    r->case_id = q->case_id;
    r->occurred_at = a->now_ms;
    r->order_id = q->order_id;
    r->outcome = outcome;
    r->amount_fen = q->amount_fen;
    r->has_reason_code = outcome != SA_PAYMENT_OUTCOME_SETTLED;
    r->reason_code =
        r->has_reason_code ? BUS_STRV("AC04") : (struct bus_strv){0};
    r->value_date = bus_china_day(a->now_ms);
    r->bank_reference = BUS_STRV("SIM");
    simulate_answer(
        a, &(struct cli_simulate_answer){.type = &sa_payment_result_type,
                                         .ce_type = "sa.payment_result.v1",
                                         .record = r,
                                         .what = "payment-results",
                                         .event_id = r->event_id,
                                         .household_id = q->household_id,
                                         .case_id = q->case_id,
                                         .cause_id = q->event_id});
    return BUS_OK;
}

/* Now and then the return is quicker than the settlement (drill D2). */
static int simulate_pay(struct answering *a, const struct sa_payment_order *q)
{
    unsigned dice = percent(a, &q->order_id);
    if (dice < (unsigned)a->rules->errors / 2) {
        return pay_one(a, q, SA_PAYMENT_OUTCOME_REJECTED, 0);
    }
    if (dice < 96) {
        return pay_one(a, q, SA_PAYMENT_OUTCOME_SETTLED, 0);
    }
    int rc = dice < 98 ? pay_one(a, q, SA_PAYMENT_OUTCOME_SETTLED, 0)
                       : pay_one(a, q, SA_PAYMENT_OUTCOME_RETURNED, 1);
    if (rc != BUS_OK) {
        return rc;
    }
    return dice < 98 ? pay_one(a, q, SA_PAYMENT_OUTCOME_RETURNED, 1)
                     : pay_one(a, q, SA_PAYMENT_OUTCOME_SETTLED, 0);
}

static int simulate_deliver(struct answering *a,
                            const struct sa_delivery_task *q)
{
    struct sa_delivery_receipt *r = bus_arena_calloc(a->mem, 1, sizeof(*r));
    if (r == NULL) {
        return bus_fail(a->err, BUS_ENOMEM, "an answer");
    }
    bool fails = percent(a, &q->task_id) < (unsigned)a->rules->errors / 3;
    r->event_id = bus_wire_simulated_id("delivery_receipt", &q->task_id, 0);
    r->household_id = q->household_id;
    r->case_id = q->case_id;
    r->occurred_at = a->now_ms;
    r->task_id = q->task_id;
    r->outcome = fails ? SA_DELIVERY_OUTCOME_FAILED
                 : q->kind == SA_DELIVERY_KIND_CASH
                     ? SA_DELIVERY_OUTCOME_PAID
                     : SA_DELIVERY_OUTCOME_SIGNED;
    r->attempts = fails ? 2 : 1;
    simulate_answer(
        a, &(struct cli_simulate_answer){.type = &sa_delivery_receipt_type,
                                         .ce_type = "sa.delivery_receipt.v1",
                                         .record = r,
                                         .what = "delivery-receipts",
                                         .event_id = r->event_id,
                                         .household_id = q->household_id,
                                         .case_id = q->case_id,
                                         .cause_id = q->event_id});
    return BUS_OK;
}

/* A value of the dictionary's type: what a visit of an ordinary poor home
 * would find. */
static void find_out(struct answering *a, struct sa_fact *f)
{
    bool member = f->has_member;
    size_t skip = member ? sizeof("member.") - 1 : sizeof("household.") - 1;
    struct bus_strv bare = {f->name.p + skip, f->name.n - skip};
    const struct bus_fact *d = bus_conf_fact(
        a->rules->config, member ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD, bare);
    const struct bus_fact_word *words = d ? d->words.items : NULL;
    switch (d ? (enum bus_fact_type)d->type : BUS_FACT_TEXT) {
    case BUS_FACT_BOOLEAN:
        f->value.branch = SA_FACT_VALUE_BOOLEAN;
        break;
    case BUS_FACT_MONEY_FEN:
    case BUS_FACT_COUNT:
    case BUS_FACT_NUMBER:
        f->value.branch = SA_FACT_VALUE_LONG;
        break;
    case BUS_FACT_ENUM:
        f->value.branch = SA_FACT_VALUE_STRING;
        f->value.u.string_value = bus_strv(words[0].word);
        break;
    case BUS_FACT_DATE:
    case BUS_FACT_TEXT:
        f->value.branch = SA_FACT_VALUE_NULL;
        break;
    }
}

static int verify(struct answering *a, const struct sa_verification_request *q)
{
    struct sa_verification_result *r = bus_arena_calloc(a->mem, 1, sizeof(*r));
    struct sa_fact *facts =
        bus_arena_calloc(a->mem, q->facts.n + 1, sizeof(*facts));
    if (r == NULL || facts == NULL) {
        return bus_fail(a->err, BUS_ENOMEM, "an answer");
    }
    r->event_id =
        bus_wire_simulated_id("verification_result", &q->request_id, 0);
    r->household_id = q->household_id;
    r->case_id = q->case_id;
    r->occurred_at = a->now_ms;
    r->request_id = q->request_id;
    r->outcome = SA_VERIFICATION_OUTCOME_ANSWERED;
    r->appraiser = surveyor(a);
    for (size_t i = 0; i < q->facts.n; i++) {
        facts[i] = (struct sa_fact){
            .name = q->facts.v[i].name,
            .has_member = q->facts.v[i].has_member,
            .member = q->facts.v[i].member,
            .as_of = bus_china_day(a->now_ms),
            .source = BUS_STRV("insurer"),
            .verified = true,
        };
        find_out(a, &facts[i]);
    }
    r->facts.v = facts;
    r->facts.n = q->facts.n;
    simulate_answer(
        a, &(struct cli_simulate_answer){.type = &sa_verification_result_type,
                                         .ce_type = "sa.verification_result.v1",
                                         .record = r,
                                         .what = "verification-results",
                                         .event_id = r->event_id,
                                         .household_id = q->household_id,
                                         .case_id = q->case_id,
                                         .cause_id = q->event_id});
    return BUS_OK;
}

static int simulate_claim(struct answering *a, const struct sa_need *q)
{
    struct sa_claim *c = bus_arena_calloc(a->mem, 1, sizeof(*c));
    if (c == NULL) {
        return bus_fail(a->err, BUS_ENOMEM, "an answer");
    }
    struct bus_id mine =
        bus_wire_simulated_id(a->partner->code, &q->need_id, 0);
    bool wants = percent(a, &mine) < 60;
    c->claim_id = bus_wire_simulated_id("claim", &mine, 0);
    c->event_id = bus_wire_simulated_id("event", &c->claim_id, 0);
    c->household_id = q->household_id;
    c->case_id = q->case_id;
    c->occurred_at = a->now_ms;
    c->need_id = q->need_id;
    c->charity = bus_strv(a->partner->code);
    c->outcome = wants ? SA_CLAIM_OUTCOME_CLAIMED : SA_CLAIM_OUTCOME_DECLINED;
    c->amount_fen = wants ? q->gap_fen : 0;
    simulate_answer(
        a, &(struct cli_simulate_answer){.type = &sa_claim_type,
                                         .ce_type = "sa.claim.v1",
                                         .record = c,
                                         .what = "claims",
                                         .event_id = c->event_id,
                                         .household_id = q->household_id,
                                         .case_id = q->case_id,
                                         .cause_id = q->event_id});
    return BUS_OK;
}

int cli_simulate_answer(const struct simulate_rules *rules,
                        const struct bus_conf_partner *partner,
                        const void *question,
                        int64_t now_ms,
                        struct bus_arena *mem,
                        struct simulate_answers *ret,
                        struct bus_err *err)
{
    struct answering a = {.rules = rules,
                          .partner = partner,
                          .now_ms = now_ms,
                          .mem = mem,
                          .out = ret,
                          .err = err};
    ret->n = 0;
    switch ((enum bus_conf_partner_kind)partner->kind) {
    case BUS_PARTNER_DEPARTMENT:
        return simulate_decide(&a, question);
    case BUS_PARTNER_BANK:
        return simulate_pay(&a, question);
    case BUS_PARTNER_POST:
        return simulate_deliver(&a, question);
    case BUS_PARTNER_INSURER:
        return verify(&a, question);
    case BUS_PARTNER_CHARITY:
        return simulate_claim(&a, question);
    case BUS_PARTNER_SOURCE: /* nobody asks it */
    case BUS_PARTNER_KINDS:
        break;
    }
    return BUS_OK;
}
