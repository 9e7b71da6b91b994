/* Whose account money goes to: what is shown of it, and the sum that an
 * assignment, its decision and the order must agree on (authority, "payee").
 *
 * The sum binds household, assignment, bank, account and holder with the key
 * that matcher and dispatch share (owner `dispatch`); nobody else computes it,
 * and no two assignments have the same. Any thread, one keyring each. */
#ifndef BUS_ROLE_PAYEE_H
#define BUS_ROLE_PAYEE_H

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/wire/keyring.h"
#include "schemas/personal.h"

#define BUS_ROLE_PAYEE_MASKED 48 /* bytes, NUL in it */

struct bus_role_payee
{
    bool known; /* bank account and holder are there */
    uint8_t sum[BUS_WIRE_SUM_BYTES];
    char masked[BUS_ROLE_PAYEE_MASKED]; /* "nongshang ***6789" */
};
/* personal: framed, as opened. BUS_ECONFIG: no key of `dispatch`. */
int bus_role_payee_of(const struct bus_wire_keyring *keys,
                      const struct bus_id *household,
                      const struct bus_id *assignment,
                      struct bus_strv personal,
                      struct bus_arena *mem,
                      struct bus_role_payee *ret,
                      struct bus_err *err) BUS_MUSTCHECK;

enum bus_role_payee_is {
    BUS_ROLE_PAYEE_SAME,
    BUS_ROLE_PAYEE_OTHER,   /* another account than the one decided on */
    BUS_ROLE_PAYEE_UNKNOWN, /* no account, or nobody's */
};
/* Is it the one of this sum, by any key of `dispatch`? */
enum bus_role_payee_is bus_role_payee_is(const struct bus_wire_keyring *keys,
                                         const struct bus_id *household,
                                         const struct bus_id *assignment,
                                         const struct sa_personal *who,
                                         struct bus_strv sum);

#endif
