/* SM2 and SM3: the standard's own example, keys and their files, and every way
 * of being refused. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/wire/sign.h"
#include "tests/lib/check.h"

/* GB/T 32918.5-2017, annex A: id 1234567812345678. */
#define EXAMPLE_X \
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
#define EXAMPLE_Y \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define EXAMPLE_R \
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
#define EXAMPLE_S \
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"

static char folder[] = "/tmp/lianou-sign-XXXXXX";

static const char *at(const char *name)
{
    static char path[4][128];
    static unsigned next;
    char *p = path[next++ % 4];
    (void)snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
    return p;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(at(name), "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
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

static void the_standards_example_verifies(void **state)
{
    (void)state;
    struct bus_err err;
    uint8_t point[BUS_WIRE_SM2_POINT];
    struct bus_wire_signature s = {0};
    s.n = from_hex("3046022100" EXAMPLE_R "022100" EXAMPLE_S, s.der);
    assert_int_equal(bus_wire_sm2_point_parse(
                         BUS_STRV("04" EXAMPLE_X EXAMPLE_Y), point, &err),
                     BUS_OK);
    assert_int_equal(
        bus_wire_sm2_point_verify(point, BUS_STRV("message digest"), &s, &err),
        BUS_OK);
    assert_int_equal(
        bus_wire_sm2_point_verify(point, BUS_STRV("message digesu"), &s, &err),
        BUS_ECRYPT);
    for (size_t i = 0; i < s.n; i++) { /* no byte of it may be another */
        s.der[i] ^= 1;
        assert_int_equal(bus_wire_sm2_point_verify(
                             point, BUS_STRV("message digest"), &s, &err),
                         BUS_ECRYPT);
        s.der[i] ^= 1;
    }
    s.n++; /* nor one more stand behind it */
    assert_int_equal(
        bus_wire_sm2_point_verify(point, BUS_STRV("message digest"), &s, &err),
        BUS_ECRYPT);
    s.n = 0;
    assert_int_equal(
        bus_wire_sm2_point_verify(point, BUS_STRV("message digest"), &s, &err),
        BUS_ECRYPT);
    uint8_t sm3[BUS_WIRE_SM3_BYTES], want[BUS_WIRE_SM3_BYTES];
    (void)from_hex(/* GB/T 32905-2016, annex A.1 */
                   "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4"
                   "ba8e0",
                   want);
    assert_int_equal(bus_wire_sm3(BUS_STRV("abc"), sm3, &err), BUS_OK);
    assert_memory_equal(sm3, want, sizeof(sm3));
}

static void what_a_key_signs_only_it_vouches_for(void **state)
{
    (void)state;
    struct bus_err err;
    uint8_t ours[BUS_WIRE_SM2_POINT], theirs[BUS_WIRE_SM2_POINT];
    char hex[BUS_WIRE_SM2_HEX + 1], name[BUS_WIRE_SM2_NAME + 1];
    struct bus_wire_signature s;
    struct bus_wire_sm2_key *k = NULL;
    struct stat st;
    assert_int_equal(bus_wire_sm2_keygen(at("ours.pem"), ours, &err), BUS_OK);
    assert_int_equal(bus_wire_sm2_keygen(at("theirs.pem"), theirs, &err),
                     BUS_OK);
    assert_int_equal(stat(at("ours.pem"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_memory_not_equal(ours, theirs, sizeof(ours));
    assert_int_equal(bus_wire_sm2_key_open(at("ours.pem"), &k, &err), BUS_OK);
    assert_memory_equal(bus_wire_sm2_key_point(k), ours, sizeof(ours));
    assert_int_equal(bus_wire_sm2_key_sign(k, BUS_STRV("text"), &s, &err),
                     BUS_OK);
    bus_wire_sm2_key_free(k);
    bus_wire_sm2_key_free(NULL);
    assert_int_equal(bus_wire_sm2_point_name(ours, name, &err), BUS_OK);
    assert_string_equal(s.signer, name);
    assert_int_equal(
        bus_wire_sm2_point_verify(ours, BUS_STRV("text"), &s, &err), BUS_OK);
    assert_int_equal(
        bus_wire_sm2_point_verify(theirs, BUS_STRV("text"), &s, &err),
        BUS_ECRYPT);
    assert_non_null(strstr(err.msg, name));
    s.signer[0] = '\0'; /* it does not tell: the mathematics does */
    assert_int_equal(
        bus_wire_sm2_point_verify(theirs, BUS_STRV("text"), &s, &err),
        BUS_ECRYPT);
    assert_int_equal(
        bus_wire_sm2_point_verify(ours, BUS_STRV("text"), &s, &err), BUS_OK);
    bus_wire_sm2_point_hex(ours, hex);
    put("ours.pub", hex);
    assert_int_equal(bus_wire_sm2_point_read(at("ours.pub"), theirs, &err),
                     BUS_OK);
    assert_memory_equal(ours, theirs, sizeof(ours));
}

static void keys_that_are_none_are_refused(void **state)
{
    (void)state;
    struct bus_err err;
    struct bus_wire_sm2_key *k = NULL;
    uint8_t point[BUS_WIRE_SM2_POINT];
    static const char *const points[] = {
        "", "04", "04" EXAMPLE_X, "04" EXAMPLE_X EXAMPLE_Y "0",
        "03" EXAMPLE_X EXAMPLE_Y,
        "04" EXAMPLE_Y EXAMPLE_X, /* beside the curve */
        "04" EXAMPLE_X
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        /* P-256, not SM2 */
        "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
        "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
        "-----END PUBLIC KEY-----\n"};
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        if (bus_wire_sm2_point_parse(bus_strv(points[i]), point, &err) !=
            BUS_EPARSE) {
            fail_msg("'%s' is taken for a key", points[i]);
        }
        assert_non_null(strstr(err.msg, "公钥"));
    }
    assert_int_equal(bus_wire_sm2_keygen(at("k.pem"), point, &err), BUS_OK);
    assert_int_equal(bus_wire_sm2_keygen(at("k.pem"), point, &err),
                     BUS_ECONFIG);
    assert_non_null(strstr(err.msg, "never written over"));
    assert_int_equal(bus_wire_sm2_keygen(at("no/k.pem"), point, &err),
                     BUS_ECONFIG);
    static const mode_t open_to[] = {0640, 0604, 0660, 0644};
    for (size_t i = 0; i < sizeof(open_to) / sizeof(open_to[0]); i++) {
        assert_int_equal(chmod(at("k.pem"), open_to[i]), 0);
        assert_int_equal(bus_wire_sm2_key_open(at("k.pem"), &k, &err),
                         BUS_ECONFIG);
        assert_non_null(strstr(err.msg, "chmod 600"));
    }
    assert_int_equal(bus_wire_sm2_key_open(at("absent"), &k, &err),
                     BUS_ECONFIG);
    assert_int_equal(bus_wire_sm2_key_open(folder, &k, &err), BUS_ECONFIG);
    put("text", "no key\n");
    assert_int_equal(chmod(at("text"), 0600), 0);
    assert_int_equal(bus_wire_sm2_key_open(at("text"), &k, &err), BUS_ECONFIG);
    assert_non_null(strstr(err.msg, "seal keygen"));
    assert_int_equal(bus_wire_sm2_point_read(at("text"), point, &err),
                     BUS_ECONFIG);
    assert_non_null(strstr(err.msg, at("text")));
    assert_null(k);
}

static int open_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"ours.pem", "theirs.pem", "ours.pub",
                                        "k.pem", "text"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)unlink(at(names[i]));
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_example_verifies),
        cmocka_unit_test(what_a_key_signs_only_it_vouches_for),
        cmocka_unit_test(keys_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
