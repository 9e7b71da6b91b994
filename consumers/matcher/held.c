/* What a decision, and each step before it, is held against before it counts:
 * whose word it is, about what was asked, how much, and when. What does not
 * hold goes back to its department and nothing follows from it; a correction is
 * a new one. In this order:
 *
 * - what: the assignment's own item and case
 * - who: an operator of the register, in office that day, in a role that may,
 *   of the department or of one it has delegated this to (item, town, amount)
 * - how much: no more than the rule worked out; more with the reason of it
 *   (`deviation`), up to the item's cap and to what may leave the house at all.
 *   A cap that hangs on a fact nobody knows holds nobody back
 * - process: the item's steps were said before it, its notice has hung its days
 *   by the broker's time, and who confirms is not who proposed. Who refuses
 *   needs no notice; "not ours" needs nothing
 * - payee: a transfer repeats whose account the assignment showed
 * - seal: in the register, of that office (and officer), for this item, valid
 *   when it signed; signed between the assignment and the arrival, not too long
 *   before; SM2 over the message's bytes up to the field `seal`, its last
 */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/hash.h"
#include "bus/policy/review.h"
#include "bus/policy/source.h"
#include "bus/role/household.h"
#include "bus/role/process.h"
#include "bus/role/signed.h"
#include "bus/wire/ids.h"
#include "bus/wire/sign.h"
#include "consumers/matcher/parts.h"

#define TOWN_DIGITS 9
#define GONE_BACK   1  /* a seed of its own */
#define MARKS_KEPT  16 /* of an assignment, to know what was heard */

static const struct bus_strv holds; /* no reason */

/* Each id that a partner's event was heard by leaves a mark at the assignment:
 * what he says again is known, also when another has it in hand by now. */
static int32_t
heard_mark(const struct step *s, const struct bus_id *id, uint64_t seed)
{
    uint64_t who = bus_hash64(s->event->partner.p, s->event->partner.n, seed);
    int32_t mark = matcher_answer_of(bus_hash64(id->b, sizeof(id->b), who));
    BUS_CHECK(mark != 0);
    return mark;
}

static bool heard_mark_stands(const struct sa_assignment_state *a, int32_t mark)
{
    for (size_t i = 0; a->has_process && i < a->process.taken.n; i++) {
        if (a->process.taken.v[i] == mark) {
            return true;
        }
    }
    return false;
}

static int
heard_mark_note(struct step *s, struct sa_assignment_state *a, int32_t mark)
{
    size_t n = a->has_process ? a->process.taken.n : 0;
    size_t from = n < MARKS_KEPT ? 0 : n - MARKS_KEPT + 1;
    int32_t *marks = bus_arena_alloc(s->mem, (n + 1) * sizeof(*marks));
    if (marks == NULL) {
        return matcher_step_no_memory(s);
    }
    for (size_t i = from; i < n; i++) {
        marks[i - from] = a->process.taken.v[i];
    }
    marks[n - from] = mark;
    a->has_process = true;
    a->process.taken.v = marks;
    a->process.taken.n = n - from + 1;
    return BUS_OK;
}

int matcher_answer_note(struct step *s,
                        struct sa_assignment_state *a,
                        const struct bus_id *id)
{
    return heard_mark_note(s, a, heard_mark(s, id, 0));
}

int matcher_assignment_asked(struct step *s,
                             const struct sa_assignment_state *a,
                             struct bus_strv department,
                             const struct bus_id *id)
{
    if (a == NULL) {
        return matcher_step_reject(
            s, BUS_EUNKNOWN, "ASSIGNMENT_UNKNOWN",
            "no such assignment was made to this household");
    }
    bool open = a->status == SA_ASSIGNMENT_STATUS_ASSIGNED;
    bool theirs = bus_strv_eq(a->department, s->event->partner) &&
                  bus_strv_eq(a->department, department);
    if (heard_mark_stands(a, heard_mark(s, id, 0)) ||
        (!(open && theirs) &&
         heard_mark_stands(a, heard_mark(s, &s->cause, GONE_BACK)))) {
        s->out->duplicate = true;
        return BUS_OK;
    }
    if (!theirs) {
        return matcher_step_reject(
            s, BUS_EDENIED, "WRONG_TOPIC",
            "the assignment is %.*s's; it is answered on "
            "decisions.%.*s by that department only",
            BUS_STRV_ARG(a->department), BUS_STRV_ARG(a->department));
    }
    return BUS_OK;
}

static struct bus_strv what_reason(const struct step *s,
                                   struct bus_strv item,
                                   const struct bus_id *case_id,
                                   const struct sa_assignment_state *a)
{
    struct bus_id asked = bus_wire_case_id(&s->state->household_id, a->case_no);
    return !bus_strv_eq(item, a->item)   ? BUS_STRV("ITEM_DIFFERS")
           : !bus_id_eq(case_id, &asked) ? BUS_STRV("CASE_DIFFERS")
                                         : holds;
}

static struct bus_strv held_town(const struct step *s)
{
    struct bus_strv town = s->state->division_code;
    town.n = town.n > TOWN_DIGITS ? TOWN_DIGITS : town.n;
    return town;
}

static int32_t known_day(const struct step *s)
{
    return bus_china_day(matcher_step_known_ms(s));
}

static struct bus_strv who_reason(const struct step *s,
                                  const struct sa_decision *d)
{
    const struct bus_register *r = s->rules->registers;
    const struct bus_register_claim claim = {
        .operator_id = d->decided_by.operator_id,
        .org = d->decided_by.org_code,
        /* "Not ours" is a clerk's word; yes and no are an approver's. */
        .act = d->outcome == SA_DECISION_OUTCOME_RETURNED ? BUS_REGISTER_OPINION
                                                          : BUS_REGISTER_DECIDE,
        .owner = d->department,
        .item = d->item,
        .town = held_town(s),
        .amount_fen = d->has_amount_fen ? d->amount_fen : 0,
        .day = bus_china_day(d->signed_at),
    };
    if (r == NULL) {
        return holds;
    }
    enum bus_register_answer answer = bus_registers_may(r, &claim);
    return answer == BUS_REGISTER_YES
               ? holds
               : bus_strv(bus_registers_answer_word(answer));
}

/* --- the seal --- */

static enum bus_register_answer seal_key(const struct bus_register *r,
                                         const struct sa_decision *d,
                                         const uint8_t **ret_key)
{
    BUS_CHECK(r != NULL);
    struct bus_register_sealing sealing = {
        .seal_id = d->seal_id,
        .org = d->department,
        .operator_id = d->decided_by.operator_id,
        .item = d->item,
        .signed_ms = d->signed_at,
    };
    enum bus_register_answer a = bus_registers_seal_may(r, &sealing, ret_key);
    if (a == BUS_REGISTER_SEAL_OTHERS) {
        sealing.org = d->decided_by.org_code;
        a = bus_registers_seal_may(r, &sealing, ret_key);
    }
    return a;
}

static struct bus_strv when_reason(const struct step *s,
                                   const struct sa_decision *d,
                                   const struct sa_assignment_state *a)
{
    const struct matcher_rules *r = s->rules;
    int64_t arrived = s->event->arrived_ms;
    int64_t assigned =
        a->assigned_at > 0 || a->case_no != s->state->case_no
            ? a->assigned_at
            : s->state->opened_at; /* an earlier state does not know */
    return d->signed_at + r->seal_skew_ms < assigned
               ? BUS_STRV("SEAL_BEFORE_ASSIGNMENT")
           : arrived <= 0 ? holds
           : d->signed_at > arrived + r->seal_skew_ms
               ? BUS_STRV("SEAL_AFTER_ARRIVAL")
           : r->seal_late_ms > 0 && arrived - d->signed_at > r->seal_late_ms
               ? BUS_STRV("SEAL_LATE")
               : holds;
}

static bool
seal_fits(const struct step *s, const struct sa_decision *d, const uint8_t *key)
{
    struct bus_wire_signature signature = {.n = d->seal.n};
    struct bus_strv text =
        bus_role_signed_text(s->event->bytes, d->has_seal, d->seal);
    struct bus_err ignored;
    if (s->rules->seals != NULL) {
        return bus_wire_sm2_tables_verify(s->rules->seals, key, text, d->seal,
                                          &ignored) == BUS_OK;
    }
    if (d->seal.n == 0 || d->seal.n > sizeof(signature.der)) {
        return false;
    }
    memcpy(signature.der, d->seal.p, d->seal.n);
    return bus_wire_sm2_point_verify(key, text, &signature, &ignored) == BUS_OK;
}

static struct bus_strv seal_reason(const struct step *s,
                                   const struct sa_decision *d,
                                   const struct sa_assignment_state *a)
{
    const struct matcher_rules *r = s->rules;
    const uint8_t *key = NULL;
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
    BUS_CHECK(key != NULL);
    struct bus_strv when = when_reason(s, d, a);
    if (when.n > 0) {
        return when;
    }
    return seal_fits(s, d, key) ? holds : BUS_STRV("SEAL_BROKEN");
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
    if (ret->n == 0 && a->has_amount_fen && d->amount_fen > a->amount_fen &&
        (!d->has_deviation || d->deviation.n == 0)) {
        *ret = BUS_STRV("ABOVE_PROPOSED");
    }
    return BUS_OK;
}

/* --- the process --- */

static void process_asked(const struct step *s,
                          const struct sa_assignment_state *a,
                          struct bus_policy_process *ret)
{
    int at = bus_policy_item_find(s->rules->catalogue, a->item);
    *ret = (struct bus_policy_process){0};
    if (at >= 0) {
        bus_policy_process_at(s->rules->catalogue, (size_t)at, s->today, ret);
    }
}

static struct bus_strv process_reason(const struct step *s,
                                      const struct sa_decision *d,
                                      const struct sa_assignment_state *a)
{
    struct bus_policy_process asked;
    unsigned steps = d->outcome == SA_DECISION_OUTCOME_CONFIRMED ? ~0u
                     : d->outcome == SA_DECISION_OUTCOME_REFUSED
                         ? ~BUS_POLICY_STEP_BIT(BUS_POLICY_STEP_NOTICE)
                         : 0;
    if (s->rules->registers == NULL || known_day(s) < s->rules->process_from ||
        steps == 0) {
        return holds;
    }
    process_asked(s, a, &asked);
    struct bus_strv missing = bus_role_process_missing(
        &asked, steps, a->has_process ? &a->process : NULL, known_day(s));
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
    *ret_reason = what_reason(s, d->item, &d->case_id, a);
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
        !d->has_payee_hash) {
        *ret_reason = BUS_STRV("PAYEE_MISSING");
    }
    if (ret_reason->n == 0) {
        *ret_reason = seal_reason(s, d, a);
    }
    return BUS_OK;
}

/* --- steps --- */

static struct bus_strv step_who(const struct step *s,
                                const struct sa_step *e,
                                const struct sa_actor *who,
                                bool by_town)
{
    static const enum bus_register_act acts[] = {
        [SA_STEP_KIND_ACCEPTED] = BUS_REGISTER_TAKE_DOWN,
        [SA_STEP_KIND_SURVEYED] = BUS_REGISTER_SURVEY,
        [SA_STEP_KIND_CHECKED] = BUS_REGISTER_OPINION,
        [SA_STEP_KIND_OPINION] = BUS_REGISTER_OPINION,
        [SA_STEP_KIND_NOTICE_POSTED] = BUS_REGISTER_SURVEY,
        [SA_STEP_KIND_NOTICE_OBJECTED] = BUS_REGISTER_SURVEY,
        [SA_STEP_KIND_NOTICE_EXPIRED] = BUS_REGISTER_SURVEY,
        [SA_STEP_KIND_HEARD] = BUS_REGISTER_OPINION,
    };
    BUS_CHECK(e->kind < SA_STEP_KIND_UNKNOWN);
    const struct bus_register_claim claim = {
        .operator_id = who->operator_id,
        .org = who->org_code,
        .act = acts[e->kind],
        .owner = e->department,
        .item = e->item,
        .town = held_town(s),
        .day = known_day(s),
        .by_town = by_town,
    };
    if (s->rules->registers == NULL) {
        return holds;
    }
    enum bus_register_answer answer =
        bus_registers_may(s->rules->registers, &claim);
    return answer == BUS_REGISTER_YES
               ? holds
               : bus_strv(bus_registers_answer_word(answer));
}

static struct bus_strv
step_people(const struct step *s, const struct sa_step *e, bool by_town)
{
    bool two = e->kind == SA_STEP_KIND_SURVEYED;
    struct bus_strv why = step_who(s, e, &e->done_by, by_town);
    if (why.n > 0 || (!two && !e->has_second)) {
        return why;
    }
    if (!e->has_second) {
        return BUS_STRV("SECOND_MISSING");
    }
    /* The town goes along at any survey. */
    return bus_strv_eq(e->done_by.operator_id, e->second.operator_id)
               ? BUS_STRV("SAME_PERSON")
               : step_who(s, e, &e->second, by_town || two);
}

static struct bus_strv step_held(const struct step *s,
                                 const struct sa_step *e,
                                 const struct sa_assignment_state *a)
{
    struct bus_policy_process asked;
    struct bus_strv why = what_reason(s, e->item, &e->case_id, a);
    process_asked(s, a, &asked);
    bool by_town =
        (asked.town & BUS_POLICY_STEP_BIT(bus_role_process_step(e->kind))) != 0;
    why = why.n > 0 ? why : step_people(s, e, by_town);
    return why.n > 0
               ? why
               : bus_role_process_held(&asked,
                                       a->has_process ? &a->process : NULL,
                                       e->kind, known_day(s));
}

/* Partners say what they say at least once: an event goes back once, whatever
 * for, or its outputs would stand twice. Not by the mark of one that is taken:
 * the real one, which has no reason to go back, is heard after a false one. */
int matcher_give_back(struct step *s,
                      struct sa_assignment_state *a,
                      const struct bus_id *about,
                      struct bus_strv why)
{
    int32_t mark = heard_mark(s, &s->cause, GONE_BACK);
    if (heard_mark_stands(a, mark)) {
        s->out->duplicate = true;
        return BUS_OK;
    }
    BUS_TRY(heard_mark_note(s, a, mark));
    s->out->changed = true;
    BUS_TRY(matcher_step_note(s, SA_CASE_EVENT_KIND_ORDER_REFUSED, about, why));
    return matcher_assignment_return(s, a, why);
}

/* His role as the register has it: what a sender calls it is his own text. */
static const char *step_role(const struct step *s, const struct sa_actor *who)
{
    const struct bus_register_operator *o =
        s->rules->registers != NULL
            ? bus_registers_operator(s->rules->registers, who->operator_id,
                                     known_day(s))
            : NULL;
    return o != NULL ? o->role : "";
}

static int step_tell(struct step *s, const struct sa_step *e)
{
    const char *note =
        bus_arena_printf(s->mem, "%s %.*s %s%s%s", sa_step_kind_word(e->kind),
                         BUS_STRV_ARG(e->item), step_role(s, &e->done_by),
                         e->has_second ? " " : "",
                         e->has_second ? step_role(s, &e->second) : "");
    if (note == NULL) {
        return matcher_step_no_memory(s);
    }
    return matcher_step_note(s, SA_CASE_EVENT_KIND_STEP, &e->event_id,
                             bus_strv(note));
}

int matcher_on_step(struct step *s)
{
    const struct sa_step *e = s->event->record;
    struct sa_assignment_state *a =
        matcher_assignment_find(s->state, &e->assignment_id);
    BUS_TRY(matcher_assignment_asked(s, a, e->department, &e->event_id));
    if (e->kind == SA_STEP_KIND_UNKNOWN) {
        return matcher_step_reject(s, BUS_ERANGE, "STEP_UNREADABLE",
                                   "kind must be one of a step's");
    }
    if (s->out->duplicate ||
        a->status == SA_ASSIGNMENT_STATUS_ENDED_WITHDRAWN) {
        s->out->duplicate = true; /* or it crossed our withdrawal */
        return BUS_OK;
    }
    if (a->status != SA_ASSIGNMENT_STATUS_ASSIGNED) {
        return matcher_step_reject(
            s, BUS_ESTATE, "ASSIGNMENT_ENDED",
            "the assignment is %s; steps come before its decision",
            matcher_assignment_status_word(a->status));
    }
    struct bus_strv why = step_held(s, e, a);
    if (why.n > 0) {
        return matcher_give_back(s, a, &e->event_id, why);
    }
    a->has_process = true;
    bus_role_process_move(&a->process, e->kind, known_day(s),
                          e->done_by.operator_id);
    s->out->changed = true;
    BUS_TRY(matcher_answer_note(s, a, &e->event_id));
    return step_tell(s, e);
}
