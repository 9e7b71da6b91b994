/* GB/T 38540-2020: the structures as OpenSSL's ASN.1 templates. What is read
 * must be DER: it is written again and compared, so that every signature is
 * over the bytes that came. */
#include "bus/wire/ses.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/asn1t.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define VERSION       4
#define HEADER_ID     "ES"
#define ALGORITHM     "1.2.156.10197.1.501" /* SM2 with SM3 */
#define CERTS_WHOLE   1                     /* certListType: certificates */
#define SEAL_OF_UNIT  1                     /* type: of an organisation */
#define CERT_BYTES    65536
#define SES_BYTES_MAX (1 << 20)

/* --- the structures --- */

typedef struct
{
    ASN1_IA5STRING *id;
    ASN1_INTEGER *version;
    ASN1_IA5STRING *vid;
} SES_HEADER;
ASN1_SEQUENCE(SES_HEADER) =
    {
        ASN1_SIMPLE(SES_HEADER, id, ASN1_IA5STRING),
        ASN1_SIMPLE(SES_HEADER, version, ASN1_INTEGER),
        ASN1_SIMPLE(SES_HEADER, vid, ASN1_IA5STRING),
} static_ASN1_SEQUENCE_END(SES_HEADER)

        typedef struct
{
    ASN1_INTEGER *type;
    ASN1_UTF8STRING *name;
    ASN1_INTEGER *list_type;
    STACK_OF(ASN1_UTF8STRING) * certs; /* octet strings; the same C type */
    ASN1_GENERALIZEDTIME *created, *from, *until;
} SES_PROPERTY;
ASN1_SEQUENCE(SES_PROPERTY) =
    {
        ASN1_SIMPLE(SES_PROPERTY, type, ASN1_INTEGER),
        ASN1_SIMPLE(SES_PROPERTY, name, ASN1_UTF8STRING),
        ASN1_SIMPLE(SES_PROPERTY, list_type, ASN1_INTEGER),
        ASN1_SEQUENCE_OF(SES_PROPERTY, certs, ASN1_OCTET_STRING),
        ASN1_SIMPLE(SES_PROPERTY, created, ASN1_GENERALIZEDTIME),
        ASN1_SIMPLE(SES_PROPERTY, from, ASN1_GENERALIZEDTIME),
        ASN1_SIMPLE(SES_PROPERTY, until, ASN1_GENERALIZEDTIME),
} static_ASN1_SEQUENCE_END(SES_PROPERTY)

        typedef struct
{
    ASN1_IA5STRING *type;
    ASN1_OCTET_STRING *data;
    ASN1_INTEGER *width, *height;
} SES_PICTURE;
ASN1_SEQUENCE(SES_PICTURE) =
    {
        ASN1_SIMPLE(SES_PICTURE, type, ASN1_IA5STRING),
        ASN1_SIMPLE(SES_PICTURE, data, ASN1_OCTET_STRING),
        ASN1_SIMPLE(SES_PICTURE, width, ASN1_INTEGER),
        ASN1_SIMPLE(SES_PICTURE, height, ASN1_INTEGER),
} static_ASN1_SEQUENCE_END(SES_PICTURE)

        typedef struct
{
    SES_HEADER *header;
    ASN1_IA5STRING *id;
    SES_PROPERTY *property;
    SES_PICTURE *picture;
    ASN1_TYPE *more;
} SES_INFO;
ASN1_SEQUENCE(SES_INFO) =
    {
        ASN1_SIMPLE(SES_INFO, header, SES_HEADER),
        ASN1_SIMPLE(SES_INFO, id, ASN1_IA5STRING),
        ASN1_SIMPLE(SES_INFO, property, SES_PROPERTY),
        ASN1_SIMPLE(SES_INFO, picture, SES_PICTURE),
        ASN1_EXP_OPT(SES_INFO, more, ASN1_ANY, 0),
} static_ASN1_SEQUENCE_END(SES_INFO)

        typedef struct
{
    SES_INFO *info;
    ASN1_OCTET_STRING *cert;
    ASN1_OBJECT *algorithm;
    ASN1_BIT_STRING *signature;
} SES_SEAL;
ASN1_SEQUENCE(SES_SEAL) =
    {
        ASN1_SIMPLE(SES_SEAL, info, SES_INFO),
        ASN1_SIMPLE(SES_SEAL, cert, ASN1_OCTET_STRING),
        ASN1_SIMPLE(SES_SEAL, algorithm, ASN1_OBJECT),
        ASN1_SIMPLE(SES_SEAL, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(SES_SEAL)

        typedef struct
{
    ASN1_INTEGER *version;
    SES_SEAL *seal;
    ASN1_GENERALIZEDTIME *at;
    ASN1_BIT_STRING *digest;
    ASN1_IA5STRING *what;
    ASN1_TYPE *more;
} SES_TBS;
ASN1_SEQUENCE(SES_TBS) =
    {
        ASN1_SIMPLE(SES_TBS, version, ASN1_INTEGER),
        ASN1_SIMPLE(SES_TBS, seal, SES_SEAL),
        ASN1_SIMPLE(SES_TBS, at, ASN1_GENERALIZEDTIME),
        ASN1_SIMPLE(SES_TBS, digest, ASN1_BIT_STRING),
        ASN1_SIMPLE(SES_TBS, what, ASN1_IA5STRING),
        ASN1_EXP_OPT(SES_TBS, more, ASN1_ANY, 0),
} static_ASN1_SEQUENCE_END(SES_TBS)

        typedef struct
{
    SES_TBS *tbs;
    ASN1_OCTET_STRING *cert;
    ASN1_OBJECT *algorithm;
    ASN1_BIT_STRING *signature;
    ASN1_BIT_STRING *stamp;
} SES_SIGNATURE;
ASN1_SEQUENCE(SES_SIGNATURE) =
    {
        ASN1_SIMPLE(SES_SIGNATURE, tbs, SES_TBS),
        ASN1_SIMPLE(SES_SIGNATURE, cert, ASN1_OCTET_STRING),
        ASN1_SIMPLE(SES_SIGNATURE, algorithm, ASN1_OBJECT),
        ASN1_SIMPLE(SES_SIGNATURE, signature, ASN1_BIT_STRING),
        ASN1_EXP_OPT(SES_SIGNATURE, stamp, ASN1_BIT_STRING, 0),
} static_ASN1_SEQUENCE_END(SES_SIGNATURE)

    /* --- pieces --- */

    static struct bus_strv view_of(const ASN1_STRING *s)
{
    return (struct bus_strv){(const char *)ASN1_STRING_get0_data(s),
                             (size_t)ASN1_STRING_length(s)};
}

static bool put_text(ASN1_STRING *to, struct bus_strv v)
{
    return ASN1_STRING_set(to, v.p, (int)v.n) == 1;
}

/* All bits of the last byte count. */
static bool put_bits(ASN1_BIT_STRING *to, const uint8_t *p, size_t n)
{
    to->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 7);
    to->flags |= ASN1_STRING_FLAG_BITS_LEFT;
    return ASN1_BIT_STRING_set(to, (uint8_t *)(uintptr_t)p, (int)n) == 1;
}

static bool ses_put_time(ASN1_GENERALIZEDTIME *to, int64_t ms)
{
    return ASN1_GENERALIZEDTIME_set(to, (time_t)(ms / 1000)) != NULL;
}

static bool get_time(const ASN1_TIME *from, int64_t *ret_ms)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(from, &tm) != 1) {
        return false;
    }
    *ret_ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

static bool is_algorithm(const ASN1_OBJECT *o)
{
    char text[64];
    return OBJ_obj2txt(text, sizeof(text), o, 1) > 0 &&
           strcmp(text, ALGORITHM) == 0;
}

static int ses_der(const void *value,
                   const ASN1_ITEM *item,
                   struct bus_arena *mem,
                   struct bus_strv *ret,
                   struct bus_err *err)
{
    unsigned char *der = NULL;
    int n = ASN1_item_i2d(value, &der, item);
    char *to = n > 0 ? bus_arena_alloc(mem, (size_t)n) : NULL;
    if (to != NULL) {
        memcpy(to, der, (size_t)n);
        *ret = (struct bus_strv){to, (size_t)n};
    }
    OPENSSL_free(der);
    ERR_clear_error();
    return to != NULL ? BUS_OK
                      : bus_fail(err, BUS_ETOOBIG, "a seal is not written");
}

/* NULL: not this structure, or not DER. */
static void *ses_parse(struct bus_strv der, const ASN1_ITEM *item)
{
    const unsigned char *p = (const unsigned char *)der.p;
    unsigned char *again = NULL;
    if (der.n == 0 || der.n > SES_BYTES_MAX) {
        return NULL;
    }
    void *v = ASN1_item_d2i(NULL, &p, (long)der.n, item);
    int n = v != NULL ? ASN1_item_i2d(v, &again, item) : -1;
    bool same =
        n >= 0 && (size_t)n == der.n && memcmp(again, der.p, der.n) == 0;
    OPENSSL_free(again);
    ERR_clear_error();
    if (!same) {
        ASN1_item_free(v, item);
        return NULL;
    }
    return v;
}

/* --- certificates --- */

static bool cert_point(X509 *x, uint8_t ret[BUS_WIRE_SM2_POINT])
{
    size_t n = 0;
    EVP_PKEY *k = X509_get0_pubkey(x);
    return k != NULL && EVP_PKEY_is_a(k, "SM2") == 1 &&
           EVP_PKEY_set_utf8_string_param(
               k, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") ==
               1 &&
           EVP_PKEY_get_octet_string_param(k, OSSL_PKEY_PARAM_PUB_KEY, ret,
                                           BUS_WIRE_SM2_POINT, &n) == 1 &&
           n == BUS_WIRE_SM2_POINT;
}

/* at_ms < 0: whenever. */
static int cert_key(struct bus_strv der,
                    const char *whose,
                    int64_t at_ms,
                    uint8_t ret[BUS_WIRE_SM2_POINT],
                    struct bus_err *err)
{
    const unsigned char *p = (const unsigned char *)der.p;
    int64_t from = 0, until = 0;
    X509 *x = d2i_X509(NULL, &p, (long)der.n);
    bool sm2 = x != NULL && cert_point(x, ret) &&
               get_time(X509_get0_notBefore(x), &from) &&
               get_time(X509_get0_notAfter(x), &until);
    X509_free(x);
    ERR_clear_error();
    if (!sm2) {
        return bus_fail(err, BUS_EPARSE,
                        "%s: no certificate of an SM2 key / 不是 SM2 证书",
                        whose);
    }
    return at_ms < 0 || (at_ms >= from && at_ms <= until)
               ? BUS_OK
               : bus_fail(err, BUS_ECRYPT,
                          "%s: its certificate was not valid then / "
                          "签章时证书不在有效期",
                          whose);
}

int bus_wire_ses_cert_read(const char *path,
                           struct bus_arena *mem,
                           struct bus_strv *ret,
                           struct bus_err *err)
{
    uint8_t point[BUS_WIRE_SM2_POINT];
    unsigned char *der = NULL;
    BIO *b = BIO_new_file(path, "rb");
    X509 *x = b != NULL ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
    if (x == NULL && b != NULL && BIO_reset(b) == 0) {
        x = d2i_X509_bio(b, NULL);
    }
    int n = x != NULL ? i2d_X509(x, &der) : -1;
    char *to = n > 0 && n < CERT_BYTES ? bus_arena_alloc(mem, (size_t)n) : NULL;
    if (to != NULL) {
        memcpy(to, der, (size_t)n);
        *ret = (struct bus_strv){to, (size_t)n};
    }
    OPENSSL_free(der);
    X509_free(x);
    BIO_free(b);
    ERR_clear_error();
    return to != NULL
               ? cert_key(*ret, path, -1, point, err)
               : bus_fail(err, BUS_ECONFIG,
                          "%s: no certificate in PEM or DER / 不是证书", path);
}

/* --- making --- */

static bool is_ses_text(struct bus_strv v, size_t most)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < 0x20 || v.p[i] > 0x7e) {
            return false;
        }
    }
    return v.n > 0 && v.n <= most;
}

static bool info_fill(SES_INFO *to, const struct bus_wire_ses_seal *s)
{
    SES_PROPERTY *p = to->property;
    ASN1_OCTET_STRING *cert = ASN1_OCTET_STRING_new();
    bool ok = cert != NULL && put_text(cert, s->signer_cert) &&
              sk_ASN1_UTF8STRING_push(p->certs, cert) > 0;
    if (!ok) {
        ASN1_OCTET_STRING_free(cert);
    }
    return ok && put_text(to->header->id, BUS_STRV(HEADER_ID)) &&
           ASN1_INTEGER_set(to->header->version, VERSION) == 1 &&
           put_text(to->header->vid, s->maker) && put_text(to->id, s->id) &&
           ASN1_INTEGER_set(p->type, SEAL_OF_UNIT) == 1 &&
           put_text(p->name, s->name) &&
           ASN1_INTEGER_set(p->list_type, CERTS_WHOLE) == 1 &&
           ses_put_time(p->created, s->created_ms) &&
           ses_put_time(p->from, s->from_ms) &&
           ses_put_time(p->until, s->until_ms) &&
           put_text(to->picture->type, s->picture_type) &&
           put_text(to->picture->data, s->picture) &&
           ASN1_INTEGER_set(to->picture->width, s->width_mm) == 1 &&
           ASN1_INTEGER_set(to->picture->height, s->height_mm) == 1;
}

static int seal_fill(SES_SEAL *to,
                     const struct bus_wire_ses_seal *s,
                     const struct bus_wire_sm2_key *maker,
                     struct bus_strv maker_cert,
                     struct bus_arena *mem,
                     struct bus_err *err)
{
    struct bus_strv text;
    struct bus_wire_signature made;
    if (to == NULL || !info_fill(to->info, s)) {
        return bus_fail(err, BUS_ENOMEM, "a seal");
    }
    BUS_TRY(ses_der(to->info, ASN1_ITEM_rptr(SES_INFO), mem, &text, err));
    BUS_TRY(bus_wire_sm2_key_sign(maker, text, &made, err));
    to->algorithm = OBJ_txt2obj(ALGORITHM, 1);
    return to->algorithm != NULL && put_text(to->cert, maker_cert) &&
                   put_bits(to->signature, made.der, made.n)
               ? BUS_OK
               : bus_fail(err, BUS_ENOMEM, "a seal");
}

static int cert_is_of(struct bus_strv cert,
                      const struct bus_wire_sm2_key *key,
                      const char *whose,
                      struct bus_err *err)
{
    uint8_t point[BUS_WIRE_SM2_POINT];
    BUS_TRY(cert_key(cert, whose, -1, point, err));
    return memcmp(point, bus_wire_sm2_key_point(key), sizeof(point)) == 0
               ? BUS_OK
               : bus_fail(err, BUS_EUSAGE,
                          "%s: the certificate is of another key / "
                          "证书与密钥不符",
                          whose);
}

int bus_wire_ses_make(const struct bus_wire_ses_seal *seal,
                      const struct bus_wire_sm2_key *maker,
                      struct bus_strv maker_cert,
                      struct bus_arena *mem,
                      struct bus_strv *ret,
                      struct bus_err *err)
{
    uint8_t point[BUS_WIRE_SM2_POINT];
    if (!is_ses_text(seal->id, BUS_WIRE_SES_ID_MAX) ||
        !is_ses_text(seal->maker, BUS_WIRE_SES_ID_MAX) ||
        !is_ses_text(seal->picture_type, 8) || seal->name.n == 0 ||
        seal->name.n > BUS_WIRE_SES_NAME_MAX ||
        seal->from_ms >= seal->until_ms) {
        return bus_fail(err, BUS_EUSAGE,
                        "a seal needs an id and a maker of 1 to %d ASCII "
                        "characters, a name, and a first day before its last "
                        "/ 印章编号、制章方须为 ASCII, 名称必填",
                        BUS_WIRE_SES_ID_MAX);
    }
    BUS_TRY(cert_is_of(maker_cert, maker, "the maker", err));
    BUS_TRY(cert_key(seal->signer_cert, "the signer", -1, point, err));
    SES_SEAL *v = (SES_SEAL *)ASN1_item_new(ASN1_ITEM_rptr(SES_SEAL));
    int rc = seal_fill(v, seal, maker, maker_cert, mem, err);
    if (rc == BUS_OK) {
        rc = ses_der(v, ASN1_ITEM_rptr(SES_SEAL), mem, ret, err);
    }
    ASN1_item_free((ASN1_VALUE *)v, ASN1_ITEM_rptr(SES_SEAL));
    return rc;
}

static int signature_fill(SES_SIGNATURE *to,
                          const struct bus_wire_ses_act *a,
                          struct bus_arena *mem,
                          struct bus_err *err)
{
    struct bus_strv text;
    struct bus_wire_signature made;
    uint8_t digest[BUS_WIRE_SM3_BYTES];
    SES_SEAL *seal = ses_parse(a->seal, ASN1_ITEM_rptr(SES_SEAL));
    if (to == NULL || seal == NULL) {
        return bus_fail(err, BUS_EPARSE,
                        "no seal of GB/T 38540-2020 with whole certificates "
                        "/ 不是 GB/T 38540-2020 印章");
    }
    ASN1_item_free((ASN1_VALUE *)to->tbs->seal, ASN1_ITEM_rptr(SES_SEAL));
    to->tbs->seal = seal;
    BUS_TRY(bus_wire_sm3(a->document, digest, err));
    bool ok = ASN1_INTEGER_set(to->tbs->version, VERSION) == 1 &&
              ses_put_time(to->tbs->at, a->now_ms) &&
              put_bits(to->tbs->digest, digest, sizeof(digest)) &&
              put_text(to->tbs->what, a->what);
    if (!ok) {
        return bus_fail(err, BUS_ENOMEM, "a signature");
    }
    BUS_TRY(ses_der(to->tbs, ASN1_ITEM_rptr(SES_TBS), mem, &text, err));
    BUS_TRY(bus_wire_sm2_key_sign(a->signer, text, &made, err));
    to->algorithm = OBJ_txt2obj(ALGORITHM, 1);
    return to->algorithm != NULL && put_text(to->cert, a->cert) &&
                   put_bits(to->signature, made.der, made.n)
               ? BUS_OK
               : bus_fail(err, BUS_ENOMEM, "a signature");
}

int bus_wire_ses_sign(const struct bus_wire_ses_act *act,
                      struct bus_arena *mem,
                      struct bus_strv *ret,
                      struct bus_err *err)
{
    BUS_TRY(cert_is_of(act->cert, act->signer, "the signer", err));
    SES_SIGNATURE *v =
        (SES_SIGNATURE *)ASN1_item_new(ASN1_ITEM_rptr(SES_SIGNATURE));
    int rc = signature_fill(v, act, mem, err);
    if (rc == BUS_OK) {
        rc = ses_der(v, ASN1_ITEM_rptr(SES_SIGNATURE), mem, ret, err);
    }
    ASN1_item_free((ASN1_VALUE *)v, ASN1_ITEM_rptr(SES_SIGNATURE));
    return rc;
}

/* --- verifying --- */

static int signed_by(struct bus_wire_sm2_tables *tables,
                     const uint8_t point[BUS_WIRE_SM2_POINT],
                     const void *value,
                     const ASN1_ITEM *item,
                     const ASN1_BIT_STRING *signature,
                     const char *what,
                     struct bus_err *err)
{
    struct bus_wire_signature s = {0};
    struct bus_strv bytes = view_of(signature);
    unsigned char *der = NULL;
    int n = ASN1_item_i2d(value, &der, item);
    bool ok = n > 0 && bytes.n <= sizeof(s.der);
    struct bus_strv text = {(char *)der, n > 0 ? (size_t)n : 0};
    if (ok && tables != NULL) {
        ok = bus_wire_sm2_tables_verify(tables, point, text, bytes, NULL) ==
             BUS_OK;
    } else if (ok) {
        memcpy(s.der, bytes.p, bytes.n);
        s.n = bytes.n;
        ok = bus_wire_sm2_point_verify(point, text, &s, NULL) == BUS_OK;
    }
    OPENSSL_free(der);
    return ok ? BUS_OK
              : bus_fail(err, BUS_ECRYPT,
                         "%s: its signature is not of that key / 签名不符",
                         what);
}

/* The seal itself: whose, and for when. */
static int verify_seal(const SES_SEAL *seal,
                       const uint8_t maker[BUS_WIRE_SM2_POINT],
                       struct bus_wire_sm2_tables *tables,
                       int64_t at_ms,
                       struct bus_err *err)
{
    uint8_t point[BUS_WIRE_SM2_POINT];
    int64_t from = 0, until = 0;
    const SES_INFO *i = seal->info;
    if (!bus_strv_is(view_of(i->header->id), HEADER_ID) ||
        ASN1_INTEGER_get(i->header->version) != VERSION ||
        ASN1_INTEGER_get(i->property->list_type) != CERTS_WHOLE ||
        !is_algorithm(seal->algorithm) || !get_time(i->property->from, &from) ||
        !get_time(i->property->until, &until)) {
        return bus_fail(err, BUS_EPARSE,
                        "the seal is not of version 4, with whole "
                        "certificates and SM2 / 印章版本或算法不符");
    }
    BUS_TRY(cert_key(view_of(seal->cert), "the seal's maker", -1, point, err));
    if (memcmp(point, maker, sizeof(point)) != 0) {
        return bus_fail(err, BUS_ECRYPT,
                        "the seal is another maker's / 不是该制章方的印章");
    }
    BUS_TRY(signed_by(tables, maker, i, ASN1_ITEM_rptr(SES_INFO),
                      seal->signature, "the seal", err));
    return at_ms >= from && at_ms <= until
               ? BUS_OK
               : bus_fail(err, BUS_ECRYPT,
                          "the seal was not valid then / 签章时印章不在有效期");
}

static bool cert_of_seal(const SES_PROPERTY *p, struct bus_strv cert)
{
    for (int i = 0; i < sk_ASN1_UTF8STRING_num(p->certs); i++) {
        if (bus_strv_eq(view_of(sk_ASN1_UTF8STRING_value(p->certs, i)), cert)) {
            return true;
        }
    }
    return false;
}

static int verify_signature(const SES_SIGNATURE *v,
                            struct bus_strv document,
                            const uint8_t maker[BUS_WIRE_SM2_POINT],
                            struct bus_wire_sm2_tables *tables,
                            struct bus_wire_ses_found *ret,
                            struct bus_err *err)
{
    uint8_t digest[BUS_WIRE_SM3_BYTES];
    const SES_TBS *t = v->tbs;
    struct bus_strv cert = view_of(v->cert), id = view_of(t->seal->info->id),
                    name = view_of(t->seal->info->property->name);
    if (ASN1_INTEGER_get(t->version) != VERSION ||
        !is_algorithm(v->algorithm) || !get_time(t->at, &ret->signed_ms) ||
        id.n > BUS_WIRE_SES_ID_MAX || name.n > BUS_WIRE_SES_NAME_MAX) {
        return bus_fail(err, BUS_EPARSE,
                        "the signature is not of version 4 with SM2 / "
                        "签章版本或算法不符");
    }
    BUS_TRY(verify_seal(t->seal, maker, tables, ret->signed_ms, err));
    if (!cert_of_seal(t->seal->info->property, cert)) {
        return bus_fail(err, BUS_ECRYPT,
                        "the signer is none of those whom the seal was made "
                        "for / 签章人不在印章的证书列表中");
    }
    BUS_TRY(cert_key(cert, "the signer", ret->signed_ms, ret->signer, err));
    BUS_TRY(signed_by(tables, ret->signer, t, ASN1_ITEM_rptr(SES_TBS),
                      v->signature, "the document", err));
    BUS_TRY(bus_wire_sm3(document, digest, err));
    if (!bus_strv_eq(view_of(t->digest),
                     (struct bus_strv){(char *)digest, sizeof(digest)})) {
        return bus_fail(err, BUS_ECRYPT,
                        "the document is not the one that was sealed / "
                        "文件与签章不符");
    }
    (void)bus_strv_copy(ret->id, sizeof(ret->id), id);
    (void)bus_strv_copy(ret->name, sizeof(ret->name), name);
    return BUS_OK;
}

int bus_wire_ses_verify(struct bus_strv signature,
                        struct bus_strv document,
                        const uint8_t maker[BUS_WIRE_SM2_POINT],
                        struct bus_wire_sm2_tables *tables,
                        struct bus_wire_ses_found *ret,
                        struct bus_err *err)
{
    SES_SIGNATURE *v = ses_parse(signature, ASN1_ITEM_rptr(SES_SIGNATURE));
    *ret = (struct bus_wire_ses_found){.signed_ms = 0};
    if (v == NULL) {
        return bus_fail(err, BUS_EPARSE,
                        "no signature of GB/T 38540-2020 in DER / "
                        "不是 GB/T 38540-2020 签章数据");
    }
    int rc = verify_signature(v, document, maker, tables, ret, err);
    ASN1_item_free((ASN1_VALUE *)v, ASN1_ITEM_rptr(SES_SIGNATURE));
    return rc;
}
