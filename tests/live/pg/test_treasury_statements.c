/* What a bank says of a fund's account, on a real PostgreSQL: each statement
 * once, in a row without a gap; a difference stops the fund until it is
 * resolved by two or by the answer that was missing; the auditor names what was
 * changed behind the triggers' back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/ledger/sql/audit_money.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/bank_files.h"
#include "consumers/treasury/results.h"
#include "consumers/treasury/statements.h"
#include "consumers/treasury/states.h"
#include "tests/live/pg/budget.h"
#include "tests/live/pg/place.h"

#define FEN 66000

static struct bus_arena mem;
static struct bus_policy_calendar *calendar;
static struct treasury_books books;
static struct bus_config config;
static struct bus_err err;
static char batch[BUS_ID_TEXT + 1], order[BUS_ID_TEXT + 1];

static int32_t day_of(int y, unsigned m, unsigned d)
{
    return (int32_t)bus_days_from_civil(y, m, d);
}

static int statements_setup(void **state)
{
    char folder[300];
    bus_arena_init(&mem, 0, 64u << 20);
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    if (place_setup(state) != 0 ||
        bus_conf_open(&config, folder, NULL, &err) != BUS_OK) {
        return 1;
    }
    for (size_t i = 0; i < config.funds_count; i++) {
        if (strcmp(config.funds[i].code, "CG") == 0) {
            config.funds[i].account = "100000000001";
        }
    }
    return bus_policy_calendar_new(NULL, 0, &calendar, &err);
}

static int statements_teardown(void **state)
{
    bus_policy_calendar_free(calendar);
    bus_conf_close(&config);
    bus_arena_fini(&mem);
    return place_teardown(state);
}

static struct bus_id id_of(int n)
{
    struct bus_id id = {{1}};
    id.b[14] = (uint8_t)(n >> 8);
    id.b[15] = (uint8_t)n;
    return id;
}

static void as(const char *who)
{
    books = (struct treasury_books){
        .pg = place.pg, .mem = &mem, .who = who, .day = day_of(2026, 12, 10)};
    assert_int_equal(treasury_books_begin(&books, &err), BUS_OK);
}

static void came(int rc, int want, const char *text)
{
    rc = treasury_books_end(&books, rc, &err);
    if (rc != want || (text != NULL && strstr(err.msg, text) == NULL)) {
        fail_msg("%d, not %d: %s", rc, want, rc != BUS_OK ? err.msg : "");
    }
}

static void number_is(int64_t want, const char *sql)
{
    int64_t got = place_number(sql);
    if (got != want) {
        fail_msg("%s: %lld, not %lld", sql, (long long)got, (long long)want);
    }
}

static void text_of(char *to, size_t room, const char *sql)
{
    struct bus_pg_rows *r = NULL;
    assert_int_equal(bus_pg_query(place.pg, sql, NULL, 0, &r, &err), BUS_OK);
    assert_true(bus_pg_count(r) > 0);
    (void)snprintf(to, room, "%s", bus_pg_value(r, 0, 0));
    bus_pg_rows_free(r);
}

/* --- a fund --- */

static void prepared(int want, const char *text)
{
    struct treasury_prepare p = {"nongshang", "CG", day_of(2026, 12, 31)};
    const char *made = "";
    as("op-zhao");
    int rc = treasury_batch_prepare(&books, &p, &made, &err);
    (void)snprintf(batch, sizeof(batch), "%s", made);
    came(rc, want, text);
}

static void approved(const char *who, int want, const char *text)
{
    as(who);
    came(treasury_batch_approve(&books, batch, &err), want, text);
}

static void granted(int household)
{
    static char hash[16];
    struct treasury_award a = {.assignment_id = id_of(1000 + household),
                               .decision_id = id_of(2000 + household),
                               .household_id = id_of(household),
                               .beneficiary = id_of(household),
                               .case_id = id_of(3000),
                               .event_id = id_of(4000 + household),
                               .item = BUS_STRV("MZ01"),
                               .fund = BUS_STRV("CG"),
                               .bank = BUS_STRV("nongshang"),
                               .purpose = BUS_STRV("aid"),
                               .amount_fen = FEN,
                               .payee_hash = {hash, sizeof(hash)},
                               .personal = BUS_STRV("sealed")};
    struct treasury_schedule s = {.period = TREASURY_MONTH,
                                  .pay_day = 10,
                                  .from_month = TREASURY_MONTH_OF(2026, 12),
                                  .decided = day_of(2026, 11, 19)};
    bool is_new = false;
    int64_t made = 0;
    as(TREASURY_ITSELF);
    came(treasury_award_take(&books, calendar, &a, &s, &is_new, &err), BUS_OK,
         NULL);
    as(TREASURY_ITSELF);
    came(treasury_due_make(&books, calendar, day_of(2026, 12, 10), &made, &err),
         BUS_OK, NULL);
}

/* One line of 660 yuan, sent; 10 000 yuan came to the account on the first. */
static void county(const char *name)
{
    (void)place_database(name);
    as("op-money");
    books.day = day_of(2026, 12, 1);
    came(budget_by_two(&books, "CG", 1000000, "2026", &err), BUS_OK, NULL);
    granted(1);
    prepared(BUS_OK, NULL);
    approved("op-qian", BUS_OK, NULL);
    approved("op-sun", BUS_OK, NULL);
    as("op-zhao");
    came(treasury_batch_send(&books, batch, &err), BUS_OK, NULL);
    text_of(order, sizeof(order), "SELECT order_id FROM batch_line");
}

static int answers; /* so far */

static void answered(int outcome, int day)
{
    struct treasury_result a = {.event_id = id_of(5000 + answers++),
                                .bank = BUS_STRV("nongshang"),
                                .outcome = outcome,
                                .amount_fen = FEN,
                                .reference = BUS_STRV("T1"),
                                .value_day = day_of(2026, 12, (unsigned)day)};
    struct treasury_result_end end = {0};
    assert_true(bus_id_parse(bus_strv(order), &a.order_id));
    as(TREASURY_ITSELF);
    books.day = a.value_day;
    int rc = treasury_result_take(&books, &a, &end, &err);
    assert_string_equal(end.end, "TAKEN");
    came(rc, BUS_OK, NULL);
}

/* A bank's file of many: of one order several, in the file's order; what is
 * said in it is written as it was said. */
static void many_are_as_one_by_one(void **state)
{
    (void)state;
    static const char odd[] = "T\"1\\,{}NULL";
    static const struct
    {
        int outcome;
        const char *reference, *end;
    } rows[] = {{TREASURY_SETTLED, odd, "TAKEN"},
                {TREASURY_SETTLED, odd, "DOUBLED"},
                {TREASURY_SETTLED, "T2", "CONTRADICTION"},
                {TREASURY_RETURNED, "R1", "TAKEN"},
                {TREASURY_SETTLED, odd, "LATE"},
                {TREASURY_RETURNED, "", "DOUBLED"},
                {TREASURY_SETTLED, "T3", "UNKNOWN_ORDER"},
                {TREASURY_SETTLED, odd, ""}};
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    struct treasury_result list[ROWS];
    struct treasury_result_end ends[ROWS];
    struct treasury_touched touched = {0};
    county("many");
    for (int i = 0; i < ROWS; i++) {
        list[i] = (struct treasury_result){
            .event_id = id_of(i == ROWS - 1 ? 6000 : 6000 + i),
            .order_id = id_of(7000),
            .bank = BUS_STRV("nongshang"),
            .outcome = rows[i].outcome,
            .amount_fen = FEN,
            .reference = bus_strv(rows[i].reference),
            .value_day = day_of(2026, 12, 10),
            .book_day = day_of(2026, 12, 10 + (unsigned)i)};
        assert_true(i == 6 || bus_id_parse(bus_strv(order), &list[i].order_id));
    }
    as(TREASURY_ITSELF);
    int rc = treasury_results_take(&books, list, ROWS, ends, &touched, &err);
    if (rc == BUS_OK) {
        rc = treasury_touched_end(&books, &touched, &err);
    }
    treasury_touched_fini(&touched);
    came(rc, BUS_OK, NULL);
    for (int i = 0; i < ROWS; i++) {
        assert_string_equal(ends[i].end, rows[i].end);
        assert_int_equal(treasury_result_taken(&ends[i]), i == 0 || i == 3);
    }
    number_is(ROWS - 1, "SELECT count(*) FROM bank_answer");
    number_is(3, "SELECT count(*) FROM bank_answer WHERE reference = "
                 "E'T\"1\\\\,{}NULL'");
    number_is(1, "SELECT count(*) FROM bank_answer WHERE fund IS NULL");
    number_is(1, "SELECT count(*) FROM due_line WHERE state = 'returned'");
    number_is(1, "SELECT count(*) FROM batch WHERE state = 'settled'");
    number_is(FEN, "SELECT spent FROM fund_day WHERE day = '2026-12-10'");
    number_is(FEN, "SELECT back FROM fund_day WHERE day = '2026-12-13'");
    struct bus_id household = id_of(1);
    assert_true(bus_id_eq(&ends[3].of.household, &household));
}

/* --- statements, as MT940 --- */

/* Of one day of December: entries are given; NULL: none. */
static bool refused; /* what is not taken is put down and waits */

static void stated(int number,
                   int day,
                   const char *opening,
                   const char *entries,
                   const char *closing,
                   int want,
                   const char *text)
{
    char path[] = "/tmp/lianou-statement-XXXXXX";
    struct treasury_statement_taken taken = {0};
    FILE *f = fdopen(mkstemp(path), "w");
    assert_non_null(f);
    (void)fprintf(f,
                  ":20:STARTUMS\n:25:100000000001\n:28C:%d/1\n"
                  ":60F:C26%04dCNY%s\n%s:62F:C2612%02dCNY%s\n-\n",
                  number, day > 1 ? 1200 + day - 1 : 1130, opening,
                  entries != NULL ? entries : "", day, closing);
    (void)fclose(f);
    as("op-liu");
    int rc = treasury_statement_take(&config, &books, "nongshang", path, &taken,
                                     &err);
    bool again = text != NULL && strcmp(text, "again") == 0;
    came(rc, want, again ? NULL : text);
    if (refused) { /* as the command does, in a transaction of its own */
        as("op-liu");
        came(treasury_file_refused(&books, "nongshang", path, "MT940",
                                   taken.gap, text, &err),
             BUS_OK, NULL);
    }
    assert_int_equal(unlink(path), 0);
    assert_true(taken.again == again);
}

static const char *paid(int day, const char *reference)
{
    static char text[200];
    (void)snprintf(text, sizeof(text),
                   ":61:2612%02d12%02dD660,00NTRFNONREF//%s\n:86:EREF+%.8s%.4s"
                   "%.4s%.4s%.12s\n",
                   day, day, reference, order, order + 9, order + 14,
                   order + 19, order + 24);
    return text;
}

static void differs(int64_t n, const char *reason)
{
    static const char sql[] = "SELECT count(*) FROM fund_difference WHERE fund "
                              "= 'CG' AND reason LIKE $1";
    struct bus_pg_rows *r = NULL;
    assert_int_equal(bus_pg_query(place.pg, sql, &reason, 1, &r, &err), BUS_OK);
    if (bus_pg_i64(r, 0, 0) != n) {
        fail_msg("%s: %lld, not %lld", reason, (long long)bus_pg_i64(r, 0, 0),
                 (long long)n);
    }
    bus_pg_rows_free(r);
}

static void said(const char *who, const char *kind, int want, const char *text)
{
    char name[BUS_ID_TEXT + 1];
    text_of(name, sizeof(name), "SELECT name FROM fund_difference");
    as(who);
    int rc =
        kind == NULL
            ? treasury_difference_agree(&books, name, &err)
            : treasury_difference_look(
                  &books,
                  &(struct treasury_difference){name, kind, "by letter"}, &err);
    came(rc, want, text);
}

/* --- the tests --- */

static void to_the_fen(void **state)
{
    (void)state;
    county("to_the_fen");
    answered(TREASURY_SETTLED, 10);
    stated(1, 1, "0,00", ":61:2612011201C10000,00NTRFNONREF//B1\n", "10000,00",
           BUS_OK, NULL);
    differs(0, "%"); /* the budget, by its amount */
    stated(2, 10, "10000,00", paid(10, "T1"), "9340,00", BUS_OK, NULL);
    differs(0, "%");
    number_is(2, "SELECT count(*) FROM statement_line WHERE txn IS NOT NULL");
    granted(2);
    prepared(BUS_OK, NULL);
    answered(TREASURY_RETURNED, 11);
    differs(0, "%"); /* no statement of that day yet */
    stated(3, 11, "9340,00", NULL, "9340,00", BUS_OK, NULL);
    differs(1, "NOT_AT_BANK");
    approved("op-qian", BUS_ESTATE, "differs from its bank in 1");
    said("op-liu", "fee", BUS_EUSAGE, "what the bank has is booked");
    said("op-liu", "accepted", BUS_OK, NULL);
    said("op-liu", NULL, BUS_EDENIED, "another has to agree");
    said("op-chen", NULL, BUS_OK, NULL);
    differs(0, "%");
    approved("op-qian", BUS_OK, NULL);
}

/* The bank paid, and its answer is on its way; it paid twice; it took a fee. */
static void a_difference_stops_the_fund(void **state)
{
    (void)state;
    county("a_difference");
    granted(2);
    stated(1, 10, "10000,00", paid(10, "T1"), "9340,00", BUS_OK, NULL);
    differs(1, "ANSWER_MISSING");
    prepared(BUS_ESTATE, "ANSWER_MISSING -660.00");
    answered(TREASURY_SETTLED, 10);
    differs(0, "%");
    prepared(BUS_OK, NULL);
    stated(2, 11, "9340,00", ":61:2612111211D5,00NMSCNONREF//F1\n", "9335,00",
           BUS_OK, NULL);
    differs(1, "NO_ORDER");
    approved("op-qian", BUS_ESTATE, "NO_ORDER -5.00");
    said("op-chen", NULL, BUS_ESTATE, "nobody has said");
    said("op-liu", "interest", BUS_EUSAGE, "interest brings");
    said("op-liu", "fee", BUS_OK, NULL);
    approved("op-qian", BUS_ESTATE, "NO_ORDER");
    said("op-chen", NULL, BUS_OK, NULL);
    approved("op-qian", BUS_OK, NULL);
    number_is(1000000 - 2 * FEN - 500,
              "SELECT fen FROM fund_balance WHERE account = 'free'");
    number_is(-500, "SELECT other FROM fund_day WHERE day = '2026-12-11'");
    number_is(0, "SELECT count(*) FROM fund_day WHERE opening + budget - spent "
                 "+ back + other <> closing");
    stated(3, 12, "9335,00", paid(12, "T2"), "8675,00", BUS_OK, NULL);
    differs(1, "TWICE");
    approved("op-sun", BUS_ESTATE, "TWICE -660.00");
}

static void a_row_without_a_gap(void **state)
{
    (void)state;
    county("a_row");
    stated(7, 1, "0,00", ":61:2612011201C10000,00NTRFNONREF//B1\n", "10000,00",
           BUS_OK, NULL);
    stated(9, 3, "10000,00", NULL, "10000,00", BUS_ESTATE,
           "NUMBER_MISSING: number 9 after 7");
    stated(8, 2, "9999,99", NULL, "9999,99", BUS_ESTATE, "OPENING_DIFFERS");
    number_is(1, "SELECT count(*) FROM statement");
    stated(8, 2, "10000,00", NULL, "10000,00", BUS_OK, NULL);
    stated(9, 3, "10000,00", NULL, "10000,00", BUS_OK, NULL);
    stated(9, 3, "10000,00", NULL, "10000,00", BUS_OK, "again");
    stated(7, 1, "0,00", ":61:2612011201C9999,00NTRFNONREF//B1\n", "9999,00",
           BUS_EDUPLICATE, "another statement of this number");
    stated(6, 2, "10000,00", NULL, "10000,00", BUS_ESTATE, "OUT_OF_ORDER");
    stated(10, 4, "10000,00", ":61:2612041204D1,00NMSCNONREF//F1\n", "9998,00",
           BUS_ERANGE, "");
    number_is(3, "SELECT count(*) FROM statement");
    number_is(1, "SELECT count(*) FROM statement_line");
    number_is(3, "SELECT count(*) FROM bank_file WHERE ended = 'TAKEN'");
}

/* What waits behind a gap stops its fund, until what is missing has come and
 * it is taken, or somebody has looked. */
static void a_gap_stops_the_fund(void **state)
{
    char none[8] = "";
    (void)state;
    county("gap");
    stated(7, 1, "0,00", ":61:2612011201C10000,00NTRFNONREF//B1\n", "10000,00",
           BUS_OK, NULL);
    refused = true;
    stated(9, 3, "10000,00", NULL, "10000,00", BUS_ESTATE, "NUMBER_MISSING");
    number_is(1, "SELECT count(*) FROM bank_file_waiting WHERE fund = 'CG'");
    granted(2);
    prepared(BUS_ESTATE, "waits behind a gap, F");
    prepared(BUS_ESTATE, "NUMBER_MISSING");
    refused = false;
    stated(8, 2, "10000,00", NULL, "10000,00", BUS_OK, NULL);
    prepared(BUS_ESTATE, "waits behind a gap");
    stated(9, 3, "10000,00", NULL, "10000,00", BUS_OK, NULL);
    prepared(BUS_OK, NULL);
    refused = true;
    stated(12, 4, "10000,00", NULL, "10000,00", BUS_ESTATE, "NUMBER_MISSING");
    as("op-liu");
    came(treasury_fund_agrees(&books, "CG", &err), BUS_ESTATE, "gap");
    text_of(none, sizeof(none), "SELECT 'F' || n FROM bank_file_waiting");
    as("op-liu");
    came(treasury_file_looked(&books, none, "sent in error", &err), BUS_OK,
         NULL);
    as("op-liu");
    came(treasury_fund_agrees(&books, "CG", &err), BUS_OK, NULL);
    stated(6, 2, "10000,00", NULL, "10000,00", BUS_ESTATE, "OUT_OF_ORDER");
    as("op-liu");
    came(treasury_fund_agrees(&books, "CG", &err), BUS_OK, NULL);
    refused = false;
}

static size_t audited(const char *what)
{
    struct bus_pg_rows *r = NULL;
    size_t found = 0;
    assert_int_equal(
        bus_pg_query(place.pg, bus_ledger_sql_audit_money, NULL, 0, &r, &err),
        BUS_OK);
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        found += strncmp(bus_pg_value(r, i, 0), what, strlen(what)) == 0 &&
                 strcmp(bus_pg_value(r, i, 1), "CG") == 0;
    }
    bus_pg_rows_free(r);
    return found;
}

static void the_auditor_names_it(void **state)
{
    (void)state;
    static const struct
    {
        const char *what, *sql;
    } plants[] = {
        {"statement", "UPDATE statement_line SET amount_fen = -65999 WHERE "
                      "amount_fen = -66000"},
        {"balance", "UPDATE statement_line SET amount_fen = -65999 WHERE "
                    "amount_fen = -66000"},
        {"statement", "DELETE FROM statement_line WHERE order_id IS NOT NULL"},
        {"statement", "DELETE FROM account_entry WHERE kind = 'fee'"},
        {"statement", "UPDATE account_entry SET amount_fen = amount_fen + CASE "
                      "account WHEN 'paid' THEN 1 ELSE -1 END WHERE kind = "
                      "'settle'"},
        {"balance", "UPDATE statement SET closing_fen = closing_fen + 1, "
                    "moved_fen = moved_fen + 1 WHERE n = 1"},
    };
    county("audited");
    answered(TREASURY_SETTLED, 10);
    stated(1, 10, "10000,00", paid(10, "T1"), "9340,00", BUS_OK, NULL);
    stated(2, 11, "9340,00", ":61:2612111211D5,00NMSCNONREF//F1\n", "9335,00",
           BUS_OK, NULL);
    assert_int_equal(audited("statement"), 1);
    said("op-liu", "fee", BUS_OK, NULL);
    said("op-chen", NULL, BUS_OK, NULL);
    for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++) {
        assert_int_equal(audited("statement") + audited("balance"), 0);
        place_do("BEGIN");
        place_do("SET LOCAL session_replication_role = replica");
        place_do(plants[i].sql);
        if (audited(plants[i].what) == 0) {
            fail_msg("%s is not found", plants[i].sql);
        }
        place_do("ROLLBACK");
    }
    /* what the tables themselves refuse */
    assert_int_not_equal(bus_pg_exec(place.pg, "DELETE FROM statement", &err),
                         BUS_OK);
    assert_int_not_equal(
        bus_pg_exec(place.pg, "UPDATE statement_line SET amount_fen = 1", &err),
        BUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_are_as_one_by_one),
        cmocka_unit_test(to_the_fen),
        cmocka_unit_test(a_difference_stops_the_fund),
        cmocka_unit_test(a_row_without_a_gap),
        cmocka_unit_test(a_gap_stops_the_fund),
        cmocka_unit_test(the_auditor_names_it),
    };
    return cmocka_run_group_tests(tests, statements_setup, statements_teardown);
}
