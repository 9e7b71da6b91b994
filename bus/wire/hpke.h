/* HPKE in base mode (RFC 9180): who has a public key is written to, and only
 * who has its private half reads. DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * AES-GCM; made of OpenSSL's X25519, so that 3.0 has it as well as 3.5.
 *
 * Only what sealed fields need: a context's key and first nonce. The nonce of
 * message n is the first one xor n (section 5.2). Any thread. */
#ifndef BUS_WIRE_HPKE_H
#define BUS_WIRE_HPKE_H

#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/strv.h"

#define BUS_WIRE_X25519_BYTES 32 /* secret, public half, encapsulation */
#define BUS_WIRE_HPKE_NONCE   12

/* A new pair. BUS_EIO, BUS_ECRYPT. */
int bus_wire_x25519_keygen(uint8_t ret_secret[BUS_WIRE_X25519_BYTES],
                           uint8_t ret_public[BUS_WIRE_X25519_BYTES],
                           struct bus_err *err) BUS_MUSTCHECK;
int bus_wire_x25519_public(const uint8_t secret[BUS_WIRE_X25519_BYTES],
                           uint8_t ret[BUS_WIRE_X25519_BYTES],
                           struct bus_err *err) BUS_MUSTCHECK;

/* ephemeral: a secret that is used for one encapsulation and no other.
 * BUS_ECRYPT: the public half is of small order, anybody could read. */
int bus_wire_hpke_encap(const uint8_t ephemeral[BUS_WIRE_X25519_BYTES],
                        const uint8_t recipient[BUS_WIRE_X25519_BYTES],
                        uint8_t ret_enc[BUS_WIRE_X25519_BYTES],
                        uint8_t ret_shared[32],
                        struct bus_err *err) BUS_MUSTCHECK;
int bus_wire_hpke_decap(const uint8_t secret[BUS_WIRE_X25519_BYTES],
                        const uint8_t recipient[BUS_WIRE_X25519_BYTES],
                        const uint8_t enc[BUS_WIRE_X25519_BYTES],
                        uint8_t ret_shared[32],
                        struct bus_err *err) BUS_MUSTCHECK;

enum bus_wire_hpke_aead {
    BUS_WIRE_HPKE_AES_128_GCM = 1, /* of the RFC's vectors */
    BUS_WIRE_HPKE_AES_256_GCM = 2, /* of sealed fields */
};
struct bus_wire_hpke_keys
{
    uint8_t key[32]; /* AES-128: the first 16 */
    uint8_t nonce[BUS_WIRE_HPKE_NONCE];
};
void bus_wire_hpke_schedule(const uint8_t shared[32],
                            struct bus_strv info,
                            enum bus_wire_hpke_aead aead,
                            struct bus_wire_hpke_keys *ret);
/* The nonce of message n. */
void bus_wire_hpke_nonce(const struct bus_wire_hpke_keys *keys,
                         uint32_t n,
                         uint8_t ret[BUS_WIRE_HPKE_NONCE]);

#endif
