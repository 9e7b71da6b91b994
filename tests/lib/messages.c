#include "tests/lib/messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/wire/framing.h"
#include "schemas/application.h"
#include "schemas/assignment.h"
#include "schemas/case_event.h"
#include "schemas/decision.h"
#include "schemas/dispatch_result.h"
#include "schemas/evaluation.h"
#include "schemas/payment_order.h"
#include "schemas/payment_result.h"

#define ITEMS       64
#define FACTS       48
#define ASSIGNMENTS 7
#define ORDERS      4
#define BEGUN_MS    1602000000000

static const char *const topics[] = {
    "applications",
    "evaluations",
    "assignments.MZ",
    "decisions.MZ",
    "cases",
    "dispatches",
    "parked",
    "payment-orders.b",
    "payment-results.b",
    "needs.aixin",
    "claims.aixin",
};
#define TOPICS (sizeof(topics) / sizeof(topics[0]))

static void must(int rc, const struct bus_err *err)
{
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "letters: %s\n", err->msg);
        abort();
    }
}

void messages_init(struct messages *l, size_t cap)
{
    memset(l, 0, sizeof(*l));
    bus_arena_init(&l->mem, 1 << 20, 0);
    l->cap = cap;
    l->msgs = calloc(cap, sizeof(*l->msgs));
}

void messages_fini(struct messages *l)
{
    bus_arena_fini(&l->mem);
    free(l->msgs);
}

struct bus_id messages_id(uint32_t number, uint32_t what)
{
    struct bus_id id = {{0}};
    uint64_t h = ((uint64_t)number << 32 | what) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
    memcpy(id.b, &h, sizeof(h));
    memcpy(id.b + 8, &number, sizeof(number));
    memcpy(id.b + 12, &what, sizeof(what));
    return id;
}

void messages_put(struct messages *l,
                  const char *topic,
                  uint32_t number,
                  const struct bus_wire_type *type,
                  const void *record)
{
    struct bus_err err;
    struct bus_strv value;
    char key[BUS_ID_TEXT + 1];
    struct bus_id household = messages_id(number, 0);
    size_t t = 0;
    while (t < TOPICS && strcmp(topics[t], topic) != 0) {
        t++;
    }
    must(bus_wire_encode_framed(type, record, &l->mem, &value, &err), &err);
    (void)bus_id_text(&household, key);
    int32_t part = bus_kafka_partition_of((struct bus_strv){key, BUS_ID_TEXT},
                                          LETTERS_PARTITIONS);
    if (l->n == l->cap) {
        abort();
    }
    l->msgs[l->n++] = (struct bus_kafka_msg){
        .topic = bus_arena_printf(&l->mem, LETTERS_PREFIX "%s", topic),
        .topic_index = (int32_t)t,
        .partition = part,
        .offset = l->next[t][part]++,
        .timestamp_ms = BEGUN_MS,
        .key = {bus_arena_printf(&l->mem, "%s", key), BUS_ID_TEXT},
        .value = value,
    };
}

struct one
{
    struct messages *l;
    uint32_t number, what;
    struct bus_id household, case_id;
};

/* The head that every record has, and what it is about. */
#define HEAD(o)                                        \
    .event_id = messages_id((o)->number, ++(o)->what), \
    .household_id = (o)->household, .occurred_at = BEGUN_MS + (o)->what

static void application(struct one *o)
{
    struct sa_application a = {
        HEAD(o), .application_id = messages_id(o->number, 1000),
        .channel_reference = BUS_STRV("R"),
        .division_code = BUS_STRV("371425101001"), .consent = true};
    messages_put(o->l, "applications", o->number, &sa_application_type, &a);
}

static void evaluation(struct one *o, int32_t version)
{
    static struct sa_item_verdict items[ITEMS];
    static struct sa_fact facts[FACTS];
    static const struct bus_strv reasons[] = {BUS_STRV("MZ01.1"),
                                              BUS_STRV("MZ01.2")};
    struct sa_member member = {.person_id = messages_id(o->number, 2000),
                               .relation = BUS_STRV("0"),
                               .head = true};
    for (int i = 0; i < ITEMS; i++) {
        items[i] = (struct sa_item_verdict){.item = BUS_STRV("MZ01"),
                                            .version = BUS_STRV("2026.1"),
                                            .department = BUS_STRV("MZ"),
                                            .verdict = SA_VERDICT_NOT_ELIGIBLE};
        items[i].reasons.v = (struct bus_strv *)reasons;
        items[i].reasons.n = 2;
    }
    for (int i = 0; i < FACTS; i++) {
        facts[i] = (struct sa_fact){.name = BUS_STRV("household.house_count"),
                                    .as_of = 18600,
                                    .source = BUS_STRV("declared")};
        facts[i].value.branch = SA_FACT_VALUE_LONG;
        facts[i].value.u.long_value = i;
    }
    struct sa_evaluation e = {HEAD(o),
                              .case_id = o->case_id,
                              .facts_version = version,
                              .catalogue_version = BUS_STRV("0123456789abcdef"),
                              .rule_date = 20700,
                              .inputs_hash = BUS_STRV("01234567"),
                              .outputs_hash = BUS_STRV("01234567")};
    e.members.v = &member;
    e.members.n = 1;
    e.facts.v = facts;
    e.facts.n = FACTS;
    e.items.v = items;
    e.items.n = ITEMS;
    messages_put(o->l, "evaluations", o->number, &sa_evaluation_type, &e);
}

static void
case_event(struct one *o, enum sa_case_event_kind kind, struct bus_id about)
{
    struct sa_case_event c = {HEAD(o),
                              .case_id = o->case_id,
                              .case_no = 1,
                              .kind = kind,
                              .division_code = BUS_STRV("371425101001"),
                              .household_size = 1,
                              .has_refers_to = true,
                              .refers_to = about};
    messages_put(o->l, "cases", o->number, &sa_case_event_type, &c);
}

static void assignment(struct one *o, uint32_t k)
{
    struct sa_assignment a = {HEAD(o),
                              .case_id = o->case_id,
                              .assignment_id = messages_id(o->number, 3000 + k),
                              .department = BUS_STRV("MZ"),
                              .item = BUS_STRV("MZ01"),
                              .item_version = BUS_STRV("2026.1"),
                              .round = 1,
                              .has_amount_fen = true,
                              .amount_fen = 100000,
                              .due = 20730,
                              .division_code = BUS_STRV("371425101001")};
    messages_put(o->l, "assignments.MZ", o->number, &sa_assignment_type, &a);
}

static void decision(struct one *o, uint32_t k)
{
    struct sa_decision d = {HEAD(o),
                            .case_id = o->case_id,
                            .decision_id = messages_id(o->number, 4000 + k),
                            .assignment_id = messages_id(o->number, 3000 + k),
                            .department = BUS_STRV("MZ"),
                            .item = BUS_STRV("MZ01"),
                            .has_amount_fen = true,
                            .amount_fen = 100000,
                            .reason = BUS_STRV("符合条件"),
                            .signed_at = BEGUN_MS};
    d.decided_by = (struct sa_actor){.operator_id = BUS_STRV("op-1"),
                                     .org_code = BUS_STRV("MZ"),
                                     .role = BUS_STRV("approver")};
    messages_put(o->l, "decisions.MZ", o->number, &sa_decision_type, &d);
    case_event(o, SA_CASE_EVENT_KIND_DECISION_ACCEPTED, d.decision_id);
    struct sa_dispatch_result r = {HEAD(o), .case_id = o->case_id,
                                   .assignment_id = d.assignment_id,
                                   .decision_id = d.decision_id};
    if (k < 6) {
        messages_put(o->l, "dispatches", o->number, &sa_dispatch_result_type,
                     &r);
    }
}

static void order(struct one *o, uint32_t k)
{
    struct sa_payment_order p = {
        HEAD(o),
        .case_id = o->case_id,
        .order_id = messages_id(o->number, 5000 + k),
        .assignment_id = messages_id(o->number, 3000 + k),
        .decision_id = messages_id(o->number, 4000 + k),
        .item = BUS_STRV("MZ01"),
        .fund = BUS_STRV("CG"),
        .amount_fen = 100000,
        .due = 20730};
    messages_put(o->l, "payment-orders.b", o->number, &sa_payment_order_type,
                 &p);
    struct sa_payment_result r = {HEAD(o),
                                  .case_id = o->case_id,
                                  .order_id = p.order_id,
                                  .amount_fen = 100000,
                                  .value_date = 20701,
                                  .bank_reference = BUS_STRV("B")};
    messages_put(o->l, "payment-results.b", o->number, &sa_payment_result_type,
                 &r);
}

void messages_case(struct messages *l, uint32_t number)
{
    struct one o = {.l = l,
                    .number = number,
                    .household = messages_id(number, 0),
                    .case_id = messages_id(number, 900)};
    application(&o);
    case_event(&o, SA_CASE_EVENT_KIND_OPENED, messages_id(number, 1000));
    evaluation(&o, 1);
    for (uint32_t k = 0; k < ASSIGNMENTS; k++) {
        assignment(&o, k);
    }
    evaluation(&o, 2);
    for (uint32_t k = 0; k < ASSIGNMENTS; k++) {
        decision(&o, k);
    }
    for (uint32_t k = 0; k < ORDERS; k++) {
        order(&o, k);
    }
    for (uint32_t k = 0; k < 2; k++) {
        case_event(&o, SA_CASE_EVENT_KIND_RESULT_FOLDED,
                   messages_id(number, 5000 + k));
    }
    case_event(&o, SA_CASE_EVENT_KIND_CLOSED, messages_id(number, 900));
}
