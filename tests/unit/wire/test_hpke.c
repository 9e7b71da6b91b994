/* HPKE by the vectors of RFC 9180, A.1.1 (base mode): the encapsulation, the
 * common secret, the key, the first nonce and the first message. The suite of
 * sealed fields differs in the number of its AEAD (2 for 1) and its key's size;
 * tests/golden/sealed.py opens it with another implementation. */
#include <string.h>

#include <openssl/evp.h>

#include "bus/base/hex.h"
#include "bus/wire/hpke.h"
#include "tests/lib/check.h"

static struct bus_err err;

static void hex(const char *text, void *to, size_t n)
{
    assert_true(bus_hex_read(bus_strv(text), to, n));
}

static const char ephemeral_hex[] =
    "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736";
static const char recipient_hex[] =
    "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8";

static void the_rfcs_encapsulation(void **state)
{
    (void)state;
    uint8_t ephemeral[32], secret[32], public[32], enc[32], want[32];
    uint8_t shared[32], back[32];
    hex(ephemeral_hex, ephemeral, 32);
    hex(recipient_hex, secret, 32);
    assert_int_equal(bus_wire_x25519_public(secret, public, &err), BUS_OK);
    hex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
        want, 32);
    assert_memory_equal(public, want, 32);
    assert_int_equal(bus_wire_hpke_encap(ephemeral, public, enc, shared, &err),
                     BUS_OK);
    hex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
        want, 32);
    assert_memory_equal(enc, want, 32);
    hex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
        want, 32);
    assert_memory_equal(shared, want, 32);
    assert_int_equal(bus_wire_hpke_decap(secret, public, enc, back, &err),
                     BUS_OK);
    assert_memory_equal(back, shared, 32);
}

static void the_rfcs_schedule_and_first_message(void **state)
{
    (void)state;
    static const char plain[] = "Beauty is truth, truth beauty",
                      aad[] = "Count-0";
    uint8_t shared[32], key[16], nonce[12], want[45], got[45];
    struct bus_wire_hpke_keys keys;
    hex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
        shared, 32);
    bus_wire_hpke_schedule(shared, BUS_STRV("Ode on a Grecian Urn"),
                           BUS_WIRE_HPKE_AES_128_GCM, &keys);
    hex("4531685d41d65f03dc48f6b8302c05b0", key, 16);
    hex("56d890e5accaaf011cff4b7d", nonce, 12);
    assert_memory_equal(keys.key, key, 16);
    assert_memory_equal(keys.nonce, nonce, 12);
    bus_wire_hpke_nonce(&keys, 0, nonce);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0;
    assert_int_equal(
        EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, keys.key, nonce), 1);
    assert_int_equal(EVP_EncryptUpdate(c, NULL, &n, (const uint8_t *)aad, 7),
                     1);
    assert_int_equal(EVP_EncryptUpdate(c, got, &n, (const uint8_t *)plain, 29),
                     1);
    assert_int_equal(EVP_EncryptFinal_ex(c, got + n, &n), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, got + 29),
                     1);
    EVP_CIPHER_CTX_free(c);
    hex("f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
        "6d8770ac83d07bea87e13c512a",
        want, 45);
    assert_memory_equal(got, want, 45);
    /* A.1.1.1 names the nonces of messages 1 and 256, too. */
    bus_wire_hpke_nonce(&keys, 1, nonce);
    hex("56d890e5accaaf011cff4b7c", key, 12);
    assert_memory_equal(nonce, key, 12);
    bus_wire_hpke_nonce(&keys, 256, nonce);
    hex("56d890e5accaaf011cff4a7d", key, 12);
    assert_memory_equal(nonce, key, 12);
}

/* Points of small order give everybody the same secret. */
static void a_key_that_hides_nothing_is_refused(void **state)
{
    (void)state;
    uint8_t ephemeral[32], none[32] = {0}, enc[32], shared[32];
    hex(ephemeral_hex, ephemeral, 32);
    assert_int_equal(bus_wire_hpke_encap(ephemeral, none, enc, shared, &err),
                     BUS_ECRYPT);
    none[0] = 1;
    assert_int_equal(bus_wire_hpke_encap(ephemeral, none, enc, shared, &err),
                     BUS_ECRYPT);
    assert_int_equal(bus_wire_hpke_decap(ephemeral, none, none, shared, &err),
                     BUS_ECRYPT);
}

static void two_pairs_differ(void **state)
{
    (void)state;
    uint8_t a[32], b[32], pa[32], pb[32];
    assert_int_equal(bus_wire_x25519_keygen(a, pa, &err), BUS_OK);
    assert_int_equal(bus_wire_x25519_keygen(b, pb, &err), BUS_OK);
    assert_memory_not_equal(a, b, 32);
    assert_memory_not_equal(pa, pb, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_encapsulation),
        cmocka_unit_test(the_rfcs_schedule_and_first_message),
        cmocka_unit_test(a_key_that_hides_nothing_is_refused),
        cmocka_unit_test(two_pairs_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
