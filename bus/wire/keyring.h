/* Keyrings, and the personal fields that are sealed with them.
 *
 * A keyring file has mode 0600. A line is `<key id> <owner> <kind> <hex>`; '#'
 * begins a comment. The id is of the pair: who seals has its public half, who
 * opens its private half, in files of their own. An owner's newest (last) key
 * seals, all of them open. ops/docs/keys.md says it to people.
 *
 * Sealed value: a version, the key id (4 bytes, big endian), then
 *   1  nonce (12), ciphertext, tag (16): AES-256-GCM, the one key of both sides
 *   2  encapsulation (32), message number (4), ciphertext, tag (16): HPKE
 *   3  no key id; nonce (12), ciphertext, tag (16): AES-256-GCM under a key
 * that is in no ring, a household's own (ops/decisions/0041) with the
 * additional data record, 0, field, 0, event id (16 bytes). schemas/README.md
 * says the same to partners. */
#ifndef BUS_WIRE_KEYRING_H
#define BUS_WIRE_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"
#include "bus/wire/crypt.h"

#define BUS_WIRE_KEYS_MAX  256 /* of one ring */
#define BUS_WIRE_OWNER_MAX 32  /* characters */

enum bus_wire_key_kind {
    /* 64 hex digits; the kind may be left out, as it was in older files. Seals,
     * opens and sums: both sides have all of it. */
    BUS_WIRE_KEY_SHARED, /* aes-256-gcm */
    BUS_WIRE_KEY_SUMS,   /* sums: makes sums, seals nothing */
    BUS_WIRE_KEY_X25519_PUBLIC,
    BUS_WIRE_KEY_X25519_PRIVATE,
    BUS_WIRE_KEY_KINDS
};
/* "x25519-public". */
const char *bus_wire_key_kind_word(enum bus_wire_key_kind kind);

struct bus_wire_keyring;
/* BUS_ECONFIG: no such file, others may read it, or a line that is none. */
int bus_wire_keyring_open(const char *path,
                          struct bus_wire_keyring **ret,
                          struct bus_err *err) BUS_MUSTCHECK;
void bus_wire_keyring_free(struct bus_wire_keyring *k); /* NULL is allowed */

struct bus_wire_key_view
{
    uint32_t id;
    struct bus_strv owner; /* as long as the ring */
    enum bus_wire_key_kind kind;
};
size_t bus_wire_keyring_count(const struct bus_wire_keyring *k);
struct bus_wire_key_view bus_wire_keyring_at(const struct bus_wire_keyring *k,
                                             size_t i);

/* Can it seal for this owner, open what is sealed for him, make his sums? */
bool bus_wire_keyring_seals(const struct bus_wire_keyring *k,
                            struct bus_strv owner);
bool bus_wire_keyring_opens(const struct bus_wire_keyring *k,
                            struct bus_strv owner);
bool bus_wire_keyring_sums(const struct bus_wire_keyring *k,
                           struct bus_strv owner);

/* A keyed sum of the parts (each with its length) that nobody without the ring
 * computes, or finds the parts by; `nth`: the owner's newest key is 0. False:
 * he has no such key. */
#define BUS_WIRE_SUM_BYTES 16
bool bus_wire_keyring_sum(const struct bus_wire_keyring *k,
                          struct bus_strv owner,
                          size_t nth,
                          const struct bus_strv *parts,
                          size_t n,
                          uint8_t ret[BUS_WIRE_SUM_BYTES]);
/* HMAC-SHA-256 with this key of this owner; false: he has none of this id. For
 * a file of keys that sign and do not seal: one use a key. */
bool bus_wire_keyring_hmac(const struct bus_wire_keyring *k,
                           struct bus_strv owner,
                           uint32_t id,
                           const struct bus_strv *parts,
                           size_t n,
                           uint8_t ret[BUS_WIRE_SHA256_BYTES]);

/* A file of one key in hex (the county's), mode 0600; 32 bytes. */
int bus_wire_key_file(const char *path,
                      uint8_t ret[BUS_WIRE_KEY_BYTES],
                      struct bus_err *err) BUS_MUSTCHECK;

/* --- sealed fields --- */

/* What a sealed field is bound to. */
struct bus_wire_binding
{
    const char *record, *field; /* "assignment", "personal" */
    const struct bus_id *event_id;
};
/* Not thread-safe: one keyring a thread. *ret in mem. BUS_ECONFIG: no key of
 * this owner; BUS_ETOOBIG: mem is full.
 *
 * One encapsulation is used for at most BUS_WIRE_MESSAGES_MAX fields, and not
 * after bus_wire_keyring_forget: who seals calls it when a batch ends, so that
 * what is in memory opens no more than that batch. */
#define BUS_WIRE_MESSAGES_MAX 1024
int bus_wire_seal(struct bus_wire_keyring *k,
                  struct bus_strv owner,
                  const struct bus_wire_binding *binding,
                  struct bus_strv plain,
                  struct bus_arena *mem,
                  struct bus_strv *ret,
                  struct bus_err *err) BUS_MUSTCHECK;
void bus_wire_keyring_forget(struct bus_wire_keyring *k);
/* *ret in mem. BUS_ECRYPT: unknown key, wrong binding, or changed bytes. */
int bus_wire_open(struct bus_wire_keyring *k,
                  const struct bus_wire_binding *binding,
                  struct bus_strv sealed,
                  struct bus_arena *mem,
                  struct bus_strv *ret,
                  struct bus_err *err) BUS_MUSTCHECK;

/* Version 3: under this key and no other. k lends its cipher; it need have no
 * keys. Errors as above. */
int bus_wire_seal_under(struct bus_wire_keyring *k,
                        const uint8_t key[BUS_WIRE_KEY_BYTES],
                        const struct bus_wire_binding *binding,
                        struct bus_strv plain,
                        struct bus_arena *mem,
                        struct bus_strv *ret,
                        struct bus_err *err) BUS_MUSTCHECK;
int bus_wire_open_under(struct bus_wire_keyring *k,
                        const uint8_t key[BUS_WIRE_KEY_BYTES],
                        const struct bus_wire_binding *binding,
                        struct bus_strv sealed,
                        struct bus_arena *mem,
                        struct bus_strv *ret,
                        struct bus_err *err) BUS_MUSTCHECK;
bool bus_wire_sealed_under(struct bus_strv sealed); /* is it of version 3? */

#endif
