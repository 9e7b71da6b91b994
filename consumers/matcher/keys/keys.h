/* Each household's own key: what its state says of people is sealed under it,
 * so that who destroys the key erases them (ops/decisions/0041).
 *
 * - it stands in the compacted topic `household-keys`, wrapped for `households`
 *   by the matcher's keyring, and nowhere else; the matcher has the wrapped
 *   ones of its partitions in memory, and one unwrapped for as long as one
 *   event uses it
 * - it is made, and destroyed (a tombstone), in the transaction that writes the
 *   state which needs it, or needs it no more
 * - a state whose personal data is sealed for the bus still (as it came, or of
 *   an earlier program) takes it under the key when it is written next
 *
 * A keyring without a key of `households` leaves states as they come. On the
 * lane's thread. */
#ifndef CONSUMERS_MATCHER_KEYS_KEYS_H
#define CONSUMERS_MATCHER_KEYS_KEYS_H

#include "consumers/matcher/shell.h"

#define MATCHER_KEYS_OWNER "households"

/* What the household's personal field, or an assignment's payee, says; sealed
 * under the household's key or for the bus. A reject is DECRYPT_FAILED. */
enum matcher_sealed { MATCHER_SEALED_PERSONAL, MATCHER_SEALED_PAYEE };
int matcher_keys_open(struct matcher_work *w,
                      enum matcher_sealed what,
                      const struct bus_id *event,
                      struct bus_strv sealed,
                      struct bus_strv *ret,
                      struct bus_err *err) BUS_MUSTCHECK;

/* Before a state is written: what of it is not under the household's key yet is
 * taken under it. *ret: the key's change to be kept with the state
 * (batch_state_slot.key), in the batch's arena. forget: the key goes. */
int matcher_keys_seal(struct matcher_work *w,
                      struct sa_household_state *st,
                      bool forget,
                      const struct batch_state_key **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
/* With the state at the batch's end. */
int matcher_keys_put(struct matcher_shell *s,
                     struct matcher_lane *lane,
                     const struct batch_state_slot *slot,
                     struct bus_kafka_out *out,
                     struct bus_err *err) BUS_MUSTCHECK;
/* It is committed. */
int matcher_keys_keep(struct matcher_partition *p,
                      const struct batch_state_slot *slot,
                      struct bus_err *err) BUS_MUSTCHECK;
/* Once a day: something for the broker to roll the partition's segment by, so
 * that it cleans what a silent day has left. */
int matcher_keys_beat(struct matcher_shell *s,
                      int32_t partition,
                      struct bus_kafka_out *out,
                      struct bus_err *err) BUS_MUSTCHECK;
/* Reads the topic on, to its end. */
int matcher_keys_read(struct matcher_shell *s,
                      struct matcher_lane *lane,
                      int32_t partition,
                      struct bus_err *err) BUS_MUSTCHECK;

#endif
