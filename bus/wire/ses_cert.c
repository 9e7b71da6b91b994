/* Certificates that vouch for themselves: for demonstrations and tests. */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "bus/wire/ses.h"

#define ID "1234567812345678" /* GB/T 32918's usual one */

static bool
cert_fill(X509 *x, EVP_PKEY *key, const struct bus_wire_ses_self *self)
{
    X509_NAME *name = X509_get_subject_name(x);
    return X509_set_version(x, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_int64(X509_get_serialNumber(x), self->serial) ==
               1 &&
           ASN1_TIME_set(X509_getm_notBefore(x), self->from_ms / 1000) !=
               NULL &&
           ASN1_TIME_set(X509_getm_notAfter(x), self->until_ms / 1000) !=
               NULL &&
           X509_NAME_add_entry_by_txt(
               name, "CN", MBSTRING_UTF8,
               (const unsigned char *)(uintptr_t)self->name.p,
               (int)self->name.n, -1, 0) == 1 &&
           X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, key) == 1;
}

static bool cert_sign(X509 *x, EVP_PKEY *key)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY_CTX *k = NULL;
    bool ok = c != NULL &&
              EVP_DigestSignInit(c, &k, EVP_sm3(), NULL, key) == 1 &&
              EVP_PKEY_CTX_set1_id(k, ID, sizeof(ID) - 1) == 1 &&
              X509_sign_ctx(x, c) > 0;
    EVP_MD_CTX_free(c);
    return ok;
}

int bus_wire_ses_cert_self(const char *key_file,
                           const struct bus_wire_ses_self *self,
                           const char *cert_file,
                           struct bus_err *err)
{
    FILE *f = fopen(key_file, "re");
    EVP_PKEY *key = f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    X509 *x = X509_new();
    if (f != NULL) {
        (void)fclose(f);
    }
    bool ok = key != NULL && x != NULL && cert_fill(x, key, self) &&
              cert_sign(x, key);
    f = ok ? fopen(cert_file, "wxe") : NULL;
    ok = f != NULL && PEM_write_X509(f, x) == 1;
    if (f != NULL) {
        ok = fclose(f) == 0 && ok;
    }
    X509_free(x);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok ? BUS_OK
              : bus_fail(err, BUS_ECONFIG,
                         "%.300s: no certificate of %.300s could be written "
                         "/ 证书写不出",
                         cert_file, key_file);
}
