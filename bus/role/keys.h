/* The keyring of one that runs: a role or a partner's adapter, with what it may
 * hold (ops/docs/keys.md).
 *
 * keys.ring is a folder with a file `<holder>.keys` each, or one file for all.
 * Each thread opens its own. */
#ifndef BUS_ROLE_KEYS_H
#define BUS_ROLE_KEYS_H

#include "bus/base/err.h"
#include "bus/conf/bus_config.h"
#include "bus/wire/keyring.h"

#define BUS_ROLE_RING_PATH 512

/* Of the holder "intake", "desk", "matcher", "dispatch", or a partner's code.
 * BUS_ECONFIG: the path is too long. */
int bus_role_keyring_path(const struct bus_config *config,
                          const char *holder,
                          char ret[BUS_ROLE_RING_PATH],
                          struct bus_err *err) BUS_MUSTCHECK;

/* What a holder must have of an owner's keys. */
struct bus_role_key_need
{
    const char *owner;
    enum bus_role_key_use {
        BUS_ROLE_KEY_SEALS, /* his public half at least */
        BUS_ROLE_KEY_OPENS, /* his private half */
        BUS_ROLE_KEY_SUMS,
    } use;
};
/* BUS_ECONFIG: no such file, others may read it, a key that is needed is not
 * in it (the message says which line to add), or it would seal with another
 * cipher than keys.cipher. */
int bus_role_keyring_open(const struct bus_config *config,
                          const char *holder,
                          const struct bus_role_key_need *needs,
                          size_t n,
                          struct bus_wire_keyring **ret,
                          struct bus_err *err) BUS_MUSTCHECK;
/* BUS_ECONFIG: it holds a private key. For a door, which seals and must not
 * open. *ret_shared: it has keys that open all the same, being of the older
 * kind that both sides share; somebody should be told. */
int bus_role_keyring_only_seals(const struct bus_wire_keyring *k,
                                const char *path,
                                bool *ret_shared,
                                struct bus_err *err) BUS_MUSTCHECK;

#endif
