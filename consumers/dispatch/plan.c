#include "consumers/dispatch/plan.h"

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/wire/crypt.h"
#include "schemas/delivery_task.h"
#include "schemas/dispatch_result.h"
#include "schemas/need.h"
#include "schemas/payment_order.h"

#define TOWN_CODE_LEN 9

struct plan
{
    const struct dispatch_rules *rules;
    const struct sa_case_event *event;
    const struct sa_decision *decision;
    const struct dispatch_payee *payee;
    const struct bus_role_need *need;
    struct bus_arena *mem;
    struct dispatch_outputs *out;
    struct bus_err *err;
    struct sa_dispatch_result *result;
    int32_t today;
};

static struct bus_id plan_derive(const struct plan *p, const char *label)
{
    return bus_wire_line_id(label, &p->decision->assignment_id,
                            &p->decision->decision_id);
}

static struct bus_id event_id(const struct plan *p,
                              const char *record,
                              const struct bus_id *about,
                              struct bus_strv partner)
{
    return bus_wire_dispatch_event_id(record, about, partner,
                                      &p->event->event_id);
}

static int no_room(const struct plan *p)
{
    return bus_fail(p->err, BUS_ETOOBIG,
                    "a decision's orders need more than the arena's %zu bytes",
                    p->mem->max_bytes);
}

static int plan_send(struct plan *p, const struct dispatch_output *o)
{
    BUS_CHECK(p->out->n < DISPATCH_OUTPUTS_MAX);
    p->out->v[p->out->n++] = *o;
    return BUS_OK;
}

static void plan_note(struct plan *p,
                      const struct bus_id *order_id,
                      enum sa_dispatch_kind kind,
                      struct bus_strv partner,
                      int64_t amount_fen)
{
    BUS_CHECK(p->result->lines.n < 1 + p->rules->charity_count);
    p->result->lines.v[p->result->lines.n++] = (struct sa_dispatch_line){
        .order_id = *order_id,
        .kind = kind,
        .partner = partner,
        .amount_fen = amount_fen,
    };
}

static void plan_refuse(struct plan *p, struct bus_strv reason)
{
    BUS_CHECK(p->result->lines.n == 0);
    p->result->outcome = SA_DISPATCH_OUTCOME_REFUSED;
    p->result->has_reason = true;
    p->result->reason = reason;
}

/* Is it an amount that may leave at all? */
static bool plan_amount_well(struct plan *p)
{
    const struct sa_decision *d = p->decision;
    bool well = d->has_amount_fen && d->amount_fen > 0 &&
                d->amount_fen <= p->rules->order_max_fen;
    if (!well) {
        plan_refuse(p, BUS_STRV("ABOVE_ORDER_MAX"));
    }
    return well;
}

/* Is it ordered there, in a batch? Once, only at a bank that takes files. */
static bool plan_is_treasurys(const struct plan *p, struct bus_strv bank)
{
    const struct dispatch_rules *r = p->rules;
    BUS_CHECK(bank.n > 0);
    return r->treasury_from != 0 && p->today >= r->treasury_from &&
           (p->decision->period != SA_PERIOD_ONCE ||
            (r->once_from != NULL && p->today >= r->once_from(r->data, bank)));
}

static int plan_pay(struct plan *p)
{
    BUS_CHECK(p->rules->bank_of != NULL);
    const struct sa_decision *d = p->decision;
    if (!plan_amount_well(p)) {
        return BUS_OK;
    }
    if (p->payee->account != BUS_ROLE_PAYEE_SAME) {
        plan_refuse(p, p->payee->account == BUS_ROLE_PAYEE_UNKNOWN
                           ? BUS_STRV("ACCOUNT_MISSING")
                           : BUS_STRV("PAYEE_DIFFERS"));
        return BUS_OK;
    }
    struct bus_strv bank = p->rules->bank_of(p->rules->data, p->event->fund);
    if (!p->event->has_fund || bank.n == 0) {
        plan_refuse(p, BUS_STRV("NO_BANK_FOR_FUND"));
        return BUS_OK;
    }
    struct sa_payment_order *o = bus_arena_calloc(p->mem, 1, sizeof(*o));
    if (o == NULL) {
        return no_room(p);
    }
    o->order_id = plan_derive(p, "order");
    o->event_id = event_id(p, "payment_order", &o->order_id, bank);
    o->household_id = p->event->household_id;
    o->occurred_at = p->event->occurred_at;
    o->case_id = p->event->case_id;
    o->assignment_id = d->assignment_id;
    o->decision_id = d->decision_id;
    o->item = d->item;
    o->fund = p->event->fund;
    o->amount_fen = d->amount_fen;
    o->period = d->period;
    o->has_from_month = d->has_from_month;
    o->from_month = d->from_month;
    o->due = p->today + p->rules->pay_days;
    plan_note(p, &o->order_id, SA_DISPATCH_KIND_PAYMENT, bank, d->amount_fen);
    if (plan_is_treasurys(p, bank)) {
        return BUS_OK;
    }
    return plan_send(p, &(struct dispatch_output){DISPATCH_OUT_PAYMENTS, bank,
                                                  o, o->event_id, true});
}

static int plan_deliver(struct plan *p, bool cash)
{
    const struct sa_decision *d = p->decision;
    struct bus_strv post = p->rules->post;
    if (post.n == 0) {
        plan_refuse(p, BUS_STRV("NO_POST"));
        return BUS_OK;
    }
    if (cash && d->amount_fen > p->rules->cash_max_fen) {
        plan_refuse(p, BUS_STRV("CASH_ABOVE_CAP"));
        return BUS_OK;
    }
    if (cash && !plan_amount_well(p)) {
        return BUS_OK;
    }
    if (!p->payee->named) {
        plan_refuse(p, BUS_STRV("NAME_MISSING"));
        return BUS_OK;
    }
    BUS_CHECK(!cash || d->amount_fen <= p->rules->cash_max_fen);
    struct sa_delivery_task *t = bus_arena_calloc(p->mem, 1, sizeof(*t));
    if (t == NULL) {
        return no_room(p);
    }
    t->task_id = plan_derive(p, "task");
    t->event_id = event_id(p, "delivery_task", &t->task_id, post);
    t->household_id = p->event->household_id;
    t->occurred_at = p->event->occurred_at;
    t->case_id = p->event->case_id;
    t->assignment_id = d->assignment_id;
    t->decision_id = d->decision_id;
    t->item = d->item;
    t->kind = cash ? SA_DELIVERY_KIND_CASH : SA_DELIVERY_KIND_GOODS;
    t->has_goods = !cash && d->has_goods;
    t->goods = t->has_goods ? d->goods : (struct bus_strv){0};
    t->has_amount_fen = cash;
    t->amount_fen = cash ? d->amount_fen : 0;
    t->fund = p->event->has_fund ? p->event->fund : (struct bus_strv){0};
    t->division_code = p->event->division_code;
    t->due = p->today + p->rules->deliver_days;
    plan_note(p, &t->task_id,
              cash ? SA_DISPATCH_KIND_CASH : SA_DISPATCH_KIND_GOODS, post,
              cash ? d->amount_fen : 0);
    return plan_send(p, &(struct dispatch_output){DISPATCH_OUT_DELIVERIES, post,
                                                  t, t->event_id, true});
}

/* The charities see the town, the gap and the size of the household. */
static int publish_need(struct plan *p)
{
    BUS_CHECK(p->out->n + p->rules->charity_count < DISPATCH_OUTPUTS_MAX);
    BUS_CHECK(p->result->outcome == SA_DISPATCH_OUTCOME_ORDERED);
    const struct sa_case_event *e = p->event;
    BUS_CHECK(!bus_id_is_nil(&p->need->number));
    struct bus_id need_id = p->need->number;
    struct bus_strv town = e->division_code;
    town.n = town.n > TOWN_CODE_LEN ? TOWN_CODE_LEN : town.n;
    for (size_t i = 0; i < p->rules->charity_count; i++) {
        struct bus_strv charity = p->rules->charities[i];
        struct sa_need *n = bus_arena_calloc(p->mem, 1, sizeof(*n));
        if (n == NULL) {
            return no_room(p);
        }
        n->need_id = need_id;
        n->event_id = event_id(p, "need", &need_id, charity);
        n->household_id = need_id; /* charities see no household, no case */
        n->occurred_at = e->occurred_at;
        n->case_id = p->need->way;
        n->item = p->decision->item;
        n->town_code = town;
        n->gap_fen = p->decision->uncovered_fen;
        n->household_size = e->household_size;
        n->expires = p->today + p->rules->claim_days;
        plan_note(p, &need_id, SA_DISPATCH_KIND_NEED, charity, n->gap_fen);
        int rc =
            plan_send(p, &(struct dispatch_output){DISPATCH_OUT_NEEDS, charity,
                                                   n, n->event_id, false});
        if (rc != BUS_OK) {
            return rc;
        }
    }
    return BUS_OK;
}

static int orders(struct plan *p)
{
    if (p->decision->outcome != SA_DECISION_OUTCOME_CONFIRMED) {
        return BUS_OK;
    }
    switch (p->decision->delivery) {
    case SA_DELIVERY_BANK:
        return plan_pay(p);
    case SA_DELIVERY_POST_CASH:
        return plan_deliver(p, true);
    case SA_DELIVERY_POST_GOODS:
        return plan_deliver(p, false);
    case SA_DELIVERY_SERVICE:
        break;
    }
    return BUS_OK;
}

int dispatch_plan(const struct dispatch_rules *rules,
                  const struct sa_case_event *event,
                  const struct dispatch_payee *payee,
                  const struct bus_role_need *need,
                  struct bus_arena *mem,
                  struct dispatch_outputs *ret,
                  struct bus_err *err)
{
    BUS_CHECK(rules->charity_count <= DISPATCH_CHARITIES_MAX &&
              rules->order_max_fen > 0 && payee != NULL && need != NULL);
    ret->n = 0;
    if (event->kind != SA_CASE_EVENT_KIND_DECISION_ACCEPTED) {
        return BUS_OK;
    }
    if (!event->has_decision) {
        return bus_fail(err, BUS_ESCHEMA,
                        "DECISION_ACCEPTED without its decision");
    }
    struct plan p = {
        .rules = rules,
        .event = event,
        .decision = &event->decision,
        .payee = payee,
        .need = need,
        .mem = mem,
        .out = ret,
        .err = err,
        .result = bus_arena_calloc(mem, 1, sizeof(*p.result)),
        .today = bus_china_day(event->occurred_at),
    };
    struct sa_dispatch_line *lines =
        bus_arena_calloc(mem, 1 + rules->charity_count, sizeof(*lines));
    if (p.result == NULL || lines == NULL) {
        return no_room(&p);
    }
    p.result->lines.v = lines;
    p.result->outcome = SA_DISPATCH_OUTCOME_ORDERED;
    p.result->household_id = event->household_id;
    p.result->occurred_at = event->occurred_at;
    p.result->case_id = event->case_id;
    p.result->assignment_id = event->decision.assignment_id;
    p.result->decision_id = event->decision.decision_id;
    p.result->event_id = event_id(&p, "dispatch_result", &p.result->decision_id,
                                  (struct bus_strv){0});
    int rc = orders(&p);
    if (rc == BUS_OK && p.result->outcome == SA_DISPATCH_OUTCOME_ORDERED &&
        event->decision.uncovered_fen > 0) {
        rc = publish_need(&p);
    }
    if (rc != BUS_OK) {
        return rc;
    }
    return plan_send(&p, &(struct dispatch_output){
                             .topic = DISPATCH_OUT_RESULTS,
                             .record = p.result,
                             .event_id = p.result->event_id,
                         });
}
