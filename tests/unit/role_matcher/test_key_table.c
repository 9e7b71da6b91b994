/* The table of households' keys, held against a plain list: put, put anew,
 * dropped, over many households whose places collide. */
#include "tests/lib/check.h"

#include <string.h>

#include "consumers/matcher/keys/table.h"

#define HOMES 700
#define STEPS 60000

static struct bus_id home(uint32_t n)
{
    struct bus_id id = {{0}};
    memcpy(id.b, &n, sizeof(n));
    return id;
}

static void as_a_list(void **state)
{
    (void)state;
    struct matcher_key_table t = {0};
    struct bus_err err;
    static uint8_t is[HOMES]; /* 0: none */
    uint32_t dice = 12345;
    size_t n = 0;
    memset(is, 0, sizeof(is));
    for (int i = 0; i < STEPS; i++) {
        dice = dice * 1103515245u + 12345u;
        uint32_t who = (dice >> 8) % HOMES;
        struct bus_id id = home(who);
        if ((dice >> 28) % 3 == 0) {
            matcher_key_table_drop(&t, &id);
            n -= is[who] != 0;
            is[who] = 0;
        } else {
            uint8_t wrapped[MATCHER_WRAPPED_BYTES];
            n += is[who] == 0;
            is[who] = (uint8_t)(1 + (dice >> 20) % 255);
            memset(wrapped, is[who], sizeof(wrapped));
            assert_int_equal(matcher_key_table_put(&t, &id, wrapped, &err), 0);
        }
        assert_int_equal(t.n, n);
        for (uint32_t k = 0; i % 97 == 0 && k < HOMES; k++) {
            struct bus_id one = home(k);
            const uint8_t *found = matcher_key_table_find(&t, &one);
            assert_int_equal(found != NULL, is[k] != 0);
            assert_true(found == NULL ||
                        (found[0] == is[k] &&
                         found[MATCHER_WRAPPED_BYTES - 1] == is[k]));
        }
    }
    assert_true(n > HOMES / 2);
    matcher_key_table_fini(&t);
}

static void what_is_dropped_is_overwritten(void **state)
{
    (void)state;
    struct matcher_key_table t = {0};
    struct bus_err err;
    struct bus_id a = home(1), b = home(2);
    uint8_t wrapped[MATCHER_WRAPPED_BYTES];
    memset(wrapped, 0xa5, sizeof(wrapped));
    assert_int_equal(matcher_key_table_put(&t, &a, wrapped, &err), 0);
    memset(wrapped, 0x5a, sizeof(wrapped));
    assert_int_equal(matcher_key_table_put(&t, &b, wrapped, &err), 0);
    matcher_key_table_drop(&t, &a);
    const uint8_t *all = (const uint8_t *)t.v;
    for (size_t i = 0; i + 8 < t.cap * sizeof(*t.v); i++) {
        static const uint8_t gone[8] = {0xa5, 0xa5, 0xa5, 0xa5,
                                        0xa5, 0xa5, 0xa5, 0xa5};
        assert_memory_not_equal(all + i, gone, sizeof(gone));
    }
    assert_non_null(matcher_key_table_find(&t, &b));
    matcher_key_table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_a_list),
        cmocka_unit_test(what_is_dropped_is_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
