#include "bus/wire/sm2_tables.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"

#define SM2_ID   "1234567812345678"
#define SM2_SIZE 32 /* bytes of a number of the curve */

/* A scalar in digits of `bits` bits, each from -2^(bits-1) to 2^(bits-1): so
 * many of them for 256 bits and a carry, and a row of positive multiples each.
 */
#define DIGITS(bits)    (257 / (bits) + 1)
#define HALF(bits)      ((size_t)1 << ((bits)-1))
#define GENERATOR_BITS  7
#define KEY_BITS        5
#define DIGITS_MAX      DIGITS(KEY_BITS)
#define KEY_POINTS      (DIGITS(KEY_BITS) * HALF(KEY_BITS))
#define GENERATOR_POINT (DIGITS(GENERATOR_BITS) * HALF(GENERATOR_BITS))
/* A place is given up when so many verifications went by without its key. */
#define FORGET_AFTER (BUS_WIRE_SM2_TABLES_MAX * 64)

struct sm2_slot
{
    bool used;
    uint8_t point[BUS_WIRE_SM2_POINT];
    uint8_t z[BUS_WIRE_SM3_BYTES]; /* who signs: id, curve and key */
    EC_POINT *multiples[KEY_POINTS];
    _Atomic uint64_t last; /* when it was asked for, in verifications */
};

struct bus_wire_sm2_tables
{
    EC_GROUP *group;
    const BIGNUM *order; /* the group's */
    EVP_MD *sm3;
    EC_POINT *generator[GENERATOR_POINT];
    pthread_rwlock_t lock; /* of the slots */
    struct sm2_slot *slots[BUS_WIRE_SM2_TABLES_MAX];
    _Atomic uint64_t asked, cpu_ns;
};

/* --- tables --- */

static void points_free(EC_POINT **v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        EC_POINT_free(v[i]);
        v[i] = NULL;
    }
}

/* Row i, column j: (j + 1) * 2^(bits * i) * base. */
static bool points_make(const EC_GROUP *g,
                        const EC_POINT *base,
                        int bits,
                        EC_POINT **v,
                        BN_CTX *c)
{
    size_t half = HALF(bits), rows = (size_t)DIGITS(bits);
    for (size_t i = 0; i < rows * half; i++) {
        v[i] = EC_POINT_new(g);
        if (v[i] == NULL) {
            return false;
        }
        bool first = i % half == 0;
        bool ok =
            i == 0  ? EC_POINT_copy(v[i], base) == 1
            : first ? EC_POINT_dbl(g, v[i], v[i - 1], c) == 1
                    : EC_POINT_add(g, v[i], v[i - 1], v[i - i % half], c) == 1;
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* Z = SM3(bits of the id, id, a, b, generator, key): GB/T 32918.2, 5.5. */
static bool signer_digest(const struct bus_wire_sm2_tables *t,
                          const uint8_t point[BUS_WIRE_SM2_POINT],
                          uint8_t ret[BUS_WIRE_SM3_BYTES],
                          BN_CTX *c)
{
    enum { ID = 2 + sizeof(SM2_ID) - 1, TWO = 2 * SM2_SIZE };
    uint8_t text[ID + 3 * TWO], xy[1 + TWO];
    size_t bits = 8 * (sizeof(SM2_ID) - 1);
    BN_CTX_start(c);
    BIGNUM *a = BN_CTX_get(c), *b = BN_CTX_get(c);
    text[0] = (uint8_t)(bits >> 8);
    text[1] = (uint8_t)bits;
    memcpy(text + 2, SM2_ID, sizeof(SM2_ID) - 1);
    bool ok = b != NULL && EC_GROUP_get_curve(t->group, NULL, a, b, c) == 1 &&
              BN_bn2binpad(a, text + ID, SM2_SIZE) == SM2_SIZE &&
              BN_bn2binpad(b, text + ID + SM2_SIZE, SM2_SIZE) == SM2_SIZE &&
              EC_POINT_point2oct(t->group, EC_GROUP_get0_generator(t->group),
                                 POINT_CONVERSION_UNCOMPRESSED, xy, sizeof(xy),
                                 c) == sizeof(xy);
    BN_CTX_end(c);
    if (!ok) {
        return false;
    }
    memcpy(text + ID + TWO, xy + 1, TWO);
    memcpy(text + ID + 2 * TWO, point + 1, TWO);
    unsigned n = 0;
    return EVP_Digest(text, sizeof(text), ret, &n, t->sm3, NULL) == 1 &&
           n == BUS_WIRE_SM3_BYTES;
}

static void slot_free(struct sm2_slot *s)
{
    if (s != NULL) {
        points_free(s->multiples, KEY_POINTS);
        bus_free(s);
    }
}

/* NULL: no point of the curve, or no memory. */
static struct sm2_slot *slot_new(const struct bus_wire_sm2_tables *t,
                                 const uint8_t point[BUS_WIRE_SM2_POINT],
                                 BN_CTX *c)
{
    struct sm2_slot *s = bus_calloc(1, sizeof(*s));
    EC_POINT *p = EC_POINT_new(t->group);
    bool ok =
        s != NULL && p != NULL && point[0] == 4 &&
        EC_POINT_oct2point(t->group, p, point, BUS_WIRE_SM2_POINT, c) == 1 &&
        EC_POINT_is_at_infinity(t->group, p) == 0 &&
        signer_digest(t, point, s->z, c) &&
        points_make(t->group, p, KEY_BITS, s->multiples, c);
    EC_POINT_free(p);
    if (!ok) {
        slot_free(s);
        return NULL;
    }
    memcpy(s->point, point, BUS_WIRE_SM2_POINT);
    return s;
}

/* --- places; the lock is held --- */

static struct sm2_slot *slot_find(struct bus_wire_sm2_tables *t,
                                  const uint8_t point[BUS_WIRE_SM2_POINT],
                                  uint64_t now)
{
    for (size_t i = 0; i < BUS_WIRE_SM2_TABLES_MAX; i++) {
        struct sm2_slot *s = t->slots[i];
        if (s != NULL && memcmp(s->point, point, BUS_WIRE_SM2_POINT) == 0) {
            atomic_store_explicit(&s->last, now, memory_order_relaxed);
            return s;
        }
    }
    return NULL;
}

/* An empty one, or the one that was not asked for the longest; NULL: all are
 * in use. */
static struct sm2_slot **slot_place(struct bus_wire_sm2_tables *t, uint64_t now)
{
    struct sm2_slot **least = NULL;
    uint64_t before = UINT64_MAX;
    for (size_t i = 0; i < BUS_WIRE_SM2_TABLES_MAX; i++) {
        if (t->slots[i] == NULL) {
            return &t->slots[i];
        }
        uint64_t last =
            atomic_load_explicit(&t->slots[i]->last, memory_order_relaxed);
        if (last < before) {
            before = last;
            least = &t->slots[i];
        }
    }
    return now - before > FORGET_AFTER ? least : NULL;
}

static void slot_add(struct bus_wire_sm2_tables *t,
                     const uint8_t point[BUS_WIRE_SM2_POINT],
                     uint64_t now,
                     BN_CTX *c)
{
    struct sm2_slot **place =
        slot_find(t, point, now) == NULL ? slot_place(t, now) : NULL;
    struct sm2_slot *s = place != NULL ? slot_new(t, point, c) : NULL;
    if (s != NULL) {
        atomic_store_explicit(&s->last, now, memory_order_relaxed);
        slot_free(*place);
        *place = s;
    }
}

/* --- one verification --- */

/* Digits of k, the lowest first; k < 2^256. */
static size_t scalar_digits(const BIGNUM *k, int bits, int16_t ret[DIGITS_MAX])
{
    uint8_t le[SM2_SIZE + 2] = {0}; /* two more to read beyond */
    size_t n = (size_t)DIGITS(bits);
    int carry = 0, whole = 1 << bits;
    if (BN_bn2lebinpad(k, le, SM2_SIZE) != SM2_SIZE) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = i * (size_t)bits;
        unsigned two =
            at / 8 < SM2_SIZE ? le[at / 8] | (unsigned)le[at / 8 + 1] << 8 : 0;
        int d = (int)(two >> at % 8 & (unsigned)(whole - 1)) + carry;
        carry = d > whole / 2;
        ret[i] = (int16_t)(carry ? d - whole : d);
    }
    BUS_CHECK(carry == 0);
    return n;
}

/* sum += k * base, by base's table. */
static bool add_multiple(const EC_GROUP *g,
                         EC_POINT *sum,
                         EC_POINT *spare,
                         EC_POINT *const *table,
                         int bits,
                         const BIGNUM *k,
                         BN_CTX *c)
{
    int16_t digits[DIGITS_MAX];
    size_t n = scalar_digits(k, bits, digits), half = HALF(bits);
    bool ok = n > 0;
    for (size_t i = 0; ok && i < n; i++) {
        int d = digits[i];
        if (d > 0) {
            ok = EC_POINT_add(g, sum, sum, table[i * half + (size_t)d - 1],
                              c) == 1;
        } else if (d < 0) {
            ok = EC_POINT_copy(spare, table[i * half + (size_t)-d - 1]) == 1 &&
                 EC_POINT_invert(g, spare, c) == 1 &&
                 EC_POINT_add(g, sum, sum, spare, c) == 1;
        }
    }
    return ok;
}

/* Strictly: no byte beside it, and written in the one way. NULL: none. */
static ECDSA_SIG *signature_of(struct bus_strv der)
{
    const uint8_t *p = (const uint8_t *)der.p;
    uint8_t again[BUS_WIRE_SM2_MAX], *to = again;
    if (der.n == 0 || der.n > sizeof(again)) {
        return NULL;
    }
    ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
    if (s != NULL && i2d_ECDSA_SIG(s, NULL) == (int)der.n &&
        i2d_ECDSA_SIG(s, &to) == (int)der.n &&
        memcmp(again, der.p, der.n) == 0) {
        return s;
    }
    ECDSA_SIG_free(s);
    return NULL;
}

/* e = SM3(Z, text) */
static bool text_digest(const struct bus_wire_sm2_tables *t,
                        const struct sm2_slot *slot,
                        struct bus_strv text,
                        uint8_t ret[BUS_WIRE_SM3_BYTES])
{
    EVP_MD_CTX *m = EVP_MD_CTX_new();
    unsigned n = 0;
    bool ok = m != NULL && EVP_DigestInit_ex2(m, t->sm3, NULL) == 1 &&
              EVP_DigestUpdate(m, slot->z, sizeof(slot->z)) == 1 &&
              EVP_DigestUpdate(m, text.p, text.n) == 1 &&
              EVP_DigestFinal_ex(m, ret, &n) == 1 && n == BUS_WIRE_SM3_BYTES;
    EVP_MD_CTX_free(m);
    return ok;
}

static bool within_order(const struct bus_wire_sm2_tables *t, const BIGNUM *k)
{
    return !BN_is_negative(k) && !BN_is_zero(k) && BN_cmp(k, t->order) < 0;
}

/* GB/T 32918.2, 7.1: t = r + s is not 0, (x, y) = sG + tP, r = e + x; all of
 * the order. */
static bool equation_holds(const struct bus_wire_sm2_tables *t,
                           const struct sm2_slot *slot,
                           const ECDSA_SIG *sig,
                           const uint8_t digest[BUS_WIRE_SM3_BYTES],
                           BN_CTX *c)
{
    const EC_GROUP *g = t->group;
    const BIGNUM *r = ECDSA_SIG_get0_r(sig), *s = ECDSA_SIG_get0_s(sig);
    EC_POINT *sum = EC_POINT_new(g), *spare = EC_POINT_new(g);
    BN_CTX_start(c);
    BIGNUM *k = BN_CTX_get(c), *x = BN_CTX_get(c), *e = BN_CTX_get(c);
    bool ok = e != NULL && sum != NULL && spare != NULL && within_order(t, r) &&
              within_order(t, s) && BN_mod_add(k, r, s, t->order, c) == 1 &&
              !BN_is_zero(k) && EC_POINT_set_to_infinity(g, sum) == 1 &&
              add_multiple(g, sum, spare, t->generator, GENERATOR_BITS, s, c) &&
              add_multiple(g, sum, spare, slot->multiples, KEY_BITS, k, c) &&
              EC_POINT_is_at_infinity(g, sum) == 0 &&
              EC_POINT_get_affine_coordinates(g, sum, x, NULL, c) == 1 &&
              BN_bin2bn(digest, BUS_WIRE_SM3_BYTES, e) != NULL &&
              BN_mod_add(e, e, x, t->order, c) == 1 && BN_cmp(e, r) == 0;
    BN_CTX_end(c);
    EC_POINT_free(sum);
    EC_POINT_free(spare);
    return ok;
}

static bool slot_verify(const struct bus_wire_sm2_tables *t,
                        const struct sm2_slot *slot,
                        struct bus_strv text,
                        struct bus_strv der,
                        BN_CTX *c)
{
    uint8_t digest[BUS_WIRE_SM3_BYTES];
    ECDSA_SIG *sig = signature_of(der);
    bool ok = sig != NULL && text_digest(t, slot, text, digest) &&
              equation_holds(t, slot, sig, digest, c);
    ECDSA_SIG_free(sig);
    return ok;
}

/* Without a table. */
static bool plain_verify(const uint8_t point[BUS_WIRE_SM2_POINT],
                         struct bus_strv text,
                         struct bus_strv der)
{
    struct bus_wire_signature s = {.n = der.n};
    struct bus_err ignored;
    if (der.n == 0 || der.n > sizeof(s.der)) {
        return false;
    }
    memcpy(s.der, der.p, der.n);
    return bus_wire_sm2_point_verify(point, text, &s, &ignored) == BUS_OK;
}

static bool tables_verify(struct bus_wire_sm2_tables *t,
                          const uint8_t point[BUS_WIRE_SM2_POINT],
                          struct bus_strv text,
                          struct bus_strv der,
                          BN_CTX *c)
{
    uint64_t now = atomic_fetch_add(&t->asked, 1) + 1;
    BUS_CHECK(pthread_rwlock_rdlock(&t->lock) == 0);
    struct sm2_slot *s = slot_find(t, point, now);
    if (s == NULL) {
        BUS_CHECK(pthread_rwlock_unlock(&t->lock) == 0);
        BUS_CHECK(pthread_rwlock_wrlock(&t->lock) == 0);
        slot_add(t, point, now, c);
        BUS_CHECK(pthread_rwlock_unlock(&t->lock) == 0);
        BUS_CHECK(pthread_rwlock_rdlock(&t->lock) == 0);
        s = slot_find(t, point, now);
    }
    bool ok = s != NULL ? slot_verify(t, s, text, der, c)
                        : plain_verify(point, text, der);
    BUS_CHECK(pthread_rwlock_unlock(&t->lock) == 0);
    return ok;
}

static uint64_t thread_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int bus_wire_sm2_tables_verify(struct bus_wire_sm2_tables *t,
                               const uint8_t point[BUS_WIRE_SM2_POINT],
                               struct bus_strv text,
                               struct bus_strv der,
                               struct bus_err *err)
{
    BUS_CHECK(t != NULL && point != NULL);
    uint64_t from = thread_ns();
    BN_CTX *c = BN_CTX_new();
    bool ok = c != NULL && tables_verify(t, point, text, der, c);
    BN_CTX_free(c);
    ERR_clear_error();
    (void)atomic_fetch_add(&t->cpu_ns, thread_ns() - from);
    return ok ? BUS_OK
              : bus_fail(err, BUS_ECRYPT,
                         "the signature does not fit what was signed / "
                         "签名与内容不符");
}

struct bus_wire_sm2_cost
bus_wire_sm2_tables_cost(const struct bus_wire_sm2_tables *t)
{
    BUS_CHECK(t != NULL);
    return (struct bus_wire_sm2_cost){atomic_load(&t->asked),
                                      atomic_load(&t->cpu_ns)};
}

int bus_wire_sm2_tables_new(struct bus_wire_sm2_tables **ret,
                            struct bus_err *err)
{
    struct bus_wire_sm2_tables *t = bus_calloc(1, sizeof(*t));
    BN_CTX *c = BN_CTX_new();
    if (t == NULL || c == NULL) {
        BN_CTX_free(c);
        bus_free(t);
        return bus_fail(err, BUS_ENOMEM, "tables of keys");
    }
    BUS_CHECK(pthread_rwlock_init(&t->lock, NULL) == 0);
    t->group = EC_GROUP_new_by_curve_name(NID_sm2);
    t->sm3 = EVP_MD_fetch(NULL, "SM3", NULL);
    bool ok = t->group != NULL && t->sm3 != NULL &&
              points_make(t->group, EC_GROUP_get0_generator(t->group),
                          GENERATOR_BITS, t->generator, c);
    t->order = t->group != NULL ? EC_GROUP_get0_order(t->group) : NULL;
    BN_CTX_free(c);
    ERR_clear_error();
    if (!ok) {
        bus_wire_sm2_tables_free(t);
        return bus_fail(err, BUS_EBUG, "this OpenSSL has no SM2");
    }
    *ret = t;
    return BUS_OK;
}

void bus_wire_sm2_tables_free(struct bus_wire_sm2_tables *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < BUS_WIRE_SM2_TABLES_MAX; i++) {
        slot_free(t->slots[i]);
    }
    points_free(t->generator, GENERATOR_POINT);
    EC_GROUP_free(t->group);
    EVP_MD_free(t->sm3);
    BUS_CHECK(pthread_rwlock_destroy(&t->lock) == 0);
    bus_free(t);
}
