#include "bus/role/payee.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/framing.h"

#define OWNER    BUS_STRV("dispatch")
#define LAST     4 /* digits shown */
#define BANK_MAX 32
#define KEYS_MAX 64 /* of one owner, tried one after the other */

/* Whose account it is: the applicant's own where nobody else is named. */
static struct bus_strv payee_holder(const struct sa_personal *p)
{
    return p->has_account_holder && p->account_holder.n > 0 ? p->account_holder
                                                            : p->name;
}

static bool payee_known(const struct sa_personal *p)
{
    return p->has_account && p->account.n > 0 && payee_holder(p).n > 0;
}

static bool payee_sum(const struct bus_wire_keyring *keys,
                      size_t nth,
                      const struct bus_id *household,
                      const struct bus_id *assignment,
                      const struct sa_personal *p,
                      uint8_t ret[BUS_WIRE_SUM_BYTES])
{
    const struct bus_strv parts[] = {
        BUS_STRV("payee"),
        {(const char *)household->b, sizeof(household->b)},
        {(const char *)assignment->b, sizeof(assignment->b)},
        p->has_bank_code ? p->bank_code : BUS_STRV(""),
        p->account,
        payee_holder(p),
    };
    return bus_wire_keyring_sum(keys, OWNER, nth, parts,
                                sizeof(parts) / sizeof(parts[0]), ret);
}

int bus_role_payee_of(const struct bus_wire_keyring *keys,
                      const struct bus_id *household,
                      const struct bus_id *assignment,
                      struct bus_strv personal,
                      struct bus_arena *mem,
                      struct bus_role_payee *ret,
                      struct bus_err *err)
{
    BUS_CHECK(keys != NULL && !bus_id_is_nil(assignment));
    struct bus_strv body;
    uint32_t id = 0;
    void *record = NULL;
    *ret = (struct bus_role_payee){0};
    BUS_TRY(bus_wire_unframe(personal, &id, &body, err));
    BUS_TRY(bus_wire_decode_own(&sa_personal_type, body, mem, &record, err));
    const struct sa_personal *p = record;
    if (!payee_known(p)) {
        return BUS_OK;
    }
    if (!payee_sum(keys, 0, household, assignment, p, ret->sum)) {
        return bus_fail(err, BUS_ECONFIG,
                        "the keyring has no key of `dispatch`");
    }
    size_t last = p->account.n > 2 * LAST ? LAST : 0;
    struct bus_strv bank = p->has_bank_code ? p->bank_code : BUS_STRV("");
    (void)snprintf(ret->masked, sizeof(ret->masked), "%.*s%s***%.*s",
                   bank.n > BANK_MAX ? BANK_MAX : (int)bank.n, bank.p,
                   bank.n > 0 ? " " : "", (int)last,
                   p->account.p + p->account.n - last);
    ret->known = true;
    return BUS_OK;
}

enum bus_role_payee_is bus_role_payee_is(const struct bus_wire_keyring *keys,
                                         const struct bus_id *household,
                                         const struct bus_id *assignment,
                                         const struct sa_personal *who,
                                         struct bus_strv sum)
{
    uint8_t ours[BUS_WIRE_SUM_BYTES];
    if (!payee_known(who)) {
        return BUS_ROLE_PAYEE_UNKNOWN;
    }
    for (size_t i = 0;
         i < KEYS_MAX && payee_sum(keys, i, household, assignment, who, ours);
         i++) {
        if (sum.n == sizeof(ours) && memcmp(sum.p, ours, sizeof(ours)) == 0) {
            return BUS_ROLE_PAYEE_SAME;
        }
    }
    return BUS_ROLE_PAYEE_OTHER;
}
