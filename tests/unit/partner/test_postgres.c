/* What a partner's database refuses, and where its address comes from. */
#include "tests/lib/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/partner/postgres_parts.h"
#include "bus/pg/pg.h"

static void what_is_refused_is_waited_for_and_said(void **state)
{
    (void)state;
    static const struct
    {
        int rc;
        bool one;
        const char *text;
        int then;
        const char *says, *hides;
    } rows[] = {
        {BUS_EBUG, false, "PostgreSQL 42P01: relation \"x\" does not exist",
         BUS_EAWAY, "缺少表", NULL},
        {BUS_EBUG, true, "PostgreSQL 42703: column \"x\" does not exist",
         BUS_EAWAY, "a column is missing", NULL},
        {BUS_EBUG, true, "PostgreSQL 42501: permission denied for table inbox",
         BUS_EAWAY, "缺少权限", NULL},
        {BUS_EBUG, true, "PostgreSQL 42P10: there is no unique constraint",
         BUS_EAWAY, "须为主键", NULL},
        {BUS_EBUG, true, "PostgreSQL 25006: read-only transaction", BUS_EAWAY,
         "备库", NULL},
        {BUS_EBUG, true, "PostgreSQL XX000: hush", BUS_EAWAY, "拒绝: XX000",
         "hush"},
        {BUS_EBUG, true, "PostgreSQL P0001: hush", BUS_EAGAIN, "拒收: P0001",
         "hush"},
        {BUS_EBUG, true, "PostgreSQL 23514: hush", BUS_EAGAIN, "23514", "hush"},
        {BUS_EBUG, false, "PostgreSQL 23514: hush", BUS_EAWAY, "23514", "hush"},
        {BUS_EAGAIN, true, "PostgreSQL 57014: canceled", BUS_EAWAY,
         "数据库繁忙", NULL},
        {BUS_EAWAY, true, "the database is away: x", BUS_EAWAY, "away", NULL},
        {BUS_EFULL, true, "PostgreSQL 53100: disk full", BUS_EFULL, "53100",
         NULL},
        {BUS_ENOMEM, true, "a row", BUS_ENOMEM, "a row", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bus_err err;
        (void)bus_fail(&err, (enum bus_errc)rows[i].rc, "%s", rows[i].text);
        int rc = partner_postgres_told(rows[i].rc, rows[i].one, &err);
        assert_int_equal(rc, rows[i].then);
        assert_int_equal(err.code, rows[i].then);
        assert_non_null(strstr(err.msg, rows[i].says));
        assert_true(rows[i].hides == NULL ||
                    strstr(err.msg, rows[i].hides) == NULL);
    }
}

static void nobody_else_may_read_the_address(void **state)
{
    (void)state;
    char path[] = "/tmp/lianou-conninfo-XXXXXX", text[CONNINFO_MAX];
    struct bus_err err;
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "host=/run dbname=x\nmore\n", 24), 24);
    assert_int_equal(fchmod(fd, 0640), 0);
    assert_int_equal(partner_postgres_conninfo(path, text, &err), BUS_EAWAY);
    assert_non_null(strstr(err.msg, "0600"));
    assert_int_equal(fchmod(fd, 0600), 0);
    assert_int_equal(partner_postgres_conninfo(path, text, &err), BUS_OK);
    assert_string_equal(text, "host=/run dbname=x");
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(partner_postgres_conninfo(path, text, &err), BUS_EAWAY);
    assert_int_equal(ftruncate(fd, CONNINFO_MAX), 0);
    assert_int_equal(partner_postgres_conninfo(path, text, &err), BUS_EAWAY);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(partner_postgres_conninfo(path, text, &err), BUS_EAWAY);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(partner_postgres_conninfo(path, text, &err), BUS_EAWAY);
    close(fd);
}

static void beyond_this_machine_nothing_goes_in_clear(void **state)
{
    (void)state;
    static const struct
    {
        const char *conninfo;
        bool is;
    } rows[] = {
        {"host=/run/postgresql dbname=x", true},
        {"dbname=x", true},
        {"host=localhost", true},
        {"host=127.0.0.1 sslmode=disable", true},
        {"host=::1", true},
        {"host=db.mz.example", false},
        {"host=db.mz.example sslmode=require", false},
        {"host=db.mz.example sslmode=verify-ca", false},
        {"host=db.mz.example sslmode=verify-full", true},
        {"host=localhost hostaddr=10.1.2.3", false},
        {"host=/run,10.1.2.3", false},
        {"host=127.0.0.1.evil.example", false},
        {"postgresql://u:p@db.mz.example/x", false},
        {"postgresql://u:p@db.mz.example/x?sslmode=verify-full", true},
    };
    struct bus_err err;
    bool is = false;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(bus_pg_private(rows[i].conninfo, &is, &err), BUS_OK);
        assert_int_equal(is, rows[i].is);
    }
    assert_int_equal(bus_pg_private("hush", &is, &err), BUS_EPARSE);
    assert_null(strstr(err.msg, "hush"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_refused_is_waited_for_and_said),
        cmocka_unit_test(nobody_else_may_read_the_address),
        cmocka_unit_test(beyond_this_machine_nothing_goes_in_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
