/* A fund's money on a real PostgreSQL: what comes is said by one and agreed to
 * by another; what remains of a year is carried over so. */
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "tests/live/pg/budget.h"
#include "tests/live/pg/place.h"

#define FEN 66000

static struct bus_arena mem;
static struct treasury_books books;
static struct bus_err err;
static char said_last[24]; /* the number of what was said last */

static int32_t day_of(int y, unsigned m, unsigned d)
{
    return (int32_t)bus_days_from_civil(y, m, d);
}

static int funds_setup(void **state)
{
    bus_arena_init(&mem, 0, 16u << 20);
    return place_setup(state);
}

static int funds_teardown(void **state)
{
    bus_arena_fini(&mem);
    return place_teardown(state);
}

static void number_is(int64_t want, const char *sql)
{
    int64_t got = place_number(sql);
    if (got != want) {
        fail_msg("%s: %lld, not %lld", sql, (long long)got, (long long)want);
    }
}

/* Begins a transaction of this officer's. */
static void as(const char *who)
{
    books = (struct treasury_books){
        .pg = place.pg,
        .mem = &mem,
        .who = who,
        .day = bus_china_day(bus_clock_system.wall_ms(NULL))};
    assert_int_equal(treasury_books_begin(&books, &err), BUS_OK);
}

/* Ends it as it was wanted, text in why it failed. */
static void came(int rc, int want, const char *text)
{
    rc = treasury_books_end(&books, rc, &err);
    if (rc != want || (rc != BUS_OK && strstr(err.msg, text) == NULL)) {
        fail_msg("%d, not %d: %s", rc, want, rc != BUS_OK ? err.msg : "");
    }
}

static void said(const char *who, int64_t fen, char ret[24])
{
    const char *n = "";
    as(who);
    int rc = treasury_budget_say(&books, "CG", fen, "2026", &n, &err);
    (void)snprintf(ret, 24, "%s", rc == BUS_OK ? n : "");
    came(rc, BUS_OK, NULL);
}

static void agreed(const char *who, const char *n, int want, const char *text)
{
    as(who);
    came(treasury_budget_agree(&books, n, &err), want, text);
}

/* By two, on a day. */
static void given(int64_t fen, int32_t day)
{
    as("op-money");
    books.day = day;
    came(budget_by_two(&books, "CG", fen, "2026", &err), BUS_OK, NULL);
}

/* Who says it does not agree to it; what nobody has agreed to is no money. */
static void a_budget_is_two_peoples(void **state)
{
    char n[24];
    const char *none = NULL;
    (void)state;
    (void)place_database("by_two");
    said("op-money", FEN, n);
    number_is(0, "SELECT count(*) FROM account_entry");
    agreed("op-money", n, BUS_EDENIED, "another");
    agreed("op-other", n, BUS_OK, NULL);
    agreed("op-third", n, BUS_ESTATE, "open no more");
    number_is(FEN, "SELECT fen FROM fund_balance WHERE account = 'free'");
    said("op-other", -FEN - 1, n);
    agreed("op-money", n, BUS_ESTATE, "660.00");
    as("op-money");
    came(treasury_budget_drop(&books, n, &err), BUS_OK, NULL);
    agreed("op-money", n, BUS_ESTATE, "open no more");
    as("op-money");
    came(treasury_budget_say(&books, "CG", 0, "2026", &none, &err), BUS_ERANGE,
         "0.00");
    number_is(FEN, "SELECT fen FROM fund_balance WHERE account = 'free'");
}

/* Free money moves on; what was paid stays in its year. */
static void paid(const char *day, int64_t fen)
{
    char sql[512];
    (void)snprintf(
        sql, sizeof(sql),
        "INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day) "
        "SELECT md5('settle ' || '%s')::uuid, 'CG', account, side * %lld, "
        "'settle', '%s' FROM (VALUES ('free', -1), ('paid', 1)) a(account, "
        "side)",
        day, (long long)fen, day);
    place_do(sql);
}

static void closes(const char *who, int year, int want, const char *text)
{
    const char *n = NULL;
    as(who);
    books.day = day_of(2027, 1, 5);
    int rc = treasury_year_close(&books, "CG", year, "year-end", &n, &err);
    (void)snprintf(said_last, sizeof(said_last), "%s", rc == BUS_OK ? n : "");
    came(rc, want, text);
}

#define YEAR(column, y) \
    "SELECT " column " FROM fund_year WHERE fund = 'CG' AND year = " y

static void a_year_is_carried_over(void **state)
{
    (void)state;
    (void)place_database("years");
    given(10 * FEN, day_of(2025, 2, 1));
    given(10 * FEN, day_of(2026, 2, 1));
    paid("2025-03-10", 4 * FEN);
    paid("2026-03-10", 5 * FEN);
    closes("op-money", 2027, BUS_ESTATE, "is not over");
    closes("op-money", 2026, BUS_ESTATE, "of 2025");
    closes("op-money", 2024, BUS_ESTATE, "nothing remains");
    closes("op-money", 2025, BUS_OK, NULL);
    number_is(0, YEAR("carried_out", "2025"));
    agreed("op-money", said_last, BUS_EDENIED, "another");
    agreed("op-other", said_last, BUS_OK, NULL);
    number_is(6 * FEN, YEAR("carried_out", "2025"));
    number_is(0, YEAR("remains", "2025"));
    number_is(6 * FEN, YEAR("carried_in", "2026"));
    number_is(11 * FEN, YEAR("remains", "2026"));
    closes("op-money", 2026, BUS_OK, NULL);
    paid("2026-12-31", FEN); /* the bank's, meanwhile */
    agreed("op-other", said_last, BUS_ESTATE, "another sum");
    closes("op-money", 2026, BUS_OK, NULL);
    agreed("op-other", said_last, BUS_OK, NULL);
    paid("2026-12-30", FEN); /* and after it was closed */
    number_is(-FEN, YEAR("remains", "2026"));
    closes("op-money", 2026, BUS_OK, NULL);
    agreed("op-other", said_last, BUS_OK, NULL);
    number_is(0, YEAR("remains", "2026"));
    number_is(9 * FEN, YEAR("carried_in", "2027"));
    /* no money came or went by it, and each day goes on from the one before */
    number_is(9 * FEN, "SELECT fen FROM fund_balance WHERE account = 'free'");
    number_is(0, "SELECT count(*) FROM fund_day WHERE opening + budget - spent "
                 "+ back + other <> closing");
    number_is(9 * FEN,
              "SELECT closing FROM fund_day ORDER BY day DESC LIMIT 1");
    number_is(3, "SELECT count(*) FROM treasury_act WHERE act = 'carry'");
}

/* What was sent and not answered may still be that year's. */
static void not_while_a_bank_owes_an_answer(void **state)
{
    (void)state;
    (void)place_database("unanswered");
    given(10 * FEN, day_of(2026, 2, 1));
    place_do(
        "SET session_replication_role = replica; INSERT INTO batch (batch_id, "
        "bank, fund, pay_day, number, state, lines, total_fen, sm3, "
        "prepared_by, approved_first, approved_second, sent_at) VALUES "
        "(gen_random_uuid(), 'nongshang', 'CG', '2026-12-10', 0, 'sent', 1, "
        "66000, sha256(''), 'a', 'b', 'c', now()); INSERT INTO batch_line "
        "(batch_id, line_id, attempt, order_id, amount_fen, state, payee_hash) "
        "SELECT batch_id, '00000000-0000-4000-8000-000000000001', 1, "
        "gen_random_uuid(), 66000, 'sent', decode(repeat('00', 16), 'hex') "
        "FROM batch; SET session_replication_role = DEFAULT");
    closes("op-money", 2026, BUS_ESTATE,
           "1 lines of that year: 00000000-0000-4000-8000-000000000001");
    place_do("SET session_replication_role = replica; UPDATE batch_line SET "
             "open = false; SET session_replication_role = DEFAULT");
    closes("op-money", 2026, BUS_OK, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_is_two_peoples),
        cmocka_unit_test(a_year_is_carried_over),
        cmocka_unit_test(not_while_a_bank_owes_an_answer),
    };
    return cmocka_run_group_tests(tests, funds_setup, funds_teardown);
}
