/* Hashes and derived ids. Contexts are per thread, made once. */
#include "bus/wire/crypt.h"

#include "bus/base/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* A digest that fails is a broken installation, not an input: stop. */
static void crypt_must(int ok)
{
    if (ok != 1) {
        abort();
    }
}

/* Of one thread; the algorithm is fetched once: EVP_sha256() looks it up at
 * each init. */
struct digests
{
    EVP_MD_CTX *ctx;
    EVP_MD *sha256;
};
static _Thread_local struct digests own;
static pthread_key_t ending;
static pthread_once_t ending_made = PTHREAD_ONCE_INIT;

static void thread_ends(void *data)
{
    struct digests *d = data;
    EVP_MD_CTX_free(d->ctx);
    EVP_MD_free(d->sha256);
    *d = (struct digests){NULL, NULL};
}

static void make_ending(void)
{
    crypt_must(pthread_key_create(&ending, thread_ends) == 0);
}

/* The context, begun. */
static EVP_MD_CTX *begin_sha256(void)
{
    if (own.ctx == NULL) {
        crypt_must(pthread_once(&ending_made, make_ending) == 0);
        own.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        own.ctx = EVP_MD_CTX_new();
        crypt_must(own.ctx != NULL && own.sha256 != NULL &&
                   pthread_setspecific(ending, &own) == 0);
    }
    crypt_must(EVP_DigestInit_ex2(own.ctx, own.sha256, NULL));
    return own.ctx;
}

void bus_wire_sha256(const void *p,
                     size_t n,
                     uint8_t ret[BUS_WIRE_SHA256_BYTES])
{
    EVP_MD_CTX *c = begin_sha256();
    crypt_must(EVP_DigestUpdate(c, p, n));
    crypt_must(EVP_DigestFinal_ex(c, ret, NULL));
}

void bus_wire_sha256_parts(const struct bus_strv *parts,
                           size_t n,
                           uint8_t ret[BUS_WIRE_SHA256_BYTES])
{
    EVP_MD_CTX *c = begin_sha256();
    for (size_t i = 0; i < n; i++) {
        crypt_must(EVP_DigestUpdate(c, parts[i].p, parts[i].n));
    }
    crypt_must(EVP_DigestFinal_ex(c, ret, NULL));
}

void bus_wire_md5(const void *p, size_t n, uint8_t ret[16])
{
    unsigned len = 16;
    crypt_must(EVP_Digest(p, n, ret, &len, EVP_md5(), NULL));
}

void bus_wire_hmac_sha256(struct bus_strv key,
                          const struct bus_strv *parts,
                          size_t n,
                          uint8_t ret[BUS_WIRE_SHA256_BYTES])
{
    /* RFC 2104 by hand over the reused digest: the parts need no copy. */
    uint8_t block[64] = {0}, pad[64];
    if (key.n > sizeof(block)) {
        bus_wire_sha256(key.p, key.n, block);
    } else {
        memcpy(block, key.p, key.n);
    }
    for (size_t i = 0; i < sizeof(pad); i++) {
        pad[i] = block[i] ^ 0x36;
    }
    EVP_MD_CTX *c = begin_sha256();
    crypt_must(EVP_DigestUpdate(c, pad, sizeof(pad)));
    for (size_t i = 0; i < n; i++) {
        crypt_must(EVP_DigestUpdate(c, parts[i].p, parts[i].n));
    }
    crypt_must(EVP_DigestFinal_ex(c, ret, NULL));
    for (size_t i = 0; i < sizeof(pad); i++) {
        pad[i] = block[i] ^ 0x5c;
    }
    c = begin_sha256();
    crypt_must(EVP_DigestUpdate(c, pad, sizeof(pad)));
    crypt_must(EVP_DigestUpdate(c, ret, BUS_WIRE_SHA256_BYTES));
    crypt_must(EVP_DigestFinal_ex(c, ret, NULL));
}

void bus_wire_hmac_sha1(struct bus_strv key,
                        struct bus_strv text,
                        uint8_t ret[BUS_WIRE_SHA1_BYTES])
{
    crypt_must(HMAC(EVP_sha1(), key.p, (int)key.n, (const uint8_t *)text.p,
                    text.n, ret, NULL) != NULL);
}

int bus_wire_random(void *to, size_t n, struct bus_err *err)
{
    /* Taken in pieces of a page: a nonce needs 12 bytes, a call costs 0.3 us.
     * What is handed out is wiped. */
    static _Thread_local uint8_t pool[4096];
    static _Thread_local size_t left;
    BUS_CHECK(n <= sizeof(pool));
    if (left < n) {
        if (getrandom(pool, sizeof(pool), 0) != (ssize_t)sizeof(pool)) {
            return bus_fail(err, BUS_EIO, "no random bytes to be had");
        }
        left = sizeof(pool);
    }
    uint8_t *from = pool + left - n;
    memcpy(to, from, n);
    explicit_bzero(from, n);
    left -= n;
    return BUS_OK;
}
