#include <pthread.h>
#include <string.h>

#include "bus/ledger/migrate.h"
#include "tests/live/pg/place.h"

static void a_changed_migration_is_refused(void **state)
{
    struct bus_err err;
    (void)state;
    (void)place_database("changed");
    assert_int_equal(bus_ledger_migrate(place.pg, false, NULL, &err),
                     BUS_OK); /* nothing to do */
    place_do("UPDATE schema_migration SET checksum = 'another' WHERE name = "
             "'0001_ledger'");
    assert_int_equal(bus_ledger_migrate(place.pg, false, NULL, &err),
                     BUS_ECONFIG);
    assert_non_null(
        strstr(err.msg, "0001_ledger was applied with another text"));
    assert_non_null(strstr(err.msg, "add a new one"));
    /* and the lock is free again */
    assert_int_equal(
        place_number(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"),
        0);
}

static char conninfo[400];

static void *migrate_one(void *result)
{
    struct bus_err err;
    struct bus_pg *pg = NULL;
    int rc = bus_pg_open(conninfo, 0, &pg, &err);
    if (rc == BUS_OK) {
        rc = bus_ledger_migrate(pg, false, NULL, &err);
    }
    *(int *)result = rc;
    bus_pg_close(pg);
    return NULL;
}

static void two_at_once_go_one_after_the_other(void **state)
{
    enum { MANY = 4 };
    pthread_t threads[MANY];
    int results[MANY];
    (void)state;
    (void)bus_strv_copy(conninfo, sizeof(conninfo),
                        bus_strv(place_database("many")));
    place_do("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    place_do("SELECT pg_advisory_lock(7205759403792794)");
    for (int i = 0; i < MANY; i++) {
        results[i] = -1;
        assert_int_equal(
            pthread_create(&threads[i], NULL, migrate_one, &results[i]), 0);
    }
    for (int i = 0;
         i < 100 && place_number("SELECT count(*) FROM pg_locks WHERE locktype "
                                 "= 'advisory' AND NOT granted") < MANY;
         i++) {
        place_turn(50);
    }
    /* all wait, none has begun */
    assert_int_equal(place_number("SELECT count(*) FROM pg_locks WHERE "
                                  "locktype = 'advisory' AND NOT granted"),
                     MANY);
    assert_int_equal(
        place_number(
            "SELECT count(*) FROM pg_tables WHERE tablename = 'event'"),
        0);
    place_do("SELECT pg_advisory_unlock(7205759403792794)");
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(results[i], BUS_OK);
    }
    assert_int_equal(
        place_number(
            "SELECT count(*) FROM schema_migration WHERE name = '0001_ledger'"),
        1);
}

static void a_rehearsal_does_nothing(void **state)
{
    struct bus_err err;
    (void)state;
    (void)place_database("rehearsed");
    place_do("DROP TABLE event CASCADE; DROP TABLE reading, outbox CASCADE; "
             "DELETE FROM schema_migration");
    assert_int_equal(bus_ledger_migrate(place.pg, true, NULL, &err), BUS_OK);
    assert_int_equal(
        place_number(
            "SELECT count(*) FROM pg_tables WHERE tablename = 'event'"),
        0);
    assert_int_equal(place_number("SELECT count(*) FROM schema_migration"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_migration_is_refused),
        cmocka_unit_test(two_at_once_go_one_after_the_other),
        cmocka_unit_test(a_rehearsal_does_nothing),
    };
    return cmocka_run_group_tests(tests, place_setup, place_teardown);
}
