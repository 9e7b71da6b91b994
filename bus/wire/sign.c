/* Private keys and signing, then public keys and verifying. */
#include "bus/wire/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "bus/base/heap.h"
#include "bus/base/hex.h"

#define SM2_ID          "1234567812345678"
#define KEY_MODE        0600
#define PUBLIC_TEXT_MAX 4096 /* bytes of a file with a public key */

struct bus_wire_sm2_key
{
    EVP_PKEY *pkey;
    uint8_t point[BUS_WIRE_SM2_POINT];
};

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

struct bus_wire_sm3er
{
    EVP_MD *md;
    EVP_MD_CTX *ctx;
};

int bus_wire_sm3er_new(struct bus_wire_sm3er **ret, struct bus_err *err)
{
    struct bus_wire_sm3er *s = bus_calloc(1, sizeof(*s));
    if (s == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a digest");
    }
    s->md = EVP_MD_fetch(NULL, "SM3", NULL);
    s->ctx = EVP_MD_CTX_new();
    if (s->md == NULL || s->ctx == NULL) {
        bus_wire_sm3er_free(s);
        ERR_clear_error();
        return bus_fail(err, BUS_EBUG, "this OpenSSL has no SM3");
    }
    *ret = s;
    return BUS_OK;
}

void bus_wire_sm3er_free(struct bus_wire_sm3er *s)
{
    if (s != NULL) {
        EVP_MD_CTX_free(s->ctx);
        EVP_MD_free(s->md);
        bus_free(s);
    }
}

int bus_wire_sm3er_run(struct bus_wire_sm3er *s,
                       struct bus_strv text,
                       uint8_t ret[BUS_WIRE_SM3_BYTES],
                       struct bus_err *err)
{
    unsigned n = 0;
    return EVP_DigestInit_ex2(s->ctx, s->md, NULL) == 1 &&
                   EVP_DigestUpdate(s->ctx, text.p, text.n) == 1 &&
                   EVP_DigestFinal_ex(s->ctx, ret, &n) == 1 &&
                   n == BUS_WIRE_SM3_BYTES
               ? BUS_OK
               : bus_fail(err, BUS_EBUG, "SM3 cannot be worked out");
}

/* --- points --- */

static bool point_of(EVP_PKEY *k, uint8_t ret[BUS_WIRE_SM2_POINT])
{
    size_t n = 0;
    return EVP_PKEY_set_utf8_string_param(
               k, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") ==
               1 &&
           EVP_PKEY_get_octet_string_param(k, OSSL_PKEY_PARAM_PUB_KEY, ret,
                                           BUS_WIRE_SM2_POINT, &n) == 1 &&
           n == BUS_WIRE_SM2_POINT;
}

/* NULL: no point of the curve. */
static EVP_PKEY *pkey_of(const uint8_t point[BUS_WIRE_SM2_POINT])
{
    EVP_PKEY *k = NULL;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(
                               OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"SM2"}, 0),
                           OSSL_PARAM_construct_octet_string(
                               OSSL_PKEY_PARAM_PUB_KEY,
                               (void *)(uintptr_t)point, BUS_WIRE_SM2_POINT),
                           OSSL_PARAM_construct_end()};
    bool ok = c != NULL && EVP_PKEY_fromdata_init(c) == 1 &&
              EVP_PKEY_fromdata(c, &k, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(c);
    return ok ? k : NULL;
}

/* Small digits alone: one key has one text. */
static bool hex_point(struct bus_strv text, uint8_t ret[BUS_WIRE_SM2_POINT])
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] >= 'A' && text.p[i] <= 'F') {
            return false;
        }
    }
    return bus_hex_read(text, ret, BUS_WIRE_SM2_POINT) && ret[0] == 4;
}

static bool pem_point(struct bus_strv text, uint8_t ret[BUS_WIRE_SM2_POINT])
{
    BIO *b = BIO_new_mem_buf(text.p, (int)text.n);
    EVP_PKEY *k = b ? PEM_read_bio_PUBKEY(b, NULL, NULL, NULL) : NULL;
    bool ok = k != NULL && EVP_PKEY_is_a(k, "SM2") == 1 && point_of(k, ret);
    EVP_PKEY_free(k);
    BIO_free(b);
    return ok;
}

int bus_wire_sm2_point_parse(struct bus_strv text,
                             uint8_t ret[BUS_WIRE_SM2_POINT],
                             struct bus_err *err)
{
    static const char pem[] = "-----BEGIN";
    bool is_pem = text.n < PUBLIC_TEXT_MAX && text.n > sizeof(pem) &&
                  memcmp(text.p, pem, sizeof(pem) - 1) == 0;
    bool ok = is_pem ? pem_point(text, ret) : hex_point(text, ret);
    EVP_PKEY *k = ok ? pkey_of(ret) : NULL;
    ok = k != NULL;
    EVP_PKEY_free(k);
    ERR_clear_error();
    return ok ? BUS_OK
              : bus_fail(err, BUS_EPARSE,
                         "no SM2 public key: must be 04, x and y in 130 small "
                         "hex digits, or PEM, a point of the curve SM2 / 不是 "
                         "SM2 公钥:须为 130 位小写十六进制(04、x、y)或 PEM");
}

void bus_wire_sm2_point_hex(const uint8_t point[BUS_WIRE_SM2_POINT],
                            char ret[BUS_WIRE_SM2_HEX + 1])
{
    bus_hex_write(point, BUS_WIRE_SM2_POINT, ret);
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

int bus_wire_sm2_point_name(const uint8_t point[BUS_WIRE_SM2_POINT],
                            char ret[BUS_WIRE_SM2_NAME + 1],
                            struct bus_err *err)
{
    EVP_PKEY *k = pkey_of(point);
    bool ok = k != NULL && sign_name_of(k, ret);
    EVP_PKEY_free(k);
    ERR_clear_error();
    return ok ? BUS_OK : bus_fail(err, BUS_EPARSE, "no point of the curve SM2");
}

/* --- key files --- */

/* Opened for reading; a secret one only if it is its owner's alone. */
static int
open_key_file(const char *path, bool secret, FILE **ret, struct bus_err *err)
{
    struct stat st;
    FILE *f = fopen(path, "re");
    int rc = BUS_OK;
    if (f == NULL || fstat(fileno(f), &st) != 0) {
        rc = bus_fail(err, BUS_ECONFIG, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        rc = bus_fail(err, BUS_ECONFIG, "%s: no plain file / 不是普通文件",
                      path);
    } else if (secret && (st.st_mode & 077) != 0) {
        rc = bus_fail(err, BUS_ECONFIG,
                      "%s: others may read it (mode %03o); chmod 600 it / "
                      "他人可读的密钥不予使用,请执行 chmod 600",
                      path, (unsigned)st.st_mode & 0777);
    }
    if (rc != BUS_OK && f != NULL) {
        (void)fclose(f);
    }
    *ret = f;
    return rc;
}

/* Never asks a terminal for a pass phrase. */
static int no_pass(char *buf, int size, int writing, void *data)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)data;
    return -1;
}

int bus_wire_sm2_point_read(const char *public_file,
                            uint8_t ret[BUS_WIRE_SM2_POINT],
                            struct bus_err *err)
{
    char text[PUBLIC_TEXT_MAX];
    FILE *f = NULL;
    BUS_TRY(open_key_file(public_file, false, &f, err));
    size_t n = fread(text, 1, sizeof(text), f);
    (void)fclose(f);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r')) {
        n--;
    }
    if (bus_wire_sm2_point_parse((struct bus_strv){text, n}, ret, err) !=
        BUS_OK) {
        char why[BUS_ERR_MSG_MAX / 2 + 128];
        (void)snprintf(why, sizeof(why), "%.*s", (int)sizeof(why) - 1,
                       err != NULL ? err->msg : "");
        return bus_fail(err, BUS_ECONFIG, "%s: %s", public_file, why);
    }
    return BUS_OK;
}

int bus_wire_sm2_key_open(const char *key_file,
                          struct bus_wire_sm2_key **ret,
                          struct bus_err *err)
{
    FILE *f = NULL;
    BUS_TRY(open_key_file(key_file, true, &f, err));
    EVP_PKEY *k = PEM_read_PrivateKey(f, NULL, no_pass, NULL);
    struct bus_wire_sm2_key *made = bus_calloc(1, sizeof(*made));
    (void)fclose(f);
    bool ok = k != NULL && made != NULL && EVP_PKEY_is_a(k, "SM2") == 1 &&
              point_of(k, made->point);
    ERR_clear_error();
    if (!ok) {
        int rc = made == NULL
                     ? bus_fail(err, BUS_ENOMEM, "a key")
                     : bus_fail(err, BUS_ECONFIG,
                                "%s: no SM2 private key in PEM without a pass "
                                "phrase; make one with `lianou seal keygen "
                                "FILE` / 不是无口令的 SM2 私钥(PEM),可用 "
                                "`lianou seal keygen FILE` 生成",
                                key_file);
        EVP_PKEY_free(k);
        bus_free(made);
        return rc;
    }
    made->pkey = k;
    *ret = made;
    return BUS_OK;
}

void bus_wire_sm2_key_free(struct bus_wire_sm2_key *k)
{
    if (k != NULL) {
        EVP_PKEY_free(k->pkey); /* wipes the secret */
        bus_free(k);
    }
}

const uint8_t *bus_wire_sm2_key_point(const struct bus_wire_sm2_key *k)
{
    return k->point;
}

/* To a file of our own, synced; nothing is left of one that failed. */
static int write_key(const char *path, const EVP_PKEY *k, struct bus_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                  KEY_MODE);
    if (fd < 0) {
        return errno == EEXIST
                   ? bus_fail(err, BUS_ECONFIG,
                              "%s: is there already; a key is never written "
                              "over / 文件已存在,密钥不覆盖",
                              path)
                   : bus_fail(err, BUS_ECONFIG, "%s: %s", path,
                              strerror(errno));
    }
    FILE *f = fdopen(fd, "w");
    bool ok = f != NULL && fchmod(fd, KEY_MODE) == 0 &&
              PEM_write_PKCS8PrivateKey(f, k, NULL, NULL, 0, NULL, NULL) == 1 &&
              fflush(f) == 0 && fsync(fd) == 0;
    int e = errno;
    ok = (f != NULL ? fclose(f) : close(fd)) == 0 && ok;
    if (!ok) {
        (void)unlink(path);
        return bus_fail(err, BUS_ECONFIG, "%s: %s", path, strerror(e));
    }
    return BUS_OK;
}

int bus_wire_sm2_keygen(const char *key_file,
                        uint8_t ret_point[BUS_WIRE_SM2_POINT],
                        struct bus_err *err)
{
    EVP_PKEY *k = NULL;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    bool ok = c != NULL && EVP_PKEY_keygen_init(c) == 1 &&
              EVP_PKEY_generate(c, &k) == 1 && point_of(k, ret_point);
    EVP_PKEY_CTX_free(c);
    ERR_clear_error();
    int rc = ok ? write_key(key_file, k, err)
                : bus_fail(err, BUS_EBUG, "this OpenSSL makes no SM2 key");
    EVP_PKEY_free(k);
    ERR_clear_error();
    return rc;
}

/* --- signing and verifying --- */

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

int bus_wire_sm2_key_sign(const struct bus_wire_sm2_key *k,
                          struct bus_strv text,
                          struct bus_wire_signature *ret,
                          struct bus_err *err)
{
    EVP_PKEY_CTX *p = NULL;
    EVP_MD_CTX *m = open_ctx(k->pkey, &p);
    ret->n = sizeof(ret->der);
    bool ok = m != NULL &&
              EVP_DigestSignInit(m, NULL, EVP_sm3(), NULL, k->pkey) == 1 &&
              EVP_DigestSign(m, ret->der, &ret->n,
                             (const unsigned char *)text.p, text.n) == 1 &&
              sign_name_of(k->pkey, ret->signer);
    EVP_MD_CTX_free(m);
    EVP_PKEY_CTX_free(p);
    ERR_clear_error();
    return ok ? BUS_OK : bus_fail(err, BUS_EBUG, "SM2 cannot sign");
}

int bus_wire_sm2_sign(const char *key_file,
                      struct bus_strv text,
                      struct bus_wire_signature *ret,
                      struct bus_err *err)
{
    struct bus_wire_sm2_key *k = NULL;
    BUS_TRY(bus_wire_sm2_key_open(key_file, &k, err));
    int rc = bus_wire_sm2_key_sign(k, text, ret, err);
    bus_wire_sm2_key_free(k);
    return rc;
}

int bus_wire_sm2_point_verify(const uint8_t point[BUS_WIRE_SM2_POINT],
                              struct bus_strv text,
                              const struct bus_wire_signature *signature,
                              struct bus_err *err)
{
    char name[BUS_WIRE_SM2_NAME + 1] = "";
    EVP_PKEY_CTX *p = NULL;
    EVP_PKEY *k = pkey_of(point);
    EVP_MD_CTX *m = k != NULL ? open_ctx(k, &p) : NULL;
    bool ok = m != NULL && signature->n <= sizeof(signature->der) &&
              sign_name_of(k, name) &&
              EVP_DigestVerifyInit(m, NULL, EVP_sm3(), NULL, k) == 1 &&
              EVP_DigestVerify(m, signature->der, signature->n,
                               (const unsigned char *)text.p, text.n) == 1;
    EVP_MD_CTX_free(m);
    EVP_PKEY_CTX_free(p);
    EVP_PKEY_free(k);
    ERR_clear_error();
    if (!ok && signature->signer[0] != '\0' &&
        strcmp(name, signature->signer) != 0) {
        return bus_fail(err, BUS_ECRYPT,
                        "signed by key %s, and the one that counts is key %s / "
                        "签名密钥为 %s,应为 %s",
                        signature->signer, name, signature->signer, name);
    }
    return ok ? BUS_OK
              : bus_fail(err, BUS_ECRYPT,
                         "the signature does not fit what was signed / "
                         "签名与内容不符");
}

int bus_wire_sm2_verify(const char *public_file,
                        struct bus_strv text,
                        const struct bus_wire_signature *signature,
                        struct bus_err *err)
{
    uint8_t point[BUS_WIRE_SM2_POINT];
    BUS_TRY(bus_wire_sm2_point_read(public_file, point, err));
    return bus_wire_sm2_point_verify(point, text, signature, err);
}
