/* The limit of an arena: of what is handed out, never of what was before. */
#include <stdlib.h>
#include <string.h>

#include "bus/base/arena.h"
#include "tests/lib/check.h"

#define MIB (size_t)1048576

static void growing_messages_fit_as_they_do_anew(void **state)
{
    (void)state;
    struct bus_arena a;
    bus_arena_init(&a, 0, 32 * MIB);
    for (size_t mib = 10; mib <= 32; mib += 2) {
        bus_arena_reset(&a);
        if (bus_arena_alloc(&a, mib * MIB) == NULL) {
            fail_msg("%zu MiB are refused at a limit of 32", mib);
        }
    }
    bus_arena_reset(&a);
    assert_non_null(bus_arena_alloc(&a, 16));
    bus_arena_reset(&a);
    assert_non_null(bus_arena_alloc(&a, 32 * MIB));
    assert_null(bus_arena_alloc(&a, 1));
    assert_int_equal(a.refused, BUS_ARENA_LIMIT);
    bus_arena_fini(&a);
}

/* The same pieces are given or refused, whatever the arena did before; and
 * what it holds keeps its bound. */
static void any_history_gives_the_same_answers(void **state)
{
    (void)state;
    unsigned seed = 20261128;
    struct bus_arena old;
    bus_arena_init(&old, 1024, 65536);
    for (int message = 0; message < 2000; message++) {
        struct bus_arena new;
        bus_arena_init(&new, 1024, 65536);
        bus_arena_reset(&old);
        for (int piece = 0; piece < 40; piece++) {
            size_t n = (size_t)rand_r(&seed) % (1u << rand_r(&seed) % 16);
            struct bus_arena_mark m = bus_arena_mark(&old);
            struct bus_arena_mark w = bus_arena_mark(&new);
            char *a = bus_arena_alloc(&old, n), *b = bus_arena_alloc(&new, n);
            assert_int_equal(a == NULL, b == NULL);
            if (a != NULL) {
                memset(a, piece, n);
            }
            if (rand_r(&seed) % 4 == 0) {
                bus_arena_release(&old, m);
                bus_arena_release(&new, w);
            }
            assert_true(old.held_bytes <= 2 * old.max_bytes + 1024);
            assert_int_equal(old.used_bytes, new.used_bytes);
        }
        bus_arena_fini(&new);
    }
    bus_arena_fini(&old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growing_messages_fit_as_they_do_anew),
        cmocka_unit_test(any_history_gives_the_same_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
