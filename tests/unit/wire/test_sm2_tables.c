/* Verifying by tables of multiples is the plain verification, of what is right
 * and of what is wrong in every way; OpenSSL's own is the oracle. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/wire/sm2_tables.h"
#include "tests/lib/check.h"

/* GB/T 32918.5-2017, annex A, and the curve's generator. */
#define EXAMPLE_POINT                                                    \
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020" \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define EXAMPLE_DER                                                     \
    "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7ea" \
    "ceee720b3022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d484" \
    "0b69c485bbc1aa"
#define GENERATOR                                                        \
    "0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7" \
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
#define ORDER "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"

static char key_file[] = "/tmp/lianou-tables-XXXXXX";
static struct bus_wire_sm2_tables *tables;

struct signer
{
    struct bus_wire_sm2_key *key;
    uint8_t point[BUS_WIRE_SM2_POINT];
};

static void signer_make(struct signer *ret)
{
    struct bus_err err;
    (void)unlink(key_file);
    assert_int_equal(bus_wire_sm2_keygen(key_file, ret->point, &err), BUS_OK);
    assert_int_equal(bus_wire_sm2_key_open(key_file, &ret->key, &err), BUS_OK);
    (void)unlink(key_file);
}

static size_t from_hex(const char *hex, uint8_t *to)
{
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        to[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    return n;
}

static bool by_tables(const uint8_t *point,
                      struct bus_strv text,
                      const uint8_t *der,
                      size_t n)
{
    struct bus_err err;
    int rc = bus_wire_sm2_tables_verify(
        tables, point, text, (struct bus_strv){(const char *)der, n}, &err);
    assert_true(rc == BUS_OK || rc == BUS_ECRYPT);
    return rc == BUS_OK;
}

/* Both say the same, and this. */
static void both_say(bool yes,
                     const uint8_t *point,
                     struct bus_strv text,
                     const uint8_t *der,
                     size_t n)
{
    struct bus_wire_signature s = {.n = n};
    struct bus_err err;
    assert_true(n <= sizeof(s.der));
    memcpy(s.der, der, n);
    assert_int_equal(bus_wire_sm2_point_verify(point, text, &s, &err),
                     yes ? BUS_OK : BUS_ECRYPT);
    assert_int_equal(by_tables(point, text, der, n), yes);
}

static int open_tables(void **state)
{
    struct bus_err err;
    (void)state;
    int fd = mkstemp(key_file);
    return fd < 0 || close(fd) != 0 ? -1
                                    : bus_wire_sm2_tables_new(&tables, &err);
}

static int close_tables(void **state)
{
    (void)state;
    bus_wire_sm2_tables_free(tables);
    bus_wire_sm2_tables_free(NULL);
    return 0;
}

static void the_standards_example(void **state)
{
    (void)state;
    uint8_t point[BUS_WIRE_SM2_POINT], der[BUS_WIRE_SM2_MAX + 1];
    assert_int_equal(from_hex(EXAMPLE_POINT, point), sizeof(point));
    size_t n = from_hex(EXAMPLE_DER, der);
    struct bus_strv text = BUS_STRV("message digest");
    both_say(true, point, text, der, n);
    both_say(false, point, BUS_STRV("message digesu"), der, n);
    both_say(false, point, BUS_STRV(""), der, n);
    for (size_t i = 0; i < n; i++) { /* no byte of it may be another */
        der[i] ^= 1;
        both_say(false, point, text, der, n);
        der[i] ^= 1;
    }
    for (size_t less = 0; less < n; less++) {
        both_say(false, point, text, der, less);
    }
    der[n] = 0;
    both_say(false, point, text, der, n + 1);
    assert_false(by_tables(point, text, der, sizeof(der)));
    for (size_t i = 0; i < sizeof(point); i++) { /* beside the curve */
        point[i] ^= 1;
        both_say(false, point, text, der, n);
        point[i] ^= 1;
    }
    both_say(true, point, text, der, n);
}

/* Positions of r and s in a DER of two numbers; big enough for what is put. */
static size_t der_of(const uint8_t r[33], const uint8_t s[33], uint8_t *ret)
{
    const uint8_t *v[2] = {r, s};
    uint8_t *p = ret + 2;
    for (int i = 0; i < 2; i++) {
        size_t from = 0;
        while (from < 32 && v[i][from] == 0 && (v[i][from + 1] & 0x80) == 0) {
            from++;
        }
        *p++ = 2;
        *p++ = (uint8_t)(33 - from);
        memcpy(p, v[i] + from, 33 - from);
        p += 33 - from;
    }
    ret[0] = 0x30;
    ret[1] = (uint8_t)(p - ret - 2);
    return (size_t)(p - ret);
}

/* Its number at *at, in 33 bytes; *at goes on. */
static void number_of(const uint8_t *der, size_t *at, uint8_t ret[33])
{
    size_t n = der[*at + 1];
    memset(ret, 0, 33);
    memcpy(ret + 33 - n, der + *at + 2, n);
    *at += 2 + n;
}

/* 33 bytes: ret = a + sign * b. */
static void
added(const uint8_t a[33], int sign, const uint8_t b[33], uint8_t ret[33])
{
    int carry = 0;
    for (int i = 32; i >= 0; i--) {
        int v = a[i] + sign * b[i] + carry;
        ret[i] = (uint8_t)(v & 0xff);
        carry = v < 0 ? -1 : v > 0xff;
    }
}

static void numbers_out_of_their_bounds(void **state)
{
    (void)state;
    struct signer k;
    struct bus_wire_signature made;
    struct bus_err err;
    struct bus_strv text = BUS_STRV("text");
    uint8_t n[33] = {0}, r[33], s[33], x[33], der[BUS_WIRE_SM2_MAX];
    static const uint8_t zero[33];
    uint8_t one[33] = {[32] = 1}, minus[33];
    (void)from_hex(ORDER, n + 1);
    signer_make(&k);
    assert_int_equal(bus_wire_sm2_key_sign(k.key, text, &made, &err), BUS_OK);
    size_t at = 2;
    number_of(made.der, &at, r);
    number_of(made.der, &at, s);
    assert_int_equal(at, made.n);
    assert_int_equal(der_of(r, s, der), made.n);
    assert_memory_equal(der, made.der, made.n);
    both_say(true, k.point, text, der, made.n);
    added(n, -1, one, minus);
    const uint8_t *odd[] = {zero, one, n, minus, r, s};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        both_say(odd[i] == r, k.point, text, der, der_of(odd[i], s, der));
        both_say(odd[i] == s, k.point, text, der, der_of(r, odd[i], der));
        both_say(false, k.point, text, der, der_of(odd[i], odd[i], der));
    }
    added(r, 1, n, x); /* the same of the order, and not the same number */
    both_say(false, k.point, text, der, der_of(x, s, der));
    added(s, 1, n, x);
    both_say(false, k.point, text, der, der_of(r, x, der));
    added(n, -1, r, x);
    both_say(false, k.point, text, der, der_of(r, x, der)); /* t = 0 */
    both_say(false, k.point, text, der, der_of(x, s, der));
    both_say(false, k.point, text, der, der_of(s, r, der));
    bus_wire_sm2_key_free(k.key);
}

static void the_generator_as_a_key(void **state)
{
    (void)state;
    uint8_t point[BUS_WIRE_SM2_POINT], der[BUS_WIRE_SM2_MAX];
    uint8_t a[33] = {0}, b[33] = {0};
    (void)from_hex(GENERATOR, point);
    for (uint8_t i = 1; i < 40; i++) { /* sums that meet the tables' points */
        a[32] = i;
        b[32] = (uint8_t)(64 - i);
        both_say(false, point, BUS_STRV("text"), der, der_of(a, b, der));
        both_say(false, point, BUS_STRV("text"), der, der_of(b, a, der));
    }
    memset(a + 1, 0xff, 32); /* above the order */
    both_say(false, point, BUS_STRV("text"), der, der_of(a, b, der));
}

static void many_texts(void **state)
{
    (void)state;
    struct signer k[3];
    struct bus_wire_signature s;
    struct bus_err err;
    char text[200];
    for (int i = 0; i < 3; i++) {
        signer_make(&k[i]);
    }
    for (int i = 0; i < 240; i++) {
        size_t n = (size_t)i % sizeof(text);
        memset(text, 'a' + i % 26, sizeof(text));
        struct bus_strv signed_text = {text, n};
        assert_int_equal(
            bus_wire_sm2_key_sign(k[i % 3].key, signed_text, &s, &err), BUS_OK);
        both_say(true, k[i % 3].point, signed_text, s.der, s.n);
        both_say(false, k[(i + 1) % 3].point, signed_text, s.der, s.n);
        s.der[5 + i % 60] ^= (uint8_t)(1 << i % 8);
        both_say(false, k[i % 3].point, signed_text, s.der, s.n);
    }
    for (int i = 0; i < 3; i++) {
        bus_wire_sm2_key_free(k[i].key);
    }
}

/* More keys than places: every one is judged alike, with a table or without;
 * one that comes late gets the place of one that comes no more. */
static void more_keys_than_places(void **state)
{
    (void)state;
    enum { KEYS = BUS_WIRE_SM2_TABLES_MAX + 4 };
    static struct signer k[KEYS];
    static struct bus_wire_signature s[KEYS];
    struct bus_err err;
    struct bus_strv text = BUS_STRV("text");
    for (int i = 0; i < KEYS; i++) {
        signer_make(&k[i]);
        assert_int_equal(bus_wire_sm2_key_sign(k[i].key, text, &s[i], &err),
                         BUS_OK);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < KEYS; i++) {
            both_say(true, k[i].point, text, s[i].der, s[i].n);
            both_say(false, k[i].point, text, s[(i + 1) % KEYS].der,
                     s[(i + 1) % KEYS].n);
        }
    }
    struct bus_wire_sm2_cost before = bus_wire_sm2_tables_cost(tables);
    for (int i = 0; i < 3000; i++) {
        assert_true(
            by_tables(k[KEYS - 1].point, text, s[KEYS - 1].der, s[KEYS - 1].n));
    }
    struct bus_wire_sm2_cost after = bus_wire_sm2_tables_cost(tables);
    assert_int_equal(after.verified - before.verified, 3000);
    assert_true(after.cpu_ns > before.cpu_ns);
    for (int i = 0; i < KEYS; i++) {
        assert_true(by_tables(k[i].point, text, s[i].der, s[i].n));
        bus_wire_sm2_key_free(k[i].key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_example),
        cmocka_unit_test(numbers_out_of_their_bounds),
        cmocka_unit_test(the_generator_as_a_key),
        cmocka_unit_test(many_texts),
        cmocka_unit_test(more_keys_than_places),
    };
    return cmocka_run_group_tests(tests, open_tables, close_tables);
}
