#include "bus/wire/sign.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define SM2_ID "1234567812345678"

int bus_wire_sm3(struct bus_strv text,
                 uint8_t ret[BUS_WIRE_SM3_BYTES],
                 struct bus_err *err)
{
    unsigned n = 0;
    return EVP_Digest(text.p, text.n, ret, &n, EVP_sm3(), NULL) == 1 &&
                   n == BUS_WIRE_SM3_BYTES
               ? BUS_OK
               : bus_fail(err, BUS_EBUG, "this OpenSSL has no SM3");
}

static EVP_PKEY *read_key(const char *path, bool secret, struct bus_err *err)
{
    struct stat st;
    FILE *f = fopen(path, "re");
    if (f == NULL || fstat(fileno(f), &st) != 0) {
        (void)bus_fail(err, BUS_ECONFIG, "%s: %s", path, strerror(errno));
        if (f != NULL) {
            (void)fclose(f);
        }
        return NULL;
    }
    if (secret && (st.st_mode & 077) != 0) {
        (void)bus_fail(err, BUS_ECONFIG,
                       "%s: others may read it (mode %03o); chmod 600 it", path,
                       (unsigned)st.st_mode & 0777);
        (void)fclose(f);
        return NULL;
    }
    EVP_PKEY *k = secret ? PEM_read_PrivateKey(f, NULL, NULL, NULL)
                         : PEM_read_PUBKEY(f, NULL, NULL, NULL);
    (void)fclose(f);
    if (k == NULL || EVP_PKEY_is_a(k, "SM2") != 1) {
        (void)bus_fail(err, BUS_ECONFIG,
                       "%s: no SM2 %s key in PEM; make one with `openssl "
                       "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 "
                       "-out key.pem`, its public half with `openssl pkey -in "
                       "key.pem -pubout -out key.pub`",
                       path, secret ? "private" : "public");
        EVP_PKEY_free(k);
        k = NULL;
    }
    ERR_clear_error();
    return k;
}

static bool sign_name_of(const EVP_PKEY *k, char ret[BUS_WIRE_SM2_NAME + 1])
{
    unsigned char *der = NULL;
    uint8_t digest[BUS_WIRE_SM3_BYTES];
    int n = i2d_PUBKEY(k, &der);
    bool ok = n > 0 && bus_wire_sm3((struct bus_strv){(char *)der, (size_t)n},
                                    digest, NULL) == BUS_OK;
    OPENSSL_free(der);
    for (int i = 0; ok && i < BUS_WIRE_SM2_NAME / 2; i++) {
        (void)snprintf(ret + 2 * i, 3, "%02x", digest[i]);
    }
    return ok;
}

/* A digest context whose SM2 part knows the identifier; the latter to be freed
 * after the former. */
static EVP_MD_CTX *open_ctx(EVP_PKEY *k, EVP_PKEY_CTX **ret)
{
    EVP_MD_CTX *m = EVP_MD_CTX_new();
    EVP_PKEY_CTX *p = EVP_PKEY_CTX_new(k, NULL);
    *ret = p;
    if (m == NULL || p == NULL ||
        EVP_PKEY_CTX_set1_id(p, SM2_ID, (int)strlen(SM2_ID)) != 1) {
        EVP_MD_CTX_free(m);
        return NULL;
    }
    EVP_MD_CTX_set_pkey_ctx(m, p);
    return m;
}

int bus_wire_sm2_sign(const char *key_file,
                      struct bus_strv text,
                      struct bus_wire_signature *ret,
                      struct bus_err *err)
{
    EVP_PKEY *k = read_key(key_file, true, err);
    if (k == NULL) {
        return BUS_ECONFIG;
    }
    EVP_PKEY_CTX *p = NULL;
    EVP_MD_CTX *m = open_ctx(k, &p);
    ret->n = sizeof(ret->der);
    bool ok = m != NULL &&
              EVP_DigestSignInit(m, NULL, EVP_sm3(), NULL, k) == 1 &&
              EVP_DigestSign(m, ret->der, &ret->n,
                             (const unsigned char *)text.p, text.n) == 1 &&
              sign_name_of(k, ret->signer);
    EVP_MD_CTX_free(m);
    EVP_PKEY_CTX_free(p);
    EVP_PKEY_free(k);
    ERR_clear_error();
    return ok ? BUS_OK
              : bus_fail(err, BUS_EBUG, "%s: SM2 cannot sign", key_file);
}

int bus_wire_sm2_verify(const char *public_file,
                        struct bus_strv text,
                        const struct bus_wire_signature *signature,
                        struct bus_err *err)
{
    EVP_PKEY *k = read_key(public_file, false, err);
    if (k == NULL) {
        return BUS_ECONFIG;
    }
    char name[BUS_WIRE_SM2_NAME + 1] = "";
    EVP_PKEY_CTX *p = NULL;
    EVP_MD_CTX *m = open_ctx(k, &p);
    bool ok = m != NULL && sign_name_of(k, name) &&
              EVP_DigestVerifyInit(m, NULL, EVP_sm3(), NULL, k) == 1 &&
              EVP_DigestVerify(m, signature->der, signature->n,
                               (const unsigned char *)text.p, text.n) == 1;
    EVP_MD_CTX_free(m);
    EVP_PKEY_CTX_free(p);
    EVP_PKEY_free(k);
    ERR_clear_error();
    if (!ok && strcmp(name, signature->signer) != 0) {
        return bus_fail(err, BUS_ECRYPT, "signed by key %s, and %s is key %s",
                        signature->signer, public_file, name);
    }
    return ok ? BUS_OK
              : bus_fail(err, BUS_ECRYPT,
                         "the signature does not fit what was signed");
}
