/* An officer decides, or ends an award that was granted (a refusal on the
 * assignment that granted it, after its people were heard): the form, his
 * password and his code again, the seal of his own or of his office, and the
 * event on its way. What the matcher holds it against is not repeated here;
 * what the register says of him is asked before he seals. */
#include <string.h>

#include "bus/base/clock.h"
#include "bus/policy/award_days.h"
#include "bus/web/readlog.h"
#include "producers/desk/case_page.h"
#include "producers/desk/send.h"
#include "schemas/decision.h"

struct deciding
{
    struct desk_visit *v;
    struct bus_id case_id, assignment_id, once;
    char ids[2][BUS_ID_TEXT + 1]; /* the case's, the assignment's */
    bool posted, ends;
    const char *fault;
    struct bus_ledger_assignment assignment;
    /* of a form */
    enum sa_decision_outcome outcome;
    enum sa_delivery delivery;
    enum sa_period period;
    bool has_amount;
    int64_t amount_fen, uncovered_fen;
    struct desk_sending sending;
};

static const char *const outcomes[] = {"CONFIRMED", "REFUSED", "RETURNED"};
static const char *const deliveries[] = {"BANK", "POST_CASH", "POST_GOODS",
                                         "SERVICE"};
static const char *const periods[] = {"ONCE", "MONTHLY", "QUARTERLY", "YEARLY"};

static const char *decide_field(const struct deciding *d, const char *name)
{
    struct bus_strv s = bus_web_field(&d->v->fields, name);
    const char *kept = s.n > 0 ? bus_arena_strndup(d->v->mem, s.p, s.n) : NULL;
    return kept != NULL ? kept : "";
}

/* --- the form --- */

/* How the catalogue gives it, unless he says otherwise. */
static const char *usual_delivery(const struct deciding *d)
{
    const struct bus_policy_catalogue *c = d->v->desk->catalogue;
    struct bus_policy_item item;
    int i = bus_policy_item_find(c, bus_strv(d->assignment.item));
    const char *said = decide_field(d, "delivery");
    return said[0] != '\0' ? said
           : i >= 0 && bus_policy_item_at(c, (size_t)i, desk_today(), &item)
               ? deliveries[item.delivery]
               : "";
}

static const char *usual_amount(const struct deciding *d)
{
    const struct bus_ledger_assignment *a = &d->assignment;
    return d->posted       ? decide_field(d, "amount")
           : a->has_amount ? desk_printf(d->v, "%lld.%02lld",
                                         (long long)a->amount_fen / 100,
                                         (long long)a->amount_fen % 100)
                           : "";
}

/* "2026-12": of today, or the next. */
static const char *month_text(const struct desk_visit *v, bool next)
{
    int64_t year = 0;
    unsigned month = 0, day = 0;
    bus_civil_from_days(desk_today(), &year, &month, &day);
    month += next;
    return month > 12 ? desk_printf(v, "%04lld-01", (long long)year + 1)
                      : desk_printf(v, "%04lld-%02u", (long long)year, month);
}

static void end_show(const struct deciding *d, const char *once, int status)
{
    const struct desk_visit *v = d->v;
    struct desk_award_end page = {
        .head = desk_head_of(v, DESK_WORD_AWARD_END, DESK_AT_QUEUE),
        .case_id = d->ids[0],
        .assignment_id = d->ids[1],
        .item = desk_item_name(v, d->assignment.item),
        .once = once,
        .fault = d->fault,
        .authority = decide_field(d, "authority"),
        .reason = decide_field(d, "reason"),
        .from_month =
            d->posted ? decide_field(d, "from_month") : month_text(v, true)};
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_award_end(&p, &page);
    desk_page_end(v, status, &p);
}

static void decide_show(const struct deciding *d, int status)
{
    const struct desk_visit *v = d->v;
    const struct bus_ledger_assignment *a = &d->assignment;
    struct bus_id fresh = bus_id_fresh(bus_clock_system.wall_ms(NULL));
    char once[BUS_ID_TEXT + 1];
    (void)bus_id_text(d->posted ? &d->once : &fresh, once);
    if (d->ends) {
        end_show(d, once, status);
        return;
    }
    struct desk_decide page = {
        .head = desk_head_of(v, DESK_WORD_DECIDE, DESK_AT_QUEUE),
        .case_id = d->ids[0],
        .assignment_id = d->ids[1],
        .item = desk_item_name(v, a->item),
        .once = once,
        .fault = d->fault,
        .payee = a->payee_masked,
        .amount = usual_amount(d),
        .reason = decide_field(d, "reason"),
        .deviation = decide_field(d, "deviation"),
        .from_month = decide_field(d, "from_month"),
        .goods = decide_field(d, "goods"),
        .uncovered = decide_field(d, "uncovered"),
        .authority = decide_field(d, "authority"),
        .proposed_fen = a->amount_fen,
        .has_proposed = a->has_amount,
        .outcomes = desk_choices(v, "decision_outcome", outcomes, 3,
                                 decide_field(d, "outcome")),
        .outcomes_count = 3,
        .deliveries =
            desk_choices(v, "delivery", deliveries, 4, usual_delivery(d)),
        .deliveries_count = 4,
        .periods =
            desk_choices(v, "period", periods, 4, decide_field(d, "period")),
        .periods_count = 4};
    struct bus_buf out;
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_decide(&p, &page);
    desk_page_end(v, status, &p);
}

static void decide_fault(struct deciding *d, const char *fault)
{
    d->fault = fault;
    decide_show(d, 422);
}

/* --- the event --- */

static struct sa_decision decide_event(const struct deciding *d, int64_t now_ms)
{
    const struct bus_ledger_assignment *a = &d->assignment;
    struct bus_strv deviation = bus_strv(decide_field(d, "deviation"));
    struct bus_strv month = bus_strv(decide_field(d, "from_month"));
    struct bus_strv goods = bus_strv(decide_field(d, "goods"));
    struct bus_strv authority = bus_strv(decide_field(d, "authority"));
    bool yes = d->outcome == SA_DECISION_OUTCOME_CONFIRMED;
    return (struct sa_decision){
        .event_id = d->once,
        .household_id = a->household_id,
        .occurred_at = now_ms,
        .case_id = a->case_id,
        .decision_id = d->once,
        .assignment_id = a->assignment_id,
        .department = bus_strv(a->department),
        .item = bus_strv(a->item),
        .outcome = d->outcome,
        .has_amount_fen = yes && d->has_amount,
        .amount_fen = d->amount_fen,
        .has_deviation = yes && deviation.n > 0,
        .deviation = deviation,
        .uncovered_fen = yes ? d->uncovered_fen : 0,
        .delivery = d->delivery,
        .has_payee_hash = a->has_payee && d->delivery == SA_DELIVERY_BANK,
        .payee_hash = {(const char *)a->payee_hash, sizeof(a->payee_hash)},
        .has_goods = yes && goods.n > 0,
        .goods = goods,
        .period = d->period,
        .has_from_month = month.n > 0,
        .from_month = month,
        .reason = bus_strv(decide_field(d, "reason")),
        .decided_by = desk_actor(d->v),
        .has_authority_ref = authority.n > 0,
        .authority_ref = authority,
        .signed_at = now_ms};
}

static void decide_sent(struct desk_sending *sending, bool well)
{
    struct deciding *d = sending->data;
    if (well) {
        bus_web_page_see(d->v->rq,
                         desk_printf(d->v, "/cases/%s?told=%s", d->ids[0],
                                     d->ends ? "end" : "decision"));
    } else {
        decide_fault(d, desk_word_of(d->v, DESK_WORD_BUS_AWAY));
    }
}

static void decide_send(struct deciding *d)
{
    struct desk_visit *v = d->v;
    int64_t now_ms = bus_clock_system.wall_ms(NULL);
    char seal_id[DESK_SEAL_ID];
    struct bus_err err;
    struct sa_decision e = decide_event(d, now_ms);
    struct bus_wire_sealer *key =
        desk_seal_open(v, d->assignment.item, now_ms, seal_id);
    if (key == NULL) {
        decide_fault(d, desk_word_of(v, DESK_WORD_SEAL_AWAY));
        return;
    }
    int rc = bus_role_decision_sign(&e, bus_strv(seal_id), key, v->mem, &err);
    bus_wire_sealer_free(key);
    struct bus_role_emit emit = {.type = &sa_decision_type,
                                 .record = &e,
                                 .ce_type = "sa.decision.v1",
                                 .event_id = e.event_id,
                                 .household_id = e.household_id,
                                 .case_id = e.case_id,
                                 .occurred_at = now_ms};
    d->sending = (struct desk_sending){v, decide_sent, d};
    if (rc != BUS_OK || !desk_send(&d->sending, &d->assignment, &emit)) {
        decide_fault(d, desk_word_of(v, DESK_WORD_BUS_AWAY));
    }
}

/* --- one after the other --- */

static void decide_confirmed(struct bus_run_http_request *rq,
                             enum bus_web_sign_in how,
                             const struct bus_web_session *session,
                             const struct bus_register_operator *o,
                             int64_t wait_ms,
                             void *data)
{
    struct deciding *d = data;
    (void)rq;
    (void)session;
    if (how == BUS_WEB_SIGNED_IN && o != NULL &&
        strcmp(o->id, d->v->caller.operator_id) == 0) {
        decide_send(d);
    } else {
        decide_fault(d, desk_confirm_fault(d->v, how, wait_ms));
    }
}

static const char *
decide_may(const struct deciding *d, enum bus_register_act act, int64_t fen)
{
    const char *no = desk_may(d->v, &d->assignment, act, fen, false);
    return no[0] == '\0' ? NULL
                         : desk_say_with(d->v, DESK_WORD_REGISTER_REFUSED, no);
}

/* A refusal, with its ground, its reason and the first month without it. */
static const char *end_read(struct deciding *d)
{
    const struct desk_visit *v = d->v;
    struct bus_strv month = bus_web_field(&v->fields, "from_month");
    int32_t day = 0;
    d->outcome = SA_DECISION_OUTCOME_REFUSED;
    d->delivery = SA_DELIVERY_SERVICE;
    d->period = SA_PERIOD_ONCE;
    if (bus_web_field(&v->fields, "authority").n == 0 ||
        bus_web_field(&v->fields, "reason").n == 0) {
        return desk_word_of(v, DESK_WORD_END_WHY_WANTED);
    }
    if (!bus_policy_month_first(month, &day) ||
        strncmp(month.p, month_text(v, false), month.n) < 0) {
        return desk_word_of(v, DESK_WORD_END_BAD_MONTH);
    }
    return decide_may(d, BUS_REGISTER_DECIDE, 0);
}

/* What he wrote; NULL: it can be sent. */
static const char *decide_read(struct deciding *d)
{
    struct desk_visit *v = d->v;
    struct bus_strv amount = bus_web_field(&v->fields, "amount");
    struct bus_strv uncovered = bus_web_field(&v->fields, "uncovered");
    d->has_amount = amount.n > 0;
    if ((uncovered.n > 0 && !desk_yuan_to_fen(uncovered, &d->uncovered_fen)) ||
        (d->has_amount && !desk_yuan_to_fen(amount, &d->amount_fen)) ||
        !sa_decision_outcome_parse(bus_web_field(&v->fields, "outcome"),
                                   &d->outcome) ||
        !sa_delivery_parse(bus_web_field(&v->fields, "delivery"),
                           &d->delivery) ||
        !sa_period_parse(bus_web_field(&v->fields, "period"), &d->period)) {
        return desk_word_of(v, DESK_WORD_BAD_AMOUNT);
    }
    enum bus_register_act act = d->outcome == SA_DECISION_OUTCOME_RETURNED
                                    ? BUS_REGISTER_OPINION
                                    : BUS_REGISTER_DECIDE;
    bool yes = d->outcome == SA_DECISION_OUTCOME_CONFIRMED;
    if (yes && d->delivery == SA_DELIVERY_POST_GOODS &&
        bus_web_field(&v->fields, "goods").n == 0) {
        return desk_word_of(v, DESK_WORD_GOODS_WANTED);
    }
    return decide_may(d, act, yes ? d->amount_fen : 0);
}

static void decide_form(struct deciding *d)
{
    struct desk_visit *v = d->v;
    const char *fault = d->ends ? end_read(d) : decide_read(d);
    if (fault != NULL) {
        decide_fault(d, fault);
        return;
    }
    struct bus_web_signing_in how = {.account = desk_account_name(v),
                                     .password =
                                         bus_web_field(&v->fields, "password"),
                                     .code = bus_web_field(&v->fields, "code"),
                                     .confirm = true,
                                     .factor = true,
                                     .done = decide_confirmed,
                                     .data = d};
    bus_web_callers_sign_in(v->desk->callers, v->rq, &how);
}

static int decide_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct deciding *d = data;
    BUS_TRY(bus_ledger_assignment(pg, &d->case_id, &d->assignment_id,
                                  &d->assignment, err));
    if (strcmp(d->assignment.department, d->v->department) != 0 ||
        (d->ends &&
         !desk_award_stands(d->v, d->assignment.item, d->assignment.stands))) {
        return bus_fail(err, BUS_EDENIED, "not his to see");
    }
    struct bus_web_read read = {
        .who = d->v->caller.name,
        .via = d->ends ? "GET /cases/{id}/end" : "GET /cases/{id}/decide",
        .purpose = d->ends ? "to end an award" : "to decide",
        .record = d->ids[0],
        .fields = "assignment"};
    return bus_web_read_note(pg, &read, err);
}

static void decide_done(void *data, int rc, const struct bus_err *err)
{
    struct deciding *d = data;
    if (rc != BUS_OK && bus_err_act(err->code) == BUS_ACT_REJECT) {
        desk_not_there(d->v);
    } else if (rc != BUS_OK) {
        desk_away(d->v);
    } else if (d->posted) {
        decide_form(d);
    } else {
        decide_show(d, 200);
    }
}

static void decide_begin(struct desk_visit *v, bool posted, bool ends)
{
    struct deciding *d = bus_arena_calloc(v->mem, 1, sizeof(*d));
    struct bus_web_job job = {decide_run, decide_done, d};
    if (d == NULL) {
        desk_away(v);
        return;
    }
    d->v = v;
    d->posted = posted;
    d->ends = ends;
    d->fault = "";
    if (!desk_assignment_named(v, &d->case_id, &d->assignment_id, d->ids) ||
        (posted &&
         !bus_id_parse(bus_web_field(&v->fields, "once"), &d->once))) {
        desk_not_there(v);
        return;
    }
    if (bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}

void desk_decide(struct desk_visit *v)
{
    decide_begin(v, false, false);
}

void desk_decide_post(struct desk_visit *v)
{
    decide_begin(v, true, false);
}

void desk_award_end(struct desk_visit *v)
{
    decide_begin(v, false, true);
}

void desk_award_end_post(struct desk_visit *v)
{
    decide_begin(v, true, true);
}
