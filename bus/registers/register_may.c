/* Whose word counts. Each question goes from who to what to how much, and
 * stops at the first that does not hold. */
#include "bus/registers/registers_parts.h"

#include <string.h>

#include "bus/base/check.h"

#define ABOVE_MAX 8 /* organisations one above the other */

const char *bus_registers_answer_word(enum bus_register_answer answer)
{
    static const char *const words[] = {
#define X(name, word) [BUS_REGISTER_##name] = word,
        BUS_REGISTER_ANSWERS(X)
#undef X
    };
    BUS_CHECK((size_t)answer < sizeof(words) / sizeof(words[0]));
    return words[answer];
}

/* Is org this organisation, or does it stand below it on that day? */
static bool stands_below(const struct bus_register *r,
                         const char *org,
                         struct bus_strv above,
                         int32_t day)
{
    for (int i = 0; i < ABOVE_MAX && org[0] != '\0'; i++) {
        if (bus_strv_is(above, org)) {
            return true;
        }
        const struct bus_register_organisation *o =
            bus_registers_organisation(r, bus_strv(org), day);
        org = o != NULL ? o->parent : "";
    }
    return false;
}

const struct bus_register_organisation *
bus_registers_department(const struct bus_register *r,
                         struct bus_strv org,
                         int32_t day)
{
    const struct bus_register_organisation *o =
        bus_registers_organisation(r, org, day);
    for (int i = 0; i < ABOVE_MAX && o != NULL; i++) {
        if (strcmp(o->kind, "department") == 0) {
            return o;
        }
        o = bus_registers_organisation(r, bus_strv(o->parent), day);
    }
    return NULL;
}

static bool in_a_town(struct bus_strv code)
{
    size_t n = 0;
    while (n < code.n && code.p[n] >= '0' && code.p[n] <= '9') {
        n++;
    }
    return n >= BUS_REGISTER_TOWN_DIGITS;
}

struct bus_strv bus_registers_town(const struct bus_register *r,
                                   struct bus_strv org,
                                   int32_t day)
{
    for (int i = 0; i < ABOVE_MAX && org.n > 0; i++) {
        if (in_a_town(org)) {
            return (struct bus_strv){org.p, BUS_REGISTER_TOWN_DIGITS};
        }
        const struct bus_register_organisation *o =
            bus_registers_organisation(r, org, day);
        org = bus_strv(o != NULL ? o->parent : "");
    }
    return BUS_STRV("");
}

/* The answer of one delegation of the right act and item. */
static enum bus_register_answer
weigh_delegation(const struct register_delegation *d,
                 const struct bus_register_claim *claim)
{
    if (claim->day < d->from_day || claim->day > d->until_day) {
        return BUS_REGISTER_DELEGATION_NOT_THAT_DAY;
    }
    if (!registers_codes_has(&d->towns, claim->town)) {
        return BUS_REGISTER_DELEGATION_TOWN;
    }
    return claim->amount_fen > d->amount_fen ? BUS_REGISTER_DELEGATION_AMOUNT
                                             : BUS_REGISTER_YES;
}

/* YES if one of them says so; else why the one that came nearest does not. */
static enum bus_register_answer
delegated(const struct bus_register *r,
          const char *org,
          const struct bus_register_claim *claim)
{
    enum bus_register_answer nearest = BUS_REGISTER_NOT_DELEGATED;
    for (size_t i = 0; i < r->counts.delegations; i++) {
        const struct register_delegation *d = &r->delegations[i];
        if (strcmp(d->taker, org) != 0 ||
            !bus_strv_is(claim->owner, d->giver) || d->act != claim->act ||
            !registers_codes_has(&d->items, claim->item)) {
            continue;
        }
        enum bus_register_answer a = weigh_delegation(d, claim);
        if (a == BUS_REGISTER_YES) {
            return a;
        }
        nearest = a > nearest ? a : nearest;
    }
    return nearest;
}

/* A row of this id, whatever the day. */
static bool operator_known(const struct bus_register *r, struct bus_strv id)
{
    for (size_t i = 0; i < r->counts.operators; i++) {
        if (bus_strv_is(id, r->operators[i].o.id)) {
            return true;
        }
    }
    return false;
}

enum bus_register_answer
bus_registers_may(const struct bus_register *r,
                  const struct bus_register_claim *claim)
{
    BUS_CHECK(claim->act < BUS_REGISTER_ACTS && claim->amount_fen >= 0);
    const struct bus_register_operator *o =
        bus_registers_operator(r, claim->operator_id, claim->day);
    if (o == NULL) {
        return operator_known(r, claim->operator_id)
                   ? BUS_REGISTER_OPERATOR_NOT_THAT_DAY
                   : BUS_REGISTER_OPERATOR_UNKNOWN;
    }
    if (claim->org.n > 0 && !bus_strv_is(claim->org, o->org)) {
        return BUS_REGISTER_OPERATOR_ELSEWHERE;
    }
    if ((registers_role_acts(o->role) & 1u << claim->act) == 0) {
        return BUS_REGISTER_ROLE_MAY_NOT;
    }
    if (claim->amount_fen > o->limit_fen) {
        return BUS_REGISTER_OPERATOR_LIMIT;
    }
    if (stands_below(r, o->org, claim->owner, claim->day)) {
        return BUS_REGISTER_YES;
    }
    if (claim->by_town && claim->town.n > 0 &&
        bus_strv_eq(bus_registers_town(r, bus_strv(o->org), claim->day),
                    claim->town)) {
        return BUS_REGISTER_YES;
    }
    return delegated(r, o->org, claim);
}

static const struct register_seal *seal_of_id(const struct bus_register *r,
                                              struct bus_strv id)
{
    for (size_t i = 0; i < r->counts.seals; i++) {
        if (bus_strv_is(id, r->seals[i].id)) {
            return &r->seals[i];
        }
    }
    return NULL;
}

enum bus_register_answer
bus_registers_seal_may(const struct bus_register *r,
                       const struct bus_register_sealing *sealing,
                       struct bus_register_seal_key *ret)
{
    const struct register_seal *s = seal_of_id(r, sealing->seal_id);
    if (s == NULL) {
        return BUS_REGISTER_SEAL_UNKNOWN;
    }
    if (!bus_strv_is(sealing->org, s->org) ||
        (s->operator_id[0] != '\0' &&
         !bus_strv_is(sealing->operator_id, s->operator_id))) {
        return BUS_REGISTER_SEAL_OTHERS;
    }
    if (!registers_codes_has(&s->items, sealing->item)) {
        return BUS_REGISTER_SEAL_ITEM;
    }
    if (sealing->signed_ms < s->from_ms) {
        return BUS_REGISTER_SEAL_NOT_YET;
    }
    if (sealing->signed_ms >= s->revoked_ms) {
        return BUS_REGISTER_SEAL_REVOKED;
    }
    if (sealing->signed_ms >= s->suspended_ms) {
        return BUS_REGISTER_SEAL_SUSPENDED;
    }
    if (sealing->signed_ms >= s->expires_ms) {
        return BUS_REGISTER_SEAL_EXPIRED;
    }
    *ret =
        (struct bus_register_seal_key){s->key, s->has_maker ? s->maker : NULL};
    return BUS_REGISTER_YES;
}

enum bus_register_answer bus_registers_key_of(const struct bus_register *r,
                                              struct bus_strv key_id,
                                              struct bus_strv partner,
                                              int64_t at_ms,
                                              const uint8_t **ret_key)
{
    for (size_t i = 0; i < r->counts.partner_keys; i++) {
        const struct register_key *k = &r->keys[i];
        if (!bus_strv_is(key_id, k->id)) {
            continue;
        }
        if (!bus_strv_is(partner, k->partner)) {
            return BUS_REGISTER_KEY_OTHERS;
        }
        if (at_ms < k->from_ms || at_ms >= k->until_ms ||
            at_ms >= k->revoked_ms) {
            return BUS_REGISTER_KEY_NOT_NOW;
        }
        *ret_key = k->key;
        return BUS_REGISTER_YES;
    }
    return BUS_REGISTER_KEY_UNKNOWN;
}
