#include "consumers/treasury/events.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/log.h"
#include "bus/policy/award_days.h"
#include "bus/role/keyed.h"
#include "bus/role/payee.h"
#include "bus/role/types.h"
#include "bus/wire/ids.h"
#include "bus/wire/keyring.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/life.h"
#include "consumers/treasury/results.h"
#include "consumers/treasury/schedule.h"
#include "consumers/treasury/sql/award_find.h"
#include "consumers/treasury/sql/elsewhere_put.h"
#include "consumers/treasury/states.h"
#include "schemas/case_event.h"
#include "schemas/erasure.h"
#include "schemas/membership_change.h"
#include "schemas/payment_result.h"

#define VALUE_DAYS       31 /* a value date is believed so far from its arrival */
#define BANK_CODE_MAX    32
#define SCHEDULE_UNKNOWN "SCHEDULE_UNKNOWN"

/* --- decisions --- */

/* The catalogue says when, the decision how often. */
static bool schedule_of(const struct treasury_events *e,
                        const struct sa_case_event *c,
                        struct treasury_schedule *ret)
{
    static const enum treasury_period periods[] = {
        [SA_PERIOD_ONCE] = TREASURY_ONCE,
        [SA_PERIOD_MONTHLY] = TREASURY_MONTH,
        [SA_PERIOD_QUARTERLY] = TREASURY_QUARTER,
        [SA_PERIOD_YEARLY] = TREASURY_YEAR};
    const struct sa_decision *d = &c->decision;
    struct bus_policy_item item = {0};
    int32_t day = bus_china_day(c->occurred_at);
    int at = bus_policy_item_find(e->rules.catalogue, d->item);
    if (at < 0 ||
        !bus_policy_item_at(e->rules.catalogue, (size_t)at, day, &item)) {
        return false;
    }
    int64_t year = 0;
    unsigned month = 0, dom = 0;
    bus_civil_from_days(day, &year, &month, &dom);
    BUS_CHECK((size_t)d->period < sizeof(periods) / sizeof(periods[0]));
    bool term = item.per_year == 2 && d->period == SA_PERIOD_YEARLY;
    *ret = (struct treasury_schedule){
        .period = term ? TREASURY_TERM : periods[d->period],
        .day_off =
            item.pays_before_day_off ? TREASURY_DAY_BEFORE : TREASURY_DAY_AFTER,
        .pay_day = item.pay_day,
        .decided = day,
        .from_month = TREASURY_MONTH_OF((int32_t)year, (int32_t)month) +
                      item.starts_next_month,
        .until = bus_policy_award_last_day(&item, day)};
    return !d->has_from_month ||
           treasury_month_parse(d->from_month, &ret->from_month);
}

/* A word why it is not paid here; "" if it is. Dispatch has said the same to
 * the department: this is the second lock. */
static const char *award_fault(const struct treasury_events *e,
                               const struct sa_case_event *c,
                               struct bus_strv bank)
{
    const struct sa_decision *d = &c->decision;
    BUS_CHECK(e->rules.order_max_fen > 0);
    bool well = d->has_amount_fen && d->amount_fen > 0 &&
                d->amount_fen <= e->rules.order_max_fen;
    return !well ? "ABOVE_ORDER_MAX"
           : !d->has_payee_hash || d->payee_hash.n != BUS_WIRE_SUM_BYTES
               ? "PAYEE_MISSING"
           : !c->has_personal || c->personal.n == 0        ? "ACCOUNT_MISSING"
           : !c->has_fund || c->fund.n == 0 || bank.n == 0 ? "NO_BANK_FOR_FUND"
                                                           : "";
}

static int award_refuse(struct treasury_books *b,
                        const struct sa_case_event *c,
                        const char *why,
                        struct bus_err *err)
{
    BUS_CHECK(why != NULL && why[0] != '\0');
    return treasury_books_act(
        b,
        &(struct treasury_act){
            .act = "refuse",
            .award = treasury_books_id(b, &c->decision.assignment_id),
            .note = why},
        err);
}

static int award_ends(struct treasury_books *b,
                      const struct bus_id *assignment,
                      const char *reason,
                      int32_t last_day,
                      bool all,
                      struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    const char *award = treasury_books_id(b, assignment);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_award_find,
                               TREASURY_PARAMS(award), &r, err));
    bool there = bus_pg_count(r) > 0;
    bus_pg_rows_free(r);
    BUS_CHECK(reason != NULL);
    return !there ? BUS_OK
                  : treasury_award_stop(
                        b,
                        &(struct treasury_stop){.award = award,
                                                .state = "ended",
                                                .reason = reason,
                                                .last_day = last_day,
                                                .all = all},
                        err);
}

/* Of one member, or of the household: also what is of several of them, whose
 * money is one sum to one account. */
static struct bus_id event_beneficiary(const struct sa_case_event *c)
{
    BUS_CHECK(!bus_id_is_nil(&c->household_id));
    return c->beneficiaries.n == 1 ? c->beneficiaries.v[0] : c->household_id;
}

/* Dispatch has told that it is ordered: the matcher hears, as from a bank, that
 * it is not paid. What of that bank comes back here is no news. */
static int award_unpaid(struct treasury_events *e,
                        struct treasury_books *b,
                        const struct sa_case_event *c,
                        struct bus_strv bank,
                        struct bus_err *err)
{
    const struct sa_decision *d = &c->decision;
    struct bus_id order =
        bus_wire_line_id("order", &d->assignment_id, &d->decision_id);
    BUS_CHECK(bank.n > 0);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_elsewhere_put,
                               TREASURY_PARAMS(treasury_books_id(b, &order)),
                               NULL, err));
    return treasury_result_say(
        e->rules.config, b,
        &(struct treasury_result){
            .event_id = bus_wire_dispatch_event_id("payment_result", &order,
                                                   bank, &c->event_id),
            .order_id = order,
            .bank = bank,
            .reason = BUS_STRV(SCHEDULE_UNKNOWN),
            .reference = BUS_STRV(TREASURY_ITSELF),
            .outcome = TREASURY_REJECTED,
            .value_day = bus_china_day(c->occurred_at)},
        &(struct treasury_result_of){.household = c->household_id,
                                     .case_id = c->case_id,
                                     .cause = c->event_id},
        e->mem, err);
}

/* What is paid once is of its case: the next case's is another. */
static struct bus_strv award_purpose(struct treasury_books *b,
                                     const struct sa_case_event *c)
{
    BUS_CHECK(!bus_id_is_nil(&c->case_id));
    return c->decision.period == SA_PERIOD_ONCE
               ? bus_strv(treasury_books_id(b, &c->case_id))
               : BUS_STRV("aid");
}

static int decision_award(struct treasury_events *e,
                          struct treasury_books *b,
                          const struct sa_case_event *c,
                          struct bus_err *err)
{
    const struct sa_decision *d = &c->decision;
    struct treasury_schedule s;
    struct bus_err why = {0};
    bool is_new = false;
    struct bus_strv bank =
        c->has_fund ? e->rules.bank_of(e->rules.data, c->fund) : BUS_STRV("");
    const char *fault = award_fault(e, c, bank);
    bool ordered = fault[0] == '\0'; /* as dispatch sees it */
    if (fault[0] == '\0' && !schedule_of(e, c, &s)) {
        fault = SCHEDULE_UNKNOWN;
    } else if (fault[0] == '\0' &&
               treasury_schedule_check(&s, &why) != BUS_OK) {
        fault = why.msg;
    }
    if (fault[0] != '\0') { /* nor does what was decided before it go on */
        BUS_TRY(award_ends(b, &d->assignment_id, "DECIDED_ANEW",
                           bus_china_day(c->occurred_at) - 1, true, err));
        BUS_TRY(award_refuse(b, c, fault, err));
        return ordered ? award_unpaid(e, b, c, bank, err) : BUS_OK;
    }
    return treasury_award_take(
        b, e->rules.calendar,
        &(struct treasury_award){.assignment_id = d->assignment_id,
                                 .decision_id = d->decision_id,
                                 .household_id = c->household_id,
                                 .beneficiary = event_beneficiary(c),
                                 .case_id = c->case_id,
                                 .event_id = c->event_id,
                                 .item = d->item,
                                 .fund = c->fund,
                                 .bank = bank,
                                 .purpose = award_purpose(b, c),
                                 .amount_fen = d->amount_fen,
                                 .payee_hash = d->payee_hash,
                                 .personal = c->personal},
        &s, &is_new, err);
}

/* Every period, or once by a bank that takes files: dispatch says the same. */
static bool decision_is_ours(const struct treasury_events *e,
                             const struct sa_case_event *c,
                             int32_t day)
{
    const struct sa_decision *d = &c->decision;
    char code[BANK_CODE_MAX];
    if (d->delivery != SA_DELIVERY_BANK || day < e->rules.recurring_from) {
        return false;
    }
    struct bus_strv bank =
        c->has_fund ? e->rules.bank_of(e->rules.data, c->fund) : BUS_STRV("");
    BUS_CHECK(e->rules.config != NULL);
    return d->period != SA_PERIOD_ONCE ||
           day >=
               bus_conf_once_from(bus_conf_partner(
                   e->rules.config, bus_strv_copy(code, sizeof(code), bank)));
}

static int on_decision(struct treasury_events *e,
                       struct treasury_books *b,
                       const struct sa_case_event *c,
                       struct bus_err *err)
{
    const struct sa_decision *d = &c->decision;
    BUS_CHECK(c->kind == SA_CASE_EVENT_KIND_DECISION_ACCEPTED);
    int32_t day = bus_china_day(c->occurred_at);
    if (d->outcome == SA_DECISION_OUTCOME_RETURNED) {
        return BUS_OK; /* handed on: nothing was decided */
    }
    if (d->outcome != SA_DECISION_OUTCOME_CONFIRMED) {
        return award_ends(b, &d->assignment_id, "DECISION_REFUSED", day - 1,
                          true, err);
    }
    if (decision_is_ours(e, c, day)) {
        return decision_award(e, b, c, err);
    }
    /* Given in another way now: what was to be paid every period is not. */
    BUS_TRY(
        award_ends(b, &d->assignment_id, "DECIDED_ANEW", day - 1, true, err));
    if (d->delivery != SA_DELIVERY_BANK) {
        return BUS_OK;
    }
    struct bus_id order =
        bus_wire_line_id("order", &d->assignment_id, &d->decision_id);
    return treasury_books_ask(b, consumers_treasury_sql_elsewhere_put,
                              TREASURY_PARAMS(treasury_books_id(b, &order)),
                              NULL, err);
}

/* --- less of it, or to another account --- */

static int on_cut(struct treasury_events *e,
                  struct treasury_books *b,
                  const struct sa_case_event *c,
                  struct bus_err *err)
{
    const struct sa_decision *d = &c->decision;
    struct treasury_schedule s;
    struct bus_err why = {0};
    if (!d->has_amount_fen || d->amount_fen <= 0 || !schedule_of(e, c, &s)) {
        return award_refuse(b, c, SCHEDULE_UNKNOWN, err);
    }
    int rc = treasury_award_cut(
        b, e->rules.calendar,
        &(struct treasury_cut){.assignment_id = d->assignment_id,
                               .decision_id = d->decision_id,
                               .amount_fen = d->amount_fen,
                               .from_month = s.from_month,
                               .decided = s.decided,
                               .period = s.period},
        &why);
    if (rc == BUS_ERANGE) { /* people look before any more is paid */
        const char *award = treasury_books_id(b, &d->assignment_id);
        BUS_TRY(award_refuse(b, c, why.msg, err));
        return treasury_award_stop(
            b,
            &(struct treasury_stop){.award = award,
                                    .state = "waiting",
                                    .reason = "AWARD_CUT",
                                    .last_day = s.decided,
                                    .all = true},
            err);
    }
    return rc == BUS_OK ? rc : bus_fail(err, (enum bus_errc)rc, "%s", why.msg);
}

/* Stopped from a month on; without one it ends today, which AWARD_ENDED says.
 */
static int on_stop(struct treasury_books *b,
                   const struct sa_case_event *c,
                   struct bus_err *err)
{
    const struct sa_decision *d = &c->decision;
    int32_t month = 0;
    if (!d->has_from_month || !treasury_month_parse(d->from_month, &month)) {
        return BUS_OK;
    }
    int64_t first =
        bus_days_from_civil(month / 12, (unsigned)month % 12 + 1, 1);
    BUS_CHECK(first > 0);
    return treasury_award_until(b, treasury_books_id(b, &d->assignment_id),
                                (int32_t)first - 1, err);
}

/* Opened, summed as its decision would have been, and kept as it came. */
static int on_payee(struct treasury_events *e,
                    struct treasury_books *b,
                    const struct sa_case_event *c,
                    struct bus_err *err)
{
    struct bus_wire_binding at = {"case_event", "personal", &c->event_id};
    struct bus_role_payee payee;
    struct bus_strv plain;
    BUS_CHECK(e->keys != NULL && c->has_assignment_id);
    int rc = bus_wire_open(e->keys, &at, c->personal, e->mem, &plain, err);
    if (rc == BUS_OK) {
        rc = bus_role_payee_of(e->keys, &c->household_id, &c->assignment_id,
                               plain, e->mem, &payee, err);
    }
    if (rc == BUS_ECRYPT || (rc == BUS_OK && !payee.known)) {
        return treasury_books_act(
            b,
            &(struct treasury_act){.act = "refuse",
                                   .award =
                                       treasury_books_id(b, &c->assignment_id),
                                   .note = "ACCOUNT_UNREADABLE"},
            err);
    }
    BUS_TRY(rc);
    return treasury_award_payee(
        b,
        &(struct treasury_payee){
            .assignment_id = c->assignment_id,
            .event_id = c->event_id,
            .payee_hash = {(const char *)payee.sum, sizeof(payee.sum)},
            .personal = c->personal},
        err);
}

/* --- what became of people --- */

static bool note_begins(const struct sa_case_event *c, const char *with)
{
    size_t n = strlen(with);
    return c->has_note && c->note.n >= n && memcmp(c->note.p, with, n) == 0;
}

static struct bus_id cause_of(const struct bus_kafka_msg *m)
{
    struct bus_id id = {{0}};
    bool well = bus_id_parse(bus_kafka_msg_header(m, "ce_causationid"), &id);
    return well ? id : (struct bus_id){{0}};
}

static int on_attention(struct treasury_events *e,
                        struct treasury_books *b,
                        const struct sa_case_event *c,
                        const struct bus_kafka_msg *m,
                        struct bus_err *err)
{
    if (!c->has_refers_to) {
        return BUS_OK;
    }
    BUS_CHECK(m != NULL);
    if (note_begins(c, "PAYEE_CHANGED ") && c->has_assignment_id &&
        c->has_personal) {
        return on_payee(e, b, c, err);
    }
    if (note_begins(c, "HEAD_LEAVES")) {
        return treasury_life_accepted(
            b,
            &(struct treasury_life){.change = c->refers_to,
                                    .household = c->household_id,
                                    .of_head = true},
            err);
    }
    if (!note_begins(c, "AWARD_ENDED ")) {
        return BUS_OK;
    }
    BUS_TRY(award_ends(b, &c->refers_to, "AWARD_ENDED",
                       bus_china_day(c->occurred_at), false, err));
    struct bus_id cause = cause_of(m);
    return bus_id_is_nil(&cause)
               ? BUS_OK
               : treasury_life_accepted(
                     b,
                     &(struct treasury_life){.change = cause,
                                             .household = c->household_id,
                                             .ended = &c->refers_to},
                     err);
}

/* --- the topics --- */

static int on_case(struct treasury_events *e,
                   struct treasury_books *b,
                   const struct bus_kafka_msg *m,
                   const struct sa_case_event *c,
                   struct bus_err *err)
{
    b->day = bus_china_day(c->occurred_at);
    if (c->kind == SA_CASE_EVENT_KIND_DECISION_ACCEPTED && c->has_decision) {
        return on_decision(e, b, c, err);
    }
    if (c->kind == SA_CASE_EVENT_KIND_RESULT_FOLDED && c->has_decision &&
        note_begins(c, "AWARD_CUT ")) {
        return on_cut(e, b, c, err);
    }
    if (c->kind == SA_CASE_EVENT_KIND_RESULT_FOLDED && c->has_decision &&
        note_begins(c, "AWARD_STOPPED ")) {
        return on_stop(b, c, err);
    }
    if (c->kind == SA_CASE_EVENT_KIND_RESULT_FOLDED &&
        note_begins(c, "ERASED")) {
        return treasury_award_forget(b, &c->household_id, err);
    }
    BUS_CHECK(e->rules.catalogue != NULL);
    return c->kind == SA_CASE_EVENT_KIND_ATTENTION
               ? on_attention(e, b, c, m, err)
               : BUS_OK;
}

static int on_members(struct treasury_books *b,
                      const struct sa_membership_change *c,
                      struct bus_err *err)
{
    BUS_CHECK(c != NULL);
    b->day = bus_china_day(c->occurred_at);
    return treasury_life_said(b, &c->event_id, &c->household_id,
                              sa_membership_change_kind_word(c->kind), c->from,
                              err);
}

static int on_result(struct treasury_books *b,
                     const struct bus_kafka_msg *m,
                     const struct sa_payment_result *p,
                     struct bus_strv bank,
                     struct bus_err *err)
{
    static const int outcomes[] = {
        [SA_PAYMENT_OUTCOME_SETTLED] = TREASURY_SETTLED,
        [SA_PAYMENT_OUTCOME_REJECTED] = TREASURY_REJECTED,
        [SA_PAYMENT_OUTCOME_RETURNED] = TREASURY_RETURNED};
    struct treasury_result_end end;
    BUS_CHECK(bank.n > 0);
    int32_t today = bus_china_day(m->timestamp_ms);
    bool near = p->value_date >= today - VALUE_DAYS &&
                p->value_date <= today + VALUE_DAYS;
    b->day = near ? p->value_date : today; /* as the statement has it */
    if (p->outcome >= SA_PAYMENT_OUTCOME_UNKNOWN) {
        return BUS_OK; /* the matcher rejects it */
    }
    BUS_TRY(treasury_result_take(
        b,
        &(struct treasury_result){.event_id = p->event_id,
                                  .order_id = p->order_id,
                                  .bank = bank,
                                  .reason = p->has_reason_code ? p->reason_code
                                                               : BUS_STRV(""),
                                  .reference = p->bank_reference,
                                  .outcome = outcomes[p->outcome],
                                  .amount_fen = p->amount_fen,
                                  .value_day = p->value_date},
        &end, err));
    return BUS_OK;
}

static const struct bus_wire_type *const event_types[] = {
    [TREASURY_CASES] = &sa_case_event_type,
    [TREASURY_MEMBERS] = &sa_membership_change_type,
    [TREASURY_RESULTS] = &sa_payment_result_type};

/* The record, of the household that its key names. */
static int event_read(struct treasury_events *e,
                      const struct treasury_message *t,
                      void **ret,
                      struct bus_err *err)
{
    struct bus_id named;
    const char *reason = NULL;
    BUS_CHECK((size_t)t->topic < sizeof(event_types) / sizeof(event_types[0]));
    BUS_TRY(
        bus_role_keyed_read(t->m, e->rules.partitions, &named, &reason, err));
    BUS_TRY(bus_wire_decode(e->schemas, event_types[t->topic], t->m->value,
                            e->mem, ret, err));
    const struct bus_id *of =
        t->topic == TREASURY_CASES
            ? &((const struct sa_case_event *)*ret)->household_id
        : t->topic == TREASURY_MEMBERS
            ? &((const struct sa_membership_change *)*ret)->household_id
            : &((const struct sa_payment_result *)*ret)->household_id;
    return bus_role_keyed_same(&named, of, &reason, err);
}

int treasury_event_take(struct treasury_events *e,
                        struct treasury_books *b,
                        const struct treasury_message *t,
                        struct bus_err *err)
{
    void *record = NULL;
    BUS_CHECK(t->m != NULL && e->mem != b->mem);
    bus_arena_reset(e->mem);
    if (bus_role_types_of_value(event_types[t->topic], t->m->value) ==
        &sa_erasure_type) {
        return BUS_OK; /* it counts when the matcher says so */
    }
    int rc = event_read(e, t, &record, err);
    if (rc != BUS_OK && bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT) {
        e->passed_over++;
        bus_log(BUS_LOG_WARN, "passed over",
                "topic=%s partition=%d offset=%lld", t->m->topic,
                t->m->partition, (long long)t->m->offset);
        return BUS_OK;
    }
    BUS_TRY(rc);
    return t->topic == TREASURY_CASES ? on_case(e, b, t->m, record, err)
           : t->topic == TREASURY_MEMBERS
               ? on_members(b, record, err)
               : on_result(b, t->m, record, t->bank, err);
}
