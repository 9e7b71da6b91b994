/* A need's number says nothing of its household, falls on its partition, and
 * finds its way home with the key and without it not. */
#include "bus/role/need.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/kafka/client.h"
#include "tests/lib/check.h"

static struct bus_wire_keyring *ring_of(unsigned key, unsigned before)
{
    char path[] = "/tmp/lianou-need-XXXXXX";
    struct bus_wire_keyring *k = NULL;
    struct bus_err err;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && fchmod(fd, 0600) == 0);
    if (before != 0) {
        (void)dprintf(fd, "1 dispatch sums %064x\n", before);
    }
    (void)dprintf(fd, "2 dispatch sums %064x\n", key);
    (void)close(fd);
    assert_int_equal(bus_wire_keyring_open(path, &k, &err), BUS_OK);
    (void)unlink(path);
    return k;
}

static struct bus_id id(uint8_t kind, uint8_t n)
{
    return (struct bus_id){{kind, n, 7, 7, 7, 7, 0x87, 7, 0x87, 7}};
}

static int32_t partition_of(const struct bus_id *i, int32_t n)
{
    char text[BUS_ID_TEXT + 1];
    return bus_kafka_partition_of(
        (struct bus_strv){bus_id_text(i, text), BUS_ID_TEXT}, n);
}

static struct bus_role_need
made(const struct bus_wire_keyring *k, uint8_t home, uint8_t n, int32_t parts)
{
    struct bus_role_need need;
    struct bus_err err;
    struct bus_id h = id('h', home), a = id('a', n), d = id('d', n);
    assert_int_equal(bus_role_need_make(k, &h, &a, &d, parts, &need, &err),
                     BUS_OK);
    return need;
}

static void it_finds_home(void **state)
{
    (void)state;
    struct bus_wire_keyring *k = ring_of(77, 0);
    static const int32_t partitions[] = {1, 12, 64};
    for (size_t p = 0; p < 3; p++) {
        for (uint8_t home = 0; home < 50; home++) {
            struct bus_role_need need = made(k, home, home, partitions[p]);
            struct bus_id h = id('h', home), back;
            assert_int_equal(partition_of(&need.number, partitions[p]),
                             partition_of(&h, partitions[p]));
            assert_int_equal(need.number.b[6] >> 4, 8);
            assert_true(bus_role_need_home(k, 0, &need, &back));
            assert_true(bus_id_eq(&back, &h));
            struct bus_id way;
            assert_true(bus_role_need_way(k, &need.number, &h, &way));
            assert_true(bus_id_eq(&way, &need.way));
        }
    }
    bus_wire_keyring_free(k);
}

/* Twice the same; nothing in common with the household's next, or under
 * another county's key. */
static void it_links_nothing(void **state)
{
    (void)state;
    struct bus_wire_keyring *k = ring_of(77, 0), *other = ring_of(78, 0);
    struct bus_role_need a = made(k, 1, 1, 12), again = made(k, 1, 1, 12),
                         b = made(k, 1, 2, 12), c = made(other, 1, 1, 12);
    struct bus_id h = id('h', 1), back;
    assert_true(bus_id_eq(&a.number, &again.number) &&
                bus_id_eq(&a.way, &again.way));
    assert_false(bus_id_eq(&a.number, &b.number));
    assert_false(bus_id_eq(&a.way, &b.way));
    assert_false(bus_id_eq(&a.number, &c.number));
    assert_false(bus_id_eq(&a.way, &h));
    assert_true(bus_role_need_home(other, 0, &a, &back));
    assert_false(bus_id_eq(&back, &h));
    /* the way of one need under the number of another */
    struct bus_role_need mixed = {a.number, b.way};
    assert_true(bus_role_need_home(k, 0, &mixed, &back));
    assert_false(bus_id_eq(&back, &h));
    bus_wire_keyring_free(k);
    bus_wire_keyring_free(other);
}

static void an_older_key_still_leads(void **state)
{
    (void)state;
    struct bus_wire_keyring *old = ring_of(77, 0), *k = ring_of(78, 77);
    struct bus_role_need need = made(old, 3, 1, 12);
    struct bus_id h = id('h', 3), back;
    assert_true(bus_role_need_home(k, 0, &need, &back));
    assert_false(bus_id_eq(&back, &h));
    assert_true(bus_role_need_home(k, 1, &need, &back));
    assert_true(bus_id_eq(&back, &h));
    assert_false(bus_role_need_home(k, 2, &need, &back));
    bus_wire_keyring_free(old);
    bus_wire_keyring_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_finds_home),
        cmocka_unit_test(it_links_nothing),
        cmocka_unit_test(an_older_key_still_leads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
