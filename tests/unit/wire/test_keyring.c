/* Keyrings: what a line may be, who can seal, open and sum with which, and
 * sealed fields of either form. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/hex.h"
#include "bus/wire/hpke.h"
#include "bus/wire/keyring.h"
#include "tests/lib/check.h"

#define ONE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define TWO "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
/* RFC 9180, A.1.1: recipient. */
#define PRIVATE \
    "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"
#define PUBLIC \
    "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"

static struct bus_err err;
static struct bus_arena mem;
static struct bus_id event = {{7, 7, 7}};
static const struct bus_wire_binding bound = {"assignment", "personal", &event};

static int opened(const char *text, mode_t mode, struct bus_wire_keyring **ret)
{
    char path[] = "/tmp/lianou-ring-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    int rc = bus_wire_keyring_open(path, ret, &err);
    (void)close(fd);
    (void)unlink(path);
    return rc;
}

static struct bus_wire_keyring *ring_of(const char *text)
{
    struct bus_wire_keyring *k = NULL;
    assert_int_equal(opened(text, 0600, &k), BUS_OK);
    return k;
}

static struct bus_strv
sealed_for(struct bus_wire_keyring *k, const char *owner, const char *plain)
{
    struct bus_strv sealed;
    assert_int_equal(bus_wire_seal(k, bus_strv(owner), &bound, bus_strv(plain),
                                   &mem, &sealed, &err),
                     BUS_OK);
    return sealed;
}

static void what_a_line_may_be(void **state)
{
    (void)state;
    static const struct
    {
        const char *text;
        int rc;
    } cases[] = {
        {"# none\n\n", BUS_OK},
        {"7 MZ " ONE, BUS_OK},
        {"7 MZ aes-256-gcm " ONE, BUS_OK},
        {"7 MZ x25519-public " PUBLIC "\n8 bus sums " TWO "\n", BUS_OK},
        {"7 MZ x25519-private " PRIVATE, BUS_OK},
        {"7 MZ x25519 " ONE, BUS_ECONFIG},
        {"7 MZ sums", BUS_ECONFIG},
        {"7 MZ sums 0011", BUS_ECONFIG},
        {"7 MZ sums " ONE " more", BUS_ECONFIG},
        {"7 MZ " ONE " " ONE, BUS_ECONFIG},
        {"0 MZ " ONE, BUS_ECONFIG},
        {"4294967296 MZ " ONE, BUS_ECONFIG},
        {"7 MZ x25519-private " PRIVATE "\n7 bus sums " ONE, BUS_ECONFIG},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bus_wire_keyring *k = NULL;
        assert_int_equal(opened(cases[i].text, 0600, &k), cases[i].rc);
        bus_wire_keyring_free(k);
    }
    struct bus_wire_keyring *k = NULL;
    assert_int_equal(opened("7 MZ " ONE, 0640, &k), BUS_ECONFIG);
    assert_non_null(strstr(err.msg, "chmod 600"));
}

static void who_can_do_what(void **state)
{
    (void)state;
    struct bus_wire_keyring *k =
        ring_of("1 bus x25519-public " PUBLIC "\n2 MZ x25519-private " PRIVATE
                "\n3 dispatch sums " ONE "\n4 RS " TWO "\n");
    static const struct
    {
        const char *owner;
        bool seals, opens, sums;
    } want[] = {{"bus", true, false, false},
                {"MZ", true, true, false},
                {"dispatch", false, false, true},
                {"RS", true, true, true},
                {"GA", false, false, false}};
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct bus_strv owner = bus_strv(want[i].owner);
        assert_int_equal(bus_wire_keyring_seals(k, owner), want[i].seals);
        assert_int_equal(bus_wire_keyring_opens(k, owner), want[i].opens);
        assert_int_equal(bus_wire_keyring_sums(k, owner), want[i].sums);
    }
    assert_int_equal(bus_wire_keyring_count(k), 4);
    assert_true(bus_strv_is(bus_wire_keyring_at(k, 2).owner, "dispatch"));
    assert_int_equal(bus_wire_keyring_at(k, 0).kind,
                     BUS_WIRE_KEY_X25519_PUBLIC);
    struct bus_strv sealed;
    assert_int_equal(bus_wire_seal(k, BUS_STRV("dispatch"), &bound,
                                   BUS_STRV("x"), &mem, &sealed, &err),
                     BUS_ECONFIG);
    bus_wire_keyring_free(k);
}

/* Who seals does not open; nobody else's key, event or byte does. */
static void sealed_is_bound(struct bus_wire_keyring *seals,
                            struct bus_wire_keyring *opens)
{
    struct bus_id other = {{8}};
    struct bus_strv sealed = sealed_for(seals, "MZ", "secret"), back;
    assert_int_equal(bus_wire_open(opens, &bound, sealed, &mem, &back, &err),
                     BUS_OK);
    assert_true(bus_strv_is(back, "secret"));
    struct bus_wire_binding b = bound;
    b.event_id = &other;
    assert_int_equal(bus_wire_open(opens, &b, sealed, &mem, &back, &err),
                     BUS_ECRYPT);
    b = bound;
    b.record = "payment_order";
    assert_int_equal(bus_wire_open(opens, &b, sealed, &mem, &back, &err),
                     BUS_ECRYPT);
    char *to = (char *)(uintptr_t)sealed.p;
    for (size_t i = 0; i < sealed.n; i++) {
        to[i] ^= 1;
        assert_int_equal(
            bus_wire_open(opens, &bound, sealed, &mem, &back, &err),
            BUS_ECRYPT);
        to[i] ^= 1;
        struct bus_strv cut = {sealed.p, i};
        assert_int_equal(bus_wire_open(opens, &bound, cut, &mem, &back, &err),
                         BUS_ECRYPT);
    }
    assert_int_equal(bus_wire_open(opens, &bound, sealed, &mem, &back, &err),
                     BUS_OK);
}

static void either_form_is_bound_to_its_event(void **state)
{
    (void)state;
    struct bus_wire_keyring *shared = ring_of("7 MZ " ONE),
                            *public = ring_of("8 MZ x25519-public " PUBLIC),
                            *private = ring_of("8 MZ x25519-private " PRIVATE);
    struct bus_strv back;
    sealed_is_bound(shared, shared);
    sealed_is_bound(public, private);
    sealed_is_bound(private, private);
    struct bus_strv sealed = sealed_for(public, "MZ", "secret");
    assert_int_equal(bus_wire_open(public, &bound, sealed, &mem, &back, &err),
                     BUS_ECRYPT);
    assert_non_null(strstr(err.msg, "does not open"));
    assert_int_equal(bus_wire_open(shared, &bound, sealed, &mem, &back, &err),
                     BUS_ECRYPT);
    bus_wire_keyring_free(shared);
    bus_wire_keyring_free(public);
    bus_wire_keyring_free(private);
}

/* What stands on topics under the one key of both sides stays readable. */
static void the_older_form_is_read_beside_the_pair(void **state)
{
    (void)state;
    struct bus_wire_keyring *was = ring_of("7 MZ " ONE),
                            *now = ring_of("7 MZ " ONE
                                           "\n9 MZ x25519-private " PRIVATE);
    struct bus_strv old = sealed_for(was, "MZ", "older"), back;
    struct bus_strv new = sealed_for(now, "MZ", "newer");
    assert_int_equal(old.p[0], 1);
    assert_int_equal(new.p[0], 2);
    assert_int_equal(bus_wire_open(now, &bound, old, &mem, &back, &err),
                     BUS_OK);
    assert_true(bus_strv_is(back, "older"));
    assert_int_equal(bus_wire_open(now, &bound, new, &mem, &back, &err),
                     BUS_OK);
    bus_wire_keyring_free(was);
    bus_wire_keyring_free(now);
}

static uint32_t number_of(struct bus_strv sealed)
{
    const uint8_t *p = (const uint8_t *)sealed.p + 5 + BUS_WIRE_X25519_BYTES;
    return (uint32_t)p[2] << 8 | p[3];
}

/* One encapsulation serves many fields, no number twice, and not for ever. */
static void an_encapsulation_ends(void **state)
{
    (void)state;
    struct bus_wire_keyring *k = ring_of("8 MZ x25519-private " PRIVATE);
    struct bus_strv first = sealed_for(k, "MZ", "a"), back, s = first;
    for (uint32_t i = 1; i < BUS_WIRE_MESSAGES_MAX; i++) {
        s = sealed_for(k, "MZ", "a");
        assert_memory_equal(s.p + 5, first.p + 5, BUS_WIRE_X25519_BYTES);
        assert_int_equal(number_of(s), i);
    }
    struct bus_strv next = sealed_for(k, "MZ", "a");
    assert_memory_not_equal(next.p + 5, first.p + 5, BUS_WIRE_X25519_BYTES);
    assert_int_equal(number_of(next), 0);
    bus_wire_keyring_forget(k);
    struct bus_strv after = sealed_for(k, "MZ", "a");
    assert_memory_not_equal(after.p + 5, next.p + 5, BUS_WIRE_X25519_BYTES);
    /* Read in any order. */
    struct bus_strv all[] = {after, first, next, s, first};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(bus_wire_open(k, &bound, all[i], &mem, &back, &err),
                         BUS_OK);
        assert_true(bus_strv_is(back, "a"));
    }
    bus_wire_keyring_free(k);
}

static void sums_are_of_keys_that_sum(void **state)
{
    (void)state;
    struct bus_wire_keyring *old = ring_of("3 dispatch " ONE),
                            *new =
                                ring_of("3 dispatch sums " ONE
                                        "\n4 dispatch x25519-private " PRIVATE);
    uint8_t a[BUS_WIRE_SUM_BYTES], b[BUS_WIRE_SUM_BYTES];
    struct bus_strv part = BUS_STRV("account");
    assert_true(
        bus_wire_keyring_sum(old, BUS_STRV("dispatch"), 0, &part, 1, a));
    assert_true(
        bus_wire_keyring_sum(new, BUS_STRV("dispatch"), 0, &part, 1, b));
    assert_memory_equal(a, b, sizeof(a));
    assert_false(
        bus_wire_keyring_sum(new, BUS_STRV("dispatch"), 1, &part, 1, b));
    bus_wire_keyring_free(old);
    bus_wire_keyring_free(new);
}

static int begin(void **state)
{
    (void)state;
    bus_arena_init(&mem, 1u << 20, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    bus_arena_fini(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_line_may_be),
        cmocka_unit_test(who_can_do_what),
        cmocka_unit_test(either_form_is_bound_to_its_event),
        cmocka_unit_test(the_older_form_is_read_beside_the_pair),
        cmocka_unit_test(an_encapsulation_ends),
        cmocka_unit_test(sums_are_of_keys_that_sum),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
