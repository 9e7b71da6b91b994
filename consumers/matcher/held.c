/* What a decision is held against before it counts: whose word it is, about
 * what was asked, how much, and when. One that does not hold goes back to its
 * department and nothing follows from it; a correction is a new one. In this
 * order:
 *
 * - what: the assignment's own item and case
 * - who: an operator of the register, in office that day, in a role that may,
 *   of the department or of one it has delegated this to (item, town, amount)
 * - how much: no more than the rule worked out; more with the reason of it
 *   (`deviation`), up to the item's cap and to what may leave the house at all.
 *   A cap that hangs on a fact nobody knows holds nobody back
 * - process: the item's steps were said before it, its notice has hung its days
 *   by the broker's time, and who confirms is not who proposed. Who refuses
 *   needs no notice; "not ours" needs nothing. Less of an award that stands, or
 *   none: its people were heard, and the reason is written
 * - payee: a transfer repeats whose account the assignment showed
 * - seal: in the register, of that office (and officer), for this item, valid
 *   when it signed; signed between the assignment and the arrival, not too long
 *   before; SM2 over the message's bytes up to the field `seal`, its last
 */
#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/policy/award_days.h"
#include "bus/policy/review.h"
#include "bus/policy/source.h"
#include "bus/role/household.h"
#include "bus/role/process.h"
#include "bus/role/signed.h"
#include "bus/wire/keyring.h"
#include "bus/wire/ses.h"
#include "consumers/matcher/asked.h"
#include "consumers/matcher/award.h"

static const struct bus_strv holds; /* no reason */

static struct bus_strv who_reason(const struct step *s,
                                  const struct sa_decision *d)
{
    const struct bus_register_claim claim = {
        .operator_id = d->decided_by.operator_id,
        .org = d->decided_by.org_code,
        /* "Not ours" is a clerk's word; yes and no are an approver's. */
        .act = d->outcome == SA_DECISION_OUTCOME_RETURNED ? BUS_REGISTER_OPINION
                                                          : BUS_REGISTER_DECIDE,
        .owner = d->department,
        .item = d->item,
        .town = matcher_asked_town(s),
        .amount_fen = d->has_amount_fen ? d->amount_fen : 0,
        .day = bus_china_day(d->signed_at),
    };
    return matcher_register_held(s, &claim);
}

/* --- the seal --- */

static enum bus_register_answer seal_key(const struct bus_register *r,
                                         const struct matcher_sealing *d,
                                         struct bus_register_seal_key *ret)
{
    BUS_CHECK(r != NULL);
    struct bus_register_sealing sealing = {
        .seal_id = d->seal_id,
        .org = d->department,
        .operator_id = d->operator_id,
        .item = d->item,
        .signed_ms = d->signed_at,
    };
    enum bus_register_answer a = bus_registers_seal_may(r, &sealing, ret);
    if (a == BUS_REGISTER_SEAL_OTHERS) {
        sealing.org = d->org;
        a = bus_registers_seal_may(r, &sealing, ret);
    }
    return a;
}

static struct bus_strv when_reason(const struct step *s,
                                   const struct matcher_sealing *d,
                                   const struct sa_assignment_state *a)
{
    const struct matcher_rules *r = s->rules;
    int64_t arrived = s->event->arrived_ms;
    int64_t assigned =
        a->assigned_at > 0 || a->case_no != s->state->case_no
            ? a->assigned_at
            : s->state->opened_at; /* an earlier state does not know */
    /* His own instant may be any number: ours are added to, his never. */
    return d->signed_at < assigned - r->seal_skew_ms
               ? BUS_STRV("SEAL_BEFORE_ASSIGNMENT")
           : arrived <= 0 ? holds
           : d->signed_at > arrived + r->seal_skew_ms
               ? BUS_STRV("SEAL_AFTER_ARRIVAL")
           : r->seal_late_ms > 0 && arrived - d->signed_at > r->seal_late_ms
               ? BUS_STRV("SEAL_LATE")
               : holds;
}

/* Of GB/T 38540: under this very seal, by its own signer, at the record's own
 * time. */
static bool stamp_fits(const struct step *s,
                       const struct matcher_sealing *d,
                       const struct bus_register_seal_key *key,
                       struct bus_strv text)
{
    struct bus_wire_ses_found found;
    struct bus_err ignored;
    return bus_wire_ses_verify(d->seal, text, key->maker, s->rules->seals,
                               &found, &ignored) == BUS_OK &&
           bus_strv_is(d->seal_id, found.id) &&
           memcmp(found.signer, key->point, sizeof(found.signer)) == 0 &&
           llabs(found.signed_ms - d->signed_at) <=
               s->rules->seal_skew_ms + 1000;
}

static bool seal_fits(const struct step *s,
                      const struct matcher_sealing *d,
                      const struct bus_register_seal_key *key)
{
    struct bus_wire_signature signature = {.n = d->seal.n};
    struct bus_strv text =
        bus_role_signed_text(s->event->bytes, d->has_seal, d->seal);
    struct bus_err ignored;
    if (key->maker != NULL) {
        return stamp_fits(s, d, key, text);
    }
    if (s->rules->seals != NULL) {
        return bus_wire_sm2_tables_verify(s->rules->seals, key->point, text,
                                          d->seal, &ignored) == BUS_OK;
    }
    if (d->seal.n == 0 || d->seal.n > sizeof(signature.der)) {
        return false;
    }
    memcpy(signature.der, d->seal.p, d->seal.n);
    return bus_wire_sm2_point_verify(key->point, text, &signature, &ignored) ==
           BUS_OK;
}

struct bus_strv matcher_seal_held(const struct step *s,
                                  const struct matcher_sealing *d,
                                  const struct sa_assignment_state *a)
{
    const struct matcher_rules *r = s->rules;
    struct bus_register_seal_key key = {NULL, NULL};
    if (r->registers == NULL) {
        return holds;
    }
    if (!d->has_seal_id || !d->has_seal) {
        return bus_china_day(d->signed_at) < r->seals_from && !d->has_seal_id
                   ? holds
                   : BUS_STRV("SEAL_MISSING");
    }
    enum bus_register_answer answer = seal_key(r->registers, d, &key);
    if (answer != BUS_REGISTER_YES) {
        return bus_strv(bus_registers_answer_word(answer));
    }
    BUS_CHECK(key.point != NULL);
    struct bus_strv when = when_reason(s, d, a);
    if (when.n > 0) {
        return when;
    }
    return seal_fits(s, d, &key) ? holds : BUS_STRV("SEAL_BROKEN");
}

static struct bus_strv seal_reason(const struct step *s,
                                   const struct sa_decision *d,
                                   const struct sa_assignment_state *a)
{
    const struct matcher_sealing sealing = {
        .department = d->department,
        .operator_id = d->decided_by.operator_id,
        .org = d->decided_by.org_code,
        .item = d->item,
        .signed_at = d->signed_at,
        .has_seal_id = d->has_seal_id,
        .has_seal = d->has_seal,
        .seal_id = d->seal_id,
        .seal = d->seal,
    };
    return matcher_seal_held(s, &sealing, a);
}

/* --- how much --- */

static int
cap_reason(struct step *s, const struct sa_decision *d, struct bus_strv *ret)
{
    const struct bus_policy_catalogue *c = s->rules->catalogue;
    const struct sa_household_state *st = s->state;
    struct bus_policy_household h;
    struct bus_policy_request_of r = {0};
    struct bus_role_household_members members = {st->members.v, st->members.n};
    int at = bus_policy_item_find(c, d->item);
    const struct bus_node *version =
        at < 0 ? NULL : bus_policy_version_node(c, (size_t)at, s->today);
    const struct bus_node *amount = bus_node_get(version, "amount");
    int64_t most = bus_policy_item_max_fen(c);
    if (d->has_amount_fen && most > 0 && d->amount_fen > most) {
        *ret = BUS_STRV("ABOVE_CAP"); /* the county's for all items */
        return BUS_OK;
    }
    if (!d->has_amount_fen || bus_node_get(amount, "cap") == NULL) {
        return BUS_OK;
    }
    BUS_TRY(matcher_number_facts(s));
    BUS_CHECK(s->facts.n == st->facts.n);
    BUS_TRY(bus_role_household_of(c, &members, st->facts.v, s->facts.ids,
                                  st->facts.n, s->mem, &h, s->err));
    BUS_TRY(bus_policy_request(c, &h, s->today, at, d->amount_fen, s->mem, &r,
                               s->err));
    if (r.outcome == BUS_POLICY_REQUEST_ABOVE_CAP) {
        *ret = BUS_STRV("ABOVE_CAP");
        if (r.instead.n > 0) {
            *ret = bus_strv(bus_arena_printf(s->mem, "ABOVE_CAP %.*s",
                                             BUS_STRV_ARG(r.instead)));
        }
    }
    return BUS_OK;
}

/* A period is money, too: what it comes to in a year, beside the rule's. */
static bool more_than_proposed(const struct step *s,
                               const struct sa_decision *d,
                               const struct sa_assignment_state *a)
{
    const struct bus_policy_catalogue *c = s->rules->catalogue;
    struct bus_policy_item item = {0};
    int at = bus_policy_item_find(c, d->item);
    int64_t asked = matcher_award_times(d->period), rule = 1;
    BUS_CHECK(asked > 0 && d->has_amount_fen);
    if (!a->has_amount_fen) {
        return false;
    }
    if (at >= 0 && bus_policy_item_at(c, (size_t)at, s->today, &item) &&
        item.per_year > 0) {
        rule = item.per_year;
    }
    return d->amount_fen > a->amount_fen ||
           (asked > rule &&
            (__int128)d->amount_fen * asked > (__int128)a->amount_fen * rule);
}

/* The month it is paid from: one there is, and none before the household had
 * asked, unless the officer says why. */
static bool from_month_held(const struct step *s, const struct sa_decision *d)
{
    int32_t first = 0, asked = 0;
    char month[BUS_DATE_TEXT + 1];
    if (!d->has_from_month || d->from_month.n == 0) {
        return true;
    }
    (void)bus_date_text(bus_china_day(s->state->opened_at), month);
    return bus_policy_month_first(d->from_month, &first) &&
           bus_policy_month_first((struct bus_strv){month, 7}, &asked) &&
           (first >= asked || (d->has_deviation && d->deviation.n > 0));
}

static int much_reason(struct step *s,
                       const struct sa_decision *d,
                       const struct sa_assignment_state *a,
                       struct bus_strv *ret)
{
    int64_t most = s->rules->order_max_fen;
    if (!d->has_amount_fen) {
        return BUS_OK;
    }
    if (most > 0 && (d->amount_fen > most || d->uncovered_fen > most)) {
        *ret = BUS_STRV("ABOVE_ORDER_MAX");
        return BUS_OK;
    }
    BUS_TRY(cap_reason(s, d, ret));
    if (ret->n == 0 && more_than_proposed(s, d, a) &&
        (!d->has_deviation || d->deviation.n == 0)) {
        *ret = BUS_STRV("ABOVE_PROPOSED");
    }
    if (ret->n == 0 && !from_month_held(s, d)) {
        *ret = BUS_STRV("FROM_MONTH");
    }
    return BUS_OK;
}

/* --- the process --- */

static struct bus_strv process_reason(const struct step *s,
                                      const struct sa_decision *d,
                                      const struct sa_assignment_state *a)
{
    struct bus_policy_process asked;
    unsigned steps = d->outcome == SA_DECISION_OUTCOME_CONFIRMED ? ~0u
                     : d->outcome == SA_DECISION_OUTCOME_REFUSED
                         ? ~BUS_POLICY_STEP_BIT(BUS_POLICY_STEP_NOTICE)
                         : 0;
    bool in_hand = a->status == SA_ASSIGNMENT_STATUS_ASSIGNED;
    if (s->rules->registers == NULL || steps == 0 ||
        (in_hand && matcher_known_day(s) < s->rules->process_from)) {
        return holds;
    }
    struct bus_strv heard =
        matcher_award_lessens(s, a, d) ? matcher_award_heard(s, a, d) : holds;
    if (heard.n > 0 || !in_hand) {
        return heard; /* what came before the grant has been done */
    }
    matcher_process_asked(s, a, &asked);
    struct bus_strv missing = bus_role_process_missing(
        &asked, steps, a->has_process ? &a->process : NULL,
        matcher_known_day(s));
    return missing.n > 0 ? missing
           : a->has_process && a->process.opinion_by.n > 0 &&
                   bus_strv_eq(a->process.opinion_by, d->decided_by.operator_id)
               ? BUS_STRV("SAME_PERSON")
               : holds;
}

int matcher_decision_held(struct step *s,
                          const struct sa_decision *d,
                          const struct sa_assignment_state *a,
                          struct bus_strv *ret_reason)
{
    BUS_CHECK(d != NULL && a != NULL);
    BUS_CHECK(s->event->kind == MATCHER_DECISION);
    bool yes = d->outcome == SA_DECISION_OUTCOME_CONFIRMED;
    *ret_reason = matcher_asked_about(s, d->item, &d->case_id, a);
    if (ret_reason->n == 0) {
        *ret_reason = who_reason(s, d);
    }
    if (ret_reason->n == 0 && yes) {
        BUS_TRY(much_reason(s, d, a, ret_reason));
    }
    if (ret_reason->n == 0) {
        *ret_reason = process_reason(s, d, a);
    }
    if (ret_reason->n == 0 && yes && d->delivery == SA_DELIVERY_BANK &&
        (!d->has_payee_hash || d->payee_hash.n != BUS_WIRE_SUM_BYTES)) {
        *ret_reason = BUS_STRV("PAYEE_MISSING");
    }
    if (ret_reason->n == 0) {
        *ret_reason = seal_reason(s, d, a);
    }
    return BUS_OK;
}
