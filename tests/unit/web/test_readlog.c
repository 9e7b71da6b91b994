/* The reading log's chain: whatever is changed, taken out, put in or moved is
 * found, and the first row of it is named. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/web/readlog.h"

#define ROWS    40
#define CHANGES 10000

struct kept
{
    int64_t n;
    char texts[6][24];
    char hex[BUS_WEB_READLOG_HEX + 1];
};

static void hex_text(const uint8_t *b, char *to)
{
    for (int i = 0; i < BUS_WIRE_SM3_BYTES; i++) {
        (void)snprintf(to + 2 * i, 3, "%02x", b[i]);
    }
}

static struct bus_web_readlog_row row_of(const struct kept *k)
{
    struct bus_web_readlog_row row = {.n = k->n};
    for (size_t i = 0; i < 6; i++) {
        row.texts[i] = k->texts[i];
    }
    return row;
}

/* A log as it is written, and its head. */
static void write_log(struct kept rows[ROWS],
                      char head[BUS_WEB_READLOG_HEX + 1])
{
    uint8_t chain[BUS_WIRE_SM3_BYTES] = {0};
    struct bus_err err;
    for (int i = 0; i < ROWS; i++) {
        struct kept *k = &rows[i];
        *k = (struct kept){.n = i + 1};
        for (size_t t = 0; t < 6; t++) {
            (void)snprintf(k->texts[t], sizeof(k->texts[t]), "%c-%d",
                           (char)('a' + t), i % 7);
        }
        struct bus_web_readlog_row row = row_of(k);
        assert_int_equal(bus_web_readlog_chain(chain, &row, chain, &err), 0);
        hex_text(chain, k->hex);
    }
    hex_text(chain, head);
}

static int64_t broken_at(const struct kept *rows, size_t n, const char *head)
{
    struct bus_web_readlog_walk w = {.sum.why = ""};
    struct bus_err err;
    for (size_t i = 0; i < n; i++) {
        struct bus_web_readlog_row row = row_of(&rows[i]);
        assert_int_equal(bus_web_readlog_step(&w, &row, rows[i].hex, &err), 0);
    }
    bus_web_readlog_end(&w, ROWS, head);
    return w.sum.broken;
}

static void holds(void **state)
{
    struct kept rows[ROWS];
    char head[BUS_WEB_READLOG_HEX + 1];
    (void)state;
    write_log(rows, head);
    assert_int_equal(broken_at(rows, ROWS, head), 0);
}

/* A row's texts run into each other only in what they say. */
static void texts_are_apart(void **state)
{
    struct bus_web_readlog_row one = {1, {"ab", "c", "", "", "", ""}};
    struct bus_web_readlog_row two = {1, {"a", "bc", "", "", "", ""}};
    uint8_t zero[BUS_WIRE_SM3_BYTES] = {0}, a[BUS_WIRE_SM3_BYTES],
            b[BUS_WIRE_SM3_BYTES];
    struct bus_err err;
    (void)state;
    assert_int_equal(bus_web_readlog_chain(zero, &one, a, &err), 0);
    assert_int_equal(bus_web_readlog_chain(zero, &two, b, &err), 0);
    assert_memory_not_equal(a, b, sizeof(a));
}

/* One change; returns how many rows there are then, and the first that is not
 * as it was, by its place from 1. */
static size_t change_one(struct kept rows[ROWS + 1], int64_t *ret_first)
{
    size_t at = (size_t)rand() % ROWS, to;
    *ret_first = (int64_t)at + 1;
    switch (rand() % 5) {
    case 0: /* a text */
        rows[at].texts[rand() % 6][0] ^= 1;
        return ROWS;
    case 1: /* a digit of the chain */
        rows[at].hex[rand() % BUS_WEB_READLOG_HEX] ^= 1;
        return ROWS;
    case 2: /* taken out */
        memmove(&rows[at], &rows[at + 1], (ROWS - 1 - at) * sizeof(*rows));
        return ROWS - 1;
    case 3: /* one put in, as the one behind it */
        memmove(&rows[at + 1], &rows[at], (ROWS - at) * sizeof(*rows));
        *ret_first = (int64_t)at + 2;
        return ROWS + 1;
    default: /* two that change places, with their numbers made to fit */
        to = (at + 1 + (size_t)rand() % (ROWS - 1)) % ROWS;
        struct kept k = rows[at];
        rows[at] = rows[to];
        rows[to] = k;
        rows[at].n = (int64_t)at + 1;
        rows[to].n = (int64_t)to + 1;
        *ret_first = (int64_t)(at < to ? at : to) + 1;
        return ROWS;
    }
}

static void changes_are_found(void **state)
{
    struct kept whole[ROWS], rows[ROWS + 1];
    char head[BUS_WEB_READLOG_HEX + 1];
    (void)state;
    srand(5);
    write_log(whole, head);
    for (int i = 0; i < CHANGES; i++) {
        int64_t first;
        memcpy(rows, whole, sizeof(whole));
        size_t n = change_one(rows, &first);
        int64_t found = broken_at(rows, n, head);
        if (found != first) {
            print_error("change %d: row %lld, found %lld\n", i,
                        (long long)first, (long long)found);
        }
        assert_int_equal(found, first);
    }
}

static void the_end_is_held(void **state)
{
    struct kept rows[ROWS];
    char head[BUS_WEB_READLOG_HEX + 1];
    (void)state;
    write_log(rows, head);
    assert_int_equal(broken_at(rows, ROWS - 3, head), ROWS - 2);
    assert_int_equal(broken_at(rows, 0, head), 1);
    head[0] = head[0] == '0' ? '1' : '0';
    assert_int_equal(broken_at(rows, ROWS, head), ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds),
        cmocka_unit_test(texts_are_apart),
        cmocka_unit_test(changes_are_found),
        cmocka_unit_test(the_end_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
