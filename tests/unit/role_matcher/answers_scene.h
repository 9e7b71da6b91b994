/* A household after a fire whose own item was decided and sent: the parts that
 * the tests of answers are made of. Included once, last. */
#ifndef TESTS_UNIT_ROLE_MATCHER_ANSWERS_SCENE_H
#define TESTS_UNIT_ROLE_MATCHER_ANSWERS_SCENE_H

#include "tests/lib/check.h"

#include "bus/wire/crypt.h"
#include "consumers/matcher/parts.h"

#include "tests/golden/county.h" /* last: its names are short */

#define DAY "2026-10-09"
#define TEN INT64_C(1791511200000) /* that day, 10:00 in China */
#define FEN 70000

static int32_t no_limit(void *data, int32_t start, int32_t n, bool working)
{
    (void)data;
    (void)working;
    return start + n;
}

static struct bus_id id(uint8_t kind, uint8_t n)
{
    return (struct bus_id){{kind, n}};
}

static uint8_t number;
static struct matcher_outputs step(struct sa_household_state *st,
                                   enum matcher_event_kind kind,
                                   const char *partner,
                                   const void *record)
{
    const struct matcher_rules rules = {.catalogue = k.c, .deadline = no_limit};
    const struct matcher_event e = {
        .kind = kind, .record = record, .partner = bus_strv(partner)};
    struct matcher_outputs out;
    struct bus_err err;
    if (matcher_decide(&rules, st, &e, &mem, &out, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    return out;
}

static struct sa_fact word(const char *name, const char *v)
{
    struct sa_fact f = {.name = bus_strv(name),
                        .source = BUS_STRV("declared"),
                        .as_of = rules_day(DAY)};
    f.value.branch = SA_FACT_VALUE_STRING;
    f.value.u.string_value = bus_strv(v);
    return f;
}

static struct sa_assignment_state *of(struct sa_household_state *st)
{
    for (size_t i = 0; i < st->assignments.n; i++) {
        if (bus_strv_is(st->assignments.v[i].item, "MZ05")) {
            return &st->assignments.v[i];
        }
    }
    fail_msg("MZ05 is not assigned");
    return NULL;
}

struct line
{
    enum sa_dispatch_kind kind;
    const char *partner;
    int64_t fen;
};

static struct bus_id asked; /* the assignment */
/* The order, task or need of that decision. */
static struct bus_id line_id(enum sa_dispatch_kind kind, uint8_t decision)
{
    const struct bus_id d = id('D', decision);
    const char *what = kind == SA_DISPATCH_KIND_PAYMENT ? "order" : "task";
    return kind == SA_DISPATCH_KIND_NEED ? id('N', decision)
                                         : bus_wire_line_id(what, &asked, &d);
}

/* As after the decision of that number. */
static void sent(struct sa_household_state *st,
                 uint8_t decision,
                 const struct line *lines,
                 size_t n)
{
    struct sa_dispatch_result *r = bus_arena_calloc(&mem, 1, sizeof(*r));
    struct sa_assignment_state *a = of(st);
    a->status = SA_ASSIGNMENT_STATUS_CONFIRMED;
    a->has_decision_id = true;
    a->decision_id = id('D', decision);
    asked = a->assignment_id;
    *r = (struct sa_dispatch_result){.event_id = id('r', ++number),
                                     .household_id = st->household_id,
                                     .occurred_at = TEN,
                                     .case_id = st->case_id,
                                     .assignment_id = a->assignment_id,
                                     .decision_id = a->decision_id,
                                     .outcome = SA_DISPATCH_OUTCOME_ORDERED};
    r->lines.v = bus_arena_calloc(&mem, n, sizeof(*r->lines.v));
    r->lines.n = n;
    for (size_t i = 0; i < n; i++) {
        r->lines.v[i] = (struct sa_dispatch_line){
            .order_id = line_id(lines[i].kind, decision),
            .kind = lines[i].kind,
            .partner = bus_strv(lines[i].partner),
            .amount_fen = lines[i].fen};
    }
    (void)step(st, MATCHER_DISPATCH, "", r);
}

/* A rural household after a fire, its own item decided and sent. */
static void
begin(struct sa_household_state *st, const struct line *lines, size_t n)
{
    static struct sa_member head = {.head = true, .relation = {"0", 1}};
    struct sa_application a = {.event_id = id('e', 1),
                               .household_id = id('h', 1),
                               .application_id = id('a', 1),
                               .consent = true,
                               .occurred_at = TEN,
                               .division_code = BUS_STRV("371425101001")};
    struct sa_fact facts[] = {word("household.area", "rural"),
                              word("household.event_shock", "fire"),
                              word("household.basic_life_broken", "")};
    bus_arena_reset(&mem);
    facts[2].value.branch = SA_FACT_VALUE_BOOLEAN;
    facts[2].value.u.boolean_value = true;
    head.person_id = id('p', 1);
    a.members.v = &head;
    a.members.n = 1;
    a.facts.v = bus_arena_dup(&mem, facts, sizeof(facts));
    a.facts.n = 3;
    memset(st, 0, sizeof(*st));
    (void)step(st, MATCHER_APPLICATION, "", bus_arena_dup(&mem, &a, sizeof(a)));
    sent(st, 1, lines, n);
}

static struct sa_payment_result *pays(uint8_t order,
                                      enum sa_payment_outcome outcome,
                                      int64_t fen,
                                      const char *ref)
{
    struct sa_payment_result *r = bus_arena_calloc(&mem, 1, sizeof(*r));
    *r = (struct sa_payment_result){
        .event_id = id('b', ++number),
        .household_id = id('h', 1),
        .occurred_at = TEN,
        .order_id = line_id(SA_DISPATCH_KIND_PAYMENT, order / 10),
        .outcome = outcome,
        .amount_fen = fen,
        .value_date = rules_day(DAY),
        .bank_reference = bus_strv(ref)};
    return r;
}

static struct sa_delivery_receipt *hands(uint8_t order,
                                         enum sa_delivery_outcome outcome)
{
    struct sa_delivery_receipt *r = bus_arena_calloc(&mem, 1, sizeof(*r));
    *r = (struct sa_delivery_receipt){
        .event_id = id('t', ++number),
        .household_id = id('h', 1),
        .occurred_at = TEN,
        .task_id = line_id(SA_DISPATCH_KIND_GOODS, order / 10),
        .outcome = outcome,
        .attempts = 1};
    return r;
}

/* The note people see; "" for none. */
static struct bus_strv seen(const struct matcher_outputs *out)
{
    struct bus_strv note = {0};
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_case_event *c = out->v[i].record;
        if (out->v[i].topic == MATCHER_OUT_CASES &&
            c->kind == SA_CASE_EVENT_KIND_ATTENTION) {
            note = c->note;
        }
    }
    return note;
}

/* The reason an assignment goes back with; "" if none does. */
static struct bus_strv back(const struct matcher_outputs *out)
{
    struct bus_strv reason = {0};
    for (size_t i = 0; i < out->n; i++) {
        const struct sa_assignment *a = out->v[i].record;
        if (out->v[i].topic == MATCHER_OUT_ASSIGNMENTS &&
            a->action == SA_ASSIGNMENT_ACTION_RETURNED) {
            reason = a->reason;
        }
    }
    return reason;
}

static const struct line payment[] = {
    {SA_DISPATCH_KIND_PAYMENT, "nongshang", FEN}};
static const struct line goods[] = {{SA_DISPATCH_KIND_GOODS, "youzheng", 0}};
static const struct line cash[] = {{SA_DISPATCH_KIND_CASH, "youzheng", FEN}};

#endif
