/* RFC 9180, sections 4 and 5, of what OpenSSL 3.0 has. No output is longer
 * than a digest, so that an expansion is one HMAC. */
#include "bus/wire/hpke.h"

#include <string.h>

#include <openssl/evp.h>

#include "bus/base/check.h"
#include "bus/wire/crypt.h"

#define MODE_BASE 0
#define VIEW(a)                        \
    (struct bus_strv)                  \
    {                                  \
        (const char *)(a), sizeof((a)) \
    }

static const uint8_t kem_suite[] = {'K', 'E', 'M', 0x00, 0x20};

/* --- X25519 --- */

int bus_wire_x25519_public(const uint8_t secret[BUS_WIRE_X25519_BYTES],
                           uint8_t ret[BUS_WIRE_X25519_BYTES],
                           struct bus_err *err)
{
    size_t n = BUS_WIRE_X25519_BYTES;
    EVP_PKEY *k =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, n);
    bool ok = k != NULL && EVP_PKEY_get_raw_public_key(k, ret, &n) == 1;
    EVP_PKEY_free(k);
    return ok ? BUS_OK : bus_fail(err, BUS_ECRYPT, "no X25519 key of it");
}

int bus_wire_x25519_keygen(uint8_t ret_secret[BUS_WIRE_X25519_BYTES],
                           uint8_t ret_public[BUS_WIRE_X25519_BYTES],
                           struct bus_err *err)
{
    BUS_TRY(bus_wire_random(ret_secret, BUS_WIRE_X25519_BYTES, err));
    return bus_wire_x25519_public(ret_secret, ret_public, err);
}

/* OpenSSL refuses an all-zero result itself (RFC 7748, section 6.1). */
static int x25519(const uint8_t secret[BUS_WIRE_X25519_BYTES],
                  const uint8_t other[BUS_WIRE_X25519_BYTES],
                  uint8_t ret[32],
                  struct bus_err *err)
{
    size_t n = 32;
    EVP_PKEY *mine = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret,
                                                  BUS_WIRE_X25519_BYTES);
    EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, other,
                                                   BUS_WIRE_X25519_BYTES);
    EVP_PKEY_CTX *c = mine == NULL ? NULL : EVP_PKEY_CTX_new(mine, NULL);
    bool ok = c != NULL && theirs != NULL && EVP_PKEY_derive_init(c) == 1 &&
              EVP_PKEY_derive_set_peer(c, theirs) == 1 &&
              EVP_PKEY_derive(c, ret, &n) == 1 && n == 32;
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(theirs);
    EVP_PKEY_free(mine);
    return ok ? BUS_OK
              : bus_fail(err, BUS_ECRYPT, "X25519: no common secret with it");
}

/* --- LabeledExtract, LabeledExpand --- */

static void labeled_extract(struct bus_strv suite,
                            struct bus_strv salt,
                            struct bus_strv label,
                            struct bus_strv ikm,
                            uint8_t ret[32])
{
    struct bus_strv parts[] = {BUS_STRV("HPKE-v1"), suite, label, ikm};
    bus_wire_hmac_sha256(salt, parts, 4, ret);
}

static void labeled_expand(struct bus_strv suite,
                           const uint8_t prk[32],
                           struct bus_strv label,
                           struct bus_strv info,
                           uint8_t *ret,
                           size_t n)
{
    uint8_t size[2] = {0, (uint8_t)n}, one[1] = {1}, block[32];
    struct bus_strv parts[] = {
        VIEW(size), BUS_STRV("HPKE-v1"), suite, label, info, VIEW(one)};
    BUS_CHECK(n <= sizeof(block));
    bus_wire_hmac_sha256((struct bus_strv){(const char *)prk, 32}, parts, 6,
                         block);
    memcpy(ret, block, n);
    explicit_bzero(block, sizeof(block));
}

static void extract_and_expand(const uint8_t dh[32],
                               const uint8_t enc[BUS_WIRE_X25519_BYTES],
                               const uint8_t recipient[BUS_WIRE_X25519_BYTES],
                               uint8_t ret[32])
{
    uint8_t prk[32], context[2 * BUS_WIRE_X25519_BYTES];
    memcpy(context, enc, BUS_WIRE_X25519_BYTES);
    memcpy(context + BUS_WIRE_X25519_BYTES, recipient, BUS_WIRE_X25519_BYTES);
    labeled_extract(VIEW(kem_suite), BUS_STRV(""), BUS_STRV("eae_prk"),
                    (struct bus_strv){(const char *)dh, 32}, prk);
    labeled_expand(VIEW(kem_suite), prk, BUS_STRV("shared_secret"),
                   VIEW(context), ret, 32);
    explicit_bzero(prk, sizeof(prk));
}

/* --- DHKEM --- */

int bus_wire_hpke_encap(const uint8_t ephemeral[BUS_WIRE_X25519_BYTES],
                        const uint8_t recipient[BUS_WIRE_X25519_BYTES],
                        uint8_t ret_enc[BUS_WIRE_X25519_BYTES],
                        uint8_t ret_shared[32],
                        struct bus_err *err)
{
    uint8_t dh[32];
    BUS_TRY(bus_wire_x25519_public(ephemeral, ret_enc, err));
    BUS_TRY(x25519(ephemeral, recipient, dh, err));
    extract_and_expand(dh, ret_enc, recipient, ret_shared);
    explicit_bzero(dh, sizeof(dh));
    return BUS_OK;
}

int bus_wire_hpke_decap(const uint8_t secret[BUS_WIRE_X25519_BYTES],
                        const uint8_t recipient[BUS_WIRE_X25519_BYTES],
                        const uint8_t enc[BUS_WIRE_X25519_BYTES],
                        uint8_t ret_shared[32],
                        struct bus_err *err)
{
    uint8_t dh[32];
    BUS_TRY(x25519(secret, enc, dh, err));
    extract_and_expand(dh, enc, recipient, ret_shared);
    explicit_bzero(dh, sizeof(dh));
    return BUS_OK;
}

/* --- the key schedule, base mode: no pre-shared key --- */

void bus_wire_hpke_schedule(const uint8_t shared[32],
                            struct bus_strv info,
                            enum bus_wire_hpke_aead aead,
                            struct bus_wire_hpke_keys *ret)
{
    const uint8_t suite[] = {'H',  'P',  'K',  'E',  0x00,
                             0x20, 0x00, 0x01, 0x00, (uint8_t)aead};
    uint8_t context[1 + 32 + 32] = {MODE_BASE}, secret[32];
    BUS_CHECK(aead == BUS_WIRE_HPKE_AES_128_GCM ||
              aead == BUS_WIRE_HPKE_AES_256_GCM);
    labeled_extract(VIEW(suite), BUS_STRV(""), BUS_STRV("psk_id_hash"),
                    BUS_STRV(""), context + 1);
    labeled_extract(VIEW(suite), BUS_STRV(""), BUS_STRV("info_hash"), info,
                    context + 33);
    labeled_extract(VIEW(suite), (struct bus_strv){(const char *)shared, 32},
                    BUS_STRV("secret"), BUS_STRV(""), secret);
    memset(ret, 0, sizeof(*ret));
    labeled_expand(VIEW(suite), secret, BUS_STRV("key"), VIEW(context),
                   ret->key, aead == BUS_WIRE_HPKE_AES_128_GCM ? 16 : 32);
    labeled_expand(VIEW(suite), secret, BUS_STRV("base_nonce"), VIEW(context),
                   ret->nonce, sizeof(ret->nonce));
    explicit_bzero(secret, sizeof(secret));
}

void bus_wire_hpke_nonce(const struct bus_wire_hpke_keys *keys,
                         uint32_t n,
                         uint8_t ret[BUS_WIRE_HPKE_NONCE])
{
    memcpy(ret, keys->nonce, BUS_WIRE_HPKE_NONCE);
    for (int i = 0; i < 4; i++) {
        ret[BUS_WIRE_HPKE_NONCE - 1 - i] ^= (uint8_t)(n >> (8 * i));
    }
}
