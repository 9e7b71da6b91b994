/* Requests that a system signs: its own count once, all others never. */
#include "tests/lib/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/base/hex.h"
#include "bus/wire/signed.h"

#define NOW INT64_C(1795600000000)

static char ring_path[] = "/tmp/lianou-callers-XXXXXX";
static struct bus_wire_keyring *ring;
static struct bus_wire_signed_seen *seen;

static int opened(void **state)
{
    static const char lines[] =
        "7 callcentre "
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
        "8 MZ "
        "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    struct bus_err err;
    (void)state;
    int fd = mkstemp(ring_path);
    if (fd < 0 || write(fd, lines, strlen(lines)) != (ssize_t)strlen(lines)) {
        return -1;
    }
    (void)close(fd);
    return bus_wire_keyring_open(ring_path, &ring, &err) != BUS_OK ||
           bus_wire_signed_seen_new(&seen, &err) != BUS_OK;
}

static int closed(void **state)
{
    (void)state;
    bus_wire_keyring_free(ring);
    bus_wire_signed_seen_free(seen);
    return unlink(ring_path);
}

struct asked
{
    struct bus_wire_signed_request rq;
    char date[BUS_TIME_TEXT + 1], authorization[512];
};

/* A request signed with the callcentre's key, as the page says. */
static void sign_request(struct asked *a, int64_t at_ms, const char *nonce)
{
    uint8_t hash[BUS_WIRE_SHA256_BYTES];
    char hex[2 * BUS_WIRE_SHA256_BYTES + 1];
    *a = (struct asked){.rq = {.method = BUS_STRV("POST"),
                               .path = BUS_STRV("/v1/applications"),
                               .body = BUS_STRV("{}")}};
    (void)bus_time_text(at_ms, a->date);
    a->rq.date = bus_strv(a->date);
    /* SHA-256 of {} */
    static const char digest[] = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe7"
                                 "7e8310c060f61caaff8a\n";
    const struct bus_strv lines[] = {
        BUS_STRV("LIANOU-HMAC-SHA256\nPOST\n/v1/applications\n"),
        a->rq.date,
        BUS_STRV("\n"),
        bus_strv(nonce),
        BUS_STRV("\n"),
        bus_strv(digest)};
    assert_true(
        bus_wire_keyring_hmac(ring, BUS_STRV("callcentre"), 7, lines, 6, hash));
    for (int i = 0; i < BUS_WIRE_SHA256_BYTES; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
    (void)snprintf(a->authorization, sizeof(a->authorization),
                   "Lianou-HMAC-SHA256 system=callcentre, key=7, nonce=%s, "
                   "signature=%s",
                   nonce, hex);
    a->rq.authorization = bus_strv(a->authorization);
}

static int verdict(struct asked *a)
{
    char name[BUS_WIRE_SIGNED_NAME + 1];
    struct bus_err err;
    int rc = bus_wire_signed_verify(&a->rq, ring, NOW, seen, name, &err);
    assert_true(rc != BUS_OK || strcmp(name, "callcentre") == 0);
    return rc;
}

static void counts_once(void **state)
{
    struct asked a;
    (void)state;
    sign_request(&a, NOW, "nonce-0001");
    assert_int_equal(verdict(&a), BUS_OK);
    assert_int_equal(verdict(&a), BUS_EDENIED);
    sign_request(&a, NOW, "nonce-0002");
    assert_int_equal(verdict(&a), BUS_OK);
}

static void within_five_minutes(void **state)
{
    static const int64_t off[] = {-300001, -300000, 300000, 300001};
    struct asked a;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        sign_request(&a, NOW + off[i], "nonce-0003");
        assert_int_equal(verdict(&a), i == 1 || i == 2 ? BUS_OK : BUS_EDENIED);
    }
}

/* Whatever of it is changed. */
static void nothing_else_counts(void **state)
{
    struct asked a;
    (void)state;
    sign_request(&a, NOW, "nonce-0004");
    a.rq.method = BUS_STRV("GET");
    assert_int_equal(verdict(&a), BUS_EDENIED);
    sign_request(&a, NOW, "nonce-0004");
    a.rq.path = BUS_STRV("/v1/application");
    assert_int_equal(verdict(&a), BUS_EDENIED);
    sign_request(&a, NOW, "nonce-0004");
    a.rq.body = BUS_STRV("{ }");
    assert_int_equal(verdict(&a), BUS_EDENIED);
    size_t n = strlen(a.authorization);
    for (size_t i = strlen("Lianou-HMAC-SHA256 "); i < n; i++) {
        sign_request(&a, NOW, "nonce-0004");
        a.authorization[i] ^= 1;
        assert_int_not_equal(verdict(&a), BUS_OK);
        sign_request(&a, NOW, "nonce-0004");
        a.rq.authorization.n = i; /* cut */
        assert_int_not_equal(verdict(&a), BUS_OK);
    }
    sign_request(&a, NOW, "nonce-0004");
    assert_int_equal(verdict(&a), BUS_OK);
}

static void keys_are_their_own(void **state)
{
    uint8_t hash[BUS_WIRE_SHA256_BYTES];
    struct bus_strv text = BUS_STRV("x");
    (void)state;
    assert_true(bus_wire_keyring_hmac(ring, BUS_STRV("MZ"), 8, &text, 1, hash));
    assert_false(
        bus_wire_keyring_hmac(ring, BUS_STRV("MZ"), 7, &text, 1, hash));
    assert_false(
        bus_wire_keyring_hmac(ring, BUS_STRV("RS"), 8, &text, 1, hash));
}

/* What we sign ourselves is what we take, and nothing else of it. */
static void ours_is_taken(void **state)
{
    char authorization[BUS_WIRE_SIGNED_HEADER], date[BUS_WIRE_SIGNED_HEADER];
    char who[BUS_WIRE_SIGNED_NAME + 1];
    struct bus_err err;
    struct bus_wire_signed_request rq = {.method = BUS_STRV("POST"),
                                         .path = BUS_STRV("/v1/progress"),
                                         .body = BUS_STRV("{\"a\":1}")};
    (void)state;
    assert_int_equal(
        bus_wire_signed_make(&rq, ring, "MZ", NOW, authorization, date, &err),
        BUS_OK);
    rq.authorization = bus_strv(authorization);
    rq.date = bus_strv(date);
    struct bus_wire_signed_request other = rq;
    other.body = BUS_STRV("{\"a\":2}");
    assert_int_equal(bus_wire_signed_verify(&other, ring, NOW, seen, who, &err),
                     BUS_EDENIED);
    other = rq;
    other.path = BUS_STRV("/v1/applications");
    assert_int_equal(bus_wire_signed_verify(&other, ring, NOW, seen, who, &err),
                     BUS_EDENIED);
    assert_int_equal(bus_wire_signed_verify(&rq, ring, NOW, seen, who, &err),
                     BUS_OK);
    assert_string_equal(who, "MZ");
    assert_int_equal(bus_wire_signed_verify(&rq, ring, NOW, seen, who, &err),
                     BUS_EDENIED); /* once */
    assert_int_equal(bus_wire_signed_make(&rq, ring, "nobody", NOW,
                                          authorization, date, &err),
                     BUS_ECONFIG);
}

/* The same six lines under SM2, as a partner holds them against our point. */
static void by_sm2(void **state)
{
    char folder[] = "/tmp/lianou-signed-XXXXXX", file[64], lines[512];
    char authorization[BUS_WIRE_SIGNED_HEADER], date[BUS_WIRE_SIGNED_HEADER];
    char name[BUS_WIRE_SM2_NAME + 1], nonce[65], hex[2 * BUS_WIRE_SM2_MAX + 1];
    char said[BUS_WIRE_SM2_NAME + 1];
    uint8_t point[BUS_WIRE_SM2_POINT];
    struct bus_wire_signature signature = {.n = 0};
    struct bus_wire_sm2_key *key = NULL;
    struct bus_err err;
    const struct bus_wire_signed_request rq = {.method = BUS_STRV("POST"),
                                               .path = BUS_STRV("/in"),
                                               .body = BUS_STRV("{}")};
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(file, sizeof(file), "%s/a.key", folder);
    assert_int_equal(bus_wire_sm2_keygen(file, point, &err), BUS_OK);
    assert_int_equal(bus_wire_sm2_key_open(file, &key, &err), BUS_OK);
    assert_int_equal(bus_wire_signed_sm2(&rq, key,
                                         "a-system-of-thirty-two-letters-x",
                                         NOW, authorization, date, &err),
                     BUS_OK);
    assert_int_equal(sscanf(authorization,
                            "Lianou-SM2 system=a-system-of-thirty-two-letters-x"
                            ", key=%16[^,], nonce=%64[^,], signature=%256s",
                            said, nonce, hex),
                     3);
    assert_int_equal(bus_wire_sm2_point_name(point, name, &err), BUS_OK);
    assert_string_equal(said, name);
    signature.n = strlen(hex) / 2;
    assert_true(bus_hex_read(bus_strv(hex), signature.der, signature.n));
    (void)snprintf(lines, sizeof(lines),
                   "LIANOU-SM2\nPOST\n/in\n%s\n%s\n"
                   "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61ca"
                   "aff8a\n",
                   date, nonce);
    assert_int_equal(
        bus_wire_sm2_point_verify(point, bus_strv(lines), &signature, &err),
        BUS_OK);
    lines[12] = 'X';
    assert_int_equal(
        bus_wire_sm2_point_verify(point, bus_strv(lines), &signature, &err),
        BUS_ECRYPT);
    bus_wire_sm2_key_free(key);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_once),
        cmocka_unit_test(within_five_minutes),
        cmocka_unit_test(nothing_else_counts),
        cmocka_unit_test(keys_are_their_own),
        cmocka_unit_test(ours_is_taken),
        cmocka_unit_test(by_sm2),
    };
    return cmocka_run_group_tests(tests, opened, closed);
}
