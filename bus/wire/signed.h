/* Requests that a system signs: HMAC-SHA-256 with a key of its own, or SM2.
 *
 *   Lianou-Date: 2026-07-01T09:10:11.123+08:00
 *   Authorization: Lianou-HMAC-SHA256 system=callcentre, key=7, nonce=...,
 * signature=<64 hex>
 *
 * What is signed is six lines, each ended by a newline: "LIANOU-HMAC-SHA256",
 * the method, the path without a query, the date as in the header, the nonce
 * (8 to 64 letters and digits, never used again), and the SHA-256 of the body
 * in small hex digits. ops/docs/doors.md has a client in Python. The date
 * may be five minutes off.
 *
 * By SM2, for a partner that wants to hold no secret of ours: Lianou-SM2 and
 * "LIANOU-SM2" in place of the names, key the name of the key (sign.h), and in
 * the signature the DER of SM2 over the same six lines in hex digits. What we
 * send may be signed so; our doors take HMAC.
 *
 * Pure but for the list of signatures seen. */
#ifndef BUS_WIRE_SIGNED_H
#define BUS_WIRE_SIGNED_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"
#include "bus/wire/keyring.h"
#include "bus/wire/sign.h"

#define BUS_WIRE_SIGNED_SCHEME "Lianou-HMAC-SHA256"
#define BUS_WIRE_SIGNED_SM2    "Lianou-SM2"
#define BUS_WIRE_SIGNED_OFF_MS INT64_C(300000)
#define BUS_WIRE_SIGNED_SEEN   262144 /* within that time; then refused */
#define BUS_WIRE_SIGNED_NAME   32

struct bus_wire_signed_request
{
    struct bus_strv method, path, authorization, date, body;
};
struct bus_wire_signed_seen; /* the signatures of the last minutes */
int bus_wire_signed_seen_new(struct bus_wire_signed_seen **ret,
                             struct bus_err *err) BUS_MUSTCHECK;
void bus_wire_signed_seen_free(
    struct bus_wire_signed_seen *s); /* NULL is allowed */

/* Does it begin like one? */
bool bus_wire_signed_is(struct bus_strv authorization);
/* Who signed it, in ret (a copy). BUS_EPARSE: a header that cannot be read;
 * BUS_EDENIED: no such key, another signature, a date too far off, or seen
 * before; BUS_EFULL: more in these minutes than are remembered. The texts
 * never tell which keys there are. */
int bus_wire_signed_verify(const struct bus_wire_signed_request *rq,
                           const struct bus_wire_keyring *keys,
                           int64_t now_ms,
                           struct bus_wire_signed_seen *seen,
                           char ret[BUS_WIRE_SIGNED_NAME + 1],
                           struct bus_err *err) BUS_MUSTCHECK;

#define BUS_WIRE_SIGNED_HEADER 320
/* Signs as `system` with its newest key of the ring (ids 1 to 64): method, path
 * and body of rq; both headers in ret. BUS_ECONFIG: it has none. */
int bus_wire_signed_make(const struct bus_wire_signed_request *rq,
                         const struct bus_wire_keyring *keys,
                         const char *system,
                         int64_t now_ms,
                         char ret_authorization[BUS_WIRE_SIGNED_HEADER],
                         char ret_date[BUS_WIRE_SIGNED_HEADER],
                         struct bus_err *err) BUS_MUSTCHECK;
/* The same by SM2. */
int bus_wire_signed_sm2(const struct bus_wire_signed_request *rq,
                        const struct bus_wire_sm2_key *key,
                        const char *system,
                        int64_t now_ms,
                        char ret_authorization[BUS_WIRE_SIGNED_HEADER],
                        char ret_date[BUS_WIRE_SIGNED_HEADER],
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
