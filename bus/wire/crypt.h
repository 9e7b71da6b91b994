/* Hashes, derived ids, keys and sealed fields; the only room with OpenSSL.
 *
 * Sealed value: version 1, key id (4 bytes, big endian), nonce (12),
 * ciphertext, tag (16). AES-256-GCM (NIST SP 800-38D) with the additional data
 * record, 0, field, 0, event id. schemas/README.md says the same to partners.
 */
#ifndef BUS_WIRE_CRYPT_H
#define BUS_WIRE_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"
#include "bus/wire/ids.h"

#define BUS_WIRE_SHA256_BYTES 32
#define BUS_WIRE_KEY_BYTES    32
#define BUS_WIRE_SEAL_BYTES   (1 + 4 + 12 + 16) /* more than the plain text */

void bus_wire_sha256(const void *p,
                     size_t n,
                     uint8_t ret[BUS_WIRE_SHA256_BYTES]);
/* Of the parts one after the other. */
void bus_wire_sha256_parts(const struct bus_strv *parts,
                           size_t n,
                           uint8_t ret[BUS_WIRE_SHA256_BYTES]);
void bus_wire_md5(const void *p, size_t n, uint8_t ret[16]);
void bus_wire_hmac_sha256(struct bus_strv key,
                          const struct bus_strv *parts,
                          size_t n,
                          uint8_t ret[BUS_WIRE_SHA256_BYTES]);
int bus_wire_random(void *to, size_t n, struct bus_err *err) BUS_MUSTCHECK;

/* A keyring file, mode 0600: lines `<key id> <owner> <64 hex digits>`; '#'
 * begins a comment. An owner's newest (last) key seals, all of them open. */
struct bus_wire_keyring;
int bus_wire_keyring_open(const char *path,
                          struct bus_wire_keyring **ret,
                          struct bus_err *err) BUS_MUSTCHECK;
void bus_wire_keyring_free(struct bus_wire_keyring *k);
/* Is there a key of this owner? */
bool bus_wire_keyring_has(const struct bus_wire_keyring *k,
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

/* What a sealed field is bound to. */
struct bus_wire_binding
{
    const char *record, *field; /* "assignment", "personal" */
    const struct bus_id *event_id;
};
/* Not thread-safe: one keyring a thread. to: plain.n + BUS_WIRE_SEAL_BYTES. */
int bus_wire_seal(struct bus_wire_keyring *k,
                  struct bus_strv owner,
                  const struct bus_wire_binding *binding,
                  struct bus_strv plain,
                  uint8_t *to,
                  struct bus_err *err) BUS_MUSTCHECK;
/* *ret in mem. BUS_ECRYPT: unknown key, wrong binding, or changed bytes. */
int bus_wire_open(struct bus_wire_keyring *k,
                  const struct bus_wire_binding *binding,
                  struct bus_strv sealed,
                  struct bus_arena *mem,
                  struct bus_strv *ret,
                  struct bus_err *err) BUS_MUSTCHECK;

#endif
