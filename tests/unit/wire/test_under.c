/* Fields sealed under a key that is in no ring: they open with it, for their
 * event, and with nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/wire/keyring.h"
#include "tests/lib/check.h"

#define ONE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct bus_err err;
static struct bus_arena mem;
static struct bus_wire_keyring *ring;
static const struct bus_id event = {{7, 7, 7}}, other = {{8}};
static const struct bus_wire_binding bound = {"household_facts", "personal",
                                              &event};
static const uint8_t key[BUS_WIRE_KEY_BYTES] = {1, 2, 3};
static const struct bus_strv plain = BUS_STRV("what a person is called");

static int open_all(void **state)
{
    (void)state;
    char path[] = "/tmp/lianou-ring-XXXXXX";
    int fd = mkstemp(path);
    const char text[] = "5 households " ONE "\n";
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    assert_int_equal(fchmod(fd, 0600), 0);
    assert_int_equal(bus_wire_keyring_open(path, &ring, &err), BUS_OK);
    (void)close(fd);
    (void)unlink(path);
    bus_arena_init(&mem, 0, 0);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    bus_wire_keyring_free(ring);
    bus_arena_fini(&mem);
    return 0;
}

static struct bus_strv sealed(void)
{
    struct bus_strv s;
    assert_int_equal(
        bus_wire_seal_under(ring, key, &bound, plain, &mem, &s, &err), BUS_OK);
    return s;
}

static int opens(const uint8_t k[BUS_WIRE_KEY_BYTES],
                 const struct bus_wire_binding *b,
                 struct bus_strv s,
                 struct bus_strv *ret)
{
    return bus_wire_open_under(ring, k, b, s, &mem, ret, &err);
}

static void opens_as_it_was(void **state)
{
    (void)state;
    struct bus_strv s = sealed(), t = sealed(), got;
    assert_true(bus_wire_sealed_under(s));
    assert_int_equal(s.n, 1 + 12 + plain.n + 16);
    assert_false(bus_strv_eq(s, t)); /* a nonce each */
    assert_int_equal(opens(key, &bound, s, &got), BUS_OK);
    assert_true(bus_strv_eq(got, plain));
    bus_wire_keyring_forget(ring); /* and after a batch's end */
    assert_int_equal(opens(key, &bound, t, &got), BUS_OK);
    assert_true(bus_strv_eq(got, plain));
}

static void with_nothing_else(void **state)
{
    (void)state;
    uint8_t wrong[BUS_WIRE_KEY_BYTES];
    struct bus_strv s = sealed(), got;
    const struct bus_wire_binding elsewhere = {"household_facts", "personal",
                                               &other},
                                  field = {"household_assignment", "payee",
                                           &event};
    memcpy(wrong, key, sizeof(wrong));
    wrong[31] ^= 1;
    assert_int_equal(opens(wrong, &bound, s, &got), BUS_ECRYPT);
    assert_int_equal(opens(key, &elsewhere, s, &got), BUS_ECRYPT);
    assert_int_equal(opens(key, &field, s, &got), BUS_ECRYPT);
    /* Not by the ring either, whatever it holds. */
    assert_int_equal(bus_wire_open(ring, &bound, s, &mem, &got, &err),
                     BUS_ECRYPT);
    for (size_t i = 0; i < s.n; i++) {
        char *p = bus_arena_dup(&mem, s.p, s.n);
        p[i] ^= 1;
        assert_int_equal(opens(key, &bound, (struct bus_strv){p, s.n}, &got),
                         BUS_ECRYPT);
        assert_int_equal(opens(key, &bound, (struct bus_strv){s.p, i}, &got),
                         BUS_ECRYPT);
    }
}

static void what_the_ring_seals_is_none(void **state)
{
    (void)state;
    struct bus_strv s, got;
    assert_int_equal(bus_wire_seal(ring, BUS_STRV("households"), &bound, plain,
                                   &mem, &s, &err),
                     BUS_OK);
    assert_false(bus_wire_sealed_under(s));
    assert_int_equal(opens(key, &bound, s, &got), BUS_ECRYPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_as_it_was),
        cmocka_unit_test(with_nothing_else),
        cmocka_unit_test(what_the_ring_seals_is_none),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
