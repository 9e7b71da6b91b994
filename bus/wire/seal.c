/* Sealed fields.
 *
 * - seal: the owner's newest key; a shared one with a fresh nonce, a public one
 *   with the context's next message number; the binding as additional data
 * - open: the key the value names; a failed tag is BUS_ECRYPT and nothing else
 *
 * An encapsulation costs some 100 us on either side, a field of it 1 us: one
 * serves the fields of a batch (ops/decisions/0031). */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/seal_parts.h"

#define VERSION_SHARED 1
#define VERSION_HPKE   2
#define VERSION_UNDER  3
#define NONCE_BYTES    12
#define TAG_BYTES      16
#define HEAD_SHARED    (1 + 4 + NONCE_BYTES)
#define HEAD_HPKE      (1 + 4 + BUS_WIRE_X25519_BYTES + 4)
#define HEAD_UNDER     (1 + NONCE_BYTES)
#define AAD_MAX        160

static const struct bus_strv hpke_info = BUS_STRV("lianou sealed 2");

static const struct wire_key *newest(const struct bus_wire_keyring *k,
                                     struct bus_strv owner)
{
    for (size_t i = k->count; i > 0; i--) {
        const struct wire_key *key = &k->keys[i - 1];
        if (bus_strv_is(owner, key->owner) && wire_key_seals(key)) {
            return key;
        }
    }
    return NULL;
}

static size_t aad_of(const struct bus_wire_binding *b, uint8_t to[AAD_MAX])
{
    int n = snprintf((char *)to, AAD_MAX - sizeof(*b->event_id), "%s%c%s%c",
                     b->record, 0, b->field, 0);
    memcpy(to + n, b->event_id->b, sizeof(b->event_id->b));
    return (size_t)n + sizeof(b->event_id->b);
}

static void put_u32(uint8_t to[4], uint32_t v)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(v >> (24 - 8 * i));
    }
}

static uint32_t get_u32(const uint8_t from[4])
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 |
           (uint32_t)from[2] << 8 | from[3];
}

/* --- AES-256-GCM under a key that the context has already --- */

static bool gcm_seal(EVP_CIPHER_CTX *c,
                     const uint8_t nonce[NONCE_BYTES],
                     const struct bus_wire_binding *binding,
                     struct bus_strv plain,
                     uint8_t *to)
{
    uint8_t aad[AAD_MAX];
    int n = 0, tail = 0, aad_n = (int)aad_of(binding, aad);
    return EVP_EncryptInit_ex(c, NULL, NULL, NULL, nonce) == 1 &&
           EVP_EncryptUpdate(c, NULL, &n, aad, aad_n) == 1 &&
           EVP_EncryptUpdate(c, to, &n, (const uint8_t *)plain.p,
                             (int)plain.n) == 1 &&
           EVP_EncryptFinal_ex(c, to + n, &tail) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
                               to + plain.n) == 1;
}

/* from: n bytes and the tag. */
static bool gcm_open(EVP_CIPHER_CTX *c,
                     const uint8_t nonce[NONCE_BYTES],
                     const struct bus_wire_binding *binding,
                     const uint8_t *from,
                     size_t size,
                     uint8_t *to)
{
    uint8_t aad[AAD_MAX], tag[TAG_BYTES];
    int n = 0, tail = 0, aad_n = (int)aad_of(binding, aad);
    memcpy(tag, from + size, TAG_BYTES);
    return EVP_DecryptInit_ex(c, NULL, NULL, NULL, nonce) == 1 &&
           EVP_DecryptUpdate(c, NULL, &n, aad, aad_n) == 1 &&
           EVP_DecryptUpdate(c, to, &n, from, (int)size) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
           EVP_DecryptFinal_ex(c, to + n, &tail) == 1;
}

/* --- contexts --- */

static bool context_cipher(struct wire_context *c, bool seals)
{
    if (c->cipher == NULL) {
        c->cipher = EVP_CIPHER_CTX_new();
    }
    return c->cipher != NULL &&
           EVP_CipherInit_ex(c->cipher, EVP_aes_256_gcm(), NULL, c->keys.key,
                             NULL, seals) == 1;
}

static int context_new(const struct wire_key *key,
                       struct wire_context *c,
                       struct bus_err *err)
{
    uint8_t ephemeral[BUS_WIRE_X25519_BYTES], shared[32];
    wire_context_end(c);
    BUS_TRY(bus_wire_random(ephemeral, sizeof(ephemeral), err));
    int rc = bus_wire_hpke_encap(ephemeral, key->point, c->enc, shared, err);
    explicit_bzero(ephemeral, sizeof(ephemeral));
    BUS_TRY(rc);
    bus_wire_hpke_schedule(shared, hpke_info, BUS_WIRE_HPKE_AES_256_GCM,
                           &c->keys);
    explicit_bzero(shared, sizeof(shared));
    c->live = context_cipher(c, true);
    return c->live ? BUS_OK : bus_fail(err, BUS_ECRYPT, "sealing failed");
}

/* A value without a valid tag may take a place, and no more than that. */
static int context_find(struct bus_wire_keyring *k,
                        const struct wire_key *key,
                        const uint8_t enc[BUS_WIRE_X25519_BYTES],
                        struct wire_context **ret,
                        struct bus_err *err)
{
    struct wire_context *c = &k->from[enc[0] % WIRE_OPENED];
    uint8_t shared[32];
    *ret = c;
    if (c->live && c->key_id == key->id &&
        memcmp(c->enc, enc, sizeof(c->enc)) == 0) {
        return BUS_OK;
    }
    wire_context_end(c);
    BUS_TRY(bus_wire_hpke_decap(key->secret, key->point, enc, shared, err));
    bus_wire_hpke_schedule(shared, hpke_info, BUS_WIRE_HPKE_AES_256_GCM,
                           &c->keys);
    explicit_bzero(shared, sizeof(shared));
    c->key_id = key->id;
    memcpy(c->enc, enc, sizeof(c->enc));
    c->live = context_cipher(c, false);
    return c->live ? BUS_OK : bus_fail(err, BUS_ECRYPT, "opening failed");
}

/* --- seal --- */

static int hpke_seal(struct wire_key *key,
                     const struct bus_wire_binding *binding,
                     struct bus_strv plain,
                     uint8_t *to,
                     struct bus_err *err)
{
    struct wire_context *c = &key->to;
    uint8_t nonce[BUS_WIRE_HPKE_NONCE];
    if (!c->live || c->next == BUS_WIRE_MESSAGES_MAX) {
        BUS_TRY(context_new(key, c, err));
    }
    uint32_t number = c->next++; /* never twice, whatever comes */
    BUS_CHECK(number < BUS_WIRE_MESSAGES_MAX);
    memcpy(to + 5, c->enc, sizeof(c->enc));
    put_u32(to + 5 + sizeof(c->enc), number);
    bus_wire_hpke_nonce(&c->keys, number, nonce);
    return gcm_seal(c->cipher, nonce, binding, plain, to + HEAD_HPKE)
               ? BUS_OK
               : bus_fail(err, BUS_ECRYPT, "sealing failed");
}

static int shared_seal(const struct wire_key *key,
                       const struct bus_wire_binding *binding,
                       struct bus_strv plain,
                       uint8_t *to,
                       struct bus_err *err)
{
    BUS_TRY(bus_wire_random(to + 5, NONCE_BYTES, err));
    return gcm_seal(key->seal, to + 5, binding, plain, to + HEAD_SHARED)
               ? BUS_OK
               : bus_fail(err, BUS_ECRYPT, "sealing failed");
}

int bus_wire_seal(struct bus_wire_keyring *k,
                  struct bus_strv owner,
                  const struct bus_wire_binding *binding,
                  struct bus_strv plain,
                  struct bus_arena *mem,
                  struct bus_strv *ret,
                  struct bus_err *err)
{
    const struct wire_key *key = newest(k, owner);
    if (key == NULL) {
        return bus_fail(err, BUS_ECONFIG, "the keyring has no key of '%.*s'",
                        BUS_STRV_ARG(owner));
    }
    bool shared = key->kind == BUS_WIRE_KEY_SHARED;
    size_t n = (shared ? HEAD_SHARED : HEAD_HPKE) + plain.n + TAG_BYTES;
    uint8_t *to = bus_arena_alloc(mem, n);
    if (to == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a field of %zu bytes to be sealed",
                        plain.n);
    }
    to[0] = shared ? VERSION_SHARED : VERSION_HPKE;
    put_u32(to + 1, key->id);
    *ret = (struct bus_strv){(char *)to, n};
    return shared ? shared_seal(key, binding, plain, to, err)
                  : hpke_seal(&k->keys[key - k->keys], binding, plain, to, err);
}

/* --- open --- */

static int sealed_parse(const struct bus_wire_keyring *k,
                        const struct bus_wire_binding *binding,
                        struct bus_strv sealed,
                        const struct wire_key **ret,
                        struct bus_err *err)
{
    const uint8_t *from = (const uint8_t *)sealed.p;
    bool known =
        sealed.n >= HEAD_SHARED + TAG_BYTES &&
        (from[0] == VERSION_SHARED ||
         (from[0] == VERSION_HPKE && sealed.n >= HEAD_HPKE + TAG_BYTES));
    if (!known) {
        return bus_fail(
            err, BUS_ECRYPT, "%s.%s is no sealed value of version %d or %d",
            binding->record, binding->field, VERSION_SHARED, VERSION_HPKE);
    }
    uint32_t id = get_u32(from + 1);
    const struct wire_key *key = wire_key_of_id(k, id);
    if (key == NULL || !wire_key_opens(key) ||
        (key->kind == BUS_WIRE_KEY_SHARED) != (from[0] == VERSION_SHARED)) {
        return bus_fail(err, BUS_ECRYPT,
                        key == NULL
                            ? "%s.%s: the keyring has no key %u"
                            : "%s.%s: the keyring's key %u does not open it",
                        binding->record, binding->field, id);
    }
    *ret = key;
    return BUS_OK;
}

int bus_wire_open(struct bus_wire_keyring *k,
                  const struct bus_wire_binding *binding,
                  struct bus_strv sealed,
                  struct bus_arena *mem,
                  struct bus_strv *ret,
                  struct bus_err *err)
{
    const struct wire_key *key = NULL;
    BUS_TRY(sealed_parse(k, binding, sealed, &key, err));
    const uint8_t *from = (const uint8_t *)sealed.p;
    size_t head = from[0] == VERSION_SHARED ? HEAD_SHARED : HEAD_HPKE;
    size_t size = sealed.n - head - TAG_BYTES;
    uint8_t *to = bus_arena_alloc(mem, size + 1), nonce[NONCE_BYTES];
    EVP_CIPHER_CTX *cipher = key->open;
    bool ok = true;
    if (to == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a sealed value of %zu bytes", size);
    }
    if (from[0] == VERSION_SHARED) {
        memcpy(nonce, from + 5, sizeof(nonce));
    } else {
        struct wire_context *c = NULL;
        struct bus_err why;
        ok = context_find(k, key, from + 5, &c, &why) == BUS_OK;
        cipher = c->cipher;
        bus_wire_hpke_nonce(&c->keys, get_u32(from + head - 4), nonce);
    }
    *ret = (struct bus_strv){(const char *)to, size};
    return ok && gcm_open(cipher, nonce, binding, from + head, size, to)
               ? BUS_OK
               : bus_fail(err, BUS_ECRYPT,
                          "%s.%s: not sealed for this event with key %u, or "
                          "changed on the way",
                          binding->record, binding->field, key->id);
}

/* --- under a key that is in no ring --- */

bool bus_wire_sealed_under(struct bus_strv sealed)
{
    return sealed.n >= HEAD_UNDER + TAG_BYTES && sealed.p[0] == VERSION_UNDER;
}

static bool under_cipher(struct bus_wire_keyring *k,
                         const uint8_t key[BUS_WIRE_KEY_BYTES],
                         bool seals)
{
    if (k->under == NULL) {
        k->under = EVP_CIPHER_CTX_new();
    }
    return k->under != NULL && EVP_CipherInit_ex(k->under, EVP_aes_256_gcm(),
                                                 NULL, key, NULL, seals) == 1;
}

int bus_wire_seal_under(struct bus_wire_keyring *k,
                        const uint8_t key[BUS_WIRE_KEY_BYTES],
                        const struct bus_wire_binding *binding,
                        struct bus_strv plain,
                        struct bus_arena *mem,
                        struct bus_strv *ret,
                        struct bus_err *err)
{
    size_t n = HEAD_UNDER + plain.n + TAG_BYTES;
    uint8_t *to = bus_arena_alloc(mem, n);
    if (to == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a field of %zu bytes to be sealed",
                        plain.n);
    }
    to[0] = VERSION_UNDER;
    BUS_TRY(bus_wire_random(to + 1, NONCE_BYTES, err));
    *ret = (struct bus_strv){(char *)to, n};
    return under_cipher(k, key, true) &&
                   gcm_seal(k->under, to + 1, binding, plain, to + HEAD_UNDER)
               ? BUS_OK
               : bus_fail(err, BUS_ECRYPT, "sealing failed");
}

int bus_wire_open_under(struct bus_wire_keyring *k,
                        const uint8_t key[BUS_WIRE_KEY_BYTES],
                        const struct bus_wire_binding *binding,
                        struct bus_strv sealed,
                        struct bus_arena *mem,
                        struct bus_strv *ret,
                        struct bus_err *err)
{
    if (!bus_wire_sealed_under(sealed)) {
        return bus_fail(err, BUS_ECRYPT,
                        "%s.%s is no sealed value of version %d",
                        binding->record, binding->field, VERSION_UNDER);
    }
    const uint8_t *from = (const uint8_t *)sealed.p;
    size_t size = sealed.n - HEAD_UNDER - TAG_BYTES;
    uint8_t *to = bus_arena_alloc(mem, size + 1);
    if (to == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a sealed value of %zu bytes", size);
    }
    *ret = (struct bus_strv){(const char *)to, size};
    return under_cipher(k, key, false) && gcm_open(k->under, from + 1, binding,
                                                   from + HEAD_UNDER, size, to)
               ? BUS_OK
               : bus_fail(err, BUS_ECRYPT,
                          "%s.%s: not sealed for this event under this key, "
                          "or changed on the way",
                          binding->record, binding->field);
}
