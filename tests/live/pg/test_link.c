#include "bus/pg/link.h"
#include "tests/live/pg/place.h"

#include <string.h>

static struct
{
    struct bus_pg_link *link;
    int ups, downs, answers;
    enum bus_errc codes[8];
    char values[8][64];
} seen;

static void on_up(void *data)
{
    (void)data;
    seen.ups++;
}

static void on_down(void *data, const struct bus_err *err)
{
    (void)data;
    assert_int_equal(err->code, BUS_EAWAY);
    seen.downs++;
}

static void on_answer(void *token,
                      const struct bus_pg_rows *rows,
                      const struct bus_err *err)
{
    size_t i = (size_t)(uintptr_t)token;
    seen.answers++;
    seen.codes[i] = err ? err->code : BUS_OK;
    if (rows != NULL && bus_pg_count(rows) > 0) {
        (void)bus_strv_copy(seen.values[i], sizeof(seen.values[i]),
                            bus_strv(bus_pg_value(rows, 0, 0)));
    }
}

static bool is_up(void *data)
{
    (void)data;
    return bus_pg_link_up(seen.link);
}

static bool answered(void *data)
{
    return seen.answers >= *(const int *)data;
}

static void wait_answers(int n)
{
    place_until(answered, &n, "answers");
}

static void ask(const char *const *sql, size_t n, size_t token)
{
    struct bus_err err;
    struct bus_pg_call calls[BUS_PG_UNIT_CALLS] = {{0}};
    for (size_t i = 0; i < n; i++) {
        calls[i].sql = sql[i];
    }
    if (bus_pg_link_send(seen.link, calls, n, on_answer,
                         (void *)(uintptr_t)token, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

#define ASK(token, ...)                               \
    do {                                              \
        static const char *const s[] = {__VA_ARGS__}; \
        ask(s, sizeof(s) / sizeof(s[0]), token);      \
    } while (0)

static void open_link(const char *conninfo, int64_t statement_ms)
{
    struct bus_err err;
    struct bus_pg_link_conf conf = {.conninfo = conninfo,
                                    .statement_ms = statement_ms,
                                    .retry_min_ms = 20,
                                    .retry_max_ms = 200,
                                    .up = on_up,
                                    .down = on_down};
    memset(&seen, 0, sizeof(seen));
    assert_int_equal(bus_pg_link_open(place.loop, &conf, &seen.link, &err),
                     BUS_OK);
}

static void close_link(void)
{
    bus_pg_link_close(seen.link);
    place_turn(20);
}

static void units_stand_alone(void **state)
{
    (void)state;
    open_link(place_database("units"), 0);
    place_until(is_up, NULL, "up");
    place_do("CREATE TABLE t (a int PRIMARY KEY)");
    ASK(0, "INSERT INTO t VALUES (1)", "SELECT count(*) FROM t");
    ASK(1, "INSERT INTO t VALUES (2)", "SELECT 1 / 0",
        "INSERT INTO t VALUES (3)");
    ASK(2, "SELECT 7");
    ASK(3, "SELECT nothing FROM nowhere");
    ASK(4, "SELECT max(a) FROM t");
    wait_answers(5);
    assert_int_equal(seen.codes[0], BUS_OK);
    assert_string_equal(seen.values[0], "1");
    assert_int_equal(seen.codes[1], BUS_EBUG); /* and 2 with it */
    assert_string_equal(seen.values[2], "7");
    assert_int_equal(seen.codes[3], BUS_EBUG);
    assert_string_equal(seen.values[4], "1");
    assert_int_equal(seen.downs, 0);
    close_link();
}

static void a_broken_connection_is_made_anew(void **state)
{
    (void)state;
    open_link(place_database("broken"), 0);
    place_until(is_up, NULL, "up");
    ASK(0, "SELECT pg_sleep(20)");
    place_turn(100);
    place_do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
             "datname = 'broken' AND pid <> pg_backend_pid()");
    wait_answers(1);
    assert_int_equal(seen.codes[0], BUS_EAWAY);
    place_until(is_up, NULL, "up again");
    ASK(1, "SELECT 5");
    wait_answers(2);
    assert_string_equal(seen.values[1], "5");
    assert_int_equal(seen.ups, 2);
    assert_int_equal(seen.downs, 1);
    ASK(2, "SELECT 6");
    bus_pg_link_drop(seen.link);
    assert_false(bus_pg_link_up(seen.link));
    wait_answers(3);
    assert_int_equal(seen.codes[2], BUS_EAWAY);
    place_until(is_up, NULL, "up once more");
    close_link();
}

static void a_statement_has_its_time(void **state)
{
    (void)state;
    open_link(place_database("slow"), 2000); /* the next one is within it */
    place_until(is_up, NULL, "up");
    ASK(0, "SELECT pg_sleep(20)");
    wait_answers(1);
    assert_int_equal(seen.codes[0], BUS_EAGAIN);
    ASK(1, "SELECT 5");
    wait_answers(2);
    assert_string_equal(seen.values[1], "5");
    close_link();
}

static bool is_down(void *data)
{
    (void)data;
    return seen.downs > 0;
}

static void an_absent_server_is_waited_for(void **state)
{
    struct bus_err err;
    (void)state;
    const char *conninfo = place_database("absent");
    bus_pg_close(place.pg);
    place.pg = NULL;
    cli_private_pg_stop(&place.server);
    open_link(conninfo, 0);
    place_until(is_down, NULL, "down");
    place_turn(500); /* several tries */
    assert_int_equal(seen.downs, 1);
    assert_int_equal(bus_pg_link_send(seen.link, NULL, 0, NULL, NULL, &err),
                     BUS_EAWAY);
    assert_int_equal(cli_private_pg_again(&place.server, &err), BUS_OK);
    place_until(is_up, NULL, "up");
    assert_int_equal(seen.ups, 1);
    close_link();
}

static void closing_in_flight_says_nothing(void **state)
{
    (void)state;
    open_link(place_database("closing"), 0);
    place_until(is_up, NULL, "up");
    ASK(0, "SELECT pg_sleep(20)");
    place_turn(20);
    close_link();
    assert_int_equal(seen.answers, 0);
    assert_int_equal(seen.downs, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_stand_alone),
        cmocka_unit_test(a_broken_connection_is_made_anew),
        cmocka_unit_test(a_statement_has_its_time),
        cmocka_unit_test(an_absent_server_is_waited_for),
        cmocka_unit_test(closing_in_flight_says_nothing),
    };
    return cmocka_run_group_tests(tests, place_setup, place_teardown);
}
