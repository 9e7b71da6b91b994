/* A key of a ring, between keyring.c (which reads it) and seal.c. */
#ifndef WIRE_SEAL_PARTS_H
#define WIRE_SEAL_PARTS_H

#include <openssl/evp.h>

#include "bus/wire/hpke.h"
#include "bus/wire/keyring.h"

/* What the fields of one encapsulation have in common. */
struct wire_context
{
    bool live;
    uint32_t key_id;
    uint32_t next; /* message number, of who seals */
    uint8_t enc[BUS_WIRE_X25519_BYTES];
    EVP_CIPHER_CTX *cipher; /* keyed; made with the first, used again */
    struct bus_wire_hpke_keys keys;
};

struct wire_key
{
    uint32_t id;
    enum bus_wire_key_kind kind;
    char owner[BUS_WIRE_OWNER_MAX + 1];
    uint8_t sums[BUS_WIRE_SHA256_BYTES]; /* the key of its sums */
    uint8_t secret[BUS_WIRE_KEY_BYTES];  /* none of a public key */
    uint8_t point[BUS_WIRE_X25519_BYTES];
    EVP_CIPHER_CTX *seal, *open; /* of a shared key: a nonce each call */
    struct wire_context to;
};

#define WIRE_OPENED 64 /* encapsulations whose secret is remembered */
struct bus_wire_keyring
{
    size_t count;
    struct wire_key keys[BUS_WIRE_KEYS_MAX];
    struct wire_context from[WIRE_OPENED];
    EVP_CIPHER_CTX
    *under; /* of keys that are in no ring; made with the first */
};

const struct wire_key *wire_key_of_id(const struct bus_wire_keyring *k,
                                      uint32_t id);
bool wire_key_seals(const struct wire_key *k);
bool wire_key_opens(const struct wire_key *k);
bool wire_key_sums(const struct wire_key *k);
/* The cipher stays for the next one. */
void wire_context_end(struct wire_context *c);

#endif
