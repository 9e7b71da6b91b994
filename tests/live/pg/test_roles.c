/* One database role a program: each does its own and nothing else. */
#include <stdio.h>
#include <string.h>

#include "bus/ledger/migrate.h"
#include "bus/web/accounts.h"
#include "bus/web/readlog.h"
#include "tests/live/pg/place.h"

enum verb { VERB_SELECT, VERB_INSERT, VERB_UPDATE, VERB_DELETE, VERBS };
static const char *const words[VERBS] = {"SELECT", "INSERT", "UPDATE",
                                         "DELETE"};
static const char *const programs[] = {"ledger",   "intake",   "reader",
                                       "accounts", "treasury", "clock"};
#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

/* What each may do with a whole table; all else it may not. */
static const struct
{
    const char *program, *table, *verbs; /* first letters */
} may[] = {
    {"ledger", "event", "SI"},
    {"ledger", "reading", "SIU"},
    {"intake", "event", "S"},
    {"intake", "reading", "S"},
    {"intake", "read_log", "I"},
    {"intake", "read_log_head", "SU"},
    {"intake", "account", "S"},
    {"intake", "account_session", "SID"},
    {"intake", "account_factor", "SIUD"}, /* at the desk */
    {"intake", "account_recovery", "SIUD"},
    {"intake", "account_act", "SI"},
    {"intake", "desk_draft", "SIUD"}, /* of the desk */
    {"intake", "desk_held", "SIUD"},
    {"intake", "desk_request", "SIUD"},
    {"intake", "desk_payee", "SIUD"},
    {"intake", "life_case", "S"},
    {"intake", "life_assignment", "S"},
    {"intake", "life_sheet", "S"},
    {"intake", "life_posting", "S"},
    {"intake", "life_reading", "S"},
    {"reader", "event", "S"},
    {"reader", "reading", "S"},
    {"reader", "read_log", "SI"},
    {"reader", "read_log_head", "SU"},
    {"reader", "life_household", "S"},
    {"reader", "life_member", "S"},
    {"reader", "life_case", "S"},
    {"reader", "life_assignment", "S"},
    {"reader", "life_step", "S"},
    {"reader", "life_decision", "S"},
    {"reader", "life_award", "S"},
    {"reader", "life_payment", "S"},
    {"reader", "life_delivery", "S"},
    {"reader", "life_verification", "S"},
    {"reader", "life_need", "S"},
    {"reader", "life_claim", "S"},
    {"reader", "life_sheet", "S"},
    {"reader", "life_posting", "S"},
    {"reader", "life_reading", "S"},
    {"accounts", "account", "SIU"},
    {"accounts", "account_session", "SID"},
    {"accounts", "account_factor", "SIUD"},
    {"accounts", "account_recovery", "SIUD"},
    {"accounts", "account_act", "SI"},
    {"treasury", "account_entry", "SI"},
    {"treasury", "treasury_act", "SI"},
    {"treasury", "award", "SIU"},
    {"treasury", "due_line", "SIU"},
    {"treasury", "batch", "SIU"},
    {"treasury", "batch_line", "SIUD"},
    {"treasury", "fund", "SIU"},
    {"treasury", "fund_balance", "S"},
    {"treasury", "treasury_move", "S"},
    {"treasury", "bank_answer", "SIU"},
    {"treasury", "life_change", "SIU"},
    {"treasury", "order_elsewhere", "SIU"},
    {"treasury", "treasury_reading", "SIU"},
    {"treasury", "outbox", "SIU"},
    {"treasury", "bank_file", "SI"},
    {"treasury", "bank_file_look", "SI"},
    {"treasury", "statement", "SI"},
    {"treasury", "statement_line", "SIU"},
    {"treasury", "difference_look", "SIU"},
    {"treasury", "budget_said", "SIU"},
    {"treasury", "reading", "S"}, /* how far the ledger has read */
    {"treasury", "read_log", "I"},
    {"treasury", "read_log_head", "SU"},
    {"treasury", "account", "S"},
    {"treasury", "account_session", "SID"},
    {"treasury", "account_factor", "S"}, /* and which code has counted */
    {"treasury", "account_recovery", "S"},
    {"treasury", "account_act", "SI"},
    {"clock", "event", "S"},
    {"clock", "reading", "S"},
    {"clock", "award", "S"},
    {"clock", "due_line", "S"},
    {"clock", "deadline", "SIU"},
    {"clock", "clock_reading", "SIU"},
    {"clock", "clock_day", "SIU"},
    {"clock", "outbox", "SIU"},
    {"reader", "deadline", "S"},
    {"reader", "account_entry", "S"}, /* lianou audit */
    {"reader", "fund_balance", "S"},
    {"reader", "bank_answer", "S"},
    {"reader", "batch", "S"},
    {"reader", "batch_line", "S"},
    {"reader", "due_line", "S"},
    {"reader", "statement", "S"},
    {"reader", "statement_line", "S"},
    {"reader", "difference_look", "S"},
};

static const char *base;

/* As a login that is IN ROLE the program's. */
static struct bus_pg *as(const char *program)
{
    char info[500];
    struct bus_err err;
    struct bus_pg *pg = NULL;
    const char *name = strstr(base, "dbname=");
    (void)snprintf(info, sizeof(info), "host=%s user=on_%s %s", place.dir,
                   program, name);
    if (bus_pg_open(info, 0, &pg, &err) != BUS_OK) {
        fail_msg("%s: %s", program, err.msg);
    }
    return pg;
}

static int made(void **state)
{
    struct bus_err err;
    char sql[160];
    int rc = place_setup(state);
    if (rc != 0) {
        return rc;
    }
    base = place_database("roles");
    for (int i = 0; i < 2; i++) { /* safe to repeat */
        if (bus_ledger_roles(place.pg, &err) != BUS_OK) {
            fail_msg("%s", err.msg);
        }
    }
    for (size_t i = 0; i < PROGRAMS; i++) {
        (void)snprintf(sql, sizeof(sql),
                       "CREATE ROLE on_%s LOGIN IN ROLE lianou_%s", programs[i],
                       programs[i]);
        place_do(sql);
    }
    return 0;
}

static bool allowed(const char *program, const char *table, enum verb v)
{
    for (size_t i = 0; i < sizeof(may) / sizeof(may[0]); i++) {
        if (strcmp(may[i].program, program) == 0 &&
            strcmp(may[i].table, table) == 0) {
            return strchr(may[i].verbs, words[v][0]) != NULL;
        }
    }
    return false;
}

/* Asked of the server as a statement; EXPLAIN holds it against the rights and
 * does nothing. */
static void attempt(struct bus_pg *pg,
                    const char *program,
                    const char *table,
                    const char *column,
                    enum verb v)
{
    char sql[300];
    struct bus_err err;
    const char *formats[VERBS] = {
        [VERB_SELECT] = "EXPLAIN SELECT %2$s FROM %1$s",
        [VERB_INSERT] = "EXPLAIN INSERT INTO %1$s (%2$s) VALUES (DEFAULT)",
        [VERB_UPDATE] = "EXPLAIN UPDATE %1$s SET %2$s = DEFAULT",
        [VERB_DELETE] = "EXPLAIN DELETE FROM %1$s"};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(sql, sizeof(sql), formats[v], table, column);
#pragma GCC diagnostic pop
    bool did = bus_pg_exec(pg, sql, &err) == BUS_OK;
    bool refused = !did && strstr(err.msg, "42501") != NULL;
    if (did != allowed(program, table, v) || did == refused) {
        fail_msg("%s: %s: %s", program, sql, did ? "done" : err.msg);
    }
}

/* Every table there is by now, so that a new one is nobody's until it is said
 * whose. */
static void each_its_own(void **state)
{
    static const char tables[] =
        "SELECT c.relname, (SELECT attname FROM pg_attribute a WHERE "
        "a.attrelid = c.oid AND attnum = 1) FROM pg_class c WHERE relkind = "
        "'r' AND relnamespace = 'public'::regnamespace ORDER BY 1";
    struct bus_err err;
    struct bus_pg_rows *r = NULL;
    (void)state;
    assert_int_equal(bus_pg_query(place.pg, tables, NULL, 0, &r, &err), BUS_OK);
    assert_true(bus_pg_count(r) >= 8);
    for (size_t p = 0; p < PROGRAMS; p++) {
        struct bus_pg *pg = as(programs[p]);
        for (size_t i = 0; i < bus_pg_count(r); i++) {
            for (enum verb v = VERB_SELECT; v < VERBS; v++) {
                attempt(pg, programs[p], bus_pg_value(r, i, 0),
                        bus_pg_value(r, i, 1), v);
            }
        }
        bus_pg_close(pg);
    }
    bus_pg_rows_free(r);
}

static void nothing_else(void **state)
{
    static const char *const never[] = {
        "TRUNCATE event",
        "TRUNCATE read_log",
        "DROP TABLE event",
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "ALTER TABLE read_log DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "CREATE TABLE mine ()",
        "CREATE ROLE friend",
        "CREATE INDEX ON event (kind)",
        "COPY event TO '/tmp/out'",
        "SELECT pg_read_file('/etc/passwd')",
        "SET ROLE lianou"};
    struct bus_err err;
    (void)state;
    for (size_t p = 0; p < PROGRAMS; p++) {
        struct bus_pg *pg = as(programs[p]);
        for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
            if (bus_pg_exec(pg, never[i], &err) == BUS_OK) {
                fail_msg("%s: %s", programs[p], never[i]);
            }
            assert_non_null(strstr(err.msg, "42501"));
        }
        bus_pg_close(pg);
    }
}

/* The door counts who failed, and gives nobody a password or an account. */
static void columns_of_accounts(void **state)
{
    struct bus_err err;
    struct bus_pg *pg = as("intake");
    (void)state;
    assert_int_equal(bus_pg_exec(pg, "UPDATE account SET failures = 1", &err),
                     BUS_OK);
    static const char *const no[] = {"UPDATE account SET hash = ''",
                                     "UPDATE account SET disabled = false",
                                     "UPDATE account SET operator_id = ''",
                                     "UPDATE account SET changed_at = now()"};
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        assert_int_not_equal(bus_pg_exec(pg, no[i], &err), BUS_OK);
    }
    assert_int_equal(
        bus_pg_exec(pg, "UPDATE account_session SET seen_at = now()", &err),
        BUS_OK);
    assert_int_not_equal(
        bus_pg_exec(pg, "UPDATE account_session SET account = ''", &err),
        BUS_OK);
    bus_pg_close(pg);
    pg = as("treasury"); /* which code has counted, and nothing of a secret */
    assert_int_equal(
        bus_pg_exec(pg, "UPDATE account_factor SET used_step = 1", &err),
        BUS_OK);
    assert_int_not_equal(
        bus_pg_exec(pg, "UPDATE account_factor SET sealed = ''", &err), BUS_OK);
    assert_int_not_equal(
        bus_pg_exec(pg, "UPDATE account_recovery SET hash = ''", &err), BUS_OK);
    /* and of what happened whether it did */
    assert_int_equal(bus_pg_exec(pg, "SELECT event_id FROM event", &err),
                     BUS_OK);
    assert_int_not_equal(bus_pg_exec(pg, "SELECT detail FROM event", &err),
                         BUS_OK);
    bus_pg_close(pg);
}

static int64_t count_of(const char *sql)
{
    struct bus_pg_rows *r = NULL;
    struct bus_err err;
    assert_int_equal(bus_pg_query(place.pg, sql, NULL, 0, &r, &err), BUS_OK);
    int64_t n = bus_pg_i64(r, 0, 0);
    bus_pg_rows_free(r);
    return n;
}

/* A new password in place of one whose hash is shown, written down, and no
 * other way; no table of his own stands for the one that is meant. */
static void a_password_in_place_of_one(void **state)
{
    struct bus_err err;
    (void)state;
    place_do(
        "INSERT INTO account (name, operator_id, hash) VALUES ('an.account',"
        " 'op-1', 'old'), ('b.account', 'op-2', 'old')");
    place_do("INSERT INTO account_session (token_hash, account, made_at, "
             "expires_at) VALUES ('a', 'an.account', now(), 'infinity'), "
             "('b', 'b.account', now(), 'infinity')");
    struct bus_pg *pg = as("intake");
    static const char wrong[] =
        "SELECT account_renew('an.account', 'other', 'new')";
    static const char right[] =
        "SELECT account_renew('an.account', 'old', 'new')";
    assert_int_equal(bus_pg_exec(pg, wrong, &err), BUS_OK);
    assert_int_equal(count_of("SELECT count(*) FROM account_act"), 0);
    assert_int_equal(
        bus_pg_exec(pg, "CREATE TEMP TABLE account (LIKE account)", &err),
        BUS_OK);
    assert_int_equal(bus_pg_exec(pg, right, &err), BUS_OK);
    bus_pg_close(pg);
    assert_int_equal(count_of("SELECT count(*) FROM account WHERE hash = 'new' "
                              "AND name = 'an.account'"),
                     1);
    assert_int_equal(count_of("SELECT count(*) FROM account_act WHERE act = "
                              "'password' AND operator = 'op-1'"),
                     1);
    assert_int_equal(count_of("SELECT count(*) FROM account_session WHERE "
                              "account = 'an.account'"),
                     0);
    assert_int_equal(count_of("SELECT count(*) FROM account_session"), 1);
    static const char *const others[] = {"ledger", "reader", "accounts",
                                         "treasury", "clock"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        pg = as(others[i]);
        assert_int_not_equal(bus_pg_exec(pg, right, &err), BUS_OK);
        assert_non_null(strstr(err.msg, "42501"));
        bus_pg_close(pg);
    }
}

/* What runs with its owner's rights is not led astray by a table of who calls
 * it: the schema of temporary ones comes last. */
static void no_place_before_the_real_one(void **state)
{
    (void)state;
    assert_true(count_of("SELECT count(*) FROM pg_proc WHERE prosecdef AND "
                         "pronamespace = current_schema()::regnamespace") > 3);
    assert_int_equal(
        count_of("SELECT count(*) FROM pg_proc WHERE prosecdef AND "
                 "pronamespace = current_schema()::regnamespace AND NOT EXISTS "
                 "(SELECT FROM unnest(proconfig) AS c WHERE c LIKE "
                 "'search_path=%, pg_temp')"),
        0);
}

/* What the programs really do, under their roles. */
static void the_programs(void **state)
{
    static const struct bus_web_read read = {"who", "via", "why", "record",
                                             "all"};
    static const char *const readers[] = {"intake", "reader"};
    struct bus_err err;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bus_pg *pg = as(readers[i]);
        if (bus_web_read_note(pg, &read, &err) != BUS_OK) {
            fail_msg("%s: %s", readers[i], err.msg);
        }
        bus_pg_close(pg);
    }
    struct bus_pg *pg = as("reader");
    struct bus_web_readlog_sum sum;
    assert_int_equal(bus_web_readlog_check(pg, &sum, &err), BUS_OK);
    assert_int_equal(sum.rows, 2);
    assert_int_equal(sum.broken, 0);
    bus_pg_close(pg);
    pg = as("ledger");
    assert_int_not_equal(bus_web_read_note(pg, &read, &err), BUS_OK);
    bus_pg_close(pg);
}

/* Who may make no roles migrates all the same. */
static void without_the_right(void **state)
{
    struct bus_err err;
    struct bus_pg *pg = NULL;
    char info[400];
    (void)state;
    place_do("CREATE ROLE plain LOGIN");
    place_do("CREATE SCHEMA plain AUTHORIZATION plain");
    place_do("DROP OWNED BY lianou_ledger, lianou_intake, lianou_reader, "
             "lianou_accounts, lianou_treasury, lianou_clock");
    for (size_t i = 0; i < PROGRAMS; i++) {
        char sql[160];
        (void)snprintf(sql, sizeof(sql), "DROP ROLE on_%s, lianou_%s",
                       programs[i], programs[i]);
        place_do(sql);
    }
    (void)snprintf(info, sizeof(info),
                   "host=%s user=plain %s options='-c search_path=plain'",
                   place.dir, strstr(base, "dbname="));
    assert_int_equal(bus_pg_open(info, 0, &pg, &err), BUS_OK);
    assert_int_equal(bus_ledger_migrate(pg, false, NULL, &err), BUS_OK);
    assert_int_equal(bus_ledger_roles(pg, &err), BUS_OK);
    bus_pg_close(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_its_own),
        cmocka_unit_test(nothing_else),
        cmocka_unit_test(columns_of_accounts),
        cmocka_unit_test(a_password_in_place_of_one),
        cmocka_unit_test(no_place_before_the_real_one),
        cmocka_unit_test(the_programs),
        cmocka_unit_test(without_the_right),
    };
    return cmocka_run_group_tests(tests, made, place_teardown);
}
