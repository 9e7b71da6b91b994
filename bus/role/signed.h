/* What of a message is signed by a seal that travels in it.
 *
 * A sealed record has its seal as the last field, a union of null and bytes.
 * Signed are the message's bytes before that field: Confluent framing (the
 * writer's schema id is vouched for as well) and every other field as it was
 * written. To seal: write the record with the seal null, leave out the last
 * byte, sign, write it again with the seal. */
#ifndef BUS_ROLE_SIGNED_H
#define BUS_ROLE_SIGNED_H

#include <stdbool.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"
#include "bus/wire/codec.h"
#include "bus/wire/sealer.h"
#include "schemas/decision.h"

/* A view into value; value as it came, with its seal as it was read. Shorter
 * than that field (which a decoded message is not): empty. */
struct bus_strv bus_role_signed_text(struct bus_strv value,
                                     bool has_seal,
                                     struct bus_strv seal);
/* The seal of a record that is otherwise complete, seal_id too, and has none
 * yet; in mem. signed_at: ms, as it stands in the record. */
int bus_role_record_sign(const struct bus_wire_type *type,
                         const void *record,
                         int64_t signed_at,
                         const struct bus_wire_sealer *sealer,
                         struct bus_arena *mem,
                         struct bus_strv *ret_seal,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Seals a decision that is otherwise complete: seal_id and seal, in mem. */
int bus_role_decision_sign(struct sa_decision *d,
                           struct bus_strv seal_id,
                           const struct bus_wire_sealer *sealer,
                           struct bus_arena *mem,
                           struct bus_err *err) BUS_MUSTCHECK;

#endif
