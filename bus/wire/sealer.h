/* Whoever seals records: with an SM2 key alone, or under a seal of GB/T
 * 38540-2020, whose file and certificate lie beside the key. One owner; a
 * sealer may seal from any thread, one at a time. */
#ifndef BUS_WIRE_SEALER_H
#define BUS_WIRE_SEALER_H

#include "bus/base/arena.h"
#include "bus/wire/sign.h"

struct bus_wire_sealer;
/* key_file "DIR/X.key" (mode 0600); "DIR/X.esl" and "DIR/X.crt": both, or
 * neither. Free it: the secret is wiped. BUS_ECONFIG: as
 * bus_wire_sm2_key_open, one of the two is missing, or they are of another key.
 */
int bus_wire_sealer_open(const char *key_file,
                         struct bus_wire_sealer **ret,
                         struct bus_err *err) BUS_MUSTCHECK;
void bus_wire_sealer_free(struct bus_wire_sealer *s); /* NULL is allowed */
const uint8_t *bus_wire_sealer_point(const struct bus_wire_sealer *s);
/* The seal over text, DER in mem: an SM2 signature, or an SES_Signature whose
 * own time is now_ms (ms since 1970, kept to the second). */
int bus_wire_sealer_seal(const struct bus_wire_sealer *s,
                         struct bus_strv text,
                         int64_t now_ms,
                         struct bus_arena *mem,
                         struct bus_strv *ret,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
