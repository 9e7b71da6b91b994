/* What a decision is held against before it counts. One that does not hold goes
 * back to its department and nothing is paid; a correction is a new decision.
 *
 * - a seal it names: in the register, its department's or its office's own, and
 *   valid when it signed; when we read it does not matter
 * - an amount: at most the cap of its item; a cap that hangs on a fact nobody
 *   knows holds nobody back
 */
#include "bus/policy/review.h"
#include "bus/policy/source.h"
#include "bus/role/household.h"
#include "consumers/matcher/parts.h"

static struct bus_strv seal_reason(const struct matcher_rules *r,
                                   const struct sa_decision *d)
{
    const uint8_t *key = NULL;
    struct bus_register_sealing sealing = {
        .seal_id = d->seal_id,
        .org = d->department,
        .operator_id = d->decided_by.operator_id,
        .item = d->item,
        .signed_ms = d->signed_at,
    };
    if (!d->has_seal_id || r->registers == NULL ||
        bus_registers_counts(r->registers).seals == 0) {
        return (struct bus_strv){0};
    }
    enum bus_register_answer a =
        bus_registers_seal_may(r->registers, &sealing, &key);
    if (a == BUS_REGISTER_SEAL_OTHERS) {
        sealing.org = d->decided_by.org_code;
        a = bus_registers_seal_may(r->registers, &sealing, &key);
    }
    return a == BUS_REGISTER_YES ? (struct bus_strv){0}
                                 : bus_strv(bus_registers_answer_word(a));
}

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
    if (!d->has_amount_fen || bus_node_get(amount, "cap") == NULL) {
        return BUS_OK;
    }
    int rc = matcher_number_facts(s);
    rc = rc ? rc
            : bus_role_household_of(c, &members, st->facts.v, s->facts.ids,
                                    st->facts.n, s->mem, &h, s->err);
    rc = rc ? rc
            : bus_policy_request(c, &h, s->today, at, d->amount_fen, s->mem, &r,
                                 s->err);
    if (rc == BUS_OK && r.outcome == BUS_POLICY_REQUEST_ABOVE_CAP) {
        *ret = BUS_STRV("ABOVE_CAP");
        if (r.instead.n > 0) {
            *ret = bus_strv(bus_arena_printf(s->mem, "ABOVE_CAP %.*s",
                                             BUS_STRV_ARG(r.instead)));
        }
    }
    return rc;
}

int matcher_decision_held(struct step *s,
                          const struct sa_decision *d,
                          struct bus_strv *ret_reason)
{
    *ret_reason = seal_reason(s->rules, d);
    return ret_reason->n == 0 && d->outcome == SA_DECISION_OUTCOME_CONFIRMED
               ? cap_reason(s, d, ret_reason)
               : BUS_OK;
}
