/* The treasury's tables hold what they must, whoever writes: each constraint is
 * tried to be broken, by plain SQL. */
#include <stdio.h>
#include <string.h>

#include "consumers/treasury/results.h"
#include "consumers/treasury/states.h"
#include "tests/live/pg/place.h"

/* What refuses a statement, with all that is checked at a transaction's end:
 * the constraint's name; "well" if nothing does (and it stays). */
static const char tried[] =
    "CREATE FUNCTION tried(q text) RETURNS text LANGUAGE plpgsql AS $f$\n"
    "DECLARE c text;\n"
    "BEGIN\n"
    "  EXECUTE q; SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;"
    "  RETURN 'well';\n"
    "EXCEPTION WHEN OTHERS THEN\n"
    "  GET STACKED DIAGNOSTICS c = CONSTRAINT_NAME;\n"
    "  RETURN coalesce(nullif(c, ''), SQLERRM);\n"
    "END $f$";

/* Ids by a number: u(7). Two awards of fund CG, one of LF; three lines. */
static const char household[] =
    "CREATE FUNCTION u(n int) RETURNS uuid IMMUTABLE LANGUAGE sql AS "
    "$f$ SELECT lpad(n::text, 32, '0')::uuid $f$;\n"
    "CREATE FUNCTION sum32(c text) RETURNS bytea IMMUTABLE LANGUAGE sql AS "
    "$f$ SELECT decode(repeat(c, 64), 'hex') $f$;\n"
    "CREATE FUNCTION sum16(c text) RETURNS bytea IMMUTABLE LANGUAGE sql AS "
    "$f$ SELECT decode(repeat(c, 32), 'hex') $f$;\n"
    "INSERT INTO fund (code) VALUES ('CG'), ('LF');\n"
    "INSERT INTO award (assignment_id, decision_id, household_id, case_id, "
    "event_id, item, beneficiary, purpose, fund, bank, amount_fen, period, "
    "day_off, pay_day, from_month, decided, state, payee_hash, personal)\n"
    "SELECT u(n), u(n + 10), u(20), u(21), u(n + 30), i, u(20), 'aid', f, "
    "'nongshang', 66000, 'month', 'after', 10, 24251, '2020-11-19', 'live', "
    "sum16('0'), ''\n"
    "FROM (VALUES (1, 'MZ01', 'CG'), (2, 'MZ11', 'CG'), (3, 'CL01', 'LF')) "
    "v(n, i, f);\n"
    "INSERT INTO due_line (line_id, assignment_id, item, beneficiary, period, "
    "purpose, fund, bank, amount_fen, first_day, last_day, pay_day, back)\n"
    "SELECT u(100 + substr(p, 6)::int + n * 20), u(n), item, u(20), "
    "p, 'aid', fund, 'nongshang', 66000, (p || '-01')::date, "
    "(p || '-28')::date, (p || '-10')::date, false\n"
    "FROM (VALUES (1, '2020-12'), (1, '2021-01'), (2, '2020-12'), (3, "
    "'2020-12')) v(n, p) JOIN award ON assignment_id = u(n);\n"
    "INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day) "
    "VALUES (u(900), 'CG', 'grant', -200000, 'budget', '2020-01-01'), (u(900), "
    "'CG', 'free', 200000, 'budget', '2020-01-01');\n";

#define LINE_A "u(132)" /* MZ01, 2020-12 */
#define LINE_B "u(121)" /* MZ01, 2021-01 */
#define LINE_C "u(152)" /* MZ11, 2020-12 */
#define LINE_L "u(172)" /* CL01 of the fund LF, 2020-12 */

static void is(const char *q, const char *want)
{
    struct bus_err err;
    struct bus_pg_rows *r = NULL;
    static const char ask[] = "SELECT tried($1)";
    if (bus_pg_query(place.pg, ask, &q, 1, &r, &err) != BUS_OK) {
        fail_msg("%s: %s", q, err.msg);
    }
    if (strcmp(bus_pg_value(r, 0, 0), want) != 0) {
        fail_msg("%s\n  is %s, not %s", q, bus_pg_value(r, 0, 0), want);
    }
    bus_pg_rows_free(r);
}

static void begin(const char *name)
{
    (void)place_database(name);
    place_do(tried);
    place_do(household);
}

/* A batch of this many lines of 660 yuan, in the state that is made first. */
#define BATCH(id, number, n)                                              \
    "INSERT INTO batch (batch_id, bank, fund, pay_day, number, lines, "   \
    "total_fen, sm3, prepared_by) VALUES (u(" id "), 'nongshang', 'CG', " \
    "'2020-12-10', " number ", " n ", " n " * 66000, sum32('1'), 'zhao'); "
#define INTO(id, line, attempt, order)                               \
    "INSERT INTO batch_line (batch_id, line_id, attempt, order_id, " \
    "amount_fen, payee_hash) VALUES (u(" id "), " line ", " attempt  \
    ", u(" order "), 66000, sum16('0')); "

static void the_moves_are_the_tables(void **state)
{
    static const struct
    {
        const char *machine;
        const struct bus_fsm *fsm;
    } machines[] = {{"line", &treasury_line_fsm},
                    {"batch", &treasury_batch_fsm}};
    static const char ask[] =
        "SELECT count(*) FROM treasury_move WHERE machine = $1 AND was = $2 "
        "AND event = $3 AND becomes = $4";
    size_t rows = 0;
    (void)state;
    begin("moves");
    for (size_t m = 0; m < 2; m++) {
        const struct bus_fsm *fsm = machines[m].fsm;
        for (size_t i = 0; i < fsm->row_count; i++) {
            const struct bus_fsm_row *row = &fsm->rows[i];
            const char *params[] = {
                machines[m].machine, bus_fsm_word(fsm, row->from),
                fsm->events[row->event], bus_fsm_word(fsm, row->to)};
            struct bus_pg_rows *r = NULL;
            struct bus_err err;
            assert_int_equal(bus_pg_query(place.pg, ask, params, 4, &r, &err),
                             BUS_OK);
            if (bus_pg_i64(r, 0, 0) != 1) {
                fail_msg("%s: %s, %s is not in the database", params[0],
                         params[1], params[2]);
            }
            bus_pg_rows_free(r);
        }
        rows += fsm->row_count;
    }
    assert_int_equal(place_number("SELECT count(*) FROM treasury_move"), rows);
}

/* The line A's days again, by another bank. */
#define AGAIN(called, days)                                                   \
    "INSERT INTO due_line (line_id, assignment_id, item, beneficiary, "       \
    "period, purpose, fund, bank, amount_fen, first_day, last_day, "          \
    "pay_day, back) SELECT u(999), assignment_id, item, beneficiary, " called \
    ", 'LF', 'youchu', 1, " days ", pay_day, back FROM due_line WHERE "       \
    "line_id = " LINE_A

static void a_period_is_paid_once(void **state)
{
    (void)state;
    begin("periods");
    is(AGAIN("period, purpose", "first_day, last_day"), "due_line_days");
    /* told apart by days, whatever the period is called */
    is(AGAIN("'2020Q4', purpose", "first_day, last_day"), "due_line_days");
    is(AGAIN("'2020', purpose", "first_day - 300, last_day - 27"),
       "due_line_days");
    is(AGAIN("period, 'other'", "first_day, last_day"), "due_line_of_item");
    is(AGAIN("period, purpose", "first_day - 60, last_day - 60"), "well");
    is("UPDATE due_line SET state = 'stopped' WHERE line_id = u(999)", "well");
    is("INSERT INTO due_line (line_id, assignment_id, item, beneficiary, "
       "period, purpose, fund, bank, amount_fen, first_day, last_day, pay_day, "
       "back) SELECT u(998), assignment_id, item, beneficiary, period, "
       "purpose, fund, bank, 1, first_day, last_day, pay_day, back FROM "
       "due_line WHERE line_id = u(999)",
       "well"); /* what was stopped pays for no day */
    is("UPDATE due_line SET state = 'due' WHERE line_id = u(999)",
       "due_line_days");
    is("UPDATE due_line SET assignment_id = u(3) WHERE line_id = " LINE_A,
       "due_line_of_item");
    is("INSERT INTO award SELECT u(9), decision_id, household_id, case_id, "
       "u(39), item, beneficiary, purpose, fund, 'youchu', amount_fen, period, "
       "day_off, pay_day, from_month, decided, until, 'live', note, 0, NULL, "
       "payee_hash, personal FROM award WHERE assignment_id = u(1)",
       "award_one");
    is("UPDATE due_line SET amount_fen = 0", "due_line_amount_fen_check");
    is("UPDATE due_line SET owed_fen = amount_fen + 1", "due_line_check1");
    is("UPDATE due_line SET attempt = 3", "due_line_attempt_check");
    is("UPDATE due_line SET state = 'settled'", "treasury_move");
    is("UPDATE due_line SET state = 'paid'", "treasury_move");
    is("UPDATE due_line SET state = 'stopped' WHERE line_id = " LINE_A, "well");
    is("UPDATE due_line SET state = 'sent' WHERE line_id = " LINE_A,
       "treasury_move");
    is("UPDATE due_line SET amount_fen = 1 WHERE line_id = " LINE_A,
       "line_stands");
    is("UPDATE due_line SET amount_fen = 70000 WHERE line_id = " LINE_B,
       "well");
}

static void a_line_is_in_one_open_batch(void **state)
{
    (void)state;
    begin("batches");
    is(BATCH("300", "0", "2") INTO("300", LINE_A, "1", "401")
           INTO("300", LINE_C, "1", "402"),
       "well");
    is(BATCH("301", "1", "1") INTO("301", LINE_A, "2", "403"),
       "batch_line_open");
    is(BATCH("301", "1", "1") INTO("301", LINE_B, "1", "401"),
       "batch_line_order_id_key");
    is(BATCH("301", "0", "1") INTO("301", LINE_B, "1", "403"),
       "batch_bank_fund_pay_day_number_key");
    is("UPDATE due_line SET amount_fen = 1 WHERE line_id = " LINE_A,
       "line_stands");
    is("UPDATE due_line SET first_day = first_day - 1 WHERE line_id = " LINE_A,
       "line_stands");
    /* nor does another award of the item take it out of its batch */
    is("INSERT INTO award SELECT u(8), decision_id, household_id, case_id, "
       "u(38), item, beneficiary, purpose, fund, bank, amount_fen, period, "
       "day_off, pay_day, from_month, decided, until, 'ended', note, 0, NULL, "
       "payee_hash, personal FROM award WHERE assignment_id = u(1)",
       "well");
    is("UPDATE due_line SET assignment_id = u(8) WHERE line_id = " LINE_A,
       "line_stands");
    is("UPDATE due_line SET assignment_id = u(8) WHERE line_id = " LINE_B,
       "well");
    /* count, total, fund, bank, day and amount are the lines' own */
    is(BATCH("301", "1", "2") INTO("301", LINE_L, "1", "403"), "batch_adds_up");
    is(BATCH("301", "1", "1") INTO("301", LINE_L, "1", "403"), "batch_adds_up");
    is(BATCH("301", "1", "1") INTO("301", LINE_B, "1", "403"), "batch_adds_up");
    is("UPDATE batch SET total_fen = total_fen - 1", "batch_adds_up");
    is("UPDATE batch SET lines = 1", "batch_adds_up");
}

static void two_others_approve(void **state)
{
    (void)state;
    begin("approvals");
    is(BATCH("300", "0", "1") INTO("300", LINE_A, "1", "401"), "well");
    is("UPDATE batch SET state = 'approved_once', approved_first = 'zhao'",
       "batch_check");
    is("UPDATE batch SET state = 'approved_once'", "batch_approved");
    is("UPDATE batch SET state = 'approved_twice', approved_first = 'qian', "
       "approved_second = 'sun'",
       "treasury_move");
    is("UPDATE batch SET state = 'approved_once', approved_first = 'qian'",
       "well");
    is("UPDATE batch SET state = 'approved_twice', approved_second = 'qian'",
       "batch_check2");
    is("UPDATE batch SET state = 'approved_twice', approved_second = 'zhao'",
       "batch_check1");
    is("UPDATE batch SET state = 'sent'", "treasury_move");
    /* what was approved is what leaves */
    is("DELETE FROM batch_line", "batch_stands");
    is("UPDATE batch_line SET amount_fen = 1", "batch_stands");
    is("UPDATE batch_line SET order_id = u(499)", "batch_stands");
    is("UPDATE batch_line SET payee_hash = sum16('1')", "batch_stands");
    is(INTO("300", LINE_C, "1", "402"), "batch_stands");
    is("UPDATE batch SET state = 'approved_twice', approved_second = 'sun'",
       "well");
    is("UPDATE batch SET approved_second = NULL", "batch_approved");
    is("UPDATE batch SET state = 'sent'", "well");
    is("UPDATE batch SET state = 'prepared', approved_first = NULL, "
       "approved_second = NULL",
       "treasury_move");
    is("UPDATE batch SET state = 'approved_twice'", "treasury_move");
    is("DELETE FROM batch_line", "batch_stands");
}

static void books_are_double_entry(void **state)
{
#define ENTRY(txn, fund, account, fen, kind)                        \
    "(u(" txn "), '" fund "', '" account "', " fen ", '" kind "', " \
    "'2020-12-10')"
#define BOOK                                                                 \
    "INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day) " \
    "VALUES "
    (void)state;
    begin("books");
    is(BOOK ENTRY("901", "CG", "free", "-66000", "commit"), "sums_to_zero");
    is(BOOK ENTRY("901", "CG", "free", "-66000", "commit") "," ENTRY(
           "901", "CG", "committed", "66001", "commit"),
       "sums_to_zero");
    is(BOOK ENTRY("901", "CG", "free", "-66000", "commit") "," ENTRY(
           "901", "LF", "committed", "66000", "commit"),
       "sums_to_zero"); /* every fund kept apart */
    is(BOOK ENTRY("901", "CG", "free", "-66000", "commit") "," ENTRY(
           "901", "CG", "committed", "66000", "commit"),
       "well");
    is(BOOK ENTRY("901", "CG", "free", "-66000", "commit") "," ENTRY(
           "901", "CG", "committed", "66000", "commit"),
       "account_entry_txn_account_key"); /* once */
    is(BOOK ENTRY("902", "CG", "free", "-134001", "commit") "," ENTRY(
           "902", "CG", "committed", "134001", "commit"),
       "fund_has_money");
    is(BOOK ENTRY("902", "LF", "free", "-1",
                  "commit") "," ENTRY("902", "LF", "committed", "1", "commit"),
       "fund_has_money");
    is(BOOK ENTRY("902", "CG", "transit", "-1",
                  "settle") "," ENTRY("902", "CG", "paid", "1", "settle"),
       "fund_has_money");
    is("INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day, "
       "line_id) SELECT u(903), 'CG', account, fen, 'commit', '2020-12-10', "
       "u(999) FROM (VALUES ('free', -1), ('committed', 1)) e(account, fen)",
       "entry_names");
    is("DELETE FROM due_line", "only_grows");
    is("UPDATE fund SET code = 'XX'", "only_grows");
    is(BOOK ENTRY("902", "CG", "purse", "1", "settle"),
       "account_entry_account_check");
    is("DELETE FROM account_entry", "only_grows");
    is("UPDATE account_entry SET amount_fen = 1", "only_grows");
    is("TRUNCATE account_entry", "only_grows");
    is("INSERT INTO treasury_act (operator, act) VALUES ('', 'approve')",
       "treasury_act_operator_check");
    is("INSERT INTO treasury_act (operator, act) VALUES ('zhao', 'approve')",
       "well");
    is("DELETE FROM treasury_act", "only_grows");
    /* balances are what was booked */
    assert_int_equal(
        place_number("SELECT count(*) FROM (SELECT fund, account, "
                     "sum(amount_fen) FROM account_entry GROUP BY 1, 2 EXCEPT "
                     "SELECT fund, account, fen FROM fund_balance) x"),
        0);
    assert_int_equal(place_number("SELECT fen FROM fund_balance WHERE fund = "
                                  "'CG' AND account = 'free'"),
                     134000);
}

/* D2 in the books: paid, returned, and each day's opening + movements. */
static void a_day_closes(void **state)
{
    (void)state;
    begin("days");
    is(BOOK ENTRY("910", "CG", "free", "-66000", "commit") "," ENTRY(
           "910", "CG", "committed", "66000", "commit"),
       "well");
    is(BOOK ENTRY("911", "CG", "committed", "-66000",
                  "send") "," ENTRY("911", "CG", "transit", "66000", "send"),
       "well");
    is(BOOK ENTRY("912", "CG", "transit", "-66000",
                  "settle") "," ENTRY("912", "CG", "paid", "66000", "settle"),
       "well");
    is("INSERT INTO account_entry (txn, fund, account, amount_fen, kind, day) "
       "VALUES (u(913), 'CG', 'paid', -66000, 'return', '2020-12-14'), "
       "(u(913), "
       "'CG', 'free', 66000, 'return', '2020-12-14')",
       "well");
    assert_int_equal(
        place_number("SELECT count(*) FROM fund_day WHERE opening + budget - "
                     "spent + back <> closing"),
        0);
    assert_int_equal(
        place_number("SELECT closing FROM fund_day WHERE day = '2020-12-10'"),
        134000);
    assert_int_equal(
        place_number("SELECT back FROM fund_day WHERE day = '2020-12-14' AND "
                     "opening = 134000 AND closing = 200000"),
        66000);
}

/* What a bank answers may name any day and any amount: it is written down, and
 * people see it; it never holds up what comes behind it. */
static void an_answer_of_any_day(void **state)
{
    (void)state;
    static const int32_t days[] = {INT32_MIN, -800000, 0, 3000000, INT32_MAX};
    struct bus_arena mem;
    begin("any_day");
    bus_arena_init(&mem, 0, 0);
    for (uint8_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        struct treasury_result_end end = {0};
        struct bus_err err;
        struct treasury_books books = {
            .pg = place.pg, .mem = &mem, .who = TREASURY_ITSELF, .day = 20000};
        const struct treasury_result said = {.event_id = {{7, i}},
                                             .order_id = {{8}},
                                             .bank = BUS_STRV("nongshang"),
                                             .reason = BUS_STRV(""),
                                             .reference = BUS_STRV("B1"),
                                             .outcome = TREASURY_SETTLED,
                                             .amount_fen = INT64_MIN,
                                             .value_day = days[i]};
        assert_int_equal(treasury_books_begin(&books, &err), BUS_OK);
        int rc = treasury_result_take(&books, &said, &end, &err);
        if (treasury_books_end(&books, rc, &err) != BUS_OK) {
            fail_msg("%d: %s", days[i], err.msg);
        }
        assert_string_equal(end.end, "UNKNOWN_ORDER");
    }
    assert_int_equal(place_number("SELECT count(*) FROM bank_answer WHERE "
                                  "value_day BETWEEN '0001-01-01' AND "
                                  "'9999-12-31'"),
                     5);
    bus_arena_fini(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_of_any_day),
        cmocka_unit_test(the_moves_are_the_tables),
        cmocka_unit_test(a_period_is_paid_once),
        cmocka_unit_test(a_line_is_in_one_open_batch),
        cmocka_unit_test(two_others_approve),
        cmocka_unit_test(books_are_double_entry),
        cmocka_unit_test(a_day_closes),
    };
    return cmocka_run_group_tests(tests, place_setup, place_teardown);
}
