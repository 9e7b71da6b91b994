/* An assert that is always on, in what runs as in tests.
 *
 * For what only a fault of this program can break: a state that a table does
 * not know, an index beyond its count, an owner that is gone. Never for what
 * somebody else may send: that is an error with its act. A broken one ends the
 * process at its place, so that nothing is written by a program that no longer
 * knows what it does; a restart replays. */
#ifndef BUS_BASE_CHECK_H
#define BUS_BASE_CHECK_H

#define BUS_CHECK(condition)                                            \
    do {                                                                \
        if (__builtin_expect(!(condition), 0)) {                        \
            bus_check_failed(#condition, __FILE__, __LINE__, __func__); \
        }                                                               \
    } while (0)

/* One line to stderr, then abort(). */
_Noreturn void bus_check_failed(const char *condition,
                                const char *file,
                                int line,
                                const char *function);

#endif
